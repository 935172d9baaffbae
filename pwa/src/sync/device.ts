/** One running of the engine: what its loops share. */
import type { Bad } from '../protocol/wire'
import type { Life } from '../store/db'
import { hex } from '../protocol/bytes'
import { readLife } from '../store/life'
import type { Port } from './port'
import type { Fault } from './faults'
import { type Link, tell } from './state'
import type { View } from './view'

export interface Clock {
  /** epoch ms by this device's clock */
  now(): number
  /** ms since the page was loaded */
  mono(): number
  /** made for this page load */
  boot: number
}

const WORST: readonly Link[] = ['outdated', 'unauthenticated', 'offline', 'online']

export class Device {
  /** digests that did not match, to be reported with the next Pull */
  bad: Bad[] = []
  /** the life the server knows, as hex */
  private known = ''
  private enrolling: Promise<Life> | null = null
  private readonly told = new Map<string, Pick<Fault, 'link' | 'problem'>>()

  constructor(
    readonly port: Port,
    readonly clock: Clock,
    readonly view: View,
    readonly name: string,
    /** an exchange with the server has succeeded; `lease`: for how many ms this device may go on alone, 0 = not said */
    readonly exchanged: (lease: number) => void,
    /** tells other tabs that rows or the outbox have changed */
    readonly changed: () => void,
    /** tells other tabs what `report` has just shown */
    readonly shown: () => void,
  ) {}

  /** The life, made known to the server: once in each running (a log-in is bound to its device), and after a Fork. */
  enrolled(signal: AbortSignal): Promise<Life> {
    this.enrolling ??= this.enrol(signal).finally(() => {
      this.enrolling = null
    })
    return this.enrolling
  }

  private async enrol(signal: AbortSignal): Promise<Life> {
    const life = await readLife()
    const dev = hex(life.dev)
    if (this.known === dev) return life
    await this.port.enrol(life.dev, this.name, life.prev, signal)
    this.known = dev
    return life
  }

  /** The server says it does not know this life. */
  forgotten(): void {
    this.known = ''
  }

  /** Shows what the loops have come to: the worst link, the first problem. */
  report(loop: 'pull' | 'push' | 'store', said: Pick<Fault, 'link' | 'problem'>): void {
    this.told.set(loop, said)
    const all = [...this.told.values()]
    const link = WORST.find((one) => all.some((each) => each.link === one)) ?? said.link
    tell({ link, problem: all.find((each) => each.problem)?.problem ?? '' })
    this.shown()
  }
}
