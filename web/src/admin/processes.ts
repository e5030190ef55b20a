import { client } from '../api/client'
import {
  AdoptTemplateDocument, ConfirmProcessDocument, CreateDraftDocument, CreatePlatformDocument, DiscardDraftDocument, MoveMattersDocument, PublishProcessDocument, RetireProcessDocument,
} from '../api/gql/processes'
import type { CreatePlatformInput, ProcessPageQuery, TemplatesQuery } from '../api/gql/types'
import type { Field } from '../form/fields'
import { choice, line, pick, reason, text, yes } from '../form/make'
import { answered, type Look, type Task } from '../form/task'

/** What an administrator does with processes: from a template or a text to publication by two, and moving what runs. */
export type Process = NonNullable<ProcessPageQuery['process']>
const page = (made: { process?: { id: string } | null } | null | undefined) => made?.process ? { at: '/admin/processes/' + made.process.id } : {}

export function adopting(templates: NonNullable<TemplatesQuery['processTemplates']>): Task {
  return {
    name: 'process-adopt', title: '由模板做一个流程', button: '做成草稿', says: '先成为本会自己的草稿，改好了再发布。',
    fields: form => [{ ...choice('name', '哪个模板', templates.map(t => ({ value: t.name, label: `${t.title}（${t.area}）` })), { required: true }), hint: templates.find(t => t.name === form['name'])?.summary ?? '' }],
    send: async (form, key) => {
      const { data, error } = await client.mutation(AdoptTemplateDocument, { input: { name: String(form['name']), idempotencyKey: key } }).toPromise()
      return { ...answered(error, data?.adoptProcessTemplate, '草稿已经做好。'), ...page(data?.adoptProcessTemplate) }
    },
  }
}

export function importing(source = ''): Task {
  return {
    name: source ? 'process-next' : 'process-import', title: source ? '改成新的一版' : '由一份文本做流程', button: '做成草稿', start: source ? { source } : {},
    ...source ? { confirm: '现在这一版的文本成为一份草稿，改好了再发布；正在办的件留在原来的一版。' } : {},
    fields: source ? [] : [text('source', '流程的文本', { required: true, hint: '别的政协导出的，或自己写好的。' }), text('origin', '从哪里来')],
    send: async (form, key) => {
      const { data, error } = await client.mutation(CreateDraftDocument, { input: { source: source || String(form['source']), origin: form['origin'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return { ...answered(error, data?.createProcessDraft, '草稿已经做好。'), ...page(data?.createProcessDraft) }
    },
  }
}

/** What publication touches: what runs stays where it is, and whose turn it would be after moving. */
function touched(p: Process): string[] {
  const running = p.impact.running.reduce((n, r) => n + r.count, 0)
  return [
    running > 0 ? `正在办的 ${running} 件留在原来的版本，发布以后可以换过来。` : '现在没有正在办的件。',
    ...p.impact.turns.map(t => `换版以后，“${t.label}”的 ${t.count} 件由${t.from || '没有人'}改为轮到${t.to || '没有人'}：${t.loses} 人不再轮到，${t.gains} 人新轮到。`),
    ...p.impact.unmapped.map(u => `新版没有“${u.label}”这个环节，那里有 ${u.count} 件，换版时要写明去哪里。`),
  ]
}

export function publishing(p: Process): Task {
  return {
    name: 'process-publish:' + p.id, title: `发布“${p.title}”第 ${p.version} 版`, button: '发布', fields: [reason('理由', {})],
    preview: async (): Promise<Look> => ({ says: ['提案、闭环这类有规章的流程要两个人：您只是提出，另一个人核对、确认以后才发布。本会自己的流程马上发布。', ...touched(p), ...p.report.findings.filter(f => f.level === 'WARN').map(f => '请留意：' + f.problem)] }),
    send: async (form, key) => {
      const { data, error } = await client.mutation(PublishProcessDocument, { input: { id: p.id, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      const made = data?.publishProcess
      return answered(error, made, made?.process?.status === 'PUBLISHED' ? '已经发布，新的件从这一版开始。' : '已经提出发布，另一个人在这一页核对、确认以后才发布。')
    },
  }
}
export function confirmingProcess(p: Process): Task {
  return {
    name: 'process-confirm:' + p.id, title: `确认发布“${p.title}”第 ${p.version} 版`, button: '确认发布', fields: [], says: '请先看下面与前一版的不同和检查的结果。',
    preview: async (): Promise<Look> => ({ says: touched(p) }),
    send: async (_form, key) => {
      const { data, error } = await client.mutation(ConfirmProcessDocument, { input: { id: p.id, hash: p.hash, idempotencyKey: key } }).toPromise()
      return answered(error, data?.confirmProcess, '已经发布。')
    },
  }
}
export function discarding(p: Process): Task {
  return {
    name: 'process-discard:' + p.id, title: '丢弃这份草稿', button: '丢弃', danger: true, fields: [], confirm: '草稿不再列出，这个版本号不再使用，不能恢复。',
    send: async (_form, key) => {
      const { data, error } = await client.mutation(DiscardDraftDocument, { input: { id: p.id, idempotencyKey: key } }).toPromise()
      return { ...answered(error, data?.discardProcessDraft, '草稿已经丢弃。') }
    },
  }
}
export function retiring(p: Process): Task {
  return {
    name: 'process-retire:' + p.id, title: `停用“${p.title}”第 ${p.version} 版`, button: '停用', danger: true, fields: [reason()],
    preview: async (): Promise<Look> => ({ says: ['不再开始新的件；正在办的办完为止。', ...touched(p).slice(0, 1)] }),
    send: async (form, key) => {
      const { data, error } = await client.mutation(RetireProcessDocument, { input: { id: p.id, reason: String(form['reason']), idempotencyKey: key } }).toPromise()
      return answered(error, data?.retireProcess, '已经停用。')
    },
  }
}

/** Moving what runs to this version: a hundred at a time, until all have been asked. */
export function moving(p: Process, older: readonly { id: string, version: number }[]): Task {
  const to = p.report.states.filter(s => s.machine === 'matter').map(s => ({ value: s.code, label: s.label }))
  const lost = (version: unknown) => p.impact.unmapped.filter(u => u.version === Number(version) && u.machine === 'matter')
  const asks = (version: unknown): Field[] => lost(version).map(u => choice('to ' + u.state, `“${u.label}”的 ${u.count} 件换到`, to, { required: true }))
  const count = (version: unknown) => p.impact.running.filter(r => r.version === Number(version) && r.machine === 'matter')
  return {
    name: 'process-move:' + p.id, title: `把正在办的换到第 ${p.version} 版`, button: '换版',
    fields: form => [choice('version', '从哪一版', older.map(o => ({ value: String(o.version), label: `第 ${o.version} 版` })), { required: true }), ...asks(form['version']), reason()],
    preview: async (form): Promise<Look> => {
      const rows = count(form['version'])
      return { says: [rows.length > 0 ? `会换版的：${rows.map(r => `“${r.label}”${r.count} 件`).join('、')}。每件在过程里留下一步。` : '这一版没有正在办的件。', ...touched(p).slice(1)] }
    },
    send: async (form, key) => {
      const from = older.find(o => String(o.version) === form['version'])!
      const mapping = lost(form['version']).map(u => ({ from: u.state, to: String(form['to ' + u.state]) }))
      let moved = 0, after: string | null = null
      const skipped: string[] = []
      for (let part = 0; ; part++) {
        const { data, error }: Awaited<ReturnType<typeof ask>> = await ask(p.id, from.id, mapping, String(form['reason']), after, `${key}-${part}`)
        const done = data?.moveMatters
        if (error || !done || done.userErrors.length > 0) return { ...answered(error, done, ''), ...moved > 0 ? { says: `换了 ${moved} 件以后停下了。` } : {} }
        moved += done.moved
        skipped.push(...done.skipped.map(s => s.reason))
        if (!done.next) break
        after = done.next
      }
      return { faults: [], says: `换了 ${moved} 件。${skipped.length > 0 ? `没有换的 ${skipped.length} 件：${[...new Set(skipped)].join('；')}。` : ''}` }
    },
  }
}
const ask = (to: string, from: string, mapping: { from: string, to: string }[], why: string, after: string | null, key: string) =>
  client.mutation(MoveMattersDocument, { input: { fromProcessId: from, toProcessId: to, mapping, reason: why, after, idempotencyKey: key } }).toPromise()

/** A platform on a process: from that moment on things are brought in there. */
export function founding(p: Process): Task {
  return {
    name: 'platform:' + p.kind, title: `用“${p.title}”开一个平台`, button: '开平台', start: { code: 'p' + Date.now().toString(36), type: '区域型' },
    fields: [
      line('brand', '平台叫什么', { required: true }), choice('type', '哪一型', ['区域型', '界别型', '专业型', '党派型'].map(t => ({ value: t, label: t })), { required: true }),
      line('code', '网址里的代码', { required: true, hint: '公开页面的网址用它：小写字母、数字和短横。' }), pick('ownerUnitId', '归口单位', 'units'), line('level', '层级'), line('hostRule', '由谁主持'), line('approver', '由谁批准'),
      line('sources', '议题可以从哪里来', { list: true }), yes('takesTopics', '公开征集议题', { hint: '是的，群众在公开页面上可以提。' }), reason('理由', {}),
    ],
    send: async (form, key) => {
      const { data, error } = await client.mutation(CreatePlatformDocument, { input: { ...form, processKind: p.kind, idempotencyKey: key } as unknown as CreatePlatformInput }).toPromise()
      const made = data?.createPlatform
      return { ...answered(error, made, `“${String(form['brand'])}”已经开好，可以提出事项了。`), ...made?.platform ? { at: '/platforms/' + made.platform.id } : {} }
    },
  }
}
