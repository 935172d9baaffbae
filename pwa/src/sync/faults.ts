/** What a failed exchange means: how long to wait, and what the person is told. Nothing is ever thrown away here. */
import { Malformed } from '../protocol/wire'
import type { Backoff } from './pace'
import { Failed } from './port'
import type { Link } from './state'

/** After what does not pass by itself: an ended log-in, a refused request, a fault of ours. */
const SLOW_MS = 30_000

export interface Fault {
  wait: number
  link: Link
  problem: string
  /** the server does not know this device (any more): enrol it */
  enrol: boolean
}

export function judge(error: unknown, backoff: Backoff): Fault {
  const fault = (wait: number, link: Link, problem: string, enrol = false): Fault => ({ wait, link, problem, enrol })
  if (error instanceof Failed) {
    const { status, code, message } = error
    if (code === 'unknown_device') return fault(backoff.next(), 'online', '', true)
    if (status === 401) return fault(SLOW_MS, 'unauthenticated', '')
    if (status === 426) return fault(SLOW_MS, 'outdated', '程序版本太旧，请更新')
    if (status === 0) return fault(backoff.next(), 'offline', code === 'foreign' ? message : '')
    if (status >= 500 || status === 408 || status === 429) return fault(backoff.next(), 'offline', '服务器暂时不可用')
    return fault(SLOW_MS, 'online', `同步被拒绝:${message || code || status}`)
  }
  if (error instanceof Malformed) return fault(SLOW_MS, 'online', `读不懂服务器的回答:${error.message}`)
  const name = error instanceof Error ? error.name : ''
  const full = name === 'QuotaExceededError'
  return fault(SLOW_MS, 'online', full ? '本机存储已满' : `本机存储出错:${error instanceof Error ? error.message : String(error)}`)
}
