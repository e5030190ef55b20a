import { createClient } from 'graphql-sse'
import { print } from 'graphql'
import { ChangesDocument, type ChangesSubscription, type ChangesSubscriptionVariables } from './gql/graphql.js'
import { Refused, type Caller } from './session.js'

export type Change = ChangesSubscription['changes']

export interface Listening extends Omit<ChangesSubscriptionVariables, 'after'> {
  /** Ends the listening. */
  signal?: AbortSignal
  /** How long to wait before the n-th try in a row, in milliseconds. */
  wait?: (failures: number) => number
}

/** One second, doubled up to half a minute, and spread, so that not all come back at once. */
const patience = (failures: number) => Math.min(1000 * 2 ** (failures - 1), 30_000) * (0.5 + Math.random() / 2)

/** What may be over when it is tried again. */
const passing = ['UNAUTHENTICATED', 'LIMIT_EXCEEDED', 'UNAVAILABLE', 'INTERNAL']

/**
 * What has changed of what a page shows. The first change says that the
 * listening has begun: read the page then. A lost connection or a token that has
 * run out is taken up again where it ended; it throws when the session has ended.
 */
export async function* changes(session: Caller, { signal, wait = patience, ...what }: Listening): AsyncGenerator<Change, void> {
  const sse = createClient({ url: session.endpoint, fetchFn: session.fetch, retryAttempts: 0 })
  const query = print(ChangesDocument)
  let after: string | undefined
  for (let failures = 0; !signal?.aborted;) {
    const since = Date.now()
    const stream = sse.iterate<ChangesSubscription>({ operationName: 'Changes', query, variables: { ...what, after } })
    const stop = () => void stream.return?.()
    signal?.addEventListener('abort', stop)
    let code: unknown
    try {
      for await (const { data, errors } of stream) {
        if (data) {
          failures = 0
          after = data.changes.cursor
          yield data.changes
        }
        code = errors?.[0]?.extensions?.['code']
        if (errors?.[0] && !passing.includes(String(code))) throw new Refused([{ __typename: 'UserError', code: 'INVALID_INPUT', message: errors[0].message, path: [], details: null }])
      }
    } catch (e) {
      if (e instanceof Refused || !session.alive) throw e
    } finally {
      signal?.removeEventListener('abort', stop)
      stop()
    }
    if (code === 'UNAUTHENTICATED') await session.revive(since)
    if (signal?.aborted) return
    await new Promise(resolve => setTimeout(resolve, code === 'UNAUTHENTICATED' ? 0 : wait(++failures)))
  }
}
