package cohorts

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestPrestudy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := h.opened(t, 2023, energy)
	c := l.does(t, director, "addDirection", process.Form{"text": "方向一：产业发展", "source": "群众征题"}, "P1_COLLECT")
	d := c.Items[0].ID.String()

	t.Run("a direction says from which of the sources it comes", func(t *testing.T) {
		if c.Items[0].Path != "群众征题" {
			t.Error(c.Items[0])
		}
		l.refused(t, errs.Invalid, director, "addDirection", process.Form{"text": "方向二：民生"})
		l.refused(t, errs.Invalid, director, "addDirection", process.Form{"text": "方向二：民生", "source": "听说"})
	})
	t.Run("a think tank's opinion on a direction is recorded, and holds up nothing", func(t *testing.T) {
		c := l.does(t, director, "recordOpinion", l.fact(process.Form{"itemId": d, "thinkTank": "新型智库", "score": 86.5}), "P1_COLLECT")
		if r := last(c, stageOpinion); r == nil || r.Data["score"] != 86.5 || r.Data["itemId"] != d {
			t.Error(r)
		}
		l.refused(t, errs.Invalid, director, "recordOpinion", l.fact(process.Form{"itemId": uuid.Must(uuid.NewV7()).String()}))
	})
	t.Run("a dropped direction may return", func(t *testing.T) {
		l.doesWith(t, director, "dropItem", process.Form{"itemId": d}, "重复", "P1_COLLECT")
		l.refused(t, errs.GuardFailed, director, "holdKickoff", l.fact(process.Form{"chair": "CPPCC_CHAIR"}))
		l.does(t, director, "restoreItem", process.Form{"itemId": d}, "P1_COLLECT")
	})
	t.Run("each kept direction needs a lead organisation of this committee's roster", func(t *testing.T) {
		l.does(t, director, "holdKickoff", l.fact(process.Form{"chair": "CPPCC_CHAIR"}), "P2_KICKOFF")
		l.refused(t, errs.GuardFailed, director, "startResearch", nil)
		l.refused(t, errs.Invalid, director, "assignDirection", process.Form{"itemId": d, "unitId": uuid.Must(uuid.NewV7()).String()})
		l.does(t, director, "assignDirection", process.Form{"itemId": d, "unitId": h.units["市水务局"].String()}, "P2_KICKOFF")
		l.does(t, director, "startResearch", nil, "P3_RESEARCH")
	})
	t.Run("a day that is no day is refused", func(t *testing.T) {
		l.refused(t, errs.Invalid, director, "recordResearch", process.Form{"itemId": d, "by": "LEAD_ORG", "on": "2022-02-30", "text": "报告"})
	})
	t.Run("a direction is no candidate", func(t *testing.T) {
		l.refused(t, errs.Invalid, director, "recordResearch", l.fact(process.Form{"itemId": d, "by": "LEAD_ORG"}))
	})
	t.Run("what may be done now, and what blocks it, is computed by the same rules", func(t *testing.T) {
		fresh := h.opened(t, 2021, "更早的一个")
		blocked := map[string]string{}
		must(t, h.as(t, director, func(ctx context.Context) error {
			all, err := h.engine.Available(ctx, fresh.id)
			for _, a := range all[fresh.id] {
				blocked[a.Action.Code] = a.Blocked
			}
			return err
		}))
		free, there := blocked["addDirection"]
		if !there || free != "" || !strings.Contains(blocked["holdKickoff"], "还没有调研备选方向") {
			t.Fatal(blocked)
		}
	})
	t.Run("the candidates that were not chosen are free to return, and a choice is reconsidered only with a reason", func(t *testing.T) {
		again := h.opened(t, 2022, water)
		again.prestudied(t)
		all := items(again.look(t), item.KindCANDIDATE)
		other := process.Form{"itemId": all[1].ID.String()}
		again.refused(t, errs.Invalid, director, "returnCandidate", process.Form{"itemId": all[0].ID.String()}) // the chosen one
		c := again.does(t, director, "returnCandidate", process.Form{"itemId": all[1].ID.String(), "as": "普通提案"}, "P5_SELECTED")
		if i := items(c, item.KindCANDIDATE)[1]; i.Status != item.StatusDROPPED || i.Path != "普通提案" || i.SettledAt == nil {
			t.Fatal(i)
		}
		again.refused(t, errs.Invalid, director, "returnCandidate", other)
		again.refused(t, errs.Invalid, chair, "reconsider", nil)
		again.doesWith(t, chair, "reconsider", nil, "情况变化", "P4_SHORTLIST")
		c = again.does(t, director, "restoreItem", other, "P4_SHORTLIST")
		open := items(c, item.KindCANDIDATE, item.StatusOPEN)
		if len(open) != 2 || open[1].Path != "" || open[1].SettledAt != nil {
			t.Fatal(c.Items)
		}
	})
	t.Run("only the chair decides, only the director runs", func(t *testing.T) {
		l.refused(t, errs.NotAllowed, chair, "addCandidate", process.Form{"text": "备选件一", "unitId": h.units["市水务局"].String()})
		l.refused(t, errs.NotFound, clerk, "addCandidate", process.Form{"text": "备选件一", "unitId": h.units["市水务局"].String()})
	})
}

func TestOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	t.Run("only who runs cohorts opens one", func(t *testing.T) {
		for _, role := range []string{chair, member, clerk} {
			err := h.as(t, role, func(ctx context.Context) error {
				_, err := New(h.engine).Open(ctx, 2023, energy)
				return err
			})
			if !errs.Is(err, errs.NotAllowed) {
				t.Error(role, err)
			}
		}
	})
	t.Run("a year that cannot be begun and an empty title are refused", func(t *testing.T) {
		for year, title := range map[int]string{2024: energy, 1999: energy, 2023: " ", 2022: strings.Repeat("长", 81)} {
			if _, err := h.open(t, year, title); !errs.Is(err, errs.Invalid) {
				t.Error(year, err)
			}
		}
	})
	t.Run("of two that open one year at once, one is refused", func(t *testing.T) {
		results := make(chan error, 2)
		for range 2 {
			go func() { _, err := h.open(t, 2023, energy); results <- err }()
		}
		first, second := <-results, <-results
		if first != nil {
			first, second = second, first
		}
		if first != nil || !errs.Is(second, errs.Conflict) {
			t.Fatal(first, second)
		}
	})
	t.Run("it begins with collecting directions, seen by staff, owned by nobody", func(t *testing.T) {
		c := h.opened(t, 2022, water).look(t)
		if c.State != "P1_COLLECT" || c.Visibility != matter.VisibilitySTAFF || c.OwnerUnitID != nil || c.Edges.Cohort.HandleYear != 2022 {
			t.Fatal(c.Matter)
		}
	})
}
