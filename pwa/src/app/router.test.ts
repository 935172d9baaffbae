import { expect, it } from 'vitest'
import { href, inside, parse } from './router'

it('reads path and query of a hash', () => {
  expect(parse('#/orders/ab%2Fc?state=paid&q=%E7%BA%A2')).toEqual({ path: ['orders', 'ab/c'], query: { state: 'paid', q: '红' } })
  expect(parse('')).toEqual({ path: [], query: {} })
  expect(parse('#/tasks?kind=')).toEqual({ path: ['tasks'], query: {} })
})

it('survives a hand-typed percent sign', () => {
  expect(parse('#/orders/50%')).toEqual({ path: ['orders', '50%'], query: {} })
})

it('writes the same address for the same route, and reads it back', () => {
  const link = href(['orders', 'x y'], { state: 'paid', after: '2026-11-25T01:02:03+00:00~id', hold: '', shop: undefined })
  expect(link).toBe(href(['orders', 'x y'], { after: '2026-11-25T01:02:03+00:00~id', state: 'paid' }))
  expect(parse(link)).toEqual({ path: ['orders', 'x y'], query: { state: 'paid', after: '2026-11-25T01:02:03+00:00~id' } })
})

it('leads from what the server writes to a place in the page, not to another page', () => {
  expect(inside('/tasks?kind=dead_job')).toBe('#/tasks?kind=dead_job')
  expect(inside('/orders/0193')).toBe('#/orders/0193')
})
