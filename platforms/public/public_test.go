package public

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

const definition = `
kind: topic
version: 1
title: 群众征题
turns: {street_liaison: 街道联络员}
timers:
  screen: {label: 研究, deadline: sign.receipt, rungs: [0]}
machines:
  matter:
    initial: RECEIVED
    states:
      - {code: RECEIVED, label: 收到, stage: 征题, turn: street_liaison, visible: STAFF, timers: [screen]}
      - {code: ANSWERED, label: 已反馈, end: true}
    actions:
      - {code: answer, label: 反馈, from: [RECEIVED], to: ANSWERED, may: matter.screen}
`

var monday = clock.StartOf(clock.Date(2026, 3, 2)).Add(9 * time.Hour)

// site is two replicas of the pages over one committee with one platform that
// takes topics and one that does not.
type site struct {
	t     *testing.T
	db    *tenantstest.DB
	clock *clock.Movable
	h     [2]http.Handler
}

var secret = []byte("a secret of the installation, 32+ bytes")

func newSite(t *testing.T, o Options) *site {
	t.Helper()
	t.Parallel()
	d := district.New(t, district.Plan{
		Code: "210212", On: clock.Date(2026, 3, 2), Posts: []string{}, Sources: []string{definition}, Units: []district.Unit{{Name: "甲街道", Kind: "STREET_LIAISON"}},
	}, district.Plan{Code: "210213", Name: "邻区政协", Level: "DISTRICT", Posts: []string{}})
	s := &site{t: t, db: d.DB, clock: d.Clock}
	d.Must("", func(ctx context.Context, client *gen.Client) error {
		client.Platform.Create().SetCode("closed").SetBrand("不征题").SetType("区域型").SetProcessKind("topic").SaveX(ctx)
		return client.Platform.Create().SetCode("lushun").SetBrand("旅事<商量>").SetType("区域型").SetProcessKind("topic").SetTakesTopics(true).
			SetManners([]string{"依法依规", "文明表达", "机会均等", "实事求是"}).Exec(ctx)
	})
	o.Store, o.Platforms, o.Secret, o.Log = d.Store, platforms.New(d.Engine), secret, slog.New(slog.NewTextHandler(t.Output(), nil))
	for i := range s.h {
		h, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		s.h[i] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(w, r.WithContext(clock.With(r.Context(), s.clock)))
		})
	}
	return s
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request to a replica; form nil is a GET.
func (s *site) send(replica int, path string, form url.Values, more ...func(*http.Request)) answer {
	s.t.Helper()
	r := httptest.NewRequest("GET", "http://zx.example"+path, nil)
	if form != nil {
		r = httptest.NewRequest("POST", "http://zx.example"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://zx.example")
	}
	for _, f := range more {
		f(r)
	}
	w := httptest.NewRecorder()
	s.h[replica].ServeHTTP(w, r)
	b, _ := io.ReadAll(w.Body)
	return answer{w.Code, w.Header(), string(b)}
}

func (s *site) topics() (n int) {
	s.db.AsSuper(s.t, `SELECT count(*) FROM matters WHERE kind = 'topic'`, nil, &n)
	return n
}

var (
	tokenIn    = regexp.MustCompile(`name="token" value="([^"]+)"`)
	questionIn = regexp.MustCompile(`请算一算：(.+?)([加减])(.+?)等于几`)
	receiptIn  = regexp.MustCompile(`<dd>(2026-收-\d+)</dd>\s*<dt>校验码</dt><dd>([0-9A-Z]{8})</dd>`)
)

const lushun = "/t/210212/lushun"

// fill reads a shown form as a person does, and answers its question.
func (s *site) fill(page, text string) url.Values {
	s.t.Helper()
	token, q := tokenIn.FindStringSubmatch(page), questionIn.FindStringSubmatch(page)
	if token == nil || q == nil {
		s.t.Fatal(page)
	}
	a, _ := number(q[1])
	b, _ := number(q[3])
	if q[2] == "减" {
		b = -b
	}
	return url.Values{"token": {token[1]}, "text": {text}, "answer": {strconv.Itoa(a + b)}}
}

func (s *site) form(text string) url.Values {
	s.t.Helper()
	return s.fill(s.send(0, lushun, nil).body, text)
}

func want(t *testing.T, a answer, status int, parts ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d\n%s", a.status, status, a.body)
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Fatalf("%q is not in\n%s", p, a.body)
		}
	}
}

func TestForm(t *testing.T) {
	s := newSite(t, Options{Limit: Rate{6000, 1000}})
	t.Run("An unknown committee, an unknown platform and one that takes no topics are the same page.", func(t *testing.T) {
		first := s.send(0, "/t/999999/lushun", nil)
		want(t, first, http.StatusNotFound, "没有这个页面")
		for _, path := range []string{"/t/210212/unknown", "/t/210212/closed", "/t/210213/lushun", "/t/999999/receipt", "/t/%00/lushun", "/t/210212/%00", "/t/210213", "/t/999999", "/t/", "/t/a/b/c"} {
			if a := s.send(0, path, nil); a.status != first.status || a.body != first.body {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
		for _, path := range []string{"/t/999999/lushun", "/t/210212/closed", "/t/210213/lushun"} {
			if a := s.send(0, path, s.form("事")); a.status != first.status || a.body != first.body {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
	t.Run("A committee shows the platforms that take topics, and is not there when it has none.", func(t *testing.T) {
		a := s.send(0, "/t/210212", nil)
		want(t, a, http.StatusOK, `<a href="/t/210212/lushun">旅事&lt;商量&gt;</a>`, `href="/t/210212/receipt"`)
		if strings.Contains(a.body, "不征题") {
			t.Error(a.body)
		}
	})
	t.Run("What becomes of what was filled in is said before it is filled in.", func(t *testing.T) {
		for _, path := range []string{"/t/210212", lushun} {
			want(t, s.send(0, path, nil), http.StatusOK, "您填的内容怎么用", "只有经办的工作人员看得到全部号码")
		}
	})
	t.Run("What was filled in is there again when something is wrong, and what is wrong stands beside its field.", func(t *testing.T) {
		f := s.form("路灯<坏>了")
		f.Set("phone", "不想说")
		f.Set("name", "居民\"甲\"")
		f.Set("answer", "一百")
		a := s.send(0, lushun, f)
		want(t, a, http.StatusUnprocessableEntity, "路灯&lt;坏&gt;了", "居民&#34;甲&#34;", `id="phone-wrong">电话号码只能有数字`, `id="answer-wrong">答得不对`, "有 2 处需要改正", `href="#phone"`, "旅事&lt;商量&gt;")
		f = s.fill(a.body, strings.Repeat("字", 501))
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, `id="text-wrong">最多 500 个字，现在有 501 个`)
		f = s.form(" ")
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, `id="text-wrong">请写下`)
		f = s.form("事")
		f.Set("street", uuid.NewString())
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, `id="street-wrong"`)
		f = s.form("事")
		f.Set("website", "http://spam")
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, "留空")
		if s.topics() != 0 {
			t.Fatal(s.topics())
		}
	})
	t.Run("A form is good for one topic and for fifteen minutes, on every replica; sent twice it shows the same receipt.", func(t *testing.T) {
		before := s.topics()
		f := s.form("井盖缺失\r\n在路口")
		first := s.send(1, lushun, f)
		want(t, first, http.StatusOK, "请现在抄下")
		receipt := receiptIn.FindStringSubmatch(first.body)
		if again := s.send(0, lushun, f); receipt == nil || again.body != first.body || s.topics() != before+1 {
			t.Fatal(again, s.topics())
		}
		f.Set("text", "另一件事")
		want(t, s.send(0, lushun, f), http.StatusConflict, "已经提交过", "另一件事</textarea>")
		f = s.form("来晚了")
		s.clock.Advance(goodFor)
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, "页面已经过期", "来晚了")
		if s.topics() != before+1 {
			t.Fatal(s.topics())
		}
	})
	t.Run("A form asks a small sum in words; a wrong answer uses it up.", func(t *testing.T) {
		f := s.form("事")
		right := f.Get("answer")
		f.Set("answer", "99")
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, "答得不对")
		f.Set("answer", right)
		want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity, "页面已经过期")
		f = s.form("用汉字回答")
		n, _ := strconv.Atoi(f.Get("answer"))
		chinese := append(digits[:], "十一", "十二", "十三", "十四", "十五", "十六", "十七", "十八", "十九")
		f.Set("answer", chinese[n])
		want(t, s.send(0, lushun, f), http.StatusOK)
	})
	t.Run("A form that was made elsewhere, for another platform, or altered is refused.", func(t *testing.T) {
		own, err := newSealer(secret)
		if err != nil {
			t.Fatal(err)
		}
		foreign, _ := newSealer([]byte("another secret of at least 32 bytes!"))
		before := s.topics()
		for name, made := range map[string]struct {
			by    *sealer
			about string
		}{"another secret": {foreign, "210212/lushun"}, "another platform": {own, "210212/other"}, "another committee": {own, "210213/lushun"}} {
			f := form{uuid.Must(uuid.NewV7()), monday.AddDate(1, 0, 0), made.about, false}
			_, n := sum(made.by.seed(f))
			a := s.send(0, lushun, url.Values{"token": {made.by.token(f)}, "text": {"事"}, "answer": {strconv.Itoa(n)}})
			if a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, a.status)
			}
		}
		f := s.form("事")
		token := f.Get("token")
		flip := func(i int) string {
			other := "A"
			if token[i] == 'A' {
				other = "B"
			}
			return token[:i] + other + token[i+1:]
		}
		for _, bad := range []string{"", "x", token[:len(token)-2], flip(0), flip(20), flip(30), flip(50), token + "AA", strings.Repeat("A", 5000)} {
			f.Set("token", bad)
			want(t, s.send(0, lushun, f), http.StatusUnprocessableEntity)
		}
		if s.topics() != before {
			t.Fatal("a topic was made")
		}
		if _, err := newSealer([]byte("short")); err == nil {
			t.Fatal("a short secret is taken")
		}
	})
	t.Run("What a page of another site sends is refused.", func(t *testing.T) {
		before := s.topics()
		for _, h := range []http.Header{{"Origin": {"https://other.example"}}, {"Origin": {"null"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}} {
			a := s.send(0, lushun, s.form("事"), func(r *http.Request) {
				for k, v := range h {
					r.Header[k] = v
				}
			})
			want(t, a, http.StatusForbidden, "不是从本页面")
		}
		if s.topics() != before {
			t.Fatal("a topic was made")
		}
	})
	t.Run("pages are kept by nobody, framed by nobody and load nothing from elsewhere", func(t *testing.T) {
		for _, path := range []string{lushun, "/t/210212/receipt", "/t/unknown/x"} {
			h := s.send(0, path, nil).header
			if !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'self'") || h.Get("X-Frame-Options") != "DENY" ||
				h.Get("Referrer-Policy") != "same-origin" || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Set-Cookie") != "" {
				t.Error(path, h)
			}
		}
		page := s.send(0, lushun, nil).body
		href := regexp.MustCompile(`href="(/t/style\.css[^"]+)"`).FindStringSubmatch(page)
		if a := s.send(0, html.UnescapeString(href[1]), nil); a.status != http.StatusOK || a.header.Get("Content-Type") != "text/css; charset=utf-8" {
			t.Fatal(a.status, a.header)
		}
		for _, id := range regexp.MustCompile(`<(?:input|textarea|select) id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if !strings.Contains(page, `<label for="`+id[1]+`"`) {
				t.Errorf("%s has no label", id[1])
			}
		}
	})
}

func TestAsking(t *testing.T) {
	s := newSite(t, Options{Limit: Rate{6000, 1000}})
	const path = "/t/210212/receipt"
	taken := receiptIn.FindStringSubmatch(s.send(0, lushun, s.form("井盖缺失")).body)
	t.Run("The receipt's check code stands in no address and in no cache.", func(t *testing.T) {
		want(t, s.send(0, path, nil), http.StatusOK, `<label for="no">收条编号</label>`)
		a := s.send(0, path, url.Values{"no": {taken[1]}, "code": {strings.ToLower(taken[2])}})
		want(t, a, http.StatusOK, "井盖缺失", "收到（征题）", "2026年3月2日", "2026年3月5日")
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Location") != "" || strings.Contains(a.body, taken[2]) {
			t.Fatal(a)
		}
		want(t, s.send(0, path+"?no="+url.QueryEscape(taken[1])+"&code="+taken[2], url.Values{}), http.StatusUnprocessableEntity, "请填写校验码") // an address is not read
	})
	t.Run("The link to keep has the receipt's number in it; the code is typed.", func(t *testing.T) {
		a := s.send(0, lushun, s.form("楼道灯不亮"))
		own := receiptIn.FindStringSubmatch(a.body)
		link := regexp.MustCompile(`href="(/t/210212/receipt\?no=[^"]+)"`).FindStringSubmatch(a.body)
		if link == nil || strings.Contains(link[1], own[2]) || !strings.Contains(a.body, "楼道灯不亮") || !strings.Contains(a.body, "2026年3月2日") {
			t.Fatal(a.body)
		}
		want(t, s.send(0, html.UnescapeString(link[1]), nil), http.StatusOK, `name="no" value="`+own[1]+`"`)
	})
	t.Run("a wrong number and a wrong code are answered alike", func(t *testing.T) {
		cut := regexp.MustCompile(`value="[^"]*"`)
		a := s.send(0, path, url.Values{"no": {taken[1]}, "code": {"22222222"}})
		b := s.send(0, path, url.Values{"no": {"2026-收-9999"}, "code": {taken[2]}})
		want(t, a, http.StatusUnprocessableEntity, "编号与校验码不相符")
		if a.status != b.status || cut.ReplaceAllString(a.body, "") != cut.ReplaceAllString(b.body, "") {
			t.Fatal(a, b)
		}
		want(t, s.send(0, "/t/210213/receipt", url.Values{"no": {taken[1]}, "code": {taken[2]}}), http.StatusUnprocessableEntity, "不相符")
	})
}

func TestLimits(t *testing.T) {
	s := newSite(t, Options{Limit: Rate{1, 3}, Own: Rate{1, 2}, Platform: Rate{1, 4}})
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	t.Run("An address may send only so much; a body only 64 KB.", func(t *testing.T) {
		for i := range 3 {
			want(t, s.send(0, "/t/210212/receipt", url.Values{"no": {"1"}, "code": {strconv.Itoa(i)}}, from("[2001:db8::1]:1")), http.StatusUnprocessableEntity)
		}
		a := s.send(0, "/t/210212/receipt", url.Values{"no": {"1"}, "code": {"1"}}, from("[2001:db8::ffff]:1")) // the same customer
		want(t, a, http.StatusTooManyRequests, "太频繁")
		if a.header.Get("Retry-After") == "" {
			t.Fatal(a.header)
		}
		want(t, s.send(0, "/t/210212/receipt", nil, from("[2001:db8::1]:1")), http.StatusOK) // reading goes on
		s.clock.Advance(time.Minute)
		want(t, s.send(0, "/t/210212/receipt", url.Values{"no": {"1"}, "code": {"1"}}, from("[2001:db8::1]:1")), http.StatusUnprocessableEntity)
		for range 2 {
			want(t, s.send(0, lushun, s.form("事"), from("192.0.2.1:1")), http.StatusOK)
		}
		want(t, s.send(0, lushun, s.form("事"), from("192.0.2.1:1")), http.StatusTooManyRequests, "事</textarea>")
		large := url.Values{"text": {strings.Repeat("a", mostBody)}}
		want(t, s.send(0, lushun, large, from("198.51.100.1:1")), http.StatusRequestEntityTooLarge, "太多")
	})
	t.Run("what is remembered of addresses is bounded", func(t *testing.T) {
		var m memory[bool]
		for i := range 5 * remembered {
			m.get(strconv.Itoa(i), func() bool { return true })
			m.get("always", func() bool { return true })
		}
		if n := len(m.new) + len(m.old); n > 2*remembered || !m.has("always") || m.has("0") {
			t.Fatal(n)
		}
	})
}

func TestSums(t *testing.T) {
	s, err := newSealer(secret)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		q, n := sum(s.seed(form{Once: uuid.New(), expiry: monday, about: "a/b"}))
		if n < 0 || n > 19 || !strings.HasSuffix(q, "等于几？") {
			t.Fatal(q, n)
		}
	}
	for text, n := range map[string]int{"12": 12, "１２": 12, " 5 ": 5, "零": 0, "〇": 0, "十": 10, "十九": 19, "两": 2} {
		if got, ok := number(text); !ok || got != n {
			t.Error(text, got, ok)
		}
	}
	for _, text := range []string{"", "十十", "十零", "二十", "abc", "1e1"} {
		if n, ok := number(text); ok {
			t.Error(text, n)
		}
	}
}
