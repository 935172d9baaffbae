// What the server says of a task is what a person reads.
import { expect, it } from 'vitest'
import { details } from './lexicon'

it('tells the sentence of a task, and the orders that it is about', () => {
  expect(details({ text: '平台通知过这些订单，却查不到：41001' })).toBe('平台通知过这些订单，却查不到：41001')
  expect(details({ orders: ['ZS-26-000001', 'ZS-26-000002'] })).toContain('ZS-26-000001、ZS-26-000002')
  expect(details({ shop: '演示旗舰店', text: '授权已失效' })).toBe('店铺 演示旗舰店 · 授权已失效')
  expect(details({ code: 'unknown_value', field: 'state', message_zh: '订单状态「X」不认识' })).toContain('不认识')
})
