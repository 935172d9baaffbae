// 映射规则: of each platform the version in force, its drafts, its history, and what was tried. Changing is in rules-edit.
import './rules.css'
import type { JSX } from 'preact'
import { go, href, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number } from '../ui/format'
import { Bones, Chip, Empty, Notice, Time, Trouble } from '../ui/show'
import { Head } from './head'
import { useLive } from './live'
import { mayNot } from './may'
import { Editor } from './rules-edit'
import { drop, keptOf } from './rules-keep'
import type { Form, RulesPage, Run, Version } from './rules-model'
import { Going, RUN_STATE, Standing, before, goBack, openOrders, versionName } from './rules-parts'
import { VersionPage } from './rules-version'
import { t } from './rules-words'

export interface PlatformRow { platform: string; name: string; in_force: number }

export function Rules(): JSX.Element {
  const [, platform = 'taobao', place = ''] = route.value.path
  const platforms = useLive<{ rows: PlatformRow[] }>(mayNot('rules') ? null : '/api/rules')
  const running = useLive<RulesPage>(mayNot('rules') ? null : `/api/rules/${encodeURIComponent(platform)}`)
  const form = useLive<Form>(mayNot('rules') ? null : `/api/rules/${encodeURIComponent(platform)}/form`, 0)
  const no = mayNot('rules')
  if (no) return <Empty title={no}>{t('规则决定平台的原始订单怎样变成我们的订单，改它要用管理账号。')}</Empty>
  const name = platforms.data?.rows.find((p) => p.platform === platform)?.name ?? platform
  const error = running.error ?? form.error
  if (error && (!running.data || !form.data)) return <section class="screen"><Head title={t('映射规则')} live={running} /><Platforms rows={platforms.data?.rows ?? []} at={platform} /><div class="pad"><Trouble error={error} /></div></section>
  if (!running.data || running.turning || !form.data || form.turning) return <section class="screen"><Head title={t('映射规则')} live={running} /><Platforms rows={platforms.data?.rows ?? []} at={platform} /><Bones rows={6} /></section>
  if (place === 'edit') return <Editor key={platform + (route.value.query['from'] ?? '')} platform={platform} name={name} live={running} page={running.data} form={form.data} />
  if (/^\d+$/.test(place)) return <VersionPage key={`${platform}-${place}`} platform={platform} name={name} version={Number(place)} live={running} page={running.data} form={form.data} />
  return (
    <section class="screen">
      <Head title={t('映射规则')} live={running}><a class="button small" href={href(['shops'])}>{t('回到店铺')}</a></Head>
      <Platforms rows={platforms.data?.rows ?? []} at={platform} />
      <Overview platform={platform} page={running.data} />
    </section>
  )
}

function Platforms({ rows, at }: { rows: readonly PlatformRow[]; at: string }): JSX.Element {
  return (
    <div class="filters"><div class="chiprow" role="group" aria-label={t('平台')}>
      {rows.map((p) => <Chip key={p.platform} pressed={p.platform === at} onClick={() => go(['rules', p.platform])}>{p.name}{p.in_force ? t(' · 第 {n} 版', { n: p.in_force }) : ''}</Chip>)}
    </div></div>
  )
}

function Overview({ platform, page }: { platform: string; page: RulesPage }): JSX.Element {
  const kept = keptOf(platform)
  const now = page.versions.find((v) => v.version === page.in_force)
  const back = before(page)
  const drafts = page.versions.filter((v) => v.applied_at === null && v.version !== 0)
  const history = page.versions.filter((v) => v.applied_at !== null || v.version === 0)
  const replay = page.runs.find((r) => r.kind === 'replay')
  return (
    <div class="pad rules">
      <p class="muted">{t('规则决定平台的原始订单怎样变成我们的订单。先改成草稿，试算看清会变什么，再启用；启用以后随时可以撤回。')}</p>
      {kept ? <Notice tone="warn"><p>{t('有没保存的修改，存在这台设备上：')}<Time at={kept.at} /></p>
        <div class="orderacts"><a class="button small primary" href={href(['rules', platform, 'edit'], kept.from ? { from: String(kept.from) } : {})}>{t('接着改')}</a><Button size="small" onClick={() => abandon(platform)}>{t('放弃修改')}</Button></div></Notice> : null}
      <div class="block">
        <h3>{t('正在使用')}<span class="aside muted">{t('新来的订单按它映射')}</span></h3>
        {now ? <VersionLine v={now} now={page.in_force} platform={platform} /> : null}
        {replay && replay.version === page.in_force ? <Going run={replay} /> : null}
        <div class="orderacts">
          <a class="button primary" href={href(['rules', platform, 'edit'])}>{t('修改规则')}</a>
          <Button kind="danger" reason={back === null ? t('现在用的就是出厂规则') : ''} onClick={() => goBack(platform, back ?? 0, () => openOrders(platform))}>{t('撤回到上一版')}</Button>
        </div>
      </div>
      <div class="block">
        <h3>{t('草稿')}<span class="aside muted number">{number(drafts.length)}</span></h3>
        {drafts.length === 0 ? <p class="muted">{t('没有草稿。保存的修改会先列在这里，试算过再启用。')}</p> : <Some of={drafts} now={page.in_force} platform={platform} />}
      </div>
      <div class="block">
        <h3>{t('用过的版本')}</h3>
        <Some of={history} now={page.in_force} platform={platform} />
      </div>
      <div class="block">
        <h3>{t('试算和重放')}</h3>
        {page.runs.length === 0 ? <p class="muted">{t('还没有试算过。试算只看会变什么，不改任何订单。')}</p> : <ul class="lines">{page.runs.map((r) => <li key={r.id}><RunLine run={r} platform={platform} /></li>)}</ul>}
      </div>
    </div>
  )
}

async function abandon(platform: string): Promise<void> {
  await ask({ title: t('放弃没保存的修改？'), consequence: t('这些修改只存在这台设备上，放弃后找不回来。'), yes: t('放弃修改'), danger: true, act: () => { drop(platform); return Promise.resolve() } })
}

const SHOWN = 6

/** The newest few; the others folded. */
function Some({ of, now, platform }: { of: readonly Version[]; now: number; platform: string }): JSX.Element {
  const list = (some: readonly Version[]) => <ul class="lines">{some.map((v) => <li key={v.version}><VersionLine v={v} now={now} platform={platform} /></li>)}</ul>
  return <>{list(of.slice(0, SHOWN))}{of.length > SHOWN ? <details class="earlier"><summary>{t('更早的 {n} 个', { n: number(of.length - SHOWN) })}</summary>{list(of.slice(SHOWN))}</details> : null}</>
}

function VersionLine({ v, now, platform }: { v: Version; now: number; platform: string }): JSX.Element {
  return (
    <>
      <p class="line wrap"><a href={href(['rules', platform, String(v.version)])}><b>{versionName(v.version)}</b></a><Standing v={v} now={now} /><span class="fill" />
        {v.version === 0 ? <span class="muted small">{t('随系统安装')}</span> : <span class="muted small">{v.author || t('命令行')} · <Time at={moment(v.applied_at ?? v.created_at)} /></span>}</p>
      <p class="small">{v.version === 0 ? t('按平台文档写的第一版') : v.reason}{v.same_as !== null ? <span class="muted"> · {t('与{version}相同', { version: versionName(v.same_as) })}</span> : null}</p>
    </>
  )
}

function RunLine({ run, platform }: { run: Run; platform: string }): JSX.Element {
  return (
    <p class="line wrap">
      <a href={href(['rules', platform, String(run.version)], { run: run.id })}><b>{run.kind === 'preview' ? t('试算') : t('重放')} · {versionName(run.version)}</b></a>
      <span class="number">{t('{seen} 张看过，{changed} 张会变', { seen: number(run.seen), changed: number(run.changed) })}</span>
      <span class="muted">{RUN_STATE[run.state]()}</span><span class="fill" /><span class="muted small">{run.person} · <Time at={moment(run.made_at)} /></span>
    </p>
  )
}
