// 收件箱: what this person should know without having to act.
import type { JSX } from 'preact'
import { inside } from '../app/router'
import { openSession } from '../app/session'
import { Button } from '../ui/button'
import { moment } from '../ui/format'
import { Bones, Empty, Time, Trouble } from '../ui/show'
import { Head } from './head'
import { act, useLive } from './live'
import type { InboxRow } from './types'
import { t } from './words'

export function Inbox(): JSX.Element {
  const live = useLive<{ rows: InboxRow[] }>('/api/inbox')
  const rows = live.data?.rows ?? []
  const unread = rows.filter((r) => !r.read).map((r) => r.id)
  const read = async (ids: readonly string[], said: string) => {
    if (ids.length && (await act('POST', '/api/inbox/read', { ids }, said))) await openSession()
  }
  return (
    <section class="screen narrow">
      <Head title={t('收件箱')} live={live}>
        <Button size="small" reason={unread.length ? '' : t('没有未读')} onClick={() => read(unread, t('已全部标为已读'))}>{t('全部已读')}</Button>
      </Head>
      {live.error && !live.data ? <div class="pad"><Trouble error={live.error} /></div>
        : !live.data ? <Bones rows={6} />
        : rows.length === 0 ? <Empty title={t('没有消息')}>{t('店铺断开、回传失败、系统任务停住等需要知道的事会出现在这里。')}</Empty>
        : (
          <ul class="tasklist">
            {rows.map((r) => (
              <li key={r.id} class={'task notice-row' + (r.read ? '' : ' unread')}>
                <div class="grow">
                  <p>{r.read ? null : <><span class="dot" aria-hidden="true" /><span class="hush">{t('未读')}</span></>}
                    {r.link ? <a href={inside(r.link)} onClick={() => { if (!r.read) void read([r.id], '') }}><b>{r.title}</b></a> : <b>{r.title}</b>}</p>
                  <p class="muted">{r.text}</p>
                </div>
                <span class="muted small"><Time at={moment(r.at)} /></span>
                <div class="taskacts">{r.read ? null : <Button size="small" kind="quiet" onClick={() => read([r.id], '')}>{t('已读')}</Button>}</div>
              </li>
            ))}
          </ul>
        )}
    </section>
  )
}
