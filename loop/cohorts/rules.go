package cohorts

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
)

// checklist is a guard that names everything that is missing.
type checklist struct {
	says  string // what it demands, in one sentence
	list  func(*flow.Input) []string
	stage string // of the record without which it never holds; empty: it looks at none
}

// question is a guard about what is filled in.
type question struct {
	says string
	ask  flow.Guard
}

// checklists are all of them, those that only former versions of the process
// name included: a loop may still run on one.
var checklists = []map[string]checklist{prestudyLists, handlingLists, taskLists, supervisionLists, formerLists}

// questions are the same for what is filled in.
var questions = []map[string]question{formQuestions, formerQuestions}

// Register makes the rules of cohorts known.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Declaration.Code)
	for _, lists := range checklists {
		for name, c := range lists {
			holds := flow.Listing(c.list)
			flow.GuardOf(s, "cohort."+name, c.says, needs(c.stage), func(in *flow.Input, _ struct{}) error { return holds(in) }, lifted[name]...)
		}
	}
	for _, forms := range questions {
		for name, q := range forms {
			s.Guard("cohort."+name, q.says, q.ask, flow.OnForm)
		}
	}
	registerRecord(s)
	for name, f := range effects {
		f.Register(s, "cohort."+name)
	}
	for name, b := range bases {
		s.Base("cohort."+name, b.says, b.do)
	}
}

// bases count the three years from the last day of the year before each, so
// that twelve months end with the year and three with March (domain.md 5).
var bases = map[string]struct {
	says string
	do   flow.Base
}{
	"prestudy":    {"从预研的年度开始起算", yearBegins(func(c *flow.Case) int { return YearsOf(c.Edges.Cohort.HandleYear).Prestudy })},
	"handling":    {"从办理的年度开始起算", yearBegins(func(c *flow.Case) int { return YearsOf(c.Edges.Cohort.HandleYear).Handling })},
	"supervision": {"从监督的年度开始起算，再延一年的顺延", yearBegins(supervisionYear)},
}

func yearBegins(year func(*flow.Case) int) flow.Base {
	return func(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
		y := year(c)
		return clock.Date(y-1, time.December, 31), fmt.Sprintf("%d年开始", y)
	}
}

// supervisionYear is the year after the handling, and one more for each time
// the loop was extended.
func supervisionYear(c *flow.Case) int {
	return YearsOf(c.Edges.Cohort.HandleYear).Supervision + len(c.RecordsOf(record.KindEXTENSION))
}

// unless is a checklist of one line: what is missing unless ok.
func unless(ok bool, missing string, args ...any) []string {
	if ok {
		return nil
	}
	return []string{fmt.Sprintf(missing, args...)}
}

// items lists the cohort's items of a kind with one of the statuses, all when
// none is given.
func items(c *flow.Case, k item.Kind, statuses ...item.Status) []*gen.Item {
	return among(c.Items, k, statuses...)
}

func among(all []*gen.Item, k item.Kind, statuses ...item.Status) []*gen.Item {
	var out []*gen.Item
	for _, i := range all {
		if i.Kind != k {
			continue
		}
		ok := len(statuses) == 0
		for _, s := range statuses {
			ok = ok || i.Status == s
		}
		if ok {
			out = append(out, i)
		}
	}
	return out
}

// ofStage lists the records of a stage, oldest first.
func ofStage(c *flow.Case, stage string) []*gen.Record {
	var out []*gen.Record
	for _, r := range c.Records {
		if r.Stage == stage {
			out = append(out, r)
		}
	}
	return out
}

// last is the newest record of a stage, nil when there is none.
func last(c *flow.Case, stage string) *gen.Record {
	all := ofStage(c, stage)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// said reports whether a record of the stage about an item is there, by whom
// when that matters.
func said(c *flow.Case, stage string, about uuid.UUID, by string) bool {
	for _, r := range ofStage(c, stage) {
		if r.Data["itemId"] == about.String() && (by == "" || r.Data["by"] == by) {
			return true
		}
	}
	return false
}
