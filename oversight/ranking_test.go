package oversight_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/test/district"
)

// publishes a ranking as the city's overseer.
func (w *world) publishes(in oversight.Rank) (r oversight.Ranking, err error) {
	w.T.Helper()
	err = w.Recorded("市督察", "publishRanking", func(ctx context.Context) (err error) {
		r, err = w.Oversight.Publish(ctx, in)
		return err
	})
	w.Deliver(w.District.District, w.district)
	return r, err
}

// published are the rankings that a committee sees, as words.
func (w *world) published(d *district.District, who string) (out []string) {
	w.T.Helper()
	w.OK(d.Reads(who, func(ctx context.Context) error {
		list, _, err := w.Oversight.Rankings(ctx, uuid.Nil, 10)
		for _, r := range list {
			say := r.Publisher + " " + r.Label
			for _, p := range r.Places {
				say += fmt.Sprintf(" %d %s %s", p.Place, p.Code, p.Text)
			}
			if r.WithdrawnAt != nil {
				say += " 撤回 " + r.Reason
			}
			out = append(out, say)
		}
		return err
	}))
	return out
}

func TestRankings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rank := oversight.Rank{Code: "filing_rate", Kind: figures.Since, Year: 2025}
	w.run("an order of nobody is not published", func(t *testing.T, w *world) {
		if _, err := w.publishes(rank); !errs.Is(err, errs.GuardFailed) {
			t.Error(err)
		}
	})
	w.receives("FILED")
	w.receives("NOT_FILED")
	w.tell()
	w.run("a district sees an order only when the city publishes it", func(t *testing.T, w *world) {
		if got := w.published(w.district, "干事"); len(got) != 0 {
			t.Error(got)
		}
		_, err := w.publishes(rank)
		w.OK(err)
		if got := w.published(w.district, "干事"); len(got) != 1 || got[0] != "大连市政协 立案率（并案后） 1 210202 50.0%" {
			t.Error(got)
		}
	})
	w.run("a district that hides the figure has no place, and the order says why", func(t *testing.T, w *world) {
		w.later()
		w.narrows([]string{"received"}, nil)
		w.tell()
		if _, err := w.publishes(rank); !errs.Is(err, errs.GuardFailed) {
			t.Error(err)
		}
	})
	w.run("withdrawn, it says so wherever it was sent", func(t *testing.T, w *world) {
		r, err := w.publishes(oversight.Rank{Code: "received", Kind: figures.Since, Year: 2025})
		w.OK(err)
		withdraw := func() error {
			return w.Recorded("市督察", "withdrawRanking", func(ctx context.Context) error {
				_, err := w.Oversight.Withdraw(ctx, r.ID, "数据有误")
				return err
			})
		}
		w.OK(withdraw())
		w.OK(withdraw())
		w.Deliver(w.District.District)
		for _, got := range [][]string{w.published(w.district, "干事"), w.published(w.District.District, "市督察")} {
			if len(got) != 2 || !strings.HasSuffix(got[0], "撤回 数据有误") {
				t.Error(got)
			}
		}
		var sent int
		w.DB.AsSuper(t, `SELECT count(*) FROM exchange_outbox WHERE kind = 'ranking'`, nil, &sent)
		if sent != 3 {
			t.Errorf("%d envelopes", sent)
		}
	})
	w.run("who may not publishes none; a district withdraws none of the city's", func(t *testing.T, w *world) {
		if err := w.Recorded("管理员", "publishRanking", func(ctx context.Context) error {
			_, err := w.Oversight.Publish(ctx, rank)
			return err
		}); !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
		id := uuid.UUID{}
		w.DB.AsSuper(t, `SELECT id FROM rankings WHERE tenant_id = $1 LIMIT 1`, []any{w.district.Tenant}, &id)
		boss := w.district.Join(district.Person{Name: "区督察", Role: "city_overseer"})
		if err := w.district.Recorded(boss.Name, "withdrawRanking", func(ctx context.Context) error {
			_, err := w.Oversight.Withdraw(ctx, id, "不服")
			return err
		}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
	w.run("what a partner sends as a ranking and is none is refused", func(t *testing.T, w *world) {
		for name, body := range map[string]any{"nothing": map[string]any{}, "no day": map[string]any{"id": uuid.New(), "code": "received", "label": "收到", "kind": "CALENDAR_YEAR", "year": 2025}} {
			w.OK(w.Recorded("", "test", func(ctx context.Context) error {
				_, err := w.Exchange.Send(ctx, "210202", oversight.KindRanking, body, exchange.Object{})
				return err
			}))
			w.Deliver(w.District.District)
			var outcome string
			w.DB.AsSuper(t, `SELECT status || ' ' || code FROM exchange_outbox WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`, []any{w.Tenant}, &outcome)
			if outcome != "REFUSED MALFORMED" {
				t.Errorf("%s: %s", name, outcome)
			}
		}
	})
}

func TestTheOrder(t *testing.T) {
	t.Parallel()
	rate := func(n, d int) oversight.Value {
		return oversight.Value{Told: true, Same: true, Number: figures.Number{Numerator: n, Denominator: d, Rate: true}}
	}
	of := func(code string, v oversight.Value) oversight.District {
		return oversight.District{Partner: code, Freshness: oversight.Fresh, Values: []oversight.Value{v}}
	}
	silent := of("G", rate(1, 1))
	silent.Freshness = oversight.Silent
	other := rate(1, 1)
	other.Same = false
	all := []oversight.District{of("A", rate(1, 2)), of("B", rate(2, 4)), of("C", rate(9, 10)), of("D", oversight.Value{Hidden: true}), of("E", rate(0, 0)), of("F", other), silent, of("H", rate(1, 3))}
	for name, c := range map[string]struct {
		ascending bool
		want      string
	}{
		"the greatest first, the equal alike": {false, "1C 2A 2B 4H 0D 0E 0F 0G"},
		"the least first":                     {true, "1H 2A 2B 4C 0D 0E 0F 0G"},
	} {
		var got []string
		for _, p := range oversight.Order(all, c.ascending) {
			got = append(got, fmt.Sprintf("%d%s", p.Place, p.Code))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s", name, s)
		}
	}
}

func TestWhatStandsStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.receives("FILED")
	w.tell()
	watch := func(t *testing.T, want int) {
		t.Helper()
		n, err := w.Oversight.Watch(w.Ctx(), w.Tenant)
		w.OK(err)
		if n != want {
			t.Errorf("%d alerts found or ended, want %d", n, want)
		}
	}
	alerts := func() (out []string) {
		w.OK(w.Reads("市督察", func(ctx context.Context) error {
			list, err := w.Oversight.Alerts(ctx)
			for _, a := range list {
				out = append(out, a.About)
			}
			return err
		}))
		return out
	}
	unread := func() int {
		return w.count(`SELECT count(*) FROM notices WHERE about = 'STANDING' AND object_type = 'DistrictAlert' AND read_at IS NULL`)
	}
	w.run("what moves is no alert", func(t *testing.T, w *world) { watch(t, 0) })
	w.run("a district that tells nothing for a week is told of once", func(t *testing.T, w *world) {
		w.Later(8)
		watch(t, 1)
		watch(t, 0)
		if a := alerts(); len(a) != 1 || a[0] != oversight.AboutSilent {
			t.Error(a)
		}
		if n := w.notices(); len(n) != 1 || !strings.Contains(n[0], "自2025年3月3日起没有送来指标") {
			t.Error(n)
		}
		if n := unread(); n != 1 {
			t.Errorf("%d notices of what stands still are unread", n)
		}
	})
	w.run("it ends when the district tells again; figures that do not move for thirty days are another", func(t *testing.T, w *world) {
		for range 3 {
			w.Later(12)
			w.tell()
		}
		watch(t, 2)
		if a := alerts(); len(a) != 1 || a[0] != oversight.AboutFigures {
			t.Error(a)
		}
		w.later()
		w.receives("NOT_FILED")
		w.tell()
		watch(t, 1)
		if a := alerts(); len(a) != 0 {
			t.Error(a)
		}
		if n := unread(); n != 0 {
			t.Errorf("%d notices of what moves again are unread", n)
		}
	})
	w.run("a task of which nothing was heard for thirty days is one, and its title is the matter's to show", func(t *testing.T, w *world) {
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			p, err := c.Process.Create().SetKind("task").SetVersion(90).SetTitle("任务").SetSource("-").SetHash("-").Save(ctx)
			if err != nil {
				return err
			}
			return c.Matter.Create().SetKind("task").SetProcess(p).SetState("ISSUED").SetTitle("秘密的标题").SetOpenedAt(w.Clock.Now()).
				SetMirror(map[string]any{"committee": "210202", "on": "2025-01-01", "status": "办理中"}).Exec(ctx)
		})
		watch(t, 1)
		if n := w.notices(); strings.Contains(n[len(n)-1], "秘密") || !strings.Contains(n[len(n)-1], "一项任务自2025年1月1日") {
			t.Error(n)
		}
	})
	w.run("what is suspended on purpose is no alert", func(t *testing.T, w *world) {
		w.OK(w.district.Recorded("管理员", "suspendFigures", func(ctx context.Context) error {
			_, err := w.Oversight.Suspend(ctx, "210200", "核对数据")
			return err
		}))
		w.tell()
		w.Later(60)
		watch(t, 0)
	})
}
