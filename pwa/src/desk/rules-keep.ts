// What is not saved yet, kept in this browser for each platform, so that no reload and no wrong click loses it.
import { signal } from '@preact/signals'
import type { Rule } from './rules-model'

/** base: the version it was begun on. from: the draft it goes on with, 0: none. at: epoch ms. */
export interface Kept { base: number; from: number; rules: Rule[]; at: number }

const name = (platform: string): string => `zhongshu.rules.${platform}`
const turn = signal(0)

function isKept(x: unknown): x is Kept {
  const k = x as Kept | null
  return typeof k === 'object' && k !== null && Number.isInteger(k.base) && Number.isInteger(k.from) && Number.isFinite(k.at) && Array.isArray(k.rules)
    && k.rules.every((r: unknown) => typeof r === 'object' && r !== null && typeof (r as Rule).name === 'string' && typeof (r as Rule).to === 'string')
}

export function keptOf(platform: string): Kept | null {
  void turn.value
  try {
    const found: unknown = JSON.parse(localStorage.getItem(name(platform)) ?? 'null')
    return isKept(found) ? found : null
  } catch {
    return null // storage is forbidden, or what is there is none of ours
  }
}

/** False: this browser keeps nothing, so the page must warn before it is left. */
export function keep(platform: string, kept: Kept): boolean {
  try {
    localStorage.setItem(name(platform), JSON.stringify(kept))
    return true
  } catch {
    return false
  }
}

export function drop(platform: string): void {
  try {
    localStorage.removeItem(name(platform))
  } catch {
    return
  } finally {
    turn.value++
  }
}
