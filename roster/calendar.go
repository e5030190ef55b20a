package roster

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/workday"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
)

// maxOrdinal keeps a mistyped year out of the ordinals.
const maxOrdinal = 99

// NewTerm is a 届.
type NewTerm struct {
	Ordinal          int
	StartsOn, EndsOn time.Time
}

// OpenTerm adds a term. Called twice with the same values it returns the same
// term; with the same ordinal and other days it is a Conflict.
func (s *Service) OpenTerm(ctx context.Context, in NewTerm) (_ *gen.Term, err error) {
	defer errs.Wrap(&err, "roster.OpenTerm(%d)", in.Ordinal)
	ctx, _, err = s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	in.StartsOn, in.EndsOn = clock.Day(in.StartsOn), clock.Day(in.EndsOn)
	terms, err := s.client.Term.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	same, err := checkTerm(in, terms)
	if err != nil || same != nil {
		return same, err
	}
	if err := day.Planned(in.EndsOn, time.Time{}, clock.Today(ctx), "endsOn"); err != nil {
		return nil, err
	}
	return s.client.Term.Create().SetOrdinal(in.Ordinal).SetStartsOn(in.StartsOn).SetEndsOn(in.EndsOn).Save(ctx)
}

// checkTerm answers the term that is already the same, or what is wrong.
func checkTerm(in NewTerm, terms []*gen.Term) (*gen.Term, error) {
	switch {
	case in.Ordinal < 1 || in.Ordinal > maxOrdinal:
		return nil, errs.New(errs.Invalid, "届次应为 1 至 %d", maxOrdinal).At("ordinal")
	case !in.StartsOn.Before(in.EndsOn):
		return nil, errs.New(errs.Invalid, "届满日期必须在起始日期之后").At("endsOn")
	}
	var last *gen.Term
	for _, t := range terms {
		if t.Ordinal == in.Ordinal {
			if sameDay(t.StartsOn, &in.StartsOn) && sameDay(t.EndsOn, &in.EndsOn) {
				return t, nil
			}
			return nil, errs.New(errs.Conflict, "第 %d 届已建立，起止日期不同", in.Ordinal).At("ordinal")
		}
		if last == nil || t.Ordinal > last.Ordinal {
			last = t
		}
	}
	switch {
	case last == nil:
		return nil, nil
	case in.Ordinal != last.Ordinal+1:
		return nil, errs.New(errs.Invalid, "现为第 %d 届，下一届应为第 %d 届", last.Ordinal, last.Ordinal+1).At("ordinal")
	case last.EndsOn != nil && !last.EndsOn.Before(in.StartsOn):
		return nil, errs.New(errs.Invalid, "起始日期必须在第 %d 届届满之后", last.Ordinal).At("startsOn")
	}
	return nil, nil
}

// SittingDates are the days of a 次会议. CutoffAt is the instant after which a
// proposal is 平时提案.
type SittingDates struct {
	PrepOpensOn time.Time
	OpensOn     time.Time
	CutoffAt    time.Time
	ClosesOn    time.Time
}

func (d SittingDates) normal() SittingDates {
	d.PrepOpensOn, d.OpensOn, d.ClosesOn = clock.Day(d.PrepOpensOn), clock.Day(d.OpensOn), clock.Day(d.ClosesOn)
	d.CutoffAt = d.CutoffAt.Truncate(time.Second)
	return d
}

func (d SittingDates) of(s *gen.Sitting) bool {
	return sameDay(s.PrepOpensOn, &d.PrepOpensOn) && sameDay(s.OpensOn, &d.OpensOn) &&
		s.CutoffAt != nil && s.CutoffAt.Equal(d.CutoffAt) && sameDay(s.ClosesOn, &d.ClosesOn)
}

// check tells what is wrong with the order of the days, with the term around
// them and with the sittings before and after; nil where there is none.
func (d SittingDates) check(term *gen.Term, prev, next *gen.Sitting) error {
	cutoff := clock.Day(d.CutoffAt)
	switch {
	case d.OpensOn.Before(d.PrepOpensOn):
		return errs.New(errs.Invalid, "开始征集的日期不能晚于开幕日期").At("prepOpensOn")
	case cutoff.Before(d.OpensOn):
		return errs.New(errs.Invalid, "大会提案截止时间不能早于开幕日期").At("cutoffAt")
	case d.ClosesOn.Before(cutoff):
		return errs.New(errs.Invalid, "大会提案截止时间不能晚于闭幕日期").At("cutoffAt")
	case term.StartsOn != nil && d.OpensOn.Before(*term.StartsOn):
		return errs.New(errs.Invalid, "开幕日期不在第 %d 届的起止日期之内", term.Ordinal).At("opensOn")
	case term.EndsOn != nil && d.ClosesOn.After(*term.EndsOn):
		return errs.New(errs.Invalid, "闭幕日期不在第 %d 届的起止日期之内", term.Ordinal).At("closesOn")
	case prev != nil && prev.ClosesOn != nil && !prev.ClosesOn.Before(d.PrepOpensOn):
		return errs.New(errs.Invalid, "开始征集的日期必须在上一次会议闭幕之后").At("prepOpensOn")
	case next != nil && next.PrepOpensOn != nil && !d.ClosesOn.Before(*next.PrepOpensOn):
		return errs.New(errs.Invalid, "闭幕日期必须在下一次会议开始征集之前").At("closesOn")
	}
	return nil
}

// NewSitting is a 次会议 of a term.
type NewSitting struct {
	Term    uuid.UUID
	Ordinal int
	SittingDates
}

// OpenSitting adds a sitting to a term. Called twice with the same values it
// returns the same sitting; with the same ordinal and other days it is a
// Conflict, see ChangeSitting.
func (s *Service) OpenSitting(ctx context.Context, in NewSitting) (_ *gen.Sitting, err error) {
	defer errs.Wrap(&err, "roster.OpenSitting(%d)", in.Ordinal)
	ctx, _, err = s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	term, err := s.client.Term.Get(ctx, in.Term)
	if term, err = authz.Found(term, err, "届次"); err != nil {
		return nil, err
	}
	all, err := s.sittings(ctx)
	if err != nil {
		return nil, err
	}
	in.SittingDates = in.normal()
	same, err := checkSitting(in, term, all)
	if err != nil || same != nil {
		return same, err
	}
	return s.client.Sitting.Create().SetTerm(term).SetOrdinal(in.Ordinal).SetPrepOpensOn(in.PrepOpensOn).
		SetOpensOn(in.OpensOn).SetCutoffAt(in.CutoffAt).SetClosesOn(in.ClosesOn).Save(ctx)
}

// checkSitting answers the sitting that is already the same, or what is wrong.
func checkSitting(in NewSitting, term *gen.Term, all []*gen.Sitting) (*gen.Sitting, error) {
	if in.Ordinal < 1 || in.Ordinal > maxOrdinal {
		return nil, errs.New(errs.Invalid, "会议次数应为 1 至 %d", maxOrdinal).At("ordinal")
	}
	last := 0
	for _, o := range all {
		if o.TermID != term.ID {
			continue
		}
		if o.Ordinal == in.Ordinal {
			if in.of(o) {
				return o, nil
			}
			return nil, errs.New(errs.Conflict, "第 %d 次会议已建立，日期不同；要改期请修改该次会议", in.Ordinal).At("ordinal")
		}
		last = max(last, o.Ordinal)
	}
	if last > 0 && in.Ordinal != last+1 {
		return nil, errs.New(errs.Invalid, "现为第 %d 次会议，下一次应为第 %d 次", last, last+1).At("ordinal")
	}
	prev, next := neighbours(all, term.Ordinal, in.Ordinal)
	return nil, in.check(term, prev, next)
}

// sittings are all of the committee's, in order.
func (s *Service) sittings(ctx context.Context) ([]*gen.Sitting, error) {
	all, err := s.client.Sitting.Query().WithTerm().All(ctx)
	slices.SortFunc(all, func(a, b *gen.Sitting) int { return compareSitting(a, b.Edges.Term.Ordinal, b.Ordinal) })
	return all, err
}

func compareSitting(a *gen.Sitting, term, ordinal int) int {
	if d := a.Edges.Term.Ordinal - term; d != 0 {
		return d
	}
	return a.Ordinal - ordinal
}

// neighbours are the sittings before and after a place in the order.
func neighbours(all []*gen.Sitting, term, ordinal int) (prev, next *gen.Sitting) {
	for _, o := range all {
		switch d := compareSitting(o, term, ordinal); {
		case d < 0:
			prev = o
		case d > 0 && next == nil:
			next = o
		}
	}
	return prev, next
}

// ChangeSitting moves the days of a sitting, as when it is postponed. Called
// twice with the same days the second changes nothing. Days by which cases
// were already due stay as they were published.
func (s *Service) ChangeSitting(ctx context.Context, id uuid.UUID, d SittingDates) (_ *gen.Sitting, err error) {
	defer errs.Wrap(&err, "roster.ChangeSitting(%s)", id)
	ctx, _, err = s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	all, err := s.sittings(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(o *gen.Sitting) bool { return o.ID == id })
	if i < 0 {
		return nil, errs.New(errs.NotFound, "没有这个会议，或您无权查看")
	}
	old := all[i]
	if d = d.normal(); d.of(old) {
		return old, nil
	}
	prev, next := neighbours(all, old.Edges.Term.Ordinal, old.Ordinal)
	if err := checkChange(d, old, clock.Now(ctx)); err != nil {
		return nil, err
	}
	if err := d.check(old.Edges.Term, prev, next); err != nil {
		return nil, err
	}
	return s.client.Sitting.UpdateOne(old).SetPrepOpensOn(d.PrepOpensOn).SetOpensOn(d.OpensOn).
		SetCutoffAt(d.CutoffAt).SetClosesOn(d.ClosesOn).Save(ctx)
}

// checkChange: proposals that came in before the deadline passed were told
// which kind they are by it.
func checkChange(d SittingDates, old *gen.Sitting, now time.Time) error {
	switch {
	case old.ListPublishedAt != nil:
		return errs.New(errs.NotAllowedInState, "提案目录已公布，会议日期不能再改")
	case old.CutoffAt == nil || old.CutoffAt.Equal(d.CutoffAt):
		return nil
	case !old.CutoffAt.After(now):
		return errs.New(errs.DeadlinePassed, "大会提案截止时间已过，不能再改").At("cutoffAt")
	case !d.CutoffAt.After(now):
		return errs.New(errs.Invalid, "大会提案截止时间不能改到过去").At("cutoffAt")
	}
	return nil
}

// NewWorkday is a day of the committee's own beside the national calendar.
type NewWorkday struct {
	Day     time.Time
	Working bool
	Note    string // why, such as a storm
}

// AddWorkday says whether a day is worked. Called twice with the same answer
// it changes nothing, the note included; with the other answer it changes a
// day in the future and is a Conflict for today and before.
func (s *Service) AddWorkday(ctx context.Context, in NewWorkday) (_ *gen.Workday, err error) {
	defer errs.Wrap(&err, "roster.AddWorkday(%s)", in.Day.Format(time.DateOnly))
	ctx, _, err = s.enter(ctx, manageSettings)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&in.Note, longText, true, "说明", "note"}); err != nil {
		return nil, err
	}
	in.Day = clock.Day(in.Day)
	today := clock.Today(ctx)
	old, err := s.client.Workday.Query().Where(workday.Day(in.Day)).Only(ctx)
	switch {
	case err == nil && old.Working == in.Working:
		return old, nil
	case err == nil && !in.Day.After(today):
		return nil, errs.New(errs.Conflict, "这一天已按另一种情况计算过期限，不能再改").At("day")
	case err == nil:
		return s.client.Workday.UpdateOne(old).SetWorking(in.Working).SetNote(in.Note).Save(ctx)
	case !gen.IsNotFound(err):
		return nil, err
	}
	if err := day.Ahead(in.Day, today, "day"); err != nil {
		return nil, err
	}
	return s.client.Workday.Create().SetDay(in.Day).SetWorking(in.Working).SetNote(in.Note).Save(ctx)
}
