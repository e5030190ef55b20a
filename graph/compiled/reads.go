package compiled

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"

	"entgo.io/ent/dialect/sql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/jackc/pgx/v5"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/stored"
	"github.com/bihuan/bihuan/graph/generated"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/tenants"
)

// Reads is the extension of the executor.
type Reads struct {
	Client func() *gen.Client // required
	Plain  map[string]Plain   // by "Entity.field"

	Answered, General atomic.Int64 // root fields that could have been compiled: those that were, and the others

	executable graphql.ExecutableSchema
	schema     *ast.Schema
	resolved   map[string]bool // "Party.name": a resolver answers
	plans      *memory.Of[*ast.Field, *plan]
	kept       *memory.Of[ask, *authz.Sentence]
}

// Plain is a text that a resolver answers and that is a column as it stands, the
// first of them, in the rows of which Stands says so by all of them; an empty one
// is null.
type Plain struct {
	Columns []string
	Stands  func(of [][]byte) bool
}

var _ interface {
	graphql.HandlerExtension
	graphql.FieldInterceptor
} = (*Reads)(nil)

// plansLimit bounds the compiled selections that are kept; documents are the
// clients', and so without end.
const plansLimit = 1_000

// ExtensionName is the extension's.
func (*Reads) ExtensionName() string { return "Reads" }

// Validate takes the schema.
func (r *Reads) Validate(s graphql.ExecutableSchema) error {
	r.executable, r.schema = s, s.Schema()
	r.plans = memory.New[*ast.Field, *plan](plansLimit)
	r.kept = memory.New[ask, *authz.Sentence](keptLimit)
	r.resolved = map[string]bool{}
	root := reflect.TypeFor[generated.ResolverRoot]()
	for i := range root.NumMethod() {
		entity := root.Method(i)
		of := entity.Type.Out(0)
		for k := range of.NumMethod() {
			r.resolved[entity.Name+"."+fold(of.Method(k).Name)] = true
		}
	}
	return nil
}

// fold makes the name of a field and that of its method alike.
func fold(name string) string { return strings.ToLower(name) }

// plan is a root field as it is answered.
type plan struct {
	program *program // nil: the general way
	shape   []graphql.CollectedField
	edges   []graphql.CollectedField
	info    []graphql.CollectedField
	path    []graphql.CollectedField // from the field to a row
	one     bool
}

var (
	general  = &plan{}
	eachTime = &plan{} // is compiled for every request
)

// plan compiles a root field once for its document. Directives depend on the
// variables, so that what they stand in is compiled each time.
func (r *Reads) plan(oc *graphql.OperationContext, f graphql.CollectedField) *plan {
	p, ok := r.plans.Get(f.Field)
	if !ok {
		if p = eachTime; !directed(oc.Operation.SelectionSet) {
			p = r.compile(oc, f)
		}
		r.plans.Add(f.Field, p)
	}
	if p == eachTime {
		return r.compile(oc, f)
	}
	return p
}

// directed reports whether anything of a selection depends on a directive.
func directed(set ast.SelectionSet) bool {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if len(s.Directives) > 0 || directed(s.SelectionSet) {
				return true
			}
		case *ast.InlineFragment:
			if len(s.Directives) > 0 || directed(s.SelectionSet) {
				return true
			}
		case *ast.FragmentSpread:
			if len(s.Directives) > 0 || directed(s.Definition.SelectionSet) {
				return true
			}
		}
	}
	return false
}

func (r *Reads) compile(oc *graphql.OperationContext, f graphql.CollectedField) *plan {
	if f.Definition.Type.Elem != nil {
		return general
	}
	c := &compiler{Reads: r, oc: oc}
	name, connection := strings.CutSuffix(f.Definition.Type.NamedType, "Connection")
	of := gen.Entities[name]
	if of == nil {
		return general
	}
	p := &plan{program: &program{of: of, alias: of.Table}, one: !connection}
	set := f.Selections
	if connection {
		var ok bool
		if set, ok = c.page(p, name, f); !ok {
			return general
		}
	}
	if !c.object(p.program, 0, set, nil) {
		return general
	}
	p.program.named()
	return p
}

// page takes a connection's selection apart, false where no rows are asked for.
func (c *compiler) page(p *plan, name string, f graphql.CollectedField) (set ast.SelectionSet, ok bool) {
	p.shape = graphql.CollectFields(c.oc, f.Selections, []string{name + "Connection"})
	for _, x := range p.shape {
		switch x.Name {
		case "edges":
			if p.edges != nil {
				return nil, false
			}
			p.edges = graphql.CollectFields(c.oc, x.Selections, []string{name + "Edge"})
			for _, y := range p.edges {
				if y.Name == "node" {
					if ok {
						return nil, false
					}
					set, ok = y.Selections, true
					p.path = []graphql.CollectedField{x, y}
				}
			}
		case "pageInfo":
			if p.info != nil {
				return nil, false
			}
			p.info = graphql.CollectFields(c.oc, x.Selections, []string{"PageInfo"})
		}
	}
	return set, ok
}

// answer is a root field while it is answered.
type answer struct {
	*Reads
	*plan
	oc     *graphql.OperationContext
	fc     *graphql.FieldContext
	client *gen.Client
	seer   seer
	root   *table
	place  map[any]int // of a row by its node
}

// InterceptField answers a field of the query from the rows, where its resolver
// hands them over.
func (r *Reads) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc == nil || fc.Object != "Query" {
		return next(ctx)
	}
	oc := graphql.GetOperationContext(ctx)
	p := r.plan(oc, fc.Field)
	if p.program == nil {
		r.General.Add(1)
		return next(ctx)
	}
	a := &answer{Reads: r, plan: p, oc: oc, fc: fc}
	res, err := next(stored.With(ctx, a))
	if err != nil || a.root == nil {
		r.General.Add(1)
		return res, err
	}
	written, err := a.write(ctx, res)
	if errors.Is(err, errGeneral) {
		r.General.Add(1)
		return next(ctx)
	}
	r.Answered.Add(1)
	return written, err
}

// Nodes is stored.Reader's: the statement of the resolver's rows with all that is
// selected of them, and what hangs on them.
func (a *answer) Nodes(ctx context.Context, entity string, s *sql.Selector, keep int) (nodes []any, ok bool, err error) {
	if graphql.GetFieldContext(ctx) != a.fc || a.root != nil || entity != a.program.of.Name {
		return nil, false, nil
	}
	a.client = a.Client()
	if a.seer, err = seerOf(ctx); err != nil {
		return nil, false, err
	}
	own, root := s.UnqualifiedColumns(), &table{program: a.program, client: a.client, nested: a.one}
	if err := a.onto(ctx, s); err != nil {
		return nil, false, unless(err)
	}
	place := map[any]int{}
	query, args := s.Query()
	err = tenants.Together(ctx, []tenants.Statement{{SQL: query, Args: args}}, func(_ int, rows pgx.Rows) error {
		return root.read(rows, len(own), keep, func(of cells) error {
			node, err := a.program.of.Scan(root.client, own, func(values []any) error {
				return root.scan(of, func(i int) int { return i }, values)
			})
			if err != nil {
				return err
			}
			place[node] = len(nodes)
			nodes = append(nodes, node)
			return nil
		})
	})
	if err == nil && !a.one {
		err = a.descend(ctx, root)
	}
	if err == nil {
		err = a.complete(ctx, root)
	}
	if err != nil {
		return nil, false, unless(err)
	}
	a.root, a.place = root, place
	return nodes, true, nil
}

// unless leaves no error where the general way has to answer.
func unless(err error) error {
	if errors.Is(err, errGeneral) {
		return nil
	}
	return err
}
