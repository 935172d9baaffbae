/** Scans, however they come: a reader that types, or the ⌨ field. Listened to only while someone wants them. */
import { clean } from './code'
import { type Listener, Queue, type Scan } from './queue'
import { startWedge } from './wedge'

export type { Scan }

// A listener's fault is the page's fault: it goes where uncaught errors go, and the next scan is delivered.
const queue = new Queue((error) => {
  setTimeout(() => {
    throw error
  })
})
const spoilt = new Set<(raw: string) => void>()
let stopWedge: (() => void) | null = null

/**
 * Calls `listener` for every scan until the returned function is called. A listener may return a promise: the next scan
 * waits for it.
 */
export function onScan(listener: Listener): () => void {
  const unlisten = queue.listen(listener)
  stopWedge ??= startWedge(
    (code) => take(code, 'wedge'),
    (raw) => {
      for (const one of [...spoilt]) one(raw)
    },
  )
  return () => {
    unlisten()
    if (queue.size) return
    stopWedge?.()
    stopWedge = null
  }
}

/** Calls `listener` for scans that an input method has made unreadable: they are refused, not guessed. */
export function onGarbled(listener: (raw: string) => void): () => void {
  spoilt.add(listener)
  return () => {
    spoilt.delete(listener)
  }
}

/** A code typed by hand goes the same way as a scanned one. */
export const handScan = (code: string): void => take(code, 'hand')

function take(raw: string, how: Scan['how']): void {
  const code = clean(raw)
  if (code) queue.push({ code, how })
}
