// What a person does to one order: hold, release, each asked once with its consequence. Hold can be undone.
import { api, wordsOf } from '../app/http'
import { ask } from '../ui/dialog'
import { toast } from '../ui/toast'
import { why } from './lexicon'
import { send } from './live'
import { openHolds } from './order-rules'
import type { Order, Task } from './types'
import { t } from './words'

export function askHold(order: Order): Promise<boolean> {
  return ask({
    title: t('挂起 {no}', { no: order.no }),
    consequence: t('占用的库存会释放，已在波次里的会从波次撤出，放行前不会发货。'),
    yes: t('挂起'),
    danger: true,
    reason: { label: t('为什么挂起'), hints: [t('买家要求晚发'), t('等买家补信息'), t('地址有疑问')] },
    act: async (reason) => {
      await send('POST', `/api/orders/${order.id}/hold`, { reason })
      toast(t('已挂起 {no}', { no: order.no }), { undo: () => undoHold(order.id) })
    },
  })
}

async function undoHold(id: string): Promise<void> {
  try {
    const now = await api<Order>('GET', `/api/orders/${id}`)
    const task = openHolds(now).find((x) => x.reason === 'manual')
    if (!task) {
      toast(t('这条挂起已经被处理过了'))
      return
    }
    await send('POST', `/api/orders/${id}/release`, { task_id: task.id, reason: t('撤销挂起') })
    toast(t('已撤销，重新审单中'))
  } catch (e) {
    toast(wordsOf(e).message, { bad: true })
  }
}

export function askRelease(order: Pick<Order, 'id' | 'no'>, task: Task): Promise<boolean> {
  return ask({
    title: t('放行 {no}', { no: order.no }),
    consequence: t('“{why}”将不再拦住它；没有别的挂起时，会马上占用库存并可排入波次。', { why: why(task) }),
    yes: t('放行'),
    reason: { label: t('为什么可以放行'), hints: [t('已和买家确认'), t('备注不影响发货'), t('已核对，没有问题')] },
    act: async (reason) => {
      await send('POST', `/api/orders/${order.id}/release`, { task_id: task.id, reason })
      toast(t('已放行 {no}', { no: order.no }))
    },
  })
}
