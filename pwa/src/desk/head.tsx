// The head of every screen: what it is, how old it is, what one may do.
import type { ComponentChildren, JSX } from 'preact'
import { Age } from '../ui/show'
import type { Live } from './live'

export function Head({ title, live, children }: { title: string; live: Pick<Live<unknown>, 'at' | 'error'>; children?: ComponentChildren }): JSX.Element {
  return (
    <header class="head">
      <h1>{title}</h1>
      <Age at={live.at} error={live.error} />
      <div class="headacts">{children}</div>
    </header>
  )
}
