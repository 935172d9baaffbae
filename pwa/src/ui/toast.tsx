// Short words at the edge of the screen. With an undo they stay ten seconds.
import type { JSX } from 'preact'
import { signal } from '@preact/signals'
import { t } from '../app/i18n'

interface Options { bad?: boolean; undo?: () => void | Promise<unknown> }
interface Toast extends Options { id: number; text: string }

const shown = signal<readonly Toast[]>([])
let last = 0

const drop = (id: number) => { shown.value = shown.value.filter((x) => x.id !== id) }

export function toast(text: string, options: Options = {}): void {
  const id = ++last
  shown.value = [...shown.value.slice(-2), { id, text, ...options }]
  setTimeout(() => drop(id), options.undo ? 10_000 : options.bad ? 8_000 : 3_500)
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map((x) => (
        <div class={'toast' + (x.bad ? ' bad' : '')} key={x.id}>
          <span>{x.text}</span>
          {x.undo ? <button type="button" onClick={() => { drop(x.id); void x.undo?.() }}>{t('撤销')}</button> : null}
          <button type="button" aria-label={t('关闭')} onClick={() => drop(x.id)}>✕</button>
        </div>
      ))}
    </div>
  )
}
