// 打包: a tote becomes a parcel once every item in it was scanned. A parcel that must stop is red and loud, whenever that becomes known.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { computed, signal } from '@preact/signals'
import { EventKind, parcels, picks, record, status, type Parcel } from '../sync'
import { carrierName } from '../ui/carriers'
import { spec } from '../ui/format'
import { Act, Card, Count, Empty, HandInput, Sheet, useScan, what, Unbroken } from './parts'
import { findParcel, halted, packable, packed, packScan, verified, type FoundParcel, type Tally } from './rules'
import { age, clearResult, go, inTurn, result, show } from './state'
import { openTasks } from './waiting'
import { reason, t } from './words'

/** What was verified of the open parcel, step by step. Outlives the screen, not the page: after a reload one scans again. */
const steps = signal<readonly { parcel: string; sku: string; qty: number }[]>([])
/** Not complete by what this device knows; the picker's own scans may still be on the way. */
const unripe = signal('')
const choices = signal<readonly Parcel[]>([])

const tallyOf = (id: string): Tally => {
  const tally: Record<string, number> = {}
  for (const s of steps.value) if (s.parcel === id) tally[s.sku] = (tally[s.sku] ?? 0) + s.qty
  return tally
}

export function PackScreen({ parcelId }: { parcelId: string }): JSX.Element {
  const parcel = parcels.value.find((p) => p.id === parcelId)
  return parcel && (parcel.state === 'ready' || parcel.state === 'picking' || halted(parcel)) ? <Verify key={parcel.id} parcel={parcel} /> : <Start />
}

function found(code: string, f: FoundParcel): void {
  choices.value = []
  unripe.value = ''
  switch (f.kind) {
    case 'open':
      clearResult()
      go('pack', f.parcel.id)
      return
    case 'stop':
      return stop(f.parcel)
    case 'packed':
      return show('twice', t('alreadyPacked'), t('alreadyPackedDo', { no: f.parcel.no }), code)
    case 'gone':
      return show('wrong', t('alreadyGone'), t('alreadyGoneDo', { no: f.parcel.no }), code)
    case 'not_ready':
      unripe.value = f.parcel.id
      return show('wrong', t('notReady'), t('notReadyDo', { no: f.parcel.no, slot: f.parcel.slot }), code)
    case 'choose':
      choices.value = f.parcels
      clearResult()
      return
    case 'unknown':
      if (f.sku) return show('wrong', t('slotFirst'), t('slotFirstDo', { got: what(f.sku) }), code)
      return show('wrong', t('parcelUnknown'), t('parcelUnknownDo', { got: code, age: age(status.value.lastExchange) }), code)
  }
}

export function stop(p: Parcel): void {
  show('stop', t('stopTitle'), t(p.state === 'handed_over' ? 'stopGoneDo' : 'stopDo', { why: reason(p.stop || p.state) }), p.no)
}

const SHOWN = 40
const list = computed(() => (choices.value.length ? choices.value : packable(parcels.value, picks.value)))

function Start(): JSX.Element {
  const hand = useRef(signal(false)).current
  useScan(async (code) => {
    const f = findParcel(code, picks.value, parcels.value)
    found(code, f)
    if (f.kind === 'unknown' && !f.sku) await record(EventKind.foreignScan, ['pack', code])
  })
  useEffect(() => () => { choices.value = []; unripe.value = '' }, [])
  return (
    <main class="f-main">
      <Card idle={choices.value.length ? t('chooseParcel') : t('packStart')} idleText={choices.value.length ? '' : t('packStartDo')}>
        {unripe.value !== '' && <Act id="anyway" label={t('verifyAnyway')} onClick={() => { const id = unripe.value; unripe.value = ''; go('pack', id) }} />}
        {result.value.tone === 'stop' && openTasks.value.length > 0 && <Act label={t('stopTask')} onClick={() => go('tasks')} />}
      </Card>
      {list.value.length === 0
        ? <Empty title={t('noReady')} text={status.value.lastExchange === null ? t('noReadyUnknown') : t('noReadyDo')} />
        : <h2>{t('readyParcels', { n: list.value.length })}</h2>}
      {list.value.slice(0, SHOWN).map((p) => (
        <button type="button" class="f-choice" key={p.id} onClick={() => found(p.no, findParcel(p.no, picks.value, parcels.value))}>
          <b>{t('slotIs', { slot: p.slot })}</b>
          <span><Unbroken text={`${p.no} · ${p.orderNo}`} /></span>
          <em>{p.items.reduce((n, i) => n + i.qty, 0)} {t('pieces')}</em>
        </button>
      ))}
      {list.value.length > SHOWN && <p class="f-muted">{t('moreParcels', { n: list.value.length - SHOWN })}</p>}
      <div class="f-row f-thumb"><Act id="hand" label={t('byHand')} onClick={() => (hand.value = true)} /></div>
      {hand.value && <HandInput max={1} onClose={() => (hand.value = false)} />}
    </main>
  )
}

/** Which label to stick, or why none. */
function Label({ parcel }: { parcel: Parcel }): JSX.Element {
  if (parcel.labelState === 'stale') return <p class="f-label bad"><b>{t('labelStale')}</b> <span>{t('labelStaleDo')}</span></p>
  if (parcel.labelState === 'none' || parcel.waybillNo === '') return <p class="f-label"><b>{t('labelNone')}</b> <span>{t('labelNoneDo')}</span></p>
  return <p class="f-label"><b>{t('labelStick')}</b> <code>{parcel.waybillNo}</code> <span>{carrierName(parcel.carrier)} {parcel.routeCode}</span></p>
}

async function finish(parcel: Parcel): Promise<void> {
  await record(EventKind.pack, [parcel.id, packed(parcel, tallyOf(parcel.id))])
  steps.value = steps.value.filter((s) => s.parcel !== parcel.id)
  go('pack')
  const label = parcel.labelState === 'ready' && parcel.waybillNo !== ''
  show('done', t('packedOk'), t(label ? 'packedLabel' : 'packedWaitLabel', { no: parcel.no, waybill: parcel.waybillNo }))
}

function Verify({ parcel }: { parcel: Parcel }): JSX.Element {
  const sheet = useRef(signal('')).current
  const tally = tallyOf(parcel.id)
  const all = verified(parcel, tally)
  const left = parcel.items.reduce((n, i) => n + i.qty - Math.min(i.qty, tally[i.skuCode] ?? 0), 0)
  const halt = halted(parcel)
  useEffect(() => { if (halt) stop(parcel) }, [halt])

  useScan(async (code, qty) => {
    const p = parcels.value.find((x) => x.id === parcel.id) ?? parcel
    if (halted(p)) return stop(p)
    const a = packScan(code, qty, p, tallyOf(p.id), picks.value, parcels.value)
    switch (a.kind) {
      case 'right':
        steps.value = [...steps.value, { parcel: p.id, sku: a.sku.code, qty: a.qty }]
        if (a.complete) return show('done', t('allRight'), p.labelState === 'ready' && p.waybillNo ? t('allRightDo') : t('allRightNoLabel'))
        return show('right', t('right'), a.left ? t('itemLeft', { what: what(a.sku), n: a.left }) : t('itemFull', { what: what(a.sku) }))
      case 'over':
        if (a.left > 0) return show('wrong', t('tooMany'), t('tooManyDo', { what: what(a.sku), left: a.left, n: a.qty }), code)
        return show('twice', t('itemTwice'), t('itemTwiceDo', { what: what(a.sku), n: tallyOf(p.id)[a.sku.code] ?? 0 }), code)
      case 'finish':
        return finish(p)
      case 'unfinished':
        return show('wrong', t('unfinished'), t('unfinishedDo', { n: left }), code)
      case 'old_label':
        return show('stop', t('oldLabel'), t('oldLabelDo', { code }), code)
      case 'other_parcel':
        if (a.parcel && a.parcel.waybillNo === code)
          return show('wrong', t('otherLabel'), t('otherLabelDo', { got: code, other: a.parcel.no, want: p.waybillNo || t('labelNone') }), code)
        return show('wrong', t('otherParcel'), t('otherParcelDo', { got: code, no: p.no }), code)
      case 'wrong':
        show('wrong', t('itemWrong'), t('itemWrongDo', { got: a.scanned ? what(a.scanned) : code }), code)
        await record(EventKind.foreignScan, ['pack', code])
    }
  })

  const mine = steps.value.filter((s) => s.parcel === parcel.id)
  const undo = () => {
    const last = mine[mine.length - 1]
    steps.value = steps.value.filter((s) => s !== last)
    clearResult()
  }
  const picked = parcel.items.find((i) => i.skuCode === sheet.value)
  const pickedLeft = picked ? picked.qty - (tally[picked.skuCode] ?? 0) : 0
  return (
    <main class="f-main">
      <div class="f-progress"><span>{t('slotIs', { slot: parcel.slot })} · {parcel.no}</span><b>{left === 0 ? t('allRight') : t('leftHere', { n: left })}</b></div>
      <Card idle={t('checkItems')}>
        {halt && (
          <div class="f-row">
            {openTasks.value.some((x) => x.parcelNo === parcel.no) && (
              <Act label={t('stopTask')} onClick={() => go('tasks', openTasks.value.find((x) => x.parcelNo === parcel.no)?.id ?? '')} />
            )}
            <Act label={t('leaveParcel')} onClick={() => go('pack')} />
          </div>
        )}
      </Card>
      {!halt && <Label parcel={parcel} />}
      <ul class="f-grid">
        {parcel.items.map((i) => {
          const seen = tally[i.skuCode] ?? 0
          const full = seen >= i.qty
          return (
            <li key={i.skuCode} class={full ? 'full' : seen > 0 ? 'some' : ''}>
              <b>{i.name}</b>
              <strong>{spec(i.variant) || i.skuCode}</strong>
              <span>{full ? '✓ ' : ''}{seen}/{i.qty}</span>
              {seen > 0 && i.qty - seen > 1 && !halt && (
                <button type="button" class="f-act small" onClick={() => (sheet.value = i.skuCode)}><span>{t('quantity')}</span></button>
              )}
            </li>
          )
        })}
      </ul>
      <div class="f-row f-thumb">
        <Act id="undo" label={t('undo')} why={mine.length ? '' : t('undoNone')} onClick={undo} />
        <Act id="hand" label={t('byHand')} onClick={() => (sheet.value = ':hand')} />
        <Act id="pack-done" kind="main" label={t('packDone')} why={halt ? t('stopTitle') : all ? '' : t('packWait', { n: left })}
          onClick={() => void inTurn(async () => {
            const p = parcels.value.find((x) => x.id === parcel.id)
            if (!p || !verified(p, tallyOf(p.id)) || p.state === 'packed') return
            if (halted(p)) return stop(p)
            await finish(p)
          })} />
      </div>
      {sheet.value === ':hand' && <HandInput max={Math.max(...parcel.items.map((i) => i.qty - (tally[i.skuCode] ?? 0)), 1)} onClose={() => (sheet.value = '')} />}
      {picked && pickedLeft > 0 && (
        <Quantity title={t('setQty', { what: what(picked) })} most={pickedLeft} onClose={() => (sheet.value = '')}
          onYes={(n) => void inTurn(async () => {
            steps.value = [...steps.value, { parcel: parcel.id, sku: picked.skuCode, qty: n }]
            const after = verified(parcel, tallyOf(parcel.id))
            if (after) show('done', t('allRight'), parcel.labelState === 'ready' ? t('allRightDo') : t('allRightNoLabel'))
            else show('right', t('right'), n < pickedLeft ? t('itemLeft', { what: what(picked), n: pickedLeft - n }) : t('itemFull', { what: what(picked) }))
          })} />
      )}
    </main>
  )
}

function Quantity({ title, most, onYes, onClose }: { title: string; most: number; onYes: (n: number) => void; onClose: () => void }): JSX.Element {
  const n = useRef(signal(most)).current
  return (
    <Sheet title={title} onClose={onClose}>
      <Count value={n} min={1} max={most} />
      <div class="f-row">
        <Act label={t('cancel')} onClick={onClose} />
        <Act label={t('confirm')} kind="main" onClick={() => { onClose(); onYes(n.value) }} />
      </div>
    </Sheet>
  )
}
