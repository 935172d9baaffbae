// The words for the codes that the server speaks in. A code without a word is shown as it is, never hidden.
import { language } from '../app/i18n'
import { carrierName } from '../ui/carriers'
import type { IconName } from '../ui/icon'
import type { Tone } from '../ui/show'

export type Word = readonly [zh: string, en: string]
export const say = (w: Word): string => w[language.value === 'en' ? 1 : 0]
export const name = (of: Readonly<Record<string, Word>>, code: string): string => { const w = of[code]; return w ? say(w) : code }

interface Look { word: Word; icon: IconName; tone: Tone }
export const LADDER: Readonly<Record<string, Look>> = {
  pending: { word: ['待确认', 'Pending'], icon: 'clock', tone: 'plain' },
  paid: { word: ['已付款', 'Paid'], icon: 'yuan', tone: 'info' },
  picking: { word: ['拣货中', 'Picking'], icon: 'basket', tone: 'info' },
  shipped: { word: ['已发货', 'Shipped'], icon: 'truck', tone: 'ok' },
  completed: { word: ['已完成', 'Completed'], icon: 'check', tone: 'ok' },
  cancelled: { word: ['已取消', 'Cancelled'], icon: 'cross', tone: 'plain' },
}
export const STEPS = ['pending', 'paid', 'picking', 'shipped', 'completed'] as const

export const HOLDS: Readonly<Record<string, Word>> = {
  manual: ['人工挂起', 'Held by hand'], uncancelled: ['取消后又待发货', 'Paid again after a cancellation'], buyer_note: ['买家留言', 'Buyer note'], refund_asked: ['申请退款', 'Refund asked'],
  duplicate: ['疑似重复', 'Looks double'], risk_review: ['平台风控', 'Platform risk check'], receiver_incomplete: ['收件信息不全', 'Receiver incomplete'],
  sku_unmatched: ['货品未匹配', 'No SKU matched'], platform_locked: ['平台锁定', 'Locked by platform'], unmapped: ['字段没有对上', 'Field not mapped'],
  unknown_state: ['平台状态不明', 'Platform state unknown'], bad_lines: ['明细有误', 'Lines are wrong'], stock_short: ['缺货', 'Out of stock'],
  unreadable: ['内容读不懂', 'Unreadable'], cancelled: ['订单已取消', 'Order cancelled'], address_changed: ['地址已变，面单过期', 'Address changed, label out of date'],
  stale_label: ['地址已变，面单过期', 'Address changed, label out of date'], held: ['订单被挂起', 'Order is held'], pick_short: ['拣货缺货', 'Short at picking'],
  receiver_changed: ['收件信息已改', 'Receiver changed'], changed: ['订单内容有变', 'Order has changed'], lines_changed: ['明细有变', 'Lines have changed'],
  not_due: ['平台已不在待发货', 'No longer due at the platform'], old_label: ['面单过期', 'Label out of date'], wrong_label: ['面单贴错了', 'Wrong label on the parcel'],
  pack_mismatch: ['打包核对不符', 'Contents differ from the order'], not_packed: ['没打包就扫了出库', 'Handed over before packing'], unpicked: ['打包后又取出过货', 'Taken out after packing'],
  unknown_waybill: ['面单号不认识', 'Unknown waybill'], refund_done: ['已退款', 'Refunded'],
  stopped: ['包裹已拦下', 'Parcel stopped'], foreign: ['扫到未知条码', 'Unknown barcode scanned'], rejected: ['平台拒绝', 'Refused by the platform'],
}
export const HOLD_FILTER = ['buyer_note', 'sku_unmatched', 'stock_short', 'refund_asked', 'receiver_incomplete', 'risk_review', 'duplicate', 'platform_locked', 'unmapped', 'manual'] as const

export const TASKS: Readonly<Record<string, Word>> = {
  hold: ['挂起', 'Hold'], shortage: ['缺货', 'Shortage'], put_back: ['放回', 'Put back'], repick: ['补拣', 'Pick again'], intercept: ['拦截', 'Intercept'],
  reprint: ['重打面单', 'Reprint'], write_back: ['发货回传', 'Write-back'], left_anyway: ['已揽收未出库', 'Left unseen'], dead_job: ['系统任务停住', 'Job stuck'], quarantine: ['隔离', 'Quarantine'], shop: ['店铺授权', 'Shop'],
}
/** Why a task is there; a code without a word is told by the server's title. */
export const why = (task: { kind: string; reason: string; title: string }): string => {
  const word = HOLDS[task.reason]
  if (word) return say(word)
  const at = task.title.indexOf('：')
  return (at < 0 ? task.title : task.title.slice(at + 1)) || name(TASKS, task.kind)
}
/** Ended by the floor's phone: goods or a parcel must be moved. */
export const ON_FLOOR: readonly string[] = ['put_back', 'repick', 'intercept']
/** In order of how soon they hurt. */
export const TASK_ORDER = ['intercept', 'left_anyway', 'hold', 'reprint', 'repick', 'put_back', 'write_back', 'shortage', 'quarantine', 'shop', 'dead_job'] as const

export const PLATFORMS: Readonly<Record<string, Word>> = {
  taobao: ['淘宝', 'Taobao'], jd: ['京东', 'JD'], pinduoduo: ['拼多多', 'Pinduoduo'], shopee: ['Shopee', 'Shopee'], jdsp: ['京东 SP', 'JD SP'],
}
/** A shop by its name, after its platform where the name does not begin with that. */
export const shopWords = (platform: string, shop: string): string => (beginsWith(platform, shop) ? shop : `${name(PLATFORMS, platform)} · ${shop}`)
export const beginsWith = (platform: string, shop: string): boolean => (PLATFORMS[platform] ?? [platform]).some((word) => shop.startsWith(word))
export const FACTS: Readonly<Record<string, Word>> = {
  paid: ['付款', 'Paid'], reviewed: ['审单', 'Reviewed'], reserved: ['占用', 'Reserved'], picked: ['拣货', 'Picked'], packed: ['打包', 'Packed'],
  handed_over: ['出库', 'Handed over'], written_back: ['发货回传', 'Written back'], collected: ['揽收', 'Collected'], completed: ['完成', 'Completed'], refund: ['退款', 'Refund'], cancelled: ['取消', 'Cancelled'],
}
/** The events that a fact is known from: a chip opens its evidence. */
export const EVIDENCE: Readonly<Record<string, readonly string[]>> = {
  paid: ['order_taken', 'order_changed'], reviewed: ['order_reviewed', 'order_held', 'order_released', 'line_matched'],
  reserved: ['stock_reserved', 'stock_short', 'stock_released'], picked: ['pick_confirmed', 'pick_undone', 'pick_short', 'order_picked', 'pick_withdrawn', 'wave_made'],
  packed: ['parcel_packed', 'waybill_made', 'label_made'], handed_over: ['parcel_handed_over', 'hand_over_refused', 'order_shipped', 'parcel_stopped', 'parcel_cleared'],
  written_back: ['order_written_back', 'write_back_refused'], collected: ['parcel_collected', 'parcel_delivered'], completed: ['order_completed'], refund: ['refund_asked', 'order_changed'], cancelled: ['order_cancelled'],
}
export const REFUND: Readonly<Record<string, Word>> = { none: ['无', 'none'], asked: ['申请中', 'asked'], done: ['已退', 'done'] }
export const PARCEL: Readonly<Record<string, Look>> = {
  picking: { word: ['拣货中', 'Picking'], icon: 'basket', tone: 'info' }, ready: { word: ['待打包', 'To pack'], icon: 'basket', tone: 'info' },
  packed: { word: ['已打包', 'Packed'], icon: 'check', tone: 'ok' }, handed_over: { word: ['已出库', 'Handed over'], icon: 'truck', tone: 'ok' },
  collected: { word: ['已揽收', 'Collected'], icon: 'truck', tone: 'ok' }, delivered: { word: ['已签收', 'Delivered'], icon: 'check', tone: 'ok' },
  stopped: { word: ['已拦下', 'Stopped'], icon: 'alert', tone: 'bad' }, cancelled: { word: ['已取消', 'Cancelled'], icon: 'cross', tone: 'plain' },
}
export const WAVE: Readonly<Record<string, Look>> = {
  open: { word: ['进行中', 'In progress'], icon: 'basket', tone: 'info' }, done: { word: ['拣完', 'Done'], icon: 'check', tone: 'ok' },
  cancelled: { word: ['已取消', 'Cancelled'], icon: 'cross', tone: 'plain' },
}
export const JOB: Readonly<Record<string, Look>> = {
  waiting: { word: ['生成中', 'Rendering'], icon: 'clock', tone: 'plain' }, ready: { word: ['待打印', 'To print'], icon: 'print', tone: 'info' },
  failed: { word: ['失败', 'Failed'], icon: 'alert', tone: 'bad' }, printed: { word: ['已打印', 'Printed'], icon: 'check', tone: 'ok' },
  stale: { word: ['已过期', 'Out of date'], icon: 'alert', tone: 'warn' },
}
export const PAPER: Readonly<Record<string, Word>> = { label: ['面单', 'Label'], pick_list: ['拣货单', 'Pick list'], packing_slip: ['装箱单', 'Packing slip'] }
export const SHOP: Readonly<Record<string, Look>> = {
  on: { word: ['正常', 'On'], icon: 'check', tone: 'ok' }, off: { word: ['已停用', 'Off'], icon: 'pause', tone: 'plain' }, troubled: { word: ['异常', 'In trouble'], icon: 'alert', tone: 'bad' },
  needs_auth: { word: ['需要重新授权', 'Authorise again'], icon: 'alert', tone: 'bad' },
}
export const RECEIVER: Readonly<Record<string, Word>> = {
  name: ['姓名', 'Name'], phone: ['电话', 'Phone'], mobile: ['手机', 'Mobile'], tel: ['电话', 'Phone'], address: ['地址', 'Address'], detail: ['地址', 'Address'], zip: ['邮编', 'Postcode'], postcode: ['邮编', 'Postcode'],
}

export const STORY: Readonly<Record<string, Word>> = {
  order_taken: ['接到订单', 'Order taken'], order_changed: ['平台更新了订单', 'Order changed by the platform'], receiver_changed: ['收件信息已改', 'Receiver changed'],
  order_cancelled: ['订单取消', 'Order cancelled'], refund_asked: ['买家申请退款', 'Refund asked'], order_held: ['挂起', 'Held'], order_released: ['放行', 'Released'],
  order_reviewed: ['审单通过', 'Review passed'], line_matched: ['匹配货品', 'SKU matched'], note_revealed: ['查看了买家留言', 'Read the buyer note'],
  stock_reserved: ['占用库存', 'Stock reserved'], stock_short: ['库存不足', 'Stock short'], stock_released: ['释放库存', 'Stock released'],
  wave_made: ['排入波次', 'Put in a wave'], wave_done: ['波次拣完', 'Wave done'], pick_confirmed: ['拣货确认', 'Picked'], pick_undone: ['撤销拣货', 'Pick undone'],
  pick_short: ['报缺货', 'Reported short'], order_picked: ['拣齐', 'All picked'], pick_withdrawn: ['拣货撤回', 'Pick withdrawn'],
  pick_reopened: ['缺货已找到', 'Found after all'], wave_moved: ['波次换设备', 'Wave moved to another device'], parcel_left_anyway: ['已揽收，系统未出库', 'Collected, though not handed over'],
  parcel_packed: ['打包完成', 'Packed'], parcel_stopped: ['包裹拦下', 'Parcel stopped'], parcel_cleared: ['包裹放行', 'Parcel cleared'],
  waybill_made: ['取得面单号', 'Waybill made'], label_made: ['面单已生成', 'Label made'], print_failed: ['打印失败', 'Print failed'],
  parcel_handed_over: ['出库', 'Handed over'], hand_over_refused: ['出库被拒', 'Hand-over refused'], order_shipped: ['已发货', 'Shipped'],
  order_written_back: ['发货已回传平台', 'Written back'], write_back_refused: ['平台拒绝回传', 'Write-back refused'], parcel_collected: ['快递揽收', 'Collected'],
  parcel_delivered: ['已签收', 'Delivered'], order_completed: ['订单完成', 'Completed'], task_opened: ['出现待处理', 'Task opened'], task_closed: ['待处理已结束', 'Task closed'],
}
/** Values of events worth a word in the story; all else is one tap away. */
export const DETAIL: Readonly<Record<string, Word>> = {
  hold: ['原因', 'reason'], wanted: ['需要', 'wanted'], available: ['可用', 'available'], waybill_no: ['面单', 'waybill'], carrier: ['快递', 'carrier'],
  count: ['数量', 'count'], qty: ['数量', 'qty'], outcome: ['结果', 'outcome'], kind: ['类型', 'kind'], parcel_no: ['包裹', 'parcel'], order_no: ['订单', 'order'], wave: ['波次', 'wave'], no: ['编号', 'no.'],
  text: ['', ''], message_zh: ['', ''], shop: ['店铺', 'shop'], orders: ['订单', 'orders'], note: ['说明', 'note'], sku: ['货品', 'SKU'], sku_code: ['货品', 'SKU'], error: ['原因', 'error'], message: ['说明', 'message'], version: ['版本', 'version'], field: ['字段', 'field'], external_id: ['平台单号', 'platform no.'],
}
const OUTCOME: Readonly<Record<string, Word>> = {
  released: ['已放行', 'released'], settled: ['原因已消失', 'settled'], served: ['已占用到货', 'served'], done: ['已处理', 'done'], retry: ['重试', 'retried'], dropped: ['不再处理', 'dropped'],
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/

/** Known values of an event or a task's detail as words, but for those that `said` has in it; ids of the machine stay out. */
export function details(of: Readonly<Record<string, unknown>>, said = ''): string {
  const out: string[] = []
  for (const key of Object.keys(of)) {
    const label = DETAIL[key]
    const value = of[key]
    if (!label || value === null || value === '') continue
    const words = (Array.isArray(value) ? value : [value])
      .filter((v) => ['string', 'number'].includes(typeof v))
      .map(String)
      .filter((v) => !said.includes(v))
      .map((v) => { const w = HOLDS[v] ?? OUTCOME[v] ?? TASKS[v]; return UUID.test(v) ? '' : key === 'carrier' ? carrierName(v) : w ? say(w) : v })
      .filter((v) => v !== '' && !said.includes(v))
    if (words.length) out.push(`${say(label)} ${words.join('、')}`.trim())
  }
  return out.join(' · ')
}
