package authz

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/memory"
)

// What is kept for all of a shape is, said for one of them, what is put together
// for him alone: for every type, and people of one, two and three roles who sit in
// several places.
func TestASentenceThatIsKeptSaysTheSame(t *testing.T) {
	policy, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	kept := sights{memory.New[seeing, *Sentence](keptSentences)}
	r := rand.New(rand.NewPCG(7, 9))
	ids := func(n int) (out []uuid.UUID) {
		for range n {
			out = append(out, uuid.Must(uuid.NewV7()))
		}
		return out
	}
	people := func() *Viewer {
		v := &Viewer{Account: ids(1)[0], Session: ids(1)[0], Tenant: ids(1)[0], Membership: ids(1)[0], Seats: ids(r.IntN(3)), Units: ids(r.IntN(3))}
		var roles []string
		for range 1 + r.IntN(3) {
			roles = append(roles, policy.Roles()[r.IntN(len(policy.Roles()))])
		}
		policy.equip(v, roles, nil)
		return v
	}
	said := func(where pred) string {
		if where == nil {
			return "all"
		}
		s := entsql.Dialect(dialect.Postgres).Select().From(entsql.Table("rows")).Where(entsql.EQ("before", 1))
		where(s)
		text, args := s.Query()
		return fmt.Sprint(text, args)
	}
	bare := func(v *Viewer, typ string, part bool) pred {
		where := narrowing(v, typ, part)
		if where == nil {
			return nil
		}
		return func(s *entsql.Selector) {
			p := collect(s, where)
			s.Where(entsql.P(func(b *entsql.Builder) { b.WriteString("(").Join(p).WriteString(")") }))
		}
	}
	client := reflect.TypeFor[gen.Client]()
	for range 100 {
		v := people()
		for i := range client.NumField() {
			typ := client.Field(i).Name
			if !client.Field(i).IsExported() || typ == "Schema" {
				continue
			}
			for _, part := range []bool{false, true} {
				if got, want := said(kept.narrowing(v, typ, part)), said(bare(v, typ, part)); got != want {
					t.Fatalf("%s, part %v, as %v:\n%s\nbut for himself\n%s", typ, part, v.Roles, got, want)
				}
			}
		}
	}
	none := 0
	for _, key := range kept.kept.Keys() {
		if s, _ := kept.kept.Get(key); s == nil {
			none++
		}
	}
	if n := kept.kept.Len(); n < 500 || none > 0 {
		t.Errorf("%d sentences are kept, %d are not said for all", n, none)
	}
}
