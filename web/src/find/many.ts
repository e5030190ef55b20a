import type { ButtonFragment, FoundRowFragment } from '../api/gql/types'

/** One action and the chosen matters with which it can be done now. */
export interface Many { code: string, label: string, group: ButtonFragment['group'], reasonRequired: boolean, ids: string[] }

/** How it went with one of them: done, or why not. */
export interface Done { id: string, label: string, matter?: FoundRowFragment | null | undefined, wrong: string }

/** Most that one mutation acts on. */
export const mostAtOnce = 50
