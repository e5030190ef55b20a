package flow

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Nothing stands still: for every open matter and every open share somebody is
// there whose turn it is and who can act, or a clock runs that leads on. People
// leave, units close and roles end without any action of the matter, so the sweep
// looks for what has fallen out of this, and for what has come back.

// afloat answers for each row whether it means somebody who can sign in, a day
// to come, or another committee. $1 is today.
const afloat = `
WITH RECURSIVE met AS (
	SELECT DISTINCT unit_id AS unit FROM awaited WHERE unit_id IS NOT NULL
), up AS (
	SELECT x.unit, u.id, u.parent_id, true AS itself FROM (SELECT unit, unit AS id FROM met UNION SELECT unit, heir(unit) FROM met) x JOIN units u ON u.id = x.id
	UNION SELECT up.unit, u.id, u.parent_id, false FROM units u JOIN up ON u.id = up.parent_id
), here AS (
	SELECT id FROM memberships m WHERE account_id IS NOT NULL AND in_force(m, $1)
), held AS (
	SELECT DISTINCT h.membership_id, h.role, h.unit_id, h.behalf FROM holds($1) h JOIN here ON here.id = h.membership_id
), sits AS (
	SELECT DISTINCT held.role, up.unit, up.itself FROM seats s JOIN up ON up.id = s.unit_id JOIN held ON held.membership_id = s.membership_id
	WHERE s.post <> 'SUPERVISOR' AND in_force(s, $1) AND held.behalf IS NULL AND (held.unit_id IS NULL OR held.unit_id = s.unit_id)
	UNION SELECT held.role, up.unit, false FROM held JOIN up ON up.id = held.unit_id
), rows AS (
	SELECT a.matter_id, a.assignment_id, a.instead, CASE
		WHEN a.membership_id IS NOT NULL THEN a.membership_id IN (SELECT id FROM here)
			AND (a.roles IS NULL OR EXISTS (SELECT FROM held WHERE held.membership_id = a.membership_id AND held.role = ANY (a.roles)))
		WHEN a.unit_id IS NOT NULL THEN (a.role, a.unit_id) IN (SELECT role, unit FROM sits WHERE itself OR NOT a.seated)
		WHEN a.role IS NOT NULL THEN a.role IN (SELECT role FROM held WHERE unit_id IS NULL)
		ELSE a.due_on IS NULL OR a.due_on >= $1 END AS there
	FROM awaited a
), subjects AS (
	SELECT matter_id, coalesce(bool_or(there) FILTER (WHERE NOT instead), false) AS meant, coalesce(bool_or(there) FILTER (WHERE instead), false) AS stands_in,
		bool_or(instead) AS handed
	FROM rows GROUP BY matter_id, assignment_id
)`

const adrift = afloat + `
, adrift AS (
	SELECT matter_id AS id FROM subjects WHERE (meant AND handed) OR NOT (meant OR stands_in)
	UNION SELECT m.id FROM matters m WHERE m.closed_at IS NULL AND m.turn <> '' AND NOT EXISTS (SELECT FROM awaited a WHERE a.matter_id = m.id)
)`

// adriftMatters lists a page of matters for which somebody is missing, or for
// whose turn somebody is there again, in the order of their ids. A matter of
// which nothing was computed yet is one of them.
func adriftMatters(ctx context.Context, after uuid.UUID) ([]uuid.UUID, error) {
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], adrift+` SELECT DISTINCT id FROM adrift WHERE id > $2 ORDER BY id LIMIT $3`, clock.Today(ctx), after, sweepPage)
}

// anyAdrift reports whether there is one.
func anyAdrift(ctx context.Context) (is bool, err error) {
	return is, tenants.Row(ctx, adrift+` SELECT EXISTS (SELECT FROM adrift)`, []any{clock.Today(ctx)}, &is)
}

// settleMatter lets follow what the process says of people who have gone, such as
// the end of a draft, and computes again whom a matter waits for. Where nothing
// follows it tells those to whom it is handed, and nobody else.
func (e *Engine) settleMatter(ctx context.Context, id uuid.UUID) error {
	ctx, j := journaling(ctx)
	c, err := e.lock(ctx, id)
	if err == nil {
		c, err = e.follow(ctx, c)
	}
	if err != nil {
		return err
	}
	j.quiet = len(j.steps) == 0
	return e.await(ctx, c, j)
}

// Standing is a matter, or a share, for which nobody is left whose turn it is,
// so that it was handed to a guardian.
type Standing struct {
	Matter uuid.UUID
	Share  *uuid.UUID
	Kind   string
	Turn   string // a code of the definition's turns
	Role   string // to whom it was handed
	Reason string // in Chinese
	Since  time.Time
	Key    string // with Since and Matter, its place in the list
}

// StandingPlace is where in the list of what stands still a page begins.
type StandingPlace struct {
	Since  time.Time
	Matter uuid.UUID
	Key    string
}

// StandsStill lists a page of what stands still, the longest first, and how many
// there are: to those who read all matters of a kind those of the kind, to who
// gives people their roles all of them. Others are refused.
func StandsStill(ctx context.Context, after *StandingPlace, n int) (list []Standing, total int, err error) {
	defer errs.Wrap(&err, "flow.StandsStill")
	v := authz.From(ctx)
	families, all := v.Overlooks()
	if !all && len(families) == 0 {
		return nil, 0, authz.Lacking("您不看全部事项，不能看无人接手的清单", authz.Overlooking()...)
	}
	const of = ` FROM awaited a JOIN matters m ON m.tenant_id = a.tenant_id AND m.id = a.matter_id
		WHERE a.reason <> '' AND ($1 OR CASE WHEN m.kind = ANY ($2) THEN m.kind ELSE 'matter' END = ANY ($3))`
	if err := tenants.Row(ctx, `SELECT count(*)`+of, []any{all, authz.Kinds(), families}, &total); err != nil || total == 0 {
		return nil, 0, err
	}
	if after == nil {
		after = &StandingPlace{}
	}
	list, err = tenants.Rows[Standing](ctx, `
		SELECT a.matter_id, a.assignment_id, m.kind, a.turn, coalesce(a.role, ''), a.reason, a.since, a.key`+of+`
		AND (a.since, a.matter_id, a.key) > ($4, $5, $6) ORDER BY a.since, a.matter_id, a.key LIMIT $7`,
		all, authz.Kinds(), families, after.Since, after.Matter, after.Key, n)
	return list, total, err
}

// Loss is what somebody is about to take away: units that close or are
// succeeded, people who leave, a role that people (all, where none is named)
// no longer hold.
type Loss struct {
	Units   []uuid.UUID
	Members []uuid.UUID
	Role    string // empty: Members leave altogether
}

// Left is a running matter, or a share of it, that waits only for what would be
// lost.
type Left struct {
	Matter  uuid.UUID
	Kind    string
	Title   string
	Number  string
	Share   *uuid.UUID
	State   string      // in Chinese
	Turn    string      // who is awaited now, in Chinese
	Roles   []string    // by which those who go were awaited; none: they themselves were
	Becomes string      // whose turn it becomes, in Chinese
	By      []uuid.UUID // who is there of those: they stand in
}

// leftMost bounds how many matters one preview looks at.
const leftMost = 500

// Leaves lists what would stand still if something were taken away, and whose
// turn it would become, so that it can be shown beforehand. It writes nothing. It
// asks as the product: the caller decides who may see the answer.
func (e *Engine) Leaves(ctx context.Context, l Loss) (out []Left, err error) {
	defer errs.Wrap(&err, "flow.Leaves")
	ctx = authz.System(ctx)
	ids, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT DISTINCT matter_id FROM awaited
		WHERE (unit_id = ANY ($1) OR membership_id = ANY ($2) OR ($3 <> '' AND (role = $3 OR $3 = ANY (roles)))
			OR ($3 = '' AND EXISTS (SELECT FROM holds($5) h WHERE h.role = awaited.role AND h.membership_id = ANY ($2))))
			AND NOT (cardinality($2) > 0 AND role IS NOT NULL AND unit_id IS NULL AND EXISTS (
				SELECT FROM holds($5) h JOIN memberships m ON m.id = h.membership_id
				WHERE h.role = awaited.role AND h.unit_id IS NULL AND m.id <> ALL ($2) AND m.account_id IS NOT NULL AND in_force(m, $5)))
		ORDER BY matter_id LIMIT $4`, some(l.Units), some(l.Members), l.Role, leftMost, clock.Today(ctx))
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return nil, err
	}
	cases, err := e.load(ctx, ids...)
	for _, id := range ids {
		if c := cases[id]; err == nil && c != nil {
			var some []Left
			some, err = e.leaves(ctx, c, rights, l)
			out = append(out, some...)
		}
	}
	return out, err
}

func (e *Engine) leaves(ctx context.Context, c *Case, rights *authz.Policy, l Loss) (out []Left, err error) {
	now, err := e.standings(ctx, c, rights)
	if err != nil {
		return nil, err
	}
	then := now.there.without(l)
	for i := range now.subjects {
		if !now.there.any(now.rows[i]) || then.any(now.rows[i]) {
			continue
		}
		x, after := now.left(c, i), now.settle(c, then, i)
		x.Becomes, x.By = becomes(rights, after), then.meant(after)
		out = append(out, x)
	}
	return out, nil
}

// left is what a subject is that would be nobody's, but for whose turn it becomes.
func (w standings) left(c *Case, i int) Left {
	s := w.subjects[i]
	x := Left{Matter: c.Matter.ID, Kind: c.Kind, Title: c.Title, Number: c.Number, State: s.state.Label, Turn: c.Def.Turns[s.turn], Roles: w.there.roles(w.rows[i])}
	if s.share != nil {
		x.Share = &s.share.ID
	}
	return x
}

// some is a list that the database takes: none is empty, not null.
func some(ids []uuid.UUID) []uuid.UUID { return append([]uuid.UUID{}, ids...) }

// roles are those by which somebody who is there is meant.
func (ps people) roles(rows []who) (out []string) {
	for _, w := range rows {
		if w.Member == nil && w.Role != "" && ps.there(w) && !slices.Contains(out, w.Role) {
			out = append(out, w.Role)
		}
	}
	return out
}

// meant is who is there and meant.
func (ps people) meant(rows []who) (out []uuid.UUID) {
	for _, v := range ps {
		if v.Account != uuid.Nil && slices.ContainsFunc(rows, func(w who) bool { return w.is(v) }) {
			out = append(out, v.Membership)
		}
	}
	return out
}

// becomes names who would be awaited.
func becomes(rights *authz.Policy, rows []who) string {
	var names []string
	for _, w := range rows {
		if w.Instead && w.Role != "" {
			names = append(names, rights.Name(w.Role))
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "、")
}

// without is who is still there after a loss.
func (ps people) without(l Loss) people {
	var out people
	for _, v := range ps {
		is := slices.Contains(l.Members, v.Membership)
		if is && l.Role == "" {
			continue
		}
		var role string
		if is || len(l.Members) == 0 {
			role = l.Role
		}
		out = append(out, v.Without(role, l.Units))
	}
	return out
}
