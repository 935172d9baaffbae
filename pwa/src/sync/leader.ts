/**
 * Which of several tabs talks to the server: the one that holds a Web Lock. A tab that becomes visible takes the lock
 * away from one that is hidden and may be frozen. Without Web Locks every tab talks; global event ids make that harmless.
 */

const LOCK = 'zhongshu-sync'

interface Locks {
  request<T>(name: string, options: { signal?: AbortSignal; steal?: boolean }, work: () => Promise<T>): Promise<T>
}

/** Runs `work` whenever this tab leads, until `signal`. `work` ends when its own signal says so. */
export async function lead(signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const locks = (navigator as { locks?: Locks }).locks
  if (!locks) return work(signal)
  let leading = false
  let wanted: AbortController | null = null
  let steal = false
  const visible = (): void => {
    if (document.visibilityState !== 'visible' || leading) return
    steal = true
    wanted?.abort()
  }
  const watched = typeof document === 'undefined' ? null : document
  watched?.addEventListener('visibilitychange', visible)
  try {
    while (!signal.aborted) {
      const mine = new AbortController()
      const ask = new AbortController()
      const end = (): void => {
        mine.abort()
        ask.abort()
      }
      signal.addEventListener('abort', end)
      wanted = ask
      const options = steal ? { steal: true } : { signal: ask.signal }
      steal = false
      try {
        await locks.request(LOCK, options, async () => {
          leading = true
          await work(mine.signal)
        })
      } catch (error) {
        // Aborted while waiting, or stolen while leading: ask again. Anything else is the work's own fault.
        if (!(error instanceof DOMException && error.name === 'AbortError')) throw error
      } finally {
        leading = false
        mine.abort()
        signal.removeEventListener('abort', end)
      }
    }
  } finally {
    watched?.removeEventListener('visibilitychange', visible)
  }
}
