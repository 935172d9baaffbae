// Badges for the states of the house: icon, word and colour together.
import type { JSX } from 'preact'
import { Badge, Chip } from '../ui/show'
import { HOLDS, JOB, LADDER, PARCEL, SHOP, WAVE, name, say } from './lexicon'

const SETS = { ladder: LADDER, parcel: PARCEL, wave: WAVE, job: JOB, shop: SHOP } as const

export function State({ of, code }: { of: keyof typeof SETS; code: string }): JSX.Element {
  const look = SETS[of][code]
  return look ? <Badge icon={look.icon} tone={look.tone}>{say(look.word)}</Badge> : <Badge icon="info" tone="plain">{code || '–'}</Badge>
}

export function Holds({ codes }: { codes: readonly string[] }): JSX.Element {
  return <>{codes.map((c) => <Chip key={c} tone={c === 'stock_short' ? 'bad' : 'warn'} icon={c === 'stock_short' ? 'alert' : 'pause'}>{name(HOLDS, c)}</Chip>)}</>
}
