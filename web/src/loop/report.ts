import { client } from '../api/client'
import { FreezeReportDocument, ReportPreviewDocument, WithdrawReportDocument } from '../api/gql/figures'
import type { FigureScope, FigureScopeKind, FreezeReportInput, ReportInput, ReportPreviewQuery } from '../api/gql/types'
import type { Form } from '../form/fields'
import { choice, day, line, number, reason } from '../form/make'
import { answered, type Task } from '../form/task'
import { today } from '../shell/days'
import type { Option } from '../shell/words'
import { ofSitting } from './scope'

/** What a person does with reports: look, freeze, take back. */
export type Seen = NonNullable<ReportPreviewQuery['reportPreview']>

/** What a new report begins with: the words that can be chosen, and the report whose place it takes. */
export interface Making { templates: readonly Option[], kinds: readonly Option[], sittings: readonly Option[], start: Form, replaces?: { id: string, title: string } | undefined, seen: (s: Seen | undefined) => void }

/** A node that is a report, which has a scope. */
export function reportOf<T extends object>(node: T | null | undefined): Extract<T, { scopeText: string }> | undefined {
  return node && 'scopeText' in node ? node as Extract<T, { scopeText: string }> : undefined
}

function paperOf(form: Form): ReportInput {
  const kind = form['kind'] as FigureScopeKind
  const scope: FigureScope = { kind, sittingId: ofSitting(kind) ? String(form['sitting'] ?? '') : null, year: kind === 'CALENDAR_YEAR' ? Number(form['year']) : null }
  return { scope, asOf: form['asOf'] as string | null ?? null, template: String(form['template']), lines: null }
}

export function freezing(m: Making): Task {
  return {
    name: 'report:' + (m.replaces?.id ?? ''), title: m.replaces ? `编制一份代替“${m.replaces.title}”` : '编制报告', button: '定稿', start: m.start,
    says: '先看现在的数；定稿以后不再改变，写错了只能撤回，由另一份代替。',
    fields: form => [
      choice('template', '样式', m.templates, { required: true }), line('title', '标题', { required: true }),
      choice('kind', '统计范围', m.kinds, { required: true }),
      ...ofSitting(form['kind'] as FigureScopeKind) ? [choice('sitting', '哪次会议', m.sittings, { required: true })] : [],
      ...form['kind'] === 'CALENDAR_YEAR' ? [number('year', '哪一年', { required: true })] : [],
      day('asOf', '截至哪一天', { latest: today(), hint: '不填为今天；这一天以后的变化不计。' }),
      ...m.replaces ? [reason('为什么代替')] : [],
    ],
    preview: async form => {
      m.seen(undefined)
      const { data, error } = await client.query(ReportPreviewDocument, { paper: paperOf(form) }, { requestPolicy: 'network-only' }).toPromise()
      const seen = data?.reportPreview
      if (seen) m.seen(seen)
      if (error || !seen) return { error }
      return { says: [`统计范围：${seen.scopeText}。请核对上面的各行。`, ...seen.objections.map(o => `现在还不能定稿：${o}。`)] }
    },
    send: async (form, key) => {
      const input: FreezeReportInput = { title: String(form['title']), paper: paperOf(form), replacesId: m.replaces?.id ?? null, reason: form['reason'] as string | null ?? null, idempotencyKey: key }
      const { data, error } = await client.mutation(FreezeReportDocument, { input }).toPromise()
      const made = data?.freezeReport.report?.id
      return { ...answered(error, data?.freezeReport, '已经定稿。'), ...made ? { at: '/loop/reports/' + made } : {} }
    },
  }
}

export function withdrawing(r: { id: string, title: string }): Task {
  return {
    name: 'report-withdraw:' + r.id, title: `撤回“${r.title}”`, button: '撤回', danger: true, fields: [reason('为什么撤回')],
    confirm: '撤回以后不能恢复；原来的内容仍看得到，写明已经撤回。要改的，请编制一份代替它。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(WithdrawReportDocument, { input: { reportId: r.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.withdrawReport, '已经撤回。')
    },
  }
}
