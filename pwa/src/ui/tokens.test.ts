/** White words on a full red, green or amber card are read in the light and in the dark (WCAG 2.2, 1.4.3). */
import { describe, expect, it } from 'vitest'
import css from './tokens.css?raw'

const tokens = (from: string): Record<string, string> => Object.fromEntries([...from.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => [m[1] ?? '', m[2] ?? '']))
const [day = '', night = ''] = css.split('@media (prefers-color-scheme: dark)')
const LIGHT = tokens(day)
const DARK = { ...LIGHT, ...tokens(night) }

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)]
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05)
}

describe.each([['light', LIGHT], ['dark', DARK]])('%s', (_name, t) => {
  it.each([
    ['on-ok', 'ok-fill'], ['on-warn', 'warn-fill'], ['on-bad', 'bad-fill'], ['on-brand', 'brand'],
    ['ok', 'ok-soft'], ['warn', 'warn-soft'], ['bad', 'bad-soft'], ['info', 'info-soft'], ['muted', 'ground'], ['muted', 'surface'], ['ink', 'surface'],
  ])('%s on %s', (ink, ground) => {
    expect(contrast(t[ink] ?? '', t[ground] ?? '')).toBeGreaterThanOrEqual(4.5)
  })
})
