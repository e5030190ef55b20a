package sheet

import (
	"bytes"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/errs"
)

// Most is what one file may hold. Ten thousand lines of twenty columns are
// 1 MB of a workbook and 15 MB of what it unpacks to.
const (
	MostBytes    = 10 << 20
	mostUnpacked = 40 << 20
	mostSheets   = 20
	MostRows     = 12_000 // of all sheets, heads included
	mostColumns  = 60
	mostCell     = 2_000 // characters
	mostMerged   = 200   // ranges of one sheet
)

// Flaw is why a cell is not what it seems.
type Flaw string

// The flaws.
const (
	Formula Flaw = "FORMULA"
	Error   Flaw = "ERROR"
	Merged  Flaw = "MERGED"
	Missing Flaw = "MISSING"
	Long    Flaw = "LONG"
)

// Says tells who filled it in what to do.
func (f Flaw) Says() string {
	return map[Flaw]string{
		Formula: "此格是公式，请复制后“粘贴为数值”",
		Error:   "此格是计算错误，请填写内容",
		Merged:  "此格是合并的单元格，请取消合并，每行分别填写",
		Missing: "这一行比表头短，文件可能不完整，请核对原文件",
		Long:    "内容过长，一格至多 2000 个字",
	}[f]
}

// Cell is one cell.
type Cell struct {
	Text string
	Flaw Flaw
}

// Row is one line of a table, with its number in the spreadsheet.
type Row struct {
	Line  int
	Cells []Cell
}

// Table is one sheet; empty lines are left out.
type Table struct {
	Name string // of the sheet; empty for a text
	Rows []Row
	late bool // its days count from 1904
}

// reading is held by who reads a workbook.
var reading = make(chan struct{}, 1)

// Read reads a file by its name's ending.
func Read(name string, b []byte) ([]Table, error) {
	if len(b) > MostBytes {
		return nil, errs.New(errs.Limited, "文件过大：至多 10 MB，请分成几个文件").With("maxBytes", MostBytes)
	}
	if len(b) == 0 {
		return nil, errs.New(errs.Invalid, "文件是空的")
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx":
		reading <- struct{}{}
		defer func() { <-reading }()
		return workbook(name, b)
	case ".csv", ".txt":
		return separated(b)
	}
	return nil, errs.New(errs.Invalid, "只能导入 xlsx 和 csv；旧的 xls 请另存为 xlsx")
}

func workbook(name string, b []byte) ([]Table, error) {
	if _, _, err := blob.Inspect(bytes.NewReader(b), int64(len(b)), name); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: mostUnpacked, RawCellValue: true})
	if err != nil {
		return nil, errs.New(errs.Invalid, "文件不是完整的 xlsx，或展开后过大；请另存后重新上传").Because(err)
	}
	defer func() { _ = f.Close() }()
	props, err := f.GetWorkbookProps()
	if err != nil {
		return nil, errs.New(errs.Invalid, "文件不是完整的 xlsx，请另存后重新上传").Because(err)
	}
	names := f.GetSheetList()
	if len(names) > mostSheets {
		return nil, errs.New(errs.Limited, "工作表过多：至多 %d 张", mostSheets)
	}
	var out []Table
	rows := 0
	for _, n := range names {
		if shown, err := f.GetSheetVisible(n); err != nil || !shown {
			continue
		}
		t := Table{Name: n, late: props.Date1904 != nil && *props.Date1904}
		if err := t.fill(f, &rows); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// fill takes the cells of a sheet, and then what is wrong with them.
func (t *Table) fill(f *excelize.File, count *int) error {
	broken := func(err error) error {
		return errs.New(errs.Invalid, "工作表“%s”读不出来，请另存为 xlsx 后重新上传", t.Name).Because(err)
	}
	rows, err := f.Rows(t.Name)
	if err != nil {
		return broken(err)
	}
	defer func() { _ = rows.Close() }()
	for line := 1; rows.Next(); line++ {
		list, err := rows.Columns()
		if err != nil {
			return broken(err)
		}
		if err := t.add(line, list, count); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return broken(err)
	}
	if err := t.merged(f); err != nil {
		return err
	}
	for i := range t.Rows {
		for j := range t.Rows[i].Cells {
			if err := t.formula(f, t.Rows[i].Line, j, &t.Rows[i].Cells[j]); err != nil {
				return broken(err)
			}
		}
	}
	return nil
}

func (t *Table) add(line int, list []string, count *int) error {
	for len(list) > 0 && strings.TrimSpace(list[len(list)-1]) == "" {
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		return nil
	}
	if *count++; *count > MostRows {
		return errs.New(errs.Limited, "行数过多：一个文件至多 %d 行，请分成几个文件", MostRows)
	}
	if len(list) > mostColumns {
		return errs.New(errs.Limited, "第 %d 行的列数过多：至多 %d 列", line, mostColumns)
	}
	row := Row{Line: line, Cells: make([]Cell, len(list))}
	for i, s := range list {
		row.Cells[i] = plain(s)
	}
	t.Rows = append(t.Rows, row)
	return nil
}

var (
	scientific = regexp.MustCompile(`^[0-9](\.[0-9]+)?E\+[0-9]{1,2}$`)
	mistake    = regexp.MustCompile(`^#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!)$`)
)

// plain is a cell of a text as a file has it. A whole number of many digits may
// stand as 1.3800000001E10.
func plain(s string) Cell {
	s = strings.TrimSpace(s)
	switch {
	case mistake.MatchString(s):
		return Cell{Flaw: Error, Text: s}
	case len([]rune(s)) > mostCell:
		return Cell{Flaw: Long, Text: string([]rune(s)[:mostCell])}
	case scientific.MatchString(s):
		if x, err := strconv.ParseFloat(s, 64); err == nil && x == float64(int64(x)) {
			s = strconv.FormatInt(int64(x), 10)
		}
	}
	return Cell{Text: s}
}

// formula marks a cell that is one: what it showed last may be no longer so.
func (t *Table) formula(f *excelize.File, line, column int, c *Cell) error {
	name, err := excelize.CoordinatesToCellName(column+1, line)
	if err != nil {
		return err
	}
	is, err := f.GetCellFormula(t.Name, name)
	if err == nil && is != "" {
		c.Flaw = Formula
	}
	return err
}

// merged marks each cell of a merged range, which seem filled and are not.
func (t *Table) merged(f *excelize.File) error {
	list, err := f.GetMergeCells(t.Name, true)
	if err != nil {
		return errs.New(errs.Invalid, "工作表“%s”读不出来，请另存为 xlsx 后重新上传", t.Name).Because(err)
	}
	if len(list) > mostMerged {
		return errs.New(errs.Limited, "工作表“%s”里合并的单元格过多，请取消合并后重新上传", t.Name)
	}
	for _, m := range list {
		x1, y1, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		x2, y2, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err1 != nil || err2 != nil {
			continue
		}
		for i := range t.Rows {
			if row := &t.Rows[i]; row.Line >= y1 && row.Line <= y2 {
				for len(row.Cells) < min(x2, mostColumns) {
					row.Cells = append(row.Cells, Cell{})
				}
				for j := x1; j <= min(x2, len(row.Cells)); j++ {
					row.Cells[j-1].Flaw = Merged
				}
			}
		}
	}
	return nil
}

var (
	serial = regexp.MustCompile(`^[0-9]{4,6}(\.[0-9]+)?$`)
	days   = regexp.MustCompile(`^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?( 0{1,2}:00(:00)?)?$`)
	digits = regexp.MustCompile(`^([0-9]{4})([0-9]{2})([0-9]{2})$`)
)

// Day reads a day as people and spreadsheets write it: 2024-03-01, 2024/3/1,
// 2024.3.1, 2024年3月1日, 20240301, or the serial number 45352.
func (t *Table) Day(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	for _, as := range []*regexp.Regexp{days, digits} {
		if m := as.FindStringSubmatch(s); m != nil {
			y, _ := strconv.Atoi(m[1])
			mo, _ := strconv.Atoi(m[2])
			d, _ := strconv.Atoi(m[3])
			on := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
			return on, on.Month() == time.Month(mo) && on.Day() == d && y >= 1900 && y <= 2200
		}
	}
	if !serial.MatchString(s) {
		return time.Time{}, false
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x < 367 || x > 110_000 { // before 1901, after 2201
		return time.Time{}, false
	}
	on, err := excelize.ExcelDateToTime(float64(int(x)), t.late)
	return on, err == nil
}
