package flow

import (
	"context"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// registerGeneric registers the rules that any process may use.
func registerGeneric(s *Rules) {
	GuardOf(s, "not_suspended", "期限没有在中止。", nil, func(in *Input, _ struct{}) error {
		if suspended(in.Case) {
			return errs.New(errs.GuardFailed, "期限正在中止，请先恢复")
		}
		return nil
	})
	GuardOf(s, "suspended", "期限正在中止。", nil, func(in *Input, _ struct{}) error {
		if !suspended(in.Case) {
			return errs.New(errs.GuardFailed, "期限没有中止，不需要恢复")
		}
		return nil
	})
	GuardOf(s, process.Never, "从不成立：动作只由系统自己进行，写在流程里是为了说明它通向哪里。", nil, func(*Input, struct{}) error {
		return errs.New(errs.GuardFailed, "由系统自动进行")
	})
	GuardOf(s, "deadline_passed", "以这个自动动作为到期动作（expires）的期限已过。", nil, func(in *Input, _ struct{}) error {
		for _, t := range in.OpenTimers(nil) {
			def := in.Def.Timers[t.Key]
			if def != nil && def.Expires == in.Action.Code && passed(in.Case, t) {
				return nil
			}
		}
		return errs.New(errs.GuardFailed, "期限还没有到")
	})
	EffectOf(s, "suspend_timers", "中止事项正在计时的全部期限。", nil, func(ctx context.Context, r *Run, _ struct{}) error { return r.Engine.suspendAll(ctx, r, true) })
	EffectOf(s, "resume_timers", "恢复中止了的期限，中止的日子不计在内。", nil, func(ctx context.Context, r *Run, _ struct{}) error { return r.Engine.suspendAll(ctx, r, false) })
}

func suspended(c *Case) bool {
	for _, t := range c.Timers {
		if t.Status == timer.StatusSUSPENDED {
			return true
		}
	}
	return false
}

// passed reports whether a timer's day or instant is over; both are in time.
func passed(c *Case, t *gen.Timer) bool {
	if t.DueAt != nil {
		return t.DueAt.Before(c.Now)
	}
	return t.DueOn != nil && t.DueOn.Before(c.Today())
}

// Happened is the guard of what is recorded: its day, where the form has one,
// is not after today.
func Happened(in *Input) error {
	if !in.Form.Has("on") {
		return nil
	}
	on, err := in.Form.Day("on")
	if err == nil && on.After(in.Today()) {
		return errs.New(errs.Invalid, "日期在今天之后，还没有发生的事不能记录").At("on")
	}
	return err
}

// Side is one of those that have to take part in a meeting: as what the form
// lists it, and what it is called.
type Side struct{ As, Label string }

// Absent names the sides that are not among the form's `present`.
func Absent(in *Input, sides ...Side) (labels []string, err error) {
	var f struct {
		Present []struct {
			As string `json:"as"`
		} `json:"present"`
	}
	if err := in.Form.Into(&f); err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, p := range f.Present {
		there[p.As] = true
	}
	for _, s := range sides {
		if !there[s.As] {
			labels = append(labels, s.Label)
		}
	}
	return labels, nil
}
