package roster

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
)

// attacks is how many ways of each kind are tried of getting more than one holds;
// `make attacks` tries all of them.
var attacks = flag.Int("attacks", 60, "how many of each kind of attack; 0: all")

// attackers is a committee in which somebody tries. What they hold before is what
// they may hold after.
type attackers struct {
	*world
	second          uuid.UUID // another administrator, who does nothing wrong
	puppet          uuid.UUID // of the attacker's
	station, street uuid.UUID // units
	tried           map[string]int
	entries         []authz.Entry
}

func newAttackers(t *testing.T) *attackers {
	a := &attackers{world: newWorld(t), tried: map[string]int{}}
	var err error
	if a.entries, err = authz.Catalogue(); err != nil {
		t.Fatal(err)
	}
	a.second = a.secondAdmin()
	a.puppet = a.staff("傀儡", "puppet").ID
	a.station, a.street = a.unitOf(unit.KindVENUE_STATION, "甲工作站", nil).ID, a.unitOf(unit.KindSTREET_LIAISON, "甲街道", nil).ID
	must(a.world, a.Seat, NewSeat{Membership: a.puppet, Unit: a.street, Post: seat.PostSTREET_LIAISON})
	return a
}

// forbidden are the permissions that one administrator alone never brings to
// himself or to anybody: those of the roles that take two, beyond the others'.
func (a *attackers) forbidden() (out []Right) {
	for _, e := range a.entries {
		for _, s := range []authz.Scope{authz.Own, authz.Party, authz.Unit, authz.Tenant} {
			if e.Scopes.Has(s) && !narrower(s, byOne(e.Permission)) {
				out = append(out, Right{e.Permission, s})
			}
		}
	}
	return out
}

// holdings is everything that everybody reaches, by parts.
func (a *attackers) holdings() map[uuid.UUID]map[string]bool {
	a.t.Helper()
	out := map[uuid.UUID]map[string]bool{}
	for _, who := range []uuid.UUID{a.admin, a.puppet} {
		out[who] = map[string]bool{}
		for _, x := range a.looking(who).Parts() {
			for p, s := range x.Table() {
				out[who][fmt.Sprintf("%s %s %v", p, s, x.Local())] = true
			}
		}
	}
	return out
}

// attack tries something as the administrator; it must be refused as a rule says,
// or be worth nothing: nobody holds more than before, but what one administrator
// may give alone to others.
func (a *attackers) attack(kind, what string, fn func(context.Context) error) {
	a.t.Helper()
	a.tried[kind]++
	undo := fmt.Errorf("undo")
	err := a.as(a.admin, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		rights, err := authz.FreshRights(ctx)
		if err != nil {
			return err
		}
		for _, who := range []uuid.UUID{a.admin, a.puppet} {
			m, err := a.client.Membership.Get(authz.System(ctx), who)
			if err != nil {
				return err
			}
			v, err := authz.NewDirectory(a.policy).Viewer(ctx, *m.AccountID, who)
			if err != nil {
				return err
			}
			a.judge(kind, what, rights, v)
		}
		return undo
	})
	if shown, ok := errs.As(err); err != undo && (!ok || shown.Code == errs.Internal) {
		a.t.Errorf("%s, %s: %v", kind, what, err)
	}
}

// judge: the administrator holds what he held; the puppet nothing that takes two.
func (a *attackers) judge(kind, what string, rights *authz.Policy, v *authz.Viewer) {
	a.t.Helper()
	for _, x := range v.Parts() {
		for p, s := range x.Table() {
			held := authz.ShippedTable(tenantAdmin)[p]
			if v.Membership == a.admin && s&^held != authz.None {
				a.t.Errorf("%s, %s: the attacker now holds %s %s", kind, what, p, s)
			}
			if v.Membership == a.puppet && !narrower(s, byOne(p)) {
				a.t.Errorf("%s, %s: one person brought %s %s to another", kind, what, p, s)
			}
		}
	}
}

func (a *attackers) some(kind string, list []func()) {
	a.t.Helper()
	a.t.Run(kind, func(*testing.T) {
		rand.New(rand.NewPCG(7, uint64(len(kind)))).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if *attacks > 0 {
			list = list[:min(len(list), *attacks)]
		}
		for _, f := range list {
			f()
		}
	})
}

// TestNobodyGetsMoreThanHeHolds generates from the catalogue the ways of getting
// more than one holds, alone.
func TestNobodyGetsMoreThanHeHolds(t *testing.T) {
	a := newAttackers(t)
	var lists = map[string][]func(){}
	add := func(kind, what string, fn func(context.Context) error) {
		lists[kind] = append(lists[kind], func() { a.attack(kind, what, fn) })
	}
	set := func(ctx context.Context, d RoleDraft) error { _, err := a.SetRole(ctx, d); return err }
	give := func(ctx context.Context, who uuid.UUID, role string, at *uuid.UUID) error {
		_, err := a.Grant(ctx, NewGrant{Membership: who, Role: role, Unit: at, Reason: "试"})
		return err
	}
	draft := func(r ...Right) RoleDraft { return RoleDraft{Code: "own_attack", Name: "试", Rights: r} }
	innocent := Right{authz.Perm("roster.read"), authz.Tenant}
	for _, e := range a.entries {
		for s := authz.Own; s <= authz.Tenant; s <<= 1 {
			r := Right{e.Permission, s}
			what := fmt.Sprintf("%s %s", e.Permission, s)
			add("a role of one's own, given to oneself", what, func(ctx context.Context) error {
				if err := set(ctx, draft(r)); err != nil {
					return err
				}
				return give(ctx, a.admin, "own_attack", nil)
			})
			add("a role of one's own, given to a puppet", what, func(ctx context.Context) error {
				if err := set(ctx, draft(innocent, r)); err != nil {
					return err
				}
				return give(ctx, a.puppet, "own_attack", nil)
			})
			add("a role that was given, edited", what, func(ctx context.Context) error {
				if err := set(ctx, draft(innocent)); err != nil {
					return err
				}
				if err := give(ctx, a.puppet, "own_attack", nil); err != nil {
					return err
				}
				return set(ctx, draft(innocent, r))
			})
			add("a role given for a unit, edited", what, func(ctx context.Context) error {
				if err := set(ctx, draft(innocent)); err != nil {
					return err
				}
				if err := give(ctx, a.puppet, "own_attack", &a.street); err != nil {
					return err
				}
				return set(ctx, draft(innocent, r))
			})
			add("a role by post, oneself seated", what, func(ctx context.Context) error {
				d := draft(r)
				d.Posts = []seat.Post{seat.PostSTATION_HEAD}
				if err := set(ctx, d); err != nil {
					return err
				}
				return a.sit(ctx, a.admin, seat.PostSTATION_HEAD)
			})
			add("a post that one holds, made to carry a role", what, func(ctx context.Context) error {
				if err := a.sit(ctx, a.admin, seat.PostGUIDE); err != nil {
					return err
				}
				d := draft(r)
				d.Posts = []seat.Post{seat.PostGUIDE}
				return set(ctx, d)
			})
			add("a role by post, a puppet seated", what, func(ctx context.Context) error {
				d := draft(r)
				d.Posts = []seat.Post{seat.PostSTATION_HEAD}
				if err := set(ctx, d); err != nil {
					return err
				}
				return a.sit(ctx, a.puppet, seat.PostSTATION_HEAD)
			})
			add("a role limited to a kind", what, func(ctx context.Context) error {
				d := draft(r)
				d.Kinds = []string{"proposal"}
				if err := set(ctx, d); err != nil {
					return err
				}
				return give(ctx, a.puppet, "own_attack", nil)
			})
			for _, role := range []string{tenantAdmin, "member", "chair", auditor} {
				add("a shipped role, widened", what+" "+role, func(ctx context.Context) error {
					if err := set(ctx, RoleDraft{Code: role, Name: "试", Rights: []Right{r}}); err != nil {
						return err
					}
					if role == "member" {
						return give(ctx, a.puppet, role, nil)
					}
					return nil
				})
			}
			add("one's own proposal, confirmed", what, func(ctx context.Context) error {
				row, err := a.SetRole(ctx, draft(r))
				if err != nil {
					return err
				}
				if _, err := a.ConfirmRole(ctx, row.ID); err != nil {
					return err
				}
				return give(ctx, a.puppet, "own_attack", nil)
			})
			add("a role of another's code", what, func(ctx context.Context) error {
				d := draft(r)
				d.Code = []string{"chair2", "own_", "own_Chair", "own_чair", "own_a own_b", "OWN_x", "tenant_admin "}[int(s)%7]
				if err := set(ctx, d); err != nil {
					return err
				}
				return give(ctx, a.puppet, d.Code, nil)
			})
			add("a role that was retired", what, func(ctx context.Context) error {
				if err := set(ctx, draft(r)); err != nil {
					return err
				}
				if _, err := a.RetireRole(ctx, "own_attack", "试"); err != nil {
					return err
				}
				return give(ctx, a.puppet, "own_attack", nil)
			})
			add("a substitute of oneself", what, func(ctx context.Context) error {
				if err := set(ctx, draft(r)); err != nil {
					return err
				}
				if _, err := a.NameSubstitute(ctx, NewSubstitute{Substitute: a.puppet, To: on(2026, 4, 1), Reason: "试"}); err != nil {
					return err
				}
				return nil
			})
		}
	}
	for _, role := range authz.Roles {
		for i, posts := range [][]seat.Post{nil, {seat.PostGUIDE}} {
			add("a copy of a shipped role", fmt.Sprint(role.Code, posts), func(ctx context.Context) error {
				if err := set(ctx, RoleDraft{Code: "own_copy", Name: "试", Base: role.Code, Posts: posts}); err != nil {
					return err
				}
				if i == 1 {
					return a.sit(ctx, a.puppet, seat.PostGUIDE)
				}
				return give(ctx, a.puppet, "own_copy", nil)
			})
		}
	}
	kinds := make([]string, 0, len(lists))
	for kind := range lists {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	before, n := a.holdings(), 0
	for _, kind := range kinds {
		a.some(kind, lists[kind])
		n += a.tried[kind]
	}
	for who, held := range a.holdings() {
		for what := range held {
			if !before[who][what] {
				t.Errorf("%s holds %s after all", who, what)
			}
		}
	}
	if len(a.forbidden()) == 0 || n < len(kinds)*20 {
		t.Errorf("%d attacks of %d kinds", n, len(kinds))
	}
	t.Logf("%d attacks of %d kinds", n, len(kinds))
}

func (a *attackers) sit(ctx context.Context, who uuid.UUID, post seat.Post) error {
	_, err := a.Seat(ctx, NewSeat{Membership: who, Unit: a.station, Post: post})
	return err
}
