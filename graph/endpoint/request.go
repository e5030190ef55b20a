package endpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/errs"
)

// params are a GraphQL-over-HTTP request.
type params struct {
	query      string
	documents  []string // names of the document, all must be the same
	apollo     bool     // named the way of Apollo's clients, who teach what is not known
	operation  string
	variables  map[string]any
	extensions map[string]any
}

// badRequest is the code of what is no GraphQL request.
const badRequest errs.Code = "BAD_REQUEST"

func bad(message string, args ...any) error { return errs.New(badRequest, message, args...) }

func (e *endpoint) read(w http.ResponseWriter, r *http.Request) (*params, *refusal) {
	if r.Method == http.MethodGet {
		return fromURL(r.URL)
	}
	if no := acceptable(r.Header); no != nil {
		return nil, no
	}
	tooLarge := &refusal{always(http.StatusRequestEntityTooLarge), errs.New(errs.Limited, "请求超过 %d KB，请减小后再试；文件请用上传接口", e.o.MaxBody>>10)}
	if r.ContentLength > e.o.MaxBody {
		w.Header().Set("Connection", "close") // the rest of the body is not wanted
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.o.MaxBody))
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		w.Header().Set("Connection", "close")
		return nil, tooLarge
	}
	if err != nil {
		return nil, &refusal{unreadable, bad("请求没有完整送达，请重试")}
	}
	return fromBody(body)
}

// acceptable looks at what the body is said to be.
func acceptable(h http.Header) *refusal {
	typ, param, err := mime.ParseMediaType(h.Get("Content-Type"))
	charset := param["charset"]
	if err != nil || typ != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return &refusal{always(http.StatusUnsupportedMediaType), bad("Content-Type 须为 application/json，UTF-8 编码")}
	}
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return &refusal{always(http.StatusUnsupportedMediaType), bad("请求内容不能压缩")}
	}
	return nil
}

// fromBody reads a JSON object. Go's decoder into a struct would take QUERY for
// query, so the names are compared here.
func fromBody(body []byte) (*params, *refusal) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '[' && json.Valid(body) {
		return nil, &refusal{malformed, bad("一次只能提交一个操作，不支持数组形式的批量请求，请分别提交")}
	}
	var raw map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &raw) != nil {
		if json.Valid(body) && utf8.Valid(body) {
			return nil, &refusal{malformed, bad("请求内容须为 JSON 对象")}
		}
		return nil, &refusal{unreadable, bad("请求内容不是有效的 JSON（UTF-8 编码）")}
	}
	p := &params{}
	var documentID, docID string
	for name, into := range map[string]any{
		"query": &p.query, "operationName": &p.operation, "documentId": &documentID, "doc_id": &docID,
		"variables": &p.variables, "extensions": &p.extensions,
	} {
		if v, ok := raw[name]; ok && decode(v, into) != nil {
			return nil, &refusal{malformed, bad("参数 %s 的类型不对", name)}
		}
	}
	return p.named(documentID, docID)
}

// decode keeps numbers as they were written.
func decode(v []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(v))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// fromURL reads the same parameters from a query string; what is empty is not
// given.
func fromURL(u *url.URL) (*params, *refusal) {
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(strings.Join(q["query"], "")+strings.Join(q["variables"], "")+strings.Join(q["extensions"], "")) {
		return nil, &refusal{unreadable, bad("网址中的参数无法读取")}
	}
	for _, name := range []string{"query", "operationName", "documentId", "doc_id", "variables", "extensions"} {
		if len(q[name]) > 1 {
			return nil, &refusal{malformed, bad("参数 %s 只能给一次", name)}
		}
	}
	p := &params{query: q.Get("query"), operation: q.Get("operationName")}
	for name, into := range map[string]*map[string]any{"variables": &p.variables, "extensions": &p.extensions} {
		if v := q.Get(name); v != "" && decode([]byte(v), into) != nil {
			return nil, &refusal{malformed, bad("参数 %s 须为 JSON 对象", name)}
		}
	}
	return p.named(q.Get("documentId"), q.Get("doc_id"))
}

// named collects the names of the document.
func (p *params) named(names ...string) (*params, *refusal) {
	if x, ok := p.extensions["persistedQuery"]; ok && x != nil {
		m, _ := x.(map[string]any)
		hash, _ := m["sha256Hash"].(string)
		if version, _ := m["version"].(json.Number); version != "1" || hash == "" {
			return nil, &refusal{malformed, bad("extensions.persistedQuery 须为 {version: 1, sha256Hash}")}
		}
		names, p.apollo = append(names, hash), true
	}
	for _, n := range names {
		if n != "" {
			p.documents = append(p.documents, strings.TrimPrefix(n, "sha256:"))
		}
	}
	if p.query == "" && len(p.documents) == 0 {
		return nil, &refusal{malformed, bad("缺少参数 query")}
	}
	return p, nil
}
