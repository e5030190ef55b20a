package flow

import "github.com/bihuan/bihuan/flow/process"

// What the paper knows, under the names by which packages know it.
type (
	Definition  = process.Definition
	Machine     = process.Machine
	State       = process.State
	Action      = process.Action
	TimerDef    = process.TimerDef
	Rule        = process.Rule
	Place       = process.Place
	Word        = process.Word
	Arg         = process.Arg
	Form        = process.Form
	Finding     = process.Finding
	Level       = process.Level
	RoleSet     = process.RoleSet
	Held        = process.Held
	Report      = process.Report
	StateReport = process.StateReport
	StepReport  = process.StepReport
	Change      = process.Change
	ChangeKind  = process.ChangeKind
	Plan        = process.Plan
	Delay       = process.Delay
	Waiting     = process.Waiting
	Waited      = process.Waited
	Result      = process.Result
	Policy      = process.Policy
	Amount      = process.Amount
	Rating      = process.Rating
	Class       = process.Class
	Reason      = process.Reason
	Checklist   = process.Checklist
	CheckItem   = process.CheckItem
)

// The same for values.
const (
	Back         = process.Back
	OfMatter     = process.OfMatter
	OfAssignment = process.OfAssignment
	Error        = process.Error
	Warn         = process.Warn
	Added        = process.Added
	Removed      = process.Removed
	Changed      = process.Changed
)

// The same for functions.
var (
	Parse         = process.Parse
	Published     = process.Published
	Errors        = process.Errors
	RolesOf       = process.RolesOf
	Regulated     = process.Regulated
	Diff          = process.Diff
	Simulate      = process.Simulate
	DefaultPolicy = process.DefaultPolicy
	CheckPolicy   = process.CheckPolicy
)
