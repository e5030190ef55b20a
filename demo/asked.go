package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/obligations"
)

// What 中山 asks of its members each year; the wording and the numbers are the
// demo's.
var (
	opinionAYear = obligations.Need{Label: "反映社情民意", Least: 1, Of: "involved", Among: figures.Condition{"kind": {Words: []string{"opinion"}}, "brought": {Yes: true}}}

	askedOfMembers = []obligations.Definition{
		{Code: "one_opinion", Label: "一年一条社情民意", Note: "区政协委员履职规则（演示）", Done: []obligations.Need{opinionAYear}},
		{Code: "three_ones", Label: "三个一", Note: "区政协委员履职规则（演示）", Done: []obligations.Need{
			{Label: "提出提案", Least: 1, Of: "authored"}, opinionAYear,
			{Label: "参加活动", Least: 1, Of: "attended", Among: figures.Condition{"status": {Words: []string{"ATTENDED"}}}},
		}},
	}
)

// asks publishes them at the beginning of 2025: some members have done them by
// now, and some have not.
func (s *stage) asks() (out []task) {
	for i, d := range askedOfMembers {
		d.Owes, d.Clock = obligations.Owes{Kinds: []string{"MEMBER"}}, obligations.Clock{Every: obligations.Year, Remind: []int{30, 7}}
		from := clock.Date(2025, time.January, 1)
		out = append(out, s.errand(shanghai(2025, time.January, 6, 9, 30+i), "sg", d.Label, "publishObligation", func(ctx context.Context) (string, error) {
			v, err := s.Obligations.Publish(ctx, obligations.Draft{Definition: d, AppliesOn: &from, Reason: "主席会议通过"})
			if err != nil {
				return "", err
			}
			return audit.Object(obligations.Entity, v.ID), nil
		}))
	}
	return out
}
