package endpoint

import (
	"io/fs"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestGraphiQL(t *testing.T) {
	t.Parallel()
	ours := fstest.MapFS{}
	for _, name := range []string{"index.html", "app.js", "app.css", "README.md", ".gitignore"} {
		b, err := fs.ReadFile(graphiqlFiles, "graphiql/"+name)
		fatal(t, err)
		ours["graphiql/"+name] = &fstest.MapFile{Data: b}
	}
	whole := fstest.MapFS{}
	for name, f := range ours {
		whole[name] = f
	}
	for _, name := range []string{"react.js", "react-dom.js", "graphiql.js", "graphiql.css"} {
		whole["graphiql/"+name] = &fstest.MapFile{Data: []byte("/* " + name + " */")}
	}
	get := func(files fs.FS, at string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		graphiql(files).ServeHTTP(w, httptest.NewRequest("GET", at, nil))
		return w
	}
	t.Run("the page and all that it asks for are there", func(t *testing.T) {
		for _, at := range []string{"/graphiql", "/graphiql/"} {
			if w := get(whole, at); w.Code != 200 || !strings.Contains(w.Body.String(), "/graphiql/app.js") {
				t.Error(at, w.Code)
			}
		}
		page := get(whole, "/graphiql").Body.String()
		for _, part := range strings.Split(page, `"/graphiql/`)[1:] {
			name, _, _ := strings.Cut(part, `"`)
			if w := get(whole, "/graphiql/"+name); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Type"), map[bool]string{true: "css", false: "javascript"}[strings.HasSuffix(name, "css")]) {
				t.Error(name, w.Code, w.Header())
			}
		}
	})
	t.Run("it needs nothing from elsewhere, and its policy allows nothing", func(t *testing.T) {
		w := get(whole, "/graphiql")
		csp := w.Header().Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "http") || !strings.Contains(csp, "default-src 'none'") {
			t.Error(csp)
		}
		if page := w.Body.String(); strings.Contains(page, "//") || strings.Contains(page, "<style") || strings.Contains(page, "<script>") {
			t.Error(page)
		}
	})
	t.Run("without GraphiQL the page says how to get it", func(t *testing.T) {
		if w := get(ours, "/graphiql"); w.Code != 200 || !strings.Contains(w.Body.String(), "make graphiql") {
			t.Error(w.Code, w.Body)
		}
	})
	t.Run("nothing else is served", func(t *testing.T) {
		for _, at := range []string{"/graphiql/README.md", "/graphiql/.gitignore", "/graphiql/../doc.go", "/graphiql/x/app.js", "/graphiql/LICENSE.react", "/graphiqlapp.js/../x"} {
			if w := get(whole, at); w.Code != 404 {
				t.Error(at, w.Code)
			}
		}
	})
}
