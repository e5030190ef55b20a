import { inject, type InjectionKey, type Ref } from 'vue'
import type { FieldFragment } from '../api/gql/types'
import type { Option } from '../shell/words'

export type { Option }

/** A field of a form as the server describes it (ADR 31). Groups have fields of their own. */
export type Field = FieldFragment & { fields?: readonly Field[], hint?: string }
export type Form = Record<string, unknown>

/** What the matter's own lists offer: parties, items, events … by the name in picks.from. */
export const matterLists: InjectionKey<{ id: Ref<string>, lists: Ref<Record<string, Option[]>> }> = Symbol('matterLists')
export const useMatterLists = () => inject(matterLists, undefined)

/** Whether a field must be filled in, as the form stands. */
export function needed(field: Field, form: Form): boolean {
  return field.required || field.neededIf != null && form[field.neededIf.field] === field.neededIf.is
}

export function blank(v: unknown): boolean {
  if (v === undefined || v === null || v === '') return true
  if (typeof v === 'string') return v.trim() === ''
  if (Array.isArray(v)) return v.every(blank)
  return typeof v === 'object' && Object.values(v).every(blank)
}

/** What is sent: without what was left empty, so that "not filled in" and "empty" are one thing. */
export function filled(form: Form): Form {
  const value = (v: unknown): unknown => {
    if (Array.isArray(v)) return v.filter(x => !blank(x)).map(value)
    if (v !== null && typeof v === 'object') return filled(v as Form)
    return v
  }
  return Object.fromEntries(Object.entries(form).filter(([, v]) => !blank(v)).map(([k, v]) => [k, value(v)]))
}

/** What is still missing, by path; the server judges the rest. */
export function missing(fields: readonly Field[], form: Form, at = ''): Record<string, string[]> {
  const out: Record<string, string[]> = {}
  for (const f of fields) {
    const v = form[f.name], path = at + f.name
    if (blank(v)) {
      if (needed(f, form)) out[path] = [f.kind === 'CHOICE' || f.kind === 'PICK' || f.kind === 'BOOLEAN' ? `请选择${f.title}` : `请填写${f.title}`]
    } else if (f.kind === 'GROUP' && f.fields) {
      const rows = f.list ? v as Form[] : [v as Form]
      rows.forEach((row, i) => { if (!f.list || !blank(row)) Object.assign(out, missing(f.fields!, row, f.list ? `${path}.${i}.` : path + '.')) })
    }
  }
  return out
}
