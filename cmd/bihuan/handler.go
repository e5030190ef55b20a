package main

import (
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/generated"
)

// handler is everything below the server.
func (a *app) handler(dev bool) (http.Handler, error) {
	mux := http.NewServeMux()
	h := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: a.resolver}))
	h.AddTransport(transport.POST{})
	h.SetErrorPresenter(graph.Present)
	h.Use(graph.Operation{Resolver: a.resolver})
	mux.Handle("/graphql", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := a.resolver.Authenticate(r)
		if err != nil {
			http.Error(w, err.Error(), 401)
			return
		}
		h.ServeHTTP(w, r.WithContext(ctx))
	}))
	files := a.files()
	mux.Handle("POST /files", files)
	mux.Handle("GET /files/{id}", files)
	return mux, nil
}
