// The log-in screen. It drops nothing: what the device holds stays and is said.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import * as sync from '../sync'
import { Button } from '../ui/button'
import { Icon } from '../ui/icon'
import { Notice, Trouble } from '../ui/show'
import { ApiError, api, wordsOf } from './http'
import { language, speak, t } from './i18n'
import { route } from './router'
import { deviceName, login, mayFloor, nameDevice, session, stayIn } from './session'

export function Login(): JSX.Element {
  const form = useRef<HTMLFormElement>(null)
  const [seen, setSeen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const demo = useDemo()
  const unsent = sync.status.value.unsent

  const submit = async () => {
    if (busy || !form.current) return
    const said = new FormData(form.current)
    const name = String(said.get('login') ?? '').trim()
    const password = String(said.get('password') ?? '')
    if (!name || !password) {
      setError(new ApiError(0, 'empty', t('请填写账号和密码')))
      return
    }
    const device = String(said.get('device') ?? '').trim()
    setBusy(true)
    setError(null)
    try {
      if (device) nameDevice(device)
      await login(name, password)
    } catch (e) {
      const why = wordsOf(e)
      setError(why.code === 'wrong_login' ? new ApiError(401, why.code, t('账号或密码不对，请检查大小写后再试'), why.trace) : why)
      setBusy(false)
    }
  }

  return (
    <main class="gate">
      <form ref={form} class="card" onSubmit={(e) => { e.preventDefault(); void submit() }}>
        <p class="brandline"><b>{t('中枢')}</b><span class="muted">{t('订单中枢')}</span>
          <button type="button" class="button quiet small" onClick={() => speak(language.value === 'zh' ? 'en' : 'zh')}>{language.value === 'zh' ? 'English' : '中文'}</button>
        </p>
        <Returned />
        {unsent > 0 || session.value
          ? <div class="field"><Notice tone="warn">{unsent > 0 ? t('上次登录已过期。本机的 {n} 条扫描都还在，登录后会自动上传。', { n: unsent }) : t('登录已过期，请重新登录')}</Notice></div>
          : null}
        <label class="field"><span>{t('账号')}</span>
          <input class="input tall" name="login" autocomplete="username" autocapitalize="none" spellcheck={false} autofocus required={false} aria-invalid={error?.status === 401 ? 'true' : undefined} />
        </label>
        <div class="field"><label for="password"><b>{t('密码')}</b></label>
          <div class="withbutton">
            <input class="input tall" id="password" name="password" {...(seen ? { type: 'text' as const } : { type: 'password' as const })} autocomplete="current-password" aria-invalid={error?.status === 401 ? 'true' : undefined} />
            <button type="button" class="button quiet" aria-label={seen ? t('隐藏密码') : t('显示密码')} aria-pressed={seen ? 'true' : 'false'} onClick={() => setSeen(!seen)}><Icon name="eye" size={20} /></button>
          </div>
        </div>
        <label class="field"><span>{t('这台设备叫什么')}</span>
          <input class="input tall" name="device" maxLength={40} autocomplete="off" placeholder={t('例如：1 号枪、打包台手机')} defaultValue={deviceName.peek()} />
          <small>{t('拣货、打包、出库的人填；别人在波次里按这个名字找到它')}</small>
        </label>
        {error ? <div class="field"><Trouble error={error} /></div> : null}
        <button class="button primary large" type="submit" aria-busy={busy ? 'true' : undefined} aria-disabled={busy ? 'true' : undefined}>{busy ? t('正在登录…') : t('登录')}</button>
        {session.value && mayFloor.value ? <p class="afterlogin"><Button size="large" kind="quiet" onClick={stayIn}>{t('先不登录，继续干活')}</Button></p> : null}
        {demo ? <p class="muted demohint"><Icon name="info" size={14} /> {t('演示账号见启动终端')}</p> : null}
      </form>
    </main>
  )
}

/** The owner of a shop, back from saying yes on its platform, may have no account here. */
function Returned(): JSX.Element | null {
  const said = route.value.query['consent']
  if (!said) return null
  return said === 'ok'
    ? <div class="field"><Notice tone="ok">{t('授权成功。店主可以关掉这一页了。')}</Notice></div>
    : <div class="field"><Notice tone="bad">{t('授权没有完成，请找给您链接的人重新要一个。')}</Notice></div>
}

/** Whether this is a demo: /api/health says so before anybody is logged in. */
function useDemo(): boolean {
  const [demo, setDemo] = useState(false)
  useEffect(() => {
    api<{ demo?: boolean }>('GET', '/api/health').then(
      (h) => setDemo(h.demo === true),
      () => setDemo(false), // no server: a hint about its terminal helps nobody
    )
  }, [])
  return demo
}
