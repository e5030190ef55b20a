import { Client, fetchExchange, type Exchange } from '@urql/core'
import { cacheExchange, type Cache } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { embedded, paged } from './gql/cache.js'
import type { Caller } from './session.js'

/** What graphcache must know of the schema. */
export const cacheConfig = {
  keys: Object.fromEntries(embedded.map(type => [type, () => null])),
  resolvers: { Query: {
    ...Object.fromEntries(Object.keys(paged).map(field => [field, relayPagination()])),
    // A matter that a list has read is on its page at once; one that does not exist stays null.
    matter: (_: unknown, args: { id?: string }, cache: Cache) => {
      const known = cache.resolve('Query', 'matter', args)
      return known === undefined ? { __typename: 'Matter', id: args.id } : known
    },
  } },
}

/** An urql client with a normalized cache. Put further exchanges in front; a subscription's goes there, too. */
export function urqlClient(session: Caller, before: Exchange[] = []): Client {
  return new Client({
    url: session.endpoint, fetch: session.fetch, preferGetMethod: false,
    exchanges: [cacheExchange(cacheConfig as Parameters<typeof cacheExchange>[0]), ...before, fetchExchange],
  })
}
