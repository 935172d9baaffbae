// 店铺: whether orders come in from each shop, how far they are behind, what is wrong and what to do about it.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { go, href, route } from '../app/router'
import { session } from '../app/session'
import { Button } from '../ui/button'
import { number } from '../ui/format'
import { Bones, Empty, Notice, Trouble } from '../ui/show'
import { Head } from './head'
import { PLATFORMS, beginsWith, name } from './lexicon'
import { useLive, type Live } from './live'
import { mayNot } from './may'
import { Demo } from './orders'
import { Filling } from './shops-backfill'
import { Connect } from './shops-connect'
import { draft, dropDraft, keepSent, sent, stepOf } from './shops-draft'
import { NewShop } from './shops-new'
import { OneShop } from './shops-one'
import { Freshness, Problem, Pull, Pulling, Stands, bossOnly } from './shops-parts'
import type { FullShop, ShopPage } from './shops-rules'
import { t } from './shops-words'

export function Shops(): JSX.Element {
  const [, id = '', part = ''] = route.value.path
  const [busy, setBusy] = useState(false)
  const live = useLive<ShopPage>('/api/shops', busy || part === 'connect' ? 2000 : 5000)
  useEffect(() => setBusy(live.data?.rows.some((s) => s.backfill?.state === 'running') ?? false), [live.data])
  if (id === 'new') return <NewShop live={live} />
  if (!id) return <List live={live} />
  const shop = live.data?.rows.find((s) => s.id === id)
  if (!shop) {
    return (
      <section class="screen">
        <Head title={t('店铺')} live={live} />
        {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
          : !live.data ? <Bones rows={6} />
          : <Empty title={t('没有这家店铺')} acts={<a class="button" href={href(['shops'])}>{t('回到店铺')}</a>}>{t('链接可能写错了。')}</Empty>}
      </section>
    )
  }
  return part === 'connect' && live.data ? <Connect key={id} shop={shop} page={live.data} live={live} /> : <OneShop key={id} shop={shop} live={live} />
}

function List({ live }: { live: Live<ShopPage> }): JSX.Element {
  const rows = live.data?.rows ?? []
  const boss = bossOnly()
  const [begun, setBegun] = useState(half)
  const add = boss
    ? <Button size="small" reason={boss} onClick={() => undefined}>{t('接入店铺')}</Button>
    : <a class="button small primary" href={href(['shops', 'new'])}>{t('接入店铺')}</a>
  return (
    <section class="screen">
      <Head title={t('店铺')} live={live}>
        {mayNot('pull') ? null : <a class="button small" href={href(['import'])}>{t('导入订单文件')}</a>}
        {mayNot('rules') ? null : <a class="button small" href={href(['rules'])}>{t('映射规则')}</a>}
        {session.value?.demo ? <Demo /> : null}
        {add}
      </Head>
      <Returned page={live.data} />
      {!boss && begun ? <div class="resume"><Notice tone="info"><p class="line wrap"><span class="fill">{t('有一家店铺接到一半。')}</span><a class="button small" href={href(['shops', 'new'], { platform: begun })}>{t('继续接入')}</a><Button size="small" kind="quiet" onClick={() => { dropDraft(); setBegun('') }}>{t('不接了')}</Button></p></Notice></div> : null}
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={4} />
        : rows.length === 0 ? <Empty title={t('还没有店铺')} acts={boss ? undefined : <a class="button primary" href={href(['shops', 'new'])}>{t('接入第一家店铺')}</a>}>{boss ? t('请管理来接入。接好以后它会出现在这里，订单随后自动进来。') : t('选平台、照着清单在平台后台做好准备、填密钥、请店主点同意，订单随后自动进来。')}</Empty>
        : <ul class="cards shops">{rows.map((s) => <ShopCard key={s.id} shop={s} />)}</ul>}
    </section>
  )
}

/** The platform of a shop for which something was typed or ticked here. */
function half(): string {
  const kept = draft()
  return kept.ticks.length || kept.name || kept.app_key ? kept.platform : ''
}

function ShopCard({ shop }: { shop: FullShop }): JSX.Element {
  const open = bossOnly() === '' && shop.state !== 'new' && stepOf(shop.id) !== ''
  return (
    <li class="card shop">
      <p class="line"><span class="grow"><a class="shopname" href={href(['shops', shop.id])}><b>{shop.name}</b></a> {beginsWith(shop.platform, shop.name) ? null : <span class="muted">{name(PLATFORMS, shop.platform)}</span>}</span><Stands shop={shop} /></p>
      <dl class="pairs">
        <div><dt>{t('今日接单')}</dt><dd><a class="number" href={href(['orders'], { shop: shop.id, today: 'taken' })}>{number(shop.orders_today)}</a></dd></div>
        <Freshness shop={shop} />
      </dl>
      <Pulling shop={shop} />
      {shop.backfill?.state === 'running' ? <Filling fill={shop.backfill} /> : null}
      <Problem shop={shop} />
      <p class="shopacts">
        <Pull shop={shop} />
        <a class="button small" href={href(['shops', shop.id])}>{t('详情')}</a>
        {open ? <a class="button small" href={href(['shops', shop.id, 'connect'])}>{t('继续接入')}</a> : null}
      </p>
    </li>
  )
}

const REFUSED: Readonly<Record<string, () => string>> = {
  bad_consent: () => t('这次授权已过期或已用过，请重新生成授权链接。'),
  consent_refused: () => t('平台没有给出授权码，店主可能没有同意。'),
  shop_known: () => t('这家店铺已经接入，请在它那一行重新授权。'),
  another_shop: () => t('授权的是另一家店铺，没有保存。请换成这家店的账号再授权。'),
}

/** The owner's browser is back from the platform: on to where one was. */
function Returned({ page }: { page: ShopPage | null }): JSX.Element | null {
  const { consent = '' } = route.value.query
  const shop = page?.rows.find((s) => s.id === sent())
  useEffect(() => {
    if (consent !== 'ok' || !shop) return
    keepSent('')
    go(['shops', shop.id, 'connect'], { step: 'test' }, true)
  }, [consent, shop])
  if (!consent) return null
  if (consent === 'ok') return <div class="resume"><Notice tone="ok"><p>{t('授权成功。')}</p></Notice></div>
  return (
    <div class="resume">
      <Notice tone="bad" alert>
        <p>{(REFUSED[consent] ?? (() => t('授权没有完成（{code}）。请再试一次。', { code: consent })))()}</p>
        {shop && !bossOnly() ? <p class="todo"><a class="button small primary" href={href(['shops', shop.id, 'connect'], { step: 'authorise' })}>{t('再授权一次')}</a></p> : null}
      </Notice>
    </div>
  )
}
