package endpoint

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:graphiql
var graphiqlFiles embed.FS

// graphiqlTypes are the files that are served; those of other people come by
// scripts/get-graphiql.sh.
var graphiqlTypes = map[string]string{
	"index.html": "text/html; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "app.css": "text/css; charset=utf-8",
	"react.js": "text/javascript; charset=utf-8", "react-dom.js": "text/javascript; charset=utf-8",
	"graphiql.js": "text/javascript; charset=utf-8", "graphiql.css": "text/css; charset=utf-8",
}

// graphiqlPolicy allows this page's own files and nothing else; graphiql.css
// carries its fonts in itself. The one thing it forbids in vain is a style that
// keeps the page behind a dialog from scrolling, and this page does not scroll.
const graphiqlPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// GraphiQL is the page on which a developer tries /graphql, at /graphiql and
// below. It needs nothing from the network. It is for development.
func GraphiQL() http.Handler { return graphiql(graphiqlFiles) }

func graphiql(files fs.FS) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(strings.TrimPrefix(path.Clean(r.URL.Path), "/graphiql"), "/")
		if name == "" {
			name = "index.html"
		}
		typ, ok := graphiqlTypes[name]
		b, err := fs.ReadFile(files, "graphiql/"+name)
		if _, missing := fs.Stat(files, "graphiql/graphiql.js"); missing != nil && name == "index.html" {
			b, err = []byte(graphiqlMissing), nil
		}
		if !ok || err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", typ)
		w.Header().Set("Content-Security-Policy", graphiqlPolicy)
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(b)
	})
}

const graphiqlMissing = `<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>GraphiQL</title>
<h1>GraphiQL 还没有装入</h1>
<p>请在源代码目录运行 <code>make graphiql</code>（需要 npm），再重新编译 bihuan。</p>
<p>接口本身不受影响：<code>POST /graphql</code>。</p></html>
`
