// What changed between two versions of rules, in words.
import type { JSX } from 'preact'
import { Badge } from '../ui/show'
import type { Told } from './rules-model'
import { t } from './rules-words'

const MARK: Record<Told['kind'], { word: () => string; tone: 'ok' | 'bad' | 'info' | 'plain'; icon: 'check' | 'cross' | 'info' | 'tasks' }> = {
  added: { word: () => t('新增'), tone: 'ok', icon: 'check' }, removed: { word: () => t('删除'), tone: 'bad', icon: 'cross' },
  changed: { word: () => t('改动'), tone: 'info', icon: 'info' }, moved: { word: () => t('换先后'), tone: 'plain', icon: 'tasks' },
}

export function ToldList({ told }: { told: readonly Told[] }): JSX.Element {
  if (!told.length) return <p class="muted">{t('和它一样，没有改动。')}</p>
  return (
    <ul class="lines told">{told.map((x) => (
      <li key={x.kind + x.rule}><p class="line wrap"><Badge icon={MARK[x.kind].icon} tone={MARK[x.kind].tone}>{MARK[x.kind].word()}</Badge><b>{x.rule}</b></p>{x.text.map((line) => <p class="small" key={line}>{line}</p>)}</li>
    ))}</ul>
  )
}
