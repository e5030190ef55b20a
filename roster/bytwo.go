package roster

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Kinds of requests: what changes whose account or rights somebody has who
// already acts in the committee (S2).
const (
	askAttach = "account.attach"  // an account for who holds roles
	askIssue  = "account.issue"   // a new activation word for who holds roles
	askRevoke = "grant.revoke"    // of another administrator, or the last auditor
	askEnd    = "membership.end"  // the same by ending the membership
	askRest   = "membership.rest" // the same by suspending it
)

// Requests registers what is done when a second person confirms.
func (s *Service) Requests(d *requests.Desk) {
	d.Register(askAttach, requests.Act{Object: gen.TypeMembership, Right: manageRoster, Do: flow.OnceConfirmed(s.UpdateMember)})
	d.Register(askIssue, requests.Act{Object: gen.TypeMembership, Right: manageRoster, Do: flow.OnceConfirmed(s.IssueActivation)})
	d.Register(askRevoke, requests.Act{Object: gen.TypeGrant, Right: manageGrants, Do: flow.OnceConfirmed(s.Revoke)})
	d.Register(askEnd, requests.Act{Object: gen.TypeMembership, Right: manageRoster, Do: flow.OnceConfirmed(s.EndMembership)})
	d.Register(AskOwn, requests.Act{Object: gen.TypeMembership, Right: manageRoster, Do: s.acceptOwn, Personal: true})
	d.Register(askRest, requests.Act{Object: gen.TypeMembership, Right: manageRoster, Do: flow.OnceConfirmed(s.UpdateMember)})
}

// offices are the roles that somebody holds today or later, each with its name.
func (s *Service) offices(ctx context.Context, m uuid.UUID) (held []*gen.Grant, roles []string, err error) {
	all, err := s.grantsOf(ctx, m)
	today := clock.Today(ctx)
	for _, g := range all {
		if p, stands := standing(g, today); stands && !p.Over(today) {
			held, roles = append(held, g), append(roles, g.Role)
		}
	}
	return held, roles, err
}

// titles are the names of roles here.
func (s *Service) titles(ctx context.Context, roles []string) string {
	rights, err := authz.Rights(ctx)
	if err != nil {
		return strings.Join(roles, "、")
	}
	return authz.Names(roles, rights.Name)
}

// attaching asks for an account for who holds roles: whoever owns it acts in
// his name. The administrator's word is not kept; the second issues one.
func (s *Service) attaching(ctx context.Context, m *gen.Membership, in *MemberChange) error {
	if in.SignIn == nil {
		return nil
	}
	_, roles, err := s.offices(ctx, m.ID)
	if err != nil || len(roles) == 0 {
		return err
	}
	login, err := accounts.Login(in.SignIn.Login)
	if err != nil {
		return err
	}
	if err := s.newHere(ctx, login); err != nil {
		return err
	}
	says := fmt.Sprintf("为%s（%s）开通账号，登录名 %s", m.Name, s.titles(ctx, roles), login)
	later := MemberChange{Membership: m.ID, SignIn: &SignIn{Login: login, Open: in.SignIn.Open || in.SignIn.Password != ""}}
	asked, err := flow.ByTwo(ctx, askAttach, manageRoster, m.ID, says, "", later)
	if asked {
		in.SignIn = nil
	}
	return err
}

// joining refuses an invited account for who has got roles since, unless two
// have attached it.
func (s *Service) joining(ctx context.Context, m *gen.Membership, in accounts.Invitation) error {
	_, roles, err := s.offices(ctx, m.ID)
	if err != nil || len(roles) == 0 {
		return err
	}
	var two bool
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM requests_by_two WHERE kind = $1 AND about = $2 AND confirmed AND settled_at <= $3)`,
		[]any{askAttach, m.ID, in.InvitedAt}, &two)
	if err == nil && !two {
		err = errs.New(errs.NotAllowedInState, "%s已担任%s，为担任职务的人加上账号须由两位管理员办理；请%s的管理员重新填写登录名", m.Name, s.titles(ctx, roles), in.TenantName)
	}
	return err
}

// reopening reports whether a new word for somebody takes two: for who holds
// roles and has had a password of his own, or roles that one alone does not
// give.
func (s *Service) reopening(ctx context.Context, m *gen.Membership) (roles []string, two bool, err error) {
	if m.AccountID == nil {
		return nil, false, nil
	}
	held, roles, err := s.offices(ctx, m.ID)
	if err != nil || len(roles) == 0 {
		return nil, false, err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, g := range held {
		if TakesTwo(rights, g.Role) {
			return roles, true, nil
		}
	}
	err = tenants.Row(ctx, `SELECT activated_at IS NOT NULL OR password_changed_at > created_at FROM accounts WHERE id = $1`, []any{*m.AccountID}, &two)
	return roles, two, err
}

// ruling says what a committee would lose that nobody takes away alone: another
// administrator, or its last auditor. Empty: nothing.
func (s *Service) ruling(ctx context.Context, m *gen.Membership, gone func(*gen.Grant) bool) (string, error) {
	held, err := s.grantsOf(ctx, m.ID)
	if err != nil {
		return "", err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return "", err
	}
	today, self := clock.Today(ctx), authz.From(ctx).Membership
	for _, g := range held {
		t := rights.Table(g.Role)
		switch {
		case !gone(g) || !authz.GrantHolds(g, today):
		case t[authz.Perm(manageGrants)] != authz.None && m.ID != self:
			return rights.Name(g.Role), nil
		case t[authz.Perm("audit.read")] != authz.None:
			last, err := s.lastAuditor(ctx, rights, m.ID)
			if err != nil || last {
				return "最后一位" + rights.Name(g.Role), err
			}
		}
	}
	return "", nil
}

func (s *Service) lastAuditor(ctx context.Context, rights *authz.Policy, but uuid.UUID) (bool, error) {
	today := clock.Today(ctx)
	rows, err := s.client.Grant.Query().Where(grant.RoleIn(rights.Holders("audit.read")...), grant.MembershipIDNEQ(but), authz.GrantStands()).WithMembership().All(ctx)
	for _, g := range rows {
		if authz.GrantHolds(g, today) && authz.Serves(g.Edges.Membership, today) && g.Edges.Membership.AccountID != nil {
			return false, nil
		}
	}
	return err == nil, err
}

// resting asks for the suspension of who rules others.
func (s *Service) resting(ctx context.Context, m *gen.Membership, in *MemberChange) error {
	if in.Status == nil || *in.Status == membership.StatusACTIVE || m.Status != membership.StatusACTIVE {
		return nil
	}
	what, err := s.ruling(ctx, m, func(*gen.Grant) bool { return true })
	if err != nil || what == "" {
		return err
	}
	later := MemberChange{Membership: m.ID, Status: in.Status, Taker: in.Taker}
	asked, err := flow.ByTwo(ctx, askRest, manageRoster, m.ID, fmt.Sprintf("暂停%s（%s）的身份", m.Name, what), "", later)
	if asked {
		in.Status = nil
	}
	return err
}

// owned refuses to give what takes two to an account that is not its owner's
// alone: not activated, or by a word that one of those has seen who give it.
func (s *Service) owned(ctx context.Context, m *gen.Membership, by ...uuid.UUID) error {
	if m.AccountID == nil {
		return nil // said elsewhere
	}
	var activated, made bool
	err := tenants.Row(ctx, `
		SELECT a.activated_at IS NOT NULL, a.vouched_by IS NOT NULL AND EXISTS (SELECT FROM memberships m WHERE m.id = ANY ($2) AND m.account_id = a.vouched_by)
		FROM accounts a WHERE a.id = $1`, []any{*m.AccountID, by}, &activated, &made)
	switch {
	case tenants.NoRows(err) || err == nil && !activated:
		return errs.New(errs.NotAllowedInState, "%s还没有激活账号，请先由本人激活", m.Name).At("membership")
	case err == nil && made:
		return errs.New(errs.NotAllowed, "%s的激活码由您或提出的人发出，这一角色须由没有见过它的人授予；请由别的管理员办理，或请系统运维人员为其重新发出激活码", m.Name).At("membership")
	}
	return err
}
