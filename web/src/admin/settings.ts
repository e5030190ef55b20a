import { client } from '../api/client'
import { ConfirmPolicyDocument, PreviewPolicyDocument, SetPolicyDocument, SetWorkdayDocument } from '../api/gql/settings'
import type { FaultFragment, SetPolicyInput, SettingsQuery, SetWorkdayInput } from '../api/gql/types'
import type { Field, Form } from '../form/fields'
import { choice, day, line, reason, text } from '../form/make'
import { answered, type Look, type Task } from '../form/task'
import { today } from '../shell/days'
import { newKey } from '../shell/key'
import type { Choices } from './people'

/** Settings as typed fields: each is filled in as the server says, seen before and after in words, and becomes a version. */
export type Setting = NonNullable<SettingsQuery['settings']>[number]
export type Version = SettingsQuery['policies'][number]

export const parsed = (json: string | null | undefined): unknown => json == null ? undefined : JSON.parse(json)

/** A value in words, as its field names its parts. */
export function sayValue(field: Field, value: unknown): string {
  if (value === undefined || value === null || value === '') return ''
  if (field.list && Array.isArray(value)) return value.map(v => sayValue({ ...field, list: false }, v)).filter(s => s).join(field.kind === 'GROUP' ? '\n' : '、')
  if (field.kind === 'CHOICE') return field.choices.find(c => c.value === value)?.title ?? ''
  if (field.kind === 'BOOLEAN') return value ? '是' : '否'
  if (field.kind === 'GROUP') {
    const of = value as Form, fields = field.fields ?? []
    if (fields.some(f => f.name === 'amount')) return fields.map(f => sayValue(f, of[f.name])).join(' ')
    return fields.filter(f => f.name !== 'code').map(f => [f, sayValue(f, of[f.name])] as const).filter(([, s]) => s).map(([f, s]) => f.name === 'label' || f.name === 'text' ? s : `${f.title}：${s}`).join('；')
  }
  return String(value)
}

/** A code is the program's: a person sees the word, and a new word gets a code of its own. */
const spoken = (field: Field): Field => ({ ...field, fields: (field.fields ?? []).filter(f => f.name !== 'code') })
const newCode = () => 'OWN' + newKey().slice(0, 8).toUpperCase()

/** What is sent: a whole value, with what was left empty as empty. */
function whole(field: Field, v: unknown): unknown {
  if (field.list) return (Array.isArray(v) ? v : []).map(x => whole({ ...field, list: false }, x))
  if (field.kind === 'GROUP') return Object.fromEntries((field.fields ?? []).map(f => [f.name, whole(f, (v as Form | undefined)?.[f.name] ?? (f.name === 'code' ? newCode() : undefined))]))
  if (field.kind === 'BOOLEAN') return v === true
  return v ?? (field.kind === 'NUMBER' ? null : '')
}

/** The part of the policy's document in which a setting stands. */
function placed(name: string, value: unknown): Form {
  const dot = name.indexOf('.')
  return dot < 0 ? { [name]: value } : { [name.slice(0, dot)]: { [name.slice(dot + 1)]: value } }
}

/** Faults come by their place in the document; here they stand at the one field. */
const here = (faults: readonly FaultFragment[] | undefined) => (faults ?? []).map(f => f.path[0] === 'settings' ? { ...f, path: ['value'] } : f)

const decided = [
  text('note', '为什么改', { required: true, hint: '写进这一版的说明。' }), line('approvedBy', '由哪个机构批准', { required: true, hint: '例如主席会议。' }),
  day('effectiveFrom', '从哪一天起', { earliest: today(), hint: '不写为今天。正在办的件留在原来的一版。' }),
]

function policy(task: Pick<Task, 'name' | 'title' | 'button'> & { says?: string, danger?: boolean }, fields: Task['fields'], start: Form, change: (form: Form) => Pick<SetPolicyInput, 'settings' | 'reset'>, all: readonly Setting[]): Task {
  return {
    ...task, start, fields: typeof fields === 'function' ? form => [...fields(form), ...decided] : [...fields, ...decided],
    preview: async (form): Promise<Look> => {
      const { data, error } = await client.query(PreviewPolicyDocument, { input: change(form) }, { requestPolicy: 'network-only' }).toPromise()
      const p = data?.previewPolicy
      return {
        error, faults: here(p?.userErrors), needsTwo: p?.needsTwo, says: p?.changes.length === 0 ? ['与现在的一样，没有改变。'] : [],
        changes: (p?.changes ?? []).map(c => {
          const field = all.find(s => s.setting === c.setting)?.field
          return { title: field?.title ?? '本会的用语', before: field ? sayValue(field, parsed(c.before)) : String(parsed(c.before) ?? ''), after: field ? sayValue(field, parsed(c.after)) : String(parsed(c.after) ?? '') }
        }),
      }
    },
    send: async (form, key) => {
      const input = { ...change(form), note: String(form['note']), approvedBy: String(form['approvedBy']), effectiveFrom: form['effectiveFrom'] as string | null ?? null, idempotencyKey: key }
      const { data, error } = await client.mutation(SetPolicyDocument, { input }).toPromise()
      const made = data?.setPolicy
      return { ...answered(error, made, made?.awaitsConfirmation ? `第 ${made.policy?.version} 版已经提出，另一个人在这一页确认以后才生效。` : `已经成为第 ${made?.policy?.version} 版。`), faults: here(made?.userErrors) }
    },
  }
}

export function changingSetting(s: Setting, all: readonly Setting[]): Task {
  const field: Field = { ...s.field, name: 'value', required: s.field.kind === 'NUMBER' || s.field.kind === 'CHOICE' && !s.field.list }
  const now = parsed(s.value)
  return policy({ name: 'setting:' + s.setting, title: `改“${s.field.title}”`, button: '改', ...s.protects ? { says: `${s.protects}。${s.setting.startsWith('signIn.') ? '放宽' : '改动'}要两个人。` } : {} },
    [spoken(field)], now === undefined ? {} : { value: now }, form => ({ settings: placed(s.setting, whole(field, form['value'])), reset: null }), all)
}

export function resetting(s: Setting, all: readonly Setting[]): Task {
  return policy({ name: 'setting-reset:' + s.setting, title: `“${s.field.title}”恢复出厂的`, button: '恢复' }, [], {}, () => ({ settings: {}, reset: [s.setting] }), all)
}

/** What the committee calls a step, a stage or a kind of unit. */
export function wording(all: readonly Setting[], choices: Choices): Task {
  const groups = [{ value: 'unit', label: '单位的类别' }, { value: 'stage', label: '阶段（提、立、办、督、评）' }, ...choices('kind').map(k => ({ value: k.value, label: `“${k.label}”的环节` }))]
  const words = (of: unknown) => of === 'unit' ? choices('UnitKind') : of === 'stage' ? choices('stage') : [...choices('state.' + String(of)), ...choices('share.' + String(of))]
  return policy({ name: 'setting-word', title: '改一个用语', button: '改', says: '各处的页面都照本会的叫法显示。' },
    form => [choice('of', '什么的叫法', groups, { required: true }), ...form['of'] ? [choice('code', '现在叫', words(form['of']), { required: true }), line('value', '改叫', { required: true })] : []],
    {}, form => ({ settings: { labels: { [`${String(form['of'])}.${String(form['code'])}`]: form['value'] } }, reset: null }), all)
}

/** A proposal takes effect when somebody else has confirmed it, as a version of its own. */
export const proposals = (versions: readonly Version[]) => {
  const settled = versions.find(v => !v.effectiveFrom?.startsWith('9999'))?.version ?? 0
  return versions.filter(v => v.effectiveFrom?.startsWith('9999') && v.version > settled)
}
export function confirming(v: Version): Task {
  return {
    name: 'policy-confirm:' + v.version, title: `确认第 ${v.version} 版`, button: '确认', fields: [reason('意见', {})],
    confirm: `${v.proposedBy?.name ?? '已离开的人'}提出：${v.note ?? ''}（${v.approvedBy ?? ''}批准）。确认以后成为下一版；正在办的件留在原来的一版。`,
    send: async (form, key) => {
      const { data, error } = await client.mutation(ConfirmPolicyDocument, { input: { version: v.version, reason: form['reason'] as string | null ?? null, idempotencyKey: key } }).toPromise()
      return answered(error, data?.confirmPolicy, '已经确认。')
    },
  }
}

export function workday(): Task {
  return {
    name: 'workday', title: '调整一个工作日', button: '调整', says: '国务院公布的节假日和调休已经在内；这里只写本会另外的，例如台风停工。公布了的期限不因此改变。',
    fields: [day('day', '哪一天', { required: true, earliest: today() }), choice('working', '这一天', [{ value: 'yes', label: '上班' }, { value: 'no', label: '休息' }], { required: true }), line('note', '为什么', { required: true }), reason('理由', {})],
    send: async (form, key) => {
      const { data, error } = await client.mutation(SetWorkdayDocument, { input: { day: form['day'], working: form['working'] === 'yes', note: form['note'], reason: form['reason'] ?? null, idempotencyKey: key } as SetWorkdayInput }).toPromise()
      return answered(error, data?.setWorkday, '已经调整，以后算的期限照此。')
    },
  }
}
