// Package tenants is the boundary between committees, and the only package
// that touches the connection pool.
//
// What a clerk may rely on:
//
//   - Work without a tenant does nothing: a query outside InTx, ReadTx or Global is an error, in jobs too.
//   - Inside a transaction there is exactly one tenant; every row read or written is that tenant's.
//   - The filter stands twice: a predicate on every ent query and change, and row-level security in PostgreSQL for the role that serves.
//   - A new row's tenant is the transaction's and its time the clock's, whatever the caller says.
//   - Being above (a city over its districts) gives no right to read below.
//   - A transaction for reading cannot write.
//   - Nothing is deleted through ent: what others refer to stays.
//   - The tenant is set for the transaction only, so the next user of the connection does not inherit it.
//
// The ent client holds no pool. Its driver looks for the transaction in the
// context and refuses when there is none; so every ent query, eager-loaded
// edges included, runs in the one transaction of its GraphQL operation.
package tenants
