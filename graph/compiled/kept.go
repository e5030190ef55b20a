package compiled

import (
	"context"
	"reflect"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/tenants"
)

// keptLimit bounds the statements that are kept: about 3 KB each.
const keptLimit = 5_000

// ask is what a list is asked for: the text of its statement depends on nothing
// else.
type ask struct {
	list  *list
	shape authz.Shape
	alone bool // for one parent
	first int  // 0 for all
}

// kept is a statement as text; nil args are the ids of the parents, symbols stand
// for what is the viewer's own, and the nil id for the committee.
type kept struct {
	sql  string
	args []any
}

// statement asks for the rows of a list that belong to some parents. It is put
// together once for all viewers of a shape.
func (a *answer) statement(ctx context.Context, l *list, ids []uuid.UUID) (tenants.Statement, error) {
	first, err := l.limit(a.oc.Variables)
	if err != nil {
		return tenants.Statement{}, err
	}
	as, shape, own, ok := authz.Symbol(ctx)
	if !ok {
		return l.build(ctx, a.client, ids, first)
	}
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return tenants.Statement{}, err
	}
	key := ask{l, shape, len(ids) == 1, first}
	k, ok := a.kept.Get(key)
	if !ok {
		s, err := l.build(as, a.client, ids, first)
		if err != nil {
			return tenants.Statement{}, err
		}
		k = keep(s, tenant, ids)
		a.kept.Add(key, k)
	}
	if k == nil {
		return l.build(ctx, a.client, ids, first)
	}
	return tenants.Statement{SQL: k.sql, Args: k.of(tenant, own, ids)}, nil
}

// keep is nil where a statement has an argument of which it is not known whose it
// is: such a one is put together each time.
func keep(s tenants.Statement, tenant uuid.UUID, ids []uuid.UUID) *kept {
	k := &kept{sql: s.SQL, args: make([]any, len(s.Args))}
	for i, arg := range s.Args {
		switch x := arg.(type) {
		case uuid.UUID:
			_, symbol := authz.Place(x)
			switch {
			case x == tenant:
				k.args[i] = uuid.Nil
			case symbol:
				k.args[i] = x
			default:
				return nil
			}
		case []uuid.UUID:
			if len(x) == 0 || &x[0] != &ids[0] {
				return nil
			}
		default:
			switch reflect.ValueOf(arg).Kind() {
			case reflect.String, reflect.Bool, reflect.Int:
				k.args[i] = arg
			default:
				return nil
			}
		}
	}
	return k
}

// of are the arguments for one viewer.
func (k *kept) of(tenant uuid.UUID, own, ids []uuid.UUID) []any {
	args := make([]any, len(k.args))
	for i, arg := range k.args {
		switch x := arg.(type) {
		case nil:
			args[i] = ids
		case uuid.UUID:
			if x == uuid.Nil {
				args[i] = tenant
			} else {
				place, _ := authz.Place(x)
				args[i] = own[place]
			}
		default:
			args[i] = arg
		}
	}
	return args
}
