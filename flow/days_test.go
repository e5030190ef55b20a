package flow

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

// R17, R18, R19: every date of every shipped form, in a matter that was opened
// half a year ago, with every odd day.
func TestEveryDateOfAShippedFormRefusesDaysThatCannotBe(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../tenants/templates/*.yaml")
	today := clock.Date(2026, time.November, 29)
	opened := today.AddDate(0, -6, 0)
	e := &Engine{Rules: NewRules()}
	asked := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := process.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		e.kinds[d.Kind] = &Kind{Code: d.Kind, Begins: FromOpening}
		c := &Case{Matter: &gen.Matter{Kind: d.Kind, OpenedAt: opened}, Now: today.Add(time.Hour)}
		for name, m := range d.Machines {
			in := Input{Case: c}
			if name == process.OfAssignment {
				in.Share = &gen.Assignment{CreatedAt: opened}
			}
			for _, a := range m.Actions {
				in.Action = a
				a.DayFields(func(path []string, rule process.DayRule) {
					for _, odd := range corpus.Days(opened, today) {
						asked++
						in.Form = at(path, odd.On.Format(time.DateOnly)).(map[string]any)
						can := map[process.DayRule]bool{process.Happened: odd.Happened, process.Promised: odd.Promised, process.Planned: odd.Happened || odd.Promised}[rule]
						err := e.days(&in)
						if (err == nil) != can || err != nil && !errs.Is(err, errs.Invalid) {
							t.Errorf("%s %s %v (%s) %s: %v", filepath.Base(file), a.Code, path, rule, odd.Name, err)
						}
					}
				})
			}
		}
	}
	if asked < 500 {
		t.Errorf("%d asked", asked)
	}
}

// at is a form with a value at a path; * is a list of one.
func at(path []string, v any) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "*" {
		return []any{at(path[1:], v)}
	}
	return map[string]any{path[0]: at(path[1:], v)}
}

func TestWhenThingsBegin(t *testing.T) {
	t.Parallel()
	today := clock.Date(2026, time.November, 29)
	c := &Case{Matter: &gen.Matter{Kind: "own", OpenedAt: today}, Now: today}
	s := NewRules()
	for _, x := range []struct {
		sentence string
		in       *Input
		want     time.Time
	}{
		{"what is entered afterwards happened within a year before", &Input{Case: c}, today.AddDate(-1, 0, 0)},
		{"a share begins on the day the unit got it", &Input{Case: c, Share: &gen.Assignment{CreatedAt: today.AddDate(0, 0, -3)}}, today.AddDate(0, 0, -3)},
	} {
		if got := x.in.begun(s); !got.Equal(x.want) {
			t.Errorf("%s: %s", x.sentence, got)
		}
	}
	s.kinds["own"] = &Kind{Code: "own", Begins: FromOpening}
	if got := (&Input{Case: c}).begun(s); !got.Equal(today) {
		t.Errorf("a kind says when its matters begin: %s", got)
	}
}
