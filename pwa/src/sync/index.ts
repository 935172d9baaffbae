/** All that the faces may use of the floor's data: signals to read, and the few verbs below. No UI in here. */
export type { EventKind as EventKindValue } from '../protocol/events'
export { EventKind } from '../protocol/events'
export type { FloorTask, Me, Parcel, ParcelItem, Pick, VerdictRow, Wave } from '../protocol/shapes'
export { RecordRefused } from '../store/errors'
export type { Link, Status } from './state'
export { me, parcels, picks, status, tasks, verdicts, waves } from './state'
export { acknowledgeLoss, forget, lastPerson, record, start, stop } from './engine'
export { applyUpdate, update } from './update'
