package signin

import (
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

func TestPolicy(t *testing.T) {
	for name, p := range map[string]Policy{"shipped": Shipped(), "relaxed": Relaxed(), "lowest": Lowest()} {
		if err := p.Validate(); err != nil {
			t.Error(name, err)
		}
	}
	for name, written := range map[string]string{
		"an unknown word": `{"factor":"SOMETIMES"}`, "an unknown setting": `{"faktor":"ALL"}`, "a short password": `{"minLength":6}`, "a long history": `{"history":100}`,
		"no idle time": `{"privilegedIdleMinutes":0}`, "a session of a year": `{"absoluteHours":9000}`, "grace for ever": `{"graceDays":365}`,
	} {
		if _, err := Parse(Shipped(), []byte(written)); err == nil {
			t.Error(name, "was taken")
		}
	}
	t.Run("what the committee has decided never asks for less than the floor", func(t *testing.T) {
		floor, err := Parse(Lowest(), []byte(`{"factor":"PRIVILEGED","factorRoles":["chair"],"graceDays":3,"minLength":12,"history":2,"maxAgeDays":90,"privilegedIdleMinutes":20,"single":true}`))
		if err != nil {
			t.Fatal(err)
		}
		got := Relaxed().Over(floor)
		if got.Factor != Privileged || len(got.FactorRoles) != 1 || got.MinLength != 12 || got.History != 2 || got.MaxAgeDays != 90 || got.PrivilegedIdleMinutes != 20 || !got.Single {
			t.Errorf("%+v", got)
		}
		strict := Policy{Factor: All, GraceDays: 1, MinLength: 14, History: 6, MaxAgeDays: 30, IdleMinutes: 15, PrivilegedIdleMinutes: 10, AbsoluteHours: 8, PrivilegedAbsoluteHours: 4, Single: true}
		if got := strict.Over(floor); got.Factor != All || got.GraceDays != 1 || got.MinLength != 14 || got.MaxAgeDays != 30 || got.PrivilegedIdleMinutes != 10 || got.AbsoluteHours != 8 {
			t.Errorf("a floor made a stricter policy weaker: %+v", got)
		}
	})
}

func TestRule(t *testing.T) {
	begun := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	member, admin := Shipped().For(false, []string{"member"}), Shipped().For(true, []string{"tenant_admin"})
	if member.Factor || !admin.Factor || admin.Idle != 30*time.Minute || member.Idle != 7*day || admin.Absolute != 12*time.Hour {
		t.Errorf("%+v %+v", member, admin)
	}
	named := Shipped()
	named.FactorRoles = []string{"member"}
	if !named.For(false, []string{"member"}).Factor || named.For(false, []string{"staff"}).Factor {
		t.Error("named roles")
	}
	fine := Standing{Begun: begun, Password: begun}
	for _, c := range []struct {
		name     string
		rule     Rule
		s        Standing
		after    time.Duration
		settling bool
		want     errs.Code
	}{
		{"in the days of grace one works", admin, fine, time.Hour, false, ""},
		{"with a factor one works on", Rule{Factor: true}, Standing{Begun: begun, Password: begun, Factor: true}, 100 * day, false, ""},
		{"after them one can do nothing else", Rule{Factor: true, Grace: day}, Standing{Begun: begun, Password: begun, Asked: &begun}, day, false, errs.NotAllowed},
		{"but set it", Rule{Factor: true, Grace: day}, Standing{Begun: begun, Password: begun, Asked: &begun}, day, true, ""},
		{"without grace at once", Rule{Factor: true}, fine, 0, false, errs.NotAllowed},
		{"a password that is too old does nothing but be changed", Rule{MaxAge: 90 * day}, fine, 90 * day, false, errs.NotAllowed},
		{"and is not before", Rule{MaxAge: 90 * day}, fine, 90*day - 1, false, ""},
		{"a session ends at its absolute limit, whatever it does", Rule{Absolute: time.Hour}, fine, time.Hour, true, errs.Unauthenticated},
		{"the later session ends the earlier", Rule{Single: true}, Standing{Begun: begun, Password: begun, Superseded: true}, 0, false, errs.Unauthenticated},
		{"where only one is allowed", Rule{}, Standing{Begun: begun, Password: begun, Superseded: true}, 0, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.rule.Admits(c.s, begun.Add(c.after), c.settling)
			if shown, ok := errs.As(err); c.want == "" && err != nil || c.want != "" && (!ok || shown.Code != c.want) {
				t.Error(err)
			}
		})
	}
	t.Run("what is overdue comes first, and each says what to do", func(t *testing.T) {
		list := Rule{Factor: true, Grace: 7 * day, MaxAge: day}.Duties(fine, begun.Add(day))
		if len(list) != 2 || list[0].Code != ChangePassword || !list[0].Overdue || list[1].Code != SetFactor || list[1].Overdue || list[1].Says == "" {
			t.Errorf("%+v", list)
		}
	})
}
