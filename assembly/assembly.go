// Package assembly puts the nouns together: every rule known to one engine,
// every kind of envelope known to the exchange. What two nouns share meets
// here, since they never import each other. The server, the command line, the
// demo and the tests all take the product from here, so that none of them knows
// a rule less than the others.
package assembly

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/reports"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/overview"
	"github.com/bihuan/bihuan/loop/plans"
	"github.com/bihuan/bihuan/loop/tasks"
	"github.com/bihuan/bihuan/obligations"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// Services are the nouns, wired.
type Services struct {
	Engine      *flow.Engine
	Exchange    *exchange.Service
	Proposals   *proposals.Service
	Cohorts     *cohorts.Service
	Tasks       *tasks.Service
	Opinions    *opinions.Service
	Plans       *plans.Service
	Platforms   *platforms.Service
	Processes   *processes.Service
	Ballots     *ballots.Service
	Overview    *overview.Service
	Oversight   *oversight.Service
	Phone       *phone.Service
	Obligations *obligations.Service
	Reports     *reports.Service
	OwnFigures  *figures.Own
	Guidance    *guidance.Service

	store *tenants.Store
}

// New wires the nouns on a store. Keys of the exchange and of ballots come
// from the installation's secret.
func New(store *tenants.Store, dir *authz.Directory, key secret.Secret) (s Services, err error) {
	s.store = store
	if s.Exchange, err = exchange.New(store, key.For("exchange")); err != nil {
		return s, err
	}
	if s.Ballots, err = ballots.New(store, key.For("ballots")); err != nil {
		return s, err
	}
	e := flow.New(store.Ent())
	Register(e.Rules)
	cohorts.Connect(e, appraisals{s.Ballots})
	tasks.Connect(e, s.Exchange)
	forwards.Connect(e, s.Exchange)
	opinions.Connect(e, s.Exchange)
	e.Watch(mirror(s.Exchange))
	s.Engine = e
	s.Proposals, s.Cohorts, s.Tasks, s.Plans = proposals.New(e), cohorts.New(e), tasks.New(e, s.Exchange), plans.New(e)
	s.Opinions, s.Obligations = opinions.New(e), obligations.New(e)
	s.Platforms, s.Processes, s.Overview = platforms.New(e), processes.New(e, dir), overview.New(e)
	s.Processes.Register(s.Exchange)
	s.Reports, s.OwnFigures = reports.New(store.Ent()), figures.NewOwn(e.KindStates)
	s.Oversight = oversight.New(store, s.Exchange)
	s.Oversight.Standing([]string{opinions.KindOutcome}, []string{opinions.KindForward})
	s.Guidance = s.papers(roster.New(store.Ent(), dir, nil, e))
	s.Phone = phone.New(store, dir, e, key.For("phone"))
	return s, nil
}

// Vocabulary is every word that a definition can write: enough to check one.
func Vocabulary() *process.Vocabulary {
	s := flow.NewRules()
	Register(s)
	return s.Vocabulary()
}

// Kinds are what the product's own kinds of matter are, by their codes.
func Kinds() []*flow.Kind {
	s := flow.NewRules()
	Register(s)
	return s.Kinds()
}

// Engine knows every rule, and is enough to publish definitions.
func Engine(client *gen.Client) *flow.Engine {
	e := flow.New(client)
	Register(e.Rules)
	return e
}

// Register makes every word of the product known.
func Register(s *flow.Rules) {
	proposals.Register(s)
	cohorts.Register(s)
	tasks.Register(s)
	plans.Register(s)
	forwards.Register(s)
	opinions.Register(s)
	vocab.Register(s)
}

// appraisals lets a cohort take over what came of a secret ballot.
type appraisals struct{ votes *ballots.Service }

func (a appraisals) Appraisal(ctx context.Context, ballot uuid.UUID) (*cohorts.Appraisal, error) {
	r, err := a.votes.Result(ctx, ballot)
	if err != nil {
		return nil, err
	}
	b := r.Ballot
	out := &cohorts.Appraisal{
		Matter: b.Matter, Title: b.Title, Opened: b.OpensAt, Closed: *b.ClosedAt, Units: b.Subjects, Dimensions: b.Dimensions,
		Voters: r.Voters, Cast: r.Cast, Absent: r.Absent, Withheld: r.Withheld,
	}
	for _, t := range r.Tallies {
		own := cohorts.Tally{UnitID: t.Subject, Dimension: t.Dimension, Valid: t.Valid, Invalid: t.Invalid, Abstained: t.Abstained, Absent: t.Absent}
		for _, v := range t.Votes {
			own.Votes = append(own.Votes, cohorts.Votes{Option: v.Option.Name, Votes: v.Votes})
		}
		out.Tallies = append(out.Tallies, own)
	}
	return out, nil
}

// mirror tells every committee with which a matter is shared, its origin or who
// holds a copy, into which state it has gone (domain.md 10.2).
func mirror(post *exchange.Service) flow.Watcher {
	return func(ctx context.Context, r *flow.Run, _ string) error {
		if r.Origin == nil && r.Mirror == nil {
			return nil
		}
		s := r.Def.Machines[process.OfMatter].State(r.State)
		_, err := post.Report(ctx, exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID},
			exchange.Status{Number: r.Matter.Number, Status: s.Label, Note: r.Told})
		return err
	}
}
