package graph

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
)

// contentsOf is what the forms have left in a matter, in the words and the order
// of its definition, so that a page of any process can show it without a line of
// code. What no form names is the program's own and is left out; so is an id,
// since what it names has a place of its own on the page.
func (r *Resolver) contentsOf(ctx context.Context, m *gen.Matter) ([]*model.MatterContent, error) {
	out := []*model.MatterContent{}
	if len(m.Data) == 0 {
		return out, nil
	}
	d, err := load(ctx).defs.Load(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	policy, err := r.Engine.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, a := range d.Machines[process.OfMatter].Actions {
		for _, f := range a.Sheet(policy, nil).Fields() {
			text := inWords(f, m.Data[f.Name])
			if text == "" || said[f.Name] {
				continue
			}
			said[f.Name] = true
			out = append(out, &model.MatterContent{Name: f.Name, Title: f.Title, Text: text})
		}
	}
	return out, nil
}

// inWords is a value as the form had it: the word of a choice, a day as it is
// written, a list line by line, a group with its titles. Empty: nothing to show.
func inWords(f *process.Field, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		lines := make([]string, 0, len(v))
		for _, x := range v {
			one := f
			if f.Item != nil {
				one = f.Item
			}
			if line := inWords(one, x); line != "" {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n")
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, x := range f.Fields {
			if text := inWords(x, v[x.Name]); text != "" {
				parts = append(parts, x.Title+"："+text)
			}
		}
		return strings.Join(parts, "；")
	}
	for _, c := range f.Choices {
		if c.Value == v {
			return c.Title
		}
	}
	return plainWords(f, v)
}

func plainWords(f *process.Field, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "是"
		}
		return "否"
	case string:
		if uuid.Validate(v) == nil || f.Picks != "" {
			return ""
		}
		if day, err := time.Parse(time.DateOnly, v); err == nil {
			return day.Format("2006年1月2日")
		}
		return v
	}
	return fmt.Sprint(v)
}
