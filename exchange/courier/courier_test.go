package courier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/exchange/courier"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// memo makes a matter of the receiver's; "broken" fails, so that it is tried
// again, and "no" is refused.
const memo = "memo"

// house is an installation of one committee, served over HTTP.
type house struct {
	*testing.T
	db     *tenantstest.DB
	post   *exchange.Service
	d      *district.District
	keys   *accounts.Keys
	tenant uuid.UUID
	url    string
	admin  string // tokens
	member string
	who    *authz.Viewer // the administrator
	broken bool
}

func newHouse(t *testing.T, secret byte, code, name, level string) *house {
	t.Helper()
	in := district.Empty(t, time.Now())
	h := &house{T: t, db: in.DB, d: in.Found(t, district.Plan{Code: code, Name: name, Level: level, Posts: []string{}})}
	h.tenant = h.d.Tenant
	var err error
	h.keys, err = accounts.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	h.must(err)
	h.post, err = exchange.New(h.db.Store, bytes.Repeat([]byte{secret}, 32))
	h.must(err)
	h.post.Register(memo, 1, exchange.Handler{Apply: h.apply})
	h.admin, h.who = h.person("tenant_admin")
	h.member, _ = h.person("member")
	handler := &courier.Handler{
		Door: h.door(), Exchange: h.post,
		From: func(context.Context) audit.From { return audit.From{Address: "192.0.2.7", RequestID: requestID} },
	}
	mux := http.NewServeMux() // as the server routes
	mux.Handle("GET /exchange/{partner}", handler)
	mux.Handle("POST /exchange", handler)
	server := httptest.NewServer(httpd.New(httpd.Options{Log: slog.New(slog.DiscardHandler)}, mux).Handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

const requestID = "request-1"

func (h *house) door() httpd.Door {
	return httpd.Door{As: h.as, Known: tenants.Translate, Log: slog.New(slog.DiscardHandler)}
}

func (h *house) apply(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
	var title string
	if err := in.Decode(&title); err != nil {
		return exchange.Result{}, err
	}
	switch {
	case title == "no":
		return exchange.Result{}, exchange.Refuse(exchange.NotAccepted, "不收")
	case title == "broken" && h.broken:
		return exchange.Result{}, io.ErrUnexpectedEOF
	}
	return exchange.Result{Status: "RECEIVED"}, h.db.Store.Ent().Notice.Create().SetMembershipID(h.who.Membership).SetText(title).Exec(ctx)
}

// person is a token, and whose it is.
func (h *house) person(role string) (token string, v *authz.Viewer) {
	h.Helper()
	v = h.d.Join(district.Person{Name: "工作人员" + role, Role: role})
	token, err := h.keys.Sign(accounts.Claims{Account: v.Account, Tenant: h.tenant, Membership: v.Membership, Session: uuid.New(), ID: uuid.New(),
		Issued: time.Now().Truncate(time.Second), Expires: time.Now().Add(time.Hour)})
	h.must(err)
	return token, v
}

// as is the server's door: the bearer token's person in his tenant.
func (h *house) as(r *http.Request, write bool, fn func(context.Context) error) error {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return errs.New(errs.Unauthenticated, "请先登录")
	}
	c, err := h.keys.Parse(token, time.Now())
	if err != nil {
		return err
	}
	door := h.db.Store.ReadTx
	if write {
		door = h.db.Store.InTx
	}
	return door(r.Context(), c.Tenant, func(ctx context.Context) error {
		v, err := h.d.Directory.Viewer(ctx, c.Account, c.Membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

func (h *house) in(fn func(context.Context) error) {
	h.Helper()
	h.must(h.db.Store.InTx(authz.With(context.Background(), h.who), h.tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	}))
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// send puts memos into the outbox.
func (h *house) send(partner string, titles ...string) {
	h.Helper()
	h.in(func(ctx context.Context) error {
		for _, t := range titles {
			if _, err := h.post.Send(ctx, partner, memo, t, exchange.Object{}); err != nil {
				return err
			}
		}
		return nil
	})
}

type answer struct {
	status int
	header http.Header
	body   []byte
	Code, Message, Reason, Partner,
	RequestID string
	Line, Applied, Refused, Repeated int
	Path                             []string
	Done                             *struct{ Applied, Refused, Repeated int }
}

func (h *house) call(method, token, path string, body io.Reader, header ...string) (a answer) {
	h.Helper()
	req, err := http.NewRequest(method, h.url+path, body)
	h.must(err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	req.Header.Set("X-Request-Id", requestID)
	res, err := http.DefaultClient.Do(req)
	h.must(err)
	defer res.Body.Close()
	a.status, a.header = res.StatusCode, res.Header
	a.body, err = io.ReadAll(res.Body)
	h.must(err)
	if len(a.body) > 0 && strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		h.must(json.Unmarshal(a.body, &a))
	}
	return a
}

func (h *house) get(path string) answer { return h.call(http.MethodGet, h.admin, path, nil) }
func (h *house) take(file []byte) answer {
	return h.call(http.MethodPost, h.admin, "/exchange", bytes.NewReader(file))
}

// refused expects an error as clients read it.
func (h *house) refused(a answer, status int, code errs.Code, says string) {
	h.Helper()
	if a.status != status || a.Code != string(code) || !strings.Contains(a.Message, says) || a.RequestID != requestID {
		h.Errorf("%d %s, want %d %s %s", a.status, a.body, status, code, says)
	}
}

func (h *house) count(sql string, args ...any) (n int) {
	h.Helper()
	h.db.AsSuper(h.T, sql, args, &n)
	return n
}

func (h *house) records(action string) (out []audit.Entry) {
	h.Helper()
	h.must(h.db.Store.ReadTx(context.Background(), h.tenant, func(ctx context.Context) error {
		p, err := audit.Search(ctx, audit.Filter{}, 100, 0)
		for _, r := range p.Rows {
			if r.Entry.Action == action {
				out = append(out, r.Entry)
			}
		}
		return err
	}))
	return out
}

const (
	city   = "210200"
	lushun = "210212"
)

// apart are a city and a district, each in an installation of its own.
func apart(t *testing.T) (up, low *house) {
	t.Helper()
	up, low = newHouse(t, 1, city, "甲市政协", "CITY"), newHouse(t, 2, lushun, "丁区政协", "DISTRICT")
	for _, pair := range [][2]*house{{up, low}, {low, up}} {
		var with exchange.Identity
		pair[1].in(func(ctx context.Context) (err error) { with, err = pair[1].post.Identity(ctx); return err })
		pair[0].in(func(ctx context.Context) error {
			_, err := pair[0].post.Set(ctx, exchange.Terms{Partner: with.Code, Name: with.Name, Key: with.Key, Channel: agreement.ChannelFILE,
				Sends: []string{memo}, Receives: []string{memo}})
			return err
		})
	}
	return up, low
}

func TestDownload(t *testing.T) {
	t.Parallel()
	up, low := apart(t)
	run := func(name string, fn func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { up.T, low.T = t, t; fn(t) })
	}
	up.send(lushun, "甲", "乙", "丙")
	run("it is the file for a partner, as a download", func(t *testing.T) {
		a := up.get("/exchange/" + lushun)
		if a.status != http.StatusOK || bytes.Count(a.body, []byte("\n")) != 4 || a.header.Get("Content-Type") != "application/x-ndjson" ||
			a.header.Get("Content-Disposition") != "attachment; filename=envelopes-210212-1-3.jsonl" || a.header.Get("Link") != "" ||
			a.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
	})
	run("it stands in the committee's audit, with who fetched it and from where", func(t *testing.T) {
		r := up.records("exportEnvelopes")
		if len(r) != 1 || r[0].Actor.Membership != up.who.Membership || r[0].From.Address != "192.0.2.7" || len(r[0].Changes) != 1 ||
			!strings.HasPrefix(r[0].Object, "Agreement:") || fmt.Sprint(r[0].Changes[0].After["exported_to"]) != "3" {
			t.Error(r)
		}
	})
	run("from=N begins at number N", func(t *testing.T) {
		a := up.get("/exchange/" + lushun + "?from=3")
		if bytes.Count(a.body, []byte("\n")) != 2 || !strings.HasSuffix(a.header.Get("Content-Disposition"), "-3-3.jsonl") {
			t.Errorf("%v %s", a.header, a.body)
		}
	})
	run("else it begins at the first that is not acknowledged", func(t *testing.T) {
		low.take(up.get("/exchange/" + lushun).body)
		up.take(low.get("/exchange/" + city).body)
		a := up.get("/exchange/" + lushun)
		if bytes.Count(a.body, []byte("\n")) != 1 || !strings.HasSuffix(a.header.Get("Content-Disposition"), "-receipts-4.jsonl") {
			t.Errorf("%v %s", a.header, a.body)
		}
	})
	run("a number that is none is refused", func(t *testing.T) {
		for _, from := range []string{"0", "-1", "x", "1.5", "9223372036854775808"} {
			up.refused(up.get("/exchange/"+lushun+"?from="+from), http.StatusBadRequest, errs.Invalid, "from 应是信封的号数")
		}
		up.refused(up.get("/exchange/"+lushun+"?from=1;x=%zz"), http.StatusBadRequest, errs.Invalid, "网址中的参数无法读取")
	})
	run("a partner without an agreement is refused, and nothing is recorded", func(t *testing.T) {
		before := len(up.records("exportEnvelopes"))
		up.refused(up.get("/exchange/210299"), http.StatusConflict, errs.GuardFailed, "还没有往来约定")
		if n := len(up.records("exportEnvelopes")); n != before {
			t.Error(n - before)
		}
	})
	run("other methods are not known", func(t *testing.T) {
		if a := up.call(http.MethodHead, up.admin, "/exchange/"+lushun, nil); a.status != http.StatusMethodNotAllowed {
			t.Error(a.status)
		}
	})
	run("where the limits of a file left something for the next, the header Link names it", func(t *testing.T) {
		up.in(func(ctx context.Context) error {
			for range 34 { // of almost a megabyte each
				if _, err := up.post.Send(ctx, lushun, memo, strings.Repeat("x", exchange.MaxBody-100), exchange.Object{}); err != nil {
					return err
				}
			}
			return nil
		})
		a := up.get("/exchange/" + lushun + "?from=4")
		link := a.header.Get("Link")
		next, rest, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
		if rest != `; rel="next"` || len(a.body) > exchange.MaxFile {
			t.Fatal(link, len(a.body))
		}
		b := up.get(next)
		if n := bytes.Count(a.body, []byte("\n")) + bytes.Count(b.body, []byte("\n")); n != 34+2 || b.header.Get("Link") != "" {
			t.Error(n, b.header.Get("Link"))
		}
		if done := low.take(a.body); done.status != http.StatusOK || done.Applied == 0 {
			t.Errorf("%s", done.body)
		}
	})
}

func TestUpload(t *testing.T) {
	t.Parallel()
	up, low := apart(t)
	run := func(name string, fn func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { up.T, low.T = t, t; fn(t) })
	}
	up.send(lushun, "甲", "no", "乙")
	file := up.get("/exchange/" + lushun).body
	lines := bytes.SplitAfter(file, []byte("\n"))
	run("both are for who holds exchange.manage; without a valid token nothing is read or written", func(t *testing.T) {
		for _, x := range []struct {
			token  string
			status int
			code   errs.Code
		}{{"", 401, errs.Unauthenticated}, {"x", 401, errs.Unauthenticated}, {up.admin, 401, errs.Unauthenticated}, {low.member, 403, errs.NotAllowed}} {
			low.refused(low.call(http.MethodPost, x.token, "/exchange", bytes.NewReader(file)), x.status, x.code, "")
			low.refused(low.call(http.MethodGet, x.token, "/exchange/"+city, nil), x.status, x.code, "")
		}
		if n := low.count(`SELECT count(*) FROM exchange_inbox`); n != 0 {
			t.Error(n)
		}
	})
	run("an error has a code, a sentence in Chinese, the line, why it is not believed, and the number of the request", func(t *testing.T) {
		a := low.take(bytes.Replace(file, []byte(`"乙"`), []byte(`"丙"`), 1))
		low.refused(a, http.StatusBadRequest, errs.Invalid, "文件第 4 行：信封内容与其摘要不符")
		if a.Line != 4 || a.Reason != string(exchange.Tampered) || len(a.Path) != 1 || a.Path[0] != "file" || a.Done != nil {
			t.Errorf("%s", a.body)
		}
		low.refused(low.take(bytes.Join(lines[:3], nil)), http.StatusBadRequest, errs.Invalid, "应有 3 封信封，现有 2 封")
		low.refused(low.take([]byte("{}")), http.StatusBadRequest, errs.Invalid, "文件第 1 行：不是信封文件")
		low.refused(low.take(nil), http.StatusBadRequest, errs.Invalid, "是空的")
		low.refused(up.take(file), http.StatusBadRequest, errs.Invalid, "文件是写给行政区划代码为 210212 的政协的")
		low.refused(low.call(http.MethodPost, low.admin, "/exchange", bytes.NewReader(file), "Content-Type", "multipart/form-data; boundary=x"), http.StatusBadRequest, errs.Invalid, "不要用表单")
	})
	run("a file above the limit is refused before it is read whole", func(t *testing.T) {
		big := func() io.Reader { return io.LimitReader(zeros{}, exchange.MaxFile*4) }
		req, err := http.NewRequest(http.MethodPost, low.url+"/exchange", big())
		low.must(err)
		req.ContentLength = exchange.MaxFile + 1 // announced
		req.Header.Set("Authorization", "Bearer "+low.admin)
		req.Header.Set("Expect", "100-continue")
		res, err := http.DefaultClient.Do(req)
		low.must(err)
		defer res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Error(res.StatusCode)
		}
		long := append(append([]byte{}, lines[0]...), bytes.Repeat([]byte("\n"), exchange.MaxFile)...)
		low.refused(low.call(http.MethodPost, low.admin, "/exchange", struct{ io.Reader }{bytes.NewReader(long)}), http.StatusBadRequest, errs.Invalid, "超过 32 MB") // not announced
	})
	run("a file that broke off on the way is told apart from one that is wrong", func(t *testing.T) {
		req, err := http.NewRequest(http.MethodPost, "/exchange", &torn{file[:len(file)/2]})
		low.must(err)
		req.Header.Set("Authorization", "Bearer "+low.admin)
		w := httptest.NewRecorder()
		(&courier.Handler{Door: low.door(), Exchange: low.post, From: func(context.Context) (f audit.From) { return f }}).ServeHTTP(w, req)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "文件没有传完") {
			t.Error(w.Code, w.Body)
		}
	})
	if n := low.count(`SELECT count(*) FROM exchange_inbox`); n != 0 {
		t.Fatalf("refused files left %d envelopes", n)
	}
	run("it answers from whom the file came and how many were applied, refused and repeated", func(t *testing.T) {
		if a := low.take(file); a.status != http.StatusOK || a.Partner != city || a.Applied != 2 || a.Refused != 1 || a.Repeated != 0 {
			t.Errorf("%d %s", a.status, a.body)
		}
		if a := low.take(file); a.status != http.StatusOK || a.Applied != 0 || a.Repeated != 2 {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
	run("what a file brought stands in the audit, envelope by envelope", func(t *testing.T) {
		r := low.records("receiveEnvelope")
		if len(r) < 3 || r[0].Actor.Membership != low.who.Membership || !strings.HasPrefix(r[0].Object, "Envelope:") {
			t.Error(len(r), r)
		}
	})
	run("what had been taken in before an error is said with it", func(t *testing.T) {
		up.send(lushun, "丁", "broken", "戊")
		next := up.get("/exchange/" + lushun + "?from=4").body
		low.broken = true
		a := low.take(next)
		low.refused(a, http.StatusServiceUnavailable, errs.Unavailable, "文件第 3 行处理时出错，它之前的已经导入")
		if a.Line != 3 || a.Done == nil || a.Done.Applied != 1 {
			t.Errorf("%s", a.body)
		}
		low.broken = false
		if a := low.take(next); a.status != http.StatusOK || a.Applied != 2 || a.Repeated != 1 {
			t.Errorf("%d %s", a.status, a.body)
		}
		if n := low.count(`SELECT count(*) FROM notices WHERE text IN ('丁', 'broken', '戊')`); n != 3 {
			t.Error(n)
		}
	})
	run("while the agreement is suspended nothing is taken in", func(t *testing.T) {
		low.in(func(ctx context.Context) error {
			a, err := low.db.Store.Ent().Agreement.Query().Only(ctx)
			if err == nil {
				_, err = low.post.Suspend(ctx, a.ID, "整改")
			}
			return err
		})
		low.refused(low.take(file), http.StatusConflict, errs.GuardFailed, "往来约定已中止")
	})
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// torn is a line that breaks.
type torn struct{ rest []byte }

func (t *torn) Read(p []byte) (int, error) {
	if len(t.rest) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}
