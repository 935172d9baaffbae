/** The way up: the queue from its head, in order, one batch in flight (SPEC.md, section 3). */
import { decodeAnswer, encodeUp } from '../protocol/wire'
import { acknowledge, fork, head } from '../store/outbox'
import type { Device } from './device'
import { judge } from './faults'
import { Backoff, Bell } from './pace'

/** How long effects may take to come down by the held Pull before it is asked again. */
const SETTLE_MS = 1500
const FORKS_IN_A_ROW = 3

export class Pusher {
  private readonly bell = new Bell()
  /** ends a back-off; a new event alone does not */
  private readonly alarm = new Bell()
  private readonly backoff = new Backoff()
  /** an empty batch is due: it fetches verdicts that were missed, and finds out whether the numbers still agree */
  private hello = true
  private forks = 0
  /** waits out a fault of the network */
  private waiting = false

  constructor(
    private readonly device: Device,
    /** asks for what is new */
    private readonly pull: () => void,
    /** the server has answered: whoever waits out a fault may try again */
    private readonly reached: () => void,
  ) {}

  /** There is something to send. */
  ring(): void {
    this.bell.ring()
  }

  /** After sleep, or a new network. */
  wake(): void {
    this.hello ||= this.device.view.unsettled
    this.bell.ring()
    this.alarm.ring()
  }

  /** The other loop has reached the server. */
  relieve(): void {
    if (this.waiting) this.alarm.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { device } = this
    while (!signal.aborted) {
      try {
        const sent = await this.once(signal)
        if (sent === 'nothing') await this.bell.wait(signal)
        else if (sent === 'stuck') await this.alarm.wait(signal, this.backoff.next())
        else this.backoff.reset()
      } catch (error) {
        if (signal.aborted) return
        const fault = judge(error, this.backoff)
        if (fault.enrol) device.forgotten()
        device.report('push', fault)
        this.waiting = fault.link === 'offline'
        await this.alarm.wait(signal, fault.wait)
        this.waiting = false
      }
    }
  }

  private async once(signal: AbortSignal): Promise<'moved' | 'nothing' | 'stuck'> {
    const { device } = this
    const { life, evs } = await head()
    if (!evs.length && !this.hello) return 'nothing'
    await device.enrolled(signal)
    const { now, mono, boot } = device.clock
    const up = { dev: life.dev, top: life.top, seen: life.seen, evs, at: now(), mono: mono(), boot }
    const answer = decodeAnswer(await device.port.push(encodeUp(up), signal))
    device.exchanged(0)
    device.report('push', { link: 'online', problem: '' })
    this.reached()
    if (answer.tag === 2) {
      const mine = await fork(life.dev)
      this.hello = true
      await device.view.reload()
      device.changed()
      return mine && ++this.forks > FORKS_IN_A_ROW ? 'stuck' : 'moved'
    }
    this.forks = 0
    this.hello = false
    const mine = await acknowledge(life.dev, answer, now())
    await device.view.reload()
    device.changed()
    if (device.view.acknowledged) setTimeout(() => this.settle(signal), SETTLE_MS)
    const first = evs[0]
    return mine && first && answer.upto < first.n ? 'stuck' : 'moved'
  }

  /** An effect may have moved none of this device's rows: then only a new Pull tells that it is done. */
  private settle(signal: AbortSignal): void {
    if (!signal.aborted && this.device.view.acknowledged) this.pull()
  }
}
