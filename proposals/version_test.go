package proposals_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/templates"
)

func TestARunningCaseKeepsItsRules(t *testing.T) {
	t.Parallel()
	say(t, "the policy that was in force when it was opened", func(w *world) {
		old := w.filed()
		w.policyIs(map[string]any{"deadlines": map[string]any{"reply.plenary": map[string]any{"amount": 2, "unit": "MONTH"}}})
		w.policyIs(map[string]any{"deadlines": map[string]any{"reply.plenary": map[string]any{"amount": 4, "unit": "MONTH"}}})
		fresh := w.filed()
		is(w, "old version", old.PolicyVersion, 0)
		is(w, "new version", fresh.PolicyVersion, 2)
		for want, c := range map[string]*flow.Case{"2025-03-27": old, "2025-04-27": fresh} {
			c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE"))
			is(w, "day", day(w.of(c, "商务局").DueOn), want)
		}
	})
	say(t, "the process that it began with", func(w *world) {
		old := w.reviewed()
		for _, src := range templates.Processes() {
			if !strings.Contains(string(src), "kind: proposal") {
				continue
			}
			next := strings.Replace(string(src), "version: 3", "version: 4", 1)
			next = strings.Replace(next, "{code: file, label: 立案,", "{code: file, label: 决定立案,", 1)
			w.as("", func(ctx context.Context) error {
				_, err := w.engine.Publish(authz.System(ctx), []byte(next), process.RolesOf(w.policy))
				return err
			})
		}
		fresh := w.reviewed()
		is(w, "old", old.Def.Version, 3)
		is(w, "new", fresh.Def.Version, 4)
		for want, c := range map[string]*flow.Case{"立案": old, "决定立案": fresh} {
			w.do("主任", "file", c.Matter.ID, nil)
			steps := w.stepsOf("委员甲", c.Matter.ID)
			is(w, "label", steps[len(steps)-1].Label, want)
		}
	})
}

func TestTwoPersonsAtOnce(t *testing.T) {
	t.Parallel()
	attempt := func(w *world, who, machine string, cmd flow.Command) error {
		cmd.Machine = machine
		return w.as(who, func(ctx context.Context) error { _, err := w.engine.Do(ctx, cmd); return err })
	}
	say(t, "who acts on an old version is told so and changes nothing", func(w *world) {
		c := w.filed()
		seen := c.Version
		w.do("主席", "markKey", c.Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
		err := attempt(w, "干事", process.OfMatter, flow.Command{Subject: c.Matter.ID, Action: "assign", Form: w.unitsForm("商务局", "SOLE"), Expected: &seen})
		if e, _ := errs.As(err); !errs.Is(err, errs.VersionConflict) || e.Details["currentVersion"] != seen+1 {
			w.t.Error(err)
		}
		c = w.look(c.Matter.ID)
		is(w, "state", c.State, "FILED")
		is(w, "version", c.Version, seen+1)
		err = attempt(w, "干事", process.OfMatter, flow.Command{Subject: c.Matter.ID, Action: "assign", Form: w.unitsForm("商务局", "SOLE"), Expected: &c.Version})
		is(w, "on the version of now", err, nil)
	})
	say(t, "so it is with a share, and the case's version moves with its shares'", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		seen := w.of(c, "商务局").Version
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		err := attempt(w, "商务局承办人", process.OfAssignment, flow.Command{Subject: a, Action: "draftReply", Form: answerA, Expected: &seen})
		is(w, "conflict", errs.Is(err, errs.VersionConflict), true)
		is(w, "the case's version", w.look(c.Matter.ID).Version, c.Version+1)
	})
	say(t, "of two who do the same the second is told what may be done now", func(w *world) {
		c := w.reviewed()
		w.do("主任", "file", c.Matter.ID, nil)
		err := attempt(w, "副主任", process.OfMatter, flow.Command{Subject: c.Matter.ID, Action: "file"})
		e, _ := errs.As(err)
		if e == nil || e.Code != errs.NotAllowedInState || e.Details["state"] != "FILED" || len(e.Details["allowedActions"].([]string)) == 0 {
			w.t.Errorf("%+v", e)
		}
	})
}

// A person without a part in a case meets nothing: what he may not see looks
// like what does not exist.
func TestStrangersFindNothing(t *testing.T) {
	t.Parallel()
	say(t, "other members, other units and other desks", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		draft := w.draft("委员乙", proposal.ProposerKindINDIVIDUAL)
		lead := w.of(c, "商务局").ID
		for _, x := range []struct {
			who, action, machine string
			code                 errs.Code
		}{
			{"委员丙", "edit", process.OfMatter, errs.NotFound},
			{"委员丙", "assign", process.OfMatter, errs.NotFound},
			{"城建局联络员", "signReceipt", process.OfAssignment, errs.NotFound},
			{"城建局承办人", "draftReply", process.OfAssignment, errs.NotFound},
			{"文旅局联络员", "signReceipt", process.OfAssignment, errs.NotFound},
			{"文旅局局长", "applyExtension", process.OfAssignment, errs.NotFound},
			{"信息编辑", "urge", process.OfMatter, errs.NotFound},
			{"联络员", "urge", process.OfMatter, errs.NotFound},
			{"审查员", "urge", process.OfMatter, errs.NotAllowed},
			{"委员甲", "urge", process.OfMatter, errs.NotAllowed},
			{"召集人", "urge", process.OfMatter, errs.NotAllowed}, // his 界别's case: he sees it
			{"商务局承办人", "signReceipt", process.OfAssignment, errs.NotAllowed},
			{"干事", "signReceipt", process.OfAssignment, errs.NotAllowed},
		} {
			id := c.Matter.ID
			if x.machine == process.OfAssignment {
				id = lead
			}
			w.refused(x.who, x.action, x.machine, id, nil, x.code)
		}
		for name := range w.people {
			if name == "委员乙" {
				continue
			}
			w.refused(name, "submit", process.OfMatter, draft.Matter.ID, nil, errs.NotFound)
		}
	})
	say(t, "nobody who is not signed in does anything", func(w *world) {
		c := w.filed()
		err := w.as("", func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "assign"})
			return err
		})
		is(w, "refused", errs.Is(err, errs.Unauthenticated), true)
	})
	say(t, "an action that the process does not know is not done", func(w *world) {
		c := w.filed()
		w.refused("主任", "delete", process.OfMatter, c.Matter.ID, nil, errs.NotAllowedInState)
		w.refused("主任", "begin", process.OfMatter, w.sole().Matter.ID, nil, errs.NotAllowedInState) // the engine's own
	})
	say(t, "a form with what nobody asked for is refused", func(w *world) {
		c := w.reviewed()
		w.refused("主任", "file", process.OfMatter, c.Matter.ID, process.Form{"caseNo": 7}, errs.Invalid)
		w.refused("委员甲", "consentOpinion", process.OfMatter, c.Matter.ID, process.Form{"how": 7}, errs.Invalid)
		w.refused("主任", "flagSecret", process.OfMatter, c.Matter.ID, process.Form{"x": 1}, errs.Invalid)
	})
}
