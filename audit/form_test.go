package audit_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/tenants"
)

// old is a record as the first version wrote it.
const old = `{"action":"signIn","actor":"Nobody","actor_name":"某人","at":"2026-03-05T04:00:00.000000Z","object":"Account:018f0000-0000-7000-8000-000000000001","reason":"旧"}`

func TestForms(t *testing.T) {
	h := open(t)
	h.run("S4: a record of the form before is read and verifies, and new ones follow it in the same chain", func(h *house) {
		h.must(h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
			var seq int64
			return tenants.Row(ctx, `SELECT audit_append($1)`, []any{old}, &seq)
		}))
		h.fill(h.tenant, 1)
		r := h.verify(h.tenant)
		h.equal(r.OK, true)
		h.equal(r.Rows, 2)
		rows := h.search(h.tenant, audit.Filter{}, 2, 0).Rows
		h.equal(rows[1].Entry.Actor.Name, "某人")
		h.equal(rows[1].Entry.ObjectName, "")
	})
	h.run("S4: actor and object are apart, each with the name it had", func(h *house) {
		var id uuid.UUID
		h.must(h.store.Global(h.Context(), func(ctx context.Context) error {
			return tenants.Row(ctx, `INSERT INTO accounts (id, login, password_hash, created_at, password_changed_at) VALUES (gen_random_uuid(), 'wei', '-', now(), now()) RETURNING id`, nil, &id)
		}))
		h.do(audit.Entry{Action: "account.password_changed", Actor: audit.Actor{System: "operator", Name: "ops-1"}, Object: audit.Object("Account", id)}, nothing)
		h.sql(`UPDATE accounts SET login = 'other' WHERE id = $1`, id)
		e := h.last()
		h.equal([]string{e.Actor.Key(), e.Actor.Name, e.Object, e.ObjectName}, []string{"System:operator", "ops-1", audit.Object("Account", id), "wei"})
	})
	h.run("what a search looks into is checked against the record", func(h *house) {
		h.equal(h.verify(h.tenant).OK, true)
		h.sql(`UPDATE audit_log SET said = 'nobody' WHERE tenant_id = $1 AND seq = 3`, h.tenant)
		r := h.verify(h.tenant)
		h.equal(r.OK, false)
		h.equal(r.FirstBad, 3)
	})
}
