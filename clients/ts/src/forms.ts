import type { ButtonFragment, FaultFragment, FieldFragment } from './gql/graphql.js'

export type Form = Record<string, unknown>

/** What is wrong with one form: by field, and what belongs to none. */
export interface Faults {
  /** Messages by the field's path, its parts joined by dots: dueOn, options.0.text */
  readonly fields: Readonly<Record<string, readonly string[]>>
  readonly rest: readonly FaultFragment[]
}

/** Inputs of a mutation that are beside the form. */
const beside = ['matterId', 'assignmentId', 'platformId', 'kind', 'title', 'action', 'form', 'data', 'reason', 'expectedVersion', 'idempotencyKey']

/**
 * Sorts the server's answer by the fields of the form that was sent: those of
 * performAction's form, or of an opening's data, with which their paths begin.
 */
export function byField(errors: readonly FaultFragment[], form: readonly { name: string }[]): Faults {
  const fields: Record<string, string[]> = {}
  const rest: FaultFragment[] = []
  for (const e of errors) {
    const path = (e.path[0] === 'form' || e.path[0] === 'data') && e.path.length > 1 ? e.path.slice(1) : e.path
    const first = path[0]
    const ofForm = first !== undefined && (path !== e.path || form.some(f => f.name === first) || !beside.includes(first))
    if (ofForm) (fields[path.join('.')] ??= []).push(e.message)
    else rest.push(e)
  }
  return { fields, rest }
}

/** Whether a field must be filled in, as the form stands. */
export function needed(field: FieldFragment, form: Form): boolean {
  return field.required || field.neededIf != null && form[field.neededIf.field] === field.neededIf.is
}

/** The usual next step, or nothing when it has to be chosen. */
export function usual(actions: readonly ButtonFragment[]): ButtonFragment | undefined {
  return actions.find(a => a.usual && !a.blocked)
}

/**
 * Where the candidates of a field are: a query of the API, to be asked with what
 * the person types, or a list of the matter that the page has read already.
 */
export function candidates(field: FieldFragment): { query: string } | { matter: string } | undefined {
  const from = field.picks?.from
  if (!from) return undefined
  return from.startsWith('Matter.') ? { matter: from.slice('Matter.'.length) } : { query: from }
}
