package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// nobody is an id that no row has.
const nobody = "01980000-0000-7000-8000-000000000000"

func TestAnAdministratorSetsUpACommittee(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()

	t.Run("terms and sittings, the latest term first, a postponed sitting", func(t *testing.T) {
		c.do("管理员甲", "openTerm", input{"ordinal": 12, "startsOn": "2026-12-02", "endsOn": "2031-12-01"})
		c.do("管理员甲", "changeSitting", input{"sittingId": c.made["sitting"], "prepOpensOn": "2024-11-01", "opensOn": "2024-12-27",
			"cutoffAt": "2024-12-28T18:00:00+08:00", "closesOn": "2024-12-30"})
		a := c.ask("委员甲", `{ terms { ordinal startsOn sittings { ordinal closesOn } } }`, nil)
		want := `[{"ordinal":12,"sittings":[],"startsOn":"2026-12-02"},{"ordinal":11,"sittings":[{"closesOn":"2024-12-30","ordinal":4}],"startsOn":"2021-12-01"}]`
		same(t, dig(a.Data, "terms"), want)
		c.refused("管理员甲", "openTerm", input{"ordinal": 15, "startsOn": "2032-01-01", "endsOn": "2036-01-01"}, "INVALID_INPUT", "ordinal")
		c.refused("管理员甲", "openSitting", input{"termId": nobody, "ordinal": 5, "prepOpensOn": "2025-11-01", "opensOn": "2025-12-27",
			"cutoffAt": "2025-12-28T12:00:00+08:00", "closesOn": "2025-12-29"}, "NOT_FOUND", "")
	})
	t.Run("days and policies of one's own", func(t *testing.T) {
		a := c.ask("委员甲", `{ workdays(year: 2025) { day working note } policies { version approvedBy settings } }`, nil)
		same(t, a.Data, `{"policies":[{"approvedBy":"主席会议","settings":{"bodyLimit":1400},"version":1}],"workdays":[{"day":"2025-01-11","note":"调休","working":true}]}`)
		if a := c.ask("委员甲", `{ workdays(year: 30000) { day } }`, nil); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
		seen := c.ask("管理员甲", `{ previewPolicy(input: {settings: {bodyLimit: 1300}}) { changes { setting before after } userErrors { code } } }`, nil)
		if got := dig(seen.Data, "previewPolicy", "changes", 0); got == nil || got.(map[string]any)["after"] != "1300" { // M8
			c.t.Error(seen.text)
		}
		seen = c.ask("管理员甲", `{ previewPolicy(input: {settings: {maxRounds: 3}}) { needsTwo changes { setting needsTwo } } }`, nil)
		same(t, dig(seen.Data, "previewPolicy"), `{"changes":[{"needsTwo":true,"setting":"maxRounds"}],"needsTwo":true}`) // S1
		three := input{"settings": input{"maxRounds": 3}, "note": "三轮", "approvedBy": "主席会议"}
		if a := c.call("管理员甲", "setPolicy", three); dig(a.Data, "setPolicy", "awaitsConfirmation") != true || dig(a.Data, "setPolicy", "policy", "effectiveFrom") != "9999-12-31" {
			t.Error(a.text) // S1
		}
		c.refused("管理员甲", "confirmPolicy", input{"version": 2}, "NOT_ALLOWED", "")
		if p := c.do("主席", "confirmPolicy", input{"version": 2}); p["confirms"] != 2.0 || p["version"] != 3.0 {
			t.Error(p)
		}
		c.refused("管理员甲", "setPolicy", input{"settings": input{"nothing": 1}, "note": "n", "approvedBy": "主席会议"}, "INVALID_INPUT", "settings")
		c.refused("管理员甲", "setWorkday", input{"day": "2024-12-26", "working": false, "note": "昨天"}, "INVALID_INPUT", "day")
	})
	t.Run("units are renamed, merged, moved and closed, and stay as predecessors", func(t *testing.T) { units(t, c) })
	t.Run("people are corrected, leave and come back", func(t *testing.T) { people(t, c) })
	t.Run("seats end", func(t *testing.T) {
		s := c.do("管理员甲", "seatMember", input{"membershipId": c.person["委员丙"], "unitId": c.unit["经济界"], "post": "MEMBER", "from": "2024-12-20"})
		c.refused("管理员甲", "seatMember", input{"membershipId": nobody, "unitId": c.unit["经济界"], "post": "MEMBER"}, "NOT_FOUND", "")
		c.refused("管理员甲", "seatMember", input{"membershipId": c.person["委员丙"], "unitId": c.unit["经济界"], "post": "STATION_HEAD"}, "INVALID_INPUT", "post")
		ended := c.do("管理员甲", "endSeat", input{"seatId": s["id"], "on": "2024-12-26"})
		if ended["seatTo"] != "2024-12-26" {
			t.Error(ended)
		}
		c.refused("管理员甲", "endSeat", input{"seatId": s["id"], "on": "2024-12-30"}, "NOT_ALLOWED_IN_STATE", "")
	})
}

func units(t *testing.T, c *committee) {
	in := input{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "旧名局", "channel": "GOV_OFFICE", "docWord": "旧"}
	old := c.do("管理员甲", "createUnit", in)
	c.refused("管理员甲", "createUnit", in, "CONFLICT", "name")
	c.refused("管理员甲", "createUnit", input{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "下级", "channel": "GOV_OFFICE", "parentId": nobody}, "NOT_FOUND", "")
	c.refused("管理员甲", "createUnit", input{"line": "HANDLING", "kind": "HANDLING_UNIT", "name": "下级", "channel": "GOV_OFFICE", "parentId": c.unit["经济界"]}, "INVALID_INPUT", "parentId")
	u := c.do("管理员甲", "updateUnit", input{"unitId": old["id"], "shortName": "旧局", "expectedVersion": 1})
	if u["shortName"] != "旧局" || u["version"] != 2.0 {
		t.Error(u)
	}
	if e := c.refusal("管理员甲", "updateUnit", input{"unitId": old["id"], "shortName": "x", "expectedVersion": 1}); e["code"] != "VERSION_CONFLICT" || dig(e, "details", "currentVersion") != 2.0 {
		t.Error(e)
	}
	next := c.do("管理员甲", "renameUnit", input{"unitId": old["id"], "name": "新名局"})
	if next["name"] != "新名局" || next["id"] == old["id"] || next["docWord"] != "旧" {
		t.Error(next)
	}
	c.refused("管理员甲", "moveUnit", input{"unitId": next["id"], "parentId": old["id"]}, "INVALID_INPUT", "parentId")
	c.do("管理员甲", "moveUnit", input{"unitId": next["id"], "parentId": c.unit["城建局"]})
	into := c.do("管理员甲", "mergeUnits", input{"unitIds": []any{next["id"]}, "intoId": c.unit["城建局"]})
	if into["id"] != c.unit["城建局"] {
		t.Error(into)
	}
	c.refused("管理员甲", "mergeUnits", input{"unitIds": []any{c.unit["经济界"]}, "intoId": c.unit["城建局"]}, "INVALID_INPUT", "unitIds")
	team := c.do("管理员甲", "createUnit", input{"line": "ORGANISATION", "kind": "RESEARCH_TEAM", "name": "课题组", "from": "2024-12-01"})
	c.do("管理员甲", "closeUnit", input{"unitId": team["id"], "on": "2024-12-26", "reason": "课题完成"})

	list := func(filter input) string {
		a := c.ask("商务局联络员", `query($f: UnitFilter) { units(filter: $f) { edges { node { name } } } }`, input{"f": filter})
		var names []string
		for _, e := range dig(a.Data, "units", "edges").([]any) {
			names = append(names, strings.TrimPrefix(dig(e, "node", "name").(string), c.mark))
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for _, x := range []struct {
		filter input
		want   string
	}{
		{input{"line": "HANDLING", "activeOn": "2024-12-27"}, "商务局 城建局 文旅局"},
		{input{"kind": "RESEARCH_TEAM", "activeOn": "2024-12-26"}, "课题组"}, {input{"kind": "RESEARCH_TEAM", "activeOn": "2024-12-27"}, ""},
		{input{"parentId": c.unit["城建局"]}, "新名局"}, {input{"nameContains": "名局"}, "新名局 旧名局"}, {input{"nameContains": "%"}, ""}, {input{"kind": "SECTOR"}, "经济界"},
	} {
		if got := list(x.filter); got != x.want {
			t.Errorf("%v: %q, want %q", x.filter, got, x.want)
		}
	}
}

func people(t *testing.T, c *committee) {
	in := input{"name": "委员丁", "kind": "MEMBER", "termId": c.made["term"], "memberNo": "007", "login": c.login("委员丁"), "password": "the word he was told", "phone": "13000000009"}
	m := c.do("管理员甲", "addMember", in)
	c.activates("委员丁", "the word he was told")
	c.refused("管理员甲", "addMember", in, "CONFLICT", "memberNo")
	c.refused("管理员甲", "addMember", merged(maps.Clone(in), input{"memberNo": "008"}), "CONFLICT", "login")
	c.refused("管理员甲", "addMember", input{"name": "甲", "kind": "MEMBER", "termId": nobody}, "NOT_FOUND", "termId")
	c.refused("管理员甲", "addMember", input{"name": "甲", "kind": "MEMBER"}, "INVALID_INPUT", "termId")
	c.refused("管理员甲", "addMember", input{"name": "甲\u0001乙", "kind": "STAFF"}, "INVALID_INPUT", "name")
	up := c.do("管理员甲", "updateMember", input{"membershipId": m["id"], "post": "某公司经理", "expectedVersion": 1})
	if up["post"] != "某公司经理" || up["name"] != "委员丁" || up["phone"] != "13000000009" {
		t.Error(up)
	}
	c.refused("管理员甲", "updateMember", input{"membershipId": m["id"], "login": "other"}, "CONFLICT", "login")
	t.Run("a phone is for its owner and for who keeps the personal data", func(t *testing.T) {
		q := `query($id: ID!) { node(id: $id) { ... on Membership { name phone } } }`
		for who, want := range map[string]any{"管理员乙": "13000000009", "委员丁": "13000000009", "委员甲": nil, "主任": nil} {
			if got := dig(c.ask(who, q, input{"id": m["id"]}).Data, "node", "phone"); got != want {
				t.Errorf("%s sees %v", who, got)
			}
		}
	})
	c.seatOf(t, m["id"], "经济界")
	preview := c.ask("管理员乙", `query($id: ID!) { previewEndMembership(membershipId: $id) { effect { name loses { permission } } userErrors { code } } }`, input{"id": c.person["委员丙"]})
	if dig(preview.Data, "previewEndMembership", "effect", "name") != c.mark+"委员丙" || len(dig(preview.Data, "previewEndMembership", "effect", "loses").([]any)) == 0 {
		t.Error(preview.text)
	}
	ended := c.do("管理员甲", "endMembership", input{"membershipId": m["id"], "status": "RESIGNED", "reason": "本人请辞"})
	if ended["status"] != "RESIGNED" || ended["activeTo"] != "2024-12-27" {
		t.Error(ended)
	}
	if a := c.ask("委员丁", `{ viewer { roles } }`, nil); a.code() != "UNAUTHENTICATED" {
		t.Error(a.text)
	}
	back := c.do("管理员甲", "reinstateMembership", input{"membershipId": m["id"], "kind": "MEMBER", "termId": c.made["term"], "memberNo": "009"})
	if back["status"] != "ACTIVE" || back["memberNo"] != "009" || back["activeTo"] != nil {
		t.Error(back)
	}
	memberships(t, c)
}

func (c *committee) seatOf(t *testing.T, membership any, unit string) {
	t.Helper()
	c.do("管理员甲", "seatMember", input{"membershipId": membership, "unitId": c.unit[unit], "post": "MEMBER"})
}

func memberships(t *testing.T, c *committee) {
	q := `query($f: MembershipFilter, $n: Int, $a: Cursor) { memberships(filter: $f, first: $n, after: $a) {
		totalCount pageInfo { hasNextPage endCursor } edges { node { name } } } }`
	t.Run("a page has a next one until it has none", func(t *testing.T) {
		var names []any
		vars := input{"f": input{"kind": "MEMBER", "status": "ACTIVE", "nameContains": "委员"}, "n": 2}
		for {
			p := dig(c.ask("干事", q, vars).Data, "memberships")
			if dig(p, "totalCount") != 4.0 {
				t.Fatal(p)
			}
			for _, e := range dig(p, "edges").([]any) {
				names = append(names, dig(e, "node", "name"))
			}
			if dig(p, "pageInfo", "hasNextPage") == false {
				break
			}
			vars["a"] = dig(p, "pageInfo", "endCursor")
		}
		if len(names) != 4 {
			t.Fatal(names)
		}
	})
	t.Run("by the seats of today", func(t *testing.T) {
		a := c.ask("委员甲", q, input{"f": input{"unitId": c.unit["桂林街道联络委"]}})
		if dig(a.Data, "memberships", "totalCount") != 1.0 || dig(a.Data, "memberships", "edges", 0, "node", "name") != c.mark+"委员丙" {
			t.Fatal(a.text)
		}
	})
	t.Run("the roster is for who may read it, a hundred at a time", func(t *testing.T) {
		if a := c.ask("商务局联络员", q, nil); a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
		if a := c.ask("干事", q, input{"n": 101}); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
}

func TestRightsAreGivenByTwo(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("干部", "STAFF", nil)
	chair := input{"membershipId": c.person["干部"], "role": "chair", "reason": "换届"}

	t.Run("who is not an administrator is refused, and so is what he cannot see", func(t *testing.T) {
		for _, m := range []struct {
			name string
			in   input
		}{
			{"grantRole", chair}, {"openTerm", input{"ordinal": 1, "startsOn": "2024-01-01", "endsOn": "2025-01-01"}},
			{"addMember", input{"name": "甲", "kind": "STAFF"}}, {"setWorkday", input{"day": "2025-05-01", "working": true, "note": "n"}},
			{"createUnit", input{"line": "ORGANISATION", "kind": "OFFICE", "name": "办公室"}}, {"revokeGrant", input{"grantId": nobody, "reason": "r"}},
		} {
			c.refused("干部", m.name, m.in, "NOT_ALLOWED", "")
		}
		if a := c.ask("干部", `{ pendingGrants { id } }`, nil); a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
	})
	t.Run("a preview says what is gained, or why it would be refused", func(t *testing.T) {
		q := `query($in: PreviewGrantInput!) { previewGrant(input: $in) { effect { name needsTwo gains { permission scope } loses { permission } } userErrors { code path } } }`
		a := c.ask("管理员甲", q, input{"in": chair})
		e := dig(a.Data, "previewGrant", "effect")
		if dig(e, "name") != "甲区干部" || dig(e, "needsTwo") != true || !strings.Contains(a.text, `{"permission":"proposal.approveMerge","scope":"TENANT"}`) {
			t.Error(a.text)
		}
		a = c.ask("管理员甲", q, input{"in": input{"membershipId": c.person["管理员甲"], "role": "member"}})
		same(t, dig(a.Data, "previewGrant"), `{"effect":null,"userErrors":[{"code":"NOT_ALLOWED","path":["membershipId"]}]}`)
	})
	t.Run("one proposes, another confirms, who is neither the proposer nor the receiver", func(t *testing.T) {
		g := c.do("管理员甲", "grantRole", chair)
		same(t, dig(c.ask("干部", `{ viewer { roles } }`, nil).Data, "viewer", "roles"), `[]`)
		same(t, dig(c.ask("管理员乙", `{ pendingGrants { role membership { name } } }`, nil).Data, "pendingGrants"), `[{"membership":{"name":"甲区干部"},"role":"chair"}]`)
		c.refused("管理员甲", "confirmGrant", input{"grantId": g["id"]}, "NOT_ALLOWED", "")
		c.do("管理员乙", "confirmGrant", input{"grantId": g["id"]})
		same(t, dig(c.ask("干部", `{ viewer { roles } }`, nil).Data, "viewer", "roles"), `["chair"]`)
		same(t, dig(c.ask("管理员乙", `{ pendingGrants { role } }`, nil).Data, "pendingGrants"), `[]`)
		loses := c.ask("管理员甲", `query($id: ID!) { previewRevoke(grantId: $id) { effect { loses { permission } } } }`, input{"id": g["id"]})
		if len(dig(loses.Data, "previewRevoke", "effect", "loses").([]any)) == 0 {
			t.Error(loses.text)
		}
		c.do("管理员甲", "revokeGrant", input{"grantId": g["id"], "reason": "卸任"})
		same(t, dig(c.ask("干部", `{ viewer { roles } }`, nil).Data, "viewer", "roles"), `[]`)
	})
	t.Run("nobody grants to himself, nor administrator and auditor to one person", func(t *testing.T) {
		c.refused("管理员甲", "grantRole", input{"membershipId": c.person["管理员甲"], "role": "member"}, "NOT_ALLOWED", "membershipId")
		c.refused("管理员甲", "grantRole", input{"membershipId": c.person["管理员乙"], "role": "auditor", "reason": "兼任"}, "NOT_ALLOWED", "role")
		c.refused("管理员甲", "grantRole", input{"membershipId": c.person["干部"], "role": "emperor"}, "INVALID_INPUT", "role")
	})
	t.Run("the last administrator stays", func(t *testing.T) { lastAdministrator(t, c) })
	t.Run("the table of rights names every role in the words of the field", func(t *testing.T) { permissions(t, c) })
	t.Run("the catalogue has a sentence for each permission and the actions that ask for it", func(t *testing.T) { catalogue(t, c) })
}

func lastAdministrator(t *testing.T, c *committee) {
	grantOf := func(who string) any {
		return dig(c.ask("管理员甲", `query($id: ID!) { node(id: $id) { ... on Membership { grants { id } } } }`, input{"id": c.person[who]}).Data, "node", "grants", 0, "id")
	}
	c.do("管理员乙", "revokeGrant", input{"grantId": grantOf("管理员乙"), "reason": "调离"})
	for _, m := range []struct {
		name string
		in   input
	}{
		{"revokeGrant", input{"grantId": grantOf("管理员甲"), "reason": "r"}},
		{"endMembership", input{"membershipId": c.person["管理员甲"], "status": "ENDED", "reason": "r"}},
		{"updateMember", input{"membershipId": c.person["管理员甲"], "status": "SUSPENDED"}},
	} {
		if e := c.refusal("管理员甲", m.name, m.in); e["code"] != "GUARD_FAILED" || dig(e, "details", "guard") != "last_admin" {
			t.Error(m.name, e)
		}
	}
}

func permissions(t *testing.T, c *committee) {
	a := c.ask("干部", `{ permissionTable { role name duty needsTwo rights { permission scope } } }`, nil)
	table := dig(a.Data, "permissionTable").([]any)
	if len(table) != len(c.r.Directory.Policy().Roles()) || dig(table, 0, "name") != "委员" {
		t.Fatal(a.text)
	}
	for _, r := range table {
		if dig(r, "name") == dig(r, "role") || dig(r, "duty") == "" || len(dig(r, "rights").([]any)) == 0 {
			t.Error(r)
		}
	}
}

func catalogue(t *testing.T, c *committee) {
	a := c.ask("干部", `{ permissions { permission group says scopes actions { kind kindTitle action label } } }`, nil)
	list := dig(a.Data, "permissions").([]any)
	if len(list) != len(c.r.Directory.Policy().Permissions()) {
		t.Fatal(a.text)
	}
	named := map[string]bool{}
	for _, e := range list {
		for _, x := range dig(e, "actions").([]any) {
			named[dig(x, "kind").(string)+" "+dig(x, "action").(string)] = true
		}
	}
	if !named["proposal file"] {
		t.Error("the catalogue does not say what the proposal process asks for")
	}
}

func TestAKeyWorksOnce(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	in := input{"name": "干部", "kind": "STAFF", "login": "keyed-login", "password": secret, "idempotencyKey": "k1"}
	first := c.call("管理员甲", "addMember", in)
	records := len(c.records())
	t.Run("the same again answers the same and does nothing", func(t *testing.T) {
		again := c.call("管理员甲", "addMember", in)
		if again.text != first.text || len(c.records()) != records {
			t.Fatalf("%s\n%s", first.text, again.text)
		}
		var n int
		c.db.AsSuper(t, `SELECT count(*) FROM memberships WHERE name = '干部'`, nil, &n)
		if n != 1 {
			t.Fatal(n)
		}
	})
	t.Run("another input, or another mutation, with the key is a conflict", func(t *testing.T) {
		c.refused("管理员甲", "addMember", merged(maps.Clone(in), input{"name": "另一人"}), "CONFLICT", "idempotencyKey")
		c.refused("管理员甲", "setWorkday", input{"day": "2025-05-01", "working": true, "note": "n", "idempotencyKey": "k1"}, "CONFLICT", "idempotencyKey")
	})
	t.Run("another person has keys of his own", func(t *testing.T) {
		c.do("管理员乙", "setWorkday", input{"day": "2025-05-01", "working": true, "note": "n", "idempotencyKey": "k1"})
	})
	t.Run("a refusal does not use the key up", func(t *testing.T) {
		bad := input{"day": "2020-05-01", "working": true, "note": "n", "idempotencyKey": "k2"}
		c.refused("管理员甲", "setWorkday", bad, "INVALID_INPUT", "day")
		c.do("管理员甲", "setWorkday", merged(bad, input{"day": "2025-05-02"}))
	})
	t.Run("what is kept of a key does not depend on the password", func(t *testing.T) {
		if again := c.call("管理员甲", "addMember", merged(maps.Clone(in), input{"password": "another password"})); again.text != first.text {
			t.Fatal(again.text)
		}
	})
}

func TestTheDirectoryOfCommittees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210200", "CITY", "甲市")
	w.found("210202", "DISTRICT", "甲区")
	q := `query($a: String, $n: Int, $l: TenantLevel) { tenants(after: $a, first: $n, level: $l) { code name level parent { code } } }`
	t.Run("is open to everybody signed in, by code, page by page", func(t *testing.T) {
		same(t, dig(c.ask("管理员甲", q, nil).Data, "tenants"),
			`[{"code":"210200","level":"CITY","name":"政协210200","parent":null},{"code":"210202","level":"DISTRICT","name":"政协210202","parent":{"code":"210200"}}]`)
		same(t, dig(c.ask("管理员甲", q, input{"a": "210200", "n": 1}).Data, "tenants", 0, "code"), `"210202"`)
		same(t, dig(c.ask("管理员甲", q, input{"l": "CITY"}).Data, "tenants", 0, "code"), `"210200"`)
	})
	t.Run("is bounded", func(t *testing.T) {
		for _, n := range []int{0, -1, 201} {
			if a := c.ask("管理员甲", q, input{"n": n}); a.code() != "INVALID_INPUT" {
				t.Error(a.text)
			}
		}
	})
	t.Run("is closed to who is not signed in", func(t *testing.T) {
		if a := w.post(context.Background(), "", q, nil); a.code() != "UNAUTHENTICATED" {
			t.Error(a.text)
		}
	})
}

func TestAnotherCommitteesIdsLookLikeNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.found("210202", "DISTRICT", "甲区"), w.found("210203", "DISTRICT", "乙区")
	b.add("干部", "STAFF", nil)
	for _, m := range []struct {
		name, field string
		in          input
	}{
		{"updateMember", "membershipId", input{"name": "改名"}}, {"endMembership", "membershipId", input{"status": "ENDED", "reason": "r"}},
		{"grantRole", "membershipId", input{"role": "member"}}, {"reinstateMembership", "membershipId", input{"kind": "STAFF"}},
	} {
		theirs := b.refusal("管理员甲", m.name, merged(maps.Clone(m.in), input{m.field: a.person["管理员乙"]}))
		none := b.refusal("管理员甲", m.name, merged(maps.Clone(m.in), input{m.field: uuid.NewString()}))
		if fmt.Sprint(theirs) != fmt.Sprint(none) || none["code"] != "NOT_FOUND" {
			t.Errorf("%s: %v, but %v", m.name, theirs, none)
		}
	}
}

// same compares a decoded answer with JSON.
func same(t *testing.T, got any, want string) {
	t.Helper()
	b, err := json.Marshal(got)
	must(t, err)
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}
