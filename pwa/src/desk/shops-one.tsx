// One shop: how it stands, what it can do, and everything that may be done to its connection.
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { go, href, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { absolute, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Id } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { PLATFORMS, name, say, type Word } from './lexicon'
import { send, type Live } from './live'
import { mayNot } from './may'
import { BackfillBox } from './shops-backfill'
import { stepOf } from './shops-draft'
import { NewSecret, OptionsForm } from './shops-options'
import { Freshness, Problem, Pull, Pulling, Stands, Trial, bossOnly, turn, useTrial } from './shops-parts'
import { ownerNeededAt, type FullShop, type Powers, type ShopPage } from './shops-rules'
import { t } from './shops-words'

export function OneShop({ shop, live }: { shop: FullShop; live: Live<ShopPage> }): JSX.Element {
  const trial = useTrial(shop.id)
  const no = bossOnly()
  const wanted = route.value.query['test'] === '1'
  const run = async (): Promise<void> => {
    const done = trial.run()
    document.getElementById('trial')?.scrollIntoView?.({ block: 'nearest' })
    await done
  }
  useEffect(() => {
    if (!wanted || mayNot('pull')) return
    go(['shops', shop.id], {}, true)
    void run()
  }, [wanted])
  const end = ownerNeededAt(shop)
  return (
    <section class="screen">
      <Head title={shop.name} live={live}>
        <Pull shop={shop} />
        <Button size="small" reason={mayNot('pull')} onClick={run}>{t('测试连接')}</Button>
        {no ? null : shop.state === 'off' ? <Button size="small" kind="primary" onClick={() => turn(shop, true)}>{t('恢复')}</Button> : <a class="button small" href={href(['shops', shop.id, 'connect'], { step: 'authorise' })}>{shop.authorised ? t('重新授权') : t('去授权')}</a>}
      </Head>
      <div class="pad oneshop">
        <p class="line wrap"><a class="back" href={href(['shops'])}><Icon name="back" size={14} /> {t('全部店铺')}</a><Stands shop={shop} />{shop.demo ? <Badge icon="info" tone="info">{t('演示店铺')}</Badge> : null}</p>
        <Problem shop={shop} test={run} />
        {!no && shop.authorised && stepOf(shop.id) ? <p class="todo"><a class="button small" href={href(['shops', shop.id, 'connect'])}>{t('继续接入')}</a></p> : null}
        <div class="shopcolumns">
          <div>
            <div class="block">
              <h3>{t('现在')}</h3>
              <dl class="pairs wide">
                <div><dt>{t('今日接单')}</dt><dd><a class="number" href={href(['orders'], { shop: shop.id, today: 'taken' })}>{number(shop.orders_today)}</a></dd></div>
                <Freshness shop={shop} />
                <div><dt>{t('待处理售后')}</dt><dd>{shop.powers.refunds ? <><a class={'number ' + (shop.refunds_asked ? 'warn' : '')} href={href(['orders'], { shop: shop.id, hold: 'refund_asked' })}>{t('{n} 个等答复', { n: number(shop.refunds_asked) })}</a> <span class="muted number">{t('未结束 {n}', { n: number(shop.refunds_open) })}</span></> : <span class="muted">{t('平台接口不提供')}</span>}</dd></div>
                <div><dt>{t('待核对通知')}</dt><dd>{shop.powers.messages || shop.powers.webhook || shop.waiting ? <span class="number">{t('{n} 条', { n: number(shop.waiting) })}</span> : <span class="muted">{t('平台没有通知')}</span>}</dd></div>
              </dl>
              <Pulling shop={shop} />
            </div>
            <div class="block" id="trial">
              <h3>{t('测试连接')}</h3>
              {trial.steps || trial.busy || trial.error ? <Trial trial={trial} /> : <p class="muted">{t('几次只读的调用，看签名、授权、权限和时钟对不对。')}</p>}
              <p class="todo"><Button size="small" reason={mayNot('pull')} explain onClick={run}>{trial.steps ? t('再测一次') : t('开始测试')}</Button></p>
            </div>
            <div class="block"><h3>{t('补拉过去的订单')}</h3><BackfillBox shop={shop} /></div>
          </div>
          <div>
            <div class="block">
              <h3>{t('账号')}</h3>
              <dl class="pairs wide">
                <div><dt>{t('平台')}</dt><dd>{name(PLATFORMS, shop.platform)}</dd></div>
                <div><dt>{t('平台店铺号')}</dt><dd>{shop.external_id ? <Id value={shop.external_id} label={t('平台店铺号')} /> : <span class="muted">{t('授权后显示')}</span>}</dd></div>
                <div><dt>{t('应用')}</dt><dd class="appkey"><Id value={shop.app_key} label={t('应用')} /></dd></div>
                <div><dt>{t('授权到')}</dt><dd>{!shop.authorised ? <span class="muted">{t('未授权')}</span> : end === null ? <span class="muted">{t('平台没有说')}</span> : <><span class="number" title={absolute(end)}>{absolute(end).slice(0, 10)}</span>{shop.powers.refresh ? <span class="muted small"> {t('到期前自动续期')}</span> : null}</>}</dd></div>
                <div><dt>{t('密钥')}</dt><dd class="muted">{t('已加密保存，不再显示')}</dd></div>
              </dl>
            </div>
            <div class="block"><h3>{t('能做什么')}</h3><PowerList powers={shop.powers} held={shop.platform === 'jdsp'} /></div>
            <div class="block"><h3>{t('选项')}</h3><OptionsForm key={JSON.stringify(shop.settings)} shop={shop} /></div>
            {no ? null : <div class="block"><h3>{t('更换应用密钥')}</h3><NewSecret shop={shop} /></div>}
            <div class="block"><h3>{t('暂停与断开')}</h3><Ending shop={shop} no={no} /></div>
          </div>
        </div>
      </div>
    </section>
  )
}

function Ending({ shop, no }: { shop: FullShop; no: string }): JSX.Element {
  const pause = () => ask({
    title: t('暂停 {name}？', { name: shop.name }),
    consequence: t('不再拉单、查售后；已经进来的订单照常发货、回传。授权留着，随时可以恢复，停的这段会补上。'),
    yes: t('暂停'),
    act: async () => { await turn(shop, false) },
  })
  const part = () => ask({
    title: t('断开 {name}？', { name: shop.name }),
    consequence: t('中枢会忘掉它的授权：不再拉单，发货也传不回平台。订单和记录都留着。要再用，得请店主重新授权。平台后台那一边的授权请店主自己取消。'),
    yes: t('断开'),
    danger: true,
    act: async () => {
      await send('POST', `/api/shops/${shop.id}/disconnect`, {})
      toast(t('{name}：已断开', { name: shop.name }))
    },
  })
  return (
    <div class="ending">
      {shop.state === 'off' ? <Button reason={no} explain kind="primary" onClick={() => turn(shop, true)}>{t('恢复')}</Button> : <Button reason={no || (shop.state === 'new' ? t('还没有授权') : '')} explain onClick={pause}>{t('暂停')}</Button>}
      <Button kind="danger" reason={no || (shop.state === 'new' ? t('还没有授权') : '')} explain onClick={part}>{t('断开')}</Button>
    </div>
  )
}

const CAN: readonly (readonly [has: (p: Powers) => boolean, yes: Word, no: Word])[] = [
  [() => true, ['拉订单、回传发货', 'Pulls orders, writes shipping back'], ['', '']],
  [(p) => p.refresh, ['授权自动续期（平台允许时）', 'Renews its authorisation by itself, where the platform lets it'], ['不能自动续期，到期要店主再点一次同意', 'Cannot renew: the owner says yes again at its end']],
  [(p) => p.messages || p.webhook, ['有变化平台会通知，几秒内看到', 'The platform tells of changes, seen within seconds'], ['平台不通知，靠定时拉取', 'No pushes: orders are pulled by the clock']],
  [(p) => p.refunds, ['拉售后单，申请退款的包裹会拦下', 'Reads after-sales cases; parcels with a refund are stopped'], ['不拉售后单，退款只能从订单状态看出来', 'Reads no after-sales cases: a refund shows only in the order’s state']],
  [(p) => p.placed, ['能补拉过去的订单', 'Past days can be read again'], ['不能补拉过去的订单，请导入文件', 'Past days cannot be read: import a file']],
  [(p) => p.parts !== 'none', ['一张订单可以分几个包裹发', 'An order may leave in several parcels'], ['一张订单只能整单发货', 'An order leaves whole']],
  [(p) => p.remark, ['写卖家备注', 'Writes the seller’s remark'], ['不能写卖家备注', 'Cannot write remarks']],
  [(p) => p.listings, ['拉商品', 'Reads listings'], ['不能拉商品', 'Cannot read listings']],
  [(p) => p.stock_set, ['写库存', 'Writes stock'], ['不能写库存，请在平台后台改', 'Cannot write stock: change it in the console']],
  [(p) => p.reveal, ['能向平台申请看收件人明文，一次一单，留记录', 'Clear receivers can be asked for, one by one, on record'], ['看不到收件人明文', 'Receivers stay masked']],
]

function PowerList({ powers, held }: { powers: Powers; held: boolean }): JSX.Element {
  return (
    <ul class="powers">
      {held ? <li class="warn"><Icon name="alert" size={14} /><span>{t('平台没有公布状态含义：订单会进来，但全部先挂起')}</span></li> : null}
      {CAN.map(([has, yes, no]) => {
        const can = has(powers)
        return <li key={yes[0]} class={can ? '' : 'cannot'}><Icon name={can ? 'check' : 'cross'} size={14} /><span>{say(can ? yes : no)}</span></li>
      })}
    </ul>
  )
}
