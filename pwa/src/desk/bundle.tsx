// 组合装: what a bundle is made of. Nothing is sent before 保存组合.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { number, spec } from '../ui/format'
import { Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { t } from './goods-words'
import { send } from './live'
import { mayNot } from './may'
import { SkuPick } from './sku-pick'
import type { SkuFull, SkuPart } from './types'

const MOST = 10_000

export function BundleEditor({ sku }: { sku: SkuFull }): JSX.Element {
  const [parts, setParts] = useState<readonly SkuPart[]>(sku.parts)
  const [adding, setAdding] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const no = mayNot('goods')
  const changed = parts.length !== sku.parts.length || parts.some((p, i) => p.id !== sku.parts[i]?.id || p.qty !== sku.parts[i]?.qty)
  const set = (id: string, qty: number) => setParts(parts.map((p) => (p.id === id ? { ...p, qty: Math.max(1, Math.min(MOST, Math.round(qty) || 1)) } : p)))
  const save = async () => {
    setError(null)
    try {
      await send('PUT', `/api/skus/${sku.id}/parts`, { parts: parts.map((p) => ({ sku_id: p.id, qty: p.qty })) })
      toast(t('已保存组合'))
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  return (
    <section class="block" aria-label={t('组合装')}>
      <h3>{t('组合装')}<span class="aside muted number">{parts.length ? t('{n} 件', { n: number(parts.reduce((n, p) => n + p.qty, 0)) }) : null}</span></h3>
      <p class="muted small">{t('组合装没有自己的库存：下单后按里面的货品占用、拣货、打包，缺一种就整单等。改组合不影响已经占用的订单。')}</p>
      <ul class="parts">
        {parts.map((p) => (
          <li key={p.id}>
            <span class="grow"><span class="mono">{p.code}</span> {p.name} <b>{spec(p.variant)}</b></span>
            {no ? <span class="number">×{p.qty}</span> : <>
              <input class="input number" type="number" min={1} max={MOST} aria-label={`${p.code} ${t('数量')}`} value={p.qty} onChange={(e) => set(p.id, e.currentTarget.valueAsNumber)} />
              <Button size="small" kind="quiet" label={`${t('去掉')} ${p.code}`} onClick={() => setParts(parts.filter((x) => x.id !== p.id))}>{t('去掉')}</Button></>}
          </li>
        ))}
      </ul>
      {adding ? <SkuPick only="single" close={() => setAdding(false)} pick={(found) => {
        if (found.id !== sku.id && !parts.some((p) => p.id === found.id)) setParts([...parts, { id: found.id, code: found.code, name: found.name, variant: found.variant, qty: 1 }])
        setAdding(false)
      }} /> : null}
      {error ? <Trouble error={error} /> : null}
      {no ? null : <div class="orderacts">
        {adding ? null : <Button size="small" onClick={() => setAdding(true)}>{t('加一种货品')}</Button>}
        {changed ? <><Button size="small" kind="primary" onClick={save}>{parts.length ? t('保存组合') : t('变成普通货品')}</Button><Button size="small" kind="quiet" onClick={() => { setParts(sku.parts); setError(null) }}>{t('恢复原样')}</Button></> : null}
      </div>}
    </section>
  )
}
