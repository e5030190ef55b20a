package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func (r *Resolver) signIn(ctx context.Context, in model.SignInInput) (*model.SignInPayload, error) {
	out := emptySignIn()
	j, cookie := jarOf(ctx), in.Cookie != nil && *in.Cookie
	if cookie && !j.own {
		bad, err := shown(errForeign())
		out.UserErrors = bad
		return out, err
	}
	s, err := r.Accounts.SignInWith(ctx, in.Login, in.Password, value(in.Code), client(ctx))
	return r.entered(ctx, out, s, cookie, err)
}

func emptySignIn() *model.SignInPayload {
	return &model.SignInPayload{Choices: []*model.MembershipChoice{}, Invitations: []*model.Invitation{}, UserErrors: []*model.UserError{}}
}

// entered answers who has signed in, in whatever way: with one membership he is
// in at once.
func (r *Resolver) entered(ctx context.Context, out *model.SignInPayload, s accounts.SignedIn, cookie bool, err error) (*model.SignInPayload, error) {
	j := jarOf(ctx)
	if err == nil {
		for _, c := range s.Choices {
			out.Choices = append(out.Choices, &model.MembershipChoice{MembershipID: c.Membership, TenantCode: c.TenantCode, TenantName: c.TenantName})
		}
		out.Invitations = invitations(s.Invitations)
		if len(s.Choices) == 0 && len(s.Invitations) == 0 { // M20
			bad, err := shown(errs.New(errs.NotAllowed, "您现在没有可以进入的政协：您的身份可能已经终止、暂停，或还没有开始。如有疑问，请联系您所在政协的租户管理员"))
			out.UserErrors = bad
			return out, err
		}
		if len(s.Choices) != 1 {
			if out.RefreshToken = &s.Refresh; cookie {
				out.RefreshToken = nil
				j.keep("", s.Refresh)
			}
			return out, nil
		}
		var t accounts.Tokens
		if t, err = r.Accounts.Choose(ctx, s.Refresh, s.Choices[0].Membership, client(ctx)); err == nil {
			out.Tokens, out.Cookie = j.kept(t, cookie)
			return out, nil
		}
	}
	out.ActivationRequired, out.CodeRequired = accounts.NeedsActivation(err), accounts.NeedsCode(err)
	bad, err := shown(err)
	out.UserErrors = bad
	return out, err
}

func tokens(t accounts.Tokens) *model.Tokens {
	return &model.Tokens{AccessToken: t.Access, AccessExpiresAt: t.AccessExpires, RefreshToken: t.Refresh, MembershipID: t.Membership}
}

func done(err error) (*model.SignOutPayload, error) {
	if err != nil {
		bad, err := shown(err)
		return &model.SignOutPayload{UserErrors: bad}, err
	}
	return &model.SignOutPayload{Done: true, UserErrors: []*model.UserError{}}, nil
}

// shown makes a user error of what may be shown, and passes the rest: where the
// database is not there, the request has failed, and not what it asked for.
func shown(err error) ([]*model.UserError, error) {
	if e, ok := errs.As(err); ok && e.Code != errs.Internal && e.Code != errs.Unavailable {
		return []*model.UserError{userError(e)}, nil
	}
	return []*model.UserError{}, err
}

func (r *Resolver) sessions(ctx context.Context) ([]*model.Session, error) {
	v := authz.From(ctx)
	list, err := r.Accounts.Sessions(ctx, v.Account)
	out := make([]*model.Session, 0, len(list))
	for _, s := range list {
		if s.Tenant != nil && *s.Tenant == v.Tenant { // of another committee's rule this one knows nothing
			s = s.Under(v.Rule())
		}
		if now := clock.Now(ctx); !now.Before(s.Expires) || !now.Before(s.Idle) {
			continue
		}
		out = append(out, &model.Session{ID: s.ID, CreatedAt: s.Created, ExpiresAt: s.Expires, LastUsedAt: s.LastUsed, IdleUntil: s.Idle,
			Address: blank(s.Address()), TenantName: blank(s.TenantName), Client: s.Client, Current: s.ID == v.Session})
	}
	return out, err
}

// blank is nil for an empty text.
func blank(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func invitations(list []accounts.Invitation) []*model.Invitation {
	out := make([]*model.Invitation, len(list))
	for i, x := range list {
		out[i] = invitation(x)
	}
	return out
}

func invitation(x accounts.Invitation) *model.Invitation {
	out := &model.Invitation{ID: x.ID, TenantCode: x.TenantCode, TenantName: x.TenantName, InvitedAt: x.InvitedAt, ExpiresAt: x.Until(),
		InvitedBy: blank(x.By), AsName: blank(x.Name), AsPost: blank(x.Post)}
	if x.Kind != "" {
		kind := membership.Kind(x.Kind)
		out.AsKind = &kind
	}
	return out
}

// claimInvitation makes an invitation by word one to who brings it, so that he can read
// and answer it.
func (r *Resolver) claimInvitation(ctx context.Context, in model.ClaimInvitationInput) (*model.ClaimInvitationPayload, error) {
	out := &model.ClaimInvitationPayload{}
	acc, err := r.answerer(ctx, in.RefreshToken)
	if err == nil {
		var found accounts.Invitation
		if found, err = r.Accounts.Claim(ctx, acc, in.Code); err == nil {
			out.Invitation = invitation(found)
		}
	}
	out.UserErrors, err = shown(err)
	return out, err
}

// answerer is who answers an invitation: by his access token, which is asked
// whether it still lives, or by a refresh token where he has none.
func (r *Resolver) answerer(ctx context.Context, refresh *string) (uuid.UUID, error) {
	if refresh != nil {
		return r.Accounts.Holder(ctx, *refresh)
	}
	if _, ok := Claims(ctx); !ok && jarOf(ctx).refresh != "" {
		token, _, err := jarOf(ctx).spend(nil)
		if err != nil {
			return uuid.Nil, err
		}
		return r.Accounts.Holder(ctx, token)
	}
	c, err := r.living(ctx)
	return c.Account, err
}

// signOut ends the session that a token is of: the one given, the bearer's, or
// that of the cookies, which are taken back.
func (r *Resolver) signOut(ctx context.Context, refresh *string) error {
	j := jarOf(ctx)
	if refresh != nil {
		return r.Accounts.SignOutBy(ctx, *refresh)
	}
	if c, ok := Claims(ctx); ok {
		j.forget()
		return r.Accounts.SignOut(ctx, c.Account, c.Session)
	}
	if j.refresh == "" {
		return errs.New(errs.Unauthenticated, "请先登录")
	}
	token, _, err := j.spend(nil)
	if err != nil {
		return err
	}
	j.forget()
	return r.Accounts.SignOutBy(ctx, token)
}

// endSession ends one session of the caller's account, his present one too.
func (r *Resolver) endSession(ctx context.Context, session uuid.UUID) error {
	c, err := r.living(ctx)
	if err != nil {
		return err
	}
	if err := r.Accounts.SignOut(ctx, c.Account, session); err != nil {
		return err
	}
	if session == c.Session {
		jarOf(ctx).forget()
	}
	return nil
}

// answer settles an invitation in the transaction and the audit chain of the
// committee that invited; the session's own is untouched. The installation's
// chain has it as an event of the account.
func (r *Resolver) answer(ctx context.Context, action string, in model.AcceptInvitationInput, accept bool) (*model.InvitationPayload, error) {
	out := &model.InvitationPayload{UserErrors: []*model.UserError{}}
	err := r.answered(ctx, action, in, accept, out)
	bad, err := shown(err)
	if len(bad) > 0 {
		out = &model.InvitationPayload{UserErrors: bad}
	}
	return out, err
}

func (r *Resolver) answered(ctx context.Context, action string, in model.AcceptInvitationInput, accept bool, out *model.InvitationPayload) error {
	acc, err := r.answerer(ctx, in.RefreshToken)
	if err != nil {
		return err
	}
	invitation, err := r.Accounts.Invitation(ctx, acc, in.InvitationID)
	if err != nil {
		return err
	}
	return r.Store.InTx(ctx, invitation.Tenant, func(ctx context.Context) error {
		ctx, changes := audit.Collect(ctx)
		entry := audit.Entry{Action: action, Actor: audit.Actor{Account: acc}, Object: audit.Object(gen.TypeMembership, invitation.Membership), From: Origin(ctx)}
		if accept {
			m, err := r.Roster.Accept(ctx, acc, invitation)
			if err != nil {
				return err
			}
			out.MembershipID = &m.ID
			entry.Actor.Membership, entry.Actor.Name = m.ID, m.Name
		} else if err := r.Roster.Decline(ctx, acc, invitation); err != nil {
			return err
		}
		entry.Changes = changes.Changes()
		return audit.Write(ctx, entry)
	})
}
