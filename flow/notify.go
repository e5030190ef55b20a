package flow

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// noticePage is how many notices are written at a time: PostgreSQL takes
// 65,535 parameters a statement.
const noticePage = 1000

// Notify writes a notice to each person who is meant, once: role codes mean
// those who hold the role today and whom its right to read takes to this case,
// roles of parties mean the parties themselves. Nobody is told of a case that
// he cannot see, and while a visit is concealed nobody but its parties is.
func (e *Engine) Notify(ctx context.Context, c *Case, who []string, text string) error {
	return e.notify(ctx, c, call{names: who}, text)
}

// call is who is meant by a notice: codes of roles and roles of parties, all
// who sit in a unit, and people by themselves.
type call struct {
	names         []string
	units, people []uuid.UUID
}

// notify is Notify for who is meant by more than a name.
func (e *Engine) notify(ctx context.Context, c *Case, to call, text string) error {
	if len(to.names)+len(to.units)+len(to.people) == 0 || text == "" {
		return nil
	}
	rights, err := authz.Load()
	if err != nil {
		return err
	}
	people, err := c.people(ctx, rights, to)
	if err != nil {
		return err
	}
	var told []*authz.Viewer
	for _, v := range people {
		if (c.meant(v, to.names, rights) || to.has(v)) && c.Sees(v) && c.mayHear(v) {
			told = append(told, v)
		}
	}
	return e.write(ctx, c, told, text)
}

// write writes a notice to each.
func (e *Engine) write(ctx context.Context, c *Case, told []*authz.Viewer, text string) error {
	var rows []*gen.NoticeCreate
	for _, v := range told {
		heard(ctx, v.Membership)
		rows = append(rows, e.client.Notice.Create().SetMembershipID(v.Membership).SetMatterID(c.Matter.ID).SetText(text).SetCreatedAt(clock.Now(ctx)))
	}
	for page := range slices.Chunk(rows, noticePage) {
		if err := e.client.Notice.CreateBulk(page...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// TellRoles leaves a notice that is about no matter for everybody who has one of
// the roles today, but for who caused it.
func TellRoles(ctx context.Context, client *gen.Client, text string, roles ...string) error {
	people, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT DISTINCT m.id FROM grants g JOIN memberships m ON m.id = g.membership_id
		WHERE g.role = ANY($2) AND in_force(g, $1) AND in_force(m, $1) ORDER BY 1`, clock.Today(ctx), roles)
	if err != nil {
		return err
	}
	var rows []*gen.NoticeCreate
	for _, id := range people {
		if v := authz.From(ctx); v == nil || v.Membership != id {
			rows = append(rows, client.Notice.Create().SetMembershipID(id).SetText(text).SetCreatedAt(clock.Now(ctx)))
		}
	}
	for page := range slices.Chunk(rows, noticePage) {
		if err := client.Notice.CreateBulk(page...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether the person is called by himself or by a seat.
func (to call) has(v *authz.Viewer) bool {
	return slices.Contains(to.people, v.Membership) || slices.ContainsFunc(to.units, func(u uuid.UUID) bool { return slices.Contains(v.Seats, u) })
}

// person is a candidate, with his roles of today and those of the case's
// units in which he sits, and that are his or below his.
type person struct {
	ID           uuid.UUID
	Roles        []string
	Seats, Units []uuid.UUID
}

// people reads who could be meant: the holders of the roles, the parties, who
// sits in the units and who is called by himself, as far as their membership is active. A unit is somebody's if he sits in it
// or above it; who supervises a unit is not of it.
func (c *Case) people(ctx context.Context, rights *authz.Policy, to call) ([]*authz.Viewer, error) {
	parties := slices.Clone(to.people)
	for _, p := range c.Parties {
		if p.MembershipID != nil && slices.Contains(to.names, string(p.Role)) {
			parties = append(parties, *p.MembershipID)
		}
	}
	rows, err := tenants.Rows[person](ctx, `
		WITH RECURSIVE up AS (
			SELECT id AS unit, id, parent_id FROM units WHERE id = ANY($3)
			UNION SELECT up.unit, u.id, u.parent_id FROM units u JOIN up ON u.id = up.parent_id
		), met AS (
			SELECT u AS unit, heir(u) AS heir FROM unnest($3::uuid[]) u
		), seat AS (
			SELECT membership_id, unit_id FROM seats s WHERE post <> 'SUPERVISOR' AND in_force(s, $4)
		), held AS (
			SELECT membership_id, role FROM grants g WHERE in_force(g, $4)
		)
		SELECT m.id,
			(SELECT coalesce(array_agg(DISTINCT role ORDER BY role), '{}') FROM held WHERE membership_id = m.id),
			(SELECT coalesce(array_agg(DISTINCT met.unit), '{}') FROM seat JOIN met ON met.heir = seat.unit_id OR met.unit = seat.unit_id WHERE membership_id = m.id),
			(SELECT coalesce(array_agg(DISTINCT up.unit), '{}') FROM seat JOIN up ON up.id = seat.unit_id WHERE membership_id = m.id)
		FROM memberships m
		WHERE in_force(m, $4) AND (m.id = ANY($2) OR EXISTS (SELECT FROM held WHERE membership_id = m.id AND role = ANY($1))
			OR EXISTS (SELECT FROM seat WHERE membership_id = m.id AND unit_id = ANY($5)))
		ORDER BY m.id`, to.names, parties, c.whole().Units(), c.Today(), to.units)
	if err != nil {
		return nil, err
	}
	out := make([]*authz.Viewer, len(rows))
	for i, p := range rows {
		out[i] = rights.Viewer(p.ID, p.Roles, p.Seats, p.Units)
	}
	return out, nil
}

// reads is how far the roles together read cases of this kind.
func (c *Case) reads(rights *authz.Policy, roles ...string) (scope authz.Scope) {
	for _, r := range roles {
		scope |= rights.Table(r)[authz.Permission{Object: authz.Family(c.Kind), Action: "read"}]
	}
	return scope
}

// meant reports whether one of the names means the person.
func (c *Case) meant(v *authz.Viewer, who []string, rights *authz.Policy) bool {
	for _, name := range who {
		if slices.Contains(v.Roles, name) {
			scope := c.reads(rights, name)
			if scope.Has(authz.Tenant) || (scope.Has(authz.Unit) && c.held().OfUnits(v)) || (scope != authz.None && c.whole().Mine(v)) {
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
