// Package assembly puts the nouns together: every rule known to one engine,
// every kind of envelope known to the exchange. What two nouns share meets
// here, since they never import each other. The server, the command line, the
// demo and the tests all take the product from here, so that none of them knows
// a rule less than the others.
package assembly

import (
	"context"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ballots"
	"github.com/bihuan/bihuan/cohorts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
)

// Services are the nouns, wired.
type Services struct {
	Engine    *flow.Engine
	Exchange  *exchange.Service
	Proposals *proposals.Service
	Cohorts   *cohorts.Service
	Platforms *platforms.Service
	Processes *processes.Service
	Ballots   *ballots.Service
}

// New wires the nouns on a store. Keys of the exchange and of ballots come
// from the installation's secret.
func New(store *tenants.Store, dir *authz.Directory, key secret.Secret) (s Services, err error) {
	s.Engine = Engine(store.Ent())
	if s.Exchange, err = exchange.New(store, key.For("exchange")); err != nil {
		return s, err
	}
	s.Engine.Watch(mirror(s.Exchange))
	if s.Ballots, err = ballots.New(store, key.For("ballots")); err != nil {
		return s, err
	}
	s.Proposals, s.Cohorts = proposals.New(s.Engine), cohorts.New(s.Engine)
	s.Platforms, s.Processes = platforms.New(s.Engine), processes.New(s.Engine, dir)
	return s, nil
}

// Engine knows every rule that a definition can name. With a nil client it is
// enough to check definitions.
func Engine(client *gen.Client) *flow.Engine {
	e := flow.New(client)
	proposals.Register(e)
	cohorts.Register(e)
	vocab.Register(e)
	return e
}

// mirror tells every committee with which a matter is shared, its origin or who
// holds a copy, into which state it has gone (domain.md 10.2).
func mirror(post *exchange.Service) flow.Watcher {
	return func(ctx context.Context, r *flow.Run, _ string) error {
		if r.Origin == nil && r.Mirror == nil {
			return nil
		}
		s := r.Def.Machines[flow.OfMatter].State(r.State)
		_, err := post.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID},
			exchange.Status{Number: r.Matter.Number, Status: s.Label, Note: r.Told})
		return err
	}
}
