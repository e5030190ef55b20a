package graph_test

import (
	"testing"
)

const figureRows = `query($codes: [String!]!, $s: ID!, $split: String, $after: Cursor) {
	figures(codes: $codes, scope: {kind: SINCE_SESSION, sittingId: $s}, split: $split) {
		definition { code label version among counts rate } numerator denominator text asOf parts { key label numerator denominator text }
		rows(first: 2, after: $after) { pageInfo { hasNextPage endCursor } edges { counted part node { id __typename } } }
	} }`

// behind walks the pages behind one figure: how many rows, how many of them
// count, how many the viewer does not see, and of which types they are.
func (c *committee) behind(t *testing.T, who, code string) (rows, counted, unseen int, types map[any]bool) {
	t.Helper()
	types = map[any]bool{}
	for after := any(nil); ; {
		a := c.ask(who, figureRows, input{"codes": []string{code}, "s": c.made["sitting"], "after": after})
		edges, ok := dig(a.Data, "figures", 0, "rows", "edges").([]any)
		if !ok || len(a.Errors) > 0 {
			t.Fatalf("%s: %s", code, a.text)
		}
		for _, e := range edges {
			rows++
			if dig(e, "counted") == true {
				counted++
			}
			if dig(e, "node") == nil {
				unseen++
			} else {
				types[dig(e, "node", "__typename")] = true
			}
		}
		if dig(a.Data, "figures", 0, "rows", "pageInfo", "hasNextPage") != true {
			return rows, counted, unseen, types
		}
		after = dig(a.Data, "figures", 0, "rows", "pageInfo", "endCursor")
	}
}

func TestAFigureOpensIntoItsRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.settle()
	c.drafts()
	c.review()
	c.handling()
	t.Run("every one of them, and the number is how many there are", func(t *testing.T) {
		a := c.ask("干事", `{ figureDefinitions { code label rate source among splits } }`, nil)
		list, _ := dig(a.Data, "figureDefinitions").([]any)
		if len(list) < 50 {
			t.Fatal(a.text)
		}
		seen := map[any]bool{}
		for _, d := range list {
			code := dig(d, "code").(string)
			f := c.ask("干事", figureRows, input{"codes": []string{code}, "s": c.made["sitting"]})
			n, of := dig(f.Data, "figures", 0, "numerator"), dig(f.Data, "figures", 0, "denominator")
			rows, counted, _, types := c.behind(t, "干事", code)
			for typ := range types {
				seen[typ] = true
			}
			if n != float64(counted) || (of == nil) == (dig(d, "rate") == true) || of != nil && of != float64(rows) {
				t.Errorf("%s is %v of %v, with %d rows of which %d count", code, n, of, rows, counted)
			}
		}
		for _, typ := range []string{"Matter", "Assignment", "Feedback", "Membership"} {
			if !seen[typ] {
				t.Errorf("no figure opens into a %s", typ)
			}
		}
	})
	t.Run("ADR 49: who may read figures gets the same number, and sees the rows that are his", func(t *testing.T) {
		mine, _, hidden, _ := c.behind(t, "干事", "received")
		theirs, _, unseen, _ := c.behind(t, "政府办", "received")
		if mine != theirs || mine == 0 || hidden != 0 || unseen == 0 {
			t.Errorf("the clerk: %d, of which %d are hidden; the office: %d, of which %d are", mine, hidden, theirs, unseen)
		}
	})
	t.Run("a split has the names of units, and adds up", func(t *testing.T) {
		a := c.ask("干事", figureRows, input{"codes": []string{"shares", "unit_reply_rate"}, "s": c.made["sitting"], "split": "unit"})
		sum := 0.0
		parts, _ := dig(a.Data, "figures", 0, "parts").([]any)
		for _, p := range parts {
			sum += dig(p, "numerator").(float64)
			if dig(p, "label") == dig(p, "key") {
				t.Errorf("no name: %v", p)
			}
		}
		if sum == 0 || sum != dig(a.Data, "figures", 0, "numerator") {
			t.Error(a.text)
		}
	})
	t.Run("the first screen says the same", func(t *testing.T) {
		a := c.ask("干事", `query($s: ID!) { proposalFigures(sittingId: $s) { received filed assigned completed filingRate { text } faceRate { numerator denominator } }
			figures(codes: ["received", "filed", "assigned", "completed", "filing_rate", "face_rate"], scope: {kind: SINCE_SESSION, sittingId: $s}) { numerator denominator text } }`, input{"s": c.made["sitting"]})
		for i, field := range []string{"received", "filed", "assigned", "completed"} {
			if dig(a.Data, "figures", i, "numerator") != dig(a.Data, "proposalFigures", field) {
				t.Errorf("%s: %s", field, a.text)
			}
		}
		if dig(a.Data, "figures", 4, "text") != dig(a.Data, "proposalFigures", "filingRate", "text") || dig(a.Data, "figures", 5, "numerator") != dig(a.Data, "proposalFigures", "faceRate", "numerator") {
			t.Error(a.text)
		}
	})
	t.Run("a scope says what it needs, and nothing else", func(t *testing.T) {
		for _, scope := range []string{`{kind: SINCE_SESSION}`, `{kind: CALENDAR_YEAR}`, `{kind: ALL, year: 2024}`, `{kind: CALENDAR_YEAR, year: 24}`} {
			a := c.ask("干事", `{ figures(codes: ["received"], scope: `+scope+`) { text } }`, nil)
			if len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "INVALID_INPUT" {
				t.Errorf("%s: %s", scope, a.text)
			}
		}
	})
}
