/**
 * The one IndexedDB of this origin: its stores, opening it, and reopening it when the browser drops the connection (iOS
 * does so in the background). What is written when is decided in life.ts, outbox.ts and rows.ts.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Digest } from '../protocol/digest'
import type { EventKind } from '../protocol/events'
import type { ShapeId } from '../protocol/shapes'

/** A device life: a 16-byte id that counts its events 1, 2, 3 … */
export interface Life {
  dev: Uint8Array<ArrayBuffer>
  /** the life before a Fork, told when this one is enrolled */
  prev: Uint8Array<ArrayBuffer> | null
  /** highest number minted */
  top: number
  /** highest n of a verdict stored */
  seen: number
}

/** Who works here, and until when without the server. Times are this device's clock. */
export interface Person {
  id: string
  name: string
  role: string
  leaseUntil: number
  /** the latest time this clock has shown: a clock set back does not lengthen a lease */
  latest: number
  lastExchange: number | null
}

export interface ShapeState extends Digest {
  h: number
  off: number
  /** the last offsets applied, for a report */
  offs: number[]
}

/** An event of the outbox. v is the version of this record: an upgrade reads old ones, never drops them. */
export interface Stored {
  v: 1
  /** 32 hex digits */
  id: string
  /** 1 queued, 0 acknowledged and still in the overlay */
  queued: 0 | 1
  n: number
  kind: EventKind
  at: number
  mono: number
  boot: number
  base: number
  body: unknown[]
  who: Uint8Array<ArrayBuffer>
  /** of an acknowledged event: its effects are in the server's log up to here */
  ackOff: number
}

export interface StoredVerdict {
  id: string
  n: number
  code: number
  message: string
  taskId: string
  at: number
}

export interface Schema extends DBSchema {
  meta: { key: string; value: Life | Person | ShapeState }
  rows: { key: [ShapeId, string]; value: Uint8Array<ArrayBuffer> }
  outbox: { key: string; value: Stored; indexes: { order: [number, number] } }
  verdicts: { key: string; value: StoredVerdict; indexes: { at: number } }
}
export type Database = IDBPDatabase<Schema>

const NAME = 'zhongshu'
const VERSION = 1
const OPEN_MS = 8000

let opened: Promise<Database> | null = null

/** Opens, or makes, the database. Rejects when the browser cannot, or does not answer within 8 s. */
function open(): Promise<Database> {
  const promise = openDB<Schema>(NAME, VERSION, {
    upgrade(db, from) {
      if (from < 1) {
        db.createObjectStore('meta')
        db.createObjectStore('rows')
        db.createObjectStore('outbox', { keyPath: 'id' }).createIndex('order', ['queued', 'n'])
        db.createObjectStore('verdicts', { keyPath: 'id' }).createIndex('at', 'at')
      }
    },
    blocking(_from, _to, event) {
      // A newer version in another tab waits for this one.
      ;(event.target as IDBDatabase).close()
      opened = null
    },
    terminated() {
      opened = null
    },
  })
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new DOMException('the database does not open', 'TimeoutError')), OPEN_MS)
  })
  const first = Promise.race([promise, late])
  first.catch(() => {
    if (opened === first) opened = null
  })
  return first
}

/** True for errors that say the connection is gone, not that the work was wrong. */
function gone(error: unknown): boolean {
  if (!(error instanceof DOMException || error instanceof Error)) return false
  return error.name === 'InvalidStateError' || /connection.*(lost|clos)|server lost|closing/i.test(error.message)
}

/** Runs `work` on the database; once more on a new connection when the old one turned out to be gone. */
export async function withDb<T>(work: (db: Database) => Promise<T>): Promise<T> {
  for (let last = false; ; last = true) {
    const mine = (opened ??= open())
    const db = await mine
    try {
      return await work(db)
    } catch (error) {
      if (last || !gone(error)) throw error
      if (opened === mine) opened = null
      db.close()
    }
  }
}

/** Closes the connection; the next use opens it again. */
export async function close(): Promise<void> {
  const mine = opened
  opened = null
  if (mine) (await mine).close()
}

/**
 * Ends a transaction whose requests were not awaited one by one. An aborted transaction rejects here with the reason.
 */
export async function finish(tx: { done: Promise<void>; abort(): void }, work: () => Promise<unknown>): Promise<void> {
  // done rejects on its own when a request fails: it must have a handler before the work begins.
  const done = tx.done.then(
    () => null,
    (error: unknown) => ({ error }),
  )
  try {
    await work()
  } catch (error) {
    try {
      tx.abort()
    } catch {
      // It has ended already; `error` says why.
    }
    const ended = await done
    // A request of a transaction that failed as a whole (a full disk) knows only that it was aborted.
    throw ended && (error as { name?: string } | null)?.name === 'AbortError' ? ended.error : error
  }
  const ended = await done
  if (ended) throw ended.error
}
