// One version of rules: what it changes, what it would do to the last orders, and putting it in force.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { api, wordsOf } from '../app/http'
import { go, href, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number } from '../ui/format'
import { Bones, Notice, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { changed, send, useLive, type Live } from './live'
import { changes, said, type Form, type Rule, type RulesPage, type Run } from './rules-model'
import { Going, Standing, goBack, openOrders, versionName } from './rules-parts'
import { RunPanel } from './rules-run'
import { ToldList } from './rules-told'
import { t } from './rules-words'

interface Props { platform: string; name: string; version: number; live: Live<RulesPage>; page: RulesPage; form: Form }
const MANY = [100, 1_000, 10_000, 100_000] as const

export function VersionPage({ platform, name, version, live, page, form }: Props): JSX.Element {
  const v = page.versions.find((x) => x.version === version)
  const mine = useLive<{ rules: Rule[] }>(v ? `/api/rules/${platform}/${version}` : null, 0)
  const base = useLive<{ rules: Rule[] }>(v && version ? `/api/rules/${platform}/${v.base}` : null, 0)
  const [since] = useState(() => Date.now())
  const asked = route.value.query['run']
  const runs = page.runs.filter((r) => r.version === version)
  const run = runs.find((r) => r.id === asked) ?? runs.find((r) => r.kind === 'preview')
  const replay = runs.find((r) => r.kind === 'replay')
  useEffect(() => {
    if (!runs.some((r) => r.state === 'running')) return
    const timer = setInterval(changed, 1000)
    return () => clearInterval(timer)
  }, [runs.some((r) => r.state === 'running')])
  const up = <a class="button small" href={href(['rules', platform])}>{t('回到规则')}</a>
  if (!v && (live.at ?? 0) < since) return <section class="screen"><Head title={name} live={live}>{up}</Head><Bones rows={5} /></section>
  if (!v) return <section class="screen"><Head title={name} live={live}>{up}</Head><div class="pad"><Notice tone="bad"><p>{t('没有这个版本，或者它太旧，已不在列表里。')}</p></Notice></div></section>
  const draft = v.applied_at === null && version !== 0
  const stale = draft && v.base !== page.in_force
  return (
    <section class="screen">
      <Head title={`${name} · ${versionName(version)}`} live={live}>{up}</Head>
      <div class="pad rules">
        <div class="block">
          <p class="line wrap"><Standing v={v} now={page.in_force} /><b class="grow">{version ? v.reason : t('按平台文档写的第一版')}</b>{version ? <span class="muted small">{v.author || t('命令行')} · <Time at={moment(v.created_at)} /></span> : null}</p>
          {v.applied_at ? <p class="muted small">{t('启用：')}{v.applied_by || t('命令行')} · <Time at={moment(v.applied_at)} />{v.same_as !== null ? ` · ${t('与{version}相同', { version: versionName(v.same_as) })}` : ''}</p> : null}
          {stale ? <Notice tone="warn"><p>{t('这份草稿是在{old}上改的，现在用的已经是{now}，不能直接启用。可以把它的修改搬到{now}上，再存一次。', { old: versionName(v.base), now: versionName(page.in_force) })}</p></Notice> : null}
          {replay ? <Going run={replay} /> : null}
          <Acts platform={platform} v={version} draft={draft} stale={stale} page={page} runs={runs} reason={v.reason} />
        </div>
        {version ? (
          <div class="block">
            <h3>{t('改了什么')}<span class="aside muted">{t('和{version}相比', { version: versionName(v.base) })}</span></h3>
            {mine.error ?? base.error ? <Trouble error={(mine.error ?? base.error)!} />
              : !mine.data || !base.data ? <Bones rows={2} />
              : <ToldList told={changes(base.data.rules, mine.data.rules, form)} />}
          </div>
        ) : null}
        {run ? <RunPanel key={run.id} id={run.id} platform={platform} form={form} /> : draft ? <div class="block"><h3>{t('试算')}</h3><p class="muted">{t('还没有试算过。试算只看会变什么，不改任何订单。')}</p></div> : null}
        {mine.data ? (
          <details class="block"><summary>{t('全部 {n} 条规则', { n: mine.data.rules.length })}</summary>
            <ul class="lines small">{mine.data.rules.map((r) => <li key={r.name}><b>{r.name}</b> <span class="muted">{said(r, form)}</span></li>)}</ul>
          </details>
        ) : null}
      </div>
    </section>
  )
}

function Acts({ platform, v, draft, stale, page, runs, reason }: { platform: string; v: number; draft: boolean; stale: boolean; page: RulesPage; runs: readonly Run[]; reason: string }): JSX.Element {
  const [last, setLast] = useState(1_000)
  const done = runs.find((r) => r.kind === 'preview' && r.state === 'done')
  const busy = runs.some((r) => r.kind === 'preview' && r.state === 'running') ? t('正在试算') : ''
  const attempt = async () => {
    try {
      const begun = await send<{ run: string }>('POST', `/api/rules/${platform}/${v}/try`, { last })
      go(['rules', platform, String(v)], { run: begun.run }, true)
    } catch (e) {
      toast(wordsOf(e).message, { bad: true })
    }
  }
  const apply = async () => {
    if (!done) return
    const [told, open] = await Promise.all([api<{ run: Run; kept: number }>('GET', `/api/rule-runs/${done.id}?limit=1`), openOrders(platform)])
    await ask({
      title: t('启用{version}？', { version: versionName(v) }),
      consequence: t('原因：{reason}。试算过最近 {seen} 张原始订单：{changed} 张会变，其中 {kept} 张已经出库或结束，保持原样。启用后，{open} 张还没出库的订单会按它重新映射，新来的订单也按它；人工匹配、挂起、放行都保留。以后可以撤回。', { reason, seen: number(told.run.seen), changed: number(told.run.changed), kept: number(told.kept), open: number(open) }),
      yes: t('启用'),
      act: async () => {
        await send('POST', `/api/rules/${platform}/${v}/apply`)
        toast(t('已启用{version}', { version: versionName(v) }))
        go(['rules', platform, String(v)], {}, true)
      },
    })
  }
  const safely = (work: () => Promise<void>) => () => work().catch((e: unknown) => toast(wordsOf(e).message, { bad: true }))
  return (
    <div class="orderacts tryacts">
      {draft ? <>
        <label class="howmany"><span class="hush">{t('试算多少张')}</span>
          <select class="input" value={String(last)} onChange={(e) => setLast(Number(e.currentTarget.value))}>{MANY.map((n) => <option key={n} value={n}>{t('最近 {n} 张', { n: number(n) })}</option>)}</select></label>
        <Button kind={done ? undefined : 'primary'} reason={busy} onClick={attempt}>{t('试算')}</Button>
        <Button kind={done && !stale ? 'primary' : undefined} reason={stale ? t('它不是在现在的版本上改的') : done ? '' : t('先试算一遍，看清会变什么')} explain onClick={safely(apply)}>{t('启用')}</Button>
      </> : null}
      <a class="button" href={href(['rules', platform, 'edit'], v === page.in_force ? {} : { from: String(v) })}>{stale ? t('搬到{version}上再改', { version: versionName(page.in_force) }) : draft ? t('继续修改') : t('以它为底修改')}</a>
      {draft ? null : <Button kind="danger" reason={v === page.in_force ? t('正在使用的就是它') : ''} onClick={safely(() => goBack(platform, v, () => openOrders(platform)))}>{t('撤回到这一版')}</Button>}
    </div>
  )
}
