// The options of one shop: how often it is asked, and what only its platform knows. An empty field is "as usual".
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { say } from './lexicon'
import { send } from './live'
import { Field as FieldBox, SecretInput, bossOnly } from './shops-parts'
import { numberFlaw, type FullShop, type Settings } from './shops-rules'
import { COMMON, OWN, RARE, textOf, valueOf, type Field } from './shops-own'
import { t } from './shops-words'

type Texts = Readonly<Record<string, string>>

const own = (shop: FullShop): Settings => (typeof shop.settings['own'] === 'object' && shop.settings['own'] !== null ? (shop.settings['own'] as Settings) : {})

function flawOf(field: Field, text: string): string {
  if (field.kind === 'pairs') return text.split('\n').some((line) => line.trim() && !/^[^=]+=.+$/.test(line.trim())) ? t('每行写成 名字=值') : ''
  if (field.kind !== 'whole' && field.kind !== 'number') return ''
  const flaw = numberFlaw(text, field.least ?? 0, field.most ?? 1e9, field.kind === 'whole')
  return flaw === 'number' ? (field.kind === 'whole' ? t('请填整数') : t('请填数字')) : flaw === 'range' ? t('请填 {a} 到 {b}', { a: field.least ?? 0, b: field.most ?? 0 }) : ''
}

export function OptionsForm({ shop, saved, yes }: { shop: FullShop; saved?: () => void; yes?: string }): JSX.Element {
  const theirs = OWN[shop.platform] ?? []
  const usual = shop.powers.refunds ? COMMON : COMMON.filter((f) => f.key !== 'refunds_every_s')
  const from = (): Texts => Object.fromEntries([
    ...[...usual, ...RARE].map((f) => [f.key, textOf(f, shop.settings[f.key])]),
    ...theirs.map((f) => [`own.${f.key}`, textOf(f, own(shop)[f.key])]),
  ]) as Texts
  const [name, setName] = useState(shop.name)
  const [texts, setTexts] = useState<Texts>(from)
  const [tried, setTried] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const no = bossOnly()
  const put = (key: string, text: string) => setTexts({ ...texts, [key]: text })
  const flaws = Object.fromEntries([
    ...[...usual, ...RARE].map((f) => [f.key, flawOf(f, texts[f.key] ?? '')]),
    ...theirs.map((f) => [`own.${f.key}`, flawOf(f, texts[`own.${f.key}`] ?? '')]),
  ]) as Texts
  const wrong = !name.trim() || Object.values(flaws).some(Boolean)

  const save = async (): Promise<void> => {
    setTried(true)
    setError(null)
    if (no || wrong) {
      requestAnimationFrame(() => document.querySelector<HTMLElement>('.options [aria-invalid=true]')?.focus())
      return
    }
    const options: Settings = {}
    const unset: string[] = []
    for (const f of [...usual, ...RARE]) {
      const value = valueOf(f, texts[f.key] ?? '')
      if (value !== undefined) options[f.key] = value
      else if (f.key in shop.settings) unset.push(f.key)
    }
    const mine: Settings = { ...own(shop) }
    for (const f of theirs) {
      const value = valueOf(f, texts[`own.${f.key}`] ?? '')
      if (value === undefined) delete mine[f.key]
      else mine[f.key] = value
    }
    if (Object.keys(mine).length) options['own'] = mine
    else if ('own' in shop.settings) unset.push('own')
    try {
      await send('PATCH', `/api/shops/${shop.id}`, { name: name.trim(), options, unset })
      toast(t('{name}：选项已保存', { name: name.trim() }))
      saved?.()
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  const one = (f: Field, key: string) => <One key={key} field={f} text={texts[key] ?? ''} flaw={tried || flaws[key] ? flaws[key] ?? '' : ''} off={no !== ''} set={(text) => put(key, text)} />
  return (
    <form class="options" noValidate onSubmit={(e) => { e.preventDefault(); void save() }}>
      <FieldBox label={t('店铺名称')} error={tried && !name.trim() ? t('请填写店铺名称') : ''}>{(ids) => <input class="input" {...ids} value={name} maxLength={200} disabled={no !== ''} onInput={(e) => setName(e.currentTarget.value)} />}</FieldBox>
      <div class="optiongrid">{usual.map((f) => one(f, f.key))}</div>
      {theirs.length ? <details class="more" open={theirs.some((f) => flaws[`own.${f.key}`])}><summary>{t('这个平台的参数（一般不用动）')}</summary><div class="optiongrid">{theirs.map((f) => one(f, `own.${f.key}`))}</div></details> : null}
      <details class="more" open={RARE.some((f) => flaws[f.key])}><summary>{t('少用的')}</summary><div class="optiongrid">{RARE.map((f) => one(f, f.key))}</div></details>
      {error ? <Trouble error={error} /> : null}
      <p><Button kind="primary" type="submit" reason={no} explain onClick={() => undefined}>{yes ?? t('保存选项')}</Button></p>
    </form>
  )
}

function One({ field, text, flaw, off, set }: { field: Field; text: string; flaw: string; off: boolean; set: (text: string) => void }): JSX.Element {
  const usual = field.usual ? t('通常 {value}', { value: field.usual }) : t('照平台惯例')
  return (
    <FieldBox label={say(field.label)} help={say(field.help)} error={flaw}>{(ids) => {
      if (field.kind === 'pairs') return <textarea class="input mono" {...ids} rows={3} maxLength={2000} spellcheck={false} disabled={off} value={text} onInput={(e) => set(e.currentTarget.value)} />
      if (field.kind === 'yes' || field.kind === 'choice') {
        const choices = field.kind === 'choice' ? (field.choices ?? []).map(([v, w]) => [v, say(w)] as const) : ([['true', t('是')], ['false', t('否')]] as const)
        const word = choices.find(([v]) => v === (field.usual ?? 'false'))?.[1]
        return <select class="input" {...ids} disabled={off} value={text} onChange={(e) => set(e.currentTarget.value)}><option value="">{word ? t('通常 {value}', { value: word }) : t('照平台惯例')}</option>{choices.map(([v, w]) => <option key={v} value={v}>{w}</option>)}</select>
      }
      const input = <input class="input" {...ids} inputMode={field.kind === 'whole' ? 'numeric' : field.kind === 'number' ? 'decimal' : undefined} maxLength={500} autocomplete="off" disabled={off} value={text} placeholder={usual} onInput={(e) => set(e.currentTarget.value)} />
      return field.unit ? <div class="withunit">{input}<span class="muted">{say(field.unit)}</span></div> : input
    }}</FieldBox>
  )
}

/** Another app secret, when the console made a new one. What is there is not shown. */
export function NewSecret({ shop }: { shop: FullShop }): JSX.Element {
  const [secret, setSecret] = useState('')
  const [error, setError] = useState<ApiError | null>(null)
  const [tried, setTried] = useState(false)
  const save = async (): Promise<void> => {
    setTried(true)
    setError(null)
    if (!secret.trim()) return
    try {
      await send('PATCH', `/api/shops/${shop.id}`, { name: shop.name, app_secret: secret })
      setSecret('')
      setTried(false)
      toast(t('{name}：密钥已更换，请测试一次', { name: shop.name }))
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  return (
    <form noValidate onSubmit={(e) => { e.preventDefault(); void save() }}>
      <FieldBox label={t('新的应用密钥')} help={t('在平台后台重置过密钥才要填。原来的看不到。')} error={tried && !secret.trim() ? t('请填写新的密钥') : ''}>{(ids) => <SecretInput ids={ids} value={secret} set={setSecret} />}</FieldBox>
      {error ? <Trouble error={error} /> : null}
      <p><Button type="submit" reason={bossOnly()} explain onClick={() => undefined}>{t('更换密钥')}</Button></p>
    </form>
  )
}
