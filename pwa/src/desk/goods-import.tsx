// 导入货品: SKUs, barcodes, bins and opening stock from a table. A trial first, then the import.
import './import.css'
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number } from '../ui/format'
import { Icon, type IconName } from '../ui/icon'
import { Badge, Chip, Empty, Notice, Progress, Time, Trouble, type Tone } from '../ui/show'
import { Tabs } from './goods-parts'
import { t } from './goods-words'
import { Head } from './head'
import { Drop, LARGEST } from './import'
import { download, upload } from './import-send'
import { changed, useLive } from './live'
import { mayNot } from './may'
import type { ImportMode, ImportRow } from './types'

type Outcome = 'bad' | 'changed' | 'known' | 'new'
interface GoodsLine { no: number; code: string; outcome: Outcome; message: string }
interface GoodsReport {
  id: string | null; mode: ImportMode; stored: boolean; rows: number; skus: number; units: number; counts: Record<Outcome, number>; again: string | null; list: GoodsLine[]
}
const SHOWN = 200
const ORDER: readonly Outcome[] = ['bad', 'changed', 'known', 'new']
const LOOK: Record<Outcome, { icon: IconName; tone: Tone; word: () => string }> = {
  bad: { icon: 'alert', tone: 'bad', word: () => t('不能导入') },
  changed: { icon: 'clock', tone: 'info', word: () => t('会更新') },
  known: { icon: 'check', tone: 'plain', word: () => t('没有变化') },
  new: { icon: 'check', tone: 'ok', word: () => t('新货品') },
}
const COLUMNS = ['货品编码', '名称', '规格', '条码', '库位', '期初库存']
const EXAMPLE = ['TEE-WHT-M', '纯棉短袖T恤', '白色 M', '6901234567892', 'A-01-01', 100]

export function GoodsImport(): JSX.Element {
  const latest = useLive<{ rows: ImportRow[] }>('/api/imports/goods')
  const [file, setFile] = useState<File | null>(null)
  const [report, setReport] = useState<GoodsReport | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [sent, setSent] = useState<number | null>(null)
  const busy = sent !== null
  const take = (f: File | null) => { setReport(null); setError(null); setFile(f) }
  const run = async (mode: ImportMode, again = false): Promise<void> => {
    if (!file) return
    setError(null)
    setSent(0)
    try {
      const query = new URLSearchParams({ mode, name: file.name, again: String(again) })
      setReport(await upload<GoodsReport>(`/api/imports/goods?${query.toString()}`, file, setSent))
    } catch (e) {
      setError(wordsOf(e))
    } finally {
      setSent(null)
      changed()
    }
  }
  const bring = async (mode: 'file' | 'row'): Promise<void> => {
    if (!report?.again) return run(mode)
    await ask({ title: t('这个文件以前导入过'), consequence: t('再导入一次不会重复记库存：内容没有变化的会跳过。'), yes: t('再导入一次'), act: () => run(mode, true) })
  }
  const large = file !== null && file.size > LARGEST
  const why = mayNot('goods') || (busy ? t('正在处理，请稍等') : !file ? t('先选文件') : large ? t('文件超过 20 MB，请分成几个') : '')
  return (
    <section class="screen">
      <Head title={t('导入货品')} live={latest} />
      <Tabs here="goods-import" />
      <div class="pad">
        <p class="muted">{t('一行一个货品；同一货品有几个条码时可以写几行，或用逗号隔开。期初库存只在货品还没有库存记录时生效，再导入一次不会重复记。')}</p>
        <div class="block importform">
          <Drop file={file} busy={busy} take={take} />
          {large ? <Notice tone="bad"><p>{t('文件超过 20 MB，请分成几个')}</p></Notice> : null}
          <div class="orderacts">
            <Button kind={report ? undefined : 'primary'} reason={why} explain onClick={() => run('dry')}>{t('试一遍')}</Button>
            <Button kind="quiet" onClick={() => download(`${t('货品导入模板')}.csv`, [COLUMNS, EXAMPLE])}>{t('下载模板')}</Button>
          </div>
          {busy ? <div role="status"><p class="small">{sent < 1 ? t('正在上传 {n}%', { n: Math.floor(sent * 100) }) : t('已上传，正在读取和核对…')}</p><Progress done={sent} all={1} label={t('上传')} /></div> : null}
        </div>
        {error ? <Trouble error={error} /> : null}
        {report ? <Report report={report} file={file?.name ?? ''} busy={why} bring={bring} /> : null}
        <Latest rows={latest.data?.rows ?? null} />
      </div>
    </section>
  )
}

function Report({ report, file, busy, bring }: { report: GoodsReport; file: string; busy: string; bring: (mode: 'file' | 'row') => Promise<void> }): JSX.Element {
  const [only, setOnly] = useState<Outcome | ''>('')
  const c = report.counts
  const some = c.new + c.changed
  const rows = report.list.filter((r) => !only || r.outcome === only)
  const nothing = some ? '' : t('没有可以导入的货品')
  const head = report.stored ? t('已导入 {n} 个货品', { n: number(some) })
    : report.mode === 'dry' ? t('试过了：{n} 个货品可以导入', { n: number(some) })
    : c.bad ? t('没有导入：有 {n} 行不能导入，整个文件都没有动', { n: number(c.bad) }) : t('没有导入：没有新的内容')
  const save = () => download(`${file.replace(/\.[^.]*$/, '')}-${t('导入报告')}.csv`, [
    [t('行'), t('货品编码'), t('结果'), t('说明')], ...report.list.map((r) => [r.no, r.code, LOOK[r.outcome].word(), r.message]),
  ])
  return (
    <div class="block">
      <h3><span role="status">{head}</span><span class="aside muted number">{t('{rows} 行，{n} 个货品', { rows: number(report.rows), n: number(report.skus) })}{report.units ? <> · {t('期初 {n} 件', { n: number(report.units) })}</> : null}</span></h3>
      {report.again && !report.stored ? <Notice tone="info"><p>{t('同一个文件在这个时间导入过：')}<Time at={moment(report.again)} /></p></Notice> : null}
      <div class="chiprow" role="group" aria-label={t('按结果')}>
        <Chip pressed={only === ''} onClick={() => setOnly('')}>{t('全部')}</Chip>
        {ORDER.filter((o) => c[o] > 0).map((o) => <Chip key={o} icon={LOOK[o].icon} tone={LOOK[o].tone} pressed={only === o} onClick={() => setOnly(only === o ? '' : o)}>{LOOK[o].word()} {number(c[o])}</Chip>)}
      </div>
      <div class="orderacts">
        {report.stored ? null : <>
          <Button kind={c.bad ? undefined : 'primary'} reason={busy || nothing || (c.bad ? t('有不能导入的行：改好文件，或只导入没问题的') : '')} explain onClick={() => bring('file')}>{t('全部导入')}</Button>
          {c.bad ? <Button kind="primary" reason={busy || nothing} explain onClick={() => bring('row')}>{t('只导入没问题的 {n} 个', { n: number(some) })}</Button> : null}
        </>}
        <Button onClick={save}>{t('下载报告')}</Button>
      </div>
      <div class="importtable" tabIndex={0} role="region" aria-label={t('每行的结果')}>
        <table>
          <thead><tr><th>{t('行')}</th><th>{t('货品编码')}</th><th>{t('结果')}</th><th>{t('说明')}</th></tr></thead>
          <tbody>{rows.slice(0, SHOWN).map((r) => (
            <tr key={`${r.no}-${r.code}`}>
              <td class="number">{r.no}</td><td class="mono">{r.code || '–'}</td>
              <td><Badge icon={LOOK[r.outcome].icon} tone={LOOK[r.outcome].tone}>{LOOK[r.outcome].word()}</Badge></td><td>{r.message}</td>
            </tr>))}</tbody>
        </table>
      </div>
      {rows.length > SHOWN ? <p class="muted small">{t('只显示前 {n} 行，其余在报告里', { n: SHOWN })}</p> : null}
    </div>
  )
}

function Latest({ rows }: { rows: ImportRow[] | null }): JSX.Element | null {
  if (!rows) return null
  if (!rows.length) return <Empty title={t('还没有导入过')} />
  return (
    <div class="block">
      <h3>{t('最近导入')}</h3>
      <ul class="lines">{rows.map((r) => (
        <li key={r.id}>
          <p class="line wrap"><b class="filename fill">{r.name || '–'}</b><Time at={moment(r.made_at)} /></p>
          <p class="muted small number"><Icon name="person" size={12} /> {r.by || '–'} · {t('{rows} 行，{bad} 行没有导入', { rows: number(r.rows), bad: number(r.bad) })}</p>
        </li>))}
      </ul>
    </div>
  )
}
