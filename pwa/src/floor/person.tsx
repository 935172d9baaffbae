// Who works here on what device; sound check; the way out, which is shut while scans are unsent and says so.
import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { signal } from '@preact/signals'
import { language, speak } from '../app/i18n'
import { deviceName, logout, mayDesk, session } from '../app/session'
import { go as visit } from '../app/router'
import { me, status } from '../sync'
import { audible, play, type Sound } from '../ui/sound'
import { absolute } from '../ui/format'
import { Act, Ask, Card } from './parts'
import { attempt, now, result } from './state'
import { t, type Key } from './words'

const WORDS: readonly [Sound, Key][] = [['right', 'soundRight'], ['done', 'soundDone'], ['wrong', 'soundWrong'], ['twice', 'soundTwice'], ['stop', 'soundStop']]

export function PersonScreen(): JSX.Element {
  const asking = useRef(signal(false)).current
  const s = status.value
  const name = me.value?.name ?? session.value?.person.name ?? ''
  now.value // the sound line follows the first touch
  return (
    <main class="f-main">
      {result.value.tone !== 'idle' && <Card idle="" />}
      <section class="f-task">
        <h2>{name}</h2>
        <dl>
          {deviceName.value && <><dt>{t('device')}</dt><dd>{deviceName.value}</dd></>}
          <dt>{t('unsentWord')}</dt><dd>{s.unsent}</dd>
        </dl>
        <p class="f-muted">{s.leaseUntil === null ? t('leaseUnknown') : t('lease', { at: absolute(s.leaseUntil).slice(5, 16) })}</p>
      </section>
      <h2>{t('soundTest')}</h2>
      {!audible().on && <p class="f-muted">{t('soundOff')}</p>}
      <div class="f-sounds">
        {WORDS.map(([sound, word]) => <Act key={sound} label={t(word)} onClick={() => play(sound)} />)}
      </div>
      <div class="f-row">
        <Act id="language" label={language.value === 'zh' ? 'English' : '中文'} onClick={() => speak(language.value === 'zh' ? 'en' : 'zh')} />
        {mayDesk.value && <Act id="to-desk" label={t('toDesk')} onClick={() => visit([])} />}
      </div>
      <div class="f-row f-foot">
        <Act id="log-out" kind="risk" label={t('logOut')} why={s.unsent > 0 ? t('logOutNo', { n: s.unsent }) : ''} onClick={() => (asking.value = true)} />
      </div>
      {s.unsent > 0 && <p class="f-muted">{t('logOutNoDo')}</p>}
      {asking.value && (
        <Ask title={t('logOutAsk')} text={t('logOutAskDo')} yes={t('logOut')} risk onYes={() => attempt(logout)} onClose={() => (asking.value = false)} />
      )}
    </main>
  )
}
