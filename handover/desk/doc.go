// Package desk is the operator's API for handing committees over: what the
// commands of bihuan tenant do, asked for over HTTP, with the same code
// (docs/adr/0072-an-operators-api.md). It is a process of its own, beside the
// one that serves people, since it holds the owner's connection.
//
// The contract, which an operator could check:
//
//   - Each operator has a token of his own, of which the desk knows the hash; without one nothing is answered but 401.
//   - Suspending, resuming, exporting and checking one does alone. Taking in and erasing are proposed by one and done when another confirms; who proposed may withdraw.
//   - Who asked and who confirmed stand in the books as who did it.
//   - What takes long is a job: it answers at once, and how far it is can be looked up. One job runs at a time.
//   - A job that the end of the process interrupted is failed and says so; what it did is whole or undone, and it is asked for again.
//   - A package is fetched with a token, or by a signed link that opens it for ten minutes.
//   - A package that is brought is checked before anything is done with it, and kept only if it is whole.
package desk
