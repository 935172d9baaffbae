/** The three calls to the server. The only place of the engine that knows of HTTP. */
import { hex } from '../protocol/bytes'

export interface Port {
  enrol(dev: Uint8Array, name: string, prev: Uint8Array | null, signal: AbortSignal): Promise<void>
  pull(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Uint8Array>
  push(body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Uint8Array>
}

/** No usable answer. status 0: none at all (no network, time-out, or someone else's page in place of the server's). */
export class Failed extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
    this.name = 'Failed'
  }
}

const WATCHDOG_MS = 30_000
const MSGPACK = 'application/msgpack'

/** `work` under a watchdog: after 30 s, or when `outer` aborts, it is aborted and rejects, whatever fetch says. */
async function watched<T>(outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const inner = new AbortController()
  let end = (_error: Error): void => undefined
  const ended = new Promise<never>((_resolve, reject) => {
    end = (error) => {
      inner.abort()
      reject(error)
    }
  })
  const late = setTimeout(() => end(new Failed(0, 'timeout', '服务器没有回答')), WATCHDOG_MS)
  const abort = (): void => end(new Failed(0, 'aborted', 'aborted'))
  if (outer.aborted) abort()
  outer.addEventListener('abort', abort)
  try {
    return await Promise.race([work(inner.signal), ended])
  } finally {
    clearTimeout(late)
    outer.removeEventListener('abort', abort)
  }
}

async function send(path: string, type: string, body: BodyInit, signal: AbortSignal): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': type, 'X-Zhongshu': '1' },
      body,
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
      signal,
    })
  } catch (error) {
    throw new Failed(0, 'network', String(error))
  }
  if (response.ok) return response
  let code = ''
  let message = ''
  try {
    const body = (await response.json()) as { code?: unknown; message?: unknown }
    code = String(body.code ?? '')
    message = String(body.message ?? '')
  } catch {
    message = `HTTP ${response.status}` // a proxy's page: the status is all it says
  }
  throw new Failed(response.status, code, message)
}

const binary = (path: string) => (body: Uint8Array<ArrayBuffer>, signal: AbortSignal) =>
  watched(signal, async (inner) => {
    const response = await send(path, MSGPACK, body, inner)
    // A hotel's or a router's log-in page answers 200 to everything.
    if (!(response.headers.get('content-type') ?? '').startsWith(MSGPACK)) {
      throw new Failed(0, 'foreign', '网络需要登录，或不是本系统的服务器')
    }
    try {
      return new Uint8Array(await response.arrayBuffer())
    } catch (error) {
      throw new Failed(0, 'network', String(error))
    }
  })

export const httpPort: Port = {
  enrol: (dev, name, prev, signal) =>
    watched(signal, async (inner) => {
      const body = JSON.stringify(prev ? { dev: hex(dev), name, prev: hex(prev) } : { dev: hex(dev), name })
      await send('/api/devices/enrol', 'application/json', body, inner)
    }),
  pull: binary('/api/sync/v1/pull'),
  push: binary('/api/sync/v1/push'),
}
