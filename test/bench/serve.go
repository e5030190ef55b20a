package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/fair"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// connections is the size of each pool, as large as the product's default.
const connections = 20

// serve is the server process: the product and the floors on one address. It
// prints the address and ends when its standard input does.
func serve(ctx context.Context, appURL, keyFile string, unfair bool) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // as cmd/bihuan does
	}
	keys, err := accounts.LoadKeys(keyFile)
	if err != nil {
		return err
	}
	product, err := productHandler(ctx, appURL, keys, unfair)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", product)
	if err := floors(ctx, mux, appURL, keys); err != nil {
		return err
	}
	mux.HandleFunc("/state", state)
	mux.HandleFunc("/profile", pprof.Profile)
	mux.Handle("/allocations", pprof.Handler("allocs"))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	go func() { _ = http.Serve(ln, mux) }() // ends with the process
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// productHandler wires the product as cmd/bihuan does, request log included;
// unfair leaves out the turns.
func productHandler(ctx context.Context, appURL string, keys *accounts.Keys, unfair bool) (http.Handler, error) {
	store, err := tenants.Open(ctx, appURL, connections)
	if err != nil {
		return nil, err
	}
	authz.Narrow(store.Ent())
	store.Ent().Use(audit.Hook)
	policy, err := authz.Load()
	if err != nil {
		return nil, err
	}
	dir := authz.NewDirectory(policy)
	dir.Undecided = signin.Relaxed()                            // what is asked of who signs in has tests of its own
	services, err := assembly.New(store, dir, secret.Secret{1}) // nothing that is measured crosses or votes
	if err != nil {
		return nil, err
	}
	acc := accounts.New(store, keys, accounts.Options{})
	r := &graph.Resolver{Store: store, Directory: dir, Accounts: acc, Keys: keys, Roster: roster.New(store.Ent(), dir, acc, services.Engine), Services: services}
	if !unfair {
		r.Turns = fair.New(connections)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewJSONHandler(null, nil))
	mux := http.NewServeMux()
	mux.Handle("/graphql", endpoint.New(endpoint.Options{Resolver: r, Log: log}))
	return httpd.New(httpd.Options{Log: log}, mux).Handler(), nil
}

// floors registers the hand-written answers: with row-level security as the
// serving role, and without it as the superuser.
func floors(ctx context.Context, mux *http.ServeMux, appURL string, keys *accounts.Keys) error {
	superURL, err := asRole(appURL, super)
	if err != nil {
		return err
	}
	f := &floor{keys: keys}
	for _, p := range []struct {
		pool **pgxpool.Pool
		url  string
	}{{&f.free, superURL}, {&f.guarded, appURL}} {
		cfg, err := pgxpool.ParseConfig(p.url)
		if err != nil {
			return err
		}
		cfg.MaxConns = connections
		if *p.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			return err
		}
	}
	f.register(mux)
	return nil
}

// figures are the server's own at one moment.
type figures struct {
	Mallocs  uint64 // objects allocated since the start
	Bytes    uint64 // allocated since the start
	CPU      int64  // µs of the process since the start
	Resident int64  // bytes
	Heap     uint64 // bytes of living objects
}

// state answers with the figures; with ?rest=1 after everything that can be
// given back has been given back.
func state(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("rest") {
		debug.FreeOSMemory()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail with these arguments
	f := figures{Mallocs: m.Mallocs, Bytes: m.TotalAlloc, Heap: m.HeapAlloc, Resident: resident(),
		CPU: (u.Utime.Sec+u.Stime.Sec)*1e6 + u.Utime.Usec + u.Stime.Usec}
	_ = json.NewEncoder(w).Encode(f) // the client will notice
}

func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(b))[1], 10, 64) // the kernel writes numbers
	return pages * int64(os.Getpagesize())
}
