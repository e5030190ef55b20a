package graph_test

import "testing"

func (c *committee) ownFigure(code string) input {
	return input{"code": code, "label": c.mark + "议事会场次", "unit": "场", "of": "event", "among": []input{{"word": "kind", "words": []string{"neighbours"}}}, "per": "street"}
}

func TestACommitteeDefinesFiguresOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区").live()
	draft := c.ownFigure("own_sessions")
	t.Run("the words of which they are made are told", func(t *testing.T) {
		a := c.ask("主席", `{ figureThings { code units amounts { code } per { code label } words { code label yes values { code label } } } }`, nil)
		things, _ := dig(a.Data, "figureThings").([]any)
		if len(things) < 12 || len(a.Errors) > 0 {
			t.Fatal(a.text)
		}
	})
	t.Run("a draft is checked with every place that is wrong", func(t *testing.T) {
		bad := c.ownFigure("own_sessions")
		bad["unit"], bad["among"] = "人", []input{{"word": "kind", "words": []string{"dance"}}}
		a := c.ask("主席", `query($f: FigureDraftInput!) { checkFigure(figure: $f) { meaning findings { code path message } } }`, input{"f": bad})
		if len(dig(a.Data, "checkFigure", "findings").([]any)) != 2 {
			t.Error(a.text)
		}
		bad["unit"] = "场"
		c.refused("主席", "publishFigure", input{"figure": bad, "reason": "统计"}, "INVALID_INPUT", "figure")
		a = c.ask("主席", `query($f: FigureDraftInput!) { checkFigure(figure: $f) { meaning findings { code } } }`, input{"f": draft})
		if len(dig(a.Data, "checkFigure", "findings").([]any)) != 0 || dig(a.Data, "checkFigure", "meaning") == "" {
			t.Error(a.text)
		}
	})
	t.Run("published, it is asked as every other, and opens into its rows", func(t *testing.T) {
		c.do("主席", "publishFigure", input{"figure": draft, "reason": "统计议事会", "expectedVersion": 0})
		a := c.ask("干事", `{ figureDefinitions { code own per } figures(codes: ["own_sessions", "received"], scope: {kind: ALL}, asOf: "2024-12-27") { definition { code version own } numerator rows(first: 10) { edges { node { __typename } } } } }`, nil)
		rows, _ := dig(a.Data, "figures", 0, "rows", "edges").([]any)
		if len(a.Errors) > 0 || dig(a.Data, "figures", 0, "definition", "own") != true || float64(len(rows)) != dig(a.Data, "figures", 0, "numerator") {
			t.Error(a.text)
		}
		a = c.ask("干事", `{ figures(codes: ["own_sessions"], scope: {kind: ALL}, split: "street") { parts { label numerator } } }`, nil)
		if parts, _ := dig(a.Data, "figures", 0, "parts").([]any); len(parts) == 0 {
			t.Errorf("the street that has none is not named: %s", a.text)
		}
	})
	t.Run("who may not define figures does not, nor does a former version win", func(t *testing.T) {
		c.refused("干事", "publishFigure", input{"figure": draft, "reason": "统计"}, "NOT_ALLOWED", "")
		c.refused("主席", "publishFigure", input{"figure": draft, "reason": "统计", "expectedVersion": 0}, "VERSION_CONFLICT", "")
		c.do("主席", "retireFigure", input{"code": "own_sessions", "reason": "不再统计"})
		c.refused("主席", "retireFigure", input{"code": "own_sessions", "reason": "不再统计"}, "NOT_FOUND", "code")
	})
}
