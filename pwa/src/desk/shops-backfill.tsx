// Back-fill: orders of past days read once more, day by day, with what is done so far.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { now } from '../ui/clock'
import { number } from '../ui/format'
import { Badge, Chip, Progress, Time, Trouble } from '../ui/show'
import { act, send } from './live'
import { mayNot } from './may'
import { Field } from './shops-parts'
import { dayBefore, dayOf, type Backfill, type FullShop } from './shops-rules'
import { t } from './shops-words'

const MOST_DAYS = 90
const PRESETS = [1, 7, 30, MOST_DAYS] as const

/** The bar of one that runs, for cards. */
export function Filling({ fill }: { fill: Backfill }): JSX.Element {
  return <div class="pulling"><p class="small number">{t('正在补拉 {day}：第 {a} / {b} 天', { day: dayOf(fill).slice(5), a: Math.min(fill.done + 1, fill.of), b: fill.of })}</p><Progress done={fill.done} all={fill.of} label={t('补拉进度')} /></div>
}

export function BackfillBox({ shop }: { shop: FullShop }): JSX.Element {
  const fill = shop.backfill
  const running = fill?.state === 'running'
  if (!shop.powers.placed) return <p class="muted">{t('这个平台的接口不能按下单日查订单，不能补拉。授权前一小时以来有变化的订单会自动进来；更早的请用「导入订单文件」。')}</p>
  return (
    <>
      {fill ? <Done shop={shop} fill={fill} /> : null}
      {running ? null : <Start shop={shop} again={fill !== null} />}
    </>
  )
}

function Done({ shop, fill }: { shop: FullShop; fill: Backfill }): JSX.Element {
  const running = fill.state === 'running'
  return (
    <div class="filldone">
      <p class="line wrap">
        {running ? <Badge icon="clock" tone="info">{t('正在补拉')}</Badge> : fill.state === 'done' ? <Badge icon="check" tone="ok">{t('补拉完成')}</Badge> : fill.state === 'failed' ? <Badge icon="alert" tone="bad">{t('补拉失败')}</Badge> : <Badge icon="pause" tone="plain">{t('已停止')}</Badge>}
        <span class="number">{fill.day_from} – {fill.day_to}</span><span class="fill" /><Time at={Date.parse(fill.made_at)} />
      </p>
      <div class="days" aria-hidden="true">{Array.from({ length: fill.of }, (_, i) => <i key={i} class={i < fill.done ? 'done' : i === fill.done && running ? 'now' : i === fill.done && fill.state === 'failed' ? 'failed' : ''} />)}</div>
      <Progress done={fill.done} all={fill.of} label={t('补拉进度')} />
      <p class="sums" role="status">
        {running ? t('正在读 {day}，第 {a} / {b} 天', { day: dayOf(fill), a: Math.min(fill.done + 1, fill.of), b: fill.of }) : t('读了 {a} / {b} 天', { a: fill.done, b: fill.of })}
        {' · '}{t('读到 {a} 单，其中 {b} 单是新的或有变化', { a: number(fill.seen), b: number(fill.stored) })}
      </p>
      {fill.error ? <p class="bad">{fill.error}</p> : null}
      {running ? <p class="line wrap"><Button size="small" reason={mayNot('pull')} onClick={() => act('DELETE', `/api/shops/${shop.id}/backfill`, undefined, t('已停止补拉，读到的订单留下'))}>{t('停止补拉')}</Button><span class="muted small">{t('可以离开这一页，它在后台继续')}</span></p> : null}
    </div>
  )
}

function Start({ shop, again }: { shop: FullShop; again: boolean }): JSX.Element {
  const today = dayBefore(now.value, 0)
  const [from, setFrom] = useState(dayBefore(now.value, 6))
  const [to, setTo] = useState(today)
  const [error, setError] = useState<ApiError | null>(null)
  const first = dayBefore(now.value, MOST_DAYS - 1)
  const flaw = !from || !to ? t('请选择日期') : from > to ? t('开始日期不能晚于结束日期') : from < first || to > today ? t('只能选最近 {n} 天', { n: MOST_DAYS }) : ''
  const why = mayNot('pull') || (shop.state !== 'on' ? t('授权正常时才能补拉') : '') || flaw
  const start = async (): Promise<void> => {
    setError(null)
    try {
      await send('POST', `/api/shops/${shop.id}/backfill`, { day_from: from, day_to: to })
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  return (
    <div class="fillstart">
      <div class="dates">
        <Field label={t('从哪天')} error={flaw}>{(ids) => <input type="date" class="input number" {...ids} min={first} max={today} value={from} onInput={(e) => setFrom(e.currentTarget.value)} />}</Field>
        <Field label={t('到哪天')}>{(ids) => <input type="date" class="input number" {...ids} min={first} max={today} value={to} onInput={(e) => setTo(e.currentTarget.value)} />}</Field>
      </div>
      <div class="hints">{PRESETS.map((n) => <Chip key={n} pressed={from === dayBefore(now.value, n - 1) && to === today} onClick={() => { setFrom(dayBefore(now.value, n - 1)); setTo(today) }}>{n === 1 ? t('今天') : t('最近 {n} 天', { n })}</Chip>)}</div>
      <p class="muted small">{t('按下单日逐天读一遍。已经有的订单不会重复；已发货、已完成的只记录，不会再发一次。')}</p>
      {error ? <Trouble error={error} /> : null}
      <p><Button kind={again ? undefined : 'primary'} reason={why} explain onClick={start}>{again ? t('再补拉一次') : t('开始补拉')}</Button></p>
    </div>
  )
}
