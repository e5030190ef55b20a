package vocab

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Who acts on an item is who owes it: its unit, its people. Who keeps the
// matter acts for all of them, and hands an item over with a reason.

// keeps reports whether the actor keeps the matter: he holds the action's right
// everywhere, or it is his unit's own and not only one in which the unit takes
// part. What the system does is never held up.
func keeps(r *flow.Run) bool {
	v := r.Viewer
	return v == nil || v.May(r.Action.Right).Has(authz.Tenant) ||
		v.InUnit(r.Matter.StreetID) || v.InUnit(r.Matter.SectorID) || v.InUnit(r.Matter.OwnerUnitID)
}

// forUnit reports whether the actor is here for a unit that takes part, and for
// nothing else.
func forUnit(r *flow.Run) bool {
	if keeps(r) {
		return false
	}
	scope := r.Viewer.May(r.Action.Right)
	return !scope.Has(authz.Own) && !scope.Has(authz.Party)
}

// owes: nobody owes the item yet, or the actor or one of his units does.
func owes(v *authz.Viewer, i *gen.Item) bool {
	is := func(id *uuid.UUID) bool { return id != nil && *id == v.Membership }
	if i.UnitID == nil && i.LeaderID == nil && i.OfficerID == nil {
		return true
	}
	return v.InUnit(i.UnitID) || is(i.LeaderID) || is(i.OfficerID)
}

// mayActOn refuses who does not owe the item.
func mayActOn(r *flow.Run, i *gen.Item, at []string) error {
	if keeps(r) || owes(r.Viewer, i) {
		return nil
	}
	return errs.New(errs.NotAllowed, "“%s”由别的单位负责，您的单位不能代为办理；需要改由您的单位办的，请主办这件事项的工作人员写明理由后转交", process.Clip(i.Text)).At(at...)
}

// mayName refuses who names a unit other than his own; u may be nil.
func mayName(r *flow.Run, u *uuid.UUID, at []string) error {
	if u == nil || r.Viewer.InUnit(u) {
		return nil
	}
	return errs.New(errs.NotAllowed, "您只能填写自己的单位；由别的单位办的，请主办这件事项的工作人员填写").At(at...)
}

// debtor is the unit that owes the item from now on, nil where that stays as it
// is. A unit that takes up what nobody owes yet owes it.
func debtor(r *flow.Run, i *gen.Item, named *uuid.UUID, form entry) (*uuid.UUID, error) {
	if !keeps(r) {
		if err := mayName(r, named, form.at("unitId")); err != nil || named != nil || i.UnitID != nil || !forUnit(r) {
			return named, err
		}
		for _, p := range r.Active() {
			if r.Viewer.InUnit(p.UnitID) && slices.Contains(r.Viewer.Seats, *p.UnitID) {
				return p.UnitID, nil
			}
		}
		return nil, nil
	}
	if named == nil || i.UnitID == nil || *named == *i.UnitID {
		return named, nil
	}
	if r.Viewer != nil && text.Blank(r.Reason) {
		return nil, errs.New(errs.Invalid, "“%s”已有负责的单位，改由别的单位办理请写明理由", process.Clip(i.Text)).At("reason")
	}
	r.Before["unitId"], r.After["unitId"] = *i.UnitID, *named
	return named, nil
}
