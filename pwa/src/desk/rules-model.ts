// Mapping rules as the editor holds them: what is wrong with one, what changed between two, paths. No Preact here.
import { t } from './rules-words'

export type Op = 'in' | 'not_in' | 'starts' | 'set' | 'unset' | 'nonzero' | 'zero'
export type Step = 'sum' | 'fen' | 'list' | 'upper' | 'before_dash'
export type Table = { map: Record<string, string | boolean> }
export interface Condition { field: string; op: Op; values?: string[] }
export interface Rule { name: string; to: string; when?: Condition[]; from?: string[]; transform?: (Step | Table)[]; default?: string | number | boolean }
export interface Target { name: string; zh: string; kind: string; line: boolean; required: boolean; choices: string[]; field: string }
export interface Form { targets: Target[]; ops: Op[]; with_values: Op[]; steps: (Step | 'map')[]; personal: string[] }
export interface Version {
  version: number; base: number; same_as: number | null; author: string; reason: string
  created_at: string | null; applied_at: string | null; applied_by: string
}
export interface Run {
  id: string; kind: 'preview' | 'replay'; version: number; state: 'running' | 'done' | 'cancelled' | 'failed'
  total: number; seen: number; changed: number; counts: Record<string, number>; person: string; made_at: string; ended_at: string | null
}
export interface RulesPage { platform: string; in_force: number; versions: Version[]; runs: Run[] }
export type Value = string | number | boolean | string[] | null
export interface Source { path?: string; rule?: string; version?: string }
export type Stays = '' | 'handed_over' | 'completed' | 'cancelled' | 'newer'
export interface Change {
  raw: string; external_id: string; order_id: string | null; order_no: string; stays: Stays; deeds: string[]
  fields: Record<string, [Value, Value, Source]>
}
export type Kinds = Record<string, Partial<Record<'filled' | 'emptied' | 'changed', number>>>
export interface RunPage { run: Run; rows: Change[]; after: string; kinds: Kinds; kept: number }
export interface RawRow { id: string; external_id: string; shop_name: string; received_at: string; order_id: string; order_no: string; stays: Stays }
export interface Field { field: string; line: number; value: Value; was: Value; path: string; rule: string; version: string }
export interface Look {
  raw: string; external_id: string; received_at: string; order_id: string | null; order_no: string; stays: Stays; currency: string
  order: Record<string, unknown>; lines: Record<string, unknown>[]; fields: Field[]; holds: string[]
  deeds: { kind: string; text: string; who: string; at: string }[]
}

/** The form as the server writes it: what is empty is left out. Equal rules are equal texts. */
export function tidy(r: Rule): Rule {
  const out: Rule = { name: r.name.trim(), to: r.to }
  if (r.when?.length) out.when = r.when.map((c) => (c.values?.length ? { field: c.field.trim(), op: c.op, values: c.values } : { field: c.field.trim(), op: c.op }))
  if (r.from?.length) out.from = r.from.map((p) => p.trim())
  if (r.transform?.length) out.transform = r.transform
  if (r.default !== undefined) out.default = r.default
  return out
}
export const written = (rules: readonly Rule[]): string => JSON.stringify(rules.map(tidy))
export const same = (a: readonly Rule[], b: readonly Rule[]): boolean => written(a) === written(b)

export const tableOf = (r: Rule): Table | undefined => r.transform?.find((s): s is Table => typeof s === 'object')
export const has = (r: Rule, step: Step): boolean => Boolean(r.transform?.includes(step))
const ORDER: readonly string[] = ['sum', 'fen', 'list', 'before_dash', 'upper']
const place = (s: Step | Table): number => (typeof s === 'object' ? ORDER.length : ORDER.indexOf(s))

/** The steps with this one taken in or out, in the order in which they are done. */
export function turned(r: Rule, step: Step | 'map', on: boolean): (Step | Table)[] {
  const rest = (r.transform ?? []).filter((s) => (step === 'map' ? typeof s !== 'object' : s !== step))
  if (!on) return rest
  const one: Step | Table = step === 'map' ? { map: {} } : step
  const at = rest.findIndex((s) => place(s) > place(one))
  return at < 0 ? [...rest, one] : [...rest.slice(0, at), one, ...rest.slice(at)]
}

/** Which steps have a meaning for a target. */
export function stepsFor(target: Target | undefined, form: Form): (Step | 'map')[] {
  const kind = target?.kind ?? 'text'
  return form.steps.filter((s) =>
    s === 'list' ? kind === 'region'
    : s === 'sum' || s === 'fen' ? kind === 'money' || kind === 'balance'
    : kind !== 'region' && kind !== 'balance')
}

/** Where something is wrong in a rule: the part of it and, in lists, the place. '' is the whole rule. */
export interface Wrong { part: 'name' | 'to' | 'when' | 'from' | 'transform' | 'default' | ''; at: number; text: string }

const bare = (path: string): string => path.trim().replace(/^-+/, '')

/** What is wrong with one rule, in words. Empty: nothing that can be seen here. */
export function wrongIn(r: Rule, all: readonly Rule[], form: Form): Wrong[] {
  const out: Wrong[] = []
  const say = (part: Wrong['part'], text: string, at = -1) => { out.push({ part, at, text }) }
  const target = form.targets.find((x) => x.name === r.to)
  const from = r.from ?? []
  if (!r.name.trim()) say('name', t('给这条规则起个名字'))
  else if (all.some((x) => x !== r && x.name.trim() === r.name.trim())) say('name', t('已有一条规则叫这个名字'))
  if (!target) say('to', t('请选一个目标字段'))
  const personal = (path: string) => bare(path).split('.').find((part) => form.personal.includes(part))
  const ofOrder = (path: string) => Boolean(target?.line) && /^(lines\.|@)/.test(bare(path))
  const path = (part: 'when' | 'from', value: string, at: number) => {
    const hidden = personal(value)
    if (!bare(value)) say(part, t('填一个来源字段，或删掉这一行'), at)
    else if (hidden) say(part, t('{field} 是买家隐私，规则不能读', { field: hidden }), at)
    else if (ofOrder(value)) say(part, t('这是整张订单的字段，明细规则里不能用'), at)
    else if (/^@/.test(bare(value)) && !['@lines', '@paid'].includes(bare(value))) say(part, t('合计只有 @lines 和 @paid 两种'), at)
    else if (part === 'from' && /^[-@]/.test(value.trim()) && !has(r, 'sum')) say(part, t('减号和 @ 只有在“相加”时才有意义'), at)
  }
  r.when?.forEach((c, i) => {
    path('when', c.field, i)
    if (form.with_values.includes(c.op) && !(c.values ?? []).some((v) => v !== '')) say('when', t('写上要比较的值，一行一个'), i)
  })
  from.forEach((p, i) => path('from', p, i))
  if (!from.length && r.default === undefined) say('from', t('要么取一个来源字段，要么给默认值'))
  if (!target) return out
  const table = tableOf(r)
  if (target.kind === 'choice' && from.length && !table) say('transform', t('这个字段只能取固定的几个值，需要一张对照表'))
  if (target.kind === 'balance' && !has(r, 'sum')) say('transform', t('金额核对总是相加，结果应为 0'))
  if (target.kind === 'region' && !has(r, 'list')) say('transform', t('地区要按省、市、区的顺序逐级取'))
  if (has(r, 'list') && (r.transform ?? []).length > 1) say('transform', t('逐级取不能和别的转换一起用'))
  if (has(r, 'sum') && (table || has(r, 'before_dash'))) say('transform', t('相加的是金额，不能再查对照表或取横线前'))
  for (const step of r.transform ?? []) {
    const kind = typeof step === 'object' ? 'map' : step
    if (!stepsFor(target, form).includes(kind) && !(kind === 'list' && target.kind === 'region')) say('transform', t('“{step}”不适合这个字段', { step: stepWord(kind) }))
  }
  if (table) {
    const bad = Object.keys(table.map).find((k) => !fits(target, table.map[k]))
    if (bad !== undefined) say('transform', t('对照表里“{value}”这一行的结果还没选好', { value: bad }))
  }
  if (r.default !== undefined) {
    if (target.kind === 'balance') say('default', t('金额核对没有默认值'))
    else if (!fits(target, r.default)) say('default', t('默认值不适合这个字段'))
  }
  return out
}

function fits(target: Target, value: unknown): boolean {
  if (target.kind === 'choice') return typeof value === 'string' && target.choices.includes(value)
  if (target.kind === 'flag') return typeof value === 'boolean'
  return true
}

/** Wrong for the whole: fields that every order must have and no rule gives. */
export function lacking(rules: readonly Rule[], form: Form): Target[] {
  return form.targets.filter((x) => x.required && !rules.some((r) => r.to === x.name))
}

/** The path of a leaf as a rule of this target must write it; an Error says why it cannot. */
export function pathFor(target: Target | undefined, where: 'order' | 'line', names: readonly string[]): string {
  const path = names.join('.')
  if (where === 'order') {
    if (target?.line) throw new Error(t('这条是明细规则，请点明细里的字段'))
    return path
  }
  if (target?.line) return path
  if (names.length > 1) throw new Error(t('订单规则只能取明细的第一层字段'))
  return 'lines.' + path
}

export interface Told { kind: 'added' | 'removed' | 'changed' | 'moved'; rule: string; text: string[] }

/** What changed between two lists of rules, by the rules' names, in words. */
export function changes(before: readonly Rule[], after: readonly Rule[], form: Form): Told[] {
  const old = new Map(before.map((r) => [r.name, r]))
  const now = new Map(after.map((r) => [r.name, r]))
  const gone = before.filter((r) => !now.has(r.name))
  const out: Told[] = []
  for (const r of after) {
    let was = old.get(r.name)
    const text: string[] = []
    if (!was) {
      // a rule that differs in nothing but its name was renamed
      const bare = JSON.stringify({ ...tidy(r), name: '' })
      const i = gone.findIndex((g) => JSON.stringify({ ...tidy(g), name: '' }) === bare)
      if (i < 0) { out.push({ kind: 'added', rule: r.name, text: [said(r, form)] }); continue }
      was = gone.splice(i, 1)[0] as Rule
      text.push(t('改名：原来叫“{name}”', { name: was.name }))
    }
    if (was.to !== r.to) text.push(t('目标 {a} → {b}', { a: targetWord(was.to, form), b: targetWord(r.to, form) }))
    const part = (name: string, a: string, b: string) => { if (a !== b) text.push(`${name} ${a || t('无')} → ${b || t('无')}`) }
    part(t('条件'), whenWords(was), whenWords(r))
    part(t('取自'), fromWords(was), fromWords(r))
    part(t('转换'), stepsWords(was), stepsWords(r))
    const [a, b] = [tableOf(was)?.map ?? {}, tableOf(r)?.map ?? {}]
    for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) {
      if (a[k] !== b[k]) text.push(t('对照表“{value}” {a} → {b}', { value: k, a: word(a[k]), b: word(b[k]) }))
    }
    part(t('默认值'), was.default === undefined ? '' : word(was.default), r.default === undefined ? '' : word(r.default))
    if (text.length) out.push({ kind: 'changed', rule: r.name, text })
  }
  for (const r of gone) out.push({ kind: 'removed', rule: r.name, text: [said(r, form)] })
  // of rules of one target the first that applies wins: only there the order means anything
  for (const to of new Set(after.map((r) => r.to))) {
    const kept = (rules: readonly Rule[], others: Map<string, Rule>) => rules.filter((r) => r.to === to && others.get(r.name)?.to === to).map((r) => r.name)
    const [a, b] = [kept(before, now), kept(after, old)]
    if (a.join('\n') !== b.join('\n')) out.push({ kind: 'moved', rule: targetWord(to, form), text: [t('先后改为：{order}', { order: b.join('、') })] })
  }
  return out
}

/** Mine, made over `base`, carried over to what others have made of it. `torn`: rules that both have changed; mine stand. */
export function carried(base: readonly Rule[], mine: readonly Rule[], theirs: readonly Rule[]): { rules: Rule[]; torn: string[] } {
  const text = (r: Rule | undefined) => (r ? JSON.stringify(tidy(r)) : '')
  const by = (rules: readonly Rule[]) => new Map(rules.map((r) => [r.name, r]))
  const [b, m, y] = [by(base), by(mine), by(theirs)]
  const torn: string[] = []
  const rules: Rule[] = []
  for (const r of theirs) {
    const [was, my] = [text(b.get(r.name)), text(m.get(r.name))]
    if (my === was) { rules.push(r); continue }
    if (text(r) !== was && text(r) !== my) torn.push(r.name)
    const kept = m.get(r.name)
    if (kept) rules.push(kept)
  }
  for (const r of mine) {
    if (y.has(r.name)) continue
    if (!b.has(r.name)) rules.push(r)
    else if (text(b.get(r.name)) !== text(r)) { rules.push(r); torn.push(r.name) }
  }
  return { rules, torn }
}

/** A field's name for people: "lines.title" and "lines.<key>.title" alike. */
export function fieldWord(field: string, form: Form): string {
  const line = field.startsWith('lines.')
  const name = line ? field.slice(field.lastIndexOf('.') + 1) : field
  if (name === 'holds') return t('挂起原因')
  if (name === 'sku') return t('货品')
  return form.targets.find((x) => x.field === name && x.line === line)?.zh ?? name
}
export function targetWord(to: string, form: Form): string {
  const x = form.targets.find((one) => one.name === to)
  return x ? (x.line ? t('明细 · {name}', { name: x.zh }) : x.zh) : to
}

const VALUE: Record<string, () => string> = {
  unpaid: () => t('待付款'), paid: () => t('已付款'), shipped: () => t('已发货'), completed: () => t('已完成'), cancelled: () => t('已取消'), unknown: () => t('不明'),
  none: () => t('无退款'), asked: () => t('申请中'), done: () => t('已退'),
}
/** A value of a choice or a flag in words; others as they are. */
export const word = (v: Value | undefined): string =>
  v === undefined || v === null || v === '' ? t('空') : v === true ? t('是') : v === false ? t('否')
  : Array.isArray(v) ? v.filter((x) => x !== '').join(' / ') || t('空') : VALUE[String(v)]?.() ?? String(v)
export const opWord = (op: Op): string => ({
  in: t('是其中之一'), not_in: t('不是其中任何一个'), starts: t('开头是'), set: t('有内容'), unset: t('没有内容'), nonzero: t('不为 0'), zero: t('为 0 或没有'),
}[op] ?? op)
export const stepWord = (s: Step | 'map'): string => ({
  sum: t('相加'), fen: t('原值以分为单位'), list: t('逐级取（省、市、区）'), upper: t('转成大写'), before_dash: t('取横线前的部分'), map: t('查对照表'),
}[s] ?? s)
export const whenWords = (r: Rule): string => (r.when ?? []).map((c) => `${c.field} ${opWord(c.op)}${c.values?.length ? ` ${c.values.join('、')}` : ''}`).join(t('，并且 '))
export const fromWords = (r: Rule): string => (r.from ?? []).join(has(r, 'sum') ? ' + ' : has(r, 'list') ? '、' : t('，没有再取 ')).replace(/\+ -/g, '− ')
const stepsWords = (r: Rule): string => (r.transform ?? []).map((s) => stepWord(typeof s === 'object' ? 'map' : s)).join('、')
/** A whole rule in one line. */
export function said(r: Rule, form: Form): string {
  const parts = [r.when?.length ? t('当 {when}', { when: whenWords(r) }) : '', r.from?.length ? t('取 {from}', { from: fromWords(r) }) : '', stepsWords(r), r.default === undefined ? '' : t('默认 {value}', { value: word(r.default) })]
  return `${targetWord(r.to, form)}：${parts.filter(Boolean).join('，')}`
}

/** Why an order is left as it is when rules change. */
export const STAYS: Record<Exclude<Stays, ''>, () => string> = {
  handed_over: () => t('已出库，保持原样'), completed: () => t('已完成，保持原样'), cancelled: () => t('已取消，保持原样'), newer: () => t('又有新内容，按新内容算'),
}
const DEEDS: Record<string, () => string> = { line_matched: () => t('人工匹配过货品'), order_released: () => t('人工放行过'), order_held: () => t('人工挂起过') }
export const deedWord = (kind: string): string => DEEDS[kind]?.() ?? kind
