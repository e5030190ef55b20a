package cohorts

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// TestFormer walks a loop that began before there were tasks, and moves it.
func TestFormer(t *testing.T) {
	t.Parallel()
	h := newHouseOn(t, former(t))
	l := h.opened(t, 2023, energy)
	l.prestudiedFrom(t, nil)
	p := h.proposal(t, energy, proposal.DispositionNONE)
	l.deployed(t, p)
	h.assign(t, p, assignment.RoleSEPARATE, "市发展改革委")
	account := func(unit string) process.Form {
		return l.fact(process.Form{"unitId": l.units[unit].String(), "outcome": "REPORTED"})
	}
	t.Run("a loop that began on version 1 goes on by its rules: no tasks, accounts to the cohort", func(t *testing.T) {
		l.does(t, director, "consultAssignment", l.fact(bothSides), "H2_ASSIGN_CONSULT")
		l.sign(t, p)
		l.does(t, director, "consultHandling", l.fact(bothSides), "H3_HANDLE_CONSULT")
		l.does(t, director, "recordAccount", account("市水务局"), "H4_ACCOUNT")
		l.lacks(t, director, "recordHearing", l.fact(heard), "“市发展改革委”还没有交账，也没有说明原因")
		l.does(t, director, "recordAccount", account("市发展改革委"), "H4_ACCOUNT")
		l.does(t, director, "recordHearing", l.fact(heard), "H5_HEARD")
	})
	t.Run("its appraisal is counted by hand", func(t *testing.T) {
		one := ballot(40, 2, votes(l.units["市水务局"], 30, 6, 1, 1))
		both := ballot(40, 2, votes(l.units["市水务局"], 30, 6, 1, 1), votes(l.units["市发展改革委"], 38, 0, 0, 0))
		one["on"], both["on"] = l.fact(nil)["on"], l.fact(nil)["on"]
		l.does(t, director, "recordAppraisal", one, "H6_APPRAISED")
		l.refused(t, errs.GuardFailed, director, "recordReport", l.fact(process.Form{"sentTo": []any{"PARTY"}}))
		l.does(t, director, "recordAppraisal", both, "H6_APPRAISED")
	})
	t.Run("moved to the present version it goes on with what was recorded", func(t *testing.T) {
		must(t, h.as(t, director, func(ctx context.Context) error {
			next, err := h.engine.Publish(ctx, []byte(definition(t, Kind).Source), func(authz.Permission) bool { return true })
			if err != nil {
				return err
			}
			return h.engine.MoveTo(ctx, l.id, next.ID, nil, "换用新版")
		}))
		l.answer(t, p)
		l.does(t, director, "recordReport", l.fact(process.Form{"sentTo": []any{"PARTY", "GOVERNMENT"}}), "H7_REPORT")
		l.lacks(t, chair, "plan", l.fact(process.Form{"by": "PARTY_GROUP"}), "还没有列入2024年度监督计划，请在该计划中为它立项并关联")
		l.entered(t, "SUPERVISION", 2024, "ISSUED")
		l.does(t, chair, "plan", l.fact(process.Form{"by": "PARTY_GROUP"}), "S0_PLANNED")
		if n := len(items(l.look(t), item.KindCANDIDATE)); n != 2 {
			t.Errorf("%d candidates", n)
		}
	})
}
