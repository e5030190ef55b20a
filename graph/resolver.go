package graph

import (
	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/fair"
	"github.com/bihuan/bihuan/live"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// Resolver holds the services that resolvers call.
type Resolver struct {
	Store     *tenants.Store
	Directory *authz.Directory
	Accounts  *accounts.Service
	Keys      *accounts.Keys
	// PlainCookies is for development, where there is no TLS: browsers would not
	// keep cookies that demand it.
	PlainCookies bool
	// Providers are the committees' providers of identities.
	Providers *providers.Service
	LinkKey   []byte // seals links, see links.go; empty: there are none
	Roster    *roster.Service
	Imports   *imports.Service
	Files     files.Limits
	Turns     *fair.Turns     // whose turn it is to use the database; nil: everybody's
	Live      *live.Hub       // nil: nobody is told anything
	Refused   *audit.Refusals // nil: what is refused is not counted
	assembly.Services
}

func (r *Resolver) ent() *gen.Client { return r.Store.Ent() }
