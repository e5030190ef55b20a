package assembled

import (
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/test/district"
)

// District is a committee with the nouns' services.
type District struct {
	*district.District
	assembly.Services
}

// New is a district whose definitions may name every word of the product; more
// words are the plan's own.
func New(t testing.TB, plans ...district.Plan) *District {
	t.Helper()
	if len(plans) == 0 {
		plans = []district.Plan{{}}
	}
	more := plans[0].Rules
	plans[0].Rules = func(e *flow.Engine) {
		assembly.Register(e.Rules)
		if more != nil {
			more(e)
		}
	}
	d := district.New(t, plans...)
	s, err := assembly.New(d.Store, d.Directory, secret.Secret{1})
	if err != nil {
		t.Fatal(err)
	}
	if more != nil {
		more(s.Engine)
	}
	d.House.Engine = s.Engine
	return &District{d, s}
}
