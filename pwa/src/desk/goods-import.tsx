// 导入货品: SKUs, barcodes, bins and opening stock from a table. A trial first, then the import.
import type { JSX } from 'preact'
import { Button } from '../ui/button'
import { number } from '../ui/format'
import { Tabs } from './goods-parts'
import { t } from './goods-words'
import { Head } from './head'
import { FileForm, Latest, Report, notNow, useTrial, type FileReport, type Line, type Looks } from './import-parts'
import { download } from './import-send'
import { useLive } from './live'
import { mayNot } from './may'
import type { ImportRow } from './types'

type Outcome = 'bad' | 'changed' | 'known' | 'new'
interface GoodsLine extends Line<Outcome> { code: string }
interface GoodsReport extends FileReport<Outcome, GoodsLine> { skus: number; units: number }
const ORDER: readonly Outcome[] = ['bad', 'changed', 'known', 'new']
const LOOK: Looks<Outcome> = {
  bad: { icon: 'alert', tone: 'bad', word: () => t('不能导入') },
  changed: { icon: 'clock', tone: 'info', word: () => t('会更新') },
  known: { icon: 'check', tone: 'plain', word: () => t('没有变化') },
  new: { icon: 'check', tone: 'ok', word: () => t('新货品') },
}
const COLUMNS = ['货品编码', '名称', '规格', '条码', '库位', '期初库存']
const EXAMPLE = ['TEE-WHT-M', '纯棉短袖T恤', '白色 M', '6901234567892', 'A-01-01', 100]

export function GoodsImport(): JSX.Element {
  const latest = useLive<{ rows: ImportRow[] }>('/api/imports/goods')
  const trial = useTrial<GoodsReport>('/api/imports/goods', {}, () => t('再导入一次不会重复记库存：内容没有变化的会跳过。'))
  const { report } = trial
  const why = mayNot('goods') || notNow(trial)
  const some = report ? report.counts.new + report.counts.changed : 0
  return (
    <section class="screen">
      <Head title={t('导入货品')} live={latest} />
      <Tabs here="goods-import" />
      <div class="pad">
        <p class="muted">{t('一行一个货品；同一货品有几个条码时可以写几行，或用逗号隔开。期初库存只在货品还没有库存记录时生效，再导入一次不会重复记。')}</p>
        <FileForm trial={trial} why={why}>
          <Button kind="quiet" onClick={() => download(`${t('货品导入模板')}.csv`, [COLUMNS, EXAMPLE])}>{t('下载模板')}</Button>
        </FileForm>
        {report ? (
          <Report trial={trial} report={report} order={ORDER} looks={LOOK} word={(o) => LOOK[o].word()} some={some} busy={why}
            words={{ stored: t('已导入 {n} 个货品', { n: number(some) }), tried: t('试过了：{n} 个货品可以导入', { n: number(some) }), none: t('没有可以导入的货品'), good: t('只导入没问题的 {n} 个', { n: number(some) }) }}
            aside={<>{t('{rows} 行，{n} 个货品', { rows: number(report.rows), n: number(report.skus) })}{report.units ? <> · {t('期初 {n} 件', { n: number(report.units) })}</> : null}</>}
            key_={{ head: t('货品编码'), cell: (r) => <span class="mono">{r.code || '–'}</span>, text: (r) => r.code }} />) : null}
        <Latest rows={latest.data?.rows ?? null} empty={t('导入过的文件会列在这里：谁、什么时候、多少行。')} />
      </div>
    </section>
  )
}
