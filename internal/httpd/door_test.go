package httpd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// TestADoorHasOneTableOfErrors: each fault has one status and one shape, and
// what nobody gave a word for is not shown.
func TestADoorHasOneTableOfErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   errs.Code
		header string // that must stand beside the status
	}{
		{errs.New(errs.Unauthenticated, "请先登录"), 401, errs.Unauthenticated, "WWW-Authenticate"},
		{errs.New(errs.NotAllowed, "不能"), 403, errs.NotAllowed, ""},
		{errs.New(errs.NotFound, "没有"), 404, errs.NotFound, ""},
		{errs.New(errs.NotAllowedInState, "不能"), 409, errs.NotAllowedInState, ""},
		{errs.New(errs.GuardFailed, "还缺"), 409, errs.GuardFailed, ""},
		{errs.New(errs.DeadlinePassed, "已过"), 409, errs.DeadlinePassed, ""},
		{errs.New(errs.VersionConflict, "已改"), 409, errs.VersionConflict, ""},
		{errs.New(errs.Conflict, "已有"), 409, errs.Conflict, ""},
		{errs.New(errs.Invalid, "不对").At("title", "0"), 400, errs.Invalid, ""},
		{errs.New(errs.Limited, "太大"), 413, errs.Limited, ""},
		{errs.New(errs.Unavailable, "稍后"), 503, errs.Unavailable, "Retry-After"},
		{fmt.Errorf("wrapped: %w", errs.New(errs.NotFound, "没有")), 404, errs.NotFound, ""},
		{errors.New("SELECT secret FROM accounts"), 500, errs.Internal, ""},
	} {
		door := httpd.Door{Log: slog.New(slog.DiscardHandler)}
		w := httptest.NewRecorder()
		w.Header().Set("Content-Disposition", "attachment") // of what was about to be sent
		door.Handler(func(http.ResponseWriter, *http.Request) error { return c.err }).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		var body struct {
			Code      errs.Code
			Message   string
			Path      []string
			RequestID *string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err, w.Body)
		}
		shown := errs.Shown(c.err)
		if w.Code != c.status || httpd.Status(c.code) != c.status || body.Code != c.code || body.Message != shown.Message || body.Message == "" ||
			!slices.Equal(body.Path, shown.Path) || body.RequestID == nil || strings.Contains(w.Body.String(), "SELECT") {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
		if h := w.Header(); c.header != "" && h.Get(c.header) == "" || h.Get("Content-Disposition") != "" || h.Get("Cache-Control") != "no-store" ||
			h.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("%v: %v", c.err, w.Header())
		}
	}
}
