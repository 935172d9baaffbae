// 待处理: everything that waits for a person, by kind; the age turns amber, then red at its due time.
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { go, href, refine, route } from '../app/router'
import { session } from '../app/session'
import { Button } from '../ui/button'
import { now } from '../ui/clock'
import { ask } from '../ui/dialog'
import { duration, moment, number, urgency } from '../ui/format'
import { Icon } from '../ui/icon'
import { Avatar, Bones, Chip, Empty, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { useKeys } from './keys'
import { ON_FLOOR, TASKS, TASK_ORDER, details, name, why } from './lexicon'
import { act, send, useLive, type Live } from './live'
import { mayNot } from './may'
import { askRelease } from './order-acts'
import { releaseReason } from './order-rules'
import type { Task } from './types'
import { t } from './words'

interface Answer { rows: Task[]; counts: Partial<Record<string, number>> }

const orderLink = (task: Task): string => (task.order_id ? href(['orders', task.order_id]) : href(['orders'], { q: task.order_no }))

export function Tasks(): JSX.Element {
  const query = route.value.query
  const kind = query['kind'] ?? ''
  const mine = query['mine'] === '1'
  const ask = new URLSearchParams({ state: 'open' })
  if (kind) ask.set('kind', kind)
  if (mine) ask.set('mine', 'true')
  const live = useLive<Answer>('/api/tasks?' + ask.toString())
  const [at, setAt] = useState(0)
  const list = useRef<HTMLUListElement>(null)
  const rows = live.data?.rows ?? []
  const here = Math.min(at, Math.max(0, rows.length - 1))
  const move = (by: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, here + by))
    setAt(next)
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' })
  }
  useKeys({
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    Enter: () => { const row = rows[here]; if (row?.order_id) location.hash = orderLink(row) },
  })
  return (
    <section class="screen">
      <Head title={t('待处理')} live={live} />
      <Kinds live={live} kind={kind} mine={mine} />
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={8} />
        : rows.length === 0 ? (
          <Empty title={mine || kind ? t('这里没有要处理的') : t('都处理完了')} acts={mine || kind ? <Button onClick={() => go(['tasks'])}>{t('看全部')}</Button> : undefined}>
            {t('订单被挂起、缺货、要拦截或回传失败时，会出现在这里，并写明原因。')}
          </Empty>
        )
        : <ul class={'tasklist' + (live.turning ? ' turning' : '')} ref={list}>{rows.map((task, i) => <TaskRow key={task.id} task={task} marked={i === here} mark={() => setAt(i)} />)}</ul>}
    </section>
  )
}

function Kinds({ live, kind, mine }: { live: Live<Answer>; kind: string; mine: boolean }): JSX.Element {
  const counts = live.data?.counts ?? {}
  const known: readonly string[] = TASK_ORDER
  const kinds = [...known.filter((k) => (counts[k] ?? 0) > 0 || k === kind), ...Object.keys(counts).filter((k) => !known.includes(k) && (counts[k] ?? 0) > 0)]
  return (
    <div class="filters"><div class="chiprow" role="group" aria-label={t('按类型')}>
      <Chip pressed={!kind} onClick={() => refine({ kind: undefined })}>{t('全部')}</Chip>
      {kinds.map((k) => <Chip key={k} pressed={kind === k} onClick={() => refine({ kind: kind === k ? undefined : k })}>{name(TASKS, k)}&nbsp;<b class="number">{number(counts[k] ?? 0)}</b></Chip>)}
      <Chip pressed={mine} icon="person" onClick={() => refine({ mine: mine ? undefined : '1' })}>{t('我的')}</Chip>
    </div></div>
  )
}

function TaskAge({ task }: { task: Task }): JSX.Element {
  const opened = moment(task.opened_at) ?? now.value
  const due = moment(task.due_at)
  const level = urgency(opened, due, now.value)
  const age = duration((now.value - opened) / 1000)
  const look = { fresh: 'muted', soon: 'warn', over: 'bad' }[level]
  const left = due === null ? '' : level === 'over' ? t('超时 {time}', { time: duration((now.value - due) / 1000) }) : t('还剩 {time}', { time: duration((due - now.value) / 1000) })
  return (
    <span class={'taskage ' + look}>
      <span><Icon name={level === 'over' ? 'alert' : 'clock'} size={13} /> {t('等了 {time}', { time: age })}</span>
      {left ? <small>{left}</small> : null}
    </span>
  )
}

function TaskRow({ task, marked, mark }: { task: Task; marked: boolean; mark: () => void }): JSX.Element {
  const said = details(task.detail, task.order_no)
  const owner = task.owner
  return (
    <li class={'task' + (marked ? ' marked' : '')} onClick={mark}>
      <Avatar name={owner} />
      <div class="grow">
        <p><Chip tone={task.kind === 'shortage' || task.kind === 'intercept' ? 'bad' : 'warn'} icon={task.kind === 'hold' ? 'pause' : 'alert'}>{name(TASKS, task.kind)}</Chip> <b>{why(task)}</b></p>
        <p class="small muted">
          {task.order_no ? <a class="mono" href={orderLink(task)}>{task.order_no}</a> : null}
          {said ? ` · ${said}` : ''}{owner ? ` · ${t('{name} 在处理', { name: owner })}` : ''}
        </p>
      </div>
      <TaskAge task={task} />
      <Acts task={task} owner={owner} />
    </li>
  )
}

/** One primary action: what the server says can be done; else the order it hangs on. What ends by itself says so. */
function Acts({ task, owner }: { task: Task; owner: string }): JSX.Element {
  const me = session.value?.person.name ?? ''
  const forbidden = mayNot('task')
  const own = task.kind === 'hold' || task.kind === 'shortage'
  return (
    <div class="taskacts">
      {owner === me && me ? null : <Button size="small" reason={forbidden} onClick={() => act('POST', `/api/tasks/${task.id}/take`, {}, t('由你处理'))}>{owner ? t('接手') : t('我来')}</Button>}
      {own || ON_FLOOR.includes(task.kind) ? null : <Button size="small" kind="quiet" reason={forbidden} onClick={() => close(task, 'dropped')}>{t('不处理')}</Button>}
      <Primary task={task} forbidden={forbidden} />
    </div>
  )
}

function Primary({ task, forbidden }: { task: Task; forbidden: string }): JSX.Element {
  const order = task.order_id ? { id: task.order_id, no: task.order_no } : null
  switch (task.action) {
    case 'release':
      return <Button size="small" kind="primary" reason={releaseReason(task)} onClick={() => (order ? askRelease(order, task) : undefined)}>{t('放行')}</Button>
    case 'match':
      return <a class="button small primary" href={orderLink(task)}>{t('去匹配')}</a>
    case 'retry':
      return <Button size="small" kind="primary" reason={forbidden} onClick={() => act('POST', `/api/tasks/${task.id}/close`, { outcome: 'retry', reason: '' }, t('已重新开始'))}>{t('重试')}</Button>
    case 'done':
      return <Button size="small" kind="primary" reason={forbidden} onClick={() => close(task, 'done')}>{t('已办好')}</Button>
    default:
      if (ON_FLOOR.includes(task.kind)) return <span class="muted small ends">{t('在现场手机上做完')}</span>
      return order ? <a class="button small" href={orderLink(task)}>{t('打开订单')}</a> : <span class="muted small">{t('会自动结束')}</span>
  }
}

function close(task: Task, outcome: 'done' | 'dropped'): Promise<boolean> {
  const what = [name(TASKS, task.kind), task.order_no].filter(Boolean).join(' ')
  return ask({
    title: outcome === 'done' ? t('“{what}”已办好？', { what }) : t('不处理“{what}”？', { what }),
    consequence: t('它会从待处理里消失，原因和你的名字记入经过。原因没有真正解决时，系统会再开一条。'),
    yes: outcome === 'done' ? t('已办好') : t('不处理'),
    danger: outcome === 'dropped',
    reason: outcome === 'done'
      ? { label: t('怎么处理的'), hints: [t('已在现场处理'), t('已和买家确认')] }
      : { label: t('为什么不处理'), hints: [t('已用别的办法解决'), t('不需要处理')] },
    act: async (reason) => {
      await send('POST', `/api/tasks/${task.id}/close`, { outcome, reason })
      toast(t('已结束'))
    },
  })
}
