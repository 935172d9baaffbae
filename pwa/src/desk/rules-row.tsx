// One rule: a line that tells it, and, opened, its parts: target ← condition, source fields, transforms, default.
import type { ComponentChildren, JSX } from 'preact'
import { Button } from '../ui/button'
import { Badge } from '../ui/show'
import { fromWords, has, opWord, stepWord, stepsFor, tableOf, targetWord, tidy, turned, whenWords, word, type Condition, type Form, type Op, type Rule, type Step, type Table, type Target, type Wrong } from './rules-model'
import { t } from './rules-words'

/** The path field that a click on a raw field fills. */
export interface Slot { part: 'from' | 'when'; at: number }
interface Props {
  i: number; rule: Rule; form: Form; was: Rule | undefined; wrong: readonly Wrong[]
  /** What the server said of it, though nothing wrong is seen here. */
  refused: string
  open: boolean; slot: Slot | null; siblings: readonly Rule[]
  toggle: () => void; put: (r: Rule) => void; remove: () => void; shift: (by: 1 | -1) => void; at: (slot: Slot | null) => void
}

export function RuleForm(p: Props): JSX.Element {
  const { i, rule, form, was, wrong, open } = p
  const differs = !was || JSON.stringify(tidy(was)) !== JSON.stringify(tidy(rule))
  const told = [rule.from?.length ? fromWords(rule) : '', rule.default === undefined ? '' : t('默认 {value}', { value: word(rule.default) }), rule.when?.length ? t('当 {when}', { when: whenWords(rule) }) : ''].filter(Boolean).join(' · ')
  return (
    <div class={'rule' + (open ? ' open' : '')}>
      <button type="button" id={`rule-${i}`} class="rulehead" aria-expanded={open ? 'true' : 'false'} aria-controls={open ? `rule-body-${i}` : undefined} onClick={p.toggle}>
        <span class="line"><b class="clip">{rule.to ? targetWord(rule.to, form) : t('没选目标')}</b><span class="muted small clip fill">{rule.name || t('没有名字')}</span>
          {wrong.length || p.refused ? <Badge icon="alert" tone="bad">{t('要改')}</Badge> : !was ? <Badge icon="check" tone="ok">{t('新增')}</Badge> : differs ? <Badge icon="info" tone="info">{t('改过')}</Badge> : null}</span>
        <span class="small muted clip told">{told}</span>
      </button>
      {open ? <Body {...p} differs={differs} /> : null}
    </div>
  )
}

function Body(p: Props & { differs: boolean }): JSX.Element {
  const { i, rule, form, was, siblings } = p
  const target = form.targets.find((x) => x.name === rule.to)
  const mine = siblings.indexOf(rule)
  const alone = siblings.length < 2 ? t('这个字段只有这一条规则，先后没有区别') : ''
  const of = (part: Wrong['part'], at = -1) => p.wrong.filter((w) => w.part === part && w.at === at)
  const steps = stepsFor(target, form)
  const odd = (rule.transform ?? []).map((s) => (typeof s === 'object' ? 'map' as const : s)).filter((s) => !steps.includes(s))
  const setFrom = (from: string[]) => p.put({ ...rule, from })
  const setWhen = (when: Condition[]) => p.put({ ...rule, when })
  const table = tableOf(rule)
  return (
    <div class="rulebody" id={`rule-body-${i}`}>
      {p.refused ? <p class="bad small" role="alert">{p.refused}</p> : null}
      <Part label={t('名字')} wrong={of('name')} id={`rule-name-${i}`}>
        {(a) => <input {...a} class="input" value={rule.name} maxLength={200} autocomplete="off" onInput={(e) => p.put({ ...rule, name: e.currentTarget.value })} />}
      </Part>
      <Part label={t('目标字段')} wrong={of('to')} id={`rule-to-${i}`}>
        {(a) => (
          <select {...a} class="input" value={rule.to} onChange={(e) => p.put({ ...rule, to: e.currentTarget.value })}>
            <option value="">{t('请选择')}</option>
            {[false, true].map((line) => <optgroup key={String(line)} label={line ? t('明细的字段') : t('订单的字段')}>{form.targets.filter((x) => x.line === line).map((x) => <option key={x.name} value={x.name}>{x.zh}{x.required ? t('（必有）') : ''}</option>)}</optgroup>)}
          </select>)}
      </Part>
      <fieldset class="part"><legend>{t('条件')} <span class="muted small">{rule.when?.length ? t('都满足才用这条') : t('没有条件，总是用')}</span></legend>
        {(rule.when ?? []).map((c, n) => <When key={n} c={c} n={n} i={i} form={form} wrong={of('when', n)} picked={p.slot?.part === 'when' && p.slot.at === n} focus={() => p.at({ part: 'when', at: n })}
          put={(x) => setWhen((rule.when ?? []).map((y, m) => (m === n ? x : y)))} remove={() => setWhen((rule.when ?? []).filter((_, m) => m !== n))} />)}
        <Button size="small" kind="quiet" onClick={() => { setWhen([...(rule.when ?? []), { field: '', op: 'in', values: [] }]); p.at({ part: 'when', at: rule.when?.length ?? 0 }) }}>{t('加一个条件')}</Button>
      </fieldset>
      <fieldset class="part"><legend>{t('取自')} <span class="muted small">{has(rule, 'sum') ? t('全部相加，前面加 - 是减去') : has(rule, 'list') ? t('逐级取，从大到小') : t('从上往下，第一个有内容的')}</span></legend>
        {(rule.from ?? []).map((path, n) => (
          <PathRow key={n} id={`rule-${i}-from-${n}`} label={t('来源字段 {n}', { n: n + 1 })} value={path} wrong={of('from', n)} picked={p.slot?.part === 'from' && p.slot.at === n} focus={() => p.at({ part: 'from', at: n })}
            put={(v) => setFrom((rule.from ?? []).map((y, m) => (m === n ? v : y)))} remove={() => { setFrom((rule.from ?? []).filter((_, m) => m !== n)); p.at(null) }}
            up={n > 0 ? () => { const f = [...(rule.from ?? [])]; f.splice(n - 1, 0, ...f.splice(n, 1)); setFrom(f) } : undefined} />))}
        <Says wrong={of('from')} />
        <Button size="small" kind="quiet" onClick={() => { setFrom([...(rule.from ?? []), '']); p.at({ part: 'from', at: rule.from?.length ?? 0 }) }}>{t('加一个来源')}</Button>
        <span class="muted small">{t('也可以直接点原始订单里的字段')}</span>
      </fieldset>
      <fieldset class="part"><legend>{t('转换')}</legend>
        <div class="checks">{[...steps, ...odd].map((s) => <label key={s}><input type="checkbox" checked={s === 'map' ? Boolean(table) : has(rule, s as Step)} onChange={(e) => p.put({ ...rule, transform: turned(rule, s, e.currentTarget.checked) })} /> {stepWord(s)}</label>)}</div>
        {table ? <Mapping table={table} target={target} i={i} put={(x) => p.put({ ...rule, transform: (rule.transform ?? []).map((s) => (typeof s === 'object' ? x : s)) })} /> : null}
        <Says wrong={of('transform')} />
      </fieldset>
      <fieldset class="part"><legend>{t('默认值')}</legend>
        <div class="line wrap"><label class="check"><input type="checkbox" checked={rule.default !== undefined} onChange={(e) => { const { default: _, ...rest } = rule; p.put(e.currentTarget.checked ? { ...rule, default: target?.kind === 'flag' ? true : target?.kind === 'choice' ? '' : target?.kind === 'money' ? '0' : '' } : rest) }} /> {t('没取到时用')}</label>
          {rule.default !== undefined ? <One value={rule.default} target={target} label={t('默认值')} put={(v) => p.put({ ...rule, default: v })} /> : <span class="muted small">{t('没取到就看下一条规则')}</span>}</div>
        <Says wrong={of('default')} />
      </fieldset>
      <div class="orderacts">
        <Button size="small" reason={alone || (mine <= 0 ? t('已经最先试') : '')} onClick={() => p.shift(-1)}>{t('先试')}</Button>
        <Button size="small" reason={alone || (mine >= siblings.length - 1 ? t('已经最后试') : '')} onClick={() => p.shift(1)}>{t('后试')}</Button>
        {was && p.differs ? <Button size="small" onClick={() => p.put(was)}>{t('恢复原样')}</Button> : null}
        <Button size="small" kind="danger" onClick={p.remove}>{t('删除这条')}</Button>
      </div>
    </div>
  )
}

interface Attrs { id: string; 'aria-invalid': 'true' | undefined; 'aria-describedby': string | undefined }
function Part({ label, wrong, id, children }: { label: string; wrong: readonly Wrong[]; id: string; children: (a: Attrs) => ComponentChildren }): JSX.Element {
  return <div class="part"><label for={id}>{label}</label>{children({ id, 'aria-invalid': wrong.length ? 'true' : undefined, 'aria-describedby': wrong.length ? `${id}-why` : undefined })}<Says wrong={wrong} id={`${id}-why`} /></div>
}

function Says({ wrong, id }: { wrong: readonly Wrong[]; id?: string }): JSX.Element | null {
  return wrong.length ? <p class="bad small says" id={id}>{wrong.map((w) => w.text).join('；')}</p> : null
}

interface PathProps { id: string; label: string; value: string; wrong: readonly Wrong[]; picked: boolean; focus: () => void; put: (v: string) => void; remove: () => void; up?: (() => void) | undefined; children?: ComponentChildren }
function PathRow(p: PathProps): JSX.Element {
  return (
    <div class={'path' + (p.picked ? ' picked' : '')}>
      <div class="line">
        <input id={p.id} class="input mono fill" value={p.value} aria-label={p.label} maxLength={200} autocomplete="off" spellcheck={false} aria-invalid={p.wrong.length ? 'true' : undefined} aria-describedby={p.wrong.length ? `${p.id}-why` : undefined} onFocus={p.focus} onInput={(e) => p.put(e.currentTarget.value)} />
        {p.children}
        {p.up ? <button type="button" class="button small" aria-label={t('{what} 往上', { what: p.label })} onClick={p.up}>↑</button> : null}
        <button type="button" class="button small" aria-label={t('删掉 {what}', { what: p.label })} onClick={p.remove}>✕</button>
      </div>
      <Says wrong={p.wrong} id={`${p.id}-why`} />
    </div>
  )
}

function When({ c, n, i, form, wrong, picked, focus, put, remove }: { c: Condition; n: number; i: number; form: Form; wrong: readonly Wrong[]; picked: boolean; focus: () => void; put: (c: Condition) => void; remove: () => void }): JSX.Element {
  const valued = form.with_values.includes(c.op)
  const label = t('条件 {n} 的字段', { n: n + 1 })
  return (
    <div class="when">
      <PathRow id={`rule-${i}-when-${n}`} label={label} value={c.field} wrong={wrong} picked={picked} focus={focus} put={(field) => put({ ...c, field })} remove={remove}>
        <select class="input op" aria-label={t('条件 {n} 怎么比', { n: n + 1 })} value={c.op} onChange={(e) => { const op = e.currentTarget.value as Op; put(form.with_values.includes(op) ? { field: c.field, op, values: c.values ?? [] } : { field: c.field, op }) }}>{form.ops.map((op) => <option key={op} value={op}>{opWord(op)}</option>)}</select>
      </PathRow>
      {valued ? <textarea class="input mono" rows={Math.min(6, Math.max(1, (c.values ?? []).length))} aria-label={t('条件 {n} 的值，一行一个', { n: n + 1 })} placeholder={t('一行一个值')} value={(c.values ?? []).join('\n')}
        onInput={(e) => put({ ...c, values: e.currentTarget.value.split('\n') })} onBlur={() => put({ ...c, values: (c.values ?? []).map((v) => v.trim()).filter(Boolean) })} /> : null}
    </div>
  )
}

/** A value of the target's kind: one of its choices, yes or no, or text. */
function One({ value, target, label, put }: { value: string | number | boolean; target: Target | undefined; label: string; put: (v: string | boolean) => void }): JSX.Element {
  if (target?.kind === 'flag') return <select class="input one" aria-label={label} value={String(value)} onChange={(e) => put(e.currentTarget.value === 'true')}><option value="true">{t('是')}</option><option value="false">{t('否')}</option></select>
  if (target?.kind === 'choice') return <select class="input one" aria-label={label} value={String(value)} onChange={(e) => put(e.currentTarget.value)}><option value="">{t('请选择')}</option>{target.choices.map((c) => <option key={c} value={c}>{word(c)}</option>)}</select>
  return <input class="input one" aria-label={label} value={String(value)} maxLength={200} autocomplete="off" onInput={(e) => put(e.currentTarget.value)} />
}

function Mapping({ table, target, i, put }: { table: Table; target: Target | undefined; i: number; put: (x: Table) => void }): JSX.Element {
  const rows = Object.keys(table.map)
  const add = () => {
    const box = document.getElementById(`rule-${i}-newvalue`) as HTMLInputElement | null
    const key = box?.value.trim() ?? ''
    if (!key || key in table.map) return
    put({ map: { ...table.map, [key]: target?.kind === 'flag' ? true : '' } })
    if (box) { box.value = ''; box.focus() }
  }
  return (
    <div class="mapping">
      {rows.map((k) => (
        <div class="line" key={k}><code class="fill">{k}</code><span aria-hidden="true">→</span><One value={table.map[k] ?? ''} target={target} label={t('“{value}”变成', { value: k })} put={(v) => put({ map: { ...table.map, [k]: v } })} />
          <button type="button" class="button small" aria-label={t('删掉 {what}', { what: k })} onClick={() => { const { [k]: _, ...rest } = table.map; put({ map: rest }) }}>✕</button></div>
      ))}
      <div class="line"><input id={`rule-${i}-newvalue`} class="input mono fill" maxLength={200} autocomplete="off" aria-label={t('平台的新值')} placeholder={t('平台的新值')} onKeyDown={(e) => { if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); add() } }} /><Button size="small" onClick={add}>{t('加到对照表')}</Button></div>
    </div>
  )
}
