// Where one was in connecting a shop, on this device: leaving and coming back goes on there. Never a secret.
export interface Draft { platform: string; ticks: string[]; name: string; app_key: string; external_id: string; base_url: string }
export const STEPS = ['platform', 'prepare', 'key', 'authorise', 'test', 'options', 'backfill', 'done'] as const
export type StepName = (typeof STEPS)[number]
/** Those that need a shop. */
export const LATER: readonly StepName[] = ['authorise', 'test', 'options', 'backfill', 'done']

const DRAFT = 'zhongshu.shop.draft'
const AT = 'zhongshu.shop.at'
const SENT = 'zhongshu.shop.sent'

function read<T>(key: string, otherwise: T): T {
  try {
    const kept = localStorage.getItem(key)
    return kept === null ? otherwise : { ...otherwise, ...(JSON.parse(kept) as T) }
  } catch {
    return otherwise // storage is forbidden or was written by another version: one begins anew
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(value))
  } catch {
    return
  }
}

const EMPTY: Draft = { platform: '', ticks: [], name: '', app_key: '', external_id: '', base_url: '' }
/** The shop that is not registered yet. */
export const draft = (): Draft => read(DRAFT, EMPTY)
/** What was typed for another platform does not come along. */
export const draftOf = (platform: string): Draft => (draft().platform === platform ? draft() : { ...EMPTY, platform })
export const keepDraft = (platform: string, change: Partial<Draft>): void => write(DRAFT, { ...draftOf(platform), ...change })
export const dropDraft = (): void => write(DRAFT, null)

/** The step at which a registered shop is; '' when this device has not connected it or is through. */
export function stepOf(shop: string): StepName | '' {
  const at = read<Record<string, string>>(AT, {})[shop]
  return LATER.find((s) => s === at) ?? ''
}
export function keepStep(shop: string, step: StepName | ''): void {
  const { [shop]: _, ...others } = read<Record<string, string>>(AT, {})
  write(AT, step === '' || step === 'done' ? others : { ...others, [shop]: step })
}

/** The shop whose owner was sent to the platform last: who comes back is taken to it. */
export const sent = (): string => read<{ shop: string }>(SENT, { shop: '' }).shop
export const keepSent = (shop: string): void => write(SENT, { shop })
