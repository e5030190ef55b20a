package vocab

import (
	"slices"

	"entgo.io/ent"

	"github.com/bihuan/bihuan/flow/process"
)

// enum notes a value that the enumeration of a schema's field does not have,
// and names those that it has. An empty one is left to need.
func enum(p *process.Place, what, value string, of ent.Interface, field string) {
	all := valuesOf(of, field)
	if value == "" || slices.Contains(all, value) {
		return
	}
	p.Find("没有%s“%s”%s", what, value, process.Choices(value, all))
}

// valuesOf are what the database can store in a field.
func valuesOf(of ent.Interface, field string) (all []string) {
	for _, f := range of.Fields() {
		if d := f.Descriptor(); d.Name == field {
			for _, e := range d.Enums {
				all = append(all, e.V)
			}
		}
	}
	return all
}
