// The pieces all floor screens are made of: the result card, big buttons, the sheet from below, hand input, counting.
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { signal, type Signal } from '@preact/signals'
import { handScan, onGarbled, onScan } from '../scan'
import { spec } from '../ui/format'
import { Icon, type IconName } from '../ui/icon'
import { inTurn, result, show, type Tone } from './state'
import { t } from './words'

type Handler = (code: string, qty: number) => Promise<void>

/** How many a person typed beside the code; taken by the next scan by hand, so both go the same path. */
let typed = 1
let handler: Handler | null = null

/** The one ear of the floor: it stays while screens change, so that no scan falls between two of them. */
export function hearScans(): () => void {
  const deaf = onScan((scan) => {
    const qty = scan.how === 'hand' ? typed : 1
    if (scan.how === 'hand') typed = 1
    return inTurn(async () => {
      if (handler) await handler(scan.code, qty)
      else show('wrong', t('homeScan'), t('homeScanDo'), scan.code)
    })
  })
  const clear = onGarbled((raw) => show('wrong', t('garbled'), t('garbledDo'), raw))
  return () => {
    deaf()
    clear()
  }
}

/** What a scan means on this screen. */
export function useScan(listener: Handler): void {
  const latest = useRef(listener)
  latest.current = listener
  useLayoutEffect(() => {
    const mine: Handler = (code, qty) => latest.current(code, qty)
    handler = mine
    return () => { if (handler === mine) handler = null }
  }, [])
}

const ICON: Record<Tone, IconName | null> = { idle: null, note: 'info', right: 'check', done: 'check', twice: null, wrong: 'cross', stop: 'alert' }

const CODE = /([A-Za-z0-9]+(?:-[A-Za-z0-9]+)+|\S+ \/ \S+)/

/** A sentence in which bins, numbers and variants (A-01-02, ZS-26-000010, 白色 / M) stay whole. */
export function Unbroken({ text }: { text: string }): JSX.Element {
  return <>{text.split(CODE).map((part, i) => (i % 2 && part.length <= 24 ? <span key={i} class="f-whole">{part}</span> : part))}</>
}

/** Always in the same place. Colour, icon and words say the same; sound said it before. */
export function Card({ idle, idleText = '', children }: { idle: string; idleText?: string; children?: ComponentChildren }): JSX.Element {
  const r = result.value
  const icon = ICON[r.tone]
  return (
    <section class={`f-card ${r.tone}`} role="status" aria-live="assertive" aria-atomic="true" data-tone={r.tone}>
      <div class="f-card-line">
        {r.tone === 'twice' ? <b class="f-x2">×2</b> : icon ? <Icon name={icon} size={36} /> : null}
        <div class="f-card-words">
          <b>{r.tone === 'idle' ? idle : r.title}</b>
          {(r.tone === 'idle' ? idleText : r.text) && <p><Unbroken text={r.tone === 'idle' ? idleText : r.text} /></p>}
          {r.code && (
            <details>
              <summary>{t('details')}</summary>
              <code>{r.code}</code>
            </details>
          )}
        </div>
      </div>
      {children}
    </section>
  )
}

/** A target for a glove. `why`: it may not be used now, for this reason; it stays and says so. */
export function Act({ label, why = '', kind = '', onClick, id }: {
  label: string; why?: string; kind?: '' | 'main' | 'risk'; onClick: () => void; id?: string
}): JSX.Element {
  return (
    <button type="button" id={id} class={`f-act ${kind}`} aria-disabled={why ? 'true' : undefined} onClick={() => { if (!why) onClick() }}>
      <span>{label}</span>
      {why && <small>{why}</small>}
    </button>
  )
}

export function Empty({ title, text, children }: { title: string; text: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="f-empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  )
}

/** A question from below, in reach of the thumb. Escape or the dark part means no. `top`: the soft keyboard needs the room below. */
export function Sheet({ title, text, top = false, onClose, children }: {
  title: string; text?: string; top?: boolean; onClose: () => void; children: ComponentChildren
}): JSX.Element {
  const box = useRef<HTMLDivElement>(null)
  const close = useRef(onClose)
  close.current = onClose
  useEffect(() => {
    const before = document.activeElement
    const first = box.current?.querySelector<HTMLElement>('[data-first]') ?? box.current
    first?.focus()
    const key = (e: KeyboardEvent) => {
      if (e.key === 'Escape') close.current()
      if (e.key !== 'Tab' || !box.current) return
      const stops = box.current.querySelectorAll<HTMLElement>('button, input')
      const edge = e.shiftKey ? stops[0] : stops[stops.length - 1]
      if (document.activeElement === edge) {
        e.preventDefault()
        ;(e.shiftKey ? stops[stops.length - 1] : stops[0])?.focus()
      }
    }
    addEventListener('keydown', key)
    return () => {
      removeEventListener('keydown', key)
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <div class={top ? 'f-veil top' : 'f-veil'} onClick={(e) => { if (e.target === e.currentTarget) onClose() }}>
      <div class="f-sheet" role="dialog" aria-modal="true" aria-label={title} tabIndex={-1} ref={box}>
        <h2>{title}</h2>
        {text && <p>{text}</p>}
        {children}
      </div>
    </div>
  )
}

/** Asks once, names the consequence. */
export function Ask({ title, text, yes, onYes, onClose, risk = false }: {
  title: string; text: string; yes: string; onYes: () => void; onClose: () => void; risk?: boolean
}): JSX.Element {
  return (
    <Sheet title={title} text={text} onClose={onClose}>
      <div class="f-row">
        <Act label={t('cancel')} onClick={onClose} />
        <Act label={yes} kind={risk ? 'risk' : 'main'} onClick={() => { onClose(); onYes() }} />
      </div>
    </Sheet>
  )
}

/** A number between min and max, by two big buttons. */
export function Count({ value, min, max }: { value: Signal<number>; min: number; max: number }): JSX.Element {
  const set = (n: number) => { value.value = Math.min(max, Math.max(min, n)) }
  return (
    <div class="f-count" role="group" aria-label={t('quantity')}>
      <button type="button" class="f-step" aria-label={t('less')} onClick={() => set(value.value - 1)}>−</button>
      <output aria-live="polite">{value.value}</output>
      <button type="button" class="f-step" aria-label={t('more')} onClick={() => set(value.value + 1)}>+</button>
    </div>
  )
}

/** The ⌨ way in: a code, and how many when more than one is wanted. Ends in the same path as a scan. */
export function HandInput({ max, code = '', onClose }: { max: number; code?: string; onClose: () => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null)
  const qty = useRef(signal(1)).current
  const send = () => {
    const said = (field.current?.value ?? '').trim()
    if (said === '') {
      field.current?.focus()
      return
    }
    onClose()
    typed = qty.value
    handScan(said)
  }
  return (
    <Sheet top title={t('byHand')} onClose={onClose}>
      <form onSubmit={(e) => { e.preventDefault(); send() }}>
        <label class="f-field">
          <span>{t('code')}</span>
          <input ref={field} data-first defaultValue={code} required autocomplete="off" autocapitalize="off" spellcheck={false} enterkeyhint="done" name="code" />
        </label>
        {max > 1 && <Count value={qty} min={1} max={max} />}
        <div class="f-row">
          <Act label={t('cancel')} onClick={onClose} />
          <button type="submit" class="f-act main"><span>{t('enter')}</span></button>
        </div>
      </form>
    </Sheet>
  )
}

/** Name and variant as one word group, for sentences. */
export const what = (s: { name: string; variant: string }): string => (s.variant ? `${s.name} ${spec(s.variant)}` : s.name)

/** A photo keeps its room while it loads and leaves when it cannot be had offline. */
export function Photo({ src }: { src: string }): JSX.Element | null {
  if (!src) return null
  return <img class="f-photo" src={src} alt="" width={96} height={96} onError={(e) => { e.currentTarget.style.visibility = 'hidden' }} />
}
