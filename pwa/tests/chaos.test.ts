/** Random troubles, page loads, two tabs and servers that forget: each event recorded counts once, and the rows agree. */
import { IDBFactory } from 'fake-indexeddb'
import { expect, it, vi } from 'vitest'
import { EventKind } from '../src/protocol/events'
import { Server, type Trouble } from './server'

type Engine = typeof import('../src/sync/engine')
type State = typeof import('../src/sync/state')

const TROUBLES: Trouble[] = ['lost', 'unanswered', 'twice', '503', 'html']
const LI = { id: '0193aaaa-0000-7000-8000-00000000000a', name: '小李' }

/** Mulberry32: the same troubles for the same seed. */
const dice = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

it.each(Array.from({ length: 12 }, (_, i) => i + 1))('seed %i', async (seed) => {
  const random = dice(seed)
  Object.defineProperty(globalThis, 'indexedDB', { value: new IDBFactory(), configurable: true, writable: true })
  localStorage.clear()
  const server = new Server()
  server.put(2, ['p1', 'w1', 'O1', '1', 'S', '帽子', '红', 'A-01-01', ['690'], 9999, 0, 'open', ''])
  const open: { engine: Engine; state: State }[] = []
  const page = async (): Promise<void> => {
    vi.resetModules()
    const engine = await import('../src/sync/engine')
    const state = await import('../src/sync/state')
    server.Failed = (await import('../src/sync/port')).Failed
    engine.connect(server)
    await engine.start(LI, 'PDA')
    open.push({ engine, state })
  }
  await page()
  const recorded = new Set<string>()
  for (let step = 0; step < 40; step++) {
    const tab = open[Math.floor(random() * open.length)]!
    const roll = random()
    if (roll < 0.6) recorded.add((await tab.engine.record(EventKind.pick, ['p1', '690', 1])).id)
    else if (roll < 0.75) (random() < 0.6 ? server.pushTrouble : server.pullTrouble).push(TROUBLES[Math.floor(random() * TROUBLES.length)]!)
    else if (roll < 0.8) server.online = !server.online
    else if (roll < 0.85) {
      // The server forgets a life: a Fork follows. What it had taken stays taken.
      for (const life of server.lives.values()) Object.assign(life, { last: 0, ids: [] })
    } else if (roll < 0.9 && open.length < 2) await page()
    else if (roll < 0.95) {
      await tab.engine.stop()
      open.splice(open.indexOf(tab), 1)
      if (!open.length) await page()
    } else await tab.engine.start(LI, 'PDA')
    await new Promise((resolve) => setTimeout(resolve, random() * 8))
  }
  server.online = true
  server.pushTrouble = []
  server.pullTrouble = []
  await vi.waitFor(async () => {
    for (const tab of open) await tab.engine.start(LI, 'PDA')
    await new Promise((resolve) => setTimeout(resolve, 20))
    for (const { state } of open) {
      expect(state.status.value.unsent).toBe(0)
      expect(state.picks.value[0]?.picked).toBe(recorded.size)
    }
  }, { timeout: 15_000, interval: 10 })
  expect([...server.effects.keys()].sort()).toEqual([...recorded].sort())
  expect(server.bad).toEqual([])
  for (const { engine } of open) await engine.stop()
})
