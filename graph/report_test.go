package graph_test

import "testing"

const reportText = `title scopeText scopeKind asOf printed withdrawnAt withdrawnReason replaces { id } replacedBy { id } frozenBy { id } lines { label code why version meaning rate numerator denominator text
	rows(first: 100) { edges { counted node { id __typename } } } }`

// lined are two figures and something of which nothing is recorded.
func (c *committee) lined() input {
	return input{"scope": input{"kind": "SINCE_SESSION", "sittingId": c.made["sitting"]}, "lines": []input{
		{"label": "收到", "code": "received"}, {"label": "尚未审结", "code": "pending"}, {"label": "立案率", "code": "filing_rate"}, {"label": "采访的媒体", "why": "没有登记"}}}
}

func TestAReportIsFrozenThroughTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.settle()
	c.drafts()
	c.review()
	id := c.do("干事", "freezeReport", input{"title": "年报", "paper": c.lined()})["id"].(string)
	read := func(who string) answer {
		return c.ask(who, `query($id: ID!) { node(id: $id) { ... on Report { `+reportText+` } } }`, input{"id": id})
	}
	first := read("干事")
	received, _ := dig(first.Data, "node", "lines", 0, "numerator").(float64)
	t.Run("it says its numbers, opens into its rows, and names what is not recorded", func(t *testing.T) {
		rows, _ := dig(first.Data, "node", "lines", 0, "rows", "edges").([]any)
		of, _ := dig(first.Data, "node", "lines", 2, "rows", "edges").([]any)
		if received == 0 || len(rows) != int(received) || dig(first.Data, "node", "lines", 2, "denominator") != received || len(of) != len(rows) {
			t.Error(first.text)
		}
		if dig(first.Data, "node", "lines", 3, "text") != "未记录" || dig(first.Data, "node", "lines", 3, "why") != "没有登记" || dig(first.Data, "node", "scopeKind") != "SINCE_SESSION" {
			t.Error(first.text)
		}
	})
	t.Run("one line of it is read by its number", func(t *testing.T) {
		a := c.ask("干事", `query($id: ID!) { node(id: $id) { ... on Report { line(no: 3) { no code rows(counted: true, first: 100) { edges { counted } } } none: line(no: 9) { no } } } }`, input{"id": id})
		edges, _ := dig(a.Data, "node", "line", "rows", "edges").([]any)
		if dig(a.Data, "node", "line", "code") != "filing_rate" || dig(a.Data, "node", "none") != nil || float64(len(edges)) != dig(first.Data, "node", "lines", 2, "numerator") {
			t.Error(a.text)
		}
	})
	t.Run("a preview says the same of now, writes nothing, and says what hinders it", func(t *testing.T) {
		paper := c.lined()
		a := c.ask("干事", `query($p: ReportInput!) { reportPreview(paper: $p) { scopeText objections lines { text rows(first: 3) { edges { node { id } } } } } reports { totalCount } }`, input{"p": paper})
		for i := range 4 {
			if dig(a.Data, "reportPreview", "lines", i, "text") != dig(first.Data, "node", "lines", i, "text") {
				t.Error(a.text)
			}
		}
		if dig(a.Data, "reports", "totalCount") != 1.0 || len(dig(a.Data, "reportPreview", "objections").([]any)) != 0 || dig(a.Data, "reportPreview", "lines", 0, "rows", "edges", 0, "node", "id") == nil {
			t.Error(a.text)
		}
		paper["lines"] = []input{{"label": "收到", "code": "received"}}
		a = c.ask("干事", `query($p: ReportInput!) { reportPreview(paper: $p) { objections } }`, input{"p": paper})
		if len(dig(a.Data, "reportPreview", "objections").([]any)) != 1 {
			t.Error(a.text)
		}
		c.refused("干事", "freezeReport", input{"title": "年报", "paper": paper}, "GUARD_FAILED", "")
	})
	t.Run("ADR 49: who may not see a row reads the same number and no row", func(t *testing.T) {
		theirs := read("政府办")
		hidden := 0
		for i := range int(received) {
			if dig(theirs.Data, "node", "lines", 0, "rows", "edges", i, "node") == nil {
				hidden++
			}
		}
		if dig(theirs.Data, "node", "lines", 0, "numerator") != received || hidden == 0 {
			t.Error(theirs.text)
		}
	})
	t.Run("who may not read figures finds no report", func(t *testing.T) {
		if a := read("委员甲"); dig(a.Data, "node") != nil {
			t.Error(a.text)
		}
		a := c.ask("委员甲", `{ reports { totalCount } }`, nil)
		if a.code() != "NOT_ALLOWED" {
			t.Error(a.text)
		}
		c.refused("政府办", "freezeReport", input{"title": "年报", "paper": c.lined()}, "NOT_ALLOWED", "")
	})
	t.Run("it is the same after further life, withdrawn with a reason by the one that takes its place", func(t *testing.T) {
		c.handling()
		second := c.do("干事", "freezeReport", input{"title": "年报（更正）", "paper": c.lined(), "replacesId": id, "reason": "少了几件"})["id"].(string)
		now := read("干事")
		for _, path := range [][]any{{"printed"}, {"lines", 0, "numerator"}, {"lines", 2, "text"}} {
			if at := append([]any{"node"}, path...); dig(now.Data, at...) != dig(first.Data, at...) {
				t.Errorf("%v: %s", path, now.text)
			}
		}
		if dig(now.Data, "node", "withdrawnReason") != "少了几件" || dig(now.Data, "node", "replacedBy", 0, "id") != second {
			t.Error(now.text)
		}
		c.refused("干事", "withdrawReport", input{"reportId": id, "reason": "又"}, "NOT_ALLOWED_IN_STATE", "")
		a := c.ask("干事", `{ reports(first: 1) { edges { node { title } } } reportTemplates { code lines { label why } } }`, nil)
		if dig(a.Data, "reports", "edges", 0, "node", "title") != "年报（更正）" || len(dig(a.Data, "reportTemplates", 0, "lines").([]any)) != 36 {
			t.Error(a.text)
		}
	})
}
