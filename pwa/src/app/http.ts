// The only user of fetch besides sync/. Every failure is an ApiError whose message is for a person.
import { signal } from '@preact/signals'
import { t } from './i18n'

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly trace: string
  readonly detail: Record<string, unknown>

  constructor(status: number, code: string, message: string, trace = '', detail: Record<string, unknown> = {}) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.code = code
    this.trace = trace
    this.detail = detail
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Epoch ms of the last answer of the server, whatever it said. Null: none yet. */
export const lastAnswer = signal<number | null>(null)

let whenUnauthenticated: () => void = () => undefined

export function onUnauthenticated(listener: () => void): void {
  whenUnauthenticated = listener
}

const PATIENCE = 20_000

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The error in an answer that is not 2xx. Bodies that are not ours (a proxy's page) still get a sentence. */
export function errorOf(status: number, body: string): ApiError {
  let said: Record<string, unknown> = {}
  try {
    said = record(JSON.parse(body))
  } catch {
    said = {} // not JSON: a proxy answered; the status alone decides the sentence
  }
  const fallback =
    status === 401 ? t('登录已过期，请重新登录')
    : status === 403 ? t('你的角色不能做这件事')
    : status === 404 ? t('没有找到，可能已被处理，请刷新')
    : status === 429 ? t('请求太频繁，请稍等再试')
    : status >= 500 ? t('服务器出错了，请稍后再试')
    : t('请求没有被接受')
  return new ApiError(
    status, text(said['code']) || `http_${status}`, text(said['message']) || fallback,
    text(said['trace']), record(said['detail']),
  )
}

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-Zhongshu'] = '1'
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE)
  try {
    return await fetch(path, {
      method, headers, credentials: 'same-origin', cache: 'no-store', signal: patience.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (patience.signal.aborted) throw new ApiError(0, 'timeout', t('服务器 20 秒没有回答，请检查网络后重试'))
    throw new ApiError(0, 'offline', t('连不上服务器，请检查网络'), '', { error: String(error) })
  } finally {
    clearTimeout(timer)
  }
}

/** One exchange with the server. Throws ApiError; status 0 is "no answer". */
export async function api<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, path, body)
  let said: string
  try {
    said = await answer.text()
  } catch (error) {
    throw new ApiError(0, 'offline', t('连不上服务器，请检查网络'), '', { error: String(error) })
  }
  lastAnswer.value = Date.now()
  if (!answer.ok) {
    const error = errorOf(answer.status, said)
    if (answer.status === 401 && path !== '/api/login') whenUnauthenticated()
    throw error
  }
  if (said === '') return undefined as T
  try {
    return JSON.parse(said) as T
  } catch {
    throw new ApiError(answer.status, 'unreadable', t('服务器的回答读不懂，请刷新页面'))
  }
}

/** For a catch clause: what went wrong, in words. */
export function wordsOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'bug', t('页面出错了：{why}', { why: error instanceof Error ? error.message : String(error) }))
}
