/** The sums by which a device and the server prove to each other that they hold the same rows (SPEC.md, section 1). */

export interface Digest {
  n: number
  d1: number
  d2: number
}

export const EMPTY: Digest = { n: 0, d1: 0, d2: 0 }
export const SEED = 0x9e3779b9

const TABLE = new Uint32Array(256).map((_, i) => {
  let crc = i
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

/** CRC-32 as in zlib, continued from `start`. */
export function crc32(bytes: Uint8Array, start = 0): number {
  let crc = ~start
  for (let i = 0; i < bytes.length; i++) crc = (TABLE[(crc ^ bytes[i]!) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

/** `digest` with one row more. */
export const plus = (digest: Digest, row: Uint8Array): Digest => ({
  n: digest.n + 1,
  d1: (digest.d1 + crc32(row)) >>> 0,
  d2: (digest.d2 + crc32(row, SEED)) >>> 0,
})

/** `digest` with one row less. */
export const minus = (digest: Digest, row: Uint8Array): Digest => ({
  n: digest.n - 1,
  d1: (digest.d1 - crc32(row)) >>> 0,
  d2: (digest.d2 - crc32(row, SEED)) >>> 0,
})

export const same = (a: Digest, b: Digest): boolean => a.n === b.n && a.d1 === b.d1 && a.d2 === b.d2
