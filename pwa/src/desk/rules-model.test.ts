import { expect, it } from 'vitest'
import { carried, changes, lacking, pathFor, turned, wrongIn, written, type Form, type Rule, type Target } from './rules-model'

const target = (name: string, kind: string, more: Partial<Target> = {}): Target => ({ name, zh: `字段${name}`, kind, line: false, required: false, choices: [], field: name, ...more })
const FORM: Form = {
  targets: [target('state', 'choice', { required: true, choices: ['paid', 'shipped'] }), target('locked', 'flag'), target('goods', 'money', { required: true }), target('region', 'region'), target('balance', 'balance'),
    target('line.title', 'text', { line: true, field: 'title' })],
  ops: ['in', 'set'], with_values: ['in'], steps: ['sum', 'fen', 'list', 'upper', 'before_dash', 'map'], personal: ['receiver_name'],
}
const STATE: Rule = { name: 'state', to: 'state', from: ['status'], transform: [{ map: { A: 'paid' } }] }
const TITLE: Rule = { name: 'title', to: 'line.title', from: ['title'] }
const wrong = (r: Rule, all: Rule[] = [r]) => wrongIn(r, all, FORM).map((w) => `${w.part} ${w.text}`).join('\n')

it('finds nothing wrong with good rules', () => {
  for (const r of [STATE, TITLE, { name: 'g', to: 'goods', from: ['a', '-b', '@lines'], transform: ['sum'] as const }, { name: 'l', to: 'locked', when: [{ field: 'x', op: 'set' as const }], default: true }, { name: 'r', to: 'region', from: ['p', 'c'], transform: ['list'] as const }]) {
    expect(wrong(r as Rule)).toBe('')
  }
})

it('says in words what is wrong, and where', () => {
  const cases: [Rule, string][] = [
    [{ ...TITLE, name: ' ' }, 'name 给这条规则起个名字'],
    [{ ...TITLE, to: 'nothing' }, 'to 请选一个目标字段'],
    [{ ...TITLE, from: [''] }, 'from 填一个来源字段'],
    [{ ...TITLE, from: ['a.receiver_name'] }, 'from a.receiver_name'.replace('a.', '') + ' 是买家隐私'],
    [{ ...TITLE, from: ['lines.title'] }, 'from 这是整张订单的字段'],
    [{ ...TITLE, from: ['-title'] }, 'from 减号'],
    [{ ...TITLE, from: [] }, 'from 要么取一个来源字段'],
    [{ ...TITLE, when: [{ field: 'x', op: 'in', values: [''] }] }, 'when 写上要比较的值'],
    [{ ...STATE, transform: [] }, 'transform 这个字段只能取固定的几个值'],
    [{ ...STATE, transform: [{ map: { A: 'paid', B: '' } }] }, 'transform 对照表里“B”'],
    [{ ...STATE, default: 'gone' }, 'default 默认值不适合'],
    [{ name: 'g', to: 'goods', from: ['a'], transform: ['sum', 'before_dash'] }, 'transform 相加的是金额'],
    [{ name: 'b', to: 'balance', from: ['a'] }, 'transform 金额核对总是相加'],
    [{ name: 'r', to: 'region', from: ['a'] }, 'transform 地区要按'],
    [{ ...TITLE, transform: ['sum'] }, 'transform “相加”不适合'],
  ]
  for (const [r, text] of cases) expect(wrong(r)).toContain(text)
  expect(wrong(TITLE, [TITLE, { ...STATE, name: 'title' }])).toContain('已有一条规则叫这个名字')
  expect(wrongIn({ ...TITLE, from: ['title', ''] }, [], FORM)[0]).toMatchObject({ part: 'from', at: 1 })
  expect(lacking([STATE], FORM).map((x) => x.name)).toEqual(['goods'])
})

it('puts steps in the order in which they are done', () => {
  expect(turned({ ...STATE }, 'before_dash', true)).toEqual(['before_dash', { map: { A: 'paid' } }])
  expect(turned({ name: '', to: '', transform: ['fen'] }, 'sum', true)).toEqual(['sum', 'fen'])
  expect(turned({ ...STATE }, 'map', false)).toEqual([])
})

it('makes of a raw field the path that a rule of this target reads', () => {
  const [order, line] = [FORM.targets[0], FORM.targets[5]]
  expect(pathFor(order, 'order', ['a', 'b'])).toBe('a.b')
  expect(pathFor(order, 'line', ['title'])).toBe('lines.title')
  expect(pathFor(line, 'line', ['title'])).toBe('title')
  expect(() => pathFor(line, 'order', ['a'])).toThrow('明细')
  expect(() => pathFor(order, 'line', ['a', 'b'])).toThrow('第一层')
})

it('tells in words what changed', () => {
  expect(changes([STATE, TITLE], [STATE, TITLE], FORM)).toEqual([])
  const told = changes([STATE, TITLE], [{ ...STATE, transform: [{ map: { A: 'paid', B: 'shipped' } }] }, { ...TITLE, from: ['name'] }], FORM)
  expect(told.map((x) => x.text)).toEqual([['对照表“B” 空 → 已发货'], ['取自 title → name']])
  expect(changes([TITLE], [{ ...TITLE, name: 'other' }], FORM)[0]?.text[0]).toContain('改名')
  expect(changes([TITLE], [], FORM)[0]).toMatchObject({ kind: 'removed', rule: 'title' })
  const two = { ...TITLE, name: 'second' }
  expect(changes([TITLE, two], [two, TITLE], FORM)).toEqual([{ kind: 'moved', rule: '明细 · 字段line.title', text: ['先后改为：second、title'] }])
  expect(changes([STATE, TITLE], [TITLE, STATE], FORM), 'among different targets the order means nothing').toEqual([])
})

it('carries changes over to what others have made of it, and names what both changed', () => {
  const mine = { ...TITLE, from: ['mine'] }
  const added = { ...TITLE, name: 'added' }
  const theirs = { ...STATE, from: ['theirs'] }
  expect(carried([STATE, TITLE], [STATE, mine, added], [theirs, TITLE])).toEqual({ rules: [theirs, mine, added], torn: [] })
  expect(carried([TITLE], [mine], [{ ...TITLE, from: ['theirs'] }])).toEqual({ rules: [mine], torn: ['title'] })
  expect(carried([STATE, TITLE], [STATE], [STATE, TITLE]).rules, 'what I removed stays removed').toEqual([STATE])
  expect(carried([STATE, TITLE], [STATE, mine], [STATE]), 'what they removed and I changed').toEqual({ rules: [STATE, mine], torn: ['title'] })
})

it('writes equal rules as equal texts', () => {
  expect(written([{ name: 'a ', to: 'x', when: [], from: ['p'], transform: [] }])).toBe(written([{ name: 'a', to: 'x', from: ['p'] }]))
})

it('has nothing against the rules as delivered', () => {
  const kinds: Record<string, string> = {
    currency: 'currency', balance: 'balance', state: 'choice', refund: 'choice', risk: 'flag', locked: 'flag', self_fulfilled: 'flag', placed_at: 'time', paid_at: 'time', modified: 'time',
    goods: 'money', discount: 'money', freight: 'money', total: 'money', region: 'region', 'line.title': 'text', 'line.spec': 'text', 'line.outer_code': 'text', 'line.item': 'id', 'line.sku': 'id',
    'line.qty': 'qty', 'line.unit': 'money', 'line.paid': 'money', 'line.paid_each': 'money', 'line.refund': 'choice', 'line.gift': 'flag',
  }
  const choices = ['unpaid', 'paid', 'shipped', 'completed', 'cancelled', 'none', 'asked', 'done']
  const form: Form = { ...FORM, targets: Object.keys(kinds).map((n) => target(n, kinds[n] ?? '', { line: n.startsWith('line.'), choices })), with_values: ['in', 'not_in', 'starts'] }
  const files = import.meta.glob<{ rules: Rule[] }>('../../../server/rulebook/defaults/*.json', { eager: true })
  expect(Object.keys(files).length).toBeGreaterThanOrEqual(5)
  for (const f of Object.keys(files)) {
    const rules = files[f]?.rules ?? []
    expect(rules.length).toBeGreaterThan(5)
    expect(rules.flatMap((r) => wrongIn(r, rules, form).map((w) => `${r.name}: ${w.text}`)), f).toEqual([])
  }
})
