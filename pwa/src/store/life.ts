/**
 * Who this device is: its life, the person at work, and the sentinel in localStorage by which lost storage is noticed
 * (a browser that finds its database damaged opens an empty one without a word).
 */
import { hex, random } from '../protocol/bytes'
import { finish, type Life, type Person, withDb } from './db'

const SENTINEL = 'zhongshu.life'
const LOST = 'zhongshu.lost'

interface Sentinel { dev: string; top: number; acked: number }
export interface Loss { dev: string; from: number; to: number; at: number }

function readLocal<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as T | null
  } catch {
    return null // no localStorage, or not our text: there is nothing to compare with
  }
}

function writeLocal(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch (error) {
    // Full or forbidden: only the notice of a loss is lost, the events are in IndexedDB.
    console.warn('sentinel', error)
  }
}

/** Notes what the outbox has come to. Called after the transaction that it tells of has completed. */
export function watch(dev: Uint8Array, top: number, acked: number): void {
  const before = readLocal<Sentinel>(SENTINEL)
  const id = hex(dev)
  const kept = before?.dev === id ? before : { top: 0, acked: 0 }
  // Forks number anew under another id; within one life both only grow, whatever order two tabs write in.
  writeLocal(SENTINEL, { dev: id, top: Math.max(kept.top, top), acked: Math.max(kept.acked, acked) })
}

export const loss = (): Loss | null => readLocal<Loss>(LOST)
export const forgetLoss = (): void => writeLocal(LOST, null)

export const newLife = (prev: Uint8Array<ArrayBuffer> | null): Life => ({
  dev: random(16),
  prev,
  top: 0,
  seen: 0,
})

/** The life stored here, made when there is none. Compares it with the sentinel and notes a loss. */
export async function openLife(now: number): Promise<Life> {
  // Read first: another tab writes it after its transactions, so the database is never behind it by a race.
  const before = readLocal<Sentinel>(SENTINEL)
  const found = await withDb(async (db) => {
    const tx = db.transaction('meta', 'readwrite', { durability: 'strict' })
    let life: Life | undefined
    await finish(tx, async () => {
      life = (await tx.store.get('life')) as Life | undefined
      if (!life) {
        life = newLife(null)
        await tx.store.put(life, 'life')
      }
    })
    return life as Life
  })
  const id = hex(found.dev)
  const forked = before && found.prev && hex(found.prev) === before.dev
  // Another id: the database is a new one, or an old copy from before a Fork. The same id with a lower number: an old copy.
  if (before && !forked && (before.dev !== id || before.top > found.top)) {
    const from = before.dev === id ? Math.max(before.acked, found.top) : before.acked
    if (before.top > from) writeLocal(LOST, { dev: before.dev, from: from + 1, to: before.top, at: now })
    writeLocal(SENTINEL, null)
  }
  return found
}

export const readLife = (): Promise<Life> => withDb((db) => db.get('meta', 'life') as Promise<Life>)

export const readPerson = (): Promise<Person | undefined> =>
  withDb((db) => db.get('meta', 'person') as Promise<Person | undefined>)

export const writePerson = async (person: Person): Promise<void> => {
  await withDb((db) => db.put('meta', person, 'person'))
}

export const forgetPerson = (): Promise<void> => withDb((db) => db.delete('meta', 'person'))
