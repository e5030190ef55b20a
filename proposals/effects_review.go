package proposals

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// note creates a record by the actor of today.
func note(r *run, kind record.Kind, purpose, body string, data map[string]any) *gen.RecordCreate {
	all := map[string]any{"for": purpose}
	for k, v := range data {
		all[k] = v
	}
	c := r.Client.Record.Create().SetMatterID(r.Matter.ID).SetKind(kind).SetOn(r.Today()).
		SetNillableAuthorID(r.Actor()).SetText(body).SetData(all)
	if r.Share != nil {
		c.SetAssignmentID(r.Share.ID).SetUnitID(r.Share.UnitID)
	}
	return c
}

// void keeps a record that counts no more: the text it signed has changed, or
// it has been used.
func void(ctx context.Context, r *run, rec *gen.Record) error {
	data := maps.Clone(rec.Data)
	data["for"] = fmt.Sprint(data["for"], ".void")
	return r.Client.Record.UpdateOne(rec).SetData(data).Exec(ctx)
}

// recordPass keeps a reviewer's opinion as the next pass.
func recordPass(ctx context.Context, r *run) error {
	pass := r.Edges.Proposal.ReviewPass + 1
	name := passName(pass)
	ids, err := r.Form.IDs("unitIds")
	if err == nil {
		err = ownUnits(ctx, r.Client, ids, "unitIds")
	}
	if err != nil {
		return err
	}
	err = note(r, record.KindREVIEW, "pass", r.Form.Text("note"), map[string]any{
		"pass": pass, "name": name, "disposition": r.Form.Text("disposition"), "unitIds": r.Form["unitIds"],
	}).SetStage(name).SetAudience(record.AudienceSTAFF).Exec(ctx)
	if err != nil {
		return err
	}
	r.After["pass"] = name
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetReviewPass(pass).Exec(ctx)
}

func flagSecret(on bool) flow.Effect {
	return func(ctx context.Context, r *run) error {
		purpose := "secret"
		if !on {
			purpose = "not_secret"
		}
		if err := note(r, record.KindCHECK, purpose, r.Reason, nil).SetAudience(record.AudienceSTAFF).Exec(ctx); err != nil {
			return err
		}
		if err := r.Client.Matter.UpdateOne(r.Matter).SetConfidential(on).Exec(ctx); err != nil {
			return err
		}
		return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetSecretFlag(on).Exec(ctx)
	}
}

// dispose records a disposition that needs nothing else.
func dispose(d proposal.Disposition) flow.Effect {
	return func(ctx context.Context, r *run) error {
		if r.Form.Has("unitId") {
			id, err := r.Form.ID("unitId")
			if err != nil {
				return err
			}
			err = note(r, record.KindCHECK, "reference", "送交参考", nil).SetUnitID(id).Exec(ctx)
			if err != nil {
				return err
			}
		}
		u := r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetDisposition(d).SetDispositionNote(r.Reason)
		if d == proposal.DispositionWITHDRAWN {
			release(r, u)
		}
		return u.Exec(ctx)
	}
}

// refuse gives a number of its own series, never one of the cases.
func refuse(ctx context.Context, r *run) error {
	p := r.Edges.Proposal
	n, err := flow.Next(ctx, "not_filed:"+p.Edges.Sitting.ID.String(), 1)
	if err != nil {
		return err
	}
	s := p.Edges.Sitting
	r.Reason = r.Form.Text("note")
	if err := dispose(proposal.DispositionNOT_FILED)(ctx, r); err != nil {
		return err
	}
	return r.Client.Proposal.UpdateOne(p).SetDispositionReason(r.Form.Text("reasonCode")).
		SetNotFiledNo(fmt.Sprintf("T%02d%02d-%03d", s.Edges.Term.Ordinal, s.Ordinal, n)).Exec(ctx)
}

func approveMerge(ctx context.Context, r *run) error {
	return note(r, record.KindAPPROVAL, "merge", "同意并案", nil).Exec(ctx)
}

// merge makes every proposer of this case a party of the surviving one, which
// is of the same sitting, reviewed or filed, and not yet assigned. The
// absorbed case stays readable and keeps its registration number; it loses its
// case number, which is possible only until the list is published.
func merge(ctx context.Context, r *run) error {
	into, err := r.Form.ID("intoId")
	if err != nil {
		return err
	}
	if into == r.Matter.ID {
		return errs.New(errs.Invalid, "不能并入自己").At("intoId")
	}
	cases, err := r.Engine.Lock(ctx, into)
	if err != nil {
		return err
	}
	c := cases[into]
	if c == nil || c.Edges.Proposal == nil || c.Edges.Proposal.SittingID == nil || *c.Edges.Proposal.SittingID != *r.Edges.Proposal.SittingID {
		return errs.New(errs.Invalid, "只能并入同一次会议的提案").At("intoId")
	}
	if !mergeable(c.State) {
		return failed("要并入的提案已经交办或已有其他处理，不能并入")
	}
	p := r.Edges.Proposal
	if p.CaseNo != nil && p.Edges.Sitting.ListPublishedAt != nil {
		return failed("提案目录已公布，已有案号的提案不能再并案")
	}
	if err := adopt(ctx, r, c); err != nil {
		return err
	}
	// who proposed this one hears of it as of any step of his own case
	err = r.Engine.Notify(ctx, c, []string{string(party.RoleLEAD), string(party.RoleCO)}, fmt.Sprintf("《%s》并入了《%s》", r.Title, c.Title))
	if err != nil {
		return err
	}
	err = r.Client.Link.Create().SetFromID(r.Matter.ID).SetToID(into).SetKind(link.KindMERGED_INTO).
		SetReason(r.Reason).SetNillableDecidedByID(r.Actor()).Exec(ctx)
	if err != nil {
		return err
	}
	if consent := latest(r.Case, record.KindAPPROVAL, "merge"); consent != nil { // for this merge, not for another
		if err := void(ctx, r, consent); err != nil {
			return err
		}
	}
	r.After["into"] = c.Number
	u := r.Client.Proposal.UpdateOne(p).SetDisposition(proposal.DispositionMERGED).SetDispositionNote(r.Reason)
	release(r, u)
	return u.Exec(ctx)
}

// adopt adds this case's proposers to the surviving case. One who is a party
// there already stays that, an organisation also where it was renamed or merged
// since; one whom an undone merge left cancelled is back.
func adopt(ctx context.Context, r *run, c *flow.Case) error {
	type who struct {
		person uuid.UUID
		role   party.Role
	}
	key := func(p *gen.Party) who { return who{personOf(c.Heirs, p), p.Role} }
	there := map[who]*gen.Party{}
	for _, p := range c.Parties {
		there[key(p)] = p
	}
	for i, p := range r.Proposers() {
		old := there[key(p)]
		switch {
		case old == nil:
			err := r.Client.Party.Create().SetMatterID(c.Matter.ID).SetNillableMembershipID(p.MembershipID).SetNillableUnitID(p.UnitID).
				SetName(p.Name).SetRole(p.Role).SetOrdinal(len(c.Parties) + i).SetFromMatterID(r.Matter.ID).
				SetCosign(p.Cosign).SetNillableSignedAt(p.SignedAt).Exec(ctx)
			if err != nil {
				return err
			}
		case old.Cosign != party.CosignNONE && old.Cosign != party.CosignSIGNED:
			err := r.Client.Party.UpdateOne(old).SetCosign(p.Cosign).SetFromMatterID(r.Matter.ID).Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return r.Client.Matter.UpdateOneID(c.Matter.ID).AddVersion(1).Exec(ctx)
}

// undoMerge takes the proposers back, as long as the surviving case has not
// been assigned.
func undoMerge(ctx context.Context, r *run) error {
	for _, l := range r.Out {
		if l.Kind != link.KindMERGED_INTO || l.UndoneAt != nil {
			continue
		}
		cases, err := r.Engine.Lock(ctx, l.ToID)
		if err != nil {
			return err
		}
		if !mergeable(cases[l.ToID].State) {
			return failed("并入的提案已经交办或已有其他处理，不能撤销并案")
		}
		err = r.Client.Party.Update().Where(party.MatterID(l.ToID), party.FromMatterID(r.Matter.ID)).SetCosign(party.CosignCANCELLED).Exec(ctx)
		if err != nil {
			return err
		}
		if err := r.Client.Link.UpdateOneID(l.ID).SetUndoneAt(r.Now).Exec(ctx); err != nil {
			return err
		}
	}
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetDisposition(proposal.DispositionNONE).SetDispositionNote("").Exec(ctx)
}

// consentOpinion is the proposer's own word, or staff's record of it with how
// it was given.
func consentOpinion(ctx context.Context, r *run) error {
	if !ownWord(&r.Input) && text.Blank(r.Form.Text("how")) {
		return errs.New(errs.Invalid, "代为记录须写明提案人同意的方式，例如电话、当面").At("how")
	}
	if err := note(r, record.KindCONSENT, "opinion", r.Form.Text("how"), nil).Exec(ctx); err != nil {
		return err
	}
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetOpinionConsentAt(r.Now).Exec(ctx)
}

// ownWord: who acts is the lead proposer, or speaks for the organisation that is.
func ownWord(in *flow.Input) bool {
	return anyParty(in.Parties, func(p *gen.Party) bool { return p.Role == party.RoleLEAD && speaksFor(p, in.Viewer) })
}

// asOpinion is what who decides about the opinion must read: its text, and
// whence it comes, since he does not see the proposal. Who brought it is among
// its parties.
func asOpinion(r *run) map[string]any {
	p := r.Edges.Proposal
	var b strings.Builder
	for _, part := range [][2]string{{"情况", p.Situation}, {"分析", p.Analysis}} {
		fmt.Fprintf(&b, "%s：%s\n", part[0], part[1])
	}
	for i, s := range p.Suggestions {
		fmt.Fprintf(&b, "建议%d：%s\n", i+1, s)
	}
	return map[string]any{
		"text": strings.TrimSpace(b.String()),
		"from": map[string]any{"kind": r.Kind, "number": r.Matter.Number, "title": r.Title},
	}
}

// convertOpinion opens a 社情民意 of its own life, linked both ways; the
// proposal leaves the count of cases (domain.md trap 6).
func convertOpinion(ctx context.Context, r *run) error {
	c, err := r.Engine.Start(ctx, flow.Opening{
		Kind: "opinion", Title: r.Title, Sector: r.SectorID, Street: r.StreetID, Reason: r.Reason,
		Payload: func(ctx context.Context, m *gen.Matter) error {
			if err := r.Client.Matter.UpdateOne(m).SetSource("提案转来").SetData(asOpinion(r)).Exec(ctx); err != nil {
				return err
			}
			for i, p := range r.Proposers() {
				err := r.Client.Party.Create().SetMatterID(m.ID).SetNillableMembershipID(p.MembershipID).SetNillableUnitID(p.UnitID).
					SetName(p.Name).SetRole(p.Role).SetOrdinal(i).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	err = r.Client.Link.Create().SetFromID(r.Matter.ID).SetToID(c.Matter.ID).SetKind(link.KindCONVERTED_TO).
		SetReason(r.Reason).SetNillableDecidedByID(r.Actor()).Exec(ctx)
	if err != nil {
		return err
	}
	return dispose(proposal.DispositionCONVERTED_OPINION)(ctx, r)
}
