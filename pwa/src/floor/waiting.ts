/** What waits for this person, counted from what the device knows. */
import { computed, signal } from '@preact/signals'
import { parcels, picks, status, tasks, verdicts, waves, type FloorTask } from '../sync'
import { leaving, missing, open, openWaves, packable } from './rules'
import { t } from './words'

/** What may leave with the van comes first. */
const urgency = (x: FloorTask): number => (x.kind === 'intercept' ? 0 : 1)
export const openTasks = computed(() => tasks.value.filter((x) => x.state === 'open').sort((a, b) => urgency(a) - urgency(b) || a.createdMs - b.createdMs))

/** False until the server was heard at all: counts are then unknown, not 0. */
export const known = computed(() => status.value.lastExchange !== null || parcels.value.length + picks.value.length > 0)
export const toPick = computed(() => {
  const ids = new Set(openWaves(waves.value, picks.value).map((w) => w.id))
  return picks.value.reduce((n, p) => (ids.has(p.waveId) && open(p) ? n + missing(p) : n), 0)
})
export const toPack = computed(() => packable(parcels.value, picks.value).length)
export const toLeave = computed(() => parcels.value.filter(leaving).length)
export const returned = computed(() => verdicts.value.filter((v) => v.code !== 0))

export const kindWord = (kind: string): string =>
  kind === 'put_back' || kind === 'repick' || kind === 'intercept' || kind === 'reprint' ? t(kind) : t('otherTask')

const KEPT = 'zhongshu.results'
const seen = signal<readonly string[]>(readSeen())

function readSeen(): string[] {
  try {
    return (localStorage.getItem(KEPT) ?? '').split(' ').filter((x) => x !== '')
  } catch {
    return [] // storage is forbidden: what was read counts as unread after a reload
  }
}

/** Answers nobody has looked at yet. */
export const unread = computed(() => returned.value.filter((v) => seen.value.indexOf(v.id) < 0).length)

export function readAll(): void {
  const ids = returned.value.map((v) => v.id)
  if (unread.value === 0) return
  seen.value = ids
  try {
    localStorage.setItem(KEPT, ids.join(' '))
  } catch {
    return
  }
}
