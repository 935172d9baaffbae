import { beforeEach, describe, expect, it } from 'vitest'
import { CHECKLISTS } from './checklists'
import { COMMON, OWN, RARE, textOf, valueOf } from './shops-own'
import { draft, dropDraft, keepDraft, keepStep, stepOf } from './shops-draft'
import { LOOK, consentOf, dayBefore, dayOf, lag, numberFlaw, practice, reachable, standing, TODO, type FullShop, type Powers } from './shops-rules'

const NOW = Date.parse('2026-11-25T04:00:00Z')
const ago = (s: number): string => new Date(NOW - s * 1000).toISOString()
const POWERS: Powers = {
  refresh: true, parts: 'none', placed: true, remark: true, listings: true, stock_set: true, stock_add: false, stock_add_once: false, reveal: true, refunds: true, messages: false, webhook: false,
}
const shop = (change: Partial<FullShop> = {}): FullShop => ({
  id: 's', platform: 'jd', name: '店', state: 'on', last_pull_at: ago(5), watermark: ago(65), orders_today: 1, error: '',
  external_id: '1', app_key: 'k', authorised: true, access_until: ago(-86_400 * 20), refresh_until: ago(-86_400 * 20), resting_until: null, broken: false,
  every_s: 60, next_pull_at: ago(-55), progress: null, backfill: null, waiting: 0, refunds_asked: 0, refunds_open: 0, powers: POWERS, settings: {}, demo: false, listings: { at: null, state: '', seen: 0, error: '' }, ...change,
})

describe('how a shop stands', () => {
  it.each<[string, Partial<FullShop>]>([
    ['on', {}],
    ['new', { state: 'new', last_pull_at: null }],
    ['off', { state: 'off', error: '旧的错' }],
    ['lost', { state: 'needs_auth', error: '授权已失效' }],
    ['broken', { resting_until: ago(-60), broken: true, error: '没有响应' }],
    ['limited', { resting_until: ago(-60), error: '调用过于频繁' }],
    ['troubled', { error: '没有权限' }],
    ['expiring', { refresh_until: ago(-86_400 * 6) }],
    ['first', { last_pull_at: null }],
    ['late', { watermark: ago(1000) }],
  ])('%s', (word, change) => {
    expect(standing(shop(change), NOW)).toBe(word)
    expect(Object.keys(LOOK)).toContain(word)
    expect(Object.keys(TODO)).toContain(word)
  })

  it('a rest that is over is none, and a long pull that comes forward is not late', () => {
    expect(standing(shop({ resting_until: ago(1), broken: true }), NOW)).toBe('on')
    expect(standing(shop({ watermark: ago(90_000), progress: { done: 1, of: 9, orders: 5 } }), NOW)).toBe('on')
  })

  it('where tokens cannot be renewed the access token counts', () => {
    const soon = { access_until: ago(-3600), refresh_until: ago(-86_400 * 20) }
    expect(standing(shop(soon), NOW)).toBe('on')
    expect(standing(shop({ ...soon, powers: { ...POWERS, refresh: false } }), NOW)).toBe('expiring')
    expect(standing(shop({ access_until: null, refresh_until: null }), NOW)).toBe('on')
  })

  it('knows how far behind it is', () => {
    expect(lag(shop(), NOW)).toBe(65_000)
    expect(lag(shop({ watermark: null }), NOW)).toBe(0)
  })
})

describe('what the owner brings back', () => {
  it.each([
    ['abc123', { code: 'abc123' }],
    ['  abc123\n', { code: 'abc123' }],
    ['https://hub.example/hooks/consent?code=a%2Bb&state=w', { code: 'a+b' }],
    ['code=x&shop_id=77', { code: 'x', shop_id: '77' }],
    ['http://h/hooks/consent/w?code=x&main_account_id=5#/shops', { code: 'x', main_account_id: '5' }],
    ['https://h/?state=w', { code: 'https://h/?state=w' }],
  ])('%s', (pasted, out) => { expect(consentOf(pasted)).toEqual(out) })
})

it('knows a practice shop, and an address that platforms can reach', () => {
  expect(practice(' http://127.0.0.1:8721/jd')).toBe(true)
  expect(practice('')).toBe(false)
  expect(practice('https://127.0.0.1.example.com')).toBe(false)
  expect(reachable('https://hub.example.com/hooks/consent')).toBe(true)
  expect(reachable('http://hub.example.com')).toBe(false)
  expect(reachable('https://192.168.1.4')).toBe(false)
})

it('counts days as China does', () => {
  expect(dayBefore(Date.parse('2026-11-25T17:00:00Z'), 0)).toBe('2026-11-26')
  expect(dayBefore(Date.parse('2026-11-25T15:59:00Z'), 7)).toBe('2026-11-18')
  expect(dayOf({ day_from: '2026-11-28', done: 2, of: 4 })).toBe('2026-11-30')
  expect(dayOf({ day_from: '2026-11-28', done: 4, of: 4 })).toBe('2026-12-01')
})

it('says what is wrong with a number', () => {
  expect([numberFlaw('', 5, 60), numberFlaw('5', 5, 60), numberFlaw('4', 5, 60), numberFlaw('6.5', 5, 60), numberFlaw('6.5', 5, 60, false), numberFlaw('x', 5, 60)]).toEqual(['', '', 'range', 'number', '', 'number'])
})

describe('leaving and coming back', () => {
  beforeEach(() => localStorage.clear())
  it('keeps what was typed, and the step of each shop', () => {
    keepDraft('jd', { name: '一号店' })
    keepDraft('jd', { ticks: ['app'] })
    expect(draft()).toMatchObject({ platform: 'jd', name: '一号店', ticks: ['app'] })
    keepDraft('taobao', {})
    expect(draft()).toMatchObject({ platform: 'taobao', name: '', ticks: [] })
    dropDraft()
    expect(draft().platform).toBe('')
    keepStep('a', 'test')
    keepStep('b', 'options')
    expect([stepOf('a'), stepOf('b'), stepOf('c')]).toEqual(['test', 'options', ''])
    keepStep('a', 'done')
    expect([stepOf('a'), stepOf('b')]).toEqual(['', 'options'])
  })
  it('bears nonsense', () => {
    localStorage.setItem('zhongshu.shop.draft', '{')
    localStorage.setItem('zhongshu.shop.at', '{"a":"nowhere"}')
    expect(draft().platform).toBe('')
    expect(stepOf('a')).toBe('')
  })
})

describe.each(Object.entries(CHECKLISTS))('the checklist of %s', (_code, list) => {
  it('has both languages, and no item twice', () => {
    const items = list.parts.flatMap((p) => p.items)
    expect(new Set(items.map((i) => i.id)).size).toBe(items.length)
    for (const [zh, en] of [list.short, list.who, ...list.parts.map((p) => p.title), ...items.map((i) => i.text), ...list.forbids]) {
      expect(zh).toMatch(/[\u4e00-\u9fff]/)
      expect(en).not.toMatch(/[\u4e00-\u9fff]/)
      expect(en.length).toBeGreaterThan(3)
    }
  })
})

describe('options as text and back', () => {
  const fields = [...COMMON, ...RARE, ...Object.values(OWN).flat()]
  it('keeps what it was given', () => {
    for (const [kind, value] of [['whole', 60], ['number', 0.5], ['text', 'a'], ['yes', false], ['pairs', { SF: '505', ZTO: '500' }]] as const) {
      const field = fields.find((f) => f.kind === kind)
      expect(field && valueOf(field, textOf(field, value))).toEqual(value)
      expect(field && textOf(field, undefined)).toBe('')
      expect(field && valueOf(field, ' ')).toBeUndefined()
    }
  })
  it('has no field twice', () => {
    for (const own of Object.values(OWN)) expect(new Set(own.map((f) => f.key)).size).toBe(own.length)
  })
})
