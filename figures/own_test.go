package figures_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// talkStates are the kinds of these tests, with their states.
func talkStates(context.Context) (map[string][]string, error) {
	return map[string][]string{"talk": {"OPEN", "END"}, "walk": {"OPEN", "END"}, "opinion": {"IN"}, "proposal": {"FILED"}}, nil
}

func asked(words ...string) figures.Asked { return figures.Asked{Words: words} }

var yes, no = figures.Asked{Yes: true}, figures.Asked{}

// owns are definitions of a committee's own in which each new word is asked.
var owns = map[string]figures.Definition{
	"talks":  {Unit: "件", Of: "matter", Among: figures.Condition{"kind": asked("talk")}},
	"closed": {Unit: "件", Of: "matter", Among: figures.Condition{"kind": asked("talk", "walk"), "source": {Words: []string{"街访"}, None: true}}, Counts: figures.Condition{"closed": yes}},
	"solved": {Unit: "个", Of: "item", Among: figures.Condition{"kind": asked("talk", "walk"), "item": asked("PROBLEM"), "dropped": no}, Counts: figures.Condition{"done": yes}},
	"due":    {Unit: "个", Of: "item", Among: figures.Condition{"kind": asked("talk"), "due": yes}, Counts: figures.Condition{"key": yes}},
	"money":  {Unit: "元", Of: "item", Among: figures.Condition{"kind": asked("talk", "walk"), "item": asked("LEAD")}, Sum: "yuan"},
	"held":   {Unit: "场", Of: "event", Among: figures.Condition{"kind": asked("talk"), "event": asked("VISIT", "TALK")}},
	"noted":  {Unit: "份", Of: "record", Among: figures.Condition{"kind": asked("walk"), "record": {Words: []string{"REPORT"}, None: true}}, Counts: figures.Condition{"confirmed": yes}},
}

type plainly map[string][2]int // among, counts; of a sum: the amount

func (p plainly) add(code string, among, counts bool, amount ...int) {
	if !among {
		return
	}
	n := p[code]
	n[0]++
	if counts {
		n[1]++
	}
	if len(amount) > 0 {
		n[0] += amount[0] - 1
	}
	p[code] = n
}

// happens writes random matters with what is in them, and counts what ought to be
// counted from one day to another, as of the end of a third.
func happens(ctx context.Context, r *rand.Rand, d *district.District, from, to, upto time.Time) plainly {
	c, out := d.Ent(), plainly{}
	edge := []time.Time{from.AddDate(0, 0, -1), from, from.AddDate(0, 0, 20), to, to.AddDate(0, 0, 1)}
	within := func(day time.Time) bool { return !day.Before(from) && !day.After(to) }
	today := clock.Day(upto.Add(-time.Hour))
	for range 14 {
		day, kind, state := pick(r, edge...), pick(r, "talk", "walk"), pick(r, "OPEN", "END", "DRAFT")
		opened := clock.StartOf(day).Add(pick(r, 0, time.Microsecond, 23*time.Hour))
		secret, source := r.IntN(6) == 0, pick(r, "街访", "来信", "")
		m := c.Matter.Create().SetKind(kind).SetProcessID(d.Runs[kind]).SetState(state).SetTitle("某事").SetOpenedAt(opened).SetSource(source).SetConfidential(secret)
		closed := opened.AddDate(0, 0, r.IntN(80))
		if r.IntN(2) == 0 {
			m.SetClosedAt(closed)
		}
		row := m.SaveX(ctx)
		there := within(day) && opened.Before(upto) && state != "DRAFT" && !secret
		out.add("talks", there && kind == "talk", false)
		out.add("closed", there && source != "街访", row.ClosedAt != nil && row.ClosedAt.Before(upto))
		for range r.IntN(4) {
			on, held, hidden := pick(r, edge...), r.IntN(2) == 0, r.IntN(3) == 0
			e := c.Event.Create().SetMatterID(row.ID).SetKind(pick(r, event.KindVISIT, event.KindMEETING, event.KindTALK)).SetTitle("去看").SetOn(on).SetState(pick(r, event.StatePLANNED, event.StateCANCELLED)).SetConcealed(hidden)
			if held {
				e.SetState(event.StateHELD)
			}
			ev := e.SaveX(ctx)
			out.add("held", within(on) && !on.After(today) && held && !secret && kind == "talk" && ev.Kind != event.KindMEETING, false)
			wrote := clock.StartOf(pick(r, edge...))
			i := c.Item.Create().SetMatterID(row.ID).SetText("条").SetKind(pick(r, item.KindPROBLEM, item.KindLEAD)).SetStatus(pick(r, item.StatusOPEN, item.StatusDONE, item.StatusDROPPED)).
				SetKey(r.IntN(2) == 0).SetCreatedAt(wrote).SetAmountFen(int64(r.IntN(100000)))
			day := clock.Day(wrote)
			if r.IntN(2) == 0 {
				i.SetEventID(ev.ID)
				day = on
			}
			if r.IntN(2) == 0 {
				i.SetDueOn(pick(r, edge...))
			}
			if r.IntN(3) > 0 {
				i.SetSettledAt(clock.StartOf(pick(r, edge...)))
			}
			it := i.SaveX(ctx)
			known := it.EventID == nil || held || !hidden
			in := within(day) && wrote.Before(upto) && state != "DRAFT" && !secret && known
			settled := it.SettledAt != nil && it.SettledAt.Before(upto)
			out.add("solved", in && it.Kind == item.KindPROBLEM && !(it.Status == item.StatusDROPPED && settled), it.Status == item.StatusDONE && settled)
			out.add("due", in && kind == "talk" && it.DueOn != nil && !it.DueOn.After(today), it.Key)
			out.add("money", in && it.Kind == item.KindLEAD, false, int((*it.AmountFen+50)/100))
			n := c.Record.Create().SetMatterID(row.ID).SetKind(pick(r, record.KindREPORT, record.KindNOTE, record.KindINSTRUCTION)).SetCreatedAt(wrote).SetConfirmedAt(clock.StartOf(pick(r, edge...))).SaveX(ctx)
			out.add("noted", kind == "walk" && within(clock.Day(wrote)) && wrote.Before(upto) && !secret && n.Kind == record.KindNOTE, n.ConfirmedAt.Before(upto))
		}
	}
	return out
}

func ownDistrict(t *testing.T) *district.District {
	return district.New(t, district.Plan{Posts: []string{"干事", "秘书长", "委员甲", "委员乙", "政府办"}, Sitting: district.Plenary(2025, 6, 9),
		Units:  []district.Unit{{Name: "商务局", Kind: "HANDLING_UNIT"}, {Name: "文旅局", Kind: "HANDLING_UNIT"}},
		Stored: []string{fmt.Sprintf(stored, "proposal"), fmt.Sprintf(stored, "talk"), fmt.Sprintf(stored, "walk")}})
}

// What committees define themselves is counted a second time, plainly.
func TestOwnFiguresAreWhatIsPlainlyCounted(t *testing.T) {
	t.Parallel()
	d := ownDistrict(t)
	d.At(2026, 6, 1)
	told := plainly{}
	for seed := range 25 {
		err := d.As("", func(ctx context.Context) error {
			ctx = authz.System(ctx)
			r := rand.New(rand.NewPCG(uint64(seed), 11))
			asOf := clock.Date(2026, 4, 1).AddDate(0, 0, r.IntN(60)-20)
			want := happens(ctx, r, d, clock.Date(2026, 3, 1), clock.Date(2026, 4, 20), clock.StartOf(asOf.AddDate(0, 0, 1)))
			scope := figures.Scope{Kind: figures.Days, From: clock.Date(2026, 3, 1), To: clock.Date(2026, 4, 20), AsOf: asOf}
			for code, def := range owns {
				def.Code, def.Version = code, 1
				got, err := figures.Tally(ctx, []*figures.Definition{&def}, scope, "")
				if err != nil {
					return fmt.Errorf("%s: %w", code, err)
				}
				n := [2]int{got[0].Numerator, 0}
				if def.IsRate() {
					n = [2]int{got[0].Denominator, got[0].Numerator}
				}
				if n != want[code] {
					return fmt.Errorf("seed %d, %s as of %s: it says %v, plainly counted %v", seed, code, asOf.Format(time.DateOnly), n, want[code])
				}
				told.add(code, n[0] > 0, false)
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
	}
	for code := range owns {
		if told[code][0] == 0 {
			t.Errorf("%s never counted anything", code)
		}
	}
}

// A definition that counts one thing twice, divides by nothing, or reads what its
// reader may not see is refused, and says so with the place.
func TestWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	d := ownDistrict(t)
	own := figures.NewOwn(talkStates)
	talk := figures.Condition{"kind": asked("talk")}
	good := func(change func(*figures.Definition)) figures.Definition {
		def := figures.Definition{Code: "own_talks", Label: "恳谈", Unit: "件", Of: "matter", Among: figures.Condition{"kind": asked("talk")}}
		change(&def)
		return def
	}
	for name, c := range map[string]struct {
		def         figures.Definition
		place, says string
	}{
		"person-times that are called persons": {good(func(d *figures.Definition) { d.Of, d.Unit = "attended", "人" }), "unit", "会把同一个数几次"},
		"a matter of several people as one":    {good(func(d *figures.Definition) { d.Of, d.Unit = "involved", "件" }), "unit", "人次"},
		"the same asked of both":               {good(func(d *figures.Definition) { d.Counts = talk }), "counts", "只在一处写"},
		"a rate of none of a list": {good(func(d *figures.Definition) {
			d.Of, d.Unit, d.Among["item"] = "item", "个", figures.Asked{Words: []string{"COMMITMENT", "TASK", "NODE", "PROBLEM", "RESOLUTION", "SUGGESTION", "LEAD", "PLAN_ITEM"}, None: true}
		}), "among.item", "除以零"},
		"a kind that nobody has published":          {good(func(d *figures.Definition) { d.Among["kind"] = asked("dance") }), "among.kind", "永远数不到"},
		"a state that the kind has not":             {good(func(d *figures.Definition) { d.Of, d.Unit, d.Among["state"] = "involved", "人次", asked("GONE") }), "among.state", "永远数不到"},
		"one of nothing":                            {good(func(d *figures.Definition) { d.Among["source"] = asked() }), "among.source", "永远数不到"},
		"no kind":                                   {good(func(d *figures.Definition) { d.Among = nil }), "among.kind", "哪几类"},
		"all kinds but one":                         {good(func(d *figures.Definition) { d.Among["kind"] = figures.Asked{Words: []string{"talk"}, None: true} }), "among.kind", "哪几类"},
		"opinions, which some readers may not read": {good(func(d *figures.Definition) { d.Among["kind"] = asked("opinion") }), "readers", "看不到"},
		"a right that is none":                      {good(func(d *figures.Definition) { d.Readers = "happiness.read" }), "readers", "没有"},
		"a thing that cannot be counted":            {good(func(d *figures.Definition) { d.Of = "ballot" }), "of", "不能数"},
		"a word that the thing has not":             {good(func(d *figures.Definition) { d.Among["mood"] = yes }), "among.mood", "没有"},
		"a value that never comes":                  {good(func(d *figures.Definition) { d.Of, d.Unit, d.Among["event"] = "event", "场", asked("PARTY") }), "among.event", "没有"},
		"the leader's instruction":                  {good(func(d *figures.Definition) { d.Of, d.Unit, d.Among["record"] = "record", "份", asked("INSTRUCTION") }), "among.record", "没有"},
		"one person": {good(func(d *figures.Definition) {
			d.Of, d.Unit, d.Among["person"] = "attended", "人次", asked(uuid.NewString())
		}), "among.person", "没有"},
		"words of yes or no":          {good(func(d *figures.Definition) { d.Among["closed"] = asked("A") }), "among.closed", "只问是或不是"},
		"a sum of what has no amount": {good(func(d *figures.Definition) { d.Unit, d.Sum = "元", "yuan" }), "sum", "合计"},
		"a share of a sum": {good(func(d *figures.Definition) {
			d.Of, d.Unit, d.Sum, d.Counts = "item", "元", "yuan", figures.Condition{"done": yes}
		}), "sum", "没有分子"},
		"per what it is not":              {good(func(d *figures.Definition) { d.Per = "person" }), "per", "逐个"},
		"a code that hides a shipped one": {good(func(d *figures.Definition) { d.Code = "filed" }), "code", "own_"},
		"SQL for a value":                 {good(func(d *figures.Definition) { d.Among["event') OR ('1'='1"] = yes }), "among.event') OR ('1'='1", "没有"},
	} {
		err := d.As("秘书长", func(ctx context.Context) error {
			found, err := own.Check(ctx, figures.Draft{Definition: c.def})
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(found, func(e *errs.Error) bool {
				return strings.Join(e.Path, ".") == c.place && strings.Contains(e.Message, c.says)
			}) {
				t.Errorf("%s: %v, want %s at %s", name, found, c.says, c.place)
			}
			_, err = own.Publish(ctx, figures.Draft{Definition: c.def, Reason: "统计"})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s is published: %v", name, err)
		}
	}
	err := d.As("干事", func(ctx context.Context) error {
		_, err := own.Publish(ctx, figures.Draft{Definition: good(func(*figures.Definition) {}), Reason: "统计"})
		return err
	})
	if !errs.Is(err, errs.NotAllowed) {
		t.Errorf("without the right: %v", err)
	}
}

func TestOwnFiguresHaveVersions(t *testing.T) {
	t.Parallel()
	d := ownDistrict(t)
	own := figures.NewOwn(talkStates)
	money := owns["money"]
	money.Code, money.Label = "own_money", "招引金额"
	each := figures.Definition{Code: "own_each", Label: "到会", Unit: "人次", Of: "attended", Among: figures.Condition{"kind": asked("talk"), "status": asked("ATTENDED")}, Per: "person"}
	hidden := figures.Definition{Code: "own_hidden", Label: "社情民意", Unit: "件", Of: "matter", Among: figures.Condition{"kind": asked("opinion")}, Readers: "opinion.read"}
	publish := func(def figures.Definition, seen *int) (out *figures.Definition, err error) {
		err = d.As("秘书长", func(ctx context.Context) error {
			out, err = own.Publish(ctx, figures.Draft{Definition: def, Reason: "统计", Expected: seen})
			return err
		})
		return out, err
	}
	for _, def := range []figures.Definition{money, each, hidden} {
		if _, err := publish(def, new(0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := publish(money, new(0)); !errs.Is(err, errs.VersionConflict) {
		t.Errorf("over one that was not seen: %v", err)
	}
	service, scope := reports.New(d.Ent()), figures.Scope{Kind: figures.All}
	var id uuid.UUID
	d.OK(d.As("秘书长", func(ctx context.Context) error {
		m := d.Ent().Matter.Create().SetKind("talk").SetProcessID(d.Runs["talk"]).SetState("OPEN").SetTitle("某事").SetOpenedAt(clock.Now(ctx)).SaveX(ctx)
		for _, fen := range []int64{150, 99} {
			d.Ent().Item.Create().SetMatterID(m.ID).SetKind(item.KindLEAD).SetText("线索").SetAmountFen(fen * 100).ExecX(ctx)
		}
		r, err := service.Freeze(ctx, reports.Paper{Title: "年报", Scope: scope, Lines: []reports.Line{{Label: "招引金额", Code: "own_money"}}})
		if err == nil {
			id = r.ID
		}
		return err
	}))
	t.Run("each is counted, those who have none included", func(t *testing.T) {
		d.OK(d.As("秘书长", func(ctx context.Context) error {
			v, err := figures.Of(ctx, []string{"own_each"}, scope, "person")
			if err != nil {
				return err
			}
			var names []string
			for _, p := range v[0].Parts {
				names = append(names, p.Label)
				if p.Numerator != 0 {
					t.Errorf("%+v", p)
				}
			}
			if slices.Sort(names); !slices.Equal(names, []string{"委员乙", "委员甲"}) {
				t.Errorf("%v", names)
			}
			return nil
		}))
	})
	t.Run("one for some readers is not told to others, nor put into a report that they read", func(t *testing.T) {
		err := d.As("政府办", func(ctx context.Context) error {
			list, err := figures.InForce(ctx)
			if err != nil || slices.ContainsFunc(list, func(x *figures.Definition) bool { return x.Code == "own_hidden" }) {
				t.Errorf("it is offered: %v", err)
			}
			_, err = figures.Of(ctx, []string{"own_hidden"}, scope, "")
			return err
		})
		if !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
		err = d.As("秘书长", func(ctx context.Context) error {
			if _, err := figures.Of(ctx, []string{"own_hidden"}, scope, ""); err != nil {
				t.Error(err)
			}
			_, err := service.Freeze(ctx, reports.Paper{Title: "年报", Scope: scope, Lines: []reports.Line{{Label: "社情民意", Code: "own_hidden"}}})
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	})
	t.Run("the next version takes its place, a retired one is not offered, and the report stays", func(t *testing.T) {
		money.Among = figures.Condition{"kind": asked("walk")}
		if next, err := publish(money, new(1)); err != nil || next.Version != 2 {
			t.Fatal(err)
		}
		d.OK(d.As("秘书长", func(ctx context.Context) error {
			v, err := figures.Of(ctx, []string{"own_money"}, scope, "")
			if err != nil || v[0].Numerator != 0 || v[0].Version != 2 {
				t.Errorf("%+v, %v", v, err)
			}
			if _, err := own.Retire(ctx, "own_money", "不用了"); err != nil {
				return err
			}
			if _, err := figures.Of(ctx, []string{"own_money"}, scope, ""); !errs.Is(err, errs.Invalid) {
				t.Error(err)
			}
			if _, err := own.Retire(ctx, "own_money", "又"); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
			r, err := d.Ent().Report.Get(ctx, id)
			if err != nil {
				return err
			}
			lines, err := reports.LinesOf(r)
			if err != nil || lines[0].Text() != "249 元" || lines[0].Version != 1 || !strings.Contains(lines[0].Meaning, "金额（元）合计") {
				t.Errorf("%+v, %v", lines, err)
			}
			rows, err := reports.Rows(ctx, lines[0], nil, uuid.Nil, 10)
			if err != nil || len(rows) != 2 || rows[0].Amount+rows[1].Amount != 249 {
				t.Errorf("%+v, %v", rows, err)
			}
			return err
		}))
	})
}
