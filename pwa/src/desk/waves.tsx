// 波次: what is ready to be picked, who can pick it, and how far the open waves are.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { href, refine, route } from '../app/router'
import { wordsOf } from '../app/http'
import { Button } from '../ui/button'
import { moment, number } from '../ui/format'
import { Bones, Chip, Empty, Id, Progress, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { WAVE, say } from './lexicon'
import { act, send, useLive } from './live'
import { State } from './marks'
import { mayNot } from './may'
import type { Device, WaveRow } from './types'
import { t } from './words'

interface Answer { rows: WaveRow[]; ready_orders: number }

export function Waves(): JSX.Element {
  const state = route.value.query['state'] ?? ''
  const live = useLive<Answer>('/api/waves' + (state ? `?state=${encodeURIComponent(state)}` : ''))
  const devices = useLive<{ rows: Device[] }>('/api/devices')
  const rows = live.data?.rows ?? []
  return (
    <section class="screen">
      <Head title={t('波次')} live={live} />
      <Make ready={live.data?.ready_orders ?? null} devices={devices.data?.rows ?? null} />
      <div class="filters"><div class="chiprow" role="group" aria-label={t('按状态')}>
        <Chip pressed={!state} onClick={() => refine({ state: undefined })}>{t('全部')}</Chip>
        {Object.keys(WAVE).map((s) => { const look = WAVE[s]; return look ? <Chip key={s} pressed={state === s} icon={look.icon} onClick={() => refine({ state: state === s ? undefined : s })}>{say(look.word)}</Chip> : null })}
      </div></div>
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={6} />
        : rows.length === 0 ? <Empty title={t('没有波次')}>{t('选一台设备，建一个波次：订单会按库位排好，出现在那台设备上。')}</Empty>
        : (
          <ul class={'cards' + (live.turning ? ' turning' : '')}>
            {rows.map((w) => (
              <li key={w.id} class="card wave">
                <p class="line"><Id value={w.no} label={t('波次')} /><State of="wave" code={w.state} /><span class="fill" /><span class="muted small"><Time at={moment(w.created_at)} /></span></p>
                <p class="line"><span class="grow"><b>{w.device || '–'}</b>{w.person ? <span class="muted"> · {w.person}</span> : null}</span><span class="number muted">{t('{n} 单', { n: number(w.orders) })}</span></p>
                <p class="line"><Progress done={w.picked_units} all={w.units} label={t('已拣件数')} /><b class="number">{number(w.picked_units)}/{number(w.units)}</b></p>
                {w.on_floor ? <Move wave={w} devices={devices.data?.rows ?? []} /> : null}
              </li>
            ))}
          </ul>
        )}
    </section>
  )
}

/** A phone is lost or empty, or its picker went home: another device goes on with the wave. */
function Move({ wave, devices }: { wave: WaveRow; devices: readonly Device[] }): JSX.Element {
  const [open, setOpen] = useState(false)
  const [chosen, setChosen] = useState('')
  const others = devices.filter((d) => d.id !== wave.device_id)
  const target = others.find((d) => d.id === chosen) ?? others[0]
  const reason = mayNot('wave') || (others.length === 0 ? t('没有别的设备') : '')
  if (!open) return <p class="line"><span class="fill" /><Button size="small" kind="quiet" reason={reason} onClick={() => setOpen(true)}>{t('换设备')}</Button></p>
  const path = `/api/waves/${wave.id}/move`
  const move = async () => {
    if (!target) return
    const done = await act('POST', path, { device_id: target.id }, t('波次 {no} 已转到 {device}', { no: wave.no, device: target.name }),
      () => send('POST', path, { device_id: wave.device_id }))
    if (done) setOpen(false)
  }
  return (
    <div class="move">
      <label class="field"><span>{t('转到')}</span>
        <select class="input" value={target?.id ?? ''} onChange={(e) => setChosen(e.currentTarget.value)}>
          {others.map((d) => <option key={d.id} value={d.id}>{d.name}{d.person ? ` · ${d.person}` : ''}</option>)}
        </select>
      </label>
      <p class="muted small">{t('原设备上还没上传的扫描照样算数。')}</p>
      <p class="line"><span class="fill" /><Button size="small" onClick={() => setOpen(false)}>{t('不转了')}</Button><Button size="small" kind="primary" reason={reason} onClick={move}>{t('转过去')}</Button></p>
    </div>
  )
}

/** The server's limit of a wave. */
const MOST = 60

function Make({ ready, devices }: { ready: number | null; devices: readonly Device[] | null }): JSX.Element {
  const [device, setDevice] = useState('')
  const [most, setMost] = useState('20')
  const chosen = device || devices?.[0]?.id || ''
  const count = Number(most)
  const wrong = !/^\d+$/.test(most) || count < 1 || count > MOST
  const reason = mayNot('wave')
    || (ready === null || devices === null ? t('还没有数据') : '')
    || (devices?.length === 0 ? t('还没有设备：先用仓储账号在手机或 PDA 上登录一次') : '')
    || (ready === 0 ? t('没有可拣的订单：要先付款、审单通过并占到库存') : '')
    || (wrong ? t('订单数请填 1 到 {n}', { n: MOST }) : '')
  const make = async () => {
    try {
      const wave = await send<WaveRow>('POST', '/api/waves', { device_id: chosen, max_orders: count })
      toast(t('波次 {no} 已派给 {device}', { no: wave.no, device: devices?.find((d) => d.id === chosen)?.name ?? '' }))
    } catch (e) {
      toast(wordsOf(e).message, { bad: true })
    }
  }
  return (
    <div class="make card">
      <a class="figure" href={href(['orders'], { state: 'paid' })}><b class="number">{number(ready)}</b><span>{t('张订单可以拣')}</span></a>
      <label class="field grow"><span>{t('派给')}</span>
        <select class="input" value={chosen} onChange={(e) => setDevice(e.currentTarget.value)}>
          {devices?.length ? devices.map((d) => <option key={d.id} value={d.id}>{d.name}{d.person ? ` · ${d.person}` : ''}{d.unsent ? ` · ${t('待上传 {n}', { n: d.unsent })}` : ''}</option>) : <option value="">{t('没有设备')}</option>}
        </select>
      </label>
      <label class="field most"><span>{t('最多几单')}</span>
        <input class="input number" inputMode="numeric" value={most} aria-invalid={wrong ? 'true' : undefined} onInput={(e) => setMost(e.currentTarget.value.trim())} />
      </label>
      <div class="makeact"><Button kind="primary" onClick={make} reason={reason} explain>{t('建波次')}</Button></div>
    </div>
  )
}
