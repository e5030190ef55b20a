package graph

import (
	"context"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
)

// or is v, fallback where it was not given.
func or[T any](v, fallback *T) *T {
	if v == nil {
		return fallback
	}
	return v
}

func value[T any](v *T) (zero T) {
	if v == nil {
		return zero
	}
	return *v
}

func (r *Resolver) matters(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, order *gen.MatterOrder, ps ...predicate.Matter) (*gen.MatterConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(order.Field.String() != gen.MatterOrderFieldTitle.String(), after, before)
	}
	if err != nil {
		return nil, err
	}
	return r.ent().Matter.Query().Where(ps...).Paginate(ctx, after, first, before, last, gen.WithMatterOrder(order))
}

func (r *Resolver) viewer(ctx context.Context) (*model.Viewer, error) {
	v := authz.From(ctx)
	m, err := r.ent().Membership.Query().Where(membership.ID(v.Membership)).Only(ctx)
	if err != nil {
		return nil, err
	}
	t, err := r.ent().Tenant.Query().Where(tenant.ID(v.Tenant)).Only(ctx)
	if err != nil {
		return nil, err
	}
	units, err := r.ent().Unit.Query().Where(unit.IDIn(v.Seats...), unit.SuccessorIDIsNil()).Order(unit.ByName()).All(ctx)
	if err != nil {
		return nil, err
	}
	out := &model.Viewer{Membership: m, Tenant: t, Roles: v.Roles, Units: units}
	for _, p := range r.Directory.Policy().Permissions() {
		if s := v.May(p); s != authz.None {
			out.Permissions = append(out.Permissions, &model.ViewerPermission{Permission: p.String(), Scope: s.String()})
		}
	}
	return out, nil
}

// phone is shown to its owner and to who keeps the personal data.
func (r *Resolver) phone(ctx context.Context, m *gen.Membership) (*string, error) {
	v := authz.From(ctx)
	if m.ID != v.Membership && !v.May(authz.Perm("personal.read")).Has(authz.Tenant) {
		return nil, nil
	}
	phone, err := load(ctx).numbers.Load(ctx, m.ID) // the list did not select it
	return given(phone), err
}

// contactPhones answers, of a batch of proposals, the numbers that the viewer
// may see: the proposer, the 提案委 and the units that handle the case need them
// for the contact.
func (r *Resolver) contactPhones(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]string, error) {
	rows, err := r.ent().Proposal.Query().Where(proposal.IDIn(ids...)).Select(proposal.FieldMatterID, proposal.FieldContactPhone).All(ctx)
	if err != nil {
		return nil, err
	}
	of := make([]uuid.UUID, len(rows))
	for i, p := range rows {
		of[i] = p.MatterID
	}
	may, err := r.Engine.Covering(ctx, of, "proposal.contactDetails", "proposal.edit")
	out := make(map[uuid.UUID]string, len(rows))
	for _, p := range rows {
		if may[p.MatterID] {
			out[p.ID] = p.ContactPhone
		}
	}
	return out, err
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func draft(in model.CreateProposalInput) proposals.Draft {
	return proposals.Draft{
		Kind: in.ProposerKind, Title: in.Title, Situation: value(in.Situation), Analysis: value(in.Analysis), Suggestions: in.Suggestions,
		Category: value(in.Category), Units: in.SuggestedUnitIds, Consent: in.ConsentPublish == nil || *in.ConsentPublish,
		Reason: value(in.ConsentReason), Organisation: in.OrganisationUnitID, OnBehalf: in.OnBehalfOfID,
	}
}

// merge absorbs several cases into one, all or none.
func (r *Resolver) merge(ctx context.Context, c common, in model.MergeProposalsInput) error {
	if len(in.AbsorbedIds) == 0 || len(in.AbsorbedIds) > 50 {
		return errs.New(errs.Invalid, "一次并入 1 至 50 件").At("absorbedIds")
	}
	for _, id := range in.AbsorbedIds {
		_, err := r.Engine.Act(ctx, flow.Command{
			Machine: process.OfMatter, Subject: id, Action: "merge", Reason: c.reason, Form: process.Form{"intoId": in.IntoID.String()},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func figures(f proposals.Figures) *model.ProposalFigures {
	out := &model.ProposalFigures{
		Received: f.Received, Filed: f.Filed, Merged: f.Merged, ConvertedToOpinion: f.Opinions, ConvertedToLetter: f.Letters,
		NotFiled: f.NotFiled, Withdrawn: f.Withdrawn, ForwardedUp: f.Forwarded, Pending: f.Pending, Plenary: f.Plenary,
		Intersession: f.Intersession, Assigned: f.Assigned, Completed: f.Completed, Rehandled: f.Rehandled,
		RatingsAsked: f.Asked, RatingsReceived: f.Answered, FilingRate: rate(f.Filed, f.Received), CompletionRate: rate(f.Completed, f.Filed),
		FeedbackRate: rate(f.Answered, f.Asked), Ratings: []*model.RatingCount{},
	}
	out.AttitudeRatings, out.Outcomes = []*model.RatingCount{}, []*model.OutcomeFigure{}
	for _, c := range f.Attitudes {
		out.AttitudeRatings = append(out.AttitudeRatings, &model.RatingCount{Code: c.Code, Count: c.Count})
	}
	out.FaceRate, out.ContactRate, out.Uncontacted = rate(f.Met, f.Assigned), rate(f.Contacted, f.Assigned), f.Uncontacted
	out.UnitContacts = make([]*model.UnitContactFigure, len(f.Units))
	for i, u := range f.Units {
		out.UnitContacts[i] = &model.UnitContactFigure{
			Unit: u.Unit, Assigned: u.Assigned, FaceRate: rate(u.Met, u.Assigned), ContactRate: rate(u.Contacted, u.Assigned), Uncontacted: u.Uncontacted, Marks: u.Marks,
		}
	}
	for _, o := range f.Outcomes {
		out.Outcomes = append(out.Outcomes, &model.OutcomeFigure{
			Category: model.OutcomeCategory(o.Category), Measure: o.Measure, Count: len(o.Rows), Quantity: o.Quantity, Rows: o.Rows,
		})
	}
	counts := map[string]int{}
	for _, c := range f.Ratings {
		counts[c.Code] = c.Count
		out.Ratings = append(out.Ratings, &model.RatingCount{Code: c.Code, Count: c.Count})
	}
	out.SatisfactionRate = rate(counts["SATISFIED"], f.Answered)
	out.SatisfactionRateWithBasic = rate(counts["SATISFIED"]+counts["BASIC"], f.Answered)
	return out
}

func (r *Resolver) signIn(ctx context.Context, in model.SignInInput) (*model.SignInPayload, error) {
	out := &model.SignInPayload{Choices: []*model.MembershipChoice{}, Invitations: []*model.Invitation{}, UserErrors: []*model.UserError{}}
	s, err := r.Accounts.SignIn(ctx, in.Login, in.Password, client(ctx))
	if err == nil {
		for _, c := range s.Choices {
			out.Choices = append(out.Choices, &model.MembershipChoice{MembershipID: c.Membership, TenantCode: c.TenantCode, TenantName: c.TenantName})
		}
		out.Invitations = invitations(s.Invitations)
		if len(s.Choices) == 0 && len(s.Invitations) == 0 { // M20
			bad, err := shown(errs.New(errs.NotAllowed, "您现在没有可以进入的政协：您的身份可能已经终止、暂停，或还没有开始。如有疑问，请联系您所在政协的租户管理员"))
			out.UserErrors = bad
			return out, err
		}
		if len(s.Choices) != 1 {
			out.RefreshToken = &s.Refresh
			return out, nil
		}
		var t accounts.Tokens
		if t, err = r.Accounts.Choose(ctx, s.Refresh, s.Choices[0].Membership, client(ctx)); err == nil {
			out.Tokens = tokens(t)
			return out, nil
		}
	}
	bad, err := shown(err)
	out.UserErrors = bad
	return out, err
}

func tokens(t accounts.Tokens) *model.Tokens {
	return &model.Tokens{AccessToken: t.Access, AccessExpiresAt: t.AccessExpires, RefreshToken: t.Refresh, MembershipID: t.Membership}
}

func tokensPayload(t accounts.Tokens, err error) (*model.TokensPayload, error) {
	if err != nil {
		bad, err := shown(err)
		return &model.TokensPayload{UserErrors: bad}, err
	}
	return &model.TokensPayload{Tokens: tokens(t), UserErrors: []*model.UserError{}}, nil
}

func done(err error) (*model.SignOutPayload, error) {
	if err != nil {
		bad, err := shown(err)
		return &model.SignOutPayload{UserErrors: bad}, err
	}
	return &model.SignOutPayload{Done: true, UserErrors: []*model.UserError{}}, nil
}

// shown makes a user error of what may be shown, and passes the rest: where the
// database is not there, the request has failed, and not what it asked for.
func shown(err error) ([]*model.UserError, error) {
	if e, ok := errs.As(err); ok && e.Code != errs.Internal && e.Code != errs.Unavailable {
		return []*model.UserError{userError(e)}, nil
	}
	return []*model.UserError{}, err
}

func (r *Resolver) sessions(ctx context.Context) ([]*model.Session, error) {
	v := authz.From(ctx)
	list, err := r.Accounts.Sessions(ctx, v.Account)
	out := make([]*model.Session, len(list))
	for i, s := range list {
		out[i] = &model.Session{ID: s.ID, CreatedAt: s.Created, ExpiresAt: s.Expires, Client: s.Client, Current: s.ID == v.Session}
	}
	return out, err
}

// heir is who is there now in place of a unit.
func (r *Resolver) heir(ctx context.Context, u *gen.Unit) (*gen.Unit, error) {
	if u.SuccessorID == nil {
		return u, nil
	}
	return load(ctx).heirs.Load(ctx, u.ID)
}
