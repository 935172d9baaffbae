/**
 * The reader that types: one owner of keydown for the whole window, in the capture phase. The Enter or Tab of a burst
 * never presses a button; a burst that went into a text field is taken out of it again.
 */
import { Burst, fromCode, type Outcome, pressedAt } from './burst'
import { Idle } from './idle'

/** The text of a hidden key comes right behind it, and was typed when that was pressed. */
const BEHIND_MS = 50

type Field = HTMLInputElement | HTMLTextAreaElement
interface Undo { field: Field; value: string; from: number | null; to: number | null }

const NOT_TEXT = /^(button|checkbox|radio|range|file|submit|reset|color|image)$/
const isField = (target: EventTarget | null): target is Field =>
  target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !NOT_TEXT.test(target.type))

function snapshot(field: Field): Undo {
  const selects = field instanceof HTMLTextAreaElement || /^(text|search|tel|url|password)$/.test(field.type)
  return { field, value: field.value, from: selects ? field.selectionStart : null, to: selects ? field.selectionEnd : null }
}

function restore({ field, value, from, to }: Undo): void {
  if (field.value === value) return
  field.value = value
  if (from !== null && to !== null) field.setSelectionRange(from, to)
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** An editable that scanner IMEs can write to, without a soft keyboard (readonly would cut the IME's connection). */
function makeSink(): HTMLInputElement {
  const sink = document.createElement('input')
  sink.setAttribute('inputmode', 'none')
  sink.setAttribute('aria-hidden', 'true')
  sink.autocomplete = 'off'
  sink.tabIndex = -1
  sink.className = 'scan-sink'
  Object.assign(sink.style, {
    position: 'fixed', left: '0', top: '0', width: '1px', height: '1px', opacity: '0', border: '0', padding: '0',
    pointerEvents: 'none',
  })
  document.body.append(sink)
  return sink
}

/** Listens until the returned function is called. `garbled`: a scan that an input method has spoilt. */
export function startWedge(scan: (code: string) => void, garbled: (raw: string) => void): () => void {
  const sink = makeSink()
  const burst = new Burst<Undo>()
  const idle = new Idle(() => settle(burst.end(performance.now(), false)))
  /** the last key: when it was pressed, and when it was heard */
  let pressed = -Infinity
  let heard = -Infinity

  const settle = (outcome: Outcome<Undo> | null): boolean => {
    idle.cancel()
    sink.value = ''
    if (!outcome) return false
    if (outcome.undo) restore(outcome.undo)
    if (outcome.kind === 'scan') scan(outcome.code)
    else garbled(outcome.raw)
    return true
  }
  const textAt = (event: Event): number => {
    const now = performance.now()
    return now - heard < BEHIND_MS ? pressed : pressedAt(event.timeStamp, now)
  }
  const swallow = (event: Event): void => {
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  const onKey = (event: KeyboardEvent): void => {
    heard = performance.now()
    const now = (pressed = pressedAt(event.timeStamp, heard))
    const { target, key, code } = event
    const theirs = target !== sink && isField(target) ? target : null
    const hidden = event.keyCode === 229 || key === 'Process' || key === 'Unidentified' || event.isComposing
    if (key === 'Enter' || key === 'Tab' || (hidden && (code === 'Enter' || code === 'NumpadEnter'))) {
      if (settle(burst.end(now, true))) swallow(event)
      return
    }
    if (event.repeat) return // a person holds a key down
    // A GS1 separator is typed as Ctrl+]. altKey is not looked at: some readers set it on every key.
    const separator = event.ctrlKey && (key === ']' || code === 'BracketRight')
    if ((event.ctrlKey || event.metaKey) && !separator) return
    if (hidden) {
      if (theirs) return // a person writes Chinese
      burst.hiddenKey(now, fromCode(code, event.shiftKey))
      idle.again()
      return
    }
    const ch = separator ? '\x1d' : key.length === 1 ? key : ''
    if (!ch) return
    const lone = burst.length === 0
    burst.key(now, ch, theirs ? snapshot(theirs) : null)
    idle.again()
    // A lone Space still presses the focused button.
    if (separator || (!theirs && !(ch === ' ' && lone))) event.preventDefault()
  }
  const onInput = (event: Event): void => {
    // Only text that no real key delivered gets here: those were prevented.
    if ((event as InputEvent).isComposing || !sink.value) return
    const over = burst.commit(textAt(event), sink.value)
    sink.value = ''
    if (over) settle(burst.end(performance.now(), false))
    else idle.again()
  }
  const onComposed = (event: CompositionEvent): void => {
    sink.value = ''
    if (!event.data) return
    burst.commit(textAt(event), event.data)
    idle.again()
  }
  const onPaste = (event: ClipboardEvent): void => {
    if (isField(event.target) && event.target !== sink) return
    const text = event.clipboardData?.getData('text/plain').trim() ?? ''
    if (!text) return
    event.preventDefault()
    burst.reset()
    if (/[^\x1d\x20-\x7e]/.test(text)) garbled(text)
    else scan(text)
  }

  // On touch devices the sink has the focus whenever nobody else needs it. On a desktop it never has: no IME engages.
  const touch = matchMedia('(pointer: coarse)').matches
  const refocus = (): void => {
    const active = document.activeElement
    const free = !active || active === document.body || active instanceof HTMLButtonElement
    if (free && !burst.length && document.visibilityState === 'visible') sink.focus({ preventScroll: true })
  }
  const later = (): void => {
    if (touch) setTimeout(refocus, 50)
  }
  window.addEventListener('keydown', onKey, true)
  window.addEventListener('paste', onPaste, true)
  sink.addEventListener('input', onInput)
  sink.addEventListener('compositionend', onComposed)
  const moments: [EventTarget, string][] = [
    [document, 'focusout'],
    [document, 'click'],
    [window, 'pageshow'],
    [document, 'visibilitychange'],
  ]
  for (const [target, name] of moments) target.addEventListener(name, later)
  later()
  return () => {
    idle.cancel()
    window.removeEventListener('keydown', onKey, true)
    window.removeEventListener('paste', onPaste, true)
    for (const [target, name] of moments) target.removeEventListener(name, later)
    sink.remove()
  }
}
