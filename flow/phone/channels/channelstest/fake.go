// Package channelstest stands in for the carriers: a server on this machine that
// speaks the HTTP interfaces of 企业微信 and of the gateway, checks tokens and
// signatures as they do, and fails as they do when it is told to.
package channelstest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/phone/channels"
)

// What the fake's customers were given.
const (
	Corp, Secret, Agent = "ww-corp", "corp secret", 1000002
	ID, Key             = "AKID-fake", "key of the fake"
	Template, CodeForm  = "1001", "1002"
)

// Message is one that a phone shows.
type Message struct {
	Channel, To, Title, Text, Link string
}

// Fake is the server. A fault happens to the next request for a path, once.
type Fake struct {
	URL    string
	mu     sync.Mutex
	t      testing.TB
	tokens int
	valid  string
	shown  []Message
	seen   map[string]bool // what 企业微信 has shown already
	asked  map[string]int
	faults map[string][]Fault
	gone   map[string]bool
}

// Fault is how a request goes wrong.
type Fault func(w http.ResponseWriter, r *http.Request) (handled bool)

// New starts it; it ends with the test.
func New(t testing.TB) *Fake {
	f := &Fake{t: t, seen: map[string]bool{}, asked: map[string]int{}, faults: map[string][]Fault{}, gone: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cgi-bin/gettoken", f.token)
	mux.HandleFunc("POST /cgi-bin/message/send", f.wecom)
	mux.HandleFunc("POST /{$}", f.sms)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.fails(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	f.URL = s.URL
	return f
}

// Channels are both, pointed at the fake.
func (f *Fake) Channels() map[string]channels.Channel {
	sms, err := channels.NewSMS(channels.Options{URL: f.URL, Region: "ap-guangzhou", ID: ID, Key: Key, App: "1400000000", Sign: "政协", Template: Template, CodeTemplate: CodeForm})
	if err != nil {
		f.t.Fatal(err)
	}
	return map[string]channels.Channel{"WECOM": channels.NewWeCom(f.URL, Corp, Agent, Secret), "SMS": sms}
}

// Fail makes the next requests for a path fail, one after the other.
func (f *Fake) Fail(path string, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[path] = append(f.faults[path], faults...)
}

func (f *Fake) fails(w http.ResponseWriter, r *http.Request) bool {
	f.mu.Lock()
	f.asked[r.URL.Path]++
	var fault Fault
	if list := f.faults[r.URL.Path]; len(list) > 0 {
		fault, f.faults[r.URL.Path] = list[0], list[1:]
	}
	f.mu.Unlock()
	return fault != nil && fault(w, r)
}

// Status answers with an HTTP status.
func Status(code int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		http.Error(w, "down", code)
		return true
	}
}

// Answer answers something else.
func Answer(body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = io.WriteString(w, body)
		return true
	}
}

// Half breaks the connection in the middle of an answer.
func Half(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Length", "400")
	_, _ = io.WriteString(w, `{"errcode":0,"errm`)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// Late lets the asker hang up first.
func Late(_ http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice
	<-r.Context().Done()
	return true
}

// Forget makes the token worth nothing, as when another process got a newer one.
func (f *Fake) Forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.valid = ""
}

// Gone says that nobody is reached there.
func (f *Fake) Gone(to string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone[to] = true
}

// Shown is what phones have shown, in order.
func (f *Fake) Shown() []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Message{}, f.shown...)
}

// Asked is how often a path was asked.
func (f *Fake) Asked(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

func say(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if q := r.URL.Query(); q.Get("corpid") != Corp || q.Get("corpsecret") != Secret {
		say(w, map[string]any{"errcode": 40001, "errmsg": "invalid credential"})
		return
	}
	f.tokens++
	f.valid = fmt.Sprint("token-", f.tokens)
	say(w, map[string]any{"errcode": 0, "errmsg": "ok", "access_token": f.valid, "expires_in": 7200})
}

func (f *Fake) wecom(w http.ResponseWriter, r *http.Request) {
	var in struct {
		To       string                                   `json:"touser"`
		Agent    int                                      `json:"agentid"`
		Type     string                                   `json:"msgtype"`
		Check    int                                      `json:"enable_duplicate_check"`
		Interval int                                      `json:"duplicate_check_interval"`
		Card     struct{ Title, Description, URL string } `json:"textcard"`
		Text     struct{ Content string }
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	f.mu.Lock()
	defer f.mu.Unlock()
	m := Message{"WECOM", in.To, in.Card.Title, in.Card.Description, in.Card.URL}
	if in.Type == "text" {
		m = Message{"WECOM", in.To, "", in.Text.Content, ""}
	}
	key := fmt.Sprint(m)
	switch {
	case f.valid == "" || r.URL.Query().Get("access_token") != f.valid:
		say(w, map[string]any{"errcode": 40014, "errmsg": "invalid access_token"})
	case err != nil || in.Agent != Agent || (in.Type != "textcard" && in.Type != "text") || in.Interval > 14400 || strings.ContainsAny(in.To, "|@ "):
		say(w, map[string]any{"errcode": 40008, "errmsg": "invalid message"})
	case f.gone[in.To]:
		say(w, map[string]any{"errcode": 0, "errmsg": "ok", "invaliduser": in.To})
	default:
		if !f.seen[key] || in.Check == 0 {
			f.shown = append(f.shown, m)
		}
		f.seen[key] = true
		say(w, map[string]any{"errcode": 0, "errmsg": "ok", "msgid": fmt.Sprint("m", len(f.shown))})
	}
}

func (f *Fake) sms(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct {
		PhoneNumberSet, TemplateParamSet                  []string
		SmsSdkAppId, SignName, TemplateId, SessionContext string
	}
	err := json.Unmarshal(body, &in)
	f.mu.Lock()
	defer f.mu.Unlock()
	second, _ := strconv.ParseInt(r.Header.Get("X-TC-Timestamp"), 10, 64)
	u, _ := url.Parse(f.URL)
	if r.Header.Get("Authorization") != channels.TC3(ID, Key, "sms", u.Host, body, time.Unix(second, 0)) || r.Header.Get("X-TC-Action") != "SendSms" {
		say(w, map[string]any{"Response": map[string]any{"Error": map[string]any{"Code": "AuthFailure.SignatureFailure", "Message": "no"}, "RequestId": "r"}})
		return
	}
	one := map[string]any{"SerialNo": fmt.Sprint("s", len(f.shown)+1), "Code": "Ok", "Message": "send success"}
	switch {
	case err != nil || len(in.PhoneNumberSet) != 1 || in.SessionContext == "" || in.SignName == "" || len(in.TemplateParamSet) != map[string]int{Template: 2, CodeForm: 1}[in.TemplateId]:
		one = map[string]any{"Code": "InvalidParameterValue.TemplateParameterFormatError"}
	case f.gone[in.PhoneNumberSet[0]]:
		one = map[string]any{"Code": "InvalidParameterValue.IncorrectPhoneNumber"}
	case in.TemplateId == CodeForm:
		f.shown = append(f.shown, Message{"SMS", in.PhoneNumberSet[0], "", in.TemplateParamSet[0], ""})
	default:
		f.shown = append(f.shown, Message{"SMS", in.PhoneNumberSet[0], "", in.TemplateParamSet[0], in.TemplateParamSet[1]})
	}
	say(w, map[string]any{"Response": map[string]any{"SendStatusSet": []any{one}, "RequestId": "r"}})
}
