package phone

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/phone/channels"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

const (
	atOnce      = 10               // rows that a worker takes at a time
	lease       = 10 * time.Minute // how long they are his: longer than all of them may take, four questions and a message each
	maxAttempts = 8                // failures until a message is given up: about a day
	firstPause  = time.Minute      // after the first failure; then four times as long
	longPause   = 6 * time.Hour    // and no longer than this
	restPause   = 5 * time.Minute  // of a carrier that has had too many
	stale       = 72 * time.Hour   // what could not go out for so long, because its carrier was busy, is given up
)

// Statuses of a row.
const (
	Waiting = "WAITING"
	Sent    = "SENT"
	Dropped = "DROPPED"
	Dead    = "DEAD"
)

// waiting is a row that a worker has taken, with its notice.
type waiting struct {
	ID       uuid.UUID
	Member   uuid.UUID
	Notice   *uuid.UUID
	Of       *uuid.UUID // the code
	Created  time.Time
	Digest   bool
	Attempts int
	About    string
	Level    string
	Matter   *uuid.UUID
	Object   string // type
	Read     bool
}

// letter is one message with the rows that it is for.
type letter struct {
	rows []*waiting
	ways []way // by which it may go, in order
	channels.Message
}

// way is a channel and how it calls the person.
type way struct{ channel, to string }

// HasDue reports whether anything of the context's tenant could go out.
func (s *Service) HasDue(ctx context.Context) (due bool, err error) {
	now := clock.Now(ctx)
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM phone_outbox WHERE status = 'WAITING' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1))`, []any{now}, &due)
	return due, err
}

// Deliver takes what waits in one committee to phones. It may die anywhere and be
// run again, and several may run at once: a row belongs to who has taken it until
// its lease ends. It returns how many rows it has ended.
func (s *Service) Deliver(ctx context.Context, tenant uuid.UUID) (ended int, err error) {
	defer errs.Wrap(&err, "phone.Deliver(%s)", tenant)
	resting := map[string]bool{} // carriers that have had too many
	for {
		var letters []*letter
		taken, dropped := 0, 0
		err := s.store.InTx(ctx, tenant, func(ctx context.Context) (err error) {
			letters, taken, dropped, err = s.take(ctx)
			return err
		})
		ended += dropped
		if err != nil || taken == 0 {
			return ended, err
		}
		s.step("taken")
		for _, l := range letters {
			if ctx.Err() != nil {
				return ended, ctx.Err() // the lease ends by itself
			}
			n, err := s.post(ctx, tenant, l, resting)
			ended += n
			if err != nil {
				return ended, err
			}
		}
	}
}

const rowColumns = `o.id, o.membership_id, o.notice_id, o.code_id, o.created_at, o.digest, o.attempts,
	coalesce(n.about, ''), coalesce(n.level, ''), n.matter_id, coalesce(n.object_type, ''), n.read_at IS NOT NULL`

// take leases a page of what is due, and with what is due of somebody's digest
// all of it. It answers what is to go out; what is not is ended or waits on.
func (s *Service) take(ctx context.Context) (out []*letter, taken, dropped int, err error) {
	now := clock.Now(ctx)
	rows, err := tenants.Rows[waiting](ctx, `
		WITH due AS (
			SELECT id, membership_id, digest FROM phone_outbox WHERE status = 'WAITING' AND next_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
			ORDER BY next_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
		), rest AS (
			SELECT o.id FROM phone_outbox o WHERE o.status = 'WAITING' AND o.digest AND o.next_at <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $1)
				AND o.membership_id IN (SELECT membership_id FROM due WHERE digest) FOR UPDATE SKIP LOCKED
		), mine AS (
			UPDATE phone_outbox o SET lease_until = $3 WHERE o.id IN (SELECT id FROM due UNION SELECT id FROM rest) RETURNING o.*
		)
		SELECT `+rowColumns+` FROM mine o LEFT JOIN notices n ON n.id = o.notice_id ORDER BY o.membership_id, o.id`, now, atOnce, now.Add(lease))
	if err != nil || len(rows) == 0 {
		return nil, 0, 0, err
	}
	policy, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return nil, 0, 0, err
	}
	p := &plan{s: s, policy: policy.Phone, now: now}
	if err := p.know(ctx, rows); err != nil {
		return nil, 0, 0, err
	}
	for i := range rows {
		if err := p.place(ctx, &rows[i]); err != nil {
			return nil, 0, 0, err
		}
	}
	return p.letters(), len(rows), p.dropped, nil
}

// plan decides what of a page goes out.
type plan struct {
	s       *Service
	policy  process.Phone
	now     time.Time
	wants   map[uuid.UUID]Preferences
	readers map[uuid.UUID]reader
	hidden  []uuid.UUID
	out     []*letter
	digests map[uuid.UUID][]*waiting
	order   []uuid.UUID // whose digests
	dropped int
}

// know reads what the page's people want, see, and may be told by name.
func (p *plan) know(ctx context.Context, rows []waiting) (err error) {
	var people, matters []uuid.UUID
	of := map[uuid.UUID][]uuid.UUID{}
	for _, w := range rows {
		if !slices.Contains(people, w.Member) {
			people = append(people, w.Member)
		}
		if w.Matter != nil {
			matters, of[w.Member] = append(matters, *w.Matter), append(of[w.Member], *w.Matter)
		}
	}
	if p.wants, err = p.s.of(ctx, p.policy, people...); err != nil {
		return err
	}
	if p.hidden, err = secret(ctx, matters); err != nil {
		return err
	}
	members, err := p.s.client.Membership.Query().Where(membership.IDIn(people...)).All(authz.System(ctx))
	if err != nil {
		return err
	}
	p.readers, p.digests = map[uuid.UUID]reader{}, map[uuid.UUID][]*waiting{}
	for _, m := range members {
		if p.readers[m.ID], err = p.s.read(ctx, m, of[m.ID]); err != nil {
			return err
		}
	}
	return nil
}

// place puts a row where it belongs: among what goes out now, later, or never.
func (p *plan) place(ctx context.Context, w *waiting) error {
	r := p.readers[w.Member]
	switch {
	case r.gone:
		return p.drop(ctx, w, "此人已不能登录")
	case w.Of != nil:
		return p.confirmation(ctx, w, r)
	case w.Read:
		return p.drop(ctx, w, "本人已经读过")
	case len(p.ways(r.member)) == 0:
		return p.drop(ctx, w, "没有登记合用的手机号或企业微信账号")
	case w.Matter != nil && w.Object != notices.Veiled && r.sees[*w.Matter] == nil:
		return p.drop(ctx, w, "本人已看不到这件事项")
	}
	at, digest, ever := p.wants[w.Member].When(p.policy, Kind{w.About, w.Level}, p.now)
	switch {
	case !ever:
		return p.drop(ctx, w, "本人没有要在手机上收这一类")
	case w.Digest: // its hour has come
		if _, there := p.digests[w.Member]; !there {
			p.order = append(p.order, w.Member)
		}
		p.digests[w.Member] = append(p.digests[w.Member], w)
		return nil
	case at.After(p.now):
		_, err := tenants.Exec(ctx, `UPDATE phone_outbox SET next_at = $2, digest = $3, lease_until = NULL WHERE id = $1`, w.ID, at, digest)
		return err
	}
	p.out = append(p.out, &letter{rows: []*waiting{w}, ways: p.ways(r.member), Message: p.s.say(w, p.policy, r, p.hidden)})
	return nil
}

// ways are how a person is reached: by what he chose as far as the committee has
// it, else as the committee does.
func (p *plan) ways(m *gen.Membership) (out []way) {
	list := p.wants[m.ID].Channels
	if len(list) == 0 {
		list = p.policy.Channels
	}
	for _, c := range list {
		if to, usable := addressOf(m, c); usable && slices.Contains(p.policy.Channels, c) {
			out = append(out, way{c, called(c, to)})
		}
	}
	return out
}

func (p *plan) drop(ctx context.Context, w *waiting, why string) error {
	p.dropped++
	return end(ctx, p.now, Dropped, outcome{reason: why}, w.ID)
}

// letters are what goes out: of a person's digest one.
func (p *plan) letters() []*letter {
	for _, id := range p.order {
		rows := p.digests[id]
		p.out = append(p.out, &letter{rows: rows, ways: p.ways(p.readers[id].member), Message: p.s.sayAll(rows)})
	}
	return p.out
}

// outcome is what a carrier answered.
type outcome struct {
	channel, code, reason, receipt string
	failed                         int // counted failures more
}

// end writes what became of rows that wait. Called again, or after another worker
// did it, it does nothing.
func end(ctx context.Context, now time.Time, status string, o outcome, ids ...uuid.UUID) error {
	_, err := tenants.Exec(ctx, `
		UPDATE phone_outbox SET status = $2, channel = $3, code = $4, reason = $5, receipt = $6, ended_at = $7, lease_until = NULL, attempts = attempts + $8
		WHERE id = ANY ($1) AND status = 'WAITING'`, ids, status, o.channel, o.code, o.reason, o.receipt, now, o.failed)
	return err
}

// post sends a letter and writes down what became of it. Between them the worker
// may die: the letter then goes out again, and its carrier knows it by its words.
func (s *Service) post(ctx context.Context, tenant uuid.UUID, l *letter, resting map[string]bool) (ended int, err error) {
	o, failure := s.send(ctx, l, resting)
	if ctx.Err() != nil && failure != nil { // cut off: whatever happened, it is tried again
		return 0, ctx.Err()
	}
	s.step("sent")
	err = s.store.InTx(context.WithoutCancel(ctx), tenant, func(ctx context.Context) error {
		now, ids := clock.Now(ctx), l.ids()
		status, pause, failed := l.rows[0].fate(failure, now)
		o.failed = failed
		if status != Waiting {
			ended = len(ids)
			return end(ctx, now, status, o, ids...)
		}
		_, err := tenants.Exec(ctx, `
			UPDATE phone_outbox SET attempts = attempts + $6, next_at = $2, channel = $3, code = $4, reason = $5, lease_until = NULL WHERE id = ANY ($1) AND status = 'WAITING'`,
			ids, now.Add(clock.Jitter(pause)), o.channel, o.code, o.reason, o.failed)
		return err
	})
	s.step("marked")
	return ended, err
}

func (l *letter) ids() (out []uuid.UUID) {
	for _, w := range l.rows {
		out = append(out, w.ID)
	}
	return out
}

// send tries the ways in order: the next one where a person is not reached by
// one. A way whose carrier rests is not asked.
func (s *Service) send(ctx context.Context, l *letter, resting map[string]bool) (o outcome, failure *channels.Error) {
	failure = &channels.Error{Fate: channels.Never, Code: "NO_WAY", Says: "没有可用的方式"}
	for _, w := range l.ways {
		o.channel = w.channel
		by := s.by[w.channel]
		switch {
		case by == nil:
			failure = &channels.Error{Fate: channels.Never, Code: "NOT_CONFIGURED", Says: "系统没有配置这种方式，请系统运维人员配置"}
			continue
		case resting[w.channel]:
			failure = &channels.Error{Fate: channels.Limited, Code: "RESTING", Says: "这种方式发得太多，稍后再发"}
		default:
			m := l.Message
			m.To = w.to
			receipt, err := by.Send(ctx, m)
			if err == nil {
				o.receipt = receipt
				return o, nil
			}
			if !errors.As(err, &failure) {
				failure = &channels.Error{Fate: channels.Again, Code: "FAILED", Says: "没有发出"}
			}
			resting[w.channel] = failure.Fate == channels.Limited
		}
		if failure.Fate != channels.Never {
			break
		}
	}
	o.code, o.reason = failure.Code, failure.Says
	return o, failure
}

// fate is what becomes of rows after a failure, or none: ended, or when they are
// tried again, and whether that counts as a failure.
func (w *waiting) fate(failure *channels.Error, now time.Time) (status string, pause time.Duration, failed int) {
	switch {
	case failure == nil:
		return Sent, 0, 0
	case failure.Fate == channels.Never:
		return Dead, 0, 1
	case failure.Fate == channels.Limited && now.Sub(w.Created) < stale:
		return Waiting, restPause, 0
	case failure.Fate == channels.Limited, w.Attempts+1 >= maxAttempts:
		return Dead, 0, 1
	}
	return Waiting, min(firstPause<<(2*w.Attempts), longPause), 1
}

// forgotten is how long what has ended is kept.
const forgotten = 30 * 24 * time.Hour

// Forget deletes what has ended long ago, but for what was given up, and codes
// that nobody can use any more. Called again it finds nothing.
func Forget(ctx context.Context) error {
	now := clock.Now(ctx)
	_, err := tenants.Exec(ctx, `DELETE FROM phone_outbox WHERE ended_at < $1 AND (status <> 'DEAD' OR ended_at < $2)`, now.Add(-forgotten), now.Add(-6*forgotten))
	if err == nil {
		_, err = tenants.Exec(ctx, `DELETE FROM phone_codes c WHERE asked_at < $1 AND NOT EXISTS (SELECT FROM phone_outbox o WHERE o.code_id = c.id)`, now.Add(-forgotten))
	}
	return err
}
