package process_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/tenants/templates"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	cal := workday.New(nil)
	run := func(source string, change func(*process.Plan)) process.Result {
		p := process.Plan{Matters: 100, Start: day(3), Within: 10, Horizon: 365, Otherwise: process.Delay{Min: 2, Max: 2}, Seed: 1}
		if change != nil {
			change(&p)
		}
		return process.Simulate(parse(t, source), process.DefaultPolicy(), cal, p)
	}
	of := func(list []process.Waited, code string) process.Waited {
		for _, w := range list {
			if w.Code == code {
				return w
			}
		}
		t.Fatalf("no %s", code)
		return process.Waited{}
	}
	t.Run("with fixed delays each waits as long as it takes", func(t *testing.T) {
		r := run(tiny, nil)
		open := of(r.States, "OPEN")
		if r.Started != 100 || r.Finished != 100 || open.Passed != 100 || open.TotalDays != 200 || open.MeanDays() != 2 || open.MaxDays != 2 || open.Left != 0 {
			t.Errorf("%+v", r)
		}
		if of(r.States, "DONE").Passed != 100 || of(r.Turns, "committee_staff").TotalDays < 400 || of(r.Turns, "committee_staff").Label != "主任" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("the same seed gives the same result, another another", func(t *testing.T) {
		wide := func(seed uint64) process.Result {
			return run(tiny, func(p *process.Plan) { p.Otherwise, p.Seed = process.Delay{Min: 0, Max: 20}, seed })
		}
		if !reflect.DeepEqual(wide(1), wide(1)) || reflect.DeepEqual(wide(1), wide(2)) {
			t.Error("it does not depend on the seed alone")
		}
		if open := of(wide(1).States, "OPEN"); open.MaxDays > 20 || open.MeanDays() < 5 || open.MeanDays() > 15 {
			t.Errorf("%+v", open)
		}
	})
	t.Run("who takes longer than the deadline is overdue, and a window is no deadline", func(t *testing.T) {
		late := run(tiny, func(p *process.Plan) { p.Delays = map[string]process.Delay{"committee_staff": {Min: 10, Max: 10}} })
		if open := of(late.States, "OPEN"); open.Overdue != 100 { // three working days
			t.Errorf("%+v", open)
		}
		if first := of(late.States, "FIRST"); first.Overdue != 0 {
			t.Errorf("%+v", first)
		}
		if open := of(run(tiny, nil).States, "OPEN"); open.Overdue != 0 {
			t.Errorf("%+v", open)
		}
	})
	t.Run("who is not through at the horizon is still there", func(t *testing.T) {
		r := run(tiny, func(p *process.Plan) { p.Horizon, p.Within, p.Otherwise = 5, 1, process.Delay{Min: 10, Max: 10} })
		if open := of(r.States, "OPEN"); r.Finished != 0 || open.Left != 100 || open.TotalDays != 500 || open.Passed != 0 {
			t.Errorf("%+v", open)
		}
	})
	t.Run("what is weighed is taken by its weight, and 0 is never", func(t *testing.T) {
		r := run(tiny, func(p *process.Plan) {
			p.Matters, p.Weights = 1000, map[string]int{"hold": 9, "chair": 0, "fail": 0, "ask": 1, "finish": 90}
		})
		if asked := of(r.States, "ASKED"); asked.Passed < 50 || asked.Passed > 400 {
			t.Errorf("%+v", asked)
		}
	})
	t.Run("a deadline that ends a state by itself does", func(t *testing.T) {
		r := run(tiny, func(p *process.Plan) {
			p.Weights = map[string]int{"ask": 1, "hold": 0, "chair": 0, "fail": 0}
			p.Delays = map[string]process.Delay{"committee_staff": {Min: 30, Max: 30}}
		})
		if of(r.States, "LATE").Passed == 0 {
			t.Errorf("%+v", r.States)
		}
	})
	t.Run("a circle ends at the cap of visits, with everybody still there", func(t *testing.T) {
		r := run(tiny, func(p *process.Plan) {
			p.Weights = map[string]int{"hold": 1, "return": 1, "finish": 0, "ask": 0, "chair": 0, "fail": 0}
			p.Otherwise, p.Visits = process.Delay{}, 3
		})
		if held := of(r.States, "HELD"); r.Finished != 0 || held.Passed+held.Left != 300 {
			t.Errorf("%+v", held)
		}
	})
	t.Run("nearly all matters of every shipped definition come to an end, a thousand times within two seconds", func(t *testing.T) {
		for _, source := range templates.Processes() {
			from := time.Now()
			r := run(string(source), func(p *process.Plan) { p.Matters, p.Horizon, p.Otherwise = 1000, 3650, process.Delay{Min: 1, Max: 9} })
			if r.Finished < 900 || time.Since(from) > 2*time.Second {
				t.Errorf("%d finished after %s", r.Finished, time.Since(from))
			}
		}
	})
	t.Run("what has no beginning gives nothing", func(t *testing.T) {
		if r := run("kind: aa", nil); r.Started != 0 || r.States != nil {
			t.Errorf("%+v", r)
		}
		run(change(t, "from: [HELD, LATE], to: FIRST", "from: [GONE], to: GONE"), nil)
		run(change(t, "timers: [hours, late]", "timers: [hour, late]"), nil)
	})
}
