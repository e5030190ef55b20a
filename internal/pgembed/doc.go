// Package pgembed runs a PostgreSQL server of its own beside the program, for
// every installation that names no outside database. It is real PostgreSQL, of
// version 15 or later, found on the machine; this package only starts, shares
// and ends it. It runs on Linux; elsewhere Start says that an outside database
// is needed.
//
// # What is where
//
// One folder belongs to one server: data/ (the cluster), run/ (its socket),
// postgres.log and owner.lock. The server listens on a Unix socket only, in a
// folder that nobody but its account may enter; it opens no port. When that
// folder's path is too long for a socket, a short one in the folder for
// temporary files takes its place. The first start creates the cluster
// (superuser postgres, locale C.UTF-8, because under locale C pg_trgm is blind
// to Chinese) and the database bihuan. A cluster is created beside its place
// and renamed when it is whole, so a start that was killed leaves no half one.
//
// # Which programs
//
// The folder that the operator named, and no other; else the first that fits
// of: the known folders of distributions, the highest version first; what
// pg_config names; PATH; the npm package of PostgreSQL in the cache folder,
// where scripts/get-postgres.sh puts it. An existing cluster decides which
// major version fits. When nothing fits, the error lists what was looked at
// and why each was refused.
//
// # Under which account
//
// PostgreSQL refuses to run as root. A caller who is root has it run as the
// account that owns the cluster; for a new one as postgres, or nobody. Every
// folder on the way to the cluster and to the programs must let that account
// pass; the error names the one that does not.
//
// # Who owns the server
//
// A lock on owner.lock decides: who holds it owns the server and ends it; who
// finds it held becomes a client of the same server (Adopted). The lock ends
// with its process, however that ends, and with the server.
//
// # What survives what
//
// A kill -9 of the owner makes PostgreSQL shut down cleanly (the kernel sends
// it SIGINT); the next start waits until it has. A kill -9 of PostgreSQL itself
// closes Done; the next start, which Keep makes at once, ends the processes that
// were left and PostgreSQL recovers from its log. Keep gives up after five starts
// in ten minutes. No file that guards a cluster is removed while any
// process of it lives.
package pgembed
