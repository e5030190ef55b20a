package flow

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// Notify writes a notice to each person who is meant, once: role codes mean
// those who hold the role today and whom its right to read takes to this case,
// roles of parties mean the parties themselves. Nobody is told of a case that
// he cannot see, and while a visit is concealed nobody but its parties is.
func (e *Engine) Notify(ctx context.Context, c *Case, who []string, text string) error {
	return e.notify(ctx, c, call{names: who}, notices.Told(text))
}

// call is who is meant by a notice: codes of roles and roles of parties, all
// who sit in a unit, and people by themselves.
type call struct {
	names         []string
	units, people []uuid.UUID
}

// notify is Notify for who is meant by more than a name.
func (e *Engine) notify(ctx context.Context, c *Case, to call, n notices.Notice) error {
	if len(to.names)+len(to.units)+len(to.people) == 0 || n.Text == "" {
		return nil
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return err
	}
	people, err := c.people(ctx, to)
	if err != nil {
		return err
	}
	var told []*authz.Viewer
	for _, v := range people {
		if (c.meant(v, to.names, rights) || to.has(v)) && c.Sees(v) && c.mayHear(v) {
			told = append(told, v)
		}
	}
	return e.write(ctx, c, told, n)
}

// write writes a notice to each whom nothing of the present step has told yet.
func (e *Engine) write(ctx context.Context, c *Case, told []*authz.Viewer, n notices.Notice) error {
	var people []uuid.UUID
	for _, v := range told {
		if heard(ctx, v.Membership) {
			people = append(people, v.Membership)
		}
	}
	return notices.Write(ctx, &c.Matter.ID, n, people...)
}

// TellRoles leaves a notice that is about no matter for everybody who has one of
// the roles today, but for who caused it.
func TellRoles(ctx context.Context, n notices.Notice, roles ...string) error {
	people, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT DISTINCT m.id FROM holds($1) h JOIN memberships m ON m.id = h.membership_id
		WHERE h.role = ANY($2) AND in_force(m, $1) ORDER BY 1`, clock.Today(ctx), roles)
	if err != nil {
		return err
	}
	return notices.Write(ctx, nil, n, slices.DeleteFunc(people, func(id uuid.UUID) bool {
		v := authz.From(ctx)
		return v != nil && v.Membership == id
	})...)
}

// has reports whether the person is called by himself or by a seat.
func (to call) has(v *authz.Viewer) bool {
	return slices.Contains(to.people, v.Membership) || slices.ContainsFunc(to.units, func(u uuid.UUID) bool { return slices.Contains(v.Seats, u) })
}

// people reads who could be meant: the holders of the roles, the parties, who
// sits in the units or in what followed them, and who is called by himself.
func (c *Case) people(ctx context.Context, to call) (people, error) {
	members := slices.Clone(to.people)
	for _, p := range c.Parties {
		if p.MembershipID != nil && slices.Contains(to.names, string(p.Role)) {
			members = append(members, *p.MembershipID)
		}
	}
	return readPeople(ctx, asked{members: members, office: to.names, called: to.units, mattered: c.whole().Units(), on: c.Today()})
}

// meant reports whether one of the names means the person.
func (c *Case) meant(v *authz.Viewer, who []string, rights *authz.Policy) bool {
	for _, name := range who {
		for _, x := range v.OnMatter(c.Matter) {
			scope := rights.Reach(x, name, authz.Permission{Object: authz.Family(c.Kind), Action: "read"})
			if scope.Has(authz.Tenant) || (scope.Has(authz.Unit) && c.held().OfUnits(x)) || (scope != authz.None && c.whole().Mine(x)) {
				return true
			}
		}
		for _, p := range c.Parties {
			if string(p.Role) == name && p.MembershipID != nil && *p.MembershipID == v.Membership && authz.TakesPart(p) {
				return true
			}
		}
	}
	return false
}

// Sees says about one person what authz.MatterVisible says to the database.
func (c *Case) Sees(v *authz.Viewer) bool { return c.whole().SeenBy(v) }

// mayHear: while a visit is planned in secret, only the case's own people hear
// anything of it (domain.md trap 17).
func (c *Case) mayHear(v *authz.Viewer) bool {
	secret := slices.ContainsFunc(c.Events, func(ev *gen.Event) bool { return ev.Concealed && ev.State == event.StatePLANNED })
	return !secret || slices.ContainsFunc(c.Parties, func(p *gen.Party) bool {
		return authz.TakesPart(p) && p.MembershipID != nil && *p.MembershipID == v.Membership
	})
}
