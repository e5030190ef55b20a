package roster

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/substitution"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/sheet"
)

// could is what somebody can do as he is now, each as one line.
func could(v *authz.Viewer) []string {
	set := map[string]bool{}
	for i, x := range v.Parts() {
		role := "everywhere"
		if i > 0 {
			role = x.Roles[0]
		}
		for p, s := range x.Table() {
			behalf := ""
			if of := x.Behalf(); of != nil {
				behalf = of.Name
			}
			set[fmt.Sprintf("%s %s %s %v %s", role, p, s, x.Local(), behalf)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// couldBy is the same out of the list of a day, for one person.
func couldBy(list []Held, who uuid.UUID) []string {
	set, everywhere := map[string]bool{}, authz.Table{}
	for _, h := range list {
		if h.Membership != who {
			continue
		}
		for _, r := range h.Rights {
			if h.Unit == nil && h.Behalf == nil && h.Limit.None() {
				everywhere[r.Permission] |= r.Scope
				continue
			}
			set[fmt.Sprintf("%s %s %s %v %s", h.Role, r.Permission, r.Scope, h.Unit != nil, h.BehalfName)] = true
		}
	}
	for p, s := range everywhere {
		set[fmt.Sprintf("everywhere %s %s false ", p, s)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// TestTheListOfADayIsAReplayOfHistory lets chance give, take, seat, rename and
// lend for some weeks, looks each evening at what everybody can do, and asks for
// all of these days at the end.
func TestTheListOfADayIsAReplayOfHistory(t *testing.T) {
	w := newWorld(t)
	r := rand.New(rand.NewPCG(3, 5))
	second := w.secondAdmin()
	street, station := w.unitOf(unit.KindSTREET_LIAISON, "甲街道", nil).ID, w.unitOf(unit.KindVENUE_STATION, "甲工作站", nil).ID
	people := []uuid.UUID{}
	for i := range 5 {
		people = append(people, w.staff(fmt.Sprintf("干部%c", '甲'+rune(i)), fmt.Sprintf("staff%d", i)).ID)
	}
	roles := []string{"member", "street_liaison", "committee_staff", "unit_officer", "own_a", "own_b", "chair"}
	one := func() uuid.UUID { return people[r.IntN(len(people))] }
	act := func() error {
		switch r.IntN(8) {
		case 0, 1:
			in := NewGrant{Membership: one(), Role: roles[r.IntN(len(roles))], Reason: "试"}
			if r.IntN(3) == 0 {
				in.Unit = &street
			}
			if r.IntN(2) == 0 {
				in.To = ptr(w.today().AddDate(0, 0, r.IntN(6)))
			}
			_, err := try(w, w.Grant, in)
			return err
		case 2:
			return w.anyRow(r, func(ctx context.Context) ([]uuid.UUID, error) {
				return w.client.Grant.Query().Where(grant.RevokedAtIsNil(), grant.MembershipIDIn(people...)).IDs(authz.System(ctx))
			}, func(ctx context.Context, id uuid.UUID) error {
				_, err := w.Revoke(ctx, Revocation{Grant: id, Reason: "试"})
				return err
			})
		case 3:
			post, at := seat.PostSTATION_HEAD, station
			if r.IntN(2) == 0 {
				post, at = seat.PostSTREET_LIAISON, street
			}
			in := NewSeat{Membership: one(), Unit: at, Post: post, To: ptr(w.today().AddDate(0, 0, r.IntN(9)))}
			_, err := try(w, w.Seat, in)
			return err
		case 4, 5:
			code := []string{"own_a", "own_b"}[r.IntN(2)]
			d := RoleDraft{Code: code, Name: fmt.Sprintf("%s第%d", code, r.IntN(1000)), Rights: []Right{right("matter.read", authz.Unit)}}
			for _, e := range []string{"matter.hold", "matter.open", "proposal.read", "plan.read"} {
				if r.IntN(2) == 0 {
					d.Rights = append(d.Rights, right(e, authz.Unit))
				}
			}
			if r.IntN(2) == 0 {
				d.Posts = []seat.Post{seat.PostSTATION_HEAD}
			}
			_, err := try(w, w.SetRole, d)
			return err
		case 6:
			_, err := tryAs(w, one(), w.NameSubstitute, NewSubstitute{Substitute: one(), To: ptr(w.today().AddDate(0, 0, r.IntN(5))), Reason: "试"})
			return err
		}
		return w.anyRow(r, func(ctx context.Context) ([]uuid.UUID, error) {
			return w.client.Substitution.Query().Where(substitution.EndedAtIsNil()).IDs(authz.System(ctx))
		}, func(ctx context.Context, id uuid.UUID) error {
			if r.IntN(2) == 0 {
				_, err := w.EndSubstitution(ctx, id)
				return err
			}
			_, err := w.ConfirmSubstitution(ctx, id)
			return err
		})
	}
	evenings, days, lines := []map[uuid.UUID][]string{}, []int{}, 0
	for d := range 25 {
		for range 4 {
			if err := act(); err != nil {
				if _, shown := errs.As(err); !shown {
					t.Fatal(err)
				}
			}
		}
		now := map[uuid.UUID][]string{}
		for _, p := range people {
			now[p] = could(w.looking(p))
			lines += len(now[p])
		}
		evenings, days = append(evenings, now), append(days, d)
		w.later(1)
	}
	for _, d := range days {
		day := today.AddDate(0, 0, d)
		list := mustAs(w, second, w.HeldOn, Wanted{Day: day})
		w.bookSays(second, day, list)
		for _, p := range people {
			if got, want := couldBy(list, p), evenings[d][p]; !slices.Equal(got, want) {
				t.Errorf("day %d, %s:\nlist   %v\nreplay %v", d, p, got, want)
			}
		}
	}
	if lines < 300 {
		t.Errorf("only %d lines were compared", lines)
	}
	t.Run("a day to come has not been", func(t *testing.T) {
		_, err := try(w, w.HeldOn, Wanted{Day: w.today().AddDate(0, 0, 1)})
		refused(t, err, errs.Invalid, "day")
	})
	t.Run("who neither manages rights nor reads the book does not see it", func(t *testing.T) {
		_, err := tryAs(w, w.staff("旁人", "other").ID, w.HeldOn, Wanted{Day: today})
		refused(t, err, errs.NotAllowed, "")
	})
}

// bookSays: the workbook of a day has the rows of the list, which is compared with
// the replay.
func (w *world) bookSays(who uuid.UUID, day time.Time, list []Held) {
	w.t.Helper()
	var book bytes.Buffer
	mustAs(w, who, func(ctx context.Context, in Wanted) (int, error) { return w.RightsBook(ctx, in, &book) }, Wanted{Day: day})
	tables, err := sheet.Read("a.xlsx", book.Bytes())
	if err != nil {
		w.t.Fatal(err)
	}
	var got, want []string
	for _, r := range tables[0].Rows[1:] {
		got = append(got, r.Cells[0].Text+" "+r.Cells[2].Text+" "+r.Cells[4].Text+" "+r.Cells[7].Text)
	}
	for _, h := range list {
		for _, r := range h.Rights {
			want = append(want, h.Name+" "+h.RoleName+" "+h.UnitName+" "+r.Permission.String())
		}
	}
	if !slices.Equal(got, want) || tables[0].Name != day.Format(time.DateOnly) {
		w.t.Errorf("the book of %s:\n%v\n%v", day.Format(time.DateOnly), got, want)
	}
}
