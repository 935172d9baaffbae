// Always on top: where we are, whether the server hears us, what has not gone up, how old our knowledge is; and what is wrong.
// A new version and an ended session are told by the shell, above both faces.
import type { JSX } from 'preact'
import { expired, logInAgain } from '../app/session'
import { acknowledgeLoss, status } from '../sync'
import { Icon } from '../ui/icon'
import { Act } from './parts'
import { age, alarm, attempt, go, now, span } from './state'
import { t } from './words'

const OLD = 15 * 60_000
const MANY = 200

/** '3 秒前', '离线 12 分钟'; never a number for what is not known. */
function exchange(): string {
  const s = status.value
  if (s.lastExchange === null) return t('connecting')
  return s.link === 'online' ? age(s.lastExchange) : t('offlineFor', { age: span(s.lastExchange) })
}

export function Header({ title, back }: { title: string; back: boolean }): JSX.Element {
  const s = status.value
  const word = s.lastExchange === null && s.link !== 'unauthenticated' ? ''
    : s.link === 'online' ? t('online') : s.link === 'unauthenticated' ? t('signedOut') : s.link === 'outdated' ? t('outdated') : ''
  const line = [word, exchange()].filter((x) => x !== '').join(' · ')
  return (
    <header class="f-head">
      {back && (
        <button type="button" class="f-back" aria-label={t('back')} onClick={() => go()}>
          <Icon name="back" size={26} />
        </button>
      )}
      <h1>{title}</h1>
      <div class={`f-link ${s.link}`} aria-label={`${line} · ${t('unsent', { n: s.unsent })}`}>
        <span><i aria-hidden="true">{s.link === 'unauthenticated' || s.link === 'outdated' ? '!' : s.link === 'online' && s.lastExchange !== null ? '●' : '○'}</i> {line}</span>
        <b>{t('unsent', { n: s.unsent })}</b>
      </div>
    </header>
  )
}

export function Notices(): JSX.Element {
  const s = status.value
  const late = s.unsent > 0 && s.oldestUnsentAt !== null && now.value - s.oldestUnsentAt >= OLD
  return (
    <div class="f-notices">
      {alarm.value && (
        <div class="f-notice stop" role="alert">
          <span><Icon name="alert" size={22} /> {t('alarm')}</span>
          <Act label={t('alarmOpen')} onClick={() => { const id = alarm.value; alarm.value = ''; go('tasks', id) }} />
        </div>
      )}
      {s.storageLost && (
        <div class="f-notice bad" role="alert">
          <span><b>{t('storageLost')}</b> {t('storageLostWhat')}</span>
          <Act label={t('close')} onClick={() => attempt(async () => acknowledgeLoss())} />
        </div>
      )}
      {s.link === 'outdated' && <div class="f-notice warn"><span>{t('outdatedWhat', { n: s.unsent })}</span></div>}
      {(late || s.unsent >= MANY) && (
        <div class="f-notice warn" role="alert">
          <span>{t('unsentWarn', { n: s.unsent, age: age(s.oldestUnsentAt) })}</span>
        </div>
      )}
      {s.problem && <div class="f-notice warn"><span><b>{t('problem')}</b> {s.problem}</span></div>}
    </div>
  )
}

/** The lease is over: nothing may be done on knowledge this old. */
export function Lock(): JSX.Element {
  const s = status.value
  return (
    <main class="f-lock">
      <div role="alert">
        <Icon name="pause" size={56} />
        <h1>{t('lockTitle')}</h1>
        <p>{t('lockWhat')}</p>
        <p><b>{t('lockSafe', { n: s.unsent })}</b></p>
        <p>{t('lockAge', { age: age(s.lastExchange) })}</p>
      </div>
      {(s.link === 'unauthenticated' || expired.value) && <Act label={t('signIn')} kind="main" onClick={logInAgain} />}
    </main>
  )
}
