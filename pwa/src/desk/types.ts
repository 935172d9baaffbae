// The JSON of the API that the desk reads.
export interface OrderRow {
  id: string; no: string; platform: string; shop_name: string; external_id: string; ladder: string; holds: string[]
  placed_at: string | null; paid_at: string | null; handed_over_at: string | null
  units: number; total_minor: number; currency: string; buyer_masked: string
}
export interface Page<T> { rows: T[]; next: string | null; total: number }
export interface Sku { id: string; code: string; name: string; variant: string }
export interface SkuRow extends Sku { barcodes: string[]; on_hand: number; reserved: number; bin: string }
export interface SkuPart extends Sku { qty: number }
/** on_hand of a bundle: how many could be put together now. */
export interface SkuFull extends SkuRow { retired: boolean; listings: number; parts: SkuPart[] }
export interface Listing {
  id: string; shop_id: string; shop_name: string; platform: string; item: string; platform_sku: string; outer_code: string; barcode: string; title: string; spec: string
  state: 'on' | 'off' | 'deleted' | 'gone'; qty: number | null; how: '' | 'code' | 'barcode' | 'hand'; sku: Sku | null; matched_by: string; matched_at: string | null
  seen_at: string | null; waiting: number
}
export interface Suggestion { sku: Sku; bin: string; on_hand: number; reserved: number; score: number; why: 'code' | 'barcode' | 'text' }
export interface Line {
  id: string; title: string; spec: string; outer_code: string; sku: Sku | null; qty: number; unit_minor: number; reserved: number; picked: number
  /** Of a bundle: how many of each for the whole line. */
  parts: { code: string; name: string; variant: string; qty: number }[]
}
export interface ParcelView {
  id: string; no: string; state: string; waybill_no: string; carrier: string; label_version: number; label_state: string; print_job_id: string | null; stop: string
}
export interface Task {
  id: string; kind: string; subject_kind: string; subject_id: string; order_id: string | null; order_no: string; reason: string; title: string
  /** What the one button does; '': it ends by itself. */
  action: 'release' | 'match' | 'retry' | 'done' | ''
  detail: Record<string, unknown>; owner: string
  opened_at: string; due_at: string | null; closed_at: string | null; closed_by: string; outcome: string
}
export interface StoryLine {
  at: string; recorded_at: string; kind: string; text: string; who: string; device: string; reason: string
  from: Record<string, unknown>; to: Record<string, unknown>
}
export type Fact = 'paid' | 'reviewed' | 'reserved' | 'picked' | 'packed' | 'handed_over' | 'written_back' | 'collected' | 'completed' | 'refund' | 'cancelled'
export interface Amounts { currency: string; goods_minor: number; discount_minor: number; freight_minor: number; total_minor: number }
export interface Order extends OrderRow {
  version: number; facts: Partial<Record<Fact, string | null>>; ladder_times: Partial<Record<string, string | null>>
  lines: Line[]; receiver: { masked: Record<string, string>; region: string[]; version: number; plain: boolean }
  note_present: boolean; amounts: Amounts; parcels: ParcelView[]; tasks: Task[]; story: StoryLine[]
}
export interface Shop {
  id: string; platform: string; name: string; state: string; last_pull_at: string | null; watermark: string | null; orders_today: number; error: string
  listings: { at: string | null; state: '' | 'running' | 'failed'; seen: number; error: string }; powers: { listings: boolean }
}
export interface WaveRow {
  id: string; no: string; state: string; device_id: string; device: string; person: string; on_floor: boolean; orders: number; units: number; picked_units: number; created_at: string
}
export interface Device { id: string; name: string; person: string; last_seen_at: string | null; unsent: number }
export interface PrintJob { id: string; kind: string; subject_no: string; state: string; pages: number | null; created_at: string; error: string }
export interface InboxRow { id: string; kind: string; title: string; text: string; at: string; read: boolean; link: string }
export type ImportMode = 'dry' | 'file' | 'row'
export type ImportOutcome = 'new' | 'held' | 'known' | 'older' | 'bad'
export interface ImportLine { no: number; external_id: string; outcome: ImportOutcome; message: string }
export interface ImportReport {
  id: string | null; mode: ImportMode; stored: boolean; rows: number; orders: number; counts: Record<ImportOutcome, number>
  /** When the very same file was imported before. */
  again: string | null
  columns: string[]; list: ImportLine[]
}
export interface ImportRow { id: string; shop_name: string; name: string; mode: ImportMode; rows: number; good: number; bad: number; by: string; made_at: string }
