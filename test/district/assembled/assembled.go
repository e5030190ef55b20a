package assembled

import (
	"testing"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// District is a committee with the nouns' services.
type District struct {
	*district.District
	assembly.Services

	key secret.Secret
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
	d := &District{District: district.New(t, plans...), key: secret.Secret{1, plans[0].Secret}}
	d.Services = d.wired(d.Store)
	if more != nil {
		more(d.Services.Engine)
	}
	d.House.Engine = d.Services.Engine
	return d
}

// On is one more program on the database, such as a worker that is killed.
func (d *District) On(store *tenants.Store) assembly.Services {
	d.T.Helper()
	district.Guarded(store)
	return d.wired(store)
}

func (d *District) wired(store *tenants.Store) assembly.Services {
	d.T.Helper()
	s, err := assembly.New(store, d.Directory, d.key)
	d.OK(err)
	return s
}

// Deliver carries what waits in the outboxes of committees until nothing waits.
func (d *District) Deliver(of ...*district.District) {
	d.T.Helper()
	for settled := 1; settled > 0; {
		settled = 0
		for _, c := range of {
			n, err := d.Exchange.Deliver(d.Ctx(), c.Tenant)
			d.OK(err)
			settled += n
		}
	}
}
