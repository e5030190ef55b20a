package main

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"

	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/exchange/courier"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/config"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/platforms/public"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/web"
)

// handler is everything below the server.
func (a *app) handler(dev bool) (http.Handler, error) {
	docs, err := endpoint.LoadDocuments(web.Documents())
	if err != nil {
		return nil, err
	}
	if a.cfg.Documents != "" {
		others, err := endpoint.LoadDocuments(os.DirFS(a.cfg.Documents))
		if err != nil {
			return nil, err
		}
		maps.Copy(docs, others)
	}
	a.resolver.PlainCookies = dev
	if dev { // made-up people, and clocks that move by months
		a.resolver.Directory.Undecided = signin.Relaxed()
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", httpd.Compressed(endpoint.New(endpoint.Options{
		Resolver: a.resolver, Log: a.log, Dev: dev, Documents: docs, OnlyPersisted: a.cfg.OnlyPersisted, GeneralReads: a.cfg.GeneralReads,
	})))
	if dev {
		page := endpoint.GraphiQL()
		mux.Handle("GET /graphiql", page)
		mux.Handle("GET /graphiql/", page)
		mux.Handle("GET /dev", endpoint.FrontDoor(version))
	}
	forms, err := public.New(public.Options{
		Store: a.resolver.Store, Platforms: a.resolver.Platforms, Secret: a.secret.For("public forms"), Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/t/", forms)
	door := httpd.Door{As: a.resolver.Asked, Known: tenants.Translate, Log: a.log}
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: a.resolver})
	mux.Handle("GET /schema.graphql", httpd.Compressed(endpoint.SDL(schema, door, dev)))
	files := &files.Handler{Door: door, From: graph.Origin, Client: a.resolver.Store.Ent(), Engine: a.resolver.Engine, Blobs: a.blobs, Limits: a.resolver.Files, Scanner: a.scanner, Temp: uploads(a.cfg)}
	mux.Handle("POST /files", files)
	mux.Handle("GET /files/{id}", files)
	mux.Handle("GET /files/{id}/thumbnail", files)
	envelopes := &courier.Handler{Door: door, From: graph.Origin, Exchange: a.resolver.Exchange}
	mux.Handle("GET /exchange/{partner}", envelopes)
	mux.Handle("POST /exchange", envelopes)
	ledger := httpd.Compressed(&overview.Handler{Door: door, From: graph.Origin, Service: overview.New(a.resolver.Engine)})
	spreadsheets := &imports.Handler{Door: door, From: graph.Origin, Service: a.resolver.Imports}
	mux.Handle("/imports", spreadsheets)
	mux.Handle("GET /imports/template.xlsx", spreadsheets)
	mux.Handle("GET /imports/export.xlsx", spreadsheets)
	mux.Handle("GET /imports/{id}/marked.xlsx", spreadsheets)
	mux.Handle("GET /rights.xlsx", &roster.RightsHandler{Door: door, From: graph.Origin, Service: a.resolver.Roster})
	visits := &providers.Handler{Service: a.resolver.Providers, Plain: dev, Log: a.log}
	mux.Handle("GET /oidc/start", visits)
	mux.Handle("GET /oidc/callback", visits)
	mux.Handle("/", web.Console())
	mux.Handle("GET /ledger", ledger)
	mux.Handle("GET /ledger.csv", ledger)
	mux.Handle("GET /ledger.xlsx", ledger)
	return httpd.Routes(mux), nil
}

// uploads is where a file lies while it is looked at: beside the data, since the
// system's own place is often memory, or not there in a container; else that.
func uploads(cfg config.Config) string {
	dir := filepath.Join(dataDir(cfg), "uploads")
	if os.MkdirAll(dir, 0o700) != nil {
		return ""
	}
	return dir
}
