package roster

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

func TestAddMember(t *testing.T) {
	w := newWorld(t)
	term := w.term(11, 2022, 2026)
	member := func(f func(*NewMember)) NewMember {
		in := NewMember{Person: Person{Name: "委员甲"}, Kind: membership.KindMEMBER, Term: &term.ID}
		f(&in)
		return in
	}
	t.Run("a member is entered with a term, a number and an account", func(t *testing.T) {
		got := must(w, w.AddMember, member(func(n *NewMember) {
			n.Person = Person{Name: " 委员甲 ", Phone: "0411-8000 0000", PoliticalParty: "民盟", Post: "某校教师"}
			n.SignIn, n.MemberNo = SignIn{Login: "member1", Password: secret}, "11001"
		}))
		if got.Name != "委员甲" || got.AccountID == nil || got.Status != membership.StatusACTIVE || !got.ActiveFrom.Equal(today) || !got.Ranked || got.Phone == "" {
			t.Fatal(got)
		}
	})
	for _, c := range []struct {
		sentence string
		in       NewMember
		code     errs.Code
		path     string
	}{
		{"a name is needed", member(func(n *NewMember) { n.Name = "" }), errs.Invalid, "name"},
		{"a kind is needed", member(func(n *NewMember) { n.Kind = "" }), errs.Invalid, "kind"},
		{"a telephone number has digits", member(func(n *NewMember) { n.Phone = "打我" }), errs.Invalid, "phone"},
		{"a member belongs to a term", member(func(n *NewMember) { n.Term = nil }), errs.Invalid, "term"},
		{"the term must exist", member(func(n *NewMember) { n.Term = ptr(uuid.New()) }), errs.NotFound, "term"},
		{"others belong to none", member(func(n *NewMember) { n.Kind = membership.KindSTAFF }), errs.Invalid, "term"},
		{"others have no number", NewMember{Person: Person{Name: "干部"}, Kind: membership.KindSTAFF, MemberNo: "1"}, errs.Invalid, "memberNo"},
		{"the number on the card is used once a term", member(func(n *NewMember) { n.MemberNo = "11001" }), errs.Conflict, "memberNo"},
		{"the login of somebody who is here is a conflict, so twice is", member(func(n *NewMember) { n.SignIn = SignIn{Login: "MEMBER1", Password: secret} }), errs.Conflict, "login"},
		{"an account has one membership in a committee", member(func(n *NewMember) { n.SignIn = SignIn{Login: "member1", Password: ""} }), errs.Conflict, "login"},
		{"a login keeps to its form", member(func(n *NewMember) { n.SignIn = SignIn{Login: "某", Password: ""} }), errs.Invalid, "login"},
		{"a password alone is nothing", member(func(n *NewMember) { n.Password = secret }), errs.Invalid, "login"},
		{"a password keeps to its rules", member(func(n *NewMember) { n.SignIn = SignIn{Login: "member2", Password: "short"} }), errs.Invalid, "password"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.AddMember, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("what was refused left no account", func(t *testing.T) {
		var n int
		w.db.AsSuper(t, `SELECT count(*) FROM accounts`, nil, &n)
		if n != 2 {
			t.Fatal(n)
		}
	})
}

func TestAddMemberAlso(t *testing.T) {
	w := newWorld(t)
	term := w.term(11, 2022, 2026)
	t.Run("namesakes may be entered", func(t *testing.T) {
		a, b := w.person("同名者"), w.person("同名者")
		if a.ID == b.ID || a.Ranked {
			t.Fatal(a, b)
		}
	})
	t.Run("who is only nominated cannot sign in", func(t *testing.T) {
		got := must(w, w.AddMember, NewMember{Person: Person{Name: "被提名者"}, SignIn: SignIn{Login: "nominee", Password: secret}, Kind: membership.KindMEMBER, Term: &term.ID, Proposed: true})
		err := w.as(got.ID, func(context.Context) error { return nil })
		refused(t, err, errs.Unauthenticated, "")
		must(w, w.UpdateMember, MemberChange{Membership: got.ID, Status: ptr(membership.StatusACTIVE)})
		if err := w.as(got.ID, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestUpdateMember(t *testing.T) {
	w := newWorld(t)
	old, next := w.term(11, 2022, 2026), w.term(12, 2027, 2031)
	m := must(w, w.AddMember, NewMember{Person: Person{Name: "委员甲", Post: "教师"}, Kind: membership.KindMEMBER, Term: &old.ID, MemberNo: "001"})
	t.Run("corrects what is given and leaves the rest", func(t *testing.T) {
		got := must(w, w.UpdateMember, MemberChange{Membership: m.ID, Expected: &m.Version, Post: ptr("校长")})
		if got.Post != "校长" || got.Name != "委员甲" || got.MemberNo != "001" || got.Version != m.Version+1 {
			t.Fatal(got)
		}
	})
	t.Run("who acts on an old version is told so and changes nothing", func(t *testing.T) {
		_, err := try(w, w.UpdateMember, MemberChange{Membership: m.ID, Expected: &m.Version, Post: ptr("院长")})
		refused(t, err, errs.VersionConflict, "")
	})
	t.Run("who is elected again is the same person with a new number", func(t *testing.T) {
		got := must(w, w.UpdateMember, MemberChange{Membership: m.ID, Term: &next.ID})
		if *got.TermID != next.ID || got.MemberNo != "" {
			t.Fatal(got)
		}
		must(w, w.UpdateMember, MemberChange{Membership: m.ID, MemberNo: ptr("002")})
	})
	t.Run("an account is given once", func(t *testing.T) {
		change := MemberChange{Membership: m.ID, SignIn: &SignIn{Login: "late", Password: secret}}
		if got := must(w, w.UpdateMember, change); got.AccountID == nil {
			t.Fatal(got)
		}
		_, err := try(w, w.UpdateMember, change)
		refused(t, err, errs.Conflict, "login")
	})
	t.Run("who is suspended cannot sign in until that is lifted", func(t *testing.T) {
		must(w, w.UpdateMember, MemberChange{Membership: m.ID, Status: ptr(membership.StatusSUSPENDED)})
		refused(t, w.as(m.ID, func(context.Context) error { return nil }), errs.Unauthenticated, "")
		must(w, w.UpdateMember, MemberChange{Membership: m.ID, Status: ptr(membership.StatusACTIVE)})
		if err := w.as(m.ID, func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a membership is not ended by a correction", func(t *testing.T) {
		_, err := try(w, w.UpdateMember, MemberChange{Membership: m.ID, Status: ptr(membership.StatusREVOKED)})
		refused(t, err, errs.Invalid, "status")
	})
	t.Run("the rules of entering hold", func(t *testing.T) {
		_, err := try(w, w.UpdateMember, MemberChange{Membership: m.ID, Phone: ptr("x")})
		refused(t, err, errs.Invalid, "phone")
		_, err = try(w, w.UpdateMember, MemberChange{Membership: w.admin, Ranked: ptr(true)})
		refused(t, err, errs.Invalid, "ranked")
	})
}

func TestEndMembership(t *testing.T) {
	w := newWorld(t)
	u := w.unitOf(unit.KindHANDLING_UNIT, "商务局", nil)
	m := w.staff("经办人", "officer")
	must(w, w.Seat, NewSeat{Membership: m.ID, Unit: u.ID, Post: seat.PostOFFICER})
	must(w, w.Grant, NewGrant{Membership: m.ID, Role: "unit_officer"})
	w.later(3)
	end := Ending{Membership: m.ID, Status: membership.StatusENDED, Reason: "调离"}
	t.Run("not without a reason, not in the future, not before it began, not as active", func(t *testing.T) {
		for _, c := range []struct {
			f    func(*Ending)
			path string
		}{
			{func(e *Ending) { e.Reason = "" }, "reason"},
			{func(e *Ending) { e.On = on(2027, 1, 1) }, "on"},
			{func(e *Ending) { e.On = on(2020, 1, 1) }, "on"},
			{func(e *Ending) { e.Status = membership.StatusACTIVE }, "status"},
		} {
			in := end
			c.f(&in)
			_, err := try(w, w.EndMembership, in)
			refused(t, err, errs.Invalid, c.path)
		}
	})
	t.Run("seats and rights end with it", func(t *testing.T) {
		got := must(w, w.EndMembership, end)
		if got.Status != membership.StatusENDED || !got.ActiveTo.Equal(*on(2026, 3, 5)) {
			t.Fatal(got)
		}
		w.do(func(ctx ctxT) error {
			open, err := w.client.Seat.Query().Where(seat.MembershipID(m.ID), seat.SeatToIsNil()).Count(ctx)
			if err != nil || open != 0 {
				t.Fatal(open, err)
			}
			held, err := w.client.Grant.Query().Where(grant.MembershipID(m.ID), grant.RevokedAtIsNil()).Count(ctx)
			if held != 0 {
				t.Fatal(held)
			}
			return err
		})
		refused(t, w.as(m.ID, func(context.Context) error { return nil }), errs.Unauthenticated, "")
	})
	t.Run("the same again changes nothing, another status is refused", func(t *testing.T) {
		before := must(w, w.EndMembership, end)
		if again := must(w, w.EndMembership, end); again.Version != before.Version {
			t.Fatal(again)
		}
		_, err := try(w, w.EndMembership, Ending{Membership: m.ID, Status: membership.StatusREVOKED, Reason: "撤销"})
		refused(t, err, errs.NotAllowedInState, "")
		_, err = try(w, w.UpdateMember, MemberChange{Membership: m.ID, Name: ptr("改名")})
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("his account is refused a second membership, and told of the first", func(t *testing.T) {
		_, err := try(w, w.AddMember, NewMember{Person: Person{Name: "经办人"}, SignIn: SignIn{Login: "officer"}, Kind: membership.KindSTAFF})
		refused(t, err, errs.Conflict, "login")
		if e, _ := errs.As(err); e.Details["membershipId"] != m.ID {
			t.Fatal(e.Details)
		}
	})
}

func TestReinstate(t *testing.T) {
	w := newWorld(t)
	m := w.staff("经办人", "officer")
	must(w, w.Grant, NewGrant{Membership: m.ID, Role: "unit_officer"})
	w.later(3)
	must(w, w.EndMembership, Ending{Membership: m.ID, Status: membership.StatusENDED, Reason: "调离"})
	t.Run("who comes back gets neither seats nor rights back by that", func(t *testing.T) {
		term := w.term(11, 2022, 2026)
		back := Reinstatement{Membership: m.ID, Kind: membership.KindMEMBER, Term: &term.ID, MemberNo: "7"}
		got := must(w, w.Reinstate, back)
		if got.Status != membership.StatusACTIVE || got.ActiveTo != nil || got.Kind != membership.KindMEMBER || !got.Ranked {
			t.Fatal(got)
		}
		if roles := w.roles(m.ID); len(roles) != 0 {
			t.Fatal(roles)
		}
		_, err := try(w, w.Reinstate, back)
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("not from a day before the end", func(t *testing.T) {
		other := w.person("另一人")
		must(w, w.EndMembership, Ending{Membership: other.ID, Status: membership.StatusRESIGNED, Reason: "请辞"})
		_, err := try(w, w.Reinstate, Reinstatement{Membership: other.ID, Kind: membership.KindSTAFF, From: on(2026, 3, 4)})
		refused(t, err, errs.Invalid, "from")
	})
}

func TestWhoMay(t *testing.T) {
	w := newWorld(t)
	clerk := w.staff("提案委干部", "clerk")
	must(w, w.Grant, NewGrant{Membership: clerk.ID, Role: "unit_lead"})
	calls := w.everyCall()
	var boss *authz.Viewer
	w.do(func(ctx ctxT) error { boss = authz.From(ctx); return nil })
	district := tenantstest.Tenant(t, w.db, "210202", "某区政协", "DISTRICT")
	for name, call := range calls {
		t.Run(name+": who does not hold the right is refused, System or not", func(t *testing.T) {
			refused(t, w.as(clerk.ID, call), errs.NotAllowed, "")
			refused(t, w.as(clerk.ID, func(ctx ctxT) error { return call(authz.System(ctx)) }), errs.NotAllowed, "")
		})
		t.Run(name+": nobody signed in is refused", func(t *testing.T) {
			refused(t, w.in(w.city, call), errs.Unauthenticated, "")
		})
		t.Run(name+": an administrator of another committee is refused", func(t *testing.T) {
			refused(t, w.in(district, func(ctx ctxT) error { return call(authz.With(ctx, boss)) }), errs.NotAllowed, "")
		})
	}
	t.Run("another committee's ids look like what does not exist", func(t *testing.T) {
		there := w.bootstrap(district, "district")
		err := w.in(district, func(ctx context.Context) error {
			v, err := w.viewer(ctx, there)
			if err != nil {
				return err
			}
			_, err = w.UpdateMember(authz.With(ctx, v), MemberChange{Membership: w.admin, Name: ptr("改名")})
			return err
		})
		refused(t, err, errs.NotFound, "")
		_, unknown := try(w, w.UpdateMember, MemberChange{Membership: uuid.New(), Name: ptr("改名")})
		a, _ := errs.As(err)
		b, _ := errs.As(unknown)
		if a.Message != b.Message || a.Code != b.Code {
			t.Fatal(a, b)
		}
	})
}

// everyCall is every method of the service.
func (w *world) everyCall() map[string]func(context.Context) error {
	id := uuid.New()
	return map[string]func(context.Context) error{
		"OpenTerm":      func(ctx ctxT) error { _, err := w.OpenTerm(ctx, NewTerm{}); return err },
		"OpenSitting":   func(ctx ctxT) error { _, err := w.OpenSitting(ctx, NewSitting{}); return err },
		"ChangeSitting": func(ctx ctxT) error { _, err := w.ChangeSitting(ctx, id, SittingDates{}); return err },
		"AddWorkday":    func(ctx ctxT) error { _, err := w.AddWorkday(ctx, NewWorkday{}); return err },
		"SetPolicy":     func(ctx ctxT) error { _, err := w.SetPolicy(ctx, NewPolicy{}); return err },
		"ConfirmPolicy": func(ctx ctxT) error { _, err := w.ConfirmPolicy(ctx, 1); return err },
		"CreateUnit":    func(ctx ctxT) error { _, err := w.CreateUnit(ctx, NewUnit{}); return err },
		"UpdateUnit":    func(ctx ctxT) error { _, err := w.UpdateUnit(ctx, UnitChange{}); return err },
		"MoveUnit":      func(ctx ctxT) error { _, err := w.MoveUnit(ctx, Move{}); return err },
		"RenameUnit":    func(ctx ctxT) error { _, err := w.RenameUnit(ctx, Renaming{}); return err },
		"MergeUnits":    func(ctx ctxT) error { _, err := w.MergeUnits(ctx, Merger{}); return err },
		"CloseUnit":     func(ctx ctxT) error { _, err := w.CloseUnit(ctx, Closing{}); return err },
		"Seat":          func(ctx ctxT) error { _, err := w.Seat(ctx, NewSeat{}); return err },
		"EndSeat":       func(ctx ctxT) error { _, err := w.EndSeat(ctx, id, today); return err },
		"AddMember":     func(ctx ctxT) error { _, err := w.AddMember(ctx, NewMember{}); return err },
		"UpdateMember":  func(ctx ctxT) error { _, err := w.UpdateMember(ctx, MemberChange{}); return err },
		"EndMembership": func(ctx ctxT) error { _, err := w.EndMembership(ctx, Ending{}); return err },
		"Reinstate":     func(ctx ctxT) error { _, err := w.Reinstate(ctx, Reinstatement{}); return err },
		"Grant":         func(ctx ctxT) error { _, err := w.Grant(ctx, NewGrant{}); return err },
		"Confirm":       func(ctx ctxT) error { _, err := w.Confirm(ctx, id); return err },
		"Revoke":        func(ctx ctxT) error { _, err := w.Revoke(ctx, Revocation{}); return err },
		"PreviewGrant":  func(ctx ctxT) error { _, err := w.PreviewGrant(ctx, NewGrant{}); return err },
		"PreviewRevoke": func(ctx ctxT) error { _, err := w.PreviewRevoke(ctx, id); return err },
		"PreviewEnd":    func(ctx ctxT) error { _, err := w.PreviewEnd(ctx, id); return err },
	}
}
