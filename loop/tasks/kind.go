package tasks

import "github.com/bihuan/bihuan/flow"

// Kind is the matters' kind and the process's code.
const Kind = "task"

// Declaration is what a task is. Its rules look at those into which it was
// broken down. Of one that came from above the director is the sender's: nobody
// here.
var Declaration = &flow.Kind{
	Code: Kind, Title: "六定任务", Sealed: true, Gathers: true,
	Names: map[string]flow.Names{flow.OfMatter: {
		States:  []string{"DRAFT", "ISSUED", "WORKING", "DONE", "EXPLAINED", "WITHDRAWN"},
		Actions: []string{"receive", "recall"},
	}},
	Attaching: []string{"task.issue", "task.undertake", "task.verify"},
	Turns: map[string]flow.Turn{
		"director": {Roles: []string{"proposal_director"}},
		"unit":     {Right: "task.undertake"},
	},
	Guardian: "proposal_director",
}
