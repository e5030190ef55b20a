import { client } from '../api/client'
import {
  LookAtCaseDocument, NarrowFiguresDocument, PublishRankingDocument, ResumeFiguresDocument, SuspendFiguresDocument, WithdrawRankingDocument,
} from '../api/gql/districts'
import type { FigureScopeKind, GrantsQuery, SharedQuery } from '../api/gql/types'
import { choice, reason } from '../form/make'
import { answered, type Task } from '../form/task'
import type { Option } from '../shell/words'

/** What a city does with the figures of its districts, and a district with what leaves it. */
export type Sharing = NonNullable<SharedQuery['figureSharings']>[number]
export type Grant = NonNullable<GrantsQuery['caseGrants']>['edges'][number]['node']

export const scopes: Option[] = [{ value: 'SINCE_SESSION', label: '会议以来' }, { value: 'SESSION', label: '会议期间' }, { value: 'CALENDAR_YEAR', label: '自然年' }]
export const lights: Record<string, string> = { GREEN: '● 都按期', YELLOW: '▲ 少数逾期', RED: '■ 逾期较多', NOTHING_DUE: '○ 无到期', UNKNOWN: '○ 看不出' }
export const ages: Record<string, string> = { FRESH: '新', LATE: '几天没有确认', SILENT: '一周以上没有确认', NEVER: '从来没有送来' }
export const splits: Option[] = [{ value: 'period', label: '大会或平时' }, { value: 'proposer_kind', label: '提案者' }, { value: 'sector', label: '界别' }, { value: 'street', label: '街道' }, { value: 'cohort', label: '一号提案的阶段' }]
/** What is compared of the three loops that run at a time. */
export const ofLoops = ['tasks', 'tasks_overdue', 'task_adoption_rate', 'task_done_rate', 'node_rate', 'nodes_overdue']
export const splitName = (code: string) => splits.find(s => s.value === code)?.label ?? code

export function publishing(kind: FigureScopeKind, year: number, of: readonly Option[]): Task {
  return {
    name: 'ranking', title: '公布排名', button: '公布', says: '按一个指标给各区县排名，送到各区县，它们互相看得到。没有送这个指标的、口径不同的、一周以上没有确认的不排。',
    fields: [choice('figure', '按哪个指标', of, { required: true }), choice('order', '次序', [{ value: 'MOST', label: '大的在前' }, { value: 'LEAST', label: '小的在前' }], { required: true }), reason('理由', {})],
    start: { order: 'MOST' }, confirm: '公布以后各区县看得到各自的数和名次，可以撤回，撤回也通知到各区县。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(PublishRankingDocument, { input: { figure: String(form['figure']), kind, year, ascending: form['order'] === 'LEAST', reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.publishRanking, '已经公布。')
    },
  }
}

export function withdrawing(id: string, label: string): Task {
  return {
    name: 'withdraw:' + id, title: `撤回“${label}”的排名`, button: '撤回', danger: true, fields: [reason('理由，各区县看得到')], confirm: '各区县都看得到它已经撤回和理由。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(WithdrawRankingDocument, { input: { id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.withdrawRanking, '已经撤回。')
    },
  }
}

export function sharingTasks(s: Sharing, figures: readonly Option[]) {
  const narrow = (): Task => ({
    name: 'narrow:' + s.partner, title: `改送给${s.partnerName}的指标`, button: '改', version: () => s.version,
    start: { ...s.codes ? { codes: s.codes } : {}, ...s.splits ? { splits: s.splits } : {} },
    fields: [
      choice('codes', '只送这些指标', figures, { list: true, hint: '都不选是全部，以后新增的也送。' }),
      choice('splits', '只送按这些的拆分', splits, { list: true, hint: '都不选是全部。' }), reason('理由', {}),
    ],
    confirm: '没有选的，对方马上看不到了，以前送去的也不再显示。',
    send: async (form, key, expectedVersion) => {
      const list = (name: string) => { const v = form[name] as string[] | undefined; return v?.length ? v : null }
      const input = { partner: s.partner, codes: list('codes'), splits: list('splits'), reason: form['reason'] as string | null ?? null, expectedVersion: expectedVersion ?? null, idempotencyKey: key }
      const { data, error } = await client.mutation(NarrowFiguresDocument, { input }).toPromise()
      return answered(error, data?.narrowFigures, '已经改好，几秒内送到。')
    },
  })
  const suspend = (): Task => ({
    name: 'suspend-figures:' + s.partner, title: `中止给${s.partnerName}送指标`, button: '中止', danger: true, fields: [reason('理由，对方看得到')], confirm: '不再送新的数；以前送去的留在对方，注明已经中止。要让对方看不到，请改送出的范围。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(SuspendFiguresDocument, { input: { partner: s.partner, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.suspendFigures, '已经中止。')
    },
  })
  const resume = (): Task => ({
    name: 'resume-figures:' + s.partner, title: `恢复给${s.partnerName}送指标`, button: '恢复', fields: [reason('理由', {})], confirm: '接着送现在的数。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(ResumeFiguresDocument, { input: { partner: s.partner, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.resumeFigures, '已经恢复。')
    },
  })
  return { narrow, suspend, resume }
}

/** Asks to look; the id of the look, or what is wrong. */
export async function looking(grantId: string, key: string): Promise<{ id?: string, says?: string }> {
  const { data, error } = await client.mutation(LookAtCaseDocument, { input: { grantId, idempotencyKey: key } }).toPromise()
  const id = data?.lookAtCase.look?.id
  return id ? { id } : { says: data?.lookAtCase.userErrors[0]?.message ?? error?.message ?? '没有成功，请再试。' }
}
