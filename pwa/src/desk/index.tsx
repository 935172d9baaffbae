// The desk: which screen, the counters of the rail, the keys that work everywhere.
import './desk.css'
import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Boundary } from '../app/boundary'
import { counters, homeOf, type Counters } from '../app/faces'
import { go, route } from '../app/router'
import { session } from '../app/session'
import { Empty } from '../ui/show'
import { GoodsImport } from './goods-import'
import { Help } from './help'
import { Home } from './home'
import { Import } from './import'
import { Inbox } from './inbox'
import { useKeys } from './keys'
import { Listings } from './listings'
import { useLive } from './live'
import { Orders } from './orders'
import { Printing } from './printing'
import { Rules } from './rules'
import { Shops } from './shops'
import { Skus } from './skus'
import { Tasks } from './tasks'
import { Waves } from './waves'
import { t } from './words'

export function Desk(): JSX.Element {
  const live = useLive<Counters>('/api/counters')
  const [help, setHelp] = useState(false)
  useEffect(() => { if (live.data) counters.value = live.data }, [live.data])
  useKeys({
    '?': () => setHelp(!help),
    ...(help ? { Escape: () => setHelp(false) } : {}),
    '1': () => go(['orders']), '2': () => go(['tasks']), '3': () => go(['waves']), '4': () => go(['print']), '5': () => go(['board']), '6': () => go(['shops']), '7': () => go(['goods']),
  })
  return (
    <>
      <Boundary key={route.value.path[0] ?? ''}><Screen live={live} /></Boundary>
      {help ? <Help close={() => setHelp(false)} /> : null}
    </>
  )
}

function Screen({ live }: { live: ReturnType<typeof useLive<Counters>> }): JSX.Element {
  const role = session.value?.person.role
  const [place = role ? homeOf(role) : 'board', id = ''] = route.value.path
  switch (place) {
    case 'orders': return <Orders id={id} />
    case 'tasks': return <Tasks />
    case 'waves': return <Waves />
    case 'print': return <Printing />
    case 'board': return <Home counters={live} />
    case 'shops': return <Shops />
    case 'import': return <Import />
    case 'goods': return <Skus id={id} />
    case 'listings': return <Listings id={id} />
    case 'goods-import': return <GoodsImport />
    case 'rules': return <Rules />
    case 'inbox': return <Inbox />
    default: return <Empty title={t('没有这个页面')}>{t('链接可能写错了，请从左边的菜单进入。')}</Empty>
  }
}
