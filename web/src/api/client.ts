import { Client, cacheExchange, fetchExchange, mapExchange } from '@urql/vue'
import { named } from './document'
import { RenewDocument } from './gql/session'

/**
 * Every request to the server goes through `request`: cookies of this page, one
 * renewal for all when the server says 401, and, when the session has ended,
 * waiting until the person has given the password again. So nothing that a page
 * has sent or is about to send is lost by a session's end.
 */

/** What asks the person for the password, set by the shell; answers whether to send again. */
let askAgain: () => Promise<boolean> = async () => false
export function whenSessionEnds(ask: () => Promise<boolean>) { askAgain = ask }

let renewal: Promise<boolean> | undefined
let asking: Promise<boolean> | undefined

/** Renews the cookies; for 20 seconds the server answers a used token with the same successor, so tabs need not agree. */
export function renew(): Promise<boolean> {
  renewal ??= (async () => {
    const answer = await fetch('/graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(named(RenewDocument)) })
    if (answer.status === 401) return false
    if (!answer.ok) throw new TypeError('not now')
    const { data } = await answer.json() as { data?: { refreshTokens?: { cookie?: object | null } } }
    return data?.refreshTokens?.cookie != null
  })().finally(() => { renewal = undefined })
  return renewal
}

/** fetch as whoever is signed in. `quiet` does not ask for the password. */
export async function request(input: RequestInfo | URL, init?: RequestInit, quiet = false): Promise<Response> {
  for (;;) {
    const answer = await fetch(input, { credentials: 'same-origin', ...init })
    if (answer.status !== 401) return answer
    if (await renew()) {
      const again = await fetch(input, { credentials: 'same-origin', ...init })
      if (again.status !== 401) return again
    }
    if (quiet) return answer
    asking ??= askAgain().finally(() => { asking = undefined })
    if (!await asking) return answer
  }
}

/** What was read last, by request: as many as a person has open, and some more. */
const last = new Map<number, unknown>()
const most = 100

/** Reading again without a line takes nothing from under the hands: what was read before stays, beside the error. */
const keeping = mapExchange({
  onResult(result) {
    const { operation: { kind, key }, data, error } = result
    if (kind !== 'query') return result
    if (data != null && !error) {
      last.delete(key)
      last.set(key, data)
      if (last.size > most) last.delete(last.keys().next().value!)
    }
    return error?.networkError && data == null && last.has(key) ? { ...result, data: last.get(key), stale: true } : result
  },
})

export const client = new Client({
  url: '/graphql', preferGetMethod: false, requestPolicy: 'cache-and-network',
  fetch: (input, init) => request(input, init),
  exchanges: [keeping, cacheExchange, fetchExchange],
})
