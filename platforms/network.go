package platforms

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/errs"
)

// Bounds of a graph.
const (
	DeepestGraph = 10
	MostNodes    = 500
	mostLinks    = 4 * MostNodes // links read at a level
)

// Node is a matter in a graph, and how many links it is away from the first.
type Node struct {
	Matter *gen.Matter
	Depth  int
}

// Network is what is connected with a matter.
type Network struct {
	Nodes []Node      // the matter itself first, then by distance
	Edges []*gen.Link // all links between the nodes
	More  bool        // there is more than depth and the bound of nodes let in
}

// Graph follows the links of a matter in both directions, level by level, as
// far as the viewer sees: the way of one remark to plan, research, proposal and
// opinion. depth is 1 to 10. A matter that is not visible is NOT_FOUND.
func (s *Service) Graph(ctx context.Context, id uuid.UUID, depth int) (_ *Network, err error) {
	defer errs.Wrap(&err, "platforms.Graph(%s)", id)
	if depth < 1 || depth > DeepestGraph {
		return nil, errs.New(errs.Invalid, "层数要在 1 至 %d 之间", DeepestGraph).At("depth")
	}
	out := &Network{}
	at := map[uuid.UUID]int{id: 0}
	order := []uuid.UUID{id}
	for level, edge := 1, order; level <= depth && len(edge) > 0; level++ {
		links, err := s.client.Link.Query().Where(link.UndoneAtIsNil(), link.Or(link.FromIDIn(edge...), link.ToIDIn(edge...))).
			Order(link.ByID()).Limit(mostLinks).All(ctx)
		if err != nil {
			return nil, err
		}
		out.More = out.More || len(links) == mostLinks
		edge = nil
		for _, l := range links {
			for _, end := range []uuid.UUID{l.FromID, l.ToID} {
				if _, known := at[end]; known {
					continue
				}
				if len(order) == MostNodes {
					out.More = true
					continue
				}
				at[end] = level
				order, edge = append(order, end), append(edge, end)
			}
		}
		if level == depth && len(edge) > 0 {
			if out.More, err = s.beyond(ctx, edge, order, out.More); err != nil {
				return nil, err
			}
		}
	}
	return out, s.fill(ctx, out, order, at)
}

// beyond reports whether links lead from the outermost nodes to others.
func (s *Service) beyond(ctx context.Context, edge, known []uuid.UUID, more bool) (bool, error) {
	if more {
		return true, nil
	}
	return s.client.Link.Query().Where(link.UndoneAtIsNil(), link.Or(
		link.And(link.FromIDIn(edge...), link.ToIDNotIn(known...)),
		link.And(link.ToIDIn(edge...), link.FromIDNotIn(known...)))).Exist(ctx)
}

// fill reads the nodes and the links between them, in a statement each.
func (s *Service) fill(ctx context.Context, out *Network, order []uuid.UUID, at map[uuid.UUID]int) error {
	rows, err := s.client.Matter.Query().Where(matter.IDIn(order...)).All(ctx)
	if err != nil {
		return err
	}
	byID := make(map[uuid.UUID]*gen.Matter, len(rows))
	for _, m := range rows {
		byID[m.ID] = m
	}
	if byID[order[0]] == nil {
		return errs.New(errs.NotFound, "没有这件事项，或您无权查看")
	}
	for _, id := range order {
		if m := byID[id]; m != nil {
			out.Nodes = append(out.Nodes, Node{m, at[id]})
		}
	}
	if len(order) > 1 {
		out.Edges, err = s.client.Link.Query().Where(link.UndoneAtIsNil(), link.FromIDIn(order...), link.ToIDIn(order...)).
			Order(link.ByID()).All(ctx)
	}
	return err
}
