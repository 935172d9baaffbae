/**
 * The service worker: the whole app is precached by content hash, all or nothing, and served from there. It never
 * touches /api/, nor /hooks/, where a platform sends a browser back. A new version waits until the page says that
 * nothing is in flight.
 */
/// <reference lib="webworker" />
declare const __VERSION__: string
declare const __PRECACHE__: [url: string, hash: string][]

const worker = self as unknown as ServiceWorkerGlobalScope
const PREFIX = 'zhongshu-'
const CACHE = PREFIX + __VERSION__
const keys = new Map(__PRECACHE__.map(([url, hash]) => [url, `${url}?h=${hash}`]))

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
  for (const [url, key] of keys) {
    let file: Response | undefined
    // What has not changed is copied, not downloaded again.
    for (const name of old) file ??= await (await caches.open(name)).match(key)
    if (!file) {
      file = await fetch(url, { cache: 'no-cache', credentials: 'same-origin' })
      if (!file.ok || file.redirected) throw new Error(`${url}: ${file.status}`)
    }
    await cache.put(key, file)
  }
}

async function activate(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name)
  await worker.clients.claim()
}

async function serve(request: Request, key: string): Promise<Response> {
  const cache = await caches.open(CACHE)
  return (await cache.match(key)) ?? fetch(request)
}

worker.addEventListener('install', (event) => event.waitUntil(install()))
worker.addEventListener('activate', (event) => event.waitUntil(activate()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== worker.location.origin || /^\/(api|hooks)\//.test(url.pathname)) return
  const key = keys.get(url.pathname) ?? (request.mode === 'navigate' ? keys.get('/index.html') : undefined)
  if (key) event.respondWith(serve(request, key))
})
worker.addEventListener('message', (event) => {
  if (event.data === 'SKIP_WAITING') void worker.skipWaiting()
})
