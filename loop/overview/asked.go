package overview

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Request is a task that a higher committee handed to this one.
type Request struct {
	Matter  *gen.Matter // its Origin says by whom it was asked and how far the origin has come
	Task    *gen.Item
	State   *process.State
	Owed    []*gen.Item // nodes, and the task itself, that are not reported yet; by day
	Overdue []*gen.Item // of these
}

// From names the committee that asked: its name, else its code.
func (r *Request) From() string {
	if name := text(r.Matter.Origin, "name"); name != "" {
		return name
	}
	return text(r.Matter.Origin, "committee")
}

// Next is what is owed first, nil when all of it is reported.
func (r *Request) Next() *gen.Item {
	if len(r.Owed) == 0 {
		return nil
	}
	return r.Owed[0]
}

// Asked is what a higher committee asked of this one.
type Asked struct {
	Tasks    Counts     // what is open, and what was closed since the first of January of last year
	Requests []*Request // what is not closed, by the day on which the next of it is owed
}

// NextDueOn is the first day on which something is owed, nil when nothing is,
// or nothing by a day.
func (a *Asked) NextDueOn() *time.Time {
	if len(a.Requests) == 0 || a.Requests[0].Next() == nil {
		return nil
	}
	return a.Requests[0].Next().DueOn
}

// Asked answers what a higher committee asked of this one, as far as the
// viewer sees it.
func (s *Service) Asked(ctx context.Context) (_ *Asked, err error) {
	defer errs.Wrap(&err, "overview.Asked")
	recent := clock.StartOf(clock.Date(clock.Today(ctx).Year()-1, 1, 1))
	rows, err := s.client.Matter.Query().Where(matter.Kind(taskKind), matter.OriginNotNil(), matter.Or(matter.ClosedAtIsNil(), matter.ClosedAtGTE(recent))).
		WithItems(func(q *gen.ItemQuery) { q.Where(item.KindIn(item.KindTASK, item.KindNODE)).Order(Order()...) }).All(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]uuid.UUID, len(rows))
	for i, m := range rows {
		ids[i] = m.ID
	}
	defs, err := s.engine.Definitions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	out := &Asked{Requests: []*Request{}}
	var all []branch
	for _, m := range rows {
		b := newBranch(m)
		if b.task == nil {
			continue
		}
		if all = append(all, b); m.ClosedAt == nil {
			out.Requests = append(out.Requests, b.request(defs[m.ID], today))
		}
	}
	slices.SortFunc(all, func(a, b branch) int { return byDay(a.task, b.task) })
	out.Tasks, _ = count(all, today)
	slices.SortFunc(out.Requests, bySoonest)
	return out, nil
}

func (b branch) request(def *process.Definition, today time.Time) *Request {
	r := &Request{Matter: b.Matter, Task: b.task, State: def.Machines[process.OfMatter].State(b.State), Owed: []*gen.Item{}, Overdue: []*gen.Item{}}
	for _, i := range b.Edges.Items { // by day
		if i.Status == item.StatusOPEN {
			r.Owed = append(r.Owed, i)
		}
		if late(i, today) {
			r.Overdue = append(r.Overdue, i)
		}
	}
	return r
}

// bySoonest: what owes nothing more comes last.
func bySoonest(a, b *Request) int {
	x, y := a.Next(), b.Next()
	switch {
	case x != nil && y != nil:
		return byDay(x, y)
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	return byDay(a.Task, b.Task)
}
