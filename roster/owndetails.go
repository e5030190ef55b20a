package roster

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// AskOwn is the kind of request by which a person asks for a change of what is
// registered of himself.
const AskOwn = "membership.own"

// ByCode is the way of a number to which the committee sends messages: its owner
// proves it by a code (package phone).
const ByCode = "BY_CODE"

// OwnDetail is one thing that is registered of a person, as he meets it.
type OwnDetail struct {
	Field, Label string
	Private      bool   // shown to him and to who reads personal data only
	Way          string // AT_ONCE, WAITS, CLOSED or BY_CODE
	Value        string
	Waiting      *string // what he has asked for and still waits
}

// OwnChange is what a person would have registered of himself; what is nil stays as it is or as it was asked for.
type OwnChange struct {
	Expected *int `json:"-"`

	Name           *string `json:"name,omitempty"`
	Phone          *string `json:"phone,omitempty"`
	WeCom          *string `json:"wecom,omitempty"`
	PoliticalParty *string `json:"politicalParty,omitempty"`
	Post           *string `json:"post,omitempty"`

	Reason string `json:"-"`
}

// detail is one of the details in everything that has it.
type detail struct {
	field, label string
	private      bool
	way          func(process.OwnDetails) string
	channel      string // what reaches people by it
	of           func(*gen.Membership) string
	in           func(*OwnChange) **string
}

var details = []detail{
	{"name", "姓名", false, func(o process.OwnDetails) string { return o.Name }, "", func(m *gen.Membership) string { return m.Name }, func(c *OwnChange) **string { return &c.Name }},
	{"phone", "联系电话", true, func(o process.OwnDetails) string { return o.Phone }, "SMS", func(m *gen.Membership) string { return m.Phone }, func(c *OwnChange) **string { return &c.Phone }},
	{"wecom", "企业微信账号", true, func(o process.OwnDetails) string { return o.WeCom }, "WECOM", func(m *gen.Membership) string { return m.Wecom }, func(c *OwnChange) **string { return &c.WeCom }},
	{"politicalParty", "党派", false, func(o process.OwnDetails) string { return o.PoliticalParty }, "", func(m *gen.Membership) string { return m.PoliticalParty }, func(c *OwnChange) **string { return &c.PoliticalParty }},
	{"post", "职务", false, func(o process.OwnDetails) string { return o.Post }, "", func(m *gen.Membership) string { return m.Post }, func(c *OwnChange) **string { return &c.Post }},
}

// wayOf is how a detail is changed in the committee today.
func (d detail) wayOf(p process.Policy) string {
	if d.channel != "" && slices.Contains(p.Phone.Channels, d.channel) {
		return ByCode
	}
	return d.way(p.OwnDetails)
}

// OwnDetails is what is registered of the person signed in, how he changes it,
// and what of it waits.
func (s *Service) OwnDetails(ctx context.Context) (_ []OwnDetail, err error) {
	defer errs.Wrap(&err, "roster.OwnDetails")
	v := authz.From(ctx)
	m, err := s.membership(authz.System(ctx), v.Membership)
	if err != nil {
		return nil, err
	}
	p, err := s.matters.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	waits, err := waiting(ctx, m)
	if err != nil {
		return nil, err
	}
	out := make([]OwnDetail, len(details))
	for i, d := range details {
		out[i] = OwnDetail{d.field, d.label, d.private, d.wayOf(p), d.of(m), *d.in(&waits)}
	}
	return out, nil
}

// ChangeOwn writes what a person may change of himself, and asks for the rest:
// who keeps the roster accepts or refuses it. One request of his waits at a time:
// what he asks for now is laid over it. Called twice it changes and asks nothing
// more.
func (s *Service) ChangeOwn(ctx context.Context, in OwnChange) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.ChangeOwn")
	v := authz.From(ctx)
	if v == nil || v.Membership == uuid.Nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	sys := authz.System(ctx)
	if err := alone(sys); err != nil {
		return nil, err
	}
	m, err := s.membership(sys, v.Membership)
	if err != nil {
		return nil, err
	}
	if err := errs.Unchanged(in.Expected, m.Version); err != nil {
		return nil, err
	}
	if err := in.tidy(m); err != nil {
		return nil, err
	}
	p, err := s.matters.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	later, err := waiting(ctx, m)
	if err != nil {
		return nil, err
	}
	now, err := in.part(p, m, &later)
	if err != nil {
		return nil, err
	}
	if now != (OwnChange{}) {
		if m, err = s.writeOwn(sys, m, now); err != nil {
			return nil, err
		}
	}
	return m, s.askOwn(ctx, m, later, in.Reason)
}

// waiting is what the person has asked for and still waits.
func waiting(ctx context.Context, m *gen.Membership) (out OwnChange, err error) {
	asked, err := requests.MineOf(ctx, AskOwn, m.ID)
	if err == nil && asked != nil {
		err = json.Unmarshal(asked.Input, &out)
	}
	return out, err
}

// tidy brings the texts to their form and refuses what no registration holds.
func (in *OwnChange) tidy(m *gen.Membership) error {
	given := false
	for _, d := range details {
		given = given || *d.in(in) != nil
	}
	if !given {
		return errs.New(errs.Invalid, "请填写要修改的项目").At("name")
	}
	p, err := MemberChange{Name: in.Name, Phone: in.Phone, WeCom: in.WeCom, PoliticalParty: in.PoliticalParty, Post: in.Post}.check(m)
	if err != nil {
		return err
	}
	as := &gen.Membership{Name: p.Name, Phone: p.Phone, Wecom: p.WeCom, PoliticalParty: p.PoliticalParty, Post: p.Post}
	for _, d := range details {
		if at := d.in(in); *at != nil {
			tidied := d.of(as)
			*at = &tidied
		}
	}
	return texts(field{&in.Reason, longText, false, "理由", "reason"})
}

// part tells what holds at once, and lays what waits over what waited before;
// what says the same as is registered is neither.
func (in OwnChange) part(p process.Policy, m *gen.Membership, later *OwnChange) (now OwnChange, err error) {
	for _, d := range details {
		to := *d.in(&in)
		if to == nil {
			continue
		}
		if *to == d.of(m) {
			*d.in(later) = nil
			continue
		}
		switch d.wayOf(p) {
		case process.AtOnce:
			*d.in(&now), *d.in(later) = to, nil
		case process.Waits:
			*d.in(later) = to
		case ByCode:
			return now, errs.New(errs.NotAllowed, "本会的通知发到这里，%s请在“发到手机上的”一栏换，用收到的验证码确认", d.label).At(d.field)
		default:
			return now, errs.New(errs.NotAllowed, "%s由机关修改，请联系本会的管理员", d.label).At(d.field)
		}
	}
	return now, nil
}

func (s *Service) writeOwn(ctx context.Context, m *gen.Membership, in OwnChange) (*gen.Membership, error) {
	return s.client.Membership.UpdateOne(m).AddVersion(1).SetNillableName(in.Name).SetNillablePhone(in.Phone).SetNillableWecom(in.WeCom).
		SetNillablePoliticalParty(in.PoliticalParty).SetNillablePost(in.Post).Save(ctx)
}

// askOwn asks for what waits, in place of what waited before. What was asked for
// and nobody settled in time is taken back with it, so that it is forgotten.
func (s *Service) askOwn(ctx context.Context, m *gen.Membership, later OwnChange, reason string) error {
	d := requests.NewDesk()
	s.Requests(d)
	if err := d.Supersede(ctx, AskOwn, m.ID, later); err != nil || later == (OwnChange{}) {
		return err
	}
	var what []string
	for _, d := range details {
		if *d.in(&later) != nil {
			what = append(what, d.label)
		}
	}
	_, err := flow.ByTwo(ctx, AskOwn, manageRoster, m.ID, "修改本人的"+strings.Join(what, "、"), reason, later)
	return err
}

// acceptOwn is what happens when who keeps the roster accepts.
func (s *Service) acceptOwn(ctx context.Context, r requests.Request) (any, error) {
	ctx, _, err := s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	var in OwnChange
	if err := json.Unmarshal(r.Input, &in); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, r.About)
	if err != nil {
		return nil, err
	}
	if err := in.tidy(m); err != nil {
		return nil, err
	}
	return s.writeOwn(ctx, m, in)
}

// Asked is one detail before and after, of a request that a person made of
// himself.
type Asked struct {
	Label         string
	Private       bool
	Before, After string
}

// AskedOwn is what the waiting requests of people of themselves would change, as
// the rows are now; settled ones have forgotten it.
func (s *Service) AskedOwn(ctx context.Context, r requests.Request) ([]Asked, error) {
	if r.Kind != AskOwn || r.State(clock.Now(ctx)) != requests.Waits {
		return nil, nil
	}
	var in OwnChange
	if err := json.Unmarshal(r.Input, &in); err != nil {
		return nil, err
	}
	m, err := s.membership(authz.System(ctx), r.About)
	if err != nil {
		return nil, err
	}
	var out []Asked
	for _, d := range details {
		if to := *d.in(&in); to != nil {
			out = append(out, Asked{d.label, d.private, d.of(m), *to})
		}
	}
	return out, nil
}
