package vocab

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type partyArgs struct {
	Role  string `json:"role" doc:"当事方的角色，例如 HOST、TEAM、PARTICIPANT、RAISER、GUEST"`
	Kind  string `json:"kind" doc:"类别，写了就不看各行的 kind"`
	Field string `json:"field" doc:"表单中的哪一栏，不写为 parties；每行有 name、kind、post、organisation、phone、membershipId、unitId、speaker"`
}

type notifyArgs struct {
	Roles   []string `json:"roles" doc:"通知担任这些角色的人；按单位授权的角色只通知事项所属单位的人"`
	Parties []string `json:"parties" doc:"通知这些角色的当事方"`
	Text    string   `json:"text" doc:"内容，可用 {title} {number} {state}；看不到事项的人收不到"`
}

func registerPeople(s *flow.Rules) {
	flow.EffectOf(s, "party", "增加当事方；已有的不重复增加，移出过的重新加入。", func(p *process.Place, a partyArgs) {
		need(p, "role", a.Role)
		partyRole(p, a.Role)
		rowsOf(p, orElse(a.Field, "parties"), "name", "kind", "post", "organisation", phone, "membershipId", "unitId", "speaker")
	}, addParties)
	flow.EffectOf(s, "remove_party", "移出表单 partyId 所指的当事方，记录仍保留。", func(p *process.Place, _ struct{}) { p.NeedField("partyId") }, removeParty)
	flow.EffectOf(s, "notify", "通知有关的人；有不事先告知的走访时，走访之前只通知当事方。", func(p *process.Place, a notifyArgs) {
		need(p, "text", a.Text)
		checkTemplate(p, a.Text, "title", "number", "state")
		if len(a.Roles)+len(a.Parties) == 0 {
			p.Find("要写明 roles 或 parties")
		}
		for _, r := range a.Roles {
			if !slices.Contains(p.RoleCodes(), r) {
				p.Find("没有角色“%s”可以通知%s", r, process.Choices(r, p.RoleCodes()))
			}
		}
		for _, r := range a.Parties {
			partyRole(p, r)
		}
		laterEvent(p)
	}, notify)
}

// laterEvent: a visit that is concealed conceals what follows it, so it comes
// first.
func laterEvent(p *process.Place) {
	told := false
	for _, r := range p.Action.Effects {
		switch {
		case r == nil:
		case r.Name == "notify":
			told = true
		case told && r.Name == "event" && argsOf(r)["concealed"] == true:
			p.Find("不事先告知的活动要写在 notify 的前面，否则通知会先发出去")
			return
		}
	}
}

func addParties(ctx context.Context, r *flow.Run, a partyArgs) error {
	list, err := rows(r.Form, orElse(a.Field, "parties"))
	if err != nil {
		return err
	}
	names := []string{}
	for _, row := range list {
		p, err := oneParty(ctx, r, row, a)
		if err != nil {
			return err
		}
		names = append(names, p.Name)
	}
	if len(names) > 0 {
		r.After["parties"] = names
	}
	return nil
}

func oneParty(ctx context.Context, r *flow.Run, row entry, a partyArgs) (*gen.Party, error) {
	who, err := theMember(ctx, r, row)
	if err != nil {
		return nil, err
	}
	u, err := theUnit(ctx, r, row, "unitId")
	if err != nil {
		return nil, err
	}
	p := &gen.Party{Name: row.text("name"), Role: party.Role(a.Role), Kind: orElse(a.Kind, row.text("kind")), Post: row.text("post"),
		Organisation: row.text("organisation"), Phone: row.text(phone), Speaker: row.Bool("speaker")}
	if u != nil {
		p.UnitID, p.Name = &u.ID, orElse(p.Name, u.Name)
	}
	if who != nil {
		p.MembershipID, p.Name, p.Post = &who.ID, who.Name, orElse(p.Post, who.Post)
	}
	if p.Name == "" {
		return nil, row.invalid("name", "请填写姓名或名称")
	}
	if old := known(r.Case, p); old != nil {
		return old, again(ctx, r, old, p)
	}
	saved, err := r.Client.Party.Create().SetMatterID(r.Matter.ID).SetNillableMembershipID(p.MembershipID).SetNillableUnitID(p.UnitID).
		SetName(p.Name).SetRole(p.Role).SetKind(p.Kind).SetPost(p.Post).SetOrganisation(p.Organisation).SetPhone(p.Phone).
		SetSpeaker(p.Speaker).SetOrdinal(len(r.Parties)).SetCreatedAt(r.Now).Save(ctx)
	if err == nil {
		r.Parties = append(r.Parties, saved)
	}
	return saved, err
}

// theMember is the active member of this committee that a row names.
func theMember(ctx context.Context, r *flow.Run, row entry) (*gen.Membership, error) {
	id, err := row.id("membershipId")
	if err != nil || id == nil {
		return nil, err
	}
	m, err := r.Client.Membership.Query().Where(membership.ID(*id), authz.MemberOn(r.Today())).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, row.invalid("membershipId", "所选的人不在本政协，或身份已停用，请重新选择")
	}
	return m, err
}

// known finds the same party: the same person, else the same unit or outsider
// by name, in the same role.
func known(c *flow.Case, p *gen.Party) *gen.Party {
	same := func(a, b *uuid.UUID) bool { return (a == nil && b == nil) || (a != nil && b != nil && *a == *b) }
	for _, old := range c.Parties {
		if old.Role != p.Role || !same(old.MembershipID, p.MembershipID) {
			continue
		}
		if p.MembershipID != nil || (same(old.UnitID, p.UnitID) && old.Name == p.Name && old.Organisation == p.Organisation && old.Kind == p.Kind) {
			return old
		}
	}
	return nil
}

// again takes up what a row says about a party that is there: what it leaves
// open stays.
func again(ctx context.Context, r *flow.Run, old, p *gen.Party) error {
	u := r.Client.Party.UpdateOne(old).SetSpeaker(p.Speaker || old.Speaker)
	if old.Cosign != party.CosignSIGNED {
		u.SetCosign(party.CosignNONE)
	}
	for _, f := range []struct {
		value string
		set   func(string) *gen.PartyUpdateOne
	}{{p.Kind, u.SetKind}, {p.Post, u.SetPost}, {p.Organisation, u.SetOrganisation}, {p.Phone, u.SetPhone}} {
		if f.value != "" {
			f.set(f.value)
		}
	}
	fresh, err := u.Save(ctx)
	if err == nil {
		i := slices.Index(r.Parties, old)
		r.Parties = slices.Clone(r.Parties)
		r.Parties[i] = fresh
	}
	return err
}

func removeParty(ctx context.Context, r *flow.Run, _ struct{}) error {
	p, err := theParty(r, whole(r), "partyId")
	if err != nil {
		return err
	}
	if p == nil {
		return errs.New(errs.Invalid, "请选择要移出的当事方").At("partyId")
	}
	r.Before["party"] = p.Name
	fresh, err := r.Client.Party.UpdateOne(p).SetCosign(party.CosignCANCELLED).Save(ctx)
	if err == nil {
		i := slices.Index(r.Parties, p)
		r.Parties = slices.Clone(r.Parties)
		r.Parties[i] = fresh
	}
	return err
}

// notify looks at the matter as the action leaves it: who may see it then is
// told.
func notify(ctx context.Context, r *flow.Run, a notifyArgs) error {
	m, then := *r.Matter, *r.Case
	if v := arriving(r).Visible; v != "" && r.Share == nil {
		m.Visibility = matter.Visibility(v)
	}
	then.Matter = &m
	return r.Engine.Notify(ctx, &then, slices.Concat(a.Roles, a.Parties), render(r, a.Text, numberOfMatter(r)))
}
