package flow

import (
	"context"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/internal/errs"
)

// never is the guard of actions that only the engine itself carries out; they
// stand in a definition so that the check knows where they lead.
const never = "never"

// registerGeneric registers the rules that any process may use.
func registerGeneric(e *Engine) {
	e.Guard("not_suspended", func(in *Input) error {
		if suspended(in.Case) {
			return errs.New(errs.GuardFailed, "期限正在中止，请先恢复")
		}
		return nil
	})
	e.Guard("suspended", func(in *Input) error {
		if !suspended(in.Case) {
			return errs.New(errs.GuardFailed, "期限没有中止，不需要恢复")
		}
		return nil
	})
	// For actions that only the engine itself carries out.
	e.Guard(never, func(*Input) error { return errs.New(errs.GuardFailed, "由系统自动进行") })
	// An automatic action that only its timer's expiry may start.
	e.Guard("deadline_passed", func(in *Input) error {
		for _, t := range in.OpenTimers(nil) {
			def := in.Def.Timers[t.Key]
			if def != nil && def.Expires == in.Action.Code && passed(in.Case, t) {
				return nil
			}
		}
		return errs.New(errs.GuardFailed, "期限还没有到")
	})
	e.Effect("suspend_timers", func(ctx context.Context, r *Run) error { return e.suspendAll(ctx, r, true) })
	e.Effect("resume_timers", func(ctx context.Context, r *Run) error { return e.suspendAll(ctx, r, false) })
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
