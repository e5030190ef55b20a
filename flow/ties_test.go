package flow_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/party"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
)

// crowd is a committee with random units, people and matters.
type crowd struct {
	*world
	rng     *rand.Rand
	units   []uuid.UUID
	members []*gen.Membership
	matters []uuid.UUID
}

func pick[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

// maybe is one of them, or none.
func (w *crowd) maybe(of []uuid.UUID) *uuid.UUID {
	if w.rng.IntN(3) > 0 {
		return nil
	}
	id := pick(w.rng, of)
	return &id
}

func newCrowd(t *testing.T, seed uint64) *crowd {
	w := &crowd{world: newWorld(t), rng: rand.New(rand.NewPCG(seed, 17))}
	roles := []string{"member", "unit_liaison", "unit_officer", "street_liaison", "committee_staff", "proposal_clerk", "secretary_general", "sector_convener", "party_liaison", "tenant_admin", "assign_gov"}
	w.system(func(ctx context.Context) error {
		c := w.store.Ent()
		for i := range 6 {
			create := c.Unit.Create().SetLine("HANDLING").SetKind("HANDLING_UNIT").SetName(fmt.Sprint("单位", i))
			if i > 3 { // below an earlier one
				create.SetParentID(pick(w.rng, w.units))
			}
			w.units = append(w.units, create.SaveX(ctx).ID)
		}
		for i := range 16 {
			m := c.Membership.Create().SetName(fmt.Sprint("某人", i)).SetKind("STAFF").SetAccountID(uuid.New()).SaveX(ctx)
			w.members = append(w.members, m)
			for range w.rng.IntN(3) {
				c.Grant.Create().SetMembership(m).SetRole(pick(w.rng, roles)).ExecX(ctx)
			}
			if u := w.maybe(w.units); u != nil {
				c.Seat.Create().SetMembership(m).SetUnitID(*u).ExecX(ctx)
			}
		}
		p := c.Process.Query().Where(entprocess.Kind("tiny")).OnlyX(ctx)
		for range 120 {
			w.matters = append(w.matters, w.random(ctx, p))
		}
		return nil
	})
	return w
}

func (w *crowd) random(ctx context.Context, p *gen.Process) uuid.UUID {
	c := w.store.Ent()
	people := make([]uuid.UUID, len(w.members))
	for i, m := range w.members {
		people[i] = m.ID
	}
	m := c.Matter.Create().SetKind(pick(w.rng, []string{"tiny", "proposal", "task", "opinion"})).SetProcess(p).SetState("OPEN").SetTitle("-").SetOpenedAt(w.clock.Now()).
		SetVisibility(pick(w.rng, []matter.Visibility{"PARTIES", "STAFF", "STAFF", "TENANT"})).SetConfidential(w.rng.IntN(5) == 0).
		SetNillableSectorID(w.maybe(w.units)).SetNillableStreetID(w.maybe(w.units)).SetNillableOwnerUnitID(w.maybe(w.units)).
		SetNillableCreatorID(w.maybe(people)).SaveX(ctx)
	for range w.rng.IntN(3) {
		create := c.Party.Create().SetMatter(m).SetRole(pick(w.rng, []party.Role{"LEAD", "CO", "HOST", "GUEST"})).
			SetCosign(pick(w.rng, []party.Cosign{"NONE", "SIGNED", "INVITED", "DECLINED", "CANCELLED", "EXPIRED"}))
		if w.rng.IntN(2) == 0 {
			create.SetMembershipID(pick(w.rng, people))
		} else {
			create.SetUnitID(pick(w.rng, w.units))
		}
		create.ExecX(ctx)
	}
	if w.rng.IntN(3) == 0 {
		c.Assignment.Create().SetMatter(m).SetUnitID(pick(w.rng, w.units)).SetRole(pick(w.rng, []assignment.Role{"SOLE", "ASSIST"})).
			SetState(pick(w.rng, []string{"TAKEN", "RETURN_GRANTED", "SUPERSEDED"})).SetAssignedAt(w.clock.Now()).SetOriginAssignedAt(w.clock.Now()).ExecX(ctx)
	}
	if w.rng.IntN(3) == 0 {
		c.Item.Create().SetMatter(m).SetKind(item.KindPROBLEM).SetText("-").SetNillableUnitID(w.maybe(w.units)).ExecX(ctx)
	}
	return m.ID
}

// ids of what a query finds.
func found(ctx context.Context, q *gen.MatterQuery) []uuid.UUID { return q.IDsX(ctx) }

// Ties are one list: what the database shows a person, what a case says of him
// and who is told are the same, over random matters and people.
func TestTiesOfAMatter(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		w := newCrowd(t, seed)
		seen, own := 0, 0
		for _, m := range w.members {
			w.system(func(ctx context.Context) error {
				v, err := authz.NewDirectory(w.policy).Viewer(ctx, *m.AccountID, m.ID)
				if err != nil {
					return err
				}
				c := w.store.Ent()
				visible := found(ctx, c.Matter.Query().Where(authz.MatterPredicate(v)))
				ofUnits := found(ctx, c.Matter.Query().Where(authz.InUnits(v)))
				cases, err := w.engine.Lock(ctx, w.matters...)
				if err != nil {
					return err
				}
				for id, c := range cases {
					if got, want := c.Sees(v), slices.Contains(visible, id); got != want {
						t.Errorf("seed %d: %v of %s (%s, confidential %v): the case says %v, the database %v", seed, v.Roles, c.Kind, c.Visibility, c.Confidential, got, want)
					}
					whole := authz.Whole{Matter: c.Matter, Parties: c.Parties, Assignments: c.Assignments, Items: c.Items}
					if got, want := whole.OfUnits(v), slices.Contains(ofUnits, id); got != want {
						t.Errorf("seed %d: one of his units': the case says %v, the database %v", seed, got, want)
					}
				}
				seen, own = seen+len(visible), own+len(ofUnits)
				return nil
			})
		}
		if seen < 50 || own < 50 {
			t.Errorf("seed %d shows little: %d seen, %d of units", seed, seen, own)
		}
		w.told(seed)
	}
}

// told: nobody hears of what he does not see; and who holds a role by which he
// reads his units' matters hears of all that are theirs, whichever way they are.
func (w *crowd) told(seed uint64) {
	w.t.Helper()
	const role = "unit_liaison"
	n := 0
	w.system(func(ctx context.Context) error {
		cases, err := w.engine.Lock(ctx, w.matters...)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if err := w.engine.Notify(ctx, c, []string{role}, "到期"); err != nil {
				return err
			}
		}
		for _, m := range w.members {
			v, err := authz.NewDirectory(w.policy).Viewer(ctx, *m.AccountID, m.ID)
			if err != nil {
				return err
			}
			for id, c := range cases {
				told := w.store.Ent().Notice.Query().Where(notice.MatterID(id), notice.MembershipID(m.ID)).ExistX(ctx)
				open := authz.Whole{Matter: c.Matter, Parties: c.Parties, Items: c.Items, Assignments: slices.DeleteFunc(slices.Clone(c.Assignments), func(a *gen.Assignment) bool { return !flow.Open(a) })}
				reads := w.policy.Table(role)[authz.Permission{Object: authz.Family(c.Kind), Action: "read"}]
				want := slices.Contains(v.Roles, role) && c.Sees(v) && ((reads.Has(authz.Unit) && open.OfUnits(v)) || (reads != authz.None && open.Mine(v)))
				if told != want {
					w.t.Errorf("seed %d: told %v, want %v (%v)", seed, told, want, v.Roles)
				}
				if told {
					n++
				}
			}
		}
		return nil
	})
	if n == 0 {
		w.t.Logf("seed %d: nobody is told", seed)
	}
}

// C1: a unit that only owes an item of a matter sees it, and is reminded.
func TestAUnitThatOwesAnItemIsReminded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.open()
	w.system(func(ctx context.Context) error {
		e := w.store.Ent()
		e.Matter.UpdateOneID(c.Matter.ID).ClearOwnerUnitID().ExecX(ctx)
		u := e.Unit.Create().SetLine("HANDLING").SetKind("HANDLING_UNIT").SetName("水务局").SaveX(ctx)
		m := e.Membership.Create().SetName("水务局联络员").SetKind("STAFF").SetAccountID(uuid.New()).SaveX(ctx)
		e.Grant.Create().SetMembership(m).SetRole("unit_liaison").ExecX(ctx)
		e.Seat.Create().SetMembership(m).SetUnit(u).ExecX(ctx)
		e.Item.Create().SetMatterID(c.Matter.ID).SetKind(item.KindPROBLEM).SetText("修路灯").SetUnit(u).ExecX(ctx)
		cases, err := w.engine.Lock(ctx, c.Matter.ID)
		if err != nil {
			return err
		}
		if err := w.engine.Notify(ctx, cases[c.Matter.ID], []string{"unit_liaison"}, "明天到期"); err != nil {
			return err
		}
		if n := e.Notice.Query().Where(notice.MembershipID(m.ID)).CountX(ctx); n != 1 {
			t.Errorf("%d notices", n)
		}
		return nil
	})
}
