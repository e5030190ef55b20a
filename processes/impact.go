package processes

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Running is how many matters, or shares of matters, that are not closed are
// in a state of a version.
type Running struct {
	Process uuid.UUID
	Version int
	Machine string
	State   string
	Count   int
	Label   string // of the state
}

// Turn is who waits on whom in a state that running matters are in, where
// another version says otherwise.
type Turn struct {
	Version  int // of the running matters
	State    string
	Label    string
	Count    int
	From, To string      // who, in Chinese
	Loses    []uuid.UUID // memberships that have the one role today and not the other
	Gains    []uuid.UUID
}

// Impact is what a version means for the matters that run on others of its
// kind.
type Impact struct {
	Running  []Running
	Unmapped []Running // states that the version does not have
	Turns    []Turn
}

// Impact tells what would change if the running matters of the kind were moved
// to a version; a draft may be asked about.
func (s *Service) Impact(ctx context.Context, id uuid.UUID) (_ Impact, err error) {
	defer errs.Wrap(&err, "processes.Impact(%s)", id)
	ctx, err = s.look(ctx)
	if err != nil {
		return Impact{}, err
	}
	p, err := s.find(ctx, id)
	if err != nil {
		return Impact{}, err
	}
	next, err := process.Published([]byte(p.Source))
	if err != nil {
		return Impact{}, err
	}
	out := Impact{}
	if out.Running, err = s.running(ctx, p.Kind); err != nil {
		return Impact{}, err
	}
	defs, err := s.versions(ctx, p.Kind)
	if err != nil {
		return Impact{}, err
	}
	holders, err := holders(ctx)
	if err != nil {
		return Impact{}, err
	}
	for i := range out.Running {
		r := &out.Running[i]
		old := &process.State{Code: r.State, Label: r.State}
		if m := defs[r.Process].Machines[r.Machine]; m != nil && m.State(r.State) != nil {
			old = m.State(r.State)
		}
		r.Label = old.Label
		if r.Process == id {
			continue
		}
		m := next.Machines[r.Machine]
		if m == nil || m.State(r.State) == nil {
			out.Unmapped = append(out.Unmapped, *r)
			continue
		}
		if now := m.State(r.State); !slices.Equal(now.Turns, old.Turns) {
			out.Turns = append(out.Turns, Turn{r.Version, r.State, r.Label, r.Count, defs[r.Process].Turns[old.Turn], next.Turns[now.Turn],
				without(holders[old.Turn], holders[now.Turn]), without(holders[now.Turn], holders[old.Turn])})
		}
	}
	return out, nil
}

// running counts the open matters of a kind and their shares.
func (s *Service) running(ctx context.Context, kind string) ([]Running, error) {
	type row struct {
		Process uuid.UUID
		Version int
		Machine string
		State   string
		Count   int
	}
	rows, err := tenants.Rows[row](ctx, `
		SELECT p.id, p.version, x.machine, x.state, count(*)
		FROM matters m JOIN processes p ON p.id = m.process_id
		CROSS JOIN LATERAL (
			SELECT 'matter' AS machine, m.state
			UNION ALL SELECT 'assignment', a.state FROM assignments a WHERE a.matter_id = m.id
		) x
		WHERE m.kind = $1 AND m.closed_at IS NULL
		GROUP BY 1, 2, 3, 4`, kind)
	if err != nil {
		return nil, err
	}
	out := make([]Running, len(rows))
	for i, r := range rows {
		out[i] = Running{r.Process, r.Version, r.Machine, r.State, r.Count, ""}
	}
	slices.SortFunc(out, func(a, b Running) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), -cmp.Compare(a.Machine, b.Machine), cmp.Compare(a.State, b.State))
	})
	return out, nil
}

// versions are the definitions of a kind that matters may be on.
func (s *Service) versions(ctx context.Context, kind string) (map[uuid.UUID]*process.Definition, error) {
	rows, err := s.client.Process.Query().Where(entprocess.Kind(kind), entprocess.StatusNEQ(entprocess.StatusDRAFT)).Order(gen.Asc(entprocess.FieldVersion)).All(ctx)
	if err != nil {
		return nil, err
	}
	out := map[uuid.UUID]*process.Definition{}
	for _, p := range rows {
		if out[p.ID], err = process.Published([]byte(p.Source)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// holders are the memberships that have each role today.
func holders(ctx context.Context) (map[string][]uuid.UUID, error) {
	type row struct {
		Role       string
		Membership uuid.UUID
	}
	rows, err := tenants.Rows[row](ctx, `
		SELECT DISTINCT h.role, h.membership_id FROM holds($1) h JOIN memberships m ON m.id = h.membership_id
		WHERE in_force(m, $1)
		ORDER BY 1, 2`, clock.Today(ctx))
	out := map[string][]uuid.UUID{}
	for _, r := range rows {
		out[r.Role] = append(out[r.Role], r.Membership)
	}
	return out, err
}

func without(all, some []uuid.UUID) []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(all), func(id uuid.UUID) bool { return slices.Contains(some, id) })
}
