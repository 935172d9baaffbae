/** What this device sent out today, by carrier. The parcel rows carry no time, so the device keeps its own count. */
import { signal } from '@preact/signals'

interface Today { day: string; counts: Readonly<Record<string, number>> }
const KEPT = 'zhongshu.out'

export function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** A stored count of another day, or anything unreadable, is a fresh day. */
export function parse(stored: string | null, day: string): Today {
  const fresh: Today = { day, counts: {} }
  if (!stored) return fresh
  try {
    const said = JSON.parse(stored) as Partial<Today>
    return said.day === day && said.counts ? { day, counts: said.counts } : fresh
  } catch {
    return fresh // written by something else: the count starts anew, scans are not concerned
  }
}

const read = (): Today => {
  const day = dayOf(new Date())
  try {
    return parse(localStorage.getItem(KEPT), day)
  } catch {
    return { day, counts: {} } // storage is forbidden: the count lasts as long as the page
  }
}

export const today = signal<Today>(read())

/** One more for a carrier; the new count. */
export function sent(carrier: string): number {
  const day = dayOf(new Date())
  const counts = today.value.day === day ? today.value.counts : {}
  const n = (counts[carrier] ?? 0) + 1
  today.value = { day, counts: { ...counts, [carrier]: n } }
  try {
    localStorage.setItem(KEPT, JSON.stringify(today.value))
  } catch {
    return n
  }
  return n
}

/** Past midnight the screen shows the new day. */
export function turnDay(): void {
  if (today.value.day !== dayOf(new Date())) today.value = read()
}
