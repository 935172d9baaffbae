/** What a browser has and Node has not: IndexedDB and localStorage in memory. */
import 'fake-indexeddb/auto'

const kept = new Map<string, string>()
Object.defineProperty(globalThis, 'localStorage', {
  value: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
    clear: () => kept.clear(),
  },
})
// Some versions of Node have Web Locks, some have no navigator: the tests want the same everywhere.
Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true })
