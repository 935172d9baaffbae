// The buyer's note: behind a button, because reading it is part of the story.
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { wordsOf } from '../app/http'
import { Button } from '../ui/button'
import { Notice } from '../ui/show'
import { toast } from '../ui/toast'
import { send } from './live'
import { mayNot } from './may'
import type { Order } from './types'
import { t } from './words'

export function Note({ order }: { order: Pick<Order, 'id' | 'note_present'> }): JSX.Element {
  const [note, setNote] = useState<string | null>(null)
  useEffect(() => setNote(null), [order.id])
  if (!order.note_present) return <p class="muted small">{t('买家没有留言')}</p>
  if (note !== null) return <Notice tone="info"><b>{t('买家留言')}</b><p class="notetext">{note || '–'}</p></Notice>
  const reveal = async () => {
    try {
      const answer = await send<{ note: string }>('GET', `/api/orders/${order.id}/note`)
      setNote(answer.note)
    } catch (e) {
      toast(wordsOf(e).message, { bad: true })
    }
  }
  return <p><Button size="small" onClick={reveal} reason={mayNot('note')} explain>{t('查看买家留言')}</Button> <span class="muted small">{t('会记入经过')}</span></p>
}
