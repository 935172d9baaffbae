/** Ids and hex. */

export const hex = (bytes: Uint8Array): string => {
  let out = ''
  for (const byte of bytes) out += (byte < 16 ? '0' : '') + byte.toString(16)
  return out
}

export function unhex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 || /[^0-9a-f]/i.test(text)) throw new TypeError('not hex')
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

export const random = (size: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(size))

/** A whole number in [1, 2^53). */
export function randomInt(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
  return (high & 0x1fffff) * 0x1_0000_0000 + low || 1
}

/** UUID version 7 as 16 bytes (crypto.randomUUID needs Chrome 92, and is version 4). */
export function uuid7(now: number): Uint8Array<ArrayBuffer> {
  const id = random(16)
  let rest = Math.max(0, Math.floor(now))
  for (let i = 5; i >= 0; i--) {
    id[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  id[6] = 0x70 | ((id[6] ?? 0) & 0x0f)
  id[8] = 0x80 | ((id[8] ?? 0) & 0x3f)
  return id
}

/** A person's id as the at most 16 bytes that Ev.who takes: a UUID's own bytes, else its text when short enough. */
export function who(person: string): Uint8Array<ArrayBuffer> {
  const digits = person.replace(/-/g, '')
  if (/^[0-9a-f]{32}$/i.test(digits)) return unhex(digits)
  const bytes = new TextEncoder().encode(person)
  return bytes.length <= 16 ? bytes.slice() : new Uint8Array(0)
}
