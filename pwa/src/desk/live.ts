// What the server says, asked again every five seconds while somebody looks. Old rows stay until new ones are here.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { signal } from '@preact/signals'
import { api, wordsOf, type ApiError, type Method } from '../app/http'
import { expired } from '../app/session'
import { toast } from '../ui/toast'

export interface Live<T> {
  data: T | null
  error: ApiError | null
  /** Epoch ms of the data shown. */
  at: number | null
  /** The data shown belongs to another question (a filter was changed just now). */
  turning: boolean
  reload: () => void
}

const EVERY = 5000
/** Goes up after each action: everything shown is asked again. */
const turn = signal(0)
export const changed = (): void => { turn.value++ }

interface Held<T> { path: string | null; data: T | null; error: ApiError | null; at: number | null }

/** `path` null: nothing to ask. `every` 0: once, and after actions. */
export function useLive<T>(path: string | null, every = EVERY): Live<T> {
  const [held, setHeld] = useState<Held<T>>({ path, data: null, error: null, at: null })
  const asking = useRef(0)
  const ask = useCallback(async () => {
    if (path === null || expired.peek()) return
    const mine = ++asking.current
    try {
      const data = await api<T>('GET', path)
      if (mine === asking.current) setHeld({ path, data, error: null, at: Date.now() })
    } catch (e) {
      const error = wordsOf(e)
      // a refusal of another question empties it; a failure of the same one keeps the old rows and says their age
      if (mine === asking.current) setHeld((h) => (h.path === path ? { ...h, error } : { path, data: null, error, at: null }))
    }
  }, [path])
  const seen = turn.value
  useEffect(() => {
    void ask()
    return () => { asking.current++ }
  }, [ask, seen])
  useEffect(() => {
    if (every <= 0) return
    let timer = 0
    let over = false
    const next = () => {
      if (over) return
      timer = window.setTimeout(() => {
        if (document.visibilityState === 'visible') void ask().then(next)
        else next()
      }, every)
    }
    next()
    const look = () => { if (document.visibilityState === 'visible') void ask() }
    document.addEventListener('visibilitychange', look)
    return () => {
      over = true
      window.clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [ask, every])
  return { data: held.data, error: held.error, at: held.at, turning: held.path !== path, reload: changed }
}

/** Do one thing on the server, then look again. Throws ApiError: for dialogs that show the refusal themselves. */
export async function send<T>(method: Method, path: string, body?: unknown): Promise<T> {
  try {
    return await api<T>(method, path, body)
  } finally {
    changed()
    setTimeout(changed, 1500) // what follows an action (review, reserving) is done by jobs a moment later
  }
}

/** The same for plain buttons: a refusal becomes a toast. Resolves to whether it was done. */
export async function act(method: Method, path: string, body: unknown, done: string, undo?: () => Promise<unknown>): Promise<boolean> {
  try {
    await send(method, path, body)
    if (done) toast(done, undo ? { undo } : {})
    return true
  } catch (e) {
    const error = wordsOf(e)
    toast(error.message + (error.trace ? ` (${error.trace})` : ''), { bad: true })
    return false
  }
}
