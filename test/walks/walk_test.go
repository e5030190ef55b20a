package walks_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// How far it walks: the whole is for `make walks`.
var (
	walks = flag.Int("walks", 1, "walks of each kind")
	steps = flag.Int("steps", 25, "steps of a walk")
)

// tally is what was walked, over all walks.
type tally struct {
	steps, disturbed, looked, handed, idle, remedied int
	told                                             int            // people looked at after an act, for what they were told
	places                                           map[string]int // where a guardian has nothing to do himself
}

func TestNothingStandsStill(t *testing.T) {
	total := &tally{places: map[string]int{}}
	seed := seeded(20261130)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			for n := range *walks {
				newWalk(t, total, kind, seed+uint64(n)).walk()
			}
		})
	}
	t.Logf("%d steps, %d disturbances, %d subjects looked at; %d that a guardian can move on, %d where he can only appoint somebody, with nothing to do on the matter for %d of them: %v",
		total.steps, total.disturbed, total.looked, total.remedied, total.handed, total.idle, total.places)
	if total.told == 0 {
		t.Error("nobody was told anything")
	}
	if total.steps < len(kinds)**walks*3 {
		t.Errorf("only %d steps: the walks went nowhere", total.steps)
	}
}

// seeded is the first seed of some walks, or the one that is to be walked again.
func seeded(seed uint64) uint64 {
	if given, err := strconv.ParseUint(os.Getenv("WALKS_SEED"), 10, 64); err == nil {
		seed, *walks = given, 1
	}
	return seed
}

// walk is one walk of a kind.
type walk struct {
	*world
	total *tally
	rand  *rand.Rand
	seed  uint64
	kind  string
	trace []string
	gone  []string // who has left, and may come back
}

func newWalk(t *testing.T, total *tally, kind string, seed uint64, more ...district.Person) *walk {
	w := &walk{world: newWorld(t, more...), total: total, rand: rand.New(rand.NewPCG(seed, 1)), seed: seed, kind: kind}
	for range 2 {
		err := w.opens()
		for n := 0; errs.Is(err, errs.NotAllowed) && n < 20; n++ {
			err = w.opens() // somebody else tries: not everybody may
		}
		if err != nil {
			w.fail("it cannot be opened: %v", err)
		}
	}
	return w
}

func (w *walk) note(format string, args ...any) {
	w.trace = append(w.trace, fmt.Sprintf(format, args...))
}

func (w *walk) fail(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d, kind %s: %s\nthe way there:\n  %s", w.seed, w.kind, fmt.Sprintf(format, args...), strings.Join(w.trace, "\n  "))
}

func (w *walk) walk() {
	w.look()
	for range *steps {
		if w.rand.IntN(5) == 0 {
			w.disturb()
			w.sweep()
			w.total.disturbed++
		} else if w.act() {
			w.total.steps++
		}
		w.look()
	}
}

// act lets somebody do one thing that he may do, on any open matter.
func (w *walk) act() bool {
	ids := w.open()
	if len(ids) == 0 {
		if err := w.opens(); err != nil {
			w.note("nothing could be opened: %v", err)
		}
		return true
	}
	id := ids[w.rand.IntN(len(ids))]
	names := slices.Sorted(w.here())
	w.rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, name := range names {
		if w.tries(name, id) {
			return true
		}
	}
	return false
}

// tries lets a person do one of his open actions on the matter or its shares.
func (w *walk) tries(name string, id uuid.UUID) bool {
	type choice struct {
		machine string
		subject uuid.UUID
		action  *process.Action
	}
	var choices []choice
	_ = w.as(name, func(ctx context.Context) error {
		all, err := w.engine.Available(ctx, id)
		for subject, list := range all {
			machine := process.OfAssignment
			if subject == id {
				machine = process.OfMatter
			}
			for _, a := range list {
				if a.Blocked == "" {
					choices = append(choices, choice{machine, subject, a.Action})
				}
			}
		}
		return err
	})
	slices.SortFunc(choices, func(a, b choice) int {
		return strings.Compare(a.action.Code+a.subject.String(), b.action.Code+b.subject.String())
	})
	w.rand.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
	for _, c := range choices[:min(len(choices), 4)] {
		form, before := w.fill(id, c.action.Form), w.notices()
		err := w.as(name, func(ctx context.Context) error {
			at, err := w.engine.Do(ctx, flow.Command{Machine: c.machine, Subject: c.subject, Action: c.action.Code, Form: form, Reason: "走一步"})
			if err == nil {
				w.rests(ctx, at)
			}
			return err
		})
		if shown, ok := errs.As(err); err != nil && (!ok || shown.Code == errs.Internal) {
			w.note("%s %s %v", name, c.action.Code, form)
			w.fail("it fails inside: %v", err)
		}
		if err == nil {
			w.note("%s %s（%s）", name, c.action.Label, id.String()[30:])
			w.once(before)
			return true
		}
	}
	return false
}

// rests: the case that an action leaves is the one that is stored, so that its
// answer need not read it again.
func (w *walk) rests(ctx context.Context, at *flow.Case) {
	w.t.Helper()
	stored, err := w.engine.Lock(ctx, at.Matter.ID)
	if err != nil {
		w.fail("%v", err)
	}
	if got, want := w.picture(at), w.picture(stored[at.Matter.ID]); got != want {
		w.fail("at rest:\n%s\nstored:\n%s", got, want)
	}
}

var instants = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]+"`)

// picture is what rules see of a case, times as instants.
func (w *walk) picture(c *flow.Case) string {
	b, err := json.MarshalIndent([]any{c.Matter, c.Parties, c.Assignments, c.Replies, c.Feedback, c.Records, c.Items, c.Events, c.Timers, c.Attachments, c.Out, c.In, c.Handed}, "", " ")
	if err != nil {
		w.fail("%v", err)
	}
	return instants.ReplaceAllStringFunc(string(b), func(s string) string {
		at, err := time.Parse(`"`+time.RFC3339+`"`, s)
		if err != nil {
			return s // a text that looks like one
		}
		return at.UTC().Truncate(time.Microsecond).String()
	})
}

// notices are those of each person, by what they are about.
func (w *walk) notices() map[[2]uuid.UUID][]*gen.Notice {
	out := map[[2]uuid.UUID][]*gen.Notice{}
	w.must("", func(ctx context.Context, c *gen.Client) error {
		rows, err := c.Notice.Query().Order(notice.ByID()).All(ctx)
		for _, n := range rows {
			key := [2]uuid.UUID{n.MembershipID}
			if n.MatterID != nil {
				key[1] = *n.MatterID
			}
			out[key] = append(out[key], n)
		}
		return err
	})
	return out
}

// once: one act gives one person one message of a matter, and what it is about
// he may open.
func (w *walk) once(before map[[2]uuid.UUID][]*gen.Notice) {
	w.t.Helper()
	for key, now := range w.notices() {
		fresh := now[len(before[key]):]
		if len(fresh) > 1 {
			w.fail("somebody is told twice by one act: %s / %s", fresh[0].Text, fresh[1].Text)
		}
		for _, n := range fresh {
			w.opensTo(n)
		}
		w.total.told++
	}
}

// opensTo (M15): a notice says why it came and what it weighs, its reader may
// open what it links to, and where it is his turn it names an action.
func (w *walk) opensTo(n *gen.Notice) {
	w.t.Helper()
	if n.About == "" || n.Level == "" || n.About == notice.AboutTURN && (n.Action == "" || n.Level == notice.LevelORDINARY) {
		w.fail("a notice without its kind, level or action, to %s: %s %s %q: %s; %v", w.whose(n.MembershipID), n.About, n.Level, n.Action, n.Text, w.rows(*n.MatterID))
	}
	for name := range w.here() {
		if w.people[name].Membership != n.MembershipID || n.ObjectType == notices.Veiled {
			continue
		}
		err := w.as(name, func(ctx context.Context) error {
			var found bool
			var err error
			switch {
			case n.ObjectType == gen.TypeAssignment:
				found, err = w.store.Ent().Assignment.Query().Where(assignment.ID(*n.ObjectID)).Exist(ctx)
			case n.ObjectType == "" && n.MatterID != nil:
				found, err = w.store.Ent().Matter.Query().Where(matter.ID(*n.MatterID)).Exist(ctx)
			default:
				w.fail("a notice links to %q: %s", n.ObjectType, n.Text)
			}
			if err == nil && !found {
				w.fail("%s may not open what he is told of: %s", name, n.Text)
			}
			return err
		})
		if err != nil {
			w.fail("%v", err)
		}
	}
}

// whose is the name of a person.
func (w *walk) whose(id uuid.UUID) string {
	for name, v := range w.all {
		if v.Membership == id {
			return name
		}
	}
	return id.String()
}

// disturb changes who is there, or lets time pass.
func (w *walk) disturb() {
	db := w.store.Ent()
	names := slices.Sorted(w.here())
	name := names[w.rand.IntN(len(names))]
	who := w.people[name].Membership
	switch n := w.rand.IntN(9); {
	case n == 6:
		w.renames([]string{"城建局", "商务局", "街道"}[w.rand.IntN(3)])
	case n == 7:
		w.merges("文旅局", "商务局")
	case n == 8 && name != "管理员":
		w.revokes(name)
	case n == 0 && len(w.gone) > 0:
		name = w.gone[0]
		w.gone = w.gone[1:]
		w.note("%s is back", name)
		w.must("", func(ctx context.Context, _ *gen.Client) error {
			return db.Membership.UpdateOneID(w.all[name].Membership).SetStatus(membership.StatusACTIVE).Exec(ctx)
		})
		w.people[name] = w.all[name]
	case n <= 2 && name != "管理员":
		w.note("%s leaves", name)
		w.must("", func(ctx context.Context, _ *gen.Client) error {
			return db.Membership.UpdateOneID(who).SetStatus(membership.StatusENDED).Exec(ctx)
		})
		delete(w.people, name)
		w.gone = append(w.gone, name)
	case n == 3 && name != "管理员":
		w.note("%s loses the account", name)
		w.must("", func(ctx context.Context, _ *gen.Client) error {
			return db.Membership.UpdateOneID(who).ClearAccountID().Exec(ctx)
		})
		delete(w.people, name)
	case n == 4:
		name := []string{"城建局", "商务局", "街道"}[w.rand.IntN(3)]
		w.note("%s is closed", name)
		w.must("", func(ctx context.Context, _ *gen.Client) error {
			return db.Seat.Update().Where(seat.UnitID(w.units[name])).SetSeatTo(w.today().AddDate(0, 0, -1)).Exec(ctx)
		})
		for who, u := range w.seats {
			if u == name {
				delete(w.seats, who)
			}
		}
	case n == 5 && len(w.gone) > 3: // a committee is never without people for long
		for _, name := range w.gone {
			w.note("%s is back", name)
			w.must("", func(ctx context.Context, _ *gen.Client) error {
				return db.Membership.UpdateOneID(w.all[name].Membership).SetStatus(membership.StatusACTIVE).Exec(ctx)
			})
			w.people[name] = w.all[name]
		}
		w.gone = nil
	default:
		d := 1 + w.rand.IntN(40)
		w.note("%d days pass", d)
		w.clock.Advance(time.Duration(d) * 24 * time.Hour)
	}
}

// open are the ids of the open matters, oldest first.
func (w *walk) open() (ids []uuid.UUID) {
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		ids, err = c.Matter.Query().Where(matter.ClosedAtIsNil()).Order(matter.ByID()).IDs(ctx)
		return err
	})
	return ids
}

// look holds every open matter and share against the sentence.
func (w *walk) look() {
	w.t.Helper()
	for _, id := range w.open() {
		for _, s := range w.subjects(id) {
			w.total.looked++
			if !w.moves(id, s) {
				w.fail("%s stands still: %v", s.name, w.rows(id))
			}
		}
	}
}

// moves reports whether the sentence holds for a subject. It believes no row:
// each is held against the people who are there and what they may do.
func (w *walk) moves(id uuid.UUID, s subject) bool {
	rows := w.rows(id)
	handed := false
	var own []row
	for _, r := range rows {
		if s.is(r) {
			own = append(own, r)
		}
	}
	if len(own) == 0 && s.share == nil && len(w.shares(id)) > 0 {
		return true // its shares are looked at by themselves
	}
	for _, r := range own {
		if r.Membership == nil && r.Role == "" {
			return r.Due == nil || !r.Due.Before(w.today())
		}
		for name := range w.people {
			if !w.meant(name, r) {
				continue
			}
			if w.can(name, id, s) {
				if r.Reason != "" {
					w.total.remedied++
				}
				return true
			}
			if r.Reason != "" && r.Role != "tenant_admin" && w.kind == "proposal" && unitsTurns[r.Turn] && s.share != nil {
				w.fail("%s was handed to %s, who cannot give it to another unit", s.name, name)
			}
			handed = handed || r.Reason != ""
		}
	}
	if handed {
		w.total.handed++
		if !w.guarded(id, s, own) {
			w.total.idle++
			w.total.places[s.name]++
		}
	}
	return handed
}

// guarded: the guardian can do something on the matter, if not on the share.
func (w *walk) guarded(id uuid.UUID, s subject, own []row) bool {
	for _, r := range own {
		for name := range w.people {
			if r.Reason != "" && w.meant(name, r) && w.can(name, id, subject{}) {
				return true
			}
		}
	}
	return false
}

// unitsTurns are those of a unit's own people: a share that waits for them and has
// nobody left can be given to another unit by whoever has it in hand.
var unitsTurns = map[string]bool{"liaison": true, "officer": true, "unit_lead": true}

// can: the person has an action on the subject that nothing blocks.
func (w *walk) can(name string, id uuid.UUID, s subject) (can bool) {
	_ = w.as(name, func(ctx context.Context) error {
		on := id
		if s.share != nil {
			on = *s.share
		}
		seen, err := w.store.Ent().Matter.Query().Where(matter.ID(id)).Exist(ctx)
		if err != nil || !seen {
			return err
		}
		all, err := w.engine.Available(ctx, id)
		for _, a := range all[on] {
			can = can || a.Blocked == "" || a.Lifts
		}
		return err
	})
	return can
}

var _ = authz.System
