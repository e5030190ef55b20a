package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// ids are the ids of a list's nodes.
func nodeIDs(t *testing.T, a answer, field string) (out []string) {
	t.Helper()
	list, ok := dig(a.Data, field, "edges").([]any)
	if !ok {
		t.Fatal(a.text)
	}
	for _, e := range list {
		out = append(out, dig(e, "node", "id").(string))
	}
	return out
}

// pages reads a list two by two to its end.
func (c *committee) pages(t *testing.T, who, field, args string) (out []string) {
	t.Helper()
	for after := ""; ; {
		a := c.ask(who, fmt.Sprintf(`{ %s(first: 2%s%s) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`, field, args, after), nil)
		out = append(out, nodeIDs(t, a, field)...)
		if dig(a.Data, field, "pageInfo", "hasNextPage") != true {
			return out
		}
		after = fmt.Sprintf(", after: %q", dig(a.Data, field, "pageInfo", "endCursor"))
	}
}

func TestADeskForEach(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区").live()
	t.Run("to-dos narrowed to what they are grouped by are as many as the groups say", func(t *testing.T) {
		for _, who := range []string{"干事", "商务局联络员", "委员甲", "主任"} {
			a := c.ask(who, `{ todoCounts { bucket kind count } todos(first: 100) { totalCount } }`, nil)
			sum := 0.0
			for _, x := range dig(a.Data, "todoCounts").([]any) {
				sum += dig(x, "count").(float64)
			}
			if sum != dig(a.Data, "todos", "totalCount") {
				t.Error(who, a.text)
			}
			var parts []string
			for _, f := range []string{`{why: [MYSELF]}`, `{why: [ROLE]}`, `{why: [UNIT]}`, `{why: [INSTEAD]}`} {
				parts = append(parts, nodeIDs(t, c.ask(who, `{ todos(first: 100, filter: `+f+`) { edges { node { id } } } }`, nil), "todos")...)
			}
			slices.Sort(parts)
			all := nodeIDs(t, c.ask(who, `{ todos(first: 100) { edges { node { id } } } }`, nil), "todos")
			slices.Sort(all)
			if !slices.Equal(slices.Compact(parts), all) {
				t.Errorf("%s: %v is not %v", who, parts, all)
			}
			late := nodeIDs(t, c.ask(who, `{ todos(first: 100, filter: {overdue: true}) { edges { node { id } } } }`, nil), "todos")
			if before := nodeIDs(t, c.ask(who, `{ todos(first: 100, filter: {dueBefore: "2030-01-01", overdue: true, kinds: ["proposal"]}) { edges { node { id } } } }`, nil), "todos"); len(before) > len(late) {
				t.Error(who, before, late)
			}
		}
	})
	t.Run("counts take few statements, however many there are to count", func(t *testing.T) {
		for _, q := range []string{`{ todoCounts { bucket kind count } }`, `{ matterFacets { total kinds { label count } states { label count } platforms { label count } streets { label count } } }`} {
			if a := c.ask("主任", q, nil); len(a.Errors) > 0 || c.spent > 12 {
				t.Error(c.spent, a.text)
			}
		}
	})
	t.Run("in the order of waiting, page by page it is the same list", func(t *testing.T) {
		all := nodeIDs(t, c.ask("干事", `{ todos(first: 100, sort: WAITING) { edges { node { id } } } }`, nil), "todos")
		if got := c.pages(t, "干事", "todos", ", sort: WAITING"); !slices.Equal(got, all) || len(all) < 2 {
			t.Errorf("%v\n%v", got, all)
		}
	})
	t.Run("a unit's shares are its own, page by page, in either order", func(t *testing.T) {
		for _, sort := range []string{"DUE", "ASSIGNED"} {
			a := c.ask("商务局联络员", `{ shares(first: 100, sort: `+sort+`, filter: {mine: true}) { totalCount edges { node { id state unit { name } matter { title } officer { name } } } } }`, nil)
			all := nodeIDs(t, a, "shares")
			if len(all) == 0 || dig(a.Data, "shares", "totalCount") != float64(len(all)) {
				t.Fatal(a.text)
			}
			for i := range all {
				if dig(a.Data, "shares", "edges", i, "node", "unit", "name") != "甲区商务局" {
					t.Error(a.text)
				}
			}
			if got := c.pages(t, "商务局联络员", "shares", ", sort: "+sort+", filter: {mine: true}"); !slices.Equal(got, all) {
				t.Errorf("%s: %v\n%v", sort, got, all)
			}
		}
		if got := nodeIDs(t, c.ask("委员丙", `{ shares(first: 100, filter: {mine: true}) { edges { node { id } } } }`, nil), "shares"); len(got) > 0 {
			t.Error("a member without a unit that handles has shares", got)
		}
	})
	t.Run("facets count what the list under the same filter gives, as the viewer sees it", func(t *testing.T) {
		for _, who := range []string{"主任", "委员甲", "商务局联络员", "审计员"} {
			for _, f := range []string{`{}`, `{mine: true}`, `{kind: "proposal"}`, `{period: PLENARY, year: 2024}`, fmt.Sprintf(`{proposerId: %q}`, c.person["委员甲"]), fmt.Sprintf(`{unitId: %q}`, c.unit["商务局"])} {
				a := c.ask(who, `{ matterFacets(filter: `+f+`) { total kinds { code label count } states { kind code label count } platforms { code label count } streets { code count } } matters(first: 1, filter: `+f+`) { totalCount } }`, nil)
				if len(a.Errors) > 0 || dig(a.Data, "matterFacets", "total") != dig(a.Data, "matters", "totalCount") {
					t.Error(who, f, a.text)
				}
				for _, by := range []string{"kinds", "states", "platforms", "streets"} {
					sum := 0.0
					for _, x := range dig(a.Data, "matterFacets", by).([]any) {
						sum += dig(x, "count").(float64)
					}
					if sum != dig(a.Data, "matterFacets", "total") {
						t.Error(who, f, by, a.text)
					}
				}
			}
		}
	})
	t.Run("kinds and states that no process has are refused with those there are", func(t *testing.T) {
		for _, f := range []string{`{kind: "propsal"}`, `{kinds: ["propsal"]}`, `{states: ["FILLED"]}`, `{kind: "proposal", states: ["FILLED"]}`} {
			a := c.ask("主任", `{ matters(filter: `+f+`) { edges { node { id } } } }`, nil)
			if a.code() != "INVALID_INPUT" || !strings.Contains(a.text, "可以用的是") || !strings.Contains(a.text, "proposal") && !strings.Contains(a.text, "FILED") {
				t.Error(f, a.text)
			}
		}
		if a := c.ask("主任", `{ todos(filter: {kinds: ["propsal"]}) { edges { node { id } } } }`, nil); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
	t.Run("mine and not mine are all", func(t *testing.T) {
		count := func(field, f string) float64 {
			a := c.ask("委员甲", `{ `+field+`(first: 1, filter: `+f+`) { totalCount } }`, nil)
			n, ok := dig(a.Data, field, "totalCount").(float64)
			if !ok {
				t.Fatal(a.text)
			}
			return n
		}
		for _, field := range []string{"matters", "events", "shares"} {
			if mine, others, all := count(field, `{mine: true}`), count(field, `{mine: false}`), count(field, `{}`); mine+others != all {
				t.Error(field, mine, others, all)
			}
		}
		if with, without, all := count("memberships", `{withoutSeat: false}`), count("memberships", `{withoutSeat: true}`), count("memberships", `{}`); with+without != all || without == 0 {
			t.Error(with, without, all)
		}
	})
	t.Run("events of a stretch of days stand in their order", func(t *testing.T) {
		a := c.ask("主任", `{ events(first: 100) { edges { node { id on kind matter { id } } } } }`, nil)
		var days []string
		for i := range nodeIDs(t, a, "events") {
			days = append(days, dig(a.Data, "events", "edges", i, "node", "on").(string))
		}
		if !slices.IsSorted(days) {
			t.Error(days)
		}
		if len(days) > 0 {
			b := c.ask("主任", fmt.Sprintf(`{ events(first: 100, filter: {from: %q, to: %q}) { edges { node { id on } } } }`, days[0], days[0]), nil)
			for i := range nodeIDs(t, b, "events") {
				if dig(b.Data, "events", "edges", i, "node", "on") != days[0] {
					t.Error(b.text)
				}
			}
		}
	})
}

func TestTheWordsOfAScreen(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区").live()
	const ask = `query($since: String) { dictionary(since: $since) { version unchanged entries { group code label } } }`
	words := func(since any) (string, map[string]string) {
		a := c.ask("委员甲", ask, input{"since": since})
		out := map[string]string{}
		list, ok := dig(a.Data, "dictionary", "entries").([]any)
		if !ok {
			t.Fatal(a.text)
		}
		for _, x := range list {
			out[fmt.Sprint(dig(x, "group"), " ", dig(x, "code"))] = dig(x, "label").(string)
		}
		return dig(a.Data, "dictionary", "version").(string), out
	}
	version, all := words(nil)
	for code, label := range map[string]string{
		"UnitKind STREET_LIAISON": "街道联络委", "rating SATISFIED": "满意", "role proposal_clerk": "提案委工作人员", "kind proposal": "提案",
		"counter talks": "恳谈", "partyKind RESIDENT": "居民", "AssignmentRole ASSIST": "会办",
	} {
		if all[code] != label {
			t.Errorf("%s is called %q, not %q", code, all[code], label)
		}
	}
	t.Run("who has the version is told so and nothing else", func(t *testing.T) {
		if same, none := words(version); same != version || len(none) > 0 {
			t.Error(same, none)
		}
	})
	t.Run("the committee's own words come before the shipped and make another version", func(t *testing.T) {
		c.do("管理员甲", "setPolicy", input{"settings": input{"labels": input{"proposal.FILED": "已立案（本会）", "unit.SECTOR": "界别组别"}}, "note": "用语", "approvedBy": "主席会议"})
		now, own := words(version)
		if now == version || own["state.proposal FILED"] != "已立案（本会）" || own["UnitKind SECTOR"] != "界别组别" {
			t.Error(now, version, own["state.proposal FILED"], own["UnitKind SECTOR"])
		}
	})
	t.Run("every state, its order and whose turn it is are read with the matter, without the definition's text", func(t *testing.T) {
		a := c.ask("委员甲", `{ matters(first: 1, filter: {kind: "proposal"}) { edges { node { state process { steps { machine code label stage step end turnLabels waits } } } } } }`, nil)
		node := dig(a.Data, "matters", "edges", 0, "node")
		steps, ok := dig(node, "process", "steps").([]any)
		if !ok || len(steps) < 10 {
			t.Fatal(a.text)
		}
		found := false
		for _, s := range steps {
			found = found || dig(s, "code") == dig(node, "state")
			if dig(s, "label") == "" || dig(s, "end") == false && dig(s, "machine") == "matter" && len(dig(s, "turnLabels").([]any)) == 0 {
				t.Error(s)
			}
			if dig(s, "code") == "FILED" && dig(s, "label") != "已立案（本会）" {
				t.Error(s)
			}
		}
		if !found {
			t.Error(a.text)
		}
	})
}
