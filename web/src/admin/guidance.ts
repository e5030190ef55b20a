import { client } from '../api/client'
import { DeclineGuidanceDocument, GuidanceWeighedDocument, IssueGuidanceDocument, TakeGuidanceDocument, WithdrawGuidanceDocument } from '../api/gql/guidance'
import type { GuidanceQuery, GuidanceReceivedQuery, IssueGuidanceInput, PublishableQuery } from '../api/gql/types'
import { choice, reason, text, yes } from '../form/make'
import { answered, type Task } from '../form/task'
import type { Option } from '../shell/words'
import type { Choices } from './people'

export type Issued = NonNullable<GuidanceQuery['guidance']>['edges'][number]['node']
export type Got = NonNullable<GuidanceReceivedQuery['guidanceReceived']>['edges'][number]['node']
type Paper = NonNullable<PublishableQuery['publishablePapers']>[number]

/** Publishes something that is in force here to some of those who have agreed to take it. */
export function issuing(papers: readonly Paper[], partners: Option[], choices: Choices): Task {
  return {
    name: 'guidance', title: '向下发布', button: '发布', says: '发布的是本会现在在用的；收到的一方看得到与它自己的不同，采用与否按它自己的规则决定。',
    fields: form => [
      choice('kind', '哪一类', choices('GuidanceKind'), { required: true }),
      ...form['kind'] ? [choice('code', '哪一份', papers.filter(p => p.kind === form['kind']).map(p => ({ value: p.code, label: p.title })), { required: true })] : [],
      choice('partners', '送给谁', partners, { list: true, required: true }),
      yes('required', '要求采用', { hint: '对方看得到“要求”；不采用要写明理由。' }), text('note', '说明', { hint: '依据、从什么时候起，对方看得到。' }),
    ],
    confirm: '以信封送出。以后本会改了，再发布一次就是新的一版；发布错了可以撤回。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(IssueGuidanceDocument, { input: { ...form, idempotencyKey: key } as unknown as IssueGuidanceInput }).toPromise()
      return answered(error, data?.issueGuidance, `已经发布，第 ${data?.issueGuidance.guidance?.version ?? 1} 版。`)
    },
  }
}

export function recalling(g: Issued): Task {
  return {
    name: 'guidance-withdraw:' + g.id, title: `撤回《${g.title}》第 ${g.version} 版`, button: '撤回', danger: true, fields: [reason('理由，对方看得到')],
    confirm: '没有采用的不能再采用；已经采用的留在对方，由对方决定是否停用。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(WithdrawGuidanceDocument, { input: { id: g.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.withdrawGuidance, '已经撤回，并告知收到的各方。')
    },
  }
}

export function taking(g: Got): Task {
  return {
    name: 'guidance-take:' + g.id, title: `采用《${g.title}》第 ${g.version} 版`, button: '采用', fields: [reason('理由', {})],
    says: '先看与本会现在的不同，再决定。正在办的事项留在原来的版本上。',
    preview: async () => {
      const { data, error } = await client.query(GuidanceWeighedDocument, { id: g.id }, { requestPolicy: 'network-only' }).toPromise()
      const w = data?.guidanceWeighed
      return {
        error, changes: (w?.changes ?? []).map(c => ({ title: c.what, before: c.before ?? '没有', after: c.after ?? '没有' })),
        says: [...w && w.changes.length === 0 ? ['与本会现在的相同。'] : [], ...(w?.findings ?? []).map(f => (f.blocks ? '照原样不能施行：' : '请注意：') + f.problem), ...g.after ? ['采用以后：' + g.after + '。'] : []],
      }
    },
    send: async (form, key) => {
      const { data, error } = await client.mutation(TakeGuidanceDocument, { input: { id: g.id, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      const done = data?.takeGuidance.guidance
      return answered(error, data?.takeGuidance, `已经采用：${done?.became ?? ''}。${done?.after ?? ''}`)
    },
  }
}

export function declining(g: Got): Task {
  return {
    name: 'guidance-decline:' + g.id, title: `不采用《${g.title}》第 ${g.version} 版`, button: '不采用', fields: [reason('理由，发布的一方看得到')],
    ...g.required ? { says: '对方要求采用；不采用的理由会送到对方。' } : {},
    send: async (form, key) => {
      const { data, error } = await client.mutation(DeclineGuidanceDocument, { input: { id: g.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.declineGuidance, '已经答复对方；以后仍可以采用。')
    },
  }
}
