package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/graph"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/sheet"
	"github.com/bihuan/bihuan/tenants"
)

// spreadsheets is the door beside the API.
func (c *committee) spreadsheets() http.Handler {
	log := slog.New(slog.DiscardHandler)
	h := &imports.Handler{Door: httpd.Door{As: c.r.Asked, Known: tenants.Translate, Log: log}, From: graph.Origin, Service: c.r.Imports}
	mux := http.NewServeMux()
	mux.Handle("/imports", h)
	mux.Handle("GET /imports/{id}/marked.xlsx", h)
	mux.Handle("GET /imports/export.xlsx", h)
	mux.Handle("GET /imports/template.xlsx", h)
	return mux
}

// at the door somebody sends a request.
func (c *committee) atDoor(who, method, path string, body *bytes.Buffer, typ string) *httptest.ResponseRecorder {
	c.t.Helper()
	if body == nil {
		body = &bytes.Buffer{}
	}
	req := httptest.NewRequest(method, path, body).WithContext(clock.With(context.Background(), c.clock))
	req.Header.Set("Content-Type", typ)
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+c.token(who))
	}
	w := httptest.NewRecorder()
	c.spreadsheets().ServeHTTP(w, req)
	return w
}

// bring uploads a file.
func (c *committee) bring(who, name, text string) *httptest.ResponseRecorder {
	c.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err == nil {
		err = m.Close()
	}
	must(c.t, err)
	return c.atDoor(who, http.MethodPost, "/imports", &b, m.FormDataContentType())
}

const batchFields = `{ id state total message leftOut counts { new changed doubtful wrong done undone kept } }`

func TestASpreadsheetIsImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.add("无权的人", "STAFF", nil)
	run := func() {
		t.Helper()
		if _, err := c.r.Imports.Run(clock.With(context.Background(), c.clock), c.id); err != nil {
			t.Fatal(err)
		}
	}
	var up struct{ ID string }
	t.Run("who may not manage people brings nothing", func(t *testing.T) {
		if got := c.bring("无权的人", "a.csv", "姓名,类别\n甲,机关干部\n"); got.Code != http.StatusForbidden {
			t.Error(got.Code, got.Body)
		}
		if got := c.bring("", "a.csv", "姓名,类别\n甲,机关干部\n"); got.Code != http.StatusUnauthorized {
			t.Error(got.Code, got.Body)
		}
	})
	t.Run("what is no table is refused with a sentence", func(t *testing.T) {
		for name, text := range map[string]string{"a.xlsx": "PK no workbook", "a.csv": "一,二\n三,四\n", "a.pdf": "%PDF-"} {
			got := c.bring("管理员甲", name, text)
			if got.Code != http.StatusBadRequest || !strings.Contains(got.Body.String(), `"message"`) {
				t.Error(name, got.Code, got.Body)
			}
		}
	})
	t.Run("is judged, and each line has a verdict", func(t *testing.T) {
		got := c.bring("管理员甲", "干部.csv", "姓名,类别,手机,登录名\n甲,机关干部,13000000001,import-jia\n乙,机关干部,1,\n")
		if got.Code != http.StatusCreated || json.Unmarshal(got.Body.Bytes(), &up) != nil {
			t.Fatal(got.Code, got.Body)
		}
		run()
		a := c.ask("管理员甲", `query($id: ID!) { importBatch(batchId: $id) { state counts { new wrong } uploadedBy { id } } importRows(batchId: $id, verdict: WRONG, first: 1) {
			edges { node { line verdict problems { column code } cells { head text problem } } } pageInfo { hasNextPage } } importBatches(first: 5) { edges { node { id } } } }`, input{"id": up.ID})
		same(t, dig(a.Data, "importBatch", "counts"), `{"new":1,"wrong":1}`)
		same(t, dig(a.Data, "importRows", "edges", 0, "node", "problems"), `[{"code":"INVALID_INPUT","column":"手机"}]`)
		if dig(a.Data, "importRows", "edges", 0, "node", "cells", 2, "problem") == nil || dig(a.Data, "importBatches", "edges", 0, "node", "id") != up.ID {
			t.Error(a.text)
		}
	})
	t.Run("the marked workbook and the export are files", func(t *testing.T) {
		for _, path := range []string{"/imports/" + up.ID + "/marked.xlsx", "/imports/export.xlsx", "/imports/template.xlsx"} {
			got := c.atDoor("管理员甲", http.MethodGet, path, nil, "")
			if got.Code != http.StatusOK {
				t.Fatal(path, got.Code, got.Body)
			}
			if list, err := sheet.Read("a.xlsx", got.Body.Bytes()); err != nil || len(list) == 0 {
				t.Error(path, err)
			}
		}
	})
	t.Run("the valid line is done, its word is given, and it is undone", func(t *testing.T) {
		c.refused("管理员甲", "carryOutImport", input{"batchId": up.ID}, "NOT_ALLOWED_IN_STATE", "rows")
		c.do("管理员甲", "carryOutImport", input{"batchId": up.ID, "onlyValid": true})
		run()
		a := c.call("管理员甲", "issueImportWords", input{"batchId": up.ID, "rows": []int{1}, "reason": "新任职", "idempotencyKey": "w1"})
		if code, _ := dig(a.Data, "issueImportWords", "words", 0, "code").(string); len(code) != 17 || dig(a.Data, "issueImportWords", "words", 0, "login") != "import-jia" {
			t.Error(a.text)
		}
		a = c.call("管理员甲", "issueImportWords", input{"batchId": up.ID, "rows": []int{1}, "reason": "新任职", "idempotencyKey": "w1"})
		same(t, dig(a.Data, "issueImportWords", "words"), `[]`)
		c.do("管理员甲", "undoImport", input{"batchId": up.ID, "reason": "文件错了"})
		run()
		a = c.ask("管理员甲", `query($id: ID!) { importBatch(batchId: $id) `+batchFields+` memberships(first: 50, filter: {nameContains: "甲"}) { totalCount } }`, input{"id": up.ID})
		same(t, dig(a.Data, "importBatch", "counts"), `{"changed":0,"done":0,"doubtful":0,"kept":0,"new":1,"undone":1,"wrong":1}`)
	})
	t.Run("another committee has none of it", func(t *testing.T) {
		other := w.found("210203", "DISTRICT", "乙区")
		for _, m := range []string{"carryOutImport", "undoImport", "decideImportRows", "issueImportWords"} {
			in := input{"batchId": up.ID}
			if m != "carryOutImport" && m != "decideImportRows" {
				in["reason"] = "看看"
			}
			if m == "decideImportRows" || m == "issueImportWords" {
				in["rows"] = []int{1}
			}
			if m == "decideImportRows" {
				in["as"] = "NEW"
			}
			other.refused("管理员甲", m, in, "NOT_FOUND", "batchId")
		}
		for _, q := range []string{`query($id: ID!) { importBatch(batchId: $id) { id } }`, `query($id: ID!) { importRows(batchId: $id) { edges { node { no } } } }`} {
			if a := other.ask("管理员甲", q, input{"id": up.ID}); a.code() != "NOT_FOUND" {
				t.Error(a.text)
			}
		}
		same(t, dig(other.ask("管理员甲", `{ importBatches(first: 5) { edges { node { id } } } }`, nil).Data, "importBatches", "edges"), `[]`)
		if got := other.atDoor("管理员甲", http.MethodGet, "/imports/"+up.ID+"/marked.xlsx", nil, ""); got.Code != http.StatusNotFound {
			t.Error(got.Code)
		}
	})
}
