import { describe, expect, it } from 'vitest'
import { cell, csvOf } from './import-send'

describe('the report as CSV', () => {
  it('has no live formula', () => {
    for (const bad of ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '\r=1', '\n=1', '=HYPERLINK("x")', '　=1']) {
      expect(cell(bad).startsWith('"\'')).toBe(true)
    }
  })
  it('quotes what must be quoted and leaves the rest', () => {
    expect(cell('a"b,c')).toBe('"a""b,c"')
    expect(cell(12)).toBe('"12"')
    expect(csvOf([['行', 1]])).toBe('\ufeff"行","1"\r\n')
  })
})
