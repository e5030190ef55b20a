package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// subject is the matter itself, or one of its shares, with whom it waits for.
type subject struct {
	share   *gen.Assignment
	state   *process.State
	awaited []who
	turn    string // the first code that somebody is meant by, for lists
	away    bool   // another committee's turn, or a clock's
}

// subjects are those of a case that wait for somebody: itself, and each share
// that has not ended.
func (e *Engine) subjects(c *Case, rights *authz.Policy) []*subject {
	if c.Closed() {
		return nil
	}
	var out []*subject
	for _, share := range append([]*gen.Assignment{nil}, c.Assignments...) {
		in := Input{Case: c, Share: share}
		m := in.machine()
		if m == nil {
			continue
		}
		if s := m.State(in.state()); s != nil && !s.End {
			out = append(out, &subject{share: share, state: s, turn: s.Turn})
		}
	}
	for _, s := range out {
		s.ask(e, c, rights)
	}
	return out
}

// ask fills in whom the subject's turns mean.
func (s *subject) ask(e *Engine, c *Case, rights *authz.Policy) {
	s.turn = ""
	for _, code := range s.state.Turns {
		q := asking{e: e, rights: rights, c: c, share: s.share, turn: code}
		t := e.meaning(c.Kind, c.Def, code)
		if t.Away != nil && t.Away(c) {
			s.away = true
			s.note(q.owes(who{}))
			continue
		}
		for _, w := range q.mean(t) {
			s.note(w)
		}
	}
	if s.turn == "" {
		s.turn = s.state.Turn
	}
}

// note adds one, as a rule; the same people are awaited once, for the nearer day.
func (s *subject) note(w who) {
	if s.turn == "" {
		s.turn = w.Turn
	}
	for i := range s.awaited {
		if a := &s.awaited[i]; a.key() == w.key() {
			if w.Due != nil && (a.Due == nil || w.Due.Before(*a.Due)) {
				a.Due = w.Due
			}
			return
		}
	}
	s.awaited = append(s.awaited, w)
}

// key tells rows of a matter apart.
func (w who) key() string {
	id := func(id *uuid.UUID) string {
		if id == nil {
			return ""
		}
		return id.String()
	}
	return strings.Join([]string{id(w.Share), id(w.Member), w.Role, id(w.Unit), map[bool]string{true: "instead"}[w.Instead]}, "/")
}

// is reports whether the row means the person, by one of his parts.
func (w who) is(v *authz.Viewer) bool { return slices.ContainsFunc(v.Parts(), w.means) }

func (w who) means(v *authz.Viewer) bool {
	switch {
	case w.Member != nil:
		return *w.Member == v.Membership && (len(w.Roles) == 0 || slices.ContainsFunc(w.Roles, func(r string) bool { return slices.Contains(v.Roles, r) }))
	case w.Role == "" || !slices.Contains(v.Roles, w.Role):
		return false
	case w.Unit == nil:
		return !v.Local()
	case w.Seated:
		return slices.Contains(v.Seats, *w.Unit)
	}
	return v.InUnit(w.Unit)
}

// people is who is there of those that rows mean.
type people []*authz.Viewer

// there reports whether somebody who can sign in is meant.
func (ps people) there(w who) bool {
	return slices.ContainsFunc(ps, func(v *authz.Viewer) bool { return v.Account != uuid.Nil && w.is(v) })
}

func (ps people) any(ws []who) bool { return slices.ContainsFunc(ws, ps.there) }

// await computes whom the case waits for, stores the difference, and tells
// those whose turn it becomes and those whose case it is, once. One statement
// reads who is there, one writes. Called again it changes nothing and tells
// nobody. What the steps wrote to other matters is looked at there.
func (e *Engine) await(ctx context.Context, c *Case, j *journal) (err error) {
	defer errs.Wrap(&err, "flow.await(%s)", c.Matter.ID)
	rights, err := authz.Rights(ctx)
	if err != nil {
		return err
	}
	now, err := e.standings(ctx, c, rights, e.hearers(c, rights, j)...)
	if err != nil {
		return err
	}
	rows := slices.Concat(now.rows...)
	if err := e.store(ctx, c, now.subjects, rows, e.notices(c, rights, j, rows, now.there)); err != nil {
		return err
	}
	return e.awaitOthers(ctx, c, j)
}

// standings is whom a case waits for under some rights: its subjects, who stands
// in for those of each, who is there of all of them, and whom each waits for
// given that.
type standings struct {
	subjects []*subject
	stand    [][][]who
	there    people
	rows     [][]who
}

// standings are asked for in one statement; others are looked for besides.
func (e *Engine) standings(ctx context.Context, c *Case, rights *authz.Policy, others ...who) (out standings, err error) {
	out.subjects = e.subjects(c, rights)
	out.stand = e.standIns(c, rights, out.subjects)
	all := slices.Clone(others)
	for i, s := range out.subjects {
		all = append(all, s.awaited...)
		for _, list := range out.stand[i] {
			all = append(all, list...)
		}
	}
	if out.there, err = c.meantBy(authz.WithRights(ctx, rights), all); err != nil {
		return out, err
	}
	for i := range out.subjects {
		out.rows = append(out.rows, out.settle(c, out.there, i))
	}
	return out, nil
}

// settle is whom a subject waits for, given who is there.
func (w standings) settle(c *Case, there people, i int) []who {
	return w.subjects[i].settle(c, there, w.stand[i], w.subjects[1:])
}

// awaitOthers looks at the other matters that the steps wrote to.
func (e *Engine) awaitOthers(ctx context.Context, c *Case, j *journal) error {
	ids := j.others(c.Matter.ID)
	if len(ids) == 0 {
		return nil
	}
	cases, err := e.load(ctx, ids...)
	for _, id := range ids {
		if other := cases[id]; err == nil && other != nil {
			err = e.await(ctx, other, &journal{told: j.told}) // an effect may have told of both
		}
	}
	return err
}

// standIns are, for each subject, who stands in, list after list; the guardians
// come last.
func (e *Engine) standIns(c *Case, rights *authz.Policy, subjects []*subject) [][][]who {
	out := make([][][]who, len(subjects))
	for i, s := range subjects {
		if s.away {
			continue
		}
		for _, code := range s.state.Turns {
			t := e.meaning(c.Kind, c.Def, code)
			if t.Waits != nil && !t.Waits(c, s.share) {
				continue
			}
			for _, other := range t.Else {
				q := asking{e: e, rights: rights, c: c, share: s.share, turn: code}
				list := q.mean(other)
				for k := range list {
					list[k].Instead = true
				}
				out[i] = append(out[i], list)
			}
		}
		// the last is who can give somebody the role: he sees that, not the matter
		for _, role := range append(slices.Clone(e.KindOf(c.Kind).Guardians), "tenant_admin") {
			q := asking{e: e, rights: rights, c: c, share: s.share, turn: s.turn}
			w := q.owes(who{Role: role, Instead: true})
			w.Reason = s.why(c)
			out[i] = append(out[i], []who{w})
		}
	}
	return out
}

// why a subject stands still, for who is to mend it.
func (s *subject) why(c *Case) string {
	of := c.Def.Turns[s.turn]
	if s.share != nil && s.share.Edges.Unit != nil {
		of = s.share.Edges.Unit.Name + "的" + of
	}
	if len(s.awaited) == 0 {
		return fmt.Sprintf("处于“%s”，轮到%s，但其中没有人能办理", s.state.Label, of)
	}
	return fmt.Sprintf("处于“%s”，轮到%s，但没有在任而且能登录的人", s.state.Label, of)
}

// settle is whom the subject waits for, given who is there: those whose turn it
// is; besides, where nobody of them is there, who stands in. What waits for its
// shares, or for a clock that leads somewhere, has nobody of its own.
func (s *subject) settle(c *Case, there people, stand [][]who, shares []*subject) []who {
	if s.away || there.any(s.awaited) {
		return s.awaited
	}
	if s.share == nil && len(s.awaited) == 0 && len(shares) > 0 {
		return nil
	}
	if day := c.leads(); s.share == nil && day != nil {
		return append(s.awaited, who{Turn: s.turn, Due: day, Instead: true})
	}
	var last []who
	for _, list := range stand {
		if last = list; there.any(list) {
			break
		}
	}
	return append(s.awaited, last...)
}

// sameShare is a share of a case that was read again, nil for the matter itself.
func (c *Case) sameShare(a *gen.Assignment) *gen.Assignment {
	if a == nil {
		return nil
	}
	if found := c.Share(a.ID); found != nil {
		return found
	}
	return a
}

// leads is the day of a running deadline of the matter that leads on by itself.
func (c *Case) leads() *time.Time {
	for _, t := range c.OpenTimers(nil) {
		def := c.Def.Timers[t.Key]
		if def == nil || def.Expires == "" || t.DueOn == nil || passed(c, t) {
			continue
		}
		if a := c.Def.Machines[process.OfMatter].Action(def.Expires); a != nil && a.Leaves(c.State) {
			return t.DueOn
		}
	}
	return nil
}

// meantBy reads who is there of those that rows mean: active members of the
// committee with their roles of today and the units of the case in which they
// sit. Who cannot sign in has no account in it.
func (c *Case) meantBy(ctx context.Context, rows []who) (people, error) {
	var members, units []uuid.UUID
	var office, seated []string
	for _, w := range rows {
		switch {
		case w.Member != nil:
			members = append(members, *w.Member)
		case w.Unit != nil:
			units, seated = append(units, *w.Unit), append(seated, w.Role)
		case w.Role != "":
			office = append(office, w.Role)
		}
	}
	if len(members)+len(units)+len(office) == 0 {
		return nil, nil
	}
	compact := func(s []string) []string { slices.Sort(s); return slices.Compact(s) }
	return readPeople(ctx, asked{members: members, office: compact(office), seated: compact(seated), units: units, mattered: c.whole().Units(), on: c.Today()})
}

// store writes the difference, whose turn it is now for lists, and the notices,
// in one statement.
func (e *Engine) store(ctx context.Context, c *Case, subjects []*subject, rows []who, told []notice) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	var a awaitedRows
	for _, w := range rows {
		if !slices.Contains(a.key, w.key()) {
			a.add(w)
		}
	}
	var n notices.Rows
	for _, x := range told {
		n.Add(x.to, x.key, x.Notice)
	}
	turn, shares, turns := c.Turn, []uuid.UUID{}, []string{}
	for _, s := range subjects {
		if s.share == nil {
			turn = s.turn
		} else {
			shares, turns = append(shares, s.share.ID), append(turns, s.turn)
		}
	}
	_, err = tenants.Exec(ctx, storeAwaited, tenant, c.Matter.ID, c.Now,
		a.key, a.share, a.turn, a.role, a.unit, a.seated, a.member, a.roles, a.due, a.instead, a.reason,
		turn, shares, turns, n.ID, n.To, n.Key, n.Text, n.About, n.Level, n.Type, n.Object, n.Action)
	if err != nil {
		return err
	}
	c.Turn, c.Handed = turn, nil
	for _, s := range subjects {
		if s.share != nil {
			s.share.Turn = s.turn
		}
	}
	for _, w := range rows {
		if w.Reason != "" && w.Share != nil {
			c.hand(*w.Share)
		}
	}
	return nil
}

// Who is awaited already is told nothing; of several notices to one person the
// first is written. Rows of ended shares go, since the case does not name them.
var storeAwaited = `
WITH wanted AS (
	SELECT * FROM unnest($4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[], $9::bool[], $10::uuid[], $11::text[], $12::date[], $13::bool[], $14::text[])
		AS w(key, assignment_id, turn, role, unit_id, seated, membership_id, roles, due_on, instead, reason)
), gone AS (
	DELETE FROM awaited a WHERE a.matter_id = $2 AND NOT EXISTS (SELECT FROM wanted w WHERE w.key = a.key)
), was AS (
	SELECT key FROM awaited WHERE matter_id = $2
), put AS (
	INSERT INTO awaited AS a (tenant_id, matter_id, key, assignment_id, turn, role, unit_id, seated, membership_id, roles, due_on, since, instead, reason)
	SELECT $1, $2, key, assignment_id, turn, role, unit_id, seated, membership_id, string_to_array(roles, ' '), due_on, $3, instead, reason FROM wanted
	ON CONFLICT (tenant_id, matter_id, key) DO UPDATE
	SET turn = excluded.turn, seated = excluded.seated, roles = excluded.roles, due_on = excluded.due_on, reason = excluded.reason
	WHERE (a.turn, a.seated, a.roles, a.due_on, a.reason) IS DISTINCT FROM (excluded.turn, excluded.seated, excluded.roles, excluded.due_on, excluded.reason)
), of_matter AS (
	UPDATE matters SET turn = $15 WHERE id = $2 AND turn IS DISTINCT FROM $15
), of_share AS (
	UPDATE assignments s SET turn = t.turn FROM unnest($16::uuid[], $17::text[]) AS t(id, turn) WHERE s.id = t.id AND s.turn IS DISTINCT FROM t.turn
), ` + notices.Insert(1, 3, 2, 18, `n.key = '' OR NOT EXISTS (SELECT FROM was WHERE was.key = n.key)`)

// awaitedRows are rows by column, as PostgreSQL takes them.
type awaitedRows struct {
	key, turn, reason   []string
	role, roles         []*string
	share, unit, member []*uuid.UUID
	seated, instead     []bool
	due                 []*time.Time
}

func (a *awaitedRows) add(w who) {
	given := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	a.key, a.turn, a.reason = append(a.key, w.key()), append(a.turn, w.Turn), append(a.reason, w.Reason)
	a.role, a.roles = append(a.role, given(w.Role)), append(a.roles, given(strings.Join(w.Roles, " ")))
	a.share, a.unit, a.member = append(a.share, w.Share), append(a.unit, w.Unit), append(a.member, w.Member)
	a.seated, a.instead, a.due = append(a.seated, w.Seated), append(a.instead, w.Instead), append(a.due, w.Due)
}

// asked is what readPeople is asked: people by themselves, holders of roles, and
// holders of roles with a seat in one of the units or above it, and all with a
// seat in one of those that are called; of all of them the seats in the units
// that matter.
type asked struct {
	members         []uuid.UUID
	office, seated  []string
	units, mattered []uuid.UUID
	called          []uuid.UUID
	on              time.Time
}

type someone struct {
	ID           uuid.UUID
	Account      *uuid.UUID
	Roles        []string
	Seats, Units []uuid.UUID
	At           []authz.Holding
}

// readPeople reads people as viewers, in one statement. A unit is somebody's if
// he sits in it, in what followed it, or above; who supervises a unit is not of
// it.
func readPeople(ctx context.Context, a asked) (people, error) {
	rows, err := tenants.Rows[someone](ctx, `
		WITH RECURSIVE met AS (
			SELECT unit FROM unnest($4::uuid[] || $5::uuid[] || $7::uuid[]) unit
		), up AS (
			SELECT x.unit, u.id, u.parent_id, true AS itself FROM (SELECT unit, unit AS id FROM met UNION SELECT unit, heir(unit) FROM met) x JOIN units u ON u.id = x.id
			UNION SELECT up.unit, u.id, u.parent_id, false FROM units u JOIN up ON u.id = up.parent_id
		), seat AS (
			SELECT membership_id, unit_id FROM seats s WHERE post <> 'SUPERVISOR' AND in_force(s, $6) AND unit_id IN (SELECT id FROM up)
		), held AS (
			SELECT membership_id, role, unit_id, behalf FROM holds($6)
		), spot AS (
			SELECT DISTINCT held.membership_id, held.role, held.unit_id, up.unit FROM held JOIN up ON up.id = held.unit_id
		)
		SELECT m.id, m.account_id,
			(SELECT coalesce(array_agg(DISTINCT role ORDER BY role), '{}') FROM held WHERE membership_id = m.id AND unit_id IS NULL AND behalf IS NULL),
			(SELECT coalesce(array_agg(DISTINCT up.unit), '{}') FROM seat JOIN up ON up.id = seat.unit_id AND up.itself WHERE membership_id = m.id),
			(SELECT coalesce(array_agg(DISTINCT up.unit), '{}') FROM seat JOIN up ON up.id = seat.unit_id WHERE membership_id = m.id),
			(SELECT json_agg(json_build_object('role', h.role, 'units', CASE WHEN h.unit_id IS NOT NULL THEN (SELECT coalesce(json_agg(spot.unit), '[]') FROM spot
				WHERE spot.membership_id = m.id AND spot.role = h.role AND spot.unit_id = h.unit_id) END,
				'behalf', CASE WHEN h.behalf IS NOT NULL THEN json_build_object('id', h.behalf) END)) FROM held h WHERE h.membership_id = m.id AND (h.unit_id IS NOT NULL OR h.behalf IS NOT NULL))
		FROM memberships m
		WHERE in_force(m, $6) AND (m.id = ANY($1) OR EXISTS (SELECT FROM held WHERE membership_id = m.id AND role = ANY($2))
				OR EXISTS (SELECT FROM spot WHERE membership_id = m.id AND role = ANY($3) AND unit = ANY($4))
				OR (EXISTS (SELECT FROM held WHERE membership_id = m.id AND role = ANY($3) AND behalf IS NULL)
					AND EXISTS (SELECT FROM seat JOIN up ON up.id = seat.unit_id WHERE seat.membership_id = m.id AND up.unit = ANY($4)))
				OR EXISTS (SELECT FROM seat JOIN up ON up.id = seat.unit_id AND up.itself WHERE seat.membership_id = m.id AND up.unit = ANY($7)))
		ORDER BY m.id`, a.members, a.office, a.seated, a.units, a.mattered, a.on, a.called)
	rights, bad := authz.Rights(ctx)
	if err != nil || bad != nil {
		return nil, errors.Join(err, bad)
	}
	out := make(people, len(rows))
	for i, p := range rows {
		v := rights.Viewer(p.ID, p.Roles, p.Seats, p.Units, p.At...)
		if p.Account != nil {
			v.Account = *p.Account
		}
		out[i] = v
	}
	return out, err
}

// Await computes again whom matters wait for, after something that no action
// did. Called again it changes nothing.
func (e *Engine) Await(ctx context.Context, ids ...uuid.UUID) error {
	ctx = authz.System(ctx)
	cases, err := e.Lock(ctx, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if c := cases[id]; c != nil {
			if err := e.await(ctx, c, &journal{}); err != nil {
				return err
			}
		}
	}
	return nil
}
