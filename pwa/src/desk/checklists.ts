// What must be done in each platform's console before a shop can be connected, and what the platform forbids. Platforms
// change their consoles: where something was not seen in writing the text says so.
import type { Word } from './lexicon'

export interface Item {
  id: string
  text: Word
  /** What is copied into the console: our address for the owner's way back, for pushes, or names of APIs. */
  copy?: 'consent' | 'domain' | 'hooks' | readonly string[]
}
export interface Part { title: Word; items: readonly Item[] }
export interface Checklist {
  name: Word
  /** One line for the choice of the platform. */
  short: Word
  console: Word
  parts: readonly Part[]
  forbids: readonly Word[]
  /** Who says yes, and for how long it holds. */
  who: Word
  /** What the platform calls its key and secret. */
  key: string
  secret: string
  host: string
  hosts?: readonly (readonly [url: string, word: Word])[]
}

const IP: Item = { id: 'ip', text: ['IP 白名单：填这台服务器上网用的公网 IP（问网络管理员，或看云服务器控制台）。换了网络要跟着改，否则接口会全部被拒', 'IP allow-list: the public address with which this server goes out. When it changes, change it there, or every call is refused'] }
const back = (text: Word): Item => ({ id: 'callback', text, copy: 'consent' })
const BACK: Word = ['授权回调地址：店主点同意后，平台把浏览器带回这里', 'Callback address: where the browser is sent back after the owner’s yes']
const MASKED: Word = ['不许在本地保存收件人明文。中枢只存脱敏信息和平台给的凭据，要看明文每次都向平台申请，并记下谁、为什么看', 'Receivers may not be kept in clear. Only masked parts and the platform’s token are stored; clear text is asked for each time, and who and why is recorded']
const NO_SHARE: Word = ['不许把买家信息导出、转发给别的系统或拿去营销', 'Buyers’ data may not be exported, passed on or used for marketing']

export const CHECKLISTS: Readonly<Record<string, Checklist>> = {
  taobao: {
    name: ['淘宝 / 天猫', 'Taobao / Tmall'],
    short: ['订单、售后、商品、库存、消息都能接；订单权限只对部分应用类型开放', 'Orders, after-sales, goods, stock and messages; order rights only for some types of app'],
    console: ['淘宝开放平台控制台', 'Taobao Open Platform console'],
    key: 'AppKey', secret: 'AppSecret', host: 'https://eco.taobao.com',
    hosts: [['https://gw.api.tbsandbox.com', ['淘宝沙箱', 'Taobao’s sandbox']]],
    who: ['店铺主账号登录后同意。商家自用的应用不能自动续期，到期要店主再点一次；服务市场的应用可以自动续。有效期以平台给的为准', 'The shop’s main account says yes. A seller’s own app cannot renew by itself: the owner repeats it at the end; apps of the service market can. The platform says for how long'],
    parts: [
      { title: ['建应用', 'Make the app'], items: [
        { id: 'app', text: ['应用类型选「商家后台系统」（自己的店自己用）。选之前看清它能申请「订单管理」权限包：据了解只有部分类型能申请', 'Type: the seller’s own back office. First make sure it may apply for the order package: not every type can'] },
        { id: 'online', text: ['提交上线审核。没有上线的应用每天调用次数很少，据了解授权一天左右就失效', 'Apply to go online: until then calls are few and an authorisation lasts about a day'] },
        IP,
        { id: 'cloud', text: ['问清订单数据是否必须从聚石塔内调用：必须时，这台服务器要放进聚石塔', 'Ask whether order data may only be called from within its cloud (Jushita): then this server must stand there'] },
      ] },
      { title: ['申请权限', 'Apply for rights'], items: [
        { id: 'orders', text: ['接单', 'Orders'], copy: ['taobao.trades.sold.increment.get', 'taobao.trades.sold.get', 'taobao.trade.fullinfo.get', 'taobao.user.seller.get'] },
        { id: 'ship', text: ['发货、备注', 'Shipping, remarks'], copy: ['taobao.logistics.offline.send', 'alibaba.ascp.logistics.offline.send', 'taobao.logistics.companies.get', 'taobao.trade.memo.update'] },
        { id: 'refunds', text: ['售后', 'After-sales'], copy: ['taobao.refunds.receive.get'] },
        { id: 'goods', text: ['商品、库存', 'Goods and stock'], copy: ['taobao.items.onsale.get', 'taobao.items.inventory.get', 'taobao.item.skus.get', 'taobao.item.quantity.update', 'taobao.skus.quantity.update', 'tmall.item.quantity.update'] },
        { id: 'oaid', text: ['查看收件人（每次申请，有次数限制）', 'Clear receivers, asked for one by one'], copy: ['taobao.top.oaid.decrypt'] },
      ] },
      { title: ['填地址、开消息', 'Addresses and messages'], items: [
        back(BACK),
        { id: 'messages', text: ['消息服务：开通后勾选「交易」「退款」「商品」类消息。中枢自己去取，不用填接收地址；没有开通也能接单，只是慢一点', 'Messages: switch the service on and subscribe to trade, refund and item topics. They are fetched, no address is needed; without them orders come a little later'], copy: ['taobao.tmc.user.permit', 'taobao.tmc.messages.consume', 'taobao.tmc.messages.confirm'] },
      ] },
    ],
    forbids: [MASKED, ['面单用菜鸟云打印，拿平台凭据直接出，不需要明文；脱敏的姓名、电话不能印在面单上', 'Labels come from Cainiao’s cloud print with the platform’s token; masked names and phones must not be printed'], NO_SHARE],
  },
  jd: {
    name: ['京东（JOS）', 'JD (JOS)'],
    short: ['京东原有接口：订单、售后、商品、库存都能接；没有消息推送，靠定时拉取', 'JD’s established API: orders, after-sales, goods and stock; no pushes, orders are pulled'],
    console: ['京东商家开放平台控制台', 'JD open platform console'],
    key: 'App Key', secret: 'App Secret', host: 'https://api.jd.com',
    who: ['店铺主账号登录京东后同意。到期前 24 小时内中枢自动续，过了就要店主再点一次；平台限制每月续期次数', 'The shop’s main account says yes. It is renewed within the last 24 hours; once over, the owner repeats it. JD limits renewals a month'],
    parts: [
      { title: ['建应用', 'Make the app'], items: [
        { id: 'app', text: ['建商家自用的应用，绑定要接的店铺。新应用能否再申请 JOS 订单接口，以控制台为准；不能的选下面的「京东（新接口 SP-API）」', 'Make the seller’s own app and bind the shop. Whether new apps still get JOS order APIs is shown there; if not, choose SP-API'] },
        { id: 'online', text: ['应用要审核上线。测试应用一天只有几百次调用，不够用', 'Have it go online: a test app has a few hundred calls a day'] },
        IP,
        { id: 'cloud', text: ['问清订单接口是否必须在云鼎内调用：必须时，这台服务器要放进云鼎', 'Ask whether order APIs may only be called from its cloud (Yunding): then this server must stand there'] },
      ] },
      { title: ['申请权限', 'Apply for rights'], items: [
        { id: 'orders', text: ['接单', 'Orders'], copy: ['jingdong.pop.order.search', 'jingdong.pop.order.get', 'jingdong.pop.order.getRemarkByModifyTime', 'jingdong.vender.shop.query'] },
        { id: 'ship', text: ['发货、备注', 'Shipping, remarks'], copy: ['jingdong.pop.order.shipment', 'jingdong.fce.alpha.getVenderCarrier', 'jingdong.pop.order.modifyVenderRemark'] },
        { id: 'refunds', text: ['取消退款、售后', 'Cancellations and after-sales'], copy: ['jingdong.pop.afs.soa.refundapply.queryPageList', 'jingdong.asc.query.list', 'jingdong.asc.serviceAndRefund.view'] },
        { id: 'goods', text: ['商品、库存', 'Goods and stock'], copy: ['jingdong.sku.read.searchSkuList', 'jingdong.stock.write.updateSkuStock', 'jingdong.ware.stock.sku.set'] },
        { id: 'oaid', text: ['查看收件人（每次申请）', 'Clear receivers, asked for one by one'], copy: ['jingdong.jos.order.oaid.decrypt'] },
      ] },
      { title: ['填地址', 'Addresses'], items: [back(BACK)] },
    ],
    forbids: [MASKED, ['面单走无界电子面单和京东打印组件；手机号是密文，不能自己排版打印', 'Labels come from JD’s e-waybills and its print component; phones are ciphertext'], ['平台要求上传登录和订单访问日志（以控制台要求为准）', 'JD wants logs of log-ins and of order access; see its console'], NO_SHARE],
  },
  jdsp: {
    name: ['京东（新接口 SP-API）', 'JD (SP-API)'],
    short: ['京东新接口：订单能进来，但状态含义没有公布，全部先挂起等人看', 'JD’s new API: orders come in, but their states are not published, so all are held for a person'],
    console: ['京东商家开放平台控制台', 'JD open platform console'],
    key: 'App Key', secret: 'App Secret', host: 'https://api-cn.jd.com',
    who: ['店铺主账号登录京东后同意；到期前 24 小时内自动续', 'The shop’s main account says yes; renewed within the last 24 hours'],
    parts: [
      { title: ['建应用', 'Make the app'], items: [
        { id: 'app', text: ['建商家自用的应用，选 SP-API', 'Make the seller’s own app with SP-API'] },
        IP,
        { id: 'cloud', text: ['接口可能要求在云鼎内调用（报错 99904030005 就是这个原因）', 'It may have to be called from its cloud (error 99904030005 says so)'] },
      ] },
      { title: ['申请权限', 'Apply for rights'], items: [
        { id: 'orders', text: ['订单、快递公司', 'Orders, carriers'], copy: ['/sp-order/v0/orders', '/sp-order/v0/carriers'] },
        { id: 'refunds', text: ['售后', 'After-sales'], copy: ['/sp-aftercare/v0/afs-orders'] },
        { id: 'goods', text: ['商品、库存', 'Goods and stock'], copy: ['/sp-product/v0/skus', '/sp-product/v0/sku-stocks/batch'] },
      ] },
      { title: ['填地址', 'Addresses'], items: [back(BACK)] },
    ],
    forbids: [MASKED, ['发货和改库存的参数取值京东没有公布：在「选项」里填好之前，中枢不会发出这类请求', 'The values for shipping and stock are not published: until they are set under Options nothing of the kind is sent'], NO_SHARE],
  },
  pinduoduo: {
    name: ['拼多多', 'Pinduoduo'],
    short: ['订单、发货能接；云外不能解密收件人，面单用密文直接出', 'Orders and shipping; receivers cannot be decrypted outside its cloud, labels come from ciphertext'],
    console: ['拼多多开放平台控制台', 'Pinduoduo open platform console'],
    key: 'client_id', secret: 'client_secret', host: 'https://gw-api.pinduoduo.com',
    who: ['只有店铺主账号能同意，授权码 10 分钟内有效。重新授权会让旧的立刻失效', 'Only the shop’s main account can say yes; the code holds ten minutes. A new authorisation ends the old one at once'],
    parts: [
      { title: ['建应用', 'Make the app'], items: [
        { id: 'app', text: ['应用类型选「商家自研」。ERP、打单类应用必须部署在多多云内，自研可以在外面', 'Type: the seller’s own. ERP apps must run in its cloud, the seller’s own need not'] },
        { id: 'online', text: ['提交上线。平台没有沙箱；测试状态的应用调用次数很少（报错 70036）', 'Go online. There is no sandbox; an app in test state has few calls (error 70036)'] },
        { ...IP, text: ['IP 白名单：填这台服务器上网用的公网 IP。没填或变了，会报 20005', 'IP allow-list: this server’s public address. Missing or changed gives error 20005'] },
      ] },
      { title: ['申请权限包', 'Apply for packages'], items: [
        { id: 'orders', text: ['订单', 'Orders'], copy: ['pdd.order.number.list.increment.get', 'pdd.order.list.get', 'pdd.order.information.get', 'pdd.mall.info.get'] },
        { id: 'ship', text: ['发货、快递公司、备注', 'Shipping, carriers, remarks'], copy: ['pdd.logistics.online.send', 'pdd.logistics.companies.get', 'pdd.order.note.update'] },
        { id: 'refunds', text: ['售后', 'After-sales'], copy: ['pdd.refund.list.increment.get', 'pdd.refund.information.get', 'pdd.refund.status.check'] },
        { id: 'goods', text: ['商品、库存', 'Goods and stock'], copy: ['pdd.goods.list.get', 'pdd.goods.skus.get', 'pdd.goods.quantity.update'] },
        { id: 'again', text: ['权限包加了新接口之后，店主要重新授权一次才生效', 'After a package has grown the owner must authorise anew'] },
      ] },
      { title: ['填地址', 'Addresses'], items: [back(BACK)] },
    ],
    forbids: [
      ['收件人密文只在「待发货」时给，发货后就没有了：中枢见到就存密文，从不存明文', 'Ciphertext of receivers is given only while an order waits to be shipped: it is kept as it is, never in clear'],
      ['解密接口只许在多多云内调用并有每日次数：面单请用拼多多电子面单，拿密文出', 'Decryption only within its cloud and so many a day: labels come from its e-waybills, with ciphertext'],
      ['平台风控审核中的订单不许发货：中枢会挂起，审核过了自动放行', 'Orders under the platform’s risk check must not ship: they are held until it is over'],
      NO_SHARE,
    ],
  },
  shopee: {
    name: ['虾皮 Shopee', 'Shopee'],
    short: ['跨境各站点：订单、发货、面单；授权 7–365 天，由店主选', 'All markets: orders, shipping, labels; authorised for 7 to 365 days as the owner chooses'],
    console: ['Shopee Open Platform 控制台', 'Shopee Open Platform console'],
    key: 'Partner ID', secret: 'Partner Key', host: 'https://partner.shopeemobile.com',
    hosts: [['https://openplatform.shopee.cn', ['中国大陆线路', 'From China']], ['https://openplatform.shopee.com.br', ['巴西', 'Brazil']], ['https://openplatform.sandbox.test-stable.shopee.sg', ['虾皮沙箱', 'Shopee’s sandbox']]],
    who: ['店铺账号登录后选授权多少天（7–365），授权码 10 分钟内用一次。之后中枢每 4 小时自动续，30 天没续上就断开', 'The shop’s account chooses for how many days (7 to 365); the code is used once within ten minutes. Then it is renewed every 4 hours; after 30 days without that it ends'],
    parts: [
      { title: ['建应用', 'Make the app'], items: [
        { id: 'app', text: ['类型选 ERP System 或 Seller In House System；正式应用和沙箱应用各有自己的 Partner ID', 'Type: ERP System or Seller In House System. A live app and a sandbox app each have their own Partner ID'] },
        { ...IP, text: ['IP 白名单：填公网 IP。没有白名单的应用拿不到收件人明文，也会报 source_ip_undeclared', 'IP allow-list: this server’s public address. Without it receivers stay masked, or calls give source_ip_undeclared'] },
        { id: 'region', text: ['一个店铺只属于一个站点，货币按站点走；一个主账号下有多家店的，每家店在这里各接一次', 'A shop belongs to one market and its currency; of a main account with several shops each is connected by itself'] },
      ] },
      { title: ['申请权限', 'Apply for rights'], items: [
        { id: 'orders', text: ['订单、物流、面单、商品、退货', 'Orders, logistics, documents, products, returns'], copy: ['v2.order.*', 'v2.logistics.*', 'v2.product.*', 'v2.returns.*'] },
      ] },
      { title: ['填地址、开推送', 'Addresses and pushes'], items: [
        { id: 'callback', text: ['授权跳转域名（Redirect URL Domain）：填到域名为止，后面的路径每次不同', 'Redirect URL domain: up to the domain, the path differs each time'], copy: 'domain' },
        { id: 'hooks', text: ['推送地址（Push URL）：一个字都不能多，末尾也不加斜杠，签名按它算', 'Push URL: to the letter and without a slash at its end, signatures are made over it'], copy: 'hooks' },
        { id: 'codes', text: ['推送类型勾选：订单状态 3、运单号 4、面单 15、退货 29、包裹 30、授权到期 12', 'Push codes: order status 3, tracking no. 4, documents 15, returns 29, parcels 30, authorisation ends 12'] },
      ] },
    ],
    forbids: [
      ['买家个人信息最多保存 90 天：中枢到期自动销毁', 'Buyers’ personal data is kept 90 days at most: it is then destroyed by itself'],
      ['已脱敏的内容不能盖掉之前的明文；面单用虾皮给的文件打印', 'Masked values must not replace clear ones; labels are printed from Shopee’s own documents'],
      ['虾皮仓发货（FBS）的订单不许自己发', 'Orders fulfilled by Shopee must not be shipped by the seller'],
      NO_SHARE,
    ],
  },
}
export const PLATFORM_ORDER = ['taobao', 'jd', 'pinduoduo', 'shopee', 'jdsp'] as const
