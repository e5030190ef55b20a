package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/tenants"
)

// let tells what districts let the city see beyond that: 西岗区 has narrowed its
// figures, 中山区 has opened one case; and what the city publishes to them.
func (s *stage) let() {
	if s.of.Prefix == "dl" {
		s.guide()
	}
	city := s.others["dl"]
	if city == nil {
		return
	}
	s.sent(guided(s.now)) // who receives something has a part in the evening's letters, too
	switch s.of.Prefix {
	case "xg":
		s.story = append(s.story, s.errand(ago(s.now, 3, 10), "admin", "收窄送市的指标", "narrowFigures", func(ctx context.Context) (string, error) {
			sharing, err := s.Oversight.Narrow(ctx, oversight.Narrowing{Partner: city.Code, Codes: []string{"received", "filed", "filing_rate", "reply_rate"}, Splits: []string{"period"}})
			return audit.Object("FigureSharing", sharing.Agreement), err
		}))
	case "zs":
		at := ago(s.now, 2, 10)
		s.sent(at)
		s.story = append(s.story, s.errand(at, "director", "授权市政协查看一件提案", "grantCase", func(ctx context.Context) (string, error) {
			var id uuid.UUID
			err := tenants.Row(ctx, `SELECT m.id FROM matters m JOIN proposals p ON p.matter_id = m.id WHERE p.case_no IS NOT NULL AND NOT p.secret_flag AND m.closed_at IS NULL ORDER BY m.id LIMIT 1`, nil, &id)
			if err != nil {
				return "", err
			}
			g, err := s.Oversight.Give(ctx, oversight.Opening{Partner: city.Code, Matter: id, Purpose: "市政协专题调研", Until: clock.Day(at).AddDate(0, 2, 0)})
			return audit.Object("CaseGrant", g.ID), err
		}))
	}
}

// guided is when the city publishes its rules.
func guided(now time.Time) time.Time { return ago(now, 3, 9) }

// guide publishes two of the city's rules to all districts, one of them required:
// each has them to decide on.
func (s *stage) guide() {
	districts := append(s.partners(), s.standing()...)
	if len(districts) == 0 {
		return
	}
	at := guided(s.now)
	s.sent(at)
	for i, code := range []string{"deadlines.contact.before", "deadlines.sign.receipt"} {
		s.story = append(s.story, s.errand(at.Add(time.Duration(i)*time.Minute), "admin", "向下发布规则", "issueGuidance", func(ctx context.Context) (string, error) {
			var to []string
			for _, prefix := range districts {
				to = append(to, s.others[prefix].Code)
			}
			id, err := s.Guidance.Issue(ctx, guidance.Issuing{Kind: "setting", Code: code, Partners: to, Required: i == 0, Note: "全市一致，便于比较"})
			return audit.Object(guidance.Entity, id), err
		}))
	}
}
