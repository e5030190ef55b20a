package graph_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// chain reads the newest records of a chain, newest first.
func (w *world) chain(tenant uuid.UUID, first int) (out []audit.Row) {
	w.t.Helper()
	read := func(ctx context.Context) error {
		p, err := audit.Search(ctx, audit.Filter{}, first, 0)
		out = p.Rows
		return err
	}
	if tenant == tenants.Installation {
		must(w.t, w.db.Store.Global(context.Background(), read))
		return out
	}
	must(w.t, w.db.Store.ReadTx(context.Background(), tenant, read))
	return out
}

// newest is what a record says of who did what to whom.
func (w *world) newest(tenant uuid.UUID) string {
	w.t.Helper()
	e := w.chain(tenant, 1)[0].Entry
	return fmt.Sprintf("%s|%s %s|%s|%s", e.Action, e.Actor.Key(), e.Actor.Name, e.ObjectName, e.Outcome)
}

func TestWhoDidItAndToWhomAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, other := w.found("210202", "DISTRICT", "甲区"), w.found("210203", "DISTRICT", "乙区")
	c.add("委员甲", "STAFF", nil)
	var account uuid.UUID
	c.db.AsSuper(t, `SELECT account_id FROM memberships WHERE id = $1`, []any{c.person["委员甲"]}, &account)
	login, who := c.logins["委员甲"], "甲区委员甲（"+c.logins["委员甲"]+"）"
	quiet := len(other.records())

	t.Run("S4: a failed sign-in names the account as object and nobody as actor, in the committee's chain too", func(t *testing.T) {
		c.post(context.Background(), "", `mutation($i: SignInInput!) { signIn(input: $i) { userErrors { code } } }`, input{"i": input{"login": login, "password": "wrong password"}})
		if got, want := w.newest(c.id), "account.sign_in_failed|Nobody |"+who+"|UNAUTHENTICATED"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got, want := w.newest(tenants.Installation), "account.sign_in_failed|Nobody |"+who+"|UNAUTHENTICATED"; !strings.HasPrefix(got, "account.sign_in_failed|Nobody |") || !strings.Contains(got, login) {
			t.Errorf("%s, want %s", got, want)
		}
		if e := w.chain(c.id, 1)[0].Entry; e.Object != audit.Object("Account", account) || e.From.Address != "192.0.2.7" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("S4: a reset at the server names the operator as actor and the account's owner as object", func(t *testing.T) {
		ctx := audit.WithServer(clock.With(context.Background(), w.clock), "ops-1")
		must(t, w.r.Store.Global(ctx, func(ctx context.Context) error {
			_, err := w.r.Accounts.Issue(ctx, account, uuid.Nil)
			return err
		}))
		if got, want := w.newest(c.id), "account.activation_issued|System:operator ops-1|"+who+"|"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := w.newest(tenants.Installation); !strings.HasPrefix(got, "account.activation_issued|System:operator ops-1|"+login) {
			t.Error(got)
		}
		must(t, w.r.Store.Global(ctx, func(ctx context.Context) error { return w.r.Accounts.Unlock(ctx, account) }))
		if got, want := w.newest(c.id), "account.unlocked|System:operator ops-1|"+who+"|"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("S4: a sign-in names the person as actor, in the chain of his committee", func(t *testing.T) {
		must(t, w.r.Accounts.Ready(context.Background(), login, secret))
		c.token("委员甲")
		me := audit.Object("Membership", uuid.MustParse(c.person["委员甲"]))
		var got []string
		for _, r := range w.chain(c.id, 2) {
			got = append(got, r.Entry.Action+" "+r.Entry.Actor.Key()+" "+r.Entry.Actor.Name+" "+r.Entry.ObjectName)
		}
		if want := []string{"account.committee_chosen " + me + " 甲区委员甲 " + who, "account.signed_in " + me + " 甲区委员甲 " + who}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	t.Run("S4: a new account stands in the record of who made it, and in the installation's chain", func(t *testing.T) {
		c.add("委员乙", "STAFF", nil)
		e := w.chain(c.id, 1)[0].Entry
		made := false
		for _, ch := range e.Changes {
			made = made || ch.Entity == "Account" && ch.Op == audit.Create && ch.After["login"] == c.logins["委员乙"]
		}
		if !made || e.Actor.Name != "甲区管理员甲" || e.ObjectName != "甲区委员乙" {
			t.Errorf("%+v", e)
		}
		if got, want := w.newest(tenants.Installation), "account.created|"+audit.Object("Membership", uuid.MustParse(c.person["管理员甲"]))+" 甲区管理员甲|"+c.logins["委员乙"]+"|"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("S4: another committee hears nothing of people who are not its own", func(t *testing.T) {
		if got := other.records()[quiet:]; len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("S4: what was not delivered right away the job delivers, once", func(t *testing.T) {
		var seq int64
		w.db.AsSuper(t, `INSERT INTO account_events (tenant_id, account_id, entry) VALUES ($1, $2, $3) RETURNING seq`,
			[]any{c.id, account, `{"Event": {"Action": "account.disabled", "Account": "` + account.String() + `"}, "Actor": {"System": "operator", "Name": "ops-1"}, "At": "2024-12-27T01:00:00Z"}`}, &seq)
		book := assembly.AccountBook{Store: w.db.Store}
		for range 2 {
			must(t, book.Left(context.Background()))
		}
		if got, want := w.newest(c.id), "account.disabled|System:operator ops-1|"+who+"|"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := c.records(); got[len(got)-2] == "account.disabled" {
			t.Error("it was delivered twice")
		}
	})
	for _, id := range []uuid.UUID{c.id, other.id, tenants.Installation} {
		if r, err := audit.Verify(context.Background(), w.db.Store, id); err != nil || !r.OK {
			t.Error(r, err)
		}
	}
}
