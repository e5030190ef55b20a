package roster

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
)

// member enters a member of a party.
func (w *world) member(name, party string, term uuid.UUID) *gen.Membership {
	w.t.Helper()
	return must(w, w.AddMember, NewMember{Person: Person{Name: name, PoliticalParty: party}, Kind: membership.KindMEMBER, Term: &term})
}

func (w *world) pairs(kind string, all bool) (out []Pair) {
	w.t.Helper()
	w.do(func(ctx context.Context) (err error) { out, err = w.Pairs(ctx, kind, all, nil, 100); return err })
	return out
}

// lacking are how many lack each thing, of how many.
func (w *world) lacking() map[string][2]int {
	w.t.Helper()
	out := map[string][2]int{}
	w.do(func(ctx context.Context) error {
		list, err := w.Coverage(ctx)
		for _, c := range list {
			_, ids, err := w.Without(ctx, c.Code, nil, 100)
			if err != nil {
				return err
			}
			if len(ids) != c.All-c.Has {
				w.t.Errorf("%s: %d are listed, %d of %d have it", c.Code, len(ids), c.Has, c.All)
			}
			out[c.Code] = [2]int{c.All - c.Has, c.All}
		}
		return err
	})
	return out
}

func TestStandingPairs(t *testing.T) {
	w := newWorld(t)
	term := w.term(11, 2025, 2030).ID
	red, green, blank := w.member("党员委员", "中共", term), w.member("党外委员", "民建", term), w.member("没有写明的委员", "", term)
	leader := w.staff("党组成员", "leader")
	sector, other := w.unitOf(unit.KindSECTOR, "经济界", nil), w.unitOf(unit.KindSECTOR, "工商联界", nil)
	committee := w.unitOf(unit.KindCOMMITTEE, "经济委", nil)
	contact := NewPair{Kind: MemberMember, FromMember: &red.ID, ToMember: &green.ID, Reason: "党员联系党外委员"}
	var pair *Pair

	t.Run("coverage says who has nothing yet, and lists as many", func(t *testing.T) {
		if got := w.lacking(); got["CONTACT"] != [2]int{2, 2} || got["BRANCH"] != [2]int{1, 1} || got["STATION"] != [2]int{3, 3} || got["SECTOR_LEADER"] != [2]int{2, 2} {
			t.Error(got)
		}
	})
	t.Run("a member of the party keeps contact with one outside it, and the same again is the same pair", func(t *testing.T) {
		pair = must(w, w.MakePair, contact)
		if again := must(w, w.MakePair, contact); again.ID != pair.ID || !pair.InForce {
			t.Error(again, pair)
		}
		if got := w.lacking(); got["CONTACT"] != [2]int{1, 2} {
			t.Error(got)
		}
	})
	t.Run("who is written down as belonging to another is not paired so, nor oneself, nor the wrong kind of side", func(t *testing.T) {
		for path, in := range map[string]NewPair{
			"fromMemberId": {Kind: MemberMember, FromMember: &green.ID, ToMember: &blank.ID},
			"toMemberId":   {Kind: MemberMember, FromMember: &blank.ID, ToMember: &red.ID},
			"fromUnitId":   {Kind: CommitteeSector, FromMember: &red.ID, ToUnit: &sector.ID},
			"toUnitId":     {Kind: LeaderSector, FromMember: &leader.ID, ToUnit: &committee.ID},
			"kind":         {Kind: "FRIENDS", FromMember: &red.ID, ToMember: &green.ID},
		} {
			_, err := try(w, w.MakePair, in)
			refused(t, err, errs.Invalid, path)
		}
		_, err := try(w, w.MakePair, NewPair{Kind: MemberMember, FromMember: &blank.ID, ToMember: &blank.ID})
		refused(t, err, errs.Invalid, "toMemberId")
	})
	t.Run("a leader and a committee keep contact with a 界别, and with who follows it", func(t *testing.T) {
		must(w, w.MakePair, NewPair{Kind: LeaderSector, FromMember: &leader.ID, ToUnit: &sector.ID})
		must(w, w.MakePair, NewPair{Kind: CommitteeSector, FromUnit: &committee.ID, ToUnit: &sector.ID})
		w.later(1)
		w.do(func(ctx context.Context) error {
			_, err := w.MergeUnits(ctx, Merger{Units: []uuid.UUID{sector.ID}, Into: other.ID})
			return err
		})
		for _, p := range w.pairs("", false) {
			if p.Kind != MemberMember && (p.ToUnit == nil || *p.ToUnit != other.ID || !p.InForce) {
				t.Error(p)
			}
		}
		if got := w.lacking(); got["SECTOR_LEADER"] != [2]int{0, 1} || got["SECTOR_COMMITTEE"] != [2]int{0, 1} {
			t.Error(got)
		}
	})
	t.Run("who leaves keeps contact with nobody, and those whom he kept it with are listed again", func(t *testing.T) {
		must(w, w.EndMembership, Ending{Membership: red.ID, Status: membership.StatusRESIGNED, Reason: "请辞"})
		w.later(1)
		if got := w.lacking(); got["CONTACT"] != [2]int{2, 2} || got["BRANCH"] != [2]int{0, 0} {
			t.Error(got)
		}
		if len(w.pairs(MemberMember, false)) != 0 || len(w.pairs(MemberMember, true)) != 1 {
			t.Error(w.pairs(MemberMember, true))
		}
	})
	t.Run("a pair ends with a last day, once, with a reason", func(t *testing.T) {
		p := w.pairs(LeaderSector, false)[0]
		end := func(reason string) (*Pair, error) {
			return try(w, func(ctx ctxT, id uuid.UUID) (*Pair, error) { return w.EndPair(ctx, id, nil, reason) }, p.ID)
		}
		_, err := end(" ")
		refused(t, err, errs.Invalid, "reason")
		for range 2 {
			if got, err := end("分工调整"); err != nil || got.EndsOn == nil || !got.EndsOn.Equal(w.today()) {
				t.Fatal(got, err)
			}
		}
		if w.later(1); len(w.pairs(LeaderSector, false)) != 0 {
			t.Error("it goes on")
		}
	})
	t.Run("a seat in a station and one in a branch are coverage", func(t *testing.T) {
		station := w.unitOf(unit.KindVENUE_STATION, "工作站", nil)
		must(w, w.Seat, NewSeat{Membership: green.ID, Unit: station.ID, Post: seat.PostMEMBER})
		if got := w.lacking(); got["STATION"] != [2]int{1, 2} {
			t.Error(got)
		}
	})
	t.Run("who does not manage the roster makes no pair", func(t *testing.T) {
		_, err := tryAs(w, leader.ID, w.MakePair, contact)
		refused(t, err, errs.NotAllowed, "")
	})
}
