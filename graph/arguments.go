package graph

import (
	"context"
	"slices"
	"strconv"

	"entgo.io/contrib/entgql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/bihuan/bihuan/graph/scalar"
	"github.com/bihuan/bihuan/internal/errs"
)

// What cannot be read, such as an id that is none, is a fault of the input like
// any other: of a mutation one of its userErrors, of a query an error of its
// field. All of them are answered at once, see docs/adr/0040.

var _ graphql.RootFieldInterceptor = Operation{}

// InterceptRootField reads the arguments of a root field before anything is done.
func (Operation) InterceptRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	root := graphql.GetRootFieldContext(ctx)
	if root == nil || root.Field.Definition == nil {
		return next(ctx)
	}
	op := graphql.GetOperationContext(ctx)
	faults := append(unreadable(root.Field.Field, op.Variables), below(root.Field.SelectionSet, op.Variables)...)
	switch {
	case len(faults) == 0:
		return next(ctx)
	case op.Operation.Operation == ast.Mutation:
		for _, e := range faults {
			if e.Path[0] == "input" { // the one argument
				e.Path = e.Path[1:]
			}
		}
		return refusal(ctx, root.Field, faults)
	}
	for _, e := range faults {
		graphql.AddError(ctx, &gqlerror.Error{Err: e, Message: e.Message, Path: ast.Path{ast.PathName(root.Field.Alias)}})
	}
	return graphql.Null
}

// unreadable is what of a field's arguments cannot be read, in the schema's order.
func unreadable(f *ast.Field, vars map[string]any) (faults []*errs.Error) {
	for _, a := range f.Definition.Arguments {
		g := f.Arguments.ForName(a.Name)
		if g == nil {
			continue
		}
		v, err := g.Value.Value(vars)
		if err != nil { // a number that is none
			faults = append(faults, errs.New(errs.Invalid, "格式不对，请更正后再提交").At(a.Name))
			continue
		}
		faults = append(faults, faultsOf(a.Type, v, a.Name)...)
	}
	return faults
}

// below is the same of the fields inside, with the way to them: the generated
// code reads their arguments while it reads the rows around them.
func below(set ast.SelectionSet, vars map[string]any) (faults []*errs.Error) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if s.Definition == nil {
				continue
			}
			for _, e := range append(unreadable(s, vars), below(s.SelectionSet, vars)...) {
				faults = append(faults, e.Within(s.Alias))
			}
		case *ast.InlineFragment:
			faults = append(faults, below(s.SelectionSet, vars)...)
		case *ast.FragmentSpread:
			faults = append(faults, below(s.Definition.SelectionSet, vars)...)
		}
	}
	return faults
}

// scalars read what documents and variables cannot be checked for by their syntax.
var scalars = map[string]func(any) error{
	"ID":     reads(scalar.UnmarshalID),
	"Date":   reads(scalar.UnmarshalDate),
	"Time":   reads(scalar.UnmarshalTime),
	"String": reads(scalar.UnmarshalString),
	"Int":    reads(scalar.UnmarshalInt),
	"JSON":   reads(scalar.UnmarshalJSON),
	"Cursor": func(v any) error {
		if c := (&entgql.Cursor[uuid.UUID]{}); c.UnmarshalGQL(v) != nil {
			return errForeignCursor()
		}
		return nil
	},
}

func reads[T any](read func(any) (T, error)) func(any) error {
	return func(v any) error {
		_, err := read(v)
		return err
	}
}

func errForeignCursor() *errs.Error {
	return errs.New(errs.Invalid, "游标不是这个列表给出的，请从第一页重新开始")
}

// faultsOf walks one value.
func faultsOf(typ *ast.Type, v any, path ...string) (faults []*errs.Error) {
	if v == nil {
		return nil
	}
	if typ.Elem != nil {
		list, ok := v.([]any)
		if !ok { // one stands for a list of one
			return faultsOf(typ.Elem, v, path...)
		}
		for i, x := range list {
			faults = append(faults, faultsOf(typ.Elem, x, append(slices.Clone(path), strconv.Itoa(i))...)...)
		}
		return faults
	}
	def := sdl.Types[typ.NamedType]
	if fields, ok := v.(map[string]any); ok && def.Kind == ast.InputObject {
		for _, f := range def.Fields {
			faults = append(faults, faultsOf(f.Type, fields[f.Name], append(slices.Clone(path), f.Name)...)...)
		}
		return faults
	}
	if read := scalars[typ.NamedType]; read != nil {
		if err := read(v); err != nil {
			faults = append(faults, errs.New(errs.Invalid, "%s", errs.Shown(err).Message).At(path...))
		}
	}
	return faults
}

// refusal is a mutation's payload that says nothing but its userErrors.
func refusal(ctx context.Context, field graphql.CollectedField, faults []*errs.Error) graphql.Marshaler {
	oc, payload := graphql.GetOperationContext(ctx), field.Definition.Type.Name()
	return object(oc, field.Selections, payload, func(f graphql.CollectedField) graphql.Marshaler {
		if f.Name != "userErrors" {
			return nothing(f.Definition.Type)
		}
		list := make(graphql.Array, len(faults))
		for i, e := range faults {
			bad := map[string]graphql.Marshaler{
				"code": graphql.MarshalString(string(e.Code)), "message": graphql.MarshalString(e.Message), "path": graphql.MarshalAny(e.Path),
			}
			list[i] = object(oc, f.Selections, f.Definition.Type.Name(), func(f graphql.CollectedField) graphql.Marshaler {
				if m := bad[f.Name]; m != nil {
					return m
				}
				return nothing(f.Definition.Type)
			})
		}
		return list
	})
}

// nothing is the least that a type may say.
func nothing(typ *ast.Type) graphql.Marshaler {
	switch {
	case !typ.NonNull:
		return graphql.Null
	case typ.Elem != nil:
		return graphql.Array{}
	case typ.NamedType == "Boolean":
		return graphql.False
	}
	return graphql.MarshalInt(0)
}

// object writes what of an object is selected.
func object(oc *graphql.OperationContext, set ast.SelectionSet, typ string, value func(graphql.CollectedField) graphql.Marshaler) graphql.Marshaler {
	fields := graphql.CollectFields(oc, set, []string{typ})
	out := graphql.NewFieldSet(fields)
	for i, f := range fields {
		if out.Values[i] = graphql.MarshalString(typ); f.Name != "__typename" {
			out.Values[i] = value(f)
		}
	}
	return out
}
