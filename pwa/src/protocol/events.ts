/** What a person on the floor can do, as it goes up. Bodies are MessagePack arrays; the server decides on them. */
import { Shape, type ShapeId } from './shapes'

export const EventKind = { pick: 1, unpick: 2, short: 3, pack: 4, handOver: 5, taskDone: 6, foreignScan: 7 } as const
export type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** One event that the server's rows may not show yet. */
export interface Pending {
  kind: EventKind
  body: readonly unknown[]
}

/** The shapes whose rows an event may change: its overlay stays until each of them has caught up with the Ack. */
export function touches(kind: EventKind): readonly ShapeId[] {
  switch (kind) {
    case EventKind.pick:
    case EventKind.unpick:
    case EventKind.short:
      return [Shape.wave, Shape.pick, Shape.parcel]
    case EventKind.pack:
    case EventKind.handOver:
      return [Shape.parcel]
    case EventKind.taskDone:
      return [Shape.task]
    case EventKind.foreignScan:
      return []
  }
}
