import { client } from '../api/client'
import { sentence } from '../api/faults'
import { CarryOutImportDocument, DecideImportRowsDocument, ImportKindsDocument, ImportOneDocument, IssueImportWordsDocument, RosterWorkbookDocument, UndoImportDocument } from '../api/gql/imports'
import type { FaultFragment, ImportBatchFragment, ImportDecision, ImportLinesQuery, ImportRowState, ImportVerdict, IssueImportWordsMutation } from '../api/gql/types'
import { reason } from '../form/make'
import { answered, type Task } from '../form/task'
import { newKey } from '../shell/key'

/** What an administrator does with imports: what was brought is looked at before it counts. */
export type Line = NonNullable<NonNullable<ImportLinesQuery['importRows']>['edges'][number]>['node']
export type Word = IssueImportWordsMutation['issueImportWords']['words'][number]

export const busy = (b: ImportBatchFragment | null | undefined) => b?.state === 'CHECKING' || b?.state === 'RUNNING' || b?.state === 'UNDOING'

/** How much of what is going on is done, from 0 to 1. */
export function part(b: ImportBatchFragment): number {
  const c = b.counts, all = Math.max(1, b.total)
  if (b.state === 'CHECKING') return (b.total - c.unseen) / all
  if (b.state === 'RUNNING') return c.done / Math.max(1, c.new + c.changed)
  return (c.undone + c.kept) / Math.max(1, c.done + c.undone + c.kept)
}

/** The tabs of a batch: what was found, and what became of it. */
export function tabsOf(b: ImportBatchFragment): { name: string, n: number, verdict?: ImportVerdict, state?: ImportRowState }[] {
  const c = b.counts
  const tabs: ReturnType<typeof tabsOf> = [
    { name: '有误', n: c.wrong, verdict: 'WRONG' }, { name: '存疑', n: c.doubtful, verdict: 'DOUBTFUL' }, { name: '新增', n: c.new, verdict: 'NEW' },
    { name: '有改动', n: c.changed, verdict: 'CHANGED' }, { name: '相同', n: c.unchanged, verdict: 'UNCHANGED' },
    { name: '没有撤销', n: c.kept, state: 'KEPT' }, { name: '没有导入成', n: c.failed, state: 'FAILED' },
  ]
  return tabs.filter(t => t.n > 0)
}

const what = (error: Parameters<typeof sentence>[0], faults: readonly FaultFragment[] = []) => sentence(error) || faults.map(f => f.message).join('；')

/** Opens a file for which the server signs an address now; answers what went wrong. */
export async function take(which: 'template' | 'export' | 'marked', of = ''): Promise<string> {
  const fresh = { requestPolicy: 'network-only' } as const
  let url: string | null | undefined, error: Parameters<typeof sentence>[0]
  if (which === 'export') {
    const a = await client.query(RosterWorkbookDocument, {}, fresh).toPromise()
    url = a.data?.rosterWorkbook?.url; error = a.error
  } else if (which === 'template') {
    const a = await client.query(ImportKindsDocument, {}, fresh).toPromise()
    url = a.data?.importKinds?.find(k => k.code === of)?.template; error = a.error
  } else {
    const a = await client.query(ImportOneDocument, { batchId: of }, fresh).toPromise()
    url = a.data?.importBatch?.marked; error = a.error
  }
  if (url) window.location.assign(url)
  return url ? '' : sentence(error) || '现在不能下载，请重新登录后再试。'
}

export async function carryOut(batchId: string, onlyValid: boolean, idempotencyKey: string): Promise<string> {
  const { data, error } = await client.mutation(CarryOutImportDocument, { input: { batchId, onlyValid, idempotencyKey } }).toPromise()
  return what(error, data?.carryOutImport.userErrors)
}

export async function decide(batchId: string, rows: number[], as: ImportDecision): Promise<string> {
  const { data, error } = await client.mutation(DecideImportRowsDocument, { input: { batchId, rows, as, idempotencyKey: newKey() } }).toPromise()
  return what(error, data?.decideImportRows.userErrors)
}

/** Words for those whose accounts the import opened, twenty at a time; they are shown once. */
export async function issueWords(batchId: string, rows: number[], got: (words: readonly Word[]) => void): Promise<string> {
  for (let i = 0; i < rows.length; i += 20) {
    const { data, error } = await client.mutation(IssueImportWordsDocument, { input: { batchId, rows: rows.slice(i, i + 20), reason: '导入后发给本人', idempotencyKey: newKey() } }).toPromise()
    const wrong = what(error, data?.issueImportWords.userErrors)
    if (wrong) return wrong
    got(data?.issueImportWords.words ?? [])
  }
  return ''
}

export function undoing(b: ImportBatchFragment): Task {
  return {
    name: 'import-undo:' + b.id, title: '撤销这次导入', button: '撤销', danger: true, fields: [reason()],
    says: '新增的人和单位删去，改动的改回原来的内容。后来有人在上面办过事的行留下，并写明是谁、什么事；审计记录里一直有。',
    send: async (form, key) => {
      const { data, error } = await client.mutation(UndoImportDocument, { input: { batchId: b.id, reason: String(form['reason'] ?? ''), idempotencyKey: key } }).toPromise()
      return answered(error, data?.undoImport, '正在撤销。')
    },
  }
}
