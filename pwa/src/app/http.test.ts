import { afterEach, expect, it, vi } from 'vitest'
import { ApiError, api, errorOf, onUnauthenticated } from './http'

const answer = (status: number, body: unknown) => vi.fn(async (_path: string, _init: RequestInit) => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }))
const refused = (path = '/api/x') => api('GET', path).then(() => { throw new Error('should have failed') }, (e: unknown) => e as ApiError)

afterEach(() => {
  vi.unstubAllGlobals()
  onUnauthenticated(() => undefined)
})

it('takes the words, code and trace of the server', () => {
  const e = errorOf(409, JSON.stringify({ code: 'already_out', message: '包裹已出库', detail: { n: 1 }, trace: 't-1' }))
  expect([e.status, e.code, e.message, e.trace, e.detail]).toEqual([409, 'already_out', '包裹已出库', 't-1', { n: 1 }])
})

it('has a sentence for an answer that is not ours', () => {
  const e = errorOf(502, '<html>bad gateway</html>')
  expect([e.code, e.trace]).toEqual(['http_502', ''])
  expect(e.message).toContain('服务器')
})

it('marks unsafe requests and only those', async () => {
  const fetched = answer(200, { ok: true })
  vi.stubGlobal('fetch', fetched)
  await api('POST', '/api/x', { a: 1 })
  await api('GET', '/api/x')
  const [post, get] = fetched.mock.calls.map(([, init]) => init.headers as Record<string, string>)
  expect(post?.['X-Zhongshu']).toBe('1')
  expect(get?.['X-Zhongshu']).toBeUndefined()
})

it('is status 0 when nobody answers', async () => {
  vi.stubGlobal('fetch', vi.fn(async () => { throw new TypeError('Failed to fetch') }))
  const e = await refused()
  expect([e.status, e.code]).toEqual([0, 'offline'])
})

it('tells of a lost session, but not of a wrong password', async () => {
  const told = vi.fn()
  onUnauthenticated(told)
  vi.stubGlobal('fetch', answer(401, { code: 'bad_login', message: '账号或密码不对' }))
  await refused('/api/login')
  expect(told).not.toHaveBeenCalled()
  await refused('/api/orders')
  expect(told).toHaveBeenCalledOnce()
})

it('accepts an empty answer and refuses one that does not parse', async () => {
  vi.stubGlobal('fetch', answer(200, ''))
  expect(await api('POST', '/api/logout')).toBeUndefined()
  vi.stubGlobal('fetch', answer(200, '<html>'))
  expect((await refused()).code).toBe('unreadable')
})
