// Package graph is the GraphQL API: thin resolvers over the nouns.
//
// A request goes: HTTP (package endpoint) → Authenticate puts the token's
// claims into the context → Operation opens one transaction in the token's
// tenant, reading only for queries, and resolves the viewer → resolvers →
// commit. A resolver has three steps: authorise (the services do), one service
// call, map. Mutations go through mutate, which adds the savepoint, the
// idempotency key, the audit entry and the mapping of errors, so that none of
// them can be forgotten.
package graph
