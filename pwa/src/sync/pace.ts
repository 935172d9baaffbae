/** Waiting: back-off after faults, and sleeps that a bell ends. */

const FIRST_MS = 500
const MOST_MS = 30_000

/** Full jitter between 0.5 and 30 s; never gives up. */
export class Backoff {
  private tries = 0

  constructor(private readonly random: () => number = Math.random) {}

  next(): number {
    const top = Math.min(MOST_MS, FIRST_MS * 2 ** ++this.tries)
    return FIRST_MS + this.random() * (top - FIRST_MS)
  }

  reset(): void {
    this.tries = 0
  }
}

/** Wakes whoever waits; a ring while nobody waits is kept for the next one who does. */
export class Bell {
  private rung = false
  private wake: (() => void) | null = null

  ring(): void {
    this.rung = true
    this.wake?.()
  }

  /** Resolves at the next ring, at `signal`, or after `ms`. */
  async wait(signal: AbortSignal, ms?: number): Promise<void> {
    if (!this.rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
        signal.addEventListener('abort', this.wake, { once: true })
      })
      if (this.wake) signal.removeEventListener('abort', this.wake)
      this.wake = null
    }
    this.rung = false
  }
}
