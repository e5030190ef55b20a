package overview

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// exportTime is how long a download may take: MaxLines at 30 kB/s.
const exportTime = 10 * time.Minute

// Handler serves GET /ledger, /ledger.csv and /ledger.xlsx with the filter as
// the query: kind, cohort, year, unit, partner, status, key, difficult,
// overdue, dueFrom, dueTo, search, fromAbove, openBefore; kind, unit and status
// may be given several times.
type Handler struct {
	httpd.Door
	From    func(context.Context) audit.From
	Service *Service
}

// format is one way in which the ledger leaves.
type format struct {
	name, contentType, ending string // ending is empty for what is shown and not kept
	write                     func(*Sheet, io.Writer) error
}

var formats = map[string]format{
	"/ledger":      {"HTML", "text/html; charset=utf-8", "", (*Sheet).HTML},
	"/ledger.csv":  {"CSV", "text/csv; charset=utf-8", ".csv", (*Sheet).CSV},
	"/ledger.xlsx": {"XLSX", httpd.XLSX, ".xlsx", (*Sheet).XLSX},
}

// ServeHTTP answers by path.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		httpd.MethodNotAllowed(w, r, "GET, HEAD")
		return
	}
	h.Handler(h.export).ServeHTTP(w, r)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	as, ok := formats[r.URL.Path]
	if !ok {
		return errs.New(errs.NotFound, "没有这个网址")
	}
	q, err := url.ParseQuery(r.URL.RawQuery) // URL.Query() leaves out what it cannot read
	if err != nil {
		return errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	var sheet *Sheet
	err = h.As(r, true, func(ctx context.Context) error {
		f, err := parseFilter(q)
		if err != nil {
			return err
		}
		if sheet, err = h.Service.Sheet(ctx, f); err != nil {
			return err
		}
		return h.book(ctx, as, sheet)
	})
	if err != nil {
		return err
	}
	name := ""
	if as.ending == "" {
		w.Header().Set("Content-Security-Policy", pagePolicy)
	} else {
		name = Title + clock.Day(sheet.At).Format("20060102") + as.ending
	}
	httpd.Download(w, as.contentType, name)
	if r.Method == http.MethodHead {
		return nil
	}
	// A long list on a slow line takes longer than other answers may.
	if err := httpd.Patient(w, exportTime); err != nil {
		return err
	}
	if err := as.write(sheet, w); err != nil { // something of it has left already
		h.Log.Warn("an export broke off", "requestId", h.From(r.Context()).RequestID, "error", err)
	}
	return nil
}

// book records who took what with him (domain.md 10.4).
func (h *Handler) book(ctx context.Context, as format, s *Sheet) error {
	v := authz.From(ctx)
	return audit.Write(ctx, audit.Entry{
		Action: "exportLedger", Actor: v.Actor(), Object: "Ledger:" + as.name,
		Reason: fmt.Sprintf("%d 条；%s", len(s.Lines), s.Narrowed()), From: h.From(ctx), Changes: []audit.Change{},
	})
}

// parseFilter reads the query of the address. What it does not know, or what is
// given twice where it can be one only, is refused.
func parseFilter(q url.Values) (f Filter, err error) {
	for name, values := range q {
		if name == httpd.LinkParam { // who asks, not what for
			continue
		}
		if err := f.take(name, values); err != nil {
			return f, err
		}
	}
	return f, f.check()
}

func (f *Filter) take(name string, values []string) (err error) {
	wrong := errs.New(errs.Invalid, "%s 的写法不对", name).At(name)
	if !utf8All(values) {
		return wrong
	}
	switch name { // several
	case "kind":
		for _, s := range values {
			f.Kinds = append(f.Kinds, item.Kind(s))
		}
		return nil
	case "status":
		for _, s := range values {
			f.Statuses = append(f.Statuses, item.Status(s))
		}
		return nil
	case "unit":
		for _, s := range values {
			id, err := errs.ID(s, name)
			if err != nil {
				return err
			}
			f.Units = append(f.Units, id)
		}
		return nil
	}
	if len(values) != 1 {
		return errs.New(errs.Invalid, "%s 只能写一次", name).At(name)
	}
	value := values[0]
	switch name {
	case "cohort":
		id, err := errs.ID(value, name)
		f.Cohort = &id
		return err
	case "year":
		f.Year, err = given(strconv.Atoi(value))
	case "openBefore":
		f.OpenBefore, err = given(strconv.Atoi(value))
	case "key":
		f.Key, err = given(strconv.ParseBool(value))
	case "difficult":
		f.Difficult, err = given(strconv.ParseBool(value))
	case "overdue":
		f.Overdue, err = given(strconv.ParseBool(value))
	case "fromAbove":
		f.FromAbove, err = given(strconv.ParseBool(value))
	case "dueFrom":
		f.DueFrom, err = given(day.Read(value, name))
	case "dueTo":
		f.DueTo, err = given(day.Read(value, name))
	case "partner":
		f.Partner = value
	case "search":
		f.Search = value
	default:
		return errs.New(errs.Invalid, "不认识条件 %.40q", name)
	}
	if _, ok := errs.As(err); err != nil && !ok {
		return wrong
	}
	return err
}

func given[T any](v T, err error) (*T, error) { return &v, err }
