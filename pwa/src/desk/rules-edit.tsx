// Changing rules: the rules on the left, a raw order in the middle, what it becomes on the right.
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { go, href, route } from '../app/router'
import { Button } from '../ui/button'
import { ask } from '../ui/dialog'
import { Bones, Chip, Empty, Notice, Time, Trouble } from '../ui/show'
import { toast } from '../ui/toast'
import { Head } from './head'
import { useKeys } from './keys'
import { send, useLive, type Live } from './live'
import { drop, keep, keptOf, type Kept } from './rules-keep'
import { carried, changes, fromWords, lacking, pathFor, same, targetWord, whenWords, wrongIn, written, type Form, type Rule, type RulesPage } from './rules-model'
import { versionName } from './rules-parts'
import { Becomes, RawTree, useLook, useRaws, type Picked } from './rules-raw'
import { RuleForm, type Slot } from './rules-row'
import { ToldList } from './rules-told'
import { t } from './rules-words'

interface Props { platform: string; name: string; live: Live<RulesPage>; page: RulesPage; form: Form }
type Tab = 'rules' | 'raw' | 'becomes'

/** Loads what the editor starts from: the version in force, and the draft it goes on with, if any. */
export function Editor(p: Props): JSX.Element {
  const from = Number(route.value.query['from'] ?? 0) || 0
  const version = p.page.versions.find((v) => v.version === from)
  const [now] = useState(p.page.in_force)
  const [kept, setKept] = useState(() => keptOf(p.platform))
  const old = kept ? kept.base : version && from ? version.base : now
  const theirs = useLive<{ rules: Rule[] }>(`/api/rules/${p.platform}/${now}`, 0)
  const base = useLive<{ rules: Rule[] }>(`/api/rules/${p.platform}/${old}`, 0)
  const mine = useLive<{ rules: Rule[] }>(from ? `/api/rules/${p.platform}/${from}` : null, 0)
  const error = theirs.error ?? base.error ?? mine.error
  const up = <a class="button small" href={href(['rules', p.platform])}>{t('回到规则')}</a>
  if (kept && kept.from !== from) {
    const leave = () => { drop(p.platform); setKept(null) }
    return (
      <section class="screen"><Head title={`${p.name} · ${t('修改规则')}`} live={p.live}>{up}</Head>
        <Empty title={t('还有没保存的修改')} acts={<><a class="button primary" href={href(['rules', p.platform, 'edit'], kept.from ? { from: String(kept.from) } : {})}>{t('接着改')}</a> <Button kind="danger" onClick={leave}>{t('放弃它，改{version}', { version: versionName(from || now) })}</Button></>}>
          {t('上次在{version}上改的还存在这台设备上：', { version: versionName(kept.from || kept.base) })}<Time at={kept.at} /></Empty>
      </section>
    )
  }
  if (!theirs.data || !base.data || (from && !mine.data)) {
    return <section class="screen"><Head title={`${p.name} · ${t('修改规则')}`} live={p.live}>{up}</Head>{error ? <div class="pad"><Trouble error={error} /></div> : <Bones rows={8} />}</section>
  }
  const begun = kept ? kept.rules : mine.data?.rules ?? theirs.data.rules
  const over = carried(base.data.rules, begun, theirs.data.rules)
  // An old version as the base of a new one is taken as it is; a draft of another base is carried over to the present.
  const whole = !kept && from !== 0 && (version?.applied_at !== null || version.base === now)
  const moved = !whole && old !== now
  return <Desk {...p} now={now} theirs={theirs.data.rules} start={whole || !moved ? begun : over.rules} torn={moved ? over.torn : []} moved={moved ? old : null} kept={kept} from={from} origin={moved ? null : mine.data?.rules ?? theirs.data.rules} />
}

interface DeskProps extends Props { now: number; theirs: Rule[]; start: Rule[]; torn: string[]; moved: number | null; kept: Kept | null; from: number
  /** What is stored already; null: nothing like it. */
  origin: Rule[] | null
}

function Desk({ platform, name, live, page, form, now, theirs, start, torn, moved, kept, from, origin }: DeskProps): JSX.Element {
  const [rules, setRules] = useState(start)
  const [open, setOpen] = useState(-1)
  const [slot, setSlot] = useState<Slot | null>(null)
  const [find, setFind] = useState('')
  const [tab, setTab] = useState<Tab>('rules')
  const [shownWrong, setShownWrong] = useState(false)
  const saved = useRef(false)
  const keeps = useRef(true)
  const dirty = origin === null || !same(rules, origin)
  useEffect(() => {
    if (saved.current) return
    if (dirty) keeps.current = keep(platform, { base: now, from, rules, at: Date.now() })
    else drop(platform)
  }, [rules])
  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => { if (dirty && !saved.current) { e.preventDefault(); e.returnValue = '' } }
    addEventListener('beforeunload', warn)
    return () => removeEventListener('beforeunload', warn)
  }, [dirty])

  const wrongs = useMemo(() => rules.map((r) => wrongIn(r, rules, form)), [rules, form])
  const none = lacking(rules, form)
  const bad = wrongs.reduce((n, w) => n + w.length, 0) + none.length
  const told = useMemo(() => changes(theirs, rules, form), [rules, theirs, form])
  const raws = useRaws(platform)
  const look = useLook(platform, raws.raw, same(rules, theirs) ? '' : written(rules), bad === 0)
  const refused = look.error?.code === 'bad_rules' ? String(look.error.detail['rule'] ?? '') : ''

  const put = (i: number, r: Rule) => setRules(rules.map((x, n) => (n === i ? r : x)))
  const add = () => {
    setFind('')
    setRules([...rules, { name: '', to: '', from: [''] }])
    setOpen(rules.length)
    setSlot({ part: 'from', at: 0 })
    setTab('rules')
    setTimeout(() => document.getElementById(`rule-name-${rules.length}`)?.focus())
  }
  const remove = (i: number) => {
    const before = rules
    const gone = rules[i]
    setRules(rules.filter((_, n) => n !== i))
    setOpen(-1)
    toast(t('已删除“{name}”', { name: gone?.name || t('没有名字的规则') }), { undo: () => {
      if (saved.current) return
      keep(platform, { base: now, from, rules: before, at: Date.now() }) // the editor may be closed by now
      setRules(before)
    } })
  }
  /** Past the next rule of the same target: only among those the order means anything. */
  const shift = (i: number, by: 1 | -1) => {
    const r = rules[i]
    let at = i + by
    while (r && rules[at] && rules[at]?.to !== r.to) at += by
    if (!r || !rules[at]) return
    const rest = rules.filter((_, n) => n !== i)
    setRules([...rest.slice(0, at), r, ...rest.slice(at)])
    setOpen(at)
    setTimeout(() => document.getElementById(`rule-${at}`)?.focus())
  }
  const pick: Picked = (where, names) => {
    const r = rules[open]
    if (!r) return toast(t('先打开一条规则，再点原始字段'), { bad: true })
    try {
      const path = pathFor(form.targets.find((x) => x.name === r.to), where, names)
      if (slot?.part === 'when') {
        const when = [...(r.when ?? [])]
        const c = when[slot.at]
        if (c) { when[slot.at] = { ...c, field: path }; put(open, { ...r, when }) }
      } else {
        const list = [...(r.from ?? [])]
        const at = slot ? slot.at : list.length
        list[at] = (/^-/.test(list[at] ?? '') ? '-' : '') + path
        put(open, { ...r, from: list })
        setSlot(null)
      }
      toast(t('“{rule}”取 {path}', { rule: r.name || t('新规则'), path }))
      setTab('rules')
    } catch (e) {
      toast(e instanceof Error ? e.message : String(e), { bad: true })
    }
  }
  const show = (ruleName: string) => {
    const i = rules.findIndex((r) => r.name === ruleName)
    if (i < 0) return
    setFind('')
    setOpen(i)
    setSlot(null)
    setTab('rules')
    setTimeout(() => { const head = document.getElementById(`rule-${i}`); head?.scrollIntoView({ block: 'center' }); head?.focus() })
  }
  const save = async () => {
    if (bad) {
      setShownWrong(true)
      const i = wrongs.findIndex((w) => w.length > 0)
      if (i >= 0) { setFind(''); setOpen(i); setTab('rules'); setTimeout(() => document.getElementById(`rule-${i}`)?.scrollIntoView({ block: 'start' })) }
      return
    }
    await ask({
      title: t('保存成草稿？'),
      consequence: t('改了 {n} 条规则。草稿不影响任何订单，试算过再启用。', { n: told.length }),
      yes: t('保存草稿'),
      reason: { label: t('为什么改'), hints: [t('平台加了新字段'), t('平台改了状态的写法'), t('原来取错了字段')] },
      act: async (reason) => {
        const done = await send<{ version: number }>('POST', `/api/rules/${platform}`, { rules: written(rules), reason, base: now })
        saved.current = true
        drop(platform)
        toast(t('已存为{version}', { version: versionName(done.version) }))
        go(['rules', platform, String(done.version)])
      },
    })
  }
  const abandon = () => ask({
    title: t('放弃没保存的修改？'), consequence: t('这些修改只存在这台设备上，放弃后找不回来。'), yes: t('放弃修改'), danger: true,
    act: () => { saved.current = true; drop(platform); go(['rules', platform]); return Promise.resolve() },
  })
  useKeys({
    j: () => step(1), k: () => step(-1),
    '/': () => document.getElementById('rule-find')?.focus(),
    Escape: () => { if (open >= 0) { const was = open; setOpen(-1); setTimeout(() => document.getElementById(`rule-${was}`)?.focus()) } },
  })

  const listed = rules.map((r, i) => ({ r, i })).filter(({ r, i }) => i === open || !find || `${r.name} ${targetWord(r.to, form)} ${r.to} ${fromWords(r)} ${whenWords(r)}`.toLowerCase().includes(find.toLowerCase()))
  return (
    <section class="ruleedit">
      <Head title={`${name} · ${t('修改规则')}`} live={live}>
        <a class="button small" href={href(['rules', platform])}>{t('回到规则')}</a>
        {dirty ? <Button size="small" onClick={abandon}>{t('放弃修改')}</Button> : null}
        <Button size="small" kind="primary" reason={dirty ? '' : t('还没有改动')} onClick={save}>{bad && dirty ? t('保存草稿（{n} 处要改）', { n: bad }) : t('保存草稿')}</Button>
      </Head>
      <div class="ruletop">
        <p class="small" role="status">{dirty ? (keeps.current ? t('{n} 处改动还没保存，已存在这台设备上', { n: told.length }) : t('{n} 处改动还没保存，这个浏览器不让存，离开就没了', { n: told.length })) : t('和{version}一样，还没有改动', { version: versionName(from || now) })}</p>
        {kept && same(kept.rules, rules) ? <Notice tone="info"><p>{t('接上了没保存的修改：')}<Time at={kept.at} /></p></Notice> : null}
        {moved !== null ? <Notice tone="warn"><p>{t('这些修改原来在{old}上，已搬到{now}上。', { old: versionName(moved), now: versionName(now) })}{torn.length ? t('两边都改过、按你的改法：{names}，请核对。', { names: torn.join('、') }) : ''}</p></Notice> : null}
        {page.in_force !== now ? <Notice tone="warn" alert><p>{t('刚刚有人启用了{version}。刷新页面，你的修改会搬到它上面。', { version: versionName(page.in_force) })}</p></Notice> : null}
        {none.length && (shownWrong || dirty) ? <Notice tone="bad"><p>{t('每张订单都要有的字段还没有规则：{names}', { names: none.map((x) => targetWord(x.name, form)).join('、') })}</p></Notice> : null}
        <div class={'chiprow ruletabs at-' + tab} role="group" aria-label={t('看哪一边')}>
          <Chip pressed={tab === 'rules'} onClick={() => setTab('rules')}>{t('规则')}</Chip><Chip pressed={tab === 'raw'} onClick={() => setTab('raw')}>{t('原始订单')}</Chip><Chip pressed={tab === 'becomes'} onClick={() => setTab('becomes')}>{t('变成的订单')}</Chip>
        </div>
      </div>
      <div class={'rulepanes at-' + tab}>
        <div class="rulepane ofrules">
          <div class="line panehead"><input id="rule-find" class="input" type="search" placeholder={t('找规则：名字、字段')} aria-label={t('找规则：名字、字段')} value={find} onInput={(e) => setFind(e.currentTarget.value.trim())} /><Button onClick={add}>{t('加一条')}</Button></div>
          {told.length ? <details class="changesof small"><summary>{t('改了什么（{n}）', { n: told.length })}</summary><ToldList told={told} /></details> : null}
          <ol class="rulelist">{listed.map(({ r, i }) => (
            <li key={i}>
              <RuleForm i={i} rule={r} form={form} was={theirs.find((x) => x.name === r.name)} wrong={wrongs[i] ?? []} refused={refused !== '' && refused === r.name ? look.error?.message ?? '' : ''} open={open === i} slot={open === i ? slot : null}
                siblings={rules.filter((x) => x.to === r.to)} toggle={() => { setOpen(open === i ? -1 : i); setSlot(null) }} put={(x) => put(i, x)} remove={() => remove(i)} shift={(by) => shift(i, by)} at={setSlot} />
            </li>))}
          </ol>
          {listed.length === 0 ? <p class="muted small pad">{t('没有这样的规则')}</p> : null}
        </div>
        <div class="rulepane ofraw"><RawTree raws={raws} look={look} form={form} used={rules[open]} pick={pick} /></div>
        <div class="rulepane ofbecomes"><Becomes look={look} form={form} rules={rules} theirs={theirs} now={versionName(now)} stuck={bad > 0 && dirty} show={show} /></div>
      </div>
    </section>
  )
}

function step(by: 1 | -1): void {
  const heads = Array.from(document.querySelectorAll<HTMLElement>('.rulehead'))
  const at = heads.indexOf(document.activeElement as HTMLElement)
  heads[Math.max(0, Math.min(heads.length - 1, at + by))]?.focus()
}
