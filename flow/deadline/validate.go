package deadline

import (
	"strconv"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Validate says what is wrong with a budget, as an INVALID_INPUT error that
// names the field. A budget that is not valid has no due date.
func (b Budget) Validate() error {
	if err := b.validateAmount(); err != nil {
		return err
	}
	for i, e := range b.Extensions {
		if err := b.validateExtension(e); err != nil {
			err.Path = append([]string{"extensions", strconv.Itoa(i)}, err.Path...)
			return err
		}
	}
	for i := range b.Suspensions {
		if err := b.validateSuspension(i); err != nil {
			err.Path = append([]string{"suspensions", strconv.Itoa(i)}, err.Path...)
			return err
		}
	}
	return nil
}

// The helpers return the concrete type so that Validate can put the place in
// front; Validate itself returns a plain nil.

func (b Budget) validateAmount() *errs.Error {
	limit, known := longest[b.Unit]
	switch {
	case !known:
		return errs.New(errs.Invalid, "时限单位只能是工作日、自然日、月、小时或固定日期").At("unit")
	case b.Unit == FixedDate && b.Fixed.IsZero():
		return errs.New(errs.Invalid, "固定日期的时限请填写日期").At("fixed")
	case b.Unit != FixedDate && !b.Fixed.IsZero():
		return errs.New(errs.Invalid, "只有固定日期的时限才填写日期，请删去日期或改用固定日期").At("fixed")
	case b.Amount > limit || b.Amount < -limit:
		return errs.New(errs.Invalid, "时限最长为十年（固定日期不填数量），请改小").At("amount")
	}
	return nil
}

func (b Budget) validateExtension(e Extension) *errs.Error {
	limit, known := longest[e.Unit]
	switch {
	case !known:
		return errs.New(errs.Invalid, "延期单位只能是工作日、自然日、月、小时或固定日期").At("unit")
	case (e.Unit == Hour) != (b.Unit == Hour):
		return errs.New(errs.Invalid, "按小时计的时限只能延长若干小时，其他时限不能按小时延长").At("unit")
	case e.On.IsZero():
		return errs.New(errs.Invalid, "请填写批准延期的日期").At("on")
	case e.Unit == FixedDate && (e.Fixed.IsZero() || e.Amount != 0):
		return errs.New(errs.Invalid, "延期到固定日期时请填写日期，不填数量").At("fixed")
	case e.Fixed.After(e.On.AddDate(10, 0, 0)):
		return errs.New(errs.Invalid, "延期不能超过十年，请修改日期").At("fixed")
	case e.Unit != FixedDate && !e.Fixed.IsZero():
		return errs.New(errs.Invalid, "只有延期到固定日期才填写日期，请删去日期或改用固定日期").At("fixed")
	case e.Unit != FixedDate && (e.Amount <= 0 || e.Amount > limit):
		return errs.New(errs.Invalid, "延期应当大于零且不超过十年，请修改").At("amount")
	}
	return nil
}

func (b Budget) validateSuspension(i int) *errs.Error {
	s := b.Suspensions[i]
	switch {
	case s.From.IsZero():
		return errs.New(errs.Invalid, "请填写暂停的日期").At("from")
	case s.To == nil && i < len(b.Suspensions)-1:
		return errs.New(errs.Invalid, "前一次暂停尚未恢复，请先填写恢复日期").At("to")
	case s.To != nil && clock.Day(*s.To).Before(clock.Day(s.From)):
		return errs.New(errs.Invalid, "恢复日期不能早于暂停日期").At("to")
	}
	if i == 0 {
		return nil
	}
	// The one before has an end, or it would have been refused above.
	if before := b.Suspensions[i-1]; clock.Day(s.From).Before(clock.Day(*before.To)) {
		return errs.New(errs.Invalid, "两次暂停不能重叠，请改为前一次恢复之后的日期").At("from")
	}
	return nil
}
