// 平台商品: unmatched first, those that most orders wait for on top. One match releases every order that waits.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { go, href, refine, route } from '../app/router'
import { Button } from '../ui/button'
import { number, spec } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Bones, Chip, Empty, Trouble } from '../ui/show'
import { Tabs, Turn } from './goods-parts'
import { t } from './goods-words'
import { Head } from './head'
import { useKeys } from './keys'
import { shopWords } from './lexicon'
import { useLive } from './live'
import { ListingPane, ReadAgain } from './listing-pane'
import type { Listing, Shop } from './types'

export type ListingState = 'unmatched' | 'matched' | 'gone'
export interface ListingPage { rows: Listing[]; next: string | null; counts: Record<ListingState, number> }

export function Listings({ id }: { id: string }): JSX.Element {
  const query = route.value.query
  const state = stateOf(query)
  const [at, setAt] = useState(0)
  const search = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const live = useLive<ListingPage>('/api/listings?' + asked(query, state))
  const shops = useLive<{ rows: Shop[] }>('/api/shops')
  const rows = live.data?.rows ?? []
  const here = Math.min(at, Math.max(0, rows.length - 1))
  const open = (row: Listing | undefined) => { if (row) go(['listings', row.id], query) }
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + by))
    setAt(next)
    if (id) open(rows[next])
    list.current?.querySelectorAll('[data-row]')[next]?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => { setAt(0) }, [state, query['shop'], query['q'], query['after'], query['sku']])
  useKeys({
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    Enter: () => open(rows[here]),
    '/': () => { search.current?.focus(); search.current?.select() },
    Escape: () => { if (id) go(['listings'], query) },
  })
  // a listing that was matched leaves the list of unmatched ones; its pane stays until another is chosen
  const kept = useRef<Listing | null>(null)
  const found = rows.find((r) => r.id === id)
  if (found) kept.current = found
  const shown = found ?? (kept.current?.id === id ? kept.current : null)
  return (
    <div class={'panes' + (id ? ' open' : '')}>
      <section class="listpane" aria-label={t('平台商品')}>
        <Head title={t('平台商品')} live={live} />
        <Tabs here="listings" />
        <Filters input={search} state={state} counts={live.data?.counts} shops={shops.data?.rows ?? []} />
        <div class={'rows' + (live.turning ? ' turning' : '')} ref={list} aria-busy={live.turning ? 'true' : undefined}>
          {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
            : !live.data ? <Bones rows={10} />
            : rows.length === 0 ? <None filtered={Boolean(query['q'] || query['shop'] || query['sku'])} state={state} />
            : <ul>{rows.map((row, i) => <Row key={row.id} row={row} marked={i === here} opened={row.id === id} query={query} mark={() => setAt(i)} />)}</ul>}
        </div>
        {live.data ? <Turn next={live.data.next} after={query['after'] ?? ''} total={state ? live.data.counts[state] : live.data.counts.unmatched + live.data.counts.matched + live.data.counts.gone} /> : <footer class="pages">&nbsp;</footer>}
      </section>
      {id && shown ? <ListingPane key={id} listing={shown} /> : id && !live.data ? <article class="detailpane"><Bones rows={6} /></article> : <p class="detailpane vacant muted">{t('选一个商品，这里显示它可能是哪个货品。')}<span class="keysline"><kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd> <kbd>m</kbd></span></p>}
    </div>
  )
}

/** A SKU's own listings are shown whatever their state; else what is unmatched comes first. */
const stateOf = (query: Readonly<Record<string, string>>): ListingState | '' => {
  const said = query['state'] ?? (query['sku'] ? 'all' : 'unmatched')
  return said === 'matched' || said === 'gone' || said === 'unmatched' ? said : ''
}

function asked(query: Readonly<Record<string, string>>, state: string): string {
  const ask = new URLSearchParams({ limit: '50' })
  if (state) ask.set('state', state)
  for (const name of ['shop', 'sku', 'q', 'after']) {
    const value = query[name]
    if (value) ask.set(name, value)
  }
  return ask.toString()
}

function Filters({ input, state, counts, shops }: { input: { current: HTMLInputElement | null }; state: string; counts: Record<ListingState, number> | undefined; shops: readonly Shop[] }): JSX.Element {
  const query = route.value.query
  const timer = useRef(0)
  const pick = (change: Record<string, string | undefined>) => refine({ ...change, after: undefined })
  const typed = (text: string) => {
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => pick({ q: text.trim() || undefined }), 250)
  }
  useEffect(() => { const el = input.current; if (el && document.activeElement !== el) el.value = query['q'] ?? '' }, [query['q']])
  const shop = shops.find((s) => s.id === query['shop'])
  const chip = (of: ListingState, words: string, icon: 'alert' | 'check' | 'cross') => (
    <Chip pressed={state === of} icon={icon} onClick={() => pick({ state: of, sku: undefined })}>{words}{counts ? <>&nbsp;<b class="number">{number(counts[of])}</b></> : null}</Chip>
  )
  return (
    <div class="filters">
      <div class="searchbox">
        <Icon name="search" />
        <input ref={input} class="input" type="search" enterKeyHint="search" aria-label={t('搜标题、规格、商家编码、条码、货品编码')} placeholder={t('搜标题、规格、商家编码、条码、货品编码')} defaultValue={query['q'] ?? ''}
          onInput={(e) => typed(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Escape' || e.key === 'Enter') e.currentTarget.blur() }} />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="chiprow" role="group" aria-label={t('按状态')}>
        {chip('unmatched', t('未匹配'), 'alert')}
        {chip('matched', t('已匹配'), 'check')}
        {chip('gone', t('失效'), 'cross')}
        <Chip pressed={state === ''} onClick={() => pick({ state: 'all' })}>{t('全部')}</Chip>
      </div>
      <div class="selects">
        <select class="input" aria-label={t('按店铺')} value={query['shop'] ?? ''} onChange={(e) => pick({ shop: e.currentTarget.value })}>
          <option value="">{t('全部店铺')}</option>
          {shops.map((s) => <option key={s.id} value={s.id}>{shopWords(s.platform, s.name)}</option>)}
        </select>
      </div>
      {shop ? <ReadAgain shop={shop} /> : null}
    </div>
  )
}

function Row({ row, marked, opened, query, mark }: { row: Listing; marked: boolean; opened: boolean; query: Readonly<Record<string, string>>; mark: () => void }): JSX.Element {
  return (
    <li data-row class={'row goodsrow' + (marked ? ' marked' : '') + (opened ? ' opened' : '')}>
      <a href={href(['listings', row.id], query)} aria-current={opened ? 'true' : undefined} onClick={mark}>
        <span class="line">
          <b class="clip fill" title={row.title}>{row.title || row.item}</b>
          {row.waiting ? <Badge icon="pause" tone="warn">{t('{n} 单在等', { n: number(row.waiting) })}</Badge> : null}
          {row.sku ? <span class="mono">{row.sku.code}</span> : row.state === 'on' || row.state === 'off' || row.waiting ? <Badge icon="alert" tone="plain">{t('未匹配')}</Badge> : <Badge icon="cross" tone="plain">{t('失效')}</Badge>}
        </span>
        <span class="line small">
          <span class="clip fill">{spec(row.spec) || '–'}</span>
          <span class="muted mono clip">{row.outer_code}</span>
          <span class="muted">{shopWords(row.platform, row.shop_name)}</span>
        </span>
      </a>
    </li>
  )
}

function None({ filtered, state }: { filtered: boolean; state: string }): JSX.Element {
  if (filtered) return <Empty title={t('没有商品符合条件')} acts={<Button onClick={() => go(['listings'])}>{t('清除筛选')}</Button>} />
  if (state === 'unmatched') return <Empty title={t('都匹配好了')}>{t('新商品没有对上货品时会出现在这里，要它的订单会停下来等。')}</Empty>
  return <Empty title={t('还没有商品')}>{t('用平台的商品列表和订单里的商品填满，没有时请到“店铺”连接店铺。')}</Empty>
}
