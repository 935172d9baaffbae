// What the screens of shops share: the badge, the sentence about what is wrong, fields with their error, lines to copy.
import './shops.css'
import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { href } from '../app/router'
import { session } from '../app/session'
import { Button } from '../ui/button'
import { now } from '../ui/clock'
import { absolute, duration, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Badge, Notice, Progress, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { say } from './lexicon'
import { act, send } from './live'
import { mayNot } from './may'
import { LOOK, TODO, ownerNeededAt, standing, type FullShop, type Step } from './shops-rules'
import { t } from './shops-words'

/** '' when this person may connect shops and change them; else why not. The server judges again. */
export const bossOnly = (): string => (session.value?.person.role === 'manager' ? '' : t('只有管理能接入和改动店铺'))

export function Stands({ shop }: { shop: FullShop }): JSX.Element {
  const look = LOOK[standing(shop, now.value)]
  return <Badge icon={look.icon} tone={look.tone}>{say(look.word)}</Badge>
}

const at = (iso: string | null): JSX.Element => <Time at={iso === null ? null : Date.parse(iso)} />

/** What is wrong in plain words; null when nothing is. */
function sentence(shop: FullShop): ComponentChildren {
  switch (standing(shop, now.value)) {
    case 'new': return t('还没有授权，订单不会进来。')
    case 'off': return t('已暂停：不再拉单、查售后。已经进来的订单照常发货、回传。')
    case 'lost': return <>{t('授权已失效，订单进不来，发货也传不回去。请店主重新授权。')}{said(shop.error)}</>
    case 'broken': return <>{t('平台连续多次没有响应，先停一会儿，到点自动再试：')}{at(shop.resting_until)}{said(shop.error)}</>
    case 'limited': return <>{t('调用太频繁，按平台的要求休息，到点自动继续，不用处理：')}{at(shop.resting_until)}{said(shop.error)}</>
    case 'troubled': return shop.error
    case 'expiring': return <>{t('授权快到期了，请店主在这之前重新授权：')}<Time at={ownerNeededAt(shop)} /></>
    case 'late': return t('订单有一段时间没有更新了。网络或机器停过的话，会自己补上。')
    case 'first': return t('已授权，马上开始第一次拉单。')
    case 'on': return null
  }
}
const said = (error: string): ComponentChildren => (error ? <small class="said">{t('平台说：{text}', { text: error })}</small> : null)

/** The sentence and the one thing to do about it. */
export function Problem({ shop, test }: { shop: FullShop; test?: (() => Promise<unknown>) | undefined }): JSX.Element | null {
  const text = sentence(shop)
  if (text === null) return null
  const look = LOOK[standing(shop, now.value)]
  return (
    <Notice tone={look.tone === 'plain' || look.tone === 'ok' ? 'info' : look.tone}>
      <p>{text}</p>
      <Todo shop={shop} test={test} />
    </Notice>
  )
}

function Todo({ shop, test }: { shop: FullShop; test?: (() => Promise<unknown>) | undefined }): JSX.Element | null {
  const boss = bossOnly()
  const way = (step: string, words: string) => (boss ? <p class="todo"><Button size="small" reason={boss} explain onClick={() => undefined}>{words}</Button></p> : <p class="todo"><a class="button small primary" href={href(['shops', shop.id, 'connect'], { step })}>{words}</a></p>)
  switch (TODO[standing(shop, now.value)]) {
    case 'connect': return way('', t('继续接入'))
    case 'authorise': return way('authorise', t('重新授权'))
    case 'resume': return <p class="todo"><Button size="small" kind="primary" reason={boss} explain onClick={() => turn(shop, true)}>{t('恢复')}</Button></p>
    case 'pull': return <p class="todo"><Pull shop={shop} /></p>
    case 'test': return <p class="todo">{test ? <Button size="small" reason={mayNot('pull')} explain onClick={test}>{t('测试连接')}</Button> : <a class="button small" href={href(['shops', shop.id], { test: '1' })}>{t('看是哪一步不通')}</a>}</p>
    case '': return null
  }
}

export const turn = (shop: FullShop, on: boolean): Promise<boolean> =>
  act('POST', `/api/shops/${shop.id}/turn`, { on }, on ? t('{name}：已恢复，马上拉单', { name: shop.name }) : t('{name}：已暂停', { name: shop.name }))

export function Pull({ shop, primary }: { shop: FullShop; primary?: boolean }): JSX.Element {
  const why = mayNot('pull') || (shop.state === 'off' ? t('已暂停，先恢复') : shop.state === 'new' ? t('先授权') : '')
  return <Button size="small" kind={primary ? 'primary' : undefined} reason={why} onClick={() => act('POST', `/api/shops/${shop.id}/pull`, {}, t('{name}：已开始拉取', { name: shop.name }))}>{t('现在拉取')}</Button>
}

/** When orders came last and come next, and how far behind the present they are. */
export function Freshness({ shop }: { shop: FullShop }): JSX.Element {
  const behind = shop.watermark === null ? null : Math.max(0, now.value - Date.parse(shop.watermark)) / 1000
  const next = shop.next_pull_at === null ? null : Date.parse(shop.next_pull_at)
  const stopped = shop.state === 'off' || shop.state === 'new'
  return (
    <>
      <div><dt>{t('上次拉取')}</dt><dd><Time at={shop.last_pull_at === null ? null : Date.parse(shop.last_pull_at)} fallback={t('还没有拉取过')} /></dd></div>
      <div><dt>{t('落后')}</dt><dd>{stopped || behind === null ? <span class="muted">–</span> : <span class={'number ' + (standing(shop, now.value) === 'late' ? 'warn' : '')} title={t('{time} 以前的变化都知道', { time: absolute(Date.parse(shop.watermark ?? '')) })}>{duration(behind)}</span>}</dd></div>
      <div><dt>{t('下次拉取')}</dt><dd>{stopped ? <span class="muted">{t('不拉')}</span> : shop.progress ? t('正在拉取') : next === null || next - now.value < 5000 ? t('马上') : <span class="number">{t('{time}后', { time: duration((next - now.value) / 1000) })}</span>}</dd></div>
    </>
  )
}

export function Pulling({ shop }: { shop: FullShop }): JSX.Element | null {
  const p = shop.progress
  if (!p) return null
  return <div class="pulling"><p class="small number">{t('正在拉取：第 {a} / {b} 段，读到 {n} 单', { a: number(Math.min(p.done + 1, p.of)), b: number(p.of), n: number(p.orders) })}</p><Progress done={p.done} all={p.of} label={t('正在拉取')} /></div>
}

export function Field(p: { label: string; help?: ComponentChildren; error?: string | undefined; children: (ids: { id: string; 'aria-describedby': string; 'aria-invalid': 'true' | undefined }) => JSX.Element }): JSX.Element {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{p.label}</label>
      {p.children({ id, 'aria-describedby': `${id}-help ${id}-error`, 'aria-invalid': p.error ? 'true' : undefined })}
      <small id={`${id}-error`} class="bad" role="alert">{p.error ? <><Icon name="alert" size={12} /> {p.error}</> : null}</small>
      <small id={`${id}-help`}>{p.help}</small>
    </div>
  )
}

/** A secret while it is typed. It is shown only to who types it, on demand, and never comes back from the server. */
export function SecretInput(p: { ids: object; value: string; set: (v: string) => void }): JSX.Element {
  const [shown, setShown] = useState(false)
  return (
    <div class="withbutton">
      <input class="input mono" {...p.ids} {...(shown ? { type: 'text' as const } : { type: 'password' as const })} autocomplete="new-password" spellcheck={false} maxLength={500} value={p.value} onInput={(e) => p.set(e.currentTarget.value)} />
      <button type="button" class="button quiet" aria-pressed={shown ? 'true' : 'false'} aria-label={t('显示输入的内容')} onClick={() => setShown(!shown)}><Icon name="eye" /></button>
    </div>
  )
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('已复制'))
  } catch {
    toast(t('不能复制，请手动选中'), { bad: true }) // no permission, or not a secure page
  }
}

export function CopyLine({ value, label }: { value: string; label: string }): JSX.Element {
  return <div class="copyline"><code>{value}</code><button type="button" class="button small" aria-label={`${t('复制')} ${label}`} onClick={() => void copy(value)}><Icon name="copy" size={13} /> {t('复制')}</button></div>
}

/** The trial calls, each with its answer. */
export function useTrial(id: string): { steps: Step[] | null; error: ApiError | null; busy: boolean; run: () => Promise<void> } {
  const [steps, setSteps] = useState<Step[] | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      setSteps((await send<{ steps: Step[] }>('POST', `/api/shops/${id}/test`, {})).steps)
    } catch (e) {
      setError(wordsOf(e))
    } finally {
      setBusy(false)
    }
  }
  return { steps, error, busy, run }
}

export function Trial({ trial }: { trial: ReturnType<typeof useTrial> }): JSX.Element {
  const bad = trial.steps?.filter((s) => !s.ok).length ?? 0
  return (
    <div role="status" aria-busy={trial.busy ? 'true' : undefined}>
      {trial.error ? <Trouble error={trial.error} /> : null}
      {trial.busy && !trial.steps ? <p class="muted">{t('正在逐项试，最多二十秒…')}</p> : null}
      {trial.steps ? (
        <>
          <p class="trialsum"><b class={bad ? 'bad' : 'ok'}><Icon name={bad ? 'alert' : 'check'} size={14} /> {bad ? t('{n} 项没有通过', { n: bad }) : t('全部通过')}</b></p>
          <ul class={'trial' + (trial.busy ? ' turning' : '')}>{trial.steps.map((s) => (
            <li key={s.name} class={s.ok ? 'passed' : 'failed'}>
              <span class={s.ok ? 'ok' : 'bad'}><Icon name={s.ok ? 'check' : 'cross'} /><span class="hush">{s.ok ? t('通过') : t('没有通过')}</span></span>
              <div><b>{s.name}</b> <span>{s.message}</span>{s.hint ? <small>{t('怎么办：')}{s.hint}</small> : null}</div>
            </li>))}
          </ul>
        </>
      ) : null}
    </div>
  )
}
