package authz_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/casbin/casbin/v2"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
)

// someRights are random rights out of the catalogue.
func someRights(r *rand.Rand, p *authz.Policy, n int) map[string]string {
	perms, out := p.Permissions(), map[string]string{}
	for range n {
		out[perms[r.IntN(len(perms))].String()] = authz.Scope(authz.Own << r.IntN(4)).String()
	}
	return out
}

func TestAnOwnRoleIsCasbinsAnswer(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(1, 2))
	for i := range 20 {
		rights := someRights(r, p, 12)
		e, err := casbin.NewEnforcer("model.conf")
		if err != nil {
			t.Fatal(err)
		}
		for perm, scope := range rights {
			object, action, _ := strings.Cut(perm, ".")
			if _, err := e.AddPolicy("own_r", object, action, scope); err != nil {
				t.Fatal(err)
			}
		}
		with, err := p.With([]authz.OwnRole{{Code: "own_r", Name: "自己的", Rights: rights}})
		if err != nil {
			t.Fatal(err)
		}
		for _, perm := range p.Permissions() {
			for name, scope := range scopes {
				want, err := e.Enforce("own_r", perm.Object, perm.Action, name)
				if err != nil {
					t.Fatal(err)
				}
				if got := with.Table("own_r")[perm].Has(scope); got != want {
					t.Errorf("%d: %s %s: table %v, casbin %v", i, perm, name, got, want)
				}
			}
		}
	}
}

func TestOwnRolesOfTwoCommittees(t *testing.T) {
	p := load(t)
	a, err := p.With([]authz.OwnRole{{Code: "own_host", Name: "主持", Rights: map[string]string{"matter.hold": "UNIT"}}, {Code: "chair", Name: "主任"}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.With([]authz.OwnRole{{Code: "own_host", Name: "旁听", Rights: map[string]string{"matter.read": "UNIT"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the same code is each committee's own", func(t *testing.T) {
		if a.Name("own_host") != "主持" || b.Name("own_host") != "旁听" || p.Name("own_host") != "own_host" {
			t.Error("the names are shared")
		}
		for _, v := range []*authz.Viewer{a.Viewer(uuid.Nil, []string{"own_host"}, nil, nil), b.Viewer(uuid.Nil, []string{"own_host"}, nil, nil), a.Viewer(uuid.Nil, []string{"own_host"}, nil, nil)} {
			if want := map[string]string{"主持": "matter.hold", "旁听": "matter.read"}[v.Rights().Name("own_host")]; v.May(authz.Perm(want)) != authz.Unit || len(v.Table()) != 1 {
				t.Error(v.Table())
			}
		}
		if p.Viewer(uuid.Nil, []string{"own_host"}, nil, nil).May(authz.Perm("matter.hold")) != authz.None {
			t.Error("a committee without it has it")
		}
	})
	t.Run("a shipped one keeps its rights under another name", func(t *testing.T) {
		if a.Name("chair") != "主任" || !a.Table("chair").Holds(p.Table("chair")) || b.Name("chair") != "主席" || !slices.Contains(a.Codes(), "member") {
			t.Error("not so")
		}
	})
}

func TestPartsDoNotAddUp(t *testing.T) {
	p, err := load(t).With([]authz.OwnRole{
		{Code: "own_kind", Name: "甲类", Kinds: []string{"wish"}, States: []string{"OPEN"}, Rights: map[string]string{"matter.follow": "TENANT", "matter.read": "TENANT"}},
		{Code: "own_unit", Name: "站长", Rights: map[string]string{"matter.read": "UNIT", "roster.read": "TENANT", "grants.manage": "TENANT", "plan.read": "TENANT"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	unit := uuid.Must(uuid.NewV7())
	v := p.Viewer(uuid.Must(uuid.NewV7()), []string{"own_kind", "member"}, nil, nil, authz.Holding{Role: "own_unit", Units: []uuid.UUID{unit}})
	t.Run("as a whole he is what counts everywhere", func(t *testing.T) {
		if v.May(authz.Perm("matter.follow")) != authz.None || v.May(authz.Perm("grants.manage")) != authz.None || !slices.Equal(v.Roles, []string{"member"}) || v.InUnit(&unit) {
			t.Error(v.Roles, v.Table())
		}
		if !slices.Equal(v.AllRoles(), []string{"member", "own_kind", "own_unit"}) {
			t.Error(v.AllRoles())
		}
	})
	t.Run("a role counts where its limits are", func(t *testing.T) {
		for _, c := range []struct {
			kind, state string
			parts       int
		}{{"wish", "OPEN", 3}, {"wish", "DONE", 2}, {"other", "OPEN", 2}, {"wish", "", 2}} {
			if got := v.On(c.kind, nil, c.state); len(got) != c.parts {
				t.Errorf("%v: %d parts", c, len(got))
			}
		}
	})
	t.Run("what counts in a unit is the unit's people's, and rules nobody", func(t *testing.T) {
		for _, x := range v.Parts() {
			if x.Local() && (x.May(authz.Perm("plan.read")) != authz.Unit || x.May(authz.Perm("grants.manage")) != authz.None || x.May(authz.Perm("roster.read")) != authz.Tenant) {
				t.Error(x.Table())
			}
		}
	})
}

// BenchmarkOwnRoles is a decision by own roles, for people of few and of many
// committees, and what the committees' policies take.
func BenchmarkOwnRoles(b *testing.B) {
	for _, n := range []int{10, 3400} {
		b.Run(fmt.Sprintf("%d committees", n), func(b *testing.B) {
			p, r := load(b), rand.New(rand.NewPCG(1, 2))
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			committees, viewers := make([]*authz.Policy, n), make([]*authz.Viewer, 0, n*5)
			for i := range committees {
				own := make([]authz.OwnRole, 3)
				for k := range own {
					own[k] = authz.OwnRole{Code: fmt.Sprintf("own_r%d", k), Name: fmt.Sprintf("角色%d", k), Rights: someRights(r, p, 10)}
				}
				with, err := p.With(own)
				if err != nil {
					b.Fatal(err)
				}
				committees[i] = with
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			for _, c := range committees {
				for k := range 5 {
					viewers = append(viewers, c.Viewer(uuid.Nil, []string{"member", fmt.Sprintf("own_r%d", k%3)}, nil, nil))
				}
			}
			perms, k, granted := p.Permissions(), 0, 0
			median(b, 1000, func() bool {
				k++
				if viewers[k*7919%len(viewers)].May(perms[k%len(perms)]) != authz.None {
					granted++
				}
				return true
			})
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n)/1024, "KiB/committee")
			if granted == 0 {
				b.Fatal("nobody may do anything")
			}
			runtime.KeepAlive(committees)
		})
	}
}
