package roster

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func right(perm string, s authz.Scope) Right { return Right{authz.Perm(perm), s} }

// looking is somebody as he is now.
func (w *world) looking(who uuid.UUID) (v *authz.Viewer) {
	w.t.Helper()
	if err := w.in(w.city, func(ctx context.Context) (err error) {
		v, err = w.viewer(ctx, who)
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// over are the scopes of a permission by which somebody reaches a unit's matters.
func over(v *authz.Viewer, perm string, unit uuid.UUID) bool {
	return slices.ContainsFunc(v.Parts(), func(x *authz.Viewer) bool {
		return x.May(authz.Perm(perm)).Has(authz.Unit) && x.InUnit(&unit)
	})
}

func TestARoleOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	somebody := w.staff("干部甲", "staff1").ID
	host := RoleDraft{Code: "own_host", Name: "议事主持人", Duty: "主持本街道的协商", Base: "street_liaison",
		Rights: []Right{right("matter.read", authz.Unit), right("matter.hold", authz.Unit), right("roster.read", authz.Tenant)}}
	var first *gen.Role
	t.Run("is in force at once, under the committee's word", func(t *testing.T) {
		first = must(w, w.SetRole, host)
		if first.Version != 1 || first.Since == nil {
			t.Error(first)
		}
		must(w, w.Grant, NewGrant{Membership: somebody, Role: "own_host"})
		v := w.looking(somebody)
		if v.May(authz.Perm("matter.hold")) != authz.Unit || v.Rights().Name("own_host") != "议事主持人" || v.May(authz.Perm("matter.open")) != authz.None {
			t.Error(v.Roles, v.Table())
		}
	})
	t.Run("the same again changes nothing", func(t *testing.T) {
		if again := must(w, w.SetRole, host); again.ID != first.ID {
			t.Error(again)
		}
	})
	t.Run("the next version counts for who holds it, and the preview says so", func(t *testing.T) {
		next := host
		next.Rights = []Right{right("matter.read", authz.Unit), right("matter.open", authz.Unit), right("roster.read", authz.Tenant)}
		e := must(w, w.PreviewRole, next)
		if len(e.People) != 1 || len(e.People[0].Gains) != 1 || e.People[0].Gains[0].Permission.Action != "open" || len(e.People[0].Loses) != 1 {
			t.Errorf("%+v", e)
		}
		if r := must(w, w.SetRole, next); r.Version != 2 {
			t.Error(r)
		}
		if v := w.looking(somebody); v.May(authz.Perm("matter.hold")) != authz.None || v.May(authz.Perm("matter.open")) != authz.Unit {
			t.Error(v.Table())
		}
	})
	t.Run("who saw another version is told so", func(t *testing.T) {
		next := host
		next.Name, next.Expected = "主持人", ptr(1)
		_, err := try(w, w.SetRole, next)
		refused(t, err, errs.VersionConflict, "expectedVersion")
	})
	t.Run("one that somebody holds is not retired", func(t *testing.T) {
		_, err := w.retire("own_host")
		refused(t, err, errs.Conflict, "")
	})
	t.Run("a shipped one takes the committee's name and can be narrowed, not widened", func(t *testing.T) {
		must(w, w.SetRole, RoleDraft{Code: "street_liaison", Name: "街道政协联络员"})
		if v := w.looking(w.admin); v.Rights().Name("street_liaison") != "街道政协联络员" || !v.Rights().Table("street_liaison").Holds(authz.ShippedTable("street_liaison")) {
			t.Error("not called so, or changed")
		}
		_, err := try(w, w.SetRole, RoleDraft{Code: "street_liaison", Name: "联络员", Rights: []Right{right("proposal.file", authz.Tenant)}})
		refused(t, err, errs.NotAllowed, "rights")
		must(w, w.SetRole, RoleDraft{Code: "street_party_approver", Name: "审定人", Rights: []Right{right("matter.read", authz.Unit)}})
		if v := w.looking(w.admin); v.Rights().Table("street_party_approver")[authz.Perm("matter.approve")] != authz.None {
			t.Error("not narrowed")
		}
		if _, err := w.retire("street_party_approver"); err != nil {
			t.Error(err)
		}
		if v := w.looking(w.admin); v.Rights().Table("street_party_approver")[authz.Perm("matter.approve")] != authz.Unit {
			t.Error("not as shipped")
		}
	})
}

func (w *world) retire(code string) (r *gen.Role, err error) {
	err = w.as(w.admin, func(ctx context.Context) error {
		r, err = w.RetireRole(ctx, code, "不用了")
		return err
	})
	return r, err
}

func TestWhatARoleOfOnesOwnMayNotBe(t *testing.T) {
	w := newWorld(t)
	read := []Right{right("matter.read", authz.Unit)}
	for _, c := range []struct {
		name string
		in   RoleDraft
		code errs.Code
		path string
	}{
		{"a code like a shipped role's", RoleDraft{Code: "host", Name: "主持", Rights: read}, errs.Invalid, "code"},
		{"a code of odd characters", RoleDraft{Code: "own_a b", Name: "主持", Rights: read}, errs.Invalid, "code"},
		{"another role's name", RoleDraft{Code: "own_x", Name: "主席", Rights: read}, errs.Invalid, "name"},
		{"without a name", RoleDraft{Code: "own_x", Name: " ", Rights: read}, errs.Invalid, "name"},
		{"without rights", RoleDraft{Code: "own_x", Name: "主持"}, errs.Invalid, "rights"},
		{"a permission that does not exist", RoleDraft{Code: "own_x", Name: "主持", Rights: []Right{right("matter.everything", authz.Tenant)}}, errs.Invalid, "rights"},
		{"a permission further than any role has it", RoleDraft{Code: "own_x", Name: "主持", Rights: []Right{right("proposal.sign", authz.Tenant)}}, errs.Invalid, "rights"},
		{"a ruling permission that the editor does not hold", RoleDraft{Code: "own_x", Name: "主持", Rights: []Right{right("audit.read", authz.Tenant)}}, errs.NotAllowed, "rights"},
		{"a copy of what the editor does not hold", RoleDraft{Code: "own_x", Name: "主持", Base: "auditor"}, errs.NotAllowed, "rights"},
		{"a copy of no role", RoleDraft{Code: "own_x", Name: "主持", Base: "nobody"}, errs.Invalid, "base"},
		{"the chair, narrowed", RoleDraft{Code: "chair", Name: "主席", Rights: read}, errs.NotAllowed, "rights"},
		{"a kind that is not there", RoleDraft{Code: "own_x", Name: "主持", Rights: read, Kinds: []string{"nothing"}}, errs.Invalid, "kinds"},
		{"states of no kind", RoleDraft{Code: "own_x", Name: "主持", Rights: read, States: []string{"OPEN"}}, errs.Invalid, "states"},
		{"a platform that is not there", RoleDraft{Code: "own_x", Name: "主持", Rights: read, Platforms: []uuid.UUID{uuid.Must(uuid.NewV7())}}, errs.Invalid, "platformIds"},
		{"by a post, over all of the committee", RoleDraft{Code: "own_x", Name: "主持", Rights: []Right{right("matter.read", authz.Tenant)}, Posts: []seat.Post{seat.PostSTATION_HEAD}}, errs.NotAllowed, "posts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := try(w, w.SetRole, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("the leaders' rights and those that rule take two", func(t *testing.T) {
		second := w.secondAdmin()
		for _, r := range []Right{right("matter.manage", authz.Tenant), right("grants.manage", authz.Tenant), right("proposal.approveMerge", authz.Tenant)} {
			in := RoleDraft{Code: "own_" + map[string]string{"manage": r.Permission.Object, "approveMerge": "merge"}[r.Permission.Action], Name: r.Permission.String(), Rights: []Right{r}}
			proposed := must(w, w.SetRole, in)
			if proposed.Since != nil {
				t.Fatalf("%s is in force by one person", r.Permission)
			}
			_, err := try(w, w.Grant, NewGrant{Membership: second, Role: in.Code})
			refused(t, err, errs.Invalid, "role")
			_, err = try(w, w.ConfirmRole, proposed.ID)
			refused(t, err, errs.NotAllowed, "")
			if got := mustAs(w, second, w.ConfirmRole, proposed.ID); got.Since == nil {
				t.Error("not confirmed")
			}
			if g := must(w, w.Grant, NewGrant{Membership: w.staff(in.Name, in.Code).ID, Role: in.Code, Reason: "试"}); !Pending(g) {
				t.Errorf("%s is given by one person", r.Permission)
			}
		}
	})
	t.Run("nobody gives himself more by changing a role that he holds", func(t *testing.T) {
		second := w.secondAdmin2(t)
		must(w, w.SetRole, RoleDraft{Code: "own_mine", Name: "旁听", Rights: read})
		mustAs(w, second, w.Grant, NewGrant{Membership: w.admin, Role: "own_mine"})
		_, err := try(w, w.SetRole, RoleDraft{Code: "own_mine", Name: "旁听", Rights: []Right{right("proposal.read", authz.Tenant)}})
		refused(t, err, errs.NotAllowed, "")
	})
}

func (w *world) secondAdmin2(t *testing.T) (id uuid.UUID) {
	t.Helper()
	w.do(func(ctx context.Context) error {
		m, err := w.client.Membership.Query().Where(membership.Name("管理员乙")).Only(authz.System(ctx))
		if err == nil {
			id = m.ID
		}
		return err
	})
	return id
}

func TestARoleByPost(t *testing.T) {
	w := newWorld(t)
	station, other := w.unitOf(unit.KindVENUE_STATION, "甲工作站", nil).ID, w.unitOf(unit.KindVENUE_STATION, "乙工作站", nil).ID
	head := w.staff("站长甲", "head1").ID
	sat := must(w, w.Seat, NewSeat{Membership: head, Unit: station, Post: seat.PostSTATION_HEAD, To: on(2026, 3, 20)})
	in := RoleDraft{Code: "own_station", Name: "站长", Rights: []Right{right("matter.read", authz.Unit), right("matter.open", authz.Unit), right("matter.follow", authz.Unit)},
		Posts: []seat.Post{seat.PostSTATION_HEAD}}
	e := must(w, w.PreviewRole, in)
	if len(e.People) != 1 || e.People[0].Membership != head || len(e.People[0].Gains) != 3 {
		t.Errorf("the preview says %+v", e)
	}
	must(w, w.SetRole, in)
	t.Run("whoever holds the seat has it there, and nowhere else", func(t *testing.T) {
		v := w.looking(head)
		if !over(v, "matter.follow", station) || over(v, "matter.follow", other) || v.May(authz.Perm("matter.follow")) != authz.None {
			t.Errorf("%+v", v)
		}
	})
	t.Run("an administrator does not seat himself there", func(t *testing.T) {
		_, err := try(w, w.Seat, NewSeat{Membership: w.admin, Unit: other, Post: seat.PostSTATION_HEAD})
		refused(t, err, errs.NotAllowed, "post")
	})
	t.Run("a matter of the station waits for him as its guardian does for others", func(t *testing.T) {
		eng := flow.New(w.client)
		w.do(func(ctx context.Context) error {
			sys := authz.System(ctx)
			d := `
kind: lamp
version: 1
title: 路灯
turns: {own_station: 站长}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 办理中, turn: own_station, visible: STAFF, waits: 办完为止}
      - {code: DONE, label: 已办结, end: true}
    actions:
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.follow, by: [own_station]}
`
			parsed, err := process.Parse([]byte(d))
			if err != nil {
				return err
			}
			rights, err := authz.FreshRights(ctx)
			if err != nil {
				return err
			}
			if bad := process.Errors(eng.Report(parsed, process.DefaultPolicy(), rights, nil).Findings); len(bad) > 0 {
				t.Error(bad)
			}
			p, err := w.client.Process.Create().SetKind("lamp").SetVersion(1).SetTitle("路灯").SetSource(parsed.Source).SetHash(parsed.Hash).Save(sys)
			if err != nil {
				return err
			}
			c, err := eng.Start(sys, flow.Opening{Kind: p.Kind, Title: "楼下的路灯不亮", OwnerUnit: &station})
			if err != nil {
				return err
			}
			v, err := w.viewer(sys, head)
			if err != nil {
				return err
			}
			mine, err := flow.Owed(authz.With(sys, v), v, c.Matter.ID)
			if err != nil || len(mine[c.Matter.ID]) != 1 {
				t.Errorf("the head of the station owes %v (%v)", mine, err)
			}
			ids, err := w.client.Matter.Query().Where(flow.Todo(v)).IDs(authz.With(ctx, v))
			if err != nil || !slices.Equal(ids, []uuid.UUID{c.Matter.ID}) {
				t.Errorf("his list has %v (%v)", ids, err)
			}
			return err
		})
		t.Run("so it is not narrowed or retired while the matter waits", func(t *testing.T) {
			less := in
			less.Rights = []Right{right("matter.read", authz.Unit)}
			if e := must(w, w.PreviewRole, less); len(e.Leaves) != 1 || len(e.Breaks) == 0 {
				t.Errorf("the preview says %+v", e)
			}
			_, err := try(w, w.SetRole, less)
			refused(t, err, errs.Conflict, "")
			_, err = w.retire("own_station")
			refused(t, err, errs.Conflict, "")
		})
	})
	t.Run("the day after his last he has it no more", func(t *testing.T) {
		w.later(19)
		if v := w.looking(head); over(v, "matter.follow", station) || len(v.AllRoles()) != 0 {
			t.Error(clock.Today(w.ctx), v.AllRoles(), sat)
		}
	})
}

func TestARoleGivenForOneUnit(t *testing.T) {
	w := newWorld(t)
	street, other := w.unitOf(unit.KindSTREET_LIAISON, "甲街道", nil).ID, w.unitOf(unit.KindSTREET_LIAISON, "乙街道", nil).ID
	who := w.staff("干部甲", "staff1").ID
	must(w, w.Seat, NewSeat{Membership: who, Unit: other, Post: seat.PostSTREET_LIAISON})
	g := must(w, w.Grant, NewGrant{Membership: who, Role: "street_liaison", Unit: &street})
	if v := w.looking(who); !over(v, "matter.open", street) || over(v, "matter.open", other) || v.May(authz.Perm("matter.open")) != authz.None {
		t.Errorf("%+v", v)
	}
	if again := must(w, w.Grant, NewGrant{Membership: who, Role: "street_liaison", Unit: &street}); again.ID != g.ID {
		t.Error("given twice")
	}
	for role, unit := range map[string]*uuid.UUID{"committee_staff": &street, "chair": &street} {
		_, err := try(w, w.Grant, NewGrant{Membership: who, Role: role, Unit: unit, Reason: "试"})
		refused(t, err, errs.Invalid, "unit")
	}
}
