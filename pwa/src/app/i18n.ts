// Chinese is the source: the key of a text is the text. A key without English is a compile error.
import { signal } from '@preact/signals'
import { english } from './english'

export type Language = 'zh' | 'en'
export type Vars = Record<string, string | number>
const KEPT = 'zhongshu.language'

function remembered(): Language {
  try {
    return localStorage.getItem(KEPT) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh' // storage is forbidden in this browser: the language is then a matter of this visit
  }
}

export const language = signal<Language>(remembered())

export function speak(next: Language): void {
  language.value = next
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
  try {
    localStorage.setItem(KEPT, next)
  } catch {
    return
  }
}

export function fill(text: string, vars?: Vars): string {
  return vars ? text.replace(/\{(\w+)\}/g, (whole, name: string) => String(vars[name] ?? whole)) : text
}

/** A typed dictionary: words({ '订单': 'Orders' })('订单'). Lazy chunks bring their own. */
export function words<K extends string>(en: Record<K, string>): (key: K, vars?: Vars) => string {
  return (key, vars) => fill(language.value === 'en' ? en[key] : key, vars)
}

export const t = words(english)
