// Keys of the desk. Quiet while somebody types, while a dialog asks, and for chords of the browser.
import { useEffect, useRef } from 'preact/hooks'
import { asking } from '../ui/dialog'

export type Keys = Readonly<Record<string, (e: KeyboardEvent) => void>>

const typing = (at: EventTarget | null): boolean =>
  at instanceof HTMLElement && (at.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(at.tagName))

export function useKeys(keys: Keys): void {
  const held = useRef(keys)
  held.current = keys
  useEffect(() => {
    const hear = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || e.isComposing || asking()) return
      if (typing(e.target) && e.key !== 'Escape') return
      const does = held.current[e.key]
      if (!does) return
      // Enter on something pressable belongs to it
      if (e.key === 'Enter' && e.target instanceof HTMLElement && e.target.closest('button, a, summary')) return
      e.preventDefault()
      does(e)
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
}
