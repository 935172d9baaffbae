/**
 * The sync messages of sync/SPEC.md, version 1: arrays in field order. A decoder fills in what is missing, ignores what
 * it does not know, and throws `Malformed` on what cannot be read.
 */
import type { Digest } from './digest'
import { pack, unpack } from './pack'

export const VERSION = 1
export const RESET = { first: 0, gen: 1, floor: 2, schema: 3, rights: 4, digest: 5, template: 6, large: 7 } as const
/** Offsets a device asks with when it holds nothing, or nothing it may trust. */
export const NOTHING = -1
export const DISTRUST = -2

export class Malformed extends Error {
  override name = 'Malformed'
}

export interface RowMsg { tag: 1; tbl: number; rows: Uint8Array[] }
export interface PutMsg { tag: 2; tbl: number; row: Uint8Array; cause: Uint8Array | null }
export interface DelMsg { tag: 3; tbl: number; pk: string; out: number; cause: Uint8Array | null }
export interface MarkMsg extends Digest { tag: 4; off: number; live: number }
export interface ResetMsg { tag: 5; why: number }
export interface UnknownMsg { tag: 0; raw: unknown }
export type Down = RowMsg | PutMsg | DelMsg | MarkMsg | ResetMsg | UnknownMsg

export interface Frame { shape: number; h: number; frm: number; msgs: Down[]; was: number }
export interface Pulled { v: number; frames: Frame[]; at: number; lease: number }

/** What a device says about a digest that did not match: its own sums, those wanted, the last offsets it applied. */
export interface Bad extends Digest { shape: number; h: number; off: number; want: Digest; offs: number[] }
export interface Pull {
  dev: Uint8Array
  subs: [shape: number, h: number, off: number][]
  wait: number
  cols: number
  top: number
  unsent: number
  at: number
  bad: Bad[]
}

export interface Ev {
  n: number
  id: Uint8Array
  kind: number
  at: number
  mono: number
  base: number
  body: unknown
  who: Uint8Array
  boot: number
}
export interface Up {
  dev: Uint8Array
  top: number
  seen: number
  evs: Ev[]
  at: number
  mono: number
  boot: number
}

export interface Verdict { n: number; id: Uint8Array; code: number; info: unknown }
export interface Ack { tag: 1; upto: number; off: number; verdicts: Verdict[]; at: number }
export interface Fork { tag: 2; known: number; why: number }

const array = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new Malformed('not an array')
  return value
}
const int = (value: unknown, missing?: number): number => {
  if (value === undefined && missing !== undefined) return missing
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Malformed('not an int')
  return value
}
const bin = (value: unknown): Uint8Array => {
  if (!(value instanceof Uint8Array)) throw new Malformed('not bytes')
  return value
}
const text = (value: unknown): string => {
  if (typeof value !== 'string') throw new Malformed('not text')
  return value
}
const maybe = (value: unknown): Uint8Array | null => (value === undefined || value === null ? null : bin(value))

function open(bytes: Uint8Array): readonly unknown[] {
  let value: unknown
  try {
    value = unpack(bytes)
  } catch (error) {
    throw new Malformed(String(error))
  }
  return array(value)
}

/** One message inside a frame. A tag of a later version comes back as tag 0. */
export function toDown(value: unknown): Down {
  const f = array(value)
  switch (f[0]) {
    case 1:
      return { tag: 1, tbl: int(f[1]), rows: array(f[2]).map(bin) }
    case 2:
      return { tag: 2, tbl: int(f[1]), row: bin(f[2]), cause: maybe(f[3]) }
    case 3:
      return { tag: 3, tbl: int(f[1]), pk: text(f[2]), out: int(f[3], 0), cause: maybe(f[4]) }
    case 4:
      return { tag: 4, off: int(f[1]), live: int(f[2]), n: int(f[3]), d1: int(f[4]), d2: int(f[5]) }
    case 5:
      return { tag: 5, why: int(f[1]) }
    default:
      return { tag: 0, raw: value }
  }
}

export function toFrame(value: unknown): Frame {
  const f = array(value)
  return { shape: int(f[0]), h: int(f[1]), frm: int(f[2]), msgs: array(f[3]).map(toDown), was: int(f[4], 0) }
}

export function decodePulled(bytes: Uint8Array): Pulled {
  const f = open(bytes)
  return { v: int(f[0]), frames: array(f[1]).map(toFrame), at: int(f[2]), lease: int(f[3], 0) }
}

export function toVerdict(value: unknown): Verdict {
  const f = array(value)
  return { n: int(f[0]), id: bin(f[1]), code: int(f[2]), info: f[3] ?? null }
}

export function decodeAnswer(bytes: Uint8Array): Ack | Fork {
  const f = open(bytes)
  if (f[0] === 1) return { tag: 1, upto: int(f[1]), off: int(f[2]), verdicts: array(f[3]).map(toVerdict), at: int(f[4]) }
  if (f[0] === 2) return { tag: 2, known: int(f[1]), why: int(f[2], 1) }
  throw new Malformed('neither Ack nor Fork')
}

export function encodePull(p: Pull): Uint8Array<ArrayBuffer> {
  const bad = p.bad.map((b) => [b.shape, b.h, b.off, b.n, b.d1, b.d2, b.want.n, b.want.d1, b.want.d2, b.offs])
  return pack([VERSION, p.dev, p.subs, p.wait, p.cols, p.top, p.unsent, p.at, bad])
}

export const fromEv = (e: Ev): unknown[] => [e.n, e.id, e.kind, e.at, e.mono, e.base, e.body, e.who, e.boot]

export const encodeUp = (u: Up): Uint8Array<ArrayBuffer> =>
  pack([VERSION, u.dev, u.top, u.seen, u.evs.map(fromEv), u.at, u.mono, u.boot])

/** Column 0 of a row: its primary key. Throws `Malformed`. */
export const rowKey = (row: Uint8Array): string => text(open(row)[0])
