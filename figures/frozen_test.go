package figures_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// What a report says is refused to change, to the serving role and to the
// owner of the tables, and what is not right is not frozen.
func TestWhatIsNotFrozen(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Plan{Posts: []string{"干事", "委员甲", "秘书长"}, Stored: []string{fmt.Sprintf(stored, "proposal")}, Sitting: district.Plenary(2025, 6, 9)})
	service := reports.New(d.Ent())
	freeze := func(who string, in reports.Paper) (r *gen.Report, err error) {
		err = d.As(who, func(ctx context.Context) error {
			r, err = service.Freeze(ctx, in)
			return err
		})
		return r, err
	}
	all, filed := figures.Scope{Kind: figures.All}, reports.Line{Label: "立案", Code: "filed"}
	one := []reports.Line{filed}
	for name, c := range map[string]struct {
		who  string
		in   reports.Paper
		code errs.Code
	}{
		"a member makes none":         {"委员甲", reports.Paper{Title: "一", Scope: all, Lines: one}, errs.NotAllowed},
		"no title":                    {"干事", reports.Paper{Title: " ", Scope: all, Lines: one}, errs.Invalid},
		"no line":                     {"干事", reports.Paper{Title: "一", Scope: all}, errs.Invalid},
		"an unknown figure":           {"干事", reports.Paper{Title: "一", Scope: all, Lines: []reports.Line{{Label: "幸福", Code: "happiness"}}}, errs.Invalid},
		"a line of neither":           {"干事", reports.Paper{Title: "一", Scope: all, Lines: []reports.Line{{Label: "幸福"}}}, errs.Invalid},
		"a line of both":              {"干事", reports.Paper{Title: "一", Scope: all, Lines: []reports.Line{{Label: "立案", Code: "filed", Why: "不知道"}}}, errs.Invalid},
		"a figure twice":              {"干事", reports.Paper{Title: "一", Scope: all, Lines: []reports.Line{filed, filed}}, errs.Invalid},
		"a template and lines":        {"干事", reports.Paper{Title: "一", Scope: all, Template: "standing_committee", Lines: one}, errs.Invalid},
		"an unknown template":         {"干事", reports.Paper{Title: "一", Scope: all, Template: "x"}, errs.Invalid},
		"another committee's sitting": {"干事", reports.Paper{Title: "一", Scope: figures.Scope{Kind: figures.Since, Sitting: uuid.New()}, Lines: one}, errs.NotFound},
		"a day to come":               {"干事", reports.Paper{Title: "一", Scope: figures.Scope{Kind: figures.All, AsOf: clock.Date(2030, 1, 1)}, Lines: one}, errs.Invalid},
		"the place of none":           {"干事", reports.Paper{Title: "一", Scope: all, Lines: one, Replaces: new(uuid.New()), Reason: "改"}, errs.NotFound},
	} {
		if _, err := freeze(c.who, c.in); !errs.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	first, err := freeze("干事", reports.Paper{Title: "一", Scope: all, Lines: one})
	if err != nil {
		t.Fatal(err)
	}
	withdraw := func(id uuid.UUID, reason string) error {
		return d.As("秘书长", func(ctx context.Context) error {
			_, err := service.Withdraw(ctx, id, reason)
			return err
		})
	}
	if err := withdraw(first.ID, " "); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	second, err := freeze("秘书长", reports.Paper{Title: "二", Scope: all, Lines: one, Replaces: &first.ID, Reason: "漏了一行"})
	if err != nil || *second.ReplacesID != first.ID {
		t.Fatal(err)
	}
	if err := withdraw(first.ID, "又"); !errs.Is(err, errs.NotAllowedInState) {
		t.Errorf("withdrawn twice: %v", err)
	}
	if err := withdraw(second.ID, "错了"); err != nil {
		t.Error(err)
	}
	if err := d.As("干事", func(ctx context.Context) error { return oneCase(ctx, d, "LOST") }); err != nil {
		t.Fatal(err)
	}
	_, err = freeze("干事", reports.Paper{Title: "三", Scope: all, Template: "standing_committee"})
	if e, ok := errs.As(err); !ok || e.Code != errs.GuardFailed || e.Details["whole"] != "received" || e.Details["difference"] != 1 {
		t.Errorf("what does not add up is frozen: %v", err)
	}
	t.Run("what it says is changed by nobody", func(t *testing.T) { unchanged(t, d, second.ID) })
}

// unchanged tries as the superuser, past every right, in transactions that are
// undone.
func unchanged(t *testing.T, d *district.District, id uuid.UUID) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, d.DB.SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, `INSERT INTO report_rows SELECT tenant_id, id, 0, gen_random_uuid(), true FROM reports WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE reports SET title = '改' WHERE id = $1`, `UPDATE reports SET printed = '改' WHERE id = $1`, `UPDATE reports SET withdrawn_reason = '改' WHERE id = $1`,
		`DELETE FROM report_rows WHERE report_id = $1`, `UPDATE report_rows SET counts = NOT counts WHERE report_id = $1`, `DELETE FROM reports WHERE id = $1`,
	} {
		if _, err := c.Exec(ctx, sql, id); err == nil || !strings.Contains(err.Error(), "is not changed") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
