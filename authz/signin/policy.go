package signin

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Policy is what a committee asks of its people when they sign in. Times are
// whole minutes, hours or days.
type Policy struct {
	Factor                  string   `json:"factor"`                  // who must have a second factor: NONE, PRIVILEGED or ALL
	FactorRoles             []string `json:"factorRoles"`             // roles beside those
	GraceDays               int      `json:"graceDays"`               // to set it
	MinLength               int      `json:"minLength"`               // of a password, in characters
	History                 int      `json:"history"`                 // a new password is none of so many former ones
	MaxAgeDays              int      `json:"maxAgeDays"`              // of a password; 0: no limit
	IdleMinutes             int      `json:"idleMinutes"`             // after which an unused session ends
	PrivilegedIdleMinutes   int      `json:"privilegedIdleMinutes"`   // the same of who manages, audits, reads all or decides alone
	AbsoluteHours           int      `json:"absoluteHours"`           // after which any session ends
	PrivilegedAbsoluteHours int      `json:"privilegedAbsoluteHours"` //
	Single                  bool     `json:"single"`                  // a new session ends the former one
}

// Who must have a second factor, the least first.
const (
	None       = "NONE"
	Privileged = "PRIVILEGED"
	All        = "ALL"
)

var whose = []string{None, Privileged, All}

// Shipped is what holds where a committee has decided nothing.
func Shipped() Policy {
	return Policy{Factor: Privileged, FactorRoles: []string{}, GraceDays: 7, MinLength: 10, History: 5, MaxAgeDays: 180,
		IdleMinutes: 7 * 24 * 60, PrivilegedIdleMinutes: 30, AbsoluteHours: 30 * 24, PrivilegedAbsoluteHours: 12}
}

// Relaxed asks for nothing but a password: for demonstrations and the tests of
// other things.
func Relaxed() Policy {
	return Policy{Factor: None, FactorRoles: []string{}, MinLength: 10, IdleMinutes: 7 * 24 * 60, PrivilegedIdleMinutes: 7 * 24 * 60, AbsoluteHours: 30 * 24, PrivilegedAbsoluteHours: 30 * 24}
}

// Lowest is the floor of an installation that sets none of its own.
func Lowest() Policy { return Relaxed() }

// most bounds history: each former password costs a hash.
const most = 12

// Validate refuses what no policy can be; settings are called as in policies.
func (p Policy) Validate() error {
	out := func(n, least, most int) bool { return n < least || n > most }
	switch {
	case !slices.Contains(whose, p.Factor):
		return errs.New(errs.Invalid, "signIn.factor 只能是 %s：不要求、管理和能看全部内容的角色、所有人", strings.Join(whose, "、"))
	case len(p.FactorRoles) > 100:
		return errs.New(errs.Invalid, "signIn.factorRoles 至多 100 个角色")
	case out(p.GraceDays, 0, 30):
		return errs.New(errs.Invalid, "signIn.graceDays 为 0 至 30 天；0 为马上要设")
	case out(p.MinLength, 10, 64):
		return errs.New(errs.Invalid, "signIn.minLength 为 10 至 64 个字符")
	case out(p.History, 0, most):
		return errs.New(errs.Invalid, "signIn.history 为 0 至 %d 个用过的密码", most)
	case out(p.MaxAgeDays, 0, 730):
		return errs.New(errs.Invalid, "signIn.maxAgeDays 为 1 至 730 天；0 为不到期")
	case out(p.IdleMinutes, 5, 7*24*60) || out(p.PrivilegedIdleMinutes, 5, 7*24*60):
		return errs.New(errs.Invalid, "signIn.idleMinutes 和 privilegedIdleMinutes 为 5 分钟至 7 天（10080 分钟）")
	case out(p.AbsoluteHours, 1, 30*24) || out(p.PrivilegedAbsoluteHours, 1, 30*24):
		return errs.New(errs.Invalid, "signIn.absoluteHours 和 privilegedAbsoluteHours 为 1 小时至 30 天（720 小时）")
	}
	return nil
}

// Parse lays what is written over the given policy: a committee's settings over
// what is shipped, the operator's over the lowest floor. Nothing written is the
// given one.
func Parse(over Policy, written []byte) (Policy, error) {
	if len(written) == 0 {
		return over, nil
	}
	over.FactorRoles = slices.Clone(over.FactorRoles)
	dec := json.NewDecoder(bytes.NewReader(written))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&over); err != nil {
		return over, err
	}
	return over, over.Validate()
}

// Over is the policy, and where it asks for less than the floor, the floor.
func (p Policy) Over(floor Policy) Policy {
	if slices.Index(whose, floor.Factor) > slices.Index(whose, p.Factor) {
		p.Factor = floor.Factor
	}
	for _, r := range floor.FactorRoles {
		if !slices.Contains(p.FactorRoles, r) {
			p.FactorRoles = append(slices.Clone(p.FactorRoles), r)
		}
	}
	if floor.Factor != None || len(floor.FactorRoles) > 0 {
		p.GraceDays = min(p.GraceDays, floor.GraceDays)
	}
	p.MinLength, p.History = max(p.MinLength, floor.MinLength), max(p.History, floor.History)
	if floor.MaxAgeDays > 0 && (p.MaxAgeDays == 0 || p.MaxAgeDays > floor.MaxAgeDays) {
		p.MaxAgeDays = floor.MaxAgeDays
	}
	p.IdleMinutes, p.PrivilegedIdleMinutes = min(p.IdleMinutes, floor.IdleMinutes), min(p.PrivilegedIdleMinutes, floor.PrivilegedIdleMinutes)
	p.AbsoluteHours, p.PrivilegedAbsoluteHours = min(p.AbsoluteHours, floor.AbsoluteHours), min(p.PrivilegedAbsoluteHours, floor.PrivilegedAbsoluteHours)
	p.Single = p.Single || floor.Single
	return p
}
