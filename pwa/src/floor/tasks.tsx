// What came back: put back, pick again, pull back, print again. And what the server answered that differs from this device.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { signal } from '@preact/signals'
import { EventKind, parcels, picks, record, status, tasks, type FloorTask } from '../sync'
import { Act, Ask, Card, Empty, HandInput, useScan, what, Unbroken } from './parts'
import { binOrder, found, hasCode, skuOf } from './rules'
import { age, alarm, go, inTurn, result, show } from './state'
import { detailOf } from './detail'
import { kindWord, openTasks, readAll, returned } from './waiting'
import { reason, t } from './words'

const doWord = (kind: FloorTask['kind']): string =>
  t(kind === 'put_back' ? 'put_backDo' : kind === 'repick' ? 'repickDo' : kind === 'intercept' ? 'interceptDo' : kind === 'reprint' ? 'reprintDo' : 'otherTaskDo')

export function TasksScreen({ taskId }: { taskId: string }): JSX.Element {
  const task = tasks.value.find((x) => x.id === taskId)
  useEffect(() => { if (taskId !== '' && alarm.value === taskId) alarm.value = '' }, [taskId])
  useScan(async (code) => {
    const parcel = parcels.value.find((p) => p.waybillNo === code || p.oldWaybills.indexOf(code) >= 0)
    const hit = openTasks.value.find((x) => x.parcelNo === code || x.orderNo === code || (parcel !== undefined && x.parcelNo === parcel.no))
    const turnedUp = task && task.kind === 'repick'
      ? picks.value.find((p) => p.orderNo === task.orderNo && found(p) && hasCode(code, p.skuCode, p.barcodes)) : undefined
    if (turnedUp) {
      await record(EventKind.pick, [turnedUp.id, code, 1])
      return show('right', t('repickFound', { slot: turnedUp.slot }), what(turnedUp))
    }
    const sku = task ? skuOf(code, picks.value, parcels.value) : null
    const item = task && sku ? detailOf(task.detail).items.find((i) => i.sku === sku.code) : undefined
    if (hit && task && hit.id === task.id) show('right', t('taskRight'), doWord(task.kind))
    else if (hit) go('tasks', hit.id)
    else if (item && sku && task?.kind === 'repick') show('twice', t('twice'), what(sku))
    else if (item && sku) show('right', t('taskBin', { bin: item.bin || t('noBin') }), `${what(sku)} ${item.qty} ${t('pieces')}`)
    else show('wrong', t('taskScan'), '', code)
  })
  if (taskId) {
    return task ? <Detail key={task.id} task={task} /> : <Gone />
  }
  return (
    <main class="f-main">
      {result.value.tone !== 'idle' && <Card idle="" />}
      {openTasks.value.length === 0 && <Empty title={t('noTasks')} text={status.value.lastExchange === null ? t('unknown') : t('noTasksDo')} />}
      {openTasks.value.map((x) => (
        <button type="button" class="f-choice amber" key={x.id} onClick={() => go('tasks', x.id)}>
          <b>{kindWord(x.kind)}</b>
          <span><Unbroken text={`${x.orderNo || x.parcelNo} · ${reason(x.reason)}`} /></span>
          <em>{age(x.createdMs)}</em>
        </button>
      ))}
    </main>
  )
}

/** Settled meanwhile, by the last scan or by someone else. */
function Gone(): JSX.Element {
  return (
    <main class="f-main">
      {result.value.tone !== 'idle' && <Card idle="" />}
      <Empty title={t('taskGone')} text=""><Act label={t('tasks')} onClick={() => go('tasks')} /></Empty>
    </main>
  )
}

function Detail({ task }: { task: FloorTask }): JSX.Element {
  const asking = useRef(signal(false)).current
  const typing = useRef(signal(false)).current
  const detail = detailOf(task.detail)
  const kind = kindWord(task.kind)
  const done = () => void inTurn(async () => {
    await record(EventKind.taskDone, [task.id, 'done'])
    go('tasks')
    show('done', t('taskOk'), t('taskOkDo', { kind, order: task.orderNo || task.parcelNo }))
  })
  return (
    <main class="f-main">
      {result.value.tone !== 'idle' && <Card idle="" />}
      <section class="f-task">
        <h2>{kind}</h2>
        <p class="f-big">{doWord(task.kind)}</p>
        <dl>
          <dt>{t('why')}</dt><dd>{reason(task.reason)}</dd>
          {task.orderNo && <><dt>{t('order')}</dt><dd><code><Unbroken text={task.orderNo} /></code></dd></>}
          {task.parcelNo && <><dt>{t('parcel')}</dt><dd><code>{task.parcelNo}</code></dd></>}
          {detail.waybill && <><dt>{t('waybill')}</dt><dd><code>{detail.waybill}</code></dd></>}
        </dl>
        {detail.text && <p>{detail.text}</p>}
        {detail.items.length > 0 && (
          <ul class="f-putback" aria-label={t('goods')}>
            {[...detail.items].sort((a, b) => binOrder(a.bin, b.bin)).map((i) => {
              const sku = skuOf(i.sku, picks.value, parcels.value)
              return (
                <li key={`${i.sku} ${i.bin}`}>
                  <b>{i.bin || t('noBin')}</b>
                  <span>{sku ? what(sku) : i.sku}</span>
                  <em>{i.qty} {t('pieces')}</em>
                </li>
              )
            })}
          </ul>
        )}
        <p class="f-muted">{t('since', { age: age(task.createdMs) })}</p>
      </section>
      <div class="f-row f-thumb">
        <Act id="hand" label={t('byHand')} onClick={() => (typing.value = true)} />
        <Act id="task-done" kind="main" label={t('taskDone', { kind })} why={task.state === 'open' ? '' : t('taskGone')} onClick={() => (asking.value = true)} />
      </div>
      {typing.value && <HandInput max={1} onClose={() => (typing.value = false)} />}
      {asking.value && <Ask title={t('taskAsk', { kind })} text={t(task.kind === 'repick' ? 'repickAskDo' : 'taskAskDo')} yes={t('taskDone', { kind })} onYes={done} onClose={() => (asking.value = false)} />}
    </main>
  )
}

const VERDICT = [
  { title: 'verdict1', text: 'verdict1Do' },
  { title: 'verdict2', text: 'verdict2Do' },
  { title: 'verdict3', text: 'verdict3Do' },
  { title: 'verdict4', text: 'verdict4Do' },
] as const

export function Results(): JSX.Element {
  useEffect(readAll, [returned.value])
  const rows = [...returned.value].sort((a, b) => b.n - a.n)
  return (
    <main class="f-main">
      {result.value.tone !== 'idle' && <Card idle="" />}
      {rows.length === 0 && <Empty title={t('noResults')} text={t('noResultsDo')} />}
      {rows.map((v) => {
        const said = VERDICT[v.code - 1] ?? VERDICT[3]
        return (
          <section class={`f-verdict c${v.code}`} key={v.id}>
            <b>{t(said.title)}</b>
            <p>{v.message || t(said.text)}</p>
            <details>
              <summary>{t('details')}</summary>
              <code>#{v.n} · {v.id}</code>
            </details>
            {v.taskId && openTasks.value.some((x) => x.id === v.taskId) && <Act label={t('openTask')} onClick={() => go('tasks', v.taskId)} />}
          </section>
        )
      })}
    </main>
  )
}
