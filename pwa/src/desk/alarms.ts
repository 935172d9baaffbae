// What the alert strip of 看板 says of tasks. Pure: the rows shown are the most overdue, the counts are of all.
import { moment } from '../ui/format'

export interface Alarms {
  stops: number
  lost: number
  /** Overdue, of the rows that came; `more`: there may be others. */
  late: number
  more: boolean
}

export function alarms(rows: readonly { kind: string; due_at: string | null }[], counts: Partial<Record<string, number>>, now: number): Alarms {
  const late = rows.filter((x) => { const due = moment(x.due_at); return due !== null && due < now }).length
  const all = Object.values(counts).reduce<number>((sum, n) => sum + (n ?? 0), 0)
  return { stops: counts['intercept'] ?? 0, lost: counts['write_back'] ?? 0, late, more: late > 0 && late === rows.length && all > late }
}
