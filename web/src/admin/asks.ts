import { client } from '../api/client'
import { EndObligationExcuseDocument, ExcuseObligationDocument, PreviewObligationDocument, PublishObligationDocument, RetireObligationDocument, UrgeObligationDocument } from '../api/gql/obligations'
import type { ObligationEvery, ObligationFragment, ObligationWordsQuery, OwedFragment, PublishObligationInput } from '../api/gql/types'
import { remember } from '../form/candidates'
import type { Field, Form } from '../form/fields'
import { choice, day, group, line, number, pick, reason, text, yes } from '../form/make'
import { answered, type Look, type Task } from '../form/task'
import { sayDay, today } from '../shell/days'
import type { Choices } from './people'

/** What the committee asks of its people, as forms. */
export type Things = ObligationWordsQuery['obligationWords']

export const rhythms: Record<ObligationEvery, string> = { YEAR: '每年', HALF_YEAR: '每半年', QUARTER: '每季度', ONCE: '一次' }
const rungs = [60, 30, 14, 7, 3, 1, 0].map(n => ({ value: String(n), label: n === 0 ? '当天' : `${n} 天以前` }))

/** Every condition that can be asked, as one choice each: of what, which word, which value. */
function conditions(things: Things, choices: Choices) {
  const out: { value: string, label: string }[] = []
  const add = (t: Things[number], word: string, value: string, label: string) => out.push({ value: [t.code, word, value].join('|'), label: `${t.label}：${label}` })
  for (const t of things) for (const w of t.words) {
    const of = w.values.length > 0 ? w.values.map(v => ({ value: v.code, label: v.label })) : w.code === 'kind' ? choices('kind') : []
    if (w.yes) add(t, w.code, '', w.label)
    for (const v of of) add(t, w.code, v.value, `${w.label}为${v.label}`)
  }
  return out
}

function needs(form: Form): PublishObligationInput['needs'] {
  return (form['needs'] as Form[] | undefined ?? []).map(n => {
    const among = new Map<string, { word: string, yes?: boolean, words: string[] }>()
    for (const c of n['among'] as string[] ?? []) {
      const [of, word, value] = c.split('|') as [string, string, string]
      if (of !== n['of']) continue
      const one = among.get(word) ?? { word, words: [] }
      if (value) one.words.push(value)
      else one.yes = true
      among.set(word, one)
    }
    return { label: String(n['label'] ?? ''), least: Number(n['least'] ?? 0), of: String(n['of'] ?? ''), among: [...among.values()] }
  })
}

function formOf(o: ObligationFragment): Form {
  for (const u of o.units) remember({ value: u.id, label: u.name })
  if (o.platform) remember({ value: o.platform.id, label: o.platform.brand })
  const among = (n: ObligationFragment['needs'][number]) => n.among.flatMap(a => a.words.length > 0 ? a.words.map(v => [n.of, a.word, v].join('|')) : [[n.of, a.word, ''].join('|')])
  return Object.fromEntries(Object.entries({
    label: o.label, note: o.note, kinds: [...o.kinds], posts: [...o.posts], unitKinds: [...o.unitKinds], unitIds: o.units.map(u => u.id), platformId: o.platform?.id, every: o.every,
    by: o.by, byDay: o.byDay, within: o.within, workdays: o.workdays || undefined, joins: o.joins, remind: o.remind.map(String),
    needs: o.needs.map(n => ({ label: n.label, least: n.least, of: n.of, among: among(n) })),
  }).filter(([, v]) => v != null && (!Array.isArray(v) || v.length > 0)))
}

const fields = (things: Things, choices: Choices) => (form: Form): Field[] => [
  line('label', '叫什么', { required: true, hint: '例如 三个一。' }), text('note', '依据', { hint: '哪个文件、哪次会议定的。' }),
  choice('kinds', '由哪几类人做', choices('MembershipKind'), { list: true, required: true }),
  choice('posts', '只由担任这些职务的做', choices('SeatPost'), { list: true, hint: '不选为不限。' }),
  choice('unitKinds', '只由在这几类单位的做', choices('UnitKind'), { list: true, hint: '不选为不限。' }),
  pick('unitIds', '只由在这些单位的做', 'units', { list: true, hint: '连同下级；单位合并以后由接续的单位。' }), pick('platformId', '只由这个平台的人做', 'platforms', { hint: '平台负责单位及其下级的人。' }),
  choice('every', '多久做一次', Object.entries(rhythms).map(([value, label]) => ({ value, label })), { required: true }),
  ...form['every'] === 'ONCE' ? [day('by', '在哪一天以前', { hint: '或者写下面的天数。' })] : [],
  ...form['every'] === 'YEAR' ? [line('byDay', '在几月几日以前', { hint: '写成 10-31；不写为年底。' })] : [],
  number('within', form['every'] === 'ONCE' ? '到任后多少天以内' : '一期开始后多少天以内', { hint: '不写为这一期的最后一天，或上面写的那一天。' }), yes('workdays', '天数按工作日计'),
  number('joins', '中途到任的，剩下多少天以上才做这一期', { hint: '不写为一半。' }),
  choice('remind', '截止以前什么时候提醒', rungs, { list: true }),
  group('needs', '怎样算做到', [
    line('label', '叫什么', { required: true, hint: '例如 联系界别群众。' }), number('least', '至少几次', { required: true }),
    choice('of', '数什么', things.map(t => ({ value: t.code, label: t.label })), { required: true }),
    choice('among', '只数', conditions(things.filter(t => (form['needs'] as Form[] | undefined)?.some(n => n['of'] === t.code)), choices), { list: true, hint: '先选数什么。同一条件选几项，是其中之一就数。' }),
  ], { list: true, required: true }),
  day('validFrom', '从哪一天起', { hint: `不写为今天；写 ${today().slice(0, 4)} 年 1 月 1 日，今年整年都算。` }), reason('理由', {}),
]

/** A new definition, or the next version of one. */
export function asking(things: Things, choices: Choices, old?: ObligationFragment): Task {
  const code = old?.code ?? 'ask_' + Date.now().toString(36)
  const input = (form: Form): PublishObligationInput => ({
    code, label: String(form['label'] ?? ''), note: form['note'] as string | null ?? null, kinds: form['kinds'] as PublishObligationInput['kinds'] ?? [], posts: form['posts'] as PublishObligationInput['posts'] ?? null,
    unitKinds: form['unitKinds'] as PublishObligationInput['unitKinds'] ?? null, unitIds: form['unitIds'] as string[] ?? null, platformId: form['platformId'] as string | null ?? null,
    every: form['every'] as ObligationEvery, by: form['every'] === 'ONCE' ? form['by'] as string | null ?? null : null, byDay: form['every'] === 'YEAR' ? form['byDay'] as string | null ?? null : null,
    within: form['within'] as number | null ?? null, workdays: form['workdays'] === true, joins: form['joins'] as number | null ?? null, remind: (form['remind'] as string[] ?? []).map(Number), needs: needs(form),
    validFrom: form['validFrom'] as string | null ?? null, expectedVersion: old?.version ?? 0, reason: form['reason'] as string | null ?? null,
  })
  return {
    name: 'ask:' + (old?.code ?? ''), title: old ? `改“${old.label}”` : '新的要求', button: '发布', says: old ? '发布成新的一版：这一期按新的一版算，以前各期仍按当时的。' : '写明由谁做、多久一次、怎样算做到。做了的自动算进来，不用填报。',
    start: old ? formOf(old) : { kinds: ['MEMBER'], every: 'YEAR', remind: ['30', '7'] }, fields: fields(things, choices),
    preview: async (form): Promise<Look> => {
      const { data, error } = await client.query(PreviewObligationDocument, { input: input(form) }, { requestPolicy: 'network-only' }).toPromise()
      const p = data?.previewObligation
      return { error, faults: p?.userErrors, says: p && p.userErrors.length === 0 ? [p.says + '。', p.count > 0 ? `这一期要求 ${p.count} 人，其中 ${p.done} 人已经做到。` : `从 ${sayDay(p.from)} 的一期起要求，现在还没有人要做。`] : [] }
    },
    send: async (form, key) => {
      const { data, error } = await client.mutation(PublishObligationDocument, { input: { ...input(form), idempotencyKey: key } }).toPromise()
      return { ...answered(error, data?.publishObligation, '已经发布，马上生效。'), at: '/admin/asks/' + code }
    },
  }
}

export function askEnd(o: ObligationFragment): Task {
  return {
    name: 'ask-end:' + o.code, title: `停用“${o.label}”`, button: '停用', danger: true, fields: [reason()], confirm: '还没有到期的不再要求，以前各期谁做到了仍然看得到。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(RetireObligationDocument, { input: { code: o.code, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.retireObligation, '已经停用。')
    },
  }
}

/** Reminds all who owe, or one. */
export function urging(o: Pick<ObligationFragment, 'code' | 'label'>, whom?: OwedFragment): Task {
  return {
    name: `ask-urge:${o.code}:${whom?.membership?.id ?? ''}`, title: whom ? `催 ${whom.name}` : '催还没有做到的', button: '催办', fields: [], confirm: '各人收到一条通知，写明还差什么、到哪一天。今天催过的不再催。',
    send: async (_form, key) => {
      const { data, error } = await client.mutation(UrgeObligationDocument, { input: { code: o.code, membershipIds: whom?.membership ? [whom.membership.id] : null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.urgeObligation, data?.urgeObligation.told ? `已经通知 ${data.urgeObligation.told} 人。` : '今天都催过了，没有再发。')
    },
  }
}

export function excusing(o: Pick<ObligationFragment, 'code'>, d: OwedFragment, on: string | null): Task {
  const e = d.excuse
  return {
    name: `ask-excuse:${o.code}:${d.membership?.id ?? ''}`, title: e ? `收回对 ${d.name} 的免除` : `免除 ${d.name} 这一期的`, button: e ? '收回' : '免除', fields: [reason()], confirm: e ? '收回以后，这一期仍要做到。' : '只免除这一期；本人会收到通知。',
    send: async (form, key) => {
      const why = String(form['reason'])
      if (e) {
        const { data, error } = await client.mutation(EndObligationExcuseDocument, { input: { excuseId: e.id, reason: why, idempotencyKey: key } }).toPromise()
        return answered(error, data?.endObligationExcuse, '已经收回。')
      }
      const { data, error } = await client.mutation(ExcuseObligationDocument, { input: { code: o.code, on, membershipId: d.membership?.id ?? '', reason: why, idempotencyKey: key } }).toPromise()
      return answered(error, data?.excuseObligation, '已经免除。')
    },
  }
}
