// The steps of connecting a shop: where one is, what is behind, what comes.
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../ui/icon'
import { Progress } from '../ui/show'
import { STEPS, type StepName } from './shops-draft'
import { t } from './shops-words'

export const stepWords = (step: StepName): string => ({
  platform: t('选平台'), prepare: t('在平台后台准备'), key: t('填密钥'), authorise: t('店主授权'), test: t('测试'), options: t('选项'), backfill: t('补拉过去的订单'), done: t('完成'),
})[step]

/** `to`: the address of a step that one may go to; '' for those one may not. */
export function Steps({ at, to, children }: { at: StepName; to: (step: StepName) => string; children: ComponentChildren }): JSX.Element {
  const here = STEPS.indexOf(at)
  const body = useRef<HTMLDivElement>(null)
  const before = useRef(at)
  useEffect(() => {
    if (before.current === at) return
    before.current = at
    document.getElementById('content')?.scrollTo?.(0, 0)
    scrollTo(0, 0)
    body.current?.focus({ preventScroll: true }) // who hears or tabs goes on in the new step
  }, [at])
  return (
    <div class="wizard">
      <nav class="steps" aria-label={t('接入步骤')}>
        <p class="stepline"><b>{t('第 {a} 步，共 {b} 步', { a: here + 1, b: STEPS.length })}</b> · {stepWords(at)}</p>
        <Progress done={here + 1} all={STEPS.length} label={t('接入步骤')} />
        <ol>{STEPS.map((step, i) => {
          const address = i === here ? '' : to(step)
          const inside = <><span class="stepno">{i < here ? <Icon name="check" size={13} /> : i + 1}</span><span>{stepWords(step)}</span></>
          return (
            <li key={step} class={i < here ? 'passed' : i === here ? 'now' : 'later'} aria-current={i === here ? 'step' : undefined}>
              {address ? <a href={address}>{inside}</a> : <span>{inside}</span>}
            </li>
          )
        })}</ol>
      </nav>
      <div class="stepbody" ref={body} tabIndex={-1} aria-label={stepWords(at)} role="group">{children}</div>
    </div>
  )
}
