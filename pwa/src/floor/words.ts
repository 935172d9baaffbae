/** The words of the floor: Chinese is the source, a key that English lacks does not compile. */
import { language } from '../app/i18n'
import { en } from './words.en'

export const zh = {
  // header and notices
  online: '在线', signedOut: '登录过期', outdated: '版本太旧', connecting: '还没连上',
  offlineFor: '离线 {age}', unsent: '待上传 {n}',
  never: '从未连上', secondsAgo: '{n} 秒前', minutesAgo: '{n} 分钟前', hoursAgo: '{n} 小时前', daysAgo: '{n} 天前',
  underMinute: '不到 1 分钟', minutes: '{n} 分钟', hours: '{n} 小时',
  brand: '中枢', back: '返回', cancel: '取消', close: '知道了', confirm: '确定', details: '详情',
  unsentWarn: '有 {n} 条没上传，最早的在 {age}。扫描都在本机，请尽快走到有信号的地方，不要退出。',
  signIn: '重新登录',
  outdatedWhat: '这个版本太旧，服务器不再接收。扫描都在本机（{n} 条），请更新。',
  storageLost: '本机数据丢失过', storageLostWhat: '浏览器清掉了本机数据。任务会重新下载；丢失前没上传的扫描要重扫，请告诉组长。',
  problem: '同步有问题',
  lockTitle: '离线太久，先锁住', lockWhat: '超过允许的离线时间，手里的任务可能已经变了。请到有信号的地方，连上后自动打开。',
  lockSafe: '已扫的 {n} 条都存在本机，不会丢。', lockAge: '上次连上服务器：{age}',
  alarm: '有东西要拦下', alarmOpen: '去看',
  failed: '没有做成',
  notStored: '没存下，这次不算', notStoredDo: '本机存储出错。请再扫一次；还不行就换一台设备，告诉组长。',
  garbled: '没读清，没有记', garbledDo: '输入法改了条码。请把扫描头设成英文键盘模式，再扫一次。',
  // home
  pick: '拣货', pack: '打包', out: '出库', unitsWait: '{n} 件待拣', parcelsWait: '{n} 单待打包', outWait: '{n} 单待出',
  nothing: '暂时没有', unknown: '未知，还没连上服务器', tasksBack: '先处理这些', allOf: '一共 {n} 个', results: '回来的结果', person: '我和本机',
  homeScan: '先选要做什么', homeScanDo: '点 拣货、打包 或 出库，再扫。',
  // hand input
  byHand: '⌨ 手输', code: '条码或编号', quantity: '数量', enter: '确定',
  less: '少 1', more: '多 1', undo: '撤销', undoNone: '没有可撤销的扫描', undoPacked: '已打包，不能撤销',
  undone: '已撤销', undoneDo: '请把 {n} 件放回 {bin}。',
  // pick
  chooseWave: '选一个波次', waveIs: '波次 {no}', waveSize: '{orders} 单 · {units} 件', waveLeft: '还差 {n} 件',
  noWave: '没有要拣的波次', noWaveDo: '组长在电脑上分派波次后，会出现在这里。', noWaveUnknown: '还没从服务器拿到波次。连上网络后会自动出现。',
  take: '取', pieces: '件', scanned: '已扫', intoSlot: '放入格口', noBin: '没有货位', nextOnes: '接着：{bins}', lastOne: '这是最后一件',
  scanFirst: '请扫货品条码', right: '对', rightMore: '对，还差 {n} 件', leftHere: '还差 {n} 件', slotIt: '放入格口 {slot}', slotNext: '放入格口 {slot}，这项齐了',
  jumped: '对，跳到 {what}', jumpedDo: '货位 {bin}，放入格口 {slot}，还差 {n} 件。',
  waveDone: '波次拣完', waveDoneDo: '把车推到打包台，扫格口开始打包。', goPack: '去打包', anotherWave: '下一个波次', toHome: '回首页',
  twice: '这件已经够了', twiceDo: '{what} 已扫够 {n} 件，这一扫没有多记。多拿的请放回 {bin}。',
  tooMany: '多了', tooManyDo: '{what} 只差 {left} 件，输入了 {n} 件。没有记下，请数一下再输。',
  wrong: '不是这件', wrongBoth: '扫到 {got}，需要 {want}。请放回原位再扫。', wrongUnknown: '扫到的 {got} 不认识，需要 {want}。',
  ended: '这件不用拣', endedCancelled: '{what} 的订单已停止，请放回 {bin}。',
  slotRight: '格口对', slotWrong: '格口不对', slotWrongDo: '扫到格口 {got}，要放 {want}。', binRight: '货位对', binWrong: '货位不对',
  binWrongDo: '扫到 {got}，要去 {want}。', nothingOpen: '这个波次没有要拣的了',
  short: '缺货', shortAsk: '缺货：差几件？', shortWhat: '{what} 记缺 {n} 件。订单 {order} 会停下等补拣，其余照常；客服会看到。', shortDo: '记缺 {n} 件',
  shorted: '已记缺货', shortedDo: '{what} 缺 {n} 件，已交给后台处理。', shortNone: '没有正在拣的货品',
  // pack
  packStart: '扫格口、包裹号或订单号', packStartDo: '也可以从下面选。', readyParcels: '可以打包的 {n}', moreParcels: '还有 {n} 个没列出，请扫格口打开。', noReady: '没有可以打包的',
  noReadyDo: '货拣齐以后会出现在这里。', noReadyUnknown: '还没从服务器拿到包裹。连上网络后会自动出现。', slotIs: '格口 {slot}',
  slotFirst: '先扫格口', slotFirstDo: '扫到 {got}。请先扫周转箱格口，再扫里面的货品。', parcelUnknown: '找不到这个包裹', parcelUnknownDo: '扫到 {got}。本机的消息（{age}）里没有它。请核对，或连网后再扫。',
  alreadyPacked: '已经打包过了', alreadyPackedDo: '{no} 已打包，请送去出库。', alreadyGone: '已经出库了', alreadyGoneDo: '{no} 已经出库。这里又出现，请告诉组长。',
  notReady: '还没拣齐', notReadyDo: '{no} 还没拣齐，放回格口 {slot}，等拣完再打包。', verifyAnyway: '货已齐，照样核对', chooseParcel: '有几个同号格口，请选', checkItems: '逐件扫货品',
  itemLeft: '{what} 还差 {n} 件', itemFull: '{what} 齐了', allRight: '全部核对', allRightDo: '贴好面单，扫面单或点打包完成。', allRightNoLabel: '面单还没出。装好放待贴区，点打包完成。',
  itemTwice: '多了一件', itemTwiceDo: '{what} 只要 {n} 件，多的请拿出来。扫重了不用管，没有多记。', itemWrong: '不是这一单的', itemWrongDo: '扫到 {got}，这一单没有。请拿出来。',
  otherParcel: '不是这一单', otherParcelDo: '扫到 {got}，这里是 {no}。先把这一单打完。', otherLabel: '面单贴错了', otherLabelDo: '扫到 {got}，是 {other} 的；这一单要贴 {want}。',
  unfinished: '还没核对完', unfinishedDo: '还差 {n} 件没扫。', packDone: '打包完成', packWait: '先扫齐 {n} 件', packedOk: '打包完成',
  packedLabel: '{no} 贴 {waybill} 后送去出库。扫下一个格口。', packedWaitLabel: '{no} 放待贴区，面单出来再贴。扫下一个格口。',
  labelStick: '贴这张面单', labelNone: '面单还没出', labelNoneDo: '先打包，放待贴区。', labelStale: '面单旧了，不要贴', labelStaleDo: '地址改过，等新面单。', leaveParcel: '换一单', setQty: '数量 {what}',
  // stop
  stopTitle: '停！不要发', stopDo: '原因：{why}。放到拦截区；有放回任务就按任务放回。', stopTask: '看任务',
  stopGoneDo: '原因：{why}。已出库过，请从装车区拿下来，放到拦截区。',
  // outbound
  outScan: '扫面单出库', outScanDo: '每个包裹扫一次面单。', outRight: '可以走', outLeft: '{carrier} 今天第 {n} 件', outTwice: '已经扫过', outTwiceDo: '{code} 已出库，没有多记。',
  oldLabel: '旧面单', oldLabelDo: '扫到 {code}，地址改过。不要发，拿回打包台重打后再出库。', notPacked: '还没打包', notPackedDo: '{no} 还没打包完成，拿回打包台。', notLabel: '请扫面单', notLabelDo: '扫到的是 {no}，不是面单。请扫快递面单上的条码。',
  outItem: '请扫面单', outItemDo: '扫到货品 {got}。请扫快递面单上的条码。', outUnknown: '没有这个单号', outUnknownDo: '扫到 {code}，本机的消息（{age}）里没有它。不要发，先放一边，连网后再扫。',
  knownAsOf: '按 {age} 的消息判断', knownOld: '消息旧了：{age}。新的拦截可能还不知道。', knownNever: '还没拿到服务器消息，先不要出库。', noCarrier: '未定快递', today: '今天本机', stillToGo: '待出 {n}', lastOnes: '最近的', noneYet: '还没有扫过',
  // tasks
  put_back: '放回', repick: '补拣', intercept: '拦截', reprint: '重打', otherTask: '任务',
  put_backDo: '把下面的货放回货位。', repickDo: '再去找一次下面的货，找到就扫它，放进格口。', interceptDo: '把这个包裹从装车区拿下来，放到拦截区。', reprintDo: '撕掉旧面单，到打印处取新面单贴上。', otherTaskDo: '按下面的说明处理。',
  taskDone: '{kind}做完了', taskAsk: '{kind}都做完了？', repickAskDo: '没扫到的按缺货交给客服处理，不能撤销。', repickFound: '找到了，放入格口 {slot}', taskAskDo: '确认后后台马上按做完处理，不能撤销。', taskOk: '已记下', taskOkDo: '{kind} {order} 做完。', tasks: '要处理的', noTasks: '没有要处理的', noTasksDo: '订单取消、改地址或缺货时，要做的事会出现在这里。',
  taskGone: '这个任务已经结束', why: '原因', order: '订单', parcel: '包裹', waybill: '面单', goods: '货品', taskScan: '没有这一单的任务', taskRight: '就是这一个', taskBin: '放到 {bin}', since: '{age}来的',
  // results
  noResults: '没有要看的结果', noResultsDo: '扫描上传后，和本机判断不一样的会出现在这里。', verdict1: '重复', verdict2: '已调整', verdict3: '已收下，多了一个任务', verdict4: '放一边，等人处理', openTask: '看任务',
  verdict1Do: '服务器已经有这一条，没有多记。', verdict2Do: '服务器按实际情况改了数。', verdict3Do: '请看任务要做什么。', verdict4Do: '组长会处理，不用重扫。',
  // me
  logOut: '退出登录', logOutNo: '还有 {n} 条没上传，不能退出', logOutNoDo: '连上网络，等待上传变成 0 再退出。扫描都在本机，不会丢。', logOutAsk: '退出登录？', logOutAskDo: '本机的任务会清掉，下次登录重新下载。',
  device: '设备', unsentWord: '待上传', soundRight: '对', soundDone: '完成', soundWrong: '错', soundTwice: '重复', soundStop: '停',
  soundTest: '试声音', soundOff: '声音还没打开，点一下屏幕。', toDesk: '去电脑版', lease: '可离线到 {at}', leaseUnknown: '可离线时间未知',
} as const

export type Key = keyof typeof zh
export type Words = Record<Key, string>

/** Why something must stop, by the code of the server. An unknown code is shown as it is. */
const REASONS: Record<string, { zh: string; en: string }> = {
  cancelled: { zh: '订单已取消', en: 'order cancelled' },
  refund: { zh: '买家退款', en: 'refund' },
  refund_asked: { zh: '买家申请退款', en: 'refund asked for' },
  refund_done: { zh: '已退款', en: 'refunded' },
  unpicked: { zh: '打包后又取出过货', en: 'taken out after packing' },
  pick_short: { zh: '拣货时缺货', en: 'missing when picking' },
  pack_mismatch: { zh: '打包核对不符', en: 'contents differ from the order' },
  wrong_label: { zh: '面单贴错了', en: 'wrong label on the parcel' },
  receiver_changed: { zh: '收件信息改了', en: 'receiver changed' },
  unknown_waybill: { zh: '面单号不认识', en: 'unknown waybill' },
  held: { zh: '订单被挂起', en: 'order on hold' },
  manual: { zh: '客服要求停下', en: 'stopped by service' },
  address: { zh: '地址改了', en: 'address changed' },
  address_changed: { zh: '地址改了', en: 'address changed' },
  old_label: { zh: '面单旧了', en: 'label out of date' },
  stale_label: { zh: '面单旧了', en: 'label out of date' },
  label_stale: { zh: '面单旧了', en: 'label out of date' },
  stock_short: { zh: '缺货', en: 'out of stock' },
  short: { zh: '缺货', en: 'out of stock' },
  risk: { zh: '平台风控', en: 'platform risk check' },
  risk_review: { zh: '平台风控', en: 'platform risk check' },
  not_packed: { zh: '没打包就扫了出库', en: 'handed over before packing' },
  stopped: { zh: '包裹已停', en: 'parcel stopped' },
}

const english = (): boolean => language.value === 'en'

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return (english() ? en : zh)[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

export function reason(code: string): string {
  const known = REASONS[code]
  return known ? (english() ? known.en : known.zh) : code
}
