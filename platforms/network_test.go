package platforms

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func TestNetwork(t *testing.T) {
	w := newWorld(t)
	var chain []uuid.UUID
	var hidden, undone uuid.UUID
	w.system(func(ctx context.Context) error {
		q := w.client.Process.Query().FirstX(ctx)
		made := func(v matter.Visibility) uuid.UUID {
			return w.client.Matter.Create().SetKind("talk").SetProcess(q).SetState("OPEN").SetTitle("事").SetVisibility(v).SetOpenedAt(monday).SaveX(ctx).ID
		}
		for range 5 {
			chain = append(chain, made("STAFF"))
		}
		hidden, undone = made("PARTIES"), made("STAFF")
		to := func(a, b uuid.UUID) *gen.LinkCreate {
			return w.client.Link.Create().SetFromID(a).SetToID(b).SetKind("CONVERTED_TO")
		}
		to(chain[0], chain[1]).ExecX(ctx)
		to(chain[2], chain[1]).ExecX(ctx) // against the direction
		to(chain[2], chain[3]).ExecX(ctx)
		to(chain[3], chain[4]).ExecX(ctx)
		to(chain[4], chain[0]).ExecX(ctx) // a circle
		to(chain[1], hidden).ExecX(ctx)
		return to(chain[1], undone).SetUndoneAt(monday).Exec(ctx)
	})
	graph := func(who string, id uuid.UUID, depth int) (n *Network, err error) {
		err = w.as(who, func(ctx context.Context) error { n, err = w.Graph(ctx, id, depth); return err })
		return n, err
	}
	t.Run("A graph holds what is connected by links in either direction, as far as the viewer sees; links that were undone are left out.", func(t *testing.T) {
		n, err := graph("干部", chain[0], 10)
		if err != nil || len(n.Nodes) != 5 || len(n.Edges) != 5 || n.More {
			t.Fatal(n, err)
		}
		for _, node := range n.Nodes {
			if node.Matter.ID == hidden || node.Matter.ID == undone {
				t.Fatal(node)
			}
		}
		n, err = graph("干部", chain[0], 1)
		if err != nil || len(n.Nodes) != 3 || n.Nodes[0].Depth != 0 || n.Nodes[2].Depth != 1 || len(n.Edges) != 2 || !n.More {
			t.Fatal(n, err)
		}
		n, err = graph("干部", chain[0], 2)
		if err != nil || len(n.Nodes) != 5 || len(n.Edges) != 5 || n.More { // the edge between the two outermost too
			t.Fatal(n, err)
		}
		for who, id := range map[string]uuid.UUID{"委员甲": chain[0], "干部": hidden, "联络员甲": uuid.New()} {
			_, err := graph(who, id, 3)
			refused(t, err, errs.NotFound, "")
		}
		for _, depth := range []int{0, 11} {
			_, err := graph("干部", chain[0], depth)
			refused(t, err, errs.Invalid, "depth")
		}
	})
	t.Run("It asks one statement a level and at most three more, and stops at 500 matters.", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			q := w.client.Process.Query().FirstX(ctx)
			var all []*gen.MatterCreate
			for range MostNodes + 50 {
				all = append(all, w.client.Matter.Create().SetKind("talk").SetProcess(q).SetState("OPEN").SetTitle("事").SetVisibility("STAFF").SetOpenedAt(monday))
			}
			var links []*gen.LinkCreate
			for _, m := range w.client.Matter.CreateBulk(all...).SaveX(ctx) {
				links = append(links, w.client.Link.Create().SetFromID(m.ID).SetToID(chain[4]).SetKind("FOLLOWS"))
			}
			return w.client.Link.CreateBulk(links...).Exec(ctx)
		})
		w.do("干部", func(ctx context.Context) error {
			before := tenants.Statements(ctx)
			n, err := w.Graph(ctx, chain[0], 4)
			if err != nil {
				return err
			}
			if took := tenants.Statements(ctx) - before; took > 4+3 {
				t.Errorf("it took %d statements", took)
			}
			if len(n.Nodes) != MostNodes || !n.More {
				t.Error(len(n.Nodes), n.More)
			}
			return nil
		})
	})
}
