package roster

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// A4, S7: a person joins a second committee by his own consent.
func TestJoiningASecondCommittee(t *testing.T) {
	w := newWorld(t)
	here := w.staff("两级任职者", "both")
	account := *here.AccountID
	district := tenantstest.Tenant(t, w.db, "210202", "某区政协", "DISTRICT")
	boss := w.bootstrap(district, "district")
	acc := w.Service.accounts.(*accounts.Service)
	there := func(fn func(context.Context) error) error {
		return w.in(district, func(ctx context.Context) error {
			v, err := w.viewer(ctx, boss)
			if err != nil {
				return err
			}
			return fn(authz.With(ctx, v))
		})
	}
	add := func(name, login, password string) (m *gen.Membership) {
		t.Helper()
		err := there(func(ctx context.Context) (err error) {
			m, err = w.AddMember(ctx, NewMember{Person: Person{Name: name}, SignIn: SignIn{Login: login, Password: password}, Kind: membership.KindUNIT_STAFF})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	open := func() []accounts.Invitation {
		t.Helper()
		list, err := acc.Invitations(w.ctx, account)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	accept := func(account uuid.UUID, in accounts.Invitation) (m *gen.Membership, err error) {
		err = w.in(district, func(ctx context.Context) error {
			m, err = w.Accept(ctx, account, in)
			return err
		})
		return m, err
	}
	second := add("某甲", "Both", "")
	t.Run("A4: one answer whether anybody has the login or nobody", func(t *testing.T) {
		nobody, typed := add("某乙", "nobody-9", ""), add("某丙", "both", secret)
		for _, m := range []*gen.Membership{second, nobody, typed} {
			if m.AccountID != nil || m.Status != membership.StatusACTIVE || m.Version != 1 {
				t.Errorf("%s: %v", m.Name, m)
			}
		}
	})
	t.Run("A4: until he accepts nothing changes for him", func(t *testing.T) {
		if err := w.as(here.ID, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
		choices, err := acc.Choices(w.ctx, account)
		if err != nil || len(choices) != 1 || choices[0].Membership != here.ID {
			t.Fatal(choices, err)
		}
		if list := open(); len(list) != 2 || list[0].TenantName != "某区政协" || list[0].Membership != second.ID {
			t.Fatal(list)
		}
	})
	t.Run("nobody else accepts it", func(t *testing.T) {
		other := w.staff("别人", "other")
		_, err := accept(*other.AccountID, open()[0])
		refused(t, err, errs.NotFound, "")
	})
	t.Run("he accepts, and may choose between both", func(t *testing.T) {
		in := open()
		m, err := accept(account, in[0])
		if err != nil || m.ID != second.ID || *m.AccountID != account || m.ID == here.ID {
			t.Fatal(m, err)
		}
		choices, err := acc.Choices(w.ctx, account)
		if err != nil || len(choices) != 2 {
			t.Fatal(choices, err)
		}
		_, err = accept(account, in[0])
		refused(t, err, errs.NotFound, "")
		_, err = accept(account, in[1]) // of 某丙, who would be he once more
		refused(t, err, errs.Conflict, "")
	})
	t.Run("who declines leaves the person without an account", func(t *testing.T) {
		in := open()
		if err := w.in(district, func(ctx context.Context) error { return w.Decline(ctx, account, in[0]) }); err != nil {
			t.Fatal(err)
		}
		if list := open(); len(list) != 0 {
			t.Fatal(list)
		}
	})
	t.Run("of his own people an administrator is told", func(t *testing.T) {
		err := there(func(ctx context.Context) error {
			_, err := w.AddMember(ctx, NewMember{Person: Person{Name: "某甲"}, SignIn: SignIn{Login: "both"}, Kind: membership.KindSTAFF})
			return err
		})
		refused(t, err, errs.Conflict, "login")
	})
	t.Run("an invitation to who has left is void", func(t *testing.T) {
		third := w.staff("第三人", "third")
		m := add("某丁", "third", "")
		held, err := acc.Invitations(w.ctx, *third.AccountID)
		if err != nil || len(held) != 1 {
			t.Fatal(held, err)
		}
		err = there(func(ctx context.Context) error {
			_, err := w.EndMembership(ctx, Ending{Membership: m.ID, Status: membership.StatusENDED, Reason: "录错"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := acc.Invitations(w.ctx, *third.AccountID)
		if err != nil || len(list) != 0 {
			t.Fatal(list, err)
		}
		_, err = accept(*third.AccountID, held[0])
		refused(t, err, errs.NotFound, "")
	})
}
