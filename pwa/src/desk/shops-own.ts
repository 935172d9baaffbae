// What may be set for a shop beyond what all shops have: common options, and those that only one platform's adapter
// knows (server/platforms/*/own.py), because the platform does not publish them.
import type { Word } from './lexicon'

export interface Field {
  key: string
  label: Word
  help: Word
  kind: 'text' | 'whole' | 'number' | 'yes' | 'pairs' | 'choice'
  least?: number
  most?: number
  unit?: Word
  /** What holds when nothing is chosen. */
  usual?: string
  choices?: readonly (readonly [value: string, word: Word])[]
}

const S: Word = ['秒', 's']
export const COMMON: readonly Field[] = [
  { key: 'pull_every_s', label: ['每隔多久拉一次订单', 'Pull orders every'], help: ['越短订单来得越快，占用的接口次数也越多', 'Shorter brings orders sooner and uses more calls'], kind: 'whole', least: 5, most: 3600, unit: S, usual: '60' },
  { key: 'refunds_every_s', label: ['每隔多久查一次售后', 'Ask for after-sales every'], help: ['买家申请退款后，多久能拦下包裹', 'How soon a parcel is stopped after a refund is asked'], kind: 'whole', least: 5, most: 3600, unit: S, usual: '120' },
]
export const RARE: readonly Field[] = [
  { key: 'lag_s', label: ['离现在多远才拉', 'Stay behind the present by'], help: ['平台写入有延迟，太近会漏；不清楚就不填', 'Platforms write late, closer may miss orders; leave it empty when in doubt'], kind: 'whole', least: 0, most: 3600, unit: S },
  { key: 'overlap_s', label: ['每次往回多看', 'Look back each time by'], help: ['重叠的部分不会重复生成订单', 'No order is made twice'], kind: 'whole', least: 60, most: 86_400, unit: S, usual: '600' },
  { key: 'calls_per_s', label: ['每秒最多调用', 'Calls a second at most'], help: ['按应用算，不按店铺；以控制台给的额度为准', 'Of the app, not the shop; see its console'], kind: 'number', least: 0.01, most: 1000, unit: ['次', 'calls'] },
  { key: 'carriers', label: ['快递公司代码对照', 'Carrier codes'], help: ['我们的代码=平台的代码，一行一个，例如 SF=505', 'Ours=theirs, one a line, such as SF=505'], kind: 'pairs' },
]

const OAUTH: Field = { key: 'oauth_url', label: ['授权页地址', 'Address of the authorisation page'], help: ['平台换了授权页域名时才填', 'Only when the platform has moved it'], kind: 'text' }
const SCENES: Field = { key: 'oaid_scenes', label: ['查看收件人的用途代码', 'Scenes of reading receivers'], help: ['用途=平台的代码，一行一个；用途有 ship（发货）、contact（联系买家）、aftersales（售后）', 'Scene=code, one a line; scenes: ship, contact, aftersales'], kind: 'pairs' }
const STORE: Field = { key: 'store_id', label: ['库存写到哪个仓', 'Stock goes to store'], help: ['京东店铺有多个仓时填仓编号；0 是默认仓', 'Number of the store where the shop has several; 0: the usual one'], kind: 'whole', least: 0, most: 2_000_000_000, usual: '0' }

export const OWN: Readonly<Record<string, readonly Field[]>> = {
  taobao: [
    { key: 'tmall', label: ['是天猫店', 'It is a Tmall shop'], help: ['库存增减走天猫接口，重复请求只算一次', 'Increments of stock go through Tmall’s call, which counts a repeat once'], kind: 'yes' },
    { key: 'ship_api', label: ['发货用哪个接口', 'Shipping goes through'], help: ['旧接口对新应用可能不开放，被拒绝时换新的', 'The old one may be closed to new apps'], kind: 'choice', usual: 'offline', choices: [['offline', ['logistics.offline.send（旧）', 'logistics.offline.send (old)']], ['ascp', ['ascp.logistics.offline.send（新）', 'ascp.logistics.offline.send (new)']]] },
    { key: 'sender_id', label: ['发货地址编号', 'Address parcels leave from'], help: ['卖家地址库里的编号；不填用店铺的默认地址', 'Its number in the seller’s address book; empty: the usual one'], kind: 'text' },
    { key: 'cancel_id', label: ['退货地址编号', 'Address parcels come back to'], help: ['同上', 'As above'], kind: 'text' },
    { key: 'more_types', label: ['另外要拉的交易类型', 'More kinds of trades'], help: ['逗号隔开，例如 fenxiao；没写的特殊类型平台不返回', 'Separated by commas, such as fenxiao; what is not named is not returned'], kind: 'text' },
    { key: 'messages', label: ['接收消息', 'Take messages'], help: ['应用没有消息服务权限时关掉，只靠定时拉取', 'Off when the app has no right to messages'], kind: 'yes', usual: 'true' },
    { key: 'group', label: ['消息分组', 'Message group'], help: ['控制台里给这家店建的分组名', 'The group that was made for this shop'], kind: 'text', usual: 'default' },
    SCENES, OAUTH,
  ],
  jd: [
    { key: 'pull_remarks', label: ['拉备注变化', 'Bring changed remarks'], help: ['应用没有 getRemarkByModifyTime 权限时关掉', 'Off when the app has no right to getRemarkByModifyTime'], kind: 'yes', usual: 'true' },
    { key: 'service_orders', label: ['拉售后服务单', 'Bring service orders'], help: ['应用没有售后服务单权限时关掉', 'Off when the app has no right to service orders'], kind: 'yes', usual: 'true' },
    { key: 'service_list', label: ['服务单用哪个接口', 'Service orders come through'], help: ['应用没有 asc.sync.list 权限时换另一个，会少看到一些状态', 'The other one shows fewer states; for apps without the right to asc.sync.list'], kind: 'choice', usual: 'sync', choices: [['sync', ['asc.sync.list（全部变化）', 'asc.sync.list (every change)']], ['query', ['asc.query.list', 'asc.query.list']]] },
    { key: 'operate_pin', label: ['售后操作人账号', 'Operator’s account'], help: ['查售后单时报给京东的账号；不填用店铺号', 'Told to JD when service orders are asked for; empty: the shop’s number'], kind: 'text' },
    { key: 'operate_nick', label: ['售后操作人名称', 'Operator’s name'], help: ['同上', 'As above'], kind: 'text' },
    { key: 'remark_flag', label: ['备注旗子颜色', 'Flag of a remark'], help: ['写备注时一起写的旗子编号', 'Number of the flag written with a remark'], kind: 'text' },
    STORE,
    { key: 'stock_model_set', label: ['改库存的 updateModel', 'updateModel to set stock'], help: ['用一个测试 SKU 试出来再填；不填用旧接口', 'Learned with a trial SKU; empty: the old call'], kind: 'text' },
    { key: 'stock_model_add', label: ['增减库存的 updateModel', 'updateModel to change stock'], help: ['不填就不做增减，只写总数', 'Empty: no increments'], kind: 'text' },
    { key: 'stock_add', label: ['允许增减库存', 'Allow increments of stock'], help: ['京东没有说明重复请求算几次，确认后再开', 'JD does not say whether a repeat counts once'], kind: 'yes' },
    { key: 'app_name', label: ['应用名', 'Name of the app'], help: ['查看收件人时报给京东', 'Told to JD when receivers are read'], kind: 'text' },
    { key: 'oaid_order_type', label: ['查看收件人的订单类型', 'Order type of reading receivers'], help: ['京东给的代码', 'JD’s code'], kind: 'text', usual: '1' },
    { key: 'oaid_expiration', label: ['虚拟号有效期', 'Life of virtual numbers'], help: ['单位以京东文档为准；不填按京东默认', 'In JD’s own unit; empty: JD’s default'], kind: 'whole', least: 0, most: 2_000_000_000 },
    SCENES, OAUTH,
  ],
  pinduoduo: [
    { key: 'refund_check', label: ['发货前再问一次退款', 'Ask for refunds right before shipping'], help: ['应用没有 refund.status.check 权限时关掉', 'Off when the app has no right to refund.status.check'], kind: 'yes', usual: 'true' },
    { key: 'refund_details', label: ['逐个读售后详情', 'Read each case by itself'], help: ['应用没有 refund.information.get 权限时关掉，类型就以列表为准', 'Off when the app has no right to refund.information.get'], kind: 'yes', usual: 'true' },
    { key: 'refund_all', label: ['售后一次查全部状态', 'All states of cases in one call'], help: ['平台没有写明支持；通常逐个状态查', 'Not documented; usually state by state'], kind: 'yes' },
    { key: 'refund_types', label: ['售后列表的类型编号', 'Numbers of kinds in the list'], help: ['平台有两套编号，对不上时换另一套', 'There are two sets; take the other when kinds are wrong'], kind: 'choice', usual: 'request', choices: [['request', ['按查询参数的编号', 'As in requests']], ['detail', ['按详情的编号', 'As in details']]] },
    { key: 'remark_tag', label: ['备注旗子颜色', 'Flag of a remark'], help: ['写备注时一起写', 'Written with a remark'], kind: 'choice', usual: '', choices: [['1', ['红', 'red']], ['2', ['黄', 'yellow']], ['3', ['绿', 'green']], ['4', ['蓝', 'blue']], ['5', ['紫', 'purple']]] },
    { key: 'listing_prices', label: ['拉商品时读价格', 'Read prices of listings'], help: ['每个规格多一次调用', 'One more call for each SKU'], kind: 'yes' },
    { key: 'reserved_inside', label: ['库存数里含预扣', 'Quantities hold what is reserved'], help: ['平台没有写明，用一个测试商品核对后再改', 'Not documented: learn it with a trial SKU'], kind: 'yes' },
    { key: 'waybill_types', label: ['查看收件人前上报的面单类型', 'waybill_type told before a receiver is read'], help: ['用途=平台的代码，一行一个；用途有 ship、contact、aftersales', 'Scene=code, one a line; scenes: ship, contact, aftersales'], kind: 'pairs' },
    OAUTH,
  ],
  shopee: [
    { key: 'location_id', label: ['库存写到哪个仓', 'Stock goes to location'], help: ['多仓店铺填 location_id；单仓店铺不能填', 'Of shops with several warehouses only'], kind: 'text' },
    { key: 'most_parcels', label: ['一单最多拆几个包裹', 'Parcels of an order at most'], help: ['台湾 30，其他站点 5', 'Taiwan 30, elsewhere 5'], kind: 'whole', least: 1, most: 30, usual: '5' },
    { key: 'push_url', label: ['控制台里填的推送地址', 'Push URL as typed in the console'], help: ['和准备清单上的差一个字（比如末尾的斜杠）时才填，签名按它算', 'Only where it differs from ours, by as much as a slash'], kind: 'text' },
    { key: 'item_states', label: ['拉哪些状态的商品', 'Listings in which states'], help: ['逗号隔开', 'Separated by commas'], kind: 'text', usual: 'NORMAL,UNLIST,BANNED,REVIEWING' },
    { key: 'auth_page', label: ['授权页', 'Authorisation page'], help: ['新页打不开时换旧页', 'The older one, where the present one does not open'], kind: 'choice', usual: 'open', choices: [['open', ['新页（open.shopee.com）', 'present']], ['partner', ['旧页（带签名）', 'older, signed']]] },
    OAUTH,
  ],
  jdsp: [
    { key: 'scopes', label: ['订单数据范围 scopeSet', 'scopeSet of orders'], help: ['京东拒绝默认范围时才改', 'Only when JD refuses ours'], kind: 'text' },
    { key: 'changed_query', label: ['按修改时间查询的附加参数', 'More parameters, by time of change'], help: ['参数=值，一行一个', 'Name=value, one a line'], kind: 'pairs' },
    { key: 'placed_query', label: ['按下单时间查询的附加参数', 'More parameters, by time of placing'], help: ['不填就不能补拉', 'Empty: no back-fill'], kind: 'pairs' },
    { key: 'shipment_type', label: ['发货 shipmentType', 'shipmentType'], help: ['用一张测试订单试出来', 'Learned with a trial order'], kind: 'text' },
    { key: 'merge_shipment_flag', label: ['发货 mergeShipmentFlag', 'mergeShipmentFlag'], help: ['同上', 'As above'], kind: 'text' },
    { key: 'company_scope', label: ['发货 companyScope', 'companyScope'], help: ['同上', 'As above'], kind: 'text' },
    { key: 'stock_model', label: ['改库存 updateModel', 'updateModel of stock'], help: ['用一个测试 SKU 试出来', 'Learned with a trial SKU'], kind: 'text' },
    { key: 'stock_operation', label: ['改库存 stockOperationType', 'stockOperationType'], help: ['同上', 'As above'], kind: 'text' },
    { key: 'remark_flag', label: ['备注旗子颜色', 'Flag of a remark'], help: ['数字编号', 'A number'], kind: 'whole', least: 0, most: 100 },
    STORE, OAUTH,
  ],
}

/** A stored value as the text of its field; '' = as usual. */
export function textOf(field: Field, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (field.kind !== 'pairs') return String(value)
  return Object.entries(value as Record<string, unknown>).map(([k, v]) => `${k}=${String(v)}`).join('\n')
}

/** The value to store of a text that has no flaw; undefined = as usual. */
export function valueOf(field: Field, text: string): unknown {
  const said = text.trim()
  if (said === '') return undefined
  if (field.kind === 'yes') return said === 'true'
  if (field.kind === 'whole' || field.kind === 'number') return Number(said)
  if (field.kind !== 'pairs') return said
  return Object.fromEntries(said.split('\n').map((line) => line.trim()).filter(Boolean).map((line) => { const at = line.indexOf('='); return [line.slice(0, at).trim(), line.slice(at + 1).trim()] }))
}
