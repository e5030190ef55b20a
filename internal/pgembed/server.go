package pgembed

import (
	"net/url"
	"os"
	"path/filepath"
)

const (
	// Superuser owns a new cluster; over the private socket it needs no password.
	Superuser = "postgres"
	// Database is created at the first start.
	Database = "bihuan"
	// MinMajor is the oldest major version that is accepted (and tested).
	MinMajor = 15

	// port only names the socket file; nothing listens on it.
	port = "5432"
)

// Options say where a private server lives.
type Options struct {
	Dir    string // holds data/, run/, postgres.log and owner.lock; created when missing
	BinDir string // folder of the programs postgres and initdb; empty: search
	Fast   bool   // for tests: what is written may be lost in a crash, no autovacuum, more connections
}

// Server is a running private PostgreSQL.
type Server struct {
	Adopted bool   // another Start owns it; Stop leaves it running
	Version string // server_version, for example 15.14

	run  string // the folder of the socket
	done chan struct{}
	err  error // valid once done is closed
	stop func() error
}

// URL is the address for pgx of a database as a user.
func (s *Server) URL(user, database string) string {
	return socketURL(s.run, user, database)
}

// Done is closed when the server has ended, for whatever reason, and for an
// adopted one also after Stop.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err is why the server ended; nil for a clean end and before Done is closed.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends the server if this Start owns it, and waits: first asking for a
// fast shutdown (30 s), then for an immediate one (5 s), then killing it.
// Called again it answers as it did the first time.
func (s *Server) Stop() error { return s.stop() }

// DefaultDir is where a server lives when the operator names no folder:
// /var/lib/bihuan for root, the XDG data folder for others; empty when the
// caller has no home.
func DefaultDir() string {
	if os.Geteuid() == 0 {
		return "/var/lib/bihuan"
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "bihuan")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "share", "bihuan")
}

// systemCache is shared by all accounts, and root's own: /root is closed to
// the account that PostgreSQL runs under.
const systemCache = "/var/cache/bihuan/postgres"

// cacheDirs are the folders into which scripts/get-postgres.sh installs, the
// caller's own first.
func cacheDirs() []string {
	var dirs []string
	if os.Getenv("XDG_CACHE_HOME") != "" || os.Geteuid() != 0 {
		if d, err := os.UserCacheDir(); err == nil {
			dirs = append(dirs, filepath.Join(d, "bihuan", "postgres"))
		}
	}
	return append(dirs, systemCache)
}

func socketURL(run, user, database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(user),
		Path:     "/" + database,
		RawQuery: url.Values{"host": {run}, "port": {port}}.Encode(),
	}
	return u.String()
}
