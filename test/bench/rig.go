package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/test/bench/bulk"
)

// rig is a database of one size with a server on it and people who ask.
type rig struct {
	size     bulk.Size
	database string
	superURL string
	server   *exec.Cmd
	stop     io.Closer
	addr     string
	machine  machine
	people   *people
	byTenant map[uuid.UUID]*person // the clerk
}

// openRig starts the server on a database, with more flags where they are named.
func openRig(ctx context.Context, c *cluster, size bulk.Size, database string, more ...string) (_ *rig, err error) {
	keyFile := filepath.Join(c.dir, "keys.json")
	keys, err := accounts.LoadKeys(keyFile)
	if err != nil {
		return nil, err
	}
	r := &rig{size: size, database: database, superURL: c.URL(super, database), byTenant: map[uuid.UUID]*person{}}
	if r.people, err = signIn(ctx, r.superURL, keys); err != nil {
		return nil, err
	}
	for _, p := range r.people.Clerks {
		r.byTenant[p.Tenant] = p
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r.server = exec.CommandContext(ctx, self, append([]string{"-serve", c.URL(app, database), "-keys", keyFile}, more...)...)
	r.server.Stderr = os.Stderr
	if r.stop, err = r.server.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.server.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the server did not start: %w", err)
	}
	r.addr = strings.TrimSpace(line)
	r.machine, err = machineOf(ctx, r)
	return r, err
}

// machineOf finds the postmaster: the parent of a backend.
func machineOf(ctx context.Context, r *rig) (machine, error) {
	conn, err := pgx.Connect(ctx, r.superURL)
	if err != nil {
		return machine{}, err
	}
	defer conn.Close(ctx)
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", conn.PgConn().PID()))
	if err != nil {
		return machine{}, err
	}
	m := machine{server: r.server.Process.Pid}
	_, err = fmt.Sscanf(string(b[strings.LastIndexByte(string(b), ')')+1:]), " %s %d", new(string), &m.postmaster)
	return m, err
}

func (r *rig) close() {
	_ = r.stop.Close() // the server ends with its input
	_ = r.server.Wait()
}

// state asks the server for its figures.
func (r *rig) state(rest bool) (f figures, err error) {
	url := "http://" + r.addr + "/state"
	if rest {
		url += "?rest"
	}
	resp, err := http.Get(url)
	if err != nil {
		return f, err
	}
	defer resp.Body.Close()
	return f, json.NewDecoder(resp.Body).Decode(&f)
}

// query runs SQL past row-level security.
func query[T any](ctx context.Context, r *rig, to pgx.RowToFunc[T], sql string, args ...any) ([]T, error) {
	conn, err := pgx.Connect(ctx, r.superURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, to)
}

// subject is a case and its committee.
type subject struct{ Tenant, ID uuid.UUID }
