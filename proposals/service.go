package proposals

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/sitting"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/search"
)

// Service is what is not a transition of one case: opening one, looking for
// similar ones, numbering a sitting, and figures.
type Service struct {
	engine *flow.Engine
	client *gen.Client
}

// New makes the service; Register must have been called on the engine.
func New(e *flow.Engine) *Service { return &Service{engine: e, client: e.Client()} }

// Draft is a new proposal. Unknown is everything that its author has not
// written yet; a draft may be as empty as he likes.
type Draft struct {
	Kind         proposal.ProposerKind
	Title        string
	Situation    string
	Analysis     string
	Suggestions  []string
	Category     string
	Units        []uuid.UUID // suggested, at most five
	Consent      bool        // to publication
	Reason       string      // against it
	Organisation *uuid.UUID  // the collective proposer, for PARTY, GROUP, COMMITTEE and JOINT_ORG
	OnBehalf     *uuid.UUID  // 代录: the member for whom staff enter it
}

// entered reports 代录: staff enter it for a member, or for an organisation.
func (d Draft) entered(v *authz.Viewer) bool {
	collective := byOrganisation(&gen.Proposal{ProposerKind: d.Kind})
	return d.OnBehalf != nil || (collective && v.May(authz.Perm("proposal.enterFor")) != authz.None)
}

// Create opens a draft (transition 1). A member drafts for himself, a liaison
// for his organisation, a clerk for a member or an organisation, whose liaison
// then hands it in. Called twice it makes two
// drafts; an idempotency key prevents that.
func (s *Service) Create(ctx context.Context, d Draft) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "proposals.Create")
	v := authz.From(ctx)
	if err := mayCreate(v, d); err != nil {
		return nil, err
	}
	if err := d.fits(); err != nil {
		return nil, err
	}
	sys := authz.System(ctx)
	if err := ownUnits(sys, s.client, d.Units, "suggestedUnitIds"); err != nil {
		return nil, err
	}
	lead, err := s.lead(sys, v, d)
	if err != nil {
		return nil, err
	}
	now, err := s.currentSitting(sys)
	if err != nil {
		return nil, err
	}
	o := flow.Opening{Kind: Kind, Title: d.Title, OnBehalf: d.OnBehalf}
	if lead.member != nil {
		if o.Sector, o.Street, err = authz.Home(sys, s.client, lead.member.ID, clock.Today(ctx)); err != nil {
			return nil, err
		}
	}
	if lead.unit != nil {
		o.OwnerUnit = &lead.unit.ID
	}
	o.Payload = func(ctx context.Context, m *gen.Matter) error { return s.payload(ctx, v, d, lead, now, m) }
	return s.engine.Start(ctx, o)
}

// ownUnits refuses units to which nothing can be given.
func ownUnits(ctx context.Context, c *gen.Client, ids []uuid.UUID, field string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := authz.UnitsThere(ctx, c, ids, authz.Fits{}, field)
	return err
}

// mayCreate: who may open which kind for whom.
func mayCreate(v *authz.Viewer, d Draft) error {
	perm, needs := authz.Perm("proposal.create"), authz.Own
	collective := byOrganisation(&gen.Proposal{ProposerKind: d.Kind})
	switch {
	case d.entered(v):
		perm, needs = authz.Perm("proposal.enterFor"), authz.Tenant
	case collective:
		perm, needs = authz.Perm("proposal.createCollective"), authz.Unit
		if !v.InUnit(d.Organisation) {
			return errs.New(errs.NotAllowed, "只能以您所在组织的名义提出集体提案").At("organisationUnitId")
		}
	}
	if !v.May(perm).Has(needs) {
		return errs.New(errs.NotAllowed, "您没有提出这类提案的权限")
	}
	if collective && d.Organisation == nil {
		return errs.New(errs.Invalid, "集体提案须选择提出的组织").At("organisationUnitId")
	}
	return nil
}

type leader struct {
	member *gen.Membership
	unit   *gen.Unit
}

func (l leader) name() string {
	if l.unit != nil {
		return l.unit.Name
	}
	return l.member.Name
}

// lead finds the first proposer: the organisation, the member for whom staff
// enter, or the viewer.
func (s *Service) lead(ctx context.Context, v *authz.Viewer, d Draft) (leader, error) {
	if d.Organisation != nil {
		u, err := authz.UnitThere(ctx, s.client, *d.Organisation, authz.Fits{Lines: []unit.Line{unit.LineORGANISATION}, What: "组织"}, "organisationUnitId")
		return leader{unit: u}, err
	}
	id, field := v.Membership, ""
	if d.OnBehalf != nil {
		id, field = *d.OnBehalf, "onBehalfOfId"
	}
	m, err := s.client.Membership.Query().Where(membership.ID(id), membership.KindEQ(membership.KindMEMBER), authz.MemberOn(clock.Today(ctx))).Only(ctx)
	if gen.IsNotFound(err) {
		return leader{}, errs.New(errs.Invalid, "提案人须是本政协的在任委员").At(field)
	}
	return leader{member: m}, err
}

func (s *Service) payload(ctx context.Context, v *authz.Viewer, d Draft, lead leader, now *gen.Sitting, m *gen.Matter) error {
	units := make([]string, len(d.Units))
	for i, u := range d.Units {
		units[i] = u.String()
	}
	c := s.client.Proposal.Create().SetMatterID(m.ID).SetProposerKind(d.Kind).SetSituation(d.Situation).SetAnalysis(d.Analysis).
		SetSuggestions(d.Suggestions).SetCategory(d.Category).SetSuggestedUnits(units).SetConsentPublish(d.Consent).SetConsentReason(d.Reason)
	if now != nil {
		c.SetSitting(now)
	}
	if d.entered(v) {
		c.SetEnteredByID(v.Membership)
	}
	if err := c.Exec(ctx); err != nil {
		return err
	}
	p := s.client.Party.Create().SetMatterID(m.ID).SetName(lead.name()).SetRole(party.RoleLEAD)
	if lead.unit != nil {
		p.SetUnit(lead.unit)
	} else {
		p.SetMembership(lead.member)
	}
	if err := p.Exec(ctx); err != nil || m.SectorID == nil || !bySector(&gen.Proposal{ProposerKind: d.Kind}) {
		return err
	}
	return s.callConveners(ctx, m, lead.member.ID)
}

// callConveners lets the 界别's conveners of today see the draft that one of
// them must sign.
func (s *Service) callConveners(ctx context.Context, m *gen.Matter, drafter uuid.UUID) error {
	found, err := s.client.Membership.Query().Where(membership.IDNEQ(drafter), authz.MemberOn(clock.Today(ctx)),
		membership.HasSeatsWith(seat.UnitID(*m.SectorID), seat.PostIn(seat.PostCONVENER, seat.PostVICE_CONVENER), authz.SeatOn(clock.Today(ctx)))).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range found {
		err := s.client.Party.Create().SetMatterID(m.ID).SetMembership(c).SetName(c.Name).SetRole(party.RoleGUEST).SetOrdinal(1000).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// currentSitting is the one whose window or session is open, nil when none is;
// submission decides finally.
func (s *Service) currentSitting(ctx context.Context) (*gen.Sitting, error) {
	today := clock.Today(ctx)
	row, err := s.client.Sitting.Query().Where(sitting.PrepOpensOnLTE(today), sitting.ClosesOnGTE(today)).Order(gen.Asc(sitting.FieldPrepOpensOn)).First(ctx)
	if gen.IsNotFound(err) {
		return nil, nil
	}
	return row, err
}

// FindSimilar looks for like titles among this committee's cases, best first, at
// most five: 重复提案 are seen before they are written, and when they are
// reviewed. It compares those that the viewer sees: filed ones, and for staff
// those that wait for review too; never the one that is looked at.
func (s *Service) FindSimilar(ctx context.Context, title string, except *uuid.UUID) ([]search.Like, error) {
	v := authz.From(ctx)
	if v.May(authz.Perm("proposal.create")) == authz.None && v.May(authz.Perm("proposal.read")) == authz.None {
		return nil, authz.Lacking("您没有查重的权限", "proposal.create", "proposal.read")
	}
	such := proposal.DispositionEQ(proposal.DispositionFILED)
	if v.May(authz.Perm("proposal.read")).Has(authz.Tenant) {
		such = proposal.Or(such, proposal.And(proposal.DispositionEQ(proposal.DispositionNONE), proposal.SubmittedAtNotNil()))
	}
	ps := []predicate.Matter{matter.Kind(Kind), matter.HasProposalWith(such)}
	if except != nil {
		ps = append(ps, matter.IDNEQ(*except))
	}
	return search.Alike(ctx, title, 0.35, 5, ps...)
}
