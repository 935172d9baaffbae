/**
 * Tells a reader's burst of keys from a person's. Pure: times come in, decisions go out; wedge.ts owns the events.
 *
 * One scan can come as real keys, as keys an IME hides (keyCode 229), as text a scanner's IME commits, or as a mix. What
 * an IME may have changed is rebuilt from the physical keys or refused, never passed on wrong.
 */

export interface BurstOptions {
  /** shorter bursts are not scans */
  min: number
  /** ms between keys outside of text fields: slow readers and Bluetooth need it */
  gap: number
  /** in someone's text field: the least length, the mean and the most ms between keys. People are slower. */
  fieldMin: number
  fieldMean: number
  fieldGap: number
}

export const DEFAULTS: BurstOptions = { min: 3, gap: 150, fieldMin: 5, fieldMean: 40, fieldGap: 75 }

/** `undo`: what the field was before the scan was typed into it. */
export type Outcome<U> =
  | { kind: 'scan'; code: string; undo: U | null }
  | { kind: 'garbled'; raw: string; undo: U | null }

/** The longest a page may have been busy for the stamp of an event to be believed. */
const STALL_MS = 60_000

const SHIFTED: Record<string, string> = {
  Digit1: '!', Digit2: '@', Digit3: '#', Digit4: '$', Digit5: '%', Digit6: '^', Digit7: '&', Digit8: '*', Digit9: '(',
  Digit0: ')', Minus: '_', Equal: '+', Slash: '?', Period: '>', Comma: '<', Semicolon: ':', Quote: '"', Backslash: '|',
  BracketLeft: '{', BracketRight: '}', Backquote: '~',
}
const PLAIN: Record<string, string> = {
  Minus: '-', Equal: '=', Slash: '/', Period: '.', Comma: ',', Semicolon: ';', Quote: "'", Backslash: '\\',
  BracketLeft: '[', BracketRight: ']', Backquote: '`', Space: ' ', NumpadAdd: '+', NumpadSubtract: '-',
  NumpadMultiply: '*', NumpadDivide: '/', NumpadDecimal: '.',
}

/**
 * When a key was pressed: by the event, as a busy page hears of it late. `now` where an old WebView has another clock
 * there or none.
 */
export const pressedAt = (stamp: number, now: number): number => (stamp > 0 && stamp <= now + 1 && now - stamp < STALL_MS ? stamp : now)

/** The US-layout character of a physical key; "" when it has none. */
export function fromCode(code: string, shift: boolean): string {
  const match = /^(?:Key([A-Z])|(Digit|Numpad)(\d))$/.exec(code)
  if (match?.[1]) return shift ? match[1] : match[1].toLowerCase()
  if (match?.[3]) return (shift && match[2] === 'Digit' ? SHIFTED[code] : undefined) ?? match[3]
  return (shift ? SHIFTED[code] : undefined) ?? PLAIN[code] ?? ''
}

/** Printable ASCII and the GS1 separator: what a reader sends. */
const legible = (code: string): boolean => !/[^\x1d\x20-\x7e]/.test(code)

export class Burst<U> {
  /** what arrived as text: real keys, and what the sink was given */
  private text = ''
  /** the same as physical keys: real ones, and those of hidden ones that have a code */
  private keys = ''
  private hidden = 0
  /** hidden keys without a code */
  private blind = 0
  private field: { at: number; undo: U }[] | null = null
  private last = 0

  constructor(private readonly options: BurstOptions = DEFAULTS) {}

  get length(): number {
    return Math.max(this.text.length, this.keys.length, this.hidden)
  }

  /** A key whose character is known. `undo`: in a person's text field, that field as it is before the key. */
  key(now: number, ch: string, undo: U | null): void {
    // From a button into a field, or back: that is a person.
    if (this.length && (this.field === null) !== (undo === null)) this.reset()
    const first = this.touch(now)
    if (first) this.field = undo === null ? null : []
    if (this.field && undo !== null) this.field.push({ at: now, undo })
    this.text += ch
    this.keys += ch
  }

  /** A key an IME hides; `ch` as its code says, or "". Its text comes by `commit`. */
  hiddenKey(now: number, ch: string): void {
    this.touch(now)
    this.hidden++
    if (ch) this.keys += ch
    else this.blind++
  }

  /** Text that no real key delivered. True: it ends with a line end, the burst is over. */
  commit(now: number, text: string): boolean {
    this.touch(now)
    this.text += text
    return /[\r\n\t]$/.test(text)
  }

  /** The burst is over: by Enter or Tab, or by silence. null: these were a person's keys. */
  end(now: number, bySuffix: boolean): Outcome<U> | null {
    const late = bySuffix && now - this.last > this.options.gap * 2
    const outcome = !this.length || late ? null : this.field ? this.fromField(this.field) : this.fromKeys()
    this.reset()
    return outcome
  }

  reset(): void {
    this.text = this.keys = ''
    this.hidden = this.blind = 0
    this.field = null
  }

  /** True when this begins a burst. */
  private touch(now: number): boolean {
    if (this.length && now - this.last > this.options.gap) this.reset()
    const first = this.length === 0
    this.last = now
    return first
  }

  /** The fast tail of what was typed into a field is a scan; what a person typed before it stays in the field. */
  private fromField(typed: { at: number; undo: U }[]): Outcome<U> | null {
    const { fieldMin, fieldMean, fieldGap } = this.options
    let from = typed.length - 1
    while (from > 0 && typed[from]!.at - typed[from - 1]!.at <= fieldGap) from--
    const tail = typed.length - from
    const start = typed[from]
    if (!start || tail < fieldMin) return null
    if ((this.last - start.at) / (tail - 1) > fieldMean) return null
    const code = this.text.slice(-tail)
    return legible(code) ? { kind: 'scan', code, undo: start.undo } : { kind: 'garbled', raw: code, undo: start.undo }
  }

  private fromKeys(): Outcome<U> | null {
    const text = this.text.replace(/[\r\n\t]+$/, '')
    if (this.length < this.options.min) return null
    // Every hidden key has a code: the physical keys win. Otherwise the text must be at least as long as the keys pressed
    // (an IME that takes "data123456" may pass on "23456").
    const code = this.hidden && !this.blind && this.keys.length >= text.length ? this.keys : text
    const whole = code === this.keys || code.length >= this.hidden
    if (!whole || !legible(code) || code.length < this.options.min) return { kind: 'garbled', raw: code, undo: null }
    return { kind: 'scan', code, undo: null }
  }
}
