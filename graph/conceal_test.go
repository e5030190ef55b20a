package graph_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/party"
)

// visit is a matter with a concealed visit to 商务局, whose people see the
// matter itself. 街道干部 and 委员丙 are of the matter's own people.
type visit struct {
	*committee
	matter string
	parts  map[string]string // what belongs to the visit, by type
}

const secretly = "不打招呼的走访"

func newVisit(t *testing.T) *visit {
	c := withPlatform(t)
	v := &visit{committee: c, matter: c.talking(c.made["platform"], "广场舞扰民"), parts: map[string]string{}}
	c.act("街道干部", v.matter, "planVisit", input{"title": secretly, "on": "2024-12-27", "unitId": c.unit["商务局"]})
	ev := c.part("街道干部", v.matter, "events", "title", secretly)
	c.act("街道干部", v.matter, "noteVisit", input{"eventId": ev, "text": secretly + "的记录", "items": []input{{"text": secretly + "的问题", "eventId": ev}}})
	v.parts["Event"] = ev
	v.parts["Record"] = c.part("街道干部", v.matter, "records", "text", secretly+"的记录")
	v.parts["Item"] = c.part("街道干部", v.matter, "items", "text", secretly+"的问题")
	c.system(func(ctx context.Context) error { // the vocabulary brings nobody for one visit alone
		id, e := uuid.MustParse(v.matter), uuid.MustParse(ev)
		p, err := c.r.Store.Ent().Party.Create().SetMatterID(id).SetEventID(e).SetName(secretly + "的向导").SetRole(party.RoleGUEST).Save(ctx)
		if err != nil {
			return err
		}
		a, err := c.r.Store.Ent().Attendance.Create().SetMatterID(id).SetEventID(e).SetParty(p).SetNote(secretly + "的安排").Save(ctx)
		if err == nil {
			v.parts["Party"], v.parts["Attendance"] = p.ID.String(), a.ID.String()
		}
		return err
	})
	return v
}

// strangersToIt see the matter: the visited unit's people, and staff who are not of it.
var strangersToIt = []string{"商务局联络员", "商务局局长", "专委干部"}

// seen tells in how many ways somebody learns of the visit.
func (v *visit) seen(t *testing.T, who string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	a := v.ask(who, `query($id: ID!) { matter(id: $id) { title events { id title attendances { note } } parties { id name } records { id text } items { id text }
		steps(first: 50) { edges { node `+v.selection("Step", 0)+` } } } }`, input{"id": v.matter})
	if dig(a.Data, "matter", "title") == nil || len(a.Errors) > 0 {
		t.Fatal(who, a.text)
	}
	m := dig(a.Data, "matter").(map[string]any)
	for _, list := range []string{"events", "parties", "records", "items", "steps"} {
		out["matter."+list] = strings.Contains(texts(m[list]), secretly)
	}
	for typ, id := range v.parts {
		out["node "+typ] = dig(v.ask(who, `query($id: ID!) { node(id: $id) { id } }`, input{"id": id}).Data, "node") != nil
	}
	out["openItems"] = strings.Contains(v.ask(who, `{ openItems(first: 50) { edges { node { text } } } }`, nil).text, secretly)
	out["events"] = strings.Contains(v.ask(who, `{ events(first: 50) { edges { node { title } } } }`, nil).text, secretly)
	byUnit := v.ask(who, `query($u: ID!) { events(first: 50, filter: {unitId: $u}) { totalCount edges { node { id } } } }`, input{"u": v.unit["商务局"]})
	out["events of the unit"] = dig(byUnit.Data, "events", "totalCount") != 0.0 || strings.Contains(byUnit.text, v.parts["Event"])
	for _, code := range []string{"visits", "person_times", "problems_found"} {
		rows := v.ask(who, `query($c: String!) { counterRows(code: $c, year: 2024) { nodes { id } } counters(year: 2024) { code value } }`, input{"c": code})
		for _, id := range v.parts {
			out["counterRows"] = out["counterRows"] || strings.Contains(rows.text, id)
		}
		for _, x := range dig(rows.Data, "counters").([]any) {
			if dig(x, "code") == code {
				out["counter "+code] = dig(x, "value") != 0.0
			}
		}
	}
	return out
}

func texts(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		s := ""
		for _, x := range v {
			s += texts(x) + "\n"
		}
		return s
	case map[string]any:
		s := ""
		for _, x := range v {
			s += texts(x) + "\n"
		}
		return s
	}
	return ""
}

// told are somebody's notices of this matter.
func (v *visit) told(who string) int {
	return strings.Count(v.ask(who, `{ notices(first: 50) { edges { node { text } } } }`, nil).text, "有新的安排")
}

func TestAConcealedVisit(t *testing.T) {
	v := newVisit(t)
	v.act("街道干部", v.matter, "tell", nil)
	for _, who := range strangersToIt {
		t.Run("before it is held it is nowhere to be seen, nor anything of it: "+who, func(t *testing.T) {
			for what, is := range v.seen(t, who) {
				if is {
					t.Error(what)
				}
			}
			if v.told(who) != 0 {
				t.Error("a notice")
			}
		})
	}
	for _, who := range []string{"街道干部", "委员丙"} {
		t.Run("the matter's own people see it: "+who, func(t *testing.T) {
			got := v.seen(t, who)
			for _, what := range []string{"matter.events", "matter.parties", "matter.items", "node Event", "node Party", "node Item", "node Attendance", "openItems", "events", "events of the unit"} {
				if !got[what] {
					t.Error(what)
				}
			}
		})
	}
	v.act("街道干部", v.matter, "hold", input{"eventId": v.parts["Event"], "summary": "看过了", "present": []string{v.part("街道干部", v.matter, "parties", "role", "HOST")}})
	v.act("街道干部", v.matter, "tell", nil)
	for _, who := range strangersToIt {
		t.Run("after it has been held it is seen like all others: "+who, func(t *testing.T) {
			got := v.seen(t, who)
			for _, what := range []string{"matter.events", "matter.parties", "matter.items", "node Event", "node Party", "node Item", "node Attendance", "openItems", "events", "events of the unit", "counter visits", "counter problems_found", "counterRows"} {
				if !got[what] {
					t.Error(what)
				}
			}
		})
	}
	t.Run("and people are told again", func(t *testing.T) {
		for who, want := range map[string]int{"专委干部": 1, "商务局联络员": 1, "商务局局长": 0} {
			if got := v.told(who); got != want {
				t.Errorf("%s: %d notices", who, got)
			}
		}
	})
}
