/** MessagePack as both ends speak it: ints below 2^53, byte strings as Uint8Array. */
import { decode, encode } from '@msgpack/msgpack'

export const pack = (value: unknown): Uint8Array<ArrayBuffer> => encode(value, { ignoreUndefined: true }).slice()

/** Throws on bytes that are not exactly one MessagePack value. Byte strings are views into `bytes`: copy what is kept. */
export const unpack = (bytes: Uint8Array): unknown => decode(bytes)
