package overview

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// handler lets the role in that stands as bearer token.
func (h *house) handler() http.Handler {
	log := slog.New(slog.NewTextHandler(h.Output(), nil))
	handler := &Handler{Service: h.service, From: func(context.Context) audit.From { return audit.From{RequestID: requestID} }}
	handler.Door = httpd.Door{Log: log, Known: tenants.Translate,
		As: func(r *http.Request, write bool, fn func(context.Context) error) error {
			role, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
			if !ok || h.d.Holder(role) == "" {
				return errs.New(errs.Unauthenticated, "请先登录")
			}
			return h.as(role, fn)
		}}
	return httpd.New(httpd.Options{Log: log}, handler).Handler()
}

const requestID = "request-1"

func (h *house) get(role, url string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+role)
	}
	r.Header.Set("X-Request-Id", requestID)
	w := httptest.NewRecorder()
	h.handler().ServeHTTP(w, r)
	return w
}

func (h *house) csv(role, url string) (rows [][]string) {
	h.Helper()
	w := h.get(role, url)
	text, ok := strings.CutPrefix(w.Body.String(), "\ufeff")
	if w.Code != http.StatusOK || !ok {
		h.Fatalf("%s: %d %s", url, w.Code, w.Body)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	must(h, err)
	return rows
}

func refusal(t *testing.T, w *httptest.ResponseRecorder) (e struct {
	Code      errs.Code
	Message   string
	Path      []string
	RequestID string
}) {
	t.Helper()
	must(t, json.Unmarshal(w.Body.Bytes(), &e))
	return e
}

func TestExport(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	loop := h.loop(2023, "H4_ACCOUNT")
	evil := []string{"=1+1", "+A1", "-2", "@SUM(A1)", "\t=1", " =1", "＝cmd|' /C calc'!A0", "<script>alert(1)</script>", "普通，\"引号\"\n换行"}
	for n, text := range evil {
		m, i := h.task(job{title: text, loop: loop, due: on(2023, 5, 1+n), unit: "市水务局", item: func(c *gen.ItemCreate) {
			c.SetDuty(text).SetEffect("供水能力").SetMeasure("日供水 50 万吨").SetLeaderPost("分管副市长").SetOfficerID(h.d.Who(liaison).Membership).SetKey(true)
		}})
		h.node(m, i, on(2023, 5, 1), item.StatusOPEN)
	}
	h.task(job{title: "区里的", loop: loop, partner: "210202", matter: func(c *gen.MatterCreate) {
		c.SetMirror(map[string]any{"name": "中山区政协", "status": "已签收", "on": "2023-05-09"})
	}})
	h.item(loop, item.KindPROBLEM, "征地难", func(c *gen.ItemCreate) { c.SetCause("补偿不足").SetSolution("追加预算") })
	rows := h.csv(director, "/ledger.csv?cohort="+loop.String())
	column := func(name string) int {
		for i, c := range columns {
			if c.head == name {
				return i
			}
		}
		t.Fatalf("no column %s", name)
		return 0
	}
	sheet := func() *excelize.File {
		w := h.get(director, "/ledger.xlsx")
		f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
		must(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}()

	t.Run("the ledger leaves as CSV, as XLSX and as a page to print, with the same lines", func(t *testing.T) {
		equal(t, "lines of the CSV", len(rows), 1+len(evil)+2)
		book, err := sheet.GetRows(Title)
		must(t, err)
		equal(t, "lines of the sheet", len(book), headRows+len(evil)+2)
		for n, row := range rows {
			for i := range columns {
				got := ""
				if i < len(book[headRows-1+n]) {
					got = book[headRows-1+n][i]
				}
				if want := strings.TrimPrefix(row[i], "'"); got != want {
					t.Errorf("line %d, %s: %q in the sheet, %q in the CSV", n, columns[i].head, got, want)
				}
			}
		}
		page := h.get(director, "/ledger").Body.String()
		equal(t, "lines of the page", strings.Count(page, `data-label="序号"`), len(evil)+2)
		line := rows[1]
		equal(t, "a line", []string{line[column("定单位")], line[column("定领导")], line[column("定人员")], line[column("定时间")], line[column("定效果")], line[column("重点难点")], line[column("年度")], line[column("逾期")], line[column("节点")]},
			[]string{"市水务局", "分管副市长", liaison, "2023-05-01", "供水能力；日供水 50 万吨", "重点", "2023", "是", "2023-05-01 节点（逾期）"})
		district := rows[len(rows)-2]
		equal(t, "a district's", []string{district[column("定单位")], district[column("区市县告知")]}, []string{"中山区政协", "2023-05-09；已签收"})
		equal(t, "a problem's", rows[len(rows)-1][column("依据")], "原因：补偿不足；办法：追加预算")
	})
	t.Run("the state of a task is called as its process calls it", func(t *testing.T) {
		equal(t, "state", rows[1][column("进展")], "办理中（测试的叫法）")
	})
	t.Run("no cell of an export is a formula, whatever was typed into it", func(t *testing.T) {
		for _, row := range rows[1:] {
			for _, c := range row {
				if c != "" && strings.ContainsAny(strings.TrimSpace(c)[:1], "=+-@") || strings.HasPrefix(strings.TrimSpace(c), "＝") {
					t.Errorf("%q", c)
				}
			}
		}
		for n := range evil {
			for i := range columns {
				cell, err := excelize.CoordinatesToCellName(i+1, headRows+1+n)
				must(t, err)
				if f, err := sheet.GetCellFormula(Title, cell); err != nil || f != "" {
					t.Errorf("%s: %q %v", cell, f, err)
				}
			}
		}
		if page := h.get(director, "/ledger").Body.String(); strings.Contains(page, "<script") {
			t.Error("what was typed runs on the page")
		}
	})
	t.Run("a page says who printed it, when, for which committee and under which filter", func(t *testing.T) {
		w := h.get(director, "/ledger?year=2023&key=true&unit="+h.units["市水务局"].String()+"&search=普通&dueTo=2023-12-31")
		for _, want := range []string{"大连市政协六定任务分解表", "打印：" + h.d.Holder(director), "2023-06-01 09:00", "年度：2023；单位：市水务局；重点；期限：2023-12-31 止；含有“普通”", "共 1 条"} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("no %q", want)
			}
		}
		if !strings.Contains(w.Body.String(), "<style>"+styleText+"</style>") {
			t.Error("the style is not the one that the policy lets pass")
		}
		if p := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; style-src 'sha256-") {
			t.Error(p)
		}
		for cell, want := range map[string]string{"A1": "大连市政协六定任务分解表", "A2": "条件：全部", "A3": "导出：" + h.d.Holder(director) + "　2023-06-01 09:00，共 11 条"} {
			got, err := sheet.GetCellValue(Title, cell)
			must(t, err)
			equal(t, cell, got, want)
		}
	})
	t.Run("a page without a line says so", func(t *testing.T) {
		if w := h.get(director, "/ledger?year=2001"); !strings.Contains(w.Body.String(), "没有符合条件的任务") || strings.Contains(w.Body.String(), "<table") {
			t.Error(w.Body)
		}
		equal(t, "CSV", len(h.csv(member, "/ledger.csv")), 1)
	})
	t.Run("every export stands in the audit with its filter and the number of its lines", func(t *testing.T) {
		h.get(director, "/ledger.xlsx?fromAbove=false&status=OPEN")
		var entry string
		h.system(func(ctx context.Context, _ *gen.Client) error {
			return tenants.Row(ctx, `SELECT entry FROM audit_log ORDER BY seq DESC LIMIT 1`, nil, &entry)
		})
		for _, want := range []string{"exportLedger", "Ledger:XLSX", "11 条；状态：未完成；非上级政协交办", h.d.Holder(director)} {
			if !strings.Contains(entry, want) {
				t.Errorf("no %q in %s", want, entry)
			}
		}
	})
	t.Run("without a valid token there is nothing", func(t *testing.T) {
		for _, path := range []string{"/ledger", "/ledger.csv", "/ledger.xlsx"} {
			for _, token := range []string{"", "forged"} {
				if w := h.get(token, path); w.Code != http.StatusUnauthorized || refusal(t, w).Code != errs.Unauthenticated {
					t.Errorf("%s: %d %s", path, w.Code, w.Body)
				}
			}
		}
	})
	t.Run("a unit that may not read the loop learns of it only the year", func(t *testing.T) {
		page := h.get(liaison, "/ledger?cohort="+loop.String()).Body.String()
		if strings.Contains(page, "一号提案，") || strings.Contains(page, "2023年一号提案") || !strings.Contains(page, "2023年度") {
			t.Error(page[:600])
		}
	})
	t.Run("a filter that cannot be understood is refused with the name of its field, never ignored", func(t *testing.T) {
		for query, field := range map[string]string{"year=x": "year", "year=2023&year=2024": "year", "unit=1": "unit", "kind=NODE": "kinds", "dueFrom=1.5": "dueFrom",
			"key=maybe": "key", "search=%FF": "search", "openBefore=1": "openBefore", "surprise=1": "", "a;b": ""} {
			w := h.get(director, "/ledger.csv?"+query)
			e := refusal(t, w)
			if w.Code != http.StatusBadRequest || e.Code != errs.Invalid || strings.Join(e.Path, ".") != field || e.RequestID != requestID {
				t.Errorf("%s: %d %s", query, w.Code, w.Body)
			}
		}
	})
}

func TestALongList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	loop := h.loop(2023, "H4_ACCOUNT")
	fill := func(n int) {
		h.system(func(ctx context.Context, _ *gen.Client) error {
			_, err := tenants.Exec(ctx, `
				INSERT INTO items (id, tenant_id, created_at, updated_at, matter_id, kind, text, due_on, status, unit_id, cause)
				SELECT gen_random_uuid(), $1, now(), now(), $2, 'PROBLEM', '问题' || g, '2023-01-01'::date + g % 300, 'OPEN', $3, repeat('原因', 30)
				FROM generate_series(1, $4::int) g`, h.city, loop, h.units["市水务局"], n)
			return err
		})
	}
	fill(MaxLines)
	t.Run("the longest list leaves whole, and soon", func(t *testing.T) {
		for _, path := range []string{"/ledger.csv", "/ledger.xlsx", "/ledger"} {
			began := time.Now()
			w := h.get(director, path)
			t.Logf("%s: %d KiB in %s", path, w.Body.Len()>>10, time.Since(began).Round(time.Millisecond))
			if w.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		rows := h.csv(director, "/ledger.csv")
		equal(t, "lines", len(rows), 1+MaxLines)
		last := ""
		for _, row := range rows[1:] {
			if row[10] < last {
				t.Fatalf("%s after %s", row[10], last)
			}
			last = row[10]
		}
	})
	t.Run("a list of more than MaxLines lines is refused with the advice to narrow it, and nothing is sent", func(t *testing.T) {
		fill(1)
		for _, path := range []string{"/ledger.csv", "/ledger.xlsx", "/ledger"} {
			w := h.get(director, path)
			if e := refusal(t, w); w.Code != http.StatusRequestEntityTooLarge || e.Code != errs.Limited || !strings.Contains(e.Message, "10000") || w.Header().Get("Content-Disposition") != "" {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if w := h.get(director, "/ledger.csv?dueTo=2023-01-31"); w.Code != http.StatusOK {
			t.Errorf("narrowed: %d %s", w.Code, w.Body)
		}
	})
}
