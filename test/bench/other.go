package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/bench/bulk"
)

func benchOther(ctx context.Context, c *cluster, o options, sizes []bulk.Size, names []string, s *summary) error {
	for i, size := range sizes {
		fmt.Printf("## %d committees\n\n", size.Tenants)
		g, err := openRig(ctx, c, size, names[i])
		if err != nil {
			return err
		}
		err = errors.Join(g.wide(ctx, c, s), g.actions(ctx, c, o), g.memory(o, s))
		g.close()
		if err == nil {
			err = decisions(ctx, g, c.URL(app, names[i]), s)
		}
		if err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}

// hundred is a page of 100 cases with six relations, two of them lists, one
// with a relation of its own.
const hundred = `query Hundred { matters(first: 100, filter: {kind: "proposal"}) { edges { node {
	id number title state sector { id name } street { id name } creator { id name }
	proposal { id registrationNo disposition } parties { id role name } assignments { id role state dueOn unit { id name } } } }
	pageInfo { hasNextPage endCursor } } }`

func (g *rig) variant(doc string, who []*person) *variant {
	return &variant{name: "product", rig: g, fit: fit, next: func() []byte {
		return request("/graphql", anyOf(who).token, encode(map[string]any{"query": doc}))
	}}
}

func (g *rig) wide(ctx context.Context, c *cluster, s *summary) error {
	v := g.variant(hundred, g.people.Clerks)
	if err := g.once(v); err != nil {
		return err
	}
	list, err := g.statements(ctx, c, v)
	if err != nil {
		return err
	}
	lap, err := g.lap(v)
	fmt.Printf("- a page of 100 cases with six relations: %d statements, begin and commit included; %.1f ms alone\n", len(list), ms(lap))
	s.value(g, "statements for a page of 100 with six relations", float64(len(list)), 12, "")
	return err
}

// actions compares a page of 50 cases with the same page that also asks what
// the clerk may do with each: the price of a frontend without rules of its own.
func (g *rig) actions(ctx context.Context, c *cluster, o options) error {
	page := func(name, more string) *variant {
		v := g.variant(`query Actions { matters(first: 50, filter: {kind: "proposal", states: ["HANDLING"]}) { edges { node {
			id number title nextDueOn stateInfo { label turn } `+more+` } } } }`, g.people.Clerks)
		v.name = name
		return v
	}
	_, err := c.compare(ctx, o, []*rig{g}, "page of 50 cases, available actions", func(*rig) ([]*variant, error) {
		return []*variant{page("without", ""), page("with available actions", "availableActions { code label blocked }")}, nil
	})
	return err
}

// lap is the median time of one request after another.
func (g *rig) lap(v *variant) (time.Duration, error) {
	var laps []time.Duration
	for i := range 60 {
		start := time.Now()
		if err := g.once(v); err != nil {
			return 0, err
		}
		if i >= 20 { // the first warm plans and connections
			laps = append(laps, time.Since(start))
		}
	}
	slices.Sort(laps)
	return laps[len(laps)/2], nil
}

// memory of the server at rest: after the start, and after it has answered
// every clerk once.
func (g *rig) memory(o options, s *summary) error {
	fresh, err := g.state(true)
	if err != nil {
		return err
	}
	v := g.variant(page("HANDLING"), g.people.Clerks)
	if err := v.open(o.clients); err != nil {
		return err
	}
	defer v.close()
	for i, p := range g.people.Clerks {
		if _, err := v.wires[i%len(v.wires)].do(request("/graphql", p.token, encode(map[string]any{"query": page("HANDLING")}))); err != nil {
			return err
		}
	}
	used, err := g.state(true)
	fmt.Printf("- memory of the server at rest: %d MB resident with little to do, %d MB after a page for each of %d committees (heap %d MB)\n",
		fresh.Resident>>20, used.Resident>>20, len(g.people.Clerks), used.Heap>>20)
	s.value(g, "memory of the server at rest", float64(used.Resident>>20), 200, " MB")
	return err
}

// decisions compares what one decision costs: the lookup in a viewer's table,
// of viewers of all committees in no order, and casbin itself.
func decisions(ctx context.Context, g *rig, appURL string, s *summary) error {
	policy, err := authz.Load()
	if err != nil {
		return err
	}
	store, err := tenants.Open(ctx, appURL, 2)
	if err != nil {
		return err
	}
	defer store.Close()
	dir := authz.NewDirectory(policy)
	var viewers []*authz.Viewer
	for _, list := range [][]*person{g.people.Clerks, g.people.Directors, g.people.Agents} {
		for _, p := range list {
			err := store.ReadTx(ctx, p.Tenant, func(ctx context.Context) error {
				v, err := dir.Viewer(ctx, p.Account, p.Membership)
				viewers = append(viewers, v)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	perms := policy.Permissions()
	ask := make([]struct {
		v *authz.Viewer
		p authz.Permission
	}, 1<<14)
	for i := range ask {
		ask[i].v, ask[i].p = viewers[rand.IntN(len(viewers))], perms[rand.IntN(len(perms))]
	}
	granted := 0 // used, so that the lookups are made
	lookup := best(func() time.Duration {
		start := time.Now()
		for i := range ask {
			if ask[i].v.May(ask[i].p) != authz.None {
				granted++
			}
		}
		return time.Since(start) / time.Duration(len(ask))
	})
	if granted == 0 {
		return errors.New("nobody may do anything")
	}
	roles := policy.Roles()
	const n, scopes = 50, 4 // Ask asks casbin for each of the four scopes
	asked := best(func() time.Duration {
		start := time.Now()
		for range n {
			if _, e := policy.Ask(roles[rand.IntN(len(roles))], perms[rand.IntN(len(perms))]); e != nil {
				err = e
			}
		}
		return time.Since(start) / (n * scopes)
	})
	fmt.Printf("- one decision, %d people of %d committees: table %d ns, casbin %.1f µs (its rules are the roles', whatever the number of committees)\n",
		len(viewers), g.size.Tenants, lookup.Nanoseconds(), float64(asked.Nanoseconds())/1000)
	s.value(g, "one authorisation decision", float64(lookup.Nanoseconds()), 5000, " ns")
	return err
}

// best is the median of some measurements, in time enough to be one.
func best(measure func() time.Duration) time.Duration {
	var all []time.Duration
	for range 30 {
		all = append(all, measure())
	}
	slices.Sort(all)
	return all[len(all)/2]
}
