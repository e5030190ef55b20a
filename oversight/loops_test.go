package oversight_test

import (
	"context"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/oversight"
)

// cohortLetter is a letter of the three loops: figures of tasks split by cohort.
func cohortLetter(at string, parts map[string][]any) map[string]any {
	rate := func(code string, n, d int, parts []any) map[string]any {
		return map[string]any{"code": code, "version": 1, "label": code, "unit": "项", "n": n, "d": d, "parts": parts}
	}
	count := func(code string, n int, parts []any) map[string]any {
		return map[string]any{"code": code, "version": 1, "label": code, "unit": "项", "n": n, "parts": parts}
	}
	return letter(map[string]any{"at": at, "blocks": []any{map[string]any{"kind": "CALENDAR_YEAR", "year": 2025, "split": "cohort", "figures": []any{
		count("tasks", 5, parts["tasks"]), rate("task_adoption_rate", 4, 5, parts["adopted"]), rate("node_rate", 3, 4, parts["nodes"]),
	}}}})
}

func TestThreeLoopsAcrossDistricts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := func(key, label string, n int, d ...int) map[string]any {
		p := map[string]any{"key": key, "label": label, "n": n}
		if len(d) > 0 {
			p["d"] = d[0]
		}
		return p
	}
	asks := oversight.Question{Codes: []string{"tasks", "task_adoption_rate"}, Kind: figures.Year, Year: 2025, Split: "cohort", First: 10}
	w.run("each loop has its own numbers and its own light, in the order of its years", func(t *testing.T, w *world) {
		o := w.posts(cohortLetter("2025-03-03T05:00:00Z", map[string][]any{
			"tasks":   {part("HANDLING", "办理", 3), part("SUPERVISION", "监督", 1), part("PRESTUDY", "预研", 1)},
			"adopted": {part("HANDLING", "办理", 2, 3), part("SUPERVISION", "监督", 1, 1), part("PRESTUDY", "预研", 1, 1)},
			"nodes":   {part("HANDLING", "办理", 2, 3), part("SUPERVISION", "监督", 1, 1)},
		}))
		if o != "DELIVERED" {
			t.Fatal(o)
		}
		var got []string
		for _, c := range w.asks(asks).Cohorts {
			got = append(got, c.Label, string(c.Light), c.Parts[0].Number.Text(), c.Parts[1].Number.Text())
		}
		want := []string{"预研", "NOTHING_DUE", "1", "100.0%", "办理", "RED", "3", "66.7%", "监督", "GREEN", "1", "100.0%"}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
	w.run("split otherwise there are none, and where it is narrowed there are none", func(t *testing.T, w *world) {
		asks := asks
		asks.Split = ""
		if d := w.asks(asks); len(d.Cohorts) > 0 {
			t.Errorf("%+v", d.Cohorts)
		}
		w.posts(letter(map[string]any{"at": "2025-03-03T06:00:00Z", "terms": map[string]any{"codes": nil, "splits": []any{"period"}, "status": "ACTIVE"}}))
		asks.Split = "cohort"
		if d := w.asks(asks); len(d.Cohorts) > 0 || !d.Values[0].Hidden {
			t.Errorf("%+v", d.Cohorts)
		}
	})
}

// A district counts what its city gave it by the loop's year of handling, and
// tells it as all figures.
func TestADistrictTellsItsLoops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run("a district with nothing due has no green light", func(t *testing.T, w *world) {
		w.receives("FILED")
		w.tell()
		if d := w.sees("received"); d.Light != oversight.NothingDue {
			t.Error(d.Light)
		}
	})
	w.later()
	w.OK(w.district.Recorded("", "test", func(ctx context.Context) error {
		c := w.Ent()
		for n, year := range []int{2024, 2025, 2025, 2026} {
			m, err := c.Matter.Create().SetKind("task").SetProcessID(w.district.Runs["proposal"]).SetState([]string{"DONE", "ISSUED", "WORKING", "WITHDRAWN"}[n]).SetTitle("某项任务").
				SetOpenedAt(clock.Now(ctx)).SetData(map[string]any{"loop": map[string]any{"title": "关于某事", "year": year}}).Save(ctx)
			if err != nil {
				return err
			}
			if err := c.Item.Create().SetMatterID(m.ID).SetKind(item.KindTASK).SetText("某项任务").SetDueOn(clock.Date(2025, 2, 1)).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	}))
	w.run("tasks are told by the loop's year: overdue, taken up and done; a withdrawn one is none", func(t *testing.T, w *world) {
		w.tell()
		var got []string
		for _, c := range w.asks(oversight.Question{Codes: []string{"tasks", "tasks_overdue", "task_adoption_rate", "task_done_rate"}, Kind: figures.Year, Year: 2025, Split: "cohort", First: 10}).Cohorts {
			got = append(got, c.Phase)
			for _, p := range c.Parts {
				text := "-"
				if p.Told {
					text = p.Number.Text()
				}
				got = append(got, text)
			}
		}
		want := []string{"HANDLING", "2", "2", "50.0%", "0.0%", "SUPERVISION", "1", "-", "100.0%", "100.0%"}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
