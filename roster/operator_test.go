package roster

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// smallProcess closes its loop with the generic rules alone.
const smallProcess = `
kind: note
version: 1
title: 便签
turns: {committee_staff: 工作人员}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 待办, turn: committee_staff, visible: STAFF, waits: 不急}
      - {code: DONE, label: 已办, end: true}
    actions:
      - {code: finish, label: 办结, from: [OPEN], to: DONE, may: matter.archive}
`

func everyRole(authz.Permission) bool { return true }

func TestBootstrap(t *testing.T) {
	w := newWorld(t)
	district := tenantstest.Tenant(t, w.db, "210202", "某区政协", "DISTRICT")
	in := FirstAdmin{Name: "区管理员", Post: "办公室主任", SignIn: SignIn{Login: "district", Password: secret}, Processes: [][]byte{[]byte(smallProcess)}}
	boot := func(in FirstAdmin) (m *gen.Membership, err error) {
		err = w.in(district, func(ctx context.Context) error {
			m, err = w.op.Bootstrap(ctx, in)
			return err
		})
		return m, err
	}
	first, err := boot(in)
	if err != nil {
		t.Fatal(err)
	}
	count := func() (people, rights, processes, accounts int) {
		w.db.AsSuper(t, `SELECT (SELECT count(*) FROM memberships WHERE tenant_id = $1), (SELECT count(*) FROM grants WHERE tenant_id = $1),
			(SELECT count(*) FROM processes WHERE tenant_id = $1), (SELECT count(*) FROM accounts WHERE login = 'district')`, []any{district}, &people, &rights, &processes, &accounts)
		return
	}
	t.Run("the first administrator can sign in and administer", func(t *testing.T) {
		err := w.in(district, func(ctx context.Context) error {
			v, err := w.viewer(ctx, first.ID)
			if err == nil {
				_, err = w.AddMember(authz.With(ctx, v), NewMember{Person: Person{Name: "某甲"}, Kind: membership.KindSTAFF})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a second time with the same login nothing changes", func(t *testing.T) {
		again, err := boot(in)
		if err != nil || again.ID != first.ID {
			t.Fatal(again, err)
		}
		if p, r, d, a := count(); p != 2 || r != 1 || d != 1 || a != 1 {
			t.Fatal(p, r, d, a)
		}
	})
	t.Run("with another login it is a conflict", func(t *testing.T) {
		other := in
		other.Login = "another"
		_, err := boot(other)
		refused(t, err, errs.Conflict, "login")
	})
}

func TestBootstrapElsewhere(t *testing.T) {
	w := newWorld(t)
	t.Run("A4: a login in use is not made administrator unasked, and whose it is is said", func(t *testing.T) {
		zone := tenantstest.Tenant(t, w.db, "210219", "再一区政协", "DISTRICT")
		err := w.in(zone, func(ctx context.Context) error {
			_, err := w.op.Bootstrap(ctx, FirstAdmin{Name: "区管理员", SignIn: SignIn{Login: "ADMIN", Password: "another password"}})
			return err
		})
		refused(t, err, errs.Conflict, "login")
		if shown, _ := errs.As(err); shown == nil || !strings.Contains(shown.Message, "某市政协") || !strings.Contains(shown.Message, "--existing") {
			t.Error(err)
		}
	})
	t.Run("an account that exists is taken as it is, when that is meant", func(t *testing.T) {
		zone := tenantstest.Tenant(t, w.db, "210203", "又一区政协", "DISTRICT")
		err := w.in(zone, func(ctx context.Context) error {
			m, err := w.op.Bootstrap(ctx, FirstAdmin{Name: "区管理员", SignIn: SignIn{Login: "ADMIN", Password: "another password"}, Existing: true})
			if err != nil {
				return err
			}
			var login string
			err = tenants.Row(ctx, `SELECT login FROM accounts WHERE id = $1`, []any{*m.AccountID}, &login)
			if login != "admin" {
				t.Fatal(login)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a process that does not close its loop stops everything", func(t *testing.T) {
		zone := tenantstest.Tenant(t, w.db, "210204", "第三区政协", "DISTRICT")
		err := w.in(zone, func(ctx context.Context) error {
			_, err := w.op.Bootstrap(ctx, FirstAdmin{Name: "某", SignIn: SignIn{Login: "third", Password: secret}, Processes: [][]byte{[]byte("kind: x\nversion: 1\ntitle: x\n")}})
			return err
		})
		refused(t, err, errs.Invalid, "")
		var n int
		w.db.AsSuper(t, `SELECT count(*) FROM accounts WHERE login = 'third'`, nil, &n)
		if n != 0 {
			t.Fatal(n)
		}
	})
	t.Run("somebody signed in is refused", func(t *testing.T) {
		err := w.as(w.admin, func(ctx context.Context) error { _, err := w.op.Bootstrap(ctx, FirstAdmin{}); return err })
		refused(t, err, errs.NotAllowed, "")
	})
}

func TestAppoint(t *testing.T) {
	w := newWorld(t)
	m := w.staff("主席", "chair")
	in := Appointment{Membership: m.ID, Role: "chair", Reason: "换届选举结果"}
	t.Run("gives at once what needs two", func(t *testing.T) {
		g, err := w.appoint(in)
		if err != nil || Pending(g) || g.GrantedByID != nil {
			t.Fatal(g, err)
		}
		if roles := w.roles(m.ID); len(roles) != 1 || roles[0] != "chair" {
			t.Fatal(roles)
		}
		if again, err := w.appoint(in); err != nil || again.ID != g.ID {
			t.Fatal(again, err)
		}
	})
	t.Run("stands in for a second person who never came", func(t *testing.T) {
		n := w.staff("秘书长", "secretary")
		waiting := must(w, w.Grant, NewGrant{Membership: n.ID, Role: "secretary_general", Reason: "任命"})
		g, err := w.appoint(Appointment{Membership: n.ID, Role: "secretary_general", Reason: "党组会议决定"})
		if err != nil || g.ID == waiting.ID || Pending(g) {
			t.Fatal(g, err)
		}
		if roles := w.roles(n.ID); len(roles) != 1 {
			t.Fatal(roles)
		}
		w.do(func(ctx ctxT) error {
			old, err := w.client.Grant.Get(ctx, waiting.ID)
			if err == nil && old.RevokedAt == nil {
				t.Fatal("what waited still waits")
			}
			return err
		})
	})
}

func TestAppointRefuses(t *testing.T) {
	w := newWorld(t)
	m := w.staff("某甲", "someone")
	t.Run("the rules of granting hold", func(t *testing.T) {
		for _, c := range []struct {
			in   Appointment
			code errs.Code
			path string
		}{
			{Appointment{Membership: m.ID, Role: "emperor", Reason: "x"}, errs.Invalid, "role"},
			{Appointment{Membership: w.admin, Role: auditor, Reason: "x"}, errs.NotAllowed, "role"},
			{Appointment{Membership: uuid.New(), Role: auditor, Reason: "x"}, errs.NotFound, ""},
			{Appointment{Membership: m.ID, Role: auditor}, errs.Invalid, "reason"},
		} {
			_, err := w.appoint(c.in)
			refused(t, err, c.code, c.path)
		}
	})
	t.Run("somebody signed in is refused", func(t *testing.T) {
		_, err := try(w, w.op.Appoint, Appointment{})
		refused(t, err, errs.NotAllowed, "")
	})
}

func (w *world) appoint(in Appointment) (g *gen.Grant, err error) {
	err = w.in(w.city, func(ctx context.Context) error {
		g, err = w.op.Appoint(ctx, in)
		return err
	})
	return g, err
}
