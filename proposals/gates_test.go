package proposals_test

import (
	"context"
	"slices"
	"testing"

	"github.com/bihuan/bihuan/flow"
)

// Every way out of a proposal's state says in words what it demands, the most
// used process like all others.
func TestGatesSpeakForProposals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.reviewed()
	var gates []flow.Gate
	if err := w.as("主任", func(ctx context.Context) error {
		all, err := w.engine.Gates(ctx, c.Matter.ID)
		gates = all[c.Matter.ID]
		return err
	}); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, g := range gates {
		for _, check := range g.Checks {
			if said[check.Rule] = check.Says; check.Says == "" {
				t.Errorf("%s: %s says nothing", g.Action.Code, check.Rule)
			}
		}
	}
	if said["proposal.reviewed"] != "政策规定的各遍审查都已完成" || said["proposal.not_secret"] != "没有尚未排除的涉密疑问" {
		t.Error(said)
	}
	i := slices.IndexFunc(gates, func(g flow.Gate) bool { return g.Action.Code == "file" })
	if i < 0 || !gates[i].Open() {
		t.Errorf("a reviewed case can be filed: %+v", gates)
	}
}
