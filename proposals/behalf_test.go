package proposals_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
)

// offline is a member without an account.
func (w *world) offline(name string) (id uuid.UUID) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		m, err := c.Membership.Create().SetName(name).SetKind(membership.KindMEMBER).SetPhone("13900000000").Save(ctx)
		id = m.ID
		return err
	})
	return id
}

// leaves ends a person's membership.
func (w *world) leaves(name string) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Membership.UpdateOneID(w.people[name].Membership).SetStatus(membership.StatusRESIGNED).Exec(ctx)
	})
}

// entered is a draft that the clerk enters for a member.
func (w *world) entered(member uuid.UUID, kind proposal.ProposerKind) *flow.Case {
	w.t.Helper()
	c, err := w.open("干事", proposals.Draft{Kind: kind, OnBehalf: &member})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// scan uploads a file and answers its id.
func (w *world) scan(id uuid.UUID) (file string) {
	w.t.Helper()
	w.attach(id, nil, attachment.KindPROPOSAL_FORM)
	w.must("", func(ctx context.Context, c *gen.Client) error {
		file = c.Attachment.Query().Where(attachment.MatterID(id)).Order(gen.Desc("id")).FirstX(ctx).ID.String()
		return nil
	})
	return file
}

func TestEnteredForAMember(t *testing.T) {
	t.Parallel()
	consent := process.Form{"consentHow": "当面", "consentOn": "2024-12-27"}
	say(t, "M4: staff edit and hand in for a member without account, with his consent on record", func(w *world) {
		member := w.offline("委员戊")
		c := w.entered(member, proposal.ProposerKindINDIVIDUAL)
		w.do("干事", "edit", c.Matter.ID, process.Form{"analysis": "按委员的意见补充。"})
		for field, form := range map[string]process.Form{
			"how": {"consentOn": "2024-12-27"}, "blank": {"consentHow": "\u200b ", "consentOn": "2024-12-27"}, "when": {"consentHow": "当面"},
			"later": {"consentHow": "当面", "consentOn": "2024-12-28"}, "before it began": {"consentHow": "当面", "consentOn": "2024-12-26"},
		} {
			if _, err := w.try("干事", "submit", process.OfMatter, c.Matter.ID, form); !errs.Is(err, errs.Invalid) {
				w.t.Errorf("%s: %v", field, err)
			}
		}
		c = w.do("干事", "submit", c.Matter.ID, consent)
		is(w, "state", c.State, "SUBMITTED")
		is(w, "telephone", c.Edges.Proposal.ContactPhone, "13900000000")
		kept := c.RecordsOf(record.KindCONSENT)
		is(w, "records", len(kept), 1)
		is(w, "how", kept[0].Text, "当面")
		is(w, "when", kept[0].On.Format(time.DateOnly), "2024-12-27")
		steps := w.stepsOf("干事", c.Matter.ID)
		last := steps[len(steps)-1]
		is(w, "the timeline says for whom", *last.OnBehalfID, member)
		is(w, "the timeline says how", last.After["consentHow"], any("当面"))
	})
	say(t, "M4: so it is with handing in again, withdrawing and what is applied for after filing", func(w *world) {
		c := w.entered(w.offline("委员戊"), proposal.ProposerKindINDIVIDUAL)
		w.do("干事", "submit", c.Matter.ID, consent)
		w.do("主任", "returnForEdit", c.Matter.ID, nil)
		w.do("干事", "edit", c.Matter.ID, process.Form{"analysis": "按审查意见补充。"})
		w.refused("干事", "resubmit", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		w.do("干事", "resubmit", c.Matter.ID, consent)
		w.refused("干事", "withdraw", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		w.do("干事", "startReview", c.Matter.ID, opinionToFile)
		w.do("审查员", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "file", c.Matter.ID, nil)
		w.refused("干事", "applyReedit", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		w.do("干事", "applyReedit", c.Matter.ID, consent)
		w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": true})
		w.do("干事", "edit", c.Matter.ID, process.Form{"analysis": "立案之后又补充。"})
		w.refused("干事", "finishReedit", process.OfMatter, c.Matter.ID, nil, errs.Invalid)
		is(w, "state", w.do("干事", "finishReedit", c.Matter.ID, consent).State, "FILED")
		w.do("干事", "applyWithdraw", c.Matter.ID, consent)
		w.do("主任", "approveWithdraw", c.Matter.ID, nil)
	})
	say(t, "M4: a draft that one clerk entered is the office's: another one goes on with it", func(w *world) {
		c := w.entered(w.offline("委员戊"), proposal.ProposerKindINDIVIDUAL)
		w.leaves("干事")
		is(w, "state", w.do("副主任", "submit", c.Matter.ID, consent).State, "SUBMITTED")
	})
	say(t, "M4: staff do nothing for a member who has an account and wrote it himself", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.refused("干事", "withdraw", process.OfMatter, c.Matter.ID, consent, errs.NotAllowed)
		w.refused("干事", "edit", process.OfMatter, w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil, errs.NotFound)
	})
	say(t, "M4: a member without account signs on paper, and consents through staff", func(w *world) {
		offline := w.offline("委员戊")
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": []any{w.member("委员乙"), offline.String()}})
		file := w.scan(c.Matter.ID)
		w.refused("委员甲", "enterSign", process.OfMatter, c.Matter.ID, process.Form{"membershipId": w.member("委员乙"), "documentId": file, "on": "2024-12-27"}, errs.Invalid)
		w.refused("委员甲", "enterSign", process.OfMatter, c.Matter.ID, process.Form{"membershipId": offline.String(), "documentId": uuid.NewString(), "on": "2024-12-27"}, errs.Invalid)
		w.do("委员甲", "enterSign", c.Matter.ID, process.Form{"membershipId": offline.String(), "documentId": file, "on": "2024-12-27"})
		w.do("委员乙", "sign", c.Matter.ID, nil)
		c = w.do("委员甲", "submit", c.Matter.ID, nil)
		is(w, "proposers", names(c), "委员甲 委员乙 委员戊 ")
		w.do("委员乙", "consentWithdraw", c.Matter.ID, nil)
		w.blocked("委员甲", "withdraw", process.OfMatter, c.Matter.ID, nil, "proposal.withdraw_consented")
		form := process.Form{"partyId": c.Proposers()[2].ID.String(), "consentHow": "电话", "consentOn": "2024-12-27"}
		w.refused("委员甲", "enterConsentWithdraw", process.OfMatter, c.Matter.ID, form, errs.NotAllowed)
		w.do("干事", "enterConsentWithdraw", c.Matter.ID, form)
		is(w, "state", w.do("委员甲", "withdraw", c.Matter.ID, nil).State, "WITHDRAWN")
	})
}

func TestWhoIsGone(t *testing.T) {
	t.Parallel()
	say(t, "R21: what was returned to one who is gone is withdrawn on record, with the document", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		form := process.Form{"documentId": w.scan(c.Matter.ID)}
		w.blocked("主任", "withdrawFor", process.OfMatter, c.Matter.ID, form, "proposal.lead_gone")
		w.leaves("委员甲")
		w.refused("干事", "withdrawFor", process.OfMatter, c.Matter.ID, form, errs.NotAllowed)
		w.refused("主任", "withdrawFor", process.OfMatter, c.Matter.ID, process.Form{"documentId": uuid.NewString()}, errs.Invalid)
		c = w.do("主任", "withdrawFor", c.Matter.ID, form)
		is(w, "state", c.State, "WITHDRAWN")
		steps := w.stepsOf("干事", c.Matter.ID)
		is(w, "document", steps[len(steps)-1].After["document"], any("扫描件.pdf"))
	})
	say(t, "R21: or a co-signer goes on as first proposer, and the former one stays a proposer", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员丙", "decline", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.leaves("委员甲")
		w.refused("主任", "nameSuccessor", process.OfMatter, c.Matter.ID, process.Form{"membershipId": w.member("委员丙")}, errs.Invalid)
		c = w.do("主任", "nameSuccessor", c.Matter.ID, process.Form{"membershipId": w.member("委员乙")})
		is(w, "proposers", names(c), "委员乙 委员甲 ")
		is(w, "first", c.Proposers()[0].Role, party.RoleLEAD)
		w.do("委员乙", "edit", c.Matter.ID, process.Form{"analysis": "接任后补充。"})
		w.clock.Advance(5 * time.Hour) // nobody waits for the former one's signature
		is(w, "handed in again", w.do("委员乙", "resubmit", c.Matter.ID, nil).State, "SUBMITTED")
		is(w, "withdrawn", w.do("委员乙", "withdraw", c.Matter.ID, nil).State, "WITHDRAWN")
	})
	say(t, "R21: the clock of what was returned leads back to the 提案委", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.at(2025, 1, 6)
		w.sweep()
		is(w, "on the last day", w.look(c.Matter.ID).State, "RETURNED")
		w.at(2025, 1, 7)
		w.sweep()
		c = w.look(c.Matter.ID)
		is(w, "state", c.State, "SUBMITTED")
		is(w, "turn", c.Turn, "clerk")
		steps := w.stepsOf("委员甲", c.Matter.ID)
		is(w, "on record", steps[len(steps)-1].Action, "editOver")
		w.do("干事", "startReview", c.Matter.ID, opinionToFile)
	})
	say(t, "R21: who is gone need not be met before a reply", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局联络员", "nameOfficer", a, process.Form{"membershipId": w.member("商务局承办人")})
		w.blocked("商务局承办人", "draftReply", process.OfAssignment, a, answerA, "assignment.contacted")
		w.leaves("委员甲")
		w.share("商务局承办人", "draftReply", a, answerA)
		is(w, "state", w.of(w.look(c.Matter.ID), "商务局").State, "DRAFTED")
	})
	say(t, "R21: a draft whose author is gone ends, when anything looks at it", func(w *world) {
		c := w.joint("委员乙")
		w.leaves("委员甲")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		is(w, "state", w.look(c.Matter.ID).State, "LAPSED")
	})
	say(t, "R21: the sweep ends it, on record and without its text; the office never reads it", func(w *world) {
		gone, mute := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, w.draft("委员乙", proposal.ProposerKindINDIVIDUAL).Matter.ID
		w.leaves("委员甲")
		w.withoutAccount("委员乙")
		w.sweep()
		for _, id := range []uuid.UUID{gone, mute} {
			is(w, "state", w.look(id).State, "LAPSED")
			is(w, "who is awaited", len(w.awaited(id)), 0)
			for _, who := range []string{"主任", "干事"} {
				w.must(who, func(ctx context.Context, c *gen.Client) error {
					seen, err := c.Matter.Query().Where(matter.ID(id)).Exist(ctx)
					is(w, "seen by "+who, seen, false)
					return err
				})
			}
			w.must("", func(ctx context.Context, c *gen.Client) error {
				last, err := c.Step.Query().Where(step.MatterID(id)).Order(gen.Desc(step.FieldID)).First(ctx)
				if err == nil {
					is(w, "on record", last.Action, "lapse")
					is(w, "who", last.ActorName, "系统")
					is(w, "text", len(last.Before)+len(last.After), 0)
				}
				return err
			})
		}
		is(w, "again", w.sweep(), 0)
	})
	say(t, "M4: what was returned to one who has no account is on the list of those who enter for him", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.withoutAccount("委员甲")
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		is(w, "the office is awaited", slices.Contains(w.awaited(c.Matter.ID), "proposal_clerk"), true)
		w.do("干事", "resubmit", c.Matter.ID, process.Form{"consentHow": "电话", "consentOn": "2024-12-27"})
	})
}

// withoutAccount leaves somebody in office who cannot sign in any more.
func (w *world) withoutAccount(name string) {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Membership.UpdateOneID(w.people[name].Membership).ClearAccountID().Exec(ctx)
	})
}

// awaited are the roles, or the people by id, of whom a matter waits for.
func (w *world) awaited(id uuid.UUID) (out []string) {
	w.t.Helper()
	w.must("", func(ctx context.Context, _ *gen.Client) (err error) {
		out, err = tenants.Collect(ctx, pgx.RowTo[string], `SELECT coalesce(role, membership_id::text, 'clock') FROM awaited WHERE matter_id = $1 AND NOT instead ORDER BY 1`, id)
		return err
	})
	return out
}

func TestRevisingAFiledCase(t *testing.T) {
	t.Parallel()
	say(t, "M19: with leave the first proposer has the turn, and assignment waits for him", func(w *world) {
		c := w.filed()
		w.do("委员甲", "applyReedit", c.Matter.ID, nil)
		c = w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": true})
		is(w, "turn", c.Turn, "lead")
		for _, action := range []string{"assign", "preAssign"} {
			w.refused("干事", action, process.OfMatter, c.Matter.ID, w.unitsForm("商务局", "SOLE"), errs.NotAllowedInState)
		}
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "补充。"})
		c = w.do("委员甲", "finishReedit", c.Matter.ID, nil)
		is(w, "turn again", c.Turn, "clerk")
		is(w, "state", w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")).State, "ASSIGNED")
	})
	say(t, "M19: or for the end of the time that he was given; what was asked in advance is asked again", func(w *world) {
		c := w.filed()
		w.do("干事", "preAssign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
		w.do("委员甲", "applyReedit", c.Matter.ID, nil)
		c = w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": true})
		is(w, "until", day(timerOf(w, c, "reedit", nil).DueOn), "2025-01-03")
		w.at(2025, 1, 3)
		w.sweep()
		is(w, "on the last day", w.look(c.Matter.ID).State, "REEDITING")
		w.at(2025, 1, 4)
		w.sweep()
		c = w.look(c.Matter.ID)
		is(w, "state", c.State, "PRE_ASSIGNED")
		is(w, "clock of the units", running(timerOf(w, c, "preassign", nil)), true)
		is(w, "clock of assignment goes on", day(timerOf(w, c, "assign", nil).DueOn), "2025-01-28")
	})
	say(t, "M19: after the last pass it is the director's turn, who decides", func(w *world) {
		c := w.reviewed()
		is(w, "state", c.State, "REVIEWED")
		is(w, "turn", c.Turn, "director")
		is(w, "review goes on counting", running(timerOf(w, c, "review", nil)), true)
	})
}

func TestALateInvitee(t *testing.T) {
	t.Parallel()
	say(t, "M3: the turn passes to the first proposer when the last answer comes", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		is(w, "turn", c.Turn, "invitees")
		c = w.do("委员乙", "sign", c.Matter.ID, nil)
		is(w, "while one is asked", c.Turn, "invitees")
		c = w.do("委员丙", "decline", c.Matter.ID, nil)
		is(w, "turn", c.Turn, "lead")
		is(w, "state", c.State, "COSIGNED")
		c = w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "又改了分析。"})
		is(w, "who signed is asked again", c.Turn, "invitees")
		c = w.do("委员甲", "cancelInvite", c.Matter.ID, process.Form{"membershipId": w.member("委员乙")})
		is(w, "nobody is asked any more", c.Turn, "lead")
		c = w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": []any{w.member("委员丙")}})
		is(w, "another is asked", c.Turn, "invitees")
	})
	say(t, "M3: and when the window ends; who comes late reads that it is over", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		w.do("委员丙", "sign", c.Matter.ID, nil)
		w.clock.Advance(3*time.Hour + time.Second)
		w.sweep()
		c = w.look(c.Matter.ID)
		is(w, "turn", c.Turn, "lead")
		sees := func() (n int) {
			w.must("委员乙", func(ctx context.Context, cl *gen.Client) error {
				n = cl.Matter.Query().Where(matter.ID(c.Matter.ID)).CountX(ctx)
				return nil
			})
			return n
		}
		is(w, "he sees what he was invited to", sees(), 1)
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
		w.refused("委员乙", "decline", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		is(w, "after it is handed in he sees it no more", sees(), 0)
		w.refused("委员乙", "sign", process.OfMatter, c.Matter.ID, nil, errs.DeadlinePassed)
		w.refused("委员丁", "sign", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
	})
}
