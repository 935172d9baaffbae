import { expect, it } from 'vitest'
import { alarms } from './alarms'

const task = (kind: string, due: string | null) => ({ kind, due_at: due })
const NOW = Date.parse('2026-11-25T10:00:00Z')

it('counts what waits by the server, not by the rows that were shown', () => {
  const rows = Array.from({ length: 200 }, () => task('hold', '2026-11-25T09:00:00Z'))
  expect(alarms(rows, { hold: 300, intercept: 7, write_back: 2 }, NOW)).toEqual({ stops: 7, lost: 2, late: 200, more: true })
})

it('says how many are late when all are shown', () => {
  const rows = [task('hold', '2026-11-25T09:00:00Z'), task('hold', '2026-11-25T11:00:00Z'), task('shop', null)]
  expect(alarms(rows, { hold: 2, shop: 1 }, NOW)).toEqual({ stops: 0, lost: 0, late: 1, more: false })
})
