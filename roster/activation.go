package roster

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Issuing asks for a word with which a person activates his account, the first
// time or again.
type Issuing struct {
	Membership uuid.UUID
	Reason     string
}

// Issued is a person and the word that is his.
type Issued struct {
	Membership *gen.Membership
	Word       accounts.Word // empty: a second person must confirm, who will see it
}

// IssueActivation gives a person's account a new word; his password and his
// sessions are over. It is for accounts that belong to this committee alone: of
// others only the operator may do it. For who holds roles it takes two, but for
// the first word of who holds none that two give. Who has no account but is invited gets a
// word that opens nothing, so that nobody learns whose logins exist. Called
// twice the second word counts.
func (s *Service) IssueActivation(ctx context.Context, in Issuing) (_ *Issued, err error) {
	defer errs.Wrap(&err, "roster.IssueActivation(%s)", in.Membership)
	ctx, v, err := s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "理由", "reason"}); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if err := s.mayIssue(ctx, v, m); err != nil {
		return nil, err
	}
	roles, two, err := s.reopening(ctx, m)
	if err != nil {
		return nil, err
	}
	if two {
		says := fmt.Sprintf("为%s（%s）重新发出激活码，其密码和会话随即失效", m.Name, s.titles(ctx, roles))
		if asked, err := flow.ByTwo(ctx, askIssue, manageRoster, m.ID, says, in.Reason, in); asked || err != nil {
			return &Issued{Membership: m}, err
		}
	}
	return s.issue(ctx, v, m)
}

func (s *Service) mayIssue(ctx context.Context, v *authz.Viewer, m *gen.Membership) error {
	switch {
	case ended(m.Status):
		return errs.New(errs.NotAllowedInState, "%s的身份已终止；重新担任请恢复身份", m.Name)
	case m.ID == v.Membership:
		return errs.New(errs.NotAllowed, "修改自己的密码请用 changePassword；忘记密码的，由另一位管理员办理").At("membership")
	case m.AccountID == nil:
		return s.invited(ctx, m)
	}
	var elsewhere bool
	err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM account_memberships WHERE account_id = $1 AND membership_id <> $2)`,
		[]any{*m.AccountID, m.ID}, &elsewhere)
	if err == nil && elsewhere {
		err = errs.New(errs.NotAllowed, "%s的账号不能由本政协重置，请联系系统运维人员", m.Name).At("membership")
	}
	return err
}

// invited refuses who has neither an account nor an invitation.
func (s *Service) invited(ctx context.Context, m *gen.Membership) error {
	var open bool
	err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM account_invitations WHERE membership_id = $1 AND answered_at IS NULL AND withdrawn_at IS NULL)`, []any{m.ID}, &open)
	if err == nil && !open {
		err = errs.New(errs.NotAllowedInState, "%s还没有账号，请先填写登录名", m.Name).At("membership")
	}
	return err
}

func (s *Service) issue(ctx context.Context, v *authz.Viewer, m *gen.Membership) (*Issued, error) {
	if m.AccountID == nil {
		return &Issued{m, s.accounts.Pretend(ctx)}, nil
	}
	w, err := s.accounts.Issue(ctx, *m.AccountID, v.Account)
	return &Issued{m, w}, err
}
