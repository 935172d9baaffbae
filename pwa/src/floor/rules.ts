/** What a scan means, given what this device knows. Pure: no UI, no storage, no clock. */
import type { Parcel, Pick, Wave } from '../protocol/shapes'

export interface Sku { code: string; name: string; variant: string }

/** Equal as codes: GTINs of 12, 13 and 14 digits are the same number with leading zeros (GS1 General Specifications 3.3). */
export function sameCode(a: string, b: string): boolean {
  if (a === b) return a !== ''
  return /^\d{12,14}$/.test(a) && /^\d{12,14}$/.test(b) && a.padStart(14, '0') === b.padStart(14, '0')
}

export const hasCode = (code: string, sku: string, barcodes: readonly string[]): boolean =>
  sameCode(code, sku) || barcodes.some((b) => sameCode(code, b))

/** A-2 before A-10; what has no bin comes last. The same order as on the printed list. */
export function binOrder(a: string, b: string): number {
  if (a === '' || b === '') return a === b ? 0 : a === '' ? 1 : -1
  const left = a.split(/(\d+)/).filter((x) => x !== '')
  const right = b.split(/(\d+)/).filter((x) => x !== '')
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = left[i]
    const y = right[i]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    const m = /^\d/.test(x)
    const n = /^\d/.test(y)
    if (m !== n) return m ? -1 : 1
    if (m && Number(x) !== Number(y)) return Number(x) - Number(y)
    if (!m && x !== y) return x < y ? -1 : 1
  }
  return 0
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The picks of a wave in the order of the walk. */
export function walk(picks: readonly Pick[], waveId: string): Pick[] {
  return picks
    .filter((p) => p.waveId === waveId)
    .sort((a, b) => binOrder(a.bin, b.bin) || text(a.skuCode, b.skuCode) || binOrder(a.slot, b.slot) || text(a.id, b.id))
}

export const open = (p: Pick): boolean => p.state === 'open' && p.picked < p.qty
/** Was reported missing, so it may still turn up. */
export const found = (p: Pick): boolean => p.state === 'short' && p.picked < p.qty
export const missing = (p: Pick): number => Math.max(0, p.qty - p.picked)

/** The pick to do now: the one a scan jumped to while it is open, else the first open one of the walk. */
export function current(way: readonly Pick[], focus: string): Pick | null {
  return way.find((p) => p.id === focus && open(p)) ?? way.find(open) ?? null
}

/** Open waves that still have something to pick, oldest first. */
export function openWaves(waves: readonly Wave[], picks: readonly Pick[]): Wave[] {
  const busy = new Set(picks.filter(open).map((p) => p.waveId))
  return waves.filter((w) => w.state === 'open' && busy.has(w.id)).sort((a, b) => a.createdMs - b.createdMs || text(a.id, b.id))
}

/** What a code is, by all picks and parcels on this device. */
export function skuOf(code: string, picks: readonly Pick[], parcels: readonly Parcel[]): Sku | null {
  const pick = picks.find((p) => hasCode(code, p.skuCode, p.barcodes))
  if (pick) return { code: pick.skuCode, name: pick.name, variant: pick.variant }
  for (const parcel of parcels) {
    const item = parcel.items.find((i) => hasCode(code, i.skuCode, i.barcodes))
    if (item) return { code: item.skuCode, name: item.name, variant: item.variant }
  }
  return null
}

/** `ZSLOT-<wave no>-<slot>` of a tote. */
export function slotOf(code: string): { waveNo: string; slot: string } | null {
  const m = /^ZSLOT-(.+)-([^-]+)$/i.exec(code)
  return m ? { waveNo: m[1] ?? '', slot: m[2] ?? '' } : null
}

export type PickAnswer =
  | { kind: 'right'; pick: Pick; qty: number; left: number; jumped: boolean; complete: boolean }
  | { kind: 'over'; pick: Pick; qty: number; left: number }
  | { kind: 'ended'; pick: Pick }
  | { kind: 'wrong'; scanned: Sku | null; wanted: Pick | null }
  | { kind: 'bin' | 'slot'; right: boolean; said: string; want: string }

/**
 * A scan on the pick screen. `qty` is more than 1 only when a person typed it.
 * Own pick first, then any open pick of this wave with that SKU, then what is enough already, then what must not be picked.
 */
export function pickScan(
  code: string, qty: number, wave: Wave, now: Pick | null, last: Pick | null, picks: readonly Pick[], parcels: readonly Parcel[],
): PickAnswer {
  const way = walk(picks, wave.id)
  const here = way.filter((p) => hasCode(code, p.skuCode, p.barcodes))
  // What was reported missing and turns up is taken too, after what is still open.
  const target = here.find((p) => now !== null && p.id === now.id && open(p)) ?? here.find(open) ?? here.find(found)
  if (target) {
    const left = missing(target) - qty
    if (left < 0) return { kind: 'over', pick: target, qty, left: missing(target) }
    const complete = left === 0 && way.every((p) => p.id === target.id || !open(p))
    return { kind: 'right', pick: target, qty, left, jumped: now !== null && target.id !== now.id, complete }
  }
  const enough = here.find((p) => p.state === 'done' || (p.state === 'open' && !open(p)))
  if (enough) return { kind: 'over', pick: enough, qty, left: 0 }
  if (here[0]) return { kind: 'ended', pick: here[0] }
  const slot = slotOf(code)
  if (slot) {
    const want = (last ?? now)?.slot ?? ''
    return { kind: 'slot', right: slot.waveNo === wave.no && slot.slot === want, said: slot.waveNo === wave.no ? slot.slot : code, want }
  }
  if (way.some((p) => p.bin === code)) return { kind: 'bin', right: now?.bin === code, said: code, want: now?.bin ?? '' }
  return { kind: 'wrong', scanned: skuOf(code, picks, parcels), wanted: now }
}

/** All goods are in the slot: the server said so, or this device picked them all and the server does not know yet. */
export function ready(parcel: Parcel, picks: readonly Pick[]): boolean {
  if (parcel.stop !== '') return false
  if (parcel.state === 'ready') return true
  if (parcel.state !== 'picking') return false
  const own = picks.filter((p) => p.waveId === parcel.waveId && p.orderNo === parcel.orderNo && p.state !== 'cancelled')
  const units = own.reduce((n, p) => n + p.picked, 0)
  const wanted = parcel.items.reduce((n, i) => n + i.qty, 0)
  return own.length > 0 && own.every((p) => p.state === 'done') && units === wanted
}

export const halted = (p: Parcel): boolean => p.stop !== '' || p.state === 'stopped' || p.state === 'cancelled'

/** May leave the house: packed, not stopped, labelled with the newest version. */
export const leaving = (p: Parcel): boolean =>
  p.state === 'packed' && p.stop === '' && p.waybillNo !== '' && p.labelVersion === p.orderVersion && p.labelState !== 'stale'

export function packable(parcels: readonly Parcel[], picks: readonly Pick[]): Parcel[] {
  return parcels.filter((p) => ready(p, picks)).sort((a, b) => text(a.waveId, b.waveId) || binOrder(a.slot, b.slot) || text(a.no, b.no))
}

export type FoundParcel =
  | { kind: 'open' | 'stop' | 'packed' | 'gone' | 'not_ready'; parcel: Parcel }
  | { kind: 'choose'; parcels: Parcel[] }
  | { kind: 'unknown'; sku: Sku | null }

/** Which parcel a scan on the pack screen means: tote slot, parcel no, order no or label. */
export function findParcel(
  code: string, picks: readonly Pick[], parcels: readonly Parcel[],
): FoundParcel {
  const slot = slotOf(code)
  let found: Parcel[]
  if (slot) {
    found = parcels.filter((p) => p.slot === slot.slot && p.waveNo === slot.waveNo)
  } else {
    found = parcels.filter((p) => code !== '' && (p.no === code || p.orderNo === code || p.waybillNo === code))
  }
  const live = found.filter((p) => !halted(p))
  const ripe = live.filter((p) => ready(p, picks))
  const few = ripe.length ? ripe : live.length ? live : found
  if (few.length > 1 && slot) return { kind: 'choose', parcels: few }
  const parcel = few[0]
  if (!parcel) return { kind: 'unknown', sku: skuOf(code, picks, parcels) }
  if (halted(parcel)) return { kind: 'stop', parcel }
  if (parcel.state === 'packed') return { kind: 'packed', parcel }
  if (parcel.state === 'handed_over') return { kind: 'gone', parcel }
  return { kind: ready(parcel, picks) ? 'open' : 'not_ready', parcel }
}

/** Units verified so far, by SKU code. */
export type Tally = Readonly<Record<string, number>>

export const verified = (parcel: Parcel, tally: Tally): boolean =>
  parcel.items.length > 0 && parcel.items.every((i) => (tally[i.skuCode] ?? 0) >= i.qty)

/** The body of a pack event: what was really seen. */
export const packed = (parcel: Parcel, tally: Tally): [string, number][] => parcel.items.map((i) => [i.skuCode, tally[i.skuCode] ?? 0])

export type PackAnswer =
  | { kind: 'right'; sku: Sku; qty: number; left: number; complete: boolean }
  | { kind: 'over'; sku: Sku; qty: number; left: number }
  | { kind: 'finish' | 'unfinished' }
  | { kind: 'old_label' }
  | { kind: 'other_parcel'; parcel: Parcel | null }
  | { kind: 'wrong'; scanned: Sku | null }

/** A scan while a parcel is being verified. Its own label, slot or number finishes it once all items were seen. */
export function packScan(
  code: string, qty: number, parcel: Parcel, tally: Tally,
  picks: readonly Pick[], parcels: readonly Parcel[],
): PackAnswer {
  const item = parcel.items.find((i) => hasCode(code, i.skuCode, i.barcodes))
  if (item) {
    const sku = { code: item.skuCode, name: item.name, variant: item.variant }
    const seen = tally[item.skuCode] ?? 0
    const left = item.qty - seen
    if (qty > left) return { kind: 'over', sku, qty, left }
    const next = { ...tally, [item.skuCode]: seen + qty }
    return { kind: 'right', sku, qty, left: left - qty, complete: verified(parcel, next) }
  }
  if (parcel.oldWaybills.indexOf(code) >= 0) return { kind: 'old_label' }
  const sku = skuOf(code, picks, parcels)
  if (sku) return { kind: 'wrong', scanned: sku }
  const found = findParcel(code, picks, parcels)
  if (found.kind === 'unknown') return { kind: 'wrong', scanned: null }
  const own = found.kind === 'choose' ? found.parcels.some((p) => p.id === parcel.id) : found.parcel.id === parcel.id
  if (own) return { kind: verified(parcel, tally) ? 'finish' : 'unfinished' }
  return { kind: 'other_parcel', parcel: found.kind === 'choose' ? null : found.parcel }
}

export type OutAnswer =
  | { kind: 'right' | 'twice' | 'stopped' | 'old_label' | 'not_packed' | 'not_label'; parcel: Parcel }
  | { kind: 'unknown'; sku: Sku | null }

/** A scan at the door. What must be pulled back goes before everything else, also when it left already. */
export function outScan(code: string, parcels: readonly Parcel[], picks: readonly Pick[]): OutAnswer {
  const parcel = parcels.find((p) => code !== '' && p.waybillNo === code)
  if (parcel) {
    if (halted(parcel)) return { kind: 'stopped', parcel }
    if (parcel.state === 'handed_over') return { kind: parcel.labelVersion === parcel.orderVersion ? 'twice' : 'old_label', parcel }
    if (parcel.labelVersion !== parcel.orderVersion || parcel.labelState === 'stale') return { kind: 'old_label', parcel }
    return { kind: parcel.state === 'packed' ? 'right' : 'not_packed', parcel }
  }
  const before = parcels.find((p) => p.oldWaybills.indexOf(code) >= 0)
  if (before) return { kind: halted(before) ? 'stopped' : 'old_label', parcel: before }
  const named = parcels.find((p) => code !== '' && (p.no === code || p.orderNo === code))
  if (named) return { kind: halted(named) ? 'stopped' : 'not_label', parcel: named }
  return { kind: 'unknown', sku: skuOf(code, picks, parcels) }
}
