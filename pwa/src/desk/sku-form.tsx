// The words of a SKU: name, variant, bin, barcodes. A new one gets its code here, for ever.
import type { InputHTMLAttributes, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { wordsOf, type ApiError } from '../app/http'
import { Button } from '../ui/button'
import { Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { t } from './goods-words'
import { send, useLive } from './live'
import type { SkuFull } from './types'

export const barcodesIn = (text: string): string[] => text.split(/[\s,，;；、]+/).filter(Boolean)

export function SkuForm({ sku, done, close }: { sku: SkuFull | null; done: (id: string) => void; close: () => void }): JSX.Element {
  const [code, setCode] = useState('')
  const [name, setName] = useState(sku?.name ?? '')
  const [variant, setVariant] = useState(sku?.variant ?? '')
  const [bin, setBin] = useState(sku?.bin ?? '')
  const [barcodes, setBarcodes] = useState(sku?.barcodes.join('\n') ?? '')
  const [error, setError] = useState<ApiError | null>(null)
  const bins = useLive<{ rows: { bin: string }[] }>('/api/bins', 0)
  const save = async () => {
    setError(null)
    const said = { name, variant, bin, barcodes: barcodesIn(barcodes) }
    try {
      const id = sku ? sku.id : (await send<{ id: string }>('POST', '/api/skus', { code, ...said })).id
      if (sku) await send('PATCH', `/api/skus/${sku.id}`, said)
      toast(t('已保存 {code}', { code: sku?.code ?? code.trim() }))
      done(id)
    } catch (e) {
      setError(wordsOf(e))
    }
  }
  const field = (id: string, label: string, value: string, set: (v: string) => void, more: InputHTMLAttributes<HTMLInputElement> = {}) => (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} class="input" value={value} maxLength={200} autocomplete="off" onInput={(e) => set(e.currentTarget.value)} {...more} />
    </div>
  )
  return (
    <form class="goodsform" onSubmit={(e) => e.preventDefault()}>
      {sku ? null : <>{field('sku-code', t('货品编码'), code, setCode, { maxLength: 64, autofocus: true, class: 'input mono' })}<p class="small why">{t('编码建好后不能改：它会印在纸上、写在平台里')}</p></>}
      <div class="twofields">
        {field('sku-name', t('名称'), name, setName, sku ? { autofocus: true } : {})}
        {field('sku-variant', t('规格'), variant, setVariant)}
      </div>
      {field('sku-bin', t('库位'), bin, setBin, { list: 'sku-bins', class: 'input mono' })}
      <datalist id="sku-bins">{(bins.data?.rows ?? []).slice(0, 500).map((b) => <option key={b.bin} value={b.bin} />)}</datalist>
      <div class="field">
        <label for="sku-barcodes">{t('条码')}</label>
        <textarea id="sku-barcodes" class="input mono" rows={3} value={barcodes} placeholder={t('一行一个，扫码枪可以直接扫进来')} onInput={(e) => setBarcodes(e.currentTarget.value)} />
      </div>
      {error ? <Trouble error={error} /> : null}
      <div class="orderacts">
        <Button kind="primary" onClick={save}>{t('保存')}</Button>
        <Button kind="quiet" onClick={close}>{t('关闭')}</Button>
      </div>
    </form>
  )
}
