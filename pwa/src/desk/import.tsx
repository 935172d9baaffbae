// 导入: a file of a shop's orders. First a trial that changes nothing, then the import, then how many are in.
import './import.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { href } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number } from '../ui/format'
import { Icon, type IconName } from '../ui/icon'
import { Badge, Chip, Empty, Id, Notice, Progress, Time, Trouble, type Tone } from '../ui/show'
import { Head } from './head'
import { download, sendFile } from './import-send'
import { shopWords } from './lexicon'
import { changed, useLive } from './live'
import { mayNot } from './may'
import type { ImportMode, ImportOutcome, ImportReport, ImportRow, Shop } from './types'
import { t } from './words'

export const LARGEST = 20 * 1024 * 1024
const SHOWN = 200
const LOOK: Record<ImportOutcome, { icon: IconName; tone: Tone; word: () => string }> = {
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
  const [file, setFile] = useState<File | null>(null)
  const [report, setReport] = useState<ImportReport | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [sent, setSent] = useState<number | null>(null)
  const no = mayNot('pull')
  const busy = sent !== null
  const clear = () => { setReport(null); setError(null) }
  const take = (f: File | null) => { clear(); setFile(f) }

  const run = async (mode: ImportMode, again = false): Promise<void> => {
    if (!file) return
    setError(null)
    setSent(0)
    try {
      setReport(await sendFile(file, shop, mode, again, setSent))
    } catch (e) {
      setError(wordsOf(e))
    } finally {
      setSent(null)
      changed()
    }
  }
  const bring = async (mode: 'file' | 'row'): Promise<void> => {
    if (!report?.again) return run(mode)
    await ask({ title: t('这个文件以前导入过'), consequence: t('再导入一次不会重复生成订单：内容没有变化的会跳过。'), yes: t('再导入一次'), act: () => run(mode, true) })
  }
  const why = no || (busy ? t('正在处理，请稍等') : !shop ? t('先选店铺') : !file ? t('先选文件') : file.size > LARGEST ? t('文件超过 20 MB，请按日期分成几个') : '')
  return (
    <section class="screen">
      <Head title={t('导入订单文件')} live={latest}><a class="button small" href={href(['shops'])}>{t('回到店铺')}</a></Head>
      <div class="pad">
        <p class="muted">{t('接口授权不下来或断开时，把平台后台导出的订单文件（.xlsx、.csv）放进来。先试一遍，不改动任何数据；平台不许保存明文的，收件人只存脱敏信息；文件读完就删除。')}</p>
        <div class="block importform">
          <label class="importshop"><span>{t('哪家店铺的文件')}</span>
            <select class="input" value={shop} disabled={busy} onChange={(e) => { clear(); setShop(e.currentTarget.value) }}>
              <option value="">{t('请选择')}</option>
              {(shops.data?.rows ?? []).map((s) => <option key={s.id} value={s.id}>{shopWords(s.platform, s.name)}</option>)}
            </select>
          </label>
          <Drop file={file} busy={busy} take={take} />
          {file && file.size > LARGEST ? <Notice tone="bad"><p>{t('文件超过 20 MB，请按日期分成几个')}</p></Notice> : null}
          <div class="orderacts"><Button kind={report ? undefined : 'primary'} reason={why} explain onClick={() => run('dry')}>{t('试一遍')}</Button></div>
          {busy ? <div role="status"><p class="small">{sent < 1 ? t('正在上传 {n}%', { n: Math.floor(sent * 100) }) : t('已上传，正在读取和核对…')}</p><Progress done={sent} all={1} label={t('上传')} /></div> : null}
        </div>
        {error ? <Trouble error={error} /> : null}
        {report ? <Report report={report} file={file?.name ?? ''} busy={why} bring={bring} /> : null}
        <Latest rows={latest.data?.rows ?? null} />
      </div>
    </section>
  )
}

export function Drop({ file, busy, take }: { file: File | null; busy: boolean; take: (f: File | null) => void }): JSX.Element {
  const [over, setOver] = useState(false)
  const stop = (e: DragEvent) => { e.preventDefault(); setOver(e.type === 'dragover') }
  return (
    <div class={'drop' + (over ? ' over' : '')} onDragOver={stop} onDragLeave={stop}
      onDrop={(e) => { stop(e); setOver(false); if (!busy) take(e.dataTransfer?.files[0] ?? null) }}>
      <input id="import-file" class="filefield" type="file" accept=".xlsx,.csv,.txt,.tsv" disabled={busy}
        onChange={(e) => { take(e.currentTarget.files?.[0] ?? null); e.currentTarget.value = '' }} />
      {file ? <p><b class="filename">{file.name}</b> <span class="muted number">{t('{n} KB', { n: number(Math.max(1, Math.round(file.size / 1024))) })}</span></p> : <p>{t('把文件拖到这里')}</p>}
      <label class="button" for="import-file">{file ? t('换一个文件') : t('选择文件')}</label>
    </div>
  )
}

function Report({ report, file, busy, bring }: { report: ImportReport; file: string; busy: string; bring: (mode: 'file' | 'row') => Promise<void> }): JSX.Element {
  const [only, setOnly] = useState<ImportOutcome | ''>('')
  const c = report.counts
  const some = c.new + c.held
  const rows = report.list.filter((r) => !only || r.outcome === only)
  const nothing = some ? '' : t('没有可以导入的订单')
  const head = report.stored ? t('已导入 {n} 单', { n: number(some) })
    : report.mode === 'dry' ? t('试过了：{n} 单可以导入', { n: number(some) })
    : c.bad ? t('没有导入：有 {n} 行不能导入，整个文件都没有动', { n: number(c.bad) }) : t('没有导入：没有新的内容')
  return (
    <div class="block">
      <h3><span role="status">{head}</span><span class="aside muted number">{t('{rows} 行，{orders} 单', { rows: number(report.rows), orders: number(report.orders) })}</span></h3>
      {report.id ? <Arrived id={report.id} /> : null}
      {report.again && !report.stored ? <Notice tone="info"><p>{t('同一个文件在这个时间导入过：')}<Time at={moment(report.again)} /></p></Notice> : null}
      <div class="chiprow" role="group" aria-label={t('按结果')}>
        <Chip pressed={only === ''} onClick={() => setOnly('')}>{t('全部')}</Chip>
        {ORDER.filter((o) => c[o] > 0).map((o) => <Chip key={o} icon={LOOK[o].icon} tone={LOOK[o].tone} pressed={only === o} onClick={() => setOnly(only === o ? '' : o)}>{word(o, report.stored)} {number(c[o])}</Chip>)}
      </div>
      <div class="orderacts">
        {report.stored ? null : <>
          <Button kind={c.bad ? undefined : 'primary'} reason={busy || nothing || (c.bad ? t('有不能导入的行：改好文件，或只导入没问题的') : '')} explain onClick={() => bring('file')}>{t('全部导入')}</Button>
          {c.bad ? <Button kind="primary" reason={busy || nothing} explain onClick={() => bring('row')}>{t('只导入没问题的 {n} 单', { n: number(some) })}</Button> : null}
        </>}
        <Button onClick={() => save(report, file)}>{t('下载报告')}</Button>
      </div>
      <div class="importtable" tabIndex={0} role="region" aria-label={t('每行的结果')}>
        <table>
          <thead><tr><th>{t('行')}</th><th>{t('平台单号')}</th><th>{t('结果')}</th><th>{t('说明')}</th></tr></thead>
          <tbody>{rows.slice(0, SHOWN).map((r) => (
            <tr key={`${r.no}-${r.external_id}`}>
              <td class="number">{r.no}</td><td>{r.external_id ? <Id value={r.external_id} /> : <span class="muted">–</span>}</td>
              <td><Badge icon={LOOK[r.outcome].icon} tone={LOOK[r.outcome].tone}>{word(r.outcome, report.stored)}</Badge></td><td>{r.message}</td>
            </tr>))}</tbody>
        </table>
      </div>
      {rows.length > SHOWN ? <p class="muted small">{t('只显示前 {n} 行，其余在报告里', { n: SHOWN })}</p> : null}
    </div>
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

function save(report: ImportReport, file: string): void {
  const head = [t('行'), t('平台单号'), t('结果'), t('说明')]
  download(`${file.replace(/\.[^.]*$/, '')}-${t('导入报告')}.csv`, [head, ...report.list.map((r) => [r.no, r.external_id, word(r.outcome, report.stored), r.message])])
}

function Latest({ rows }: { rows: ImportRow[] | null }): JSX.Element | null {
  if (!rows) return null
  if (!rows.length) return <Empty title={t('还没有导入过')}>{t('导入过的文件会列在这里：谁、什么时候、多少单。')}</Empty>
  return (
    <div class="block">
      <h3>{t('最近导入')}</h3>
      <ul class="lines">{rows.map((r) => (
        <li key={r.id}>
          <p class="line wrap"><b class="filename">{r.name || '–'}</b><span class="fill muted">{r.shop_name}</span><Time at={moment(r.made_at)} /></p>
          <p class="muted small number"><Icon name="person" size={12} /> {r.by || '–'} · {t('{rows} 行，{bad} 行没有导入', { rows: number(r.rows), bad: number(r.bad) })} · {r.mode === 'file' ? t('整个文件') : t('只导入没问题的')}</p>
        </li>))}
      </ul>
    </div>
  )
}
