/** A reader's bursts and a person's keys, by time alone. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Burst, fromCode, type Outcome, pressedAt } from '../src/scan/burst'
import { clean } from '../src/scan/code'
import { Idle } from '../src/scan/idle'
import { Queue } from '../src/scan/queue'

class Keys {
  readonly burst = new Burst<string>()
  now = 1000
  field: string | null = null

  type(text: string, gap: number): this {
    for (const ch of text) {
      this.now += gap
      this.burst.key(this.now, ch, this.field)
      if (this.field !== null) this.field += ch
    }
    return this
  }
  hidden(text: string, gap = 5): this {
    for (const ch of text) {
      this.now += gap
      this.burst.hiddenKey(this.now, ch === '?' ? '' : ch)
    }
    return this
  }
  commit(text: string): this {
    this.now += 5
    this.burst.commit(this.now, text)
    return this
  }
  pause(ms: number): this {
    this.now += ms
    return this
  }
  enter(): Outcome<string> | null {
    this.now += 5
    return this.burst.end(this.now, true)
  }
  silence(): Outcome<string> | null {
    this.now += 220
    return this.burst.end(this.now, false)
  }
}
const scan = (code: string, undo: string | null = null) => ({ kind: 'scan', code, undo })

describe('burst', () => {
  it('with and without suffix', () => {
    expect(new Keys().type('6901234567892', 4).enter()).toEqual(scan('6901234567892'))
    expect(new Keys().type('6901234567892', 4).silence()).toEqual(scan('6901234567892'))
  })
  it('slow readers and Bluetooth', () => {
    expect(new Keys().type('SLX0001', 120).enter()).toEqual(scan('SLX0001'))
  })
  it('two bursts, and one after the other', () => {
    const keys = new Keys()
    expect(keys.type('AAA111', 3).enter()).toEqual(scan('AAA111'))
    expect(keys.type('BBB222', 3).enter()).toEqual(scan('BBB222'))
  })
  it('one key, then a scan: the key is not part of it', () => {
    expect(new Keys().type('x', 5).pause(400).type('6901234567892', 4).enter()).toEqual(scan('6901234567892'))
  })
  it('Enter alone, or long after, is a person', () => {
    expect(new Keys().enter()).toBeNull()
    expect(new Keys().type('12', 5).enter()).toBeNull()
    expect(new Keys().type('12345', 5).pause(2000).enter()).toBeNull()
  })

  describe('in a text field', () => {
    const typing = (text = ''): Keys => Object.assign(new Keys(), { field: text })
    it('a person types and presses Enter: left alone', () => {
      expect(typing().type('12', 90).enter()).toBeNull()
      expect(typing().type('hello world', 95).enter()).toBeNull()
      expect(typing().type('fast typist', 55).enter()).toBeNull()
    })
    it('a scan is taken out, what was there stays', () => {
      expect(typing('备注').type('6901234567892', 4).enter()).toEqual(scan('6901234567892', '备注'))
      expect(typing('备注').type('6901234567892', 4).silence()).toEqual(scan('6901234567892', '备注'))
    })
    it('a scan in the middle of typing takes nothing of what was typed', () => {
      expect(typing().type('abc', 110).pause(100).type('6901234567892', 4).enter()).toEqual(scan('6901234567892', 'abc'))
    })
    it('a key pressed outside just before does not make typing a scan', () => {
      const keys = new Keys().type(' ', 5)
      keys.field = ''
      expect(keys.type('abc', 100).silence()).toBeNull()
      expect(typing().type('6901234567892', 4).enter()).toEqual(scan('6901234567892', ''))
    })
    it('a fast but short entry is a person', () => expect(typing().type('1234', 20).enter()).toBeNull())
  })

  describe('with an input method', () => {
    it('keys it hides are rebuilt from their codes', () => {
      expect(new Keys().hidden('6901234').commit('6901234').enter()).toEqual(scan('6901234'))
      expect(new Keys().hidden('data123456').commit('23456').enter()).toEqual(scan('data123456'))
      expect(new Keys().hidden('wang').commit('王').enter()).toEqual(scan('wang'))
    })
    it('without codes, text that is shorter or not plain is refused', () => {
      expect(new Keys().hidden('??????????').commit('23456').enter()).toMatchObject({ kind: 'garbled' })
      expect(new Keys().hidden('????').commit('王小明儿').enter()).toMatchObject({ kind: 'garbled' })
      expect(new Keys().hidden('???????').commit('6901234').enter()).toEqual(scan('6901234'))
    })
    it('text alone is a scan', () => expect(new Keys().commit('SLX00001\n').silence()).toEqual(scan('SLX00001')))
    it('half keys, half text is one scan', () => {
      expect(new Keys().type('6901', 4).commit('234567892').enter()).toEqual(scan('6901234567892'))
    })
  })

  it('physical keys', () => {
    expect([fromCode('KeyA', false), fromCode('KeyA', true), fromCode('Digit1', true), fromCode('Numpad7', true)]).toEqual(['a', 'A', '!', '7'])
    expect([fromCode('Minus', false), fromCode('Minus', true), fromCode('F1', false), fromCode('', false)]).toEqual(['-', '_', '', ''])
  })
})

describe('a busy page', () => {
  afterEach(() => vi.useRealTimers())

  it('hears late of keys that were pressed in time', () => {
    const burst = new Burst<string>()
    // Pressed 5 ms apart; the page stood still for half a second after the fourth.
    const heard = [...'6901234567892'].map((ch, i) => ({ ch, at: 1000 + 5 * i, now: 1000 + 5 * i + (i > 3 ? 500 : 1) }))
    for (const { ch, at, now } of heard) burst.key(pressedAt(at, now), ch, null)
    expect(burst.end(pressedAt(1065, 1570), true)).toEqual(scan('6901234567892'))
  })
  it('believes no stamp of another clock', () => {
    expect([pressedAt(0, 50), pressedAt(1.7e12, 50), pressedAt(100, 1e6), pressedAt(40, 50)]).toEqual([50, 50, 1e6, 40])
  })
  it('is not silent while keys may wait', () => {
    vi.useFakeTimers()
    const silent = vi.fn()
    const idle = new Idle(silent)
    idle.again()
    vi.advanceTimersByTime(219)
    idle.again()
    vi.advanceTimersByTime(219)
    expect(silent).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10)
    expect(silent).toHaveBeenCalledTimes(1)

    idle.again()
    const now = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 900) // the timer comes late
    vi.advanceTimersByTime(221)
    idle.again() // the key that waited
    vi.advanceTimersByTime(100)
    expect(silent).toHaveBeenCalledTimes(1)
    now.mockRestore()
    idle.cancel()
    vi.advanceTimersByTime(1000)
    expect(silent).toHaveBeenCalledTimes(1)
  })
})

describe('code', () => {
  it('is without AIM identifier and blanks', () => {
    expect(clean(' ]C0SLX1 ')).toBe(']C0SLX1')
    expect(clean(']C0SLX1 ')).toBe('SLX1')
    expect(clean(']E06901234567892')).toBe('6901234567892')
  })
  it('of GS1 is the GTIN', () => {
    expect(clean(']C10106901234567892')).toBe('6901234567892')
    expect(clean(']d2011690123456789210LOT\x1d21X')).toBe('16901234567892')
    expect(clean('\x1d0106901234567892')).toBe('6901234567892')
    expect(clean(']C100123456789012345678')).toBe('00123456789012345678')
  })
})

describe('queue', () => {
  afterEach(() => vi.useRealTimers())

  it('keeps order while a listener writes, drops none, outlives a fault', async () => {
    const seen: string[] = []
    const faults: unknown[] = []
    const queue = new Queue((error) => faults.push(error))
    queue.listen(() => {
      throw new Error('mine')
    })
    queue.listen(async ({ code }) => {
      await new Promise((resolve) => setTimeout(resolve, code === '1' ? 20 : 1))
      seen.push(code)
    })
    for (const code of ['1', '2', '3', '4']) queue.push({ code, how: 'wedge' })
    await vi.waitFor(() => expect(seen).toEqual(['1', '2', '3', '4']))
    expect(faults).toHaveLength(4)
  })

  it('goes on past a listener that never ends', async () => {
    vi.useFakeTimers()
    const seen: string[] = []
    const queue = new Queue(() => undefined)
    queue.listen(({ code }) => {
      seen.push(code)
      return code === '1' ? new Promise<void>(() => undefined) : undefined
    })
    queue.push({ code: '1', how: 'hand' })
    queue.push({ code: '2', how: 'hand' })
    await vi.advanceTimersByTimeAsync(6000)
    expect(seen).toEqual(['1', '2'])
  })
})
