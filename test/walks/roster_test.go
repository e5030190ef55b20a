package walks_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
)

// What the committee's administrator does in between, by the roster's own
// services: names change, units go together, roles are taken away.

// admin does something as the administrator, and reports whether it was done; a
// refusal is part of the walk.
func (w *walk) admin(what string, fn func(context.Context) error) bool {
	w.t.Helper()
	err := w.as("管理员", fn)
	if shown, ok := errs.As(err); err != nil && (!ok || shown.Code == errs.Internal) {
		w.fail("%s fails inside: %v", what, err)
	}
	if err != nil {
		w.note("%s is refused: %v", what, err)
		return false
	}
	w.note("%s", what)
	return true
}

func (w *walk) renames(unit string) {
	w.n++
	to := fmt.Sprintf("%s（第%d次更名）", unit, w.n)
	w.admin(unit+" is renamed", func(ctx context.Context) error {
		next, err := w.roster.RenameUnit(ctx, roster.Renaming{Unit: w.units[unit], Name: to})
		if err == nil {
			w.units[unit], w.named[next.ID] = next.ID, unit
		}
		return err
	})
}

// merges puts a unit into another one; once there, its people are the other's.
func (w *walk) merges(unit, into string) {
	if w.units[unit] == w.units[into] {
		return
	}
	done := w.admin(unit+" is merged into "+into, func(ctx context.Context) error {
		_, err := w.roster.MergeUnits(ctx, roster.Merger{Units: []uuid.UUID{w.units[unit]}, Into: w.units[into]})
		return err
	})
	if !done {
		return
	}
	for id, name := range w.named {
		if name == unit {
			w.named[id] = into
		}
	}
	for who, u := range w.seats {
		if u == unit {
			w.seats[who] = into
		}
	}
	w.units[unit] = w.units[into]
}

// revokes takes somebody's role away; where he is the last for whom something
// waits (A10), in favour of anybody who can take over.
func (w *walk) revokes(name string) {
	var grants []uuid.UUID
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		grants, err = c.Grant.Query().Where(grant.MembershipID(w.all[name].Membership), authz.GrantOn(w.today())).Order(grant.ByID()).IDs(ctx)
		return err
	})
	if len(grants) == 0 {
		return
	}
	revoke := func(taker *uuid.UUID) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.roster.Revoke(ctx, roster.Revocation{Grant: grants[0], Reason: "调岗", Taker: taker})
			return err
		}
	}
	if w.admin(name+" loses his role", revoke(nil)) {
		w.rolesAgain(name)
		return
	}
	others := slices.Sorted(w.here())
	w.rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
	for _, other := range others[:min(len(others), 3)] {
		if other != name && w.admin(other+" takes over from "+name, revoke(&w.all[other].Membership)) {
			w.rolesAgain(name)
			w.rolesAgain(other)
			return
		}
	}
}

// rolesAgain reads which roles somebody has by now.
func (w *walk) rolesAgain(name string) {
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		w.roles[name], err = c.Grant.Query().Where(grant.MembershipID(w.all[name].Membership), authz.GrantOn(w.today())).Select(grant.FieldRole).Strings(ctx)
		return err
	})
}
