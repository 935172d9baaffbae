// Numbers, money, times and ids as people read them. Pure; nothing here knows the present but by argument.
import { t } from '../app/i18n'

const EXPONENT: Record<string, number> = { VND: 0, JPY: 0, KRW: 0, CLP: 0, KWD: 3 }
const SIGN: Record<string, string> = {
  CNY: '¥', USD: 'US$', SGD: 'S$', MYR: 'RM', THB: '฿', PHP: '₱', VND: '₫', IDR: 'Rp', TWD: 'NT$', BRL: 'R$', JPY: 'JP¥',
}

/** 12381 → 12,381. Unknown is a dash, never 0. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  const [whole = '', part] = String(Math.abs(value)).split('.')
  return (value < 0 ? '−' : '') + whole.replace(/\B(?=(\d{3})+$)/g, ',') + (part ? '.' + part : '')
}

/** Integer minor units and an ISO code: (129900, 'CNY') → ¥1,299.00. No floating point on the way. */
export function money(minor: number | null | undefined, currency: string): string {
  if (minor === null || minor === undefined || !Number.isFinite(minor)) return '–'
  const digits = EXPONENT[currency] ?? 2
  const all = String(Math.abs(Math.trunc(minor))).padStart(digits + 1, '0')
  const whole = all.slice(0, all.length - digits).replace(/\B(?=(\d{3})+$)/g, ',')
  const sign = SIGN[currency] ?? (currency ? currency + ' ' : '')
  return (minor < 0 ? '−' : '') + sign + whole + (digits ? '.' + all.slice(all.length - digits) : '')
}

function parts(at: number, zone: string): Record<string, string> {
  const out: Record<string, string> = {}
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
  })
  for (const p of format.formatToParts(at)) out[p.type] = p.value
  if (out['hour'] === '24') out['hour'] = '00' // older engines say 24 for midnight
  return out
}

export const SHOP_ZONE = 'Asia/Shanghai'

/** 2026-11-25 09:30:05, in the shop's zone. */
export function absolute(at: number, zone = SHOP_ZONE): string {
  const p = parts(at, zone)
  return `${p['year']}-${p['month']}-${p['day']} ${p['hour']}:${p['minute']}:${p['second']}`
}

/** Fresh times as a distance, older ones as clock or date; the same text for a minute or longer after the first. */
export function relative(at: number, now: number, zone = SHOP_ZONE): string {
  const s = Math.round((now - at) / 1000)
  if (s < -60) return t('{time}后', { time: duration(-s) })
  if (s < 10) return t('刚刚')
  if (s < 60) return t('{n} 秒前', { n: s })
  if (s < 3600) return t('{n} 分钟前', { n: Math.floor(s / 60) })
  if (s < 6 * 3600) return t('{n} 小时前', { n: Math.floor(s / 3600) })
  const a = parts(at, zone)
  const b = parts(now, zone)
  const y = parts(now - 86_400_000, zone)
  const clock = `${a['hour']}:${a['minute']}`
  const sameDay = (o: Record<string, string>) => a['day'] === o['day'] && a['month'] === o['month'] && a['year'] === o['year']
  if (sameDay(b)) return clock
  if (sameDay(y)) return t('昨天 {time}', { time: clock })
  const date = `${a['month']}-${a['day']}`
  return a['year'] === b['year'] ? `${date} ${clock}` : `${a['year']}-${date}`
}

/** A span of time in seconds, two units at most. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('{n} 秒', { n: s })
  const minutes = Math.round(s / 60)
  if (minutes < 60) return t('{n} 分钟', { n: minutes })
  const h = Math.floor(minutes / 60)
  const m = minutes % 60
  if (h < 24) return m ? t('{h} 小时 {m} 分', { h, m }) : t('{n} 小时', { n: h })
  const d = Math.floor(h / 24)
  return h % 24 ? t('{d} 天 {h} 小时', { d, h: h % 24 }) : t('{n} 天', { n: d })
}

/** Groups of four from the right for bare digits (4821 0973 5512); ids with their own dashes stay as they are. */
export function grouped(id: string): string {
  if (!/^\d{9,}$/.test(id)) return id
  return id.replace(/\B(?=(\d{4})+$)/g, '\u2009')
}

/** A variant as shops write it, colour;size, with its parts apart: 白色 / M. */
export const spec = (variant: string): string => variant.split(/\s*[;\uff1b]\s*/).filter((part) => part && !/[:\uff1a]$/.test(part)).join(' / ')

/** Epoch ms of an ISO text; null for none or nonsense. */
export function moment(iso: string | null | undefined): number | null {
  if (!iso) return null
  const at = Date.parse(iso)
  return Number.isNaN(at) ? null : at
}

/** Two letters or one character for an avatar. */
export function initials(name: string): string {
  const clean = name.trim()
  if (!clean) return '?'
  const latin = /^[\w .'-]+$/.test(clean)
  if (!latin) return clean.slice(-2)
  return clean.split(/\s+/).slice(0, 2).map((w) => w.charAt(0).toUpperCase()).join('')
}

/** How close to its due time: fresh, then amber in the last third, red when over. */
export function urgency(openedAt: number, dueAt: number | null, now: number): 'fresh' | 'soon' | 'over' {
  if (dueAt === null) return 'fresh'
  if (now >= dueAt) return 'over'
  return now >= dueAt - (dueAt - openedAt) / 3 ? 'soon' : 'fresh'
}

