package roster

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/errs"
)

// invite asks the owner of a login, or who brings the word it answers, to be a
// person here, and says who asks and as whom he would join.
func (s *Service) invite(ctx context.Context, login string, m *gen.Membership) (accounts.Word, error) {
	in := accounts.Inviting{Login: login, Membership: m.ID, Name: m.Name, Kind: string(m.Kind), Post: m.Post}
	if v := authz.From(ctx); v != nil {
		in.By = v.Name
	}
	return s.accounts.Invite(ctx, in)
}

// Inviting asks for somebody to be invited: by his login, or by a word that he
// is handed.
type Inviting struct {
	Membership uuid.UUID
	Login      string // empty: by a word
}

// Invited is a person and the word by which he is invited, empty where his login
// was named.
type Invited struct {
	Membership *gen.Membership
	Word       accounts.Word
}

// Invite invites somebody to be a person who is here without an account. Whether
// anybody has the login it does not tell. Called twice the second takes the
// place of the first. For who holds a role an account takes two (UpdateMember).
func (s *Service) Invite(ctx context.Context, in Inviting) (_ *Invited, err error) {
	defer errs.Wrap(&err, "roster.Invite(%s)", in.Membership)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	_, roles, err := s.offices(ctx, m.ID)
	switch {
	case err != nil:
		return nil, err
	case ended(m.Status):
		return nil, errs.New(errs.NotAllowedInState, "%s的身份已终止；重新担任请恢复身份", m.Name)
	case m.AccountID != nil:
		return nil, errs.New(errs.Conflict, "%s已有账号", m.Name).At("membership")
	case len(roles) > 0:
		return nil, errs.New(errs.NotAllowedInState, "%s已担任%s，为担任职务的人加上账号须由两位管理员办理：请在更正人员时填写登录名", m.Name, s.titles(ctx, roles)).At("membership")
	}
	if in.Login != "" {
		if err := s.newHere(ctx, in.Login); err != nil {
			return nil, err
		}
	}
	w, err := s.invite(ctx, in.Login, m)
	return &Invited{m, w}, err
}

// WithdrawInvitation takes back what invites to be a person here. Called twice
// the second changes nothing.
func (s *Service) WithdrawInvitation(ctx context.Context, id uuid.UUID) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.WithdrawInvitation(%s)", id)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, id)
	if err != nil {
		return nil, err
	}
	_, err = s.accounts.Withdraw(ctx, m.ID)
	return m, err
}

// mostSent is how many invitations are looked back on.
const mostSent = 200

// Invitations are those that the committee has made, the latest of each person,
// the newest first.
func (s *Service) Invitations(ctx context.Context, membership *uuid.UUID) (_ []accounts.Sent, err error) {
	defer errs.Wrap(&err, "roster.Invitations")
	ctx, _, err = authz.Enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	return s.accounts.Sent(ctx, membership, mostSent)
}

// Accept puts the account of who was invited behind the membership that waits
// for him, in the transaction of that committee. He needs no right in it; that
// he is the account's owner his caller knows. Called twice the second finds no
// invitation.
func (s *Service) Accept(ctx context.Context, account uuid.UUID, in accounts.Invitation) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.Accept(%s)", in.ID)
	ctx = authz.System(ctx)
	if err := alone(ctx); err != nil {
		return nil, err
	}
	if err := s.accounts.Answer(ctx, account, in, true); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if ended(m.Status) || m.AccountID != nil {
		return nil, errs.New(errs.NotAllowedInState, "%s已不再等待您加入，请联系它的租户管理员", in.TenantName)
	}
	if err := s.joining(ctx, m, in); err != nil {
		return nil, err
	}
	taken, err := s.client.Membership.Query().Where(membership.AccountID(account)).Exist(ctx)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, errs.New(errs.Conflict, "您在%s已有身份，请拒绝这一邀请", in.TenantName)
	}
	return s.client.Membership.UpdateOne(m).SetAccountID(account).AddVersion(1).Save(ctx)
}

// Decline settles an invitation without joining; the committee's person stays
// without an account.
func (s *Service) Decline(ctx context.Context, account uuid.UUID, in accounts.Invitation) error {
	return s.accounts.Answer(ctx, account, in, false)
}
