package graph_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/migrate"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/internal/text/corpus"
)

var readings = flag.Int("reads", 400, "random documents, asked both ways; thousands for make reads")

// bothWays asks what random documents of the schema ask, as random people, by
// compiled reads and by resolvers alone.
type bothWays struct {
	*committee
	*rand.Rand
	general http.Handler
	ids     map[string][]string // by the entity's name
	roots   []*ast.FieldDefinition
	people  []string
	named   []string // fragments
}

// Every document gives the same bytes, errors and looks in the book, whoever asks.
func TestBothWaysOfReadingGiveTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区").live()
	seed := rand.Uint64()
	b := &bothWays{committee: c, Rand: rand.New(rand.NewPCG(seed, 1)), ids: map[string][]string{}}
	b.general = w.server(generated.NewExecutableSchema(generated.Config{Resolvers: w.r}), true)
	b.odd()
	b.prepare(t)
	fast, looks := w.http, 0
	for i := range *readings {
		who, doc, vars := b.people[b.IntN(len(b.people))], "", input{}
		if doc = b.document(vars); i%50 == 0 { // chance alone seldom looks at what the book notes
			who, doc, vars = "全权", `{ matters(first: 60) { edges { node { title parties { role name phone membership { phone } } } } } }`, input{}
		}
		b.token(who) // signing in stands in the book as well
		before := b.looks(t)
		w.http = b.general
		want := b.ask(who, doc, vars)
		middle := b.looks(t)
		w.http = fast
		got := b.ask(who, doc, vars)
		after := b.looks(t)
		looks += middle - before
		if sorted(got) != sorted(want) || after-middle != middle-before {
			t.Fatalf("seed %d, document %d, %s asks\n%s\n%v\ngenerally, %d looks: %s\ncompiled, %d looks: %s", seed, i, who, doc, vars, middle-before, want.text, after-middle, got.text)
		}
	}
	if looks == 0 {
		t.Error("no document looked at anything that the book notes")
	}
	compiledFields, generalFields := w.reads.Answered.Load(), w.reads.General.Load()
	if compiledFields < generalFields {
		t.Errorf("%d fields were compiled, %d were not: the test compares the general way with itself", compiledFields, generalFields)
	}
	t.Logf("%d documents, %d looks noted, %d fields compiled and %d not", *readings, looks, compiledFields, generalFields)
}

// sorted is an answer's text; several errors come in any order.
func sorted(a answer) string {
	if len(a.Errors) < 2 {
		return a.text
	}
	var list []string
	for _, e := range a.Errors {
		list = append(list, fmt.Sprint(e))
	}
	slices.Sort(list)
	_, data, _ := strings.Cut(a.text, `"data":`)
	return strings.Join(list, "\n") + data
}

// odd stores matters with odd texts.
func (b *bothWays) odd() {
	b.t.Helper()
	b.system(func(ctx context.Context) error {
		p, err := b.r.Store.Ent().Process.Query().Where(entprocess.Kind("proposal")).First(ctx)
		if err != nil {
			return err
		}
		for _, x := range corpus.Texts {
			text := strings.ToValidUTF8(strings.ReplaceAll(x.Text, "\x00", ""), "")
			if text = string([]rune(text)[:min(len([]rune(text)), 100)]); strings.TrimSpace(text) == "" {
				continue
			}
			m, err := b.r.Store.Ent().Matter.Create().SetKind("proposal").SetProcess(p).SetState("HANDLING").SetTitle(text).SetOpenedAt(b.clock.Now()).Save(ctx)
			if err != nil {
				return err
			}
			if err := b.r.Store.Ent().Proposal.Create().SetMatter(m).SetProposerKind("INDIVIDUAL").SetSuggestions([]string{text, ""}).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bothWays) prepare(t *testing.T) {
	t.Helper()
	for _, table := range migrate.Tables {
		rows, err := b.super.Query(context.Background(), `SELECT id::text FROM `+table.Name+` ORDER BY random() LIMIT 60`)
		must(t, err)
		b.ids[table.Name], err = pgx.CollectRows(rows, pgx.RowTo[string])
		must(t, err)
	}
	for _, f := range b.schema.Query.Fields {
		name := strings.TrimSuffix(f.Type.Name(), "Connection")
		if gen.Entities[name] != nil && f.Type.Elem == nil {
			b.roots = append(b.roots, f)
		}
	}
	for who := range b.person {
		b.people = append(b.people, who)
	}
	slices.Sort(b.people)
}

func (b *bothWays) looks(t *testing.T) (n int) {
	t.Helper()
	must(t, b.super.QueryRow(context.Background(), `SELECT count(*) FROM audit_log`).Scan(&n))
	return n
}

func (b *bothWays) document(vars input) string {
	b.named = nil
	vars["yes"], vars["n"] = true, 1+b.IntN(5)
	var roots []string
	for i := range 1 + b.IntN(2) {
		roots = append(roots, fmt.Sprintf("r%d: %s", i, b.root(b.roots[b.IntN(len(b.roots))])))
	}
	return "query($yes: Boolean!, $n: Int) { " + strings.Join(roots, "\n") + " t: __typename @include(if: $yes) u: __type(name: \"Node\") @skip(if: $yes) { name } v: matters(first: $n) { edges { node { id } } } }\n" + strings.Join(b.named, "\n")
}

// root is a field of the query with arguments that lead somewhere.
func (b *bothWays) root(f *ast.FieldDefinition) string {
	var args []string
	paged := strings.HasSuffix(f.Type.Name(), "Connection")
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first" && paged:
			args = append(args, b.pick("first: 3", "first: 50", "last: 4", "first: $n", "first: 1", "last: 30"))
		case a.Type.NonNull && a.Type.NamedType == "ID":
			args = append(args, a.Name+": "+quote(b.idFor(f.Type.Name())))
		case a.Type.NonNull || a.Name == "last" || a.Name == "after" || a.Name == "before":
		case b.IntN(4) == 0:
			if v := b.value(a.Type, 2); v != "" {
				args = append(args, a.Name+": "+v)
			}
		}
	}
	call := f.Name
	if len(args) > 0 {
		call += "(" + strings.Join(args, ", ") + ")"
	}
	return call + b.selection(f.Type.Name(), 4)
}

func quote(s string) string { return `"` + s + `"` }

func (b *bothWays) pick(of ...string) string { return of[b.IntN(len(of))] }

func (b *bothWays) idFor(typ string) string {
	table := strings.ToLower(typ) + "s"
	for name, list := range b.ids {
		if strings.HasPrefix(name, strings.ToLower(typ)[:3]) && len(list) > 0 && (name == table || b.IntN(2) == 0) {
			return list[b.IntN(len(list))]
		}
	}
	return "0190b1a0-0000-7000-8000-000000000000"
}

// value is a literal of an input type, empty for none.
func (b *bothWays) value(typ *ast.Type, depth int) string {
	if typ.Elem != nil {
		if v := b.value(typ.Elem, depth); v != "" {
			return "[" + v + "]"
		}
		return ""
	}
	def := b.schema.Types[typ.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[b.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject && depth > 0:
		var fields []string
		for _, f := range def.Fields {
			if f.Type.NonNull || b.IntN(3) == 0 {
				if v := b.value(f.Type, depth-1); v != "" {
					fields = append(fields, f.Name+": "+v)
				}
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	switch typ.NamedType {
	case "Boolean":
		return b.pick("true", "false")
	case "Date":
		return b.pick(`"2024-12-27"`, `"2025-06-01"`, `"2026-01-01"`)
	case "Time":
		return `"2024-12-28T12:00:00+08:00"`
	case "String":
		return b.pick(`"proposal"`, `"HANDLING"`, `"甲区"`, `"cohort"`)
	}
	return ""
}

// selection is a random one; lists in objects want a size.
func (b *bothWays) selection(typ string, depth int) string {
	def := b.schema.Types[typ]
	if def.IsLeafType() {
		return ""
	}
	if def.Kind == ast.Interface || def.Kind == ast.Union {
		return " { __typename }"
	}
	var out []string
	seen := map[string]bool{}
	for _, i := range b.Perm(len(def.Fields)) {
		f := def.Fields[i]
		leaf := b.schema.Types[f.Type.Name()].IsLeafType()
		structural := strings.HasSuffix(typ, "Connection") || strings.HasSuffix(typ, "Edge")
		if strings.HasPrefix(f.Name, "__") || !leaf && depth == 0 || !structural && b.IntN(3) > 0 || structural && b.IntN(5) == 0 {
			continue
		}
		if x := b.field(f, leaf, depth, seen); x != "" {
			out = append(out, x)
		}
	}
	if len(out) == 0 || b.IntN(8) == 0 {
		out = append(out, "__typename")
	}
	text := strings.Join(out, " ")
	switch b.IntN(12) {
	case 0:
		text = "... on " + typ + " { " + text + " }"
	case 1:
		text = "... @include(if: $yes) { " + text + " }"
	case 2:
		name := fmt.Sprintf("F%d", len(b.named))
		b.named = append(b.named, "fragment "+name+" on "+typ+" { "+text+" }")
		text = "..." + name
	}
	return " { " + text + " }"
}

func (b *bothWays) field(f *ast.FieldDefinition, leaf bool, depth int, seen map[string]bool) string {
	var args []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first" && strings.HasSuffix(f.Type.Name(), "Connection"):
			args = append(args, b.pick("first: 2", "first: 40", "last: 2", "first: $n"))
		case a.Type.NonNull && a.Type.NamedType == "String":
			args = append(args, a.Name+`: "submit"`)
		case a.Type.NonNull:
			return ""
		}
	}
	text := f.Name
	if len(args) > 0 {
		text += "(" + strings.Join(args, ", ") + ")"
	}
	text += b.selection(f.Type.Name(), depth-1)
	if strings.HasSuffix(f.Type.Name(), "Connection") && strings.Contains(text, "{ __typename }") {
		return ""
	}
	switch b.IntN(10) {
	case 0:
		text = "x" + f.Name + ": " + text
	case 1:
		if leaf && len(args) == 0 {
			text += " x" + f.Name + ": " + f.Name
		}
	}
	return text
}
