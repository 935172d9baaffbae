// 看板: one glance, one tap to the cause. Three counters, today's river, both lead times with how they are computed.
import type { JSX } from 'preact'
import type { Counters, Lead } from '../app/faces'
import { href } from '../app/router'
import { duration, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Bone, Trouble } from '../ui/show'
import { alarms } from './alarms'
import { Head } from './head'
import { PLATFORMS, beginsWith, name } from './lexicon'
import { useLive, type Live } from './live'
import { Demo } from './orders'
import type { Shop, Task } from './types'
import { t } from './words'

export function Home({ counters }: { counters: Live<Counters> }): JSX.Element {
  const c = counters.data
  const shops = useLive<{ rows: Shop[] }>('/api/shops', 15_000)
  const tasks = useLive<{ rows: Task[]; counts: Partial<Record<string, number>> }>('/api/tasks?state=open', 15_000)
  return (
    <section class="screen board">
      <Head title={t('看板')} live={counters} />
      {counters.error && !c ? <div class="pad"><Trouble error={counters.error} /></div> : null}
      <Alerts shops={shops.data?.rows ?? []} tasks={tasks.data?.rows ?? []} counts={tasks.data?.counts ?? {}} />
      <div class="kpis">
        <Figure label={t('今日接单')} value={c?.intake.count} link={href(['orders'], { today: 'taken' })} how={t('今天零点（店铺时区）以后进入系统的订单，每张只算一次。')} />
        <Figure label={t('待处理')} value={c?.waiting.count} link={href(['tasks'])} how={t('现在还没有结束的挂起、缺货、拦截、回传失败等，同一张订单只算一次。')} />
        <Figure label={t('今日已出库')} value={c?.shipped.count} link={href(['orders'], { today: 'handed_over' })} how={t('今天零点（店铺时区）以后出库扫描确认的订单。')} />
      </div>
      <h2 class="boardtitle">{t('两个时效')}</h2>
      <div class="kpis two">
        <LeadTime label={t('处理时效')} lead={c?.lead.paid_to_handed_over_s} span={t('付款 → 出库')} link={href(['orders'], { today: 'handed_over' })} how={t('今天出库的订单里，从买家付款到出库扫描的时间，取中位数。看仓库快不快。')} />
        <LeadTime label={t('履约周期')} lead={c?.lead.placed_to_collected_s} span={t('下单 → 揽收')} link={href(['orders'], { today: 'collected' })} how={t('今天被快递揽收的订单里，从买家下单到快递揽收的时间，取中位数。看买家等多久。')} />
      </div>
      <h2 class="boardtitle">{t('各店铺今日接单')}</h2>
      <ul class="byshop card">
        {shops.data ? shops.data.rows.map((s) => (
          <li key={s.id}><a href={href(['orders'], { shop: s.id })}><span class="grow">{s.name} {beginsWith(s.platform, s.name) ? null : <span class="muted">{name(PLATFORMS, s.platform)}</span>}</span><b class="number">{number(s.orders_today)}</b></a></li>
        )) : <li><Bone width="12em" /></li>}
      </ul>
      {c && c.intake.count === 0 ? <p class="pad"><Demo /></p> : null}
    </section>
  )
}

/** Only when something is wrong, the costliest first. */
function Alerts({ shops, tasks, counts }: { shops: readonly Shop[]; tasks: readonly Task[]; counts: Partial<Record<string, number>> }): JSX.Element | null {
  const { stops, lost, late, more } = alarms(tasks, counts, Date.now())
  const broken = shops.filter((s) => s.error)
  const said: [string, string][] = []
  if (stops) said.push([t('{n} 个包裹要拦截', { n: number(stops) }), href(['tasks'], { kind: 'intercept' })])
  if (lost) said.push([t('{n} 张订单发货回传失败', { n: number(lost) }), href(['tasks'], { kind: 'write_back' })])
  for (const s of broken) said.push([t('{name} 拉取出错', { name: s.name }), href(['shops'])])
  if (late) said.push([t('{n} 件待处理已超时', { n: number(late) + (more ? '+' : '') }), href(['tasks'])])
  if (!said.length) return null
  return <ul class="alerts">{said.map(([text, link]) => <li key={text}><a href={link}><Icon name="alert" /><span class="grow">{text}</span><span aria-hidden="true">›</span></a></li>)}</ul>
}

function How({ how }: { how: string }): JSX.Element {
  return <details class="how"><summary>{t('怎么算的')}</summary><p>{how}</p></details>
}

function Figure({ label, value, link, how }: { label: string; value: number | undefined; link: string; how: string }): JSX.Element {
  return (
    <div class="card kpi">
      <a href={link}><span>{label}</span><b class="number">{value === undefined ? <Bone width="1.6em" /> : number(value)}</b></a>
      <How how={how} />
    </div>
  )
}

function LeadTime({ label, lead, span, link, how }: { label: string; lead: Lead | undefined; span: string; link: string; how: string }): JSX.Element {
  const value = lead === undefined ? <Bone width="3em" /> : lead.p50 === null || lead.n === 0 ? <span class="muted none">{t('今天还没有')}</span> : duration(lead.p50)
  return (
    <div class="card kpi lead">
      <a href={link}><span>{label} <small class="muted">{span}</small></span><b class="number">{value}</b></a>
      <p class="muted small">{lead && lead.n > 0 ? t('中位数，共 {n} 单', { n: number(lead.n) }) : '\u00a0'}</p>
      <How how={how} />
    </div>
  )
}
