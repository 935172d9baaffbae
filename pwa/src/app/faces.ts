// Which face is shown, and what waits for this person in the rail. Pure choices; the doing is in shell.tsx.
import { computed, signal } from '@preact/signals'
import { route } from './router'
import { mayDesk, mayFloor, type Role } from './session'

export interface Counters {
  since: string
  intake: { count: number }
  waiting: { count: number }
  shipped: { count: number }
  lead: { paid_to_handed_over_s: Lead; placed_to_collected_s: Lead }
  rail: Partial<Record<Place, number>>
}
export interface Lead { p50: number | null; n: number }
export type Place = 'orders' | 'tasks' | 'waves' | 'print' | 'goods' | 'board' | 'shops'

/** The order of the walk: 接单 · 审单 · 拣货 · 打包 · 看板 · 设置. */
export const PLACES: readonly Place[] = ['orders', 'tasks', 'waves', 'print', 'goods', 'board', 'shops']

/** What the role has no business in is not in its rail. */
export const placesOf = (role: Role): readonly Place[] => PLACES.filter((p) => role !== 'finance' || (p !== 'waves' && p !== 'print'))

const HOME: Record<Role, Place> = { service: 'orders', warehouse: 'waves', stock: 'waves', finance: 'board', manager: 'board' }
export const homeOf = (role: Role): Place => HOME[role]

export const counters = signal<Counters | null>(null)

/** '#/floor' is the floor; everything else is the desk, for those who have one. */
export const face = computed<'floor' | 'desk'>(() => {
  if (!mayDesk.value) return 'floor'
  return mayFloor.value && route.value.path[0] === 'floor' ? 'floor' : 'desk'
})
