// 接入店铺, before the shop exists: which platform, what to prepare in its console, its key.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { go, href, route } from '../app/router'
import { logInAgain, session } from '../app/session'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { Icon } from '../ui/icon'
import { Bones, Chip, Notice, Trouble } from '../ui/show'
import { CHECKLISTS, PLATFORM_ORDER, type Checklist, type Item } from './checklists'
import { Head } from './head'
import { say } from './lexicon'
import { send, type Live } from './live'
import { draftOf, dropDraft, keepDraft, keepStep, type StepName } from './shops-draft'
import { CopyLine, Field, SecretInput, bossOnly, copy } from './shops-parts'
import { practice, reachable, type ShopPage } from './shops-rules'
import { Steps } from './shops-steps'
import { t } from './shops-words'

export function NewShop({ live }: { live: Live<ShopPage> }): JSX.Element {
  const { platform = '', step = '' } = route.value.query
  const list = CHECKLISTS[platform]
  const at: StepName = !list ? 'platform' : step === 'key' ? 'key' : 'prepare'
  const no = bossOnly()
  const to = (s: StepName): string =>
    s === 'platform' ? href(['shops', 'new']) : !list ? '' : s === 'prepare' ? href(['shops', 'new'], { platform }) : s === 'key' ? href(['shops', 'new'], { platform, step: 'key' }) : ''
  return (
    <section class="screen">
      <Head title={t('接入店铺')} live={live}><a class="button small" href={href(['shops'])}>{t('以后再接')}</a></Head>
      {no ? <div class="pad"><Notice tone="warn"><p>{no}</p></Notice></div>
        : live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={6} />
        : <Steps at={at} to={to}>
            {!list ? <Platforms /> : at === 'prepare' ? <Prepare key={platform} platform={platform} list={list} page={live.data} /> : <KeyForm key={platform} platform={platform} list={list} page={live.data} />}
          </Steps>}
    </section>
  )
}

function Platforms(): JSX.Element {
  return (
    <>
      <h2>{t('这家店在哪个平台')}</h2>
      <ul class="platforms">{PLATFORM_ORDER.map((code) => {
        const list = CHECKLISTS[code]
        return list ? <li key={code}><a class="card" href={href(['shops', 'new'], { platform: code })} onClick={() => keepDraft(code, {})}><b>{say(list.name)}</b><span class="muted">{say(list.short)}</span></a></li> : null
      })}</ul>
      <p class="muted small">{t('接口一时申请不下来，也可以先用平台后台导出的文件：')}<a href={href(['import'])}>{t('导入订单文件')}</a></p>
    </>
  )
}

function Prepare({ platform, list, page }: { platform: string; list: Checklist; page: ShopPage }): JSX.Element {
  const [ticks, setTicks] = useState<readonly string[]>(() => draftOf(platform).ticks)
  const all = list.parts.flatMap((p) => p.items)
  const done = all.filter((i) => ticks.includes(i.id)).length
  const tick = (id: string, on: boolean) => {
    const next = on ? [...ticks, id] : ticks.filter((x) => x !== id)
    setTicks(next)
    keepDraft(platform, { ticks: next })
  }
  return (
    <>
      <h2>{t('在{console}里做好这些', { console: say(list.console) })}</h2>
      <p class="muted">{t('做好一项勾一项，记在这台设备上，可以离开再回来。各平台后台常改版，名称对不上时以后台为准。')}</p>
      {list.parts.map((part) => (
        <fieldset class="block checklist" key={say(part.title)}>
          <legend>{say(part.title)}</legend>
          {part.items.map((item) => <Check key={item.id} item={item} page={page} on={ticks.includes(item.id)} set={(on) => tick(item.id, on)} />)}
        </fieldset>
      ))}
      <div class="block forbids">
        <h3><Icon name="alert" size={14} /> {t('平台不许做的')}</h3>
        <ul>{list.forbids.map((w) => <li key={say(w)}>{say(w)}</li>)}</ul>
      </div>
      <div class="stepacts">
        <a class="button" href={href(['shops', 'new'])}>{t('换平台')}</a>
        <a class="button primary" href={href(['shops', 'new'], { platform, step: 'key' })} onClick={() => keepDraft(platform, { ticks: [...ticks] })}>{done === all.length ? t('都好了，填密钥') : t('下一步：填密钥')}</a>
        <span class="muted number">{t('已勾 {a} / {b}', { a: done, b: all.length })}</span>
      </div>
    </>
  )
}

function Check({ item, page, on, set }: { item: Item; page: ShopPage; on: boolean; set: (on: boolean) => void }): JSX.Element {
  const address = item.copy === 'consent' ? page.consent_url : item.copy === 'domain' ? new URL(page.consent_url).origin : item.copy === 'hooks' ? page.hooks_url : ''
  return (
    <div class="check">
      <label><input type="checkbox" checked={on} onChange={(e) => set(e.currentTarget.checked)} /><span>{say(item.text)}</span></label>
      {address ? <div class="checkmore"><CopyLine value={address} label={say(item.text)} />{reachable(address) ? null : <p class="warn small"><Icon name="alert" size={12} /> {t('这是本机地址，平台打不开。正式接入前请让管理员配好公网 https 域名（PUBLIC_URL），这里会跟着变；只有一台电脑时，可以授权后手工粘贴授权码。')}</p>}</div> : null}
      {Array.isArray(item.copy) ? <div class="checkmore apis">{item.copy.map((api: string) => <code key={api}>{api}</code>)}<button type="button" class="button quiet small" onClick={() => void copy((item.copy as readonly string[]).join('\n'))}><Icon name="copy" size={12} /> {t('复制')}</button></div> : null}
    </div>
  )
}

type Faults = Partial<Record<'name' | 'app_key' | 'app_secret' | 'base_url' | 'external_id', string>>

function KeyForm({ platform, list, page }: { platform: string; list: Checklist; page: ShopPage }): JSX.Element {
  const kept = draftOf(platform)
  const [form, setForm] = useState({ name: kept.name, app_key: kept.app_key, external_id: kept.external_id, base_url: kept.base_url })
  const [secret, setSecret] = useState('')
  const [faults, setFaults] = useState<Faults>({})
  const [error, setError] = useState<ApiError | null>(null)
  const ends = page.demo && !practice(form.base_url)
  const put = (change: Partial<typeof form>) => {
    setForm({ ...form, ...change })
    keepDraft(platform, change)
    setFaults({})
    setError(null)
  }
  const add = async (): Promise<void> => {
    const made = await send<{ id: string; demo_ended: boolean }>('POST', '/api/shops', { platform, ...form, name: form.name.trim(), app_secret: secret })
    setSecret('')
    dropDraft()
    keepStep(made.id, 'authorise')
    go(['shops', made.id, 'connect'], { step: 'authorise' }, true)
    const who = session.value
    if (!made.demo_ended || !who) return
    session.value = { ...who, demo: false }
    if (who.person.name.startsWith('演示')) logInAgain() // its account has ended: here one goes on afterwards
  }
  const submit = async (): Promise<void> => {
    const lacking: Faults = {}
    if (!form.name.trim()) lacking.name = t('请填写店铺名称')
    if (!form.app_key.trim()) lacking.app_key = t('请填写 {what}', { what: list.key })
    if (!secret.trim()) lacking.app_secret = t('请填写 {what}', { what: list.secret })
    if (form.base_url.trim() && !/^https:\/\//.test(form.base_url.trim()) && !practice(form.base_url)) lacking.base_url = t('地址应以 https:// 开头')
    setFaults(lacking)
    if (Object.keys(lacking).length) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.stepbody [aria-invalid=true]')?.focus())
      return
    }
    if (ends) {
      await ask({ title: t('结束演示，接入真实店铺？'), consequence: t('演示账号、演示店铺和模拟平台会马上停用，不能恢复。已有的演示订单留在系统里。'), yes: t('结束演示并接入'), danger: true, act: add })
      return
    }
    try {
      await add()
    } catch (e) {
      const said = wordsOf(e)
      if (said.code === 'shop_known') setFaults({ external_id: said.message })
      else if (said.code === 'bad_address') setFaults({ base_url: said.message })
      else setError(said)
    }
  }
  return (
    <form onSubmit={(e) => { e.preventDefault(); void submit() }} noValidate>
      <h2>{t('填{platform}的应用密钥', { platform: say(list.name) })}</h2>
      <p class="muted">{t('在{console}的应用详情里。密钥加密保存，以后谁也看不到，只能重填。', { console: say(list.console) })}</p>
      {ends ? <DemoEnds own={page.own_manager} /> : null}
      <div class="block keyform">
        <Field label={t('店铺名称')} help={t('自己认得出就行，会出现在订单上')} error={faults.name}>{(ids) => <input class="input" {...ids} value={form.name} maxLength={200} autocomplete="off" onInput={(e) => put({ name: e.currentTarget.value })} />}</Field>
        <Field label={list.key} error={faults.app_key}>{(ids) => <input class="input mono" {...ids} value={form.app_key} maxLength={200} autocomplete="off" spellcheck={false} onInput={(e) => put({ app_key: e.currentTarget.value })} />}</Field>
        <Field label={list.secret} help={t('和网页登录密码不是一回事')} error={faults.app_secret}>{(ids) => <SecretInput ids={ids} value={secret} set={(v) => { setSecret(v); setFaults({}) }} />}</Field>
        <details class="more" open={Boolean(form.external_id || form.base_url || faults.external_id || faults.base_url)}>
          <summary>{t('更多：店铺号、接口地址')}</summary>
          <Field label={t('平台店铺号（可不填）')} help={t('填了就会核对：授权的不是这家店就不保存')} error={faults.external_id}>{(ids) => <input class="input mono" {...ids} value={form.external_id} maxLength={200} autocomplete="off" onInput={(e) => put({ external_id: e.currentTarget.value })} />}</Field>
          <Field label={t('接口地址（一般不填）')} help={t('不填就是 {host}', { host: list.host })} error={faults.base_url}>{(ids) => <input class="input mono" {...ids} value={form.base_url} maxLength={300} autocomplete="off" inputMode="url" spellcheck={false} onInput={(e) => put({ base_url: e.currentTarget.value })} />}</Field>
          {list.hosts ? <div class="hints">{list.hosts.map(([url, word]) => <Chip key={url} pressed={form.base_url === url} onClick={() => put({ base_url: form.base_url === url ? '' : url })}>{say(word)}</Chip>)}</div> : null}
        </details>
      </div>
      {error ? <Trouble error={error} /> : null}
      <div class="stepacts">
        <a class="button" href={href(['shops', 'new'], { platform })}>{t('上一步')}</a>
        <Button kind="primary" type="submit" reason={ends && !page.own_manager ? t('先建自己的管理账号') : ''} explain onClick={() => undefined}>{ends ? t('保存并结束演示…') : t('保存，去授权')}</Button>
      </div>
    </form>
  )
}

/** Said before it happens: what a real shop does to the demo. */
function DemoEnds({ own }: { own: boolean }): JSX.Element {
  const mine = session.value?.person.name.startsWith('演示')
  return (
    <Notice tone="warn">
      <p><b>{t('现在是演示。接入真实店铺会结束演示：')}</b></p>
      <ul class="plainlist">
        <li>{t('演示账号全部停用，正在用它们的人会退出登录')}</li>
        <li>{t('演示店铺停用，模拟平台关闭；演示订单留在系统里')}</li>
        <li>{t('不能恢复；想继续试用，请另装一份')}</li>
      </ul>
      {!own ? <><p class="bad"><Icon name="alert" size={13} /> {t('现在只有演示账号是管理，结束后谁也进不来。先在服务器上建自己的管理账号：')}</p><CopyLine value="zhongshu user add boss --name 店主" label={t('命令')} /></>
        : mine ? <p>{t('您现在用的就是演示账号：保存后会退出，请用自己的管理账号登录，从店铺页点「继续接入」。')}</p> : null}
    </Notice>
  )
}
