package roster

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Ending ends a membership.
type Ending struct {
	Membership uuid.UUID
	Status     membership.Status // RESIGNED 请辞, REVOKED 撤销, ENDED 届满、调离
	On         *time.Time        // last day, not in the future; nil: today
	Reason     string
	Expected   *int
	Taker      *uuid.UUID // who takes over what waits for the last holder of a role; nil: nothing waits
}

// EndMembership ends a membership from this moment on, with its seats and
// rights. Called twice with the same status the second changes nothing; with
// another it is NotAllowedInState.
func (s *Service) EndMembership(ctx context.Context, in Ending) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.EndMembership(%s)", in.Membership)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.On, "on"}); err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "终止理由", "reason"}); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if ended(m.Status) && m.Status == in.Status {
		return m, nil
	}
	today := clock.Today(ctx)
	last := or(in.On, today)
	if err := in.check(m, last, today); err != nil {
		return nil, err
	}
	if err := s.keepsAdmin(ctx, func(g *gen.Grant) bool { return g.MembershipID == m.ID }); err != nil {
		return nil, err
	}
	what, err := s.ruling(ctx, m, func(*gen.Grant) bool { return true })
	if err != nil {
		return nil, err
	}
	if what != "" {
		in.Expected = nil // the second looks at it as it is then
		if asked, err := flow.ByTwo(ctx, askEnd, manageRoster, m.ID, fmt.Sprintf("终止%s（%s）的身份", m.Name, what), in.Reason, in); asked || err != nil {
			return m, err
		}
	}
	if err := s.handing(ctx, m, nil, in.Taker); err != nil {
		return nil, err
	}
	if err := s.endSeats(ctx, m.ID, last); err != nil {
		return nil, err
	}
	if err := s.endGrants(ctx, m.ID); err != nil {
		return nil, err
	}
	if _, err := s.accounts.Withdraw(ctx, m.ID); err != nil {
		return nil, err
	}
	return s.client.Membership.UpdateOne(m).SetStatus(in.Status).SetActiveTo(last).AddVersion(1).Save(ctx)
}

func (in Ending) check(m *gen.Membership, last, today time.Time) error {
	switch {
	case !ended(in.Status):
		return errs.New(errs.Invalid, "请选择请辞、撤销或终止").At("status")
	case ended(m.Status):
		return errs.New(errs.NotAllowedInState, "%s的身份已经终止", m.Name)
	case last.After(today):
		return errs.New(errs.Invalid, "请在终止当天或以后登记").At("on")
	case m.ActiveFrom != nil && last.Before(*m.ActiveFrom):
		return errs.New(errs.Invalid, "终止日期不能早于起始日期").At("on")
	}
	return errs.Unchanged(in.Expected, m.Version)
}

// endGrants takes away every right that has not been taken away.
func (s *Service) endGrants(ctx context.Context, m uuid.UUID) error {
	rows, err := s.client.Grant.Query().Where(grant.MembershipID(m), authz.GrantStands()).Order(grant.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, g := range rows {
		if err := s.client.Grant.UpdateOne(g).SetRevokedAt(clock.Now(ctx)).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Reinstatement takes up an ended membership again, possibly as another kind:
// an account has one membership in a committee, whatever becomes of it.
type Reinstatement struct {
	Membership uuid.UUID
	Kind       membership.Kind
	Term       *uuid.UUID
	MemberNo   string
	From       *time.Time // first day; nil: today
	Expected   *int
}

// Reinstate makes an ended membership active again, without the seats and
// rights that it had. Called twice it is NotAllowedInState.
func (s *Service) Reinstate(ctx context.Context, in Reinstatement) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.Reinstate(%s)", in.Membership)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.From, "from"}); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	if err := errs.Unchanged(in.Expected, m.Version); err != nil {
		return nil, err
	}
	from := or(in.From, clock.Today(ctx))
	switch {
	case !ended(m.Status):
		return nil, errs.New(errs.NotAllowedInState, "%s的身份没有终止", m.Name)
	case membership.KindValidator(in.Kind) != nil:
		return nil, errs.New(errs.Invalid, "请选择委员、机关干部或承办单位人员").At("kind")
	case m.ActiveTo != nil && from.Before(*m.ActiveTo): // the same day: an ending by mistake
		return nil, errs.New(errs.Invalid, "起始日期不能早于原身份终止的日期").At("from")
	}
	no, err := s.checkTermOf(ctx, in.Kind, in.Term, in.MemberNo, m.ID)
	if err != nil {
		return nil, err
	}
	up := s.client.Membership.UpdateOne(m).SetKind(in.Kind).SetMemberNo(no).SetStatus(membership.StatusACTIVE).
		SetActiveFrom(from).ClearActiveTo().SetRanked(in.Kind == membership.KindMEMBER).AddVersion(1)
	if in.Term == nil {
		up.ClearTermID()
	} else {
		up.SetTermID(*in.Term)
	}
	return up.Save(ctx)
}
