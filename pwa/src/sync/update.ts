/** New versions of the app: the service worker keeps them waiting until a person, or an idle moment, says so. */
import { type ReadonlySignal, signal } from '@preact/signals'
import { idle } from './engine'

const CHECK_MS = 30 * 60_000
const waiting = signal<ServiceWorker | null>(null)
const ready = signal(false)
let asked = false
/** another tab has switched: this one still runs the old version */
let stale = false

/** A new version waits. */
export const update: ReadonlySignal<boolean> = ready

/** Switches to the new version once no write is under way; the page loads anew. The outbox is not touched. */
export async function applyUpdate(): Promise<void> {
  const worker = waiting.value
  if (!worker && !stale) return
  await idle()
  if (stale || !worker) return location.reload()
  asked = true
  worker.postMessage('SKIP_WAITING')
}

async function register(): Promise<void> {
  const container = navigator.serviceWorker
  const registration = (await container.register('/sw.js', { updateViaCache: 'none' })) as ServiceWorkerRegistration | undefined
  if (!registration) return // a browser that blocks service workers without saying so: online only
  const look = (): void => {
    // Without a controller this is the first installation, not an update.
    if (!registration.waiting || !container.controller) return
    waiting.value = registration.waiting
    ready.value = true
  }
  look()
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look))
  let controlled = container.controller !== null
  container.addEventListener('controllerchange', () => {
    if (asked) return location.reload()
    stale = controlled
    ready.value ||= stale
    controlled = true
  })
  const check = (): void => {
    if (document.visibilityState !== 'visible') return
    registration.update().catch((error: unknown) => console.info('update check', error)) // offline: the next one will do
  }
  document.addEventListener('visibilitychange', check)
  setInterval(check, CHECK_MS)
}

// Where there is no secure context (http://192.168.…) there is no service worker: the app works, online only.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  const go = (): void => {
    register().catch((error: unknown) => console.warn('service worker', error))
  }
  // After the load, so that the first visit's downloads do not compete. This may itself have been loaded late.
  if (document.readyState === 'complete') go()
  else addEventListener('load', go)
}
