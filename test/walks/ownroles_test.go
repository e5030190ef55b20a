package walks_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/test/district"
)

// holders hold nothing but roles of the committee's own, by a grant, by the post
// in which they sit, or as somebody's substitute.
var holders = []district.Person{
	{Name: "自设甲", Unit: "经济界"},
	{Name: "自设乙", Unit: "商务局"},
	{Name: "自设丙"},
	{Name: "值班甲", Unit: "街道", Post: "DEPUTY_HEAD"},
	{Name: "值班乙", Unit: "商务局", Post: "DEPUTY_HEAD"},
	{Name: "代理甲"},
	{Name: "代理乙", Unit: "经济界"},
}

// substituted are for whom the two substitutes act: somebody with a shipped
// role, and somebody with one of the committee's own.
var substituted = map[string]string{"代理甲": "干事", "代理乙": "自设乙"}

// own gives the committee roles of its own and people who hold them: those who
// hold nothing else, and some who have an office besides.
func (w *walk) own() {
	states := w.states()
	var on []uuid.UUID
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		on, err = c.Platform.Query().Order(platform.ByID()).IDs(ctx)
		return err
	})
	n := 0
	role := func(post string) string {
		n++
		r := w.role(fmt.Sprintf("%s%d", authz.OwnPrefix, n), states, on)
		if post != "" {
			r.Posts = []string{post}
		}
		w.note("role %s", says(r))
		w.must("", func(ctx context.Context, c *gen.Client) error {
			return c.Role.Create().SetCode(r.Code).SetVersion(1).SetName(r.Name).SetBase(r.Base).SetRights(r.Rights).SetKinds(r.Kinds).SetStates(r.States).
				SetPlatforms(r.Platforms).SetPosts(r.Posts).SetSince(w.clock.Now()).Exec(ctx)
		})
		return r.Code
	}
	role("DEPUTY_HEAD")
	role("DEPUTY_HEAD")
	for _, name := range []string{"自设甲", "自设乙", "自设丙", "委员乙", "商务局联络员", "街道联络员", "干事", "专委干部"} {
		for range 1 + w.rand.IntN(2) {
			w.grants(name, role(""))
		}
	}
	for who, of := range substituted {
		w.note("%s acts for %s", who, of)
		w.must("", func(ctx context.Context, c *gen.Client) error {
			return c.Substitution.Create().SetMemberID(w.all[of].Membership).SetSubstituteID(w.all[who].Membership).
				SetConfirmedByID(w.all["管理员"].Membership).SetConfirmedAt(w.clock.Now()).Exec(ctx)
		})
	}
}

func says(r authz.OwnRole) string {
	return fmt.Sprintf("%s (of %q) %v kinds %v states %v platforms %v posts %v", r.Code, r.Base, r.Rights, r.Kinds, r.States, r.Platforms, r.Posts)
}

// grants gives somebody a role, everywhere or in one unit.
func (w *walk) grants(name, role string) {
	var in *uuid.UUID
	if units := slices.Sorted(maps.Keys(w.units)); w.rand.IntN(3) == 0 {
		u := w.units[units[w.rand.IntN(len(units))]]
		in = &u
	}
	w.note("%s holds %s in %v", name, role, in)
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Grant.Create().SetMembershipID(w.all[name].Membership).SetRole(role).SetNillableUnitID(in).Exec(ctx)
	})
}

// states are those of the walk's kind.
func (w *walk) states() (out []string) {
	w.must("", func(ctx context.Context, c *gen.Client) error {
		id, err := c.Matter.Query().FirstID(ctx)
		if err != nil {
			return err
		}
		defs, err := w.engine.Definitions(ctx, id)
		for _, d := range defs {
			for _, s := range d.Machines[process.OfMatter].States {
				out = append(out, s.Code)
			}
		}
		return err
	})
	return out
}

// role is one made at random: mostly a part of a shipped one, as committees make
// theirs, with something out of the catalogue; sometimes the catalogue alone.
func (w *walk) role(code string, states []string, on []uuid.UUID) authz.OwnRole {
	r := authz.OwnRole{Code: code, Name: "自设的" + code, Rights: map[string]string{}, Kinds: []string{}, States: []string{}, Platforms: []uuid.UUID{}, Posts: []string{}}
	more := 12
	if w.rand.IntN(4) > 0 {
		r.Base, more = pick(w.rand, w.rights.Roles()), 3
		table := authz.ShippedTable(r.Base)
		for _, p := range slices.SortedFunc(maps.Keys(table), func(a, b authz.Permission) int { return cmpText(a.String(), b.String()) }) {
			if w.rand.IntN(5) > 0 {
				r.Rights[p.String()] = table[p].String()
			}
		}
	}
	entries, err := authz.Catalogue()
	if err != nil {
		w.fail("%v", err)
	}
	for range more {
		e := pick(w.rand, entries)
		for _, s := range []authz.Scope{authz.Own, authz.Party, authz.Unit, authz.Tenant} {
			if e.Scopes.Has(s) && w.rand.IntN(2) == 0 {
				r.Rights[e.Permission.String()] = s.String()
			}
		}
	}
	if w.rand.IntN(3) == 0 {
		r.Kinds = []string{w.kind}
	}
	if w.rand.IntN(3) == 0 {
		r.States = some(w.rand, states)
	}
	if w.rand.IntN(3) == 0 {
		r.Platforms = some(w.rand, on)
	}
	return r
}

func cmpText(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// some is about half of a list.
func some[T any](r *rand.Rand, list []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(T) bool { return r.IntN(2) == 0 })
}
