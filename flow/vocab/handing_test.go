package vocab_test

import (
	"testing"

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
