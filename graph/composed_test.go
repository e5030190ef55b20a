package graph_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/tenants"
)

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// inlined is a statement with its arguments in their places.
func inlined(t *testing.T, text string, args []any) string {
	t.Helper()
	used := 0
	out := placeholder.ReplaceAllStringFunc(text, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		used++
		if n != used || n > len(args) {
			t.Errorf("argument %s is the %dth of %d in %s", p, used, len(args), text)
			return p
		}
		return fmt.Sprintf("«%v»", args[n-1])
	})
	if used != len(args) {
		t.Errorf("%d arguments, %d are used in %s", len(args), used, text)
	}
	return out
}

// Predicates that write their own SQL take their place among ent's in any order:
// each numbers its arguments as the builder that it is given counts them.
func TestPredicatesOfOurOwnComposeInAnyOrder(t *testing.T) {
	t.Parallel()
	policy, err := authz.Load()
	must(t, err)
	v := policy.Stand(uuid.New(), []uuid.UUID{uuid.New(), uuid.New()}, "member", "sector_convener", "proposal_clerk")
	yes, day, unit := true, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), uuid.New()
	pool := map[string]predicate.Matter{
		"kind": matter.Kind("proposal"), "kinds": matter.KindIn("proposal", "topic"), "states": matter.StateIn("A", "B"), "due": matter.NextDueOnLT(day),
		"units": authz.OfUnits(matter.FieldStreetID, unit), "seen": authz.MatterPredicate(v), "number": tenants.ShowsKey(matter.FieldNumberKey, "17"),
		"todo": flow.Todo(v), "todo of a unit": flow.Todo(v, flow.Such{Today: day, Overdue: &yes, DueBefore: &day, Unit: &unit, Why: []string{"MYSELF"}}),
		"shares": matter.HasAssignmentsWith(authz.SeenPart(v, gen.TypeAssignment, authz.OfUnits(assignment.FieldUnitID, unit))),
		"either": matter.Or(matter.Kind("x"), flow.Todo(v), authz.OfUnits(matter.FieldSectorID, unit)), "not": matter.Not(matter.And(matter.Title("x"), flow.Todo(v))),
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for n := range pool {
			if !yield(n) {
				return
			}
		}
	})
	where := func(ps ...predicate.Matter) (string, []any) {
		s := sql.Dialect(dialect.Postgres).Select("id").From(sql.Table(matter.Table)).Limit(7)
		for _, p := range ps {
			p(s)
		}
		return s.Query()
	}
	alone := map[string]string{}
	for _, n := range names {
		text, args := where(pool[n])
		_, after, _ := strings.Cut(inlined(t, text, args), " WHERE ")
		alone[n] = strings.TrimSuffix(after, " LIMIT 7")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		some := names[:2+rng.IntN(len(names)-2)]
		var ps []predicate.Matter
		for _, n := range some {
			ps = append(ps, pool[n])
		}
		text, args := where(ps...)
		whole := inlined(t, text, args)
		again := sql.Dialect(dialect.Postgres).Select("id").From(sql.Table(matter.Table)).Limit(7)
		for _, p := range ps {
			p(again)
		}
		b := &sql.Builder{} // as a part of another statement, and what it is after it was asked once
		b.SetDialect(dialect.Postgres)
		b.WriteString("SELECT ").Arg("first").WriteString(", (").Join(again.Clone()).WriteString("), (").Join(again).WriteString("), ").Arg("last")
		text, args = b.Query()
		if got := inlined(t, text, args); got != "SELECT «first», ("+whole+"), ("+whole+"), «last»" {
			t.Fatalf("%v inside another statement:\n%s\nalone:\n%s", some, got, whole)
		}
		for _, n := range some {
			if !strings.Contains(whole, alone[n]) {
				t.Fatalf("%v: %s is not in\n%s", some, alone[n], whole)
			}
		}
	}
}
