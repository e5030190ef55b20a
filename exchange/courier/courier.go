package courier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// fileTime is how long a file may take either way: exchange.MaxFile at 30 kB/s,
// and thousands of envelopes to apply.
const fileTime = 30 * time.Minute

// contentType of a file: JSON lines.
const contentType = "application/x-ndjson"

// Handler serves GET /exchange/{partner} and POST /exchange.
type Handler struct {
	httpd.Door
	From     func(context.Context) audit.From
	Exchange *exchange.Service
}

// ServeHTTP routes by method. HEAD is not GET without a body here: a download
// is recorded.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.Handler(h.download).ServeHTTP(w, r)
	case http.MethodPost:
		done, err := h.upload(w, r)
		if err != nil {
			h.Fail(w, r, err, extras(err, done))
			return
		}
		httpd.JSON(w, http.StatusOK, counts(done))
	default:
		httpd.MethodNotAllowed(w, r, "GET, POST")
	}
}

// download makes the file in one transaction with its record, and sends it when
// that is kept: a record without a download is harmless, since exporting again
// writes the same.
func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	partner := r.PathValue("partner")
	from, err := first(r.URL.RawQuery)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	var out exchange.Exported
	err = h.As(r, true, func(ctx context.Context) error {
		ctx, changes := audit.Collect(ctx)
		var err error
		file.Reset()
		if out, err = h.Exchange.Export(ctx, &file, partner, from); err != nil {
			return err
		}
		v, all := authz.From(ctx), changes.Changes()
		return audit.Write(ctx, audit.Entry{
			Action: "exportEnvelopes", Actor: v.Actor(),
			Object: audit.Object(all[0].Entity, all[0].ID), From: h.From(r.Context()), Changes: all,
		})
	})
	if err != nil {
		return err
	}
	httpd.Download(w, contentType, fileName(partner, out))
	hd := w.Header()
	hd.Set("Content-Length", strconv.Itoa(file.Len()))
	if out.More && out.To >= out.From { // else the agreement lets nothing more out
		hd.Set("Link", fmt.Sprintf(`</exchange/%s?from=%d>; rel="next"`, url.PathEscape(partner), out.To+1))
	}
	if err := httpd.Patient(w, fileTime); err != nil {
		return err
	}
	if _, err := file.WriteTo(w); err != nil {
		h.Log.Warn("a download of envelopes broke off", "partner", partner, "error", err)
	}
	return nil
}

// first is the number from which to export, 0 where none is given.
func first(query string) (int64, error) {
	q, err := url.ParseQuery(query) // URL.Query() leaves out what it cannot read
	if err != nil {
		return 0, errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	text := q.Get("from")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.Invalid, "from 应是信封的号数，从 1 起；不写则从未确认的第一封起").At("from")
	}
	return n, nil
}

// fileName tells files apart in a folder: partner and numbers.
func fileName(partner string, out exchange.Exported) string {
	if out.To < out.From {
		return fmt.Sprintf("envelopes-%s-receipts-%d.jsonl", partner, out.From)
	}
	return fmt.Sprintf("envelopes-%s-%d-%d.jsonl", partner, out.From, out.To)
}

// upload asks for the right before it reads, and takes the file in.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) (done exchange.Imported, err error) {
	var v *authz.Viewer
	err = h.As(r, false, func(ctx context.Context) (err error) {
		v, err = authz.Require(ctx, "exchange.manage")
		return err
	})
	if err != nil {
		return done, err
	}
	if r.ContentLength > exchange.MaxFile {
		return done, errs.New(errs.Limited, "文件超过 %d MB，请对方分次导出", exchange.MaxFile>>20).At("file")
	}
	if t, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); strings.HasPrefix(t, "multipart/") {
		return done, errs.New(errs.Invalid, "请把信封文件原样作为请求的内容提交（%s），不要用表单", contentType).At("file")
	}
	if err := httpd.Patient(w, fileTime); err != nil {
		return done, err
	}
	body := &reader{r: http.MaxBytesReader(w, r.Body, exchange.MaxFile+1)} // Import refuses what is above MaxFile
	done, err = h.Exchange.Import(authz.With(r.Context(), v), v.Tenant, body)
	if body.broken != nil && err != nil {
		err = errs.New(errs.Invalid, "文件没有传完，请重新上传").At("file").Because(err)
	}
	return done, err
}

// reader notes that the line broke, which no check of the file can tell.
type reader struct {
	r      io.Reader
	broken error
}

func (b *reader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		b.broken = err
	}
	return n, err
}

func counts(d exchange.Imported) map[string]any {
	return map[string]any{"partner": d.Partner, "applied": d.Applied, "refused": d.Refused, "repeated": d.Repeated}
}

// extras are what an error about a file says beside the one shape: the line, why,
// and what of the file has been taken in all the same.
func extras(err error, done exchange.Imported) map[string]any {
	out := map[string]any{}
	if e, ok := errs.As(err); ok {
		for _, key := range []string{"line", "reason"} {
			if x, ok := e.Details[key]; ok {
				out[key] = x
			}
		}
	}
	if done.Partner != "" {
		out["done"] = counts(done)
	}
	return out
}
