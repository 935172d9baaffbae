import { describe, expect, it } from 'vitest'
import { absolute, duration, grouped, initials, moment, money, number, relative, spec, urgency } from './format'

describe('numbers', () => {
  it('groups thousands and never shows 0 for unknown', () => {
    expect(number(12381)).toBe('12,381')
    expect(number(0)).toBe('0')
    expect(number(-1234.5)).toBe('−1,234.5')
    expect(number(null)).toBe('–')
    expect(number(undefined)).toBe('–')
    expect(number(Number.NaN)).toBe('–')
  })
  it('shows money by its currency, from minor units', () => {
    expect(money(129900, 'CNY')).toBe('¥1,299.00')
    expect(money(5, 'CNY')).toBe('¥0.05')
    expect(money(-250, 'SGD')).toBe('−S$2.50')
    expect(money(1250000, 'VND')).toBe('₫1,250,000')
    expect(money(123456, 'XYZ')).toBe('XYZ 1,234.56')
    expect(money(null, 'CNY')).toBe('–')
  })
})

describe('times', () => {
  const now = Date.parse('2026-11-25T04:00:00Z') // 12:00 in Shanghai
  const ago = (s: number) => relative(now - s * 1000, now)
  it('is a distance while fresh, then a clock, then a date', () => {
    expect(ago(2)).toBe('刚刚')
    expect(ago(30)).toBe('30 秒前')
    expect(ago(5 * 60)).toBe('5 分钟前')
    expect(ago(3 * 3600)).toBe('3 小时前')
    expect(ago(10 * 3600)).toBe('02:00')
    expect(ago(20 * 3600)).toBe('昨天 16:00')
    expect(ago(5 * 86400)).toBe('11-20 12:00')
    expect(ago(400 * 86400)).toBe('2025-10-21')
  })
  it('says when a time is still to come, and forgives a clock that is a little off', () => {
    expect(ago(-30)).toBe('刚刚')
    expect(ago(-7200)).toBe('2 小时后')
  })
  it('is absolute in the zone of the shop', () => {
    expect(absolute(Date.parse('2026-11-24T16:00:05Z'))).toBe('2026-11-25 00:00:05')
  })
  it('has spans of two units at most', () => {
    expect(duration(42)).toBe('42 秒')
    expect(duration(3540)).toBe('59 分钟')
    expect(duration(7260)).toBe('2 小时 1 分')
    expect(duration(7200)).toBe('2 小时')
    expect(duration(90000)).toBe('1 天 1 小时')
  })
  it('reads moments, or says that there is none', () => {
    expect(moment('2026-11-25T04:00:00Z')).toBe(now)
    expect(moment('')).toBeNull()
    expect(moment(null)).toBeNull()
    expect(moment('soon')).toBeNull()
  })
  it('turns amber in the last third and red when due', () => {
    expect(urgency(0, 900, 500)).toBe('fresh')
    expect(urgency(0, 900, 600)).toBe('soon')
    expect(urgency(0, 900, 900)).toBe('over')
    expect(urgency(0, null, 1e9)).toBe('fresh')
  })
})

it('groups long bare digits only', () => {
  expect(grouped('482109735512')).toBe('4821\u20090973\u20095512')
  expect(grouped('ZS-26-000123')).toBe('ZS-26-000123')
  expect(grouped('12345678')).toBe('12345678')
})

it('makes initials of Chinese and Latin names', () => {
  expect(initials('王小明')).toBe('小明')
  expect(initials('Ann Lee')).toBe('AL')
  expect(initials('')).toBe('?')
})

describe('spec', () => {
  it('sets the parts of a variant apart', () => {
    expect([spec('白色;M'), spec('白色； M'), spec('白色'), spec(''), spec('红;'), spec('规格:'), spec('颜色:红;尺码:')]).toEqual(['白色 / M', '白色 / M', '白色', '', '红', '', '颜色:红'])
  })
})
