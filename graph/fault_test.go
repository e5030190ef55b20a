package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/dbtest"
	installation "github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// fragile is a program on the committee's database whose line to it can be cut
// at any statement.
type fragile struct {
	*committee
	wire  *dbtest.Wire
	store *tenants.Store
	url   string
	token string // of an administrator
}

func (c *committee) fragile() *fragile {
	c.t.Helper()
	f := &fragile{committee: c, wire: dbtest.NewWire(c.t, c.db.AppURL)}
	var err error
	f.store, err = tenants.Open(context.Background(), f.wire.URL, 4)
	must(c.t, err)
	c.t.Cleanup(f.store.Close)
	authz.Narrow(f.store.Ent())
	f.store.Ent().Use(audit.Hook)
	policy, err := authz.Load()
	must(c.t, err)
	dir := authz.NewDirectory(policy)
	dir.Undecided = signin.Relaxed()
	services, err := assembly.New(f.store, dir, installation.Secret{1})
	must(c.t, err)
	acc := accounts.New(f.store, c.r.Keys, accounts.Options{})
	r := &graph.Resolver{Store: f.store, Directory: dir, Accounts: acc, Keys: c.r.Keys, Roster: roster.New(f.store.Ent(), dir, acc, services.Engine), Services: services}
	api := endpoint.New(endpoint.Options{Resolver: r, Log: slog.New(slog.DiscardHandler)})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		api.ServeHTTP(w, q.WithContext(clock.With(q.Context(), c.clock)))
	}))
	c.t.Cleanup(srv.Close)
	f.url, f.token = srv.URL, c.token("管理员甲")
	return f
}

// outcome is what a client learns.
type outcome struct {
	status        int
	code, message string // of the request's error
	bad           string // the code of the user error
	retry         string
	text          string
}

// send asks as a client does, over HTTP.
func (f *fragile) send(query string, vars input) (o outcome) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		panic(err)
	}
	req, err := http.NewRequest(http.MethodPost, f.url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/graphql-response+json")
	req.Header.Set("Authorization", "Bearer "+f.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	var a answer
	if err := json.Unmarshal(b, &a); err != nil {
		panic(fmt.Sprintf("%d %s", res.StatusCode, b))
	}
	o = outcome{status: res.StatusCode, retry: res.Header.Get("Retry-After"), text: string(b)}
	if len(a.Errors) > 0 {
		o.code, o.message = fmt.Sprint(a.Errors[0].Extensions["code"]), a.Errors[0].Message
	}
	if list, _ := dig(a.Data, "createUnit", "userErrors").([]any); len(list) > 0 {
		o.bad = fmt.Sprint(list[0].(map[string]any)["code"])
	}
	return o
}

// unit makes a unit of that name; with a key, when it is not empty.
func (f *fragile) unit(name, key string) outcome {
	in := input{"line": "HANDLING", "kind": "HANDLING_UNIT", "channel": "GOV_OFFICE", "name": name}
	if key != "" {
		in["idempotencyKey"] = key
	}
	return f.send(`mutation($in: CreateUnitInput!) { createUnit(input: $in) { unit { id } userErrors { code message } } }`, input{"in": in})
}

// acts counts the units of that name, and the records of their making.
func (f *fragile) acts(t *testing.T, name string) (units, records int) {
	t.Helper()
	f.db.AsSuper(t, `SELECT (SELECT count(*) FROM units WHERE tenant_id = $1 AND name = $2),
		(SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'createUnit' AND entry LIKE '%' || $2 || '%')`, []any{f.id, name}, &units, &records)
	return units, records
}

// refused wants the answer of a request that the database cut off.
func (o outcome) refused(t *testing.T, says string) {
	t.Helper()
	if o.status != http.StatusServiceUnavailable || o.code != "UNAVAILABLE" || o.retry == "" || !strings.Contains(o.message, says) || strings.Contains(o.text, `"data"`) {
		t.Errorf("want 503 UNAVAILABLE “%s” with Retry-After: %+v", says, o)
	}
}

// O2: whatever the statement at which the line breaks, the answer says what is
// known, and the same request with the same key acts once.
func TestTheDatabaseIsLostAtAnyStatement(t *testing.T) {
	t.Parallel()
	f := newWorld(t).found("210202", "DISTRICT", "甲区").fragile()
	f.unit("无事甲", "k0") // fills what the program keeps in memory
	f.store.Pool().Reset()
	f.wire.Count(-1, false)
	if o := f.unit("无事乙", "k1"); o.code != "" || o.bad != "" || o.status != http.StatusOK {
		t.Fatal(o)
	}
	said, _ := f.wire.Said()
	if len(said) < 10 || !strings.EqualFold(said[len(said)-1], "commit") {
		t.Fatalf("the statements of a mutation are %q", said)
	}
	commit := len(said) - 1
	cut := func(n int, answered bool, name, key string) outcome {
		f.store.Pool().Reset()
		f.wire.Count(n, answered)
		defer f.wire.Count(-1, false)
		return f.unit(name, key)
	}
	once := func(t *testing.T, name, key string) {
		t.Helper()
		f.store.Pool().Reset()
		if o := f.unit(name, key); o.code != "" || o.bad != "" {
			t.Errorf("again with the same key: %+v", o)
		}
		if units, records := f.acts(t, name); units != 1 || records != 1 {
			t.Errorf("%d units, %d records", units, records)
		}
	}
	for n := range said {
		says := "什么也没有改动"
		switch n {
		case 0, 1: // the connection is being opened, or the transaction
			says = "数据库"
		case commit:
			says = "同一个 idempotencyKey"
		}
		t.Run(fmt.Sprintf("O2: lost before statement %d of %d: UNAVAILABLE, and the same key acts once", n, len(said)), func(t *testing.T) {
			name, key := fmt.Sprintf("断线单位%d号", n), fmt.Sprint("cut", n)
			cut(n, false, name, key).refused(t, says)
			if units, records := f.acts(t, name); units != 0 || records != 0 {
				t.Errorf("%d units, %d records", units, records)
			}
			once(t, name, key)
		})
	}
	t.Run("O2: the answer to COMMIT is lost: the key decides, and it acts once", func(t *testing.T) {
		cut(commit, true, "断线单位甲", "lost").refused(t, "同一个 idempotencyKey")
		once(t, "断线单位甲", "lost")
	})
	t.Run("O2: without a key it says that it is not known", func(t *testing.T) {
		for _, name := range []string{"断线单位丙", "断线单位丁"} { // the first finds the rights unchanged, the others do not
			f.store.Pool().Reset()
			f.wire.Count(-1, false)
			f.unit(name, "")
		}
		said, _ := f.wire.Said()
		cut(len(said)-1, true, "断线单位乙", "").refused(t, "不知道")
	})
	t.Run("O2: a query that is cut off is UNAVAILABLE as a whole", func(t *testing.T) {
		const query = `{ viewer { membership { name } } units(first: 5) { edges { node { name } } } }`
		for n := 2; ; n++ {
			f.store.Pool().Reset()
			f.wire.Count(n, false)
			o := f.send(query, nil)
			_, dead := f.wire.Said()
			f.wire.Count(-1, false)
			if !dead {
				if o.code != "" || n < 5 {
					t.Errorf("after %d statements: %+v", n, o)
				}
				return
			}
			o.refused(t, "数据库连接中断")
		}
	})
}

// O2, under load: connections are cut at random statements; every answer is one
// of two, and what was repeated with its key until it worked was done once.
func TestTheDatabaseIsLostUnderLoad(t *testing.T) {
	t.Parallel()
	f := newWorld(t).found("210202", "DISTRICT", "甲区").fragile()
	f.unit("热身", "warm")
	const clients, each = 6, 12
	stop := make(chan struct{})
	var cutter, work sync.WaitGroup
	cutter.Go(func() {
		for {
			f.wire.Count(rand.IntN(60), rand.IntN(2) == 0)
			for dead := false; !dead; _, dead = f.wire.Said() {
				select {
				case <-stop:
					f.wire.Count(-1, false)
					return
				case <-time.After(time.Millisecond):
				}
			}
		}
	})
	var mu sync.Mutex
	answers := map[string]int{}
	for client := range clients {
		work.Go(func() {
			for i := range each {
				name := fmt.Sprintf("负载单位%d之%d号", client, i)
				for {
					o := f.unit(name, name)
					mu.Lock()
					answers[fmt.Sprint(o.status, " ", o.code, o.bad)]++
					mu.Unlock()
					if o.status != http.StatusServiceUnavailable {
						break
					}
				}
			}
		})
	}
	work.Wait()
	close(stop)
	cutter.Wait()
	t.Logf("answers: %v", answers)
	for class := range answers {
		if class != "200 " && class != "503 UNAVAILABLE" {
			t.Errorf("an answer is %q", class)
		}
	}
	if answers["503 UNAVAILABLE"] == 0 {
		t.Error("nothing was cut off")
	}
	for client := range clients {
		for i := range each {
			name := fmt.Sprintf("负载单位%d之%d号", client, i)
			if units, records := f.acts(t, name); units != 1 || records != 1 {
				t.Errorf("%s: %d units, %d records", name, units, records)
			}
		}
	}
}

// R25: a migration beside a running server changes the type of a column.
func TestAMigrationMakesPlansStale(t *testing.T) {
	t.Parallel()
	f := newWorld(t).found("210202", "DISTRICT", "甲区").fragile()
	const query = `{ units(first: 5) { edges { node { name } } } }`
	warm := func() {
		for range 12 { // every connection of the pool has its plans
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() { f.send(query, nil) })
			}
			all.Wait()
		}
	}
	// a migration takes away for a moment what depends on the column
	alter := func(column, typ string) {
		f.db.AsOwner(t, fmt.Sprintf(`DO $$ DECLARE def text := (SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'units'::regclass AND tgname = 'search_update');
			BEGIN DROP TRIGGER search_update ON units; ALTER TABLE units ALTER COLUMN %s TYPE %s; EXECUTE def; END $$`, column, typ))
	}
	for i, typ := range []string{"varchar(900)", "text"} {
		warm()
		f.unit(fmt.Sprint("先有单位", i, "号"), "")
		alter("name", typ)
		t.Run("R25: a query is answered at once: "+typ, func(t *testing.T) {
			for range 8 {
				if o := f.send(query, nil); o.status != http.StatusOK || o.code != "" {
					t.Errorf("%+v", o)
				}
			}
		})
		warm()
		alter("short_name", typ)
		t.Run("R25: so is a mutation, and it acts once: "+typ, func(t *testing.T) {
			name := fmt.Sprint("升级中的单位", i, "号")
			if o := f.unit(name, ""); o.status != http.StatusOK || o.code != "" || o.bad != "" {
				t.Errorf("%+v", o)
			}
			if units, records := f.acts(t, name); units != 1 || records != 1 {
				t.Errorf("%d units, %d records", units, records)
			}
		})
	}
}
