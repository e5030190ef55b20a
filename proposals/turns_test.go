package proposals_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// todo is what waits for somebody in a case, nil when it is not on his list.
func (w *world) todo(who string, id uuid.UUID) (out []flow.Mine) {
	w.t.Helper()
	w.as(who, func(ctx context.Context) error {
		v := authz.From(ctx)
		on, err := w.store.Ent().Matter.Query().Where(flow.Todo(v), matter.ID(id)).Exist(ctx)
		if err != nil || !on {
			return err
		}
		all, err := flow.Owed(ctx, v, id)
		out = all[id]
		return err
	})
	return out
}

// waits expects the case on the lists of these people and of nobody else.
func (w *world) waits(id uuid.UUID, whom ...string) {
	w.t.Helper()
	var got []string
	for name := range w.people {
		if len(w.todo(name, id)) > 0 {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	slices.Sort(whom)
	if !slices.Equal(got, whom) {
		w.t.Errorf("it waits for %v, want %v", got, whom)
	}
}

// heard are the texts of somebody's notices about a case, oldest first.
func (w *world) heard(who string, id uuid.UUID) (out []string) {
	w.t.Helper()
	w.as(who, func(ctx context.Context) error {
		list, err := w.store.Ent().Notice.Query().Where(notice.MatterID(id)).Order(notice.ByID()).All(ctx)
		for _, n := range list {
			out = append(out, n.Text)
		}
		return err
	})
	return out
}

// hears expects the last notice of each to contain a text.
func (w *world) hears(id uuid.UUID, text string, whom ...string) {
	w.t.Helper()
	for _, who := range whom {
		if list := w.heard(who, id); len(list) == 0 || !strings.Contains(list[len(list)-1], text) {
			w.t.Errorf("%s heard %q, not %q", who, list, text)
		}
	}
}

// goes ends somebody's membership.
func (w *world) goes(name string) {
	w.must("", func(ctx context.Context, c *gen.Client) error {
		return c.Membership.UpdateOneID(w.people[name].Membership).SetStatus(membership.StatusENDED).Exec(ctx)
	})
	delete(w.people, name)
}

func TestWhoseTurnAProposalIs(t *testing.T) {
	t.Parallel()
	say(t, "M3: with the last answer to the invitations it is the lead's turn, and he is told", func(w *world) {
		c := w.joint("委员乙", "委员丙")
		id := c.Matter.ID
		w.waits(id, "委员乙", "委员丙")
		w.do("委员乙", "sign", id, nil)
		w.waits(id, "委员丙")
		w.do("委员丙", "decline", id, nil)
		w.waits(id, "委员甲")
		is(w, "turn", w.look(id).Turn, "lead")
		w.hears(id, "轮到您办理", "委员甲")
	})
	say(t, "M3: and when the window ends", func(w *world) {
		id := w.joint("委员乙").Matter.ID
		w.at(2025, 1, 20)
		w.sweep()
		w.waits(id, "委员甲")
		w.hears(id, "轮到您办理", "委员甲")
	})
	say(t, "M19: after the last pass it is who decides; a granted change is the lead's until it is over", func(w *world) {
		c := w.draft("委员甲", "INDIVIDUAL")
		id := c.Matter.ID
		w.waits(id, "委员甲")
		w.do("委员甲", "submit", id, nil)
		w.waits(id, "干事", "主任", "副主任")
		w.do("干事", "startReview", id, process.Form{"disposition": "FILED"})
		w.waits(id, "审查员", "主任", "副主任")
		w.do("审查员", "recordPass", id, process.Form{"disposition": "FILED"})
		w.do("主任", "recordPass", id, process.Form{"disposition": "FILED"})
		w.waits(id, "主任", "副主任")
		w.do("主任", "file", id, nil)
		w.waits(id, "干事", "主任", "副主任")
		w.do("委员甲", "applyReedit", id, nil)
		w.waits(id, "主任", "副主任")
		w.do("主任", "grantReedit", id, process.Form{"grant": true})
		w.waits(id, "委员甲")
		w.hears(id, "轮到您办理", "委员甲")
	})
	say(t, "M5: who must decide about a return has it until he has", func(w *world) {
		c := w.sole()
		id, share := c.Matter.ID, w.of(c, "商务局").ID
		w.waits(id, "商务局联络员")
		w.share("商务局联络员", "applyReturn", share, nil)
		w.waits(id, "政府办", "干事", "主任", "副主任")
		w.share("政府办", "officeDecideReturn", share, grant(w.units["文旅局"].String()))
		w.waits(id, "干事", "主任", "副主任")
		w.share("干事", "committeeDecideReturn", share, grant(""))
		w.waits(id, "文旅局联络员")
		w.hears(id, "准许退回并改派", "商务局联络员", "商务局承办人")
	})
	say(t, "F7: the date is that of what he owes, and an office has the cases that it assigned", func(w *world) {
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			m := cl.Membership.Create().SetName("党委办").SetKind(membership.KindSTAFF).SetAccountID(uuid.New()).SaveX(ctx)
			w.people["党委办"] = &authz.Viewer{Account: *m.AccountID, Membership: m.ID}
			return cl.Grant.Create().SetMembership(m).SetRole("assign_party").Exec(ctx)
		})
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Unit.UpdateOneID(w.units["文旅局"]).SetChannel(unit.ChannelPARTY_OFFICE).SetShortName("文旅").Exec(ctx)
		})
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSEPARATE, "文旅局": assignment.RoleSEPARATE})
		id, a := c.Matter.ID, w.of(c, "商务局")
		w.share("商务局联络员", "signReceipt", a.ID, nil)
		w.waits(id, "商务局承办人", "文旅局联络员")
		sign := timerOf(w, c, "sign", &w.of(c, "文旅局").ID)
		is(w, "what 文旅局 owes first", day(w.todo("文旅局联络员", id)[0].DueOn), day(sign.DueOn))
		if due := w.todo("商务局承办人", id)[0].DueOn; day(due) == day(sign.DueOn) || due.Before(*sign.DueOn) {
			t.Errorf("商务局 has signed, and owes something on %s", day(due))
		}
		w.share("商务局联络员", "applyReturn", a.ID, nil)
		w.waits(id, "政府办", "干事", "主任", "副主任", "文旅局联络员")
		decide := timerOf(w, w.look(id), "decide_return", &a.ID)
		is(w, "what the office owes", day(w.todo("政府办", id)[0].DueOn), day(decide.DueOn))
	})
	say(t, "a unit without the person for a step has the step done by those who are there", func(w *world) {
		w.goes("商务局联络员")
		c := w.sole()
		w.sweep()
		w.waits(c.Matter.ID, "主任", "副主任") // nobody else of the unit may sign for receipt
		w.hears(c.Matter.ID, "没有人能接手", "主任")
	})
}

// Nothing stands still: people leave, and what waited for them is somebody's.
func TestWhatNobodyIsLeftFor(t *testing.T) {
	t.Parallel()
	say(t, "R21: a returned proposal whose proposer left waits for its clock alone, which leads to the clerk", func(w *world) {
		c := w.draft("委员丙", "INDIVIDUAL")
		id := c.Matter.ID
		w.do("委员丙", "submit", id, nil)
		w.do("干事", "returnForEdit", id, nil)
		w.waits(id, "委员丙")
		w.goes("委员丙")
		w.sweep()
		w.waits(id)
		w.clock.Advance(15 * 24 * time.Hour)
		w.sweep()
		is(w, "state", w.look(id).State, "SUBMITTED")
		is(w, "the clerk can go on", len(w.todo("干事", id)) > 0, true)
	})
	say(t, "a share whose unit has nobody left is given to another unit, and nobody can do that otherwise", reassigned)
	say(t, "it goes back when somebody is there again", func(w *world) {
		c := w.sole()
		id := c.Matter.ID
		liaison := w.people["商务局联络员"]
		w.goes("商务局联络员")
		w.sweep()
		w.waits(id, "主任", "副主任")
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Membership.UpdateOneID(liaison.Membership).SetStatus(membership.StatusACTIVE).Exec(ctx)
		})
		w.people["商务局联络员"] = liaison
		w.sweep()
		w.waits(id, "商务局联络员")
	})
	say(t, "a database of before has its rows after the first sweep, and nobody is told for that", func(w *world) {
		c := w.sole()
		before := len(w.heard("商务局联络员", c.Matter.ID))
		w.db.AsSuper(w.t, `WITH gone AS (DELETE FROM awaited RETURNING 1) SELECT count(*) FROM gone`, nil, new(int64))
		w.waits(c.Matter.ID)
		w.sweep()
		w.waits(c.Matter.ID, "商务局联络员")
		is(w, "notices", len(w.heard("商务局联络员", c.Matter.ID)), before)
	})
	say(t, "A10: what waits only for what is about to go is listed, with whose turn it becomes", func(w *world) {
		c := w.sole()
		var left []flow.Left
		w.as("", func(ctx context.Context) (err error) {
			left, err = w.engine.Leaves(ctx, flow.Loss{Units: []uuid.UUID{w.units["商务局"]}})
			return err
		})
		if len(left) != 1 || left[0].Matter != c.Matter.ID || left[0].Share == nil || left[0].Turn != "承办单位联络员" || left[0].Becomes != "提案委主任" {
			t.Errorf("%+v", left)
		}
		w.as("", func(ctx context.Context) (err error) {
			left, err = w.engine.Leaves(ctx, flow.Loss{Role: "unit_liaison", Members: []uuid.UUID{w.people["文旅局联络员"].Membership}})
			return err
		})
		is(w, "another unit's liaison", len(left), 0)
	})
}

// reassigned: 改派 by the guardian is no way round 申退, which two must agree to.
func reassigned(w *world) {
	c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
	id, old := c.Matter.ID, w.of(c, "商务局")
	to := func(unit string) process.Form { return process.Form{"newUnitId": w.units[unit].String()} }
	refused := func(who string, code errs.Code, unit string) {
		w.t.Helper()
		w.refused(who, "reassign", process.OfAssignment, old.ID, to(unit), code)
	}
	refused("主任", errs.GuardFailed, "城建局")
	for _, name := range []string{"商务局联络员", "商务局承办人", "商务局局长"} {
		w.goes(name)
	}
	w.clock.Advance(3 * 24 * time.Hour)
	w.sweep()
	w.hears(id, "您可以办理“改派”，或者安排人接手", "主任")
	refused("干事", errs.NotAllowed, "城建局")
	refused("主任", errs.Invalid, "文旅局")
	refused("主任", errs.Invalid, "商务局")
	c = w.share("主任", "reassign", old.ID, to("城建局"))
	was, now := c.Share(old.ID), w.of(c, "城建局")
	if was.State != "SUPERSEDED" || len(c.OpenTimers(&was.ID)) != 0 {
		w.t.Error("the old share goes on:", was.State, c.OpenTimers(&was.ID))
	}
	if now.State != "PENDING_SIGN" || now.Role != assignment.RoleLEAD || *now.ReplacesID != was.ID || !now.OriginAssignedAt.Equal(was.OriginAssignedAt) || !now.AssignedAt.After(was.AssignedAt) {
		w.t.Errorf("the new share: %+v", now)
	}
	for _, key := range []string{"sign", "return", "reply"} {
		if d := timerOf(w, c, key, &now.ID); d.DueOn.Before(w.clock.Now()) {
			w.t.Errorf("%s is due on %s", key, day(d.DueOn))
		}
	}
	w.waits(id, "城建局联络员", "文旅局联络员")
	w.hears(id, "轮到您办理：现处于“待签收”", "城建局联络员")
	w.refused("主任", "reassign", process.OfAssignment, now.ID, to("商务局"), errs.GuardFailed)
}

// Everyone is told: M15, R16.
func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	say(t, "M15: assignment, reply, redo and 催办 are told to those whose case it is and those whose turn it becomes", func(w *world) {
		c := w.sole()
		id := c.Matter.ID
		w.hears(id, "交办，现处于“已交办”", "委员甲")
		w.hears(id, "轮到您办理：现处于“待签收”", "商务局联络员")
		w.do("干事", "urge", id, process.Form{"unitId": w.units["商务局"].String(), "level": "提醒", "text": "请尽快"})
		w.hears(id, "催办", "商务局联络员", "商务局承办人")
		c = w.replied(c, "商务局", "A")
		w.hears(id, "轮到您办理：现处于“已答复待征询”", "委员甲")
		w.rated(c, "委员甲", "DISSATISFIED")
		is(w, "handled again", w.look(id).State, "HANDLING")
		w.hears(id, "轮到您办理", "商务局联络员")
		for _, text := range w.heard("委员甲", id) {
			if strings.Contains(text, "送签") || strings.Contains(text, "签发") {
				t.Errorf("the proposer heard of what is the unit's own: %s", text)
			}
		}
	})
	say(t, "M15: a return is told to who must edit, and nobody is told of what he did himself", func(w *world) {
		id := w.draft("委员甲", "INDIVIDUAL").Matter.ID
		is(w, "notices of a draft", len(w.heard("委员甲", id)), 0)
		w.do("委员甲", "submit", id, nil)
		is(w, "notices of his own step", len(w.heard("委员甲", id)), 0)
		w.hears(id, "轮到您办理", "干事")
		w.do("干事", "returnForEdit", id, nil)
		w.hears(id, "轮到您办理：现处于“退改”", "委员甲")
	})
	say(t, "M15: what is overdue is told to who owes it", func(w *world) {
		c := w.sole()
		w.clock.Advance(30 * 24 * time.Hour)
		w.sweep()
		w.hears(c.Matter.ID, "到期", "商务局联络员")
	})
	say(t, "M15: a merge tells every proposer", func(w *world) {
		main, other := w.caseOf("委员甲"), w.passed("委员乙", w.draft("委员乙", "INDIVIDUAL").Matter.ID)
		w.do("主任", "merge", other.Matter.ID, process.Form{"intoId": main.Matter.ID.String()})
		w.hears(other.Matter.ID, "并案，现处于“被并案”", "委员乙")
		w.hears(main.Matter.ID, "并入", "委员甲")
	})
}
