package live_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// running is a hub that hears.
func running(t *testing.T, db *tenantstest.DB, max live.Limits) *live.Hub {
	t.Helper()
	hub := live.NewHub(db.Store, slog.New(slog.NewTextHandler(io.Discard, nil)), max)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); hub.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	<-hub.Ready()
	return hub
}

func TestTenThousandAskAndFewAreLetIn(t *testing.T) {
	t.Parallel()
	hub := running(t, tenantstest.New(t), live.Limits{Process: 2000, Tenant: 900, Account: 20})
	tenants := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	refused, in := map[any]int{}, []*live.Listener{}
	for i := range 10_000 {
		account := uuid.NewSHA1(uuid.Nil, fmt.Append(nil, i%100)) // a hundred people, a hundred times each
		l, err := hub.Join(live.Who{Account: account, Tenant: tenants[i%3]})
		if err == nil {
			in = append(in, l)
			continue
		}
		e, ok := errs.As(err)
		if !ok || e.Code != errs.Limited {
			t.Fatal(err)
		}
		refused[e.Details["limit"]]++
	}
	t.Run("no more than the process takes, and the others are told what limits them", func(t *testing.T) {
		if len(in) != 2000 || hub.Count() != 2000 || refused["account"]+refused["tenant"]+refused["process"] != 8000 || refused["account"] == 0 {
			t.Errorf("%d are in, refused %v", len(in), refused)
		}
	})
	t.Run("when they have left nothing is left of them", func(t *testing.T) {
		for _, l := range in {
			l.Leave()
			l.Leave()
		}
		if n := hub.Count(); n != 0 {
			t.Error(n)
		}
		if _, err := hub.Join(live.Who{Account: uuid.New(), Tenant: tenants[0]}); err != nil {
			t.Error(err)
		}
	})
}

// Whatever belongs to a matter is noted when it changes: a table that is new and
// has no trigger fails here.
func TestEveryPartOfAMatterIsNoted(t *testing.T) {
	t.Parallel()
	c, err := pgx.Connect(context.Background(), tenantstest.New(t).SuperURL)
	must(t, err)
	defer c.Close(context.Background())
	quiet := map[string]string{
		"live_changes": "is the note", "search_parts": "is read from the parts", "search_signs": "is read from the parts", "ballots": "is secret", "escalations": "has a record beside it", "exchange_inbox": "has steps of its matter", "exchange_outbox": "has steps of its matter",
		"case_grants": "stands on the page of what is shared, not on a matter's", "district_alerts": "has a notice beside it",
	}
	list := func(sql string) []string {
		rows, err := c.Query(context.Background(), sql)
		must(t, err)
		out, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
		return out
	}
	noted := list(`SELECT c.relname::text FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid WHERE g.tgname IN ('live_insert', 'live_update') GROUP BY 1 HAVING count(*) = 2`)
	for _, table := range list(`SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'matter_id' ORDER BY 1`) {
		if quiet[table] == "" && !slices.Contains(noted, table) {
			t.Errorf("%s is not noted", table)
		}
		if quiet[table] != "" && slices.Contains(noted, table) {
			t.Errorf("%s is noted, but %s", table, quiet[table])
		}
	}
	for _, table := range []string{"matters", "links"} {
		if !slices.Contains(noted, table) {
			t.Errorf("%s is not noted", table)
		}
	}
}

func TestNotesAreForgotten(t *testing.T) {
	t.Parallel()
	db := tenantstest.New(t)
	tenant := tenantstest.Tenant(t, db, "210202", "甲区政协", "DISTRICT")
	who := tenantstest.Member(t, db, tenant, uuid.Nil, "MEMBER", "委员甲")
	day := time.Date(2025, 3, 3, 2, 0, 0, 0, clock.Shanghai)
	var at clock.Movable
	in := func(fn func(ctx context.Context) error) {
		t.Helper()
		must(t, db.Store.InTx(clock.With(context.Background(), &at), tenant, fn))
	}
	notice := func() {
		in(func(ctx context.Context) error {
			_, err := tenants.Exec(ctx, `INSERT INTO notices (id, tenant_id, created_at, text, membership_id) VALUES ($1, $2, $3, '请看', $4)`, uuid.New(), tenant, day, who)
			return err
		})
	}
	read := func(from live.Cursor) (n int, now live.Cursor, known bool) {
		t.Helper()
		must(t, db.Store.ReadTx(tenants.Still(context.Background()), tenant, func(ctx context.Context) error {
			notes, c, ok, err := live.Since(ctx, from, "true")
			n, now, known = len(notes), c, ok
			return err
		}))
		return n, now, known
	}
	_, begin, _ := read(live.Cursor{})
	notice()
	passed(t, db) // other tests' transactions hold back what may be forgotten
	at.Set(day)
	in(live.Forget)
	_, middle, _ := read(begin)
	notice()
	expect := func(t *testing.T, from live.Cursor, notes int, known bool) {
		t.Helper()
		if n, _, k := read(from); n != notes || k != known {
			t.Errorf("%d notes, known %v; want %d, %v", n, k, notes, known)
		}
	}
	t.Run("a note is there for a day, however often forgetting is asked for", func(t *testing.T) {
		at.Set(day.Add(23 * time.Hour))
		in(live.Forget)
		expect(t, begin, 2, true)
		expect(t, middle, 1, true)
	})
	t.Run("after it a cursor from before is not known any more, and a later one is", func(t *testing.T) {
		at.Set(day.AddDate(0, 0, 1))
		in(live.Forget)
		in(live.Forget)
		expect(t, begin, 0, false)
		expect(t, middle, 1, true)
	})
	t.Run("a cursor of a database that has come further is not known here", func(t *testing.T) {
		ahead, err := live.ParseCursor("OTk5OTk5OTk6OTk5OTk5OTk6fDA") // 99999999:99999999:|0
		must(t, err)
		if _, _, known := read(ahead); known {
			t.Error("known")
		}
	})
}

// passed waits until every transaction that there is now has ended.
func passed(t *testing.T, db *tenantstest.DB) {
	t.Helper()
	var now int64
	db.AsSuper(t, `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`, nil, &now)
	for low := int64(0); low < now; {
		time.Sleep(5 * time.Millisecond)
		db.AsSuper(t, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint`, nil, &low)
	}
}
