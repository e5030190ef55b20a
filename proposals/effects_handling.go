package proposals

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// handlingUnits reads the chosen units, which must be handling units in use.
func handlingUnits(ctx context.Context, r *run, list []share) (map[uuid.UUID]*gen.Unit, error) {
	ids := make([]uuid.UUID, len(list))
	for i, s := range list {
		ids[i] = s.Unit
	}
	found, err := authz.UnitsThere(ctx, r.Client, ids, authz.Fits{Lines: []unit.Line{unit.LineHANDLING}, What: "承办单位"}, "units")
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]*gen.Unit, len(found))
	for _, u := range found {
		out[u.ID] = u
	}
	return out, nil
}

// preAssign keeps the plan and asks the units in advance.
func preAssign(ctx context.Context, r *run) error {
	list, err := shares(r.Form)
	if err != nil {
		return err
	}
	if _, err := handlingUnits(ctx, r, list); err != nil {
		return err
	}
	for _, s := range list { // a unit that is asked must be able to see the case: it becomes a guest
		err := r.Client.Party.Create().SetMatterID(r.Matter.ID).SetUnitID(s.Unit).SetRole("GUEST").SetOrdinal(1000).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return note(r, record.KindPLAN, "preassign", "预交办", r.Form).SetAudience(record.AudienceSTAFF).Exec(ctx)
}

func preAssignOpinion(ctx context.Context, r *run) error {
	asked, err := planned(r.Case)
	if err != nil {
		return err
	}
	for _, s := range asked {
		if r.Viewer.InUnit(&s.Unit) {
			return note(r, record.KindPREASSIGN_OPINION, "preassign", r.Form.Text("note"), map[string]any{"accept": r.Form.Bool("accept")}).
				SetUnitID(s.Unit).SetAudience(record.AudienceHANDLING).Exec(ctx)
		}
	}
	return nil
}

// assign gives every unit its share, slip and clock.
func assign(ctx context.Context, r *run) error {
	list, err := shares(r.Form)
	if err != nil {
		return err
	}
	units, err := handlingUnits(ctx, r, list)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := openShare(ctx, r, units[s.Unit], flow.Share{Unit: s.Unit, Role: s.Role, Round: r.Edges.Proposal.Round}); err != nil {
			return err
		}
	}
	// A unit that was asked in advance and not chosen sees the case no more.
	err = r.Client.Party.Update().Where(party.MatterID(r.Matter.ID), party.RoleEQ(party.RoleGUEST), party.UnitIDNotNil()).
		SetCosign(party.CosignCANCELLED).Exec(ctx)
	if err != nil {
		return err
	}
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetAssignedAt(r.Now).Exec(ctx)
}

// weight orders the roles of a share by how much of the case they answer for.
var weight = map[assignment.Role]int{
	assignment.RoleASSIST: 1, assignment.RoleSEPARATE: 2, assignment.RoleCO_LEAD: 3, assignment.RoleLEAD: 4, assignment.RoleSOLE: 5,
}

// openShare is the one door by which a unit gets a share. It fills in what that
// has beyond the engine's: the channel of its unit and a slip number
// {session}-交-{unit}-{seq}. One unit, one share: what it has in the round
// already stays where it is worth as much, and ends where the new one is worth
// more (an assisting unit that becomes the lead).
func openShare(ctx context.Context, r *run, u *gen.Unit, s flow.Share) error {
	for _, had := range r.Assignments {
		if !r.Heirs.Same(had.UnitID, s.Unit) || had.Round != s.Round || !flow.Open(had) {
			continue
		}
		if weight[had.Role] >= weight[s.Role] {
			return nil
		}
		if rep := r.Reply(had); rep != nil {
			if err := lapse(ctx, r, rep); err != nil {
				return err
			}
		}
		if err := r.Engine.CloseShare(ctx, r, had, "SUPERSEDED"); err != nil {
			return err
		}
	}
	s.Channel = assignment.ChannelGOV_OFFICE
	if u.Channel != nil && *u.Channel == unit.ChannelPARTY_OFFICE {
		s.Channel = assignment.ChannelPARTY_OFFICE
	}
	sitting := r.Edges.Proposal.Edges.Sitting
	n, err := flow.Next(ctx, "slip:"+sitting.ID.String()+":"+u.ID.String(), 1)
	if err != nil {
		return err
	}
	name := u.ShortName
	if name == "" {
		name = u.Name
	}
	s.SlipNo = fmt.Sprintf("%02d%02d-交-%s-%d", sitting.Edges.Term.Ordinal, sitting.Ordinal, name, n)
	_, err = r.Engine.OpenShare(ctx, r, s)
	return err
}

// askFeedback asks every person who proposed about every reply of the round, once.
func askFeedback(ctx context.Context, r *run) error {
	due, err := r.DueDay("feedback.window")
	if err != nil {
		return err
	}
	asked, who := map[[2]uuid.UUID]bool{}, persons(r.Case)
	for _, f := range r.Feedback {
		asked[[2]uuid.UUID{f.ReplyID, who[f.PartyID]}] = true
	}
	for _, a := range r.Answering() {
		rep := r.Reply(a)
		for _, p := range oneEach(r.Heirs, r.Proposers()) {
			if asked[[2]uuid.UUID{rep.ID, personOf(r.Heirs, p)}] {
				continue
			}
			err := r.Client.Feedback.Create().SetMatterID(r.Matter.ID).SetReplyID(rep.ID).SetPartyID(p.ID).
				SetRound(r.Edges.Proposal.Round).SetAskedAt(r.Now).SetDueOn(due).Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func rateOwn(ctx context.Context, r *run) error { return rate(ctx, r, false) }

func enterRating(ctx context.Context, r *run) error { return rate(ctx, r, true) }

// rate keeps one proposer's two ratings of one reply. Once given they stand.
// What is not entered for him is his own.
func rate(ctx context.Context, r *run, entered bool) error {
	id, err := r.Form.ID("feedbackId")
	if err != nil {
		return err
	}
	var f *gen.Feedback
	for _, x := range roundFeedback(r.Case) {
		if x.ID == id {
			f = x
		}
	}
	if f == nil || (!entered && !mine(r, f.PartyID)) {
		return errs.New(errs.NotFound, "没有这份征询表").At("feedbackId")
	}
	if f.ReceivedAt != nil {
		return errs.New(errs.Conflict, "这份征询表已经填过，不能更改").At("feedbackId")
	}
	u := r.Client.Feedback.UpdateOneID(id).SetAttitude(r.Form.Text("attitude")).SetResult(r.Form.Text("result")).
		SetOpinion(r.Form.Text("opinion")).SetReceivedAt(r.Now).SetChannel(feedback.ChannelSELF)
	if r.Form.Has("contacted") {
		u.SetContacted(r.Form.Bool("contacted"))
	}
	if entered {
		u.SetChannel(feedback.Channel(r.Form.Text("channel"))).SetNillableEnteredByID(r.Actor())
	}
	if err := u.Exec(ctx); err != nil || !r.Form.Has("contacted") || r.Form.Bool("contacted") {
		return err
	}
	for _, a := range r.Assignments {
		if rep := r.Reply(a); rep != nil && rep.ID == f.ReplyID {
			return deny(ctx, r, a, f.PartyID)
		}
	}
	return nil
}

// recordOutcome keeps what came of the case: a rule that was issued, a project,
// a number of something.
func recordOutcome(ctx context.Context, r *run) error {
	data := map[string]any{"category": r.Form.Text("category"), "evidence": r.Form.Text("evidence")}
	if r.Form.Has("quantity") {
		if text.Blank(r.Form.Text("measure")) {
			return errs.New(errs.Invalid, "写了数量的，请写明计量单位，例如 项、家、公里").At("measure")
		}
		data["quantity"], data["measure"] = r.Form["quantity"], r.Form.Text("measure")
	}
	c := note(r, record.KindOUTCOME, "outcome", r.Form.Text("text"), data).SetNumber(r.Form.Text("docNo"))
	if r.Form.Has("unitId") {
		id, err := r.Form.ID("unitId")
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(r.Assignments, func(a *gen.Assignment) bool { return r.Heirs.Same(a.UnitID, id) }) {
			return errs.New(errs.Invalid, "该单位没有承办本件").At("unitId")
		}
		c.SetUnitID(id)
	}
	return c.Exec(ctx)
}

func mine(r *run, partyID uuid.UUID) bool {
	for _, p := range r.Proposers() {
		if p.ID == partyID && speaksFor(p, r.Viewer) {
			return true
		}
	}
	return false
}

// newRound gives the same units new shares: a new row, never the old one
// rewritten. What was still under way is superseded.
func newRound(ctx context.Context, r *run) error {
	round := r.Edges.Proposal.Round + 1
	for _, a := range r.Shares() {
		if rep := r.Reply(a); rep != nil {
			if err := lapse(ctx, r, rep); err != nil {
				return err
			}
		}
		if err := supersede(ctx, r, a); err != nil {
			return err
		}
		err := openShare(ctx, r, a.Edges.Unit, flow.Share{Unit: r.Heirs.Of(a.UnitID), Role: a.Role, Round: round, Origin: &a.OriginAssignedAt})
		if err != nil {
			return err
		}
	}
	r.After["round"] = round
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetRound(round).Exec(ctx)
}

// supersede ends a share that was not answered: the case goes on without it.
func supersede(ctx context.Context, r *run, a *gen.Assignment) error {
	if a.State == "SENT" {
		return nil
	}
	return r.Engine.CloseShare(ctx, r, a, "SUPERSEDED")
}

// lapse drops the commitments of a reply that another takes the place of.
func lapse(ctx context.Context, r *run, rep *gen.Reply) error {
	if !slices.ContainsFunc(r.Items, func(it *gen.Item) bool { return it.ReplyID != nil && *it.ReplyID == rep.ID }) {
		return nil // a new reply has none
	}
	return r.Client.Item.Update().Where(item.ReplyID(rep.ID), item.StatusEQ(item.StatusOPEN)).SetStatus(item.StatusDROPPED).SetSettledAt(r.Now).AddVersion(1).Exec(ctx)
}

func jointConsult(ctx context.Context, r *run) error {
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	return note(r, record.KindJOINT_CONSULT, "consult", r.Form.Text("decision"), map[string]any{"present": r.Form["present"]}).
		SetOn(on).SetPlace(r.Form.Text("place")).Exec(ctx)
}

// disclose decides what is published. PENDING leaves it open for a reason, with
// which the case may be completed (transition 25).
func disclose(ctx context.Context, r *run) error {
	d, why := proposal.Disclosure(r.Form.Text("decision")), r.Form.Text("note")
	if d == "PENDING" {
		if why == "" {
			return errs.New(errs.Invalid, "暂不决定是否公开的，请写明理由").At("note")
		}
		d = proposal.DisclosureUNDECIDED
	}
	if d == proposal.DisclosureOPEN {
		if err := r.Client.Matter.UpdateOne(r.Matter).SetVisibility(matter.VisibilityTENANT).Exec(ctx); err != nil {
			return err
		}
	} else if r.Visibility == matter.VisibilityTENANT {
		if err := r.Client.Matter.UpdateOne(r.Matter).SetVisibility(matter.VisibilitySTAFF).Exec(ctx); err != nil {
			return err
		}
	}
	r.After["disclosure"] = string(d)
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetDisclosure(d).SetDisclosureNote(why).Exec(ctx)
}

func markKey(ctx context.Context, r *run) error {
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetIsKey(true).
		SetLeadLeaderPost(r.Form.Text("leadLeaderPost")).SetSuperviseLeaderPost(r.Form.Text("superviseLeaderPost")).Exec(ctx)
}

// reportBack is the purpose of records made while the case is followed.
const reportBack = "report_back"

// recordSupervision keeps what the supervising leader did. An instruction
// (批示) is seen by staff only. A report while the case is followed is the one
// that was due; the next is due half a year on.
func recordSupervision(ctx context.Context, r *run) error {
	on, err := r.Form.Day("on")
	if err != nil {
		return err
	}
	kind, purpose := record.Kind(r.Form.Text("kind")), "supervision"
	if r.State == "TRACKING" {
		purpose = reportBack
	}
	c := note(r, kind, purpose, r.Form.Text("text"), nil).SetOn(on).SetPlace(r.Form.Text("place"))
	if kind == record.KindINSTRUCTION {
		c.SetAudience(record.AudienceSTAFF)
	}
	if err := c.Exec(ctx); err != nil || kind != record.KindREPORT || purpose != reportBack {
		return err
	}
	return r.Met(ctx, "track")
}

// reportProgress is a handling unit's own report on a case that is followed.
func reportProgress(ctx context.Context, r *run) error {
	if err := note(r, record.KindREPORT, reportBack, r.Form.Text("text"), nil).SetOn(r.Today()).Exec(ctx); err != nil {
		return err
	}
	return r.Met(ctx, "track")
}

func urge(ctx context.Context, r *run) error {
	id, err := r.Form.ID("unitId")
	if err != nil {
		return err
	}
	return note(r, record.KindURGE, "urge", r.Form.Text("text"), map[string]any{"level": r.Form.Text("level")}).
		SetUnitID(id).SetAssignmentID(shareOf(r.Case, id.String()).ID).SetAudience(record.AudienceHANDLING).Exec(ctx)
}

// complete gives the case the least favourable class of its replies and keeps
// it as the original. It does not wait for an assisting unit's opinion.
func complete(ctx context.Context, r *run) error {
	for _, a := range r.Shares(assignment.RoleASSIST) {
		if err := supersede(ctx, r, a); err != nil {
			return err
		}
	}
	worst := -1
	for _, a := range r.Answering() {
		for i, c := range r.Policy.Classes {
			if r.Reply(a).Class == c.Code {
				worst = max(worst, i)
			}
		}
	}
	u := r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetCompletedAt(r.Now)
	if worst >= 0 {
		class := r.Policy.Classes[worst].Code
		u.SetClassOriginal(class).SetClassFinal(class)
		r.After["class"] = class
	}
	return u.Exec(ctx)
}

func commitment(r *run) (*gen.Item, error) {
	id, err := r.Form.ID("itemId")
	if err != nil {
		return nil, err
	}
	for _, it := range commitments(r.Case, item.StatusOPEN, item.StatusREPORTED) {
		if it.ID == id {
			return it, nil
		}
	}
	return nil, errs.New(errs.NotFound, "没有这项未了的承诺").At("itemId")
}

func reportCommitment(ctx context.Context, r *run) error {
	it, err := commitment(r)
	if err != nil {
		return err
	}
	if it.UnitID != nil && !r.Viewer.InUnit(it.UnitID) {
		return errs.New(errs.NotFound, "没有这项未了的承诺").At("itemId")
	}
	err = r.Client.Item.UpdateOne(it).SetStatus(item.StatusREPORTED).SetEvidence(r.Form.Text("evidence")).AddVersion(1).Exec(ctx)
	if err != nil {
		return err
	}
	return r.Met(ctx, "track") // the next report is due half a year on
}

// verifyCommitment settles what a unit reported, or opens it again.
func verifyCommitment(ctx context.Context, r *run) error {
	it, err := commitment(r)
	if err != nil {
		return err
	}
	if it.Status != item.StatusREPORTED {
		return failed("承办单位还没有报告这一项")
	}
	u := r.Client.Item.UpdateOne(it).AddVersion(1)
	if r.Form.Bool("done") {
		u.SetStatus(item.StatusDONE).SetSettledAt(r.Now)
	} else {
		u.SetStatus(item.StatusOPEN)
	}
	r.After["done"], r.After["note"] = r.Form.Bool("done"), r.Form.Text("note")
	return u.Exec(ctx)
}

// settle may change the class, never the original one. What was reported and
// could not be done is given up, for the reason that is given.
func settle(ctx context.Context, r *run) error {
	for _, it := range commitments(r.Case, item.StatusOPEN) {
		err := r.Client.Item.UpdateOne(it).SetStatus(item.StatusDROPPED).SetSettledAt(r.Now).AddVersion(1).Exec(ctx)
		if err != nil {
			return err
		}
	}
	r.Before["class"], r.After["class"] = r.Edges.Proposal.ClassFinal, r.Form.Text("class")
	return r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetClassFinal(r.Form.Text("class")).Exec(ctx)
}

func archive(ctx context.Context, r *run) error {
	return note(r, record.KindCHECK, "archive", "归档目录", r.Form).Exec(ctx)
}

func requestCorrection(ctx context.Context, r *run) (err error) {
	if r.Form["value"], err = corrected(r.Form.Text("field"), r.Form.Text("value"), "value"); err != nil {
		return err
	}
	return note(r, record.KindCHECK, "correction", r.Reason, r.Form).SetAudience(record.AudienceSTAFF).Exec(ctx)
}

// applyCorrection changes one field, keeping what stood before.
func applyCorrection(ctx context.Context, r *run) error {
	rec := latest(r.Case, record.KindCHECK, "correction")
	field, _ := rec.Data["field"].(string)
	value, _ := rec.Data["value"].(string)
	value, err := corrected(field, value, "value") // asked for by a version that did not look
	if err != nil {
		return err
	}
	switch field {
	case "title":
		r.Before[field] = r.Title
		err = r.Client.Matter.UpdateOne(r.Matter).SetTitle(value).Exec(ctx)
	case "category":
		r.Before[field] = r.Edges.Proposal.Category
		err = r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetCategory(value).Exec(ctx)
	case "consentReason":
		r.Before[field] = r.Edges.Proposal.ConsentReason
		err = r.Client.Proposal.UpdateOne(r.Edges.Proposal).SetConsentReason(value).Exec(ctx)
	}
	if err != nil {
		return err
	}
	r.After[field] = value
	return r.Client.Record.UpdateOne(rec).SetConfirmedAt(r.Now).Exec(ctx)
}
