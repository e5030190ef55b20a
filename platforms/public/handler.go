package public

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/tenants"
)

// Options are what a handler needs.
type Options struct {
	Store     *tenants.Store
	Platforms *platforms.Service
	Secret    []byte    // at least 32 bytes, the same on every replica
	Limit     Rate      // of one address, for what it sends; zero: 10 a minute, 20 at once. Ten times that for what it reads
	Own       Rate      // of one address on one platform, for topics; zero: 1 a minute, 5 at once
	Platform  Rate      // of one platform, for topics beyond the first of an address; zero: 60 a minute, 120 at once
	Easy      Challenge // what a form asks; nil: Sum
	Hard      Challenge // and while a platform's rate is used up; nil: Digits
	Log       *slog.Logger
}

// Handler serves the pages below /t/.
type Handler struct {
	o      Options
	sealer *sealer
	origin *http.CrossOriginProtection
	mux    *http.ServeMux
	sends  limiter               // by address
	reads  limiter               // by address
	own    limiter               // by platform and address
	topics limiter               // by platform
	first  memory[bool]          // platforms and addresses that have sent a topic
	busy   memory[*atomic.Int64] // until which second a platform asks the hard way
	spent  memory[bool]
}

// New makes a handler. It serves the paths below /t/ only.
func New(o Options) (*Handler, error) {
	if o.Store == nil || o.Platforms == nil {
		return nil, errors.New("public: a store and a service are needed")
	}
	if o.Limit == (Rate{}) {
		o.Limit = Rate{10, 20}
	}
	if o.Own == (Rate{}) {
		o.Own = Rate{1, 5}
	}
	if o.Easy == nil {
		o.Easy = Sum{}
	}
	if o.Hard == nil {
		o.Hard = Digits{}
	}
	if o.Platform == (Rate{}) {
		o.Platform = Rate{60, 120}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s, err := newSealer(o.Secret)
	if err != nil {
		return nil, err
	}
	h := &Handler{o: o, sealer: s, origin: http.NewCrossOriginProtection(), mux: http.NewServeMux()}
	h.sends.rate, h.own.rate, h.topics.rate = o.Limit, o.Own, o.Platform
	h.reads.rate = Rate{10 * o.Limit.PerMinute, 10 * o.Limit.Burst}
	h.mux.HandleFunc("GET /t/style.css", h.style)
	h.mux.HandleFunc("GET /t/{committee}", h.page(h.list))
	h.mux.HandleFunc("GET /t/{committee}/receipt", h.page(h.ask))
	h.mux.HandleFunc("POST /t/{committee}/receipt", h.page(h.answer))
	h.mux.HandleFunc("GET /t/{committee}/{platform}/picture", h.media("image/png", Challenge.Picture))
	h.mux.HandleFunc("GET /t/{committee}/{platform}/sound", h.media("audio/wav", Challenge.Sound))
	h.mux.HandleFunc("GET /t/{committee}/{platform}", h.page(h.show))
	h.mux.HandleFunc("POST /t/{committee}/{platform}", h.page(h.take))
	h.mux.HandleFunc("/t/", h.page(func(*http.Request) (*view, error) { return nil, missing() }))
	return h, nil
}

// mostBody is the largest body, in bytes; the longest topic needs a tenth.
const mostBody = 64 << 10

// ServeHTTP gives every answer its protection.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hd := w.Header()
	hd.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	hd.Set("X-Frame-Options", "DENY")
	hd.Set("X-Content-Type-Options", "nosniff")
	// With no-referrer a browser says "Origin: null" of its own forms.
	hd.Set("Referrer-Policy", "same-origin")
	hd.Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	h.mux.ServeHTTP(w, r)
}

// missing is every page that is not there.
func missing() error { return errs.New(errs.NotFound, "没有这个页面") }

// page makes a handler of what finds out what to show.
func (h *Handler) page(fn func(*http.Request) (*view, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var v *view
		err := h.admit(r)
		if err == nil {
			v, err = fn(r)
		}
		if err != nil {
			v = h.failure(r, err)
		}
		var b bytes.Buffer // whole or not at all
		if err := pages.ExecuteTemplate(&b, v.page, v); err != nil {
			h.o.Log.Error("a public page cannot be shown", "page", v.page, "error", err, "requestId", httpd.RequestID(r.Context()))
			http.Error(w, "暂时无法显示", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if v.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "60")
		}
		w.WriteHeader(v.status)
		_, _ = w.Write(b.Bytes()) // who hung up needs no answer
	}
}

// admit refuses what comes too often, from another site, or is too large.
func (h *Handler) admit(r *http.Request) error {
	now, from := clock.Now(r.Context()), address(r)
	if r.Method != http.MethodPost {
		if !h.reads.allow(from, now) {
			return tooMany()
		}
		return nil
	}
	if !h.sends.allow(from, now) {
		return tooMany()
	}
	if h.origin.Check(r) != nil {
		return errs.New(errs.NotAllowed, "这次提交不是从本页面发出的，请重新打开页面填写")
	}
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return errTooLarge
		}
		return errs.New(errs.Invalid, "提交的内容无法读取，请重新打开页面填写")
	}
	return nil
}

func tooMany() error { return errs.New(errs.Limited, "提交得太频繁了，请过一分钟再试") }

var errTooLarge = errs.New(errs.Limited, "提交的内容太多，请删减后再试")

// failure is the page for an error.
func (h *Handler) failure(r *http.Request, err error) *view {
	v := &view{page: "failure", status: http.StatusInternalServerError, Title: "暂时无法办理", Message: "系统暂时无法办理，请稍后再试。您填写的内容没有保存。"}
	shown, ok := errs.As(err)
	if !ok || shown.Code == errs.Unavailable || shown.Code == errs.Internal {
		if !errors.Is(err, context.Canceled) {
			h.o.Log.Error("a public page failed", "path", r.Pattern, "error", err, "requestId", httpd.RequestID(r.Context()))
		}
		if ok && shown.Code == errs.Unavailable {
			v.status = http.StatusServiceUnavailable
		}
		return v
	}
	v.Title, v.Message = "无法提交", shown.Message
	switch {
	case shown.Code == errs.NotFound:
		v.status, v.Title, v.Message = http.StatusNotFound, "没有这个页面", "请检查网址，或向给您网址的单位询问。"
	case errors.Is(err, errTooLarge):
		v.status = http.StatusRequestEntityTooLarge
	case shown.Code == errs.Limited:
		v.status = http.StatusTooManyRequests
	case shown.Code == errs.NotAllowed:
		v.status = http.StatusForbidden
	case shown.Code == errs.Conflict:
		v.status = http.StatusConflict
	default:
		v.status = http.StatusUnprocessableEntity
	}
	return v
}

// committee is a line of the public directory.
type committee struct {
	ID   uuid.UUID
	Name string
}

// addressForm keeps out what the database would not even read.
var addressForm = regexp.MustCompile(`^[0-9A-Za-z]{1,20}$`)

// committee finds the committee of an address; one that is suspended is not
// there.
func (h *Handler) committee(r *http.Request) (c committee, err error) {
	code := r.PathValue("committee")
	if !addressForm.MatchString(code) {
		return c, missing()
	}
	err = h.o.Store.Global(r.Context(), func(ctx context.Context) error {
		return tenants.Row(ctx, `SELECT id, short_name FROM tenants WHERE code = $1 AND status = 'ACTIVE'`, []any{code}, &c.ID, &c.Name)
	})
	if tenants.NoRows(err) {
		return c, missing()
	}
	return c, err
}

// list shows the committee's platforms that take topics; a committee without one
// is not there.
func (h *Handler) list(r *http.Request) (*view, error) {
	c, err := h.committee(r)
	if err != nil {
		return nil, err
	}
	v := &view{page: "list", status: http.StatusOK, Title: "向谁反映", Committee: c.Name, Here: r.URL.Path, Ask: r.URL.Path + "/receipt"}
	err = h.o.Store.ReadTx(r.Context(), c.ID, func(ctx context.Context) error {
		v.Platforms, err = h.o.Platforms.TakingTopics(ctx)
		return err
	})
	if err == nil && len(v.Platforms) == 0 {
		err = missing()
	}
	return v, err
}

// about is what a form is for.
func about(r *http.Request) string { return r.PathValue("committee") + "/" + r.PathValue("platform") }

// site finds committee and platform of an address.
func (h *Handler) site(r *http.Request) (v *view, c committee, err error) {
	if c, err = h.committee(r); err != nil {
		return nil, c, err
	}
	v = &view{page: "topic", status: http.StatusOK, Committee: c.Name, Most: platforms.LongestTopic,
		Here: r.URL.Path, All: "/t/" + r.PathValue("committee"), Ask: "/t/" + r.PathValue("committee") + "/receipt", Minutes: int(goodFor / time.Minute)}
	err = h.o.Store.ReadTx(r.Context(), c.ID, func(ctx context.Context) error {
		p, err := h.o.Platforms.Public(ctx, r.PathValue("platform"))
		if err == nil {
			v.Title, v.Brand, v.Manners, v.Must = p.Brand, p.Brand, p.Manners, p.Must
			v.streets(p.Streets)
		}
		return err
	})
	return v, c, err
}

func (v *view) streets(list []*gen.Unit) {
	for _, u := range list {
		v.Streets = append(v.Streets, choice{u.ID.String(), u.Name})
	}
}

// fresh gives the page a form of its own.
func (h *Handler) fresh(r *http.Request, v *view) *view {
	f := form{uuid.Must(uuid.NewV7()), h.now(r).Add(goodFor), about(r), h.pressed(r)}
	v.Token = h.sealer.token(f)
	v.Question = h.asks(f).Words(h.sealer.seed(f))
	if f.hard {
		v.Picture, v.Sound = v.Here+"/picture?form="+v.Token, v.Here+"/sound?form="+v.Token
	}
	return v
}

func (h *Handler) show(r *http.Request) (*view, error) {
	v, _, err := h.site(r)
	if err != nil {
		return nil, err
	}
	return h.fresh(r, v), nil
}

// take takes a topic.
func (h *Handler) take(r *http.Request) (*view, error) {
	v, c, err := h.site(r)
	if err != nil {
		return nil, err
	}
	v.fill(r)
	again := func(status int) (*view, error) {
		v.status = status
		return h.fresh(r, v), nil
	}
	in, bad := h.check(r, v)
	if bad {
		return again(http.StatusUnprocessableEntity)
	}
	if why := h.tooMany(r); why != "" {
		v.wrong("answer", why)
		return again(http.StatusTooManyRequests)
	}
	err = h.o.Store.InTx(r.Context(), c.ID, func(ctx context.Context) error {
		receipt, err := h.o.Platforms.SubmitTopic(ctx, in)
		v.No, v.Code = receipt.No, receipt.Code
		return err
	})
	shown, ok := errs.As(err)
	switch {
	case ok && shown.Code == errs.Invalid && len(shown.Path) > 0:
		v.wrong(shown.Path[0], shown.Message)
		return again(http.StatusUnprocessableEntity)
	case ok && shown.Code == errs.Conflict: // the form was used for another text
		v.wrong("answer", "刚才的内容已经提交过了；要反映另一件事，请回答这道新题再提交")
		return again(http.StatusConflict)
	}
	v.page, v.Title, v.On = "taken", "已经收到", h.now(r)
	return v, err
}

// tooMany says why a topic cannot be taken now, empty when it can. Each address
// has a budget of its own, and its first topic is taken whatever others send, so
// that no crowd of addresses shuts the form to the next citizen (S10). While the
// platform's rate is used up its forms ask what programs do not read.
func (h *Handler) tooMany(r *http.Request) string {
	now, where := h.now(r), about(r)
	who := where + " " + address(r)
	if !h.own.allow(who, now) {
		return "您刚才已经提交过几件，请过一分钟回答这道新题再提交"
	}
	within := h.topics.allow(where, now)
	if !within {
		h.busy.get(where, func() *atomic.Int64 { return new(atomic.Int64) }).Store(now.Add(goodFor).Unix())
	}
	known := h.first.has(who)
	h.first.get(who, func() bool { return true })
	if !within && known {
		return "现在提交的人太多，请过一分钟回答这道新题再提交"
	}
	return ""
}

// pressed reports whether more comes to the platform than it takes.
func (h *Handler) pressed(r *http.Request) bool {
	where := about(r)
	return h.busy.has(where) && h.now(r).Unix() < h.busy.get(where, func() *atomic.Int64 { return new(atomic.Int64) }).Load()
}

func (h *Handler) now(r *http.Request) time.Time { return clock.Now(r.Context()) }

// check reads what was filled in; bad: something is wrong, and v says what.
func (h *Handler) check(r *http.Request, v *view) (in platforms.TopicInput, bad bool) {
	f, good := h.sealer.open(r.PostForm.Get("token"), about(r), clock.Now(r.Context()))
	in = platforms.TopicInput{PlatformCode: r.PathValue("platform"), Text: v.Text, Name: v.Name, Phone: v.Phone, Once: f.Once}
	if _, err := in.Tidied(); err != nil {
		if shown, ok := errs.As(err); ok && len(shown.Path) > 0 {
			v.wrong(shown.Path[0], shown.Message)
		}
	}
	switch {
	case v.Street == "" && v.Must:
		v.wrong("street", "请选择在哪个街道，这样才能送到该办的人手里")
	case v.Street != "":
		id, err := uuid.Parse(v.Street)
		if err != nil {
			v.wrong("street", "请重新选择街道")
		}
		in.Street = &id
	}
	switch {
	case r.PostForm.Get("website") != "": // people do not see the field
		v.wrong("website", "请把这一栏留空")
	case !good || h.spent.has(f.Once.String()):
		v.wrong("answer", "页面已经过期，请回答这道新题后再提交")
	case !f.hard && h.pressed(r):
		v.wrong("answer", "现在提交的人很多，请再答这道新题")
	case !h.asks(f).Right(h.sealer.seed(f), r.PostForm.Get("answer")):
		h.spent.get(f.Once.String(), func() bool { return true })
		v.wrong("answer", "答得不对，请再答这道新题")
	}
	return in, len(v.Errors) > 0
}

// asking is the page on which one asks with a receipt.
func (h *Handler) asking(r *http.Request) (*view, committee, error) {
	c, err := h.committee(r)
	return &view{page: "receipt", status: http.StatusOK, Title: "查询办理情况", Committee: c.Name, Here: r.URL.Path}, c, err
}

func (h *Handler) ask(r *http.Request) (*view, error) {
	v, _, err := h.asking(r)
	if err == nil { // the link that was kept has the number in it, and never the code
		v.No = r.URL.Query().Get("no")
	}
	return v, err
}

// answer shows how far a receipt has come. It is a POST so that the check code
// stands in no address.
func (h *Handler) answer(r *http.Request) (*view, error) {
	v, c, err := h.asking(r)
	if err != nil {
		return nil, err
	}
	v.No = strings.TrimSpace(r.PostForm.Get("no"))
	code := strings.TrimSpace(r.PostForm.Get("code"))
	if v.No == "" {
		v.wrong("no", "请填写收条编号")
	}
	if code == "" {
		v.wrong("code", "请填写校验码")
	}
	if len(v.Errors) == 0 {
		err = h.o.Store.ReadTx(r.Context(), c.ID, func(ctx context.Context) (err error) {
			v.Progress, err = h.o.Platforms.LookUp(ctx, v.No, code)
			return err
		})
		if shown, ok := errs.As(err); ok && shown.Code == errs.NotFound {
			v.wrong("code", shown.Message)
			err = nil
		}
	}
	if len(v.Errors) > 0 {
		v.status = http.StatusUnprocessableEntity
	}
	return v, err
}
