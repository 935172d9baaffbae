// 打印: what waits for a printer, what failed and why. The PDF is the server's; here one opens it and says it is printed.
import type { JSX } from 'preact'
import { refine, route } from '../app/router'
import { Button } from '../ui/button'
import { moment, number } from '../ui/format'
import { Icon } from '../ui/icon'
import { Bones, Chip, Empty, Id, Time, Trouble } from '../ui/show'
import { Head } from './head'
import { JOB, PAPER, name, say } from './lexicon'
import { act, useLive } from './live'
import { State } from './marks'
import { mayNot } from './may'
import type { PrintJob } from './types'
import { t } from './words'

export function Printing(): JSX.Element {
  const state = route.value.query['state'] ?? ''
  const live = useLive<{ rows: PrintJob[] }>('/api/print-jobs')
  const all = live.data?.rows ?? []
  const rows = state ? all.filter((j) => j.state === state) : all
  return (
    <section class="screen">
      <Head title={t('打印')} live={live} />
      <div class="filters"><div class="chiprow" role="group" aria-label={t('按状态')}>
        <Chip pressed={!state} onClick={() => refine({ state: undefined })}>{t('全部')}&nbsp;<b class="number">{live.data ? number(all.length) : ''}</b></Chip>
        {Object.keys(JOB).map((s) => {
          const look = JOB[s]
          return look ? <Chip key={s} pressed={state === s} icon={look.icon} onClick={() => refine({ state: state === s ? undefined : s })}>{say(look.word)}&nbsp;<b class="number">{live.data ? number(all.filter((j) => j.state === s).length) : ''}</b></Chip> : null
        })}
      </div></div>
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={8} />
        : rows.length === 0 ? <Empty title={t('没有要打印的')}>{t('建波次后出现拣货单，订单取到面单号后出现面单。')}</Empty>
        : <ul class="tasklist">{rows.map((job) => <Job key={job.id} job={job} />)}</ul>}
    </section>
  )
}

function Job({ job }: { job: PrintJob }): JSX.Element {
  const forbidden = mayNot('print')
  const path = `/api/print-jobs/${encodeURIComponent(job.id)}`
  const there = job.state === 'ready' || job.state === 'printed'
  const stale = job.state === 'stale' ? t('已过期，请打印新的一张') : ''
  return (
    <li class="task">
      <div class="grow">
        <p class="line wrap"><b>{name(PAPER, job.kind)}</b><Id value={job.subject_no} /><State of="job" code={job.state} /></p>
        <p class="small muted">{job.pages ? `${t('{n} 页', { n: number(job.pages) })} · ` : ''}<Time at={moment(job.created_at)} />{job.error ? <span class="bad"> · {job.error}</span> : null}</p>
      </div>
      <div class="taskacts">
        {job.state === 'failed' ? <Button size="small" kind="primary" reason={forbidden} onClick={() => act('POST', path + '/retry', {}, t('已重新生成'))}>{t('重试')}</Button> : null}
        {there
          ? <a class={'button small' + (job.state === 'ready' ? ' primary' : '')} href={path + '/pdf'} target="_blank" rel="noopener"><Icon name="print" size={14} />&nbsp;{t('打开 PDF')}</a>
          : <Button size="small" onClick={() => undefined} reason={stale || (job.state === 'failed' ? t('生成失败，先重试') : t('正在生成，几秒后就好'))}>{t('打开 PDF')}</Button>}
        <Button size="small" reason={forbidden || stale || (job.state === 'printed' ? t('已经标记过') : there ? '' : t('还没有生成'))} onClick={() => act('POST', path + '/printed', {}, t('已标记为打印'))}>{t('已打印')}</Button>
      </div>
    </li>
  )
}
