// One order, whole: ladder, facts, lines, receiver, money, parcels, tasks, story.
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { href, route } from '../app/router'
import { Button } from '../ui/button'
import { carrierName } from '../ui/carriers'
import { absolute, moment, money, number, spec } from '../ui/format'
import { Icon } from '../ui/icon'
import { Age, Bones, Chip, Id, Time, Trouble } from '../ui/show'
import { useKeys } from './keys'
import { useLive } from './live'
import { EVIDENCE, FACTS, HOLDS, LADDER, RECEIVER, REFUND, STEPS, TASKS, details, name, say, shopWords, why } from './lexicon'
import { Holds, State } from './marks'
import { Match } from './match'
import { mayNot } from './may'
import { askHold, askRelease } from './order-acts'
import { holdReason, openHolds, releaseReason } from './order-rules'
import { Note } from './note'
import { Story } from './story'
import type { Fact, Line, Order, ParcelView, Task } from './types'
import { t } from './words'

export function OrderPane({ id }: { id: string }): JSX.Element {
  const live = useLive<Order>(`/api/orders/${encodeURIComponent(id)}`)
  const order = live.turning ? null : live.data
  const back = href(['orders'], route.value.query)
  return (
    <article class="detailpane" aria-label={order ? order.no : t('订单')}>
      <a class="backlink" href={back}><Icon name="back" /> {t('回到列表')}</a>
      {live.error && !order ? <Trouble error={live.error} /> : order ? <Whole order={order} age={<Age at={live.at} error={live.error} />} /> : <Bones rows={9} />}
    </article>
  )
}

function Whole({ order, age }: { order: Order; age: JSX.Element }): JSX.Element {
  const [evidence, setEvidence] = useState<Fact | null>(null)
  const first = openHolds(order)[0]
  useKeys({
    h: () => { if (!holdReason(order)) void askHold(order) },
    a: () => { if (first && !releaseReason(first)) void askRelease(order, first) },
  })
  return (
    <>
      <header class="orderhead">
        <h2><Id value={order.no} label={t('订单号')} /></h2>
        <State of="ladder" code={order.ladder} />
        <Holds codes={order.holds} />
        <span class="fill" />
        {age}
      </header>
      <p class="muted small">{shopWords(order.platform, order.shop_name)} · <Id value={order.external_id} label={t('平台单号')} /> · v{order.version}</p>
      <Ladder order={order} />
      <Facts order={order} evidence={evidence} pick={(f) => setEvidence(evidence === f ? null : f)} />
      <div class="orderacts">
        <Button onClick={() => askHold(order)} reason={holdReason(order)} shortcut="h" explain>{t('挂起')}</Button>
        {openHolds(order).map((task, i) => (
          <Button key={task.id} kind="primary" onClick={() => askRelease(order, task)} reason={releaseReason(task)} shortcut={i === 0 ? 'a' : undefined} explain>
            {t('放行：{why}', { why: why(task) })}
          </Button>
        ))}
        {!mayNot('rules') && openHolds(order).some((x) => x.reason === 'unmapped' || x.reason === 'unknown_state')
          ? <a class="button" href={href(['rules', order.platform, 'edit'], { q: order.external_id })}>{t('对着它改规则')}</a> : null}
      </div>
      <Block title={t('明细')} aside={<span class="muted">{t('{n} 件', { n: number(order.units) })}</span>}><Lines order={order} /></Block>
      <div class="twocolumns">
        <Block title={t('收件人')}><Receiver order={order} /></Block>
        <Block title={t('金额')}><Money order={order} /></Block>
      </div>
      <Block title={t('包裹')}>{order.parcels.length ? <Parcels of={order.parcels} /> : <p class="muted">{t('拣货开始后，包裹会出现在这里。')}</p>}</Block>
      {order.tasks.length ? <Block title={t('待处理')}><OrderTasks of={order.tasks} no={order.no} /></Block> : null}
      <Block title={evidence ? t('经过：{fact}', { fact: name(FACTS, evidence) }) : t('经过')} aside={evidence ? <Button size="small" kind="quiet" onClick={() => setEvidence(null)}>{t('看全部')}</Button> : null}>
        <Story of={order.story} only={evidence ? EVIDENCE[evidence] : undefined} />
      </Block>
    </>
  )
}

function Block({ title, aside, children }: { title: string; aside?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return <section class="block"><h3>{title}{aside ? <span class="aside">{aside}</span> : null}</h3>{children}</section>
}

function Ladder({ order }: { order: Order }): JSX.Element {
  const cancelled = order.ladder === 'cancelled'
  const reached = cancelled ? -1 : STEPS.indexOf(order.ladder as (typeof STEPS)[number])
  const times = order.ladder_times
  return (
    <ol class={'ladder' + (cancelled ? ' cancelled' : '')}>
      {STEPS.map((step, i) => {
        const at = moment(times[step])
        if (cancelled && at === null) return null // it never came there and never will
        const passed = cancelled ? at !== null : i <= reached
        const look = LADDER[step]
        return (
          <li key={step} class={(passed ? 'passed' : '') + (i === reached ? ' now' : '')} aria-current={i === reached ? 'step' : undefined}>
            <i aria-hidden="true">{passed ? <Icon name="check" size={11} /> : null}</i>
            <span>{look ? say(look.word) : step}</span>
            <small class="muted">{passed ? <Time at={at} /> : '\u00a0'}</small>
          </li>
        )
      })}
      {cancelled ? <li class="passed now" aria-current="step"><i aria-hidden="true"><Icon name="cross" size={11} /></i><span>{t('已取消')}</span><small class="muted"><Time at={moment(times['cancelled'])} /></small></li> : null}
    </ol>
  )
}

const SHOWN: readonly Fact[] = ['paid', 'reviewed', 'reserved', 'picked', 'packed', 'handed_over', 'written_back', 'collected', 'refund']

function Facts({ order, evidence, pick }: { order: Order; evidence: Fact | null; pick: (f: Fact) => void }): JSX.Element {
  const all = order.facts.cancelled ? [...SHOWN, 'cancelled' as const] : SHOWN
  return (
    <div class="facts" role="group" aria-label={t('事实，点开看依据')}>
      {all.map((f) => {
        const value = order.facts[f]
        const yes = f === 'refund' ? value === 'asked' || value === 'done' : Boolean(value)
        const when = f === 'refund' ? null : moment(value)
        return (
          <Chip key={f} icon={yes ? (f === 'refund' || f === 'cancelled' ? 'alert' : 'check') : 'circle'} tone={yes ? (f === 'refund' || f === 'cancelled' ? 'warn' : 'ok') : 'plain'}
            on={yes} pressed={evidence === f} onClick={() => pick(f)} title={when === null ? undefined : absolute(when)}>
            {name(FACTS, f)}{f === 'refund' ? ` ${name(REFUND, value || 'none')}` : ''}
          </Chip>
        )
      })}
    </div>
  )
}

function Lines({ order }: { order: Order }): JSX.Element {
  return (
    <ul class="lines">
      {order.lines.map((line) => <LineRow key={line.id} line={line} order={order} />)}
    </ul>
  )
}

function LineRow({ line, order }: { line: Line; order: Order }): JSX.Element {
  return (
    <li>
      <div class="line">
        <span class="grow"><b>{line.title || '–'}</b>{line.spec ? <span class="muted"> {spec(line.spec)}</span> : null}</span>
        <span class="number">{money(line.unit_minor, order.currency)} × <b>{number(line.qty)}</b></span>
      </div>
      <div class="line small">
        <span class="grow">
          {line.sku ? <><span class="ok"><Icon name="check" size={12} /></span> <Id value={line.sku.code} label="SKU" /> {line.sku.name} <b>{spec(line.sku.variant)}</b></>
            : <span class="bad"><Icon name="alert" size={12} /> {t('没有匹配到货品')}{line.outer_code ? <> · <span class="unbroken">{t('商家编码 {code}', { code: line.outer_code })}</span></> : null}</span>}
        </span>
        <span class="muted number">{t('占用 {a} · 已拣 {b}', { a: number(line.reserved), b: number(line.picked) })}</span>
      </div>
      {line.parts.length ? <p class="small muted">{t('组合装')}：{line.parts.map((p) => `${p.code} ${p.name} ×${number(p.qty)}`).join('、')}</p> : null}
      {line.sku ? null : <Match order={order} line={line} />}
    </li>
  )
}

function Receiver({ order }: { order: Order }): JSX.Element {
  const { masked, region, plain, version } = order.receiver
  const keys = Object.keys(masked).filter((k) => masked[k])
  return (
    <>
      <dl class="pairs">
        {keys.map((k) => <div key={k}><dt>{name(RECEIVER, k)}</dt><dd>{masked[k]}</dd></div>)}
        <div><dt>{t('地区')}</dt><dd>{region.length ? region.join(' ') : '–'}</dd></div>
      </dl>
      <p class="muted small">{plain ? t('平台允许保存明文，到期自动销毁') : t('平台只给脱敏信息，面单由平台凭密文打印')} · {t('版本 {n}', { n: version })}</p>
      <Note order={order} />
    </>
  )
}

function Money({ order }: { order: Order }): JSX.Element {
  const a = order.amounts
  const c = a.currency
  const rows: [string, number, boolean][] = [[t('货款'), a.goods_minor, false], [t('优惠'), a.discount_minor, true], [t('运费'), a.freight_minor, false]]
  return (
    <dl class="pairs sums">
      {rows.map(([label, minor, less]) => <div key={label}><dt>{label}</dt><dd class="number">{less && minor > 0 ? '−' : ''}{money(minor, c)}</dd></div>)}
      <div class="sum"><dt>{t('实付')}</dt><dd class="number"><b>{money(a.total_minor, c)}</b></dd></div>
    </dl>
  )
}

function Parcels({ of }: { of: readonly ParcelView[] }): JSX.Element {
  return (
    <ul class="lines">
      {of.map((p) => (
        <li key={p.id} class="line wrap">
          <Id value={p.no} label={t('包裹')} /><State of="parcel" code={p.state} />
          {p.stop ? <Chip tone="bad" icon="alert">{name(HOLDS, p.stop)}</Chip> : null}
          <span class="grow">{p.waybill_no ? <>{carrierName(p.carrier)} <Id value={p.waybill_no} label={t('面单号')} /></> : <span class="muted">{t('还没有面单号')}</span>}</span>
          {p.label_state === 'stale' ? <Chip tone="warn" icon="alert">{t('面单过期，正在重做')}</Chip> : null}
          {p.print_job_id
            ? <a class="button small" href={`/api/print-jobs/${encodeURIComponent(p.print_job_id)}/pdf`} target="_blank" rel="noopener"><Icon name="print" size={14} />&nbsp;{t('面单 v{n}', { n: p.label_version })}</a>
            : <span class="muted small">{t('面单还没生成')}</span>}
        </li>
      ))}
    </ul>
  )
}

function OrderTasks({ of, no }: { of: readonly Task[]; no: string }): JSX.Element {
  return (
    <ul class="lines">
      {of.map((task) => (
        <li key={task.id} class="line wrap">
          <Chip tone={task.closed_at ? 'plain' : 'warn'} icon={task.closed_at ? 'check' : 'clock'}>{name(TASKS, task.kind)}</Chip>
          <span class="grow">{why(task)} <span class="muted">{details(task.detail, no)}{task.closed_by ? ` · ${task.closed_by}` : ''}</span></span>
          <span class="muted small">{task.closed_at ? <>{t('已结束')} <Time at={moment(task.closed_at)} /></> : <Time at={moment(task.opened_at)} />}</span>
        </li>
      ))}
    </ul>
  )
}
