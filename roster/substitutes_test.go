package roster

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// anywhere reports whether somebody holds a permission over all of the committee
// by one of his parts.
func anywhere(v *authz.Viewer, perm string) bool {
	return slices.ContainsFunc(v.Parts(), func(x *authz.Viewer) bool { return x.May(authz.Perm(perm)).Has(authz.Tenant) })
}

func TestSubstitutes(t *testing.T) {
	w := newWorld(t)
	street, other := w.unitOf(unit.KindSTREET_LIAISON, "甲街道", nil).ID, w.unitOf(unit.KindSTREET_LIAISON, "乙街道", nil).ID
	liaison, deputy, third := w.staff("联络员甲", "liaison1").ID, w.staff("干部乙", "staff2").ID, w.staff("干部丙", "staff3").ID
	must(w, w.Seat, NewSeat{Membership: liaison, Unit: street, Post: seat.PostSTREET_LIAISON})
	must(w, w.Seat, NewSeat{Membership: deputy, Unit: other, Post: seat.PostSTREET_LIAISON})
	held := must(w, w.Grant, NewGrant{Membership: liaison, Role: "street_liaison"})
	must(w, w.Grant, NewGrant{Membership: liaison, Role: "member"})
	name := NewSubstitute{Substitute: deputy, To: on(2026, 3, 10), Reason: "出差"}
	s := mustAs(w, liaison, w.NameSubstitute, name)

	t.Run("the substitute acts in the other's units, by his office alone", func(t *testing.T) {
		v := w.looking(deputy)
		if !over(v, "matter.follow", street) || over(v, "matter.follow", other) || v.May(authz.Perm("matter.follow")) != authz.None {
			t.Errorf("%+v", v)
		}
		for _, x := range v.Parts() {
			if x.Behalf() != nil && (x.May(authz.Perm("proposal.sign")) != authz.None || x.Behalf().ID != liaison) {
				t.Error("he signs for him")
			}
		}
	})
	t.Run("named again it is the same", func(t *testing.T) {
		if again := mustAs(w, liaison, w.NameSubstitute, name); again.ID != s.ID {
			t.Error(again)
		}
	})
	t.Run("a substitute has none himself, nor is one for who has one", func(t *testing.T) {
		_, err := tryAs(w, deputy, w.NameSubstitute, NewSubstitute{Substitute: third, To: on(2026, 3, 8), Reason: "也出差"})
		refused(t, err, errs.NotAllowed, "from")
		_, err = tryAs(w, third, w.NameSubstitute, NewSubstitute{Substitute: liaison, To: on(2026, 3, 8), Reason: "也出差"})
		refused(t, err, errs.NotAllowed, "substitute")
		if v := w.looking(third); len(v.AllRoles()) != 0 {
			t.Error(v.AllRoles())
		}
	})
	t.Run("one for oneself, without an end, for too long or for the past is refused", func(t *testing.T) {
		for path, in := range map[string]NewSubstitute{
			"substitute": {Substitute: third, To: on(2026, 3, 8), Reason: "出差"}, "to": {Substitute: deputy, Reason: "出差"},
			"from": {Substitute: deputy, From: on(2026, 3, 1), To: on(2026, 3, 8), Reason: "出差"}, "reason": {Substitute: deputy, To: on(2026, 3, 8)},
		} {
			_, err := tryAs(w, third, w.NameSubstitute, in)
			refused(t, err, errs.Invalid, path)
		}
		_, err := tryAs(w, third, w.NameSubstitute, NewSubstitute{Substitute: deputy, To: on(2028, 3, 8), Reason: "出差"})
		refused(t, err, errs.Invalid, "to")
	})
	t.Run("what is waiting for the other is the substitute's to do, and the record names both", func(t *testing.T) {
		eng := flow.New(w.client)
		w.do(func(ctx context.Context) error {
			sys := authz.System(ctx)
			rights, err := authz.Load()
			if err != nil {
				return err
			}
			if _, err := eng.Publish(sys, []byte(wishProcess), process.RolesOf(rights)); err != nil {
				return err
			}
			c, err := eng.Start(sys, flow.Opening{Kind: "wish", Title: "楼下的路灯", Street: &street})
			if err != nil {
				return err
			}
			v, err := w.viewer(sys, deputy)
			if err != nil {
				return err
			}
			as := authz.With(ctx, v)
			ids, err := w.client.Matter.Query().Where(flow.Todo(v)).IDs(as)
			if err != nil || !slices.Equal(ids, []uuid.UUID{c.Matter.ID}) {
				t.Errorf("his list has %v (%v)", ids, err)
			}
			acting, whom := authz.Acting(as)
			if _, err := eng.Do(acting, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "finish"}); err != nil {
				return err
			}
			last, err := w.client.Step.Query().Where(step.Action("finish")).Only(sys)
			if err != nil || last.ActorName != "由 干部乙 代 联络员甲" || last.OnBehalfID == nil || *last.OnBehalfID != liaison || *last.ActorID != deputy {
				t.Errorf("the timeline says %+v (%v)", last, err)
			}
			if got := whom(); got == nil || *got != liaison {
				t.Error("the book does not hear for whom")
			}
			return nil
		})
	})
	t.Run("it ends with the office", func(t *testing.T) {
		must(w, w.Revoke, Revocation{Grant: held.ID, Reason: "调岗"})
		if v := w.looking(deputy); over(v, "matter.follow", street) {
			t.Error(v.AllRoles())
		}
		must(w, w.Grant, NewGrant{Membership: liaison, Role: "street_liaison"})
	})
	t.Run("it ends with its days", func(t *testing.T) {
		if v := w.looking(deputy); !over(v, "matter.follow", street) {
			t.Fatal("not there")
		}
		w.later(9)
		if v := w.looking(deputy); len(v.AllRoles()) != 0 {
			t.Error(v.AllRoles())
		}
	})
	t.Run("either of the two ends it at once, nobody else", func(t *testing.T) {
		again := mustAs(w, liaison, w.NameSubstitute, NewSubstitute{Substitute: deputy, To: on(2026, 4, 1), Reason: "出差"})
		_, err := tryAs(w, third, w.EndSubstitution, again.ID)
		refused(t, err, errs.NotAllowed, "")
		mustAs(w, deputy, w.EndSubstitution, again.ID)
		if v := w.looking(deputy); len(v.AllRoles()) != 0 {
			t.Error(v.AllRoles())
		}
	})
}

func TestALeadersSubstitute(t *testing.T) {
	w := newWorld(t)
	chair, deputy := w.staff("主席甲", "chair1"), w.staff("干部乙", "staff2").ID
	if _, err := w.appoint(Appointment{Membership: chair.ID, Role: "chair", Reason: "换届"}); err != nil {
		t.Fatal(err)
	}
	s := mustAs(w, chair.ID, w.NameSubstitute, NewSubstitute{Substitute: deputy, To: on(2026, 3, 20), Reason: "出访"})
	if v := w.looking(deputy); anywhere(v, "proposal.approveMerge") {
		t.Error("one person gives a leader's rights")
	}
	for _, who := range []uuid.UUID{chair.ID, deputy} {
		_, err := tryAs(w, who, w.ConfirmSubstitution, s.ID)
		refused(t, err, errs.NotAllowed, "")
	}
	must(w, w.ConfirmSubstitution, s.ID)
	v := w.looking(deputy)
	if !anywhere(v, "proposal.approveMerge") || v.May(authz.Perm("proposal.approveMerge")) != authz.None {
		t.Errorf("%+v", v)
	}
	for _, perm := range []string{"processes.confirm", "settings.confirm"} {
		if anywhere(v, perm) {
			t.Errorf("%s is lent", perm)
		}
	}
	t.Run("an administrator's rights are not lent at all", func(t *testing.T) {
		own := mustAs(w, w.admin, w.NameSubstitute, NewSubstitute{Substitute: w.staff("干部丙", "staff3").ID, To: on(2026, 3, 20), Reason: "出差"})
		second := w.secondAdmin()
		mustAs(w, second, w.ConfirmSubstitution, own.ID)
		if v := w.looking(own.SubstituteID); len(v.AllRoles()) != 0 {
			t.Error(v.AllRoles())
		}
	})
}
