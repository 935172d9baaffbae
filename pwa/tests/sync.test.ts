/** The engine against a server that loses, doubles and forgets: every event counts once, every row arrives. */
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EventKind } from '../src/protocol/events'
import { Server, type Trouble } from './server'

type Engine = typeof import('../src/sync/engine')
type State = typeof import('../src/sync/state')

const LI = { id: '0193aaaa-0000-7000-8000-00000000000a', name: '小李', role: 'warehouse' }
const wait = { timeout: 10_000, interval: 5 }
let server: Server
let engine: Engine
let state: State

/** A page load: new modules, the same storage. */
async function page(): Promise<void> {
  vi.resetModules()
  engine = await import('../src/sync/engine')
  state = await import('../src/sync/state')
  server.Failed = (await import('../src/sync/port')).Failed
  engine.connect(server)
}

const begin = (who = LI): Promise<void> => engine.start(who, 'PDA-1')
const pickRow = (id: string, qty: number, picked = 0): unknown[] =>
  [id, 'w1', 'O1', '1', 'SKU1', '帽子', '红', 'A-01-01', ['690'], qty, picked, 'open', '']
const scan = (id = 'p1'): Promise<{ id: string; n: number }> => engine.record(EventKind.pick, [id, '690', 1])
const quiet = async (): Promise<void> => {
  await vi.waitFor(async () => {
    await begin() // wakes whoever waits out a fault
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(state.status.value.unsent).toBe(0)
  }, wait)
}
const serverPicked = (): number => [...server.effects.values()].reduce((sum, times) => sum + times, 0)

beforeEach(async () => {
  Object.defineProperty(globalThis, 'indexedDB', { value: new IDBFactory(), configurable: true, writable: true })
  localStorage.clear()
  server = new Server()
  server.put(1, ['w1', 'W-1', 'open', 1, 9, 5])
  server.put(2, pickRow('p1', 99))
  server.put(2, pickRow('p2', 5))
  server.put(6, [LI.id, LI.name, LI.role])
  await page()
})
afterEach(() => engine.stop())

it('pulls, shows, and follows', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value.map((row) => row.id)).toEqual(['p1', 'p2']), wait)
  expect(state.me.value).toEqual(LI)
  expect(state.status.value).toMatchObject({ link: 'online', locked: false, unsent: 0, storageLost: false })
  server.put(2, pickRow('p3', 1))
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(3), wait)
  server.drop(2, 'p1')
  await vi.waitFor(() => expect(state.picks.value.map((row) => row.id)).toEqual(['p2', 'p3']), wait)
  expect(server.bad).toEqual([])
})

it('shows an event at once, and the same number when the server has it', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  const seen: number[] = []
  const unwatch = state.picks.subscribe((rows) => {
    seen.push(rows.find((row) => row.id === 'p1')?.picked ?? -1)
  })
  const { n } = await scan()
  expect(n).toBe(1)
  expect(state.picks.value[0]?.picked).toBe(1)
  await quiet()
  await vi.waitFor(async () => {
    const { overlay } = await import('../src/store/outbox')
    expect((await overlay()).events).toEqual([])
  }, wait)
  unwatch()
  // Never back to 0, never 2 in between: the overlay goes when the row has come.
  expect(seen.filter((picked, i) => i === 0 || picked !== seen[i - 1])).toEqual([0, 1])
})

it.each<[string, Trouble[]]>([
  ['lost requests', ['lost', 'lost', 'lost']],
  ['lost answers', ['unanswered', 'unanswered', 'unanswered']],
  ['doubled requests', ['twice', 'twice', 'twice']],
  ['everything', ['503', 'twice', 'unanswered', 'html', '401', 'lost', 'unanswered', 'twice']],
])('counts each event once under %s', async (_name, troubles) => {
  server.pushTrouble = [...troubles]
  server.pullTrouble = [...troubles]
  await begin()
  const ids = []
  for (let i = 0; i < 12; i++) ids.push((await scan()).id)
  await quiet()
  expect(new Set(ids).size).toBe(12)
  expect([...server.effects.keys()].sort()).toEqual([...ids].sort())
  await vi.waitFor(async () => {
    await begin() // a Pull may wait out a fault of its own
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(state.picks.value[0]?.picked).toBe(12)
  }, wait)
})

it('keeps what was stored and not sent when the page is killed', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  server.online = false
  await scan()
  await scan('p2')
  await engine.stop()
  await page()
  await begin()
  expect(state.picks.value.map((row) => row.picked)).toEqual([1, 1])
  expect(state.status.value).toMatchObject({ unsent: 2, link: 'offline' })
  expect(state.status.value.oldestUnsentAt).toBeGreaterThan(0)
  server.online = true
  await quiet()
  expect(serverPicked()).toBe(2)
  expect(await engine.lastPerson()).toMatchObject(LI)
})

it('sends events of many batches in order', async () => {
  server.online = false
  await begin()
  await Promise.all(Array.from({ length: 250 }, () => scan()))
  server.online = true
  await quiet()
  expect(serverPicked()).toBe(250)
  const numbers = server.pushes.flat()
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
  expect(Math.max(...server.pushes.map((batch) => batch.length))).toBeLessThanOrEqual(200)
})

it('takes a new life at a Fork and sends the queue again, ids kept', async () => {
  await begin()
  await scan()
  await quiet()
  const [first] = server.enrolled
  server.online = false
  const ids = [(await scan()).id, (await scan('p2')).id]
  server.lives.set(first!.dev, { last: 0, ids: [] }) // the server's database went back
  server.online = true
  await quiet()
  expect(server.enrolled[server.enrolled.length - 1]).toMatchObject({ prev: first!.dev })
  expect(ids.map((id) => server.effects.get(id))).toEqual([1, 1])
  expect((await scan()).n).toBe(3)
  expect(state.status.value.storageLost).toBe(false)
})

it('enrols again when the server does not know the device', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  server.lives.clear()
  await scan()
  await quiet()
  expect(server.enrolled.length).toBeGreaterThan(1)
  expect(serverPicked()).toBe(1)
})

it('an ended log-in keeps the outbox', async () => {
  server.pushTrouble = Array(50).fill('401') as Trouble[]
  await begin()
  await scan()
  await vi.waitFor(() => expect(state.status.value.link).toBe('unauthenticated'), wait)
  expect(state.status.value.unsent).toBe(1)
  server.pushTrouble = []
  await quiet()
  expect(serverPicked()).toBe(1)
})

it('shows what was held, and the row as the server has it', async () => {
  server.held.add('p2')
  await begin()
  const { id } = await scan('p2')
  await quiet()
  expect(state.verdicts.value).toEqual([{ id, n: 1, code: 4, message: '请班长看', taskId: 't1' }])
  await vi.waitFor(() => expect(state.picks.value[1]?.picked).toBe(0), wait)
})

it('a hand-over that was refused does not stand in the way of the next one', async () => {
  const parcel = (waybill: string, version: number, old: string[]): unknown[] =>
    ['c1', 'ZP1', 'O1', 'w1', '1', 'packed', waybill, 'SLX', 'R1', version, version, '', [['SKU1', '帽子', '红', 1, ['690']]], 'ready', old]
  server.put(3, parcel('OLD', 1, []))
  server.held.add('OLD')
  await begin()
  await vi.waitFor(() => expect(state.parcels.value).toHaveLength(1), wait)
  await engine.record(EventKind.handOver, ['OLD', 'c1', 1])
  expect(state.parcels.value[0]?.state).toBe('handed_over')
  server.pullTrouble = Array(20).fill('503') as Trouble[] // rows come later than the Ack
  await vi.waitFor(() => expect(state.status.value.unsent).toBe(0), wait)
  expect(state.parcels.value[0]?.state).toBe('packed')
  expect(state.verdicts.value.map((row) => row.code)).toEqual([4])
  server.pullTrouble = []
  server.put(3, parcel('NEW', 2, ['OLD']))
  await begin()
  await vi.waitFor(() => expect(state.parcels.value[0]).toMatchObject({ waybillNo: 'NEW', state: 'packed' }), wait)
})

it('one loop that reaches the server wakes the other', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  vi.spyOn(Math, 'random').mockReturnValue(1) // the longest back-off
  server.online = false
  await begin()
  await new Promise((resolve) => setTimeout(resolve, 1200)) // the Pull has failed twice and waits for 2 s and more
  server.put(2, pickRow('p3', 1))
  server.online = true
  await scan()
  const began = Date.now()
  await vi.waitFor(() => expect(state.status.value).toMatchObject({ unsent: 0, link: 'online' }), wait)
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(3), wait)
  expect(Date.now() - began).toBeLessThan(900)
  vi.restoreAllMocks()
})

it('reports a digest that does not match and takes the shape anew', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  let times = 1
  server.tamper = (frame) => {
    const messages = frame[3] as unknown[][]
    if (frame[0] === 2 && messages.length > 1 && times-- > 0) messages.shift() // a change is lost on the way
  }
  server.put(2, pickRow('p3', 1))
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(3), wait)
  await vi.waitFor(() => expect(server.bad).toHaveLength(1), wait)
  expect((server.bad[0] as unknown[]).slice(0, 1)).toEqual([2])
})

it('drops frames that answer something else', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  let times = 1
  server.tamper = (frame) => {
    if (frame[0] === 2 && times-- > 0) frame[2] = 1
  }
  server.put(2, pickRow('p3', 1))
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(3), wait)
  expect(server.bad).toEqual([])
})

it('starts anew with a new generation, and leaves no event in the overlay', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  await scan()
  await quiet()
  server.regenerate()
  server.rows.get(2)!.clear()
  server.put(2, pickRow('p9', 4, 2))
  await vi.waitFor(() => expect(state.picks.value.map((row) => [row.id, row.picked])).toEqual([['p9', 2]]), wait)
  const { overlay } = await import('../src/store/outbox')
  expect((await overlay()).events).toEqual([])
})

it('keeps the rows when a later version speaks, and asks for an update', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  server.tamper = (frame) => {
    if (frame[0] === 2) (frame[3] as unknown[]).unshift([99, 'later'])
  }
  server.put(2, pickRow('p3', 1))
  await vi.waitFor(() => expect(state.status.value.link).toBe('outdated'), wait)
  expect(state.picks.value).toHaveLength(2)
})

it('another person sees nothing of the first; unsent events stay', async () => {
  await begin()
  await vi.waitFor(() => expect(state.picks.value).toHaveLength(2), wait)
  server.online = false
  await scan()
  await begin({ id: '0193aaaa-0000-7000-8000-00000000000b', name: '小王', role: 'warehouse' })
  expect(state.picks.value).toEqual([])
  expect(state.status.value.unsent).toBe(1)
  await engine.forget()
  expect(await engine.lastPerson()).toBeNull()
  expect(state.status.value.unsent).toBe(1)
  server.online = true
  await quiet()
  expect(serverPicked()).toBe(1)
})

it('locks when the lease is over, by the latest time the clock has shown', async () => {
  await begin()
  await vi.waitFor(() => expect(state.status.value.leaseUntil).toBeLessThan(Date.now() + 7200_000), wait)
  server.online = false
  const now = Date.now()
  const clock = vi.spyOn(Date, 'now')
  clock.mockReturnValue(now + 3599_000)
  await scan()
  clock.mockReturnValue(now + 3700_000)
  await expect(scan()).rejects.toMatchObject({ code: 'lease_over' })
  clock.mockReturnValue(now)
  await expect(scan()).rejects.toMatchObject({ code: 'lease_over' })
  clock.mockRestore()
  server.online = true
  await quiet()
  expect(state.status.value.locked).toBe(false)
})

it('notices that the browser lost its storage with unsent events, and only then', async () => {
  await begin()
  await scan()
  await quiet()
  await engine.stop()
  const wipe = async (): Promise<void> => {
    Object.defineProperty(globalThis, 'indexedDB', { value: new IDBFactory(), configurable: true, writable: true })
    await page()
    await begin()
  }
  await wipe()
  expect(state.status.value.storageLost).toBe(false)
  server.online = false
  await scan()
  await engine.stop()
  await wipe()
  expect(state.status.value.storageLost).toBe(true)
  engine.acknowledgeLoss()
  expect(state.status.value.storageLost).toBe(false)
})

it('says that the disk is full', async () => {
  await begin()
  for (const write of ['add', 'put'] as const) {
    vi.spyOn(IDBObjectStore.prototype, write).mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    await expect(scan()).rejects.toMatchObject({ code: 'quota' })
    vi.restoreAllMocks()
  }
  expect((await scan()).n).toBe(1)
})

it('refuses without a person', async () => {
  await expect(scan()).rejects.toMatchObject({ code: 'not_started' })
})

it('two tabs: what one records the other shows, and each event counts once', async () => {
  await begin()
  const [one, shown] = [engine, state]
  await page()
  await begin()
  await Promise.all([engine.record(EventKind.pick, ['p1', '690', 1]), one.record(EventKind.pick, ['p1', '690', 1])])
  await vi.waitFor(() => {
    expect(serverPicked()).toBe(2)
    expect(shown.picks.value[0]?.picked).toBe(2)
    expect(state.picks.value[0]?.picked).toBe(2)
  }, wait)
  await one.stop()
})
