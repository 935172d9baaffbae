/** What the person has done, shown on the server's rows before the server says so. Pure. */
import { EventKind, type Pending } from '../protocol/events'
import type { FloorTask, Parcel, Pick } from '../protocol/shapes'

export interface Floor {
  picks: readonly Pick[]
  parcels: readonly Parcel[]
  tasks: readonly FloorTask[]
}

/** A list whose rows are copied when they change, and which stays the same list when none does. */
class Draft<T extends { id: string }> {
  private readonly at = new Map<string, number>()
  private copy: T[] | null = null

  constructor(private readonly source: readonly T[]) {
    source.forEach((row, i) => this.at.set(row.id, i))
  }

  change(id: string, change: (row: T) => Partial<T>): void {
    const i = this.at.get(id)
    if (i === undefined) return
    const row = (this.copy ?? this.source)[i] as T
    const part = change(row)
    if ((Object.keys(part) as (keyof T)[]).every((key) => part[key] === row[key])) return
    this.copy ??= [...this.source]
    this.copy[i] = { ...row, ...part }
  }

  get rows(): readonly T[] {
    return this.copy ?? this.source
  }
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
const STOPPED: ReadonlySet<string> = new Set(['stopped', 'cancelled'])

function counted(row: Pick, picked: number): Partial<Pick> {
  if (row.state === 'cancelled') return {}
  const now = Math.max(0, Math.min(row.qty, picked))
  if (now === row.qty) return { picked: now, state: 'done' }
  return { picked: now, state: row.state === 'done' ? 'open' : row.state }
}

/** The rows with `events` on top, in their order. Rows and lists that nothing touched are the very same objects. */
export function fold(floor: Floor, events: readonly Pending[]): Floor {
  if (!events.length) return floor
  const picks = new Draft(floor.picks)
  const parcels = new Draft(floor.parcels)
  const tasks = new Draft(floor.tasks)
  const advance = (id: string, state: 'packed' | 'handed_over'): void =>
    parcels.change(id, (row) =>
      STOPPED.has(row.state) || row.state === 'handed_over' ? {} : { state },
    )
  for (const { kind, body } of events) {
    const id = String(body[0] ?? '')
    switch (kind) {
      case EventKind.pick:
        picks.change(id, (row) => counted(row, row.picked + number(body[2])))
        break
      case EventKind.unpick:
        picks.change(id, (row) => counted(row, row.picked - number(body[2])))
        break
      case EventKind.short:
        picks.change(id, (row) => (row.state === 'open' ? { state: 'short' } : {}))
        break
      case EventKind.pack:
        advance(id, 'packed')
        break
      case EventKind.handOver: {
        const parcel = String(body[1] ?? '') || floor.parcels.find((row) => row.waybillNo === id)?.id
        if (parcel) advance(parcel, 'handed_over')
        break
      }
      case EventKind.taskDone:
        tasks.change(id, () => ({ state: 'done' }))
        break
      case EventKind.foreignScan:
        break
    }
  }
  return { picks: picks.rows, parcels: parcels.rows, tasks: tasks.rows }
}
