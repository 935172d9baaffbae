// The floor: one hand, gloves, noise, no network. Chooses the screen; keeps watch over what came back.
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import '../ui/floor.css'
import { status } from '../sync'
import { play } from '../ui/sound'
import { Header, Lock, Notices } from './header'
import { Home } from './home'
import { OutScreen } from './out'
import { PackScreen } from './pack'
import { hearScans } from './parts'
import { PersonScreen } from './person'
import { PickScreen, pickTitle } from './pick'
import { alarm, runClock, screen, subject } from './state'
import { Results, TasksScreen } from './tasks'
import { openTasks } from './waiting'
import { t } from './words'

/** Must be pulled back now: these are heard when they arrive, wherever one is. */
const URGENT: readonly string[] = ['intercept', 'put_back']

/** Ids that were here before, so that only what is new sounds. Null until the server was heard in this visit. */
let heard: Set<string> | null = null

function watch(): void {
  const ids = openTasks.value.map((x) => x.id)
  if (heard === null) {
    if (status.value.lastExchange !== null) heard = new Set(ids)
    return
  }
  if (ids.indexOf(alarm.value) < 0) alarm.value = ''
  const before = heard
  const fresh = openTasks.value.filter((x) => !before.has(x.id))
  for (const x of fresh) before.add(x.id)
  const urgent = fresh.find((x) => URGENT.indexOf(x.kind) >= 0)
  if (urgent) {
    alarm.value = urgent.id
    play('stop')
  }
}

function Screen({ name, id }: { name: string; id: string }): JSX.Element {
  switch (name) {
    case 'pick': return <PickScreen waveId={id} />
    case 'pack': return <PackScreen parcelId={id} />
    case 'out': return <OutScreen />
    case 'tasks': return <TasksScreen taskId={id} />
    case 'results': return <Results />
    case 'me': return <PersonScreen />
    default: return <Home />
  }
}

function title(name: string, id: string): string {
  switch (name) {
    case 'pick': return pickTitle(id)
    case 'pack': return t('pack')
    case 'out': return t('out')
    case 'tasks': return t('tasks')
    case 'results': return t('results')
    case 'me': return t('person')
    default: return t('brand')
  }
}

export function Floor(): JSX.Element {
  useEffect(runClock, [])
  useEffect(hearScans, [])
  const waiting = openTasks.value
  const heardServer = status.value.lastExchange !== null
  useEffect(watch, [waiting, heardServer])
  useEffect(() => {
    document.body.classList.add('floor')
    return () => document.body.classList.remove('floor')
  }, [])
  if (status.value.locked) return <div class="floor"><Lock /></div>
  const name = screen.value
  const id = subject.value
  return (
    <div class="floor">
      <Header title={title(name, id)} back={name !== 'home'} />
      <Notices />
      <Screen name={name} id={id} />
    </div>
  )
}
