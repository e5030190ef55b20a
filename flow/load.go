package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"entgo.io/ent"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/tenants"
)

// gather reads what refers to the cases of such kinds, in a fixed number of
// statements; oldest first.
func (e *Engine) gather(ctx context.Context, cases map[uuid.UUID]*Case) error {
	var ids []uuid.UUID
	for id, c := range cases {
		if e.KindOf(c.Kind).Gathers {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	links, err := e.client.Link.Query().Where(link.ToIDIn(ids...), link.UndoneAtIsNil()).Order(link.ByID()).
		WithFrom(func(q *gen.MatterQuery) {
			q.WithItems(func(q *gen.ItemQuery) { q.Order(gen.Asc("id")) }).WithRecords(func(q *gen.RecordQuery) { q.Order(gen.Asc("id")) })
		}).All(ctx)
	if err != nil {
		return err
	}
	for _, l := range links {
		cases[l.ToID].Below = append(cases[l.ToID].Below, Branch{l.Edges.From, l})
	}
	return nil
}

// load reads cases in a fixed number of statements, whatever their number.
// Matters that do not exist are left out.
func (e *Engine) load(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]*Case, error) {
	return e.read(authz.System(ctx), e.client.Matter.Query().Where(matter.IDIn(ids...)))
}

// read is load for a query, whose matters the context's viewer must see. Their
// parts are asked for after it: where it locks, they are as they are then.
func (e *Engine) read(ctx context.Context, q *gen.MatterQuery) (map[uuid.UUID]*Case, error) {
	rows, err := q.All(ctx)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	ctx = authz.System(ctx)
	common, err := readCommittee(ctx, rows...)
	if err != nil {
		return nil, err
	}
	if err := e.fill(ctx, rows, common.there); err != nil {
		return nil, err
	}
	defs, err := e.definitions(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]*Case, len(rows))
	for _, m := range rows {
		p, err := e.policyAt(ctx, m.PolicyVersion)
		if err != nil {
			return nil, err
		}
		c := &Case{kind: e.kinds[m.Kind], Def: defs[m.ProcessID], Policy: p, Calendar: common.calendar, Now: clock.Now(ctx), Parent: common.parent, Above: common.above, Sends: common.sends, Committee: common.code, Heirs: common.heirs}
		c.take(m)
		for share, of := range common.handed {
			if of == m.ID {
				c.hand(share)
			}
		}
		out[m.ID] = c
	}
	if err := e.meetHeirs(ctx, slices.Collect(maps.Values(out))...); err != nil {
		return nil, err
	}
	if err := e.readGiven(ctx, out); err != nil {
		return nil, err
	}
	return out, e.gather(ctx, out)
}

// meetHeirs puts the unit that is there now in the place of one that was renamed
// or merged, so that slips, letters and sentences carry its name from then on;
// the share keeps the id under which it was given. It asks only where there is
// such a unit.
func (e *Engine) meetHeirs(ctx context.Context, cases ...*Case) error {
	var shares []*gen.Assignment
	var units []uuid.UUID
	for _, c := range cases {
		for _, a := range c.Assignments {
			if u := a.Edges.Unit; u != nil && u.SuccessorID != nil {
				shares, units = append(shares, a), append(units, u.ID)
			}
		}
	}
	if len(shares) == 0 {
		return nil
	}
	heirs, err := authz.HeirsOf(ctx, e.client, units...)
	for _, a := range shares {
		if u := heirs[a.UnitID]; u != nil {
			a.Edges.Unit = u
		}
	}
	return err
}

// take makes the case that of a matter which was read with its parts.
func (c *Case) take(m *gen.Matter) {
	c.Matter = m
	c.Parties, c.Assignments, c.Replies, c.Feedback = m.Edges.Parties, m.Edges.Assignments, m.Edges.Replies, m.Edges.Feedback
	c.Records, c.Items, c.Timers, c.Attachments = m.Edges.Records, m.Edges.Items, m.Edges.Timers, m.Edges.Attachments
	c.Events, c.Out, c.In = m.Edges.Events, m.Edges.LinksOut, m.Edges.LinksIn
}

// touched is what was written since it was made, by type: the rows as they came
// back, and how many where many were changed at once.
type touched struct {
	mu   sync.Mutex
	rows map[string][]ent.Value
}

type touchedKey struct{}

// touching begins to note what is written.
func touching(ctx context.Context) (context.Context, *touched) {
	t := &touched{rows: map[string][]ent.Value{}}
	return context.WithValue(ctx, touchedKey{}, t), t
}

func (t *touched) has(typ string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rows[typ]) > 0
}

// touch is the hook that notes it.
func touch(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		if id, ok := m.Field("matter_id"); ok {
			if id, ok := id.(uuid.UUID); ok {
				touches(ctx, id)
			}
		}
		value, err := next.Mutate(ctx, m)
		if t, ok := ctx.Value(touchedKey{}).(*touched); ok && err == nil {
			t.mu.Lock()
			t.rows[m.Type()] = append(t.rows[m.Type()], value)
			t.mu.Unlock()
		}
		return value, err
	})
}

// again is a case with what this transaction has written since it was read under
// the matter's lock; the rest cannot have changed. What looks at other matters as
// well is read as a whole.
func (e *Engine) again(ctx context.Context, c *Case, t *touched) (*Case, error) {
	ctx = authz.System(ctx)
	now, m := *c, *c.Matter
	known := map[string]bool{gen.TypeMatter: true, gen.TypeStep: true, gen.TypeNotice: true}
	for _, p := range e.parts {
		known[p.typ] = true
	}
	whole := e.KindOf(c.Kind).Gathers && len(t.rows) > 0
	for typ := range t.rows {
		whole = whole || !known[typ]
	}
	for _, w := range t.rows[gen.TypeMatter] {
		row, one := w.(*gen.Matter)
		if whole = whole || !one; one && row.ID == m.ID {
			parts := m.Edges
			m = *row
			m.Edges = parts
		}
	}
	if whole {
		cases, err := e.load(ctx, m.ID)
		return cases[m.ID], err
	}
	for _, p := range e.parts {
		if written := t.rows[p.typ]; len(written) > 0 && (p.of == "" || p.of == m.Kind) && !p.adopt(&m, written) {
			if err := p.read(ctx, e.client, map[uuid.UUID]*gen.Matter{m.ID: &m}); err != nil {
				return nil, err
			}
		}
	}
	now.take(&m)
	return &now, e.meetHeirs(ctx, &now)
}

// committee is what a case needs to know of its tenant.
type committee struct {
	code     string
	parent   *uuid.UUID
	above    string
	sends    map[string][]string
	calendar workday.Calendar
	heirs    authz.Heirs

	there  []string                // which parts some matters have
	handed map[uuid.UUID]uuid.UUID // their shares that a guardian has, and whose they are
}

var committeeAndParts = `
	SELECT t.code, t.parent_id, coalesce((SELECT code FROM tenants WHERE id = t.parent_id), ''),
	  coalesce((SELECT jsonb_object_agg(partner, coalesce(sends, '[]')) FROM agreements WHERE status = 'ACTIVE'), '{}'), coalesce(array_agg(w.day) FILTER (WHERE w.id IS NOT NULL), '{}'), coalesce(array_agg(w.working) FILTER (WHERE w.id IS NOT NULL), '{}'),
	  coalesce((SELECT jsonb_object_agg(id, successor_id) FROM units WHERE successor_id IS NOT NULL), '{}'),
	  ` + there("$2::uuid[]") + `,
	  coalesce((SELECT jsonb_object_agg(assignment_id, matter_id) FROM awaited WHERE reason <> '' AND assignment_id IS NOT NULL AND matter_id = ANY ($2)), '{}')
	FROM tenants t LEFT JOIN workdays w ON w.tenant_id = t.id WHERE t.id = $1 GROUP BY t.id`

// readCommittee asks for all of it in one statement, and which parts matters have.
func readCommittee(ctx context.Context, of ...*gen.Matter) (c committee, err error) {
	id, err := tenants.Current(ctx)
	if err != nil {
		return c, err
	}
	var days []time.Time
	var working []bool
	matters := make([]uuid.UUID, len(of))
	for i, m := range of {
		matters[i] = m.ID
	}
	err = tenants.Row(ctx, committeeAndParts, []any{id, matters}, &c.code, &c.parent, &c.above, &c.sends, &days, &working, &c.heirs, &c.there, &c.handed)
	own := make(map[time.Time]bool, len(days))
	for i, d := range days {
		own[d] = working[i]
	}
	c.calendar = workday.New(own)
	return c, err
}

// Calendar is the national one with the tenant's own days.
func (e *Engine) Calendar(ctx context.Context) (workday.Calendar, error) {
	c, err := readCommittee(ctx)
	return c.calendar, err
}

// byProcess keeps the definitions of the processes that were met, by the id of
// the row: its text is never changed.
var byProcess = memory.New[uuid.UUID, *process.Definition](mostDefinitions)

// mostDefinitions is how many definitions are kept: a committee has some twenty
// that are in use, and most committees have the same.
const mostDefinitions = 4096

// definitions finds the definitions of matters by the ids of their processes,
// in one statement or, as a rule, none.
func (e *Engine) definitions(ctx context.Context, rows []*gen.Matter) (map[uuid.UUID]*process.Definition, error) {
	out := map[uuid.UUID]*process.Definition{}
	var missing []uuid.UUID
	for _, m := range rows {
		if _, seen := out[m.ProcessID]; seen {
			continue
		}
		d, ok := byProcess.Get(m.ProcessID)
		if !ok {
			missing = append(missing, m.ProcessID)
			continue
		}
		out[m.ProcessID] = d
	}
	if len(missing) == 0 {
		return out, nil
	}
	found, err := e.client.Process.Query().Where(entprocess.IDIn(missing...)).All(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		d, err := parsed(p.Source, p.Hash)
		if err != nil {
			return nil, err
		}
		byProcess.Add(p.ID, d)
		out[p.ID] = d
	}
	return out, nil
}

// InUse is a process of the committee that was published, and its definition.
type InUse struct {
	*gen.Process
	Def *process.Definition
}

// InUse lists what is or was published, by kind, the newest version first.
func (e *Engine) InUse(ctx context.Context) ([]InUse, error) {
	rows, err := e.client.Process.Query().Where(entprocess.StatusIn(entprocess.StatusPUBLISHED, entprocess.StatusRETIRED)).
		Select(entprocess.FieldID, entprocess.FieldKind, entprocess.FieldVersion, entprocess.FieldStatus, entprocess.FieldTitle).
		Order(entprocess.ByKind(), entprocess.ByVersion(entsql.OrderDesc())).All(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	on := make([]*gen.Matter, len(rows))
	for i, p := range rows {
		on[i] = &gen.Matter{ProcessID: p.ID}
	}
	defs, err := e.definitions(ctx, on)
	out := make([]InUse, len(rows))
	for i, p := range rows {
		out[i] = InUse{p, defs[p.ID]}
	}
	return out, err
}

// Definition reads one version, a draft too.
func (e *Engine) Definition(ctx context.Context, p *gen.Process) (*process.Definition, error) {
	row, err := e.client.Process.Query().Where(entprocess.ID(p.ID)).Only(ctx) // the list may not have selected the text
	if err != nil {
		return nil, err
	}
	if row.Status == entprocess.StatusDRAFT {
		return process.Parse([]byte(row.Source))
	}
	return parsed(row.Source, row.Hash)
}

// Definitions finds the definition of each matter in a fixed number of
// statements.
func (e *Engine) Definitions(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]*process.Definition, error) {
	rows, err := e.client.Matter.Query().Where(matter.IDIn(ids...)).Select(matter.FieldID, matter.FieldProcessID).All(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	defs, err := e.definitions(ctx, rows)
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]*process.Definition, len(rows))
	for _, m := range rows {
		out[m.ID] = defs[m.ProcessID]
	}
	return out, nil
}

// texts keeps parsed definitions by hash: a text is parsed once a process,
// whatever number of tenants uses it.
var texts = memory.New[string, *process.Definition](mostDefinitions)

// parsed is process.Published with that memory.
func parsed(source, hash string) (*process.Definition, error) {
	if d, ok := texts.Get(hash); ok {
		return d, nil
	}
	d, err := process.Published([]byte(source))
	if err != nil {
		return nil, err
	}
	if d.Hash != hash {
		return nil, fmt.Errorf("flow: the stored definition does not have its hash %s", hash)
	}
	texts.Add(hash, d)
	return d, nil
}
