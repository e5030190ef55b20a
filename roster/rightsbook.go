package roster

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/sheet"
)

// RightsBook writes who could do what on a day as a workbook: one row for each
// permission that somebody held by a role. It is HeldOn's list and no other.
func (s *Service) RightsBook(ctx context.Context, in Wanted, w io.Writer) (n int, err error) {
	defer errs.Wrap(&err, "roster.RightsBook(%s)", in.Day.Format(time.DateOnly))
	list, err := s.HeldOn(ctx, in)
	if err != nil {
		return 0, err
	}
	entries, err := authz.Catalogue()
	if err != nil {
		return 0, err
	}
	says := map[authz.Permission]string{}
	for _, e := range entries {
		says[e.Permission] = e.Says
	}
	out := sheet.Sheet{Name: in.Day.Format(time.DateOnly), Heads: []sheet.Head{
		{Title: "姓名"}, {Title: "职务", Width: 28}, {Title: "角色"}, {Title: "角色第几版"}, {Title: "单位", Width: 24}, {Title: "凭什么", Width: 24},
		{Title: "可以做什么", Width: 48}, {Title: "权限"}, {Title: "范围"}, {Title: "限于", Width: 32},
	}}
	for _, h := range list {
		version := "出厂"
		if h.Version > 0 {
			version = strconv.Itoa(h.Version)
		}
		for _, r := range h.Rights {
			var row []sheet.Out
			for _, text := range []string{h.Name, h.Post, h.RoleName, version, h.UnitName, h.by(), says[r.Permission], r.Permission.String(), scopeText(r.Scope), limitText(h.Limit)} {
				row = append(row, sheet.Out{Text: text})
			}
			out.Rows = append(out.Rows, row)
		}
	}
	return len(out.Rows), sheet.Write(w, out)
}

// by is what a role was held by.
func (h Held) by() string {
	switch {
	case h.Behalf != nil:
		return "代理" + h.BehalfName
	case h.ByPost != "":
		return "随职务：" + postWords[h.ByPost]
	}
	return "授予"
}

// scopeText is how far a permission reaches, in words.
func scopeText(s authz.Scope) string {
	var out []string
	for _, w := range authz.ScopeWords() {
		if strings.Contains("|"+s.String()+"|", "|"+w[0]+"|") {
			out = append(out, w[1])
		}
	}
	return strings.Join(out, "、")
}

func limitText(l authz.Limit) string {
	var out []string
	if len(l.Kinds) > 0 {
		out = append(out, "事项种类 "+strings.Join(l.Kinds, "、"))
	}
	if len(l.States) > 0 {
		out = append(out, "环节 "+strings.Join(l.States, "、"))
	}
	if len(l.Platforms) > 0 {
		out = append(out, fmt.Sprintf("%d 个平台", len(l.Platforms)))
	}
	return strings.Join(out, "；")
}

// RightsHandler serves GET /rights.xlsx?day=2024-12-31; without a day it is
// today's. The book has who took it.
type RightsHandler struct {
	httpd.Door
	From    func(context.Context) audit.From
	Service *Service
}

// ServeHTTP answers the workbook, written before anything of the answer is.
func (h *RightsHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Handler(h.serve).ServeHTTP(w, r)
}

func (h *RightsHandler) serve(w http.ResponseWriter, r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	var out bytes.Buffer
	var day time.Time
	err = h.As(r, true, func(ctx context.Context) error {
		out.Reset() // it may run twice
		day = clock.Today(ctx)
		if s := q.Get("day"); s != "" {
			if day, err = time.Parse(time.DateOnly, s); err != nil {
				return errs.New(errs.Invalid, "日期请写成 2024-12-31").At("day")
			}
		}
		n, err := h.Service.RightsBook(ctx, Wanted{Day: day}, &out)
		if err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{
			Action: "exportRights", Actor: authz.From(ctx).Actor(), Object: "Rights:" + day.Format(time.DateOnly), ObjectName: day.Format(time.DateOnly) + " 的权限",
			Reason: fmt.Sprintf("%d 行", n), From: h.From(ctx), Changes: []audit.Change{},
		})
	})
	if err != nil {
		return err
	}
	httpd.Download(w, httpd.XLSX, "谁能做什么"+day.Format("20060102")+".xlsx")
	_, _ = w.Write(out.Bytes()) // who hung up needs no answer
	return nil
}
