package imports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/sheet"
	"github.com/bihuan/bihuan/internal/text"
)

// Problem is what is wrong with a cell of a line; an empty column: with the line.
type Problem struct {
	Column  string `json:"column"` // code
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Codes of problems beside those of package errs and sheet.
const (
	codeMust      = "REQUIRED"
	codeDay       = "NOT_A_DAY"
	codeChoice    = "NOT_A_CHOICE"
	codeDuplicate = "DUPLICATE"
	codeNamesake  = "NAMESAKE" // a doubt
	codeDoubt     = "DOUBT"
	codeText      = "BAD_TEXT"
)

// SheetOf is a sheet of a file: its heads, and what column each is.
type SheetOf struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Heads   []string `json:"heads"`
	Columns []string `json:"columns"` // codes; empty: nobody knows it
}

// paper is a file as it is read, before anything is asked of the roster.
type paper struct {
	sheets  []SheetOf
	rows    []Row
	leftOut []string
}

// verdictHead is the column of a marked workbook that says what is wrong; it is
// passed over when that comes back.
const verdictHead = "核对结果"

// readPaper finds the kinds of a file's sheets and reads their lines, in the
// order in which they are to be done.
func (s *Service) readPaper(tables []sheet.Table, only string) (*paper, error) {
	p := &paper{}
	byKind := map[string][]Row{}
	for i := range tables {
		t := &tables[i]
		k, at, err := s.recognise(t, only)
		if err != nil {
			return nil, err
		}
		if k == nil {
			if len(t.Rows) > 0 && t.Name != helpSheet {
				p.leftOut = append(p.leftOut, "工作表“"+t.Name+"”")
			}
			continue
		}
		of, err := p.heads(k, t, at)
		if err != nil {
			return nil, err
		}
		byKind[k.Code] = append(byKind[k.Code], linesOf(k, t, of, at)...)
	}
	if len(p.sheets) == 0 {
		return nil, errs.New(errs.Invalid, "没有认出表头：请用模板，或让第一行是列名，例如%s", s.expected(only))
	}
	for _, k := range s.kinds {
		list := byKind[k.Code]
		if len(list) > k.Most {
			return nil, errs.New(errs.Limited, "“%s”一次至多 %d 行，请分成几个文件", k.Title, k.Most)
		}
		p.rows = append(p.rows, ordered(k, twice(k, list))...)
	}
	if len(p.rows) == 0 {
		return nil, errs.New(errs.Invalid, "表头下面没有内容")
	}
	for i := range p.rows {
		p.rows[i].No = i + 1
	}
	return p, nil
}

// recognise finds the kind of a sheet and the row of its heads: the one with the
// most known heads among the first ten that has all that must be there.
func (s *Service) recognise(t *sheet.Table, only string) (*Kind, int, error) {
	var best *Kind
	at, most, lacks := 0, 0, ""
	if t.Name == helpSheet {
		return nil, 0, nil
	}
	for _, k := range s.kinds {
		if only != "" && only != k.Code {
			continue
		}
		for i := range min(10, len(t.Rows)) {
			known, missing := k.known(t.Rows[i])
			if headKey(t.Name) == headKey(k.Title) || slices.ContainsFunc(k.Also, func(s string) bool { return headKey(s) == headKey(t.Name) }) {
				known += 100 * min(known, 1)
			}
			switch {
			case missing != "" && known > 1 && lacks == "":
				lacks = missing
			case missing == "" && known > most:
				best, at, most = k, i, known
			}
		}
	}
	if best == nil && lacks != "" && (only != "" || t.Name == "") {
		return nil, 0, errs.New(errs.Invalid, "缺少必须有的列：%s", lacks)
	}
	return best, at, nil
}

// known counts the heads that a kind knows, and names what it lacks.
func (k *Kind) known(r sheet.Row) (n int, missing string) {
	seen := map[string]bool{}
	for _, c := range r.Cells {
		if col := k.named(c.Text); col != nil {
			seen[col.Code] = true
		}
	}
	for i := range k.Columns {
		if k.Columns[i].Must && !seen[k.Columns[i].Code] {
			missing = k.Columns[i].Title
		}
	}
	return len(seen), missing
}

// heads keeps the heads of a sheet; two of one meaning are refused.
func (p *paper) heads(k *Kind, t *sheet.Table, at int) (SheetOf, error) {
	of := SheetOf{Name: t.Name, Kind: k.Code}
	if of.Name == "" {
		of.Name = k.Title
	}
	seen := map[string]string{}
	for _, c := range t.Rows[at].Cells {
		code := ""
		if col := k.named(c.Text); col != nil {
			code = col.Code
			if was := seen[code]; was != "" {
				return of, errs.New(errs.Invalid, "列“%s”和“%s”是同一项，请只留一列", was, c.Text)
			}
			seen[code] = c.Text
		} else if c.Text != "" && c.Text != verdictHead {
			p.leftOut = append(p.leftOut, "列“"+c.Text+"”")
		}
		of.Heads, of.Columns = append(of.Heads, c.Text), append(of.Columns, code)
	}
	p.sheets = append(p.sheets, of)
	return of, nil
}

func linesOf(k *Kind, t *sheet.Table, of SheetOf, at int) (out []Row) {
	for _, r := range t.Rows[at+1:] {
		row := Row{Line: r.Line, Sheet: of.Name, Kind: k.Code, Cells: make([]string, len(of.Heads)), Flaws: []Problem{}}
		some := false
		for i := range of.Heads {
			var c sheet.Cell
			if i < len(r.Cells) {
				c = r.Cells[i]
			}
			some = some || of.Columns[i] != "" && c.Text != ""
			row.Cells[i] = row.read(k.column(of.Columns[i]), t, c)
		}
		if some {
			row.keyed = row.values(k, of)
			row.lacks(k)
			out = append(out, row)
		}
	}
	return out
}

// read is a cell in the form in which it is kept; what is wrong with it is a flaw
// of the line.
func (r *Row) read(c *Column, t *sheet.Table, in sheet.Cell) string {
	s := text.Clean(in.Text)
	if text.Check(s, "") != nil {
		s = strings.Map(func(x rune) rune {
			if text.Untyped(x) {
				return -1
			}
			return x
		}, s)
		if c != nil {
			r.flaw(c.Code, codeText, "此格有不能使用的字符，已去掉，请核对")
		}
	}
	if c == nil {
		return s
	}
	if in.Flaw != "" && (in.Flaw != sheet.Missing || c.Must) {
		r.flaw(c.Code, string(in.Flaw), in.Flaw.Says())
		return s
	}
	if s == "" {
		return s
	}
	switch c.Type {
	case Day:
		on, ok := t.Day(s)
		if !ok {
			r.flaw(c.Code, codeDay, fmt.Sprintf("“%s”不是日期，请写成 2024-03-01", brief(s)))
			return s
		}
		return on.Format(time.DateOnly)
	case Choice, Flag:
		for _, w := range c.Choices() {
			if text.Key(w) == text.Key(s) {
				return w
			}
		}
		r.flaw(c.Code, codeChoice, fmt.Sprintf("没有“%s”这一项，可以是：%s", brief(s), strings.Join(c.Choices(), "、")))
	}
	return s
}

func brief(s string) string {
	if r := []rune(s); len(r) > 20 {
		return string(r[:20]) + "…"
	}
	return s
}

func (r *Row) flaw(column, code, message string) {
	r.Flaws = append(r.Flaws, Problem{column, code, message})
}

// lacks marks what must be there and is not.
func (r *Row) lacks(k *Kind) {
	v := r.keyed
	for i := range k.Columns {
		c := &k.Columns[i]
		if c.Must && v[c.Code] == "" && !slices.ContainsFunc(r.Flaws, func(p Problem) bool { return p.Column == c.Code }) {
			r.flaw(c.Code, codeMust, "请填写"+c.Title)
		}
	}
}

// values are a line's cells by column.
func (r *Row) values(k *Kind, of SheetOf) Values {
	out := Values{}
	for i, code := range of.Columns {
		c := k.column(code)
		if c == nil || r.Cells[i] == "" {
			continue
		}
		out[code] = r.Cells[i]
		for value, w := range c.Words {
			if w == r.Cells[i] {
				out[code] = value
			}
		}
	}
	return out
}

// twice marks lines that mean what an earlier one means.
func twice(k *Kind, rows []Row) []Row {
	if k.Keys == nil {
		return rows
	}
	seen := map[Key]int{}
	for i := range rows {
		for _, key := range k.Keys(rows[i].keyed) {
			was := seen[key]
			switch {
			case was == 0:
				seen[key] = rows[i].Line
			case key.Doubt:
				rows[i].flaw(key.Column, codeNamesake, fmt.Sprintf("与第 %d 行同名：是同一个人请删去一行，不是请选“另一个人”", was))
			default:
				rows[i].flaw(key.Column, codeDuplicate, fmt.Sprintf("与第 %d 行重复", was))
			}
		}
	}
	return rows
}

func ordered(k *Kind, rows []Row) []Row {
	if k.Order == nil {
		return rows
	}
	list := make([]Values, len(rows))
	for i := range rows {
		list[i] = rows[i].keyed
	}
	out := make([]Row, 0, len(rows))
	for _, i := range k.Order(list) {
		out = append(out, rows[i])
	}
	return out
}

// expected are some heads of a kind, for who has none of them.
func (s *Service) expected(only string) string {
	for _, k := range s.kinds {
		if only == "" || only == k.Code {
			var names []string
			for i := range min(5, len(k.Columns)) {
				names = append(names, k.Columns[i].Title)
			}
			return strings.Join(names, "、")
		}
	}
	return ""
}
