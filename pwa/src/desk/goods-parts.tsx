// What 货品 and 平台商品 share: the tabs over both, and a page's turning.
import './goods.css'
import type { JSX } from 'preact'
import { href, refine } from '../app/router'
import { Button } from '../ui/button'
import { counters } from '../app/faces'
import { number } from '../ui/format'
import { mayNot } from './may'
import { t } from './goods-words'

export function Tabs({ here }: { here: 'goods' | 'listings' | 'goods-import' }): JSX.Element {
  const waits = counters.value?.rail.goods ?? 0
  const tab = (to: typeof here, words: string) => <a href={href([to])} aria-current={here === to ? 'page' : undefined}>{words}</a>
  return (
    <nav class="tabs" aria-label={t('货品')}>
      {tab('goods', t('所有货品'))}
      {tab('listings', waits ? t('平台商品 {n}', { n: number(waits) }) : t('平台商品'))}
      {mayNot('goods') ? null : tab('goods-import', t('导入'))}
    </nav>
  )
}

/** Forward by the cursor; back is the first page, for lists that are searched rather than walked. */
export function Turn({ next, after, total }: { next: string | null; after: string; total: number }): JSX.Element {
  return (
    <footer class="pages">
      <span class="number">{t('共 {n} 个', { n: number(total) })}</span>
      <span class="fill" />
      {after ? <Button size="small" onClick={() => refine({ after: undefined })}>{t('第一页')}</Button> : null}
      {next ? <Button size="small" onClick={() => refine({ after: next })}>{t('下一页')}</Button> : null}
    </footer>
  )
}
