import type { ObligationRowFragment, ObligationState, OwedFragment } from '../api/gql/types'
import { sayDay } from './days'

/** How somebody stands with what is asked of him. */
export const standings: Record<ObligationState, string> = { OVERDUE: '到期没有做到', OWING: '还没有做到', EXCUSED: '已免除', DONE: '做到了' }

/** How far somebody is, in words: 联系界别群众 1/3. */
export const sayProgress = (d: Pick<OwedFragment, 'progress'>) => d.progress.map(p => `${p.label} ${p.have}/${p.least}`).join('，')

/** A row that was counted, as a line: what it was, and the matter by which it is seen. */
export function rowOf(r: ObligationRowFragment): { text: string, to: string | undefined, more: string } {
  const n = r.node as { matter?: { id: string, title: string }, event?: { title: string, on: string }, on?: string | null, mode?: string | null, name?: string } | null
  if (!n?.matter) return { text: '一条您看不到内容的', to: undefined, more: '' }
  const on = n.event?.on ?? n.on
  return { text: n.event?.title ?? n.matter.title, to: '/matters/' + n.matter.id, more: [on ? sayDay(on) : '', n.mode, n.event ? n.matter.title : ''].filter(Boolean).join(' · ') }
}
