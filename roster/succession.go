package roster

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Renaming gives a unit another name from a day on.
type Renaming struct {
	Unit      uuid.UUID
	Name      string
	ShortName string
	DocWord   *string    // nil: stays
	On        *time.Time // first day of the new name, not in the future; nil: today
	Expected  *int
}

// RenameUnit closes a unit and opens its successor, which it returns, with
// everything that the old one had. Called twice with the same name it returns
// the same successor; with another name it is NotAllowedInState, since the
// successor is the one to rename.
func (s *Service) RenameUnit(ctx context.Context, in Renaming) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.RenameUnit(%s)", in.Unit)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.On, "on"}); err != nil {
		return nil, err
	}
	if err := texts(
		field{&in.Name, nameText, true, "名称", "name"},
		field{&in.ShortName, shortText, false, "简称", "shortName"},
		field{in.DocWord, shortText, false, "机关代字", "docWord"},
	); err != nil {
		return nil, err
	}
	u, err := s.unit(ctx, in.Unit)
	if err != nil {
		return nil, err
	}
	if u.SuccessorID != nil {
		if next, err := s.unit(ctx, *u.SuccessorID); err != nil || next.Name == in.Name {
			return next, err
		}
	}
	if u, err = s.openUnit(ctx, in.Unit, in.Expected); err != nil {
		return nil, err
	}
	on := or(in.On, clock.Today(ctx))
	if err := checkSuccession(u, on, clock.Today(ctx)); err != nil {
		return nil, err
	}
	if u.Name == in.Name {
		return nil, errs.New(errs.Invalid, "新名称与原名称相同").At("name")
	}
	if err := s.freeName(ctx, u.Line, u.ParentID, in.Name, u.ID); err != nil {
		return nil, err
	}
	next := NewUnit{Line: u.Line, Kind: u.Kind, Name: in.Name, ShortName: in.ShortName, Parent: u.ParentID, Channel: u.Channel, DocWord: u.DocWord, Brand: u.Brand, Category: u.Category, Level: u.Level}
	if in.DocWord != nil {
		next.DocWord = *in.DocWord
	}
	if err := checkHandling(next.Kind, next.Channel, next.DocWord); err != nil {
		return nil, err
	}
	to, err := s.insertUnit(ctx, next, on)
	if err != nil {
		return nil, err
	}
	return to, s.goOver(ctx, u, to, on)
}

// Merger puts units together into an open one of the same tree.
type Merger struct {
	Units []uuid.UUID
	Into  uuid.UUID
	On    *time.Time // first day without them, not in the future; nil: today
}

// MergeUnits closes units into another one, which it returns. Called twice it
// finds them gone over already and changes nothing.
func (s *Service) MergeUnits(ctx context.Context, in Merger) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.MergeUnits(%s)", in.Into)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.On, "on"}); err != nil {
		return nil, err
	}
	if len(in.Units) == 0 {
		return nil, errs.New(errs.Invalid, "请选择要并入的单位").At("units")
	}
	to, err := s.openUnit(ctx, in.Into, nil)
	if err != nil {
		return nil, err
	}
	on := or(in.On, clock.Today(ctx))
	for _, id := range in.Units {
		if err := s.merge(ctx, id, to, on); err != nil {
			return nil, err
		}
	}
	return to, nil
}

func (s *Service) merge(ctx context.Context, id uuid.UUID, to *gen.Unit, on time.Time) error {
	u, err := s.unit(ctx, id)
	if err != nil || sameID(u.SuccessorID, &to.ID) {
		return err
	}
	if u, err = s.openUnit(ctx, id, nil); err != nil {
		return err
	}
	if u.Line != to.Line {
		return errs.New(errs.Invalid, "“%s”与“%s”不在同一条线上", u.Name, to.Name).At("units")
	}
	tree, err := s.tree(ctx, u.Line)
	if err != nil {
		return err
	}
	if tree.within(to.ID, u.ID) {
		return errs.New(errs.Invalid, "“%s”不能并入自己或自己的下级", u.Name).At("units")
	}
	if err := checkSuccession(u, on, clock.Today(ctx)); err != nil {
		return err
	}
	return s.goOver(ctx, u, to, on)
}

func checkSuccession(u *gen.Unit, on, today time.Time) error {
	switch {
	case on.After(today):
		return errs.New(errs.Invalid, "改名或合并请在生效当天或以后登记").At("on")
	case u.ActiveFrom != nil && on.Before(*u.ActiveFrom):
		return errs.New(errs.Invalid, "“%s”在这一天还没有启用", u.Name).At("on")
	}
	return nil
}

// goOver closes a unit in favour of its successor. The units below and the
// people go over; the closed unit itself goes below its successor, so that
// whoever sits there sees and handles what had been addressed to the old one.
func (s *Service) goOver(ctx context.Context, u, to *gen.Unit, on time.Time) error {
	below, err := s.openBelow(ctx, u.ID)
	if err != nil {
		return err
	}
	for _, child := range below {
		if err := s.freeName(ctx, child.Line, &to.ID, child.Name, child.ID); err != nil {
			return err
		}
		if err := s.client.Unit.UpdateOne(child).SetParentID(to.ID).AddVersion(1).Exec(ctx); err != nil {
			return err
		}
	}
	last := on.AddDate(0, 0, -1)
	if err := s.moveSeats(ctx, u.ID, to.ID, last); err != nil {
		return err
	}
	return s.client.Unit.UpdateOneID(u.ID).SetParentID(to.ID).SetSuccessorID(to.ID).SetActiveTo(last).AddVersion(1).Exec(ctx)
}

// openBelow are the open units directly below one.
func (s *Service) openBelow(ctx context.Context, id uuid.UUID) ([]*gen.Unit, error) {
	return s.client.Unit.Query().Where(unit.ParentID(id), authz.UnitLasts(clock.Today(ctx))).
		Order(unit.ByID()).All(ctx)
}

// moveSeats ends the seats that go on after the last day, and begins them
// anew in the successor, once for those who sit there already.
func (s *Service) moveSeats(ctx context.Context, from, to uuid.UUID, last time.Time) error {
	there, err := s.seatsAfter(ctx, to, last)
	if err != nil {
		return err
	}
	here, err := s.seatsAfter(ctx, from, last)
	if err != nil {
		return err
	}
	first := last.AddDate(0, 0, 1)
	for _, old := range here {
		p := clock.Period{From: &first, To: old.SeatTo}
		if old.SeatFrom != nil && old.SeatFrom.After(first) {
			p.From = old.SeatFrom
		}
		if err := s.client.Seat.UpdateOne(old).SetSeatTo(last).Exec(ctx); err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(o *gen.Seat) bool {
			return o.MembershipID == old.MembershipID && o.Post == old.Post && authz.SeatPeriod(o).Overlaps(p)
		}) {
			continue
		}
		next, err := s.client.Seat.Create().SetMembershipID(old.MembershipID).SetUnitID(to).SetPost(old.Post).
			SetSeatFrom(*p.From).SetNillableSeatTo(p.To).Save(ctx)
		if err != nil {
			return err
		}
		there = append(there, next)
	}
	return nil
}

// seatsAfter are a unit's seats that last beyond a day.
func (s *Service) seatsAfter(ctx context.Context, id uuid.UUID, last time.Time) ([]*gen.Seat, error) {
	rows, err := s.client.Seat.Query().Where(seat.UnitID(id), authz.SeatAfter(last)).Order(seat.ByID()).All(ctx)
	return slices.DeleteFunc(rows, func(o *gen.Seat) bool { return authz.SeatPeriod(o).Empty() }), err
}

// Closing ends a unit, such as a research team. What waits for it, which
// PreviewClosing lists, is taken over by a unit that is named (A10).
type Closing struct {
	Unit     uuid.UUID
	Heir     *uuid.UUID // who takes over what waits; nil: nothing waits
	On       *time.Time // last day, not in the future; nil: today
	Reason   string
	Expected *int
}

// CloseUnit ends a unit and its seats. Called twice the second changes
// nothing.
func (s *Service) CloseUnit(ctx context.Context, in Closing) (_ *gen.Unit, err error) {
	defer errs.Wrap(&err, "roster.CloseUnit(%s)", in.Unit)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	if err := days(clock.Today(ctx), dated{&in.On, "on"}); err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "停用理由", "reason"}); err != nil {
		return nil, err
	}
	u, err := s.unit(ctx, in.Unit)
	if err != nil || u.ActiveTo != nil {
		return u, err
	}
	if err := errs.Unchanged(in.Expected, u.Version); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	last := or(in.On, today)
	switch {
	case last.After(today):
		return nil, errs.New(errs.Invalid, "请在停用当天或以后登记").At("on")
	case u.ActiveFrom != nil && last.Before(*u.ActiveFrom):
		return nil, errs.New(errs.Invalid, "停用日期不能早于启用日期").At("on")
	}
	heir, err := s.takesOver(ctx, u, in.Heir)
	if err != nil {
		return nil, err
	}
	seats, err := s.seatsAfter(ctx, u.ID, last)
	if err != nil {
		return nil, err
	}
	for _, o := range seats {
		if err := s.client.Seat.UpdateOne(o).SetSeatTo(last).Exec(ctx); err != nil {
			return nil, err
		}
	}
	up := s.client.Unit.UpdateOne(u).SetActiveTo(last).AddVersion(1)
	if heir != nil {
		up.SetSuccessor(heir).SetParent(heir)
	}
	return up.Save(ctx)
}

// takesOver is who takes over what waits for a unit; nil when nothing does and
// nobody is named. A unit with others below it is not closed.
func (s *Service) takesOver(ctx context.Context, u *gen.Unit, heir *uuid.UUID) (*gen.Unit, error) {
	below, err := s.openBelow(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(below) > 0 {
		return nil, errs.New(errs.Conflict, "“%s”还有 %d 个下级单位，请先移走或停用", u.Name, len(below))
	}
	if heir != nil {
		if *heir == u.ID {
			return nil, errs.New(errs.Invalid, "不能由它自己接办").At("heir")
		}
		return authz.UnitThere(ctx, s.client, *heir, authz.Fits{Lines: []unit.Line{u.Line}, What: "同一条线上的单位"}, "heir")
	}
	waiting, err := waitingFor(ctx, u.ID)
	if err == nil && len(waiting) > 0 {
		err = errs.New(errs.Conflict, "“%s”还有 %d 件没有办完（previewCloseUnit 列出各件和轮到谁），请写明由哪个单位接办", u.Name, len(waiting)).
			At("heir").With("waiting", len(waiting))
	}
	return nil, err
}
