import { describe, expect, it } from 'vitest'
import type { Parcel, Pick, Wave } from '../protocol/shapes'
import { detailOf } from './detail'
import {
  binOrder, current, findParcel, leaving, openWaves, outScan, packable, packed, packScan, pickScan, ready, sameCode, skuOf, slotOf, verified, walk,
} from './rules'
import { dayOf, parse } from './today'
import { zh } from './words'
import { en } from './words.en'

const RED_M = '6901000000013'
const RED_L = '6901000000020'
const CUP = '6901000000037'

const wave = (over: Partial<Wave> = {}): Wave => ({ id: 'w', no: 'W1001', state: 'open', orders: 2, units: 4, createdMs: 1, ...over })
const pick = (id: string, over: Partial<Pick> = {}): Pick => ({
  id, waveId: 'w', orderNo: 'ZS-1', slot: '1', skuCode: 'TEE-M', name: '连衣裙', variant: '红色/M', bin: 'A-01-01', barcodes: [RED_M], qty: 1, picked: 0, state: 'open', photo: '', ...over,
})
const parcel = (id: string, over: Partial<Parcel> = {}): Parcel => ({
  id, no: `ZP${id}`, orderNo: 'ZS-1', waveId: 'w', slot: '1', state: 'ready', waybillNo: `SLX${id}`, carrier: 'SLX', routeCode: 'R1', orderVersion: 1, labelVersion: 1,
  stop: '', labelState: 'ready', oldWaybills: [], waveNo: 'W1001',
  items: [{ skuCode: 'TEE-M', name: '连衣裙', variant: '红色/M', qty: 2, barcodes: [RED_M] }, { skuCode: 'CUP', name: '水杯', variant: '蓝', qty: 1, barcodes: [CUP] }], ...over,
})
const large = (id: string, over: Partial<Pick> = {}) => pick(id, { skuCode: 'TEE-L', variant: '红色/L', barcodes: [RED_L], bin: 'A-02-01', ...over })

describe('codes and order', () => {
  it('takes a GTIN for the same with or without leading zeros, and nothing else', () => {
    expect(sameCode('012345678905', '12345678905')).toBe(false) // 11 digits are no GTIN
    expect(sameCode('012345678905', '0012345678905')).toBe(true)
    expect(sameCode('W1', 'W1')).toBe(true)
    expect(sameCode('', '')).toBe(false)
  })
  it('walks bins by number, blanks last', () => {
    expect(['A-10-01', '', 'A-2-01', 'B-1', 'A-2'].sort(binOrder)).toEqual(['A-2', 'A-2-01', 'A-10-01', 'B-1', ''])
  })
  it('reads a tote slot', () => {
    expect(slotOf('ZSLOT-W1001-7')).toEqual({ waveNo: 'W1001', slot: '7' })
    expect(slotOf('ZSLOT-W1001')).toBeNull()
  })
  it('offers the oldest wave with something left first', () => {
    const waves = [wave({ id: 'b', createdMs: 5 }), wave({ id: 'a', createdMs: 2 }), wave({ id: 'c', createdMs: 1 })]
    expect(openWaves(waves, [pick('1', { waveId: 'a' }), pick('2', { waveId: 'b' })]).map((w) => w.id)).toEqual(['a', 'b'])
  })
})

describe('pick', () => {
  const picks = [large('2'), pick('1', { qty: 2 }), pick('3', { bin: 'C-1', skuCode: 'CUP', barcodes: [CUP], slot: '2', orderNo: 'ZS-2' })]
  const now = current(walk(picks, 'w'), '')
  const scan = (code: string, qty = 1, all = picks, at = now) => pickScan(code, qty, wave(), at, null, all, [parcel('9', { items: [{ skuCode: 'HAT', name: '帽', variant: '', qty: 1, barcodes: ['HATCODE'] }] })])

  it('goes in bin order and stays on a chosen one while it is open', () => {
    expect(now?.id).toBe('1')
    expect(current(walk(picks, 'w'), '3')?.id).toBe('3')
    expect(current(walk([pick('1'), pick('3', { picked: 1, state: 'done' })], 'w'), '3')?.id).toBe('1')
  })
  it('right: counts down', () => {
    expect(scan(RED_M)).toMatchObject({ kind: 'right', left: 1, jumped: false, complete: false })
    expect(scan(RED_M, 2)).toMatchObject({ kind: 'right', left: 0, qty: 2 })
  })
  it('right: jumps to another open pick of the wave', () => {
    expect(scan(RED_L)).toMatchObject({ kind: 'right', pick: { id: '2' }, jumped: true })
  })
  it('prefers the pick on the screen among equal SKUs', () => {
    const twin = [pick('1'), pick('2', { slot: '2' })]
    expect(scan(RED_M, 1, twin, twin[1])).toMatchObject({ pick: { id: '2' }, jumped: false })
  })
  it('typed too many is refused whole', () => {
    expect(scan(RED_M, 3)).toMatchObject({ kind: 'over', left: 2, qty: 3 })
  })
  it('a second scan of what is enough is a duplicate', () => {
    expect(scan(RED_M, 1, [pick('1', { picked: 1, state: 'done' }), large('2')])).toMatchObject({ kind: 'over', left: 0 })
  })
  it('takes what was missing and turns up, after what is open', () => {
    expect(scan(RED_M, 1, [pick('1', { state: 'short' }), large('2')])).toMatchObject({ kind: 'right', pick: { id: '1' } })
    expect(scan(RED_M, 1, [pick('1', { state: 'short' }), pick('2', { bin: 'B-1' })])).toMatchObject({ kind: 'right', pick: { id: '2' } })
  })
  it('what was stopped must not be picked', () => {
    expect(scan(RED_M, 1, [pick('1', { state: 'cancelled' }), large('2')])).toMatchObject({ kind: 'ended', pick: { state: 'cancelled' } })
  })
  it('wrong: names the thing when any row knows it', () => {
    expect(scan('HATCODE')).toMatchObject({ kind: 'wrong', scanned: { name: '帽' }, wanted: { id: '1' } })
    expect(scan('???')).toMatchObject({ kind: 'wrong', scanned: null })
  })
  it('never takes a pick of another wave', () => {
    expect(scan(RED_L, 1, [pick('1'), large('2', { waveId: 'other' })])).toMatchObject({ kind: 'wrong', scanned: { variant: '红色/L' } })
  })
  it('says when the wave is complete, short ones not counted', () => {
    const all = [pick('1'), large('2', { state: 'short' })]
    expect(scan(RED_M, 1, all, all[0])).toMatchObject({ kind: 'right', complete: true })
  })
  it('checks slots and bins without counting', () => {
    expect(scan('ZSLOT-W1001-1')).toMatchObject({ kind: 'slot', right: true })
    expect(scan('ZSLOT-W1001-2')).toMatchObject({ kind: 'slot', right: false, said: '2', want: '1' })
    expect(scan('ZSLOT-W9-1')).toMatchObject({ kind: 'slot', right: false })
    expect(scan('A-01-01')).toMatchObject({ kind: 'bin', right: true })
    expect(scan('C-1')).toMatchObject({ kind: 'bin', right: false })
  })
})

describe('pack', () => {
  it('is ready when the server says so, or when this device picked everything', () => {
    const own = [pick('1', { qty: 2, picked: 2, state: 'done' }), pick('2', { skuCode: 'CUP', barcodes: [CUP], picked: 1, state: 'done' })]
    expect(ready(parcel('1'), [])).toBe(true)
    expect(ready(parcel('1', { state: 'picking' }), own)).toBe(true)
    expect(ready(parcel('1', { state: 'picking' }), own.slice(0, 1))).toBe(false) // part of the order is on another device
    expect(ready(parcel('1', { state: 'picking' }), [])).toBe(false)
    expect(ready(parcel('1', { stop: 'refund' }), own)).toBe(false)
    expect(packable([parcel('1', { slot: '10' }), parcel('2', { slot: '9' }), parcel('3', { state: 'packed' })], []).map((p) => p.id)).toEqual(['2', '1'])
  })
  it('finds by slot, parcel, order and label', () => {
    const all = [parcel('1'), parcel('2', { slot: '2', orderNo: 'ZS-2' })]
    for (const code of ['ZSLOT-W1001-2', 'ZP2', 'ZS-2', 'SLX2']) expect(findParcel(code, [], all)).toMatchObject({ kind: 'open', parcel: { id: '2' } })
    expect(findParcel('nothing', [], all)).toEqual({ kind: 'unknown', sku: null })
    expect(findParcel(CUP, [], all)).toMatchObject({ kind: 'unknown', sku: { name: '水杯' } })
  })
  it('a slot is one of its own wave, also of a wave that another device picked', () => {
    const all = [parcel('1', { waveNo: 'W7' }), parcel('2', { waveNo: 'W8' }), parcel('3')]
    expect(findParcel('ZSLOT-W7-1', [], all)).toMatchObject({ kind: 'open', parcel: { id: '1' } })
    expect(findParcel('ZSLOT-W9-1', [], all)).toMatchObject({ kind: 'unknown' })
  })
  it('a stopped one is a stop, and a cancelled one does not hide its successor', () => {
    expect(findParcel('ZP1', [], [parcel('1', { stop: 'refund_asked' })]).kind).toBe('stop')
    expect(findParcel('ZP1', [], [parcel('1', { state: 'cancelled' })]).kind).toBe('stop')
    expect(findParcel('ZS-1', [], [parcel('1', { state: 'cancelled' }), parcel('2')])).toMatchObject({ kind: 'open', parcel: { id: '2' } })
    expect(findParcel('ZP1', [], [parcel('1', { state: 'packed' })]).kind).toBe('packed')
    expect(findParcel('ZP1', [], [parcel('1', { state: 'handed_over' })]).kind).toBe('gone')
    expect(findParcel('ZP1', [], [parcel('1', { state: 'picking' })]).kind).toBe('not_ready')
  })

  const p = parcel('1', { oldWaybills: ['OLD1'] })
  const scan = (code: string, tally = {}, qty = 1) => packScan(code, qty, p, tally, [large('5')], [p, parcel('2', { slot: '2', orderNo: 'ZS-2' })])
  it('verifies item by item', () => {
    expect(scan(RED_M)).toMatchObject({ kind: 'right', left: 1, complete: false })
    expect(scan(RED_M, { 'TEE-M': 2 })).toMatchObject({ kind: 'over', left: 0 })
    expect(scan(CUP, { 'TEE-M': 2 })).toMatchObject({ kind: 'right', complete: true })
    expect(scan(RED_M, {}, 3)).toMatchObject({ kind: 'over', left: 2 })
    expect(verified(p, { 'TEE-M': 2 })).toBe(false)
    expect(packed(p, { 'TEE-M': 2, CUP: 1 })).toEqual([['TEE-M', 2], ['CUP', 1]])
    expect(verified(parcel('e', { items: [] }), {})).toBe(false)
  })
  it('wrong item, wrong label, old label', () => {
    expect(scan(RED_L)).toMatchObject({ kind: 'wrong', scanned: { variant: '红色/L' } })
    expect(scan('???')).toMatchObject({ kind: 'wrong', scanned: null })
    expect(scan('SLX2')).toMatchObject({ kind: 'other_parcel', parcel: { id: '2' } })
    expect(scan('OLD1')).toEqual({ kind: 'old_label' })
  })
  it('its own label ends it, but not before all was seen', () => {
    expect(scan('SLX1')).toEqual({ kind: 'unfinished' })
    expect(scan('SLX1', { 'TEE-M': 2, CUP: 1 })).toEqual({ kind: 'finish' })
    expect(scan('ZSLOT-W1001-1', { 'TEE-M': 2, CUP: 1 })).toEqual({ kind: 'finish' })
  })
})

describe('out', () => {
  const at = (over: Partial<Parcel>, code = 'SLX1') => outScan(code, [parcel('1', { state: 'packed', ...over })], []).kind
  it('lets only a packed parcel with the newest label go', () => {
    expect(at({})).toBe('right')
    expect(at({ state: 'ready' })).toBe('not_packed')
    expect(at({ state: 'picking' })).toBe('not_packed')
    expect(at({ state: 'handed_over' })).toBe('twice')
  })
  it('stops before anything else', () => {
    expect(at({ stop: 'refund' })).toBe('stopped')
    expect(at({ state: 'stopped' })).toBe('stopped')
    expect(at({ state: 'handed_over', stop: 'refund' })).toBe('stopped')
    expect(at({ oldWaybills: ['OLD'], stop: 'refund' }, 'OLD')).toBe('stopped')
  })
  it('an old label never leaves', () => {
    expect(at({ oldWaybills: ['OLD'] }, 'OLD')).toBe('old_label')
    expect(at({ orderVersion: 2 })).toBe('old_label')
    expect(at({ labelState: 'stale' })).toBe('old_label')
    expect(at({ orderVersion: 2, state: 'handed_over' })).toBe('old_label')
    expect(leaving(parcel('1', { state: 'packed', orderVersion: 2 }))).toBe(false)
    expect(leaving(parcel('1', { state: 'packed' }))).toBe(true)
  })
  it('other codes are no label', () => {
    expect(at({}, 'ZP1')).toBe('not_label')
    expect(at({}, 'nothing')).toBe('unknown')
    expect(at({ waybillNo: '' }, '')).toBe('unknown')
    expect(outScan(CUP, [parcel('1')], [])).toMatchObject({ kind: 'unknown', sku: { name: '水杯' } })
  })
})

describe('around', () => {
  it('names a SKU by code too', () => expect(skuOf('TEE-L', [large('1')], [])?.variant).toBe('红色/L'))
  it('reads task details, whatever they are', () => {
    expect(detailOf('{"items":[["A",2,"A-1"],7],"waybill_no":"X"}')).toEqual({ text: '', waybill: 'X', items: [{ sku: 'A', qty: 2, bin: 'A-1' }] })
    expect(detailOf('[["A",2,""]]').items).toEqual([{ sku: 'A', qty: 2, bin: '' }])
    expect(detailOf('TEE-M \u00d72 \u2192 A-1-1\uff1bMUG \u00d71')).toEqual({ text: '', waybill: '', items: [{ sku: 'TEE-M', qty: 2, bin: 'A-1-1' }, { sku: 'MUG', qty: 1, bin: '' }] })
    expect(detailOf('\u5c11 TEE \u00d71').items).toEqual([])
    expect(detailOf('{not json')).toMatchObject({ text: '{not json', items: [] })
    expect(detailOf('放回 A')).toMatchObject({ text: '放回 A' })
  })
  it('counts a day of its own', () => {
    const day = dayOf(new Date(2026, 10, 5))
    expect(day).toBe('2026-11-05')
    expect(parse('{"day":"2026-11-05","counts":{"SLX":3}}', day).counts).toEqual({ SLX: 3 })
    expect(parse('{"day":"2026-11-04","counts":{"SLX":3}}', day).counts).toEqual({})
    expect(parse('nonsense', day).counts).toEqual({})
  })
  it('keeps the blanks of both languages alike', () => {
    const blanks = (s: string) => (s.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(blanks(en[key]), key).toEqual(blanks(zh[key]))
  })
})
