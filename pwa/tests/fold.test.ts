/** The overlay: what a person did shows at once, on rows the server sent. */
import { describe, expect, it } from 'vitest'
import { EventKind, type Pending } from '../src/protocol/events'
import { pack } from '../src/protocol/pack'
import { decodeRow, type FloorTask, type Parcel, type Pick } from '../src/protocol/shapes'
import { fold } from '../src/sync/fold'

const pick = (id: string, qty: number, picked: number, state = 'open'): Pick =>
  decodeRow(2, pack([id, 'w', 'O1', '3', 'SKU', '帽子', '红', 'A-01-01', ['690'], qty, picked, state, '']))
const parcel = (id: string, state: string, waybill = `WB${id}`): Parcel =>
  decodeRow(3, pack([id, 'ZP1', 'O1', 'w', '3', state, waybill, 'SLX', 'R1', 1, 1, '', [['SKU', '帽子', '红', 2, ['690']]]]))
const task = (id: string): FloorTask => decodeRow(4, pack([id, 'reprint', 'O1', 'ZP1', 'r', 'd', 'open', 5]))

const floor = { picks: [pick('a', 3, 1), pick('b', 1, 0)], parcels: [parcel('p', 'ready'), parcel('q', 'stopped')], tasks: [task('t')] }
const after = (...events: Pending[]) => fold(floor, events)
const did = (kind: Pending['kind'], ...body: unknown[]): Pending => ({ kind, body })

describe('fold', () => {
  it('changes nothing without events, and touches only what events touch', () => {
    expect(fold(floor, [])).toBe(floor)
    const now = after(did(EventKind.pick, 'a', '690', 1))
    expect(now.parcels).toBe(floor.parcels)
    expect(now.picks[1]).toBe(floor.picks[1])
    expect(floor.picks[0]?.picked).toBe(1)
    expect(after(did(EventKind.foreignScan, 'pick', '1')).picks).toBe(floor.picks)
    expect(after(did(EventKind.pick, 'gone', '690', 1)).picks).toBe(floor.picks)
  })

  it('counts picks up to the quantity', () => {
    expect(after(did(EventKind.pick, 'a', '690', 1)).picks[0]).toMatchObject({ picked: 2, state: 'open' })
    expect(after(did(EventKind.pick, 'a', '690', 1), did(EventKind.pick, 'a', '690', 1)).picks[0]).toMatchObject({ picked: 3, state: 'done' })
    expect(after(did(EventKind.pick, 'a', '690', 9)).picks[0]).toMatchObject({ picked: 3, state: 'done' })
  })

  it('takes back, and opens again', () => {
    const back = after(did(EventKind.pick, 'b', '690', 1), did(EventKind.unpick, 'b', '690', 1, 'id'))
    expect(back.picks[1]).toMatchObject({ picked: 0, state: 'open' })
    expect(after(did(EventKind.unpick, 'b', '690', 5, 'id')).picks[1]).toMatchObject({ picked: 0 })
  })

  it('short, and what is cancelled stays so', () => {
    expect(after(did(EventKind.short, 'a', 2)).picks[0]?.state).toBe('short')
    const cancelled = { ...floor, picks: [pick('a', 3, 1, 'cancelled')] }
    expect(fold(cancelled, [did(EventKind.pick, 'a', '690', 2), did(EventKind.short, 'a', 1)]).picks).toBe(cancelled.picks)
  })

  it('packs and hands over, but never a stopped parcel', () => {
    expect(after(did(EventKind.pack, 'p', [['SKU', 2]])).parcels[0]?.state).toBe('packed')
    expect(after(did(EventKind.pack, 'q', [])).parcels[1]?.state).toBe('stopped')
    expect(after(did(EventKind.handOver, 'WBp', '', 1)).parcels[0]?.state).toBe('handed_over')
    expect(after(did(EventKind.handOver, 'other', 'p', 1)).parcels[0]?.state).toBe('handed_over')
    expect(after(did(EventKind.handOver, 'WBp', 'p', 1), did(EventKind.pack, 'p', [])).parcels[0]?.state).toBe('handed_over')
  })

  it('closes tasks', () => expect(after(did(EventKind.taskDone, 't', 'done')).tasks[0]?.state).toBe('done'))
})

describe('rows', () => {
  it('missing columns have defaults, extra ones are ignored', () => {
    expect(decodeRow(6, pack(['1', '小李', 'warehouse', 'later']))).toEqual({ id: '1', name: '小李', role: 'warehouse' })
    expect(decodeRow(3, pack(['p']))).toMatchObject({ id: 'p', items: [], oldWaybills: [], labelState: 'none', orderVersion: 0 })
    expect(parcel('p', 'ready').items).toEqual([{ skuCode: 'SKU', name: '帽子', variant: '红', qty: 2, barcodes: ['690'] }])
  })
})
