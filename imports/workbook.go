package imports

import (
	"context"
	"io"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/sheet"
)

// helpSheet is the sheet of a template that says how it is filled in.
const helpSheet = "填写说明"

func (k *Kind) head(c *Column) sheet.Head {
	h := sheet.Head{Title: c.Title, Width: c.Width, Note: c.Note, Must: c.Must}
	if c.Type == Choice || c.Type == Flag {
		h.Choices = c.Choices()
	}
	if c.Must {
		h.Note = strings.TrimSuffix("必填。"+c.Note, "。")
	}
	return h
}

func (k *Kind) empty() sheet.Sheet {
	out := sheet.Sheet{Name: k.Title}
	for i := range k.Columns {
		out.Heads = append(out.Heads, k.head(&k.Columns[i]))
	}
	return out
}

// Template writes an empty workbook, of one kind or of all.
func (s *Service) Template(w io.Writer, only string) error {
	help := sheet.Sheet{Name: helpSheet, Heads: []sheet.Head{{Title: "工作表", Width: 14}, {Title: "列", Width: 18}, {Title: "怎样填写", Width: 80}}}
	var list []sheet.Sheet
	for _, k := range s.kinds {
		if only != "" && k.Code != only {
			continue
		}
		list = append(list, k.empty())
		for i := range k.Columns {
			h := k.head(&k.Columns[i])
			says := h.Note
			if len(h.Choices) > 0 {
				says = strings.TrimPrefix(says+"；可以是："+strings.Join(h.Choices, "、"), "；")
			}
			help.Rows = append(help.Rows, []sheet.Out{{Text: k.Title}, {Text: h.Title}, {Text: says}})
		}
	}
	if len(list) == 0 {
		return errs.New(errs.NotFound, "没有这种导入")
	}
	return sheet.Write(w, append(list, help)...)
}

// Marked writes a batch's lines as they came, with what is wrong marked and a
// note at it; the last column says it in words. It can be corrected and uploaded.
func (s *Service) Marked(ctx context.Context, id uuid.UUID, w io.Writer) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.Marked(%s)", id)
	b, sheets, err := s.marked(ctx, id)
	if err != nil {
		return nil, err
	}
	return b, sheet.Write(w, sheets...)
}

func (s *Service) marked(ctx context.Context, id uuid.UUID) (*Batch, []sheet.Sheet, error) {
	asked := ctx
	ctx, _, err := s.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	b, err := batchOf(ctx, id, false)
	if err != nil {
		return nil, nil, err
	}
	rows, err := rowsOf(ctx, id, `ORDER BY sheet, line`)
	if err != nil {
		return nil, nil, err
	}
	personal := mayReadPersonal(asked)
	var out []sheet.Sheet
	for _, of := range b.Sheets {
		k := s.Kind(of.Kind)
		if k == nil {
			continue
		}
		sh := sheet.Sheet{Name: of.Name}
		for i, h := range of.Heads {
			head := sheet.Head{Title: h}
			if c := k.column(of.Columns[i]); c != nil {
				head = k.head(c)
				head.Title = h
			}
			sh.Heads = append(sh.Heads, head)
		}
		sh.Heads = append(sh.Heads, sheet.Head{Title: verdictHead, Width: 60})
		for i := range rows {
			if rows[i].Sheet == of.Name {
				sh.Rows = append(sh.Rows, rows[i].marked(k, of, personal))
			}
		}
		out = append(out, sh)
	}
	return b, out, nil
}

func (r *Row) marked(k *Kind, of SheetOf, personal bool) []sheet.Out {
	out := make([]sheet.Out, len(of.Heads)+1)
	var says []string
	for i := range of.Heads {
		if c := k.column(of.Columns[i]); c == nil || !c.Personal || personal {
			out[i].Text = r.Cells[i]
		}
		for _, p := range r.Problems {
			if p.Column != "" && p.Column == of.Columns[i] {
				out[i].Wrong = true
				out[i].Note = strings.TrimPrefix(out[i].Note+"；"+p.Message, "；")
			}
		}
	}
	for _, p := range r.Problems {
		says = append(says, p.Message)
	}
	if r.Message != "" {
		says = append(says, r.Message)
	}
	last := &out[len(of.Heads)]
	last.Text = strings.Join(says, "；")
	last.Wrong = len(says) > 0
	return out
}

// Export writes what is there as a workbook that can be imported again.
func (s *Service) Export(ctx context.Context, w io.Writer) (n int, err error) {
	defer errs.Wrap(&err, "imports.Export")
	personal := mayReadPersonal(ctx)
	ctx, _, err = s.enter(ctx)
	if err != nil {
		return 0, err
	}
	var out []sheet.Sheet
	for _, k := range s.kinds {
		if k.Export == nil {
			continue
		}
		list, err := k.Export(authz.System(ctx))
		if err != nil {
			return 0, err
		}
		sh := k.empty()
		for i := range sh.Heads {
			sh.Heads[i].Note = "" // a template says it
		}
		for _, v := range list {
			row := make([]sheet.Out, len(k.Columns))
			for i := range k.Columns {
				if c := &k.Columns[i]; !c.Personal || personal {
					row[i].Text = c.word(v[c.Code])
				}
			}
			sh.Rows = append(sh.Rows, row)
		}
		n += len(list)
		out = append(out, sh)
	}
	return n, sheet.Write(w, out...)
}
