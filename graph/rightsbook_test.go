package graph_test

import (
	"context"
	"log/slog"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/sheet"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// TestTheRightsOfADayAreAWorkbook: GET /rights.xlsx?day= says what rolesHeldOn
// says, for who may read that, and the book has who took it.
func TestTheRightsOfADayAreAWorkbook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.add("审计员", "STAFF", nil, "auditor")
	c.add("干事", "STAFF", nil, "proposal_clerk")
	c.add("无权的人", "STAFF", nil)
	other := w.found("210203", "DISTRICT", "乙区")
	get := func(of *committee, who, path string) *httptest.ResponseRecorder {
		t.Helper()
		h := &roster.RightsHandler{Door: httpd.Door{As: w.r.Asked, Known: tenants.Translate, Log: slog.New(slog.DiscardHandler)}, From: graph.Origin, Service: w.r.Roster}
		req := httptest.NewRequest(http.MethodGet, path, nil).WithContext(clock.With(context.Background(), w.clock))
		if who != "" {
			req.Header.Set("Authorization", "Bearer "+of.token(who))
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		return rec
	}
	lines := func(rec *httptest.ResponseRecorder) (all []string) {
		t.Helper()
		list, err := sheet.Read("a.xlsx", rec.Body.Bytes())
		if err != nil || len(list) != 1 {
			t.Fatal(rec.Code, rec.Body, err)
		}
		for _, r := range list[0].Rows {
			line := ""
			for _, cell := range r.Cells {
				line += cell.Text + "|"
			}
			all = append(all, line)
		}
		return all
	}
	c.token("审计员")
	before := len(c.records())
	rec := get(c, "审计员", "/rights.xlsx?day=2024-12-27")
	got := lines(rec)
	t.Run("it says what rolesHeldOn says, one line a person, role and right", func(t *testing.T) {
		a := c.ask("审计员", `{ rolesHeldOn(day: "2024-12-27", first: 100) { totalCount edges { node { name roleName rights { permission } } } } }`, nil)
		rights := 0
		for _, e := range dig(a.Data, "rolesHeldOn", "edges").([]any) {
			name := dig(e, "node", "name").(string)
			of, _ := dig(e, "node", "rights").([]any)
			rights += len(of)
			if !strings.Contains(strings.Join(got, "\n"), name) {
				t.Errorf("%s is not in it", name)
			}
		}
		if rights == 0 || len(got) != rights+1 {
			t.Errorf("%d lines for %d rights", len(got), rights)
		}
	})
	t.Run("it is a file of one's own, and who took it stands in the book", func(t *testing.T) {
		_, of, err := mime.ParseMediaType(rec.Header().Get("Content-Disposition"))
		if err != nil || of["filename"] != "谁能做什么20241227.xlsx" || rec.Header().Get("Content-Type") != httpd.XLSX || rec.Header().Get("Cache-Control") != "private, no-store" {
			t.Error(rec.Header(), err)
		}
		if list := c.records()[before:]; len(list) != 1 || list[0] != "exportRights" {
			t.Error(list)
		}
	})
	t.Run("a day before anybody held a role has nobody, and without a day it is today's", func(t *testing.T) {
		if list := lines(get(c, "审计员", "/rights.xlsx?day=2020-01-01")); len(list) != 1 {
			t.Error(list)
		}
		if list := lines(get(c, "审计员", "/rights.xlsx")); len(list) != len(got) {
			t.Error(len(list), len(got))
		}
	})
	t.Run("who may not, who is nobody, and what is no day are refused", func(t *testing.T) {
		for path, want := range map[string][3]any{"a": {"", "/rights.xlsx", 401}, "b": {"无权的人", "/rights.xlsx", 403}, "c": {"审计员", "/rights.xlsx?day=27.12.2024", 400}, "d": {"审计员", "/rights.xlsx?day=%zz", 400}} {
			if rec := get(c, want[0].(string), want[1].(string)); rec.Code != want[2] {
				t.Error(path, rec.Code, rec.Body)
			}
		}
	})
	t.Run("another committee's has none of it", func(t *testing.T) {
		if list := strings.Join(lines(get(other, "管理员甲", "/rights.xlsx?day=2024-12-27")), "\n"); strings.Contains(list, "甲区") {
			t.Error(list)
		}
	})
}
