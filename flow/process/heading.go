package process

import (
	"fmt"
	"slices"
)

// Heading is where an action leads, as a person who chooses among buttons sees
// it.
type Heading string

// Headings.
const (
	Next   Heading = "NEXT"   // on, to a later state
	Record Heading = "RECORD" // it stays where it is
	Behind Heading = "BACK"   // back to an earlier state
	Finish Heading = "END"    // to an end that is not the last one written: nothing more comes of it
)

// Heading says where an action leads from a state: states are written in the
// order in which a subject goes through them.
func (m *Machine) Heading(a *Action, from string) Heading {
	place := func(code string) int {
		return slices.IndexFunc(m.States, func(s *State) bool { return s.Code == code })
	}
	to := m.State(a.To)
	switch {
	case a.To == "" || a.To == from:
		return Record
	case a.To == Back || to == nil || place(a.To) < place(from):
		return Behind
	case to.End && to != m.lastEnd():
		return Finish
	}
	return Next
}

// lastEnd is where a subject comes that goes through to the end.
func (m *Machine) lastEnd() *State {
	var last *State
	for _, s := range m.States {
		if s.End {
			last = s
		}
	}
	return last
}

// Confirmation is what a person is asked before he does the action, empty where
// he need not be: what ends a subject cannot be taken back by whoever did it.
func (m *Machine) Confirmation(a *Action) string {
	if a.Confirm != "" {
		return a.Confirm
	}
	if to := m.State(a.To); to != nil && to.End {
		return fmt.Sprintf("“%s”以后事项就此结束于“%s”，确定吗？", a.Label, to.Label)
	}
	return ""
}
