// Package httpd is the HTTP server around the application: what every request
// gets, whoever answers it.
//
// What an operator may rely on:
//
//   - Every answer carries X-Request-Id: the caller's, if it has 8 to 64 characters of A-Z, a-z, 0-9 and -, else a new one.
//   - Every request is one line in the log: id, method, route, path, status, duration, bytes, and what handlers added with Annotate; never the query string, a body, a header or an address.
//   - A panic is logged with its stack and answered with 500, the code INTERNAL and the request's id; the process goes on.
//   - A request whose answer had begun when it panicked is cut off, so that nobody takes the part for the whole.
//   - An error is one shape, {code, message, requestId, path}, with the status of its code, whoever answers it (Door); GraphQL's own shape is the exception.
//   - More requests at once than MaxInFlight are answered with 503 and Retry-After; health and metrics never are. One address has half of them at most, else it gets 429.
//   - While the server waits for a client to send or to read, the request is not one of those at once. Of too many that wait for a body, of all or of one address, the longest waiting is cut off.
//   - X-Forwarded-For counts only when the peer is a trusted proxy, and then the last address that is not one is the client.
//   - GET /healthz answers as long as the process serves.
//   - GET /readyz runs the checks, each within its timeout, and answers 503 when one fails or the server is stopping; it shows names, never causes.
//   - GET /metrics answers who asks directly from this machine or a private network; for everyone else it does not exist.
//   - Counts and durations are kept by route pattern, method and status, so that their number does not grow with what callers invent.
//   - Pages of AllowedOrigins read the answers, errors included; credentials are never allowed across origins.
//   - A handler that is Compressed compresses larger answers of text for who asks; events never.
//   - Answers forbid framing, sniffing and foreign content unless a handler says otherwise.
//   - A request that stands (Stand) is not one of those at once, and is ended first when the server stops.
//   - When told to stop, the server takes no new connection, finishes what runs within Grace, and then cuts off the rest.
//   - Tracing costs nothing until an endpoint is configured; a caller's trace is continued only when he is a trusted proxy.
package httpd
