package channels

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// SMS sends by a gateway that takes requests signed as TC3-HMAC-SHA256 and
// fills a template that its operator has approved: of a notice its short text and
// its link, of a confirmation the code. The gateway knows no repeated request:
// what is tried again after its answer was lost may come twice.
type SMS struct {
	Options
	host   string
	caller caller
}

// Options are what the gateway's operator has given out.
type Options struct {
	URL          string // such as https://sms.tencentcloudapi.com
	Region       string
	ID, Key      string
	App          string
	Sign         string // 短信签名
	Template     string // with the text and the link
	CodeTemplate string // with the code
}

// NewSMS makes it.
func NewSMS(o Options) (*SMS, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("channels: %q is no address of a gateway", o.URL)
	}
	return &SMS{o, u.Host, newCaller()}, nil
}

const (
	smsAction  = "SendSms"
	smsVersion = "2021-01-11"
	smsService = "sms"
	mostText   = 20 // characters of a variable of a template that networks let pass
)

type smsAnswer struct {
	Response struct {
		Error *struct{ Code, Message string }
		Set   []struct{ SerialNo, Code, Message string } `json:"SendStatusSet"`
	}
}

// Send is called again with the same message at the risk of a second one.
func (s *SMS) Send(ctx context.Context, m Message) (receipt string, err error) {
	template, words := s.Template, []string{clip(cmp.Or(m.Text, m.Title), mostText), m.Link}
	if m.Code != "" {
		template, words = s.CodeTemplate, []string{m.Code}
	}
	req, body, err := post(ctx, s.URL, map[string]any{
		"PhoneNumberSet": []string{"+86" + m.To}, "SmsSdkAppId": s.App, "SignName": s.Sign, "TemplateId": template, "TemplateParamSet": words, "SessionContext": m.ID,
	})
	if err != nil {
		return "", err
	}
	s.sign(req, body, clock.Now(ctx))
	var a smsAnswer
	if err := s.caller.ask(req, &a); err != nil {
		return "", err
	}
	switch r := a.Response; {
	case r.Error != nil:
		return "", smsFault(r.Error.Code)
	case len(r.Set) != 1:
		return "", &Error{Again, unreadable, "短信网关的答复读不出来"}
	case r.Set[0].Code != "Ok":
		return "", smsFault(r.Set[0].Code)
	}
	return a.Response.Set[0].SerialNo, nil
}

func smsFault(code string) error {
	switch {
	case strings.HasPrefix(code, "LimitExceeded") || strings.HasPrefix(code, "RequestLimitExceeded"):
		return &Error{Limited, code, "短信网关说发得太多，稍后再发"}
	case strings.HasPrefix(code, "InvalidParameterValue.IncorrectPhoneNumber"), strings.HasPrefix(code, "FailedOperation.PhoneNumberInBlacklist"),
		strings.HasPrefix(code, "UnsupportedOperation"):
		return &Error{Never, code, "这个号码收不到短信：号码不对、已退订或不在境内"}
	case strings.HasPrefix(code, "AuthFailure"), strings.HasPrefix(code, "UnauthorizedOperation"), strings.HasPrefix(code, "FailedOperation"), strings.HasPrefix(code, "InvalidParameterValue"):
		return &Error{Again, code, "短信网关不认密钥、签名或模板，或余额不足，请系统运维人员核对"}
	}
	return &Error{Again, code, "短信网关没有收下"}
}

// sign puts the gateway's headers on a request.
func (s *SMS) sign(req *http.Request, body []byte, now time.Time) {
	req.Header.Set("X-TC-Action", smsAction)
	req.Header.Set("X-TC-Version", smsVersion)
	req.Header.Set("X-TC-Region", s.Region)
	req.Header.Set("X-TC-Timestamp", fmt.Sprint(now.Unix()))
	req.Header.Set("Authorization", TC3(s.ID, s.Key, smsService, s.host, body, now))
}

// TC3 is the Authorization of a JSON request by POST to the path /. Signed are
// its content type, its host, its body and its second.
func TC3(id, key, service, host string, body []byte, now time.Time) string {
	const signed = "content-type;host"
	day := now.UTC().Format(time.DateOnly)
	scope := day + "/" + service + "/tc3_request"
	canonical := strings.Join([]string{http.MethodPost, "/", "", "content-type:" + contentType, "host:" + host, "", signed, sum(body)}, "\n")
	said := strings.Join([]string{"TC3-HMAC-SHA256", fmt.Sprint(now.Unix()), scope, sum([]byte(canonical))}, "\n")
	k := mac(mac(mac([]byte("TC3"+key), day), service), "tc3_request")
	return fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s", id, scope, signed, hex.EncodeToString(mac(k, said)))
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
