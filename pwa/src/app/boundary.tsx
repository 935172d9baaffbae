// Catches what rendering throws, keeps the rest of the page alive and gives a number to quote.
import { Component, type ComponentChildren } from 'preact'
import { Id } from '../ui/show'
import { t } from './i18n'

interface Props { children: ComponentChildren }
interface State { error: Error | null; trace: string }

export class Boundary extends Component<Props, State> {
  override state: State = { error: null, trace: '' }

  static override getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)), trace: number() }
  }

  override componentDidCatch(error: unknown): void {
    console.error(this.state.trace, error)
  }

  render(): ComponentChildren {
    const { error, trace } = this.state
    if (!error) return this.props.children
    return (
      <main class="gate">
        <div class="card" role="alert">
          <h1>{t('页面出错了')}</h1>
          <p class="lead">{t('您的数据没有丢。请刷新；如果又出现，把下面的编号发给支持人员。')}</p>
          <p>{t('编号')} <Id value={trace} /></p>
          <details><summary>{t('技术信息')}</summary><p class="mono">{error.message}</p></details>
          <p><button class="button primary large" type="button" onClick={() => location.reload()}>{t('刷新页面')}</button></p>
        </div>
      </main>
    )
  }
}

/** ui- and time and chance, so that support can find it in the console's log. */
function number(): string {
  const random = new Uint8Array(4)
  crypto.getRandomValues(random)
  return 'ui-' + Date.now().toString(36) + '-' + Array.from(random, (b) => b.toString(16).padStart(2, '0')).join('')
}
