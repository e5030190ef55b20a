package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants"
)

// districts are those that the city has to do with, by prefix.
var districts = []string{"zs", "lsk"}

// cooperate tells what crosses the city's boundary, on either side, with those
// of the others that are loaded.
func (s *stage) cooperate() {
	switch {
	case s.of.Prefix == "dl":
		s.story = append(s.story, s.agree(0, append(s.partners(), s.standing()...)...)...)
		s.handOut()
		s.plans()
		s.appraise()
		s.spread()
		s.takeForward()
	case slices.Contains(districts, s.of.Prefix) && s.others["dl"] != nil:
		s.story = append(s.story, s.agree(1+slices.Index(districts, s.of.Prefix), "dl")...)
		s.takeOn()
		s.adopt()
		s.forward()
	case s.others["dl"] != nil:
		s.story = append(s.story, s.agree(1+len(districts), "dl")...)
	}
	s.let()
}

// partners are the districts that are loaded.
func (s *stage) partners() (out []string) {
	for _, d := range districts {
		if s.others[d] != nil {
			out = append(out, d)
		}
	}
	return out
}

// standing are the districts that are loaded and have but the standing agreement
// with their city.
func (s *stage) standing() (out []string) {
	for prefix, c := range s.others {
		if c.Level == tenants.District && !slices.Contains(districts, prefix) {
			out = append(out, prefix)
		}
	}
	slices.Sort(out)
	return out
}

// What an agreement lets down to a district, and up from it.
var (
	down = []string{tasks.KindTask, tasks.KindDecision, processes.KindTemplate, exchange.KindJointActivity, exchange.KindCommendation, exchange.KindPromotion,
		oversight.KindRanking, oversight.KindLook, guidance.KindPaper, opinions.KindOutcome}
	up = []string{tasks.KindReport, processes.KindAdopted, forwards.KindEnvelope, exchange.KindJointActivity, oversight.KindFigures, oversight.KindGrant, oversight.KindView, guidance.KindAnswer, opinions.KindForward}
)

// agree is one side's half of its agreements; n keeps those of several
// committees apart in time.
func (s *stage) agree(n int, with ...string) (out []task) {
	for i, prefix := range with {
		code, at := s.others[prefix].Code, shanghai(2022, 1, 6, 9+n, 10*i)
		out = append(out, s.errand(at, s.of.People[0].Key, "与"+s.others[prefix].Short+"约定往来", "setAgreement", func(ctx context.Context) (string, error) {
			sends, receives := up, down
			if !slices.Contains(districts, s.of.Prefix) && !slices.Contains(districts, prefix) {
				receives, sends = s.Oversight.Stands()
			}
			if s.of.Prefix == "dl" {
				sends, receives = receives, sends
			}
			a, err := s.Exchange.Set(ctx, exchange.Terms{Partner: code, Channel: agreement.ChannelLOCAL, Sends: sends, Receives: receives})
			if err != nil {
				return "", err
			}
			return audit.Object(gen.TypeAgreement, a.ID), nil
		}))
	}
	return out
}

// errand is something that a person does outside a matter's script, once: its
// record says that it was done.
func (s *stage) errand(at time.Time, who, what, action string, do func(context.Context) (object string, err error)) task {
	return task{at, what, func(ctx context.Context) error {
		return s.as(ctx, at, who, func(ctx context.Context) (e audit.Entry, err error) {
			var done bool
			err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM audit_log WHERE action = $1 AND at::timestamptz = $2)`, []any{action, at}, &done)
			if err != nil || done {
				return e, err
			}
			e.Action = action
			e.Object, err = do(ctx)
			return e, err
		})
	}}
}

// sent says that somebody sent something at a moment: it arrives on the
// evening of that day.
func (s *stage) sent(at time.Time) time.Time {
	e := evening(at)
	s.evenings = append(s.evenings, e)
	return e
}

func evening(t time.Time) time.Time { return clock.StartOf(clock.Day(t)).Add(18 * time.Hour) }

// schedule is the work of telling: who sends something to another goes on when
// it has been delivered, the others as they like.
func schedule(work []*stage, b *bar) (jobs []*job) {
	var met, rest []*stage
	var evenings []time.Time
	for _, s := range work {
		if len(s.evenings) > 0 {
			met, evenings = append(met, s), append(evenings, s.evenings...)
		} else {
			rest = append(rest, s)
		}
	}
	slices.SortFunc(evenings, time.Time.Compare)
	evenings = slices.CompactFunc(evenings, time.Time.Equal)
	b.total += len(evenings)
	var delivered []*job
	tell := func(s *stage, until time.Time, after []*job) *job {
		return &job{run: func(ctx context.Context) error { return s.tell(ctx, until) }, after: after}
	}
	for _, e := range evenings {
		var told []*job
		for _, s := range met {
			told = append(told, tell(s, e, delivered))
		}
		post := &job{run: func(ctx context.Context) error { return deliver(ctx, met, e, b) }, after: told}
		jobs, delivered = append(append(jobs, told...), post), []*job{post}
	}
	for _, s := range met {
		jobs = append(jobs, tell(s, s.now, delivered))
	}
	for _, s := range rest {
		jobs = append(jobs, tell(s, s.now, nil))
	}
	return jobs
}

// deliver takes what the committees have sent each other to its receivers, and
// the answers back. Who is complete has had it all.
func deliver(ctx context.Context, met []*stage, at time.Time, b *bar) error {
	on := clock.With(ctx, instant(at))
	for some := !slices.ContainsFunc(met, func(s *stage) bool { return s.loaded }); some; {
		some = false
		for _, s := range met {
			n, err := s.Exchange.Deliver(on, s.tenant)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.of.Short, at.Format(time.DateOnly), err)
			}
			some = some || n > 0
		}
	}
	for _, s := range met { // an envelope may have changed any case
		for _, sc := range s.scripts {
			sc.last = nil
		}
	}
	b.add(1, "信封送达")
	return nil
}

// letter is the newest envelope of a kind that a committee received.
func (s *stage) letter(ctx context.Context, kind string) (uuid.UUID, error) {
	p, err := s.Exchange.Inbox(ctx, []string{kind}, 1, uuid.Nil)
	if err != nil {
		return uuid.Nil, err
	}
	if len(p.Rows) == 0 {
		return uuid.Nil, fmt.Errorf("no %s was received", kind)
	}
	return p.Rows[0].ID, nil
}
