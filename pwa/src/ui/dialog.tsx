// Asks once and names the consequence. ask() resolves when the person has decided; null is "no".
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { signal } from '@preact/signals'
import { t } from '../app/i18n'
import { wordsOf, type ApiError } from '../app/http'
import { Trouble } from './show'

export interface Question {
  title: string
  consequence: string
  yes: string
  danger?: boolean
  /** Ask for a reason too; it may not be empty. `hints` are one-tap reasons. */
  reason?: { label: string; hints: readonly string[] }
  /** Done while the dialog stays open, so that a refusal is read where it was asked. */
  act: (reason: string) => Promise<void>
}

/** Safari before 15.4 has no modal dialogs: there it opens above the page all the same. */
export function openModal(box: HTMLDialogElement | null): void {
  if (box === null || box.open) return
  if (typeof box.showModal === 'function') box.showModal()
  else box.setAttribute('open', '')
}

const asked = signal<{ question: Question; decided: (yes: boolean) => void } | null>(null)

export function ask(question: Question): Promise<boolean> {
  asked.value?.decided(false)
  return new Promise((resolve) => {
    asked.value = { question, decided: (yes) => { asked.value = null; resolve(yes) } }
  })
}

/** True while a dialog is open: keyboard shortcuts of the page keep quiet. */
export const asking = (): boolean => asked.value !== null

export function Dialogs(): JSX.Element | null {
  const open = asked.value
  return open ? <Asking key={open.question.title} question={open.question} decided={open.decided} /> : null
}

function Asking({ question, decided }: { question: Question; decided: (yes: boolean) => void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError | null>(null)
  const back = useRef(document.activeElement)
  useEffect(() => {
    openModal(box.current)
    return () => { if (back.current instanceof HTMLElement) back.current.focus() }
  }, [])
  const lacking = question.reason !== undefined && reason.trim() === ''
  const submit = async () => {
    if (lacking || busy) return
    setBusy(true)
    setError(null)
    try {
      await question.act(reason.trim())
      decided(true)
    } catch (e) {
      setError(wordsOf(e))
      setBusy(false)
    }
  }
  return (
    <dialog ref={box} class="ask" aria-labelledby="ask-title" onCancel={(e) => { e.preventDefault(); if (!busy) decided(false) }}>
      <form onSubmit={(e) => { e.preventDefault(); void submit() }}>
        <h2 id="ask-title">{question.title}</h2>
        <p class="consequence">{question.consequence}</p>
        {question.reason ? (
          <div class="field">
            <label for="ask-reason">{question.reason.label}</label>
            <input id="ask-reason" class="input" value={reason} maxLength={200} autocomplete="off" autofocus onInput={(e) => setReason(e.currentTarget.value)} />
            <div class="hints">
              {question.reason.hints.map((h) => <button type="button" class="chip" key={h} aria-pressed={reason === h ? 'true' : 'false'} onClick={() => setReason(h)}>{h}</button>)}
            </div>
          </div>
        ) : null}
        {error ? <Trouble error={error} /> : null}
        <div class="acts">
          <button type="button" class="button" onClick={() => { if (!busy) decided(false) }}>{t('取消')}</button>
          <button type="submit" autofocus={!question.danger && !question.reason} class={'button ' + (question.danger ? 'danger' : 'primary')} aria-disabled={lacking || busy ? 'true' : undefined}>
            {busy ? t('正在处理…') : question.yes}
          </button>
        </div>
      </form>
    </dialog>
  )
}
