// Buttons. One that may not be used stays visible, focusable and says why.
import type { ComponentChildren, JSX } from 'preact'
import { useId, useState } from 'preact/hooks'
import { t } from '../app/i18n'

interface Props {
  children: ComponentChildren
  onClick: () => void | Promise<unknown>
  /** Why it may not be used now; '' or undefined: it may. */
  reason?: string | undefined
  kind?: 'primary' | 'danger' | 'quiet' | undefined
  size?: 'small' | 'large' | undefined
  /** Show the reason under the button instead of only on hover and to screen readers. */
  explain?: boolean | undefined
  label?: string | undefined
  shortcut?: string | undefined
  type?: 'button' | 'submit' | undefined
}

export function Button(p: Props): JSX.Element {
  const [busy, setBusy] = useState(false)
  const why = useId()
  const off = Boolean(p.reason) || busy
  const press = () => {
    if (off) return
    const work = p.onClick()
    if (work instanceof Promise) {
      setBusy(true)
      void work.finally(() => setBusy(false))
    }
  }
  const button = (
    <button
      type={p.type ?? 'button'}
      class={['button', p.kind, p.size].filter(Boolean).join(' ')}
      aria-disabled={off ? 'true' : undefined}
      aria-busy={busy ? 'true' : undefined}
      aria-describedby={p.reason ? why : undefined}
      aria-label={p.label}
      title={p.reason ? t('不能用：{reason}', { reason: p.reason }) : undefined}
      onClick={(e) => { if (off) e.preventDefault(); if (p.type !== 'submit') press() }}
    >
      {busy ? t('正在处理…') : p.children}
      {p.shortcut && !busy ? <kbd aria-hidden="true">{p.shortcut}</kbd> : null}
    </button>
  )
  if (!p.reason) return button
  return (
    <span class="withwhy">
      {button}
      <span id={why} class={p.explain ? 'why' : 'hush'}>{p.reason}</span>
    </span>
  )
}
