package bulk

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/text"
)

// cases goes through all proposals in the order of time, all committees
// mixed.
func (w *world) cases(do func(m *matter) error) error {
	for n := range w.Matters {
		for t := range w.Tenants {
			m := w.matter(t, n)
			if err := do(&m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) proposalProcess(t int) uuid.UUID {
	for p, d := range w.processes {
		if d == w.proposal {
			return w.process(t, p)
		}
	}
	return uuid.Nil
}

// registration and caseNo are the numbers that a proposal of stage submitted
// and filed has; case 1 is kept for the 一号提案.
func registration(m *matter) string {
	return fmt.Sprintf("%s-%02d%02d-R%04d", code(m.t), termOf(m.t), m.sitting+3, m.n+1)
}

func number(m *matter) string {
	switch {
	case m.stage >= filed:
		return fmt.Sprintf("第%s届%s次会议第%03d号", text.Chinese(termOf(m.t)), text.Chinese(m.sitting+3), m.n+2)
	case m.stage >= submitted:
		return registration(m)
	}
	return ""
}

func (w *world) matterRows(l *line, emit func() error) error {
	return w.cases(func(m *matter) error {
		visible := "PARTIES"
		switch {
		case m.open():
			visible = "TENANT"
		case m.stage >= submitted:
			visible = "STAFF"
		}
		l.id(m.id).id(w.tenant(m.t)).time(m.opened).time(m.opened).text("proposal").text(m.state.Code).text(m.state.Turn).text(number(m)).
			text(w.title(m.t, m.n)).time(m.opened)
		if m.state.End {
			l.time(m.at(m.stage))
		} else {
			l.null()
		}
		l.day(m.due()).text(visible).id(w.proposalProcess(m.t)).id(w.person(m.t, m.lead)).id(w.unit(m.t, m.sector())).id(w.unit(m.t, m.street()))
		return emit()
	})
}

var dispositions = map[string]string{"NOT_FILED": "NOT_FILED", "WITHDRAWN": "WITHDRAWN", "CONVERTED_LETTER": "CONVERTED_LETTER"}

func (w *world) proposalRows(l *line, emit func() error) error {
	return w.cases(func(m *matter) error {
		topic := w.topic(m.t, m.n)
		l.id(w.id(m.opened, aProposal, m.t, m.n, 0)).id(w.tenant(m.t)).time(m.opened)
		if m.stage >= submitted {
			l.text(registration(m))
		} else {
			l.null()
		}
		if m.stage >= filed {
			l.int(m.n + 2)
		} else {
			l.null()
		}
		if m.state.Code == "NOT_FILED" {
			l.text(fmt.Sprintf("T%02d%02d-%03d", termOf(m.t), m.sitting+3, m.n+1))
		} else {
			l.null()
		}
		period, proposer := "", "INDIVIDUAL"
		if m.stage >= submitted {
			period = "INTERSESSION"
		}
		if len(m.co) > 0 {
			proposer = "JOINT"
		}
		l.text(period).text(proposer).
			text("近年来，"+topic+"受到群众普遍关注。据走访了解，相关设施和服务仍不能满足需要，各街道进展不一。").
			text("主要原因：一是规划衔接不够，二是部门职责交叉，三是资金来源单一，四是群众参与不足。").
			list("把"+topic+"纳入年度民生实事，明确牵头部门和完成时限", "建立部门会商和群众评议机制，定期公布进展").
			text([]string{"经济", "民生", "城建", "文教卫"}[m.n%4]).list().
			time(m.since(submitted)).time(m.since(filed)).time(m.since(assigned)).time(m.since(completed))
		disposition, reason, class, disclosure := dispositions[m.state.Code], "", "", "UNDECIDED"
		switch {
		case disposition == "NOT_FILED":
			reason = "ACADEMIC"
		case disposition == "" && m.stage >= filed:
			disposition = "FILED"
		case disposition == "":
			disposition = "NONE"
		}
		if m.stage >= completed {
			class, disclosure = classOf(m), "CLOSED"
		}
		if m.open() {
			disclosure = "OPEN"
		}
		l.text(disposition).text(reason).int(w.passes(m)).text(disclosure).text(class).text(class).id(m.id)
		if m.stage >= submitted {
			l.id(w.sitting(m.t, m.sitting))
		} else {
			l.null()
		}
		return emit()
	})
}

// passes are the reviews done: none before the review, all from its end.
func (w *world) passes(m *matter) int {
	switch {
	case m.stage >= filed || dispositions[m.state.Code] != "" && m.stage > submitted:
		return 3
	case m.state.Code == "UNDER_REVIEW":
		return 1 + w.pick(3, m.t, m.n, 30)
	}
	return 0
}

func classOf(m *matter) string {
	if m.state.Code == "TRACKING" {
		return "B"
	}
	return []string{"A", "A", "A", "C"}[m.n%4]
}

func (w *world) party(m *matter, k int) uuid.UUID { return w.id(m.opened, aParty, m.t, m.n, k) }

func (w *world) partyRows(l *line, emit func() error) error {
	return w.cases(func(m *matter) error {
		for k, member := range append([]int{m.lead}, m.co...) {
			role, cosign := "LEAD", "NONE"
			switch {
			case k > 0 && m.stage == 0:
				role, cosign = "CO", "INVITED"
			case k > 0:
				role, cosign = "CO", "SIGNED"
			}
			l.id(w.party(m, k)).id(w.tenant(m.t)).time(m.opened).text(w.personName(member)).text(role).int(k).text(cosign)
			if cosign == "SIGNED" {
				l.time(m.opened.AddDate(0, 0, 1))
			} else {
				l.null()
			}
			l.id(m.id).id(w.person(m.t, member))
			if err := emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) shareRows(l *line, emit func() error) error {
	machine := w.proposal.Machines[process.OfAssignment]
	return w.cases(func(m *matter) error {
		for _, s := range m.shares {
			at, due := m.at(assigned), clock.Day(m.at(assigned)).AddDate(0, 3, 0)
			l.id(s.id).id(w.tenant(m.t)).time(at).time(at).text(s.role).text(s.state).text(machine.State(s.state).Turn).
				text(fmt.Sprintf("%02d%02d-交-%s-%d", termOf(m.t), m.sitting+3, handlingNames[s.unit], m.n+1)).
				time(at).time(at).day(clock.Day(at).AddDate(0, 0, 5)).day(clock.Day(at).AddDate(0, 0, 7)).day(due).day(due)
			if s.state != "PENDING_SIGN" {
				l.time(at.AddDate(0, 0, 1))
			} else {
				l.null()
			}
			l.time(m.since(replied))
			if s.replies {
				l.time(m.since(completed))
			} else {
				l.null()
			}
			l.id(w.unit(m.t, handler(s.unit))).id(m.id)
			if err := emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) reply(m *matter, share int) uuid.UUID {
	return w.id(m.at(replied), aReply, m.t, m.n, share)
}

// answered goes through the shares that have replied.
func (w *world) answered(do func(m *matter, k int, s share) error) error {
	return w.cases(func(m *matter) error {
		for k, s := range m.shares {
			if s.replies {
				if err := do(m, k, s); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (w *world) replyRows(l *line, emit func() error) error {
	return w.answered(func(m *matter, k int, s share) error {
		at := m.at(replied)
		l.id(w.reply(m, k)).id(w.tenant(m.t)).time(at).text("REPLY").text("SENT").
			text(fmt.Sprintf("%s〔%d〕%d号", docWord(s.unit), at.In(clock.Shanghai).Year(), m.n+1)).
			text(classOf(m)).text("您提出的关于" + w.topic(m.t, m.n) + "的提案收悉。我单位会同有关部门研究，现将办理情况答复如下：已列入年度计划并落实责任分工。").
			time(at).time(at).id(s.id).id(m.id)
		return emit()
	})
}

func (w *world) feedbackRows(l *line, emit func() error) error {
	return w.answered(func(m *matter, k int, _ share) error {
		at := m.at(replied)
		for p := range 1 + len(m.co) {
			l.id(w.id(at, aFeedback, m.t, m.n, k<<8|p)).id(w.tenant(m.t)).time(at).time(at).day(clock.Day(at).AddDate(0, 0, 21))
			if m.stage >= rated {
				l.text("SATISFIED").text([]string{"SATISFIED", "SATISFIED", "BASIC"}[m.n%3]).bool(true).time(m.at(rated)).text("SELF")
			} else {
				l.null().null().null().null().null()
			}
			l.id(w.party(m, p)).id(m.id).id(w.reply(m, k))
			if err := emit(); err != nil {
				return err
			}
		}
		return nil
	})
}

// itemRows are the promises that are still followed.
func (w *world) itemRows(l *line, emit func() error) error {
	return w.answered(func(m *matter, k int, s share) error {
		if m.state.Code != "TRACKING" {
			return nil
		}
		at := m.at(replied)
		l.id(w.id(at, anItem, m.t, m.n, k)).id(w.tenant(m.t)).time(at).time(at).text("COMMITMENT").text("年内完成" + w.topic(m.t, m.n) + "方案并启动实施").
			day(clock.Day(at).AddDate(1, 0, 0)).text("OPEN").id(w.reply(m, k)).id(w.unit(m.t, handler(s.unit))).id(m.id)
		return emit()
	})
}

func (w *world) stepRows(l *line, emit func() error) error {
	return w.cases(func(m *matter) error {
		l.id(w.id(m.opened, aStep, m.t, m.n, 0)).id(w.tenant(m.t)).time(m.opened).text("create").text("新建").text("DRAFT").time(m.opened).
			text(w.personName(m.lead)).id(m.id).id(w.person(m.t, m.lead))
		return emit()
	})
}

// offices hold the turns that are an office's.
var offices = map[string][]string{
	"clerk": {"proposal_clerk", "proposal_director"}, "reviewer": {"proposal_reviewer", "proposal_director"},
	"liaison": {"unit_liaison"}, "officer": {"unit_officer"},
}

// awaitedRows are whom the engine would compute for a case that has come so far.
func (w *world) awaitedRows(l *line, emit func() error) error {
	shares := w.proposal.Machines[process.OfAssignment]
	return w.cases(func(m *matter) error {
		row := func(share, unit, member *uuid.UUID, role, turn string) error {
			key := func(id *uuid.UUID) string {
				if id == nil {
					return ""
				}
				return id.String()
			}
			l.id(w.tenant(m.t)).id(m.id).text(key(share) + "/" + key(member) + "/" + role + "/" + key(unit) + "/").ref(share).text(turn)
			if role == "" {
				l.null()
			} else {
				l.text(role)
			}
			l.ref(unit).ref(member).day(m.due()).time(m.opened)
			return emit()
		}
		var members []int
		switch m.state.Turn {
		case "lead":
			members = []int{m.lead}
		case "invitees":
			members = m.co
		case "raters":
			members = append([]int{m.lead}, m.co...)
		}
		for _, p := range members {
			id := w.person(m.t, p)
			if err := row(nil, nil, &id, "", m.state.Turn); err != nil {
				return err
			}
		}
		for _, role := range offices[m.state.Turn] {
			if err := row(nil, nil, nil, role, m.state.Turn); err != nil {
				return err
			}
		}
		for _, s := range m.shares {
			state, unit := shares.State(s.state), w.unit(m.t, handler(s.unit))
			for _, role := range offices[state.Turn] {
				if state.End || m.state.End {
					continue
				}
				if err := row(&s.id, &unit, nil, role, state.Turn); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
