// Small things that show: badge, avatar, copyable id, time, progress, skeleton, empty state, error.
import type { ComponentChildren, JSX } from 'preact'
import type { ApiError } from '../app/http'
import { t } from '../app/i18n'
import { now } from './clock'
import { absolute, duration, grouped, initials, number, relative } from './format'
import { Icon, type IconName } from './icon'
import { toast } from './toast'

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'plain'

export function Badge(p: { icon: IconName; tone: Tone; children: ComponentChildren }): JSX.Element {
  return <span class={'badge ' + p.tone}><Icon name={p.icon} size={13} />{p.children}</span>
}

export function Chip(p: { tone?: Tone; icon?: IconName; children: ComponentChildren; pressed?: boolean; on?: boolean; onClick?: () => void; title?: string | undefined }): JSX.Element {
  const inside = <>{p.icon ? <Icon name={p.icon} size={13} /> : null}{p.children}</>
  const look = 'chip' + (p.tone ? ' ' + p.tone : '')
  if (!p.onClick) return <span class={look} title={p.title}>{inside}</span>
  return <button type="button" class={look} title={p.title} data-on={p.on === undefined ? undefined : String(p.on)} aria-pressed={p.pressed ? 'true' : 'false'} onClick={p.onClick}>{inside}</button>
}

export function Avatar({ name }: { name: string }): JSX.Element {
  return name
    ? <span class="avatar" title={name} aria-label={name} role="img">{initials(name)}</span>
    : <span class="avatar none" aria-hidden="true">–</span>
}

export function Time({ at, fallback = '–' }: { at: number | null; fallback?: string }): JSX.Element {
  if (at === null) return <span class="muted">{fallback}</span>
  return <time class="number" dateTime={new Date(at).toISOString()} title={absolute(at)}>{relative(at, now.value)}</time>
}

/** An id in groups; a tap copies the bare id. */
export function Id({ value, label }: { value: string; label?: string }): JSX.Element {
  const copy = async (e: Event) => {
    e.stopPropagation()
    e.preventDefault()
    try {
      await navigator.clipboard.writeText(value)
      toast(t('已复制') + ' ' + value)
    } catch {
      toast(t('不能复制，请手动选中'), { bad: true }) // no permission, or not a secure page
    }
  }
  if (!value) return <span class="muted">–</span>
  return (
    <button type="button" class="copyable" title={t('复制')} aria-label={`${label ?? ''} ${value} ${t('复制')}`.trim()} onClick={(e) => void copy(e)}>
      <span>{grouped(value)}</span><Icon name="copy" size={12} />
    </button>
  )
}

export function Progress({ done, all, label }: { done: number; all: number; label: string }): JSX.Element {
  const part = all > 0 ? Math.min(1, done / all) : 0
  return (
    <div class={'bar' + (all > 0 && done >= all ? ' full' : '')} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={all} aria-valuenow={done} aria-valuetext={`${number(done)}/${number(all)}`}>
      <i style={{ width: `${part * 100}%` }} />
    </div>
  )
}

export function Bone({ width = '6em' }: { width?: string }): JSX.Element {
  return <span class="bone" style={{ width }} />
}

export function Bones({ rows = 8 }: { rows?: number }): JSX.Element {
  return (
    <div role="status" aria-label={t('正在加载')}>
      {Array.from({ length: rows }, (_, i) => (
        <div class="bonerow" key={i}><Bone width="11em" /><Bone width={`${9 + ((i * 5) % 8)}em`} /><Bone width="5em" /></div>
      ))}
    </div>
  )
}

export function Empty(p: { title: string; children?: ComponentChildren; acts?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <h2>{p.title}</h2>
      {p.children ? <p>{p.children}</p> : null}
      {p.acts ? <div class="acts">{p.acts}</div> : null}
    </div>
  )
}

export function Notice(p: { tone: 'bad' | 'warn' | 'info' | 'ok'; children: ComponentChildren; alert?: boolean }): JSX.Element {
  const icon: IconName = p.tone === 'ok' ? 'check' : p.tone === 'info' ? 'info' : 'alert'
  return <div class={'notice ' + p.tone} role={p.alert ? 'alert' : undefined}><Icon name={icon} /><div>{p.children}</div></div>
}

/** What went wrong, in words; code and trace id one tap away. */
export function Trouble({ error, acts }: { error: ApiError; acts?: ComponentChildren }): JSX.Element {
  return (
    <Notice tone="bad" alert>
      <p>{error.message}</p>
      <details>
        <summary>{t('技术信息')}</summary>
        <p class="mono">{error.code}{error.status ? ` · ${error.status}` : ''}</p>
        {error.trace ? <Id value={error.trace} label={t('编号')} /> : null}
      </details>
      {acts}
    </Notice>
  )
}

/** How old what is shown is: always there, red and in words when the server has not answered. */
export function Age({ at, error }: { at: number | null; error: ApiError | null }): JSX.Element {
  if (at === null) return <span class="age muted">{error ? t('还没有数据') : ' '}</span>
  const age = relative(at, Math.max(now.value, at))
  if (error && error.status !== 0) return <span class="age bad"><Icon name="alert" size={13} /> {t('更新失败 · {age}的数据', { age })}</span>
  return error
    ? <span class="age bad"><Icon name="alert" size={13} /> {t('离线 {age}', { age: duration((now.value - at) / 1000) })}</span>
    : <span class="age muted">{t('{age}更新', { age })}</span>
}
