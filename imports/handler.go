package imports

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/sheet"
)

// slowTime is how long a file may take on its way: MostBytes at 30 kB/s.
const slowTime = 6 * time.Minute

// Handler serves POST /imports?kind= and GET /imports/template.xlsx?kind=,
// /imports/export.xlsx and /imports/{id}/marked.xlsx.
type Handler struct {
	httpd.Door
	From    func(context.Context) audit.From
	Service *Service
}

// ServeHTTP routes by method and path.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	post := r.Method == http.MethodPost
	switch {
	case r.URL.Path == "/imports" && post:
		h.Handler(h.upload).ServeHTTP(w, r)
	case r.URL.Path == "/imports":
		httpd.MethodNotAllowed(w, r, "POST")
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		h.Handler(h.download).ServeHTTP(w, r)
	default:
		httpd.MethodNotAllowed(w, r, "GET, HEAD")
	}
}

// upload reads the file before it takes a transaction: a large workbook is a
// second's work.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	may := func(ctx context.Context) error {
		_, _, err := h.Service.enter(ctx)
		return err
	}
	if err := h.As(r, false, may); err != nil {
		return err
	}
	if err := httpd.Patient(w, slowTime); err != nil {
		return err
	}
	in := Upload{Kind: q.Get("kind")}
	if in.Name, in.Body, err = received(r); err != nil {
		return err
	}
	if err := in.Read(); err != nil {
		return err
	}
	var b *Batch
	err = h.As(r, true, func(ctx context.Context) (err error) {
		if b, err = h.Service.Start(ctx, in); err != nil {
			return err
		}
		return h.book(ctx, "uploadImport", audit.Object("Import", b.ID), b.FileName, fmt.Sprintf("%d 行", b.Total))
	})
	if err != nil {
		return err
	}
	httpd.JSON(w, http.StatusCreated, map[string]any{"id": b.ID, "name": b.FileName, "total": b.Total, "leftOut": b.LeftOut})
	return nil
}

// received takes the file of a request.
func received(r *http.Request) (name string, body []byte, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return "", nil, errs.New(errs.Invalid, "请用 multipart/form-data 上传，文件放在 file 栏")
	}
	part, err := parts.NextPart()
	if err != nil || part.FormName() != "file" || part.FileName() == "" {
		return "", nil, errs.New(errs.Invalid, "第一栏应是 file，并带文件名")
	}
	body, err = io.ReadAll(io.LimitReader(part, sheet.MostBytes+1))
	if err != nil {
		if _, known := errs.As(err); known {
			return "", nil, err
		}
		return "", nil, errs.New(errs.Invalid, "文件没有传完，请重新上传").Because(err)
	}
	return part.FileName(), body, nil
}

// book records who brought or took what (domain.md 10.4).
func (h *Handler) book(ctx context.Context, action, object, name, says string) error {
	return audit.Write(ctx, audit.Entry{
		Action: action, Actor: authz.From(ctx).Actor(), Object: object, ObjectName: name, Reason: says, From: h.From(ctx), Changes: []audit.Change{},
	})
}

// download answers a workbook, written before anything of the answer is.
func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	var out bytes.Buffer
	name := ""
	err = h.As(r, true, func(ctx context.Context) (err error) {
		out.Reset() // it may run twice
		name, err = h.written(ctx, r, q, &out)
		return err
	})
	if err != nil {
		return err
	}
	httpd.Download(w, httpd.XLSX, name)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := httpd.Patient(w, slowTime); err != nil {
		return err
	}
	_, _ = w.Write(out.Bytes()) // who hung up needs no answer
	return nil
}

// written writes what a path asks for, and answers what the file is called.
func (h *Handler) written(ctx context.Context, r *http.Request, q url.Values, out io.Writer) (string, error) {
	on := clock.Today(ctx).Format("20060102")
	switch r.URL.Path {
	case "/imports/template.xlsx":
		if _, _, err := h.Service.enter(ctx); err != nil {
			return "", err
		}
		return "导入模板.xlsx", h.Service.Template(out, q.Get("kind"))
	case "/imports/export.xlsx":
		n, err := h.Service.Export(ctx, out)
		if err != nil {
			return "", err
		}
		return "人员和单位" + on + ".xlsx", h.book(ctx, "exportRoster", "Roster:XLSX", "人员和单位", fmt.Sprintf("%d 行", n))
	}
	id, err := errs.ID(r.PathValue("id"), "id")
	if err != nil {
		return "", errs.New(errs.NotFound, "没有这个网址")
	}
	b, err := h.Service.Marked(ctx, id, out)
	if err != nil {
		return "", err
	}
	return "核对结果" + on + ".xlsx", h.book(ctx, "downloadImport", audit.Object("Import", id), b.FileName, "")
}
