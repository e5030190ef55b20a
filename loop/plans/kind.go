package plans

import (
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// MatterKind is the matters' kind and the process's code.
const MatterKind = "plan"

// Declaration is what a year's plan is. Its rules look at what its items began.
var Declaration = &flow.Kind{
	Code: MatterKind, Title: "年度计划", Sealed: true, Gathers: true,
	Names: map[string]flow.Names{process.OfMatter: {
		States:  []string{"APPROVED", "ISSUED", "ADJUSTED", "CLOSED", "WITHDRAWN"},
		Actions: []string{"attach", "takeOver"},
	}},
	Attaching: []string{"plan.draft", "plan.decide"},
	Managing:  []string{"plan.draft"},
	Turns:     map[string]flow.Turn{"secretary_general": {Roles: []string{"secretary_general", "chair"}}},
	Owes:      binding,
	Guardians: []string{"secretary_general", "chair"},
}

// binding: a project binds once the plan was issued, and one that an adjustment
// added once that was approved.
func binding(c *flow.Case, i *gen.Item) bool {
	return (c.State == "ISSUED" || c.State == adjusted) && !unapproved(c, i)
}
