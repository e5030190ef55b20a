package endpoint

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	known   = "query Known { __typename }"
	unknown = "query Unknown { __typename }"
	change  = "mutation Change { signOut { done } }"
)

func post(t *testing.T, fields map[string]any) string {
	t.Helper()
	b, err := json.Marshal(fields)
	fatal(t, err)
	return string(b)
}

func apollo(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	docs := Documents{nameOf(known): known, nameOf(change): change}
	production := newEnv(t, func(o *Options, _ *env) { o.Documents = docs })
	only := newEnv(t, func(o *Options, _ *env) { o.Documents, o.OnlyPersisted, o.Dev = docs, true, true })
	dev := newEnv(t, func(o *Options, _ *env) { o.Documents, o.Dev = docs, true })

	for _, c := range []struct {
		sentence string
		fields   map[string]any
		status   int
		code     string
	}{
		{"documentId names a document", map[string]any{"documentId": nameOf(known)}, 200, ""},
		{"so it does with its prefix", map[string]any{"documentId": "sha256:" + nameOf(known)}, 200, ""},
		{"so does Relay's doc_id", map[string]any{"doc_id": nameOf(known)}, 200, ""},
		{"so does Apollo's extension", map[string]any{"extensions": apollo(nameOf(known))}, 200, ""},
		{"a name and its text are fine together", map[string]any{"query": known, "documentId": nameOf(known)}, 200, ""},
		{"an operation of it may be chosen", map[string]any{"documentId": nameOf(known), "operationName": "Known"}, 200, ""},
		{"a wrong operation is none", map[string]any{"documentId": nameOf(known), "operationName": "Other"}, 200, "GRAPHQL_VALIDATION_FAILED"},

		{"a name that is not the text's is refused", map[string]any{"query": unknown, "documentId": nameOf(known)}, 400, "BAD_REQUEST"},
		{"Apollo's is refused likewise", map[string]any{"query": unknown, "extensions": apollo(nameOf(known))}, 400, "BAD_REQUEST"},
		{"two names that differ are refused", map[string]any{"documentId": nameOf(known), "doc_id": nameOf(change)}, 400, "BAD_REQUEST"},
		{"an unknown name is not found", map[string]any{"documentId": nameOf(unknown)}, 200, "PERSISTED_QUERY_NOT_FOUND"},
		{"a name in capitals is another name", map[string]any{"documentId": strings.ToUpper(nameOf(known))}, 200, "PERSISTED_QUERY_NOT_FOUND"},
		{"another version of Apollo's extension is refused", map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 2, "sha256Hash": nameOf(known)}}}, 400, "BAD_REQUEST"},
		{"Apollo's extension of another shape is refused", map[string]any{"extensions": map[string]any{"persistedQuery": "x"}}, 400, "BAD_REQUEST"},
		{"a name of another type is refused", map[string]any{"documentId": 7}, 400, "BAD_REQUEST"},
	} {
		t.Run(c.sentence, func(t *testing.T) { production.send(t, request{body: post(t, c.fields)}).is(c.status, c.code) })
	}
	t.Run("where nothing is learned Apollo's and urql's clients hear that they need not teach", func(t *testing.T) {
		r := production.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})}).is(200, "PERSISTED_QUERY_NOT_SUPPORTED")
		if r.body.Errors[0].Message != "PersistedQueryNotSupported" {
			t.Error(r.text)
		}
	})
	t.Run("Apollo's and urql's clients recognise the miss", func(t *testing.T) {
		r := dev.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})})
		if r.body.Errors[0].Message != "PersistedQueryNotFound" {
			t.Error(r.text)
		}
	})
	t.Run("a URL may name the document", func(t *testing.T) {
		production.send(t, request{method: "GET", query: "?documentId=sha256:" + nameOf(known)}).is(200, "")
		production.send(t, request{method: "GET", query: "?doc_id=" + nameOf(known)}).is(200, "")
		ext, _ := json.Marshal(apollo(nameOf(known)))
		production.send(t, request{method: "GET", query: "?extensions=" + url.QueryEscape(string(ext))}).is(200, "")
	})
	t.Run("a GET never runs a persisted mutation", func(t *testing.T) {
		production.send(t, request{method: "GET", query: "?documentId=" + nameOf(change)}).is(405, "BAD_REQUEST")
	})
	t.Run("in production nothing is learned", func(t *testing.T) {
		production.send(t, request{body: post(t, map[string]any{"query": unknown, "extensions": apollo(nameOf(unknown))})}).is(200, "")
		production.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})}).is(200, "PERSISTED_QUERY_NOT_SUPPORTED")
	})
	t.Run("in development Apollo's clients teach", func(t *testing.T) {
		dev.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})}).is(200, "PERSISTED_QUERY_NOT_FOUND")
		dev.send(t, request{body: post(t, map[string]any{"query": unknown, "extensions": apollo(nameOf(unknown))})}).is(200, "")
		dev.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})}).is(200, "")
	})
	t.Run("nobody teaches a document that is not valid", func(t *testing.T) {
		wrong := "{ nowhere }"
		dev.send(t, request{body: post(t, map[string]any{"query": wrong, "extensions": apollo(nameOf(wrong))})}).is(200, "GRAPHQL_VALIDATION_FAILED")
		dev.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(wrong))})}).is(200, "PERSISTED_QUERY_NOT_FOUND")
	})
	t.Run("with OnlyPersisted nothing else runs, in development neither", func(t *testing.T) {
		only.send(t, request{body: post(t, map[string]any{"query": unknown})}).is(200, "PERSISTED_QUERY_ONLY")
		only.send(t, request{body: post(t, map[string]any{"query": unknown, "extensions": apollo(nameOf(unknown))})}).is(200, "PERSISTED_QUERY_ONLY")
		only.send(t, request{body: post(t, map[string]any{"extensions": apollo(nameOf(unknown))})}).is(200, "PERSISTED_QUERY_NOT_SUPPORTED")
		only.send(t, request{body: post(t, map[string]any{"documentId": nameOf(unknown)})}).is(200, "PERSISTED_QUERY_NOT_FOUND")
		only.send(t, request{body: post(t, map[string]any{"documentId": nameOf(known)})}).is(200, "")
		only.send(t, request{body: post(t, map[string]any{"query": known})}).is(200, "")
	})
}

func TestLoadDocuments(t *testing.T) {
	t.Parallel()
	list, _ := json.Marshal(map[string]string{nameOf(known): known, "sha256:" + nameOf(change): change})
	t.Run("lists and single documents are collected", func(t *testing.T) {
		docs, err := LoadDocuments(fstest.MapFS{
			"persisted.json": {Data: list}, "more/one.graphql": {Data: []byte(unknown)}, "README.md": {Data: []byte("#")},
		})
		if err != nil || len(docs) != 3 || docs[nameOf(known)] != known || docs[nameOf(change)] != change || docs[nameOf(unknown)] != unknown {
			t.Error(docs, err)
		}
	})
	t.Run("a name that is not the text's is an error", func(t *testing.T) {
		if _, err := LoadDocuments(fstest.MapFS{"p.json": {Data: []byte(`{"abc":"{ __typename }"}`)}}); err == nil || !strings.Contains(err.Error(), "abc") {
			t.Error(err)
		}
	})
	t.Run("a list that is none is an error", func(t *testing.T) {
		if _, err := LoadDocuments(fstest.MapFS{"p.json": {Data: []byte(`[]`)}}); err == nil || !strings.Contains(err.Error(), "p.json") {
			t.Error(err)
		}
	})
	t.Run("a document that the schema refuses is found before the first user finds it", func(t *testing.T) {
		e := newEnv(t, nil)
		if err := (Documents{nameOf(known): known}).Check(e.schema(), Limits{}); err != nil {
			t.Error(err)
		}
		wrong := "{ viewer { nowhere } }"
		if err := (Documents{nameOf(wrong): wrong}).Check(e.schema(), Limits{}); err == nil || !strings.Contains(err.Error(), nameOf(wrong)) {
			t.Error(err)
		}
	})
}
