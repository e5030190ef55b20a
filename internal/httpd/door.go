package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// LinkParam is the parameter of an address that a browser opens without a
// header (ADR 35).
const LinkParam = "link"

// As runs fn as whoever a request's token names, in a transaction of his. What
// it ends with is an error of the vocabulary where the vocabulary has a word
// for it. It may run fn twice, when nothing of the first time has been kept.
type As func(r *http.Request, write bool, fn func(context.Context) error) error

// Door is what every handler stands in that answers one request with one thing:
// who asks, and how an error is answered.
type Door struct {
	As    As
	Known func(error) error // puts what lower parts say into the vocabulary; nil leaves it
	Log   *slog.Logger
}

// statuses are the HTTP statuses of the vocabulary; what is not here is 500.
// GraphQL has statuses of its own for a request that is wrong or refused in
// part (GraphQL over HTTP, 6.4), and these for one that failed as a whole.
var statuses = map[errs.Code]int{
	errs.Unauthenticated:   http.StatusUnauthorized,
	errs.NotFound:          http.StatusNotFound,
	errs.NotAllowed:        http.StatusForbidden,
	errs.NotAllowedInState: http.StatusConflict,
	errs.GuardFailed:       http.StatusConflict,
	errs.DeadlinePassed:    http.StatusConflict,
	errs.VersionConflict:   http.StatusConflict,
	errs.Conflict:          http.StatusConflict,
	errs.Invalid:           http.StatusBadRequest,
	errs.Limited:           http.StatusRequestEntityTooLarge,
	errs.Unavailable:       http.StatusServiceUnavailable,
}

// Status is the HTTP status of a code.
func Status(code errs.Code) int { return or(statuses[code], http.StatusInternalServerError) }

// Complete sets the headers that RFC 9110 wants beside a status, unless they are
// set.
func Complete(h http.Header, status int) {
	name, value := "", ""
	switch status {
	case http.StatusUnauthorized:
		name, value = "WWW-Authenticate", "Bearer"
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		name, value = "Retry-After", "1" // seconds
	default:
		return
	}
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// Handler is fn with its error answered.
func (d Door) Handler(fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			d.Fail(w, r, err, nil)
		}
	})
}

// Fail answers with an error: {"code", "message", "requestId"}, "path" where it
// is about one part of what was sent, "details" where there are any, and what the caller adds. An error without
// a word in the vocabulary is logged and not shown.
func (d Door) Fail(w http.ResponseWriter, r *http.Request, err error, more map[string]any) {
	if d.Known != nil {
		err = d.Known(err)
	}
	e := errs.Shown(err)
	if e.Code == errs.Internal || e.Code == errs.Unavailable {
		d.Log.ErrorContext(r.Context(), "request failed", "request_id", RequestID(r.Context()), "error", err.Error())
	}
	body := map[string]any{}
	for k, v := range more {
		body[k] = v
	}
	if len(e.Path) > 0 {
		body["path"] = e.Path
	}
	if len(e.Details) > 0 {
		body["details"] = e.Details
	}
	fail(w, r, Status(e.Code), e, body)
}

// fail writes the one shape of an error.
func fail(w http.ResponseWriter, r *http.Request, status int, e *errs.Error, body map[string]any) {
	Annotate(r.Context(), slog.String("error_code", string(e.Code)))
	for _, of := range []string{"Content-Length", "Content-Disposition"} { // what the handler was about to send
		w.Header().Del(of)
	}
	body["code"], body["message"], body["requestId"] = e.Code, e.Message, RequestID(r.Context())
	Complete(w.Header(), status)
	JSON(w, status, body)
}

// JSON answers with a value. What answers somebody is for nobody else's cache.
func JSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that hung up needs no answer
}

// MethodNotAllowed answers 405 and names what is allowed.
func MethodNotAllowed(w http.ResponseWriter, r *http.Request, allowed string) {
	w.Header().Set("Allow", allowed)
	fail(w, r, http.StatusMethodNotAllowed, errs.New(errs.Invalid, "这个网址只接受 %s", allowed), map[string]any{})
}

// Patient gives a request that is large, or its answer, more time than others
// have. Called again it counts from then.
func Patient(w http.ResponseWriter, d time.Duration) error {
	c, until := http.NewResponseController(w), time.Now().Add(d)
	for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetWriteDeadline} {
		if err := set(until); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	return nil
}

// Within gives what is written next so long to reach the client. Called again it
// counts from then.
func Within(w http.ResponseWriter, d time.Duration) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d)) // where there is none to set, nothing blocks
}
