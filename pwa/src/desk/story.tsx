// What happened, newest first. The system is grey, people are bold; the change itself is one tap away.
import type { JSX } from 'preact'
import { language } from '../app/i18n'
import { moment } from '../ui/format'
import { Time } from '../ui/show'
import { HOLDS, STORY, details, name } from './lexicon'
import type { StoryLine } from './types'
import { t } from './words'

const bare = (o: Record<string, unknown>): boolean => Object.keys(o).length === 0

export function Story({ of, only }: { of: readonly StoryLine[]; only?: readonly string[] | undefined }): JSX.Element {
  const shown = only ? of.filter((s) => only.includes(s.kind)) : of
  if (!shown.length) return <p class="muted">{only ? t('还没有发生') : t('还没有经过')}</p>
  return <ol class="story">{shown.map((s, i) => <Entry key={`${s.recorded_at}${s.kind}${of.length - i}`} s={s} />)}</ol>
}

function Entry({ s }: { s: StoryLine }): JSX.Element {
  const said = language.value === 'zh' && s.text ? s.text : [name(STORY, s.kind), name(HOLDS, s.reason)].filter(Boolean).join(': ')
  const change = [details(s.from, said), details(s.to, said)].filter(Boolean).join(' → ')
  return (
    <li class={s.who ? 'person' : 'system'}>
      <Time at={moment(s.at)} />
      <div class="grow">
        <span class="what">{s.who ? <b>{s.who} </b> : null}{said}</span>
        {change ? <span class="muted"> · {change}</span> : null}
        {s.device ? <span class="muted"> · {s.device}</span> : null}
        {bare(s.from) && bare(s.to) ? null : (
          <details><summary>{t('变化')}</summary><pre class="mono">{JSON.stringify({ from: s.from, to: s.to }, null, 1)}</pre></details>
        )}
      </div>
    </li>
  )
}
