/** What the signals show: the stored rows, decoded, with the pending events folded on top. */
import { decodeRow, type RowOf, Shape, SHAPES, type ShapeId, type VerdictRow } from '../protocol/shapes'
import type { Stored, StoredVerdict } from '../store/db'
import { overlay } from '../store/outbox'
import { type Change, load } from '../store/rows'
import { fold } from './fold'
import { rows, tell } from './state'

type Lists = { [S in ShapeId]: readonly RowOf[S][] }
const NONE: Lists = { 1: [], 2: [], 3: [], 4: [], 5: [], 6: [] }

export class View {
  private readonly maps = new Map<ShapeId, Map<string, RowOf[ShapeId]>>()
  private lists: Lists = { ...NONE }
  private events: Stored[] = []
  private own: StoredVerdict[] = []
  private added = 0

  /** Reads these shapes from the storage. */
  async load(shapes: readonly ShapeId[] = SHAPES): Promise<void> {
    for (const shape of shapes) {
      const { rows } = await load(shape)
      this.maps.set(shape, new Map([...rows].map(([pk, bin]) => [pk, decodeRow(shape, bin)])))
      this.relist(shape)
    }
    await this.reload()
  }

  /** Takes over what a Pull changed. */
  async take(changes: readonly Change[]): Promise<void> {
    for (const change of changes) {
      const map = (change.reset ? null : this.maps.get(change.shape)) ?? new Map<string, RowOf[ShapeId]>()
      for (const [pk, bin] of change.changed) map.set(pk, decodeRow(change.shape, bin))
      for (const pk of change.removed) map.delete(pk)
      this.maps.set(change.shape, map)
      this.relist(change.shape)
    }
    await this.reload()
  }

  /** Reads the outbox anew, and shows. */
  async reload(): Promise<void> {
    for (;;) {
      const before = this.added
      const { events, verdicts } = await overlay()
      // An event recorded while this was read may not be in it.
      if (before !== this.added) continue
      this.events = events
      this.own = verdicts
      this.show()
      return
    }
  }

  /** An event that has just been stored: shown at once, without reading anything. */
  add(event: Stored): void {
    this.added++
    if (!this.events.some((known) => known.id === event.id)) this.events = [...this.events, event]
    this.show()
  }

  clear(): void {
    this.maps.clear()
    this.lists = { ...NONE }
    this.own = []
    this.show()
  }

  get unsettled(): boolean {
    return this.events.length > 0
  }

  get acknowledged(): boolean {
    return this.events.some((event) => !event.queued)
  }

  private relist(shape: ShapeId): void {
    const list = [...(this.maps.get(shape)?.values() ?? [])]
    this.lists = { ...this.lists, [shape]: list }
  }

  private show(): void {
    const floor = { picks: this.lists[Shape.pick], parcels: this.lists[Shape.parcel], tasks: this.lists[Shape.task] }
    const folded = fold(floor, this.events)
    rows.waves.value = this.lists[Shape.wave]
    rows.picks.value = folded.picks
    rows.parcels.value = folded.parcels
    rows.tasks.value = folded.tasks
    rows.verdicts.value = this.verdicts()
    rows.me.value = this.lists[Shape.me][0] ?? null
    const queued = this.events.filter((event) => event.queued)
    tell({
      unsent: queued.length,
      oldestUnsentAt: queued.length ? queued.reduce((least, event) => Math.min(least, event.at), Infinity) : null,
    })
  }

  /** The server's list, and what this device's own Acks said before that list did. */
  private verdicts(): readonly VerdictRow[] {
    const listed = this.lists[Shape.verdict]
    if (!this.own.length) return listed
    const known = new Set(listed.map((row) => row.id))
    const early = this.own.filter((row) => !known.has(row.id))
    return early.length ? [...listed, ...early.map(({ id, n, code, message, taskId }) => ({ id, n, code, message, taskId }))] : listed
  }
}
