// What the screens of mapping rules share: names of versions, how one stands, going back, a replay under way.
import type { JSX } from 'preact'
import { api } from '../app/http'
import { go } from '../app/router'
import { ask } from '../ui/dialog'
import { number } from '../ui/format'
import { Badge, Progress } from '../ui/show'
import { toast } from '../ui/toast'
import { send } from './live'
import type { RulesPage, Run, Version } from './rules-model'
import { t } from './rules-words'

export const versionName = (n: number): string => (n === 0 ? t('出厂规则') : t('第 {n} 版', { n }))

/** Was it in force before this one? The one to go back to; null: there is none. */
export function before(page: RulesPage): number | null {
  if (page.in_force === 0) return null
  const applied = page.versions.filter((v) => v.applied_at !== null && v.version < page.in_force).map((v) => v.version)
  return applied.length ? Math.max(...applied) : 0
}

/** Go back to an old version: that is a new one, equal to it. Asks for a reason. */
export async function goBack(platform: string, to: number, open: () => Promise<number>): Promise<void> {
  const orders = await open()
  await ask({
    title: t('撤回到{version}？', { version: versionName(to) }),
    consequence: t('会写下一个内容相同的新版本并马上启用，现在的版本仍留在历史里。{n} 张还没出库的订单会按它重新映射；已经出库、完成、取消的不动，人工做过的保留。', { n: number(orders) }),
    yes: t('撤回'),
    reason: { label: t('为什么撤回'), hints: [t('改错了'), t('结果和预想的不一样'), t('平台恢复了原来的格式')] },
    act: async (reason) => {
      const done = await send<{ version: number }>('POST', `/api/rules/${platform}/undo`, { back_to: to, reason })
      toast(t('已撤回，现在是{version}', { version: versionName(done.version) }))
      go(['rules', platform, String(done.version)])
    },
  })
}

/** How many orders are open: a replay goes over all of them. */
export async function openOrders(platform: string): Promise<number> {
  const found = await api<{ open: number }>('GET', `/api/rules/${platform}/raws?limit=1`)
  return found.open
}

export function Standing({ v, now }: { v: Version; now: number }): JSX.Element {
  if (v.version === now) return <Badge icon="check" tone="ok">{t('正在使用')}</Badge>
  if (v.applied_at !== null || v.version === 0) return <Badge icon="clock" tone="plain">{v.version === 0 ? t('出厂') : t('用过')}</Badge>
  return v.base === now ? <Badge icon="info" tone="info">{t('草稿')}</Badge> : <Badge icon="alert" tone="warn">{t('旧草稿')}</Badge>
}

export const RUN_STATE: Record<Run['state'], () => string> = { running: () => t('进行中'), done: () => t('已完成'), cancelled: () => t('已取消'), failed: () => t('失败') }

/** A replay that is under way, or how it ended. */
export function Going({ run }: { run: Run }): JSX.Element {
  return (
    <div class="arrived">
      <p class="small" role="status">{run.state === 'running'
        ? t('正在把未出库的订单按{version}重新映射：{a} / {b} 张，可以离开这一页', { version: versionName(run.version), a: number(run.seen), b: number(run.total) })
        : t('未出库的订单都已按{version}重新映射：{n} 张，其中 {m} 张有变化', { version: versionName(run.version), n: number(run.seen), m: number(run.changed) })}</p>
      {run.state === 'running' ? <Progress done={run.seen} all={Math.max(1, run.total)} label={t('重新映射')} /> : null}
    </div>
  )
}
