package opinions

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Service is what is not a step of one opinion: handing one in.
type Service struct {
	engine *flow.Engine
	client *gen.Client
}

// New makes the service; Register must have been called on the engine.
func New(e *flow.Engine) *Service { return &Service{engine: e, client: e.Client()} }

// Origin is from where an opinion comes.
type Origin string

// Origins; what a proposal or a platform's matter became says so itself.
const (
	Member    Origin = "MEMBER"
	Committee Origin = "COMMITTEE"
	Party     Origin = "PARTY"
	Venue     Origin = "VENUE"
	Expert    Origin = "EXPERT"
	ThinkTank Origin = "THINK_TANK"
	Public    Origin = "PUBLIC"
)

// origins in words, as the matter's source is shown.
var origins = map[Origin]string{
	Member: "委员反映", Committee: "专委会、界别反映", Party: "党派团体反映", Venue: "委员工作室等反映",
	Expert: "专家学者反映", ThinkTank: "智库机构反映", Public: "群众反映",
}

// Submission is a 社情民意 that is handed in: 一事一报.
type Submission struct {
	Title, Text string
	Origin      Origin     // empty: the viewer's own, as a member
	OnBehalf    *uuid.UUID // the member who brings it in, where staff enter it
	Unit        *uuid.UUID // the unit that brings it in, for COMMITTEE, PARTY and VENUE
	From        *Outsider  // who brings it in from outside, for EXPERT, THINK_TANK and PUBLIC
	People      int        // how many people of the 界别 were heard for it
	Urgent      bool
	Topics      []string
	Reason      string // of the first step
}

// Outsider is somebody without an account: he is named, and how it came to us.
type Outsider struct {
	Name        string
	Institution string
	Post        string
	HandedIn    string // how it was handed in: a letter, a talk, a meeting
}

// mostTopics bounds the tags of an opinion.
const mostTopics = 10

// submit is the right to hand in.
var submit = authz.Perm("opinion.submit")

// Submit hands in an opinion for the context's viewer: a member his own; staff
// for a member, a unit or somebody outside, as far as their right reaches.
// Called twice it hands in two; an idempotency key prevents that.
func (s *Service) Submit(ctx context.Context, in Submission) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "opinions.Submit")
	v := authz.From(ctx)
	scope := v.May(submit)
	if scope == authz.None {
		return nil, errs.New(errs.NotAllowed, "您没有反映社情民意的权限")
	}
	if err := in.tidy(scope); err != nil {
		return nil, err
	}
	sys := authz.System(ctx)
	o := flow.Opening{Kind: Kind, Title: in.Title, OnBehalf: in.OnBehalf, Reason: in.Reason, Entry: true}
	who, err := s.author(sys, v, scope, in, &o)
	if err != nil {
		return nil, err
	}
	o.Payload = func(ctx context.Context, m *gen.Matter) error {
		if err := s.client.Matter.UpdateOne(m).SetSource(origins[in.Origin]).SetData(in.data()).Exec(ctx); err != nil {
			return err
		}
		return who.SetMatter(m).SetCreatedAt(clock.Now(ctx)).Exec(ctx)
	}
	c, err := s.engine.Start(ctx, o)
	if err != nil || in.OnBehalf == nil || *in.OnBehalf == v.Membership {
		return c, err
	}
	return c, s.engine.Notify(sys, c, []string{string(party.RoleLEAD)}, fmt.Sprintf("%s代您反映了社情民意《%s》", v.Name, c.Title))
}

// data is what is kept with the matter beside its title.
func (in Submission) data() map[string]any {
	out := map[string]any{"text": in.Text, "origin": string(in.Origin), "urgent": in.Urgent}
	if in.People > 0 {
		out["people"] = in.People
	}
	if len(in.Topics) > 0 {
		out["topics"] = in.Topics
	}
	if in.From != nil {
		out["handedIn"] = in.From.HandedIn
	}
	return out
}

// tidy brings the texts to the form in which they are kept, and settles whose
// it is.
func (in *Submission) tidy(scope authz.Scope) (err error) {
	list := []text.Of{{Text: &in.Title, Field: titleText("title")}, {Text: &in.Text, Field: bodyText("text")}}
	for i := range in.Topics {
		list = append(list, text.Of{Text: &in.Topics[i], Field: text.Field{Label: "主题", Path: []string{"topics", fmt.Sprint(i)}, Least: 1, Most: 20}})
	}
	if f := in.From; f != nil {
		for _, x := range []struct {
			at          *string
			label, name string
			least, most int
		}{
			{&f.Name, "姓名", "name", 0, 60}, {&f.Institution, "单位", "institution", 0, 100}, {&f.Post, "职务", "post", 0, 60},
			{&f.HandedIn, "怎样交来的", "handedIn", 2, 200},
		} {
			list = append(list, text.Of{Text: x.at, Field: text.Field{Label: x.label, Path: []string{"from", x.name}, Least: x.least, Most: x.most}})
		}
	}
	if err := text.Tidy(list...); err != nil {
		return err
	}
	switch {
	case len(in.Topics) > mostTopics:
		return errs.New(errs.Invalid, "主题至多 %d 个", mostTopics).At("topics")
	case in.People < 0 || in.People > 100_000:
		return errs.New(errs.Invalid, "联系群众的人数在 0 到 100000 之间").At("people")
	}
	return in.whence(scope)
}

// whence: a member brings in his own; whoever enters for others names them.
func (in *Submission) whence(scope authz.Scope) error {
	if in.Origin == "" {
		in.Origin = Member
	}
	if origins[in.Origin] == "" {
		return errs.New(errs.Invalid, "没有这种来源").At("origin")
	}
	outside := in.Origin == Expert || in.Origin == ThinkTank || in.Origin == Public
	ofUnit := in.Origin == Committee || in.Origin == Party || in.Origin == Venue
	if others := outside || ofUnit || in.OnBehalf != nil; others && !scope.Has(authz.Tenant) && !scope.Has(authz.Unit) {
		return errs.New(errs.NotAllowed, "您只能反映自己的社情民意；专家、智库和群众反映的，请交工作人员录入").At("origin")
	}
	switch {
	case in.OnBehalf != nil && in.Origin != Member:
		return errs.New(errs.Invalid, "代委员录入的，来源是委员反映").At("origin")
	case ofUnit != (in.Unit != nil):
		return errs.New(errs.Invalid, "请选择反映的单位；不是单位反映的不选").At("unitId")
	case outside != (in.From != nil):
		return errs.New(errs.Invalid, "请写明反映的人或机构，以及怎样交来的；委员和单位反映的不写").At("from")
	case in.Origin == ThinkTank && in.From.Institution == "":
		return errs.New(errs.Invalid, "请写明是哪个机构").At("from", "institution")
	case in.Origin == Expert && (in.From.Name == "" || in.From.Institution == ""):
		return errs.New(errs.Invalid, "请写明专家的姓名和单位").At("from", "name")
	case in.Origin == Public && in.From.Name == "":
		return errs.New(errs.Invalid, "请写明是谁反映的").At("from", "name")
	}
	return nil
}

// author is who brings it in, as its first party, and where it belongs by him.
func (s *Service) author(ctx context.Context, v *authz.Viewer, scope authz.Scope, in Submission, o *flow.Opening) (*gen.PartyCreate, error) {
	row := s.client.Party.Create()
	switch {
	case in.From != nil:
		f := in.From
		return row.SetRole(party.RoleRAISER).SetKind(string(in.Origin)).SetName(strings.TrimSpace(orElse(f.Name, f.Institution))).
			SetOrganisation(f.Institution).SetPost(f.Post), nil
	case in.Unit != nil:
		u, err := authz.UnitThere(ctx, s.client, *in.Unit, authz.Fits{}, "unitId")
		if err != nil {
			return nil, err
		}
		if !scope.Has(authz.Tenant) && !v.InUnit(in.Unit) {
			return nil, errs.New(errs.NotAllowed, "您只能为自己的单位反映").At("unitId")
		}
		o.OwnerUnit = &u.ID
		return row.SetRole(party.RoleLEAD).SetKind(string(in.Origin)).SetName(u.Name).SetUnit(u), nil
	}
	return s.member(ctx, v, scope, in, o, row)
}

// member is the viewer himself, or for whom staff enter.
func (s *Service) member(ctx context.Context, v *authz.Viewer, scope authz.Scope, in Submission, o *flow.Opening, row *gen.PartyCreate) (*gen.PartyCreate, error) {
	id, field := v.Membership, "origin"
	if in.OnBehalf != nil {
		id, field = *in.OnBehalf, "onBehalfOfId"
	}
	today := clock.Today(ctx)
	m, err := s.client.Membership.Query().Where(membership.ID(id), membership.KindEQ(membership.KindMEMBER), authz.MemberOn(today)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.Invalid, "反映的人须是本政协的在任委员；不是委员的，请选择来源，写明是谁反映的").At(field)
	}
	if err != nil {
		return nil, err
	}
	if o.Sector, o.Street, err = authz.Home(ctx, s.client, id, today); err != nil {
		return nil, err
	}
	if id != v.Membership && !scope.Has(authz.Tenant) && !v.InUnit(o.Sector) && !v.InUnit(o.Street) {
		return nil, errs.New(errs.NotAllowed, "您只能代自己单位的委员录入").At(field)
	}
	return row.SetRole(party.RoleLEAD).SetMembership(m).SetName(m.Name), nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
