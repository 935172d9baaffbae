// What the desk makes of what the server says of a shop: how it stands, what is wrong, what is the one thing to do. Pure.
import type { Word } from './lexicon'
import type { IconName } from '../ui/icon'
import type { Tone } from '../ui/show'
import type { Shop } from './types'

export interface Powers {
  refresh: boolean; parts: 'none' | 'lines' | 'units'; placed: boolean; remark: boolean; listings: boolean
  stock_set: boolean; stock_add: boolean; stock_add_once: boolean; reveal: boolean; refunds: boolean; messages: boolean; webhook: boolean
}
export interface Backfill {
  id: string; day_from: string; day_to: string; state: 'running' | 'done' | 'failed' | 'stopped'
  /** Days. */
  done: number; of: number; seen: number; stored: number; error: string; made_at: string
}
export type Settings = Record<string, unknown>
export interface FullShop extends Shop {
  external_id: string; app_key: string; authorised: boolean; access_until: string | null; refresh_until: string | null
  resting_until: string | null
  /** It rests because it did not answer several times in a row. */
  broken: boolean
  every_s: number; next_pull_at: string | null
  progress: { done: number; of: number; orders: number } | null
  backfill: Backfill | null
  waiting: number; refunds_asked: number; refunds_open: number
  powers: Powers; settings: Settings; demo: boolean
}
export interface ShopPage {
  rows: FullShop[]; consent_url: string; hooks_url: string
  /** Adding a real shop would end the demo. */
  demo: boolean
  /** Somebody who is not the demo's could still manage the house then. */
  own_manager: boolean
}
export interface Step { name: string; ok: boolean; message: string; hint: string }

export type Standing = 'new' | 'off' | 'lost' | 'broken' | 'limited' | 'troubled' | 'expiring' | 'late' | 'first' | 'on'
export const LOOK: Readonly<Record<Standing, { word: Word; icon: IconName; tone: Tone }>> = {
  new: { word: ['未授权', 'Not authorised'], icon: 'circle', tone: 'warn' },
  off: { word: ['已暂停', 'Paused'], icon: 'pause', tone: 'plain' },
  lost: { word: ['已断开', 'Disconnected'], icon: 'alert', tone: 'bad' },
  broken: { word: ['熔断', 'Not answering'], icon: 'alert', tone: 'bad' },
  limited: { word: ['限流休息中', 'Resting: too many calls'], icon: 'clock', tone: 'warn' },
  troubled: { word: ['出错', 'In trouble'], icon: 'alert', tone: 'bad' },
  expiring: { word: ['授权将到期', 'Authorisation ends soon'], icon: 'clock', tone: 'warn' },
  late: { word: ['落后', 'Behind'], icon: 'clock', tone: 'warn' },
  first: { word: ['等第一次拉单', 'Before its first pull'], icon: 'clock', tone: 'info' },
  on: { word: ['正常', 'On'], icon: 'check', tone: 'ok' },
}

const DAY = 86_400_000
export const WARN_MS = 7 * DAY
/** Platforms are read a minute to three behind the present; this much later somebody should know. */
export const LATE_MS = 15 * 60_000

const moment = (iso: string | null): number | null => (iso === null ? null : Date.parse(iso))

/** Until when the shop can be asked without its owner; null: it does not end, or nobody knows. */
export const ownerNeededAt = (s: Pick<FullShop, 'powers' | 'access_until' | 'refresh_until'>): number | null =>
  moment(s.powers.refresh ? s.refresh_until : s.access_until)

export function standing(s: FullShop, now: number): Standing {
  if (s.state === 'off') return 'off'
  if (s.state === 'new') return 'new'
  if (s.state === 'needs_auth') return 'lost'
  const rest = moment(s.resting_until)
  if (rest !== null && rest > now) return s.broken ? 'broken' : 'limited'
  if (s.error) return 'troubled'
  const end = ownerNeededAt(s)
  if (end !== null && end - now <= WARN_MS) return 'expiring'
  if (s.last_pull_at === null) return 'first'
  return lag(s, now) > LATE_MS && s.progress === null ? 'late' : 'on'
}

/** How far behind the present our knowledge of its orders is, in ms. */
export const lag = (s: Pick<Shop, 'watermark'>, now: number): number => Math.max(0, now - (moment(s.watermark) ?? now))

/** The one thing to do about a standing. '': nothing, it heals by itself or is well. */
export const TODO: Readonly<Record<Standing, 'connect' | 'authorise' | 'resume' | 'test' | 'pull' | ''>> = {
  new: 'connect', off: 'resume', lost: 'authorise', broken: 'test', limited: '', troubled: 'test', expiring: 'authorise', late: 'pull', first: '', on: '',
}

/** What the owner copied from the address line: the whole address, its tail or the bare code. */
export function consentOf(pasted: string): { code: string; shop_id?: string; main_account_id?: string } {
  const text = pasted.trim()
  const tail = text.replace(/^[^?#]*\?/, '').replace(/#.*$/, '')
  if (!/(^|&)code=/.test(tail)) return { code: text }
  const said = new URLSearchParams(tail)
  const more = ['shop_id', 'main_account_id'].flatMap((k) => (said.get(k) ? [[k, said.get(k)]] : []))
  return { code: said.get('code') ?? '', ...Object.fromEntries(more) as object }
}

/** Would a shop at this address be one of the sandbox? As the server judges (platforms/demo.py). */
export const practice = (base: string): boolean => /^http:\/\/(127\.0\.0\.1|localhost):/.test(base.trim())

/** Can a platform's page send a browser here from anywhere? */
export const reachable = (url: string): boolean => /^https:\/\//.test(url) && !/^https:\/\/(127\.|localhost|10\.|192\.168\.)/.test(url)

/** Days of China as yyyy-mm-dd: so many before the day of `now`. */
export const dayBefore = (now: number, days: number): string => new Date(now + 8 * 3_600_000 - days * DAY).toISOString().slice(0, 10)

/** The day that a back-fill reads now, or read last. */
export const dayOf = (b: Pick<Backfill, 'day_from' | 'done' | 'of'>): string =>
  new Date(Date.parse(b.day_from) + Math.min(b.done, b.of - 1) * DAY).toISOString().slice(0, 10)

/** What of a number typed is wrong; '' = nothing, and an empty field is "as usual". */
export function numberFlaw(text: string, least: number, most: number, whole = true): 'number' | 'range' | '' {
  if (text.trim() === '') return ''
  const n = Number(text)
  if (!Number.isFinite(n) || (whole && !Number.isInteger(n))) return 'number'
  return n < least || n > most ? 'range' : ''
}
