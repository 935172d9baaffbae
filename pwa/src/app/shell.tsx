// What stands around both faces: gates, banners, the rail of the desk, the bell, the way out.
import type { ComponentChildren, ComponentType, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import * as sync from '../sync'
import { Button } from '../ui/button'
import { ask, Dialogs } from '../ui/dialog'
import { number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Avatar, Bones, Trouble } from '../ui/show'
import { Toasts } from '../ui/toast'
import { Boundary } from './boundary'
import { FloorFace } from './device'
import { counters, face, homeOf, PLACES, placesOf, type Place } from './faces'
import { ApiError } from './http'
import { language, speak, t } from './i18n'
import { Login } from './login'
import { href, route } from './router'
import { expired, logInAgain, logout, mayFloor, openSession, phase, session, staying, type Role, type Session } from './session'

const PLACE_NAME = { orders: '订单', tasks: '待处理', waves: '波次', print: '打印', goods: '货品', board: '看板', shops: '店铺' } as const
const ROLE_NAME: Record<Role, '客服' | '仓储' | '库管/采购' | '财务' | '管理'> = { service: '客服', warehouse: '仓储', stock: '库管/采购', finance: '财务', manager: '管理' }

export function App(): JSX.Element {
  return (
    <Boundary>
      <Gate />
      <Dialogs />
      <Toasts />
    </Boundary>
  )
}

function Gate(): JSX.Element {
  useReopening()
  const who = session.value
  if (phase.value === 'starting') return <main class="gate"><p class="muted" role="status">{t('正在打开…')}</p></main>
  if (phase.value === 'out') return <Login />
  if (phase.value === 'unreachable' || who === null) return <Unreachable />
  if (face.value === 'floor') {
    return <><Banners floor /><Boundary><FloorFace person={who.person} /></Boundary></>
  }
  return <DeskFrame who={who} />
}

/** Asks again who we are: sooner while the server has not said, and for the unread count. */
function useReopening(): void {
  useEffect(() => {
    const again = () => {
      if (document.visibilityState !== 'visible' || phase.value === 'out' || expired.value) return
      void openSession()
    }
    const timer = setInterval(again, 15_000)
    addEventListener('online', again)
    document.addEventListener('visibilitychange', again)
    return () => {
      clearInterval(timer)
      removeEventListener('online', again)
      document.removeEventListener('visibilitychange', again)
    }
  }, [])
}

function Unreachable(): JSX.Element {
  return (
    <main class="gate">
      <div class="card" role="status">
        <h1>{t('现在连不上服务器')}</h1>
        <p class="lead muted">{t('这台设备上还没有可以离线使用的账号。连上网络后会自动继续。')}</p>
        <Button kind="primary" size="large" onClick={openSession}>{t('现在重试')}</Button>
      </div>
    </main>
  )
}

function Banners({ floor }: { floor: boolean }): JSX.Element {
  const [later, setLater] = useState(false)
  const unsent = sync.status.value.unsent
  // The page loads anew: with scans still here that is asked once.
  const update = async (): Promise<void> => {
    if (unsent === 0) return sync.applyUpdate()
    await ask({
      title: t('现在更新？'),
      consequence: t('还有 {n} 条扫描没有上传，更新后会继续上传，不会丢。', { n: unsent }),
      yes: t('现在更新'),
      act: sync.applyUpdate,
    })
  }
  const ended = expired.value || (floor && sync.status.value.link === 'unauthenticated')
  return (
    <>
      {ended ? (
        <Strip>
          <span>{floor ? t('登录已过期。扫描照常保存在本机，重新登录后上传。') : t('登录已过期，页面不再更新。')}</span>
          <Button size="small" onClick={logInAgain}>{t('重新登录')}</Button>
        </Strip>
      ) : null}
      {sync.update.value && !later ? (
        <Strip>
          <span><b>{t('有新版本')}</b> {unsent > 0 ? t('还有 {n} 条扫描没有上传，更新后会继续上传，不会丢。', { n: unsent }) : ''}</span>
          <Button size="small" kind="primary" onClick={update}>{t('现在更新')}</Button>
          <Button size="small" kind="quiet" onClick={() => setLater(true)}>{t('以后')}</Button>
        </Strip>
      ) : null}
    </>
  )
}

function Strip({ children }: { children: ComponentChildren }): JSX.Element {
  return <div class="strip" role="alert">{children}</div>
}

function DeskFrame({ who }: { who: Session }): JSX.Element {
  const path = route.value.path[0] ?? homeOf(who.person.role)
  const here = (path === 'listings' || path === 'goods-import' ? 'goods' : path) as Place | 'inbox' // tabs of one place
  const unread = who.unread
  const title = here === 'inbox' ? t('收件箱') : PLACES.includes(here) ? t(PLACE_NAME[here]) : ''
  useEffect(() => { document.title = title ? `${title} · ${t('中枢')}` : t('中枢') }, [title])
  return (
    <div class="desk">
      <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById('content')?.focus() }}>{t('跳到内容')}</a>
      <nav class="rail" aria-label={t('主菜单')}>
        <a class="brandmark" href={href([homeOf(who.person.role)])}>{t('中枢')}{who.demo ? <small>{t('演示')}</small> : null}</a>
        <ul>
          {placesOf(who.person.role).map((place) => <RailEntry key={place} place={place} current={here === place} />)}
        </ul>
        <div class="railfoot">
          <a class="railentry bell" href={href(['inbox'])} aria-current={here === 'inbox' ? 'page' : undefined}
            aria-label={`${t('收件箱')} ${unread > 0 ? t('{n} 条未读', { n: unread }) : ''}`.trim()}>
            <Icon name="bell" size={20} /><span>{t('收件箱')}</span>{unread > 0 ? <b class="count">{number(unread)}</b> : null}
          </a>
          {mayFloor.value ? <a class="railentry" href={href(['floor'])} aria-label={t('去现场')} title={t('去现场')}><Icon name="floor" size={20} /><span>{t('去现场')}</span></a> : null}
          <Account who={who} />
        </div>
      </nav>
      <div class="stage">
        <Banners floor={false} />
        <div id="content" tabIndex={-1}><Boundary><DeskChunk /></Boundary></div>
      </div>
    </div>
  )
}

function RailEntry({ place, current }: { place: Place; current: boolean }): JSX.Element {
  const waits = counters.value?.rail[place] ?? 0
  return (
    <li>
      <a class="railentry" href={href([place])} aria-current={current ? 'page' : undefined}>
        <Icon name={place} size={20} /><span>{t(PLACE_NAME[place])}</span>
        {waits > 0 ? <b class="count" aria-label={t('{n} 件等你', { n: waits })}>{waits > 999 ? '999+' : number(waits)}</b> : null}
      </a>
    </li>
  )
}

export function Account({ who }: { who: Session }): JSX.Element {
  const leave = () => ask({
    title: t('退出登录？'),
    consequence: t('本机保存的现场数据会被清除，下次登录后重新下载。'),
    yes: t('退出'),
    act: logout,
  })
  return (
    <details class="account" onFocusOut={(e) => { if (!(e.relatedTarget instanceof Node && e.currentTarget.contains(e.relatedTarget))) e.currentTarget.open = false }}
      onKeyDown={(e) => { if (e.key === 'Escape') e.currentTarget.open = false }}>
      <summary class="railentry"><Avatar name={who.person.name} /><span>{who.person.name}</span></summary>
      <div class="accountmenu">
        <p><b>{who.person.name}</b> <span class="muted">{t(ROLE_NAME[who.person.role])}</span></p>
        {who.warehouse ? <p class="muted">{who.warehouse.name}</p> : null}
        <Button size="small" onClick={() => speak(language.value === 'zh' ? 'en' : 'zh')}>{language.value === 'zh' ? 'English' : '中文'}</Button>
        <Button size="small" onClick={leave} reason={staying.value} explain>{t('退出登录')}</Button>
        {who.version ? <p class="muted number">v{who.version}</p> : null}
      </div>
    </details>
  )
}

/** The desk is a chunk of its own: floor devices need not carry it. */
function DeskChunk(): JSX.Element {
  const [Desk, setDesk] = useState<ComponentType | null>(null)
  const [lost, setLost] = useState(false)
  useEffect(() => { import('../desk').then((m) => setDesk(() => m.Desk), () => setLost(true)) }, [])
  if (Desk) return <Desk />
  const error = new ApiError(0, 'chunk', t('这部分没有下载下来，请检查网络后刷新页面'))
  return lost ? <div class="pad"><Trouble error={error} acts={<Button onClick={() => location.reload()}>{t('刷新页面')}</Button>} /></div> : <Bones />
}
