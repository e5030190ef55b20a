package roster

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestGrant(t *testing.T) {
	w := newWorld(t)
	m := w.staffed(w.person("某甲"))
	clerk := NewGrant{Membership: m.ID, Role: "unit_officer", Reason: "提案委工作人员"}
	g := must(w, w.Grant, clerk)
	t.Run("an ordinary role is in force at once", func(t *testing.T) {
		if Pending(g) || !g.ValidFrom.Equal(today) || *g.GrantedByID != w.admin {
			t.Fatal(g)
		}
		if roles := w.roles(m.ID); len(roles) != 1 || roles[0] != "unit_officer" {
			t.Fatal(roles)
		}
	})
	t.Run("the same again is the same grant", func(t *testing.T) {
		if again := must(w, w.Grant, clerk); again.ID != g.ID {
			t.Fatal(again)
		}
	})
	gone := w.person("已去者")
	must(w, w.EndMembership, Ending{Membership: gone.ID, Status: membership.StatusRESIGNED, Reason: "请辞"})
	for _, c := range []struct {
		sentence string
		in       NewGrant
		code     errs.Code
		path     string
	}{
		{"only shipped roles are given", NewGrant{Membership: m.ID, Role: "province_overseer"}, errs.Invalid, "role"},
		{"never to oneself", NewGrant{Membership: w.admin, Role: "unit_officer"}, errs.NotAllowed, "membership"},
		{"not to who has left", NewGrant{Membership: gone.ID, Role: "member"}, errs.NotAllowedInState, "membership"},
		{"from today on at the earliest", NewGrant{Membership: m.ID, Role: "member", From: on(2026, 3, 1)}, errs.Invalid, "from"},
		{"not to end before it begins", NewGrant{Membership: m.ID, Role: "member", From: on(2026, 3, 9), To: on(2026, 3, 8)}, errs.Invalid, "to"},
		{"days that overlap are a conflict", NewGrant{Membership: m.ID, Role: "unit_officer", From: on(2026, 5, 1)}, errs.Conflict, "from"},
		{"a person must exist", NewGrant{Membership: uuid.New(), Role: "member"}, errs.NotFound, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.Grant, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("a role may begin later and end by itself", func(t *testing.T) {
		must(w, w.Grant, NewGrant{Membership: m.ID, Role: "unit_lead", From: on(2026, 3, 5), To: on(2026, 3, 6)})
		for i, want := range []int{1, 2, 2, 1} { // 4th, 5th, 6th, 7th of March
			w.clock.Set(clock.StartOf(clock.Date(2026, 3, 4+i)))
			if roles := w.roles(m.ID); len(roles) != want {
				t.Fatal(clock.Today(w.ctx), roles)
			}
		}
	})
}

func TestByTwo(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	third := w.staff("拟任审计员", "third")
	propose := NewGrant{Membership: third.ID, Role: auditor, Reason: "设审计员"}
	g := must(w, w.Grant, propose)
	t.Run("what one proposed is worth nothing", func(t *testing.T) {
		if !Pending(g) || len(w.roles(third.ID)) != 0 {
			t.Fatal(g)
		}
		if again := must(w, w.Grant, propose); again.ID != g.ID {
			t.Fatal(again)
		}
	})
	t.Run("who proposed cannot confirm", func(t *testing.T) {
		_, err := try(w, w.Confirm, g.ID)
		refused(t, err, errs.NotAllowed, "")
	})
	t.Run("another one confirms, and it begins that day", func(t *testing.T) {
		w.later(2)
		for range 2 { // the second changes nothing
			if got := mustAs(w, second, w.Confirm, g.ID); Pending(got) || !got.ValidFrom.Equal(today.AddDate(0, 0, 2)) {
				t.Fatal(got)
			}
		}
		if roles := w.roles(third.ID); len(roles) != 1 || roles[0] != auditor {
			t.Fatal(roles)
		}
	})
	t.Run("the receiver cannot confirm, though he manages grants", func(t *testing.T) {
		chair := must(w, w.Grant, NewGrant{Membership: second, Role: "chair", Reason: "试"})
		_, err := tryAs(w, second, w.Confirm, chair.ID)
		refused(t, err, errs.NotAllowed, "")
	})
	t.Run("a reason is needed, and no day can be wished", func(t *testing.T) {
		for _, c := range []struct {
			in   NewGrant
			path string
		}{
			{NewGrant{Membership: third.ID, Role: "chair"}, "reason"},
			{NewGrant{Membership: third.ID, Role: "chair", Reason: "当选", From: on(2026, 5, 1)}, "from"},
		} {
			_, err := try(w, w.Grant, c.in)
			refused(t, err, errs.Invalid, c.path)
		}
	})
}

func TestByTwoRefuses(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	t.Run("who has no account does not get it, so that no other account is put behind it later", func(t *testing.T) {
		_, err := try(w, w.Grant, NewGrant{Membership: w.person("无账号者").ID, Role: "chair", Reason: "当选"})
		refused(t, err, errs.NotAllowedInState, "membership")
	})
	t.Run("what was taken back cannot be confirmed", func(t *testing.T) {
		n := w.staff("拟任主席", "chair")
		g := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "chair", Reason: "当选"})
		must(w, w.Revoke, Revocation{Grant: g.ID, Reason: "提错了人"})
		_, err := tryAs(w, second, w.Confirm, g.ID)
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("what has run out cannot be confirmed", func(t *testing.T) {
		n := w.staff("代主席", "acting")
		g := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "chair", Reason: "代理", To: on(2026, 3, 10)})
		w.later(30)
		_, err := tryAs(w, second, w.Confirm, g.ID)
		refused(t, err, errs.DeadlinePassed, "")
	})
	t.Run("who has left meanwhile does not get it", func(t *testing.T) {
		n := w.staff("将去者", "leaving")
		g := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "chair", Reason: "当选"})
		must(w, w.UpdateMember, MemberChange{Membership: n.ID, Status: ptr(membership.StatusSUSPENDED)})
		_, err := tryAs(w, second, w.Confirm, g.ID)
		refused(t, err, errs.NotAllowedInState, "")
	})
}

func TestAdministratorAndAuditorApart(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	t.Run("an administrator does not become auditor", func(t *testing.T) {
		_, err := try(w, w.Grant, NewGrant{Membership: second, Role: auditor, Reason: "兼任"})
		refused(t, err, errs.NotAllowed, "role")
	})
	n := w.staff("某甲", "someone")
	t.Run("not even proposed", func(t *testing.T) {
		must(w, w.Grant, NewGrant{Membership: n.ID, Role: auditor, Reason: "设审计员", To: on(2026, 6, 30)})
		_, err := try(w, w.Grant, NewGrant{Membership: n.ID, Role: tenantAdmin, Reason: "兼任"})
		refused(t, err, errs.NotAllowed, "role")
	})
	t.Run("one after the other is not at once", func(t *testing.T) {
		w.clock.Set(clock.StartOf(clock.Date(2026, 7, 1)))
		g := must(w, w.Grant, NewGrant{Membership: n.ID, Role: tenantAdmin, Reason: "接任"})
		mustAs(w, second, w.Confirm, g.ID)
	})
}

func TestLastAdministrator(t *testing.T) {
	w := newWorld(t)
	first := w.adminGrant(w.admin)
	stays := func(t *testing.T) {
		t.Helper()
		for _, f := range []func() error{
			func() error { _, err := try(w, w.Revoke, Revocation{Grant: first.ID, Reason: "不干了"}); return err },
			func() error { _, err := try(w, w.PreviewRevoke, first.ID); return err },
			func() error { _, err := try(w, w.PreviewEnd, w.admin); return err },
			func() error {
				_, err := try(w, w.EndMembership, Ending{Membership: w.admin, Status: membership.StatusRESIGNED, Reason: "请辞"})
				return err
			},
			func() error {
				_, err := try(w, w.UpdateMember, MemberChange{Membership: w.admin, Status: ptr(membership.StatusSUSPENDED)})
				return err
			},
		} {
			refused(t, f(), errs.GuardFailed, "")
		}
	}
	t.Run("the only one cannot be taken away, ended or suspended", stays)
	n := w.staff("临时管理员", "interim")
	must(w, w.Grant, NewGrant{Membership: n.ID, Role: tenantAdmin, Reason: "增设"})
	t.Run("one who is only proposed does not count", stays)
	_, err := w.appoint(Appointment{Membership: n.ID, Role: tenantAdmin, To: on(2026, 12, 31), Reason: "临时"})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("one whose right ends by itself does not count", stays)
}

func TestTwoAdministratorsAtOnce(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	first, other := w.adminGrant(w.admin), w.adminGrant(second)
	t.Run("of two who go at once, one stays", func(t *testing.T) {
		// The second comes while the first has written and not committed.
		written, answered := make(chan struct{}), make(chan struct{})
		failed := make([]error, 2)
		var wg sync.WaitGroup
		wg.Go(func() {
			failed[0] = w.as(w.admin, func(ctx ctxT) error {
				_, err := w.Revoke(ctx, Revocation{Grant: first.ID, Reason: "x"})
				close(written)
				select {
				case <-answered: // he did not wait
				case <-time.After(300 * time.Millisecond):
				}
				return err
			})
		})
		wg.Go(func() {
			<-written
			_, failed[1] = tryAs(w, second, w.Revoke, Revocation{Grant: other.ID, Reason: "x"})
			close(answered)
		})
		wg.Wait()
		left := 0
		err := w.in(w.city, func(ctx context.Context) error {
			rows, err := w.admins(authz.System(ctx))
			for _, g := range rows {
				if lasting(g, today) {
					left++
				}
			}
			return err
		})
		if err != nil || left != 1 || failed[0] != nil || !errs.Is(failed[1], errs.GuardFailed) {
			t.Fatal(left, failed, err)
		}
	})
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	n := w.staff("某甲", "someone")
	g := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "unit_officer"})
	t.Run("why is needed", func(t *testing.T) {
		_, err := try(w, w.Revoke, Revocation{Grant: g.ID, Reason: ""})
		refused(t, err, errs.Invalid, "reason")
	})
	t.Run("what was taken away is worth nothing from that moment", func(t *testing.T) {
		before := w.roles(n.ID)
		got := must(w, w.Revoke, Revocation{Grant: g.ID, Reason: "调岗"})
		if after := w.roles(n.ID); len(before) != 1 || len(after) != 0 || got.RevokedAt == nil {
			t.Fatal(before, after)
		}
	})
	t.Run("a second time changes nothing", func(t *testing.T) {
		before := must(w, w.Revoke, Revocation{Grant: g.ID, Reason: "调岗"})
		w.clock.Advance(time.Hour)
		if again := must(w, w.Revoke, Revocation{Grant: g.ID, Reason: "调岗"}); !again.RevokedAt.Equal(*before.RevokedAt) {
			t.Fatal(again)
		}
	})
	t.Run("the role can be given anew", func(t *testing.T) {
		if again := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "unit_officer"}); again.ID == g.ID {
			t.Fatal(again)
		}
	})
	t.Run("a grant that does not exist is not found", func(t *testing.T) {
		_, err := try(w, w.Revoke, Revocation{Grant: uuid.New(), Reason: "x"})
		refused(t, err, errs.NotFound, "")
	})
}

func TestPreview(t *testing.T) {
	w := newWorld(t)
	n := w.staff("某甲", "someone")
	clerk := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "member"})
	director := NewGrant{Membership: n.ID, Role: "party_liaison"}
	table := func() (got authz.Table) {
		err := w.as(n.ID, func(ctx ctxT) error { got = authz.From(ctx).Table(); return nil })
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	var gained []Right
	t.Run("shows what a grant would give and no more, and changes nothing", func(t *testing.T) {
		before := table()
		e := must(w, w.PreviewGrant, director)
		gained = e.Gains
		if e.Name != "某甲" || len(e.Loses) != 0 || e.NeedsTwo || e.From != nil || len(e.Gains) == 0 {
			t.Fatal(e)
		}
		if !before.Holds(table()) || !table().Holds(before) {
			t.Fatal("it changed something")
		}
	})
	t.Run("and that is what the grant gives", func(t *testing.T) {
		before := table()
		g := must(w, w.Grant, director)
		if got := less(table(), before); !equal(got, gained) {
			t.Fatal(got, gained)
		}
		e := must(w, w.PreviewRevoke, g.ID)
		if !equal(e.Loses, gained) || len(e.Gains) != 0 {
			t.Fatal(e)
		}
	})
	t.Run("what another role still allows is not lost", func(t *testing.T) {
		if e := must(w, w.PreviewRevoke, clerk.ID); len(e.Loses) != 0 {
			t.Fatal(e.Loses)
		}
	})
	t.Run("the end of a membership loses everything", func(t *testing.T) {
		if e := must(w, w.PreviewEnd, n.ID); len(e.Loses) != len(table()) {
			t.Fatal(e.Loses)
		}
	})
}

func TestPreviewSays(t *testing.T) {
	w := newWorld(t)
	n := w.staff("某甲", "someone")
	t.Run("says from when, and whether two are needed", func(t *testing.T) {
		if e := must(w, w.PreviewGrant, NewGrant{Membership: n.ID, Role: "unit_lead", From: on(2026, 5, 1)}); e.From == nil || !e.From.Equal(*on(2026, 5, 1)) {
			t.Fatal(e)
		}
		if e := must(w, w.PreviewGrant, NewGrant{Membership: n.ID, Role: "chair", Reason: "当选"}); !e.NeedsTwo || len(e.Gains) == 0 {
			t.Fatal(e)
		}
	})
	t.Run("refuses what the change would refuse", func(t *testing.T) {
		_, err := try(w, w.PreviewGrant, NewGrant{Membership: w.admin, Role: "member"})
		refused(t, err, errs.NotAllowed, "membership")
	})
	t.Run("can be asked where nothing can be written", func(t *testing.T) {
		err := w.db.Store.ReadTx(w.ctx, w.city, func(ctx context.Context) error {
			v, err := w.viewer(ctx, w.admin)
			if err == nil {
				_, err = w.PreviewGrant(authz.With(ctx, v), NewGrant{Membership: n.ID, Role: "unit_lead"})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func equal(a, b []Right) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestRolesByTwo(t *testing.T) {
	t.Run("S2: nobody gives alone what rules others or reads what an administrator must not", func(t *testing.T) {
		for role, two := range map[string]bool{
			"chair": true, "secretary_general": true, "tenant_admin": true, "auditor": true, "proposal_director": true, "proposal_clerk": true,
			"proposal_reviewer": true, "info_editor": true, "city_overseer": true, "member": false, "unit_liaison": false, "street_liaison": false, "sector_convener": false,
		} {
			if NeedsTwo(role) != two {
				t.Errorf("%s: %v", role, !two)
			}
		}
	})
}

// staffed gives a person an account.
func (w *world) staffed(m *gen.Membership) *gen.Membership {
	w.t.Helper()
	login := "login" + m.ID.String()[30:]
	m = must(w, w.UpdateMember, MemberChange{Membership: m.ID, SignIn: &SignIn{Login: login, Open: true}})
	w.ready(login)
	return m
}

// adminGrant is what makes somebody administrator.
func (w *world) adminGrant(who uuid.UUID) (g *gen.Grant) {
	w.t.Helper()
	w.do(func(ctx ctxT) error {
		rows, err := w.admins(authz.System(ctx))
		for _, r := range rows {
			if r.MembershipID == who {
				g = r
			}
		}
		return err
	})
	return g
}
