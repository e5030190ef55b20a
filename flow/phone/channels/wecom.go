package channels

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// WeCom sends application messages of 企业微信, as cards that open a page.
type WeCom struct {
	Base   string // such as https://qyapi.weixin.qq.com
	Corp   string
	Agent  int
	Secret string

	caller caller
	mu     sync.Mutex
	token  string
	until  time.Time
}

// NewWeCom makes it.
func NewWeCom(base, corp string, agent int, secret string) *WeCom {
	return &WeCom{Base: strings.TrimSuffix(base, "/"), Corp: corp, Agent: agent, Secret: secret, caller: newCaller()}
}

// spare is how long before its end a token is not used any more.
const spare = 5 * time.Minute

// sameWithin is how long 企业微信 takes the same words to the same person for one
// message, in seconds: its most, four hours. A message that is tried again after
// its answer was lost comes once.
const sameWithin = 14400

type wecomAnswer struct {
	Code    int    `json:"errcode"`
	Says    string `json:"errmsg"`
	Token   string `json:"access_token"`
	Expires int    `json:"expires_in"`
	Invalid string `json:"invaliduser"`
	ID      string `json:"msgid"`
}

// Send is called again with the same message without a second card, within four
// hours.
func (w *WeCom) Send(ctx context.Context, m Message) (receipt string, err error) {
	token, err := w.have(ctx, "")
	if err != nil {
		return "", err
	}
	a, err := w.send(ctx, token, m)
	if err == nil && slices.Contains([]int{40014, 42001, 42009}, a.Code) { // it was taken back, or another process got a newer one
		if token, err = w.have(ctx, token); err == nil {
			a, err = w.send(ctx, token, m)
		}
	}
	if err != nil {
		return "", err
	}
	return a.ID, a.fault()
}

// have is a token that is not the stale one. Several who ask at once ask 企业微信
// once, which allows few.
func (w *WeCom) have(ctx context.Context, stale string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := clock.Now(ctx)
	if w.token != "" && w.token != stale && now.Before(w.until) {
		return w.token, nil
	}
	q := url.Values{"corpid": {w.Corp}, "corpsecret": {w.Secret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.Base+"/cgi-bin/gettoken?"+q.Encode(), nil)
	if err != nil {
		return "", err
	}
	var a wecomAnswer
	if err := w.caller.ask(req, &a); err != nil {
		return "", err
	}
	if err := a.fault(); err != nil {
		return "", err
	}
	if a.Token == "" {
		return "", &Error{Again, unreadable, "企业微信没有给出令牌"}
	}
	w.token, w.until = a.Token, now.Add(time.Duration(a.Expires)*time.Second-spare)
	return w.token, nil
}

func (w *WeCom) send(ctx context.Context, token string, m Message) (a wecomAnswer, err error) {
	body := map[string]any{"touser": m.To, "agentid": w.Agent, "enable_duplicate_check": 1, "duplicate_check_interval": sameWithin}
	if m.Code != "" {
		body["msgtype"], body["text"] = "text", map[string]any{"content": codeText(m.Code)}
	} else {
		body["msgtype"] = "textcard"
		body["textcard"] = map[string]any{
			"title": clip(m.Title, 64), "description": html.EscapeString(clip(cmp.Or(m.Text, m.Title), 200)), "url": m.Link, "btntxt": "打开"}
	}
	req, _, err := post(ctx, w.Base+"/cgi-bin/message/send?"+url.Values{"access_token": {token}}.Encode(), body)
	if err != nil {
		return a, err
	}
	return a, w.caller.ask(req, &a)
}

func codeText(code string) string {
	return fmt.Sprintf("验证码 %s，10 分钟内有效。不是您本人在登记号码，请不要理会，也不要告诉别人。", code)
}

// fault is what a code of 企业微信 means; nil when all is well.
func (a wecomAnswer) fault() error {
	code := fmt.Sprint(a.Code)
	switch a.Code {
	case 0:
		if a.Invalid != "" {
			return &Error{Never, "invaliduser", "企业微信里没有这个账号，或它不在应用的可见范围内"}
		}
		return nil
	case 81013, 60111, 40003:
		return &Error{Never, code, "企业微信里没有这个账号，或它不在应用的可见范围内"}
	case 45009, 45033:
		return &Error{Limited, code, "企业微信说发得太多，稍后再发"}
	case 40001, 40013, 40056, 301002, 60020:
		return &Error{Again, code, "企业微信不认应用的密钥、编号或本机的地址，请系统运维人员核对配置"}
	}
	return &Error{Again, code, "企业微信没有收下"}
}
