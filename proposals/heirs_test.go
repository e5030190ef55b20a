package proposals_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// renamed closes a unit in favour of a new one as the roster does: the people
// go over, and the old one stands below its successor.
func (w *world) renamed(old, name string) {
	w.t.Helper()
	err := w.as("", func(ctx context.Context) error {
		c := w.store.Ent()
		ctx = authz.System(ctx)
		today := clock.Today(ctx)
		was := c.Unit.GetX(ctx, w.units[old])
		next := c.Unit.Create().SetLine(was.Line).SetKind(was.Kind).SetName(name).SetDocWord("中" + name).SetActiveFrom(today).SaveX(ctx)
		w.units[name] = next.ID
		c.Unit.UpdateOneID(w.units[old]).SetParent(next).SetSuccessor(next).SetActiveTo(today.AddDate(0, 0, -1)).ExecX(ctx)
		for _, s := range c.Seat.Query().Where(seat.UnitID(w.units[old])).AllX(ctx) {
			c.Seat.UpdateOne(s).SetSeatTo(today.AddDate(0, 0, -1)).ExecX(ctx)
			c.Seat.Create().SetMembershipID(s.MembershipID).SetUnit(next).SetPost(s.Post).SetSeatFrom(today).ExecX(ctx)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestARenamedUnit(t *testing.T) {
	t.Parallel()
	say(t, "R11: the successor's people act for what it inherited, twice renamed as well", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
		w.renamed("商务局", "商务和投资局")
		w.share("商务局联络员", "signReceipt", w.of(c, "商务局").ID, nil)
		w.renamed("商务和投资局", "投资促进局")
		a := w.of(c, "商务局")
		w.share("商务局联络员", "nameOfficer", a.ID, process.Form{"membershipId": w.people["商务局承办人"].Membership.String()})
		w.share("文旅局联络员", "signReceipt", w.of(c, "文旅局").ID, nil)
		w.do("政府办", "urge", c.Matter.ID, process.Form{"unitId": w.units["投资促进局"].String(), "level": flow.LevelRemind, "text": "请抓紧办理"})
		c = w.share("文旅局承办人", "submitCoOpinion", w.of(c, "文旅局").ID, process.Form{"body": "会办意见：同意。"})
		c = w.replied(c, "商务局", "A")
		if no := c.Reply(w.of(c, "商务局")).DocNo; !strings.HasPrefix(no, "中投资促进局〔") {
			w.t.Errorf("R12: the letter carries %q", no)
		}
		if name := w.of(c, "商务局").Edges.Unit.Name; name != "投资促进局" {
			w.t.Errorf("R12: the slip carries %q", name)
		}
		w.as("干事", func(ctx context.Context) error {
			for name, want := range map[string]int{"商务局": 1, "投资促进局": 1, "城建局": 0} {
				n := w.store.Ent().Matter.Query().Where(matter.HasAssignmentsWith(authz.OfUnits(assignment.FieldUnitID, w.units[name]))).CountX(ctx)
				if n != want {
					w.t.Errorf("R12: %d shares of %s are found", n, name)
				}
			}
			return nil
		})
	})
	say(t, "R15: an organisation that was renamed between two proposals is one party of what they were merged into, asked once", func(w *world) {
		collective := func() *flow.Case {
			c := w.draft("联络员", proposal.ProposerKindPARTY)
			w.attach(c.Matter.ID, nil, attachment.KindSEAL)
			return w.do("主任", "file", w.passed("联络员", c.Matter.ID).Matter.ID, nil)
		}
		surviving := collective()
		w.renamed("民建区委", "民建新区委")
		w.units["民建区委"] = w.units["民建新区委"]
		w.do("主任", "merge", collective().Matter.ID, into(surviving))
		c := w.look(surviving.Matter.ID)
		is(w, "proposers", len(c.Proposers()), 1)
		c = w.replied(w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")), "商务局", "A")
		is(w, "asked", len(c.Feedback), 1)
	})
	say(t, "a new round is the successor's own", func(w *world) {
		c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSOLE})
		c = w.replied(c, "商务局", "A")
		w.renamed("商务局", "投资促进局")
		c = w.rated(c, "委员甲", "DISSATISFIED")
		if a := w.of(c, "投资促进局"); a.Round != 2 || a.State != "PENDING_SIGN" {
			w.t.Error(a.Round, a.State)
		}
	})
}
