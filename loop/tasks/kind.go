package tasks

import (
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// Kind is the matters' kind and the process's code.
const Kind = "task"

// Declaration is what a task is. Its rules look at those into which it was
// broken down. Of one that came from above the director is the sender's: nobody
// here.
var Declaration = &flow.Kind{
	Code: Kind, Title: "六定任务", Sealed: true, Gathers: true,
	Names: map[string]flow.Names{process.OfMatter: {
		States: []string{"DRAFT", "ISSUED", "WORKING", "DONE", "EXPLAINED", "WITHDRAWN"},
		Actions: []string{"receive", // and what envelopes bring
			"accepted", "declined", "nodeReported", "reported",
			"nodeAdded", "nodeAccepted", "nodeReturned", "verified", "explained", "returned", "postponed", "recall"},
	}},
	Attaching: []string{"task.issue", "task.undertake", "task.verify"},
	Managing:  []string{"task.issue", "task.verify"},
	Turns: map[string]flow.Turn{
		"director": {Roles: []string{"proposal_director"}, Creator: true, Away: received, Else: []flow.Turn{{Right: "task.issue"}}},
		"unit":     {RolesOf: performing, Away: away},
		"clerk":    {Roles: []string{"proposal_clerk"}, Away: received}, // told, beside the director
	},
	Guardians: []string{"proposal_director", "secretary_general"},
}

// away: what another committee does is its own turn there.
func away(c *flow.Case) bool {
	t := theTask(c)
	return !received(c) && t != nil && t.Partner != ""
}

// performing are the roles whose people do a task: of one from above the
// committee's own staff, of our own the unit's people.
func performing(c *flow.Case, _ *gen.Assignment) (roles []string) {
	rights, err := authz.Load()
	if err != nil {
		return nil
	}
	for _, r := range authz.Roles {
		if reach := rights.Table(r.Code)[authz.Perm("task.undertake")]; reach != authz.None && reach.Has(authz.Tenant) == received(c) {
			roles = append(roles, r.Code)
		}
	}
	return roles
}
