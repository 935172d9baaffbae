import { expect, it } from 'vitest'
import { session, type Role } from '../app/session'
import { details } from './lexicon'
import { mayNot } from './may'
import { holdReason, question, releaseReason } from './order-rules'
import type { Task } from './types'

const as = (role: Role) => { session.value = { person: { id: 'p', name: '某人', role }, demo: false, version: '', unread: 0, warehouse: null, offline: false } }
const hold = (reason: string, detail: Record<string, unknown> = { releasable: true }): Task => ({
  id: 't', kind: 'hold', subject_kind: 'order', subject_id: 'o', order_no: 'ZS-1', reason, title: '', action: '', detail, owner: '', order_id: 'o', closed_by: '', opened_at: '', due_at: null, closed_at: null, outcome: '',
})

it('says why an order may not be held', () => {
  as('service')
  expect(holdReason({ ladder: 'paid', facts: {}, tasks: [] })).toBe('')
  expect(holdReason({ ladder: 'paid', facts: { handed_over: '2026-11-25T00:00:00Z' }, tasks: [] })).toContain('已出库')
  expect(holdReason({ ladder: 'cancelled', facts: {}, tasks: [] })).toContain('已取消')
  expect(holdReason({ ladder: 'paid', facts: {}, tasks: [hold('manual')] })).toContain('已经')
  as('finance')
  expect(holdReason({ ladder: 'paid', facts: {}, tasks: [] })).not.toBe('')
})

it('releases only what a person may release', () => {
  as('service')
  expect(releaseReason(hold('buyer_note'))).toBe('')
  expect(releaseReason(hold('sku_unmatched', { releasable: false }))).toContain('匹配')
  expect(releaseReason(hold('platform_locked', { releasable: false }))).toContain('平台')
})

it('knows what each role may do', () => {
  as('service')
  expect(mayNot('wave')).toBe('')
  as('stock')
  expect(mayNot('match')).toBe('')
  expect(mayNot('hold')).not.toBe('')
  expect(mayNot('note')).not.toBe('')
  as('finance')
  expect(mayNot('wave')).not.toBe('')
})

it('asks the list for what the address says, and encodes the cursor', () => {
  const ask = question({ state: 'held', after: '2026-11-25T01:02:03+00:00~id', page: '2' })
  expect(ask).toContain('state=held')
  expect(ask).toContain('%2B00%3A00')
  expect(ask).not.toContain('page=')
})

it('shows known values in words, keeps ids of the machine out, and does not say a thing twice', () => {
  expect(details({ hold: 'buyer_note', outcome: 'released' })).toBe('原因 买家留言 · 结果 已放行')
  expect(details({ sku: '0198a3b0-1111-7222-8333-444455556666', wanted: 3, fingerprint: 'x' })).toBe('需要 3')
  expect(details({ waybill_no: 'SLX1', carrier: 'SLX' }, '取得面单号 SLX1')).toBe('')
  expect(details({ kind: 'hold', lines: [{ a: 1 }] })).toBe('类型 挂起')
  expect(details({})).toBe('')
})

it('does not repeat in words what the sentence has said in words', () => {
  expect(details({ outcome: 'released', kind: 'hold' }, '任务结束(已放行)')).toBe('类型 挂起')
})
