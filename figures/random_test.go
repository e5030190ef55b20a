package figures_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/figures/figurestest"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/test/district"
)

var histories = flag.Int("histories", 30, "random histories; hundreds for make figures")

// stored is enough of a process for matters to stand on: nothing is acted here.
const stored = `
kind: %s
version: 1
title: 测试
machines: {matter: {initial: DRAFT, states: [{code: DRAFT, label: 草稿}]}}
`

var states = []string{"SUBMITTED", "RETURNED", "UNDER_REVIEW", "REVIEWED", "FILED", "REEDITING", "PRE_ASSIGNED", "ASSIGNED", "HANDLING", "REPLIED", "REHANDLING",
	"COMPLETION_REVIEW", "COMPLETED", "TRACKING", "ARCHIVED", "MERGED", "CONVERTED_OPINION", "CONVERTED_LETTER", "NOT_FILED", "WITHDRAWN", "FORWARDED_UP"}

// history writes rows of any content that the tables allow. What is counted
// must not depend on rows being as the engine would have written them.
type history struct {
	*rand.Rand
	d        *district.District
	c        *gen.Client
	began    time.Time
	sittings []uuid.UUID
	units    []uuid.UUID
	people   []uuid.UUID
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (h *history) often() bool  { return h.IntN(4) > 0 }
func (h *history) rarely() bool { return h.IntN(5) == 0 }

// day is one of some sixty, so that days meet; moments lie around its edges.
func (h *history) day() time.Time { return clock.Day(h.began).AddDate(0, 0, h.IntN(60)) }
func (h *history) moment() time.Time {
	return clock.StartOf(h.day()).Add(pick(h.Rand, 0, time.Microsecond, 9*time.Hour, 24*time.Hour-time.Microsecond))
}

// build writes one history and answers what failed.
func (h *history) build(ctx context.Context) error {
	set := map[string]any{"ratings": []any{
		map[string]any{"code": "好", "label": "好", "counts": "SATISFIED"}, map[string]any{"code": "行", "label": "行", "counts": "UNDERSTOOD"}}}
	if err := h.c.TenantPolicy.Create().SetVersion(7).SetEffectiveFrom(clock.Date(2024, 1, 1)).SetSettings(set).Exec(ctx); err != nil {
		return err
	}
	if h.often() { // one unit follows on another
		if err := h.c.Unit.UpdateOneID(h.units[0]).SetSuccessorID(h.units[1]).Exec(ctx); err != nil {
			return err
		}
	}
	for range h.IntN(3) {
		m := h.c.Membership.Create().SetName("某委员").SetKind(membership.KindMEMBER).SetStatus(pick(h.Rand, membership.StatusACTIVE, membership.StatusENDED, membership.StatusSUSPENDED))
		if h.often() {
			m.SetActiveFrom(h.day())
		}
		if h.often() {
			m.SetActiveTo(h.day())
		}
		if err := m.Exec(ctx); err != nil {
			return err
		}
	}
	for n := range 4 + h.IntN(6) {
		if err := h.proposal(ctx, n); err != nil {
			return err
		}
	}
	return h.task(ctx)
}

func (h *history) proposal(ctx context.Context, n int) error {
	m := h.c.Matter.Create().SetKind("proposal").SetProcessID(h.d.Runs["proposal"]).SetState("X").SetTitle("关于某事").SetOpenedAt(h.moment()).
		SetPolicyVersion(pick(h.Rand, 0, 7))
	if h.often() {
		m.SetSectorID(pick(h.Rand, h.units...)).SetStreetID(pick(h.Rand, h.units...))
	}
	row, err := m.Save(ctx)
	if err != nil {
		return err
	}
	p := h.c.Proposal.Create().SetMatterID(row.ID).SetProposerKind(pick(h.Rand, proposal.ProposerKindINDIVIDUAL, proposal.ProposerKindJOINT, proposal.ProposerKindSECTOR)).
		SetConsentPublish(h.often()).SetSituation("").SetRegistrationNo(fmt.Sprint(n))
	if h.often() {
		p.SetSittingID(pick(h.Rand, h.sittings...)).SetPeriod(pick(h.Rand, proposal.PeriodPLENARY, proposal.PeriodINTERSESSION))
	} else {
		p.SetPeriod(proposal.PeriodPLENARY)
	}
	if err := p.Exec(ctx); err != nil {
		return err
	}
	for i := range 1 + h.IntN(8) {
		to, at := pick(h.Rand, states[min(i, 8):]...), h.moment()
		if k := slices.Index(states, to); k > 4 && k < 15 { // what is handled was filed
			if err := h.step(ctx, row.ID, nil, "FILED", at); err != nil {
				return err
			}
		}
		if err := h.step(ctx, row.ID, nil, to, at); err != nil {
			return err
		}
	}
	parties, err := h.parties(ctx, row.ID)
	if err != nil {
		return err
	}
	for range 1 + h.IntN(3) {
		if err := h.share(ctx, row.ID, parties); err != nil {
			return err
		}
	}
	for range h.IntN(8) {
		err := h.c.Record.Create().SetMatterID(row.ID).SetKind(pick(h.Rand, record.KindVISIT, record.KindMEETING, record.KindREPORT)).
			SetData(map[string]any{"for": pick(h.Rand, "supervision", "report_back", "other")}).SetCreatedAt(h.moment()).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// step is one of the matter, or of a share of it, with one of the things that
// steps tell.
func (h *history) step(ctx context.Context, m uuid.UUID, share *uuid.UUID, to string, at time.Time) error {
	s := h.c.Step.Create().SetMatterID(m).SetNillableAssignmentID(share).SetAction("act").SetLabel("做").SetFromState(pick(h.Rand, "", to, "HANDLING")).SetToState(to).SetAt(at)
	switch h.IntN(10) {
	case 0:
		s.SetAfter(map[string]any{"round": 2})
	case 1, 4, 5:
		s.SetAfter(map[string]any{"disclosure": pick(h.Rand, "OPEN", "ABSTRACT_ONLY", "CLOSED")})
	case 2:
		s.SetAction(pick(h.Rand, "suspend", "resume"))
	case 3:
		s.SetAction("markKey")
	}
	if share != nil && h.often() {
		s.SetDues(map[string]string{share.String(): h.day().Format(time.DateOnly)})
	}
	return s.Exec(ctx)
}

func (h *history) parties(ctx context.Context, m uuid.UUID) (out []uuid.UUID, err error) {
	who := slices.Clone(h.people)
	h.Shuffle(len(who), func(i, j int) { who[i], who[j] = who[j], who[i] })
	for i := range 1 + h.IntN(3) {
		p := h.c.Party.Create().SetMatterID(m).SetRole(pick(h.Rand, party.RoleLEAD, party.RoleCO)).SetCosign(pick(h.Rand, party.CosignNONE, party.CosignSIGNED, party.CosignDECLINED))
		switch h.IntN(4) {
		case 0:
			p.SetUnitID(pick(h.Rand, h.units...))
		case 1:
			p.SetName("某人")
		default:
			p.SetMembershipID(who[i])
		}
		row, err := p.Save(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, row.ID)
	}
	return out, nil
}

func (h *history) share(ctx context.Context, m uuid.UUID, parties []uuid.UUID) error {
	a := h.c.Assignment.Create().SetMatterID(m).SetUnitID(pick(h.Rand, h.units...)).SetRound(1 + h.IntN(5)/4).SetState(pick(h.Rand, "SENT", "SUPERSEDED", "HANDLING")).
		SetRole(pick(h.Rand, assignment.RoleSOLE, assignment.RoleLEAD, assignment.RoleASSIST)).SetAssignedAt(h.moment()).SetOriginAssignedAt(h.moment())
	if h.often() {
		a.SetDueOn(h.day()).SetOriginalDueOn(h.day()).SetSignBy(h.day())
	}
	if h.often() {
		a.SetSignedAt(h.moment())
	}
	row, err := a.Save(ctx)
	if err != nil {
		return err
	}
	for range h.IntN(5) {
		if err := h.step(ctx, m, &row.ID, pick(h.Rand, "SIGNED", "SENT", "SENT", "SENT_BACK", "RETURN_GRANTED", "SUPERSEDED"), h.moment()); err != nil {
			return err
		}
	}
	for range h.IntN(3) {
		if err := h.reply(ctx, row, parties); err != nil {
			return err
		}
	}
	for range h.IntN(3) {
		if err := h.contact(ctx, row, parties); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) reply(ctx context.Context, a *gen.Assignment, parties []uuid.UUID) error {
	r := h.c.Reply.Create().SetMatterID(a.MatterID).SetAssignmentID(a.ID).SetKind(pick(h.Rand, reply.KindREPLY, reply.KindREPLY, reply.KindCO_OPINION)).SetRound(a.Round).
		SetClass(pick(h.Rand, "A", "B", "B", "C", "C", "D", "D", "甲", "")).SetBody("答").SetStatus(pick(h.Rand, reply.StatusSENT, reply.StatusSENT_BACK)).SetPublishable(h.often())
	if h.often() {
		r.SetSentAt(h.moment())
	}
	row, err := r.Save(ctx)
	if err != nil {
		return err
	}
	for _, p := range parties {
		f := h.c.Feedback.Create().SetMatterID(a.MatterID).SetReplyID(row.ID).SetPartyID(p).SetRound(1 + h.IntN(2)).SetAskedAt(h.moment()).SetChannel(feedback.ChannelSELF)
		if h.often() {
			f.SetReceivedAt(h.moment()).SetResult(pick(h.Rand, "SATISFIED", "SATISFIED", "BASIC", "DISSATISFIED", "好", "行")).SetAttitude(pick(h.Rand, "SATISFIED", "BASIC", "好"))
		}
		if h.often() {
			f.SetContacted(h.often())
		}
		if err := f.Exec(ctx); err != nil {
			return err
		}
	}
	for range h.IntN(3) {
		i := h.c.Item.Create().SetMatterID(a.MatterID).SetReplyID(row.ID).SetKind(item.KindCOMMITMENT).SetText("承诺").SetDueOn(h.day()).
			SetStatus(pick(h.Rand, item.StatusOPEN, item.StatusREPORTED, item.StatusDONE, item.StatusDONE, item.StatusDROPPED))
		if h.often() {
			i.SetSettledAt(h.moment())
		}
		if h.often() {
			i.SetUnitID(pick(h.Rand, h.units...))
		}
		if err := i.Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// contact is one with what its proposer said of it, or the mark that nobody came.
func (h *history) contact(ctx context.Context, a *gen.Assignment, parties []uuid.UUID) error {
	r := h.c.Record.Create().SetMatterID(a.MatterID).SetAssignmentID(a.ID).SetUnitID(a.UnitID).SetPartyID(pick(h.Rand, parties...)).SetCreatedAt(h.moment())
	if h.rarely() {
		return r.SetKind(record.KindCHECK).SetData(map[string]any{"for": "uncontacted"}).Exec(ctx)
	}
	r.SetKind(record.KindCONTACT).SetMode(pick(h.Rand, "面谈", "电话", "实地"))
	if h.often() {
		r.SetConfirmedAt(h.moment()).SetData(map[string]any{"denied": h.rarely()})
	}
	row, err := r.Save(ctx)
	if err != nil {
		return err
	}
	for range h.IntN(3) {
		err := h.c.Step.Create().SetMatterID(a.MatterID).SetAssignmentID(a.ID).SetAction("confirmContact").SetLabel("确认").SetFromState("SENT").SetToState("SENT").
			SetAt(h.moment()).SetAfter(map[string]any{"recordId": row.ID.String(), "happened": h.often()}).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *history) task(ctx context.Context) error {
	stages := []string{"DRAFT", "ISSUED", "WORKING", "REPORTED", "DONE", "EXPLAINED", "WITHDRAWN"}
	create := h.c.Matter.Create().SetKind("task").SetProcessID(h.d.Runs["task"]).SetState(pick(h.Rand, stages...)).SetTitle("任务").SetOpenedAt(h.moment())
	if h.often() {
		create.SetData(map[string]any{"loop": map[string]any{"title": "关于某事", "year": h.moment().Year() + h.IntN(3) - 1}})
	}
	m, err := create.Save(ctx)
	if err != nil {
		return err
	}
	for range h.IntN(4) {
		if err := h.c.Step.Create().SetMatterID(m.ID).SetAction("act").SetLabel("做").SetToState(pick(h.Rand, stages...)).SetAt(h.moment()).Exec(ctx); err != nil {
			return err
		}
	}
	if err := h.c.Item.Create().SetMatterID(m.ID).SetKind(item.KindTASK).SetText("任务").SetDueOn(h.day()).SetCreatedAt(h.moment()).Exec(ctx); err != nil {
		return err
	}
	for range 1 + h.IntN(4) {
		i := h.c.Item.Create().SetMatterID(m.ID).SetKind(item.KindNODE).SetText("节点").SetDueOn(h.day()).SetCreatedAt(h.moment()).
			SetStatus(pick(h.Rand, item.StatusOPEN, item.StatusREPORTED, item.StatusDONE, item.StatusDROPPED))
		if h.often() {
			i.SetSettledAt(h.moment())
		}
		row, err := i.Save(ctx)
		if err != nil {
			return err
		}
		for range h.IntN(3) {
			err := h.c.Step.Create().SetMatterID(m.ID).SetAction("reportNode").SetLabel("交账").SetToState(pick(h.Rand, stages...)).SetAt(h.moment()).SetAfter(map[string]any{"itemId": row.ID.String()}).Exec(ctx)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

var errUndo = errors.New("the next history begins with nothing")

// Every figure is counted a second time, plainly, over random histories, as of
// random days: the number, the rows, those that count, and the parts of a split.
func TestEveryFigureIsWhatIsPlainlyCounted(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Plan{Posts: []string{"委员甲", "委员乙", "委员丙", "委员丁", "干事"}, Stored: []string{fmt.Sprintf(stored, "proposal"), fmt.Sprintf(stored, "task")},
		Units:   []district.Unit{{Name: "商务局", Kind: "HANDLING_UNIT"}, {Name: "文旅局", Kind: "HANDLING_UNIT"}, {Name: "城建局", Kind: "HANDLING_UNIT"}},
		Sitting: district.Plenary(2025, 6, 9)})
	d.At(2026, 6, 1)
	seed := uint64(20261130)
	if given, err := strconv.ParseUint(os.Getenv("FIGURES_SEED"), 10, 64); err == nil {
		seed, *histories = given, 1
	}
	compared, told := 0, map[string]int{}
	for n := range *histories {
		err := d.As("", func(ctx context.Context) error {
			ctx = authz.System(ctx)
			h := &history{Rand: rand.New(rand.NewPCG(seed+uint64(n), 1)), d: d, c: d.Ent(), began: time.Date(2025, 12, 10, 9, 0, 0, 0, clock.Shanghai)}
			for _, name := range []string{"商务局", "文旅局", "城建局"} {
				h.units = append(h.units, d.Units[name])
			}
			for _, name := range []string{"委员甲", "委员乙", "委员丙", "委员丁"} {
				h.people = append(h.people, d.Who(name).Membership)
			}
			term, err := h.c.Sitting.Get(ctx, d.Sitting)
			if err != nil {
				return err
			}
			other, err := h.c.Sitting.Create().SetTermID(term.TermID).SetOrdinal(9).SetOpensOn(clock.Date(2026, 1, 10)).SetClosesOn(clock.Date(2026, 1, 14)).Save(ctx)
			if err != nil {
				return err
			}
			h.sittings = []uuid.UUID{d.Sitting, other.ID}
			if err := h.build(ctx); err != nil {
				return err
			}
			l, err := figurestest.Load(ctx, h.c)
			if err != nil {
				return err
			}
			for range 3 {
				s := figures.Scope{Kind: pick(h.Rand, figures.Session, figures.Since, figures.Year, figures.All, figures.All), Sitting: pick(h.Rand, h.sittings...), Year: pick(h.Rand, 2025, 2026), AsOf: clock.Day(h.began).AddDate(0, 0, 20+h.IntN(45))}
				k, err := figurestest.Compare(ctx, l, s)
				if err != nil {
					return fmt.Errorf("FIGURES_SEED=%d: %+v: %w", seed+uint64(n), s, err)
				}
				compared += k.Figures
				for code, n := range k.Told {
					told[code] += n
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
	}
	for _, def := range figures.Shipped.All() {
		if told[def.Code] == 0 {
			t.Errorf("%s never counted anything: the histories do not reach it", def.Code)
		}
	}
	t.Logf("%d figures compared with their rows and parts, over %d histories, as of 3 days each", compared, *histories)
}
