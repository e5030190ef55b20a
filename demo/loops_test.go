package demo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/loop/plans"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals/forwards"
)

// then is what somebody saw in August 2023, as of which the loops are told.
func then(ctx context.Context) context.Context {
	return clock.With(ctx, instant(shanghai(2023, 8, 31, 9, 0)))
}

func texts(items []*gen.Item) (out []string) {
	for _, i := range items {
		out = append(out, i.Text)
	}
	return out
}

func (in *installation) overview(t *testing.T) {
	in.as(t, "dl-director", "大连市政协", func(ctx context.Context) {
		for _, ctx := range []context.Context{ctx, then(ctx)} { // today the three are still open
			loops, err := in.Overview.Overview(ctx)
			must(t, err)
			var got []string
			for _, l := range loops {
				got = append(got, fmt.Sprint(l.HandleYear, l.State.Stage))
				if l.Turn == "" || len(l.Gates) == 0 {
					t.Errorf("%d: turn %q, %d gates", l.HandleYear, l.Turn, len(l.Gates))
				}
			}
			if want := []string{"2022监督", "2023办理", "2024预研"}; !slices.Equal(got, want) {
				t.Fatal(got)
			}
		}
		loops, err := in.Overview.Overview(then(ctx))
		must(t, err)
		for i, want := range []struct {
			tasks, done, problems int
			overdue               []string
		}{{5, 3, 2, []string{"再生水灌溉示范区建成"}}, {4, 0, 1, []string{"年度项目全部开工"}}, {}} {
			l := loops[i]
			if len(l.Tasks.Total) != want.tasks || len(l.Tasks.Done) != want.done || len(l.Problems.Total) != want.problems || !slices.Equal(texts(l.Nodes.Overdue), want.overdue) {
				t.Errorf("%d: %d tasks, %d done, %d problems, overdue %v", l.HandleYear, len(l.Tasks.Total), len(l.Tasks.Done), len(l.Problems.Total), texts(l.Nodes.Overdue))
			}
		}
		for _, l := range loops[:2] {
			var names []string
			for _, d := range l.Districts {
				names = append(names, d.Partner)
				if len(d.Tasks.Total) != 1 || d.Last == nil || d.Last.Status == "" {
					t.Errorf("%d, %s: %d tasks, told %+v", l.HandleYear, d.Name, len(d.Tasks.Total), d.Last)
				}
			}
			if want := []string{"210202", "210212"}; !slices.Equal(names, want) {
				t.Errorf("%d: shares of %v", l.HandleYear, names)
			}
		}
		if zs, lsk := loops[0].Districts[0], loops[0].Districts[1]; len(zs.Tasks.Done) != 1 || zs.Last.Status != "已完成" || len(lsk.Nodes.Overdue) != 1 {
			t.Errorf("2022: %+v %+v", zs, lsk)
		}
	})
	incomplete := query(in, pgx.RowTo[string], `SELECT i.text FROM items i JOIN matters m ON m.id = i.matter_id WHERE i.kind = 'TASK' AND NOT (coalesce(
		(i.unit_id IS NOT NULL OR i.partner <> '' OR m.origin IS NOT NULL) AND (i.leader_id IS NOT NULL OR i.leader_post <> '') AND (i.officer_id IS NOT NULL OR i.officer_post <> '')
		AND i.duty <> '' AND i.due_on IS NOT NULL AND i.effect <> '' AND i.measure <> '', false))`)
	if len(incomplete) != 0 {
		t.Errorf("not all six are fixed: %v", incomplete)
	}
	if n := in.number(`SELECT count(*)::int FROM items WHERE kind = 'TASK' AND key`) * in.number(`SELECT count(*)::int FROM items WHERE kind = 'TASK' AND difficult`); n == 0 {
		t.Error("nothing is 重点, or nothing 难点")
	}
	if n := in.number(`SELECT count(*)::int FROM attachments a JOIN matters m ON m.id = a.matter_id WHERE m.kind = 'task' AND a.kind = 'PHOTO'`); n != 2 {
		t.Errorf("%d photos are evidence", n)
	}
}

func (in *installation) asked(t *testing.T) {
	for _, who := range []struct {
		login, tenant string
		total, done   int
		owed          []string // of the first request, in August 2023
		unit          string   // whose part of it is still open
	}{
		{"zs-director", "中山区政协", 2, 1, []string{"储能和监测设备安装完成", "中山区楼宇储能和绿色商圈示范"}, "zs-gongxin-liaison"},
		{"lsk-director", "旅顺口区政协", 2, 0, []string{"再生水灌溉示范区建成", "旅顺口区水源地保护和再生水利用"}, "lsk-zhujian-liaison"},
	} {
		in.as(t, who.login, who.tenant, func(ctx context.Context) {
			a, err := in.Overview.Asked(then(ctx))
			must(t, err)
			if len(a.Tasks.Total) != who.total || len(a.Tasks.Done) != who.done || len(a.Requests) != who.total-who.done {
				t.Fatalf("%s: %d asked, %d done, %d open", who.tenant, len(a.Tasks.Total), len(a.Tasks.Done), len(a.Requests))
			}
			r := a.Requests[0]
			if !slices.Equal(texts(r.Owed), who.owed) || r.State.Code != "WORKING" || r.From() == "" || a.NextDueOn() == nil {
				t.Errorf("%s: %s of %s owes %v", who.tenant, r.Matter.Title, r.From(), texts(r.Owed))
			}
			parts, err := in.Store.Ent().Link.Query().Where(link.KindEQ(link.KindDERIVED_FROM), link.HasFromWith(matter.Kind(tasks.Kind), matter.OriginIsNil())).Count(ctx)
			if err != nil || parts != 2 {
				t.Errorf("%s has broken down %d: %v", who.tenant, parts, err)
			}
		})
		in.as(t, who.unit, who.tenant, func(ctx context.Context) {
			mine, err := in.Store.Ent().Matter.Query().Where(matter.Kind(tasks.Kind)).All(ctx)
			if err != nil || len(mine) != 1 || mine[0].State != "WORKING" || mine[0].Origin != nil {
				t.Errorf("%s sees %v %v", who.unit, mine, err)
			}
		})
	}
}

func (in *installation) openBefore(t *testing.T) {
	year := 2023
	in.as(t, "dl-director", "大连市政协", func(ctx context.Context) {
		p, err := overview.Filter{OpenBefore: &year}.Predicate(then(ctx))
		must(t, err)
		rows, err := in.Store.Ent().Item.Query().Where(p).Order(overview.Order()...).All(ctx)
		must(t, err)
		kinds := map[item.Kind]int{}
		for _, i := range rows {
			kinds[i.Kind]++
		}
		if want := map[item.Kind]int{item.KindTASK: 2, item.KindPROBLEM: 2}; !maps.Equal(kinds, want) {
			t.Errorf("%v: %v", kinds, texts(rows))
		}
	})
}

func (in *installation) ballotCounts(t *testing.T) {
	in.as(t, "dl-director", "大连市政协", func(ctx context.Context) {
		m, err := in.Store.Ent().Matter.Query().Where(matter.Kind(cohorts.Kind), matter.Title(waterTitle)).WithRecords().Only(ctx)
		must(t, err)
		all, err := in.Ballots.OfMatter(ctx, m.ID)
		must(t, err)
		if len(all) != 1 {
			t.Fatalf("%d ballots", len(all))
		}
		r, err := in.Ballots.Result(ctx, all[0].ID)
		must(t, err)
		if r.Voters != len(papers) || r.Cast != 9 || r.Absent != 1 || r.Cast+r.Absent != r.Voters || len(r.Tallies) != len(ballotUnits)*len(ballotDimensions) {
			t.Fatalf("%+v", r)
		}
		abstained := 0
		for _, x := range r.Tallies {
			sum := 0
			for _, v := range x.Votes {
				sum += v.Votes
			}
			if sum != x.Valid || x.Valid+x.Invalid != r.Cast || x.Invalid != 1 || x.Absent != 1 {
				t.Errorf("%+v", x)
			}
			abstained += x.Abstained
		}
		if abstained != 1 {
			t.Errorf("%d abstained", abstained)
		}
		taken := slices.ContainsFunc(m.Edges.Records, func(x *gen.Record) bool {
			results, _ := x.Data["results"].([]any)
			return x.Kind == record.KindCHECK && x.Data["cast"] == 9.0 && len(results) == len(r.Tallies)
		})
		if !taken {
			t.Error("the appraisal has other counts")
		}
	})
	if n := in.number(`SELECT count(*)::int FROM audit_log WHERE action = 'castBallot'`); n != 9 {
		t.Errorf("%d votes are in the book", n)
	}
}

func (in *installation) yearPlans(t *testing.T) {
	in.as(t, "dl-sg", "大连市政协", func(ctx context.Context) {
		all, err := in.Store.Ent().Matter.Query().Where(matter.Kind(plans.MatterKind)).WithRecords().All(ctx)
		must(t, err)
		got := map[plans.Kind]string{}
		for _, m := range all {
			kind, year := plans.Of(m)
			approvals := 0
			for _, r := range m.Edges.Records {
				if r.Kind == record.KindAPPROVAL {
					approvals++
				}
			}
			attached, err := in.Store.Ent().Link.Query().Where(link.ToID(m.ID), link.ItemIDNotNil()).Count(ctx)
			must(t, err)
			got[kind] = fmt.Sprint(year, m.State, approvals, attached)
		}
		if want := map[plans.Kind]string{plans.Supervision: "2023ISSUED2 1", plans.Consultation: "2023ISSUED2 2"}; !maps.Equal(got, want) {
			t.Error(got)
		}
	})
}

func (in *installation) crossed(t *testing.T) {
	if n := in.number(`SELECT count(*)::int FROM exchange_outbox WHERE status <> 'DELIVERED'`); n != 0 {
		t.Errorf("%d envelopes were not delivered", n)
	}
	t.Logf("%d envelopes", in.number(`SELECT count(*)::int FROM exchange_outbox`))
	in.as(t, "zs-admin", "中山区政协", func(ctx context.Context) {
		p, err := in.Store.Ent().Process.Query().Where(entprocess.Kind(cohorts.Kind), entprocess.StatusEQ(entprocess.StatusDRAFT)).All(ctx)
		if err != nil || len(p) != 1 || p[0].Origin == "" {
			t.Errorf("%v %v", p, err)
		}
		for kind, want := range map[string]int{processes.KindTemplate: 1, exchange.KindPromotion: 2, exchange.KindJointActivity: 1} {
			page, err := in.Exchange.Inbox(ctx, []string{kind}, 10, [16]byte{})
			if err != nil || len(page.Rows) != want || page.Rows[0].Body == nil {
				t.Errorf("%s: %d %v", kind, len(page.Rows), err)
			}
		}
	})
	in.as(t, "dl-director", "大连市政协", func(ctx context.Context) {
		n, err := in.Store.Ent().Record.Query().Where(record.KindEQ(record.KindINSTRUCTION), record.HasMatterWith(matter.Title(waterTitle))).Count(ctx)
		if err != nil || n != 1 {
			t.Errorf("%d instructions are on the loop: %v", n, err)
		}
		m, err := in.Store.Ent().Matter.Query().Where(matter.Kind(forwards.Kind)).Only(ctx)
		if err != nil || m.State != "ANSWERED" || m.Origin["committee"] != "210212" {
			t.Errorf("%v %v", m, err)
		}
	})
	in.as(t, "lsk-director", "旅顺口区政协", func(ctx context.Context) {
		m, err := in.Store.Ent().Matter.Query().Where(matter.Kind("proposal"), matter.Title(busTitle)).Only(ctx)
		if err != nil || m.State != "FORWARDED_UP" || m.Mirror["status"] != "已答复" || m.Mirror["note"] == "" {
			t.Errorf("%v %v", m, err)
		}
	})
}
