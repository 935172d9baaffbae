// 出库: every parcel is judged at the door by what this device knows, and it says how old that is.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { signal } from '@preact/signals'
import { EventKind, parcels, picks, record, status } from '../sync'
import { carrierName } from '../ui/carriers'
import { Icon } from '../ui/icon'
import { Act, Card, HandInput, useScan, what } from './parts'
import { leaving, outScan } from './rules'
import { stop } from './pack'
import { age, go, now, result, show } from './state'
import { sent, today, turnDay } from './today'
import { openTasks } from './waiting'
import { t } from './words'

interface Seen { code: string; ok: boolean; words: string }
const seen = signal<readonly Seen[]>([])
const OLD = 15 * 60_000

/** Refused ones stay on top until they leave or are pushed out by newer refused ones; of the others the last five. */
function remember(code: string, ok: boolean, words: string): void {
  const others = seen.value.filter((s) => s.code !== code)
  const all = [{ code, ok, words }, ...others]
  seen.value = [...all.filter((s) => !s.ok).slice(0, 5), ...all.filter((s) => s.ok).slice(0, 5)]
}

async function scan(code: string): Promise<void> {
  const a = outScan(code, parcels.value, picks.value)
  switch (a.kind) {
    case 'right': {
      const carrier = a.parcel.carrier || t('noCarrier')
      await record(EventKind.handOver, [code, a.parcel.id, a.parcel.labelVersion])
      remember(code, true, carrierName(carrier))
      return show('right', t('outRight'), t('outLeft', { carrier: carrierName(carrier), n: sent(carrier) }))
    }
    case 'twice':
      if (!seen.value.some((s) => s.code === code)) remember(code, true, t('outTwice'))
      return show('twice', t('outTwice'), t('outTwiceDo', { code }), code)
    case 'stopped':
      remember(code, false, t('stopTitle'))
      return stop(a.parcel)
    case 'old_label':
      remember(code, false, t('oldLabel'))
      return show('stop', t('oldLabel'), t('oldLabelDo', { code }), a.parcel.no)
    case 'not_packed':
      remember(code, false, t('notPacked'))
      return show('wrong', t('notPacked'), t('notPackedDo', { no: a.parcel.no }), code)
    case 'not_label':
      return show('wrong', t('notLabel'), t('notLabelDo', { no: code }), code)
    case 'unknown':
      if (a.sku) return show('wrong', t('outItem'), t('outItemDo', { got: what(a.sku) }), code)
      remember(code, false, t('outUnknown'))
      show('wrong', t('outUnknown'), t('outUnknownDo', { code, age: age(status.value.lastExchange) }), code)
      await record(EventKind.foreignScan, ['out', code])
  }
}

export function OutScreen(): JSX.Element {
  const hand = useRef(signal(false)).current
  useScan(scan)
  const minute = Math.floor(now.value / 60_000)
  useEffect(turnDay, [minute])
  const last = status.value.lastExchange
  const waiting: Record<string, number> = {}
  for (const p of parcels.value) if (leaving(p)) waiting[p.carrier || t('noCarrier')] = (waiting[p.carrier || t('noCarrier')] ?? 0) + 1
  const carriers = Object.keys({ ...waiting, ...today.value.counts }).sort()
  const old = last === null || now.value - last > OLD
  return (
    <main class="f-main">
      <p class={`f-asof ${old ? 'warn' : ''}`}>
        {old && <Icon name="alert" size={18} />} {last === null ? t('knownNever') : t(old ? 'knownOld' : 'knownAsOf', { age: age(last) })}
      </p>
      <Card idle={t('outScan')} idleText={t('outScanDo')}>
        {result.value.tone === 'stop' && openTasks.value.length > 0 && <Act label={t('stopTask')} onClick={() => go('tasks')} />}
      </Card>
      <div class="f-counters">
        {carriers.map((c) => (
          <div key={c}>
            <span>{carrierName(c)}</span>
            <b>{today.value.counts[c] ?? 0}</b>
            <small>{t('today')}{last === null ? '' : ` · ${t('stillToGo', { n: waiting[c] ?? 0 })}`}</small>
          </div>
        ))}
      </div>
      <h2>{t('lastOnes')}</h2>
      {seen.value.length === 0 && <p class="f-muted">{t('noneYet')}</p>}
      <ul class="f-seen">
        {seen.value.map((s) => (
          <li key={s.code} class={s.ok ? 'ok' : 'bad'}>
            <Icon name={s.ok ? 'check' : 'cross'} size={20} />
            <code>{s.code}</code>
            <span>{s.words}</span>
          </li>
        ))}
      </ul>
      <div class="f-row f-thumb"><Act id="hand" label={t('byHand')} onClick={() => (hand.value = true)} /></div>
      {hand.value && <HandInput max={1} onClose={() => (hand.value = false)} />}
    </main>
  )
}
