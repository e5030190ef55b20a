package endpoint

import (
	"bytes"
	"context"
	"html/template"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/bihuan/bihuan/internal/httpd"
)

// SDL serves the schema as text, to who may introspect it: in development to
// anybody, otherwise to who is signed in.
func SDL(schema graphql.ExecutableSchema, door httpd.Door, dev bool) http.Handler {
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatSchema(schema.Schema())
	return door.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if !dev {
			if err := door.As(r, false, func(context.Context) error { return nil }); err != nil {
				return err
			}
		}
		h := w.Header()
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Content-Length", strconv.Itoa(text.Len()))
		_, _ = w.Write(text.Bytes()) // a client that hung up needs no answer
		return nil
	})
}

var frontDoor = template.Must(template.New("").Parse(`<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>bihuan {{.}}</title>
<h1>bihuan {{.}}（开发方式）</h1>
<ul>
<li><a href="/">控制台</a></li>
<li><a href="/graphiql">GraphiQL</a>：在网页上试用接口</li>
<li><code>POST /graphql</code>：接口</li>
<li><a href="/schema.graphql">schema.graphql</a>：接口的模式，可下载</li>
<li><code>POST /files</code>、<code>GET /files/{id}</code>：附件，见 docs/files.md</li>
<li><a href="/ledger">台账</a>（须登录）</li>
<li><a href="/healthz">healthz</a>、<a href="/readyz">readyz</a>、<a href="/metrics">metrics</a></li>
</ul></html>
`))

// FrontDoor is the page at /dev, for development: where what is.
func FrontDoor(version string) http.Handler {
	var page bytes.Buffer
	if err := frontDoor.Execute(&page, version); err != nil {
		panic(err) // a mistake in the page above
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page.Bytes())
	})
}
