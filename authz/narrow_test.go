package authz

import (
	"reflect"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/bihuan/bihuan/ent/gen"
)

func TestEveryTypeIsNarrowedOrOpenOnPurpose(t *testing.T) {
	open := map[string]bool{
		gen.TypeMembership: true, gen.TypeUnit: true, gen.TypeSeat: true, gen.TypeTerm: true, gen.TypeSitting: true, gen.TypeWorkday: true,
		gen.TypeProcess: true, gen.TypeTenantPolicy: true, gen.TypePlatform: true, gen.TypeRole: true, gen.TypeSubstitution: true,
	}
	hidden := func(typ string) bool {
		s := entsql.Dialect("postgres").Select().From(entsql.Table("t"))
		where := narrowing(&Viewer{}, typ, false)
		if where == nil {
			return false
		}
		where(s)
		query, _ := s.Query()
		return query == `SELECT * FROM "t" WHERE FALSE`
	}
	c := reflect.TypeFor[gen.Client]()
	for i := range c.NumField() {
		typ := c.Field(i).Name
		if !c.Field(i).IsExported() || typ == "Schema" || typ == gen.TypeTenant {
			continue
		}
		if got := narrowing(&Viewer{}, typ, false) == nil; got != open[typ] {
			t.Errorf("%s is open to everyone: %v", typ, got)
		}
		if hidden(typ) {
			t.Errorf("%s is not known to narrowing", typ)
		}
	}
	t.Run("a type that is not known is hidden", func(t *testing.T) {
		if !hidden("Something") {
			t.Error("it is shown")
		}
	})
}
