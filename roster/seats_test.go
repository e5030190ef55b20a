package roster

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSeats(t *testing.T) {
	w := newWorld(t)
	sector, other := w.unitOf(unit.KindSECTOR, "经济界", nil), w.unitOf(unit.KindSECTOR, "教育界", nil)
	first, second := w.unitOf(unit.KindCOMMITTEE, "经济委", nil), w.unitOf(unit.KindPROPOSAL_COMMITTEE, "提案委", nil)
	bureau, venue := w.unitOf(unit.KindHANDLING_UNIT, "商务局", nil), w.unitOf(unit.KindVENUE_STUDIO, "工作室", nil)
	m := w.person("某甲")
	sit := func(u *gen.Unit, p seat.Post) NewSeat { return NewSeat{Membership: m.ID, Unit: u.ID, Post: p} }
	with := func(n NewSeat, from, to *time.Time) NewSeat { n.From, n.To = from, to; return n }

	row := must(w, w.Seat, sit(sector, seat.PostMEMBER))
	t.Run("a seat begins today when no day is given, and the same again is the same seat", func(t *testing.T) {
		if again := must(w, w.Seat, sit(sector, seat.PostMEMBER)); again.ID != row.ID || !again.SeatFrom.Equal(today) || again.SeatTo != nil {
			t.Fatal(again)
		}
	})
	must(w, w.Seat, sit(first, seat.PostMEMBER))
	for _, c := range []struct {
		sentence string
		in       NewSeat
		code     errs.Code
		path     string
	}{
		{"the same post for days that overlap is a conflict", with(sit(sector, seat.PostMEMBER), on(2026, 5, 1), nil), errs.Conflict, "from"},
		{"a person sits in one 界别", sit(other, seat.PostMEMBER), errs.Conflict, "unit"},
		{"a person has one primary committee", sit(second, seat.PostMEMBER), errs.Conflict, "unit"},
		{"a handling unit has no members", sit(bureau, seat.PostMEMBER), errs.Invalid, "post"},
		{"a committee has no officer in charge", sit(first, seat.PostOFFICER), errs.Invalid, "post"},
		{"only committees are joined as secondary", sit(other, seat.PostSECONDARY), errs.Invalid, "post"},
		{"a committee has no 召集人", sit(second, seat.PostCONVENER), errs.Invalid, "post"},
		{"a post that does not exist is refused", sit(second, "KING"), errs.Invalid, "post"},
		{"a seat does not end before it begins", with(sit(bureau, seat.PostOFFICER), on(2026, 5, 2), on(2026, 5, 1)), errs.Invalid, "to"},
		{"a person must exist", NewSeat{Membership: uuid.New(), Unit: bureau.ID, Post: seat.PostOFFICER}, errs.NotFound, ""},
		{"a unit must exist", NewSeat{Membership: m.ID, Unit: uuid.New(), Post: seat.PostOFFICER}, errs.NotFound, ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.Seat, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("any number of other seats, in several trees at once", func(t *testing.T) {
		for _, n := range []NewSeat{sit(second, seat.PostSECONDARY), sit(sector, seat.PostCONVENER), sit(bureau, seat.PostOFFICER), sit(bureau, seat.PostMAIN_LEAD), sit(venue, seat.PostSTATION_HEAD)} {
			must(w, w.Seat, n)
		}
	})
	t.Run("another 界别 follows when the first has ended", func(t *testing.T) {
		w.do(func(ctx ctxT) error { _, err := w.EndSeat(ctx, row.ID, *on(2026, 6, 30)); return err })
		_, err := try(w, w.Seat, with(sit(other, seat.PostMEMBER), on(2026, 6, 30), nil))
		refused(t, err, errs.Conflict, "unit")
		must(w, w.Seat, with(sit(other, seat.PostMEMBER), on(2026, 7, 1), nil))
	})
	t.Run("whose membership has ended cannot be seated", func(t *testing.T) {
		gone := w.person("已去者")
		must(w, w.EndMembership, Ending{Membership: gone.ID, Status: membership.StatusRESIGNED, Reason: "请辞"})
		_, err := try(w, w.Seat, NewSeat{Membership: gone.ID, Unit: bureau.ID, Post: seat.PostOFFICER})
		refused(t, err, errs.NotAllowedInState, "membership")
	})
}

func TestEndSeat(t *testing.T) {
	w := newWorld(t)
	u := w.unitOf(unit.KindHANDLING_UNIT, "商务局", nil)
	m := w.staff("经办人", "officer")
	o := must(w, w.Seat, NewSeat{Membership: m.ID, Unit: u.ID, Post: seat.PostOFFICER})
	end := func(last time.Time) (*gen.Seat, error) {
		return try(w, func(ctx ctxT, last time.Time) (*gen.Seat, error) { return w.EndSeat(ctx, o.ID, last) }, last)
	}
	sees := func() (in bool) {
		w.do(func(ctx ctxT) error {
			v, err := w.viewer(ctx, m.ID)
			in = err == nil && v.InUnit(&u.ID)
			return err
		})
		return in
	}
	t.Run("the last day is included, the day after is worth nothing", func(t *testing.T) {
		if _, err := end(*on(2026, 3, 10)); err != nil || !sees() {
			t.Fatal(err)
		}
		w.later(8)
		if !sees() {
			t.Fatal("the last day was not")
		}
		w.later(1)
		if sees() {
			t.Fatal("the day after was")
		}
	})
	t.Run("the same day again changes nothing, another one is refused once it has ended", func(t *testing.T) {
		if _, err := end(*on(2026, 3, 10)); err != nil {
			t.Fatal(err)
		}
		_, err := end(*on(2026, 3, 9))
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("a seat is made shorter, never longer; yesterday ends it at once, and before it began it never was", func(t *testing.T) {
		o = must(w, w.Seat, NewSeat{Membership: m.ID, Unit: u.ID, Post: seat.PostOFFICER, To: on(2026, 4, 30)})
		_, err := end(*on(2026, 5, 1))
		refused(t, err, errs.Invalid, "on")
		_, err = end(*on(2026, 3, 9))
		refused(t, err, errs.Invalid, "on")
		if _, err := end(*on(2026, 3, 10)); err != nil || sees() {
			t.Fatal(err)
		}
		again := must(w, w.Seat, NewSeat{Membership: m.ID, Unit: u.ID, Post: seat.PostOFFICER, To: on(2026, 4, 30)})
		if again.ID == o.ID {
			t.Fatal("a seat that never was stood in the way")
		}
	})
}

func TestSupervisors(t *testing.T) {
	w := newWorld(t)
	bureau, court := w.unitOf(unit.KindHANDLING_UNIT, "民政局", nil), w.unitOf(unit.KindHANDLING_UNIT, "卫健局", nil)
	m := w.person("某甲")
	supervise := func(u *gen.Unit, initiator string) NewSeat {
		return NewSeat{Membership: m.ID, Unit: u.ID, Post: seat.PostSUPERVISOR, Initiator: initiator, Certificate: "监字第1号"}
	}
	t.Run("a supervisor is sent by the committee or asked for by the unit, and has a certificate (XG-01)", func(t *testing.T) {
		for u, by := range map[*gen.Unit]string{bureau: "政协委派", court: "部门邀请"} {
			if s := must(w, w.Seat, supervise(u, by)); s.Initiator != by || s.CertificateNo != "监字第1号" {
				t.Fatal(s)
			}
		}
	})
	t.Run("who asked for him must be said", func(t *testing.T) {
		_, err := try(w, w.Seat, supervise(w.unitOf(unit.KindHANDLING_UNIT, "教育局", nil), "自己"))
		refused(t, err, errs.Invalid, "initiator")
	})
	t.Run("nobody supervises the unit in which he works (domain.md 4.8)", func(t *testing.T) {
		own := w.unitOf(unit.KindHANDLING_UNIT, "商务局", nil)
		must(w, w.Seat, NewSeat{Membership: m.ID, Unit: own.ID, Post: seat.PostOFFICER})
		_, err := try(w, w.Seat, supervise(own, "政协委派"))
		refused(t, err, errs.Invalid, "unit")
	})
	t.Run("other posts have neither", func(t *testing.T) {
		_, err := try(w, w.Seat, NewSeat{Membership: m.ID, Unit: court.ID, Post: seat.PostCLERK, Initiator: "政协委派"})
		refused(t, err, errs.Invalid, "initiator")
	})
}
