package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow/process"
)

func TestShip(t *testing.T) {
	t.Parallel()
	w := newGates(t, &[]string{})
	versioned := func(n string) string {
		return strings.NewReplacer("kind: gated", "kind: shipped", "version: 1\n", "version: "+n+"\n").Replace(gated)
	}
	// has ships a text and wants the published versions.
	has := func(t *testing.T, source string, want ...int) {
		t.Helper()
		w.system(func(ctx context.Context) error {
			if err := w.engine.Ship(ctx, [][]byte{[]byte(source)}, process.RolesOf(w.policy)); err != nil {
				return err
			}
			var got []int
			for _, p := range w.store.Ent().Process.Query().Where(entprocess.Kind("shipped"), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).Order(gen.Asc("version")).AllX(ctx) {
				got = append(got, p.Version)
			}
			if !slices.Equal(got, want) {
				t.Errorf("published are %v, want %v", got, want)
			}
			return nil
		})
	}
	t.Run("a kind that the committee lacks is published, once", func(t *testing.T) {
		has(t, versioned("1"), 1)
		has(t, versioned("1"), 1)
	})
	t.Run("a newer version is published, and an older one is not brought back", func(t *testing.T) {
		has(t, versioned("2"), 1, 2)
		has(t, versioned("1"), 1, 2)
	})
	t.Run("a number that a draft has taken is passed over", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Process.Create().SetKind("shipped").SetVersion(3).SetTitle("草稿").SetSource("-").SetHash("-").SetStatus(entprocess.StatusDRAFT).Exec(ctx)
		})
		has(t, versioned("3"), 1, 2, 4)
	})
	t.Run("the committee's own version stays the newest, also when the shipped one has a higher number", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			_, err := w.engine.Publish(ctx, []byte(strings.Replace(versioned("5"), "过闸", "本会自己的过闸", 1)), process.RolesOf(w.policy))
			return err
		})
		has(t, versioned("5"), 1, 2, 4, 5)
		has(t, versioned("9"), 1, 2, 4, 5)
	})
}
