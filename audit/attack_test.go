package audit_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// sealedHouse is a house whose book is sealed, with ten records of three people,
// and a file of anchors.
func sealedHouse(t *testing.T) (h *house, file string) {
	t.Helper()
	h = open(t)
	h.store.SealWith(audit.NewRing([]byte("the key of now, thirty-two bytes.")))
	for i := range 3 {
		h.do(audit.Entry{Action: "addMember", At: noon, Actor: audit.Actor{System: "test"}}, func(ctx context.Context, c *gen.Client) error {
			return c.Membership.Create().SetName(fmt.Sprint("干部", i)).SetKind(membership.KindSTAFF).SetPost("科员").Exec(ctx)
		})
	}
	for i := range 7 {
		h.do(audit.Entry{Action: "fill", Reason: fmt.Sprint(i), At: noon, Actor: audit.Actor{System: "test"}}, nothing)
	}
	file = filepath.Join(t.TempDir(), "anchors.jsonl")
	h.keep(file)
	return h, file
}

func (h *house) keep(file string) {
	h.Helper()
	var c clock.Movable
	c.Set(noon)
	_, err := audit.Keep(clock.With(h.Context(), &c), h.store, file)
	h.must(err)
}

// against verifies with all that is known elsewhere.
func (h *house) against(files ...string) audit.Report {
	h.Helper()
	a, err := audit.ReadAnchors(h.store, files...)
	h.must(err)
	r, err := audit.Check{Anchors: a.Of[h.tenant], Since: a.Since, Rows: true}.Verify(h.Context(), h.store, h.tenant)
	h.must(err)
	return r
}

// rebuild makes the chain good again as far as hashes go, as who owns the
// database can: from a record on, head included.
func (h *house) rebuild(change func(seq int64, entry string) (string, bool)) {
	h.Helper()
	c, err := pgx.Connect(h.Context(), h.db.SuperURL)
	h.must(err)
	defer c.Close(context.Background())
	rows, err := c.Query(h.Context(), `SELECT entry FROM audit_log WHERE tenant_id = $1 ORDER BY seq`, h.tenant)
	h.must(err)
	entries, err := pgx.CollectRows(rows, pgx.RowTo[string])
	h.must(err)
	sum := sha256.Sum256(nil)
	last, seq := sum[:], int64(0)
	for i, e := range entries {
		e, keep := change(int64(i+1), e)
		if !keep {
			_, err := c.Exec(h.Context(), `DELETE FROM audit_log WHERE tenant_id = $1 AND seq = $2`, h.tenant, i+1)
			h.must(err)
			continue
		}
		seq++
		next := sha256.Sum256(append(append([]byte{}, last...), fmt.Sprintf("%s|%d|%s", h.tenant, seq, e)...))
		_, err := c.Exec(h.Context(), `UPDATE audit_log SET seq = $3, entry = $4, hash = $5, said = NULL WHERE tenant_id = $1 AND seq = $2`, h.tenant, i+1, seq, e, next[:])
		h.must(err)
		last = next[:]
	}
	_, err = c.Exec(h.Context(), `UPDATE audit_heads SET seq = $2, hash = $3 WHERE tenant_id = $1`, h.tenant, seq, last)
	h.must(err)
}

// S9: what the owner of the database can do to a chain, and who finds it.
func TestTheOwnerOfTheDatabaseIsFound(t *testing.T) {
	same := func(_ int64, e string) (string, bool) { return e, true }
	for _, attack := range []struct {
		name   string
		do     func(h *house)
		anchor bool   // found by what is kept elsewhere only
		why    string // part of the finding
	}{
		{"a record is rewritten, and the chain rebuilt with its head", func(h *house) {
			h.rebuild(func(seq int64, e string) (string, bool) {
				return strings.Replace(e, `"reason":"3"`, `"reason":"9"`, 1), true
			})
		}, false, "签认不对"},
		{"a record is taken out, and the chain rebuilt", func(h *house) {
			h.rebuild(func(seq int64, e string) (string, bool) { return e, seq != 5 })
		}, false, "签认不对"},
		{"the chain is rebuilt without seals, as if of before", func(h *house) {
			h.rebuild(func(seq int64, e string) (string, bool) {
				return strings.Replace(e, `"reason":"3"`, `"reason":"9"`, 1), true
			})
			h.sql(`UPDATE audit_log SET mac = NULL, key_id = NULL WHERE tenant_id = $1`, h.tenant)
		}, true, "整体改写过"},
		{"the seals of the end are taken off and a record is added past the program", func(h *house) {
			h.sql(`SELECT set_config('app.tenant', $1, false)`, h.tenant.String())
			h.sql(`WITH t AS (SELECT set_config('app.tenant', $1, false)) SELECT audit_append('{"action":"x","at":"2026-03-09T04:00:00.000000Z"}') FROM t`, h.tenant.String())
		}, false, "没有密钥签认"},
		{"a record is added under an invented key", func(h *house) {
			h.rebuild(same)
			h.sql(`UPDATE audit_log SET key_id = 'abcd' WHERE tenant_id = $1 AND seq = 10`, h.tenant)
		}, false, "不在这里"},
		{"the end is cut, head included", func(h *house) {
			h.rebuild(func(seq int64, e string) (string, bool) { return e, seq <= 6 })
		}, true, "链尾被截断"},
		{"the chain is emptied", func(h *house) {
			h.sql(`DELETE FROM audit_log WHERE tenant_id = $1`, h.tenant)
			h.sql(`UPDATE audit_heads SET seq = 0, hash = sha256('') WHERE tenant_id = $1`, h.tenant)
		}, false, "清空过"},
		{"the chain and its head are deleted", func(h *house) {
			h.sql(`DELETE FROM audit_log WHERE tenant_id = $1`, h.tenant)
			h.sql(`DELETE FROM audit_heads WHERE tenant_id = $1`, h.tenant)
		}, false, "清空过"},
		{"a row is changed by hand", func(h *house) {
			h.sql(`UPDATE memberships SET post = (SELECT '主席' FROM set_config('app.tenant', $1::text, false)) WHERE tenant_id = $1::text::uuid AND name = '干部1'`, h.tenant.String())
		}, false, "post 与记录不符"},
		{"a row is put in by hand", func(h *house) {
			h.sql(`INSERT INTO memberships (tenant_id, id, created_at, updated_at, name, kind) VALUES ($1, $2, now(), now(), '外人', 'STAFF')`, h.tenant, uuid.Must(uuid.NewV7()))
		}, false, "没有任何记录"},
	} {
		t.Run("S9: "+attack.name, func(t *testing.T) {
			h, file := sealedHouse(t)
			h.equal(h.against(file).OK, true)
			attack.do(h)
			r := h.against(file)
			if r.OK || !strings.Contains(r.Why, attack.why) {
				t.Fatalf("%+v, want %s", r, attack.why)
			}
			if attack.anchor != h.against().OK {
				t.Errorf("without anchors: %+v", h.against())
			}
		})
	}
}

func TestSeals(t *testing.T) {
	h, file := sealedHouse(t)
	h.run("S9: after the secret was changed, what the former key sealed verifies with it and is a finding without", func(h *house) {
		old := []byte("the key of now, thirty-two bytes.")
		h.store.SealWith(audit.NewRing([]byte("another key"), old))
		h.do(audit.Entry{Action: "fill", At: noon}, nothing)
		h.equal(h.against(file).OK, true)
		h.store.SealWith(audit.NewRing([]byte("another key")))
		h.equal(h.against().FirstBad, 1)
		h.store.SealWith(audit.NewRing([]byte("another key"), old))
	})
	h.run("S9: records of before the switch-over verify as they are; an hour of the version before beside this one is no finding", func(h *house) {
		h.must(h.store.InTx(h.Context(), h.other, func(ctx context.Context) error {
			var seq int64
			if err := tenants.Row(ctx, `SELECT audit_append($1)`, []any{old}, &seq); err != nil {
				return err
			}
			if err := audit.Write(ctx, audit.Entry{Action: "first", At: noon}); err != nil {
				return err
			}
			return tenants.Row(ctx, `SELECT audit_append($1)`, []any{strings.Replace(old, "T04", "T05", 1)}, &seq)
		}))
		h.equal(h.verify(h.other).OK, true)
		h.equal(h.verify(h.other).Rows, 3)
	})
	h.run("S9: anchors are kept once for each new head, and several files are checked", func(h *house) {
		h.keep(file)
		h.keep(file)
		b, err := os.ReadFile(file)
		h.must(err)
		h.equal(strings.Count(string(b), h.tenant.String()), 2)
		h.equal(h.against(file, file, "nowhere").OK, true)
	})
	h.run("S9: a file of anchors in which somebody wrote is not believed", func(h *house) {
		b, err := os.ReadFile(file)
		h.must(err)
		forged := filepath.Join(h.TempDir(), "forged")
		h.must(os.WriteFile(forged, []byte(strings.Replace(string(b), `"seq":1`, `"seq":2`, 1)), 0o600))
		if _, err := audit.ReadAnchors(h.store, forged); err == nil {
			h.Fatal("believed")
		}
	})
}
