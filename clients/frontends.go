// Package clients is what frontends are built on: ts, a typed package generated
// from the schema, and the manual that is printed as docs/frontends.md.
//
//   - Every GraphQL document of the manual is one of the package's, and is accepted by the schema within the limits of the endpoint.
//   - What the manual says of codes, statuses and limits is printed from the code that decides them.
package clients

import (
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/graph/endpoint"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

//go:embed frontends.md ts/documents/*.graphql
var text embed.FS

// fault is a code with what it says and its status outside of GraphQL.
type fault struct {
	Code, Says string
	Status     int
}

// Frontends prints the manual.
func Frontends(out io.Writer) error {
	o := endpoint.Defaults()
	schema := o.Schema.Schema()
	t, err := template.New("frontends.md").Funcs(template.FuncMap{"document": document}).ParseFS(text, "frontends.md")
	if err != nil {
		return err
	}
	return t.Execute(out, map[string]any{
		"Faults": faults(schema), "Endpoint": o, "BodyKB": o.MaxBody >> 10, "Page": graph.MaxPage, "FileMB": files.MaxSize >> 20,
		"Accounts": minutes(accounts.Defaults()), "Embedded": embedded(schema), "Deprecated": deprecated(schema), "Works": endpoint.Works(),
	})
}

// document is one of the package's as a block of Markdown.
func document(name string) (string, error) {
	b, err := text.ReadFile("ts/documents/" + name + ".graphql")
	return "```graphql\n" + string(b) + "```", err
}

func faults(schema *ast.Schema) (out []fault) {
	for _, v := range schema.Types["UserErrorCode"].EnumValues {
		out = append(out, fault{v.Name, v.Description, httpd.Status(errs.Code(v.Name))})
	}
	return out
}

// minutes are the lives of tokens in the units that people use.
func minutes(o accounts.Options) map[string]int {
	return map[string]int{"Access": int(o.AccessLife.Minutes()), "Session": int(o.SessionLife.Hours() / 24), "Idle": int(o.IdleLife.Hours() / 24), "Grace": int(o.Grace.Seconds())}
}

// embedded are the types without an id that a page may show, in order.
func embedded(schema *ast.Schema) string {
	var out []string
	for name, t := range schema.Types {
		root := t == schema.Query || t == schema.Mutation || t == schema.Subscription
		if t.Kind != ast.Object || root || strings.HasPrefix(name, "__") || t.Fields.ForName("id") != nil {
			continue
		}
		if plumbing := []string{"Payload", "Connection", "Edge"}; !slices.ContainsFunc(plumbing, func(s string) bool { return strings.HasSuffix(name, s) }) {
			out = append(out, "`"+name+"`")
		}
	}
	slices.Sort(out)
	return strings.Join(out, "、")
}

// deprecated are the fields and values that will go, with what to use instead.
func deprecated(schema *ast.Schema) (out []string) {
	add := func(name string, all ast.DirectiveList) {
		if d := all.ForName("deprecated"); d != nil {
			why := ""
			if a := d.Arguments.ForName("reason"); a != nil {
				why = a.Value.Raw
			}
			out = append(out, fmt.Sprintf("`%s`：%s", name, why))
		}
	}
	for name, t := range schema.Types {
		for _, f := range t.Fields {
			add(name+"."+f.Name, f.Directives)
			for _, a := range f.Arguments {
				add(name+"."+f.Name+"("+a.Name+":)", a.Directives)
			}
		}
		for _, v := range t.EnumValues {
			add(name+"."+v.Name, v.Directives)
		}
	}
	slices.Sort(out)
	return out
}
