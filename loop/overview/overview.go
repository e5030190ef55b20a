package overview

import (
	"context"
	"slices"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Counts are the figures of tasks, nodes or problems. Each is the rows that it
// counts, by day (Order); its value is their number. Total is Open, Reported,
// Done and Dropped together.
type Counts struct {
	Total    []*gen.Item
	Open     []*gen.Item // neither reported nor settled
	Reported []*gen.Item // wait to be verified
	Done     []*gen.Item
	Dropped  []*gen.Item // explained and accepted, or withdrawn
	Overdue  []*gen.Item // of Open
}

func newCounts() Counts {
	none := func() []*gen.Item { return []*gen.Item{} }
	return Counts{none(), none(), none(), none(), none(), none()}
}

// add counts one more; ended: nothing can be late any more.
func (c *Counts) add(i *gen.Item, today time.Time, ended bool) {
	c.Total = append(c.Total, i)
	switch i.Status {
	case item.StatusOPEN:
		c.Open = append(c.Open, i)
	case item.StatusREPORTED:
		c.Reported = append(c.Reported, i)
	case item.StatusDROPPED:
		c.Dropped = append(c.Dropped, i)
	default: // a candidate that was chosen has had what it waited for
		c.Done = append(c.Done, i)
	}
	if late(i, today) && !ended {
		c.Overdue = append(c.Overdue, i)
	}
}

// Loop is one 一号提案 as it stands.
type Loop struct {
	Matter     *gen.Matter // with its cohort
	HandleYear int
	State      *process.State // its Stage is 预研, 办理 or 监督
	Turn       string         // whose turn it is, in the process's words; empty: nobody's
	Gates      []flow.Gate    // ways out of the state, open or not
	Tasks      Counts         // issued
	Nodes      Counts         // of these tasks
	Problems   Counts         // found in the loop
	Districts  []Share        // by code
}

// Share is what was handed to one district.
type Share struct {
	Partner string // code
	Name    string
	Tasks   Counts
	Nodes   Counts
	Last    *Told // nil: it has told nothing yet
}

// Told is what a district let be known of one task.
type Told struct {
	Task         *gen.Matter
	On           string // day, 2006-01-02
	Status       string // the state's label in the district
	Number, Note string

	at string // the moment at which it came, RFC 3339; empty of what came before that was kept
}

// branch is a task of a loop: its matter and its one item of kind TASK.
type branch struct {
	*gen.Matter
	task  *gen.Item
	nodes []*gen.Item
}

// most loops in one overview: every year of a generation of officials.
const mostLoops = 20

// Overview answers the loops of the given handling years, or without any those
// of last year, this year and next year and those of earlier years that are
// still open; by handling year. It needs cohort.read over the whole committee;
// tasks are those that the viewer sees.
func (s *Service) Overview(ctx context.Context, years ...int) (_ []*Loop, err error) {
	defer errs.Wrap(&err, "overview.Overview(%v)", years)
	if _, err := authz.Require(ctx, "cohort.read"); err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	which := cohort.Or(cohort.HandleYearGTE(today.Year()-1), cohort.HasMatterWith(matter.ClosedAtIsNil()))
	if len(years) > 0 {
		which = cohort.HandleYearIn(years...)
	}
	found, err := s.client.Cohort.Query().Where(which).Order(cohort.ByHandleYear(entsql.OrderDesc())).Limit(mostLoops).WithMatter().All(ctx)
	if err != nil || len(found) == 0 {
		return []*Loop{}, err
	}
	found = slices.DeleteFunc(found, func(c *gen.Cohort) bool { return c.Edges.Matter == nil }) // gone from sight since
	ids := make([]uuid.UUID, len(found))
	for i, c := range found {
		ids[i] = c.MatterID
		c.Edges.Matter.Edges.Cohort = c
	}
	gates, err := s.engine.Gates(ctx, ids...)
	if err != nil {
		return nil, err
	}
	defs, err := s.engine.Definitions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	problems, err := s.problems(ctx, ids)
	if err != nil {
		return nil, err
	}
	tasks, err := s.branches(ctx, ids)
	if err != nil {
		return nil, err
	}
	names, err := s.committees(ctx, tasks)
	if err != nil {
		return nil, err
	}
	loops := make([]*Loop, len(found))
	for i, c := range found {
		m := c.Edges.Matter
		l := &Loop{Matter: m, HandleYear: c.HandleYear, Gates: gates[m.ID]}
		l.State = defs[m.ID].Machines[process.OfMatter].State(m.State)
		l.Turn = defs[m.ID].Turns[m.Turn]
		l.Tasks, l.Nodes = count(tasks[m.ID], today)
		l.Problems = newCounts()
		for _, p := range problems[m.ID] {
			l.Problems.add(p, today, m.ClosedAt != nil)
		}
		l.Districts = shares(tasks[m.ID], names, today)
		loops[i] = l
	}
	slices.SortFunc(loops, func(a, b *Loop) int { return a.HandleYear - b.HandleYear })
	return loops, nil
}

func (s *Service) problems(ctx context.Context, loops []uuid.UUID) (map[uuid.UUID][]*gen.Item, error) {
	rows, err := s.client.Item.Query().Where(item.MatterIDIn(loops...), item.KindEQ(item.KindPROBLEM)).Order(Order()...).All(ctx)
	out := map[uuid.UUID][]*gen.Item{}
	for _, i := range rows {
		out[i.MatterID] = append(out[i.MatterID], i)
	}
	return out, err
}

// branches reads the issued tasks of the loops, by loop. Those into which a
// task was broken down are its own business: counting them would count one
// duty twice.
func (s *Service) branches(ctx context.Context, loops []uuid.UUID) (map[uuid.UUID][]branch, error) {
	links, err := s.client.Link.Query().
		Where(link.ToIDIn(loops...), link.KindEQ(link.KindBELONGS_TO), link.UndoneAtIsNil(), link.HasFromWith(matter.Kind(taskKind))).
		Order(link.ByID()).
		WithFrom(func(q *gen.MatterQuery) {
			q.WithItems(func(q *gen.ItemQuery) {
				q.Where(item.KindIn(item.KindTASK, item.KindNODE)).Order(Order()...)
			})
		}).All(ctx)
	if err != nil {
		return nil, err
	}
	out, seen := map[uuid.UUID][]branch{}, map[[2]uuid.UUID]bool{}
	for _, l := range links {
		m := l.Edges.From
		if m == nil || !issued(m) || seen[[2]uuid.UUID{l.FromID, l.ToID}] {
			continue
		}
		seen[[2]uuid.UUID{l.FromID, l.ToID}] = true
		if b := newBranch(m); b.task != nil {
			out[l.ToID] = append(out[l.ToID], b)
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b branch) int { return byDay(a.task, b.task) })
	}
	return out, nil
}

func newBranch(m *gen.Matter) branch {
	b := branch{Matter: m}
	for _, i := range m.Edges.Items {
		switch i.Kind {
		case item.KindTASK:
			b.task = i
		case item.KindNODE:
			b.nodes = append(b.nodes, i)
		}
	}
	return b
}

// byDay is Order over rows.
func byDay(a, b *gen.Item) int {
	switch {
	case a.DueOn != nil && b.DueOn != nil:
		if c := a.DueOn.Compare(*b.DueOn); c != 0 {
			return c
		}
	case a.DueOn != nil:
		return -1
	case b.DueOn != nil:
		return 1
	}
	return slices.Compare(a.ID[:], b.ID[:])
}

// count answers the figures of tasks and of their nodes.
func count(list []branch, today time.Time) (tasks, nodes Counts) {
	tasks, nodes = newCounts(), newCounts()
	var all []*gen.Item
	ended := map[uuid.UUID]bool{}
	for _, b := range list {
		ended[b.ID] = b.ClosedAt != nil
		tasks.add(b.task, today, ended[b.ID])
		all = append(all, b.nodes...)
	}
	slices.SortStableFunc(all, byDay)
	for _, n := range all {
		nodes.add(n, today, ended[n.MatterID])
	}
	return tasks, nodes
}

// committees names the districts to which tasks were handed, as the directory
// has them; those of another installation are not in it.
func (s *Service) committees(ctx context.Context, tasks map[uuid.UUID][]branch) (map[string]string, error) {
	var items []*gen.Item
	for _, list := range tasks {
		for _, b := range list {
			items = append(items, b.task)
		}
	}
	return s.partners(ctx, items)
}

func (s *Service) partners(ctx context.Context, items []*gen.Item) (map[string]string, error) {
	out := map[string]string{}
	var codes []string
	for _, i := range items {
		if i.Partner != "" && !slices.Contains(codes, i.Partner) {
			codes = append(codes, i.Partner)
		}
	}
	if len(codes) == 0 {
		return out, nil
	}
	rows, err := s.client.Tenant.Query().Where(tenant.CodeIn(codes...)).All(ctx)
	for _, t := range rows {
		out[t.Code] = t.Name
	}
	return out, err
}

// named is a partner's name: the directory's, else the one it signed with,
// else what was written down for it.
func named(names map[string]string, i *gen.Item, m *gen.Matter) string {
	for _, name := range []string{names[i.Partner], text(m.Mirror, "name"), i.Owner} {
		if name != "" {
			return name
		}
	}
	return i.Partner
}

func shares(list []branch, names map[string]string, today time.Time) []Share {
	of := map[string][]branch{}
	for _, b := range list {
		if b.task.Partner != "" {
			of[b.task.Partner] = append(of[b.task.Partner], b)
		}
	}
	out := []Share{}
	for code, own := range of {
		sh := Share{Partner: code, Name: named(names, own[0].task, own[0].Matter)}
		sh.Tasks, sh.Nodes = count(own, today)
		for _, b := range own {
			told := &Told{Task: b.Matter, On: text(b.Mirror, "on"), at: text(b.Mirror, "at"), Status: text(b.Mirror, "status"), Number: text(b.Mirror, "number"), Note: text(b.Mirror, "note")}
			if told.On != "" && (sh.Last == nil || later(told, sh.Last)) {
				sh.Last = told
			}
		}
		out = append(out, sh)
	}
	slices.SortFunc(out, func(a, b Share) int { return strings.Compare(a.Partner, b.Partner) })
	return out
}

// later reports whether the first was told after the second: by the moment at
// which it came, and by its day where that is not known.
func later(a, b *Told) bool {
	if a.at != "" && b.at != "" {
		return a.at > b.at
	}
	return a.On > b.On
}
