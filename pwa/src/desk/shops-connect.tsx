// 接入店铺, once the shop exists: its owner's yes, the trial, options, past days. Where one was is kept on this device.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { go, href, route } from '../app/router'
import { Button } from '../ui/button'
import { now } from '../ui/clock'
import { absolute, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Notice, Trouble } from '../ui/show'
import { CHECKLISTS } from './checklists'
import { Head } from './head'
import { say } from './lexicon'
import { send, type Live } from './live'
import { BackfillBox } from './shops-backfill'
import { LATER, keepSent, keepStep, stepOf, type StepName } from './shops-draft'
import { OptionsForm } from './shops-options'
import { Field, SecretInput, Stands, Trial, bossOnly, copy, useTrial } from './shops-parts'
import { consentOf, reachable, ownerNeededAt, type FullShop, type ShopPage } from './shops-rules'
import { Steps } from './shops-steps'
import { t } from './shops-words'

/** Where one goes on: as the address says, else where this device was, else where the shop is. */
function place(shop: FullShop): StepName {
  const named = LATER.find((s) => s === route.value.query['step'])
  const at = named ?? (stepOf(shop.id) || (shop.authorised ? 'test' : 'authorise'))
  return shop.authorised || at === 'authorise' ? at : 'authorise'
}

export function Connect({ shop, page, live }: { shop: FullShop; page: ShopPage; live: Live<ShopPage> }): JSX.Element {
  const at = place(shop)
  const no = bossOnly()
  const move = (step: StepName) => go(['shops', shop.id, 'connect'], { step })
  useEffect(() => { if (!no) keepStep(shop.id, at) }, [shop.id, at, no])
  const to = (s: StepName): string => (LATER.includes(s) && (shop.authorised || s === 'authorise') ? href(['shops', shop.id, 'connect'], { step: s }) : '')
  return (
    <section class="screen">
      <Head title={t('接入 {name}', { name: shop.name })} live={live}><a class="button small" href={href(['shops'])}>{t('以后再接')}</a></Head>
      {no ? <div class="pad"><Notice tone="warn"><p>{no}</p></Notice></div> : (
        <Steps at={at} to={to}>
          {at === 'authorise' ? <Authorise shop={shop} page={page} next={() => move('test')} />
            : at === 'test' ? <Test shop={shop} move={move} />
            : at === 'options' ? <><h2>{t('选项')}</h2><p class="muted">{t('都可以不改，空着就照平台惯例，以后随时能改。')}</p><div class="block"><OptionsForm shop={shop} yes={t('保存，下一步')} saved={() => move('backfill')} /></div><div class="stepacts"><Button onClick={() => move('test')}>{t('上一步')}</Button><Button onClick={() => move('backfill')}>{t('不改，下一步')}</Button></div></>
            : at === 'backfill' ? <><h2>{t('补拉过去的订单')}</h2><p class="muted">{t('把接入前的订单也拉进来，从哪天开始由您定。不需要的话直接完成。')}</p><div class="block"><BackfillBox shop={shop} /></div><div class="stepacts"><Button onClick={() => move('options')}>{t('上一步')}</Button><Button kind="primary" onClick={() => move('done')}>{shop.backfill?.state === 'running' ? t('让它在后台补，完成接入') : t('完成接入')}</Button></div></>
            : <Finished shop={shop} />}
        </Steps>
      )}
    </section>
  )
}

function Authorise({ shop, page, next }: { shop: FullShop; page: ShopPage; next: () => void }): JSX.Element {
  const list = CHECKLISTS[shop.platform]
  const [link, setLink] = useState<{ url: string; at: number } | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  // Whether it was granted meanwhile, in another tab: its end has moved, or it has come to life.
  const grant = `${shop.authorised} ${shop.state} ${shop.access_until ?? ''}`
  const [before] = useState(grant)
  const granted = grant !== before && shop.state === 'on'
  useEffect(() => { if (granted) next() }, [granted])
  const left = link ? Math.min(30, Math.max(0, 30 - Math.floor((now.value - link.at) / 60_000))) : 0
  const make = async (): Promise<void> => {
    setError(null)
    try {
      setLink({ url: (await send<{ url: string }>('POST', `/api/shops/${shop.id}/consent`, {})).url, at: Date.now() })
      keepSent(shop.id)
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  const end = ownerNeededAt(shop)
  return (
    <>
      <h2>{t('请店主同意授权')}</h2>
      {list ? <p class="muted">{say(list.who)}</p> : null}
      {shop.authorised && shop.state === 'on' ? <Notice tone="ok"><p>{end === null ? t('已经授权过。要换账号或延长，再授权一次即可。') : t('已经授权，到 {day}。要换账号或延长，再授权一次即可。', { day: absolute(end).slice(0, 10) })}</p><p class="todo"><Button size="small" onClick={next}>{t('跳过，去测试')}</Button></p></Notice> : null}
      <div class="block">
        <ol class="howto">
          <li>{t('生成授权链接，30 分钟内有效，用一次。')}</li>
          <li>{t('店主自己点开，用店铺账号登录平台，点同意。店主不在旁边，就把链接复制给他。')}</li>
          <li>{t('平台会跳回中枢，这一页随后自己往下走。')}</li>
        </ol>
        {error ? <Trouble error={error} /> : null}
        {link && left > 0 ? (
          <div class="consent" role="status">
            <a class="button primary" href={link.url} target="_blank" rel="noopener noreferrer">{t('去平台授权')} <Icon name="out" size={14} /></a>
            <Button onClick={() => copy(link.url)}>{t('复制链接')}</Button>
            <Button kind="quiet" onClick={make}>{t('重新生成')}</Button>
            <p class="muted small waiting">{t('正在等店主同意…链接还有约 {n} 分钟', { n: left })}</p>
          </div>
        ) : (
          <p>{link ? <span class="warn small"><Icon name="clock" size={12} /> {t('链接已过期。')}</span> : null} <Button kind="primary" reason={shop.state === 'off' ? t('已暂停，先恢复') : ''} explain onClick={make}>{link ? t('重新生成授权链接') : t('生成授权链接')}</Button></p>
        )}
      </div>
      {reachable(page.consent_url) ? null : <Notice tone="info"><p>{t('中枢现在的地址只有这台电脑打得开：请在这台电脑上点授权；跳不回来时用下面的办法粘贴授权码。')}</p></Notice>}
      <details class="more block">
        <summary>{t('平台没有跳回来？粘贴授权码')}</summary>
        <PasteCode shop={shop} done={next} />
      </details>
      <details class="more block">
        <summary>{t('手里已经有令牌（access token）？')}</summary>
        <PasteTokens shop={shop} done={next} />
      </details>
    </>
  )
}

function PasteCode({ shop, done }: { shop: FullShop; done: () => void }): JSX.Element {
  const [text, setText] = useState('')
  const [fault, setFault] = useState('')
  const [error, setError] = useState<ApiError | null>(null)
  const give = async (): Promise<void> => {
    setError(null)
    const said = consentOf(text)
    if (!said.code || /\s|:\/\//.test(said.code) || said.code.length > 500) {
      setFault(t('没有找到授权码：请粘贴整个地址，或地址里 code= 后面的部分'))
      return
    }
    try {
      await send('POST', `/api/shops/${shop.id}/code`, said)
      setText('')
      done()
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void give() }}>
      <Field label={t('授权码，或跳转后的整个地址')} help={t('店主点同意后，浏览器地址栏里有 code=…。十分钟内有效，用一次。')} error={fault}>{(ids) => <textarea class="input mono" {...ids} rows={3} maxLength={2000} spellcheck={false} value={text} onInput={(e) => { setText(e.currentTarget.value); setFault('') }} />}</Field>
      {error ? <Trouble error={error} /> : null}
      <p><Button type="submit" onClick={() => undefined}>{t('用这个授权码')}</Button></p>
    </form>
  )
}

function PasteTokens({ shop, done }: { shop: FullShop; done: () => void }): JSX.Element {
  const [access, setAccess] = useState('')
  const [refresh, setRefresh] = useState('')
  const [fault, setFault] = useState('')
  const [error, setError] = useState<ApiError | null>(null)
  const give = async (): Promise<void> => {
    setError(null)
    if (!access.trim()) {
      setFault(t('请填写访问令牌'))
      return
    }
    try {
      await send('POST', `/api/shops/${shop.id}/tokens`, { access_token: access, refresh_token: refresh })
      setAccess('')
      setRefresh('')
      done()
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void give() }}>
      <Field label={t('访问令牌')} help={t('中枢不知道它什么时候到期，到期前不会提醒')} error={fault}>{(ids) => <SecretInput ids={ids} value={access} set={(v) => { setAccess(v); setFault('') }} />}</Field>
      <Field label={t('续期令牌（没有可不填）')}>{(ids) => <SecretInput ids={ids} value={refresh} set={setRefresh} />}</Field>
      {error ? <Trouble error={error} /> : null}
      <p><Button type="submit" onClick={() => undefined}>{t('保存令牌')}</Button></p>
    </form>
  )
}

function Test({ shop, move }: { shop: FullShop; move: (step: StepName) => void }): JSX.Element {
  const trial = useTrial(shop.id)
  const failed = trial.steps?.filter((s) => !s.ok) ?? []
  const dead = failed.some((s) => s === trial.steps?.[0])
  return (
    <>
      <h2>{t('试几次不改数据的调用')}</h2>
      <p class="muted">{t('只读不写，看签名、授权、权限和时钟对不对。')}</p>
      <div class="block">
        <p class="line wrap"><span class="fill"><Stands shop={shop} /></span><Button kind={trial.steps ? undefined : 'primary'} onClick={trial.run}>{trial.steps ? t('再测一次') : t('开始测试')}</Button></p>
        <Trial trial={trial} />
        {dead ? <p class="todo"><Button onClick={() => move('authorise')}>{t('回到授权')}</Button> <a class="button" href={href(['shops', 'new'], { platform: shop.platform })}>{t('看准备清单')}</a></p> : null}
      </div>
      <div class="stepacts">
        <Button onClick={() => move('authorise')}>{t('上一步')}</Button>
        <Button kind={trial.steps && !dead ? 'primary' : undefined} onClick={() => move('options')}>{failed.length ? t('知道了，下一步') : trial.steps ? t('下一步') : t('先不测，下一步')}</Button>
      </div>
    </>
  )
}

function Finished({ shop }: { shop: FullShop }): JSX.Element {
  return (
    <>
      <h2><Icon name="check" /> {t('{name} 接好了', { name: shop.name })}</h2>
      <div class="block finished">
        <p class="line wrap"><Stands shop={shop} />{shop.backfill?.state === 'running' ? <Badge icon="clock" tone="info">{t('后台补拉中')}</Badge> : null}</p>
        {shop.orders_today ? <p class="figure"><b class="number">{number(shop.orders_today)}</b> <span>{t('单已经进来')}</span></p> : <p class="muted">{t('订单一分钟内开始进来。没有新订单时，这里就是空的。')}</p>}
        <p class="todo">
          <a class="button primary" href={href(['orders'], { shop: shop.id })}>{t('看这家店的订单')}</a>
          <a class="button" href={href(['shops', shop.id])}>{t('店铺详情')}</a>
          <a class="button" href={href(['shops', 'new'])}>{t('再接一家')}</a>
        </p>
        <p class="muted small">{t('接下来：有「货品未匹配」的订单，在订单里选一次货品，以后同一链接都认得。')}</p>
      </div>
    </>
  )
}
