// What a run of rules over raw orders found: how far it is, counts by field, and order by order.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { href } from '../app/router'
import { Button } from '../ui/button'
import { absolute, moment, money, number } from '../ui/format'
import { Badge, Bones, Chip, Id, Progress, Time, Trouble } from '../ui/show'
import { act, useLive } from './live'
import { STAYS, deedWord, fieldWord, word, type Change, type Form, type Kinds, type RunPage, type Value } from './rules-model'
import { t } from './rules-words'

const ROWS = 20
/** Currencies of platforms that have one. The others' minor units are told as they are. */
const CURRENCY: Record<string, string> = { taobao: 'CNY', jd: 'CNY', jdsp: 'CNY', pinduoduo: 'CNY' }

/** A value of our order as people read it. */
export function shown(field: string, value: Value | undefined, currency: string): string {
  if (typeof value === 'number' && /_minor$/.test(field)) return currency ? money(value, currency) : t('{n}（最小货币单位）', { n: number(value) })
  if (typeof value === 'string' && /(_at|modified)$/.test(field)) {
    const at = moment(value)
    if (at !== null) return absolute(at)
  }
  if (typeof value === 'number') return number(value)
  return word(value)
}

export function RunPanel({ id, platform, form }: { id: string; platform: string; form: Form }): JSX.Element {
  const [pages, setPages] = useState<string[]>([''])
  const [over, setOver] = useState(false)
  const after = pages[pages.length - 1] ?? ''
  const live = useLive<RunPage>(`/api/rule-runs/${id}?limit=${ROWS}${after ? `&after=${after}` : ''}`, over ? 0 : 1000)
  const data = live.data
  useEffect(() => { if (data && data.run.state !== 'running') setOver(true) }, [data])
  if (!data) return <div class="block">{live.error ? <Trouble error={live.error} /> : <Bones rows={3} />}</div>
  const { run } = data
  const preview = run.kind === 'preview'
  const words = run.state === 'running' ? t('正在看：{a} / {b} 张', { a: number(run.seen), b: number(run.total) })
    : run.state === 'cancelled' ? t('已取消，看过 {a} / {b} 张', { a: number(run.seen), b: number(run.total) })
    : run.state === 'failed' ? t('没有跑完，看过 {a} / {b} 张', { a: number(run.seen), b: number(run.total) })
    : t('看过 {n} 张原始订单', { n: number(run.seen) })
  return (
    <div class="block">
      <h3>{preview ? t('试算结果') : t('重放结果')}<span class="aside muted">{run.person} · <Time at={moment(run.made_at)} /></span></h3>
      <p class="line wrap"><span role="status" class="number">{words}</span><b class="number">{run.changed ? t('{n} 张会变', { n: number(run.changed) }) : run.state === 'running' ? '' : t('没有一张会变')}</b>
        {data.kept ? <span class="muted number">{t('其中 {n} 张保持原样（已出库、已结束或又有新内容）', { n: number(data.kept) })}</span> : null}<span class="fill" />
        {run.state === 'running' && preview ? <Button size="small" onClick={() => act('DELETE', `/api/rule-runs/${id}`, undefined, t('已取消试算'))}>{t('取消试算')}</Button> : null}</p>
      {run.state === 'running' ? <Progress done={run.seen} all={Math.max(1, run.total)} label={t('试算')} /> : null}
      <Counts counts={run.counts} kinds={data.kinds} form={form} />
      {data.rows.length ? <ul class={'lines' + (live.turning ? ' turning' : '')} aria-label={t('会变的订单')}>{data.rows.map((c) => <Changed key={c.raw} c={c} form={form} currency={CURRENCY[platform] ?? ''} />)}</ul> : null}
      {pages.length > 1 || data.after ? (
        <div class="pages">
          <span class="muted number">{t('第 {a}–{b} 张，共 {all} 张会变', { a: number((pages.length - 1) * ROWS + 1), b: number((pages.length - 1) * ROWS + data.rows.length), all: number(run.changed) })}</span><span class="fill" />
          <Button size="small" reason={pages.length > 1 ? '' : t('已经是第一页')} onClick={() => setPages(pages.slice(0, -1))}>{t('上一页')}</Button>
          <Button size="small" reason={data.after ? '' : t('已经是最后一页')} onClick={() => setPages([...pages, data.after])}>{t('下一页')}</Button>
        </div>
      ) : null}
    </div>
  )
}

function Counts({ counts, kinds, form }: { counts: Record<string, number>; kinds: Kinds; form: Form }): JSX.Element | null {
  const fields = Object.keys(counts).sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0))
  if (!fields.length) return null
  const detailed = Object.keys(kinds).length > 0
  return (
    <div class="scroll countsof" tabIndex={0} role="region" aria-label={t('按字段')}>
      <table class="table">
        <thead><tr><th>{t('字段')}</th><th class="right">{t('订单数')}</th>{detailed ? <><th class="right">{t('改了几处')}</th><th class="right">{t('填上几处')}</th><th class="right">{t('变空几处')}</th></> : null}</tr></thead>
        <tbody>{fields.map((f) => (
          <tr key={f}><td>{f.startsWith('lines.') ? t('明细 · {name}', { name: fieldWord(f, form) }) : fieldWord(f, form)}</td><td class="right number">{number(counts[f])}</td>
            {detailed ? <><td class="right number">{number(kinds[f]?.changed ?? 0)}</td><td class="right number">{number(kinds[f]?.filled ?? 0)}</td><td class={'right number' + (kinds[f]?.emptied ? ' bad' : '')}>{number(kinds[f]?.emptied ?? 0)}</td></> : null}</tr>))}</tbody>
      </table>
    </div>
  )
}

function Changed({ c, form, currency }: { c: Change; form: Form; currency: string }): JSX.Element {
  const names = Object.keys(c.fields)
  return (
    <li class="changed">
      <p class="line wrap">{c.order_id ? <a class="mono" href={href(['orders', c.order_id])}>{c.order_no}</a> : null}<Id value={c.external_id} label={t('平台单号')} />
        {c.stays ? <Badge icon="pause" tone="warn">{STAYS[c.stays]()}</Badge> : null}
        {c.deeds.map((d) => <Chip key={d} icon="person">{t('{deed}，保留', { deed: deedWord(d) })}</Chip>)}</p>
      <ul>{names.map((f) => {
        const [was, becomes, source] = c.fields[f] ?? [null, null, {}]
        return (
          <li class="fieldchange" key={f}>
            <span class="what">{fieldWord(f, form)}</span>
            <span class="both"><del>{shown(f, was, currency)}</del> <span aria-hidden="true">→</span><span class="hush">{t('变成')}</span> <ins>{shown(f, becomes, currency)}</ins></span>
            {source.rule ? <span class="muted small from">{source.path === '(default)' ? t('默认值') : <code>{source.path}</code>} · {source.rule}</span> : null}
          </li>
        )
      })}</ul>
    </li>
  )
}
