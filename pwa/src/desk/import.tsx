// 导入: a file of a shop's orders. First a trial that changes nothing, then the import, then how many are in.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { href } from '../app/router'
import { number } from '../ui/format'
import { Id, Progress } from '../ui/show'
import { Head } from './head'
import { FileForm, Latest, Report, notNow, useTrial, type Looks } from './import-parts'
import { shopWords } from './lexicon'
import { useLive } from './live'
import { mayNot } from './may'
import type { ImportOutcome, ImportReport, ImportRow, Shop } from './types'
import { t } from './words'

const LOOK: Looks<ImportOutcome> = {
  bad: { icon: 'alert', tone: 'bad', word: () => t('不能导入') },
  held: { icon: 'pause', tone: 'warn', word: () => t('导入后要人看') },
  older: { icon: 'clock', tone: 'info', word: () => t('系统里更新') },
  known: { icon: 'check', tone: 'plain', word: () => t('已经有了') },
  new: { icon: 'check', tone: 'ok', word: () => t('可以导入') },
}
/** After the import the same outcomes are said as done. */
const word = (o: ImportOutcome, stored: boolean): string => stored && o === 'new' ? t('已导入') : stored && o === 'held' ? t('已导入，要人看') : LOOK[o].word()
const ORDER: readonly ImportOutcome[] = ['bad', 'held', 'older', 'known', 'new']

export function Import(): JSX.Element {
  const shops = useLive<{ rows: Shop[] }>('/api/shops', 0)
  const latest = useLive<{ rows: ImportRow[] }>('/api/imports')
  const [shop, setShop] = useState('')
  const trial = useTrial<ImportReport>('/api/imports', { shop }, () => t('再导入一次不会重复生成订单：内容没有变化的会跳过。'))
  const { report } = trial
  const why = mayNot('pull') || (trial.sent === null && !shop ? t('先选店铺') : notNow(trial))
  const some = report ? report.counts.new + report.counts.held : 0
  return (
    <section class="screen">
      <Head title={t('导入订单文件')} live={latest}><a class="button small" href={href(['shops'])}>{t('回到店铺')}</a></Head>
      <div class="pad">
        <p class="muted">{t('接口授权不下来或断开时，把平台后台导出的订单文件（.xlsx、.csv）放进来。先试一遍，不改动任何数据；平台不许保存明文的，收件人只存脱敏信息；文件读完就删除。')}</p>
        <FileForm trial={trial} why={why} first={
          <label class="importshop"><span>{t('哪家店铺的文件')}</span>
            <select class="input" value={shop} disabled={trial.sent !== null} onChange={(e) => { trial.clear(); setShop(e.currentTarget.value) }}>
              <option value="">{t('请选择')}</option>
              {(shops.data?.rows ?? []).map((s) => <option key={s.id} value={s.id}>{shopWords(s.platform, s.name)}</option>)}
            </select>
          </label>} />
        {report ? (
          <Report trial={trial} report={report} order={ORDER} looks={LOOK} word={(o) => word(o, report.stored)} some={some} busy={why}
            words={{ stored: t('已导入 {n} 单', { n: number(some) }), tried: t('试过了：{n} 单可以导入', { n: number(some) }), none: t('没有可以导入的订单'), good: t('只导入没问题的 {n} 单', { n: number(some) }) }}
            aside={t('{rows} 行，{orders} 单', { rows: number(report.rows), orders: number(report.orders) })}
            key_={{ head: t('平台单号'), cell: (r) => r.external_id ? <Id value={r.external_id} /> : <span class="muted">–</span>, text: (r) => r.external_id }}>
            {report.id ? <Arrived id={report.id} /> : null}
          </Report>) : null}
        <Latest rows={latest.data?.rows ?? null} empty={t('导入过的文件会列在这里：谁、什么时候、多少单。')} />
      </div>
    </section>
  )
}

/** How many of the stored orders have become orders by now; the bar may be left. */
function Arrived({ id }: { id: string }): JSX.Element | null {
  const [over, setOver] = useState(false)
  const live = useLive<{ done: number; of: number }>(`/api/imports/${id}/progress`, over ? 0 : 1000)
  const p = live.data
  useEffect(() => { if (p && p.done >= p.of) setOver(true) }, [p])
  if (!p) return null
  return <div class="arrived"><p class="small number">{p.done >= p.of ? t('{n} 单都已进入系统', { n: number(p.of) }) : t('已进入系统 {a} / {b} 单，可以离开这一页', { a: number(p.done), b: number(p.of) })}</p><Progress done={p.done} all={p.of} label={t('已进入系统')} /></div>
}
