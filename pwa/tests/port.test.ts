/** What goes over the wire by HTTP, what answers mean, and the pace after faults. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Malformed } from '../src/protocol/wire'
import { judge } from '../src/sync/faults'
import { lead } from '../src/sync/leader'
import { Backoff, Bell } from '../src/sync/pace'
import { Failed, httpPort } from '../src/sync/port'

const never = new AbortController().signal
const answer = (body: BodyInit, type: string, status = 200): Response => new Response(body, { status, headers: { 'content-type': type } })
const fetched = (reply: () => Promise<Response>) => {
  const fake = vi.fn((_url: string, _init: RequestInit) => reply())
  vi.stubGlobal('fetch', fake)
  return fake
}
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('http', () => {
  it('posts MessagePack with the house header', async () => {
    const fake = fetched(async () => answer(new Uint8Array([0xc0]), 'application/msgpack'))
    expect(await httpPort.push(new Uint8Array([1]), never)).toEqual(new Uint8Array([0xc0]))
    const [url, init] = fake.mock.calls[0]!
    expect(url).toBe('/api/sync/v1/push')
    expect(init).toMatchObject({ method: 'POST', cache: 'no-store', headers: { 'content-type': 'application/msgpack', 'X-Zhongshu': '1' } })
  })
  it('enrols with the life before', async () => {
    const fake = fetched(async () => answer('{}', 'application/json'))
    await httpPort.enrol(new Uint8Array(16).fill(1), '1 号枪', new Uint8Array(16).fill(2), never)
    expect(JSON.parse(String(fake.mock.calls[0]![1].body))).toEqual({ dev: '01'.repeat(16), name: '1 号枪', prev: '02'.repeat(16) })
  })
  it('tells what the server refuses', async () => {
    fetched(async () => answer('{"code":"unknown_device","message":"没有登记"}', 'application/json', 403))
    await expect(httpPort.pull(new Uint8Array(), never)).rejects.toMatchObject({ status: 403, code: 'unknown_device' })
    fetched(async () => answer('<html>', 'text/html', 502))
    await expect(httpPort.pull(new Uint8Array(), never)).rejects.toMatchObject({ status: 502 })
  })
  it("takes a router's log-in page for no network", async () => {
    fetched(async () => answer('<html>', 'text/html'))
    await expect(httpPort.pull(new Uint8Array(), never)).rejects.toMatchObject({ status: 0, code: 'foreign' })
  })
  it('does not wait longer than 30 s, whatever fetch does', async () => {
    vi.useFakeTimers()
    fetched(() => new Promise(() => undefined))
    const asked = expect(httpPort.pull(new Uint8Array(), never)).rejects.toMatchObject({ status: 0, code: 'timeout' })
    await vi.advanceTimersByTimeAsync(30_001)
    await asked
  })
  it('ends at once when aborted', async () => {
    fetched(() => new Promise(() => undefined))
    const abort = new AbortController()
    const asked = expect(httpPort.pull(new Uint8Array(), abort.signal)).rejects.toMatchObject({ status: 0 })
    abort.abort()
    await asked
    await expect(httpPort.pull(new Uint8Array(), abort.signal)).rejects.toMatchObject({ status: 0 })
  })
})

describe('faults', () => {
  const link = (error: unknown): string => judge(error, new Backoff()).link
  it.each([
    [new Failed(0, 'network', ''), 'offline'],
    [new Failed(503, 'busy', ''), 'offline'],
    [new Failed(401, 'x', ''), 'unauthenticated'],
    [new Failed(426, 'version', ''), 'outdated'],
    [new Failed(413, 'too_big', ''), 'online'],
    [new Malformed('x'), 'online'],
  ])('%s → %s', (error, expected) => expect(link(error)).toBe(expected))
  it('a refused request is shown, and tried again after 30 s', () => {
    expect(judge(new Failed(400, 'malformed', '请求内容无法解析'), new Backoff())).toEqual({
      wait: 30_000, link: 'online', problem: '同步被拒绝:请求内容无法解析', enrol: false,
    })
  })
  it('an unknown device is enrolled', () => expect(judge(new Failed(403, 'unknown_device', ''), new Backoff()).enrol).toBe(true))
})

describe('pace', () => {
  it('backs off with full jitter between 0.5 and 30 s', () => {
    const most = new Backoff(() => 1)
    expect(Array.from({ length: 8 }, () => most.next())).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000])
    const least = new Backoff(() => 0)
    expect(Array.from({ length: 8 }, () => least.next())).toEqual(Array(8).fill(500))
    most.reset()
    expect(most.next()).toBe(1000)
  })
  it('a bell wakes, and remembers one ring', async () => {
    const bell = new Bell()
    bell.ring()
    await bell.wait(never)
    const waiting = bell.wait(never)
    bell.ring()
    await waiting
    await bell.wait(never, 5)
  })
})

describe('leader', () => {
  it('works in one tab at a time, and hands over', async () => {
    let chain: Promise<unknown> = Promise.resolve()
    const request = (_name: string, _options: object, work: () => Promise<void>): Promise<void> => {
      const mine = chain.then(work)
      chain = mine.catch(() => undefined)
      return mine
    }
    vi.stubGlobal('navigator', { locks: { request } })
    const working: string[] = []
    const tab = (name: string): AbortController => {
      const end = new AbortController()
      void lead(end.signal, (signal) => {
        working.push(name)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      })
      return end
    }
    const one = tab('one')
    const two = tab('two')
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(working).toEqual(['one'])
    one.abort()
    await vi.waitFor(() => expect(working).toEqual(['one', 'two']))
    two.abort()
  })
})
