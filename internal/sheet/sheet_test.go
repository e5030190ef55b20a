package sheet

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/bihuan/bihuan/internal/errs"
)

const list = "姓名,联系电话\r\n甲,13000000001\r\n\r\n乙,13000000002\r\n"

func encoded(t *testing.T, b []byte, err error) []byte {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTexts(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(list))
	gb = encoded(t, gb, err)
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(list, ",", "\t")))
	wide = encoded(t, wide, err)
	for name, b := range map[string][]byte{
		"UTF-8": []byte(list), "UTF-8 with its mark": []byte(utf8Mark + list), "GB 18030": gb, "UTF-16 with tabs": wide,
		"semicolons": []byte(strings.ReplaceAll(list, ",", ";")),
	} {
		t.Run(name+" is read", func(t *testing.T) {
			got, err := Read("名单.csv", b)
			if err != nil || len(got) != 1 || len(got[0].Rows) != 3 || got[0].Rows[2].Line != 4 || got[0].Rows[2].Cells[0].Text != "乙" {
				t.Fatalf("%+v %v", got, err)
			}
		})
	}
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"cut in a character":       {[]byte(list)[:len("姓名,联系电话\r\n甲")-1], "断了"},
		"cut in quotes":            {[]byte("姓名,职务\n甲,\"主任\n"), "引号"},
		"no encoding that we know": {[]byte("姓名,职务\n\xff\xff\x80,1\n"), "编码"},
		"bytes and no text":        {[]byte("a,b\n\x00,1\n"), "不是 CSV"},
		"empty":                    {nil, "空"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			if _, err := Read("名单.csv", c.b); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.says) {
				t.Fatal(err)
			}
		})
	}
	t.Run("a line that is shorter than the head is marked", func(t *testing.T) {
		got, err := Read("名单.csv", []byte("姓名,党派,职务\n甲,,\n乙,某"))
		if err != nil || got[0].Rows[1].Cells[0].Flaw != "" || got[0].Rows[2].Cells[2].Flaw != Missing {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

// book makes a workbook.
func book(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWorkbooks(t *testing.T) {
	set := func(f *excelize.File, cell string, v any) {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("numbers keep their digits, and a day is one however it was typed", func(t *testing.T) {
		got, err := Read("a.xlsx", book(t, func(f *excelize.File) {
			set(f, "A1", 13800000001)
			set(f, "B1", time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
			set(f, "C1", "2024年3月1日")
		}))
		if err != nil {
			t.Fatal(err)
		}
		c := got[0].Rows[0].Cells
		if c[0].Text != "13800000001" {
			t.Error(c[0])
		}
		for _, s := range []string{c[1].Text, c[2].Text, "2024/3/1", "2024.03.01", "20240301", "45352", "2024-3-1"} {
			if on, ok := got[0].Day(s); !ok || on.Format(time.DateOnly) != "2024-03-01" {
				t.Error(s, on, ok)
			}
		}
		for _, s := range []string{"2024-02-30", "三月", "12", "2024-13-01", "99999999", ""} {
			if on, ok := got[0].Day(s); ok {
				t.Error(s, on)
			}
		}
	})
	t.Run("formulas, errors and merged cells are marked", func(t *testing.T) {
		got, err := Read("a.xlsx", book(t, func(f *excelize.File) {
			set(f, "A1", "姓名")
			set(f, "A2", "甲")
			set(f, "B2", "x")
			if err := f.SetCellFormula("Sheet1", "B2", "A2"); err != nil {
				t.Fatal(err)
			}
			set(f, "C2", "#N/A")
			set(f, "A3", "乙")
			set(f, "B3", "c")
			set(f, "B4", "d")
			if err := f.MergeCell("Sheet1", "A3", "A4"); err != nil {
				t.Fatal(err)
			}
		}))
		if err != nil || len(got[0].Rows) != 4 {
			t.Fatal(got, err)
		}
		r := got[0].Rows
		for _, c := range []struct {
			got  Cell
			want Flaw
		}{{r[1].Cells[0], ""}, {r[1].Cells[1], Formula}, {r[1].Cells[2], Error}, {r[2].Cells[0], Merged}, {r[3].Cells[0], Merged}, {r[3].Cells[1], ""}} {
			if c.got.Flaw != c.want {
				t.Errorf("%+v, want %q", c.got, c.want)
			}
		}
	})
	whole := book(t, func(f *excelize.File) { set(f, "A1", "姓名") })
	t.Run("half a file is refused", func(t *testing.T) {
		if _, err := Read("a.xlsx", whole[:len(whole)/2]); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
	})
	t.Run("one that unpacks to a hundred megabytes is refused before it is held", func(t *testing.T) {
		if _, err := Read("a.xlsx", bomb(t, whole)); err == nil {
			t.Fatal("taken")
		}
	})
	t.Run("more lines than the most are refused", func(t *testing.T) {
		b := strings.Repeat("甲,乙\n", MostRows+1)
		if _, err := Read("a.csv", []byte(b)); !errs.Is(err, errs.Limited) {
			t.Fatal(err)
		}
	})
	t.Run("what is written is read again, each cell a text", func(t *testing.T) {
		var b bytes.Buffer
		in := Sheet{Name: "人员", Heads: []Head{{Title: "姓名", Must: true, Note: "必填"}, {Title: "类别", Choices: []string{"委员"}}},
			Rows: [][]Out{{{Text: "=1+1"}, {Text: "013"}}, {{Text: "乙"}, {Text: "x", Wrong: true, Note: "不是类别"}}}}
		if err := Write(&b, in, Sheet{Name: "单位", Heads: []Head{{Title: "名称"}}}); err != nil {
			t.Fatal(err)
		}
		got, err := Read("a.xlsx", b.Bytes())
		if err != nil || len(got) != 2 || got[0].Rows[1].Cells[0] != (Cell{Text: "=1+1"}) || got[0].Rows[1].Cells[1].Text != "013" {
			t.Fatalf("%+v %v", got, err)
		}
	})
}

// bomb adds to a workbook a part that unpacks to a hundred megabytes.
func bomb(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range r.File {
		if err := w.Copy(f); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.Create("xl/worksheets/sheet2.xml")
	if err == nil {
		_, err = p.Write(make([]byte, 100<<20))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
