// The present, in steps of five seconds while somebody looks: what shows ages follows it.
import { signal } from '@preact/signals'

export const now = signal(Date.now())

export function startClock(): void {
  const look = () => { if (document.visibilityState === 'visible') now.value = Date.now() }
  setInterval(look, 5000)
  document.addEventListener('visibilitychange', look)
}
