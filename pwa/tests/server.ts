/** A server at the port: SPEC.md's rules in memory, with faults to order. It counts what every event did. */
import { hex } from '../src/protocol/bytes'
import { EMPTY, plus } from '../src/protocol/digest'
import { EventKind } from '../src/protocol/events'
import { pack, unpack } from '../src/protocol/pack'
import { SHAPES } from '../src/protocol/shapes'
import type { Failed, Port } from '../src/sync/port'

type Answer = Uint8Array
/** lost: the request never came. unanswered: it was worked on, the answer was lost. twice: worked on two times. */
export type Trouble = 'lost' | 'unanswered' | 'twice' | '401' | '503' | 'html'

interface Change { off: number; shape: number; pk: string; row: Uint8Array | null }
interface DeviceLife { last: number; ids: string[] }

export class Server implements Port {
  readonly rows = new Map<number, Map<string, Uint8Array>>(SHAPES.map((shape) => [shape, new Map()]))
  readonly lives = new Map<string, DeviceLife>()
  readonly effects = new Map<string, number>()
  readonly enrolled: { dev: string; prev: string }[] = []
  readonly bad: unknown[] = []
  readonly pushes: number[][] = []
  readonly held = new Set<string>()
  pushTrouble: Trouble[] = []
  pullTrouble: Trouble[] = []
  online = true
  gen = 1
  off = 10
  pulls = 0
  /** resets to send with this reason instead of 0 */
  why = 0
  /** the class as the page at hand knows it */
  Failed!: typeof Failed
  tamper: ((frame: unknown[]) => void) | null = null
  private log: Change[] = []
  private waiting = new Set<() => void>()

  put(shape: number, columns: unknown[]): void {
    const row = pack(columns)
    this.change({ shape, pk: String(columns[0]), row })
  }

  drop(shape: number, pk: string): void {
    this.change({ shape, pk, row: null })
  }

  /** A database that went back: everything starts anew. */
  regenerate(): void {
    this.gen++
    this.off = 1
    this.log = []
    this.ring()
  }

  private change(change: Omit<Change, 'off'>): void {
    this.off++
    this.log.push({ off: this.off, ...change })
    const rows = this.rows.get(change.shape)!
    if (change.row) rows.set(change.pk, change.row)
    else rows.delete(change.pk)
    this.ring()
  }

  private ring(): void {
    for (const wake of [...this.waiting]) wake()
  }

  private handle = (shape: number): number => shape * 1000 + this.gen

  async enrol(dev: Uint8Array, _name: string, prev: Uint8Array | null): Promise<void> {
    if (!this.online) throw new this.Failed(0, 'network', 'off')
    this.enrolled.push({ dev: hex(dev), prev: prev ? hex(prev) : '' })
    if (!this.lives.has(hex(dev))) this.lives.set(hex(dev), { last: 0, ids: [] })
  }

  private async trouble(list: Trouble[], work: () => Answer): Promise<Answer> {
    await new Promise((resolve) => setTimeout(resolve, 1))
    const trouble = list.shift()
    if (!this.online || trouble === 'lost') throw new this.Failed(0, 'network', 'lost')
    if (trouble === '401') throw new this.Failed(401, 'unauthenticated', '')
    if (trouble === '503') throw new this.Failed(503, 'busy', '')
    if (trouble === 'html') return new TextEncoder().encode('<html>')
    if (trouble === 'twice') work()
    const answer = work()
    if (trouble === 'unanswered') throw new this.Failed(0, 'network', 'unanswered')
    return answer
  }

  async pull(body: Uint8Array, signal: AbortSignal): Promise<Answer> {
    this.pulls++
    const ask = unpack(body) as [number, Uint8Array, [number, number, number][], number, number, number, number, number, unknown[]]
    const [, dev, subs, wait, , , , , bad] = ask
    if (!this.lives.has(hex(dev))) throw new this.Failed(403, 'unknown_device', '')
    const news = (): boolean => subs.some(([shape, h, off]) => h !== this.handle(shape) || this.log.some((c) => c.shape === shape && c.off > off))
    if (wait && !news() && this.online && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.waiting.delete(wake)
          resolve()
        }
        this.waiting.add(wake)
        signal.addEventListener('abort', wake)
      })
    }
    return this.trouble(this.pullTrouble, () => {
      this.bad.push(...bad)
      return pack([1, subs.map((sub) => this.frame(sub)), Date.now(), Date.now() + 3600_000])
    })
  }

  private frame([shape, h, off]: [number, number, number]): unknown[] {
    const rows = this.rows.get(shape)!
    let digest = EMPTY
    for (const row of rows.values()) digest = plus(digest, row)
    const mark = [4, this.off, 1, digest.n, digest.d1, digest.d2]
    const now = this.handle(shape)
    const deltas = (): unknown[] =>
      this.log.filter((c) => c.shape === shape && c.off > off).map((c) => (c.row ? [2, shape, c.row, null] : [3, shape, c.pk, 1, null]))
    const why = off === -2 ? 5 : h && Math.trunc(h / 1000) === shape ? 1 : this.why
    const frame = h === now ? [shape, h, off, [...deltas(), mark], h] : [shape, now, off, [[5, why], [1, shape, [...rows.values()]], mark], h]
    this.tamper?.(frame)
    return frame
  }

  push(body: Uint8Array): Promise<Answer> {
    return this.trouble(this.pushTrouble, () => pack(this.decide(unpack(body) as unknown[])))
  }

  private decide(up: unknown[]): unknown[] {
    const [, dev, top, , evs] = up as [number, Uint8Array, number, number, [number, Uint8Array, number, number, number, number, unknown[]][]]
    this.pushes.push(evs.map(([n]) => n))
    const life = this.lives.get(hex(dev))
    if (!life) throw new this.Failed(403, 'unknown_device', '')
    if (top < life.last) return [2, life.last, 1]
    let upto = 0
    const verdicts: unknown[] = []
    for (const [n, idBytes, kind, , , , content] of evs) {
      const id = hex(idBytes)
      if (n <= life.last) {
        if (life.ids[n - 1] !== id) return [2, life.last, 2]
      } else if (n > life.last + 1) {
        if (upto === 0) return [2, life.last, 3]
        break
      } else {
        life.last = n
        life.ids.push(id)
        if (this.held.has(String(content[0]))) verdicts.push([n, idBytes, 4, { message_zh: '请班长看', task_id: 't1' }])
        else if (!this.effects.has(id)) {
          this.effects.set(id, 1)
          if (kind === EventKind.pick) this.picked(String(content[0]), Number(content[2]))
        }
      }
      upto = n
    }
    return [1, upto, this.off, verdicts, Date.now()]
  }

  private picked(pk: string, qty: number): void {
    const row = this.rows.get(2)!.get(pk)
    if (!row) return
    const columns = unpack(row) as unknown[]
    columns[10] = Number(columns[10]) + qty
    this.put(2, columns)
  }
}
