package main

import (
	"net/http"
	"os"

	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/httpd"
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
	return httpd.Routes(mux), nil
}
