// 货品: the list with its filters in the address, and beside it one SKU: its stock, words, barcodes and parts.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { go, href, refine, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { number, spec } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Bones, Chip, Empty, Id, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { BundleEditor } from './bundle'
import { Tabs, Turn } from './goods-parts'
import { t } from './goods-words'
import { Head } from './head'
import { useKeys } from './keys'
import { send, useLive } from './live'
import { mayNot } from './may'
import { SkuForm } from './sku-form'
import type { SkuFull } from './types'

interface SkuPage { rows: SkuFull[]; next: string | null; total: number }

export function Skus({ id }: { id: string }): JSX.Element {
  const query = route.value.query
  const [at, setAt] = useState(0)
  const search = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const live = useLive<SkuPage>('/api/skus?' + asked(query))
  const rows = live.data?.rows ?? []
  const here = Math.min(at, Math.max(0, rows.length - 1))
  const open = (sku: string) => go(['goods', sku], query)
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + by))
    setAt(next)
    list.current?.querySelectorAll('[data-row]')[next]?.scrollIntoView({ block: 'nearest' })
  }
  useEffect(() => { setAt(0) }, [query['kind'], query['q'], query['after']])
  useKeys({
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    Enter: () => { const row = rows[here]; if (row) open(row.id) },
    n: () => { if (!mayNot('goods')) open('new') },
    '/': () => { search.current?.focus(); search.current?.select() },
    Escape: () => { if (id) go(['goods'], query) },
  })
  return (
    <div class={'panes' + (id ? ' open' : '')}>
      <section class="listpane" aria-label={t('货品')}>
        <Head title={t('货品')} live={live}><Button size="small" reason={mayNot('goods')} shortcut="n" onClick={() => open('new')}>{t('新建货品')}</Button></Head>
        <Tabs here="goods" />
        <Filters input={search} />
        <div class={'rows' + (live.turning ? ' turning' : '')} ref={list} aria-busy={live.turning ? 'true' : undefined}>
          {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
            : !live.data ? <Bones rows={10} />
            : rows.length === 0 ? <None filtered={Object.keys(query).length > 0} />
            : <ul>{rows.map((row, i) => <Row key={row.id} row={row} marked={i === here} opened={row.id === id} query={query} mark={() => setAt(i)} />)}</ul>}
        </div>
        {live.data ? <Turn next={live.data.next} after={query['after'] ?? ''} total={live.data.total} /> : <footer class="pages">&nbsp;</footer>}
      </section>
      {id === 'new' ? <NewPane query={query} /> : id ? <SkuPane key={id} id={id} /> : <p class="detailpane vacant muted">{t('选一个货品，这里显示它的库存、条码和组合。')}<span class="keysline"><kbd>j</kbd> <kbd>k</kbd> <kbd>Enter</kbd></span></p>}
    </div>
  )
}

function asked(query: Readonly<Record<string, string>>): string {
  const ask = new URLSearchParams({ limit: '50' })
  const kind = query['kind'] ?? ''
  if (kind === 'retired') ask.set('retired', 'true')
  else if (kind) ask.set('kind', kind)
  if (query['q']) ask.set('q', query['q'])
  if (query['after']) ask.set('after', query['after'])
  return ask.toString()
}

function Filters({ input }: { input: { current: HTMLInputElement | null } }): JSX.Element {
  const query = route.value.query
  const timer = useRef(0)
  const kind = query['kind'] ?? ''
  const pick = (change: Record<string, string | undefined>) => refine({ ...change, after: undefined })
  const typed = (text: string) => {
    window.clearTimeout(timer.current)
    timer.current = window.setTimeout(() => pick({ q: text.trim() || undefined }), 250)
  }
  useEffect(() => { const el = input.current; if (el && document.activeElement !== el) el.value = query['q'] ?? '' }, [query['q']])
  return (
    <div class="filters">
      <div class="searchbox">
        <Icon name="search" />
        <input ref={input} class="input" type="search" enterKeyHint="search" aria-label={t('搜货品编码、名称、库位、条码')} placeholder={t('搜货品编码、名称、库位、条码')} defaultValue={query['q'] ?? ''}
          onInput={(e) => typed(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Escape' || e.key === 'Enter') e.currentTarget.blur() }} />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="chiprow" role="group" aria-label={t('类型')}>
        <Chip pressed={!kind} onClick={() => pick({ kind: undefined })}>{t('全部')}</Chip>
        <Chip pressed={kind === 'single'} onClick={() => pick({ kind: 'single' })}>{t('单品')}</Chip>
        <Chip pressed={kind === 'bundle'} icon="waves" onClick={() => pick({ kind: 'bundle' })}>{t('组合装')}</Chip>
        <Chip pressed={kind === 'retired'} icon="pause" onClick={() => pick({ kind: 'retired' })}>{t('已停用')}</Chip>
      </div>
    </div>
  )
}

function Row({ row, marked, opened, query, mark }: { row: SkuFull; marked: boolean; opened: boolean; query: Readonly<Record<string, string>>; mark: () => void }): JSX.Element {
  const free = row.on_hand - row.reserved
  return (
    <li data-row class={'row goodsrow' + (marked ? ' marked' : '') + (opened ? ' opened' : '')}>
      <a href={href(['goods', row.id], query)} aria-current={opened ? 'true' : undefined} onClick={mark}>
        <span class="line">
          <b class="mono clip fill" title={row.code}>{row.code}</b>
          {row.parts.length ? <Badge icon="waves" tone="info">{t('组合装')}</Badge> : null}
          <span class={'number qty' + (free <= 0 ? ' bad' : '')}>{row.parts.length ? t('可以组成') : t('可用')} {number(free)}</span>
        </span>
        <span class="line small">
          <span class="clip fill">{row.name} <b>{spec(row.variant)}</b></span>
          <span class="muted mono">{row.bin || '–'}</span>
        </span>
      </a>
    </li>
  )
}

function None({ filtered }: { filtered: boolean }): JSX.Element {
  if (filtered) return <Empty title={t('没有符合条件的货品')} acts={<Button onClick={() => go(['goods'])}>{t('清除筛选')}</Button>} />
  return <Empty title={t('还没有货品')} acts={mayNot('goods') ? undefined : <a class="button primary" href={href(['goods-import'])}>{t('导入货品')}</a>}>{t('添加第一个货品，或从表格导入。')}</Empty>
}

function Back(): JSX.Element {
  return <a class="backlink" href={href(['goods'], route.value.query)}><Icon name="back" /> {t('回到列表')}</a>
}

function NewPane({ query }: { query: Readonly<Record<string, string>> }): JSX.Element {
  return (
    <article class="detailpane">
      <Back />
      <div class="orderhead"><h2>{t('新建货品')}</h2></div>
      <div class="block"><SkuForm sku={null} done={(id) => go(['goods', id], query)} close={() => go(['goods'], query)} /></div>
    </article>
  )
}

function SkuPane({ id }: { id: string }): JSX.Element {
  const live = useLive<SkuFull>(`/api/skus/${id}`)
  const [editing, setEditing] = useState(false)
  const no = mayNot('goods')
  const sku = live.data
  useKeys({ e: () => { if (!no && sku) setEditing(true) } })
  if (!sku) return <article class="detailpane"><Back />{live.error ? <Trouble error={live.error} /> : <Bones rows={6} />}</article>
  const bundle = sku.parts.length > 0
  const retire = () => ask({
    title: t('停用 {code}？', { code: sku.code }),
    consequence: t('会检查：没有库存、没有未发的订单、不在组合装里。它的平台商品会变成未匹配。'),
    yes: t('停用'), danger: true,
    act: async () => { await send('POST', `/api/skus/${id}/retire`); toast(t('已停用 {code}', { code: sku.code })) },
  })
  const restore = async () => { await send('POST', `/api/skus/${id}/restore`); toast(t('已恢复 {code}', { code: sku.code })) }
  return (
    <article class="detailpane" aria-label={sku.code}>
      <Back />
      <div class="orderhead">
        <h2 class="mono">{sku.code}</h2>
        {bundle ? <Badge icon="waves" tone="info">{t('组合装')}</Badge> : null}
        {sku.retired ? <Badge icon="pause" tone="warn">{t('已停用')}</Badge> : null}
      </div>
      <p>{sku.name} <b>{spec(sku.variant)}</b></p>
      <dl class="figures number">
        {bundle ? <div><dt>{t('可以组成')}</dt><dd>{number(sku.on_hand)}</dd></div> : <>
          <div><dt>{t('可用')}</dt><dd>{number(sku.on_hand - sku.reserved)}</dd></div>
          <div><dt>{t('在库')}</dt><dd>{number(sku.on_hand)}</dd></div>
          <div><dt>{t('占用')}</dt><dd>{number(sku.reserved)}</dd></div></>}
      </dl>
      <div class="orderacts">
        <Button shortcut="e" reason={no} explain onClick={() => setEditing(!editing)}>{t('编辑')}</Button>
        {sku.retired ? <Button reason={no} onClick={restore}>{t('恢复使用')}</Button> : <Button reason={no} onClick={retire}>{t('停用')}</Button>}
      </div>
      {editing ? <div class="block"><SkuForm sku={sku} done={() => setEditing(false)} close={() => setEditing(false)} /></div> : (
        <div class="block">
          <dl class="pairs">
            <div><dt>{t('库位')}</dt><dd class="mono">{sku.bin || '–'}</dd></div>
            <div><dt>{t('条码')}</dt><dd>{sku.barcodes.length ? <span class="barcodes">{sku.barcodes.map((b) => <Id key={b} value={b} label={t('条码')} />)}</span> : t('无')}</dd></div>
            <div><dt>{t('平台商品')}</dt><dd><a href={href(['listings'], { sku: sku.id })}>{t('{n} 个平台商品按它发货', { n: number(sku.listings) })}</a></dd></div>
          </dl>
        </div>
      )}
      <BundleEditor key={sku.parts.map((p) => p.id + p.qty).join()} sku={sku} />
    </article>
  )
}
