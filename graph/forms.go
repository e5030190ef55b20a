package graph

import (
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
)

// candidates says for each thing that a form can pick which field of the API
// lists them, and which of the candidate's fields is filled in. A test asks
// whether they exist.
var candidates = map[process.Pick]model.FormPick{
	process.PickUnit:       {What: model.FormPickKindUnit, From: "units", Value: "id"},
	process.PickVenue:      {What: model.FormPickKindVenue, From: "units", Value: "id"},
	process.PickMember:     {What: model.FormPickKindMember, From: "candidates", Value: "id"},
	process.PickParty:      {What: model.FormPickKindParty, From: "Matter.parties", Value: "id"},
	process.PickItem:       {What: model.FormPickKindItem, From: "Matter.items", Value: "id"},
	process.PickEvent:      {What: model.FormPickKindEvent, From: "Matter.events", Value: "id"},
	process.PickRecord:     {What: model.FormPickKindRecord, From: "Matter.records", Value: "id"},
	process.PickAttachment: {What: model.FormPickKindAttachment, From: "Matter.attachments", Value: "id"},
	process.PickFeedback:   {What: model.FormPickKindFeedback, From: "Matter.feedback", Value: "id"},
	process.PickShare:      {What: model.FormPickKindShare, From: "Matter.assignments", Value: "id"},
	process.PickProposal:   {What: model.FormPickKindProposal, From: "matters", Value: "id"},
	process.PickMatter:     {What: model.FormPickKindMatter, From: "matters", Value: "id"},
	process.PickBallot:     {What: model.FormPickKindBallot, From: "ballots", Value: "id"},
	process.PickKind:       {What: model.FormPickKindKind, From: "platforms", Value: "processKind"},
	process.PickPartner:    {What: model.FormPickKindPartner, From: "agreements", Value: "partner"},
}

// availableAction shows an action as a button. Its form and fields are made only
// where they are asked for: a page of a hundred matters has a thousand actions.
func availableAction(a flow.Available, form, fields bool) *model.AvailableAction {
	x := &model.AvailableAction{
		Code: a.Action.Code, Label: a.Action.Label, Group: model.ActionGroup(a.Heading), Usual: a.Usual, ReasonRequired: a.Action.Reason,
		Blocked: given(a.Blocked), Confirm: given(a.Confirm), Foreseeable: a.Foreseeable,
	}
	if form {
		x.Form = a.Sheet.Schema()
	}
	if fields {
		x.Fields = formFields(a.Sheet.Fields(), a.Days)
	}
	if a.To != nil {
		x.To, x.ToLabel = &a.To.Code, &a.To.Label
	}
	if b := a.Block; b != nil {
		x.BlockedBy = &model.ActionBlock{Rule: b.Rule, Says: given(b.Says), Missing: b.Missing, Path: append([]string{}, b.Path...)}
	}
	return x
}

// formFields shows the fields of a form; days may be nil where nothing is known
// of when the matter began.
func formFields(of []*process.Field, days flow.Bounds) []*model.FormField {
	out := make([]*model.FormField, len(of))
	for i, f := range of {
		out[i] = formField(f, days)
	}
	return out
}

func formField(f *process.Field, days flow.Bounds) *model.FormField {
	one := f // of a list: what stands in it
	if f.Item != nil {
		one = f.Item
	}
	x := &model.FormField{Name: f.Name, Title: f.Title, Kind: fieldKind(one), List: f.Item != nil, Required: f.Required,
		Choices: []*model.FormChoice{}, Fields: formFields(one.Fields, days)}
	for _, c := range one.Choices {
		x.Choices = append(x.Choices, &model.FormChoice{Value: c.Value, Title: c.Title})
	}
	if n := f.Needed; n != nil && n.Field != "" {
		x.NeededIf = &model.FormNeed{Field: n.Field, Is: n.Is}
	}
	if pick, ok := candidates[one.Picks]; ok {
		x.Picks = &pick
	}
	if one.Day != "" && days != nil {
		x.Earliest, x.Latest = days(one.Day)
	}
	return x
}

func fieldKind(f *process.Field) model.FormFieldKind {
	switch {
	case len(f.Choices) > 0:
		return model.FormFieldKindChoice
	case f.Picks != "":
		return model.FormFieldKindPick
	case f.Day != "":
		return model.FormFieldKindDay
	case len(f.Fields) > 0:
		return model.FormFieldKindGroup
	}
	switch f.Type {
	case "string":
		if f.Lines {
			return model.FormFieldKindText
		}
		return model.FormFieldKindLine
	case "number", "integer":
		return model.FormFieldKindNumber
	case "boolean":
		return model.FormFieldKindBoolean
	}
	return model.FormFieldKindAny
}
