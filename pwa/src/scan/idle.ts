/** Silence after the last key. A page that was busy first hears the keys that wait: its timers may come before them. */
const IDLE_MS = 220
/** A timer later than this: the page was busy, and keys may have come meanwhile. */
const LATE_MS = 30

export class Idle {
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly silent: () => void) {}

  /** A key: the silence begins anew. */
  again(): void {
    this.cancel()
    this.wait(IDLE_MS)
  }

  cancel(): void {
    clearTimeout(this.timer)
  }

  private wait(ms: number): void {
    const due = performance.now() + ms
    this.timer = setTimeout(() => {
      if (performance.now() - due > LATE_MS) this.wait(LATE_MS)
      else this.timer = setTimeout(this.silent, 0)
    }, ms)
  }
}
