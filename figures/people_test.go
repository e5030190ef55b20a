package figures_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/test/district"
)

// byPerson is what is counted of each, in Go, beside what SQL says.
type byPerson map[string]map[string]int

func (b byPerson) add(what string, who uuid.UUID, yes bool) {
	if !yes {
		return
	}
	if b[what] == nil {
		b[what] = map[string]int{}
	}
	b[what][who.String()]++
}

// peoples are what is asked: each word at least once.
var peoples = map[string]figures.Definition{
	"brought":  {Of: "involved", Among: figures.Condition{"kind": {Words: []string{"talk"}}, "brought": {Yes: true}}},
	"hosted":   {Of: "involved", Among: figures.Condition{"hosted": {Yes: true}, "closed": {}}},
	"closed":   {Of: "involved", Among: figures.Condition{"closed": {Yes: true}}},
	"ended":    {Of: "involved", Among: figures.Condition{"state": {Words: []string{"END"}}}},
	"attended": {Of: "attended", Among: figures.Condition{"status": {Words: []string{"ATTENDED"}}, "event": {Words: []string{"VISIT", "MEETING"}}}},
	"noted":    {Of: "noted", Among: figures.Condition{"record": {Words: []string{"CONTACT"}}, "mode": {Words: []string{"面谈"}, None: true}}},
	"agreed":   {Of: "noted", Among: figures.Condition{"confirmed": {Yes: true}}},
	"all":      {Of: "noted", Among: figures.Condition{}},
	"met":      {Of: "outsiders", Among: figures.Condition{"who": {Words: []string{"RESIDENT"}}}},
	"led":      {Of: "authored", Among: figures.Condition{"role": {Words: []string{"LEAD"}}}},
	"signed":   {Of: "authored", Among: figures.Condition{}},
}

// lives writes random rows of people and counts what ought to be counted.
func lives(ctx context.Context, r *rand.Rand, d *district.District, people []uuid.UUID, from, to, upto time.Time) byPerson {
	c, out := d.Ent(), byPerson{}
	edge := []time.Time{from.AddDate(0, 0, -1), from, from.AddDate(0, 0, 20), to, to.AddDate(0, 0, 1)}
	within := func(day time.Time) bool { return !day.Before(from) && !day.After(to) }
	for n := range 12 {
		kind := pick(r, "talk", "walk", "proposal")
		day := pick(r, edge...)
		opened := clock.StartOf(day).Add(pick(r, 0, time.Microsecond, 23*time.Hour))
		state := pick(r, "OPEN", "END", "DRAFT")
		m := c.Matter.Create().SetKind(kind).SetProcessID(d.Runs[kind]).SetState(state).SetTitle("某事").SetOpenedAt(opened).SetCreatorID(pick(r, people...))
		closed := opened.AddDate(0, 0, r.IntN(80))
		if r.IntN(2) == 0 {
			m.SetClosedAt(closed)
		}
		row := m.SaveX(ctx)
		in := within(day) && opened.Before(upto)
		counts := in && kind != "proposal" && state != "DRAFT"
		if kind == "proposal" {
			p := c.Proposal.Create().SetMatterID(row.ID).SetProposerKind("JOINT").SetSituation("").SetRegistrationNo(fmt.Sprint(n)).SetPeriod("PLENARY")
			p.ExecX(ctx)
			in = in && r.IntN(4) > 0
			if in {
				c.Step.Create().SetMatterID(row.ID).SetAction("submit").SetLabel("提交").SetToState("SUBMITTED").SetAt(opened).ExecX(ctx)
			}
		}
		for _, who := range people {
			lead, host, merged := r.IntN(2) == 0, r.IntN(3) == 0, r.IntN(4) == 0
			role := party.RoleCO
			if lead {
				role = party.RoleLEAD
			}
			sign := pick(r, party.CosignNONE, party.CosignSIGNED, party.CosignINVITED)
			p := c.Party.Create().SetMatterID(row.ID).SetMembershipID(who).SetName("某").SetRole(role).SetCosign(sign)
			if merged {
				p.SetFromMatterID(row.ID)
			}
			p.ExecX(ctx)
			if host {
				c.Party.Create().SetMatterID(row.ID).SetMembershipID(who).SetName("某").SetRole(party.RoleHOST).ExecX(ctx)
			}
			led, there := lead && !merged, !merged || host
			out.add("brought", who, counts && kind == "talk" && led)
			out.add("hosted", who, counts && host && (row.ClosedAt == nil || !row.ClosedAt.Before(upto)))
			out.add("closed", who, counts && there && row.ClosedAt != nil && row.ClosedAt.Before(upto))
			out.add("ended", who, counts && there && state == "END")
			mine := in && kind == "proposal" && !merged && sign != party.CosignINVITED
			out.add("led", who, mine && lead)
			out.add("signed", who, mine)
		}
		for range r.IntN(3) {
			who := pick(r, "RESIDENT", "COMPANY")
			c.Party.Create().SetMatterID(row.ID).SetName("来人").SetRole(party.RolePARTICIPANT).SetKind(who).ExecX(ctx)
			out.add("met", *row.CreatorID, in && kind != "proposal" && who == "RESIDENT")
		}
		meet(ctx, r, c, row, people, edge, within, upto, out)
	}
	return out
}

// meet writes meetings and records of a matter.
func meet(ctx context.Context, r *rand.Rand, c *gen.Client, row *gen.Matter, people []uuid.UUID, edge []time.Time, within func(time.Time) bool, upto time.Time, out byPerson) {
	day, kind, state := pick(r, edge...), pick(r, event.KindVISIT, event.KindMEETING, event.KindTALK), pick(r, event.StateHELD, event.StatePLANNED)
	hidden := r.IntN(3) == 0
	e := c.Event.Create().SetMatterID(row.ID).SetKind(kind).SetTitle("去看").SetOn(day).SetState(state).SetConcealed(hidden).SaveX(ctx)
	who := pick(r, people...)
	p := c.Party.Create().SetMatterID(row.ID).SetMembershipID(who).SetName("某").SetRole(party.RolePARTICIPANT).SetEventID(e.ID).SaveX(ctx)
	status := pick(r, attendance.StatusATTENDED, attendance.StatusLEAVE)
	c.Attendance.Create().SetEventID(e.ID).SetMatterID(row.ID).SetPartyID(p.ID).SetStatus(status).ExecX(ctx)
	out.add("attended", who, within(day) && clock.StartOf(day).Before(upto) && state == event.StateHELD && status == attendance.StatusATTENDED && kind != event.KindTALK)
	what, mode := pick(r, record.KindCONTACT, record.KindNOTE, record.KindINSTRUCTION), pick(r, "面谈", "电话", "")
	n := c.Record.Create().SetMatterID(row.ID).SetKind(what).SetMode(mode).SetOn(day).SetAuthorID(who)
	agreed := r.IntN(2) == 0
	if agreed {
		n.SetConfirmedAt(clock.Now(ctx).AddDate(0, 0, -r.IntN(3)))
	}
	if r.IntN(2) == 0 {
		n.SetEventID(e.ID)
	}
	rec := n.SaveX(ctx)
	told := within(day) && what != record.KindINSTRUCTION && !(rec.EventID != nil && hidden && state != event.StateHELD)
	out.add("all", who, told)
	out.add("agreed", who, told && agreed)
	out.add("noted", who, told && what == record.KindCONTACT && mode != "面谈")
}

// What people have a hand in is what is plainly counted, person by person, and
// each number opens into as many rows.
func TestWhatPeopleDidIsWhatIsPlainlyCounted(t *testing.T) {
	t.Parallel()
	d := district.New(t, district.Plan{Posts: []string{"委员甲", "委员乙", "委员丙"}, Stored: []string{fmt.Sprintf(stored, "proposal"), fmt.Sprintf(stored, "talk"), fmt.Sprintf(stored, "walk")}})
	d.At(2026, 6, 1)
	names := slices.Sorted(maps.Keys(peoples))
	total := map[string]int{}
	for n := range 30 {
		r := rand.New(rand.NewPCG(uint64(n), 2))
		err := d.As("", func(ctx context.Context) error {
			ctx = authz.System(ctx)
			var people []uuid.UUID
			for _, name := range []string{"委员甲", "委员乙", "委员丙"} {
				people = append(people, d.Who(name).Membership)
			}
			from, to := clock.Date(2026, 4, 1), clock.Date(2026, 6, 1)
			want := lives(ctx, r, d, people, from, to, clock.StartOf(clock.Date(2026, 6, 2)))
			var list []*figures.Definition
			for _, name := range names {
				def := peoples[name]
				def.Code, def.Label = name, name
				if err := def.Check(); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				list = append(list, &def)
			}
			scope := figures.Scope{Kind: figures.Days, From: from, To: to, AsOf: clock.Date(2026, 6, 1)}
			values, err := figures.Tally(ctx, list, scope, figures.Person)
			if err != nil {
				return err
			}
			for i, v := range values {
				got := map[string]int{}
				for _, p := range v.Parts {
					got[p.Key] = p.Numerator
					total[names[i]] += p.Numerator
				}
				if fmt.Sprint(got) != fmt.Sprint(want[names[i]]) && len(got)+len(want[names[i]]) > 0 {
					return fmt.Errorf("seed %d, %s: %v, plainly %v", n, names[i], got, want[names[i]])
				}
				for _, who := range people {
					rows, err := figures.RowsOf(ctx, list[i].With(who), figures.Rows{Scope: scope, Limit: figures.MostRows})
					if err != nil || len(rows) != want[names[i]][who.String()] {
						return fmt.Errorf("seed %d, %s: %d rows, %w", n, names[i], len(rows), err)
					}
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if total[name] < 5 {
			t.Errorf("%s was hardly ever counted: %d", name, total[name])
		}
	}
}
