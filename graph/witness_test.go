package graph_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/graph"
)

// book is what the auditor reads with a filter, newest first.
func (c *committee) book(filter input) (lines []string, text string) {
	c.t.Helper()
	a := c.ask("审计员", `query($f: AuditFilter) { auditLog(filter: $f, first: 100) { entries {
		summary action actionLabel actor actorName objectKind objectName count outcome reason changes hash } } }`, input{"f": filter})
	entries, ok := dig(a.Data, "auditLog", "entries").([]any)
	if !ok {
		c.t.Fatal(a.text)
	}
	for _, e := range entries {
		lines = append(lines, dig(e, "summary").(string))
	}
	return lines, a.text
}

func TestWhatChangesNothingAndLeavesARecord(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("审计员", "STAFF", nil, "auditor")
	c.add("干部甲", "STAFF", input{"phone": "13912345678"})
	c.token("审计员")
	first := func(filter input) string {
		t.Helper()
		lines, text := c.book(filter)
		if len(lines) == 0 {
			t.Fatal(text)
		}
		return lines[0]
	}
	t.Run("S14: refused attempts are one record a person and operation, with their number", func(t *testing.T) {
		for range 7 {
			c.refused("干部甲", "createUnit", input{"line": "ORGANISATION", "kind": "OFFICE", "name": "办公室"}, "NOT_ALLOWED", "")
		}
		c.ask("干部甲", `{ auditLog { entries { seq } } }`, nil)
		c.refused("管理员甲", "closeUnit", input{"unitId": nobody, "reason": "r"}, "NOT_FOUND", "")
		before := len(c.records())
		must(t, c.r.Refused.Flush(context.Background()))
		if got := c.records()[before:]; len(got) != 3 {
			t.Errorf("%v", got)
		}
		got, text := c.book(input{"refused": true})
		all := strings.Join(got, "\n")
		for _, want := range []string{"甲区干部甲 建立单位，7 次，无权，被拒绝", "甲区干部甲 查阅审计记录，无权，被拒绝", "甲区管理员甲 停用单位，不存在或看不到，被拒绝"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s\nlacks %s\n%s", all, want, text)
			}
		}
		must(t, c.r.Refused.Flush(context.Background()))
		if got, _ := c.book(input{"refused": true}); len(got) != 3 {
			t.Error("counted twice")
		}
	})
	t.Run("S14: a look at somebody's telephone number is recorded, at one's own not", func(t *testing.T) {
		q := `query($id: ID!) { node(id: $id) { ... on Membership { phone } } }`
		before := len(c.records())
		if a := c.ask("干部甲", q, input{"id": c.person["干部甲"]}); !strings.Contains(a.text, "13912345678") || len(c.records()) != before {
			t.Fatal(a.text, c.records()[before:])
		}
		if a := c.ask("管理员甲", q, input{"id": c.person["干部甲"]}); !strings.Contains(a.text, "13912345678") {
			t.Fatal(a.text)
		}
		if got, want := first(input{"personId": c.person["干部甲"]}), "甲区管理员甲 查看联系电话等个人信息：人员 甲区干部甲"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("S14: looking at the book stands in the book", func(t *testing.T) {
		c.book(nil)
		if got, want := first(input{"kind": "Audit"}), "甲区审计员 查阅审计记录：审计记录"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("S14: found by person, object, kind, day and text", func(t *testing.T) {
		c.do("管理员甲", "createUnit", input{"line": "ORGANISATION", "kind": "OFFICE", "name": "文史办公室"})
		for _, f := range []input{
			{"text": "文史"}, {"text": "建立单位"}, {"kind": "Unit", "day": "2024-12-27"}, {"personId": c.person["管理员甲"], "text": "文史"},
		} {
			if got, want := first(f), "甲区管理员甲 建立单位：单位 文史办公室"; got != want {
				t.Errorf("%v: %s, want %s", f, got, want)
			}
		}
		for _, f := range []input{{"text": "没有这样的字"}, {"day": "2024-12-26"}, {"aboutId": nobody}, {"kind": "Nothing"}} {
			if got, _ := c.book(f); len(got) != 0 {
				t.Errorf("%v: %v", f, got)
			}
		}
		if got := first(input{"aboutId": c.person["干部甲"], "kind": "Membership", "text": "录入人员"}); got != "甲区管理员甲 录入人员：人员 甲区干部甲" {
			t.Error(got)
		}
	})
	t.Run("S14: a text of the auditor's finds nothing in what is withheld", func(t *testing.T) {
		if got, _ := c.book(input{"text": "13912345678"}); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestAnAuditorReadsNoDraft(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.add("审计员", "STAFF", nil, "auditor")
	term := c.do("管理员甲", "openTerm", input{"ordinal": 11, "startsOn": "2022-01-01", "endsOn": "2026-12-31"})
	c.add("委员甲", "MEMBER", input{"termId": term["id"]}, "member")
	c.do("委员甲", "createProposal", input{
		"title": "关于某件还没有想好的事的建议", "situation": "情况里的秘密", "analysis": "分析里的秘密", "suggestions": []string{"建议里的秘密"}, "category": "分类里的秘密", "proposerKind": "INDIVIDUAL",
	})
	lines, text := c.book(input{"personId": c.person["委员甲"]})
	if !strings.Contains(fmt.Sprint(lines), "甲区委员甲") || !strings.Contains(text, "内容不显示") {
		t.Fatal(text)
	}
	for _, secret := range []string{"还没有想好", "里的秘密"} {
		if strings.Contains(text, secret) {
			t.Errorf("S14: the auditor reads the draft: %s", text)
		}
		if got, _ := c.book(input{"text": secret}); len(got) != 0 {
			t.Errorf("S14: the auditor finds the draft by its words: %v", got)
		}
	}
}

// Whoever adds something to the book gives it a name that people read.
func TestEverythingInTheBookHasAChineseName(t *testing.T) {
	t.Parallel()
	deeds := map[string]string{}
	must(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == "gen" || d.Name() == "test") {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		must(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit: // audit.Entry{Action: "…"}
				if sel, ok := n.Type.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Entry" {
					return true
				}
				for _, e := range n.Elts {
					if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "Action" {
						if lit, ok := kv.Value.(*ast.BasicLit); ok {
							deeds[lit.Value] = path
						}
					}
				}
			case *ast.ValueSpec: // ActionCreated Action = "account.created"
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Action" && strings.Contains(path, "accounts") {
					deeds[n.Values[0].(*ast.BasicLit).Value] = path
				}
			}
			return true
		})
		return nil
	}))
	if len(deeds) < 20 {
		t.Fatal(deeds)
	}
	for quoted, path := range deeds {
		action, err := strconv.Unquote(quoted)
		must(t, err)
		if word := graph.DeedOf(action); word == action {
			t.Errorf("%s in %s has no name in people's words (deedWords)", action, path)
		}
	}
}
