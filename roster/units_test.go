package roster

import (
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestCreateUnit(t *testing.T) {
	w := newWorld(t)
	committee := w.unitOf(unit.KindCOMMITTEE, "经济委", nil)
	party, gov, court := unit.ChannelPARTY_OFFICE, unit.ChannelGOV_OFFICE, unit.ChannelCOURT
	org := func(n NewUnit) NewUnit { n.Line = unit.LineORGANISATION; return n }
	for _, c := range []struct {
		sentence string
		in       NewUnit
		code     errs.Code
		path     string
	}{
		{"a kind belongs to its tree", NewUnit{Line: unit.LineVENUE, Kind: unit.KindSECTOR, Name: "某界别"}, errs.Invalid, "kind"},
		{"a kind that does not exist is refused", org(NewUnit{Kind: "CLUB", Name: "俱乐部"}), errs.Invalid, "kind"},
		{"a tree that does not exist is refused", NewUnit{Line: "SKY", Kind: unit.KindSECTOR, Name: "某界别"}, errs.Invalid, "line"},
		{"a parent stands in the same tree", NewUnit{Line: unit.LineVENUE, Kind: unit.KindVENUE_HOME, Name: "某之家", Parent: &committee.ID}, errs.Invalid, "parent"},
		{"a parent must exist", org(NewUnit{Kind: unit.KindCOMMITTEE, Name: "某委", Parent: ptr(uuid.New())}), errs.NotFound, ""},
		{"a name is needed", org(NewUnit{Kind: unit.KindCOMMITTEE, Name: "  "}), errs.Invalid, "name"},
		{"a handling unit needs a channel", NewUnit{Line: unit.LineHANDLING, Kind: unit.KindHANDLING_UNIT, Name: "某局"}, errs.Invalid, "channel"},
		{"an assigning office is one of the two offices", NewUnit{Line: unit.LineHANDLING, Kind: unit.KindASSIGNING_OFFICE, Name: "某办", Channel: &court}, errs.Invalid, "channel"},
		{"other units have no channel", org(NewUnit{Kind: unit.KindCOMMITTEE, Name: "某委", Channel: &gov}), errs.Invalid, "channel"},
		{"other units have no 机关代字", org(NewUnit{Kind: unit.KindCOMMITTEE, Name: "某委", DocWord: "某发"}), errs.Invalid, "docWord"},
		{"a name is unique among those beside it, so twice is a conflict", org(NewUnit{Kind: unit.KindCOMMITTEE, Name: " 经济委 "}), errs.Conflict, "name"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			_, err := try(w, w.CreateUnit, c.in)
			refused(t, err, c.code, c.path)
		})
	}
	t.Run("the same name may stand below another parent, or in another tree", func(t *testing.T) {
		w.unitOf(unit.KindMEMBER_GROUP, "经济委", &committee.ID)
		must(w, w.CreateUnit, NewUnit{Line: unit.LineHANDLING, Kind: unit.KindASSIGNING_OFFICE, Name: "经济委", Channel: &party})
	})
	t.Run("every kind of the schema has its tree, and every post a unit", func(t *testing.T) {
		posts := map[seat.Post]bool{}
		for _, list := range postsOf {
			for _, p := range list {
				posts[p] = true
			}
		}
		for k := range lineOf {
			if unit.KindValidator(k) != nil {
				t.Errorf("%s is no kind", k)
			}
		}
		if len(lineOf) != 25 || len(posts) != 17 {
			t.Fatal(len(lineOf), len(posts))
		}
	})
}

func TestUpdateUnit(t *testing.T) {
	w := newWorld(t)
	u := w.unitOf(unit.KindHANDLING_UNIT, "商务局", nil)
	t.Run("corrects what is given and leaves the rest", func(t *testing.T) {
		got := must(w, w.UpdateUnit, UnitChange{Unit: u.ID, Expected: &u.Version, DocWord: ptr("中商发")})
		if got.DocWord != "中商发" || got.Name != "商务局" || *got.Channel != *u.Channel || got.Version != u.Version+1 {
			t.Fatal(got)
		}
	})
	t.Run("who acts on an old version is told so", func(t *testing.T) {
		_, err := try(w, w.UpdateUnit, UnitChange{Unit: u.ID, Expected: &u.Version, DocWord: ptr("另发")})
		refused(t, err, errs.VersionConflict, "")
	})
	t.Run("the rules of creation hold", func(t *testing.T) {
		c := w.unitOf(unit.KindCOMMITTEE, "某委", nil)
		_, err := try(w, w.UpdateUnit, UnitChange{Unit: c.ID, DocWord: ptr("某发")})
		refused(t, err, errs.Invalid, "docWord")
	})
}

func TestMoveUnit(t *testing.T) {
	w := newWorld(t)
	a := w.unitOf(unit.KindCOMMITTEE, "甲", nil)
	b := w.unitOf(unit.KindSECTOR_GROUP, "乙", &a.ID)
	c := w.unitOf(unit.KindMEMBER_GROUP, "丙", &b.ID)
	t.Run("a unit is never below itself", func(t *testing.T) {
		for _, to := range []uuid.UUID{a.ID, b.ID, c.ID} {
			_, err := try(w, w.MoveUnit, Move{Unit: a.ID, Parent: &to})
			refused(t, err, errs.Invalid, "parent")
		}
	})
	t.Run("it stays in its tree", func(t *testing.T) {
		v := w.unitOf(unit.KindVENUE_HOME, "之家", nil)
		_, err := try(w, w.MoveUnit, Move{Unit: c.ID, Parent: &v.ID})
		refused(t, err, errs.Invalid, "parent")
	})
	t.Run("it moves, and a second time nothing changes", func(t *testing.T) {
		got := must(w, w.MoveUnit, Move{Unit: c.ID, Parent: &a.ID, Expected: &c.Version})
		again := must(w, w.MoveUnit, Move{Unit: c.ID, Parent: &a.ID, Expected: &c.Version})
		if *got.ParentID != a.ID || again.Version != got.Version {
			t.Fatal(got, again)
		}
	})
	t.Run("to the top of its tree, where the name must be free", func(t *testing.T) {
		other := w.unitOf(unit.KindMEMBER_GROUP, "丙", nil)
		_, err := try(w, w.MoveUnit, Move{Unit: c.ID})
		refused(t, err, errs.Conflict, "name")
		must(w, w.CloseUnit, Closing{Unit: other.ID, Reason: "撤并"})
		w.later(1) // the last day counts
		if got := must(w, w.MoveUnit, Move{Unit: c.ID}); got.ParentID != nil {
			t.Fatal(got)
		}
	})
}

func TestRenameUnit(t *testing.T) {
	w := newWorld(t)
	top := w.unitOf(unit.KindHANDLING_UNIT, "市政府", nil)
	old := w.unitOf(unit.KindHANDLING_UNIT, "商务局", &top.ID)
	child := w.unitOf(unit.KindHANDLING_UNIT, "外贸处", &old.ID)
	clerk := w.staff("联络员", "liaison")
	must(w, w.Seat, NewSeat{Membership: clerk.ID, Unit: old.ID, Post: seat.PostLIAISON})
	w.later(30)
	now := clock.Today(w.ctx)
	next := must(w, w.RenameUnit, Renaming{Unit: old.ID, Name: "商务和投资促进局", Expected: &old.Version})
	t.Run("the successor takes the place of the old one", func(t *testing.T) {
		if next.Name != "商务和投资促进局" || *next.ParentID != top.ID || next.Kind != old.Kind || *next.Channel != *old.Channel || !next.ActiveFrom.Equal(now) {
			t.Fatal(next)
		}
	})
	t.Run("the old one is closed, named by its successor and stands below it", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			got, err := w.client.Unit.Get(ctx, old.ID)
			if err == nil && (!got.ActiveTo.Equal(now.AddDate(0, 0, -1)) || *got.SuccessorID != next.ID || *got.ParentID != next.ID) {
				t.Fatal(got)
			}
			return err
		})
	})
	t.Run("units below go over", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			got, err := w.client.Unit.Get(ctx, child.ID)
			if err == nil && *got.ParentID != next.ID {
				t.Fatal(got)
			}
			return err
		})
	})
	t.Run("people go over with post and period", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			got, err := w.client.Seat.Query().Where(seat.MembershipID(clerk.ID)).Order(seat.ByID()).All(ctx)
			if err == nil && (len(got) != 2 || !got[0].SeatTo.Equal(now.AddDate(0, 0, -1)) ||
				got[1].UnitID != next.ID || got[1].Post != seat.PostLIAISON || !got[1].SeatFrom.Equal(now) || got[1].SeatTo != nil) {
				t.Fatal(got)
			}
			return err
		})
	})
	t.Run("what was addressed to the old one stays in their hands", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			v, err := w.viewer(ctx, clerk.ID)
			if err == nil && (!v.InUnit(&old.ID) || !v.InUnit(&next.ID) || !v.InUnit(&child.ID)) {
				t.Fatal(v.Units)
			}
			return err
		})
	})
}

func TestRenameUnitAgain(t *testing.T) {
	w := newWorld(t)
	top := w.unitOf(unit.KindHANDLING_UNIT, "市政府", nil)
	old := w.unitOf(unit.KindHANDLING_UNIT, "商务局", &top.ID)
	w.later(30)
	now := clock.Today(w.ctx)
	next := must(w, w.RenameUnit, Renaming{Unit: old.ID, Name: "商务和投资促进局"})
	t.Run("a second time with the same name it is the same successor", func(t *testing.T) {
		if again := must(w, w.RenameUnit, Renaming{Unit: old.ID, Name: "商务和投资促进局"}); again.ID != next.ID {
			t.Fatal(again)
		}
	})
	t.Run("with another name the closed one is refused", func(t *testing.T) {
		_, err := try(w, w.RenameUnit, Renaming{Unit: old.ID, Name: "又一局"})
		refused(t, err, errs.NotAllowedInState, "")
	})
	t.Run("the old name is free again", func(t *testing.T) {
		w.unitOf(unit.KindHANDLING_UNIT, "商务局", &top.ID)
	})
	t.Run("a name that is taken, the same name, the future and a time before it began are refused", func(t *testing.T) {
		for _, c := range []struct {
			in   Renaming
			code errs.Code
			path string
		}{
			{Renaming{Unit: next.ID, Name: "商务局"}, errs.Conflict, "name"},
			{Renaming{Unit: next.ID, Name: next.Name}, errs.Invalid, "name"},
			{Renaming{Unit: next.ID, Name: "某局", On: ptr(now.AddDate(0, 0, 1))}, errs.Invalid, "on"},
			{Renaming{Unit: next.ID, Name: "某局", On: ptr(now.AddDate(0, 0, -1))}, errs.Invalid, "on"},
		} {
			_, err := try(w, w.RenameUnit, c.in)
			refused(t, err, c.code, c.path)
		}
	})
	t.Run("a name may be registered late", func(t *testing.T) {
		w.later(10)
		third := must(w, w.RenameUnit, Renaming{Unit: next.ID, Name: "商促局", On: ptr(now.AddDate(0, 0, 5))})
		if !third.ActiveFrom.Equal(now.AddDate(0, 0, 5)) {
			t.Fatal(third)
		}
	})
}

func TestMergeUnits(t *testing.T) {
	w := newWorld(t)
	a, b := w.unitOf(unit.KindCOMMITTEE, "文史委", nil), w.unitOf(unit.KindCOMMITTEE, "学习委", nil)
	into := w.unitOf(unit.KindCOMMITTEE, "文化文史和学习委", nil)
	sub := w.unitOf(unit.KindMEMBER_GROUP, "一组", &a.ID)
	both := w.person("兼任者")
	must(w, w.Seat, NewSeat{Membership: both.ID, Unit: a.ID, Post: seat.PostCLERK})
	must(w, w.Seat, NewSeat{Membership: both.ID, Unit: b.ID, Post: seat.PostCLERK, To: on(2026, 12, 31)})
	future := w.person("将到任者")
	must(w, w.Seat, NewSeat{Membership: future.ID, Unit: b.ID, Post: seat.PostHEAD, From: on(2026, 6, 1)})
	w.later(1)

	t.Run("a unit is not merged into itself, what is below it, or another tree", func(t *testing.T) {
		v := w.unitOf(unit.KindVENUE_HOME, "之家", nil)
		for _, m := range []Merger{{Units: []uuid.UUID{a.ID}, Into: a.ID}, {Units: []uuid.UUID{a.ID}, Into: sub.ID}, {Units: []uuid.UUID{a.ID}, Into: v.ID}, {Into: a.ID}} {
			_, err := try(w, w.MergeUnits, m)
			refused(t, err, errs.Invalid, "units")
		}
	})
	t.Run("units go over into an existing one, twice changes nothing", func(t *testing.T) {
		for range 2 {
			must(w, w.MergeUnits, Merger{Units: []uuid.UUID{a.ID, b.ID}, Into: into.ID})
		}
		w.do(func(ctx ctxT) error {
			below, err := w.client.Unit.Query().Where(unit.ParentID(into.ID)).Order(unit.ByID()).All(ctx)
			if err != nil {
				return err
			}
			if len(below) != 3 || below[0].ID != a.ID || below[1].ID != b.ID || below[2].ID != sub.ID || below[0].ActiveTo == nil || below[2].ActiveTo != nil {
				t.Fatal(below)
			}
			return nil
		})
	})
	seats := func(who uuid.UUID) (n int) {
		w.do(func(ctx ctxT) error {
			rows, err := w.client.Seat.Query().Where(seat.MembershipID(who), seat.UnitID(into.ID)).All(ctx)
			n = len(rows)
			return err
		})
		return n
	}
	t.Run("who sat in both with one post sits in the new one once", func(t *testing.T) {
		if n := seats(both.ID); n != 1 {
			t.Fatal(n)
		}
	})
	t.Run("a seat that begins later begins then", func(t *testing.T) {
		w.do(func(ctx ctxT) error {
			o, err := w.client.Seat.Query().Where(seat.MembershipID(future.ID), seat.UnitID(into.ID)).Only(ctx)
			if err == nil && !o.SeatFrom.Equal(clock.Date(2026, 6, 1)) {
				t.Fatal(o)
			}
			return err
		})
	})
}

func TestClosedUnits(t *testing.T) {
	w := newWorld(t)
	a, into := w.unitOf(unit.KindCOMMITTEE, "文史委", nil), w.unitOf(unit.KindCOMMITTEE, "文化文史和学习委", nil)
	w.unitOf(unit.KindMEMBER_GROUP, "一组", &a.ID)
	both := w.person("某甲")
	w.later(1)
	now := clock.Today(w.ctx)
	must(w, w.MergeUnits, Merger{Units: []uuid.UUID{a.ID}, Into: into.ID})
	t.Run("a closed unit cannot be sat in, changed or be a parent", func(t *testing.T) {
		_, err := try(w, w.Seat, NewSeat{Membership: both.ID, Unit: a.ID, Post: seat.PostCLERK, From: &now})
		refused(t, err, errs.NotAllowedInState, "unit")
		_, err = try(w, w.MoveUnit, Move{Unit: a.ID})
		refused(t, err, errs.NotAllowedInState, "")
		_, err = try(w, w.CreateUnit, NewUnit{Line: unit.LineORGANISATION, Kind: unit.KindMEMBER_GROUP, Name: "二组", Parent: &a.ID})
		refused(t, err, errs.Invalid, "parent")
	})
	t.Run("names below that would collide are refused", func(t *testing.T) {
		c := w.unitOf(unit.KindCOMMITTEE, "民族委", nil)
		w.unitOf(unit.KindMEMBER_GROUP, "一组", &c.ID)
		_, err := try(w, w.MergeUnits, Merger{Units: []uuid.UUID{c.ID}, Into: into.ID})
		refused(t, err, errs.Conflict, "name")
	})
}

func TestCloseUnit(t *testing.T) {
	w := newWorld(t)
	team := w.unitOf(unit.KindRESEARCH_TEAM, "课题组", nil)
	who := w.person("组员")
	o := must(w, w.Seat, NewSeat{Membership: who.ID, Unit: team.ID, Post: seat.PostMEMBER})
	t.Run("seats end with the unit, and a second time nothing changes", func(t *testing.T) {
		w.later(2)
		got := must(w, w.CloseUnit, Closing{Unit: team.ID, Reason: "课题结项"})
		again := must(w, w.CloseUnit, Closing{Unit: team.ID, Reason: "课题结项"})
		if got.ActiveTo == nil || again.Version != got.Version || got.SuccessorID != nil {
			t.Fatal(got, again)
		}
		w.do(func(ctx ctxT) error {
			o, err := w.client.Seat.Get(ctx, o.ID)
			if err == nil && !sameDay(o.SeatTo, got.ActiveTo) {
				t.Fatal(o)
			}
			return err
		})
	})
	t.Run("a unit with units below is not closed", func(t *testing.T) {
		a := w.unitOf(unit.KindCOMMITTEE, "某委", nil)
		w.unitOf(unit.KindMEMBER_GROUP, "某组", &a.ID)
		_, err := try(w, w.CloseUnit, Closing{Unit: a.ID, Reason: "撤销"})
		refused(t, err, errs.Conflict, "")
	})
	t.Run("a unit with open cases is not closed without a successor", func(t *testing.T) {
		u, next := w.unitOf(unit.KindHANDLING_UNIT, "甲局", nil), w.unitOf(unit.KindHANDLING_UNIT, "乙局", nil)
		w.caseOf(u.ID, "HANDLING")
		_, err := try(w, w.CloseUnit, Closing{Unit: u.ID, Reason: "撤销"})
		refused(t, err, errs.Conflict, "heir")
		must(w, w.MergeUnits, Merger{Units: []uuid.UUID{u.ID}, Into: next.ID})
	})
	t.Run("a share that went to another unit does not count", func(t *testing.T) {
		u := w.unitOf(unit.KindHANDLING_UNIT, "丙局", nil)
		w.caseOf(u.ID, "RETURN_GRANTED")
		must(w, w.CloseUnit, Closing{Unit: u.ID, Reason: "撤销"})
	})
	t.Run("A10: what waits for a unit is listed, and a unit that takes over is named", func(t *testing.T) {
		u, next := w.unitOf(unit.KindHANDLING_UNIT, "丁局", nil), w.unitOf(unit.KindHANDLING_UNIT, "戊局", nil)
		w.caseOf(u.ID, "HANDLING")
		if got := must(w, w.PreviewClosing, u.ID); len(got) != 1 || got[0].Kind != "note" || got[0].State != "OPEN" || got[0].Why != "承办" {
			t.Fatal(got)
		}
		for _, heir := range []uuid.UUID{u.ID, team.ID, uuid.New()} {
			_, err := try(w, w.CloseUnit, Closing{Unit: u.ID, Heir: &heir, Reason: "撤销"})
			refused(t, err, errs.Invalid, "heir")
		}
		got := must(w, w.CloseUnit, Closing{Unit: u.ID, Heir: &next.ID, Reason: "撤销"})
		if got.ActiveTo == nil || got.SuccessorID == nil || *got.SuccessorID != next.ID || *got.ParentID != next.ID {
			t.Fatal(got)
		}
		if got := must(w, w.PreviewClosing, next.ID); len(got) != 1 {
			t.Fatal("what was inherited waits for nobody", got)
		}
	})
	t.Run("not in the future, not before it began, not without a reason", func(t *testing.T) {
		u := w.unitOf(unit.KindRESEARCH_TEAM, "又一课题组", nil)
		for _, c := range []struct {
			in   Closing
			path string
		}{
			{Closing{Unit: u.ID, Reason: "撤销", On: on(2027, 1, 1)}, "on"},
			{Closing{Unit: u.ID, Reason: "撤销", On: on(2020, 1, 1)}, "on"},
			{Closing{Unit: u.ID}, "reason"},
		} {
			_, err := try(w, w.CloseUnit, c.in)
			refused(t, err, errs.Invalid, c.path)
		}
	})
}

// caseOf writes an open matter with a share of the unit, past the engine,
// since only the share's state is asked for.
func (w *world) caseOf(unit uuid.UUID, state string) {
	w.t.Helper()
	w.do(func(ctx ctxT) error {
		p, err := w.op.Engine.Publish(ctx, []byte(smallProcess), everyRole)
		if err != nil {
			return err
		}
		m, err := w.client.Matter.Create().SetKind("note").SetProcess(p).SetState("OPEN").SetTitle("某事").
			SetOpenedAt(clock.Now(ctx)).SetVisibility(matter.VisibilityTENANT).Save(ctx)
		if err != nil {
			return err
		}
		return w.client.Assignment.Create().SetMatter(m).SetUnitID(unit).SetRole(assignment.RoleSOLE).SetState(state).
			SetAssignedAt(clock.Now(ctx)).SetOriginAssignedAt(clock.Now(ctx)).Exec(ctx)
	})
}
