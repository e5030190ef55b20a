package roster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewSeat puts a person into a unit.
type NewSeat struct {
	Membership uuid.UUID
	Unit       uuid.UUID
	Post       seat.Post
	From       *time.Time // first day; nil: today
	To         *time.Time // last day; nil: without end
	// Of a 民主监督员 only (XG-01): who asked for him, and his certificate.
	Initiator   string // 政协委派 or 部门邀请
	Certificate string
}

// initiators are who can ask for a 民主监督员.
var initiators = []string{"政协委派", "部门邀请"}

// Seat gives a person a seat. Called twice for the same days it returns the
// same seat; for other days that overlap it is a Conflict.
func (s *Service) Seat(ctx context.Context, in NewSeat) (_ *gen.Seat, err error) {
	defer errs.Wrap(&err, "roster.Seat(%s in %s)", in.Membership, in.Unit)
	ctx, v, err := s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	rights, err := authz.FreshRights(ctx) // one request may have set the role before
	if err != nil {
		return nil, err
	}
	if v.Membership == in.Membership && rights.Carries(string(in.Post)) {
		return nil, errs.New(errs.NotAllowed, "这一职务带有权限，不能给自己安排，请由另一位管理员办理").At("post")
	}
	if err := texts(field{&in.Certificate, shortText, false, "聘书编号", "certificate"}); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := days(today, dated{&in.From, "from"}, dated{&in.To, "to"}); err != nil {
		return nil, err
	}
	if in.From == nil {
		in.From = &today
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	u, err := s.unit(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	held, err := s.client.Seat.Query().Where(seat.MembershipID(m.ID)).WithUnit().All(ctx)
	if err != nil {
		return nil, err
	}
	same, err := checkSeat(in, m, u, held, today)
	if err != nil || same != nil {
		return same, err
	}
	return s.client.Seat.Create().SetMembership(m).SetUnit(u).SetPost(in.Post).SetSeatFrom(*in.From).SetNillableSeatTo(in.To).
		SetInitiator(in.Initiator).SetCertificateNo(in.Certificate).Save(ctx)
}

// checkSeat answers the seat that is already the same, or what is wrong.
func checkSeat(in NewSeat, m *gen.Membership, u *gen.Unit, held []*gen.Seat, today time.Time) (*gen.Seat, error) {
	p := clock.Period{From: in.From, To: in.To}
	switch {
	case ended(m.Status):
		return nil, errs.New(errs.NotAllowedInState, "%s的身份已终止，不能再任职", m.Name).At("membership")
	case !open(u, today):
		return nil, errs.New(errs.NotAllowedInState, "“%s”已停用，不能再任职", u.Name).At("unit")
	case !fitsPost(u.Kind, in.Post):
		return nil, errs.New(errs.Invalid, "“%s”没有这种职务", u.Name).At("post")
	case p.Empty():
		return nil, errs.New(errs.Invalid, "终止日期不能早于起始日期").At("to")
	}
	if err := checkSupervisor(in, m, held); err != nil {
		return nil, err
	}
	for _, o := range held {
		if o.UnitID == u.ID && o.Post == in.Post && authz.SeatPeriod(o).Equal(p) {
			return o, nil
		}
	}
	for _, o := range held {
		if !authz.SeatPeriod(o).Overlaps(p) {
			continue
		}
		if o.UnitID == u.ID && o.Post == in.Post {
			return nil, errs.New(errs.Conflict, "%s在“%s”已任此职，任期重叠", m.Name, u.Name).At("from")
		}
		if in.Post == seat.PostMEMBER && o.Post == seat.PostMEMBER && slices.Contains(sole(u.Kind), o.Edges.Unit.Kind) {
			return nil, errs.New(errs.Conflict, "%s已属于“%s”，请先终止原席位（兼任的专委会请选择兼任）", m.Name, o.Edges.Unit.Name).At("unit")
		}
	}
	return nil, nil
}

// checkSupervisor: a 民主监督员 is asked for by somebody, and does not
// supervise the unit in which he works (domain.md 4.8).
func checkSupervisor(in NewSeat, m *gen.Membership, held []*gen.Seat) error {
	if in.Post != seat.PostSUPERVISOR {
		if in.Initiator != "" || in.Certificate != "" {
			return errs.New(errs.Invalid, "只有民主监督员填写由谁提出和聘书编号").At("initiator")
		}
		return nil
	}
	if !slices.Contains(initiators, in.Initiator) {
		return errs.New(errs.Invalid, "请选择由谁提出：%s", strings.Join(initiators, "、")).At("initiator")
	}
	for _, o := range held {
		if o.UnitID == in.Unit && o.Post != seat.PostSUPERVISOR && authz.SeatPeriod(o).Overlaps(clock.Period{From: in.From, To: in.To}) {
			return errs.New(errs.Invalid, "%s在该单位任职，不能监督本单位", m.Name).At("unit")
		}
	}
	return nil
}

// EndSeat sets a seat's last day. The day before its first means that it was
// never taken; yesterday ends it at once. Called twice with the same day the
// second changes nothing. A seat is not made longer, and what has ended stays.
func (s *Service) EndSeat(ctx context.Context, id uuid.UUID, last time.Time) (_ *gen.Seat, err error) {
	defer errs.Wrap(&err, "roster.EndSeat(%s)", id)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	o, err := s.client.Seat.Get(ctx, id)
	if o, err = authz.Found(o, err, "席位"); err != nil {
		return nil, err
	}
	last = clock.Day(last)
	if err := day.Planned(last, time.Time{}, clock.Today(ctx), "on"); err != nil {
		return nil, err
	}
	if sameDay(o.SeatTo, &last) {
		return o, nil
	}
	switch {
	case o.SeatTo != nil && o.SeatTo.Before(clock.Today(ctx)):
		return nil, errs.New(errs.NotAllowedInState, "这一席位已终止")
	case o.SeatTo != nil && last.After(*o.SeatTo):
		return nil, errs.New(errs.Invalid, "不能延长任期，请在期满后重新安排").At("on")
	case o.SeatFrom != nil && last.Before(o.SeatFrom.AddDate(0, 0, -1)):
		return nil, errs.New(errs.Invalid, "终止日期不能早于起始日期的前一天").At("on")
	}
	return s.client.Seat.UpdateOne(o).SetSeatTo(last).Save(ctx)
}

// endSeats ends all of a person's seats that last beyond a day.
func (s *Service) endSeats(ctx context.Context, m uuid.UUID, last time.Time) error {
	rows, err := s.client.Seat.Query().Where(seat.MembershipID(m), authz.SeatAfter(last)).Order(seat.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, o := range rows {
		if err := s.client.Seat.UpdateOne(o).SetSeatTo(last).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ended reports whether a membership is over for good.
func ended(st membership.Status) bool {
	return st == membership.StatusRESIGNED || st == membership.StatusREVOKED || st == membership.StatusENDED
}
