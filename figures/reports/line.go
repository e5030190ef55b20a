package reports

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Longest texts, in characters, and most lines of a report.
const (
	titleText = 100
	lineText  = 200
	mostLines = 100
)

// NotRecorded is what a line says that no figure is behind.
const NotRecorded = "未记录"

// Line is one line of a report: a figure, or something of which nothing is
// recorded, with the reason. All that a frozen report says stands in its lines,
// whatever becomes of the definitions.
type Line struct {
	Label       string `json:"label" yaml:"label"`
	Code        string `json:"code,omitempty" yaml:"code"`
	Why         string `json:"why,omitempty" yaml:"why"`
	Version     int    `json:"version,omitempty" yaml:"-"`
	Unit        string `json:"unit,omitempty" yaml:"-"`
	Meaning     string `json:"meaning,omitempty" yaml:"-"` // the definition in words
	Note        string `json:"note,omitempty" yaml:"-"`    // 口径
	Type        string `json:"type,omitempty" yaml:"-"`    // of the rows
	Rate        bool   `json:"rate,omitempty" yaml:"-"`
	Sum         bool   `json:"sum,omitempty" yaml:"-"`
	Numerator   int    `json:"numerator,omitempty" yaml:"-"`
	Denominator int    `json:"denominator,omitempty" yaml:"-"`

	No     int           `json:"-" yaml:"-"` // in its report, from 0
	Report uuid.UUID     `json:"-" yaml:"-"` // nil: of a preview
	Scope  figures.Scope `json:"-" yaml:"-"` // of a preview
}

// Number is the line's number.
func (l *Line) Number() figures.Number {
	return figures.Number{Numerator: l.Numerator, Denominator: l.Denominator, Rate: l.Rate}
}

// Text is how the line is printed.
func (l *Line) Text() string {
	switch {
	case l.Code == "":
		return NotRecorded
	case l.Rate:
		return l.Number().Text()
	}
	return l.Number().Text() + " " + l.Unit
}

// printed is the line with what stands behind its number.
func (l *Line) printed() string {
	switch {
	case l.Code == "":
		return l.Text() + "（" + l.Why + "）"
	case l.Rate:
		return fmt.Sprintf("%s（%d/%d）", l.Text(), l.Numerator, l.Denominator)
	}
	return l.Text()
}

// tell fills in what a figure says.
func (l *Line) tell(v figures.Value) {
	d := v.Definition
	l.Version, l.Unit, l.Note, l.Type, l.Rate, l.Numerator, l.Denominator = d.Version, d.Unit, d.Note, d.Type(), d.IsRate(), v.Numerator, v.Denominator
	l.Meaning, l.Sum = d.Meaning(), d.Sum != ""
}

// checkLines refuses lines that say nothing, or two things.
func checkLines(lines []Line) error {
	if len(lines) == 0 || len(lines) > mostLines {
		return errs.New(errs.Invalid, "报告有 1 至 %d 行", mostLines).At("lines")
	}
	for i, l := range lines {
		same := func(x Line) bool { return l.Code != "" && x.Code == l.Code }
		switch {
		case text.Blank(l.Label) || len([]rune(l.Label)) > lineText || len([]rune(l.Why)) > lineText:
			return errs.New(errs.Invalid, "第 %d 行：每行要有名称，名称和说明至多 %d 字", i+1, lineText).At("lines", fmt.Sprint(i))
		case (l.Code == "") == text.Blank(l.Why):
			return errs.New(errs.Invalid, "第 %d 行：写指标的代码，或者写为什么没有记录，只写其中一项", i+1).At("lines", fmt.Sprint(i))
		case slices.ContainsFunc(lines[:i], same):
			return errs.New(errs.Invalid, "第 %d 行：指标“%.40s”前面已经有了", i+1, l.Code).At("lines", fmt.Sprint(i))
		}
	}
	return nil
}

// codes are the figures of the lines.
func codes(lines []Line) (out []string) {
	for _, l := range lines {
		if l.Code != "" {
			out = append(out, l.Code)
		}
	}
	return out
}

// LinesOf are what a frozen report says.
func LinesOf(r *gen.Report) (out []Line, err error) {
	raw, err := json.Marshal(r.Lines)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	for i := range out {
		out[i].No, out[i].Report = i, r.ID
	}
	return out, err
}

func stored(lines []Line) (out []map[string]any, err error) {
	raw, err := json.Marshal(lines)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	return out, err
}

// print writes the report as it stays.
func print(title, scope, by string, lines []Line) string {
	b := strings.Builder{}
	fmt.Fprintf(&b, "%s\n统计范围：%s\n", title, scope)
	for i, l := range lines {
		fmt.Fprintf(&b, "%d. %s：%s\n", i+1, l.Label, l.printed())
	}
	b.WriteString(by + "\n")
	return b.String()
}
