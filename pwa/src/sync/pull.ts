/** The way down: one Pull in flight, held by the server while nothing changes (SPEC.md, section 2). */
import { SHAPES, type ShapeId } from '../protocol/shapes'
import { decodePulled, encodePull, VERSION } from '../protocol/wire'
import { type Applied, apply, audit, distrust, load, subs } from '../store/rows'
import type { Device } from './device'
import { judge } from './faults'
import { Backoff, Bell } from './pace'
import { Failed } from './port'
import { status } from './state'

const HOLD_MS = 20_000
/** A held Pull that comes back at once, with nothing in it, is not asked again at once. */
const IDLE_MS = 1000
const AUDIT_MS = 3600_000
const SAME_ANSWERS = 3
/** the newest columns this app reads */
const COLUMNS = 1

export class Puller {
  private readonly bell = new Bell()
  private readonly backoff = new Backoff()
  private flight: AbortController | null = null
  /** the next Pull is to be answered at once */
  private hurry = true
  private audited = 0
  /** waits out a fault of the network */
  private waiting = false
  private readonly repeats = new Map<ShapeId, { at: string; times: number }>()

  constructor(
    private readonly device: Device,
    /** the server has answered: whoever waits out a fault may try again */
    private readonly reached: () => void,
  ) {}

  /** Aborts what is in flight and asks for what is new, without holding. */
  wake(): void {
    this.hurry = true
    this.flight?.abort()
    this.bell.ring()
  }

  /** The other loop has reached the server. */
  relieve(): void {
    if (this.waiting) this.bell.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { device } = this
    while (!signal.aborted) {
      try {
        if (device.clock.mono() - this.audited > AUDIT_MS || !this.audited) await this.audit()
        const began = device.clock.mono()
        const wait = this.hurry ? 0 : HOLD_MS
        this.hurry = false
        const applied = await this.once(signal, wait)
        if (!applied || signal.aborted) continue
        this.backoff.reset()
        if (applied.unknown) {
          device.report('pull', { link: 'outdated', problem: '程序版本太旧，请更新' })
          await this.bell.wait(signal, 30_000)
        } else if (wait && !this.hurry && !applied.changes.length && device.clock.mono() - began < IDLE_MS) {
          await this.bell.wait(signal, IDLE_MS)
        }
      } catch (error) {
        if (signal.aborted) return
        const fault = judge(error, this.backoff)
        if (fault.enrol) device.forgotten()
        device.report('pull', fault)
        this.hurry = true
        this.waiting = fault.link === 'offline'
        await this.bell.wait(signal, fault.wait)
        this.waiting = false
      }
    }
  }

  /** One exchange. null: it was aborted by `wake`, and is to be made again. */
  private async once(signal: AbortSignal, wait: number): Promise<Applied | null> {
    const { device } = this
    const flight = new AbortController()
    const abort = (): void => flight.abort()
    signal.addEventListener('abort', abort)
    this.flight = flight
    const bad = [...device.bad]
    try {
      const life = await device.enrolled(signal)
      const { unsent } = status.value
      const ask = { dev: life.dev, subs: await subs(), wait, cols: COLUMNS, top: life.top, unsent, at: device.clock.now(), bad }
      const pulled = decodePulled(await device.port.pull(encodePull(ask), flight.signal))
      if (flight.signal.aborted) return null
      if (pulled.v !== VERSION) throw new Failed(426, 'version', `version ${pulled.v}`)
      device.bad = device.bad.filter((report) => !bad.includes(report))
      const applied = await apply(pulled.frames)
      device.bad.push(...applied.bad, ...(await this.guard(applied)))
      const live = pulled.frames.every((frame) => frame.msgs.every((message) => message.tag !== 4 || message.live))
      // What did not fit, or is not whole yet, is asked for at once.
      if (applied.dropped || applied.bad.length || device.bad.length || !live) this.hurry = true
      await device.view.take(applied.changes)
      if (applied.changes.length) device.changed()
      device.exchanged(pulled.lease ? Math.max(0, pulled.lease - pulled.at) : 0)
      device.report('pull', { link: 'online', problem: '' })
      this.reached()
      return applied
    } catch (error) {
      if (flight.signal.aborted && !signal.aborted) return null
      throw error
    } finally {
      signal.removeEventListener('abort', abort)
      if (this.flight === flight) this.flight = null
    }
  }

  /** Three answers in a row with rows that lead to the same place: the server and this device do not understand each other. */
  private async guard(applied: Applied): Promise<Device['bad']> {
    const bad: Device['bad'] = []
    for (const shape of SHAPES) {
      const carried = applied.carried.find((one) => one.shape === shape)
      const at = carried ? `${carried.h}:${carried.off}` : ''
      const before = this.repeats.get(shape)
      const times = at && before?.at === at ? before.times + 1 : 1
      this.repeats.set(shape, { at, times })
      if (!carried || times < SAME_ANSWERS) continue
      const { state } = await load(shape)
      const { n, d1, d2, offs } = state
      if (await distrust(shape, carried)) bad.push({ ...carried, n, d1, d2, want: { n, d1, d2 }, offs })
      this.repeats.delete(shape)
    }
    return bad
  }

  private async audit(): Promise<void> {
    this.audited = this.device.clock.mono() || 1
    const bad = await audit()
    if (!bad.length) return
    this.device.bad.push(...bad)
    this.hurry = true
  }
}
