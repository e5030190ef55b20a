package graph_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
)

// placesOf are the scalars of a type, in what is given as far as it is given.
func (d *corridor) placesOf(typ *ast.Type, v any, path []string) (out []place) {
	if typ.Elem != nil {
		list, _ := v.([]any)
		var first any
		if len(list) > 0 {
			first = list[0]
		}
		return d.placesOf(typ.Elem, first, append(slices.Clone(path), "0"))
	}
	def := d.schema.Types[typ.NamedType]
	switch {
	case def.Kind == ast.InputObject:
		m, _ := v.(map[string]any)
		for _, f := range def.Fields {
			out = append(out, d.placesOf(f.Type, m[f.Name], append(slices.Clone(path), f.Name))...)
		}
	case def.Name == "JSON":
		return textsIn(v, path)
	case def.Kind == ast.Scalar:
		return []place{{path, def.Name}}
	}
	return out
}

// textsIn are those of a JSON value that is given.
func textsIn(v any, path []string) (out []place) {
	switch v := v.(type) {
	case string:
		if _, err := uuid.Parse(v); err != nil {
			out = append(out, place{path, "String"})
		}
	case []any:
		if len(v) > 0 {
			return textsIn(v[0], append(slices.Clone(path), "0"))
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			out = append(out, textsIn(v[k], append(slices.Clone(path), k))...)
		}
	}
	return out
}

// with is an input with another value at a place; what is missing on the way
// there is made.
func (d *corridor) with(typ *ast.Type, v any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	if n, err := strconv.Atoi(path[0]); err == nil {
		list, _ := v.([]any)
		list = slices.Clone(list)
		var elem *ast.Type
		if typ != nil {
			elem = typ.Elem
		}
		if len(list) == 0 {
			list = []any{nil}
		}
		list[n] = d.with(elem, list[n], path[1:], value)
		return list
	}
	m, _ := v.(map[string]any)
	m = maps.Clone(m)
	var below *ast.Type
	if typ != nil && d.schema.Types[typ.Name()].Kind == ast.InputObject {
		if m == nil {
			m, _ = maker{schema: d.schema, rest: d.anyone, sparse: true}.make("input", &ast.Type{NamedType: typ.Name(), NonNull: true}).(map[string]any)
		}
		below = d.schema.Types[typ.Name()].Fields.ForName(path[0]).Type
	}
	m[path[0]] = d.with(below, m[path[0]], path[1:], value)
	return m
}

// anyone fills an id with a row of the committee.
func (d *corridor) anyone(path string, typ *ast.Type) any {
	if typ.NamedType == "ID" {
		return d.likely(d.c, "", path)[0]
	}
	return word(path, typ)
}

// plainInput is an input as it comes out of JSON.
func plainInput(in input) input {
	b, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	out := input{}
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

// rest tries what the life does not send: with each of some cases in each state
// of its process, until one gets through.
func (d *corridor) rest() {
	for _, f := range d.schema.Mutation.Fields {
		if d.walked[f.Name] || slices.Contains(sessionMutations, f.Name) {
			continue
		}
		paths := d.paths(f, "ID")
		subjects := []string{""}
		if len(paths) > 0 {
			subjects = d.subjects(f.Name, paths[0])
		}
		in, best, rank := d.search(f, some(subjects, 4))
		switch rank {
		case 3:
			d.valid = append(d.valid, f.Name)
		case 2:
			d.guarded = append(d.guarded, f.Name)
		default:
			d.beyond = append(d.beyond, f.Name)
		}
		d.walk("全权", f.Name, in, best)
	}
}

// search looks for the input, and the state before it, that gets farthest.
func (d *corridor) search(f *ast.FieldDefinition, subjects []string) (in input, best func(context.Context) error, rank int) {
	d.searching, d.quiet, rank = true, true, -1
	defer func() { d.searching, d.quiet = false, false }()
	for _, yes := range []bool{true, false} {
		for _, subject := range subjects {
			for _, state := range d.states(f.Name, subject) {
				try, prepare := d.made(f, subject, yes), d.putInto(f.Name, subject, state)
				if r := d.rank(f, try, prepare); r > rank {
					in, best, rank = try, prepare, r
				}
				if rank == 3 || rank == 2 && !*whole {
					return in, best, rank
				}
			}
		}
		if rank == 2 {
			break
		}
	}
	return in, best, rank
}

// some are at most n of a list, from all over it.
func some(list []string, n int) (out []string) {
	for i := 0; i < len(list); i += (len(list) + n - 1) / n {
		out = append(out, list[i])
	}
	return out
}

// made is an input from the schema; yes is what it says where that is asked.
func (d *corridor) made(f *ast.FieldDefinition, subject string, yes bool) input {
	first := ""
	if paths := d.paths(f, "ID"); len(paths) > 0 {
		first = paths[0]
	}
	m := maker{schema: d.schema, sparse: true, rest: func(p string, typ *ast.Type) any {
		switch {
		case typ.NamedType == "Boolean":
			return yes
		case typ.NamedType != "ID":
			return word(p, typ)
		case p == first:
			return subject
		}
		return d.likely(d.c, f.Name, p)[0]
	}}
	in, _ := m.make("input", f.Arguments[0].Type).(input)
	return plainInput(in)
}

// rank is how far an input gets: 3 done, 2 up to a condition, 1 up to what is
// filled in, 0 not so far.
func (d *corridor) rank(f *ast.FieldDefinition, in input, prepare func(context.Context) error) (rank int) {
	d.aside(func(ctx context.Context) {
		must(d.t, prepare(ctx))
		switch d.send(ctx, d.c.token("全权"), f, in).code {
		case "":
			rank = 3
		case string(errs.GuardFailed), string(errs.DeadlinePassed), string(errs.Conflict), string(errs.NotFound):
			rank = 2
		case string(errs.Invalid):
			rank = 1
		}
	})
	return rank
}

// states are those of a case's process, as far as a mutation is about one.
func (d *corridor) states(mutation, subject string) []string {
	table := d.tableOf(mutation)
	if table == "" {
		return []string{""}
	}
	var matterID uuid.UUID
	of := `SELECT id FROM matters WHERE id = $1`
	if table == "assignments" {
		of = `SELECT matter_id FROM assignments WHERE id = $1`
	}
	d.db.AsSuper(d.t, of, []any{subject}, &matterID)
	out := []string{""}
	d.c.system(func(ctx context.Context) error {
		defs, err := d.r.Engine.Definitions(ctx, matterID)
		if err != nil {
			return err
		}
		def := defs[matterID]
		machine := map[string]string{"matters": "matter", "assignments": "assignment"}[table]
		if def.Machines[machine] != nil {
			for _, s := range def.Machines[machine].States {
				out = append(out, s.Code)
			}
		}
		return nil
	})
	return out
}

// tableOf is of what the subject of a mutation is, where that has a state.
func (d *corridor) tableOf(mutation string) string {
	paths := d.paths(d.schema.Mutation.Fields.ForName(mutation), "ID")
	if len(paths) == 0 {
		return ""
	}
	return map[string]string{"input.matterId": "matters", "input.assignmentId": "assignments"}[paths[0]]
}

// putInto puts a case into a state.
func (d *corridor) putInto(mutation, subject, state string) func(context.Context) error {
	table := d.tableOf(mutation)
	return func(ctx context.Context) error {
		if state == "" {
			return nil
		}
		ctx, _ = audit.Collect(authz.System(ctx))
		if table == "assignments" {
			return d.r.Store.Ent().Assignment.UpdateOneID(uuid.MustParse(subject)).SetState(state).Exec(ctx)
		}
		return d.r.Store.Ent().Matter.UpdateOneID(uuid.MustParse(subject)).SetState(state).Exec(ctx)
	}
}
