// Says which SKU a line is: search, choose, confirm once. The shop's listing is remembered.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { number, spec } from '../ui/format'
import { Bones, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { send, useLive } from './live'
import { mayNot } from './may'
import type { Line, Order, SkuRow } from './types'
import { t } from './words'

export function Match({ order, line }: { order: Order; line: Line }): JSX.Element {
  const [open, setOpen] = useState(false)
  if (!open) return <p><Button size="small" kind="primary" reason={mayNot('match')} explain onClick={() => setOpen(true)}>{t('匹配货品')}</Button></p>
  return <Choosing order={order} line={line} close={() => setOpen(false)} />
}

function Choosing({ order, line, close }: { order: Order; line: Line; close: () => void }): JSX.Element {
  const [text, setText] = useState(line.outer_code)
  const [q, setQ] = useState(line.outer_code)
  useEffect(() => {
    const timer = setTimeout(() => setQ(text.trim()), 250)
    return () => clearTimeout(timer)
  }, [text])
  const live = useLive<{ rows: SkuRow[] }>(`/api/skus?q=${encodeURIComponent(q)}`, 0)
  const choose = (sku: SkuRow) => ask({
    title: t('匹配为 {code}？', { code: sku.code }),
    consequence: t('“{title} {spec}”以后在这家店都按 {name} {variant} 发货；所有在等它的订单会重新审单。', { title: line.title, spec: spec(line.spec), name: sku.name, variant: spec(sku.variant) }),
    yes: t('匹配'),
    act: async () => {
      await send('POST', `/api/orders/${order.id}/lines/${line.id}/match`, { sku_id: sku.id })
      toast(t('已匹配为 {code}', { code: sku.code }))
    },
  })
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
              <button type="button" onClick={() => void choose(sku)}>
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
