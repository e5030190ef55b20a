// Package inputs are the inputs of the API that are what a service takes: the
// service's own struct, with what every mutation has beside it. gqlgen.yml binds
// them, and says where the API calls a field otherwise; a field that is added to
// the service and to the schema needs nothing here. Services know nothing of it.
//
// What is not here has a struct of gqlgen's in graph/model: its service takes
// something else, or a secret must not be remembered with the idempotency key.
package inputs

import (
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/roster"
)

// Keyed is beside what has a reason of its own.
type Keyed struct {
	IdempotencyKey *string
}

// Asked is beside what has none: the reason is for the book.
type Asked struct {
	Reason         *string
	IdempotencyKey *string
}

type (
	OpenTerm struct {
		roster.NewTerm
		Asked
	}
	OpenSitting struct {
		roster.NewSitting
		Asked
	}
	SetWorkday struct {
		roster.NewWorkday
		Asked
	}
	SetPolicy struct {
		roster.NewPolicy
		Asked
	}
	CreateUnit struct {
		roster.NewUnit
		Asked
	}
	UpdateUnit struct {
		roster.UnitChange
		Asked
	}
	RenameUnit struct {
		roster.Renaming
		Asked
	}
	MergeUnits struct {
		roster.Merger
		Asked
	}
	MoveUnit struct {
		roster.Move
		Asked
	}
	CloseUnit struct {
		roster.Closing
		Keyed
	}
	EndMembership struct {
		roster.Ending
		Keyed
	}
	ReinstateMembership struct {
		roster.Reinstatement
		Asked
	}
	SeatMember struct {
		roster.NewSeat
		Asked
	}
	GrantRole struct {
		roster.NewGrant
		Keyed
	}
	RevokeGrant struct {
		roster.Revocation
		Keyed
	}
	CreatePlatform struct {
		platforms.Spec
		Asked
	}
	OpenMatter struct {
		platforms.Opening
		Keyed
	}
	DraftTask struct {
		tasks.Draft
		Keyed
	}
	OpenBallot struct {
		ballots.Spec
		Asked
	}
)
