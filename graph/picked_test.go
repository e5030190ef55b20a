package graph_test

import (
	"slices"
	"strings"
	"testing"
)

// Whom a form lets one name: who reads the roster anybody in office, everybody
// else the people of his own units, and of nobody more than name and post.
func TestWhoCanBeNamedInAForm(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	offered := func(who, name string) (names []string) {
		a := c.ask(who, `query($n: String) { candidates(nameContains: $n) { id name post } }`, input{"n": name})
		list, _ := dig(a.Data, "candidates").([]any)
		for _, x := range list {
			names = append(names, strings.TrimPrefix(dig(x, "name").(string), "甲区"))
		}
		return names
	}
	t.Run("a unit's liaison names the unit's people and nobody else's, though the roster is closed to him", func(t *testing.T) {
		if a := c.ask("商务局联络员", `{ memberships { edges { node { id } } } }`, nil); a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
		got := offered("商务局联络员", "")
		for _, want := range []string{"商务局联络员", "商务局承办人", "商务局局长"} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is missing from %v", want, got)
			}
		}
		if slices.ContainsFunc(got, func(name string) bool {
			return strings.HasPrefix(name, "文旅局") || strings.HasPrefix(name, "委员")
		}) {
			t.Error(got)
		}
		if got := offered("商务局联络员", "承办"); len(got) != 1 {
			t.Error(got)
		}
		if got := offered("商务局联络员", "委员甲"); len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("who reads the roster names anybody in office", func(t *testing.T) {
		if got := offered("干事", "委员"); !slices.Contains(got, "委员甲") {
			t.Error(got)
		}
		c.do("管理员甲", "endMembership", input{"membershipId": c.person["委员乙"], "status": "RESIGNED", "reason": "离任"})
		if got := offered("干事", "委员"); slices.Contains(got, "委员乙") {
			t.Error(got)
		}
	})
	t.Run("who sits nowhere and reads no roster names nobody", func(t *testing.T) {
		c.add("无权的人", "STAFF", nil)
		if got := offered("无权的人", ""); len(got) != 0 {
			t.Error(got)
		}
	})
	t.Run("the form says where they are listed", func(t *testing.T) {
		matter := c.assigned("夜间公交", "商务局")
		share := c.shareOf(matter, "商务局")
		c.share("商务局联络员", "signReceipt", share, nil)
		a := c.ask("商务局联络员", `query($i: ID!) { node(id: $i) { ... on Assignment { availableAction(code: "nameOfficer") { fields { name picks { from value } } } } } }`, input{"i": share})
		same(t, dig(a.Data, "node", "availableAction", "fields"), `[{"name":"membershipId","picks":{"from":"candidates","value":"id"}}]`)
	})
	t.Run("a member who submits is not asked how he consented, and staff who enter for him are", func(t *testing.T) {
		fields := func(who, matter string) string {
			return c.ask(who, `query($i: ID!) { matter(id: $i) { availableAction(code: "submit") { fields { name } } } }`, input{"i": matter}).text
		}
		if got := fields("委员甲", c.draft("委员甲", "INDIVIDUAL", "口袋公园")); strings.Contains(got, "consent") || !strings.Contains(got, "acceptIndividual") {
			t.Error(got)
		}
		id := c.do("干事", "createProposal", input{"proposerKind": "INDIVIDUAL", "title": "甲区夜间照明", "situation": "暗。", "analysis": "少灯。",
			"suggestions": []string{"装灯"}, "category": "城建", "onBehalfOfId": c.person["委员丙"]})["id"].(string)
		if got := fields("干事", id); !strings.Contains(got, "consentHow") || !strings.Contains(got, "consentOn") {
			t.Error(got)
		}
	})
}
