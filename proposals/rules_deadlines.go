package proposals

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
)

func registerDeadlines(s *flow.Rules) {
	s.Chooser("proposal.cosign", "会议期间用 cosign.plenary，其余用 cosign.other", func(c *flow.Case, _ *gen.Assignment) string {
		if p := c.Edges.Proposal; p.Edges.Sitting != nil && inSession(p.Edges.Sitting, c.Today()) {
			return "cosign.plenary"
		}
		return "cosign.other"
	})
	s.Chooser("proposal.contact", "用 contact.before；会办单位，和政策不要求面商时，没有这个期限", func(c *flow.Case, a *gen.Assignment) string {
		if a.Role == assignment.RoleASSIST || !c.Policy.ContactRequired {
			return ""
		}
		return "contact.before"
	}, flow.OfShare)
	s.Chooser("proposal.reply", "会办用 coopinion，重新办理和退回重办用 rehandle.reply，平时提案用 reply.intersession，其余用 reply.plenary", func(c *flow.Case, a *gen.Assignment) string {
		p := c.Edges.Proposal
		switch {
		case a.Role == assignment.RoleASSIST:
			return "coopinion"
		case a.Round > 1 || c.Reply(a) != nil && c.Reply(a).Status == reply.StatusSENT_BACK:
			return "rehandle.reply"
		case p.Period != nil && *p.Period == proposal.PeriodINTERSESSION:
			return "reply.intersession"
		}
		return "reply.plenary"
	}, flow.OfShare)
	s.Base("proposal.assigned", "从交办给本单位起算，退回重办的从退回起算", func(c *flow.Case, a *gen.Assignment) (time.Time, string) {
		if r := c.Reply(a); r != nil && r.Status == reply.StatusSENT_BACK {
			return c.Now, "退回重办"
		}
		return a.AssignedAt, "交办"
	}, flow.OfShare)
	s.Base("proposal.closing", "大会提案从会议闭幕起算，平时提案从提交或立案起算", closing)
}

// closing is the base of review and assignment: for a case of the plenary the
// closing of its sitting, before and after that day; for a 平时提案, and while
// nobody knows when the sitting closes, the day of the step itself.
func closing(c *flow.Case, _ *gen.Assignment) (time.Time, string) {
	p := c.Edges.Proposal
	s := p.Edges.Sitting
	if s == nil || s.ClosesOn == nil {
		return c.Now, "提交或立案"
	}
	between := c.Today().After(*s.ClosesOn) // of a case that is being handed in now
	if p.Period != nil {
		between = *p.Period == proposal.PeriodINTERSESSION
	}
	if between {
		return c.Now, "提交或立案"
	}
	return clock.StartOf(*s.ClosesOn), "会议闭幕"
}

func inSession(s *gen.Sitting, day time.Time) bool {
	return s.OpensOn != nil && s.ClosesOn != nil && !day.Before(*s.OpensOn) && !day.After(*s.ClosesOn)
}
