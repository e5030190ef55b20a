package oversight_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// stored is enough of a process for matters to stand on: nothing is acted here.
const stored = `
kind: proposal
version: 1
title: 测试
machines: {matter: {initial: DRAFT, states: [{code: DRAFT, label: 草稿}]}}
`

// world is a city and a district with its standing agreement.
type world struct {
	*assembled.District // the city
	district            *district.District
}

// newWorld begins on Monday 3 March 2025; the district's fourth sitting opened in
// January.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{District: assembled.New(t,
		district.Plan{Code: "210200", Posts: []string{"管理员", "市督察"}},
		district.Plan{Code: "210202", Posts: []string{"管理员", "干事", "委员甲", "审计员", "主任"}, Stored: []string{stored}, Sitting: district.Plenary(2025, 6, 9)})}
	w.district = w.Beside("210202")
	w.DB.AsOwner(t, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, w.Tenant, w.district.Tenant)
	w.OK(w.Oversight.Stand(w.Ctx(), w.district.Tenant))
	return w
}

// run is a subtest of the world.
func (w *world) run(name string, fn func(t *testing.T, w *world)) {
	w.T.(*testing.T).Run(name, func(t *testing.T) {
		in := *w.District
		in.District = w.District.District.With(t)
		fn(t, &world{&in, w.district.With(t)})
	})
}

// receives writes a case of the district's that stands in a state, as a
// mutation would: with a record in the book.
func (w *world) receives(state string) (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.district.Recorded("", "test", func(ctx context.Context) error {
		c := w.Ent()
		m, err := c.Matter.Create().SetKind("proposal").SetProcessID(w.district.Runs["proposal"]).SetState(state).SetTitle("关于某事").SetOpenedAt(clock.Now(ctx)).Save(ctx)
		if err != nil {
			return err
		}
		id = m.ID
		if err := c.Proposal.Create().SetMatterID(m.ID).SetProposerKind("INDIVIDUAL").SetSittingID(w.district.Sitting).SetPeriod("PLENARY").Exec(ctx); err != nil {
			return err
		}
		return c.Step.Create().SetMatterID(m.ID).SetAction("act").SetLabel("做").SetToState(state).SetAt(clock.Now(ctx)).Exec(ctx)
	}))
	return id
}

// tell lets the worker count, and deliver what is due.
func (w *world) tell() (written int) {
	w.T.Helper()
	written, err := w.Oversight.Tell(w.Ctx(), w.district.Tenant)
	w.OK(err)
	w.Deliver(w.District.District, w.district)
	return written
}

// later is some minutes on, when figures may be counted again.
func (w *world) later() { w.Clock.Advance(20 * 60 * 1e9) }

// sees is what the city sees of the district in this year's session and since.
func (w *world) sees(codes ...string) oversight.District {
	w.T.Helper()
	return w.asks(oversight.Question{Codes: codes, Kind: figures.Since, Year: 2025, First: 10})
}

func (w *world) asks(q oversight.Question) (d oversight.District) {
	w.T.Helper()
	w.OK(w.Reads("市督察", func(ctx context.Context) error {
		list, _, err := w.Oversight.Compare(ctx, q)
		if err == nil && len(list) != 1 {
			err = fmt.Errorf("%d districts", len(list))
		}
		if err == nil {
			d = list[0]
		}
		return err
	}))
	return d
}

// says expects values as text, "hidden" or "-" for none.
func says(t *testing.T, d oversight.District, want ...string) {
	t.Helper()
	var got []string
	for _, v := range d.Values {
		switch {
		case v.Hidden && !v.Told:
			got = append(got, "hidden")
		case !v.Told:
			got = append(got, "-")
		default:
			got = append(got, v.Number.Text())
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the city sees %v, want %v", got, want)
	}
}

// narrows lets the district's administrator set what leaves.
func (w *world) narrows(codes, splits []string) {
	w.T.Helper()
	w.OK(w.district.Recorded("管理员", "narrowFigures", func(ctx context.Context) error {
		_, err := w.Oversight.Narrow(ctx, oversight.Narrowing{Partner: "210200", Codes: codes, Splits: splits})
		return err
	}))
}

// notices of the city's overseer.
func (w *world) notices() (texts []string) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		list, err := c.Notice.Query().Order(notice.ByID()).All(ctx)
		for _, n := range list {
			texts = append(texts, n.Text)
		}
		return err
	})
	return texts
}

func (w *world) count(sql string, args ...any) (n int) {
	w.T.Helper()
	w.DB.AsSuper(w.T, sql, args, &n)
	return n
}
