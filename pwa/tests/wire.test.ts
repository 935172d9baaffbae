/** The golden messages of tests/contract/wire, both ways, and the digest vectors. */
import { describe, expect, it } from 'vitest'
import { hex, unhex } from '../src/protocol/bytes'
import { crc32, EMPTY, minus, plus, SEED } from '../src/protocol/digest'
import { pack, unpack } from '../src/protocol/pack'
import * as wire from '../src/protocol/wire'

interface Golden { message: string; tag: number | null; fields: string[]; wire: unknown }
interface Vectors {
  seed2: number
  rows: { hex: string; values: unknown[]; n: number; d1: number; d2: number }[]
  all: { n: number; d1: number; d2: number }
}

const texts = import.meta.glob<Golden>('../../tests/contract/wire/*.json', { eager: true, import: 'default' })
const bins = import.meta.glob<string>('../../tests/contract/wire/*.bin', { eager: true, query: '?inline', import: 'default' })
const name = (path: string): string => path.replace(/^.*\/(.*)\.\w+$/, '$1')

const bytesOf = (url: string): Uint8Array => Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (c) => c.charCodeAt(0))
const golden = Object.entries(bins).map(([path, url]) => {
  const json = texts[path.replace(/bin$/, 'json')] as Golden
  return { name: name(path), bytes: bytesOf(url), json }
})
const one = (wanted: string): { bytes: Uint8Array; json: Golden } => {
  const found = golden.find((message) => message.name === wanted)
  if (!found) throw new Error(wanted)
  return found
}

/** {"hex": …} of the fixtures as bytes. */
function values(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(values)
  if (value && typeof value === 'object') {
    const entries = Object.entries(value)
    if (entries.length === 1 && typeof entries[0]?.[1] === 'string' && entries[0][0] === 'hex') return unhex(entries[0][1])
    return Object.fromEntries(entries.map(([key, part]) => [key, values(part)]))
  }
  return value
}

describe('golden messages', () => {
  it('are all there', () => expect(golden.length).toBeGreaterThanOrEqual(25))

  it.each(golden.map((message) => [message.name, message] as const))('%s: same values, same bytes', (_name, message) => {
    const expected = values(message.json.wire)
    expect(unpack(message.bytes)).toEqual(expected)
    expect(hex(pack(expected))).toBe(hex(message.bytes))
  })

  it('Pull is encoded byte for byte', () => {
    const full = one('pull')
    const [, dev, subs, wait, cols, top, unsent, at, bad] = values(full.json.wire) as [
      number, Uint8Array, [number, number, number][], number, number, number, number, number, number[][],
    ]
    const reports = bad.map((b) => ({
      shape: b[0]!, h: b[1]!, off: b[2]!, n: b[3]!, d1: b[4]!, d2: b[5]!,
      want: { n: b[6]!, d1: b[7]!, d2: b[8]! }, offs: b[9] as unknown as number[],
    }))
    expect(hex(wire.encodePull({ dev, subs, wait, cols, top, unsent, at, bad: reports }))).toBe(hex(full.bytes))
  })

  it.each(['up', 'up_hello'])('%s is encoded byte for byte', (file) => {
    const { bytes, json } = one(file)
    const [, dev, top, seen, evs, at, mono, boot] = values(json.wire) as [
      number, Uint8Array, number, number, unknown[][], number, number, number,
    ]
    const list = evs.map(([n, id, kind, evAt, evMono, base, body, who, evBoot]) =>
      ({ n, id, kind, at: evAt, mono: evMono, base, body, who, boot: evBoot }) as wire.Ev)
    expect(hex(wire.encodeUp({ dev, top, seen, evs: list, at, mono, boot }))).toBe(hex(bytes))
  })

  it('answers are read', () => {
    const pulled = wire.decodePulled(one('pulled').bytes)
    expect(pulled).toMatchObject({ v: 1, at: 1764000000000, lease: 1764043200000 })
    expect(pulled.frames[0]).toMatchObject({ shape: 6, h: 5, frm: 40, was: 5, msgs: [{ tag: 4, off: 43, live: 1, n: 0 }] })
    expect(wire.decodePulled(one('pulled_nothing').bytes).frames).toEqual([])
    const ack = wire.decodeAnswer(one('ack').bytes)
    expect(ack).toMatchObject({ tag: 1, upto: 2, off: 44 })
    expect(ack.tag === 1 && ack.verdicts.map((v) => [v.code, v.info])).toEqual([[2, { message_zh: '改到另一行' }], [4, null]])
    expect(wire.decodeAnswer(one('fork').bytes)).toEqual({ tag: 2, known: 7, why: 2 })
  })

  it('a tag of a later version is told, not guessed', () => {
    const frame = wire.toFrame(unpack(one('frame_unknown_tag').bytes))
    expect(frame.msgs.map((message) => message.tag)).toEqual([0, 4])
  })

  it('missing fields have defaults, extra ones are ignored', () => {
    expect(wire.decodeAnswer(pack([2, 3]))).toEqual({ tag: 2, known: 3, why: 1 })
    expect(wire.decodePulled(pack([1, [[2, 7, -1, []]], 5]))).toEqual({
      v: 1, at: 5, lease: 0, frames: [{ shape: 2, h: 7, frm: -1, msgs: [], was: 0 }],
    })
    expect(wire.decodeAnswer(pack([1, 3, 4, [], 5, 'more', 6]))).toMatchObject({ upto: 3 })
  })

  it.each([['html', new TextEncoder().encode('<html>')], ['empty', new Uint8Array()], ['text', pack('x')], ['neither', pack([9])]])(
    'what is no answer is refused: %s',
    (_what, bytes) => {
      expect(() => wire.decodeAnswer(bytes)).toThrow(wire.Malformed)
      expect(() => wire.decodePulled(bytes)).toThrow(wire.Malformed)
    },
  )
})

describe('digest', () => {
  const path = Object.keys(texts).find((file) => name(file) === 'digest') as string
  const vectors = texts[path] as unknown as Vectors

  it('crc32 is that of zlib', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
    expect(SEED).toBe(vectors.seed2)
  })

  it('of each row, of all, and back to nothing', () => {
    let all = EMPTY
    for (const row of vectors.rows) {
      const bin = unhex(row.hex)
      expect(plus(EMPTY, bin)).toEqual({ n: row.n, d1: row.d1, d2: row.d2 })
      expect(unpack(bin)).toEqual(row.values)
      all = plus(all, bin)
    }
    expect(all).toEqual(vectors.all)
    for (const row of vectors.rows) all = minus(all, unhex(row.hex))
    expect(all).toEqual(EMPTY)
  })
})
