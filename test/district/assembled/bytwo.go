package assembled

import (
	"context"

	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/test/district"
)

// Confirm is the word of a second administrator, who joins for it, to all that
// waits for one in a committee's exchange: the key of a committee that is run
// elsewhere, for one.
func (d *District) Confirm(of *district.District) {
	of.T.Helper()
	const second = "管理员乙"
	if of.People[second] == nil {
		of.Join(district.Person{Name: second, Role: "tenant_admin"})
	}
	desk := requests.NewDesk()
	d.Exchange.Requests(desk)
	of.OK(of.As(second, func(ctx context.Context) error {
		list, err := desk.Waiting(ctx)
		for _, r := range list {
			if _, _, err := desk.Confirm(ctx, r.ID); err != nil {
				return err
			}
		}
		return err
	}))
}
