/** A task's detail as it comes from the server: words, goods in words ('TEE ×2 → A-01-01'), or JSON. Never buyer data. */
export interface Goods { sku: string; qty: number; bin: string }
export interface Detail { text: string; waybill: string; items: Goods[] }

const str = (x: unknown): string => (typeof x === 'string' ? x : typeof x === 'number' ? String(x) : '')

const rows = (said: unknown): Goods[] =>
  (Array.isArray(said) ? (said as unknown[]) : [])
    .filter((r): r is unknown[] => Array.isArray(r))
    .map((r) => ({ sku: str(r[0]), qty: Number(r[1]) || 0, bin: str(r[2]) }))

/** Goods only if every part is one: otherwise it is a sentence, and stays one. */
function inWords(text: string): Goods[] {
  const out: Goods[] = []
  for (const part of text.split(/[;\uff1b]/)) {
    const m = /^\s*(\S+) \u00d7(\d+)(?: \u2192 (\S+))?\s*$/.exec(part)
    if (!m) return []
    out.push({ sku: m[1] ?? '', qty: Number(m[2]), bin: m[3] ?? '' })
  }
  return out
}

export function detailOf(detail: string): Detail {
  if (detail.charAt(0) === '{' || detail.charAt(0) === '[') {
    try {
      const said = JSON.parse(detail) as unknown
      if (Array.isArray(said)) return { text: '', waybill: '', items: rows(said) }
      const map = said as Record<string, unknown>
      return { text: str(map['text']), waybill: str(map['waybill_no']), items: rows(map['items']) }
    } catch {
      return { text: detail, waybill: '', items: [] } // words that begin with a bracket
    }
  }
  const items = inWords(detail)
  return { text: items.length ? '' : detail, waybill: '', items }
}
