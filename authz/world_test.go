package authz_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// world is a committee with a person of every relation to a case.
type world struct {
	t         *testing.T
	db        *tenantstest.DB
	store     *tenants.Store
	c         *gen.Client
	tenant    uuid.UUID
	clock     *clock.Movable
	directory *authz.Directory
	people    map[string]*gen.Membership
	units     map[string]uuid.UUID
	matters   map[string]uuid.UUID
	process   *gen.Process
}

var morning = time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)

func newWorld(t *testing.T) *world {
	t.Helper()
	db := tenantstest.New(t)
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, db: db, store: db.Store, c: db.Store.Ent(), clock: &clock.Movable{}, directory: authz.NewDirectory(policy),
		tenant: tenantstest.Tenant(t, db, "210202", "政协某区委员会", "DISTRICT"),
		people: map[string]*gen.Membership{}, units: map[string]uuid.UUID{}, matters: map[string]uuid.UUID{},
	}
	w.clock.Set(morning)
	authz.Narrow(w.c)
	return w
}

func (w *world) ctx() context.Context { return clock.With(context.Background(), w.clock) }

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context)) {
	w.t.Helper()
	err := w.store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error { fn(authz.System(ctx)); return nil })
	if err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as a person.
func (w *world) as(name string, fn func(context.Context)) {
	w.t.Helper()
	err := w.store.ReadTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		m := w.people[name]
		v, err := w.directory.Viewer(ctx, *m.AccountID, m.ID)
		if err == nil {
			fn(authz.With(ctx, v))
		}
		return err
	})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

func (w *world) unit(ctx context.Context, name string, line unit.Line, kind unit.Kind, parent string) {
	c := w.c.Unit.Create().SetLine(line).SetKind(kind).SetName(name)
	if parent != "" {
		c.SetParentID(w.units[parent])
	}
	w.units[name] = c.SaveX(ctx).ID
}

func (w *world) person(ctx context.Context, name, role, seat string) *gen.Membership {
	m := w.c.Membership.Create().SetName(name).SetKind(membership.KindMEMBER).SetAccountID(uuid.New()).SaveX(ctx)
	if role != "" {
		w.c.Grant.Create().SetMembership(m).SetRole(role).SetReason(name).SaveX(ctx)
	}
	if seat != "" {
		w.c.Seat.Create().SetMembership(m).SetUnitID(w.units[seat]).SaveX(ctx)
	}
	w.people[name] = m
	return m
}

// populate makes the units, the people and the matters of the visibility tests.
func (w *world) populate() {
	w.t.Helper()
	w.system(func(ctx context.Context) {
		w.unit(ctx, "经济界", unit.LineORGANISATION, unit.KindSECTOR, "")
		w.unit(ctx, "教育界", unit.LineORGANISATION, unit.KindSECTOR, "")
		w.unit(ctx, "民建区委", unit.LineORGANISATION, unit.KindPOLITICAL_PARTY, "")
		w.unit(ctx, "街道", unit.LineORGANISATION, unit.KindSTREET_LIAISON, "")
		w.unit(ctx, "政府", unit.LineHANDLING, unit.KindHANDLING_UNIT, "")
		w.unit(ctx, "商务局", unit.LineHANDLING, unit.KindHANDLING_UNIT, "政府")
		w.unit(ctx, "文旅局", unit.LineHANDLING, unit.KindHANDLING_UNIT, "")
		w.unit(ctx, "城建局", unit.LineHANDLING, unit.KindHANDLING_UNIT, "")
		for _, p := range [][3]string{
			{"第一提案人", "member", "经济界"}, {"联名人", "member", "教育界"}, {"被邀人", "member", "教育界"}, {"谢绝人", "member", "经济界"},
			{"逾期人", "member", ""}, {"被撤邀人", "member", ""}, {"其他委员", "member", "教育界"}, {"无席位委员", "member", ""},
			{"召集人", "sector_convener", "经济界"}, {"别界召集人", "sector_convener", "教育界"}, {"党派联络人", "party_liaison", "民建区委"},
			{"街道联络员", "street_liaison", "街道"}, {"干事", "proposal_clerk", ""}, {"主任", "proposal_director", ""},
			{"专委会干部", "committee_staff", ""}, {"信息编辑", "info_editor", ""}, {"主办承办人", "unit_officer", "商务局"}, {"主办上级", "unit_lead", "政府"},
			{"会办承办人", "unit_officer", "文旅局"}, {"无关单位", "unit_liaison", "城建局"}, {"租户管理员", "tenant_admin", ""}, {"审计员", "auditor", ""},
			{"无角色", "", ""},
		} {
			w.person(ctx, p[0], p[1], p[2])
		}
		w.process = w.c.Process.Create().SetKind("proposal").SetVersion(1).SetTitle("提案").SetSource("-").SetHash("-").SaveX(ctx)
		w.matter(ctx, "草稿", "proposal", matter.VisibilityPARTIES, "经济界")
		w.matter(ctx, "在办", "proposal", matter.VisibilitySTAFF, "经济界")
		w.matter(ctx, "公开", "proposal", matter.VisibilityTENANT, "经济界")
		w.matter(ctx, "分办", "proposal", matter.VisibilitySTAFF, "教育界")
		w.matter(ctx, "集体", "proposal", matter.VisibilitySTAFF, "")
		w.matter(ctx, "一号", "cohort", matter.VisibilitySTAFF, "")
		w.matter(ctx, "信息", "opinion", matter.VisibilitySTAFF, "")
		w.parties(ctx)
		w.parts(ctx, "在办")
		w.parts(ctx, "公开")
		w.share(ctx, "分办", "商务局", assignment.RoleSEPARATE, "分办甲")
		w.share(ctx, "分办", "文旅局", assignment.RoleSEPARATE, "分办乙")
	})
}

// matter has no creator but the draft, so that people see it for the reason
// under test only.
func (w *world) matter(ctx context.Context, name, kind string, v matter.Visibility, sector string) {
	c := w.c.Matter.Create().SetKind(kind).SetProcess(w.process).SetState("-").SetTitle(name).SetOpenedAt(morning).SetVisibility(v)
	if sector != "" {
		c.SetSectorID(w.units[sector])
	}
	if sector == "经济界" {
		c.SetStreetID(w.units["街道"])
	}
	w.matters[name] = c.SaveX(ctx).ID
}

func (w *world) parties(ctx context.Context) {
	join := func(m, who string, role party.Role, cosign party.Cosign) {
		w.c.Party.Create().SetMatterID(w.matters[m]).SetMembership(w.people[who]).SetName(who).SetRole(role).SetCosign(cosign).SaveX(ctx)
	}
	for _, m := range []string{"草稿", "在办", "公开"} {
		join(m, "第一提案人", party.RoleLEAD, party.CosignNONE)
		join(m, "谢绝人", party.RoleCO, party.CosignDECLINED)
		join(m, "逾期人", party.RoleCO, party.CosignEXPIRED)
		join(m, "被撤邀人", party.RoleCO, party.CosignCANCELLED)
	}
	join("在办", "联名人", party.RoleCO, party.CosignSIGNED)
	join("公开", "联名人", party.RoleCO, party.CosignSIGNED)
	join("草稿", "被邀人", party.RoleCO, party.CosignINVITED)
	w.c.Party.Create().SetMatterID(w.matters["集体"]).SetUnitID(w.units["民建区委"]).SetName("民建区委").SetRole(party.RoleLEAD).SaveX(ctx)
}

func (w *world) share(ctx context.Context, m, unit string, role assignment.Role, label string) *gen.Assignment {
	return w.c.Assignment.Create().SetMatterID(w.matters[m]).SetUnitID(w.units[unit]).SetRole(role).SetState("-").SetSlipNo(label).
		SetAssignedAt(morning).SetOriginAssignedAt(morning).SaveX(ctx)
}

// parts gives a matter parts of every kind that somebody may or may not see;
// their labels are what the tests list.
func (w *world) parts(ctx context.Context, name string) {
	m := w.matters[name]
	lead, assist := w.share(ctx, name, "商务局", assignment.RoleLEAD, "主办"), w.share(ctx, name, "文旅局", assignment.RoleASSIST, "会办")
	answer := func(a *gen.Assignment, k reply.Kind, s reply.Status, label string) *gen.Reply {
		return w.c.Reply.Create().SetMatterID(m).SetAssignment(a).SetKind(k).SetStatus(s).SetBody(label).SaveX(ctx)
	}
	draft := answer(lead, reply.KindREPLY, reply.StatusDRAFT, "答复稿")
	sent := answer(lead, reply.KindREPLY, reply.StatusSENT, "答复")
	answer(assist, reply.KindCO_OPINION, reply.StatusDRAFT, "会办意见稿")
	answer(assist, reply.KindCO_OPINION, reply.StatusSENT, "会办意见")
	for _, p := range w.c.Party.Query().Where(party.MatterID(m), party.CosignIn(party.CosignNONE, party.CosignSIGNED)).AllX(ctx) {
		w.c.Feedback.Create().SetMatterID(m).SetReply(sent).SetParty(p).SetAskedAt(morning).SetOpinion(p.Name).SaveX(ctx)
	}
	item := func(r *gen.Reply, label string) {
		c := w.c.Item.Create().SetMatterID(m).SetKind("TASK").SetText(label)
		if r != nil {
			c.SetReply(r)
		}
		c.SaveX(ctx)
	}
	item(nil, "任务")
	item(draft, "承诺稿")
	item(sent, "承诺")
	w.c.Proposal.Create().SetMatterID(m).SetProposerKind("JOINT").SetCategory("内容").SaveX(ctx)
	w.c.Cohort.Create().SetMatterID(m).SetHandleYear(len(w.c.Cohort.Query().AllX(ctx)) + 2024).SetLeadLeaderPost("内容").SaveX(ctx)
	w.c.Link.Create().SetFromID(m).SetToID(w.matters["公开"]).SetKind("FOLLOWS").SetReason("至公开").SaveX(ctx)
	w.c.Link.Create().SetFromID(m).SetToID(w.matters["草稿"]).SetKind("FOLLOWS").SetReason("至草稿").SaveX(ctx)
	for _, x := range []struct {
		label    string
		audience string
		share    *gen.Assignment
	}{
		{"对全体", "ALL", nil}, {"对办理方", "HANDLING", nil}, {"对机关", "STAFF", nil}, {"主办的", "ALL", lead}, {"主办内部", "HANDLING", lead}, {"会办内部", "HANDLING", assist},
	} {
		var id *uuid.UUID
		if x.share != nil {
			id = &x.share.ID
		}
		w.c.Step.Create().SetMatterID(m).SetNillableAssignmentID(id).SetAction("-").SetLabel(x.label).SetAt(morning).SetAudience(step.Audience(x.audience)).SaveX(ctx)
		w.c.Record.Create().SetMatterID(m).SetNillableAssignmentID(id).SetKind(record.KindVISIT).SetText(x.label).SetAudience(record.Audience(x.audience)).SaveX(ctx)
		w.file(ctx, x.label).SetMatterID(m).SetNillableAssignmentID(id).SetAudience(attachment.Audience(x.audience)).SaveX(ctx)
	}
	w.file(ctx, "会办所传").SetMatterID(m).SetAudience(attachment.AudienceSTAFF).SetUploader(w.people["会办承办人"]).SaveX(ctx)
	w.timer(ctx, m, nil, "事项期限")
	w.timer(ctx, m, lead, "主办期限")
	w.timer(ctx, m, assist, "会办期限")
}

func (w *world) file(ctx context.Context, name string) *gen.AttachmentCreate {
	return w.c.Attachment.Create().SetName(name).SetSize(1).SetContentType("-").SetSha256("-").SetBlobKey("-")
}

func (w *world) timer(ctx context.Context, m uuid.UUID, share *gen.Assignment, label string) {
	c := w.c.Timer.Create().SetMatterID(m).SetKey("-").SetLabel(label).SetBudget(map[string]any{})
	if share != nil {
		c.SetAssignment(share)
	}
	c.SaveX(ctx)
}
