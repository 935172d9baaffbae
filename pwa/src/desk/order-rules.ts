// Pure rules of the order screens: what is asked for, and what may not be done and why.
import { mayNot } from './may'
import type { Order, Task } from './types'
import { t } from './words'

export const PER_PAGE = 50

/** The question of the list, as the API wants it. */
export function question(query: Readonly<Record<string, string>>): string {
  const ask = new URLSearchParams({ limit: String(PER_PAGE) })
  for (const k of ['state', 'today', 'hold', 'shop', 'q', 'after']) { const v = query[k]; if (v) ask.set(k, v) }
  return '/api/orders?' + ask.toString()
}

export const openHolds = (order: Pick<Order, 'tasks'>): Task[] => order.tasks.filter((x) => x.kind === 'hold' && !x.closed_at)

/** Why this order may not be held now; '' when it may. */
export function holdReason(order: Pick<Order, 'ladder' | 'facts' | 'tasks'>): string {
  if (order.ladder === 'cancelled') return t('订单已取消，不用挂起')
  if (order.ladder === 'completed') return t('订单已完成')
  if (order.facts.handed_over || order.ladder === 'shipped') return t('包裹已出库，不能挂起')
  if (openHolds(order).some((x) => x.reason === 'manual')) return t('已经人工挂起')
  return mayNot('hold')
}

/** Holds that end only when their cause is mended say so instead of failing on the server. */
export function releaseReason(task: Task): string {
  if (task.reason === 'sku_unmatched') return t('先在明细里匹配货品，匹配后自动放行')
  if (task.detail['releasable'] === false) return t('要等平台或店铺那边处理好，会自动放行')
  return mayNot('release')
}
