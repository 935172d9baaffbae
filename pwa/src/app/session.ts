// Who is here. Online the server says so; without network a floor person comes in from the rows of the device.
import { computed, signal } from '@preact/signals'
import * as sync from '../sync'
import { ApiError, api, onUnauthenticated } from './http'
import { t } from './i18n'

export type Role = 'service' | 'warehouse' | 'stock' | 'finance' | 'manager'
export interface Person { id: string; name: string; role: Role }
export interface Session {
  person: Person
  demo: boolean
  version: string
  unread: number
  warehouse: { id: string; name: string } | null
  /** True: came in from stored rows, the server has not been asked yet. */
  offline: boolean
}
interface Answer { person: Person; demo: boolean; version: string; unread: number; warehouse: { id: string; name: string } | null }

export const session = signal<Session | null>(null)
/** starting: not asked yet · in · out: must log in · unreachable: no network and nobody known on this device. */
export const phase = signal<'starting' | 'in' | 'out' | 'unreachable'>('starting')
/** The server no longer knows us, though we are in: work on the floor goes on, uploads wait for a log-in. */
export const expired = signal(false)

/** For whom and under which device name the floor engine runs ('' when it does not). */
export const floorFor = signal('')

const FLOOR: readonly string[] = ['warehouse', 'stock', 'manager']
const DESK: readonly string[] = ['service', 'stock', 'finance', 'manager']
export const mayFloor = computed(() => FLOOR.includes(session.value?.person.role ?? ''))
export const mayDesk = computed(() => DESK.includes(session.value?.person.role ?? ''))

const NAME_KEPT = 'zhongshu.device'
export const deviceName = signal(readName())

function readName(): string {
  try {
    return localStorage.getItem(NAME_KEPT) ?? ''
  } catch {
    return '' // storage is forbidden: the name is asked again
  }
}

export function nameDevice(name: string): void {
  deviceName.value = name
  try {
    localStorage.setItem(NAME_KEPT, name)
  } catch {
    return
  }
}

function enter(answer: Answer): void {
  session.value = { ...answer, offline: false }
  expired.value = false
  phase.value = 'in'
}

/** Ask the server who we are; without an answer, let in whom the device knows. */
export async function openSession(): Promise<void> {
  try {
    enter(await api<Answer>('GET', '/api/me'))
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.status === 401) {
      if (phase.value !== 'in') phase.value = 'out'
      return
    }
    if (phase.value === 'in') return
    await enterFromDevice()
  }
}

async function enterFromDevice(): Promise<void> {
  const known = await sync.lastPerson()
  if (known === null || !FLOOR.includes(known.role)) {
    phase.value = 'unreachable'
    return
  }
  session.value = {
    person: { id: known.id, name: known.name, role: known.role as Role },
    demo: false, version: '', unread: 0, warehouse: null, offline: true,
  }
  phase.value = 'in'
}

export async function login(name: string, password: string): Promise<void> {
  await api<{ person: Person }>('POST', '/api/login', { login: name, password })
  const answer = await api<Answer>('GET', '/api/me')
  if (floorFor.value) {
    await sync.stop() // the face starts it again, for whoever this is now; what is unsent stays
    floorFor.value = ''
  }
  enter(answer)
}

/** Why one may not log out now; '' when one may. */
export const staying = computed(() => {
  const waits = sync.status.value.unsent
  return waits > 0 ? t('还有 {n} 条扫描没有上传，联网上传后才能退出', { n: waits }) : ''
})

/** Throws ApiError when scans are unsent or the server cannot be told. */
export async function logout(): Promise<void> {
  if (staying.value) throw new ApiError(0, 'unsent', staying.value)
  await api<void>('POST', '/api/logout').catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error // 401: it has ended already
  })
  await sync.stop()
  await sync.forget()
  floorFor.value = ''
  session.value = null
  phase.value = 'out'
}

/** To the log-in screen without dropping anything of the device. */
export function logInAgain(): void {
  phase.value = 'out'
}

/** Back from the log-in screen to the work on the floor; uploads go on waiting. */
export function stayIn(): void {
  if (session.value !== null) phase.value = 'in'
}

onUnauthenticated(() => {
  if (phase.value === 'in') expired.value = true
})
