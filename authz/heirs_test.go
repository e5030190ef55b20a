package authz_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// TestWhoInherited: Go and SQL agree over random successions, each unit renamed
// or merged into one that was made after it.
func TestWhoInherited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rand.New(rand.NewPCG(11, 12))
	var all []uuid.UUID
	w.system(func(ctx context.Context) {
		for i := range 60 {
			all = append(all, w.c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName(fmt.Sprint("局", i)).SaveX(ctx).ID)
		}
		for i, id := range all {
			if left := len(all) - i - 1; left > 0 && r.IntN(3) > 0 {
				w.c.Unit.UpdateOneID(id).SetSuccessorID(all[i+1+r.IntN(min(left, 6))]).ExecX(ctx)
			}
		}
	})
	w.system(func(ctx context.Context) {
		heirs, err := authz.ReadHeirs(ctx)
		if err != nil {
			t.Fatal(err)
		}
		over := map[uuid.UUID][]uuid.UUID{} // by heir, what it inherited, itself included
		longest := 0
		for _, id := range all {
			var heir uuid.UUID
			if err := tenants.Row(ctx, `SELECT heir($1)`, []any{id}, &heir); err != nil {
				t.Fatal(err)
			}
			if got := heirs.Of(id); got != heir {
				t.Errorf("%s: Go says %s, SQL %s", id, got, heir)
			}
			over[heir] = append(over[heir], id)
			longest = max(longest, len(over[heir]))
		}
		if longest < 5 {
			t.Fatalf("the longest succession is %d: nothing is tried", longest)
		}
		for heir, want := range over {
			got, err := authz.Inherited(ctx, heir)
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(got, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			slices.SortFunc(want, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
			if !slices.Equal(got, want) {
				t.Errorf("%s inherited %v, not %v", heir, got, want)
			}
		}
	})
}

// TestAUnitThatIsThere: C2. There is one answer to whether something may be
// given to a unit.
func TestAUnitThatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	closed, next, merged := uuid.UUID{}, uuid.UUID{}, uuid.UUID{}
	w.system(func(ctx context.Context) {
		handling := func(name string, from, to *time.Time) uuid.UUID {
			return w.c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName(name).
				SetNillableActiveFrom(from).SetNillableActiveTo(to).SaveX(ctx).ID
		}
		yesterday, tomorrow := clock.Date(2025, 3, 2), clock.Date(2025, 3, 4)
		closed, next, merged = handling("撤销局", nil, &yesterday), handling("筹建局", &tomorrow, nil), handling("旧商务局", nil, &yesterday)
		w.c.Unit.UpdateOneID(merged).SetSuccessorID(w.units["商务局"]).ExecX(ctx)
	})
	handling := authz.Fits{Lines: []unit.Line{unit.LineHANDLING}, What: "承办单位"}
	for _, c := range []struct {
		sentence string
		id       uuid.UUID
		says     string
	}{
		{"one that is there may be given something", w.units["商务局"], ""},
		{"C2: one that was closed may not", closed, "“撤销局”已停用，请重新选择"},
		{"one that was merged names its heir", merged, "“旧商务局”已停用，由“商务局”接替，请选择“商务局”"},
		{"one that begins tomorrow may not yet", next, "“筹建局”自 2025-03-04 起启用，请重新选择，或到时再办"},
		{"one of another kind may not", w.units["街道"], "“街道”不是承办单位，请重新选择"},
		{"one that does not exist may not", uuid.New(), "所选的承办单位不存在，请重新选择"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w.system(func(ctx context.Context) {
				_, err := authz.UnitThere(ctx, w.c, c.id, handling, "unitId")
				shown, _ := errs.As(err)
				switch {
				case c.says == "" && err != nil:
					t.Error(err)
				case c.says != "" && (shown == nil || shown.Message != c.says || !slices.Equal(shown.Path, []string{"unitId"})):
					t.Errorf("%v", err)
				}
				_, err = authz.UnitsThere(ctx, w.c, []uuid.UUID{w.units["文旅局"], c.id}, handling, "units")
				if shown, _ := errs.As(err); c.says != "" && (shown == nil || !slices.Equal(shown.Path, []string{"units", "1"})) {
					t.Errorf("in a list: %v", err)
				}
			})
		})
	}
}
