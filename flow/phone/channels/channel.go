// Package channels speaks to those who carry a message to a phone.
//
// The contract:
//
//   - A channel is asked once for one message to one person; it says what became of it, and never tries again by itself but for a token that has just expired.
//   - An answer that is late, broken or unreadable counts as none: the message may have gone, so what asks again brings the same id and the same words.
//   - Nothing of a channel's secret, and no address of a person, is in an error.
//   - A message says no more than its words; what they may say is its writer's question.
package channels

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Message is what is to be shown on one phone.
type Message struct {
	ID    string // the same when it is tried again
	To    string // how the channel calls the person
	Title string // what it is, a few words
	Text  string // what it is about; may be empty
	Link  string // what opens
	Code  string // a code to be typed, instead of all of these
}

// Channel carries messages. receipt is what the carrier calls it, for asking him
// afterwards.
type Channel interface {
	Send(ctx context.Context, m Message) (receipt string, err error)
}

// Fate is what a failure means for the message.
type Fate int

const (
	Again   Fate = iota // it may go through later
	Limited             // too many at present: the channel rests
	Never               // not to this person by this channel
)

// Error is what a carrier answered. Says is for the administrator, in Chinese.
type Error struct {
	Fate Fate
	Code string
	Says string
}

func (e *Error) Error() string { return fmt.Sprintf("channels: %s %s", e.Code, e.Says) }

// Codes that are not a carrier's own.
const (
	noAnswer   = "NO_ANSWER"
	unreadable = "UNREADABLE"
)

const (
	patience   = 10 * time.Second
	mostAnswer = 64 << 10
)

// caller asks over HTTP and reads a short JSON answer. It follows nobody
// elsewhere: a secret goes to the configured host only.
type caller struct{ http *http.Client }

func newCaller() caller {
	return caller{&http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (c caller) ask(req *http.Request, into any) error {
	res, err := c.http.Do(req)
	if err != nil {
		return lost(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		return &Error{Limited, "429", "对方说发得太快"}
	case res.StatusCode != http.StatusOK:
		return &Error{Again, fmt.Sprint(res.StatusCode), fmt.Sprintf("对方答复状态 %d", res.StatusCode)}
	case err != nil:
		return lost(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &Error{Again, unreadable, "对方的答复读不出来"}
	}
	return nil
}

// lost hides the address that was asked, which may hold a secret.
func lost(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) && asked.Timeout() {
		return &Error{Again, noAnswer, "对方没有按时答复"}
	}
	return &Error{Again, noAnswer, "连不上对方，或答复中断"}
}

func post(ctx context.Context, address string, body any) (*http.Request, []byte, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", contentType)
	return req, b, nil
}

const contentType = "application/json; charset=utf-8"

// clip shortens to n characters.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
