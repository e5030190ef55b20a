package roster

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/errs"
)

// desk is the service's, in a test.
func (w *world) desk() *requests.Desk {
	d := requests.NewDesk()
	w.Requests(d)
	return d
}

// waiting is the only request that somebody sees.
func (w *world) waiting(who uuid.UUID) (out requests.Request) {
	w.t.Helper()
	err := w.as(who, func(ctx context.Context) error {
		list, err := w.desk().Waiting(ctx)
		if err == nil && len(list) != 1 {
			w.t.Fatalf("%d requests wait: %v", len(list), list)
		}
		if err == nil {
			out = list[0]
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) confirm(who, id uuid.UUID) (done any, err error) {
	err = w.as(who, func(ctx context.Context) error {
		_, done, err = w.desk().Confirm(ctx, id)
		return err
	})
	return done, err
}

// word lets an administrator see a person's word, and the person use it.
func (w *world) word(by uuid.UUID, m uuid.UUID, login string) {
	w.t.Helper()
	out := mustAs(w, by, w.IssueActivation, Issuing{Membership: m, Reason: "新任职"})
	if err := w.people.Activate(w.ctx, login, out.Word.Text, secret, accounts.Client{}); err != nil {
		w.t.Fatal(err)
	}
}

// TestOneAdministratorAlone is the attack S2, way by way: the first administrator
// wants what he must not have.
func TestOneAdministratorAlone(t *testing.T) {
	w := newWorld(t)
	second := w.secondAdmin()
	puppet := must(w, w.AddMember, NewMember{Person: Person{Name: "傀儡"}, SignIn: SignIn{Login: "puppet", Open: true}, Kind: membership.KindSTAFF})
	w.word(w.admin, puppet.ID, "puppet")

	t.Run("S2: a puppet in a role that reads everything is not proposed by who saw its word", func(t *testing.T) {
		for _, role := range []string{"proposal_director", "proposal_clerk", "auditor", tenantAdmin, "chair"} {
			_, err := try(w, w.Grant, NewGrant{Membership: puppet.ID, Role: role, Reason: "任职"})
			refused(t, err, errs.NotAllowed, "membership")
		}
	})
	t.Run("S2: nor does who saw the word confirm what another proposes in good faith", func(t *testing.T) {
		g := mustAs(w, second, w.Grant, NewGrant{Membership: puppet.ID, Role: "auditor", Reason: "任职"})
		_, err := try(w, w.Confirm, g.ID)
		refused(t, err, errs.NotAllowed, "membership")
		mustAs(w, second, w.Revoke, Revocation{Grant: g.ID, Reason: "作罢"})
	})
	t.Run("S2: an account that its owner has not activated gets no such role", func(t *testing.T) {
		fresh := must(w, w.AddMember, NewMember{Person: Person{Name: "新人"}, SignIn: SignIn{Login: "fresh", Open: true}, Kind: membership.KindSTAFF})
		_, err := tryAs(w, second, w.Grant, NewGrant{Membership: fresh.ID, Role: "auditor", Reason: "任职"})
		refused(t, err, errs.NotAllowedInState, "membership")
	})
	clerk := w.person("无账号的联络员")
	must(w, w.Grant, NewGrant{Membership: clerk.ID, Role: "unit_liaison"})
	t.Run("S2: an account is put behind who holds roles by two", func(t *testing.T) {
		got := must(w, w.UpdateMember, MemberChange{Membership: clerk.ID, SignIn: &SignIn{Login: "mine-too", Password: "a word that I know"}, Name: ptr("改名")})
		if got.AccountID != nil || got.Name != "改名" {
			t.Fatal(got)
		}
		ask := w.waiting(second)
		if ask.Says != "为改名（承办单位联络员）开通账号，登录名 mine-too" && ask.Says != "为无账号的联络员（承办单位联络员）开通账号，登录名 mine-too" {
			t.Error(ask.Says)
		}
		_, err := w.confirm(w.admin, ask.ID)
		refused(t, err, errs.NotAllowed, "")
		if _, err := w.confirm(second, ask.ID); err != nil {
			t.Fatal(err)
		}
		err = w.people.Activate(w.ctx, "mine-too", "a word that I know", secret, accounts.Client{})
		if !errs.Is(err, errs.Unauthenticated) {
			t.Fatal("the first knows a word that works", err)
		}
		if done, err := w.confirm(second, ask.ID); err != nil || done != nil {
			t.Error("confirmed twice it does nothing more", done, err)
		}
	})
	t.Run("S2: the second does not count where the first has made his account", func(t *testing.T) {
		third := w.staff("管理员丙", "admin3")
		if _, err := w.appoint(Appointment{Membership: third.ID, Role: tenantAdmin, Reason: "增设"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.people.Issue(w.ctx, *third.AccountID, *w.accountOf(w.admin)); err != nil {
			t.Fatal(err)
		}
		must(w, w.IssueActivation, Issuing{Membership: clerk.ID, Reason: "第一次"}) // never activated: one is enough
		n := w.staff("有职务的", "officer")
		must(w, w.Grant, NewGrant{Membership: n.ID, Role: "unit_lead"})
		if out := must(w, w.IssueActivation, Issuing{Membership: n.ID, Reason: "忘记密码"}); out.Word.Text != "" {
			t.Fatal("the word of who holds a role was shown to one")
		}
		ask := w.waiting(second)
		_, err := w.confirm(third.ID, ask.ID)
		refused(t, err, errs.NotAllowed, "") // not activated
		w.ready("admin3")
		w.made(*third.AccountID, w.admin)
		_, err = w.confirm(third.ID, ask.ID)
		refused(t, err, errs.NotAllowed, "") // activated, by a word that the first has seen
		done, err := w.confirm(second, ask.ID)
		if out, ok := done.(*Issued); err != nil || !ok || out.Word.Text == "" {
			t.Fatal(done, err)
		}
	})
	t.Run("S2: ending another administrator takes two, whichever way", func(t *testing.T) {
		g := w.adminGrant(second)
		must(w, w.Revoke, Revocation{Grant: g.ID, Reason: "不听话"})
		must(w, w.EndMembership, Ending{Membership: second, Status: membership.StatusENDED, Reason: "不听话"})
		must(w, w.UpdateMember, MemberChange{Membership: second, Status: ptr(membership.StatusSUSPENDED)})
		if got := w.roles(second); len(got) != 1 || got[0] != tenantAdmin {
			t.Fatal(got)
		}
	})
	t.Run("S2: so does ending the last auditor", func(t *testing.T) {
		a := w.staff("审计员", "auditor")
		if _, err := w.appoint(Appointment{Membership: a.ID, Role: auditor, Reason: "任职"}); err != nil {
			t.Fatal(err)
		}
		must(w, w.EndMembership, Ending{Membership: a.ID, Status: membership.StatusENDED, Reason: "查得太细"})
		if got := w.roles(a.ID); len(got) != 1 {
			t.Fatal(got)
		}
		b := w.staff("第二位审计员", "auditor2")
		if _, err := w.appoint(Appointment{Membership: b.ID, Role: auditor, Reason: "任职"}); err != nil {
			t.Fatal(err)
		}
		must(w, w.EndMembership, Ending{Membership: a.ID, Status: membership.StatusENDED, Reason: "调离"})
		if g := w.grantOf(a.ID); g.RevokedAt == nil {
			t.Fatal("beside another one is enough")
		}
	})
	t.Run("what nobody confirmed within 14 days is over; what was taken back is not confirmed", func(t *testing.T) {
		n := w.staff("又一位", "another1")
		must(w, w.Grant, NewGrant{Membership: n.ID, Role: "unit_lead"})
		ask := func() (id uuid.UUID) {
			must(w, w.IssueActivation, Issuing{Membership: n.ID, Reason: "忘记密码"})
			if err := w.as(w.admin, func(ctx context.Context) error {
				q, err := requests.Mine(ctx, n.ID)
				id = q.ID
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		id := ask()
		if again := ask(); again != id {
			t.Error("asked again it is another")
		}
		if err := w.as(w.admin, func(ctx context.Context) error { _, err := w.desk().Withdraw(ctx, id); return err }); err != nil {
			t.Fatal(err)
		}
		_, err := w.confirm(second, id)
		refused(t, err, errs.NotAllowedInState, "")
		id = ask()
		w.clock.Advance(14 * 24 * time.Hour)
		_, err = w.confirm(second, id)
		refused(t, err, errs.DeadlinePassed, "")
	})
}

func (w *world) accountOf(who uuid.UUID) (id *uuid.UUID) {
	w.t.Helper()
	w.do(func(ctx ctxT) error {
		m, err := w.client.Membership.Get(ctx, who)
		id = m.AccountID
		return err
	})
	return id
}

func (w *world) grantOf(who uuid.UUID) (g *gen.Grant) {
	w.t.Helper()
	w.do(func(ctx ctxT) (err error) {
		g, err = w.client.Grant.Query().Where(grant.MembershipID(who)).Only(authz.System(ctx))
		return err
	})
	return g
}

// made lets an account have been activated by a word that somebody saw.
func (w *world) made(account, by uuid.UUID) {
	w.t.Helper()
	w.db.AsSuper(w.t, `UPDATE accounts SET vouched_by = $2 WHERE id = $1 RETURNING id`, []any{account, *w.accountOf(by)}, new(uuid.UUID))
}
