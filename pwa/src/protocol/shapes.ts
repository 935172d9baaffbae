/**
 * The floor's rows: one interface per shape, fields in wire order, and their decoders. A row travels as a MessagePack
 * array; missing trailing columns get defaults, extra ones are ignored (columns are only ever appended).
 */
import { unpack } from './pack'

export const Shape = { wave: 1, pick: 2, parcel: 3, task: 4, verdict: 5, me: 6 } as const
export type ShapeId = (typeof Shape)[keyof typeof Shape]
export const SHAPES: readonly ShapeId[] = [1, 2, 3, 4, 5, 6]

export interface Wave {
  id: string
  no: string
  state: 'open' | 'done' | 'cancelled'
  orders: number
  units: number
  createdMs: number
}

export interface Pick {
  id: string
  waveId: string
  orderNo: string
  slot: string
  skuCode: string
  name: string
  variant: string
  bin: string
  barcodes: readonly string[]
  qty: number
  picked: number
  state: 'open' | 'done' | 'short' | 'cancelled'
  photo: string
}

export interface ParcelItem {
  skuCode: string
  name: string
  variant: string
  qty: number
  barcodes: readonly string[]
}

export interface Parcel {
  id: string
  no: string
  orderNo: string
  waveId: string
  slot: string
  state: 'picking' | 'ready' | 'packed' | 'handed_over' | 'stopped' | 'cancelled'
  waybillNo: string
  carrier: string
  routeCode: string
  orderVersion: number
  labelVersion: number
  /** reason code why this parcel must not go on, or "" */
  stop: string
  items: readonly ParcelItem[]
  labelState: 'none' | 'ready' | 'stale'
  /** waybill numbers of superseded labels: scanning one is 旧面单 */
  oldWaybills: readonly string[]
  /** the wave's number, as the tote's slot label says it */
  waveNo: string
}

export interface FloorTask {
  id: string
  kind: 'put_back' | 'repick' | 'intercept' | 'reprint'
  orderNo: string
  parcelNo: string
  reason: string
  detail: string
  state: 'open' | 'done'
  createdMs: number
}

/** What became of an event. code: 0 accepted, 1 duplicate, 2 adjusted, 3 accepted with a task, 4 held for a person. */
export interface VerdictRow {
  /** the event's id, 32 hex digits */
  id: string
  n: number
  code: number
  message: string
  taskId: string
}

export interface Me {
  id: string
  name: string
  role: string
}

export interface RowOf {
  1: Wave
  2: Pick
  3: Parcel
  4: FloorTask
  5: VerdictRow
  6: Me
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value))
const whole = (value: unknown): number => {
  const number = typeof value === 'number' ? value : Number(value ?? 0)
  return Number.isFinite(number) ? number : 0
}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const texts = (value: unknown): readonly string[] => list(value).map(text)

function item(value: unknown): ParcelItem {
  const [skuCode, name, variant, qty, barcodes] = list(value)
  return { skuCode: text(skuCode), name: text(name), variant: text(variant), qty: whole(qty), barcodes: texts(barcodes) }
}

const DECODERS: { [S in ShapeId]: (columns: readonly unknown[]) => RowOf[S] } = {
  1: ([id, no, state, orders, units, created]) => ({
    id: text(id),
    no: text(no),
    state: text(state) as Wave['state'],
    orders: whole(orders),
    units: whole(units),
    createdMs: whole(created),
  }),
  2: ([id, wave, order, slot, sku, name, variant, bin, barcodes, qty, picked, state, photo]) => ({
    id: text(id),
    waveId: text(wave),
    orderNo: text(order),
    slot: text(slot),
    skuCode: text(sku),
    name: text(name),
    variant: text(variant),
    bin: text(bin),
    barcodes: texts(barcodes),
    qty: whole(qty),
    picked: whole(picked),
    state: text(state) as Pick['state'],
    photo: text(photo),
  }),
  3: (c) => ({
    id: text(c[0]),
    no: text(c[1]),
    orderNo: text(c[2]),
    waveId: text(c[3]),
    slot: text(c[4]),
    state: text(c[5]) as Parcel['state'],
    waybillNo: text(c[6]),
    carrier: text(c[7]),
    routeCode: text(c[8]),
    orderVersion: whole(c[9]),
    labelVersion: whole(c[10]),
    stop: text(c[11]),
    items: list(c[12]).map(item),
    labelState: (text(c[13]) || 'none') as Parcel['labelState'],
    oldWaybills: texts(c[14]),
    waveNo: text(c[15]),
  }),
  4: ([id, kind, order, parcel, reason, detail, state, created]) => ({
    id: text(id),
    kind: text(kind) as FloorTask['kind'],
    orderNo: text(order),
    parcelNo: text(parcel),
    reason: text(reason),
    detail: text(detail),
    state: text(state) as FloorTask['state'],
    createdMs: whole(created),
  }),
  5: ([id, n, code, message, task]) => ({
    id: text(id),
    n: whole(n),
    code: whole(code),
    message: text(message),
    taskId: text(task),
  }),
  6: ([id, name, role]) => ({ id: text(id), name: text(name), role: text(role) }),
}

/** The row's columns as an object. Throws when the bytes are not a MessagePack array. */
export function decodeRow<S extends ShapeId>(shape: S, bin: Uint8Array): RowOf[S] {
  const columns = unpack(bin)
  if (!Array.isArray(columns)) throw new TypeError('a row is not an array')
  return (DECODERS[shape] as (columns: readonly unknown[]) => RowOf[S])(columns)
}
