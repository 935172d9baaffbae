// A raw order as a tree whose leaves give their path, and beside it the order it becomes, field by field.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { api, wordsOf, type ApiError } from '../app/http'
import { href, refine, route } from '../app/router'
import { moment } from '../ui/format'
import { Badge, Bones, Empty, Notice, Time, Trouble } from '../ui/show'
import { useLive } from './live'
import { STAYS, fieldWord, tidy, type Field, type Form, type Look, type RawRow, type Rule } from './rules-model'
import { shown } from './rules-run'
import { t } from './rules-words'

export type Picked = (where: 'order' | 'line', names: readonly string[]) => void
export interface Raws { rows: RawRow[] | null; error: ApiError | null; raw: string; find: string; setFind: (q: string) => void; choose: (raw: string) => void }

/** The newest raw orders, or those with a number in it; the chosen one is in the address. */
export function useRaws(platform: string): Raws {
  const [find, setFind] = useState(route.peek().query['q'] ?? '')
  const [q, setQ] = useState(find)
  useEffect(() => {
    const timer = setTimeout(() => setQ(find.trim()), 350)
    return () => clearTimeout(timer)
  }, [find])
  const live = useLive<{ rows: RawRow[] }>(`/api/rules/${platform}/raws?limit=30${q ? `&q=${encodeURIComponent(q)}` : ''}`, 0)
  const rows = live.data?.rows ?? null
  const said = route.value.query['raw'] ?? ''
  const raw = q ? (rows?.some((r) => r.id === said) ? said : rows?.[0]?.id ?? '') : said || (rows?.[0]?.id ?? '')
  return { rows, error: live.error, raw, find, setFind, choose: (id) => refine({ raw: id }, true) }
}

export interface Looking { data: Look | null; error: ApiError | null; busy: boolean }

/** What the chosen raw order becomes by these rules ('': those in force); asked again a moment after the last change. */
export function useLook(platform: string, raw: string, rules: string, good: boolean): Looking {
  const [held, setHeld] = useState<Looking>({ data: null, error: null, busy: false })
  const asking = useRef(0)
  useEffect(() => {
    if (!raw || !good) return
    const mine = ++asking.current
    setHeld((h) => ({ data: h.data?.raw === raw ? h.data : null, error: null, busy: true }))
    const timer = setTimeout(async () => {
      try {
        const data = await api<Look>('POST', `/api/rules/${platform}/look`, { raw, rules })
        if (mine === asking.current) setHeld({ data, error: null, busy: false })
      } catch (e) {
        if (mine === asking.current) setHeld((h) => ({ data: h.data, error: wordsOf(e), busy: false }))
      }
    }, 350)
    return () => clearTimeout(timer)
  }, [platform, raw, rules, good])
  return held
}

export function RawTree({ raws, look, form, used, pick }: { raws: Raws; look: Looking; form: Form; used: Rule | undefined; pick: Picked }): JSX.Element {
  const target = form.targets.find((x) => x.name === used?.to)
  const paths = new Set([...(used?.from ?? []), ...(used?.when ?? []).map((c) => c.field)].map((p) => p.replace(/^-/, '')))
  const data = look.data
  const [find, setFind] = useState('')
  const hit = (x: unknown, label: string): boolean => !find || label.toLowerCase().includes(find)
    || (typeof x === 'object' && x !== null ? Object.keys(x).some((k) => hit((x as Record<string, unknown>)[k], k)) : String(x ?? '').toLowerCase().includes(find))
  const none = data && find && !hit(data.order, '') && !data.lines.some((line) => hit(line, ''))
  return (
    <>
      <div class="panehead">
        <h2>{t('原始订单')}</h2>
        <input class="input" type="search" placeholder={t('贴一个订单号')} aria-label={t('贴一个订单号')} value={raws.find} onInput={(e) => raws.setFind(e.currentTarget.value)} />
        {raws.rows?.length ? <select class="input" aria-label={t('最近的原始订单')} value={raws.raw} onChange={(e) => raws.choose(e.currentTarget.value)}>
          {raws.raw && !raws.rows.some((r) => r.id === raws.raw) ? <option value={raws.raw}>{data?.order_no || data?.external_id || '…'}</option> : null}
          {raws.rows.map((r) => <option key={r.id} value={r.id}>{r.order_no} · {r.external_id} · {r.shop_name}</option>)}</select> : null}
        {data ? <input class="input" type="search" placeholder={t('找字段或值')} aria-label={t('找字段或值')} value={find} onInput={(e) => setFind(e.currentTarget.value.trim().toLowerCase())} /> : null}
      </div>
      {raws.error && !raws.rows ? <Trouble error={raws.error} />
        : !raws.rows ? <Bones rows={6} />
        : !raws.rows.length ? <Empty title={raws.find ? t('没有这个号的原始订单') : t('还没有原始订单')}>{raws.find ? t('看看是不是另一个平台的单，或者内容已过 90 天销毁。') : t('这个平台进来第一张订单以后，就能在这里对着它改规则。')}</Empty>
        : !data ? (look.error ? <Trouble error={look.error} /> : <Bones rows={8} />)
        : <div class="tree" aria-busy={look.busy ? 'true' : undefined}>
            <p class="muted small">{used ? t('点一个字段，就填进打开的规则') : t('先打开一条规则，再点这里的字段')}{t('。买家隐私已隐去。')}</p>
            {none ? <p class="muted small">{t('没有这样的字段')}</p> : null}
            {hit(data.order, '') ? <p class="treetitle"><b>{t('订单')}</b></p> : null}
            <Branch value={data.order} where="order" names={[]} used={target?.line ? new Set() : paths} pick={pick} hit={hit} opened={find !== ''} personal={form.personal} />
            {data.lines.map((line, i) => <div key={i}>{hit(line, '') ? <p class="treetitle"><b>{t('明细 {n}', { n: i + 1 })}</b></p> : null}
              <Branch value={line} where="line" names={[]} used={target?.line ? paths : new Set([...paths].filter((p) => p.startsWith('lines.')).map((p) => p.slice(6)))} pick={pick} hit={hit} opened={find !== ''} personal={form.personal} /></div>)}
          </div>}
    </>
  )
}

interface BranchProps { value: Record<string, unknown>; where: 'order' | 'line'; names: readonly string[]; used: ReadonlySet<string>; pick: Picked; personal: readonly string[]
  /** Is it, or something in it, what is looked for? */
  hit: (x: unknown, label: string) => boolean
  opened: boolean
}

/** By name: the order in which the platform wrote them is not kept. */
function Branch(p: BranchProps): JSX.Element {
  return <ul>{Object.keys(p.value).filter((k) => p.hit(p.value[k], k)).sort().map((k) => <li key={k}><Node {...p} label={k} of={p.value[k]} at={[...p.names, k]} /></li>)}</ul>
}

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

function Node(p: BranchProps & { label: string; of: unknown; at: readonly string[] }): JSX.Element {
  const { of, at, label } = p
  if (isObject(of)) return <details open={p.opened || at.length < 2}><summary><code>{label}</code></summary><Branch {...p} value={of} names={at} /></details>
  if (Array.isArray(of) && of.some(isObject)) {
    return <details open={p.opened}><summary><code>{label}</code> <span class="muted small">{t('{n} 项', { n: of.length })}</span></summary><ul>{of.map((x, i) => (isObject(x) ? <li key={i}><span class="muted small number">#{i + 1}</span><Branch {...p} value={x} names={at} /></li> : null))}</ul></details>
  }
  const path = at.join('.')
  const hidden = at.some((n) => p.personal.includes(n))
  const text = of === null || of === '' ? t('空') : typeof of === 'object' ? JSON.stringify(of) : String(of)
  return (
    <button type="button" class={'leaf' + (p.used.has(path) ? ' used' : '')} aria-disabled={hidden ? 'true' : undefined} title={hidden ? t('买家隐私，规则不能读') : path} aria-label={t('{path}，值 {value}', { path, value: hidden ? t('已隐去') : text })} onClick={() => { if (!hidden) p.pick(p.where, at) }}>
      <code>{label}</code> <span class={of === null || of === '' || hidden ? 'muted' : ''}>{hidden ? t('已隐去') : text}</span>
    </button>
  )
}

export function Becomes({ look, form, rules, theirs, now, stuck, show }: { look: Looking; form: Form; rules: readonly Rule[]; theirs: readonly Rule[]; now: string; stuck: boolean; show: (rule: string) => void }): JSX.Element {
  const data = look.data
  const lines = data ? [...new Set(data.fields.map((f) => f.line))].sort((a, b) => a - b) : []
  const differ = data ? data.fields.filter((f) => !equal(f)) : []
  const mine = (name: string) => { const r = rules.find((x) => x.name === name); const was = theirs.find((x) => x.name === name); return Boolean(r && (!was || JSON.stringify(tidy(r)) !== JSON.stringify(tidy(was)))) }
  return (
    <>
      <div class="panehead"><h2>{t('变成的订单')}</h2>{data?.order_id ? <a class="mono small" href={href(['orders', data.order_id])}>{data.order_no}</a> : null}</div>
      {stuck ? <Notice tone="warn"><p>{t('规则还没改好，下面是改好之前的结果')}</p></Notice> : null}
      {look.error && data ? <Notice tone="bad" alert><p>{look.error.message}</p></Notice> : null}
      {!data ? (look.error ? null : <p class="muted small">{t('左边选一张原始订单，这里显示它变成什么。')}</p>) : (
        <div aria-busy={look.busy ? 'true' : undefined} class={look.busy ? 'turning' : undefined}>
          <p class="small" role="status">{differ.length ? t('和现在相比，{n} 个字段不同', { n: differ.length }) : t('和现在的结果一样')}</p>
          {differ.length ? <ul class="diffs small" aria-label={t('不同的字段')}>{differ.slice(0, 6).map((f) => <li key={`${f.line}-${f.field}`}>{f.line ? t('明细 {n}', { n: f.line }) + ' · ' : ''}{fieldWord(f.field, form)}：<del>{shown(f.field, f.was, data.currency)}</del> → <ins>{shown(f.field, f.value, data.currency)}</ins></li>)}</ul> : null}
          {data.stays ? <Notice tone="info"><p>{STAYS[data.stays]()}</p></Notice> : null}
          {data.deeds.map((d) => <p class="small deed" key={d.at + d.kind}><Badge icon="person" tone="info">{t('人工修改')}</Badge> {d.text} · {d.who} · <Time at={moment(d.at)} />{t('，换规则也保留')}</p>)}
          {data.holds.map((h) => <Notice key={h} tone="warn"><p>{t('会挂起：{why}', { why: h })}</p></Notice>)}
          {lines.map((n) => (
            <table class="becomes" key={n}><caption>{n ? t('明细 {n}', { n }) : t('订单')}</caption><tbody>{data.fields.filter((f) => f.line === n).map((f) => (
                <tr key={f.field} class={equal(f) ? '' : 'differs'}>
                  <th scope="row">{fieldWord(f.field, form)}</th>
                  <td>
                    {equal(f) ? null : <><del>{shown(f.field, f.was, data.currency)}</del> <span aria-hidden="true">→ </span><span class="hush">{t('变成')}</span></>}
                    <span class={f.value === null || f.value === '' ? 'muted' : ''}>{shown(f.field, f.value, data.currency)}</span>
                    <span class="from small muted">{f.rule ? <>{f.path === '(default)' ? t('默认值') : <code>{f.path}</code>}{' · '}<button type="button" class="linklike" onClick={() => show(f.rule)}>{f.rule}</button>{' · '}{mine(f.rule) ? <b>{t('草稿')}</b> : <span title={f.version}>{now}</span>}</> : t('没有规则给值')}</span>
                  </td>
                </tr>))}</tbody>
            </table>
          ))}
        </div>
      )}
    </>
  )
}

const equal = (f: Field): boolean => JSON.stringify(f.value) === JSON.stringify(f.was)
