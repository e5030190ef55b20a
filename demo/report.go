package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/figures"
	frozen "github.com/bihuan/bihuan/figures/reports"
)

// yearlyReport is what 中山's standing committee says of 2024, frozen on the eve of
// the next sitting (ZS-46).
func (s *stage) yearlyReport() task {
	return s.errand(shanghai(2024, time.December, 26, 15, 0), "sg", "常委会工作报告定稿", "freezeReport", func(ctx context.Context) (string, error) {
		third, err := s.Store.Ent().Sitting.Query().Where(sitting.Ordinal(3)).Only(authz.System(ctx))
		if err != nil {
			return "", err
		}
		r, err := s.Reports.Freeze(ctx, frozen.Paper{
			Title: "2024年常务委员会工作报告的数字", Template: "standing_committee", Scope: figures.Scope{Kind: figures.Since, Sitting: third.ID},
		})
		if err != nil {
			return "", err
		}
		return audit.Object(gen.TypeReport, r.ID), nil
	})
}
