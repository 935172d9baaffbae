// 拣货: one thing at a time in the order of the walk. Green only after the scan is stored.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { signal } from '@preact/signals'
import { go as visit } from '../app/router'
import { EventKind, parcels, picks, record, status, waves, type Pick, type Wave } from '../sync'
import { spec } from '../ui/format'
import { Act, Card, Count, Empty, HandInput, Photo, Sheet, useScan, what, Unbroken } from './parts'
import { current, missing, open, openWaves, pickScan, walk, type PickAnswer } from './rules'
import { go, inTurn, result, show } from './state'
import { t } from './words'

/** The pick a scan jumped to, and the scans that can still be taken back (newest last). Outlive the screen, not the page. */
const focus = signal('')
const done = signal<readonly { id: string; pick: string; code: string; qty: number }[]>([])

export function PickScreen({ waveId }: { waveId: string }): JSX.Element {
  const choice = openWaves(waves.value, picks.value)
  const only = waveId === '' && choice.length === 1 ? choice[0] : undefined
  // The address names the wave, so that the screen stays on it when its last item is picked.
  useEffect(() => { if (only) visit(['floor', 'pick', only.id], {}, true) }, [only?.id])
  const wave = waves.value.find((w) => w.id === waveId) ?? only
  return wave ? <Walk key={wave.id} wave={wave} /> : <Choose choice={choice} />
}

/** 'W1024 8/23' for the header. */
export function pickTitle(waveId: string): string {
  const wave = waves.value.find((w) => w.id === waveId)
  if (!wave) return t('pick')
  const way = walk(picks.value, wave.id)
  return `${wave.no} ${way.filter((p) => !open(p)).length}/${way.length}`
}

function Choose({ choice }: { choice: Wave[] }): JSX.Element {
  useScan(async (code) => {
    const wave = choice.find((w) => w.no === code)
    if (wave) go('pick', wave.id)
    else show('wrong', t('chooseWave'), '', code)
  })
  if (choice.length === 0)
    return (
      <main class="f-main">
        {result.value.tone !== 'idle' && <Card idle="" />}
        <Empty title={t('noWave')} text={status.value.lastExchange === null ? t('noWaveUnknown') : t('noWaveDo')} />
      </main>
    )
  return (
    <main class="f-main">
      <h2>{t('chooseWave')}</h2>
      {choice.map((w) => (
        <button type="button" class="f-choice" key={w.id} onClick={() => go('pick', w.id)}>
          <b>{t('waveIs', { no: w.no })}</b>
          <span>{t('waveSize', { orders: w.orders, units: w.units })}</span>
          <em>{t('waveLeft', { n: walk(picks.value, w.id).filter(open).reduce((n, p) => n + missing(p), 0) })}</em>
        </button>
      ))}
      {result.value.tone !== 'idle' && <Card idle="" />}
    </main>
  )
}

const place = (p: Pick) => ({ bin: p.bin || t('noBin'), slot: p.slot })

function Walk({ wave }: { wave: Wave }): JSX.Element {
  const sheet = useRef(signal<'' | 'hand' | 'short'>('')).current
  const way = walk(picks.value, wave.id)
  const now = current(way, focus.value)
  const next = way.filter((p) => open(p) && p.id !== now?.id)

  useScan(async (code, qty) => {
    const here = walk(picks.value, wave.id)
    const last = done.value[done.value.length - 1]
    const lastPick = last ? picks.value.find((p) => p.id === last.pick) ?? null : null
    await act(code, pickScan(code, qty, wave, current(here, focus.value), lastPick, picks.value, parcels.value))
  })

  const last = [...done.value].reverse().find((d) => way.some((p) => p.id === d.pick))
  const lastPick = last ? way.find((p) => p.id === last.pick) : undefined
  const closed = lastPick && parcels.value.some((p) => p.waveId === lastPick.waveId && p.orderNo === lastPick.orderNo && (p.state === 'packed' || p.state === 'handed_over'))
  const undoWhy = !last ? t('undoNone') : closed ? t('undoPacked') : ''
  const undo = () => void inTurn(async () => {
    if (!last || !lastPick) return
    await record(EventKind.unpick, [last.pick, last.code, last.qty, last.id])
    done.value = done.value.filter((d) => d.id !== last.id)
    focus.value = last.pick
    show('note', t('undone'), t('undoneDo', { n: last.qty, bin: place(lastPick).bin }))
  })

  return (
    <main class="f-main f-pick">
      {now && <Now pick={now} />}
      <Card idle={now ? t('scanFirst') : way.length ? t('waveDone') : t('nothingOpen')} idleText={now ? '' : way.length ? t('waveDoneDo') : t('noWaveDo')}>
        {!now && (
          <div class="f-row">
            <Act label={t('goPack')} kind="main" onClick={() => go('pack')} />
            {openWaves(waves.value, picks.value).length > 0
              ? <Act label={t('anotherWave')} onClick={() => go('pick')} />
              : <Act label={t('toHome')} onClick={() => go()} />}
          </div>
        )}
      </Card>
      {now && (
        <p class="f-next"><Unbroken text={next.length ? t('nextOnes', { bins: next.slice(0, 3).map((p) => place(p).bin).join(' · ') }) : t('lastOne')} /></p>
      )}
      <div class="f-row f-thumb">
        <Act id="short" label={t('short')} why={now ? '' : t('shortNone')} onClick={() => (sheet.value = 'short')} />
        <Act id="undo" label={t('undo')} why={undoWhy} onClick={undo} />
        <Act id="hand" label={t('byHand')} onClick={() => (sheet.value = 'hand')} />
      </div>
      {sheet.value === 'hand' && <HandInput max={now ? missing(now) : 1} onClose={() => (sheet.value = '')} />}
      {sheet.value === 'short' && now && <Short pick={now} onClose={() => (sheet.value = '')} />}
    </main>
  )
}

function Now({ pick }: { pick: Pick }): JSX.Element {
  return (
    <section class="f-now">
      <div class="f-bin">{place(pick).bin}</div>
      <div class="f-what">
        <Photo src={pick.photo} />
        <div>
          <div class="f-name">{pick.name || pick.skuCode}</div>
          <div class="f-variant">{spec(pick.variant)}</div>
        </div>
      </div>
      <div class="f-how">
        <span>{t('take')} <b>{pick.qty}</b> {t('pieces')}</span>
        <span>{t('scanned')} <b class="f-k">{pick.picked}</b></span>
        <span class="f-slot">{t('intoSlot')} <b>{pick.slot}</b></span>
      </div>
    </section>
  )
}

function Short({ pick, onClose }: { pick: Pick; onClose: () => void }): JSX.Element {
  const most = missing(pick)
  const n = useRef(signal(most)).current
  if (n.value > most && most > 0) n.value = most
  const send = () => {
    onClose()
    const gone = n.value
    void inTurn(async () => {
      await record(EventKind.short, [pick.id, gone])
      const said = t('shortedDo', { what: what(pick), n: gone })
      if (walk(picks.value, pick.waveId).some(open)) show('note', t('shorted'), said)
      else show('done', t('waveDone'), `${said} ${t('waveDoneDo')}`)
    })
  }
  return (
    <Sheet title={t('shortAsk')} text={t('shortWhat', { what: what(pick), n: n.value, order: pick.orderNo })} onClose={onClose}>
      <Count value={n} min={1} max={most} />
      <div class="f-row">
        <Act label={t('cancel')} onClick={onClose} />
        <Act id="short-yes" label={t('shortDo', { n: n.value })} kind="risk" onClick={send} />
      </div>
    </Sheet>
  )
}

/** Store what was done, then say it. What is wrong is said at once; that it was scanned is evidence and goes up too. */
async function act(code: string, a: PickAnswer): Promise<void> {
  switch (a.kind) {
    case 'right': {
      const { id } = await record(EventKind.pick, [a.pick.id, code, a.qty])
      done.value = [...done.value.slice(-49), { id, pick: a.pick.id, code, qty: a.qty }]
      focus.value = a.pick.id
      if (a.complete) return show('done', t('waveDone'), `${t('slotIt', place(a.pick))}。${t('waveDoneDo')}`)
      if (a.jumped) return show('right', t('jumped', { what: what(a.pick) }), a.left ? t('jumpedDo', { ...place(a.pick), n: a.left }) : t('slotNext', place(a.pick)))
      return show('right', a.left ? t('rightMore', { n: a.left }) : t('right'), a.left ? t('slotIt', place(a.pick)) : t('slotNext', place(a.pick)))
    }
    case 'over':
      if (a.left > 0) return show('wrong', t('tooMany'), t('tooManyDo', { what: what(a.pick), left: a.left, n: a.qty }), code)
      return show('twice', t('twice'), t('twiceDo', { what: what(a.pick), n: a.pick.qty, bin: place(a.pick).bin }), code)
    case 'ended':
      return show('wrong', t('ended'), t('endedCancelled', { what: what(a.pick), bin: place(a.pick).bin }), code)
    case 'slot':
      return a.right ? show('right', t('slotRight'), t('slotIt', { slot: a.want })) : show('wrong', t('slotWrong'), t('slotWrongDo', { got: a.said, want: a.want }), code)
    case 'bin':
      return a.right ? show('right', t('binRight'), a.want) : show('wrong', t('binWrong'), t('binWrongDo', { got: a.said, want: a.want }), code)
    case 'wrong': {
      if (!a.wanted) show('wrong', t('nothingOpen'), t('waveDoneDo'), code)
      else if (a.scanned) show('wrong', t('wrong'), t('wrongBoth', { got: what(a.scanned), want: what(a.wanted) }), code)
      else show('wrong', t('wrong'), t('wrongUnknown', { got: code, want: what(a.wanted) }), code)
      await record(EventKind.foreignScan, ['pick', code])
    }
  }
}
