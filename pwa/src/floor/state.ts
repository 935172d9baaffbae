/** What the floor screens share: where we are, the result card, one act after another, the clock of the header. */
import { computed, effect, signal } from '@preact/signals'
import { go as visit, route } from '../app/router'
import { RecordRefused } from '../sync'
import { play, type Sound } from '../ui/sound'
import { t } from './words'

/** note: said without a sound, because no scan was judged. */
export type Tone = 'idle' | 'note' | Sound

/** The card that is always in the same place. It keeps what it says until the next scan. */
export interface Result { tone: Tone; title: string; text: string; code: string }

const EMPTY: Result = { tone: 'idle', title: '', text: '', code: '' }
export const result = signal<Result>(EMPTY)

export function show(tone: Tone, title: string, text = '', code = ''): void {
  result.value = { tone, title, text, code }
  if (tone !== 'idle' && tone !== 'note') play(tone)
}
export function clearResult(): void {
  result.value = EMPTY
}

let chain: Promise<void> = Promise.resolve()

/** Scans are decided and stored one after another: each sees what the one before it did. A failure is red and loud, never green. */
export function inTurn(act: () => Promise<void>): Promise<void> {
  chain = chain.then(act).catch((e: unknown) => {
    const why = e instanceof RecordRefused ? e.message : t('notStoredDo')
    const cause = e instanceof RecordRefused ? e.code : e instanceof Error ? `${e.name}: ${e.message}` : String(e)
    show('wrong', t('notStored'), why, cause)
  })
  return chain
}

/** What is no scan (update, log out): failing is said in its own words. */
export function attempt(act: () => Promise<unknown>): void {
  act().catch((e: unknown) => show('wrong', t('failed'), e instanceof Error ? e.message : String(e)))
}

const floorPath = computed(() => (route.value.path[0] === 'floor' ? route.value.path : []))
/** The parts of the address after #/floor: #/floor/pick/<wave id>. */
export const screen = computed(() => floorPath.value[1] ?? 'home')
export const subject = computed(() => floorPath.value[2] ?? '')
/** A card speaks of one screen and its subject. */
effect(() => {
  floorPath.value
  clearResult()
})

export const go = (...parts: string[]): void => visit(['floor', ...parts])

/** Epoch ms, moving once a second while the floor is shown. */
export const now = signal(Date.now())

export function runClock(): () => void {
  const tick = () => (now.value = Date.now())
  tick()
  const id = setInterval(tick, 1000)
  return () => clearInterval(id)
}

/** How long ago, in words; unknown stays unknown. */
export function age(at: number | null): string {
  if (at === null) return t('never')
  const s = Math.max(0, Math.floor((now.value - at) / 1000))
  if (s < 60) return t('secondsAgo', { n: s })
  if (s < 3600) return t('minutesAgo', { n: Math.floor(s / 60) })
  if (s < 172800) return t('hoursAgo', { n: Math.floor(s / 3600) })
  return t('daysAgo', { n: Math.floor(s / 86400) })
}

/** A length of time, for '离线 12 分钟'. */
export function span(from: number): string {
  const m = Math.max(0, Math.floor((now.value - from) / 60000))
  return m < 1 ? t('underMinute') : m < 120 ? t('minutes', { n: m }) : t('hours', { n: Math.floor(m / 60) })
}

/** The task that came in as an alarm (something must be pulled back), until it was looked at. */
export const alarm = signal('')
