// Package dbtest gives every test a PostgreSQL database of its own.
//
// A database is a copy of a template, which is built once: for all tests, all
// packages and all later runs, until its hash changes. Templates of the same
// name with another hash are dropped when nobody uses them any more. A test's
// database is dropped when the test ends, whoever is still connected.
//
// # The server
//
// One private server (package pgembed) serves all test processes of a user,
// at the same time and one after another; it lives in
// $TMPDIR/bihuan-test-<uid>. What it stores would not survive a crash of the
// machine, which makes it fast; autovacuum is off.
//
// The process that first finds no server starts a janitor: its own test binary
// once more, in a session of its own, which the init function of this package
// catches before any test. The janitor owns the server, so the server outlives
// each test process. Every process that uses the server holds a shared lock on
// users.lock, which ends with the process, however that ends. When nobody has
// held it for ten minutes (BIHUAN_TEST_IDLE says otherwise, for example 30s),
// the janitor stops the server and ends; as soon as nobody holds it, it drops
// the databases that killed tests left behind. A cluster that does not start,
// or has not been started for three days (folders for temporary files are
// cleaned by age), is thrown away and made anew. What the janitor has to say
// stands in janitor.log.
//
// If BIHUAN_TEST_DATABASE_URL is set, the superuser's URL of another server,
// that server is used and nothing is started; databases that killed tests left
// behind there (bihuan_d_…) stay.
//
// Only tests import this package.
package dbtest
