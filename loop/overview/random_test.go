package overview

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/clock"
)

// fact is an item as the test remembers it; what a filter finds is compared
// with a walk through all of them.
type fact struct {
	id      uuid.UUID
	kind    item.Kind
	status  item.Status
	due     *time.Time
	loop    int // handling year; 0: of none
	since   int // year in which it was taken down
	unit    string
	partner string
	key     bool
	hard    bool
	above   bool
	draft   bool
	text    string
	sub     bool // broken down from another
	closed  bool
	nodes   []fact
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// invented fills a house with n random items.
func invented(h *house, r *rand.Rand, n int) (facts []fact, loops map[int]uuid.UUID) {
	loops = map[int]uuid.UUID{}
	for year := 2021; year <= 2024; year++ {
		loops[year] = h.loop(year, "H4_ACCOUNT")
	}
	proposals := map[int]uuid.UUID{0: h.matterOf("proposal", "TRACKING", "提案", nil)}
	parents := map[int][]uuid.UUID{}
	statuses := []item.Status{item.StatusOPEN, item.StatusOPEN, item.StatusREPORTED, item.StatusDONE, item.StatusDROPPED}
	for range n {
		h.clock.Set(time.Date(2021+r.IntN(3), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), 0, 0, 0, clock.Shanghai))
		f := fact{kind: pick(r, kinds...), status: pick(r, statuses...), since: clock.Today(h.ctx()).Year(), loop: pick(r, 0, 2021, 2022, 2023, 2024),
			unit: pick(r, "", "市水务局", "市发展改革委"), partner: pick(r, "", "", "210202"), key: r.IntN(3) == 0, hard: r.IntN(3) == 0,
			above: r.IntN(4) == 0, draft: r.IntN(8) == 0, text: pick(r, "供水", "供电 50%", "道路_桥梁")}
		if r.IntN(5) > 0 {
			f.due = ptr(clock.Date(2023, 5, 20).AddDate(0, 0, r.IntN(24)))
		}
		f.put(h, r, loops, proposals, parents)
		facts = append(facts, f)
	}
	h.at(2023, 6, 1)
	return facts, loops
}

func (f *fact) put(h *house, r *rand.Rand, loops, proposals map[int]uuid.UUID, parents map[int][]uuid.UUID) {
	set := func(c *gen.ItemCreate) {
		c.SetText(f.text).SetKey(f.key).SetDifficult(f.hard).SetStatus(f.status).SetNillableDueOn(f.due)
		if f.unit != "" {
			c.SetUnitID(h.units[f.unit])
		}
	}
	if f.kind != item.KindTASK {
		f.partner, f.above, f.draft = "", false, false
	}
	switch f.kind {
	case item.KindCOMMITMENT, item.KindRESOLUTION, item.KindSUGGESTION:
		f.loop = 0
		f.id = h.item(proposals[0], f.kind, f.text, set)
	case item.KindPROBLEM:
		if f.loop == 0 {
			f.loop = 2023
		}
		f.id = h.item(loops[f.loop], f.kind, f.text, set)
	case item.KindTASK:
		j := job{title: f.text, due: f.due, unit: f.unit, partner: f.partner, status: f.status, item: set, matter: func(c *gen.MatterCreate) {
			if f.above {
				c.SetOrigin(map[string]any{"committee": "210000"})
			}
			if f.draft {
				c.SetVisibility(matter.VisibilityPARTIES).SetCreatorID(h.d.Who(director).Membership)
			}
		}}
		if above := parents[f.loop]; f.loop != 0 && len(above) > 0 && r.IntN(4) == 0 {
			j.of, f.sub = pick(r, above...), true
		} else if f.loop != 0 {
			j.loop = loops[f.loop]
		}
		var m uuid.UUID
		m, f.id = h.task(j)
		f.closed = ended[f.status]
		parents[f.loop] = append(parents[f.loop], m)
		for range r.IntN(3) {
			n := fact{status: pick(r, item.StatusOPEN, item.StatusREPORTED, item.StatusDONE), due: ptr(clock.Date(2023, 5, 25).AddDate(0, 0, r.IntN(14)))}
			n.id = h.node(m, f.id, n.due, n.status)
			f.nodes = append(f.nodes, n)
		}
		if r.IntN(6) == 0 && j.loop == uuid.Nil && !f.sub { // joined and taken out again
			l := h.link(m, loops[2022], link.KindBELONGS_TO)
			h.system(func(ctx context.Context, c *gen.Client) error {
				return c.Link.UpdateOneID(l).SetUndoneAt(h.clock.Now()).Exec(ctx)
			})
		}
	}
}

func (f fact) late() bool {
	return f.status == item.StatusOPEN && f.due != nil && f.due.Before(clock.Date(2023, 6, 1))
}

func (f fact) year() int {
	if f.loop != 0 {
		return f.loop
	}
	return f.since
}

func is(want *bool, got bool) bool { return want == nil || *want == got }

// meets is Filter.Predicate in plain Go.
func (f fact) meets(h *house, by Filter, loops map[int]uuid.UUID) bool {
	waits := f.status == item.StatusREPORTED && (f.kind == item.KindTASK || f.kind == item.KindCOMMITMENT) // what else is REPORTED was explained
	open := !f.closed && (f.status == item.StatusOPEN || waits)
	return !f.draft &&
		(len(by.Kinds) == 0 || slices.Contains(by.Kinds, f.kind)) &&
		(by.Cohort == nil || (f.loop != 0 && loops[f.loop] == *by.Cohort)) &&
		(by.Year == nil || f.year() == *by.Year) &&
		(by.OpenBefore == nil || (open && f.year() < *by.OpenBefore)) &&
		(len(by.Units) == 0 || (f.unit != "" && slices.Contains(by.Units, h.units[f.unit]))) &&
		(by.Partner == "" || by.Partner == f.partner) &&
		(len(by.Statuses) == 0 || slices.Contains(by.Statuses, f.status)) &&
		is(by.Key, f.key) && is(by.Difficult, f.hard) && is(by.Overdue, f.late()) && is(by.FromAbove, f.above) &&
		(by.DueFrom == nil || (f.due != nil && !f.due.Before(*by.DueFrom))) &&
		(by.DueTo == nil || (f.due != nil && !f.due.After(*by.DueTo))) &&
		strings.Contains(f.text, by.Search)
}

func randomFilter(h *house, r *rand.Rand, loops map[int]uuid.UUID) (f Filter) {
	maybe := func() bool { return r.IntN(4) == 0 }
	flag := func() *bool {
		if maybe() {
			return ptr(r.IntN(2) == 0)
		}
		return nil
	}
	f.Key, f.Difficult, f.Overdue, f.FromAbove = flag(), flag(), flag(), flag()
	if maybe() {
		f.Kinds = []item.Kind{pick(r, kinds...), pick(r, kinds...)}
	}
	if maybe() {
		f.Cohort = ptr(loops[2021+r.IntN(4)])
	}
	if maybe() {
		f.Year = ptr(2021 + r.IntN(4))
	}
	if maybe() {
		f.OpenBefore = ptr(2021 + r.IntN(5))
	}
	if maybe() {
		f.Units = []uuid.UUID{h.units[pick(r, "市水务局", "市发展改革委")]}
	}
	if maybe() {
		f.Statuses = []item.Status{pick(r, item.StatusOPEN, item.StatusDONE), item.StatusREPORTED}
	}
	if maybe() {
		f.DueFrom = ptr(clock.Date(2023, 5, 20+r.IntN(10)))
	}
	if maybe() {
		f.DueTo = ptr(clock.Date(2023, 6, 1+r.IntN(10)))
	}
	f.Partner = pick(r, "", "", "", "210202")
	f.Search = pick(r, "", "", "供", "50%", "_", "%")
	return f
}

// What the database answers is compared with a walk in Go over the same random
// data. The seed is printed; it changes every day.
func TestAgainstBruteForce(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().Unix() / 86400)
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	h := newHouse(t)
	facts, loops := invented(h, r, 240)
	slices.SortStableFunc(facts, func(a, b fact) int {
		return byDay(&gen.Item{ID: a.id, DueOn: a.due}, &gen.Item{ID: b.id, DueOn: b.due})
	})

	t.Run("whatever the filter, the ledger has exactly what meets it, in its order", func(t *testing.T) {
		found := 0
		for n := range 250 {
			f := randomFilter(h, r, loops)
			if n == 0 {
				f = Filter{}
			}
			want := []uuid.UUID{}
			for _, x := range facts {
				if x.meets(h, f, loops) {
					want = append(want, x.id)
				}
			}
			got := h.ledger(director, f)
			if !slices.Equal(got, want) {
				t.Fatalf("%+v (%s): %d items, want %d", f, strings.Join(f.says(), "；"), len(got), len(want))
			}
			if n > 0 && len(want) > 0 {
				found++
			}
		}
		if found < 30 {
			t.Errorf("only %d filters found something", found)
		}
	})
	t.Run("what the overview calls overdue is what is overdue", func(t *testing.T) {
		overdue, nodes, compared := map[int][]string{}, map[int][]string{}, 0
		for _, x := range facts {
			if x.kind != item.KindTASK || x.draft || x.sub || x.loop == 0 {
				continue
			}
			if x.late() {
				overdue[x.loop] = append(overdue[x.loop], x.id.String())
			}
			for _, n := range x.nodes {
				if n.late() && !x.closed {
					nodes[x.loop] = append(nodes[x.loop], n.id.String())
				}
			}
		}
		for _, l := range h.overview(director) {
			equal(t, fmt.Sprint(l.HandleYear, " tasks"), sorted(l.Tasks.Overdue), sortedTexts(overdue[l.HandleYear]))
			equal(t, fmt.Sprint(l.HandleYear, " nodes"), sorted(l.Nodes.Overdue), sortedTexts(nodes[l.HandleYear]))
			compared += len(l.Tasks.Overdue) + len(l.Nodes.Overdue)
		}
		if compared == 0 {
			t.Error("nothing was overdue")
		}
	})
}

func sorted(items []*gen.Item) []string {
	out := []string{}
	for _, i := range items {
		out = append(out, i.ID.String())
	}
	return sortedTexts(out)
}

func sortedTexts(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return out
}
