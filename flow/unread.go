package flow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/tenants"
)

// A turn of which nobody reads moves nothing. Where the committee's policy says
// after how many working days (phone.unreadDays), those whose turn it is are told
// once more, then those who act for them, then the guardian of the kind; each
// step once, and sooner where the day of what is owed comes near. One reader is
// enough, and so is one who has done something: it is known to them. Who was told
// of the step otherwise, by a definition's notify, has read of it as well.

// The steps, in order.
const (
	toldAgain    = 1
	substituted  = 2
	guardianTold = 3
)

// atWork is the hour from which on a committee is looked through.
const atWork = 9

// HasUnread reports whether a committee is to be looked through: once on each
// working day, where its policy says so.
func (e *Engine) HasUnread(ctx context.Context) (bool, error) {
	p, err := e.CurrentPolicy(ctx)
	if err != nil || p.Phone.UnreadDays == 0 || clock.Now(ctx).In(clock.Shanghai).Hour() < atWork {
		return false, err
	}
	cal, err := e.Calendar(ctx)
	if err != nil || !cal.Working(clock.Today(ctx)) {
		return false, err
	}
	var done bool
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM unread_looks WHERE day >= $1)`, []any{clock.Today(ctx)}, &done)
	return !done, err
}

// Unread takes the steps that are due in one committee, matter by matter, each in
// a transaction of its own: it may die anywhere and be run again, and two may run
// at once. It returns how many matters it has written to.
func (e *Engine) Unread(ctx context.Context, doors Doors, tenant uuid.UUID) (changed int, err error) {
	defer errs.Wrap(&err, "flow.Unread(%s)", tenant)
	ctx = authz.System(ctx)
	var failed []error
	for after := uuid.Nil; ; {
		var ids []uuid.UUID
		var has bool
		err := doors.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
			if has, err = e.HasUnread(ctx); has && err == nil {
				ids, err = waitingSince(ctx, after)
			}
			return err
		})
		if err != nil || !has {
			return changed, errors.Join(append(failed, err)...)
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			n := 0
			err := doors.InTx(ctx, tenant, func(ctx context.Context) (err error) { n, err = e.unread(ctx, id); return err })
			switch {
			case ctx.Err() != nil:
				return changed, errors.Join(append(failed, err)...)
			case err != nil:
				failed = append(failed, fmt.Errorf("matter %s: %w", id, err))
			case n > 0:
				changed++
			}
		}
		after = ids[len(ids)-1]
	}
	if len(failed) > 0 {
		return changed, errors.Join(failed...) // and looked through again
	}
	return changed, doors.InTx(ctx, tenant, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `INSERT INTO unread_looks (tenant_id, day) VALUES ($1, $2) ON CONFLICT (tenant_id) DO UPDATE SET day = excluded.day`, tenant, clock.Today(ctx))
		return err
	})
}

// waitingSince lists a page of matters that wait since before today for people of
// whom somebody was told and has not read.
func waitingSince(ctx context.Context, after uuid.UUID) ([]uuid.UUID, error) {
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT DISTINCT matter_id FROM awaited a WHERE matter_id > $1 AND NOT instead AND (membership_id IS NOT NULL OR role IS NOT NULL) AND since < $2
			AND EXISTS (SELECT FROM notices n WHERE n.matter_id = a.matter_id AND n.created_at >= a.since AND n.read_at IS NULL)
		ORDER BY matter_id LIMIT $3`, after, clock.StartOf(clock.Today(ctx)), sweepPage)
}

// unread takes the step that is due for each subject of one matter. Called again
// on the same day it takes the next only if that is due, too.
func (e *Engine) unread(ctx context.Context, id uuid.UUID) (taken int, err error) {
	c, err := e.lock(ctx, id)
	if err != nil {
		return 0, err
	}
	rights, err := authz.Rights(ctx)
	if err != nil {
		return 0, err
	}
	p, err := e.CurrentPolicy(ctx)
	if err != nil {
		return 0, err
	}
	cal, err := e.Calendar(ctx)
	if err != nil {
		return 0, err
	}
	now, err := e.standings(ctx, c, rights)
	if err != nil {
		return 0, err
	}
	for i := range now.subjects {
		u, err := e.unheard(ctx, c, now, i)
		if err != nil {
			return taken, err
		}
		if u == nil || c.Today().Before(u.day(cal, p.Phone.UnreadDays)) {
			continue
		}
		if err := e.escalate(ctx, c, u, now, i); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

// unheard is a subject whose people were told and have not read.
type unheard struct {
	share   *uuid.UUID
	turn    string // in Chinese
	since   time.Time
	due     *time.Time
	rows    []who
	people  people // who was told and has not read
	members []uuid.UUID
	step    int // the next
}

// unheard is nil for what somebody has heard of, or done something about, and
// where every step was taken.
func (e *Engine) unheard(ctx context.Context, c *Case, now standings, i int) (*unheard, error) {
	s := now.subjects[i]
	u := &unheard{turn: c.Def.Turns[s.turn]}
	if s.share != nil {
		u.share = &s.share.ID
	}
	var keys []string
	for _, w := range now.rows[i] {
		if !w.Instead && (w.Member != nil || w.Role != "") {
			u.rows, keys = append(u.rows, w), append(keys, w.key())
			if w.Due != nil && (u.due == nil || w.Due.Before(*u.due)) {
				u.due = w.Due
			}
		}
	}
	u.members = now.there.meant(u.rows)
	if len(u.members) == 0 {
		return nil, nil
	}
	var first, last *time.Time
	if err := tenants.Row(ctx, `SELECT min(since), max(since) FROM awaited WHERE matter_id = $1 AND key = ANY ($2)`, []any{c.Matter.ID, keys}, &first, &last); err != nil || first == nil {
		return nil, err
	}
	u.since = *last
	var heard bool
	var told []uuid.UUID
	err := tenants.Row(ctx, `
		SELECT EXISTS (SELECT FROM notices WHERE matter_id = $1 AND membership_id = ANY ($2) AND created_at >= $3 AND read_at IS NOT NULL)
			OR EXISTS (SELECT FROM steps WHERE matter_id = $1 AND actor_id = ANY ($2) AND at >= $3),
			ARRAY(SELECT DISTINCT membership_id FROM notices WHERE matter_id = $1 AND membership_id = ANY ($2) AND created_at >= $3),
			(SELECT coalesce(max(step), 0) + 1 FROM escalations WHERE matter_id = $1 AND subject = $4 AND since = $5)`,
		[]any{c.Matter.ID, u.members, *first, u.subject(), u.since}, &heard, &told, &u.step)
	if err != nil || heard || len(told) == 0 || u.step > guardianTold {
		return nil, err
	}
	for _, v := range now.there {
		if slices.Contains(told, v.Membership) {
			u.people = append(u.people, v)
		}
	}
	return u, nil
}

func (u *unheard) subject() string {
	if u.share == nil {
		return ""
	}
	return u.share.String()
}

// day is when the next step is due: after so many working days for each step, or
// earlier on the working day before what is owed, on its day, and after it; never
// sooner than a working day for each step.
func (u *unheard) day(cal workday.Calendar, days int) time.Time {
	from := clock.Day(u.since)
	by, _ := cal.Add(from, u.step*days)
	if u.due == nil {
		return by
	}
	near := clock.Day(*u.due)
	switch u.step {
	case toldAgain:
		for near = near.AddDate(0, 0, -1); !cal.Working(near); {
			near = near.AddDate(0, 0, -1)
		}
	case guardianTold:
		near, _ = cal.Add(near, 1)
	}
	least, _ := cal.Add(from, u.step)
	if near.Before(least) {
		near = least
	}
	if near.Before(by) {
		return near
	}
	return by
}

// escalate takes the step, leaves its mark, and notes it on the case.
func (e *Engine) escalate(ctx context.Context, c *Case, u *unheard, now standings, i int) error {
	step, to, done := u.step, u.people, ""
	switch step {
	case toldAgain:
		done = "已再次提醒轮到办理的人"
	case substituted:
		var err error
		if to, err = e.substitutes(ctx, c, u, now, i); err != nil {
			return err
		}
		done = "已提醒代理的人"
		if len(to) == 0 { // nobody acts for them: the next step is taken
			step, to, done = guardianTold, guardiansOf(now, i), "已告知代管的人"
		}
	default:
		to, done = guardiansOf(now, i), "已告知代管的人"
	}
	if err := e.tellUnread(ctx, c, u, step, to); err != nil {
		return err
	}
	r := e.client.Record.Create().SetMatterID(c.Matter.ID).SetNillableAssignmentID(u.share).SetKind(record.KindURGE).SetOn(c.Today()).
		SetText(fmt.Sprintf("轮到%s办理，%s的通知一直没有人看过，%s", u.turn, u.since.In(clock.Shanghai).Format("1月2日"), done)).
		SetMode("系统").SetData(map[string]any{"unread": step}).SetAudience(record.AudienceSTAFF)
	if u.share != nil {
		r.SetAudience(record.AudienceHANDLING)
	}
	if err := r.Exec(ctx); err != nil {
		return err
	}
	tenant, err := tenants.Current(ctx)
	if err == nil {
		_, err = tenants.Exec(ctx, `INSERT INTO escalations (tenant_id, matter_id, subject, since, step, at) VALUES ($1, $2, $3, $4, $5, $6)`,
			tenant, c.Matter.ID, u.subject(), u.since, step, c.Now)
	}
	return err
}

// substitutes are who acts today for those who have not read, and who stands in
// for them by the definition; not those who were told already. Who acts for
// somebody since after it was told is among them.
func (e *Engine) substitutes(ctx context.Context, c *Case, u *unheard, now standings, i int) (out people, err error) {
	told := u.people.members()
	ids, err := tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT DISTINCT substitute_id FROM substitutions b WHERE member_id = ANY ($1) AND in_force(b, $2)`, told, c.Today())
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		if out, err = readPeople(ctx, asked{members: ids, mattered: c.whole().Units(), on: c.Today()}); err != nil {
			return nil, err
		}
	}
	for _, list := range now.stand[i] {
		if len(list) > 0 && list[0].Reason == "" && now.there.any(list) {
			out = append(out, now.there.of(list)...)
			break
		}
	}
	return slices.DeleteFunc(out, func(v *authz.Viewer) bool {
		return v.Account == uuid.Nil || slices.Contains(told, v.Membership) || !c.Sees(v)
	}), nil
}

// guardiansOf are those of the first guardian's role that somebody holds.
func guardiansOf(now standings, i int) people {
	for _, list := range now.stand[i] {
		if len(list) > 0 && list[0].Reason != "" && now.there.any(list) {
			return now.there.of(list)
		}
	}
	return nil
}

func (ps people) members() (out []uuid.UUID) {
	for _, v := range ps {
		out = append(out, v.Membership)
	}
	return out
}

// of is who is there and meant, as viewers.
func (ps people) of(rows []who) (out people) {
	for _, v := range ps {
		if v.Account != uuid.Nil && slices.ContainsFunc(rows, func(w who) bool { return w.is(v) }) {
			out = append(out, v)
		}
	}
	return out
}

// tellUnread tells each of them what he may know: who does not see the matter,
// that there is one.
func (e *Engine) tellUnread(ctx context.Context, c *Case, u *unheard, step int, to people) error {
	for _, v := range to {
		if !c.mayHear(v) {
			continue
		}
		n := notices.Notice{About: notices.AboutStanding, Level: notices.Urgent,
			Text: fmt.Sprintf("%s轮到%s办理，通知发出后一直没有人看过，请提醒他们，或安排人办理", c.name(), u.turn)}
		switch {
		case !c.Sees(v):
			n = notices.Standing(fmt.Sprintf("有一件%s轮到%s办理，通知发出后一直没有人看过。内容不对您公开，请提醒有关的人", c.Def.Title, u.turn))
		case step == toldAgain:
			i := slices.IndexFunc(u.rows, func(w who) bool { return w.is(v) })
			n = e.turnNotice(c, v, u.rows[max(i, 0)])
			n.Text, n.Level = n.Text+"。上次的通知还没有看过", notices.Urgent
		case step == substituted:
			n.About, n.Text = notices.AboutTurn, fmt.Sprintf("%s轮到%s办理，通知发出后一直没有人看过。您代理其中的人，请提醒或代为办理", c.name(), u.turn)
		}
		if err := notices.Write(ctx, &c.Matter.ID, n, v.Membership); err != nil {
			return err
		}
	}
	return nil
}
