import type { LocationQuery } from 'vue-router'
import type { MatterFilter, MatterOrder } from '../api/gql/types'
import { plusDays, today } from '../shell/days'

/** What a list shows. It stands in the address, so that every view can be sent as a link. */
export interface View {
  q: string
  kind: string
  states: string[]
  platform: string
  street: string
  mine: boolean
  due: '' | 'late' | 'week' | 'month'
  year: string
  order: Order
}

export type Order = 'new' | 'changed' | 'due' | 'number'
export const orders: Record<Order, string> = { new: '新的在前', changed: '刚改动的在前', due: '期限近的在前', number: '按编号' }
export const dues: Record<View['due'], string> = { '': '不限期限', late: '已逾期', week: '七天内到期', month: '三十天内到期' }

const one = (v: LocationQuery[string] | undefined): string => (Array.isArray(v) ? v[0] : v) ?? ''
const pick = <T extends string>(v: string, known: Record<T, string>, none: T): T => v in known ? v as T : none

export function viewOf(query: LocationQuery): View {
  return {
    q: one(query['q']).trim(), kind: one(query['kind']), states: one(query['state']).split(',').filter(Boolean), platform: one(query['platform']),
    street: one(query['street']), mine: one(query['mine']) === '1', due: pick(one(query['due']), dues, ''), year: /^\d{4}$/.test(one(query['year'])) ? one(query['year']) : '',
    order: pick(one(query['order']), orders, 'new'),
  }
}

/** The address of a view; what is as usual is left out. */
export function queryOf(v: View): Record<string, string> {
  const all: Record<string, string> = {
    q: v.q, kind: v.kind, state: v.states.join(','), platform: v.platform, street: v.street, mine: v.mine ? '1' : '', due: v.due, year: v.year,
    order: v.order === 'new' ? '' : v.order,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''))
}

export function filterOf(v: View, now = today()): MatterFilter {
  const f: MatterFilter = {}
  if (v.kind) f.kind = v.kind
  if (v.states.length > 0) f.states = v.states
  if (v.platform) f.platformId = v.platform
  if (v.street) f.streetId = v.street
  if (v.mine) f.mine = true
  if (v.year) f.year = Number(v.year)
  if (v.due === 'late') f.dueBefore = now
  if (v.due === 'week' || v.due === 'month') {
    f.dueFrom = now
    f.dueBefore = plusDays(now, v.due === 'week' ? 8 : 31)
  }
  return f
}

export function orderOf(v: View): MatterOrder {
  switch (v.order) {
    case 'changed': return { field: 'UPDATED_AT', direction: 'DESC' }
    case 'due': return { field: 'NEXT_DUE_ON', direction: 'ASC' }
    case 'number': return { field: 'NUMBER', direction: 'ASC' }
    default: return { field: 'OPENED_AT', direction: 'DESC' }
  }
}

/** Whether anything narrows the list. */
export const narrowed = (v: View) => Object.keys(queryOf({ ...v, order: 'new', q: '' })).length > 0
