package httpd

import (
	"mime"
	"net/http/httptest"
	"testing"
)

func TestDownload(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"谁能做什么20260101.xlsx", `a "b"; c.csv`, ""} {
		w := httptest.NewRecorder()
		Download(w, XLSX, name)
		h := w.Result().Header
		if h.Get("Content-Type") != XLSX || h.Get("Cache-Control") != "private, no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Error(h)
		}
		as := h.Get("Content-Disposition")
		if name == "" {
			if as != "" {
				t.Error("a page is offered as a file: ", as)
			}
			continue
		}
		if how, of, err := mime.ParseMediaType(as); err != nil || how != "attachment" || of["filename"] != name {
			t.Error(as, err)
		}
	}
}
