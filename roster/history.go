package roster

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Held is a role that somebody held on a day, and what he could do by it.
type Held struct {
	Membership uuid.UUID
	Name, Post string
	Role       string
	RoleName   string
	Version    int // of the role as the committee had it; 0: as shipped
	Unit       *uuid.UUID
	UnitName   string
	Behalf     *uuid.UUID
	BehalfName string
	ByPost     string // the post by which it was held; empty: it was given
	Limit      authz.Limit
	Rights     []Right
}

// Wanted narrows who held what.
type Wanted struct {
	Day        time.Time
	Membership *uuid.UUID
	Role       string
	Permission string
}

// shanghai is the day of a moment, as SQL.
const shanghai = ` AT TIME ZONE 'Asia/Shanghai')::date`

// heldOn are the holdings at the end of a day, out of what is kept of them: a
// version of a role that was in force then, a grant that was not taken away that
// day, a seat that was taken.
const heldOn = `
WITH version AS (
	SELECT code, version, name, rights, kinds, states, platforms, posts, confirmed_by_id FROM roles
	WHERE (since` + shanghai + ` <= $1 AND (until IS NULL OR (until` + shanghai + ` > $1)
), himself AS (
	SELECT g.membership_id, g.role, g.unit_id, '' AS post FROM grants g
	WHERE in_force(g.valid_from, g.valid_to, $1) AND (g.created_at` + shanghai + ` <= $1 AND (g.revoked_at IS NULL OR (g.revoked_at` + shanghai + ` > $1)
	UNION ALL
	SELECT s.membership_id, v.code, s.unit_id, s.post FROM version v, LATERAL jsonb_array_elements_text(v.posts) p, seats s
	WHERE s.post = p AND in_force(s, $1) AND (s.created_at` + shanghai + ` <= $1
), lent AS (
	SELECT b.substitute_id, h.role, place.unit_id, h.post, b.member_id
	FROM substitutions b JOIN memberships m ON m.id = b.member_id AND m.account_id IS NOT NULL AND in_force(m.active_from, m.active_to, $1)
	JOIN himself h ON h.membership_id = b.member_id,
	LATERAL (SELECT h.unit_id UNION
		SELECT s.unit_id FROM seats s WHERE h.unit_id IS NULL AND s.membership_id = b.member_id AND s.post <> 'SUPERVISOR' AND in_force(s, $1) AND (s.created_at` + shanghai + ` <= $1) place
	WHERE in_force(b.valid_from, b.valid_to, $1) AND (b.created_at` + shanghai + ` <= $1 AND (b.ended_at IS NULL OR (b.ended_at` + shanghai + ` > $1)
		AND h.role NOT IN ('tenant_admin', 'auditor') AND ((b.confirmed_at` + shanghai + ` <= $1 OR (h.role NOT IN ('chair', 'secretary_general')
			AND NOT EXISTS (SELECT FROM version v WHERE v.code = h.role AND v.confirmed_by_id IS NOT NULL)))
), all_held AS (
	SELECT membership_id, role, unit_id, post, NULL::uuid AS behalf FROM himself UNION SELECT * FROM lent
)
SELECT m.id, m.name, coalesce(m.post, ''), h.role, h.unit_id, coalesce(u.name, ''), h.behalf, coalesce(o.name, ''), h.post
FROM all_held h JOIN memberships m ON m.id = h.membership_id LEFT JOIN units u ON u.id = h.unit_id LEFT JOIN memberships o ON o.id = h.behalf
WHERE in_force(m.active_from, m.active_to, $1) AND (m.created_at` + shanghai + ` <= $1 AND (m.status = 'ACTIVE' OR $1 < $2)
ORDER BY m.name, m.id, h.role, h.unit_id NULLS FIRST, h.behalf NULLS FIRST, h.post`

// HeldOn lists who held which role at the end of a day, and what he could do by
// it, to who manages rights or reads the book.
func (s *Service) HeldOn(ctx context.Context, in Wanted) (_ []Held, err error) {
	defer errs.Wrap(&err, "roster.HeldOn(%s)", in.Day.Format(time.DateOnly))
	if _, err := authz.Require(ctx, manageGrants, "audit.read"); err != nil {
		return nil, err
	}
	ctx = authz.System(ctx)
	in.Day = clock.Day(in.Day)
	if in.Day.After(clock.Today(ctx)) {
		return nil, errs.New(errs.Invalid, "不能看以后的日子").At("day")
	}
	rights, err := rightsOn(ctx, in.Day)
	if err != nil {
		return nil, err
	}
	type row struct {
		ID         uuid.UUID
		Name, Post string
		Role       string
		Unit       *uuid.UUID
		UnitName   string
		Behalf     *uuid.UUID
		BehalfName string
		ByPost     string
	}
	rows, err := tenants.Rows[row](ctx, heldOn, in.Day, clock.Today(ctx))
	if err != nil {
		return nil, err
	}
	out := []Held{}
	for _, r := range rows {
		h := Held{Membership: r.ID, Name: r.Name, Post: r.Post, Role: r.Role, RoleName: rights.Name(r.Role), Unit: r.Unit, UnitName: r.UnitName,
			Behalf: r.Behalf, BehalfName: r.BehalfName, ByPost: r.ByPost, Limit: rights.Limit(r.Role)}
		if own, ok := rights.Own(r.Role); ok {
			h.Version = own.Version
		}
		h.Rights = less(rights.HeldTable(r.Role, r.Unit != nil, r.Behalf != nil), nil)
		if in.wants(h) {
			out = append(out, h)
		}
	}
	return out, nil
}

func (in Wanted) wants(h Held) bool {
	return len(h.Rights) > 0 && (in.Membership == nil || *in.Membership == h.Membership) && (in.Role == "" || in.Role == h.Role) &&
		(in.Permission == "" || slices.ContainsFunc(h.Rights, func(r Right) bool { return r.Permission.String() == in.Permission }))
}

// rightsOn is the committee's policy as it was at the end of a day.
func rightsOn(ctx context.Context, day time.Time) (*authz.Policy, error) {
	shipped, err := authz.Load()
	if err != nil {
		return nil, err
	}
	var own []authz.OwnRole
	if err := tenants.Row(ctx, `SELECT coalesce(json_agg(r ORDER BY r.code), '[]') FROM roles r
		WHERE (r.since`+shanghai+` <= $1 AND (r.until IS NULL OR (r.until`+shanghai+` > $1)`, []any{day}, &own); err != nil {
		return nil, err
	}
	return shipped.With(own)
}
