/** Wiring: one device of one person, its loops in the leading tab, its view in every tab. */
import { randomInt, uuid7, who } from '../protocol/bytes'
import type { EventKind } from '../protocol/events'
import type { Person } from '../store/db'
import { RecordRefused } from '../store/errors'
import { forgetLoss, forgetPerson, loss, openLife, readPerson, writePerson } from '../store/life'
import { append } from '../store/outbox'
import { purge } from '../store/rows'
import { type Clock, Device } from './device'
import { lead } from './leader'
import { httpPort, type Port } from './port'
import { Puller } from './pull'
import { Pusher } from './push'
import { me, status, tell } from './state'
import { Tabs } from './tabs'
import { View } from './view'

/** Until the server has said how long this device may work alone. */
const LEASE_MS = 12 * 3600_000
const TICK_MS = 15_000
/** How often the lease and the last exchange are written down. */
const NOTE_MS = 30_000

export const clock: Clock = {
  now: () => Date.now(),
  mono: () => Math.round(performance.now()),
  boot: randomInt(),
}

interface Running {
  person: Person
  deviceName: string
  ended: AbortController
  puller: Puller
  pusher: Pusher
  device: Device
  tabs: Tabs
  done: Promise<void>
}

const view = new View()
let port: Port = httpPort
let running: Running | null = null
let noted = 0
let turn: Promise<void> = Promise.resolve()
const writes = new Set<Promise<unknown>>()

/** For tests: another way to the server. */
export function connect(other: Port): void {
  port = other
}

/** Resolves when no event is being written. */
export async function idle(): Promise<void> {
  while (writes.size) await Promise.all([...writes].map((write) => write.catch(() => undefined)))
}

/** Locked when the lease is over by the latest time this clock has shown: setting it back lengthens nothing. */
function checkLease(person: Person): void {
  const now = clock.now()
  person.latest = Math.max(person.latest, now)
  tell({ leaseUntil: person.leaseUntil, locked: person.latest > person.leaseUntil, lastExchange: person.lastExchange })
}

async function note(person: Person): Promise<void> {
  noted = clock.mono()
  try {
    await writePerson({ ...person })
  } catch (error) {
    running?.device.report('store', { link: 'online', problem: `本机存储出错:${String(error)}` })
  }
}

function exchanged(person: Person, lease: number): void {
  const now = clock.now()
  const first = person.lastExchange === null
  person.lastExchange = now
  // An exchange is proof of the time: a clock that had run ahead and was put right does not lock for ever.
  person.latest = now
  if (lease) person.leaseUntil = now + lease
  const role = me.value?.role ?? person.role
  const news = first || role !== person.role
  person.role = role
  checkLease(person)
  if (news || clock.mono() - noted > NOTE_MS) void note(person)
}

/**
 * Begins, or goes on after a new log-in. Resolves when the stored rows are shown: no network is needed for that.
 * Rejects when this device's storage cannot be opened. `role`, when known, is kept for a cold start.
 */
export const start = (user: { id: string; name: string; role?: string }, deviceName: string): Promise<void> =>
  inTurn(() => begin(user, deviceName))

/** Ends the loops. What is shown stays; what is stored stays. */
export const stop = (): Promise<void> => inTurn(end)

/** Log-out: the rows and the person go, unsent events stay and are sent at the next log-in. */
export const forget = (): Promise<void> =>
  inTurn(async () => {
    await end()
    await purge()
    await forgetPerson()
    view.clear()
    await view.reload()
    tell({ leaseUntil: null, locked: false, lastExchange: null, problem: '' })
  })

/** Starts and stops come one after the other, however the faces call them. */
function inTurn(work: () => Promise<void>): Promise<void> {
  const mine = turn.then(work)
  turn = mine.catch(() => undefined) // whoever asked is told
  return mine
}

async function begin(user: { id: string; name: string; role?: string }, deviceName: string): Promise<void> {
  if (running && running.person.id === user.id && running.deviceName === deviceName) {
    wake()
    return
  }
  await end()
  const now = clock.now()
  await openLife(now)
  tell({ storageLost: loss() !== null, problem: '' })
  const before = await readPerson()
  const same = before?.id === user.id ? before : undefined
  // Another person's rows are not this one's: they go before anything is shown.
  if (before && !same) await purge()
  const person: Person = {
    id: user.id,
    name: user.name,
    role: user.role ?? same?.role ?? '',
    leaseUntil: same?.leaseUntil ?? now + LEASE_MS,
    latest: same?.latest ?? now,
    lastExchange: same?.lastExchange ?? null,
  }
  await writePerson(person)
  view.clear()
  await view.load()
  checkLease(person)
  run(person, deviceName)
  void navigator.storage?.persist?.().catch((error: unknown) => console.info('persist', error))
}

function run(person: Person, deviceName: string): void {
  const ended = new AbortController()
  const tabs = new Tabs({
    recorded: () => {
      view.reload().catch(storeFault)
      running?.pusher.ring()
    },
    changed: () => {
      view.load().catch(storeFault)
    },
    status: ({ link, problem, leaseUntil, lastExchange }) => {
      if (lastExchange !== person.lastExchange) Object.assign(person, { leaseUntil, lastExchange, latest: clock.now() })
      checkLease(person)
      tell({ link, problem })
    },
  })
  const device = new Device(
    port,
    clock,
    view,
    deviceName,
    (lease) => exchanged(person, lease),
    () => tabs.changed(),
    () => {
      const { link, problem } = status.value
      tabs.tell({ link, problem, leaseUntil: person.leaseUntil, lastExchange: person.lastExchange })
    },
  )
  const puller: Puller = new Puller(device, () => pusher.relieve())
  const pusher: Pusher = new Pusher(device, () => puller.wake(), () => puller.relieve())
  const tick = setInterval(() => {
    checkLease(person)
    if (clock.mono() - noted > NOTE_MS * 10) void note(person)
  }, TICK_MS)
  const storeFault = (error: unknown): void =>
    device.report('store', { link: 'online', problem: `本机存储出错:${String(error)}` })
  const unhear = hear()
  const done = lead(ended.signal, async (signal) => {
    await Promise.all([puller.run(signal), pusher.run(signal)])
  })
    .catch(storeFault)
    .finally(() => {
      clearInterval(tick)
      unhear()
      tabs.close()
    })
  running = { person, deviceName, ended, puller, pusher, device, tabs, done }
}

async function end(): Promise<void> {
  const mine = running
  running = null
  if (!mine) return
  mine.ended.abort()
  await mine.done
  await note(mine.person)
  tell({ link: 'offline' })
}

function wake(): void {
  if (!running) return
  checkLease(running.person)
  running.puller.wake()
  running.pusher.wake()
}

/** Listens for the moments at which a page comes back to life, or its network goes. */
function hear(): () => void {
  if (typeof window === 'undefined') return () => undefined
  const visible = (): void => {
    if (document.visibilityState === 'visible') wake()
  }
  const offline = (): void => {
    tell({ link: 'offline' })
    running?.puller.wake()
  }
  window.addEventListener('online', wake)
  window.addEventListener('pageshow', wake)
  window.addEventListener('offline', offline)
  document.addEventListener('visibilitychange', visible)
  return () => {
    window.removeEventListener('online', wake)
    window.removeEventListener('pageshow', wake)
    window.removeEventListener('offline', offline)
    document.removeEventListener('visibilitychange', visible)
  }
}

/** Long enough for the card to be painted on a slow phone, too short for a person to notice. */
const AFTER_GREEN_MS = 120

/**
 * Records one event. Resolves after it is on the disk, whatever the network does: only then green and the beep. Rejects
 * with `RecordRefused`, and then nothing was stored.
 */
export function record(kind: EventKind, body: unknown[]): Promise<{ id: string; n: number }> {
  const write = store(kind, body)
  writes.add(write)
  const over = (): boolean => writes.delete(write)
  write.then(over, over)
  return write
}

async function store(kind: EventKind, body: unknown[]): Promise<{ id: string; n: number }> {
  const mine = running
  if (!mine) throw new RecordRefused('not_started', '还没有登录')
  checkLease(mine.person)
  if (status.value.locked) throw new RecordRefused('lease_over', '离线时间太长，请连网后再扫')
  const at = clock.now()
  try {
    const event = await append({
      id: uuid7(at),
      kind,
      body,
      at,
      mono: clock.mono(),
      boot: clock.boot,
      who: who(mine.person.id),
    })
    view.add(event)
    // The green first: the upload reads, encodes and sends on the same thread.
    setTimeout(() => mine.pusher.ring(), AFTER_GREEN_MS)
    mine.tabs.recorded()
    return { id: event.id, n: event.n }
  } catch (error) {
    const full = (error as { name?: string } | null)?.name === 'QuotaExceededError'
    throw full
      ? new RecordRefused('quota', '本机存储已满，这次没有记下', error)
      : new RecordRefused('storage', '本机存储出错，这次没有记下', error)
  }
}

/** Who worked here last: for a start without network. leaseUntil by this device's clock. null: nobody, or logged out. */
export async function lastPerson(): Promise<{ id: string; name: string; role: string; leaseUntil: number } | null> {
  let person: Person | undefined
  try {
    person = await readPerson()
  } catch (error) {
    tell({ problem: `本机存储打不开:${String(error)}` })
  }
  if (!person) return null
  const { id, name, role, leaseUntil } = person
  return { id, name, role, leaseUntil }
}

/** A person has read that scans were lost by this device's storage. */
export function acknowledgeLoss(): void {
  forgetLoss()
  tell({ storageLost: false })
}
