package signin

import (
	"slices"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// Rule is what a policy asks of one person, by his roles of today. The zero rule
// asks for nothing.
type Rule struct {
	Factor    bool          // a second factor
	Grace     time.Duration // to set it
	MinLength int
	History   int
	MaxAge    time.Duration // of a password; 0: no limit
	Idle      time.Duration // 0: the session's own
	Absolute  time.Duration // 0: the session's own
	Single    bool
}

const day = 24 * time.Hour

// For is the rule for who holds the roles; privileged: he manages, audits, reads
// all contents of some kind or decides alone.
func (p Policy) For(privileged bool, roles []string) Rule {
	idle, absolute := p.IdleMinutes, p.AbsoluteHours
	if privileged {
		idle, absolute = min(idle, p.PrivilegedIdleMinutes), min(absolute, p.PrivilegedAbsoluteHours)
	}
	named := slices.ContainsFunc(roles, func(r string) bool { return slices.Contains(p.FactorRoles, r) })
	return Rule{
		Factor: p.Factor == All || p.Factor == Privileged && privileged || named, Grace: time.Duration(p.GraceDays) * day,
		MinLength: p.MinLength, History: p.History, MaxAge: time.Duration(p.MaxAgeDays) * day,
		Idle: time.Duration(idle) * time.Minute, Absolute: time.Duration(absolute) * time.Hour, Single: p.Single,
	}
}

// Strictest is what both rules ask of a password: an account belongs to its
// person, and so to all committees in which he is.
func (r Rule) Strictest(o Rule) Rule {
	r.MinLength, r.History = max(r.MinLength, o.MinLength), max(r.History, o.History)
	return r
}

// Standing is how a person and his session stand.
type Standing struct {
	Begun      time.Time  // the session
	Password   time.Time  // when it was set
	Factor     bool       // there is one that counts
	Asked      *time.Time // since when a factor is asked of him here; nil: not yet
	Superseded bool       // he has entered the committee later elsewhere
}

// Equal reports whether two are the same.
func (s Standing) Equal(x Standing) bool {
	asked := s.Asked == nil && x.Asked == nil || s.Asked != nil && x.Asked != nil && s.Asked.Equal(*x.Asked)
	return asked && s.Begun.Equal(x.Begun) && s.Password.Equal(x.Password) && s.Factor == x.Factor && s.Superseded == x.Superseded
}

// Duty is something that a person has to do about how he signs in.
type Duty struct {
	Code    string
	Until   time.Time
	Overdue bool // until he has, he can do nothing else
	Says    string
}

// Codes of duties.
const (
	SetFactor      = "SET_SECOND_FACTOR"
	ChangePassword = "CHANGE_PASSWORD"
)

// soon is how long before a password is too old its owner is told.
const soon = 14 * day

// Over reports whether a rule ends a session: it began too long ago, or its owner
// has begun another one where only one is allowed.
func (r Rule) Over(s Standing, now time.Time) bool {
	return r.Absolute > 0 && !now.Before(s.Begun.Add(r.Absolute)) || r.Single && s.Superseded
}

// Duties lists what is to be done, what is overdue first.
func (r Rule) Duties(s Standing, now time.Time) (out []Duty) {
	if r.Factor && !s.Factor {
		since := now
		if s.Asked != nil {
			since = *s.Asked
		}
		d := Duty{Code: SetFactor, Until: since.Add(r.Grace)}
		if d.Overdue = !now.Before(d.Until); d.Overdue {
			d.Says = "您担任的工作须有第二步验证。请先设好验证器，设好以前不能做别的"
		} else {
			d.Says = "您担任的工作须有第二步验证。请在期限以前到“我的设置”设好验证器，过期以后只能先设好它"
		}
		out = append(out, d)
	}
	if until := s.Password.Add(r.MaxAge); r.MaxAge > 0 && !now.Before(until.Add(-soon)) {
		d := Duty{Code: ChangePassword, Until: until, Overdue: !now.Before(until)}
		if d.Overdue {
			d.Says = "密码用得太久，已经到期。请先改一个新的密码，改好以前不能做别的"
		} else {
			d.Says = "密码快要到期。请在期限以前到“我的设置”改一个新的密码"
		}
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Duty) int {
		switch {
		case a.Overdue == b.Overdue:
			return 0
		case a.Overdue:
			return -1
		}
		return 1
	})
	return out
}

// Admits refuses what a person does while a duty of his is overdue, but for what
// settles it.
func (r Rule) Admits(s Standing, now time.Time, settling bool) error {
	if r.Over(s, now) {
		return errs.New(errs.Unauthenticated, "会话已失效，请重新登录")
	}
	if d := r.Duties(s, now); !settling && len(d) > 0 && d[0].Overdue {
		return errs.New(errs.NotAllowed, "%s", d[0].Says).With("duty", d[0].Code)
	}
	return nil
}
