package obligations_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/obligations"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

type world struct{ *assembled.District }

func say(t *testing.T, sentence string, fn func(*world)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Parallel()
		fn(&world{assembled.New(t, district.Plan{On: clock.Date(2025, 3, 3), Runs: []string{"opinion"}})})
	})
}

// yearly is one opinion a year of every member.
func yearly() obligations.Draft {
	from := clock.Date(2025, 1, 1)
	return obligations.Draft{AppliesOn: &from, Reason: "全会通过", Definition: obligations.Definition{
		Code: "one_opinion", Label: "一年一条", Owes: obligations.Owes{Kinds: []string{"MEMBER"}}, Clock: obligations.Clock{Every: obligations.Year, Remind: []int{30, 7}},
		Done: []obligations.Need{{Label: "社情民意", Least: 1, Of: "involved", Among: figures.Condition{"kind": {Words: []string{"opinion"}}, "brought": {Yes: true}}}}}}
}

func (w *world) publish(d obligations.Draft) (v *obligations.Version, err error) {
	err = w.As("tenant_admin", func(ctx context.Context) error { v, err = w.Obligations.Publish(ctx, d); return err })
	return v, err
}

func (w *world) published(d obligations.Draft) *obligations.Version {
	w.T.Helper()
	v, err := w.publish(d)
	w.OK(err)
	return v
}

func (w *world) submit(who string) (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.As(who, func(ctx context.Context) error {
		c, err := w.Services.Opinions.Submit(ctx, opinions.Submission{Title: "外置烟道堵塞的问题", Text: "柳林诊所外置烟道堵塞，居民多次反映没有解决。", People: 3, Topics: []string{"民生"}})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	}))
	return id
}

// standing is how everybody stands, by name.
func (w *world) standing(in obligations.Wanted) map[string]string {
	w.T.Helper()
	out := map[string]string{}
	w.OK(w.Reads("tenant_admin", func(ctx context.Context) error {
		list, err := w.Obligations.Standing(ctx, in)
		for _, d := range list {
			out[d.Name] = d.State
		}
		return err
	}))
	return out
}

func (w *world) mine(who string) (list []obligations.Debt) {
	w.T.Helper()
	w.OK(w.Reads(who, func(ctx context.Context) (err error) { list, err = w.Obligations.Mine(ctx); return err }))
	return list
}

func (w *world) refused(code errs.Code, who string, fn func(context.Context) error) {
	w.T.Helper()
	if err := w.As(who, fn); !errs.Is(err, code) {
		w.T.Errorf("want %s, got %v", code, err)
	}
}

func (w *world) remind() int {
	w.T.Helper()
	n, err := w.Obligations.Remind(w.Ctx(), audit.Doors{Store: w.Store, System: "sweep"}, w.Tenant)
	w.OK(err)
	return n
}

// told are the notices of somebody about what he owes, the newest first.
func (w *world) told(who string) (out []string) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		rows, err := c.Notice.Query().Where(notice.MembershipID(w.Who(who).Membership), notice.ObjectType(obligations.Page)).Order(notice.ByID()).All(ctx)
		for _, n := range rows {
			out = append(out, n.Text)
		}
		return err
	})
	return out
}

func (w *world) end(who string, on time.Time) {
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		return c.Membership.UpdateOneID(w.Who(who).Membership).SetStatus(membership.StatusRESIGNED).SetActiveTo(on).Exec(ctx)
	})
}

const code = "one_opinion"

func TestObligations(t *testing.T) {
	t.Parallel()
	say(t, "what somebody has done is counted, and opens into the rows that were counted", func(w *world) {
		w.published(yearly())
		if got := w.mine("委员甲"); len(got) != 1 || got[0].State != obligations.Owing || got[0].Got[0].Have != 0 || !got[0].Due.Equal(clock.Date(2025, 12, 31)) {
			t.Fatalf("%+v", got)
		}
		id := w.submit("委员甲")
		got := w.mine("委员甲")
		if got[0].State != obligations.Done || got[0].Got[0].Have != 1 {
			t.Fatalf("%+v", got)
		}
		w.OK(w.Reads("委员甲", func(ctx context.Context) error {
			typ, rows, err := w.Obligations.Behind(ctx, got[0], 0, uuid.Nil, 10)
			if typ != gen.TypeParty || len(rows) != 1 || rows[0].Matter == nil || *rows[0].Matter != id {
				t.Error(typ, rows)
			}
			return err
		}))
		if s := w.standing(obligations.Wanted{Code: code}); s["委员甲"] != obligations.Done || s["委员乙"] != obligations.Owing || s["干事"] != "" {
			t.Error(s)
		}
	})
	say(t, "when the day has passed who has not done it is late, and the next period begins anew", func(w *world) {
		w.published(yearly())
		w.submit("委员甲")
		w.At(2026, 1, 5)
		last := clock.Date(2025, 6, 1)
		if s := w.standing(obligations.Wanted{Code: code, On: &last}); s["委员甲"] != obligations.Done || s["委员乙"] != obligations.Overdue {
			t.Error(s)
		}
		if s := w.standing(obligations.Wanted{Code: code}); s["委员甲"] != obligations.Owing {
			t.Error(s)
		}
	})
	say(t, "who joins late owes from the next period on, who left owes nothing", func(w *world) {
		w.published(yearly())
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			for name, from := range map[string]time.Time{"早到": clock.Date(2025, 6, 1), "晚到": clock.Date(2025, 10, 1)} {
				if err := c.Membership.Create().SetName(name).SetKind("MEMBER").SetActiveFrom(from).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		w.At(2025, 11, 3)
		w.end("委员乙", clock.Date(2025, 10, 31))
		s := w.standing(obligations.Wanted{Code: code})
		if s["早到"] != obligations.Owing || s["晚到"] != "" || s["委员乙"] != "" {
			t.Error(s)
		}
		w.At(2026, 1, 5)
		w.end("委员丙", clock.Date(2026, 1, 2))
		last := clock.Date(2025, 11, 3)
		if s := w.standing(obligations.Wanted{Code: code, On: &last}); s["委员丙"] != obligations.Overdue || s["委员乙"] != "" {
			t.Error("who left after the day was asked, who left before it was not", s)
		}
		if s := w.standing(obligations.Wanted{Code: code}); s["晚到"] != obligations.Owing || s["委员丙"] != "" {
			t.Error(s)
		}
	})
	say(t, "who owes may be those who sit in a unit or below, and go on in its heir", func(w *world) {
		d := yearly()
		d.Owes.Units = []uuid.UUID{w.Units["经济界"]}
		w.published(d)
		want := func(names ...string) {
			t.Helper()
			s := w.standing(obligations.Wanted{Code: code})
			for _, n := range names {
				if s[n] != obligations.Owing {
					t.Error(n, s)
				}
			}
			if len(s) != len(names) {
				t.Error(s)
			}
		}
		want("委员甲", "委员乙", "召集人")
		w.At(2025, 11, 3)
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			heir := c.Unit.Create().SetLine("ORGANISATION").SetKind("SECTOR").SetName("工商经济界").SaveX(ctx)
			last := clock.Date(2025, 11, 2)
			c.Unit.UpdateOneID(w.Units["经济界"]).SetSuccessorID(heir.ID).SetActiveTo(last).ExecX(ctx)
			for _, s := range c.Seat.Query().AllX(ctx) {
				if s.UnitID == w.Units["经济界"] {
					c.Seat.UpdateOne(s).SetSeatTo(last).ExecX(ctx)
					c.Seat.Create().SetMembershipID(s.MembershipID).SetUnitID(heir.ID).SetPost(s.Post).SetSeatFrom(clock.Date(2025, 11, 3)).ExecX(ctx)
				}
			}
			return nil
		})
		want("委员甲", "委员乙", "召集人")
	})
	say(t, "of a post only who holds it owes", func(w *world) {
		d := yearly()
		d.Owes.Posts = []string{"CONVENER"}
		w.published(d)
		if s := w.standing(obligations.Wanted{Code: code}); len(s) != 1 || s["召集人"] != obligations.Owing {
			t.Error(s)
		}
	})
	say(t, "the convener of a 界别 sees how its people stand, and no others'", func(w *world) {
		w.published(yearly())
		standing := func(in obligations.Wanted) (names []string, err error) {
			in.Code = code
			err = w.As("召集人", func(ctx context.Context) error {
				list, err := w.Obligations.Standing(ctx, in)
				for _, d := range list {
					names = append(names, d.Name)
				}
				return err
			})
			slices.Sort(names)
			return names, err
		}
		here, elsewhere := w.Units["经济界"], uuid.Nil
		for name, u := range w.Units {
			if name != "经济界" {
				elsewhere = u
			}
		}
		all, err := standing(obligations.Wanted{})
		if err != nil || !slices.Contains(all, "委员甲") || !slices.Contains(all, "召集人") || slices.Contains(all, "委员丙") {
			t.Error(all, err)
		}
		if same, err := standing(obligations.Wanted{Unit: &here}); err != nil || !slices.Equal(same, all) {
			t.Error(same, err)
		}
		if _, err := standing(obligations.Wanted{Unit: &elsewhere}); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		other := w.Who("委员丙").Membership
		if none, err := standing(obligations.Wanted{Only: &other}); err != nil || len(none) != 0 {
			t.Error(none, err)
		}
		w.refused(errs.NotAllowed, "委员甲", func(ctx context.Context) error {
			_, err := w.Obligations.Standing(ctx, obligations.Wanted{Code: code})
			return err
		})
	})
	say(t, "somebody may be excused by another with a reason; it can be taken back", func(w *world) {
		w.published(yearly())
		me := w.Who("委员甲").Membership
		let := func(reason string) func(context.Context) error {
			return func(ctx context.Context) error {
				_, err := w.Obligations.Let(ctx, obligations.Excusing{Code: code, Person: me, Reason: reason})
				return err
			}
		}
		w.refused(errs.NotAllowed, "干事", let("病假"))
		w.refused(errs.Invalid, "秘书长", let(" "))
		w.OK(w.As("秘书长", let("长期病假")))
		w.OK(w.As("秘书长", let("长期病假")))
		got := w.mine("委员甲")[0]
		if got.State != obligations.Excused || got.Excuse.Reason != "长期病假" || len(w.told("委员甲")) != 1 {
			t.Fatal(got.State, w.told("委员甲"))
		}
		w.OK(w.As("秘书长", func(ctx context.Context) error {
			_, err := w.Obligations.TakeBack(ctx, got.Excuse.ID, "已返岗")
			return err
		}))
		if s := w.mine("委员甲")[0].State; s != obligations.Owing {
			t.Error(s)
		}
		w.refused(errs.NotFound, "秘书长", func(ctx context.Context) error {
			_, err := w.Obligations.Let(ctx, obligations.Excusing{Code: code, Person: w.Who("干事").Membership, Reason: "病假"})
			return err
		})
	})
	say(t, "nobody excuses himself", func(w *world) {
		d := yearly()
		d.Owes.Kinds = []string{"STAFF"}
		w.published(d)
		w.refused(errs.NotAllowed, "秘书长", func(ctx context.Context) error {
			_, err := w.Obligations.Let(ctx, obligations.Excusing{Code: code, Person: w.Who("秘书长").Membership, Reason: "忙"})
			return err
		})
	})
	say(t, "whoever owes is reminded once for each day that the definition names, and once when it has passed", func(w *world) {
		w.published(yearly())
		w.submit("委员乙")
		if n := w.remind(); n != 0 {
			t.Fatal(n, "in March")
		}
		w.At(2025, 12, 2)
		first := w.remind()
		if first == 0 || w.remind() != 0 || len(w.told("委员甲")) != 1 || len(w.told("委员乙")) != 0 || !strings.Contains(w.told("委员甲")[0], "社情民意 0/1，2025年12月31日以前") {
			t.Fatal(first, w.told("委员甲"))
		}
		w.At(2025, 12, 30) // the worker stood still for weeks: the latest only
		if n := w.remind(); n != first || w.remind() != 0 || len(w.told("委员甲")) != 2 {
			t.Fatal(n, w.told("委员甲"))
		}
	})
	say(t, "who has a day in the middle of the period hears once that it has passed", func(w *world) {
		d := yearly()
		d.Clock.ByDay = "06-30"
		w.published(d)
		w.At(2025, 7, 2)
		w.remind()
		if w.remind(); len(w.told("委员甲")) != 1 || !strings.HasPrefix(w.told("委员甲")[0], "已到期") {
			t.Error(w.told("委员甲"))
		}
	})
	say(t, "who has not done it is urged at most once a day", func(w *world) {
		w.published(yearly())
		w.submit("委员乙")
		urge := func(people ...uuid.UUID) (n int) {
			w.OK(w.As("干事", func(ctx context.Context) (err error) { _, n, err = w.Obligations.Urge(ctx, code, people); return err }))
			return n
		}
		one, done := w.Who("委员甲").Membership, w.Who("委员乙").Membership
		if n := urge(one, done); n != 1 || len(w.told("委员甲")) != 1 || len(w.told("委员乙")) != 0 {
			t.Error(n)
		}
		if n := urge(one); n != 0 {
			t.Error(n)
		}
		w.refused(errs.NotAllowed, "委员甲", func(ctx context.Context) error { _, _, err := w.Obligations.Urge(ctx, code, nil); return err })
		w.refused(errs.NotFound, "干事", func(ctx context.Context) error {
			_, _, err := w.Obligations.Urge(ctx, code, []uuid.UUID{w.Who("干事").Membership})
			return err
		})
	})
	say(t, "a retired obligation asks nothing that is not due yet; what was due stays as it was", func(w *world) {
		w.published(yearly())
		w.At(2026, 2, 2)
		w.OK(w.As("tenant_admin", func(ctx context.Context) error {
			_, err := w.Obligations.Retire(ctx, code, "由新办法代替")
			if err == nil {
				_, err = w.Obligations.Retire(ctx, code, "由新办法代替")
			}
			return err
		}))
		last := clock.Date(2025, 6, 1)
		if s := w.standing(obligations.Wanted{Code: code, On: &last}); s["委员甲"] != obligations.Overdue {
			t.Error(s)
		}
		if got := w.mine("委员甲"); len(got) != 0 || w.remind() != 0 {
			t.Error(got)
		}
	})
	say(t, "the same published again is the same version, another is the next one and judges the year", func(w *world) {
		first := w.published(yearly())
		if again := w.published(yearly()); again.ID != first.ID {
			t.Error(again.Version)
		}
		d := yearly()
		d.Done[0].Least = 2
		d.AppliesOn = nil
		none := 0
		d.Expected = &none
		if _, err := w.publish(d); !errs.Is(err, errs.VersionConflict) {
			t.Error(err)
		}
		d.Expected = &first.Version
		if second := w.published(d); second.Version != 2 {
			t.Error(second.Version)
		}
		w.submit("委员甲")
		if got := w.mine("委员甲")[0]; got.State != obligations.Owing || got.Version.Version != 2 || got.Got[0].Have != 1 {
			t.Errorf("%+v", got)
		}
	})
	say(t, "what would be asked can be seen before, and what is wrong with its place; people of whom there are none are refused", func(w *world) {
		w.OK(w.Reads("tenant_admin", func(ctx context.Context) error {
			e, err := w.Obligations.Preview(ctx, yearly())
			if len(e.Problems) != 0 || len(e.Debts) < 5 || !e.Period.From.Equal(clock.Date(2025, 1, 1)) {
				t.Error(e)
			}
			return err
		}))
		d := yearly()
		d.Owes.Posts = []string{"STATION_HEAD"}
		d.Done[0].Among["kind"] = figures.Asked{Words: []string{"talk"}}
		if _, err := w.publish(d); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "永远数不到") {
			t.Error(err)
		}
		d = yearly()
		d.Owes.Posts = []string{"STATION_HEAD"}
		if _, err := w.publish(d); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "没有人") {
			t.Error(err)
		}
	})
	say(t, "everybody sees his own; of others who holds the right, and who does not publishes nothing", func(w *world) {
		w.published(yearly())
		w.refused(errs.NotAllowed, "委员甲", func(ctx context.Context) error {
			_, err := w.Obligations.Standing(ctx, obligations.Wanted{Code: code})
			return err
		})
		w.refused(errs.NotAllowed, "干事", func(ctx context.Context) error { _, err := w.Obligations.Publish(ctx, yearly()); return err })
		w.refused(errs.NotAllowed, "委员甲", func(ctx context.Context) error { _, err := w.Obligations.Retire(ctx, code, "不想做"); return err })
	})
	say(t, "an obligation that begins in the middle of a year asks from the next one on, unless it says that the year counts", func(w *world) {
		w.At(2025, 11, 3)
		d := yearly()
		d.AppliesOn = nil
		w.published(d)
		if got := w.mine("委员甲"); len(got) != 0 {
			t.Error(got)
		}
		w.At(2026, 1, 5)
		if got := w.mine("委员甲"); len(got) != 1 {
			t.Error(got)
		}
	})
}
