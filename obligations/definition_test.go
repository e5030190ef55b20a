package obligations

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

func sound() Definition {
	return Definition{Code: "three_ones", Label: "三个一", Owes: Owes{Kinds: []string{"MEMBER"}}, Clock: Clock{Every: Year, Remind: []int{30, 7}},
		Done: []Need{{Label: "社情民意", Least: 1, Of: "involved", Among: figures.Condition{"kind": {Words: []string{"opinion"}}, "brought": {Yes: true}}}}}
}

// A definition that means nothing is refused when it is published, with the place.
func TestWhatADefinitionMayNotSay(t *testing.T) {
	k := known{states: map[string][]string{"opinion": {"SUBMITTED", "ISSUED"}}}
	if d := sound(); len(d.check(k)) > 0 {
		t.Fatal(d.check(k)[0])
	}
	by := clock.Date(2026, 5, 1)
	for name, c := range map[string]struct {
		change   func(*Definition)
		at, says string
	}{
		"a code of other letters":              {func(d *Definition) { d.Code = "三个一" }, "code", "代码"},
		"no name":                              {func(d *Definition) { d.Label = " " }, "label", "名称"},
		"nobody":                               {func(d *Definition) { d.Owes.Kinds = nil }, "kinds", "由谁做"},
		"a kind of people that is none":        {func(d *Definition) { d.Owes.Kinds = []string{"GUEST"} }, "kinds", "这一类人"},
		"a post that is none":                  {func(d *Definition) { d.Owes.Posts = []string{"KING"} }, "posts", "这一职务"},
		"a unit that is not there":             {func(d *Definition) { d.Owes.Units = append(d.Owes.Units, [16]byte{1}) }, "unitIds", "这个单位"},
		"a period that is none":                {func(d *Definition) { d.Clock.Every = "MONDAY" }, "every", "每季度"},
		"two days":                             {func(d *Definition) { d.Clock.ByDay, d.Clock.Within = "12-01", 5 }, "every", "只写一种"},
		"once, without a day":                  {func(d *Definition) { d.Clock.Every = Once }, "by", "只做一次"},
		"every year, by one date":              {func(d *Definition) { d.Clock.By = &by }, "by", "每年"},
		"a day that never comes":               {func(d *Definition) { d.Clock.ByDay = "02-30" }, "byDay", "12-31"},
		"a day of the year every quarter":      {func(d *Definition) { d.Clock.Every, d.Clock.ByDay = Quarter, "12-01" }, "byDay", "每年"},
		"more days than the period has":        {func(d *Definition) { d.Clock.Every, d.Clock.Within = Quarter, 100 }, "within", "一期"},
		"working days of nothing":              {func(d *Definition) { d.Clock.Workdays = true }, "workdays", "工作日"},
		"a reminder after the day":             {func(d *Definition) { d.Clock.Remind = []int{-1} }, "remind", "提醒"},
		"nothing to do":                        {func(d *Definition) { d.Done = nil }, "needs", "怎样算做到"},
		"never":                                {func(d *Definition) { d.Done[0].Least = 0 }, "needs.0.least", "至少 1 次"},
		"a thing of which people are not told": {func(d *Definition) { d.Done[0].Of = "rating" }, "needs.0.of", "能数的有"},
		"a word that the thing has not":        {func(d *Definition) { d.Done[0].Among["weight"] = figures.Asked{Yes: true} }, "needs.0.among", "没有“weight”"},
		"yes or no of words":                   {func(d *Definition) { d.Done[0].Among["kind"] = figures.Asked{Yes: true} }, "needs.0.among", "须写明"},
		"words of yes or no":                   {func(d *Definition) { d.Done[0].Among["closed"] = figures.Asked{Words: []string{"A"}} }, "needs.0.among", "是或不是"},
		"who does it, as a condition":          {func(d *Definition) { d.Done[0].Among["person"] = figures.Asked{Words: []string{"A"}} }, "needs.0.among", "由谁做"},
		"a kind that nobody has published":     {func(d *Definition) { d.Done[0].Among["kind"] = figures.Asked{Words: []string{"opera"}} }, "needs.0.among", "永远数不到"},
		"a state that the kind has not":        {func(d *Definition) { d.Done[0].Among["state"] = figures.Asked{Words: []string{"GONE"}} }, "needs.0.among", "这一环节"},
		"a value that the word never has": {func(d *Definition) {
			d.Done[0] = Need{Label: "到会", Least: 1, Of: "attended", Among: figures.Condition{"status": {Words: []string{"SLEPT"}}}}
		}, "needs.0.among", "没有“SLEPT”"},
		"a text that would end the condition's": {func(d *Definition) { d.Done[0].Among["kind"] = figures.Asked{Words: []string{"x'; DROP"}} }, "needs.0.among", "永远数不到"},
	} {
		t.Run(name, func(t *testing.T) {
			d := sound()
			c.change(&d)
			bad := d.check(k)
			if len(bad) == 0 || strings.Join(bad[0].Path, ".") != c.at || !strings.Contains(bad[0].Message, c.says) {
				t.Errorf("%v", bad)
			}
		})
	}
}

func TestPeriodsAndDays(t *testing.T) {
	cal := workday.Calendar{}
	for _, c := range []struct {
		say        string
		c          Clock
		day, since time.Time
		from, due  string
	}{
		{"a year ends on its last day", Clock{Every: Year}, clock.Date(2026, 5, 3), time.Time{}, "2026-01-01", "2026-12-31"},
		{"or on a day of it", Clock{Every: Year, ByDay: "10-31"}, clock.Date(2026, 12, 3), time.Time{}, "2026-01-01", "2026-10-31"},
		{"29 February is the 28th where there is none", Clock{Every: Year, ByDay: "02-29"}, clock.Date(2026, 1, 1), time.Time{}, "2026-01-01", "2026-02-28"},
		{"half a year", Clock{Every: Half}, clock.Date(2026, 7, 1), time.Time{}, "2026-07-01", "2026-12-31"},
		{"a quarter", Clock{Every: Quarter}, clock.Date(2026, 3, 31), time.Time{}, "2026-01-01", "2026-03-31"},
		{"within so many days of its beginning", Clock{Every: Quarter, Within: 10}, clock.Date(2026, 4, 30), time.Time{}, "2026-04-01", "2026-04-10"},
		{"of working days only these are counted", Clock{Every: Once, Within: 5, Workdays: true}, clock.Date(2026, 6, 1), clock.Date(2026, 6, 5), "2026-01-01", "2026-06-12"},
	} {
		t.Run(c.say, func(t *testing.T) {
			p := c.c.period(c.day, clock.Date(2026, 1, 1))
			if due := c.c.due(p, c.since, cal); p.From.Format(time.DateOnly) != c.from || due.Format(time.DateOnly) != c.due {
				t.Error(p.From, due)
			}
		})
	}
	for _, c := range []struct {
		say   string
		c     Clock
		since time.Time
		asks  bool
	}{
		{"who was there at the beginning owes", Clock{Every: Year}, clock.Date(2020, 1, 1), true},
		{"who joins while half is left owes", Clock{Every: Year}, clock.Date(2026, 7, 2), true},
		{"who joins later owes from the next period on", Clock{Every: Year}, clock.Date(2026, 7, 3), false},
		{"as many days as the definition says", Clock{Every: Year, Joins: 30}, clock.Date(2026, 12, 2), true},
		{"and not fewer", Clock{Every: Year, Joins: 30}, clock.Date(2026, 12, 3), false},
	} {
		t.Run(c.say, func(t *testing.T) {
			p := c.c.period(clock.Date(2026, 12, 31), clock.Date(2026, 1, 1))
			if got := c.c.asks(p, c.since, c.c.due(p, c.since, cal)); got != c.asks {
				t.Error(got)
			}
		})
	}
}

// The definition that judges a period is the one of its last day; without one
// nothing is asked.
func TestWhichVersionJudges(t *testing.T) {
	v := func(n int, from time.Time, least int, retired *time.Time) *Version {
		d := sound()
		d.Done[0].Least = least
		return &Version{Definition: d, Version: n, AppliesOn: from, RetiredOn: retired}
	}
	list := []*Version{v(1, clock.Date(2024, 1, 1), 1, nil), v(2, clock.Date(2025, 6, 1), 2, nil), v(3, clock.Date(2026, 3, 1), 3, nil)}
	today := clock.Date(2026, 2, 1)
	for day, want := range map[string]string{"2023-12-31": "none", "2024-02-01": "1 2024-01-01", "2025-01-05": "2 2025-01-01", "2026-01-05": "2 2026-01-01"} {
		at, _ := time.Parse(time.DateOnly, day)
		got := "none"
		if r := roundOn(list, at, today); r != nil {
			got = fmt.Sprint(r.Version.Version, " ", r.Period.From.Format(time.DateOnly))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}
