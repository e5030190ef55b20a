import type { CombinedError } from '@urql/core'
import { onUnmounted, ref, shallowRef } from 'vue'
import type { FaultFragment, RightsEffectFragment, WaitingFragment } from '../api/gql/types'
import type { Field, Form } from './fields'

/** What something would do, as the server says before it is done. */
export interface Look {
  error?: CombinedError | undefined
  faults?: readonly FaultFragment[] | undefined
  /** In plain sentences. */
  says?: readonly string[]
  /** It only takes effect when another person has confirmed it. */
  needsTwo?: boolean | undefined
  effects?: readonly RightsEffectFragment[] | undefined
  /** What would be nobody's, or whose it becomes. */
  leaves?: readonly WaitingFragment[] | undefined
  changes?: readonly { title: string, before: string, after: string }[]
  /** What must be filled in besides, because of what was seen. */
  asks?: readonly Field[]
}

/** What is shown once and never again: a word by which somebody comes in. */
export interface Once { title: string, word: string, until?: string | null | undefined, says: string }

export interface Answer {
  error?: CombinedError | undefined
  faults: readonly FaultFragment[]
  says?: string
  once?: Once | undefined
  /** Where what was made has its page. */
  at?: string
}

/** One thing that an administrator does: what it asks, what it would do, and how it is done. */
export interface Task {
  /** Under this name what was typed and not sent is kept. */
  name: string
  title: string
  /** Says in a sentence what it is for. */
  says?: string
  button: string
  danger?: boolean
  fields: readonly Field[] | ((form: Form) => readonly Field[])
  start?: Form
  /** A sentence to be agreed to, where there is no preview. */
  confirm?: string
  preview?: (form: Form) => Promise<Look>
  /** The version of what is changed, as the page shows it now. */
  version?: () => number | undefined
  send: (form: Form, key: string, version: number | undefined) => Promise<Answer>
}

/** What the answer of a mutation says: the payload's faults, or that there was no line. */
export function answered(
  error: CombinedError | undefined, payload: { userErrors: readonly FaultFragment[], request?: object | null } | null | undefined, says: string, once?: Once,
): Answer {
  return {
    error, faults: payload?.userErrors ?? [], once,
    says: payload?.request ? '已经提出，还没有生效：请另一位管理员在“待确认”里确认。' : says,
  }
}

const fresh = () => ({ task: shallowRef<Task>(), look: shallowRef<Look>(), says: ref(''), once: shallowRef<Once>(), at: ref('') })
const left = new Map<string, { state: ReturnType<typeof fresh>, when: number }>()

/**
 * The place of a page where one task is open at a time, and where is said what came
 * of the last. It survives the page's being built anew in the same moment, as when
 * a phone is turned: what is shown once must not vanish by that.
 */
export function useDoing(changed: () => void = () => {}, name = '') {
  const place = window.location.pathname + '#' + name, old = left.get(place)
  const state = old && Date.now() - old.when < 3000 ? old.state : fresh()
  onUnmounted(() => left.set(place, { state, when: Date.now() }))
  const { task, look, says, once, at } = state
  return {
    ...state, changed,
    open(t: Task) { task.value = t; look.value = once.value = undefined; says.value = at.value = '' },
    done(a: Answer) { task.value = look.value = undefined; says.value = a.says ?? '已经办好。'; once.value = a.once; at.value = a.at ?? ''; changed() },
    leave() { task.value = look.value = undefined },
    kept() { once.value = undefined },
    seen(l: Look | undefined) { look.value = l },
  }
}
export type DoingOf = ReturnType<typeof useDoing>
