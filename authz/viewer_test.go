package authz_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// viewer resolves a person as a request does: in a transaction of its own, at
// the world's clock, by the one directory that never restarts.
func (w *world) viewer(name string) (v *authz.Viewer, err error) {
	m := w.people[name]
	err = w.store.ReadTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		v, err = w.directory.Viewer(ctx, *m.AccountID, m.ID)
		return err
	})
	return v, err
}

func (w *world) may(t *testing.T, name, permission string) authz.Scope {
	t.Helper()
	v, err := w.viewer(name)
	if err != nil {
		t.Fatal(err)
	}
	return v.May(authz.Perm(permission))
}

func at(day, hour, minute int) time.Time {
	return time.Date(2025, 3, day, hour, minute, 0, 0, clock.Shanghai)
}

func TestAGrantIsForATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) {
		m := w.person(ctx, "代理主任", "", "")
		w.c.Grant.Create().SetMembership(m).SetRole("proposal_director").SetValidFrom(clock.Date(2025, 3, 4)).SetValidTo(clock.Date(2025, 3, 6)).SaveX(ctx)
		w.person(ctx, "干事", "proposal_clerk", "")
	})
	for _, c := range []struct {
		sentence string
		now      time.Time
		scope    authz.Scope
	}{
		{"the day before the first it is worth nothing", at(3, 23, 59), authz.None},
		{"it begins at midnight in Shanghai", at(4, 0, 0), authz.Tenant},
		{"the whole of the last day counts", at(6, 23, 59), authz.Tenant},
		{"the day after it is worth nothing, without a restart", at(7, 0, 0), authz.None},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w.clock.Set(c.now)
			if got := w.may(t, "代理主任", "proposal.file"); got != c.scope {
				t.Errorf("scope %q", got)
			}
		})
	}
	t.Run("one that is revoked is worth nothing at once", func(t *testing.T) {
		if w.may(t, "干事", "proposal.read") != authz.Tenant {
			t.Fatal("he has no right to lose")
		}
		w.system(func(ctx context.Context) {
			w.c.Grant.Update().Where(grant.MembershipID(w.people["干事"].ID)).SetRevokedAt(clock.Now(ctx)).ExecX(ctx)
		})
		if got := w.may(t, "干事", "proposal.read"); got != authz.None {
			t.Errorf("scope %q", got)
		}
	})
	t.Run("one that is given counts at once", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.c.Grant.Create().SetMembership(w.people["干事"]).SetRole("proposal_reviewer").SaveX(ctx)
		})
		if got := w.may(t, "干事", "proposal.recordPass"); got != authz.Tenant {
			t.Errorf("scope %q", got)
		}
	})
	t.Run("a role that the policy does not know is worth nothing", func(t *testing.T) {
		w.system(func(ctx context.Context) { w.person(ctx, "旧角色", "score_admin", "") })
		if v, err := w.viewer("旧角色"); err != nil || len(v.Table()) != 0 {
			t.Error(v, err)
		}
	})
}

func TestTwoRolesDoNotAddUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) {
		m := w.person(ctx, "委员", "member", "")
		w.c.Grant.Create().SetMembership(m).SetRole("sector_convener").SaveX(ctx)
		w.c.Grant.Create().SetMembership(m).SetRole("committee_staff").SaveX(ctx)
	})
	for permission, scope := range map[string]authz.Scope{
		"proposal.read": authz.Party | authz.Unit | authz.Tenant, "proposal.submit": authz.Own, "proposal.signAsConvener": authz.Unit,
		"proposal.recordSupervision": authz.Tenant, "proposal.sign": authz.Party, "proposal.file": authz.None,
	} {
		if got := w.may(t, "委员", permission); got != scope {
			t.Errorf("%s: %q, want %q", permission, got, scope)
		}
	}
	if v, _ := w.viewer("委员"); !slices.Equal(v.Roles, []string{"committee_staff", "member", "sector_convener"}) || v.Name != "委员" {
		t.Errorf("%+v", v)
	}
}

// sits expects a person's seats, and the units below them.
func (w *world) sits(t *testing.T, name string, seats []string, below ...string) {
	t.Helper()
	v, err := w.viewer(name)
	if err != nil {
		t.Fatal(err)
	}
	for list, want := range map[*[]uuid.UUID][]string{&v.Seats: seats, &v.Units: append(slices.Clone(seats), below...)} {
		if len(*list) != len(want) {
			t.Errorf("%d units, want %v", len(*list), want)
		}
		for _, unit := range want {
			if !slices.Contains(*list, w.units[unit]) {
				t.Errorf("not in %s", unit)
			}
		}
	}
}

func TestUnitsOfAViewer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) {
		w.unit(ctx, "政府", unit.LineHANDLING, unit.KindHANDLING_UNIT, "")
		w.unit(ctx, "商务局", unit.LineHANDLING, unit.KindHANDLING_UNIT, "政府")
		w.unit(ctx, "商贸科", unit.LineHANDLING, unit.KindHANDLING_UNIT, "商务局")
		w.unit(ctx, "文旅局", unit.LineHANDLING, unit.KindHANDLING_UNIT, "政府")
		w.unit(ctx, "经济界", unit.LineORGANISATION, unit.KindSECTOR, "")
		m := w.person(ctx, "局长", "unit_lead", "商务局")
		w.c.Seat.Create().SetMembership(m).SetUnitID(w.units["经济界"]).SetSeatFrom(clock.Date(2025, 3, 4)).SetSeatTo(clock.Date(2025, 3, 6)).SaveX(ctx)
		w.c.Seat.Create().SetMembership(m).SetUnitID(w.units["商务局"]).SetPost("DEPUTY_HEAD").SaveX(ctx) // two seats in one unit
	})
	expect := func(t *testing.T, seats []string, below ...string) { w.sits(t, "局长", seats, below...) }
	t.Run("a seat counts with all units below, not those above or beside", func(t *testing.T) { expect(t, []string{"商务局"}, "商贸科") })
	t.Run("from its first day", func(t *testing.T) {
		w.clock.Set(at(4, 0, 0))
		expect(t, []string{"商务局", "经济界"}, "商贸科")
	})
	t.Run("to the end of its last", func(t *testing.T) {
		w.clock.Set(at(6, 23, 59))
		expect(t, []string{"商务局", "经济界"}, "商贸科")
		w.clock.Set(at(7, 0, 0))
		expect(t, []string{"商务局"}, "商贸科")
	})
	t.Run("a unit that is moved below mine is mine at once", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.c.Unit.UpdateOneID(w.units["文旅局"]).SetParentID(w.units["商贸科"]).ExecX(ctx)
		})
		expect(t, []string{"商务局"}, "商贸科", "文旅局")
	})
	t.Run("a unit that is added below mine is mine at once", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.unit(ctx, "新设科", unit.LineHANDLING, unit.KindHANDLING_UNIT, "商贸科")
		})
		expect(t, []string{"商务局"}, "商贸科", "文旅局", "新设科")
	})
	t.Run("a seat that ends is lost at once", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.c.Seat.Update().Where(seat.MembershipID(w.people["局长"].ID)).SetSeatTo(clock.Date(2025, 3, 1)).ExecX(ctx)
		})
		expect(t, nil)
	})
	t.Run("InUnit asks for one", func(t *testing.T) {
		v := &authz.Viewer{Units: []uuid.UUID{w.units["商务局"]}}
		mine, other := w.units["商务局"], w.units["政府"]
		if !v.InUnit(&mine) || v.InUnit(&other) || v.InUnit(nil) {
			t.Error("it is wrong")
		}
	})
}

func (w *world) resolve(tenant, account, member uuid.UUID) error {
	return w.store.ReadTx(w.ctx(), tenant, func(ctx context.Context) error {
		_, err := w.directory.Viewer(ctx, account, member)
		return err
	})
}

func notSignedIn(t *testing.T, err error) {
	t.Helper()
	if !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("it says %v", err)
	}
}

func TestAMembershipOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) {
		w.person(ctx, "委员", "member", "")
		w.person(ctx, "他人", "member", "")
	})
	elsewhere := tenantstest.Tenant(t, w.db, "210203", "政协另一区委员会", "DISTRICT")
	me := w.people["委员"]
	if err := w.resolve(w.tenant, *me.AccountID, me.ID); err != nil { // and it is cached from here on
		t.Fatal(err)
	}
	t.Run("another person's account does not fit it", func(t *testing.T) {
		notSignedIn(t, w.resolve(w.tenant, *w.people["他人"].AccountID, me.ID))
	})
	t.Run("another committee does not know it", func(t *testing.T) { notSignedIn(t, w.resolve(elsewhere, *me.AccountID, me.ID)) })
	t.Run("one that does not exist", func(t *testing.T) { notSignedIn(t, w.resolve(w.tenant, *me.AccountID, uuid.New())) })
	t.Run("without a tenant nobody is asked for", func(t *testing.T) {
		if _, err := w.directory.Viewer(context.Background(), *me.AccountID, me.ID); !errors.Is(err, tenants.ErrNoTenant) {
			t.Error(err)
		}
	})
}

func TestAMembershipThatIsNotActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) { w.person(ctx, "委员", "member", "") })
	me := w.people["委员"]
	resolve := func() error { return w.resolve(w.tenant, *me.AccountID, me.ID) }
	set := func(fn func(*gen.MembershipUpdateOne)) {
		w.system(func(ctx context.Context) {
			w.c.Membership.UpdateOneID(me.ID).SetStatus(membership.StatusACTIVE).ClearActiveFrom().ClearActiveTo().ExecX(ctx)
			u := w.c.Membership.UpdateOneID(me.ID)
			fn(u)
			u.ExecX(ctx)
		})
	}
	if err := resolve(); err != nil { // and it is cached from here on
		t.Fatal(err)
	}
	for _, s := range []membership.Status{membership.StatusPROPOSED, membership.StatusSUSPENDED, membership.StatusRESIGNED, membership.StatusREVOKED, membership.StatusENDED} {
		t.Run("one that is "+string(s), func(t *testing.T) {
			set(func(u *gen.MembershipUpdateOne) { u.SetStatus(s) })
			notSignedIn(t, resolve())
		})
	}
	t.Run("the day after its last day", func(t *testing.T) {
		set(func(u *gen.MembershipUpdateOne) { u.SetActiveTo(clock.Date(2025, 3, 3)) })
		if err := resolve(); err != nil {
			t.Error("the last day counts:", err)
		}
		w.clock.Set(at(4, 0, 0))
		notSignedIn(t, resolve())
	})
	t.Run("before its first day", func(t *testing.T) {
		set(func(u *gen.MembershipUpdateOne) { u.SetActiveFrom(clock.Date(2025, 3, 5)) })
		notSignedIn(t, resolve())
	})
	t.Run("and it is worth something again when it is active again", func(t *testing.T) {
		set(func(*gen.MembershipUpdateOne) {})
		if err := resolve(); err != nil {
			t.Error(err)
		}
	})
}

func TestOnePersonTwoCommittees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := uuid.New()
	other := tenantstest.Tenant(t, w.db, "210203", "政协另一区委员会", "DISTRICT")
	members := map[uuid.UUID]uuid.UUID{}
	for tenant, role := range map[uuid.UUID]string{w.tenant: "proposal_director", other: "member"} {
		err := w.store.InTx(w.ctx(), tenant, func(ctx context.Context) error {
			m := w.c.Membership.Create().SetName("某人").SetKind("STAFF").SetAccountID(account).SaveX(authz.System(ctx))
			members[tenant] = m.ID
			return w.c.Grant.Create().SetMembership(m).SetRole(role).Exec(authz.System(ctx))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for tenant, scope := range map[uuid.UUID]authz.Scope{w.tenant: authz.Tenant, other: authz.None} {
		for range 2 { // and from the cache
			err := w.store.ReadTx(w.ctx(), tenant, func(ctx context.Context) error {
				v, err := w.directory.Viewer(ctx, account, members[tenant])
				if err == nil && (v.May(authz.Perm("proposal.file")) != scope || v.Tenant != tenant) {
					t.Errorf("rights of one committee in the other: %+v", v)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}

func TestDirectoryCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.system(func(ctx context.Context) { w.person(ctx, "委员", "member", "") })
	m := w.people["委员"]
	statements := func() (n int64) {
		w.system(func(ctx context.Context) {
			before := tenants.Statements(ctx)
			if _, err := w.directory.Viewer(ctx, *m.AccountID, m.ID); err != nil {
				t.Fatal(err)
			}
			n = tenants.Statements(ctx) - before
		})
		return n
	}
	t.Run("the second time only the version is asked for", func(t *testing.T) {
		if a, b := statements(), statements(); a != 2 || b != 1 {
			t.Errorf("%d statements, then %d", a, b)
		}
	})
	t.Run("a change of anybody's rights is noticed", func(t *testing.T) {
		w.system(func(ctx context.Context) { w.person(ctx, "他人", "member", "") })
		if a, b := statements(), statements(); a != 2 || b != 1 {
			t.Errorf("%d statements, then %d", a, b)
		}
	})
	t.Run("rights that were rolled back are not kept", func(t *testing.T) {
		undo := errors.New("undo")
		err := w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error {
			w.c.Grant.Create().SetMembership(m).SetRole("proposal_director").SaveX(authz.System(ctx))
			if v, err := w.directory.Viewer(ctx, *m.AccountID, m.ID); err != nil || v.May(authz.Perm("proposal.file")) != authz.Tenant {
				t.Error("inside the transaction they count:", err)
			}
			return undo
		})
		if !errors.Is(err, undo) {
			t.Fatal(err)
		}
		w.system(func(ctx context.Context) { w.person(ctx, "第三人", "member", "") }) // takes the same version
		if got := w.may(t, "委员", "proposal.file"); got != authz.None {
			t.Errorf("scope %q", got)
		}
	})
	t.Run("many may ask at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 5 {
					if v, err := w.viewer("委员"); err != nil || v.May(authz.Perm("proposal.read")) != authz.Party {
						t.Error(v, err)
					}
				}
			})
		}
		wg.Wait()
	})
}
