package overview

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Title is what the page and the sheet are called.
const Title = "六定任务分解表"

// column is one of the table: a text, a number or a day.
type column struct {
	head  string
	width float64 // in a sheet, in characters
	of    func(n int, l *Line) any
}

var columns = []column{
	{"序号", 6, func(n int, _ *Line) any { return n + 1 }},
	{"类别", 10, func(_ int, l *Line) any { return l.Kind }},
	{"年度", 8, func(_ int, l *Line) any { return unlessZero(l.Year) }},
	{"编号", 22, func(_ int, l *Line) any { return l.Number }},
	{"所属事项", 30, func(_ int, l *Line) any { return l.Matter }},
	{"内容", 40, func(_ int, l *Line) any { return l.Text }},
	{"定单位", 20, func(_ int, l *Line) any { return l.Unit }},
	{"定领导", 18, func(_ int, l *Line) any { return l.Leader }},
	{"定人员", 18, func(_ int, l *Line) any { return l.Officer }},
	{"定责任", 30, func(_ int, l *Line) any { return l.Duty }},
	{"定时间", 12, func(_ int, l *Line) any { return l.Due }},
	{"定效果", 30, func(_ int, l *Line) any { return l.Effect }},
	{"重点难点", 10, func(_ int, l *Line) any { return l.Marks() }},
	{"节点", 40, func(_ int, l *Line) any { return l.NodeText() }},
	{"进展", 16, func(_ int, l *Line) any { return l.State }},
	{"逾期", 6, func(_ int, l *Line) any { return yes(l.Overdue) }},
	{"依据", 30, func(_ int, l *Line) any { return l.Evidence }},
	{"区市县告知", 24, func(_ int, l *Line) any { return l.Told }},
}

func unlessZero(n int) any {
	if n == 0 {
		return ""
	}
	return n
}

func yes(b bool) string {
	if b {
		return "是"
	}
	return ""
}

// Marks are 重点 and 难点 (DL-03).
func (l *Line) Marks() string {
	var marks []string
	if l.Key {
		marks = append(marks, "重点")
	}
	if l.Difficult {
		marks = append(marks, "难点")
	}
	return strings.Join(marks, "、")
}

// NodeText is one line a node.
func (l *Line) NodeText() string {
	lines := make([]string, len(l.Nodes))
	for i, n := range l.Nodes {
		lines[i] = strings.TrimSpace(fmt.Sprintf("%s %s（%s）", shownDay(n.Due), n.Text, n.Says()))
	}
	return strings.Join(lines, "\n")
}

// Says is the node's state and whether it is late.
func (n Node) Says() string {
	if n.Overdue {
		return "逾期"
	}
	return n.State
}

// Printed is by whom and when the sheet was made.
func (s *Sheet) Printed() string {
	return fmt.Sprintf("%s　%s", s.By, s.At.In(clock.Shanghai).Format("2006-01-02 15:04"))
}

// Narrowed is the filter in one line.
func (s *Sheet) Narrowed() string {
	if len(s.Filter) == 0 {
		return "全部"
	}
	return strings.Join(s.Filter, "；")
}

// CSV writes the table in UTF-8 with the mark by which Excel knows it.
func (s *Sheet) CSV(w io.Writer) (err error) {
	defer errs.Wrap(&err, "Sheet.CSV")
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.head
	}
	if err := c.Write(row); err != nil {
		return err
	}
	for n := range s.Lines {
		for i, col := range columns {
			row[i] = cell(col.of(n, &s.Lines[n]))
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

func cell(v any) string {
	switch v := v.(type) {
	case int:
		return strconv.Itoa(v)
	case *time.Time:
		return shownDay(v)
	}
	return defused(v.(string))
}

// defused is a text that no spreadsheet runs: one that would begin a formula,
// after blanks too and in full width, gets an apostrophe before it.
func defused(s string) string {
	rest := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' })
	switch {
	case rest != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(rest)[0]), s != "" && strings.ContainsRune("\t\r\n", rune(s[0])):
		return "'" + s
	}
	return s
}

// head rows of a sheet: title, filter, who and when, and the columns' names.
const headRows = 4

// XLSX writes the table as a workbook that is ready to print: landscape, the
// columns' names on every page, who made it in the foot.
func (s *Sheet) XLSX(w io.Writer) (err error) {
	defer errs.Wrap(&err, "Sheet.XLSX")
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", Title); err != nil {
		return err
	}
	look, err := styles(f)
	if err != nil {
		return err
	}
	sw, err := f.NewStreamWriter(Title)
	if err != nil {
		return err
	}
	for i, col := range columns {
		if err := sw.SetColWidth(i+1, i+1, col.width); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: headRows, TopLeftCell: "A5", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := s.rows(sw, look); err != nil {
		return err
	}
	if err := sw.Flush(); err != nil {
		return err
	}
	if err := s.layout(f); err != nil {
		return err
	}
	return f.Write(w)
}

// looks are styles of cells.
type looks struct{ title, head, body, day int }

func styles(f *excelize.File) (l looks, err error) {
	format := "yyyy-mm-dd"
	lines := []excelize.Border{}
	for _, side := range []string{"left", "right", "top", "bottom"} {
		lines = append(lines, excelize.Border{Type: side, Style: 1, Color: "808080"})
	}
	wrap := &excelize.Alignment{WrapText: true, Vertical: "top"}
	for _, st := range []struct {
		id    *int
		style excelize.Style
	}{
		{&l.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}}},
		{&l.head, excelize.Style{Font: &excelize.Font{Bold: true}, Border: lines, Alignment: wrap}},
		{&l.body, excelize.Style{Border: lines, Alignment: wrap}},
		{&l.day, excelize.Style{Border: lines, Alignment: wrap, CustomNumFmt: &format}},
	} {
		if *st.id, err = f.NewStyle(&st.style); err != nil {
			return l, err
		}
	}
	return l, nil
}

func (s *Sheet) rows(sw *excelize.StreamWriter, look looks) error {
	heads := make([]any, len(columns))
	for i, col := range columns {
		heads[i] = excelize.Cell{StyleID: look.head, Value: col.head}
	}
	for i, row := range [][]any{
		{excelize.Cell{StyleID: look.title, Value: s.Committee + Title}},
		{"条件：" + s.Narrowed()},
		{fmt.Sprintf("导出：%s，共 %d 条", s.Printed(), len(s.Lines))},
		heads,
	} {
		if err := sw.SetRow(fmt.Sprintf("A%d", i+1), row); err != nil {
			return err
		}
	}
	row := make([]any, len(columns))
	for n := range s.Lines {
		for i, col := range columns {
			v := col.of(n, &s.Lines[n])
			row[i] = excelize.Cell{StyleID: look.body, Value: v}
			if d, ok := v.(*time.Time); ok {
				row[i] = excelize.Cell{StyleID: look.body}
				if d != nil {
					row[i] = excelize.Cell{StyleID: look.day, Value: *d}
				}
			}
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", headRows+1+n), row); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sheet) layout(f *excelize.File) error {
	landscape, a3, wide, any := "landscape", 8, 1, 0
	if err := f.SetPageLayout(Title, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a3, FitToWidth: &wide, FitToHeight: &any}); err != nil {
		return err
	}
	fit := true
	if err := f.SetSheetProps(Title, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil {
		return err
	}
	// & begins a code in a foot; && is the sign itself.
	foot := "&L" + strings.ReplaceAll(s.Printed(), "&", "&&") + "&R第 &P 页，共 &N 页"
	if len([]rune(foot)) <= excelize.MaxFieldLength {
		if err := f.SetHeaderFooter(Title, &excelize.HeaderFooterOptions{OddFooter: foot}); err != nil {
			return err
		}
	}
	return f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", Title, headRows, headRows), Scope: Title,
	})
}
