import type { Field, Option } from './fields'

/** Fields that a page writes itself, in the shape in which the server describes those of a process. */
export type Extra = Partial<Pick<Field, 'required' | 'list' | 'neededIf' | 'earliest' | 'latest' | 'hint'>>
const field = (kind: Field['kind'], name: string, title: string, extra: Extra & Partial<Field> = {}): Field => ({
  name, title, kind, list: false, required: false, neededIf: null, choices: [], picks: null, earliest: null, latest: null, ...extra,
})

export const line = (name: string, title: string, extra?: Extra) => field('LINE', name, title, extra)
export const text = (name: string, title: string, extra?: Extra) => field('TEXT', name, title, extra)
export const number = (name: string, title: string, extra?: Extra) => field('NUMBER', name, title, extra)
export const yes = (name: string, title: string, extra?: Extra) => field('BOOLEAN', name, title, extra)
export const day = (name: string, title: string, extra?: Extra) => field('DAY', name, title, extra)
export const choice = (name: string, title: string, of: readonly Option[], extra?: Extra) =>
  field('CHOICE', name, title, { ...extra, choices: of.map(o => ({ value: o.value, title: o.label })) })
export const group = (name: string, title: string, fields: readonly Field[], extra?: Extra) => field('GROUP', name, title, { ...extra, fields })
export const pick = (name: string, title: string, from: 'units' | 'memberships' | 'platforms', extra?: Extra) =>
  field('PICK', name, title, { ...extra, picks: { what: from === 'units' ? 'UNIT' : from === 'memberships' ? 'MEMBER' : 'KIND', from, value: 'id' } })

/** Why it is done, as nearly every act of an administrator asks. */
export const reason = (title = '理由', extra: Extra = { required: true }) => text('reason', title, extra)
