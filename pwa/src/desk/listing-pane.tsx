// One listing: what its shop says, the SKUs it may be, and the one act: match.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { href, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number, spec } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Bones, Id, Notice, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { t } from './goods-words'
import { useKeys } from './keys'
import { shopWords } from './lexicon'
import { act, send, useLive } from './live'
import { mayNot } from './may'
import { SkuPick } from './sku-pick'
import type { Listing, Shop, Sku, Suggestion } from './types'

const STATE: Record<string, () => string> = { on: () => t('平台上在售'), off: () => t('平台上已下架'), deleted: () => t('平台上已删除'), gone: () => t('平台列表里没有了') }
const HOW: Record<string, () => string> = { code: () => t('按编码匹配'), barcode: () => t('按条码匹配'), hand: () => t('人工匹配') }
const WHY = (s: Suggestion): string => s.why === 'barcode' ? t('条码相同') : s.why === 'code' ? (s.score >= 1000 ? t('编码相同') : t('编码像')) : t('名称像')

const titleOf = (g: Listing): string => `${g.title || g.item} ${spec(g.spec)}`.trim()

export function ListingPane({ listing: g }: { listing: Listing }): JSX.Element {
  const [other, setOther] = useState(false)
  const no = mayNot('match')
  const near = useLive<{ rows: Suggestion[] }>(`/api/listings/${g.id}/suggestions`, 0)
  const best = (near.data?.rows ?? []).filter((s) => s.sku.id !== g.sku?.id)
  const choose = (sku: Sku) => ask({
    title: t('匹配为 {code}？', { code: sku.code }),
    consequence: g.waiting
      ? t('“{title}”以后在这家店都按 {sku} 发货；正在等它的 {n} 单会一起重新审单。', { title: titleOf(g), sku: words(sku), n: number(g.waiting) })
      : t('“{title}”以后在这家店都按 {sku} 发货。', { title: titleOf(g), sku: words(sku) }),
    yes: t('匹配'),
    act: async () => {
      const { orders } = await send<{ orders: number }>('POST', `/api/listings/${g.id}/match`, { sku_id: sku.id })
      setOther(false)
      toast(orders ? t('已匹配为 {code}，{n} 单重新审单', { code: sku.code, n: number(orders) }) : t('已匹配为 {code}', { code: sku.code }))
    },
  })
  const unmatch = () => ask({
    title: t('取消匹配？'), consequence: t('以后的订单会停下来等人匹配；已经匹配好的订单不变。'), yes: t('取消匹配'),
    act: async () => { await send('POST', `/api/listings/${g.id}/unmatch`); toast(t('已取消匹配')) },
  })
  const press = (n: number) => { const s = best[n]; if (s && !no) void choose(s.sku) }
  useKeys({ m: () => press(0) })
  return (
    <article class="detailpane" aria-label={titleOf(g)}>
      <a class="backlink" href={href(['listings'], route.value.query)}><Icon name="back" /> {t('回到列表')}</a>
      <div class="orderhead">
        <h2>{g.title || g.item}</h2>
        {g.waiting ? <a href={href(['orders'], { hold: 'sku_unmatched', shop: g.shop_id })}><Badge icon="pause" tone="warn">{t('{n} 单在等它', { n: number(g.waiting) })}</Badge></a> : null}
      </div>
      {g.spec ? <p><b>{spec(g.spec)}</b></p> : null}
      <div class="block">
        <dl class="pairs">
          <div><dt>{t('店铺')}</dt><dd>{shopWords(g.platform, g.shop_name)}</dd></div>
          <div><dt>{t('商家编码')}</dt><dd><Id value={g.outer_code} label={t('商家编码')} /></dd></div>
          <div><dt>{t('条码')}</dt><dd><Id value={g.barcode} label={t('条码')} /></dd></div>
          <div><dt>{t('状态')}</dt><dd>{STATE[g.state]?.() ?? g.state}{g.seen_at ? null : <span class="muted"> · {t('来自订单')}</span>}</dd></div>
          {g.qty === null ? null : <div><dt>{t('平台库存')}</dt><dd class="number">{number(g.qty)}</dd></div>}
          {g.seen_at ? <div><dt>{t('读取时间')}</dt><dd><Time at={moment(g.seen_at)} /></dd></div> : null}
        </dl>
      </div>
      <section class="block" aria-label={t('货品')}>
        <h3>{t('货品')}<span class="aside muted">{g.sku || g.how ? <>{g.sku ? (HOW[g.how]?.() ?? '') : t('人工说明：不是我们的货')}{g.matched_by ? <> · {t('由 {who} 匹配', { who: g.matched_by })}</> : null} <Time at={moment(g.matched_at)} fallback="" /></> : null}</span></h3>
        {g.sku ? <p><a class="mono" href={href(['goods', g.sku.id])}>{g.sku.code}</a> {g.sku.name} <b>{spec(g.sku.variant)}</b></p> : <p class="bad"><Icon name="alert" size={13} /> {t('未匹配')}</p>}
        {near.error && !near.data ? <Trouble error={near.error} /> : !near.data ? <Bones rows={3} /> : (
          <ul class="choices suggest">
            {best.slice(0, g.sku ? 3 : 6).map((s, i) => (
              <li key={s.sku.id}>
                <button type="button" aria-disabled={no ? 'true' : undefined} title={no} onClick={() => press(i)}>
                  {i === 0 ? <kbd aria-hidden="true">m</kbd> : null}
                  <span class="mono">{s.sku.code}</span><span class="grow">{s.sku.name} <b>{spec(s.sku.variant)}</b></span>
                  <span class="muted number">{WHY(s)} · {t('可用 {n}', { n: number(s.on_hand - s.reserved) })}</span>
                </button>
              </li>))}
          </ul>
        )}
        {near.data && !best.length && !g.sku ? <p class="muted">{t('没有很像的货品，请搜一个。')}</p> : null}
        {other ? <SkuPick start={g.outer_code} pick={(sku) => void choose(sku)} close={() => setOther(false)} /> : (
          <div class="orderacts">
            <Button size="small" reason={no} explain onClick={() => setOther(true)}>{t('选别的货品')}</Button>
            {g.sku ? <Button size="small" kind="quiet" reason={no} onClick={unmatch}>{t('取消匹配')}</Button> : null}
          </div>
        )}
      </section>
    </article>
  )
}

const words = (sku: Sku): string => `${sku.code} ${sku.name} ${spec(sku.variant)}`.trim()

/** When a shop's own list was read, and reading it now. */
export function ReadAgain({ shop }: { shop: Shop }): JSX.Element {
  const read = shop.listings
  const no = mayNot('match') || (shop.powers.listings ? '' : t('这个平台的商品列表还不能拉取，商品会随订单出现'))
  return (
    <div class="small">
      <p class="line wrap"><span class="fill muted">{read.state === 'running' ? t('读到 {n} 个，还在继续', { n: number(read.seen) }) : <>{t('读取时间')} <Time at={moment(read.at)} fallback={t('还没有读过它的商品')} /></>}</span>
        <Button size="small" reason={no} onClick={() => act('POST', `/api/shops/${shop.id}/listings/pull`, {}, t('已开始拉取商品'))}>{t('拉取商品')}</Button></p>
      {read.state === 'failed' ? <Notice tone="bad"><p>{t('读取失败：{why}', { why: read.error })}</p></Notice> : null}
    </div>
  )
}
