package graph

import (
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ballots"
	"github.com/bihuan/bihuan/cohorts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// Resolver holds the services that resolvers call.
type Resolver struct {
	Store     *tenants.Store
	Directory *authz.Directory
	Accounts  *accounts.Service
	Keys      *accounts.Keys
	Engine    *flow.Engine
	Proposals *proposals.Service
	Cohorts   *cohorts.Service
	Roster    *roster.Service
	Platforms *platforms.Service
	Processes *processes.Service
	Exchange  *exchange.Service
	Ballots   *ballots.Service
}

func (r *Resolver) ent() *gen.Client { return r.Store.Ent() }
