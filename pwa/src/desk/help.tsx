// The keys of the desk, on ?.
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { openModal } from '../ui/dialog'
import { t } from './words'

export function Help({ close }: { close: () => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => openModal(box.current), [])
  const keys: [string, string][] = [
    ['/', t('搜索')], ['j / k', t('下一行、上一行')], ['Enter', t('打开')], ['Esc', t('关闭、回到列表')],
    ['a', t('放行这张订单')], ['h', t('挂起这张订单')], ['1 – 7', t('订单、待处理、波次、打印、看板、店铺、货品')], ['?', t('这张表')],
  ]
  return (
    <dialog ref={box} class="ask" aria-labelledby="help-title" onClose={close}>
      <form method="dialog">
        <h2 id="help-title">{t('键盘')}</h2>
        <dl class="pairs keys">{keys.map(([k, what]) => <div key={k}><dt><kbd>{k}</kbd></dt><dd>{what}</dd></div>)}</dl>
        <div class="acts"><button class="button" type="submit">{t('关闭')}</button></div>
      </form>
    </dialog>
  )
}
