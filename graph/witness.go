package graph

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// What leaves a record although it changes nothing (S14): a look at personal
// data or at the book itself, which is written before the answer leaves, and
// what was refused, which is counted.

// saw notes that the viewer was shown a person's data. One record of an
// operation names all whom it showed.
func saw(ctx context.Context, entity string, id uuid.UUID) {
	p, ok := ctx.Value(pendingKey{}).(*pending)
	if !ok {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	look := audit.Change{Entity: entity, ID: id, Op: "look"}
	if !slices.ContainsFunc(p.looks, func(c audit.Change) bool { return c.Entity == entity && c.ID == id }) {
		p.looks = append(p.looks, look)
	}
}

// read notes that the viewer read something of which reading is recorded.
func read(ctx context.Context, action, object, name string) {
	p, ok := ctx.Value(pendingKey{}).(*pending)
	if !ok {
		return
	}
	e := byViewer(ctx, action, object)
	e.ObjectName, e.Changes = name, []audit.Change{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reads = append(p.reads, e)
}

func byViewer(ctx context.Context, action, object string) audit.Entry {
	return audit.Entry{Action: action, Actor: authz.From(ctx).Actor(), Object: object, From: Origin(ctx)}
}

// witnessed are the records of what was looked at.
func (p *pending) witnessed(ctx context.Context) []audit.Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.reads
	if n := len(p.looks); n > 0 {
		e := byViewer(ctx, "seePersonalData", audit.Object(p.looks[0].Entity, p.looks[0].ID))
		e.Count, e.Changes = n, p.looks
		out = append(out, e)
	}
	return out
}

// together puts what a mutation's answer shows into the record of what it did.
func (p *pending) together(looks []audit.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.entries) == 0 { // all was refused; its answer may show something all the same
		p.entries = looks
		return
	}
	last := &p.entries[len(p.entries)-1]
	for _, e := range looks {
		last.Changes = append(last.Changes, e.Changes...)
	}
}

// keepLooks writes what a query looked at, in a transaction after its own,
// which only reads. An answer whose record cannot be written does not leave.
func (r *Resolver) keepLooks(ctx context.Context, c accounts.Claims, list []audit.Entry) error {
	if len(list) == 0 {
		return nil
	}
	return r.Store.InTx(ctx, c.Tenant, func(ctx context.Context) error {
		for _, e := range list {
			if err := audit.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// refused counts what an answer refuses, by the field that asked.
func (o Operation) refused(ctx context.Context, c accounts.Claims, actor audit.Actor, resp *graphql.Response) {
	if resp == nil {
		return
	}
	names := map[string]string{}
	rootNames(graphql.GetOperationContext(ctx).Operation.SelectionSet, names)
	for _, e := range resp.Errors {
		code, _ := e.Extensions["code"].(string)
		name := ""
		if len(e.Path) > 0 {
			name = names[fmt.Sprint(e.Path[0])]
		}
		o.Resolver.Refused.Add(ctx, audit.Attempt{Tenant: c.Tenant, Actor: actor, Operation: name, Code: errs.Code(code), From: Origin(ctx)})
	}
}

// rootNames are the root fields of an operation by what the answer calls them.
func rootNames(set ast.SelectionSet, names map[string]string) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			names[s.Alias] = s.Name
		case *ast.InlineFragment:
			rootNames(s.SelectionSet, names)
		case *ast.FragmentSpread:
			rootNames(s.Definition.SelectionSet, names)
		}
	}
}

// refusedMutation counts a mutation that was refused with a user error.
func (r *Resolver) refusedMutation(ctx context.Context, c common, bad []*model.UserError) {
	v := authz.From(ctx)
	if v == nil || len(bad) == 0 {
		return
	}
	object := ""
	if c.subject != uuid.Nil {
		object = audit.Object(gen.TypeMatter, c.subject)
	}
	r.Refused.Add(ctx, audit.Attempt{
		Tenant: v.Tenant, Actor: v.Actor(), Operation: graphql.GetFieldContext(ctx).Field.Name, Object: object,
		Code: errs.Code(bad[0].Code), From: Origin(ctx),
	})
}

// refusedDoor counts a request beside GraphQL that was refused.
func (r *Resolver) refusedDoor(req *http.Request, c accounts.Claims, err error) {
	code := errs.NotFound
	if e, ok := errs.As(err); ok {
		code = e.Code
	} else if !gen.IsNotFound(err) {
		return
	}
	door, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	r.Refused.Add(req.Context(), audit.Attempt{
		Tenant: c.Tenant, Actor: audit.Actor{Account: c.Account, Membership: c.Membership}, Operation: req.Method + " /" + door, Code: code, From: Origin(req.Context()),
	})
}
