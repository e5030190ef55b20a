package vocab_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestHanding(t *testing.T) {
	w := newWorld(t)
	w.sub("A6: hand_over: the matter goes to another street, which its step names beside the old one", func(w *world) {
		id := w.open()
		if c := w.do("handStreet", id, form{"unitId": w.units["外街道"].String()}); *c.StreetID != w.units["外街道"] || c.OwnerUnitID != nil {
			w.t.Error(c.Matter)
		}
		if a := w.after(id, "handStreet"); a["street"] != "外街道" {
			w.t.Error(a)
		}
		if _, err := w.try("联络员", "handStreet", id, form{"unitId": w.units["街道"].String()}); !errs.Is(err, errs.NotFound) {
			w.t.Error("the old street has lost it:", err)
		}
		if _, err := w.try("外街道", "handStreet", id, form{"unitId": w.units["街道"].String()}); err != nil {
			w.t.Error("the new one has it:", err)
		}
	})
	w.sub("A6: hand_over: a venue takes over as owner; what the form lacks, what is closed, of another sort or the same, is refused at its field", func(w *world) {
		id := w.open()
		if c := w.do("handOwner", id, form{"unitId": w.units["阵地"].String()}); *c.OwnerUnitID != w.units["阵地"] || *c.StreetID != w.units["街道"] {
			w.t.Error(c.Matter)
		}
		for _, f := range []form{{}, {"unitId": w.units["部门"].String()}, {"unitId": w.units["阵地"].String()}, {"unitId": "x"}} {
			w.refuse("handOwner", id, f, errs.Invalid, "unitId")
		}
		w.refuse("handStreet", id, form{"unitId": w.units["街道"].String()}, errs.Invalid, "unitId")
		w.refuse("handStreet", id, form{"unitId": w.units["停用"].String()}, errs.Invalid, "unitId")
		w.refuse("handSector", id, form{"to": w.units["街道"].String()}, errs.Invalid, "to")
	})
}

// can reports whether somebody has an action on a matter that nothing blocks.
func (w *world) can(who, action string, id uuid.UUID) (can bool) {
	w.t.Helper()
	err := w.as(who, func(ctx context.Context) error {
		all, err := w.engine.Available(ctx, id)
		for _, a := range all[id] {
			can = can || a.Action.Code == action && a.Blocked == ""
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return can
}

func (w *world) foresee(who, action string, id uuid.UUID, f form) (out *flow.Foresight, err error) {
	err = w.as(who, func(ctx context.Context) error {
		out, err = w.engine.Foresee(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: process.Form(f)})
		return err
	})
	return out, err
}

func TestHandingBack(t *testing.T) {
	w := newWorld(t)
	w.sub("hand_over as unit goes where the unit belongs and leaves what it says; who had it reads on and can do nothing but take it back", func(w *world) {
		id := w.open()
		c, err := w.try("联络员", "handAny", id, form{"unitId": w.units["阵地"].String()})
		if err != nil || c.StreetID != nil || *c.OwnerUnitID != w.units["阵地"] {
			w.t.Fatal(err, c)
		}
		_, err = w.try("联络员", "handAny", id, form{"unitId": w.units["外街道"].String()})
		if !errs.Is(err, errs.NotAllowed) {
			w.t.Error("who had it sees it, and may not hand it on:", err)
		}
		if w.can("联络员", "handAny", id) || !w.can("联络员", "handBack", id) {
			w.t.Error("he may take it back, and nothing else")
		}
		if c, err = w.try("联络员", "handBack", id, nil); err != nil || c.OwnerUnitID != nil || *c.StreetID != w.units["街道"] {
			w.t.Fatal(err, c)
		}
		if w.can("联络员", "handBack", id) {
			w.t.Error("once is enough")
		}
		if _, err := w.try("联络员", "handAny", id, form{"unitId": w.units["外街道"].String()}); err != nil {
			w.t.Error("it is his again:", err)
		}
	})
	w.sub("taking back ends when somebody has done something, and after the days", func(w *world) {
		first, second := w.open(), w.open()
		for _, id := range []uuid.UUID{first, second} {
			if _, err := w.try("联络员", "handAny", id, form{"unitId": w.units["外街道"].String()}); err != nil {
				w.t.Fatal(err)
			}
		}
		w.do("record", first, form{"on": "2025-03-03", "text": "看过了"})
		if w.can("联络员", "handBack", first) || !w.can("外街道", "handBack", first) {
			w.t.Error("something was done: only who has it now gives it back")
		}
		w.clock.Set(monday.AddDate(0, 0, 4))
		defer w.clock.Set(monday)
		if w.can("联络员", "handBack", second) {
			w.t.Error("the days are over")
		}
		if _, err := w.try("外街道", "handBack", second, nil); err != nil {
			w.t.Error("who has it gives it back at any time:", err)
		}
	})
	w.sub("who hands over without keeping cannot see it any more", func(w *world) {
		id := w.open()
		if _, err := w.try("联络员", "handAway", id, form{"unitId": w.units["外街道"].String()}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.try("联络员", "handBack", id, nil); !errs.Is(err, errs.NotFound) {
			w.t.Error(err)
		}
		if !w.can("外街道", "handBack", id) {
			w.t.Error("who has it gives it back")
		}
	})
	w.sub("what was handed to nobody is not handed back", func(w *world) {
		w.refuse("handBack", w.open(), nil, errs.GuardFailed)
	})
}

func TestForeseeing(t *testing.T) {
	w := newWorld(t)
	w.sub("the preview tells what comes: the days, whether he sees it, until when he may take it back; and writes nothing", func(w *world) {
		id := w.open()
		w.clock.Set(monday.AddDate(0, 0, 2))
		defer w.clock.Set(monday)
		for action, sees := range map[string]bool{"handAny": true, "handAway": false} {
			f, err := w.foresee("联络员", action, id, form{"unitId": w.units["外街道"].String()})
			if err != nil || f.Sees != sees || f.Until == nil || !f.Until.Equal(clock.Date(2025, 3, 8)) || len(f.Days) != 1 || len(f.Turns) != 1 || len(f.Turns[0].People) != 1 {
				w.t.Fatalf("%s: %+v %v", action, f, err)
			}
			if moved := !f.Days[0].Due.Equal(*f.Days[0].Was); moved != sees { // handAny begins the days anew
				w.t.Errorf("%s: %v", action, f.Days[0])
			}
		}
		before, err := w.foresee("联络员", "handAny", id, form{"unitId": w.units["外街道"].String()})
		if err != nil {
			w.t.Fatal(err)
		}
		c, err := w.try("联络员", "handAny", id, form{"unitId": w.units["外街道"].String()})
		if err != nil || *c.StreetID != w.units["外街道"] {
			w.t.Fatal(err)
		}
		var due []time.Time
		for _, x := range c.OpenTimers(nil) {
			due = append(due, *x.DueOn)
		}
		if len(due) != 1 || !due[0].Equal(*before.Days[0].Due) {
			w.t.Errorf("foreseen %v, done %v", before.Days[0].Due, due)
		}
	})
	w.sub("it refuses as doing it does, and tells nothing of what cannot be told", func(w *world) {
		id := w.open()
		if _, err := w.foresee("联络员", "handAny", id, form{"unitId": "x"}); !errs.Is(err, errs.Invalid) {
			w.t.Error(err)
		}
		if _, err := w.foresee("外街道", "handAny", id, form{"unitId": w.units["阵地"].String()}); !errs.Is(err, errs.NotFound) {
			w.t.Error(err)
		}
		if _, err := w.foresee("委员", "handAny", id, form{"unitId": w.units["阵地"].String()}); !errs.Is(err, errs.NotAllowed) {
			w.t.Error(err)
		}
		if _, err := w.foresee("干部", "number", id, nil); !errs.Is(err, errs.Invalid) {
			w.t.Error(err)
		}
	})
}
