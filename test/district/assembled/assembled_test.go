package assembled_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

func TestDistrict(t *testing.T) {
	t.Parallel()
	plans := func() []district.Plan {
		return []district.Plan{{Runs: []string{"proposal"}, Sitting: district.Plenary(2025, 6, 9)}, {Code: "210200"}}
	}
	d := assembled.New(t, plans()...)
	count := func(d *district.District) (n int) {
		d.Must("", func(ctx context.Context, c *gen.Client) (err error) {
			n, err = c.Membership.Query().Count(ctx)
			return err
		})
		return n
	}

	t.Run("a plan that is asked for often is founded once and copied: the same rows, and what one test does is not in the other", func(t *testing.T) {
		if second := assembled.New(t, plans()...); second.Tenant == d.Tenant || count(second.District) != count(d.District) {
			t.Error(second.Tenant, d.Tenant)
		}
		d, other := assembled.New(t, plans()...), assembled.New(t, plans()...)
		if d.Tenant != other.Tenant || d.Runs["proposal"] != other.Runs["proposal"] || d.Runs["proposal"] == uuid.Nil {
			t.Error(d.Tenant, other.Tenant, d.Runs)
		}
		other.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Membership.Create().SetName("新来的").SetKind("STAFF").Exec(ctx)
		})
		if here, there := count(d.District), count(other.District); there != here+1 {
			t.Error(here, there)
		}
	})
	t.Run("somebody holds every role that the product has", func(t *testing.T) {
		for _, role := range d.Rights.Roles() {
			d.Must(role, func(ctx context.Context, _ *gen.Client) error {
				if v := authz.From(ctx); len(v.Roles) != 1 || v.Roles[0] != role {
					t.Error(role, v.Roles)
				}
				return nil
			})
		}
	})
	t.Run("committees of a house see nothing of each other", func(t *testing.T) {
		city := d.Beside("210200")
		if city.Tenant == d.Tenant || count(city) != count(d.District) {
			t.Error(city.Tenant, count(city), count(d.District))
		}
	})
	t.Run("everything that is shipped runs in it", func(t *testing.T) {
		all := assembled.New(t, district.Plan{Runs: district.Kinds()})
		if len(all.Runs) != len(district.Kinds()) || len(all.Runs) < 16 {
			t.Error(all.Runs)
		}
	})
}
