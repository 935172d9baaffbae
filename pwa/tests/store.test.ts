/** The outbox by itself: what is stored, what is not, and what an answer for another life does (nothing). */
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { random, uuid7 } from '../src/protocol/bytes'
import { EventKind } from '../src/protocol/events'
import { close } from '../src/store/db'
import { loss, openLife, readLife } from '../src/store/life'
import { acknowledge, append, BATCH_BYTES, fork, head, overlay } from '../src/store/outbox'

const intent = (id = uuid7(Date.now()), body: unknown[] = ['p1', '690', 1]) =>
  ({ id, kind: EventKind.pick, body, at: 5, mono: 6, boot: 7, who: new Uint8Array(0) })
const ack = (upto: number) => ({ tag: 1 as const, upto, off: 50, verdicts: [], at: 0 })

beforeEach(async () => {
  Object.defineProperty(globalThis, 'indexedDB', { value: new IDBFactory(), configurable: true, writable: true })
  localStorage.clear()
  await openLife(1)
})
afterEach(async () => {
  vi.restoreAllMocks()
  await close()
})

it('numbers 1, 2, 3 …; the same event again keeps its number', async () => {
  const id = uuid7(1)
  expect((await append(intent(id))).n).toBe(1)
  expect((await append(intent())).n).toBe(2)
  expect((await append(intent(id))).n).toBe(1)
  expect(await readLife()).toMatchObject({ top: 2 })
})

it('stores with strict durability', async () => {
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction')
  await append(intent())
  const written = spy.mock.calls.filter(([, mode]) => mode === 'readwrite')
  expect(written.map(([, , options]) => options)).toEqual([{ durability: 'strict' }])
})

it('a full disk takes neither the event nor its number', async () => {
  vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementationOnce(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  await expect(append(intent())).rejects.toMatchObject({ name: 'QuotaExceededError' })
  expect(await readLife()).toMatchObject({ top: 0 })
  expect((await append(intent())).n).toBe(1)
})

it('a full disk says so, whichever of the two it refuses and however', async () => {
  const full = (): never => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(full)
  await expect(append(intent())).rejects.toMatchObject({ name: 'QuotaExceededError' })
  expect(await readLife()).toMatchObject({ top: 0 })
  await new Promise((resolve) => setTimeout(resolve, 20)) // a request left alone would fail the run
})

it('a lost connection is opened again', async () => {
  await append(intent())
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => {
    throw new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', 'UnknownError')
  })
  expect((await append(intent())).n).toBe(2)
})

it('a batch stays below its bytes, but is never empty', async () => {
  await append(intent(undefined, ['x'.repeat(BATCH_BYTES + 10)]))
  await append(intent())
  expect((await head()).evs.map((ev) => ev.n)).toEqual([1])
})

it('an Ack covers what it says, for the life it is meant for', async () => {
  for (let i = 0; i < 3; i++) await append(intent())
  const { dev } = await readLife()
  expect(await acknowledge(random(16), ack(3), 1)).toBe(false)
  expect((await head()).evs).toHaveLength(3)
  expect(await acknowledge(dev, ack(2), 1)).toBe(true)
  expect((await head()).evs.map((ev) => ev.n)).toEqual([3])
  expect((await overlay()).events.map((event) => [event.n, event.queued])).toEqual([[1, 0], [2, 0], [3, 1]])
})

it('a Fork for another life is ignored; its own numbers the queue anew', async () => {
  for (let i = 0; i < 3; i++) await append(intent())
  const before = await readLife()
  await acknowledge(before.dev, ack(1), 1)
  const ids = (await head()).evs.map((ev) => ev.id)
  expect(await fork(random(16))).toBe(false)
  expect(await fork(before.dev)).toBe(true)
  const after = await readLife()
  expect(after).toMatchObject({ top: 2, seen: 0, prev: before.dev })
  expect(after.dev).not.toEqual(before.dev)
  const { evs } = await head()
  expect(evs.map((ev) => ev.n)).toEqual([1, 2])
  expect(evs.map((ev) => ev.id)).toEqual(ids)
  expect(await fork(before.dev)).toBe(false)
  await openLife(2)
  expect(loss()).toBeNull()
})

it('an old copy of the storage is noticed', async () => {
  await append(intent())
  localStorage.setItem('zhongshu.life', JSON.stringify({ ...JSON.parse(localStorage.getItem('zhongshu.life')!), top: 4 }))
  await openLife(9)
  expect(loss()).toMatchObject({ from: 2, to: 4, at: 9 })
})
