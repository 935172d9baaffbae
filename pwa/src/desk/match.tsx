// Says which SKU a line is: search, choose, confirm once. The shop's listing is remembered.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { spec } from '../ui/format'
import { toast } from '../ui/toast'
import { send } from './live'
import { mayNot } from './may'
import { SkuPick } from './sku-pick'
import type { Line, Order, SkuRow } from './types'
import { t } from './words'

export function Match({ order, line }: { order: Order; line: Line }): JSX.Element {
  const [open, setOpen] = useState(false)
  if (!open) return <p><Button size="small" kind="primary" reason={mayNot('match')} explain onClick={() => setOpen(true)}>{t('匹配货品')}</Button></p>
  const choose = (sku: SkuRow) => ask({
    title: t('匹配为 {code}？', { code: sku.code }),
    consequence: t('“{title} {spec}”以后在这家店都按 {name} {variant} 发货；所有在等它的订单会重新审单。', { title: line.title, spec: spec(line.spec), name: sku.name, variant: spec(sku.variant) }),
    yes: t('匹配'),
    act: async () => {
      await send('POST', `/api/orders/${order.id}/lines/${line.id}/match`, { sku_id: sku.id })
      toast(t('已匹配为 {code}', { code: sku.code }))
    },
  })
  return <SkuPick start={line.outer_code} pick={(sku) => void choose(sku)} close={() => setOpen(false)} />
}
