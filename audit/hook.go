package audit

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"entgo.io/ent"
	"github.com/google/uuid"
)

// ignored fields are bookkeeping that every row has; the record's own time and
// chain say it already.
var ignored = map[string]bool{"tenant_id": true, "created_at": true, "updated_at": true}

// Hook collects what ent writes, after it has been written. An update of one
// row by its id costs one query more, for the values before; an update of a
// loaded row costs none and believes what was loaded.
//
// One thing ent does not tell a hook: an upsert looks like a creation.
func Hook(next ent.Mutator) ent.Mutator {
	return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
		c, ok := collector(ctx)
		if !ok {
			return nil, fmt.Errorf("%w: %s of %s", ErrUncollected, m.Op(), m.Type())
		}
		old, err := olds(ctx, m)
		if err != nil {
			return nil, err
		}
		value, err := next.Mutate(ctx, m)
		if err != nil {
			return value, err
		}
		if change, ok := changeOf(m, old, value); ok {
			c.add(tidy(change))
		}
		return value, nil
	})
}

// olds are the plain values before of the fields that an update of one row
// names.
func olds(ctx context.Context, m ent.Mutation) (map[string]any, error) {
	if !m.Op().Is(ent.OpUpdateOne) {
		return nil, nil
	}
	out := map[string]any{}
	for _, name := range slices.Concat(m.Fields(), m.ClearedFields(), m.AddedFields(), slices.Collect(maps.Keys(appended(m)))) {
		if _, done := out[name]; done || ignored[name] {
			continue
		}
		v, err := m.OldField(ctx, name)
		if err != nil {
			return nil, err
		}
		out[name] = plain(v)
	}
	return out, nil
}

// changeOf says what a mutation that succeeded did; ok is false when it
// changed nothing.
func changeOf(m ent.Mutation, old map[string]any, value ent.Value) (_ Change, ok bool) {
	c := Change{Entity: m.Type(), Before: map[string]any{}, After: map[string]any{}}
	switch {
	case m.Op().Is(ent.OpCreate):
		c.Op = Create
	case m.Op().Is(ent.OpDelete | ent.OpDeleteOne):
		c.Op = Delete
	default:
		c.Op = Update
	}
	if m.Op().Is(ent.OpUpdate | ent.OpDelete) {
		c.Many = true
		c.Rows, _ = value.(int)
		if c.Rows == 0 {
			return c, false
		}
	} else if one, is := m.(interface{ ID() (uuid.UUID, bool) }); is {
		c.ID, _ = one.ID()
	}
	for name, after := range news(m, value) {
		before, known := old[name]
		switch {
		case known && !same(before, after):
			c.Before[name], c.After[name] = before, after
		case !known && (c.Many || !blank(after)):
			c.After[name] = after
		}
	}
	edges(m, c.After)
	return c, c.Op != Update || len(c.After) > 0 || c.Many
}

// news are the plain values after of the fields that the mutation names. What
// the database computed, a sum or a longer list, is read from the row that
// came back; without one only what was added is known.
func news(m ent.Mutation, value ent.Value) map[string]any {
	out := map[string]any{}
	for _, name := range m.Fields() {
		v, _ := m.Field(name)
		out[name] = plain(v)
	}
	for _, name := range m.ClearedFields() {
		out[name] = nil
	}
	row := columns(value)
	computed := func(name, what string, added any) {
		if v, ok := row[name]; ok {
			out[name] = plain(v.Interface())
		} else {
			out[name] = map[string]any{what: plain(added)}
		}
	}
	for _, name := range m.AddedFields() {
		v, _ := m.AddedField(name)
		computed(name, "added", v)
	}
	for name, v := range appended(m) {
		computed(name, "appended", v)
	}
	for name := range ignored {
		delete(out, name)
	}
	return out
}

// appended are the elements that a mutation appends to JSON lists. The
// interface of mutations does not tell them, but ent keeps them in its struct
// in a slice named "append" and the column.
func appended(m ent.Mutation) map[string][]string {
	r := reflect.Indirect(reflect.ValueOf(m))
	if r.Kind() != reflect.Struct {
		return nil
	}
	var out map[string][]string
	for i := range r.NumField() {
		name, ok := strings.CutPrefix(r.Type().Field(i).Name, "append")
		list := r.Field(i)
		if !ok || list.Kind() != reflect.Slice || list.Len() == 0 {
			continue
		}
		if out == nil {
			out = map[string][]string{}
		}
		for j := range list.Len() {
			out[name] = append(out[name], fmt.Sprint(list.Index(j)))
		}
	}
	return out
}

// edges adds what was linked and unlinked over references that lie in other
// tables. A reference of its own table is among the fields already.
func edges(m ent.Mutation, after map[string]any) {
	own := slices.Concat(m.Fields(), m.ClearedFields())
	put := func(names []string, what string, of func(string) any) {
		for _, name := range names {
			if slices.Contains(own, name+"_id") {
				continue
			}
			e, ok := after[name].(map[string]any)
			if !ok {
				e = map[string]any{}
				after[name] = e
			}
			e[what] = of(name)
		}
	}
	put(m.AddedEdges(), "linked", func(n string) any { return sorted(m.AddedIDs(n)) })
	put(m.RemovedEdges(), "unlinked", func(n string) any { return sorted(m.RemovedIDs(n)) })
	put(m.ClearedEdges(), "cleared", func(string) any { return true })
}

func sorted(ids []ent.Value) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprint(id)
	}
	slices.SortFunc(out, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	return out
}

// columns are the fields of a row that ent returned, by column name: ent tags
// them so. Sensitive ones have no name there, and are no sums or lists.
func columns(value ent.Value) map[string]reflect.Value {
	r := reflect.ValueOf(value)
	if r.Kind() != reflect.Pointer || r.IsNil() || r.Elem().Kind() != reflect.Struct {
		return nil
	}
	r = r.Elem()
	out := map[string]reflect.Value{}
	for i := range r.NumField() {
		f := r.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" && name != "id" && f.Name != "Edges" {
			out[name] = r.Field(i)
		}
	}
	return out
}
