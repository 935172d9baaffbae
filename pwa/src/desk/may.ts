// What a role may do here, and the reason to show when it may not. The server judges again.
import type { Role } from '../app/session'
import { session } from '../app/session'
import { t } from './words'

export type Deed = 'hold' | 'release' | 'match' | 'note' | 'wave' | 'pull' | 'print' | 'task' | 'goods' | 'rules'
const HELPERS: readonly Role[] = ['service', 'manager']
const MAKERS: readonly Role[] = ['service', 'stock', 'manager']
const KEEPERS: readonly Role[] = ['stock', 'manager']
const BOSS: readonly Role[] = ['manager']
const WHO: Record<Deed, readonly Role[]> = {
  hold: HELPERS, release: HELPERS, note: HELPERS, pull: HELPERS,
  goods: KEEPERS, match: MAKERS, wave: MAKERS, print: MAKERS,
  rules: BOSS,
  task: ['service', 'stock', 'finance', 'manager'],
}

/** '' when this person may; else why not. */
export function mayNot(deed: Deed): string {
  const role = session.value?.person.role
  if (role !== undefined && WHO[deed].includes(role)) return ''
  if (WHO[deed] === KEEPERS) return t('只有库管和管理能做')
  if (WHO[deed] === BOSS) return t('只有管理能做')
  return WHO[deed] === HELPERS ? t('只有客服和管理能做') : t('只有客服、库管和管理能做')
}
