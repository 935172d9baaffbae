/** The signals the faces read. Written by the engine only. */
import { computed, type ReadonlySignal, signal } from '@preact/signals'
import type { FloorTask, Me, Parcel, Pick, VerdictRow, Wave } from '../protocol/shapes'

export type Link = 'online' | 'offline' | 'unauthenticated' | 'outdated'

export interface Status {
  link: Link
  /** this device's clock, epoch ms */
  lastExchange: number | null
  unsent: number
  /** this device's clock, epoch ms */
  oldestUnsentAt: number | null
  /** this device's clock, epoch ms: until when it may work without the server */
  leaseUntil: number | null
  /** the lease is over: nothing is recorded until the server has been reached */
  locked: boolean
  /** unsent events of this device were lost by its storage */
  storageLost: boolean
  /** what a person should read, or "" */
  problem: string
}

export const rows = {
  waves: signal<readonly Wave[]>([]),
  picks: signal<readonly Pick[]>([]),
  parcels: signal<readonly Parcel[]>([]),
  tasks: signal<readonly FloorTask[]>([]),
  verdicts: signal<readonly VerdictRow[]>([]),
  me: signal<Me | null>(null),
}

export const statusSignal = signal<Status>({
  link: 'offline',
  lastExchange: null,
  unsent: 0,
  oldestUnsentAt: null,
  leaseUntil: null,
  locked: false,
  storageLost: false,
  problem: '',
})

export const waves: ReadonlySignal<readonly Wave[]> = computed(() => rows.waves.value)
export const picks: ReadonlySignal<readonly Pick[]> = computed(() => rows.picks.value)
export const parcels: ReadonlySignal<readonly Parcel[]> = computed(() => rows.parcels.value)
export const tasks: ReadonlySignal<readonly FloorTask[]> = computed(() => rows.tasks.value)
export const verdicts: ReadonlySignal<readonly VerdictRow[]> = computed(() => rows.verdicts.value)
export const me: ReadonlySignal<Me | null> = computed(() => rows.me.value)
export const status: ReadonlySignal<Status> = computed(() => statusSignal.value)

/** Changes part of the status; nothing is told to anyone when it is the same as before. */
export function tell(change: Partial<Status>): void {
  const now = statusSignal.value
  const keys = Object.keys(change) as (keyof Status)[]
  if (keys.some((key) => now[key] !== change[key])) statusSignal.value = { ...now, ...change }
}
