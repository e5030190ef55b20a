package graph

import (
	"context"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
)

type standingKey struct{}
type settlingKey struct{}

// settlingFields are the queries of who must first do something about how he
// signs in: they show him nothing of the committee.
var settlingFields = map[string]bool{"signInDuties": true, "signInRule": true, "secondFactor": true, "sessions": true, "signInLinks": true}

// settle marks what settles a duty, or shows it.
func settle(ctx context.Context) context.Context {
	return context.WithValue(ctx, settlingKey{}, true)
}

func isSettling(ctx context.Context) bool { return ctx.Value(settlingKey{}) != nil }

func (r *Resolver) signInDuties(ctx context.Context) []*model.SignInDuty {
	stands, _ := ctx.Value(standingKey{}).(signin.Standing)
	out := []*model.SignInDuty{}
	for _, d := range authz.From(ctx).Rule().Duties(stands, clock.Now(ctx)) {
		out = append(out, &model.SignInDuty{Code: model.SignInDutyCode(d.Code), Until: d.Until, Overdue: d.Overdue, Says: d.Says})
	}
	return out
}

func (r *Resolver) signInRule(ctx context.Context) *model.SignInRule {
	rule := authz.From(ctx).Rule()
	some := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	return &model.SignInRule{SecondFactor: rule.Factor, MinLength: rule.MinLength, History: rule.History, MaxAgeDays: some(int(rule.MaxAge.Hours() / 24)),
		IdleMinutes: some(int(rule.Idle.Minutes())), AbsoluteHours: some(int(rule.Absolute.Hours())), Single: rule.Single}
}

func (r *Resolver) signInPolicy(ctx context.Context) *model.SignInPolicy {
	p := authz.From(ctx).SignIn()
	return &model.SignInPolicy{Factor: model.SignInFactor(p.Factor), FactorRoles: append([]string{}, p.FactorRoles...), GraceDays: p.GraceDays, MinLength: p.MinLength,
		History: p.History, MaxAgeDays: p.MaxAgeDays, IdleMinutes: p.IdleMinutes, PrivilegedIdleMinutes: p.PrivilegedIdleMinutes,
		AbsoluteHours: p.AbsoluteHours, PrivilegedAbsoluteHours: p.PrivilegedAbsoluteHours, Single: p.Single}
}
