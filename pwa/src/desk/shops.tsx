// 店铺: whether orders come in from each shop, until when they are known, and what is wrong.
import type { JSX } from 'preact'
import { href } from '../app/router'
import { Button } from '../ui/button'
import { moment, number } from '../ui/format'
import { Bones, Empty, Notice, Time, Trouble } from '../ui/show'
import { Head } from './head'
import { PLATFORMS, beginsWith, name } from './lexicon'
import { act, useLive } from './live'
import { State } from './marks'
import { mayNot } from './may'
import { Demo } from './orders'
import { session } from '../app/session'
import type { Shop } from './types'
import { t } from './words'

export function Shops(): JSX.Element {
  const live = useLive<{ rows: Shop[] }>('/api/shops')
  const rows = live.data?.rows ?? []
  return (
    <section class="screen">
      <Head title={t('店铺')} live={live}>{mayNot('pull') ? null : <a class="button small" href={href(['import'])}>{t('导入订单文件')}</a>}{mayNot('rules') ? null : <a class="button small" href={href(['rules'])}>{t('映射规则')}</a>}{session.value?.demo ? <Demo /> : null}</Head>
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={4} />
        : rows.length === 0 ? <Empty title={t('还没有店铺')}>{t('管理员授权一家店铺后，它会出现在这里，订单随后自动进来。')}</Empty>
        : <ul class="cards">{rows.map((s) => <ShopCard key={s.id} shop={s} />)}</ul>}
    </section>
  )
}

function ShopCard({ shop }: { shop: Shop }): JSX.Element {
  return (
    <li class="card shop">
      <p class="line"><span class="grow"><b>{shop.name}</b> {beginsWith(shop.platform, shop.name) ? null : <span class="muted">{name(PLATFORMS, shop.platform)}</span>}</span><State of="shop" code={shop.error && shop.state === 'on' ? 'troubled' : shop.state} /></p>
      <dl class="pairs">
        <div><dt>{t('今日接单')}</dt><dd><a class="number" href={href(['orders'], { shop: shop.id })}>{number(shop.orders_today)}</a></dd></div>
        <div><dt>{t('上次拉取')}</dt><dd><Time at={moment(shop.last_pull_at)} fallback={t('还没有拉取过')} /></dd></div>
        <div><dt>{t('已知到')}</dt><dd><Time at={moment(shop.watermark)} /></dd></div>
      </dl>
      {shop.error ? <Notice tone="bad"><p>{shop.error}</p></Notice> : null}
      <p><Button size="small" reason={mayNot('pull')} explain onClick={() => act('POST', `/api/shops/${shop.id}/pull`, {}, t('{name}：已开始拉取', { name: shop.name }))}>{t('现在拉取')}</Button></p>
    </li>
  )
}
