package main

import (
	"context"
	"net/http"
	"os"

	"github.com/bihuan/bihuan/exchange/courier"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/platforms/public"
)

// handler is everything below the server.
func (a *app) handler(dev bool) (http.Handler, error) {
	var docs endpoint.Documents
	if a.cfg.Documents != "" {
		var err error
		if docs, err = endpoint.LoadDocuments(os.DirFS(a.cfg.Documents)); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", endpoint.New(endpoint.Options{
		Resolver: a.resolver, Log: a.log, Dev: dev, Documents: docs, OnlyPersisted: a.cfg.OnlyPersisted,
	}))
	if dev {
		page := endpoint.GraphiQL()
		mux.Handle("GET /graphiql", page)
		mux.Handle("GET /graphiql/", page)
	}
	forms, err := public.New(public.Options{
		Store: a.resolver.Store, Platforms: a.resolver.Platforms, Secret: a.secret.For("public forms"), Log: a.log,
	})
	if err != nil {
		return nil, err
	}
	mux.Handle("/t/", forms)
	files := a.files()
	mux.Handle("POST /files", files)
	mux.Handle("GET /files/{id}", files)
	envelopes := &courier.Handler{As: a.as, From: graph.Origin, Exchange: a.resolver.Exchange, Log: a.log}
	mux.Handle("GET /exchange/{partner}", envelopes)
	mux.Handle("POST /exchange", envelopes)
	ledger := &overview.Handler{As: a.as, From: graph.Origin, Service: overview.New(a.resolver.Engine), Log: a.log}
	mux.Handle("GET /ledger", ledger)
	mux.Handle("GET /ledger.csv", ledger)
	mux.Handle("GET /ledger.xlsx", ledger)
	return httpd.Routes(mux), nil
}

// as runs fn as the request's viewer, for what is served beside GraphQL.
func (a *app) as(r *http.Request, write bool, fn func(context.Context) error) error {
	ctx, err := a.resolver.Authenticate(r)
	if err != nil {
		return err
	}
	c, ok := graph.Claims(ctx)
	if !ok {
		return errs.New(errs.Unauthenticated, "请先登录")
	}
	return a.resolver.As(ctx, c, write, fn)
}
