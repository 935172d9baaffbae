/** What the tabs of one device tell each other. */

import type { Link } from './state'

/** What the leading tab knows of the server. */
export interface Exchange {
  link: Link
  problem: string
  leaseUntil: number
  lastExchange: number | null
}
type Word = { t: 'recorded' } | { t: 'changed' } | ({ t: 'status' } & Exchange)

export interface Ears {
  recorded(): void
  changed(): void
  status(exchange: Exchange): void
}

const CHANNEL = 'zhongshu-sync'

export class Tabs {
  private readonly channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL)

  constructor(ears: Ears) {
    if (!this.channel) return
    this.channel.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.t === 'recorded') ears.recorded()
      else if (data.t === 'changed') ears.changed()
      else ears.status(data)
    }
  }

  /** An event was stored: whoever leads sends it. */
  recorded(): void {
    this.say({ t: 'recorded' })
  }

  /** Rows, or the outbox, are no longer what the other tabs show. */
  changed(): void {
    this.say({ t: 'changed' })
  }

  tell(exchange: Exchange): void {
    this.say({ t: 'status', ...exchange })
  }

  close(): void {
    this.channel?.close()
  }

  private say(word: Word): void {
    this.channel?.postMessage(word)
  }
}
