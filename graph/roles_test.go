package graph_test

import "testing"

func TestACommitteeMakesItsRoles(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	in := input{"code": "own_host", "name": "议事主持人", "duty": "主持协商", "base": "street_liaison", "posts": []string{"STATION_HEAD"},
		"rights": []input{{"permission": "matter.read", "scope": "UNIT"}, {"permission": "matter.hold", "scope": "UNIT"}}}
	t.Run("is shown beforehand", func(t *testing.T) {
		a := c.ask("管理员甲", `query($in: SetRoleInput!) { previewRole(input: $in) { needsTwo breaks people { name } leaves { matterId } userErrors { code message } } }`, input{"in": in})
		same(t, dig(a.Data, "previewRole"), `{"breaks":[],"leaves":[],"needsTwo":false,"people":[],"userErrors":[]}`)
		wrong := input{"code": "own_host", "name": "议事主持人", "rights": []input{{"permission": "matter.read", "scope": "ALL"}}}
		a = c.ask("管理员甲", `query($in: SetRoleInput!) { previewRole(input: $in) { userErrors { code path } } }`, input{"in": wrong})
		same(t, dig(a.Data, "previewRole", "userErrors"), `[{"code":"INVALID_INPUT","path":["rights"]}]`)
	})
	c.do("管理员甲", "setRole", in)
	t.Run("stands among the roles, the rights and the words", func(t *testing.T) {
		a := c.ask("管理员甲", `{ roles { code name base version posts pending platforms { id } rights { permission scope } } dictionary { entries { group code label } } permissionTable { role name needsTwo } }`, nil)
		same(t, dig(a.Data, "roles"), `[{"base":"street_liaison","code":"own_host","name":"议事主持人","pending":false,"platforms":[],"posts":["STATION_HEAD"],`+
			`"rights":[{"permission":"matter.hold","scope":"UNIT"},{"permission":"matter.read","scope":"UNIT"}],"version":1}]`)
		found := 0
		for _, e := range dig(a.Data, "dictionary", "entries").([]any) {
			if dig(e, "code") == "own_host" && dig(e, "label") == "议事主持人" {
				found++
			}
		}
		for _, r := range dig(a.Data, "permissionTable").([]any) {
			if dig(r, "role") == "own_host" && dig(r, "name") == "议事主持人" && dig(r, "needsTwo") == false {
				found++
			}
		}
		if found != 2 {
			t.Error(a.text)
		}
	})
	t.Run("is not another committee's", func(t *testing.T) {
		other := c.world.found("210203", "DISTRICT", "乙区")
		a := other.ask("管理员甲", `{ roles { code } permissionTable { role } }`, nil)
		same(t, dig(a.Data, "roles"), `[]`)
		if e := other.refusal("管理员甲", "grantRole", input{"membershipId": other.person["管理员乙"], "role": "own_host"}); e["code"] != "INVALID_INPUT" {
			t.Error(e)
		}
	})
	t.Run("stands in the matrix and in the list of the day", func(t *testing.T) {
		a := c.ask("管理员甲", `query($d: Date!) { rightsMatrix { permission cells { role scope limited } } rightsOn(day: $d, first: 1) { total next rows { name role roleName version rights { permission } } } }`, input{"d": "2024-12-27"})
		found := false
		for _, row := range dig(a.Data, "rightsMatrix").([]any) {
			for _, cell := range dig(row, "cells").([]any) {
				found = found || dig(row, "permission") == "matter.hold" && dig(cell, "role") == "own_host" && dig(cell, "scope") == "UNIT"
			}
		}
		if !found || dig(a.Data, "rightsOn", "rows", 0, "role") == nil {
			t.Error(a.text)
		}
		if a := c.ask("管理员甲", `query($d: Date!) { rightsOn(day: $d, after: "x") { total } }`, input{"d": "2024-12-27"}); a.code() != "INVALID_INPUT" {
			t.Error(a.text)
		}
	})
}
