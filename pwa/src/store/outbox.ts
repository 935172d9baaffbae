/**
 * The outbox. An event and its number are stored in one transaction with strict durability; it leaves only by an Ack,
 * in one transaction with the verdicts.
 */
import type { IDBPObjectStore, StoreNames } from 'idb'
import { equal, hex, random, unhex } from '../protocol/bytes'
import { EventKind, touches } from '../protocol/events'
import { pack } from '../protocol/pack'
import { SHAPES, type ShapeId } from '../protocol/shapes'
import { type Ack, type Ev, fromEv, type Verdict } from '../protocol/wire'
import { finish, type Life, type Schema, type ShapeState, type Stored, type StoredVerdict, withDb } from './db'
import { watch } from './life'

export const BATCH_EVENTS = 200
export const BATCH_BYTES = 32_000
/** the last verdicts of this device's own Acks that are kept */
const VERDICTS_KEPT = 300
/** From this code on a verdict says that it was not done as it was meant. */
const REFUSED = 3
const PHYSICAL: readonly number[] = [EventKind.pack, EventKind.handOver]
const queued = (upto = Number.MAX_SAFE_INTEGER): IDBKeyRange => IDBKeyRange.bound([1, 0], [1, upto])

export interface Intent {
  id: Uint8Array
  kind: EventKind
  body: unknown[]
  at: number
  mono: number
  boot: number
  who: Uint8Array<ArrayBuffer>
}

/** The offset the person is looking at: that of the first shape the event touches. */
const baseOf = async (db: { get(key: string): Promise<unknown> }, kind: EventKind): Promise<number> => {
  const [first = 3 as ShapeId] = touches(kind)
  const state = (await db.get(`shape:${first}`)) as ShapeState | undefined
  return state?.off ?? -1
}

/** Stores the event under the next number. Resolves after the transaction has completed on the disk. */
export async function append(intent: Intent): Promise<Stored> {
  const id = hex(intent.id)
  const { dev, event } = await withDb(async (db) => {
    const tx = db.transaction(['meta', 'outbox'], 'readwrite', { durability: 'strict' })
    let out: { dev: Uint8Array; event: Stored } | undefined
    await finish(tx, async () => {
      const meta = tx.objectStore('meta')
      const outbox = tx.objectStore('outbox')
      // Asked for together: each turn of waiting is time before the beep. After a lost connection nobody knows whether
      // the first try was stored: the id tells.
      const [life, there, base] = (await Promise.all([meta.get('life'), outbox.get(id), baseOf(meta, intent.kind)])) as [Life, Stored | undefined, number]
      if (there) {
        out = { dev: life.dev, event: there }
        return
      }
      const n = life.top + 1
      const { kind, body, at, mono, boot, who } = intent
      const event: Stored = { v: 1, id, queued: 1, n, kind, at, mono, boot, base, body, who, ackOff: 0 }
      // A full disk may refuse by throwing at once: each in a function of its own, so that none is left alone.
      const writes = [async () => outbox.add(event), async () => meta.put({ ...life, top: n }, 'life')]
      await Promise.all(writes.map((write): Promise<unknown> => write()))
      out = { dev: life.dev, event }
    })
    return out as { dev: Uint8Array; event: Stored }
  })
  watch(dev, event.n, 0)
  return event
}

export interface Batch { life: Life; evs: Ev[]; last: number }

const toEv = (event: Stored): Ev => ({ ...event, id: unhex(event.id) })

/** The head of the queue, as much as goes into one request. */
export const head = (): Promise<Batch> =>
  withDb(async (db) => {
    const tx = db.transaction(['meta', 'outbox'])
    const [life, queue] = await Promise.all([
      tx.objectStore('meta').get('life') as Promise<Life>,
      tx.objectStore('outbox').index('order').getAll(queued(), BATCH_EVENTS),
    ])
    const evs: Ev[] = []
    let bytes = 0
    for (const event of queue) {
      const ev = toEv(event)
      bytes += pack(fromEv(ev)).length
      if (evs.length && bytes > BATCH_BYTES) break
      evs.push(ev)
    }
    return { life, evs, last: evs[evs.length - 1]?.n ?? 0 }
  })

function toStored(verdict: Verdict, at: number): StoredVerdict {
  const info = (verdict.info ?? {}) as Record<string, unknown>
  const text = (key: string): string => (typeof info[key] === 'string' ? info[key] : '')
  return {
    id: hex(verdict.id),
    n: verdict.n,
    code: verdict.code,
    message: text('message_zh'),
    taskId: text('task_id'),
    at,
  }
}

/**
 * Stores an Ack of a batch that was sent for `dev`: the verdicts, and what it covers. False: it is for another life.
 * A pack or hand-over that was refused shows no longer at once: its parcel may have to be packed or scanned again.
 */
export async function acknowledge(dev: Uint8Array, ack: Ack, now: number): Promise<boolean> {
  const mine = await withDb(async (db) => {
    const tx = db.transaction(['meta', 'outbox', 'verdicts'], 'readwrite', { durability: 'strict' })
    let found = false
    await finish(tx, async () => {
      const meta = tx.objectStore('meta')
      const outbox = tx.objectStore('outbox')
      const life = (await meta.get('life')) as Life
      if (!equal(life.dev, dev)) return
      found = true
      const upto = Math.min(ack.upto, life.top)
      const covered = upto ? await outbox.index('order').getAll(queued(upto)) : []
      const refused = new Set(ack.verdicts.filter((verdict) => verdict.code >= REFUSED).map((verdict) => hex(verdict.id)))
      const cover = async (event: Stored): Promise<unknown> =>
        refused.has(event.id) && PHYSICAL.includes(event.kind)
          ? outbox.delete(event.id)
          : outbox.put({ ...event, queued: 0, ackOff: ack.off })
      await Promise.all(covered.map(cover))
      const verdicts = tx.objectStore('verdicts')
      for (const verdict of ack.verdicts) await verdicts.put(toStored(verdict, now))
      const seen = ack.verdicts.reduce((most, verdict) => Math.max(most, verdict.n), life.seen)
      if (seen !== life.seen) await meta.put({ ...life, seen }, 'life')
      const keys = await verdicts.index('at').getAllKeys()
      for (const key of keys.slice(0, Math.max(0, keys.length - VERDICTS_KEPT))) await verdicts.delete(key)
      await settle(meta, outbox)
    })
    return found
  })
  if (mine && ack.upto) watch(dev, 0, ack.upto)
  return mine
}

/**
 * Drops acknowledged events whose effects every shape they touch has by now. `regenerated`: shapes of a new generation
 * of the server's log, whose offsets say nothing about Acks of the old one.
 */
export async function settle<S extends ArrayLike<StoreNames<Schema>>>(
  meta: IDBPObjectStore<Schema, S, 'meta', 'readwrite'>,
  outbox: IDBPObjectStore<Schema, S, 'outbox', 'readwrite'>,
  regenerated: ReadonlySet<number> = new Set(),
): Promise<void> {
  const waiting = await outbox.index('order').getAll(IDBKeyRange.bound([0, 0], [0, Number.MAX_SAFE_INTEGER]))
  if (!waiting.length) return
  const offs = new Map<ShapeId, number>()
  for (const shape of SHAPES) offs.set(shape, ((await meta.get(`shape:${shape}`)) as ShapeState | undefined)?.off ?? -1)
  for (const event of waiting) {
    const shapes = touches(event.kind)
    const reached = shapes.every((shape) => (offs.get(shape) ?? -1) >= event.ackOff)
    if (reached || shapes.some((shape) => regenerated.has(shape))) await outbox.delete(event.id)
  }
}

/**
 * A new life after a Fork of `dev`: a new id, the queue numbered from 1 in its order, event ids kept. False: the Fork is
 * for another life.
 */
export async function fork(dev: Uint8Array): Promise<boolean> {
  const next = await withDb(async (db) => {
    const tx = db.transaction(['meta', 'outbox'], 'readwrite', { durability: 'strict' })
    let made: Life | null = null
    await finish(tx, async () => {
      const meta = tx.objectStore('meta')
      const outbox = tx.objectStore('outbox')
      const life = (await meta.get('life')) as Life
      if (!equal(life.dev, dev)) return
      const queue = await outbox.index('order').getAll(queued())
      await Promise.all(queue.map(async (event, i) => outbox.put({ ...event, n: i + 1 })))
      made = { dev: random(16), prev: life.dev, top: queue.length, seen: 0 }
      await meta.put(made, 'life')
    })
    return made as Life | null
  })
  if (next) watch(next.dev, next.top, 0)
  return next !== null
}

export interface Overlay { events: Stored[]; verdicts: StoredVerdict[] }

/** Every event still in the overlay, in order (acknowledged ones first), and the verdicts kept. */
export const overlay = (): Promise<Overlay> =>
  withDb(async (db) => {
    const [events, verdicts] = await Promise.all([
      db.getAllFromIndex('outbox', 'order'),
      db.getAllFromIndex('verdicts', 'at'),
    ])
    return { events, verdicts }
  })
