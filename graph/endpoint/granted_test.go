package endpoint

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
)

// Who is admitted is asked in the round trip of the first read, not before it, and
// still what has changed since his last request counts in this one.
func TestWhatHasChangedSinceTheLastRequestCounts(t *testing.T) {
	t.Parallel()
	mine := `{ matters(first: 5) { edges { node { id } } } }`
	t.Run("a session that ended", func(t *testing.T) {
		e := newEnv(t, nil)
		for range 2 {
			e.ask(t, mine, nil).is(200, "")
		}
		e.db.AsOwner(t, `UPDATE account_sessions SET revoked_at = now()`)
		for range 2 {
			e.ask(t, mine, nil).is(401, "UNAUTHENTICATED")
		}
	})
	t.Run("a role that was given, and one who left", func(t *testing.T) {
		e := newEnv(t, nil)
		roles := `{ viewer { roles } }`
		for range 2 {
			if r := e.ask(t, roles, nil).is(200, ""); strings.Contains(r.text, "auditor") {
				t.Fatal(r.text)
			}
		}
		fatal(t, e.resolver.Store.InTx(context.Background(), e.tenant, func(ctx context.Context) error {
			ctx, _ = audit.Collect(authz.System(ctx))
			c := e.resolver.Store.Ent()
			return c.Grant.Create().SetMembershipID(c.Membership.Query().OnlyIDX(ctx)).SetRole("auditor").SetValidFrom(clock.Date(2020, 1, 1)).Exec(ctx)
		}))
		if r := e.ask(t, roles, nil).is(200, ""); !strings.Contains(r.text, "auditor") {
			t.Error(r.text)
		}
		e.db.AsOwner(t, `UPDATE account_memberships SET active = false`)
		e.ask(t, roles, nil).is(401, "UNAUTHENTICATED")
		for _, message := range []string{"graphql", "graphql repeated: a migration has changed tables"} {
			if got := e.log.lines(t, message); len(got) != 0 {
				t.Error("it is logged as a fault:", got)
			}
		}
	})
	t.Run("a committee that was suspended", func(t *testing.T) {
		e := newEnv(t, nil)
		e.ask(t, mine, nil).is(200, "")
		e.db.AsOwner(t, `UPDATE tenants SET status = 'SUSPENDED'`)
		e.ask(t, mine, nil).is(401, "UNAUTHENTICATED")
	})
}
