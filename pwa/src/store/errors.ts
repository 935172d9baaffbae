/** Why a scan could not be recorded: the screen goes red with `message`, and nothing was stored. */
export class RecordRefused extends Error {
  constructor(
    readonly code: 'not_started' | 'lease_over' | 'quota' | 'storage',
    message: string,
    /** what the browser said */
    readonly reason?: unknown,
  ) {
    super(message)
    this.name = 'RecordRefused'
  }
}
