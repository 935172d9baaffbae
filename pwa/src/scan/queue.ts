/** Scans in their order, one after the other: a listener that still writes holds the next one back, none is dropped. */

export interface Scan {
  code: string
  how: 'wedge' | 'hand' | 'camera'
}
export type Listener = (scan: Scan) => void | Promise<void>

/** A listener that does not come to an end is not waited for any longer. */
const PATIENCE_MS = 5000

export class Queue {
  private readonly listeners = new Set<Listener>()
  private chain: Promise<void> = Promise.resolve()

  constructor(private readonly failed: (error: unknown) => void) {}

  get size(): number {
    return this.listeners.size
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }

  push(scan: Scan): void {
    this.chain = this.chain.then(() => this.deliver(scan))
  }

  private async deliver(scan: Scan): Promise<void> {
    for (const listener of [...this.listeners]) {
      try {
        const work = listener(scan)
        if (work) await Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS))])
      } catch (error) {
        this.failed(error)
      }
    }
  }
}
