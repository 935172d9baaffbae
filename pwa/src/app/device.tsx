// Starts the floor face: needs a person and the name of the device, then hands over to the engine.
import type { ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import * as sync from '../sync'
import { Button } from '../ui/button'
import { Trouble } from '../ui/show'
import { ApiError, wordsOf } from './http'
import { t } from './i18n'
import { deviceName, floorFor, nameDevice, type Person } from './session'

export function FloorFace({ person }: { person: Person }): JSX.Element {
  const [error, setError] = useState<ApiError | null>(null)
  const [tries, setTries] = useState(0)
  const [Floor, setFloor] = useState<ComponentType | null>(null)
  const name = deviceName.value
  useEffect(() => {
    const mine = `${person.id} ${name}`
    if (!name || floorFor.peek() === mine) return
    setError(null)
    sync.start({ id: person.id, name: person.name, role: person.role }, name).then(
      () => { floorFor.value = mine },
      (e: unknown) => setError(wordsOf(e)),
    )
  }, [person.id, person.name, person.role, name, tries])
  // a chunk of its own; the service worker has it, so that it is there without network too
  useEffect(() => {
    import('../floor').then((m) => setFloor(() => m.Floor), () => setError(new ApiError(0, 'chunk', t('这部分没有下载下来，请检查网络后刷新页面'))))
  }, [tries])
  if (!name) return <Naming />
  if (error) {
    return (
      <main class="gate"><div class="card"><h1>{t('现场不能启动')}</h1>
        <Trouble error={error} />
        <p><Button kind="primary" size="large" onClick={() => (error.code === 'chunk' ? location.reload() : setTries(tries + 1))}>{error.code === 'chunk' ? t('刷新页面') : t('重试')}</Button></p>
      </div></main>
    )
  }
  return Floor ? <Floor /> : <main class="gate"><p class="muted" role="status">{t('正在打开…')}</p></main>
}

function Naming(): JSX.Element {
  const [name, setName] = useState('')
  const ready = name.trim() !== ''
  return (
    <main class="gate">
      <form class="card" onSubmit={(e) => { e.preventDefault(); if (ready) nameDevice(name.trim()) }}>
        <h1>{t('给这台设备起个名字')}</h1>
        <p class="muted lead">{t('波次按设备派发，起一个大家认得的名字，以后不再问。')}</p>
        <label class="field"><span>{t('这台设备叫什么')}</span>
          <input class="input tall" name="device" maxLength={40} autocomplete="off" placeholder={t('例如：1 号枪、打包台手机')} value={name} onInput={(e) => setName(e.currentTarget.value)} />
          {ready ? null : <small>{t('填好名字才能开始')}</small>}
        </label>
        <button class="button primary large" type="submit" aria-disabled={ready ? undefined : 'true'}>{t('开始')}</button>
      </form>
    </main>
  )
}
