package sheet

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/bihuan/bihuan/internal/errs"
)

// mostNotes is how many cells of a workbook get a note of their own: each costs
// a drawing. What is wrong with all of them stands in words beside them.
const mostNotes = 1_000

// Head is a column of what is written.
type Head struct {
	Title   string
	Width   float64 // characters; 0: 16
	Note    string  // how it is filled in
	Choices []string
	Must    bool
}

// Out is a cell of what is written; Wrong is marked, and Note stands at it.
type Out struct {
	Text  string
	Wrong bool
	Note  string
}

// Sheet is one table of what is written.
type Sheet struct {
	Name  string
	Heads []Head
	Rows  [][]Out
}

// marks are styles of cells.
type marks struct{ head, must, text, wrong int }

// Write writes a workbook. All its cells are texts, so that no telephone number
// loses a digit and nothing is taken for a formula.
func Write(w io.Writer, sheets ...Sheet) (err error) {
	defer errs.Wrap(&err, "sheet.Write")
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	look, err := newMarks(f)
	if err != nil {
		return err
	}
	notes := 0
	for i, s := range sheets {
		if i == 0 {
			err = f.SetSheetName("Sheet1", s.Name)
		} else {
			_, err = f.NewSheet(s.Name)
		}
		if err == nil {
			err = s.write(f, look)
		}
		if err == nil {
			err = s.note(f, &notes)
		}
		if err != nil {
			return err
		}
	}
	return f.Write(w)
}

func newMarks(f *excelize.File) (m marks, err error) {
	text := 49 // the format “@”
	for _, st := range []struct {
		id    *int
		style excelize.Style
	}{
		{&m.head, excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: text, Fill: fill("E8EEF7")}},
		{&m.must, excelize.Style{Font: &excelize.Font{Bold: true, Color: "9C0006"}, NumFmt: text, Fill: fill("E8EEF7")}},
		{&m.text, excelize.Style{NumFmt: text}},
		{&m.wrong, excelize.Style{NumFmt: text, Fill: fill("FFC7CE")}},
	} {
		if *st.id, err = f.NewStyle(&st.style); err != nil {
			return m, err
		}
	}
	return m, nil
}

func fill(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func (s Sheet) write(f *excelize.File, look marks) error {
	sw, err := f.NewStreamWriter(s.Name)
	if err != nil {
		return err
	}
	head := make([]any, len(s.Heads))
	for i, h := range s.Heads {
		width, style := h.Width, look.head
		if width == 0 {
			width = 16
		}
		if h.Must {
			style = look.must
		}
		head[i] = excelize.Cell{StyleID: style, Value: h.Title}
		if err := sw.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
		if err := sw.SetColStyle(i+1, i+1, look.text); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if err := sw.SetRow("A1", head); err != nil {
		return err
	}
	for n, list := range s.Rows {
		row := make([]any, len(list))
		for i, c := range list {
			style := look.text
			if c.Wrong {
				style = look.wrong
			}
			row[i] = excelize.Cell{StyleID: style, Value: c.Text}
			if c.Text == "" && !c.Wrong {
				row[i] = nil
			}
		}
		if err := sw.SetRow(fmt.Sprintf("A%d", n+2), row); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// note puts words at cells and lists to choose from below heads.
func (s Sheet) note(f *excelize.File, count *int) error {
	at := func(row, column int, text string) error {
		if text == "" || *count >= mostNotes {
			return nil
		}
		*count++
		cell, err := excelize.CoordinatesToCellName(column+1, row)
		if err != nil {
			return err
		}
		return f.AddComment(s.Name, excelize.Comment{Cell: cell, Author: "核对", Paragraph: []excelize.RichTextRun{{Text: text}}})
	}
	for i, h := range s.Heads {
		if err := at(1, i, h.Note); err != nil {
			return err
		}
		if err := s.choose(f, i, h.Choices); err != nil {
			return err
		}
	}
	for n, list := range s.Rows {
		for i, c := range list {
			if err := at(n+2, i, c.Note); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Sheet) choose(f *excelize.File, column int, list []string) error {
	if len(list) == 0 {
		return nil
	}
	name, err := excelize.ColumnNumberToName(column + 1)
	if err != nil {
		return err
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = fmt.Sprintf("%s2:%s%d", name, name, MostRows)
	if err := v.SetDropList(list); err != nil {
		return nil //nolint:nilerr // more than a list can hold: it is typed
	}
	return f.AddDataValidation(s.Name, v)
}
