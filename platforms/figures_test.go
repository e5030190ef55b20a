package platforms

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// tally counts what was made, in Go: the expectation beside which the SQL is
// held. It counts per platform (the nil UUID: all platforms) and code.
type tally struct {
	numbers map[uuid.UUID]map[string]int
	people  map[uuid.UUID]map[string]bool
}

func (n *tally) add(p *gen.Platform, code string, yes bool) {
	if p == nil || !yes {
		return
	}
	for _, id := range []uuid.UUID{p.ID, uuid.Nil} {
		if n.numbers[id] == nil {
			n.numbers[id] = map[string]int{}
		}
		n.numbers[id][code]++
	}
}

func (n *tally) person(p *gen.Platform, who string, yes bool) {
	if p == nil || !yes {
		return
	}
	for _, id := range []uuid.UUID{p.ID, uuid.Nil} {
		if n.people[id] == nil {
			n.people[id] = map[string]bool{}
		}
		if !n.people[id][who] {
			n.people[id][who] = true
			if n.numbers[id] == nil {
				n.numbers[id] = map[string]int{}
			}
			n.numbers[id]["persons"]++
		}
	}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// year of the figures, and days and instants around its edges in Shanghai.
const year = 2026

var (
	dayList  = []time.Time{clock.Date(2025, 12, 31), clock.Date(2026, 1, 1), clock.Date(2026, 6, 15), clock.Date(2026, 12, 31), clock.Date(2027, 1, 1)}
	instants = []time.Time{
		time.Date(2025, 12, 31, 15, 59, 59, 0, time.UTC), time.Date(2025, 12, 31, 16, 0, 0, 0, time.UTC), // midnight in Shanghai
		time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 12, 31, 15, 59, 59, 0, time.UTC), time.Date(2026, 12, 31, 16, 0, 0, 0, time.UTC),
	}
)

func inYear(t time.Time) bool { return t.Year() == year }
func thatYear(t time.Time) bool {
	return inYear(clock.Day(t))
}

// fill makes random rows and counts what ought to be counted.
func (w *world) fill(r *rand.Rand, list []*gen.Platform) *tally {
	n := &tally{map[uuid.UUID]map[string]int{}, map[uuid.UUID]map[string]bool{}}
	w.system(func(ctx context.Context) error {
		q := w.client.Process.Query().FirstX(ctx)
		var opinions []*gen.Matter
		for range 4 {
			opinions = append(opinions, w.client.Matter.Create().SetKind("opinion").SetProcess(q).SetState("SUBMITTED").SetTitle("信息").SetVisibility("STAFF").SetOpenedAt(monday).SaveX(ctx))
		}
		told := map[string]bool{}
		for range 60 {
			p := list[r.IntN(len(list))]
			at, kind, source := pick(r, instants...), pick(r, "talk", "talk", "topic"), pick(r, "", "群众征题", "党政交题")
			c := w.client.Matter.Create().SetKind(kind).SetProcess(q).SetState("OPEN").SetTitle("事").SetVisibility("STAFF").SetOpenedAt(at).SetSource(source)
			if p != nil {
				c.SetPlatformID(p.ID)
			}
			m := c.SaveX(ctx)
			n.add(p, "matters", kind == "talk" && thatYear(at))
			n.add(p, bySource+source, source != "" && thatYear(at))
			w.gather(ctx, r, n, p, m)
			w.write(ctx, r, n, p, m)
			if r.IntN(2) == 0 {
				o, at, undone := opinions[r.IntN(len(opinions))], pick(r, instants...), r.IntN(4) == 0
				k := pick(r, link.KindCONVERTED_TO, link.KindCONVERTED_TO, link.KindFOLLOWS)
				l := w.client.Link.Create().SetFromID(m.ID).SetToID(o.ID).SetKind(k).SetCreatedAt(at)
				if undone {
					l.SetUndoneAt(at)
				}
				l.ExecX(ctx)
				counts := p != nil && thatYear(at) && !undone && k == link.KindCONVERTED_TO
				if counts { // each opinion once, for the platform and for all
					for _, id := range []uuid.UUID{p.ID, uuid.Nil} {
						if key := fmt.Sprint(id, o.ID); !told[key] {
							told[key] = true
							if n.numbers[id] == nil {
								n.numbers[id] = map[string]int{}
							}
							n.numbers[id]["opinions"]++
						}
					}
				}
			}
		}
		return nil
	})
	return n
}

// gather makes events with people, and items that come up there.
func (w *world) gather(ctx context.Context, r *rand.Rand, n *tally, p *gen.Platform, m *gen.Matter) {
	codes := map[event.Kind]string{event.KindTALK: "talks", event.KindMEETING: "meetings", event.KindVISIT: "visits", event.KindINSPECTION: "visits"}
	var parties []*gen.Party
	names := []string{"居民甲", "居民乙", " 居民乙 ", ""}
	for i := range 4 {
		c := w.client.Party.Create().SetMatter(m).SetRole("PARTICIPANT").SetName(pick(r, names...))
		if i == 0 {
			c.SetMembershipID(w.people[pick(r, "委员甲", "委员乙")].Membership).SetName("写法不一")
		}
		parties = append(parties, c.SaveX(ctx))
	}
	parties = append(parties, w.someUnit(ctx, r, m))
	for range r.IntN(3) {
		kind := pick(r, event.KindTALK, event.KindMEETING, event.KindVISIT, event.KindINSPECTION, event.KindBRIEFING)
		state, on := pick(r, event.StateHELD, event.StateHELD, event.StatePLANNED, event.StateCANCELLED), pick(r, dayList...)
		e := w.client.Event.Create().SetMatter(m).SetKind(kind).SetTitle("会").SetOn(on).SetState(state).SaveX(ctx)
		counts := state == event.StateHELD && inYear(on)
		if code := codes[kind]; code != "" {
			n.add(p, code, counts)
		}
		for _, who := range parties {
			status := pick(r, attendance.StatusATTENDED, attendance.StatusATTENDED, attendance.StatusABSENT, attendance.StatusLEAVE)
			w.client.Attendance.Create().SetEvent(e).SetMatterID(m.ID).SetPartyID(who.ID).SetStatus(status).ExecX(ctx)
			there := counts && status == attendance.StatusATTENDED && who.Role != party.RoleGUEST // A9: those are units
			n.add(p, "person_times", there)
			if code := strings.TrimSuffix(codes[kind], "s"); code != "" { // M13: each counts one kind of thing
				n.add(p, code+"_person_times", there)
			}
			n.person(p, identity(who), there)
		}
		w.owe(ctx, r, n, p, m, e)
	}
	w.owe(ctx, r, n, p, m, nil)
}

// someUnit is a unit among the parties, as forms write it down.
func (w *world) someUnit(ctx context.Context, r *rand.Rand, m *gen.Matter) *gen.Party {
	c := w.client.Party.Create().SetMatter(m).SetRole(party.RoleGUEST)
	switch r.IntN(5) {
	case 0:
		c.SetUnitID(w.units["甲街道"]).SetName("甲街道")
	case 1:
		c.SetUnitID(w.units["甲街道"]).SetName("")
	case 2:
		c.SetName("某局").SetKind("DEPARTMENT")
	case 3:
		c.SetName("某学院").SetOrganisation("某学院")
	case 4:
		c.SetName("甲街道") // without its id
	}
	return c.SaveX(ctx)
}

// identity: a person is a membership, else a name, else stands for itself.
func identity(p *gen.Party) string {
	switch {
	case p.MembershipID != nil:
		return p.MembershipID.String()
	case p.Name == "":
		return p.ID.String()
	case p.Name == " 居民乙 ":
		return "居民乙"
	}
	return p.Name
}

// owe makes items.
func (w *world) owe(ctx context.Context, r *rand.Rand, n *tally, p *gen.Platform, m *gen.Matter, e *gen.Event) {
	for range r.IntN(4) {
		kind := pick(r, item.KindPROBLEM, item.KindRESOLUTION, item.KindSUGGESTION, item.KindTASK)
		status, made, settled := pick(r, item.StatusOPEN, item.StatusDONE, item.StatusDROPPED, item.StatusREPORTED), pick(r, instants...), pick(r, instants...)
		c := w.client.Item.Create().SetMatter(m).SetKind(kind).SetText("一项").SetStatus(status).SetCreatedAt(made)
		came := clock.Day(made)
		if e != nil {
			c.SetEventID(e.ID)
			came = e.On
		}
		if status == item.StatusDONE || status == item.StatusDROPPED {
			c.SetSettledAt(settled)
		}
		claimed := false
		switch r.IntN(4) {
		case 0:
			c.SetUnitID(w.units["甲街道"])
			claimed = true
		case 1:
			c.SetOwner("某志愿队")
			claimed = true
		case 2:
			c.SetOwner("")
		}
		c.ExecX(ctx)
		switch kind {
		case item.KindPROBLEM:
			n.add(p, "problems_found", inYear(came))
			n.add(p, "problems_solved", status == item.StatusDONE && thatYear(settled))
		case item.KindRESOLUTION:
			n.add(p, "resolutions", inYear(came))
			n.add(p, "outcomes", inYear(came) && (status == item.StatusDONE || (claimed && status != item.StatusDROPPED)))
		case item.KindSUGGESTION:
			n.add(p, "suggestions", inYear(came))
		}
	}
}

// write makes records and those who raise something.
func (w *world) write(ctx context.Context, r *rand.Rand, n *tally, p *gen.Platform, m *gen.Matter) {
	for range r.IntN(3) {
		kind, made := pick(r, record.KindDOCUMENT, record.KindREPORT, record.KindNOTE), pick(r, instants...)
		c := w.client.Record.Create().SetMatter(m).SetKind(kind).SetText("文").SetCreatedAt(made)
		day := clock.Day(made)
		if r.IntN(2) == 0 {
			day = pick(r, dayList...)
			c.SetOn(day)
		}
		c.ExecX(ctx)
		n.add(p, "documents", kind == record.KindDOCUMENT && inYear(day))
		n.add(p, "reports", kind == record.KindREPORT && inYear(day))
	}
	for range r.IntN(3) {
		made, cosign := pick(r, instants...), pick(r, party.CosignNONE, party.CosignNONE, party.CosignCANCELLED)
		w.client.Party.Create().SetMatter(m).SetRole("RAISER").SetName("群众").SetCosign(cosign).SetCreatedAt(made).ExecX(ctx)
		n.add(p, "remarks", cosign == party.CosignNONE && thatYear(made))
	}
}

func (w *world) counters(who string, id *uuid.UUID) (out []Counter) {
	w.t.Helper()
	w.do(who, func(ctx context.Context) (err error) { out, err = w.Counters(ctx, id, year); return err })
	return out
}

// all follows a figure back, a small page at a time.
func (w *world) all(who string, id *uuid.UUID, code string, limit int) (ids []uuid.UUID, of string) {
	w.t.Helper()
	w.do(who, func(ctx context.Context) error {
		for after := uuid.Nil; ; {
			page, err := w.Rows(ctx, id, year, code, after, limit)
			if err != nil {
				return err
			}
			ids, of = append(ids, page.IDs...), page.Of
			if after = page.Next; after == uuid.Nil {
				return nil
			}
		}
	})
	return ids, of
}

func TestFigures(t *testing.T) {
	w := newWorld(t)
	in := spec("one")
	in.Sources = []string{"政协选题", "群众征题"}
	group := w.create(spec("group"))
	in.ParentID = &group.ID
	one, two := w.create(in), w.create(spec("two"))
	w.system(func(ctx context.Context) error { // so that he sees the opinions too
		return w.client.Grant.Create().SetMembershipID(w.people["干部"].Membership).SetRole("info_editor").Exec(ctx)
	})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	want := w.fill(rand.New(rand.NewPCG(seed, 1)), []*gen.Platform{one, two, nil})

	for _, c := range []struct {
		name string
		id   *uuid.UUID
		key  uuid.UUID
	}{{"one", &one.ID, one.ID}, {"two", &two.ID, two.ID}, {"A platform counts what is on it and on all platforms below it.", &group.ID, one.ID}, {"all", nil, uuid.Nil}} {
		t.Run("Every figure can be followed back: it is the number of its rows. / "+c.name, func(t *testing.T) {
			for _, got := range w.counters("干部", c.id) {
				if got.Value != want.numbers[c.key][got.Code] {
					t.Errorf("%s is %d, want %d", got.Code, got.Value, want.numbers[c.key][got.Code])
				}
				rows, of := w.all("干部", c.id, got.Code, 7)
				seen := map[uuid.UUID]bool{}
				for _, id := range rows {
					seen[id] = true
				}
				if len(rows) != got.Value || len(seen) != len(rows) {
					t.Errorf("%s is %d, but has %d rows, %d of them different (%s)", got.Code, got.Value, len(rows), len(seen), of)
				}
			}
		})
	}
	t.Run("场, 件, 个, 条, 次, 人次, 人 and 份 are counted each by itself (domain.md trap 18).", func(t *testing.T) {
		units := map[string]string{"talks": "场", "meetings": "场", "visits": "次", "person_times": "人次", "persons": "人", "matters": "件", "problems_found": "个",
			"problems_solved": "个", "suggestions": "条", "documents": "份", "opinions": "条", "reports": "份", "remarks": "条"}
		for _, c := range w.counters("干部", &one.ID) {
			if u := units[c.Code]; u != "" && u != c.Unit {
				t.Errorf("%s is counted in %s", c.Code, c.Unit)
			}
		}
		if a, b := want.numbers[uuid.Nil]["person_times"], want.numbers[uuid.Nil]["persons"]; a <= b {
			t.Fatal(a, b) // otherwise this proves nothing
		}
	})
	t.Run("Whoever asks for the rows gets those whose matter he sees.", func(t *testing.T) {
		for _, who := range []string{"联络员甲", "委员甲"} { // the one whose unit owes something in some, the other who is party to some
			rows, _ := w.all(who, nil, "person_times", 50)
			if len(rows) > want.numbers[uuid.Nil]["person_times"] {
				t.Errorf("%s sees %d", who, len(rows))
			}
			w.do(who, func(ctx context.Context) error { // as the product's own narrowing has it
				seen, err := w.client.Attendance.Query().Where(attendance.IDIn(rows...)).Count(ctx)
				if err == nil && seen != len(rows) {
					t.Errorf("%s gets %d and sees %d", who, len(rows), seen)
				}
				return err
			})
			if w.counters(who, nil)[0].Value != want.numbers[uuid.Nil]["talks"] {
				t.Error("the number itself is the same for all")
			}
		}
		refused(t, w.as("审计员", func(ctx context.Context) error { _, err := w.Counters(ctx, nil, year); return err }), errs.NotAllowed, "")
		refused(t, w.as("审计员", func(ctx context.Context) error {
			_, err := w.Rows(ctx, nil, year, "talks", uuid.Nil, 10)
			return err
		}), errs.NotAllowed, "")
		refused(t, w.as("干部", func(ctx context.Context) error { _, err := w.Counters(ctx, ptr(uuid.New()), year); return err }), errs.NotFound, "")
		refused(t, w.as("干部", func(ctx context.Context) error {
			_, err := w.Rows(ctx, nil, year, "unknown", uuid.Nil, 10)
			return err
		}), errs.Invalid, "code")
	})
}

func TestPace(t *testing.T) {
	t.Run("A figure with a target says whether it keeps pace with the year.", func(t *testing.T) {
		for _, c := range []struct {
			value, target int
			today         time.Time
			word          string
		}{
			{0, 100, clock.Date(2026, 1, 1), "按期"},
			{25, 100, clock.Date(2026, 7, 1), "落后"},
			{50, 100, clock.Date(2026, 7, 1), "按期"},
			{47, 100, clock.Date(2026, 7, 1), "按期"},
			{90, 100, clock.Date(2026, 7, 1), "超前"},
			{99, 100, clock.Date(2026, 12, 31), "落后"}, // nearly is not done
			{100, 100, clock.Date(2026, 12, 31), "按期"},
			{220, 100, clock.Date(2026, 12, 31), "超前"},
			{100, 100, clock.Date(2027, 5, 1), "按期"},
			{0, 100, clock.Date(2025, 5, 1), "按期"}, // the year is yet to come
		} {
			if p := paceOf(c.value, c.target, 2026, c.today); p.Word != c.word {
				t.Errorf("%d of %d on %s is %s, want %s", c.value, c.target, c.today.Format(time.DateOnly), p.Word, c.word)
			}
		}
	})
	w := newWorld(t)
	in := spec("pulandian")
	in.Targets = map[string]any{"2026": map[string]any{"talks": 100, "matters": 100}}
	p := w.create(in)
	in = spec("second")
	in.Targets = map[string]any{"2026": map[string]any{"talks": 20}, "2025": map[string]any{"matters": 5}}
	w.create(in)
	t.Run("Planned and cancelled events count nothing.", func(t *testing.T) {
		m := w.open("干部", Opening{PlatformID: p.ID, Title: "一场恳谈"}).Matter
		w.system(func(ctx context.Context) error {
			for _, state := range []event.State{event.StatePLANNED, event.StateCANCELLED, event.StateHELD} {
				w.client.Event.Create().SetMatter(m).SetKind("TALK").SetTitle("恳谈").SetOn(clock.Date(2026, 3, 1)).SetState(state).ExecX(ctx)
			}
			return nil
		})
		c := w.counters("干部", &p.ID)[0]
		if c.Code != "talks" || c.Value != 1 || c.Target == nil || *c.Target != 100 || c.Pace.Word != "落后" {
			t.Fatal(c)
		}
	})
	t.Run("A figure counts days in Shanghai, within a calendar year.", func(t *testing.T) {
		matters := func() int {
			list := w.counters("干部", &p.ID)
			return list[slices.IndexFunc(list, func(c Counter) bool { return c.Code == "matters" })].Value
		}
		before := matters()
		for _, at := range []time.Time{clock.StartOf(clock.Date(2026, 1, 1)).Add(-time.Second), clock.StartOf(clock.Date(2027, 1, 1))} {
			w.clock.Set(at)
			w.open("干部", Opening{PlatformID: p.ID, Title: "在另一年"})
		}
		w.clock.Set(clock.StartOf(clock.Date(2026, 1, 1)))
		w.open("干部", Opening{PlatformID: p.ID, Title: "元旦零点"})
		w.clock.Set(monday)
		if matters() != before+1 {
			t.Fatal(before, matters())
		}
	})
	t.Run("the target of all platforms is the sum of theirs", func(t *testing.T) {
		for _, c := range w.counters("干部", nil) {
			if (c.Code == "talks" && (c.Target == nil || *c.Target != 120)) || (c.Code == "matters" && *c.Target != 100) || (c.Code == "visits" && c.Target != nil) {
				t.Error(c)
			}
		}
	})
}

func TestVenues(t *testing.T) {
	w := newWorld(t)
	w.system(func(ctx context.Context) error {
		venue := func(kind unit.Kind, category, level string, n int, to *time.Time) { // LS-02: 9 + 92 + 19 + 1
			for i := range n {
				w.client.Unit.Create().SetLine("VENUE").SetName(fmt.Sprintf("%s%d", category, i)).SetCategory(category).SetLevel(level).SetNillableActiveTo(to).
					SetKind(kind).ExecX(ctx)
			}
		}
		venue("VENUE_HOME", "两代表一委员之家", "街道", 9, nil)
		venue("VENUE_STUDIO", "两代表一委员工作室", "村（社区）", 92, nil)
		venue("VENUE_STUDIO", "政协委员个人工作室", "", 19, nil)
		venue("VENUE_STUDIO", "党派委员工作室", "", 1, nil)
		venue("VENUE_PARLOUR", "", "", 2, ptr(clock.Date(2026, 3, 2)))
		venue("VENUE_PARLOUR", "已停用", "", 3, ptr(clock.Date(2026, 3, 1)))
		return nil
	})
	t.Run("The register of venues lists those that are open today, by category.", func(t *testing.T) {
		var got []VenueCount
		w.do("干部", func(ctx context.Context) (err error) { got, err = w.Venues(ctx); return err })
		want := []VenueCount{{"两代表一委员工作室", "村（社区）", 92}, {"政协委员个人工作室", "", 19}, {"两代表一委员之家", "街道", 9}, {"委员会客厅", "", 2}, {"党派委员工作室", "", 1}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatal(got)
		}
	})
}
