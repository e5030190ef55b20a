package figures_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Plan{Posts: []string{"干事", "委员甲", "审计员"}, Stored: []string{fmt.Sprintf(stored, "proposal")}, Sitting: district.Plenary(2025, 6, 9)})
	all := figures.Scope{Kind: figures.All}
	ask := func(who string, s figures.Scope, split string, codes ...string) error {
		return d.As(who, func(ctx context.Context) error {
			_, err := figures.Of(ctx, codes, s, split)
			return err
		})
	}
	for name, c := range map[string]struct {
		err  error
		code errs.Code
	}{
		"numbers are for who may read figures": {ask("委员甲", all, "", "received"), errs.NotAllowed},
		"an unknown figure":                    {ask("干事", all, "", "happiness"), errs.Invalid},
		"one asked twice":                      {ask("干事", all, "", "received", "received"), errs.Invalid},
		"none at all":                          {ask("干事", all, ""), errs.Invalid},
		"a case is not split by unit: it may have several": {ask("干事", all, "unit", "received"), errs.Invalid},
		"a split by what is asked by yes or no":            {ask("干事", all, "filed", "received"), errs.Invalid},
		"a split that is a piece of SQL":                   {ask("干事", all, "t.id, 1", "received"), errs.Invalid},
		"a sitting of another committee":                   {ask("干事", figures.Scope{Kind: figures.Since, Sitting: uuid.New()}, "", "received"), errs.NotFound},
		"a day to come":                                    {ask("干事", figures.Scope{Kind: figures.All, AsOf: clock.Date(2026, 1, 1)}, "", "received"), errs.Invalid},
		"a year that nobody means":                         {ask("干事", figures.Scope{Kind: figures.Year, Year: 24}, "", "received"), errs.Invalid},
		"a scope that is none":                             {ask("干事", figures.Scope{Kind: "MONTH"}, "", "received"), errs.Invalid},
	} {
		if !errs.Is(c.err, c.code) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if err := ask("干事", all, "", "received", "filing_rate"); err != nil {
		t.Error(err)
	}
}

// What does not add up is not given, whichever of the figures is asked for, and
// the refusal names the whole and the difference.
func TestWhatDoesNotAddUpIsNotGiven(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Plan{Posts: []string{"干事"}, Stored: []string{fmt.Sprintf(stored, "proposal")}, Sitting: district.Plenary(2025, 6, 9)})
	err := d.As("干事", func(ctx context.Context) error {
		if err := oneCase(ctx, d, "LOST"); err != nil {
			return err
		}
		_, err := figures.Of(ctx, []string{"pending"}, figures.Scope{Kind: figures.All}, "")
		return err
	})
	e, ok := errs.As(err)
	if !ok || e.Code != errs.GuardFailed || e.Details["whole"] != "received" || e.Details["difference"] != 1 || !strings.Contains(e.Message, "相差 1") {
		t.Errorf("%v", err)
	}
}

// oneCase is one that was handed in and is in a state.
func oneCase(ctx context.Context, d *district.District, state string) error {
	c := d.Ent()
	m, err := c.Matter.Create().SetKind("proposal").SetProcessID(d.Runs["proposal"]).SetState(state).SetTitle("关于某事").SetOpenedAt(clock.Now(ctx)).Save(ctx)
	if err != nil {
		return err
	}
	if err := c.Proposal.Create().SetMatterID(m.ID).SetProposerKind("INDIVIDUAL").SetSittingID(d.Sitting).SetPeriod("PLENARY").Exec(ctx); err != nil {
		return err
	}
	return c.Step.Create().SetMatterID(m.ID).SetAction("act").SetLabel("做").SetToState(state).SetAt(clock.Now(ctx)).Exec(ctx)
}
