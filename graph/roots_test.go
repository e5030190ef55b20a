package graph_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/roster"
)

// beside is what stands in the same document as a root field that is refused.
const beside = `viewer { membership { id } } all: platforms(first: 1) { totalCount } terms { id }`

// roots asks each field of Query, together with others that are allowed, once for
// each of the arguments that odd gives.
func (c *committee) roots(t *testing.T, who string, odd func(*ast.FieldDefinition) []input, look func(*ast.FieldDefinition, input, answer)) {
	t.Helper()
	for _, f := range c.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		for _, args := range odd(f) {
			depth := 0
			if c.schema.Types[f.Type.Name()].Fields.ForName("userErrors") != nil {
				depth = 1
			}
			q, vars := c.operation("query", f, depth, args)
			look(f, args, c.ask(who, strings.TrimSuffix(q, "}")+beside+" }", vars))
		}
	}
}

// needed are the arguments without which a field cannot be asked, ids of nothing among them.
func (w *world) needed(f *ast.FieldDefinition, target string, value any) input {
	return w.arguments(f, maker{schema: w.schema, sparse: true, target: target, value: value, rest: func(path string, typ *ast.Type) any {
		if typ.NamedType == "ID" {
			return uuid.NewString()
		}
		return word(path, typ)
	}})
}

// One document reads what a screen shows, and what one person may not see of it
// is not there for him: docs/adr/0039.
func TestARefusedRootFieldLeavesItsSiblings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.add("无权的人", "STAFF", nil)
	lacking := map[string][]string{} // permissions, by the field that asked for them
	refused := map[string]bool{}
	look := func(f *ast.FieldDefinition, args input, a answer) {
		t.Helper()
		for _, e := range userErrors(a) {
			lacking[f.Name] = append(lacking[f.Name], lacks(dig(e, "details"))...)
		}
		if len(a.Errors) == 0 {
			return
		}
		refused[f.Name] = true
		e := a.Errors[0]
		if len(a.Errors) > 1 || fmt.Sprint(e.Path[0]) != "a0" || e.Extensions["code"] == nil || e.Extensions["code"] == "INTERNAL" || e.Message == "" {
			t.Errorf("%s(%v): %s", f.Name, args, a.text)
		}
		if a.Data["a0"] != nil || dig(a.Data, "viewer", "membership", "id") != c.person["无权的人"] || dig(a.Data, "all") == nil || a.Data["terms"] == nil {
			t.Errorf("%s(%v) takes its siblings with it: %s", f.Name, args, a.text)
		}
		if e.Extensions["code"] == "NOT_ALLOWED" {
			lacking[f.Name] = append(lacking[f.Name], lacks(e.Extensions["details"])...)
		}
	}
	t.Run("who holds no role", func(t *testing.T) {
		c.roots(t, "无权的人", func(f *ast.FieldDefinition) []input { return []input{w.needed(f, "", nil)} }, look)
	})
	t.Run("who writes what no list takes", func(t *testing.T) {
		c.roots(t, "无权的人", func(f *ast.FieldDefinition) (out []input) {
			for scalar, odd := range map[string]any{"Int": -1, "Cursor": "???", "ID": "no-id", "Date": "2025-02-30", "Time": "soon", "String": "\x01"} {
				for _, path := range w.paths(f, scalar) {
					out = append(out, w.needed(f, path, odd))
				}
			}
			return out
		}, look)
	})
	t.Run("only what is never refused is promised", func(t *testing.T) {
		for _, f := range w.schema.Query.Fields {
			if f.Type.NonNull && (len(f.Arguments) > 0 || refused[f.Name]) && !strings.HasPrefix(f.Name, "__") {
				t.Errorf("%s may be refused and is %s", f.Name, f.Type)
			}
		}
		if len(refused) < 35 || len(lacking) < 12 {
			t.Errorf("few are refused: %v %v", slices.Sorted(maps.Keys(refused)), lacking)
		}
	})
	t.Run("its description names the permissions that open it, and no other", func(t *testing.T) {
		for _, f := range w.schema.Query.Fields {
			if _, said, _ := strings.Cut(f.Description, "须有权限 "); said != named(lacking[f.Name]) {
				t.Errorf("%s: %q is said, and %q is needed", f.Name, said, named(lacking[f.Name]))
			}
		}
	})
	t.Run("and each of them does", func(t *testing.T) { c.opened(t, lacking) })
}

// userErrors are those of the field that was asked, where it answers with such.
func userErrors(a answer) []any {
	list, _ := dig(a.Data, "a0", "userErrors").([]any)
	return list
}

// lacks are the permissions that a refusal names.
func lacks(details any) (out []string) {
	list, _ := dig(details, "permissions").([]any)
	for _, p := range list {
		out = append(out, p.(string))
	}
	return out
}

// named is how a description writes them.
func named(list []string) string {
	text := strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), "、")
	if strings.Contains(text, "、") {
		text += " 之一"
	}
	return text
}

// opened asks each field as who holds one of its permissions and nothing else.
func (c *committee) opened(t *testing.T, lacking map[string][]string) {
	policy := c.r.Directory.Policy()
	for perm := range maps.Keys(invert(lacking)) {
		i := slices.IndexFunc(policy.Roles(), func(role string) bool {
			s, err := policy.Ask(role, authz.Perm(perm))
			must(t, err)
			return s.Has(authz.Tenant) || s.Has(authz.Own) && perm == "proposal.create"
		})
		if i < 0 {
			t.Errorf("nobody holds %s", perm)
			continue
		}
		who := "有权的人 " + perm
		c.add(who, "STAFF", nil)
		c.operator(func(ctx context.Context) error {
			_, err := roster.Operator{Roster: c.r.Roster, Engine: c.r.Engine}.Appoint(ctx, roster.Appointment{Membership: uuid.MustParse(c.person[who]), Role: policy.Roles()[i], Reason: "任职"})
			return err
		})
		for _, field := range invert(lacking)[perm] {
			f := c.schema.Query.Fields.ForName(field)
			q, vars := c.operation("query", f, 0, c.needed(f, "", nil))
			if a := c.ask(who, q, vars); strings.Contains(a.text, "NOT_ALLOWED") {
				t.Errorf("%s is not opened by %s, which %s holds: %s", field, perm, policy.Roles()[i], a.text)
			}
		}
	}
}

// invert lists the fields by the permissions.
func invert(of map[string][]string) map[string][]string {
	out := map[string][]string{}
	for name, list := range of {
		for _, x := range slices.Compact(slices.Sorted(slices.Values(list))) {
			out[x] = append(out[x], name)
		}
	}
	return out
}
