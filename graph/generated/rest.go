package generated

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/ent/gen"
)

// Rest writes selections of single entities as the executor would. This file is
// written by hand and stands here because what gqlgen generates is closed; the
// schema must be one of NewExecutableSchema.
func Rest(oc *graphql.OperationContext, s graphql.ExecutableSchema) func(context.Context, ast.SelectionSet, gen.Noder) graphql.Marshaler {
	return newExecutionContext(oc, s.(*executableSchema), nil)._Node
}
