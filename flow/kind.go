package flow

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

// Kind is what a kind of matter is. The package of a noun declares its own in
// one value (kind.go) and registers it with its rules; whoever has to tell kinds
// apart reads it from there and names none. Its rights are the object Code of
// authz/policy.csv, its definition ships as tenants/templates/<Code>.yaml, and
// its words begin with Code and a dot. A committee's own kinds are the same
// thing with the values of GenericKind.
type Kind struct {
	Code  string
	Title string // as its shipped definition says it

	Sealed  bool     // it is nothing without what its package writes beside the matter: no other process opens one
	Unnamed bool     // its matters are not named where others could read along, such as on a phone's screen
	Gathers bool     // its rules look at the matters that refer to it (Case.Below)
	Payload *Payload // the entity beside the matter, nil for none

	// Names are the states and actions that Go code names, by machine: a
	// version that lacks one would go unnoticed by that code, so it is not
	// published.
	Names map[string]Names

	Attaching []string        // rights to work on a matter: whoever has one of them there may add what shows the work
	Managing  []string        // rights of who manages a matter: whoever has one of them there may take away what was attached by mistake
	Turns     map[string]Turn // whom a code of the definition's turns means
	Guardians []string        // the roles to whom a matter goes for which nobody is left: the first that somebody holds

	// Begins is the day from which on something can have happened in a matter.
	// nil: a year before it was opened, since much is entered afterwards.
	Begins func(*Case) time.Time
	Round  func(*Case) int             // in which round units have their shares; nil: there is one
	Owes   func(*Case, *gen.Item) bool // which of its items with a day, open ones, are owed yet; nil: all
}

// Names are codes of a machine.
type Names = process.Names

// generic are the rights to work on a matter of a committee's own kind.
var generic = []string{"matter.open", "matter.screen", "matter.approve", "matter.arrange", "matter.research", "matter.hold",
	"matter.report", "matter.respond", "matter.follow", "matter.archive"}

// managing are the rights to manage one.
var managing = []string{"matter.arrange", "matter.archive"}

// GenericKind is what a committee's own kind is: there a turn is the code of a
// role, as far as it reaches over matters, or of a party, or "units", those
// that owe something.
func GenericKind(code string) *Kind {
	return &Kind{Code: code, Attaching: generic, Managing: managing, Guardians: []string{"committee_staff", "secretary_general", "chair"}}
}

// Kind registers what a kind is; like its siblings it is called at start only.
func (s *Rules) Kind(k *Kind) {
	if !authz.Regulated(k.Code) || s.kinds[k.Code] != nil {
		panic(fmt.Sprintf("flow: kind %q is registered twice, or has no rights of its own in authz/policy.csv", k.Code))
	}
	s.kinds[k.Code] = k
	s.paper.AddKind(process.Kind{Code: k.Code, Sealed: k.Sealed, Names: k.Names, Floor: floorOf(k.Code)})
	if k.Payload != nil {
		p := casePart(*k.Payload)
		p.of = k.Code
		s.parts = append([]casePart{p}, s.parts...)
	}
}

// floorOf is the floor that ships with a kind, as its definition does.
func floorOf(kind string) *process.Floor {
	source := templates.Floor(kind)
	if source == nil {
		return nil
	}
	f, err := process.ParseFloor(source)
	if err != nil {
		panic(err) // embedded: a test reads it
	}
	return f
}

// KindOf is what a kind is: as it was declared, else a committee's own. Of a
// shipped kind whose noun is not registered nothing is known; it stays shut.
func (s *Rules) KindOf(code string) *Kind {
	switch k := s.kinds[code]; {
	case k != nil:
		return k
	case authz.Regulated(code):
		return &Kind{Code: code, Sealed: true}
	}
	return GenericKind(code)
}

// Kinds are all that were declared, by their codes.
func (s *Rules) Kinds() []*Kind {
	var out []*Kind
	for _, code := range slices.Sorted(maps.Keys(s.kinds)) {
		out = append(out, s.kinds[code])
	}
	return out
}
