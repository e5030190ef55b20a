package audit_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

func TestWriteRecord(t *testing.T) {
	h := open(t)

	h.run("a record says who, on whose behalf, what, why and from where", func(h *house) {
		behalf := uuid.Must(uuid.NewV7())
		want := audit.Entry{
			At: noon, Action: "fileProposal", OnBehalf: &behalf, Object: audit.Object("Matter", uuid.Must(uuid.NewV7())),
			Actor:  audit.Actor{Account: uuid.Must(uuid.NewV7()), Membership: uuid.Must(uuid.NewV7()), Name: "提案委干部甲"},
			Reason: "材料齐全", From: audit.From{Address: "192.0.2.7", Agent: "测试", RequestID: "r-1"}, Outcome: "",
			Changes: []audit.Change{{Entity: "Account", ID: behalf, Op: audit.Update, Before: map[string]any{"n": 1}, After: map[string]any{"n": 2}}},
		}
		h.do(want, nothing)
		h.equal(h.last(), want)
	})

	h.run("without a time it is the present of the clock", func(h *house) {
		var c clock.Movable
		c.Set(noon.Add(time.Hour))
		h.must(h.store.InTx(clock.With(h.Context(), &c), h.tenant, func(ctx context.Context) error {
			return audit.Write(ctx, audit.Entry{Action: "a"})
		}))
		h.equal(h.last().At, noon.Add(time.Hour))
	})

	h.run("both the work and its record are there or neither is", func(h *house) {
		undone := errors.New("undone")
		err := h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
			ctx, _ = audit.Collect(ctx)
			if _, err := h.store.Ent().Membership.Create().SetName("无此人").SetKind(membership.KindSTAFF).Save(ctx); err != nil {
				return err
			}
			if err := audit.Write(ctx, audit.Entry{Action: "undone"}); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) {
			h.Fatal(err)
		}
		h.equal(len(h.search(h.tenant, audit.Filter{Action: "undone"}, 1, 0).Rows), 0)
		if err := h.try(audit.Entry{}, func(ctx context.Context, c *gen.Client) error {
			return c.Membership.Create().SetName("无此人").SetKind(membership.KindSTAFF).Exec(ctx)
		}); err == nil {
			h.Fatal("a record without action was written")
		}
		h.must(h.store.ReadTx(h.Context(), h.tenant, func(ctx context.Context) error {
			n, err := h.store.Ent().Membership.Query().Where(membership.Name("无此人")).Count(ctx)
			h.equal(n, 0)
			return err
		}))
		h.equal(h.verify(h.tenant).OK, true)
	})

	h.run("an actor keeps the name he had", func(h *house) {
		h.do(audit.Entry{Action: "named", Actor: audit.Actor{System: "remind", Name: "系统"}}, nothing)
		h.equal(h.last().Actor, audit.Actor{System: "remind", Name: "系统"})
	})
	h.equal(h.verify(h.tenant).OK, true)
}

func TestWriteTexts(t *testing.T) {
	h := open(t)
	h.run("control characters, broken UTF-8 and signs of HTML do no harm", func(h *house) {
		h.do(audit.Entry{Action: "signs", Reason: "a\x00b\xff<&>\u2028\x1b[31m\"\\", Changes: []audit.Change{
			{Entity: "X", Op: audit.Update, After: map[string]any{"k\x00": []string{"\x00"}, "m": map[string]any{"\x00": "\xfe"}}},
		}}, nothing)
		e := h.last()
		h.equal(e.Reason, "a\uFFFDb\uFFFD<&>\u2028\x1b[31m\"\\")
		h.equal(e.Changes[0].After, map[string]any{"k\uFFFD": []string{"\uFFFD"}, "m": map[string]any{"\uFFFD": "\uFFFD"}})
		h.equal(h.verify(h.tenant).OK, true)
	})

	h.run("names are cut to what an index can hold, a reason to 4,000 characters with its SHA-256", func(h *house) {
		long := strings.Repeat("长", 5000)
		h.do(audit.Entry{Action: long, Object: long, Reason: long, Outcome: long, Actor: audit.Actor{System: long, Name: long},
			From: audit.From{Address: long, Agent: long, RequestID: long}}, nothing)
		e := h.last()
		h.equal(e.Reason, long[:3*4000])
		for _, s := range []string{e.Action, e.Object, e.Outcome, e.Actor.Name, e.From.Address, e.From.Agent, e.From.RequestID} {
			h.equal(s, long[:3*300])
		}
	})

	h.run("a record keeps the first megabyte of changes, of the others which row and the SHA-256", func(h *house) {
		var changes []audit.Change
		for range 400 {
			changes = append(changes, audit.Change{Entity: "Membership", ID: uuid.Must(uuid.NewV7()), Op: audit.Create,
				After: map[string]any{"post": strings.Repeat("委员", 1500)}})
		}
		h.do(audit.Entry{Action: "import", Changes: changes}, nothing)
		e := h.last()
		h.equal(len(e.Changes), 400)
		h.equal(e.Changes[0], changes[0])
		h.equal(e.Changes[399].ID, changes[399].ID)
		h.equal(len(e.Changes[399].Digest), 64)
		h.equal(e.Changes[399].After == nil, true)
	})

	h.run("numbers are not rounded", func(h *house) {
		h.do(audit.Entry{Action: "n", Changes: []audit.Change{{Op: audit.Update, After: map[string]any{"n": int64(9007199254740993)}}}}, nothing)
		h.equal(text(h.T, h.last().Changes[0].After), `{"n":9007199254740993}`)
	})
	h.equal(h.verify(h.tenant).OK, true)
}

func TestWriteWhere(t *testing.T) {
	h := open(t)
	h.run("without a tenant, or while reading, nothing is written", func(h *house) {
		if err := audit.Write(h.Context(), audit.Entry{Action: "a"}); !errors.Is(err, tenants.ErrNoTenant) {
			h.Fatal(err)
		}
		err := h.store.ReadTx(h.Context(), h.tenant, func(ctx context.Context) error { return audit.Write(ctx, audit.Entry{Action: "a"}) })
		h.equal(code(err), "25006")
	})

	h.run("what belongs to no committee goes to the installation's own chain", func(h *house) {
		h.must(h.store.Global(h.Context(), func(ctx context.Context) error {
			return audit.Write(ctx, audit.Entry{Action: "signIn", Outcome: "UNAUTHENTICATED", Actor: audit.Actor{Name: "某人"}})
		}))
		r := h.verify(tenants.Installation)
		h.equal(r.Rows, 1)
		h.equal(r.OK, true)
		h.must(h.store.Global(h.Context(), func(ctx context.Context) error {
			p, err := audit.Search(ctx, audit.Filter{Actor: "Nobody"}, 10, 0)
			h.equal(len(p.Rows), 1)
			h.equal(p.Rows[0].Entry.Actor.Name, "某人")
			return err
		}))
	})
}

// forbidden is what the serving role must not get through.
var forbidden = []string{
	`INSERT INTO audit_log (tenant_id, seq, entry, hash) VALUES (nullif(current_setting('app.tenant'), '')::uuid, 3, '{}', '')`,
	`UPDATE audit_log SET entry = '{}'`,
	`UPDATE audit_log SET hash = ''`,
	`DELETE FROM audit_log`,
	`TRUNCATE audit_log`,
	`SELECT * FROM audit_log FOR UPDATE`,
	`INSERT INTO audit_heads VALUES (nullif(current_setting('app.tenant'), '')::uuid, 1, '') ON CONFLICT (tenant_id) DO UPDATE SET seq = 0`,
	`UPDATE audit_heads SET seq = 0`,
	`DELETE FROM audit_heads`,
	`TRUNCATE audit_heads`,
	`ALTER TABLE audit_log DISABLE ROW LEVEL SECURITY`,
	`ALTER TABLE audit_log ALTER COLUMN action DROP EXPRESSION`,
	`CREATE OR REPLACE FUNCTION audit_append(p_entry text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`,
	`DROP FUNCTION audit_append(text)`,
	`SET session_replication_role = replica`,
	`SET ROLE bihuan_owner`,
}

func TestServingRole(t *testing.T) {
	h := open(t)
	h.fill(h.tenant, 2)
	h.fill(h.other, 3)
	c, err := pgx.Connect(t.Context(), h.db.AppURL)
	h.must(err)
	defer func() { _ = c.Close(context.Background()) }()
	set := func() {
		_, err := c.Exec(t.Context(), `SELECT set_config('app.tenant', $1, false)`, h.tenant.String())
		h.must(err)
	}
	set()
	for _, sql := range forbidden {
		h.run("is refused: "+sql, func(h *house) {
			_, err := c.Exec(h.Context(), sql)
			h.equal(code(err), "42501") // insufficient_privilege
		})
	}
	h.run("adds a record and reads its tenant's only", func(h *house) {
		var seq, n int64
		h.must(c.QueryRow(h.Context(), `SELECT audit_append('{"action":"a"}')`).Scan(&seq))
		h.equal(seq, 3)
		h.must(c.QueryRow(h.Context(), `SELECT count(*) FROM audit_log`).Scan(&n))
		h.equal(n, 3)
		h.must(c.QueryRow(h.Context(), `SELECT count(*) FROM audit_heads`).Scan(&n))
		h.equal(n, 1)
	})
	h.run("adds and reads nothing without a tenant", func(h *house) {
		_, err := c.Exec(h.Context(), `SELECT set_config('app.tenant', '', false)`)
		h.must(err)
		_, err = c.Exec(h.Context(), `SELECT audit_append('{"action":"a"}')`)
		h.equal(code(err), "P0001")
		var n int64
		h.must(c.QueryRow(h.Context(), `SELECT count(*) FROM audit_log`).Scan(&n))
		h.equal(n, 0)
		set()
	})
	h.run("cannot pass off another function or operator as one that audit_append uses", func(h *house) {
		_, err := c.Exec(h.Context(), `CREATE TEMP TABLE audit_heads (tenant_id uuid PRIMARY KEY, seq bigint, hash bytea)`)
		h.must(err)
		var seq int64
		h.must(c.QueryRow(h.Context(), `SELECT audit_append('{"action":"b"}')`).Scan(&seq))
		h.equal(seq, 4)
	})
	h.equal(h.verify(h.tenant).OK, true)
	h.equal(h.verify(h.other).OK, true)
}

func nothing(context.Context, *gen.Client) error { return nil }

// code is the SQLSTATE of an error of PostgreSQL.
func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
