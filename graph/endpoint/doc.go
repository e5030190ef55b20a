// Package endpoint is /graphql: it takes a GraphQL request out of an HTTP
// request, refuses what is not one or asks for too much, and has it executed.
//
// What a client may rely on:
//
//   - POST takes application/json in UTF-8, GET takes the same parameters in the URL; GET never changes anything (405).
//   - The answer's type follows Accept with its weights: application/graphql-response+json or application/json; where both are as welcome, the former; where neither is named, application/json; where neither is welcome, 406.
//   - A request that cannot be executed has no data entry. As application/graphql-response+json it is 400, as application/json it is 200 when it is at least a GraphQL request; 401 without the needed sign-in, 405, 406, 413, 415, 500 and 503 mean what they mean in both.
//   - With September2026 the statuses are those of that edition of GraphQL over HTTP: 422 for what is no request or not valid, 294 for data with errors.
//   - A token that is wrong or expired is 401 with the code UNAUTHENTICATED, before anything is read.
//   - A sign-in may lie in cookies instead (ADR 34). They count for pages of this origin only: 403 with NOT_ALLOWED otherwise. A vote is refused with them.
//   - With the header X-Bihuan-Cost extensions hold the cost of the operation and the limits.
//   - Every error has extensions.code and extensions.requestId.
//   - No answer repeats a body that could not be read, or holds SQL, a stack or an unknown error's text.
//   - An array of operations is refused, and so are @defer and @stream.
//   - At most 50 errors are listed, with a last one that says how many are not.
//   - __typename needs no token. __schema and __type need one, except in development.
//   - An operation that takes longer than Timeout is given up, undone, and answered with UNAVAILABLE.
//   - A document may be named instead of sent: documentId, Relay's doc_id and Apollo's extensions.persistedQuery take the SHA-256 of its text. A name and a text that do not fit are refused. In development Apollo's clients may teach documents; elsewhere they hear PersistedQueryNotSupported and stop naming them; with OnlyPersisted nothing but the known ones runs.
//   - A subscription is answered with a stream of server-sent events (graphql-sse, distinct connections) and wants text/event-stream in Accept; where nothing else is welcome, a query or mutation is answered as a stream of one. What ends without "complete" was cut off. Between events a comment says that the connection lives.
//
// What an operator may rely on: the limits below hold before anything is
// executed, and those on the shape of a document before it is even validated,
// since validation is where hostile documents cost most. Each unknown error is
// logged once, with the request's id, the tenant and the operation's name, and
// without variables.
//
// Limits, with their defaults in Limits: bytes of the body; tokens, depth,
// aliases (a name that comes twice counts as one), root fields, directives,
// uses of fragments and fields (fragments counted where they are used) of a
// document; the cost of an
// operation, which is about the number of values in its largest answer.
package endpoint
