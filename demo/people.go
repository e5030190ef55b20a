package demo

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/term"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
)

// foundingTasks are what makes a committee able to work, on the day of its
// founding.
func (s *stage) foundingTasks() []task {
	at := clock.StartOf(s.of.Founded).Add(9 * time.Hour)
	tasks := []task{
		{at, "开通", func(ctx context.Context) error { return s.bootstrap(ctx, at) }},
		{at, "届次、会议与政策", func(ctx context.Context) error { return s.calendar(ctx, at) }},
		{at, "机构与承办单位", func(ctx context.Context) error { return s.addUnits(ctx, at) }},
	}
	for i, p := range s.of.People {
		if i > 0 { // the first is the administrator
			tasks = append(tasks, task{at, "人员", func(ctx context.Context) error { return s.addPerson(ctx, at, p) }})
		}
	}
	return tasks
}

// operator runs fn as the operator of the installation.
func (s *stage) operator(ctx context.Context, at time.Time, fn func(context.Context, roster.Operator) error) error {
	doors := audit.Doors{Store: s.Store, System: "demo"}
	return doors.InTx(clock.With(ctx, instant(at)), s.tenant, func(ctx context.Context) error {
		return fn(ctx, roster.Operator{Roster: s.Roster, Engine: s.Engine})
	})
}

// bootstrap makes the first administrator and publishes the processes.
func (s *stage) bootstrap(ctx context.Context, at time.Time) error {
	admin := s.of.People[0]
	err := s.operator(ctx, at, func(ctx context.Context, op roster.Operator) error {
		if err := alone(ctx); err != nil {
			return err
		}
		login := s.of.login(admin)
		_, err := op.Bootstrap(ctx, roster.FirstAdmin{
			Name: admin.name, Post: admin.Post, SignIn: roster.SignIn{Login: login, Open: true}, Processes: templates.Processes(),
		})
		if err != nil {
			return err
		}
		return s.Accounts.Ready(ctx, login, Password)
	})
	if err != nil {
		return err
	}
	return s.Store.ReadTx(authz.System(ctx), s.tenant, s.lookAround)
}

// calendar opens the term with its sittings and sets the policy. Each of the
// three finds itself when it is there.
func (s *stage) calendar(ctx context.Context, at time.Time) error {
	c := s.of
	return s.as(ctx, at, c.People[0].Key, func(ctx context.Context) (audit.Entry, error) {
		e := audit.Entry{Object: audit.Object(gen.TypeTenant, s.tenant)}
		had, err := s.Store.Ent().Term.Query().Exist(ctx)
		if err != nil || had {
			return e, err
		}
		t, err := s.Roster.OpenTerm(ctx, roster.NewTerm{Ordinal: c.Term.Ordinal, StartsOn: c.Term.Starts, EndsOn: c.Term.Ends})
		if err != nil {
			return e, err
		}
		for _, x := range c.Sittings {
			_, err := s.Roster.OpenSitting(ctx, roster.NewSitting{Term: t.ID, Ordinal: x.Ordinal, SittingDates: roster.SittingDates{
				PrepOpensOn: x.Prep, OpensOn: x.Opens, CutoffAt: x.Cutoff, ClosesOn: x.Closes,
			}})
			if err != nil {
				return e, err
			}
		}
		if err := s.decide(ctx, c.Policy); err != nil {
			return e, err
		}
		e.Action = "openTerm"
		return e, nil
	})
}

// decide writes the committee's policy as if two had decided it: its people are
// made up and their password is on the first page, so that nobody who tries the
// demo is asked for an authenticator.
func (s *stage) decide(ctx context.Context, p *policySpec) error {
	if p == nil {
		p = &policySpec{Note: "演示", Approved: "主席会议"}
	}
	settings := maps.Clone(p.Settings)
	if settings == nil {
		settings = map[string]any{}
	}
	settings["signIn"] = signin.Relaxed()
	if err := process.CheckPolicy(settings); err != nil {
		return err
	}
	b, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	clear(settings)
	if err := json.Unmarshal(b, &settings); err != nil {
		return err
	}
	return s.Store.Ent().TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(clock.Today(ctx)).SetSettings(settings).SetNote(p.Note).SetApprovedBy(p.Approved).Exec(ctx)
}

// addUnits adds all units, a unit after its parent.
func (s *stage) addUnits(ctx context.Context, at time.Time) error {
	return s.as(ctx, at, s.of.People[0].Key, func(ctx context.Context) (audit.Entry, error) {
		e := audit.Entry{Object: audit.Object(gen.TypeTenant, s.tenant)}
		had, err := s.Store.Ent().Unit.Query().Exist(ctx)
		if err != nil || had {
			return e, err
		}
		ids := map[string]uuid.UUID{}
		for _, u := range s.of.Units {
			in := roster.NewUnit{Line: unit.Line(u.line()), Kind: unit.Kind(u.Kind), Name: u.Name, ShortName: u.short(), DocWord: u.Word, Brand: u.Brand, Category: u.Category, Level: u.Level}
			if u.Parent != "" {
				parent := ids[u.Parent]
				in.Parent = &parent
			}
			if u.Channel != "" {
				channel := unit.Channel(u.Channel)
				in.Channel = &channel
			}
			row, err := s.Roster.CreateUnit(ctx, in)
			if err != nil {
				return e, err
			}
			ids[u.Key] = row.ID
		}
		e.Action = "createUnit"
		return e, nil
	})
}

// addPerson enters a person with seats and roles. Who is there by name has
// been entered, in one transaction with all of it.
func (s *stage) addPerson(ctx context.Context, at time.Time, p *personSpec) error {
	if _, there := s.people[p.Key]; there {
		return nil
	}
	if len(s.units) == 0 {
		if err := s.Store.ReadTx(authz.System(ctx), s.tenant, s.lookAround); err != nil {
			return err
		}
	}
	return s.as(ctx, at, s.of.People[0].Key, func(ctx context.Context) (audit.Entry, error) {
		e := audit.Entry{Object: audit.Object(gen.TypeTenant, s.tenant)}
		had, err := s.Store.Ent().Membership.Query().Where(membership.Name(p.name)).Exist(ctx)
		if err != nil || had {
			return e, err
		}
		m, err := s.admit(ctx, p)
		if err != nil {
			return e, err
		}
		e.Action, e.Object = "addMember", audit.Object(gen.TypeMembership, m.ID)
		return e, nil
	})
}

func (s *stage) admit(ctx context.Context, p *personSpec) (*gen.Membership, error) {
	in := roster.NewMember{Person: roster.Person{Name: p.name, Post: p.Post, PoliticalParty: p.Party}, Kind: membership.Kind(p.Kind)}
	if in.Kind == membership.KindMEMBER {
		t, err := s.Store.Ent().Term.Query().Where(term.Ordinal(s.of.Term.Ordinal)).Only(ctx)
		if err != nil {
			return nil, err
		}
		in.Term, in.Phone = &t.ID, "0411-00000000" // nobody's
	}
	in.Login = s.of.login(p)
	in.Open = !p.Silent && p.Login == ""
	m, err := s.Roster.AddMember(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.Open { // as if everybody had set this password himself
		if err := s.Accounts.Ready(ctx, in.Login, Password); err != nil {
			return nil, err
		}
	}
	if m.AccountID == nil && in.Login != "" { // he sits in another committee too, and joins this one
		if m, err = s.join(ctx, m.ID); err != nil {
			return nil, err
		}
	}
	for _, x := range p.Seats {
		key, post, _ := strings.Cut(x, ":")
		in := roster.NewSeat{Membership: m.ID, Unit: s.units[key], Post: seat.Post(post)}
		if in.Post == seat.PostSUPERVISOR {
			in.Initiator = "政协委派" // XG-01
		}
		if _, err := s.Roster.Seat(ctx, in); err != nil {
			return nil, err
		}
	}
	for _, role := range p.Roles {
		if err := s.give(ctx, m.ID, role); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// join accepts the invitation to be a membership, as its owner would.
func (s *stage) join(ctx context.Context, member uuid.UUID) (*gen.Membership, error) {
	var account uuid.UUID
	var in accounts.Invitation
	err := tenants.Row(ctx, `SELECT id, account_id FROM account_invitations WHERE membership_id = $1`, []any{member}, &in.ID, &account)
	if err != nil {
		return nil, err
	}
	in.Membership = member
	return s.Roster.Accept(ctx, account, in)
}

// give grants a role. The four that need two persons come from the operator,
// as in a committee that has one administrator yet.
func (s *stage) give(ctx context.Context, to uuid.UUID, role string) error {
	if !roster.NeedsTwo(role) {
		_, err := s.Roster.Grant(ctx, roster.NewGrant{Membership: to, Role: role})
		return err
	}
	op := roster.Operator{Roster: s.Roster, Engine: s.Engine}
	_, err := op.Appoint(authz.With(ctx, nil), roster.Appointment{Membership: to, Role: role, Reason: "按" + s.of.Short + "主席会议决定开通"})
	return err
}
