import type { LoopQuery, CountsFragment } from '../api/gql/types'

export type Cohort = NonNullable<LoopQuery['loopOverview']>[number]
export type Counts = CountsFragment

/** The phases in their order. */
export const phases = [{ code: 'PRESTUDY', name: '预研' }, { code: 'HANDLING', name: '办理' }, { code: 'SUPERVISION', name: '监督' }] as const

/** The years of a cohort, by phase. */
export const years = (c: Cohort) => [c.prestudyYear, c.handleYear, c.supervisionYear]

export const none = (c: Counts) => c.total.value === 0

/** How much is settled, in percent; what was dropped is not counted. */
export function share(c: Counts): number {
  const all = c.total.value - c.dropped.value
  return all <= 0 ? 0 : Math.round(c.done.value * 100 / all)
}
