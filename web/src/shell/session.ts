import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { client, request, whenSessionEnds } from '../api/client'
import { named } from '../api/document'
import { SignOutDocument, ViewerDocument } from '../api/gql/session'
import type { ViewerQuery } from '../api/gql/types'
import { leaveWhenIdle } from './idle'
import { forgetKept } from './kept'
import { forgetTyped } from './typed'

export type Viewer = ViewerQuery['viewer']

/** Who is here. Committees are never mixed: signing out and switching load the page anew. */
export const useSession = defineStore('session', () => {
  const viewer = ref<Viewer>()
  /** The session has ended while the page is open: the password is asked for over it. */
  const ended = ref(false)
  let resume: ((again: boolean) => void) | undefined

  whenSessionEnds(() => {
    if (!viewer.value) return Promise.resolve(false)
    ended.value = true
    return new Promise(resolve => { resume = resolve })
  })

  /** What is to be done about how one signs in; `first` when nothing else is answered before it is done. */
  const duties = ref<ViewerQuery['signInDuties']>([]), first = ref(false)

  /** Asks the server who is here; nobody is an answer. Throws when there is no line. */
  async function begin(): Promise<boolean> {
    const body = JSON.stringify(named(ViewerDocument))
    const answer = await request('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }, true)
    if (answer.status === 401) return false
    if (!answer.ok && answer.status !== 403) throw new TypeError(String(answer.status))
    const { data, errors } = await answer.json() as { data?: ViewerQuery | null, errors?: { extensions?: { details?: { duty?: string } } }[] }
    first.value = errors?.some(e => e.extensions?.details?.duty !== undefined) ?? false
    if (!answer.ok && !first.value) throw new TypeError(String(answer.status))
    viewer.value = data?.viewer
    duties.value = data?.signInDuties ?? []
    if (data?.signInRule?.idleMinutes) leaveWhenIdle(data.signInRule.idleMinutes, () => void signOut())
    return viewer.value !== undefined
  }

  /** The person has given the password again; somebody else gets a page of his own. */
  async function taken(membershipId: string) {
    if (membershipId !== viewer.value?.membership.id) return restart()
    ended.value = false
    resume?.(true)
  }

  async function signOut() {
    const who = viewer.value?.membership.id
    viewer.value = undefined
    await client.mutation(SignOutDocument, {}).toPromise()
    if (who) {
      forgetTyped(who)
      await forgetKept(who)
    }
    restart('/sign-in')
  }

  function restart(to = '/') { window.location.assign(to) }

  const permissions = computed(() => new Set(viewer.value?.permissions.map(p => p.permission)))
  /** Whether the person has one of these permissions, to whatever extent; the server decides each case. */
  const may = (...any: string[]) => any.some(p => permissions.value.has(p))

  return { viewer, duties, first, ended, begin, taken, signOut, restart, may }
})
