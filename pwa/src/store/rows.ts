/**
 * The rows as the server sent them, byte for byte, with (h, off, digest) of their shape: always changed together in one
 * transaction, so that a device killed at any moment holds a whole cut.
 */
import { type Digest, EMPTY, minus, plus, same } from '../protocol/digest'
import { SHAPES, type ShapeId } from '../protocol/shapes'
import { type Bad, DISTRUST, type Down, type Frame, NOTHING, RESET, rowKey } from '../protocol/wire'
import { finish, type ShapeState, withDb } from './db'
import { settle } from './outbox'

const OFFS_KEPT = 50
const FRESH: ShapeState = { ...EMPTY, h: 0, off: NOTHING, offs: [] }
const known = (shape: number): shape is ShapeId => (SHAPES as readonly number[]).includes(shape)
const range = (shape: ShapeId): IDBKeyRange => IDBKeyRange.bound([shape], [shape, []])
const digestOf = (state: Digest): Digest => ({ n: state.n, d1: state.d1, d2: state.d2 })

/** What one frame changed. Only `changed` and `removed` rows differ from before, unless `reset`. */
export interface Change {
  shape: ShapeId
  reset: boolean
  changed: Map<string, Uint8Array<ArrayBuffer>>
  removed: Set<string>
}

export interface Applied {
  changes: Change[]
  /** digests that did not match: to be reported; the shape is asked for anew */
  bad: Bad[]
  /** frames that were not the answer to what this device holds */
  dropped: number
  /** a message of a later version was met: this app is too old */
  unknown: boolean
  /** frames that carried rows, with the (h, off) they led to */
  carried: { shape: ShapeId; h: number; off: number }[]
}

interface Rows {
  get(key: [ShapeId, string]): Promise<Uint8Array<ArrayBuffer> | undefined>
  put(value: Uint8Array<ArrayBuffer>, key: [ShapeId, string]): Promise<unknown>
  delete(key: [ShapeId, string] | IDBKeyRange): Promise<void>
}

/** Applies the messages before one Mark. The digest is of the rows after it. */
async function applyCut(rows: Rows, cut: readonly Down[], change: Change, start: Digest): Promise<Digest> {
  const { shape } = change
  let digest = start
  const writes: Promise<unknown>[] = []
  const put = async (bytes: Uint8Array): Promise<void> => {
    // A view into the answer would be stored with the whole answer behind it.
    const row = bytes.slice() as Uint8Array<ArrayBuffer>
    const pk = rowKey(row)
    // After a Reset only this cut's own rows can be there: a snapshot needs no reads.
    const old = change.reset ? change.changed.get(pk) : await rows.get([shape, pk])
    if (old) digest = minus(digest, old)
    digest = plus(digest, row)
    writes.push(rows.put(row, [shape, pk]))
    change.changed.set(pk, row)
    change.removed.delete(pk)
  }
  for (const message of cut) {
    if (message.tag === 5) {
      await rows.delete(range(shape))
      digest = EMPTY
      change.reset = true
      change.changed.clear()
      change.removed.clear()
    } else if (message.tag === 1) {
      for (const row of message.rows) await put(row)
    } else if (message.tag === 2) {
      await put(message.row)
    } else if (message.tag === 3) {
      const old = await rows.get([shape, message.pk])
      if (old) digest = minus(digest, old)
      await rows.delete([shape, message.pk])
      change.changed.delete(message.pk)
      change.removed.add(message.pk)
    }
  }
  await Promise.all(writes)
  return digest
}

/** Applies one answer: every frame that fits what is held, in one transaction. Rejects, and changes nothing, on bad bytes. */
export async function apply(frames: readonly Frame[]): Promise<Applied> {
  return withDb(async (db) => {
    const out: Applied = { changes: [], bad: [], dropped: 0, unknown: false, carried: [] }
    const tx = db.transaction(['meta', 'rows', 'outbox'], 'readwrite', { durability: 'relaxed' })
    await finish(tx, async () => {
      const meta = tx.objectStore('meta')
      const rows = tx.objectStore('rows')
      const regenerated = new Set<number>()
      for (const frame of frames) {
        if (!known(frame.shape)) continue
        const { shape } = frame
        const key = `shape:${shape}`
        const held = ((await meta.get(key)) as ShapeState | undefined) ?? FRESH
        if (frame.was !== held.h || frame.frm !== held.off) {
          out.dropped++
          continue
        }
        const change: Change = { shape, reset: false, changed: new Map(), removed: new Set() }
        if (frame.msgs.some((message) => message.tag === 0)) {
          out.unknown = true
          // What is stored stays in use; the rows are asked for again when the app can read them.
          await meta.put({ ...held, h: 0, off: NOTHING }, key)
          continue
        }
        let state = held
        let cut: Down[] = []
        for (const message of frame.msgs) {
          if (message.tag !== 4) {
            cut.push(message)
            continue
          }
          const reset = cut.find((part) => part.tag === 5)
          const digest = await applyCut(rows, cut, change, digestOf(state))
          if (reset?.tag === 5 && reset.why === RESET.gen) regenerated.add(shape)
          const offs = [...state.offs, message.off].slice(-OFFS_KEPT)
          const h = reset ? frame.h : state.h
          state = { ...digest, h, off: message.off, offs }
          if (cut.length) out.carried.push({ shape, h, off: message.off })
          cut = []
          if (!same(digest, message)) {
            out.bad.push({ shape, h, off: message.off, ...digest, want: digestOf(message), offs })
            state = { ...state, h: 0, off: DISTRUST }
            break
          }
        }
        if (cut.some((part) => part.tag === 5 && part.why === RESET.rights)) {
          // Rights are gone, and what replaces the rows did not come: the rows go all the same.
          await rows.delete(range(shape))
          change.reset = true
          change.changed.clear()
          state = { ...FRESH }
        }
        await meta.put(state, key)
        if (change.reset || change.changed.size || change.removed.size) out.changes.push(change)
      }
      await settle(meta, tx.objectStore('outbox'), regenerated)
    })
    return out
  })
}

export interface Held { state: ShapeState; rows: Map<string, Uint8Array<ArrayBuffer>> }

/** All that is stored of one shape. */
export const load = (shape: ShapeId): Promise<Held> =>
  withDb(async (db) => {
    const tx = db.transaction(['meta', 'rows'])
    const store = tx.objectStore('rows')
    const [state, keys, values] = await Promise.all([
      tx.objectStore('meta').get(`shape:${shape}`) as Promise<ShapeState | undefined>,
      store.getAllKeys(range(shape)),
      store.getAll(range(shape)),
    ])
    return { state: state ?? FRESH, rows: new Map(keys.map((key, i) => [key[1], values[i] as Uint8Array<ArrayBuffer>])) }
  })

/** (shape, h, off) of every shape, as a Pull asks. */
export const subs = (): Promise<[number, number, number][]> =>
  withDb(async (db) => {
    const tx = db.transaction('meta')
    const states = await Promise.all(SHAPES.map((shape) => tx.store.get(`shape:${shape}`) as Promise<ShapeState>))
    return SHAPES.map((shape, i) => [shape, states[i]?.h ?? 0, states[i]?.off ?? NOTHING])
  })

/** Sums the stored rows anew; a shape whose sums are not those noted is distrusted, and reported. */
export async function audit(): Promise<Bad[]> {
  const bad: Bad[] = []
  for (const shape of SHAPES) {
    const { state, rows } = await load(shape)
    if (state.off < 0) continue
    let digest = EMPTY
    for (const row of rows.values()) digest = plus(digest, row)
    if (same(digest, state)) continue
    if (await distrust(shape, state)) {
      bad.push({ shape, h: state.h, off: state.off, ...digest, want: digestOf(state), offs: state.offs })
    }
  }
  return bad
}

/** Makes the next Pull ask for the whole shape, unless it has moved on from `seen` meanwhile. */
export const distrust = (shape: ShapeId, seen: { h: number; off: number }): Promise<boolean> =>
  withDb(async (db) => {
    let done = false
    const tx = db.transaction('meta', 'readwrite')
    await finish(tx, async () => {
      const state = (await tx.store.get(`shape:${shape}`)) as ShapeState | undefined
      if (!state || state.h !== seen.h || state.off !== seen.off) return
      done = true
      await tx.store.put({ ...state, h: 0, off: DISTRUST }, `shape:${shape}`)
    })
    return done
  })

/** Removes every row (another person, a log-out). The outbox stays. */
export async function purge(): Promise<void> {
  await withDb(async (db) => {
    const tx = db.transaction(['meta', 'rows', 'verdicts'], 'readwrite')
    await finish(tx, async () => {
      await tx.objectStore('rows').clear()
      await tx.objectStore('verdicts').clear()
      for (const shape of SHAPES) await tx.objectStore('meta').delete(`shape:${shape}`)
    })
  })
}

