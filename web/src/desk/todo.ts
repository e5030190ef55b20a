import type { TodosQuery } from '../api/gql/types'

type Edge = NonNullable<NonNullable<NonNullable<TodosQuery['todos']>['edges']>[number]>
export type Todo = NonNullable<Edge['node']>

/** The next action at hand: the usual one of the share that waits for me, else of the matter; where it has to be chosen, none. */
export function nextOf(todo: Todo): { code: string, label: string, share: string | null } | undefined {
  for (const turn of todo.myTurns) {
    const share = todo.assignments?.find(a => a.id === turn.assignmentId)
    const action = (share?.availableActions ?? todo.availableActions).find(a => a.usual && !a.blocked)
    if (action) return { code: action.code, label: action.label, share: share?.id ?? null }
  }
  return undefined
}
