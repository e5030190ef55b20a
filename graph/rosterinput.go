package graph

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
)

// entity is what change must know of a stored type.
type entity[T any] struct {
	name string
	id   func(*T) uuid.UUID
	get  func(context.Context, *gen.Client, uuid.UUID) (*T, error)
}

var (
	aTerm = entity[gen.Term]{
		gen.TypeTerm, func(x *gen.Term) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Term, error) { return c.Term.Get(ctx, id) },
	}
	aSitting = entity[gen.Sitting]{
		gen.TypeSitting, func(x *gen.Sitting) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Sitting, error) {
			return c.Sitting.Get(ctx, id)
		},
	}
	aWorkday = entity[gen.Workday]{
		gen.TypeWorkday, func(x *gen.Workday) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Workday, error) {
			return c.Workday.Get(ctx, id)
		},
	}
	aPolicy = entity[gen.TenantPolicy]{
		gen.TypeTenantPolicy, func(x *gen.TenantPolicy) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.TenantPolicy, error) {
			return c.TenantPolicy.Get(ctx, id)
		},
	}
	aUnit = entity[gen.Unit]{
		gen.TypeUnit, func(x *gen.Unit) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Unit, error) { return c.Unit.Get(ctx, id) },
	}
	aMember = entity[gen.Membership]{
		gen.TypeMembership, func(x *gen.Membership) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Membership, error) {
			return c.Membership.Get(ctx, id)
		},
	}
	aSeat = entity[gen.Seat]{
		gen.TypeSeat, func(x *gen.Seat) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Seat, error) { return c.Seat.Get(ctx, id) },
	}
	aGrant = entity[gen.Grant]{
		gen.TypeGrant, func(x *gen.Grant) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Grant, error) {
			return c.Grant.Get(ctx, id)
		},
	}
)

// change carries out one call of a service that answers the changed row, and
// reads that row again as the viewer: one who may not see it gets none.
func change[In, T any](ctx context.Context, r *Resolver, input any, e entity[T], method func(context.Context, In) (*T, error), in In) (*T, []*model.UserError, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		row, err := method(ctx, in)
		if err != nil {
			return "", uuid.Nil, asInput(err)
		}
		return e.name, e.id(row), nil
	})
	if err != nil || len(bad) > 0 {
		return nil, bad, err
	}
	row, err := e.get(ctx, r.ent(), id)
	return row, bad, none(err)
}

// inputNames are the fields that the API calls otherwise than the services.
var inputNames = map[string]string{
	"membership": "membershipId", "unit": "unitId", "term": "termId", "parent": "parentId", "units": "unitIds", "heir": "heirId", "taker": "takerId",
	"matter": "matterId", "subjects": "subjectIds", "voters": "voterIds",
	"partnerName": "name", "partnerKey": "key",
}

// asInput gives an error's path the names of the API.
func asInput(err error) error {
	e, ok := errs.As(err)
	if !ok || len(e.Path) == 0 || inputNames[e.Path[0]] == "" {
		return err
	}
	named := *e
	named.Path = slices.Concat([]string{inputNames[e.Path[0]]}, e.Path[1:])
	return named.Because(err)
}

// changeSitting is the service's method with one argument.
func (r *Resolver) changeSitting(ctx context.Context, in model.ChangeSittingInput) (*gen.Sitting, error) {
	return r.Roster.ChangeSitting(ctx, in.SittingID, roster.SittingDates{
		PrepOpensOn: in.PrepOpensOn, OpensOn: in.OpensOn, CutoffAt: in.CutoffAt, ClosesOn: in.ClosesOn,
	})
}

// endSeat is the service's method with one argument.
func (r *Resolver) endSeat(ctx context.Context, in model.EndSeatInput) (*gen.Seat, error) {
	return r.Roster.EndSeat(ctx, in.SeatID, in.On)
}

func newMember(in model.AddMemberInput) roster.NewMember {
	return roster.NewMember{
		Person: roster.Person{Name: in.Name, Phone: value(in.Phone), PoliticalParty: value(in.PoliticalParty), Post: value(in.Post)},
		SignIn: roster.SignIn{Login: value(in.Login), Password: value(in.Password)},
		Kind:   in.Kind, Term: in.TermID, MemberNo: value(in.MemberNo), From: in.From,
		Unranked: value(in.Unranked), Proposed: value(in.Proposed),
	}
}

func memberChange(in model.UpdateMemberInput) roster.MemberChange {
	out := roster.MemberChange{
		Membership: in.MembershipID, Expected: in.ExpectedVersion, Name: in.Name, Phone: in.Phone, PoliticalParty: in.PoliticalParty,
		Post: in.Post, Term: in.TermID, MemberNo: in.MemberNo, Status: in.Status, Ranked: in.Ranked, Taker: in.TakerID,
	}
	if in.Login != nil || in.Password != nil {
		out.SignIn = &roster.SignIn{Login: value(in.Login), Password: value(in.Password)}
	}
	return out
}

// previewPolicy maps what a change of the settings would do, or why it would be
// refused.
func (r *Resolver) previewPolicy(ctx context.Context, in roster.NewPolicy) (*model.PolicyPreview, error) {
	list, err := r.Roster.PreviewPolicy(ctx, in)
	bad, err := shown(asInput(err))
	out := &model.PolicyPreview{Changes: make([]*model.SettingChange, len(list)), UserErrors: bad}
	for i, c := range list {
		out.Changes[i] = &model.SettingChange{Setting: c.Setting, Before: asJSON(c.Before), After: asJSON(c.After), NeedsTwo: c.NeedsTwo}
		out.NeedsTwo = out.NeedsTwo || c.NeedsTwo
	}
	return out, err
}

// asJSON is a value as its JSON text, nil when there is none.
func asJSON(v any) *string {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil // a setting was read from JSON, so it can be written
	}
	text := string(b)
	return &text
}

// preview maps what a change of rights would do, or why it would be refused.
func (r *Resolver) preview(ctx context.Context, e roster.Effect, err error) (*model.PreviewPayload, error) {
	bad, err := shown(asInput(err))
	if err != nil || len(bad) > 0 {
		return &model.PreviewPayload{UserErrors: bad}, err
	}
	leaves, err := r.waiting(ctx, e.Leaves)
	if err != nil {
		return nil, err
	}
	return &model.PreviewPayload{UserErrors: bad, Effect: &model.RightsEffect{
		MembershipID: e.Membership, Name: e.Name, Post: e.Post, Gains: rights(e.Gains), Loses: rights(e.Loses), From: e.From, NeedsTwo: e.NeedsTwo, Leaves: leaves,
	}}, nil
}

func rights(list []roster.Right) []*model.Right {
	out := make([]*model.Right, len(list))
	for i, x := range list {
		out[i] = &model.Right{Permission: x.Permission.String(), Scope: x.Scope.String()}
	}
	return out
}

// permissionTable lists what each shipped role may do, in the order in which
// people know the roles.
func permissionTable(p *authz.Policy) []*model.RoleRights {
	out := make([]*model.RoleRights, len(authz.Roles))
	for i, role := range authz.Roles {
		out[i] = &model.RoleRights{Role: role.Code, Name: role.Name, Duty: role.Duty, NeedsTwo: roster.NeedsTwo(role.Code), Rights: []*model.Right{}}
		for _, perm := range p.Permissions() {
			if s := p.Table(role.Code)[perm]; s != authz.None {
				out[i].Rights = append(out[i].Rights, &model.Right{Permission: perm.String(), Scope: s.String()})
			}
		}
	}
	return out
}

// waiting gives the matters that wait for a unit the words of their processes.
func (r *Resolver) waiting(ctx context.Context, list []roster.Waiting) ([]*model.WaitingMatter, error) {
	ids := make([]uuid.UUID, len(list))
	for i, w := range list {
		ids[i] = w.Matter
	}
	defs, err := r.Engine.Definitions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]*model.WaitingMatter, len(list))
	for i, w := range list {
		m := &model.WaitingMatter{MatterID: w.Matter, Kind: w.Kind, Number: given(w.Number), State: w.State, Turn: given(w.Turn), Why: w.Why, Becomes: given(w.Becomes)}
		if d := defs[w.Matter]; d != nil {
			if s := d.Machines[process.OfMatter].State(w.State); s != nil {
				m.State = s.Label
			}
			if label := d.Turns[w.Turn]; label != "" {
				m.Turn = &label
			}
		}
		out[i] = m
	}
	return out, nil
}
