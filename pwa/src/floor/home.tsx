// The home of the floor: what came back, in amber, above the three actions with their waiting numbers.
import type { JSX } from 'preact'
import { Icon, type IconName } from '../ui/icon'
import { Card, Unbroken } from './parts'
import { age, go, result } from './state'
import { kindWord, known, openTasks, toLeave, toPack, toPick, unread } from './waiting'
import { reason, t, type Key } from './words'

function Action({ to, icon, word, count }: { to: 'pick' | 'pack' | 'out'; icon: IconName; word: Key; count: number }): JSX.Element {
  const line = !known.value ? t('unknown') : count === 0 ? t('nothing') : t(word, { n: count })
  return (
    <button type="button" class="f-action" id={`go-${to}`} onClick={() => go(to)}>
      <Icon name={icon} size={40} />
      <span>
        <b>{t(to)}</b>
        <small>{line}</small>
      </span>
      {known.value && count > 0 && <em aria-hidden="true">{count}</em>}
    </button>
  )
}

export function Home(): JSX.Element {
  return (
    <main class="f-main f-home">
      {openTasks.value.length > 0 && (
        <section class="f-tasks" aria-label={t('tasksBack')}>
          <h2><Icon name="alert" size={20} /> {t('tasksBack')}</h2>
          {openTasks.value.slice(0, 4).map((x) => (
            <button type="button" key={x.id} onClick={() => go('tasks', x.id)}>
              <b>{kindWord(x.kind)}</b>
              <span><Unbroken text={`${x.orderNo || x.parcelNo} · ${reason(x.reason)}`} /></span>
              <small>{age(x.createdMs)}</small>
            </button>
          ))}
          {openTasks.value.length > 4 && (
            <button type="button" onClick={() => go('tasks')}><b>{t('tasks')}</b><span>{t('allOf', { n: openTasks.value.length })}</span></button>
          )}
        </section>
      )}
      <Action to="pick" icon="basket" word="unitsWait" count={toPick.value} />
      <Action to="pack" icon="orders" word="parcelsWait" count={toPack.value} />
      <Action to="out" icon="truck" word="outWait" count={toLeave.value} />
      {result.value.tone !== 'idle' && <Card idle="" />}
      <nav class="f-row f-thumb">
        <button type="button" id="go-results" class={unread.value > 0 ? 'f-act amber' : 'f-act'} onClick={() => go('results')}>
          <span>{t('results')}{unread.value > 0 ? ` ${unread.value}` : ''}</span>
        </button>
        <button type="button" class="f-act" id="go-me" onClick={() => go('me')}><span>{t('person')}</span></button>
      </nav>
    </main>
  )
}
