package bulk

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	entmatter "github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

var small = Size{Tenants: 22, Members: 30, Matters: 60}

// shape lists all indexes, references, policies and triggers.
func shape(t *testing.T, conn *pgx.Conn) string {
	t.Helper()
	var s string
	err := conn.QueryRow(context.Background(), `
		SELECT string_agg(x, E'\n' ORDER BY x) FROM (
		  SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		  UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		  UNION ALL SELECT tablename || ' ' || qual FROM pg_policies
		  UNION ALL SELECT tgrelid::regclass || ' ' || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal) s (x)`).Scan(&s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLoad(t *testing.T) {
	ctx := context.Background()
	db := tenantstest.New(t)
	conn, err := pgx.Connect(ctx, db.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	before := shape(t, conn)
	one := func(sql string, args ...any) (n int) {
		t.Helper()
		if err := conn.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}

	t.Run("others than a superuser are told why they cannot", func(t *testing.T) {
		for _, url := range []string{db.OwnerURL, db.AppURL} {
			if _, err := Load(ctx, url, small, nil); !errs.Is(err, errs.NotAllowed) {
				t.Error(err)
			}
		}
	})
	t.Run("other tenants stay as they are", func(t *testing.T) {
		tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	})
	t.Run("stopped half-way it leaves nothing behind", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		_, err := Load(ctx, db.SuperURL, small, func(line string) {
			if strings.Contains(line, "assignments") {
				cancel()
			}
		})
		if err == nil || one(`SELECT count(*) FROM tenants`) != 1 || shape(t, conn) != before {
			t.Fatal(err)
		}
	})
	var lines []string
	loaded, err := Load(ctx, db.SuperURL, small, func(l string) { lines = append(lines, l) })
	if err != nil || !loaded {
		t.Fatal(err, lines)
	}
	t.Run("it makes what was asked for", func(t *testing.T) {
		if n := one(`SELECT count(*) FROM tenants`); n != small.Tenants+1 {
			t.Error(n)
		}
		if n := one(`SELECT count(*) FROM memberships WHERE kind = 'MEMBER'`); n != small.Tenants*small.Members {
			t.Error(n)
		}
		if n := one(`SELECT min(n) FROM (SELECT count(*) n FROM matters GROUP BY tenant_id) x`); n != small.Matters {
			t.Error(n)
		}
		if n := one(`SELECT count(*) FROM matters m WHERE NOT EXISTS (SELECT FROM parties p WHERE p.matter_id = m.id AND p.role = 'LEAD')`); n != 0 {
			t.Error(n)
		}
	})
	t.Run("indexes, references, policies and triggers are as before", func(t *testing.T) {
		if after := shape(t, conn); after != before {
			t.Error(after)
		}
	})
	t.Run("ids are UUIDv7 of their time", func(t *testing.T) {
		if n := one(`SELECT count(*) FROM matters WHERE substr(id::text, 15, 1) <> '7' OR
			abs(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint - extract(epoch FROM opened_at) * 1000) > 1`); n != 0 {
			t.Error(n)
		}
	})
	t.Run("called again with the same size it does nothing, and another size is refused", func(t *testing.T) {
		if again, err := Load(ctx, db.SuperURL, small, nil); again || err != nil {
			t.Error(again, err)
		}
		if _, err := Load(ctx, db.SuperURL, Size{2, 30, 60}, nil); !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
	})
	t.Run("a copy of the trigger's table is what the trigger would have made", func(t *testing.T) {
		if n := one(`SELECT count(*) FROM memberships m FULL JOIN account_memberships a ON a.membership_id = m.id AND a.account_id = m.account_id AND a.tenant_id = m.tenant_id
			WHERE a.membership_id IS NULL OR m.id IS NULL`); n != 0 {
			t.Error(n)
		}
	})
	t.Run("the index of search, made by sets, is what the product writes case by case", func(t *testing.T) {
		said := func(line string) { lines = append(lines, line) }
		if n, err := Search(ctx, db.SuperURL, said); err != nil || n != small.Tenants*small.Matters {
			t.Fatal(n, err)
		}
		if n := one(`SELECT count(*) FROM matters m WHERE NOT EXISTS (SELECT FROM search_signs s WHERE s.matter_id = m.id AND s.tenant_id = m.tenant_id)`); n != 0 {
			t.Error(n)
		}
		if after := shape(t, conn); after != before {
			t.Error(after)
		}
		if n, err := Search(ctx, db.SuperURL, said); err != nil || n != 0 {
			t.Error("made a second time:", n, err)
		}
		if _, err := conn.Exec(ctx, `UPDATE search_parts SET body = body || '错'`); err != nil {
			t.Fatal(err)
		}
		if err := compare(ctx, conn, committeeOf(t, conn)); err == nil {
			t.Error("an index that is wrong is not found out")
		}
	})
	t.Run("its cases go on like any other", func(t *testing.T) { goOn(t, db) })
}

func committeeOf(t *testing.T, conn *pgx.Conn) (id uuid.UUID) {
	t.Helper()
	if err := conn.QueryRow(context.Background(), `SELECT tenant_id FROM matters LIMIT 1`).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// goOn submits a draft, files a reviewed case and answers for a unit.
func goOn(t *testing.T, db *tenantstest.DB) {
	ctx := clock.With(context.Background(), at{lastDay.AddDate(0, 0, 1)})
	w, err := newWorld(small)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := db.Store.Ent()
	authz.Narrow(c)
	c.Use(audit.Hook)
	e := flow.New(c)
	proposals.Register(e.Rules)
	dir := authz.NewDirectory(policy)
	as := func(n, p int, fn func(context.Context) error) {
		t.Helper()
		err := db.Store.InTx(ctx, w.tenant(n), func(ctx context.Context) error {
			v, err := dir.Viewer(ctx, w.account(n, p), w.person(n, p))
			if err != nil {
				return err
			}
			ctx, _ = audit.Collect(ctx)
			return fn(authz.With(ctx, v))
		})
		if err != nil {
			t.Error(err)
		}
	}
	done := map[string]int{}
	for n := range 8 {
		for k := range small.Matters {
			m := w.matter(n, k)
			do := func(person int, machine, action string) {
				as(n, person, func(ctx context.Context) error {
					id := m.id
					if machine == process.OfAssignment {
						share, err := c.Assignment.Query().Where(assignment.MatterID(m.id), assignment.UnitID(w.unit(n, handler(m.shares[0].unit)))).First(ctx)
						if err != nil {
							return err
						}
						id = share.ID
					}
					_, err := e.Do(ctx, flow.Command{Machine: machine, Subject: id, Action: action})
					return err
				})
				done[action]++
			}
			switch {
			case m.state.Code == "DRAFT" && len(m.co) == 0:
				do(m.lead, process.OfMatter, "submit")
			case m.state.Code == "UNDER_REVIEW" && w.passes(&m) == 3:
				do(w.staff(1), process.OfMatter, "file")
			case m.state.Code == "ASSIGNED":
				do(w.agent(m.shares[0].unit), process.OfAssignment, "signReceipt")
			}
		}
	}
	for _, action := range []string{"submit", "file", "signReceipt"} {
		if done[action] == 0 {
			t.Errorf("no case for %s among %v", action, done)
		}
	}
	as(0, w.staff(0), func(ctx context.Context) error {
		return readable(t, ctx, c)
	})
}

func readable(t *testing.T, ctx context.Context, c *gen.Client) error {
	n, err := c.Matter.Query().Where(entmatter.State("HANDLING")).WithAssignments().Count(ctx)
	if n == 0 {
		t.Error("the clerk sees nothing")
	}
	return err
}

// at is a clock that stands.
type at struct{ time.Time }

func (a at) Now() time.Time { return a.Time }
