// Hash router: #/orders/<id>?state=paid. A filter is an address that can be sent to a colleague.
import { computed, signal } from '@preact/signals'

export interface Route {
  readonly path: readonly string[]
  readonly query: Readonly<Record<string, string>>
}

export function parse(hash: string): Route {
  const bare = hash.replace(/^#?\/?/, '')
  const cut = bare.indexOf('?')
  const query: Record<string, string> = {}
  if (cut >= 0) new URLSearchParams(bare.slice(cut + 1)).forEach((value, name) => { if (value) query[name] = value })
  const path = (cut >= 0 ? bare.slice(0, cut) : bare).split('/').filter(Boolean).map(unescape)
  return { path, query }
}

function unescape(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a hand-typed % that is no escape
  }
}

/** The address of a route; empty query values are left out and names are sorted, so equal routes are equal texts. */
export function href(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const said = new URLSearchParams()
  for (const name of Object.keys(query).sort()) {
    const value = query[name]
    if (value) said.set(name, value)
  }
  const tail = said.toString()
  return '#/' + path.map(encodeURIComponent).join('/') + (tail ? '?' + tail : '')
}

/** A place in the app as the server writes it ('/tasks?kind=hold'): the page itself is at '/', places are after '#'. */
export const inside = (link: string): string => { const to = parse(link); return href(to.path, to.query) }

const hash = signal(typeof location === 'undefined' ? '' : location.hash)
export const route = computed(() => parse(hash.value))

export function go(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}, replace = false): void {
  const next = href(path, query)
  if (next === location.hash) return
  if (replace) history.replaceState(null, '', next)
  else history.pushState(null, '', next)
  hash.value = next
}

/** Change some of the query of where we are; undefined or '' removes. */
export function refine(change: Readonly<Record<string, string | undefined>>, replace = false): void {
  const now = route.peek()
  go(now.path, { ...now.query, ...change }, replace)
}

export function startRouter(): void {
  const follow = () => { hash.value = location.hash }
  addEventListener('hashchange', follow)
  addEventListener('popstate', follow)
  follow()
}
