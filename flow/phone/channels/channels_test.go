package channels_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/flow/phone/channels"
	"github.com/bihuan/bihuan/flow/phone/channels/channelstest"
	"github.com/bihuan/bihuan/internal/clock"
)

func fate(err error) string {
	var e *channels.Error
	switch {
	case err == nil:
		return "gone"
	case !errors.As(err, &e):
		return err.Error()
	}
	return map[channels.Fate]string{channels.Again: "again", channels.Limited: "limited", channels.Never: "never"}[e.Fate]
}

// The example that the signature's inventor publishes.
func TestTheSignatureIsThePublishedOne(t *testing.T) {
	t.Parallel()
	body := []byte(`{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`)
	got := channels.TC3("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "cvm", "cvm.tencentcloudapi.com", body, time.Unix(1551113065, 0))
	if want := "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"; !strings.HasSuffix(got, want) {
		t.Error(got)
	}
}

const (
	tokenPath = "/cgi-bin/gettoken"
	sendPath  = "/cgi-bin/message/send"
	smsPath   = "/"
)

func TestWhatBecomesOfAMessage(t *testing.T) {
	t.Parallel()
	busy := channelstest.Answer(`{"errcode":45009,"errmsg":"api freq out of limit"}`)
	daily := channelstest.Answer(`{"Response":{"SendStatusSet":[{"Code":"LimitExceeded.PhoneNumberDailyLimit"}]}}`)
	for _, c := range []struct {
		name, channel, path string
		fault               []channelstest.Fault
		want                string
		shown               int
	}{
		{"it goes", "WECOM", sendPath, nil, "gone", 1},
		{"it goes", "SMS", smsPath, nil, "gone", 1},
		{"the carrier is down", "WECOM", sendPath, []channelstest.Fault{channelstest.Status(500)}, "again", 0},
		{"the carrier is down", "SMS", smsPath, []channelstest.Fault{channelstest.Status(502)}, "again", 0},
		{"the carrier gives no token", "WECOM", tokenPath, []channelstest.Fault{channelstest.Status(500)}, "again", 0},
		{"the token's answer is empty", "WECOM", tokenPath, []channelstest.Fault{channelstest.Answer(`{}`)}, "again", 0},
		{"the answer breaks off", "WECOM", sendPath, []channelstest.Fault{channelstest.Half}, "again", 0},
		{"the answer breaks off", "SMS", smsPath, []channelstest.Fault{channelstest.Half}, "again", 0},
		{"the answer is no JSON", "SMS", smsPath, []channelstest.Fault{channelstest.Answer(`<html>`)}, "again", 0},
		{"the answer says nothing", "SMS", smsPath, []channelstest.Fault{channelstest.Answer(`{}`)}, "again", 0},
		{"there are too many", "WECOM", sendPath, []channelstest.Fault{busy}, "limited", 0},
		{"there are too many", "SMS", smsPath, []channelstest.Fault{daily}, "limited", 0},
		{"there are too many, said by HTTP", "SMS", smsPath, []channelstest.Fault{channelstest.Status(429)}, "limited", 0},
		{"the token is expired: a fresh one is fetched", "WECOM", sendPath, []channelstest.Fault{channelstest.Answer(`{"errcode":42001,"errmsg":"expired"}`)}, "gone", 1},
		{"and once only", "WECOM", sendPath, []channelstest.Fault{channelstest.Answer(`{"errcode":40014}`), channelstest.Answer(`{"errcode":40014}`)}, "again", 0},
	} {
		t.Run(c.channel+": "+c.name, func(t *testing.T) {
			f := channelstest.New(t)
			f.Fail(c.path, c.fault...)
			to := map[string]string{"WECOM": "zhang.san", "SMS": "13000000001"}[c.channel]
			_, err := f.Channels()[c.channel].Send(context.Background(), channels.Message{ID: "1", To: to, Title: "轮到您办理", Text: "《甲》", Link: "https://a.example/matters/1"})
			if fate(err) != c.want || len(f.Shown()) != c.shown {
				t.Errorf("%v, shown %v", err, f.Shown())
			}
			if err != nil && (strings.Contains(err.Error(), channelstest.Secret) || strings.Contains(err.Error(), to) || strings.Contains(err.Error(), "corpsecret")) {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestTheTokenIsKeptUntilItsEnd(t *testing.T) {
	t.Parallel()
	f, c := channelstest.New(t), &clock.Movable{}
	c.Set(clock.Date(2025, 3, 3))
	ctx, w := clock.With(context.Background(), c), f.Channels()["WECOM"]
	send := func(text string) {
		t.Helper()
		if _, err := w.Send(ctx, channels.Message{To: "zhang.san", Title: "通知", Text: text, Link: "https://a.example/"}); err != nil {
			t.Fatal(err)
		}
	}
	send("一")
	send("二")
	if n := f.Asked(tokenPath); n != 1 {
		t.Errorf("asked for %d tokens", n)
	}
	c.Advance(2 * time.Hour)
	send("三")
	if n := f.Asked(tokenPath); n != 2 {
		t.Errorf("asked for %d tokens", n)
	}
	f.Forget() // another process has got one
	send("四")
	if n := f.Asked(tokenPath); n != 3 || len(f.Shown()) != 4 {
		t.Errorf("asked for %d tokens, shown %v", n, f.Shown())
	}
}

func TestAMessageIsTakenLiterally(t *testing.T) {
	t.Parallel()
	f := channelstest.New(t)
	ctx, all := context.Background(), f.Channels()
	long := strings.Repeat("长", 300)
	m := channels.Message{ID: "1", To: "zhang.san", Title: "轮到您办理", Text: `《<a href="x">甲</a>》`, Link: "https://a.example/"}
	for range 2 { // the same again: 企业微信 shows one
		if _, err := all["WECOM"].Send(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	f.Gone("li.si")
	if _, err := all["WECOM"].Send(ctx, channels.Message{To: "li.si", Title: "通知", Link: "https://a.example/"}); fate(err) != "never" {
		t.Error(err)
	}
	for _, m := range []channels.Message{{ID: "2", To: "13000000001", Title: "通知", Text: long, Link: "https://a.example/"}, {ID: "3", To: "13000000001", Code: "012345"}} {
		if _, err := all["SMS"].Send(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	got := f.Shown()
	if len(got) != 3 || strings.Contains(got[0].Text, "<a") || len([]rune(got[1].Text)) != 20 || got[1].To != "+8613000000001" || got[2].Text != "012345" || got[2].Link != "" {
		t.Errorf("%+v", got)
	}
}

// The asker waits no longer than it said; nothing here waits for a time to pass:
// the asker's context ends.
func TestALateAnswerCountsAsNone(t *testing.T) {
	t.Parallel()
	f := channelstest.New(t)
	f.Fail(smsPath, channelstest.Late)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() {
		_, err := f.Channels()["SMS"].Send(ctx, channels.Message{ID: "1", To: "13000000001", Title: "通知", Link: "https://a.example/"})
		done <- err
	}()
	for f.Asked(smsPath) == 0 {
		runtime.Gosched()
	}
	cancel()
	if err := <-done; fate(err) != "again" {
		t.Error(err)
	}
}
