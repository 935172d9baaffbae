// 订单: the list with its filters in the address, and beside it (or instead, when narrow) one order.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { go, href, refine, route } from '../app/router'
import { session } from '../app/session'
import { Button } from '../ui/button'
import { absolute, moment, money, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Bones, Chip, Empty, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { useKeys } from './keys'
import { act, useLive } from './live'
import { HOLDS, HOLD_FILTER, LADDER, name, say, shopWords } from './lexicon'
import { Holds, State } from './marks'
import { OrderPane } from './order'
import { PER_PAGE, question } from './order-rules'
import type { OrderRow, Page, Shop } from './types'
import { t } from './words'

/** The cursor of each page walked through, so that one can walk back. The first page has none. */
const trail = new Map<string, string>()

export function Orders({ id }: { id: string }): JSX.Element {
  const query = route.value.query
  const live = useLive<Page<OrderRow>>(question(query))
  const shops = useLive<{ rows: Shop[] }>('/api/shops', 60_000)
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const rows = live.data?.rows ?? []
  const here = Math.min(at, Math.max(0, rows.length - 1))
  const open = (row: OrderRow | undefined) => { if (row) go(['orders', row.id], query) }
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + by))
    setAt(next)
    list.current?.querySelectorAll('[data-row]')[next]?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => { setAt(0) }, [query['state'], query['today'], query['hold'], query['shop'], query['q'], query['after']])
  useKeys({
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    Enter: () => open(rows[here]),
    '/': () => { search.current?.focus(); search.current?.select() },
    Escape: () => { if (id) go(['orders'], query) },
  })
  return (
    <div class={'panes' + (id ? ' open' : '')}>
      <section class="listpane" aria-label={t('订单')}>
        <Head title={t('订单')} live={live} />
        <Filters input={search} shops={shops.data?.rows ?? []} />
        <div class={'rows' + (live.turning ? ' turning' : '')} ref={list} aria-busy={live.turning ? 'true' : undefined}>
          {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
            : !live.data ? <Bones rows={10} />
            : rows.length === 0 ? <None filtered={Object.keys(query).length > 0} />
            : <ul>{rows.map((row, i) => <Row key={row.id} row={row} marked={i === here} opened={row.id === id} query={query} mark={() => setAt(i)} />)}</ul>}
        </div>
        <Pages page={live.data} query={query} />
      </section>
      {id ? <OrderPane id={id} /> : <p class="detailpane vacant muted">{t('选一张订单，这里显示它的全部经过。')}<span class="keysline"><kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd></span></p>}
    </div>
  )
}

// what the numbers of 看板 count: the links behind them bring these
const TODAY: Record<string, () => string> = { taken: () => t('今日接单'), handed_over: () => t('今日已出库'), collected: () => t('今日揽收') }

function Filters({ input, shops }: { input: { current: HTMLInputElement | null }; shops: readonly Shop[] }): JSX.Element {
  const query = route.value.query
  const timer = useRef(0)
  const pick = (change: Record<string, string | undefined>) => { trail.clear(); refine({ ...change, after: undefined, page: undefined }) }
  const typed = (text: string) => {
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => pick({ q: text.trim() || undefined }), 250)
  }
  // the address may change under the field (back button, a link); the field follows unless it is being typed in
  useEffect(() => { const el = input.current; if (el && document.activeElement !== el) el.value = query['q'] ?? '' }, [query['q']])
  const state = query['state'] ?? ''
  const today = query['today'] ?? ''
  return (
    <div class="filters">
      <div class="searchbox">
        <Icon name="search" />
        <input ref={input} class="input" type="search" enterKeyHint="search" aria-label={t('搜订单号、平台单号、面单号')} placeholder={t('搜订单号、平台单号、面单号')} defaultValue={query['q'] ?? ''}
          onInput={(e) => typed(e.currentTarget.value)}
          onKeyDown={(e) => { if (e.key === 'Escape' || e.key === 'Enter') { if (e.key === 'Enter') pick({ q: e.currentTarget.value.trim() || undefined }); e.currentTarget.blur() } }} />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="chiprow" role="group" aria-label={t('按状态')}>
        <Chip pressed={!state && !today} onClick={() => pick({ state: undefined, today: undefined })}>{t('全部')}</Chip>
        {today ? <Chip pressed icon="clock" onClick={() => pick({ today: undefined })}>{TODAY[today]?.() ?? today}</Chip> : null}
        <Chip pressed={state === 'held'} icon="pause" onClick={() => pick({ state: state === 'held' ? undefined : 'held' })}>{t('等人处理')}</Chip>
        {Object.keys(LADDER).map((s) => {
          const look = LADDER[s]
          return look ? <Chip key={s} pressed={state === s} icon={look.icon} onClick={() => pick({ state: state === s ? undefined : s })}>{say(look.word)}</Chip> : null
        })}
      </div>
      <div class="selects">
        <select class="input" aria-label={t('按挂起原因')} value={query['hold'] ?? ''} onChange={(e) => pick({ hold: e.currentTarget.value })}>
          <option value="">{t('挂起原因：不限')}</option>
          {HOLD_FILTER.map((h) => <option key={h} value={h}>{name(HOLDS, h)}</option>)}
        </select>
        <select class="input" aria-label={t('按店铺')} value={query['shop'] ?? ''} onChange={(e) => pick({ shop: e.currentTarget.value })}>
          <option value="">{t('店铺：不限')}</option>
          {shops.map((s) => <option key={s.id} value={s.id}>{shopWords(s.platform, s.name)}</option>)}
        </select>
      </div>
    </div>
  )
}

interface RowProps { row: OrderRow; marked: boolean; opened: boolean; query: Readonly<Record<string, string>>; mark: () => void }

function Row({ row, marked, opened, query, mark }: RowProps): JSX.Element {
  return (
    <li data-row class={'row' + (marked ? ' marked' : '') + (opened ? ' opened' : '')}>
      <a href={href(['orders', row.id], query)} aria-current={opened ? 'true' : undefined} onClick={mark}>
        <span class="line">
          <b class="mono">{row.no}</b>
          <State of="ladder" code={row.ladder} />
          <span class="holds fill"><Holds codes={row.holds.slice(0, 1)} /><More codes={row.holds.slice(1)} /></span>
          <span class="number">{money(row.total_minor, row.currency)}</span>
        </span>
        <span class="line small">
          <span class="clip fill" title={row.external_id}>{shopWords(row.platform, row.shop_name)} · {row.buyer_masked || '–'}</span>
          <span class="number muted">{t('{n} 件', { n: number(row.units) })}</span>
          <span class="muted when" title={whenOf(row)}>{row.paid_at ? t('付款') : t('下单')} <Time at={moment(row.paid_at ?? row.placed_at)} /></span>
        </span>
      </a>
    </li>
  )
}

/** A row has room for one hold; the others are counted. */
function More({ codes }: { codes: readonly string[] }): JSX.Element | null {
  const words = t('另有 {n} 个：{what}', { n: codes.length, what: codes.map((c) => name(HOLDS, c)).join('、') })
  return codes.length ? <span class="chip warn" title={words} aria-label={words} role="img">+{codes.length}</span> : null
}

/** Both times in full, for the pointer that rests on the row. */
function whenOf(row: OrderRow): string {
  const placed = moment(row.placed_at)
  const paid = moment(row.paid_at)
  return [placed === null ? '' : `${t('下单')} ${absolute(placed)}`, paid === null ? '' : `${t('付款')} ${absolute(paid)}`].filter(Boolean).join('\n')
}

function Pages({ page, query }: { page: Page<OrderRow> | null; query: Readonly<Record<string, string>> }): JSX.Element {
  if (!page) return <footer class="pages muted">&nbsp;</footer>
  const no = Math.max(1, Number(query['page'] ?? '1') || 1)
  const first = (no - 1) * PER_PAGE + 1
  const turn = (to: number, after: string | undefined) => refine({ page: to > 1 ? String(to) : undefined, after })
  const forward = () => {
    if (!page.next) return
    trail.set(String(no + 1), page.next)
    turn(no + 1, page.next)
  }
  const back = () => { const after = trail.get(String(no - 1)); turn(after ? no - 1 : 1, after) }
  return (
    <footer class="pages">
      <span class="number">{page.rows.length ? t('第 {a}–{b} 张，共 {all} 张', { a: number(first), b: number(first + page.rows.length - 1), all: number(page.total) }) : t('共 {all} 张', { all: number(page.total) })}</span>
      <span class="fill" />
      <Button size="small" onClick={back} reason={no > 1 ? '' : t('已经是第一页')}>{t('上一页')}</Button>
      <Button size="small" onClick={forward} reason={page.next ? '' : t('已经是最后一页')}>{t('下一页')}</Button>
    </footer>
  )
}

function None({ filtered }: { filtered: boolean }): JSX.Element {
  if (filtered) {
    return <Empty title={t('没有符合条件的订单')} acts={<Button onClick={() => go(['orders'])}>{t('清除筛选')}</Button>}>{t('换一个状态，或缩短搜索内容。')}</Empty>
  }
  return (
    <Empty title={t('还没有订单')} acts={<Demo />}>{t('买家付款后，订单会在一分钟内从已授权的店铺自动进来。没有进来时，请到“店铺”看上次拉取的时间和错误。')}</Empty>
  )
}

/** In demo mode only: orders placed in the simulated shops, which then come in as real ones do. */
export function Demo(): JSX.Element | null {
  if (!session.value?.demo) return <a class="button" href={href(['shops'])}>{t('去看店铺')}</a>
  const place = async () => {
    for (const platform of ['taobao', 'jd', 'pinduoduo', 'shopee']) {
      if (!(await act('POST', '/api/demo/orders', { platform, count: 3 }, ''))) return
    }
    toast(t('已在四个模拟店铺各下 3 单，几秒后进来'))
  }
  return <Button kind="primary" onClick={place}>{t('来几张演示订单')}</Button>
}
