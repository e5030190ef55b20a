package roster

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/substitution"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewSubstitute names who acts for the viewer in a period.
type NewSubstitute struct {
	Substitute uuid.UUID
	From       *time.Time // first day; nil: today
	To         *time.Time // last day
	Reason     string
}

// longestSubstitution is in days: who is away for longer is replaced.
const longestSubstitution = 366

// NameSubstitute lets another act for the viewer by the roles that are about his
// office. What two have to give is lent once an administrator has confirmed.
// Called twice for the same days it returns the same. Errors: Invalid; Conflict
// where he has named somebody for these days; NotAllowed for a substitute's
// substitute.
func (s *Service) NameSubstitute(ctx context.Context, in NewSubstitute) (_ *gen.Substitution, err error) {
	defer errs.Wrap(&err, "roster.NameSubstitute(%s)", in.Substitute)
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	ctx = authz.System(ctx)
	if err := alone(ctx); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := days(today, dated{&in.From, "from"}, dated{&in.To, "to"}); err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "事由", "reason"}); err != nil {
		return nil, err
	}
	from := or(in.From, today)
	switch {
	case in.To == nil:
		return nil, errs.New(errs.Invalid, "请写明代到哪一天").At("to")
	case from.Before(today):
		return nil, errs.New(errs.Invalid, "起始日期不能早于今天").At("from")
	case in.To.Before(from):
		return nil, errs.New(errs.Invalid, "终止日期不能早于起始日期").At("to")
	case in.To.After(from.AddDate(0, 0, longestSubstitution)):
		return nil, errs.New(errs.Invalid, "代理至多一年，更久的请另行授权").At("to")
	case in.Substitute == v.Membership:
		return nil, errs.New(errs.Invalid, "不能由本人代本人").At("substitute")
	}
	b, err := s.membership(ctx, in.Substitute)
	if err != nil {
		return nil, err
	}
	if !authz.Serves(b, today) || b.AccountID == nil {
		return nil, errs.New(errs.NotAllowedInState, "%s不在任或者没有账号，不能代理", b.Name).At("substitute")
	}
	p := clock.Period{From: &from, To: in.To}
	same, err := s.unchained(ctx, v, b, p)
	if err != nil || same != nil {
		return same, err
	}
	row, err := s.client.Substitution.Create().SetMemberID(v.Membership).SetSubstitute(b).SetValidFrom(from).SetValidTo(*in.To).SetReason(in.Reason).Save(ctx)
	if err != nil || !s.lendsTwo(v) {
		return row, err
	}
	return row, flow.TellRoles(ctx, notices.Decision(v.Name+"请"+b.Name+"代理职务，其中须两人授予的角色要由管理员确认后才能代", gen.TypeSubstitution, row.ID), authz.HoldersOf(ctx, manageGrants)...)
}

// lendsTwo reports whether somebody holds a role that two have to give.
func (s *Service) lendsTwo(v *authz.Viewer) bool {
	for _, r := range v.AllRoles() {
		if TakesTwo(v.Rights(), r) {
			return true
		}
	}
	return false
}

// unchained answers the substitution that is already the same, or why these two
// cannot be: each stands in for one who stands in himself for nobody.
func (s *Service) unchained(ctx context.Context, v *authz.Viewer, b *gen.Membership, p clock.Period) (*gen.Substitution, error) {
	rows, err := s.client.Substitution.Query().Where(substitution.EndedAtIsNil(), substitution.Or(
		substitution.MemberIDIn(v.Membership, b.ID), substitution.SubstituteID(v.Membership))).Order(substitution.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		q := clock.Period{From: o.ValidFrom, To: o.ValidTo}
		switch {
		case !q.Overlaps(p):
		case o.MemberID == v.Membership && o.SubstituteID == b.ID && q.Equal(p):
			return o, nil
		case o.MemberID == v.Membership:
			return nil, errs.New(errs.Conflict, "这段时间您已请人代理，请先结束原来的").At("from")
		case o.SubstituteID == v.Membership:
			return nil, errs.New(errs.NotAllowed, "这段时间您自己在代理他人，不能再请人代理").At("from")
		default:
			return nil, errs.New(errs.NotAllowed, "这段时间%s已请人代理，不能代理您", b.Name).At("substitute")
		}
	}
	return nil, nil
}

// ConfirmSubstitution lets what two have to give be lent, too. Called twice the
// second changes nothing.
func (s *Service) ConfirmSubstitution(ctx context.Context, id uuid.UUID) (_ *gen.Substitution, err error) {
	defer errs.Wrap(&err, "roster.ConfirmSubstitution(%s)", id)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	o, err := s.substitution(ctx, id)
	switch {
	case err != nil || o.ConfirmedByID != nil:
		return o, err
	case o.EndedAt != nil:
		return nil, errs.New(errs.NotAllowedInState, "这次代理已结束")
	case o.MemberID == v.Membership || o.SubstituteID == v.Membership:
		return nil, errs.New(errs.NotAllowed, "代理的双方不能自己确认，请由另一位管理员确认")
	}
	return s.client.Substitution.UpdateOne(o).SetConfirmedByID(v.Membership).SetConfirmedAt(clock.Now(ctx)).Save(ctx)
}

// EndSubstitution ends one at once: either of the two, or who manages rights.
// Called twice the second changes nothing.
func (s *Service) EndSubstitution(ctx context.Context, id uuid.UUID) (_ *gen.Substitution, err error) {
	defer errs.Wrap(&err, "roster.EndSubstitution(%s)", id)
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	ctx = authz.System(ctx)
	o, err := s.substitution(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case o.MemberID != v.Membership && o.SubstituteID != v.Membership && !v.May(authz.Perm(manageGrants)).Has(authz.Tenant):
		return nil, errs.New(errs.NotAllowed, "只有代理的双方和管理授权的人能结束")
	case o.EndedAt != nil:
		return o, nil
	}
	return s.client.Substitution.UpdateOne(o).SetEndedAt(clock.Now(ctx)).Save(ctx)
}

func (s *Service) substitution(ctx context.Context, id uuid.UUID) (*gen.Substitution, error) {
	o, err := s.client.Substitution.Get(ctx, id)
	return authz.Found(o, err, "代理")
}
