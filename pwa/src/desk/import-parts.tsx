// What importing orders and importing goods share: the file, a trial before the import, the report, the last files.
import './import.css'
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { moment, number } from '../ui/format'
import { Icon, type IconName } from '../ui/icon'
import { Badge, Chip, Empty, Notice, Progress, Time, Trouble, type Tone } from '../ui/show'
import { download, upload } from './import-send'
import { changed } from './live'
import type { ImportMode, ImportRow } from './types'
import { t } from './words'

const LARGEST = 20 * 1024 * 1024
const SHOWN = 200

/** One row of the file and what becomes of it. */
export interface Line<O extends string> { no: number; outcome: O; message: string }
export interface FileReport<O extends string, L extends Line<O>> {
  id: string | null; mode: ImportMode; stored: boolean; rows: number; counts: Record<O, number>; again: string | null; list: L[]
}
export type Looks<O extends string> = Record<O, { icon: IconName; tone: Tone; word: () => string }>

export interface Trial<R> {
  file: File | null
  report: R | null
  error: ApiError | null
  /** 0 to 1 while it is sent; null: nothing is under way. */
  sent: number | null
  large: boolean
  clear: () => void
  take: (file: File | null) => void
  run: (mode: ImportMode, again?: boolean) => Promise<void>
  bring: (mode: 'file' | 'row') => Promise<void>
}

/** A file on its way. `path`: where it goes, without the query; `twice`: what importing it once more would do. */
export function useTrial<R extends { again: string | null }>(path: string, more: Readonly<Record<string, string>>, twice: () => string): Trial<R> {
  const [file, setFile] = useState<File | null>(null)
  const [report, setReport] = useState<R | null>(null)
  const [error, setError] = useState<ApiError | null>(null)
  const [sent, setSent] = useState<number | null>(null)
  const clear = () => { setReport(null); setError(null) }
  const run = async (mode: ImportMode, again = false): Promise<void> => {
    if (!file) return
    setError(null)
    setSent(0)
    try {
      const query = new URLSearchParams({ ...more, mode, name: file.name, again: String(again) })
      setReport(await upload<R>(`${path}?${query.toString()}`, file, setSent))
    } catch (e) {
      setError(wordsOf(e))
    } finally {
      setSent(null)
      changed()
    }
  }
  const bring = async (mode: 'file' | 'row'): Promise<void> => {
    if (!report?.again) return run(mode)
    await ask({ title: t('这个文件以前导入过'), consequence: twice(), yes: t('再导入一次'), act: () => run(mode, true) })
  }
  return { file, report, error, sent, large: file !== null && file.size > LARGEST, clear, take: (f) => { clear(); setFile(f) }, run, bring }
}

/** Choose a file, try it. `why`: why it cannot be tried; `first`: what must be said before the file. */
export function FileForm<R>({ trial, why, first, children }: { trial: Trial<R>; why: string; first?: ComponentChildren; children?: ComponentChildren }): JSX.Element {
  const { file, sent } = trial
  return (
    <>
      <div class="block importform">
        {first}
        <Drop file={file} busy={sent !== null} take={trial.take} />
        {trial.large ? <Notice tone="bad"><p>{t('文件超过 20 MB，请分成几个')}</p></Notice> : null}
        <div class="orderacts"><Button kind={trial.report ? undefined : 'primary'} reason={why} explain onClick={() => trial.run('dry')}>{t('试一遍')}</Button>{children}</div>
        {sent !== null ? <div role="status"><p class="small">{sent < 1 ? t('正在上传 {n}%', { n: Math.floor(sent * 100) }) : t('已上传，正在读取和核对…')}</p><Progress done={sent} all={1} label={t('上传')} /></div> : null}
      </div>
      {trial.error ? <Trouble error={trial.error} /> : null}
    </>
  )
}

/** Why a file cannot be sent now; '' when it can. */
export const notNow = <R,>(trial: Trial<R>): string =>
  trial.sent !== null ? t('正在处理，请稍等') : !trial.file ? t('先选文件') : trial.large ? t('文件超过 20 MB，请分成几个') : ''

function Drop({ file, busy, take }: { file: File | null; busy: boolean; take: (f: File | null) => void }): JSX.Element {
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

interface Told<O extends string, L extends Line<O>> {
  trial: Trial<FileReport<O, L>>
  report: FileReport<O, L>
  /** The outcomes, worst first, and how each looks; `word` may say them as done. */
  order: readonly O[]
  looks: Looks<O>
  word: (o: O) => string
  /** How many would be, or were, taken; the heading's words for them. */
  some: number
  words: { stored: string; tried: string; none: string; good: string }
  aside: ComponentChildren
  /** What a row is known by: its column's name, its cell, its text for the report. */
  key_: { head: string; cell: (line: L) => ComponentChildren; text: (line: L) => string }
  busy: string
  children?: ComponentChildren
}

/** What would become, or became, of the file: by outcome, row by row, and what may be done now. */
export function Report<O extends string, L extends Line<O>>(p: Told<O, L>): JSX.Element {
  const [only, setOnly] = useState<O | ''>('')
  const { report, words } = p
  const bad = (report.counts as Partial<Record<string, number>>)['bad'] ?? 0
  const rows = report.list.filter((r) => !only || r.outcome === only)
  const nothing = p.some ? '' : words.none
  const head = report.stored ? words.stored : report.mode === 'dry' ? words.tried
    : bad ? t('没有导入：有 {n} 行不能导入，整个文件都没有动', { n: number(bad) }) : t('没有导入：没有新的内容')
  const save = () => download(`${(p.trial.file?.name ?? '').replace(/\.[^.]*$/, '')}-${t('导入报告')}.csv`, [
    [t('行'), p.key_.head, t('结果'), t('说明')], ...report.list.map((r) => [r.no, p.key_.text(r), p.word(r.outcome), r.message]),
  ])
  return (
    <div class="block">
      <h3><span role="status">{head}</span><span class="aside muted number">{p.aside}</span></h3>
      {p.children}
      {report.again && !report.stored ? <Notice tone="info"><p>{t('同一个文件在这个时间导入过：')}<Time at={moment(report.again)} /></p></Notice> : null}
      <div class="chiprow" role="group" aria-label={t('按结果')}>
        <Chip pressed={only === ''} onClick={() => setOnly('')}>{t('全部')}</Chip>
        {p.order.filter((o) => report.counts[o] > 0).map((o) => <Chip key={o} icon={p.looks[o].icon} tone={p.looks[o].tone} pressed={only === o} onClick={() => setOnly(only === o ? '' : o)}>{p.word(o)} {number(report.counts[o])}</Chip>)}
      </div>
      <div class="orderacts">
        {report.stored ? null : <>
          <Button kind={bad ? undefined : 'primary'} reason={p.busy || nothing || (bad ? t('有不能导入的行：改好文件，或只导入没问题的') : '')} explain onClick={() => p.trial.bring('file')}>{t('全部导入')}</Button>
          {bad ? <Button kind="primary" reason={p.busy || nothing} explain onClick={() => p.trial.bring('row')}>{words.good}</Button> : null}
        </>}
        <Button onClick={save}>{t('下载报告')}</Button>
      </div>
      <div class="importtable" tabIndex={0} role="region" aria-label={t('每行的结果')}>
        <table>
          <thead><tr><th>{t('行')}</th><th>{p.key_.head}</th><th>{t('结果')}</th><th>{t('说明')}</th></tr></thead>
          <tbody>{rows.slice(0, SHOWN).map((r) => (
            <tr key={`${r.no}-${p.key_.text(r)}`}>
              <td class="number">{r.no}</td><td>{p.key_.cell(r)}</td>
              <td><Badge icon={p.looks[r.outcome].icon} tone={p.looks[r.outcome].tone}>{p.word(r.outcome)}</Badge></td><td>{r.message}</td>
            </tr>))}</tbody>
        </table>
      </div>
      {rows.length > SHOWN ? <p class="muted small">{t('只显示前 {n} 行，其余在报告里', { n: SHOWN })}</p> : null}
    </div>
  )
}

/** The last files: who, when, how many rows. `empty`: what will stand here. */
export function Latest({ rows, empty }: { rows: ImportRow[] | null; empty: string }): JSX.Element | null {
  if (!rows) return null
  if (!rows.length) return <Empty title={t('还没有导入过')}>{empty}</Empty>
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
