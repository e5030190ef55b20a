import { ApolloClient, HttpLink, InMemoryCache, type ApolloLink, type TypePolicies } from '@apollo/client'
import { relayStylePagination } from '@apollo/client/utilities'
import { embedded, paged, possible } from './gql/cache.js'
import type { Caller } from './session.js'

/** What InMemoryCache must know of the schema. */
export const typePolicies: TypePolicies = {
  // A part without an id is replaced as a whole: what was read later is what is so.
  ...Object.fromEntries(embedded.map(type => [type, { keyFields: false as const, merge: false }])),
  Query: { fields: {
    ...Object.fromEntries(Object.entries(paged).map(([field, args]) => [field, relayStylePagination(args.length > 0 ? args : false)])),
    matter: { read: (known, { args, toReference }) => known ?? toReference({ __typename: 'Matter', id: args?.['id'] }) },
  } },
}

export function apolloCache(): InMemoryCache {
  return new InMemoryCache({ typePolicies, possibleTypes: possible })
}

/** An Apollo client with a normalized cache; a link of yours may stand in front. */
export function apolloClient(session: Caller, before?: ApolloLink): ApolloClient {
  const http = new HttpLink({ uri: session.endpoint, fetch: session.fetch })
  return new ApolloClient({ cache: apolloCache(), link: before ? before.concat(http) : http })
}
