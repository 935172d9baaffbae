// Search for a SKU and choose one: for a line, a listing, a part of a bundle.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/button'
import { number, spec } from '../ui/format'
import { Bones, Trouble } from '../ui/show'
import { useLive } from './live'
import type { SkuRow } from './types'
import { t } from './words'

export function SkuPick({ start = '', only = 'all', pick, close }: { start?: string; only?: 'all' | 'single'; pick: (sku: SkuRow) => void; close: () => void }): JSX.Element {
  const [text, setText] = useState(start)
  const [q, setQ] = useState(start)
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), 250)
    return () => clearTimeout(timer)
  }, [text])
  const live = useLive<{ rows: SkuRow[] }>(`/api/skus?limit=12&kind=${only}&q=${encodeURIComponent(q)}`, 0)
  const rows = live.data?.rows ?? []
  return (
    <div class="match">
      <div class="line">
        <input class="input grow" type="search" autofocus aria-label={t('搜货品编码、名称、条码')} placeholder={t('搜货品编码、名称、条码')} value={text}
          onInput={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === 'Escape') close() }} />
        <Button size="small" kind="quiet" onClick={close}>{t('收起')}</Button>
      </div>
      {live.error && !live.data ? <Trouble error={live.error} /> : !live.data ? <Bones rows={3} /> : rows.length === 0 ? <p class="muted pad">{t('没有找到货品，换个编码、名称或条码试试。')}</p> : (
        <ul class={'choices' + (live.turning ? ' turning' : '')}>
          {rows.slice(0, 12).map((sku) => (
            <li key={sku.id}>
              <button type="button" onClick={() => pick(sku)}>
                <span class="mono">{sku.code}</span><span class="grow">{sku.name} <b>{spec(sku.variant)}</b></span>
                <span class="muted number">{sku.bin} · {t('可用 {n}', { n: number(sku.on_hand - sku.reserved) })}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
