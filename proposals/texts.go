package proposals

import (
	"strconv"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// columns are the texts of a proposal that people write, and what each keeps
// to at whichever door it comes in: drafting, revising, correcting, and the
// copy that another committee sends. How much must be there is the door's: a
// draft may be as empty as its author likes.
var columns = map[string]text.Field{
	"title":         {Label: "案由", Most: 80},
	"situation":     {Label: "情况", Most: 8000, Lines: true},
	"analysis":      {Label: "分析", Most: 8000, Lines: true},
	"category":      {Label: "分类", Most: 40},
	"consentReason": {Label: "不同意公开的理由", Most: 200},
}

// suggestionMost is the longest of a proposal's suggestions, in characters.
const suggestionMost = 2000

// leastTitle is the shortest 案由, in visible characters.
const leastTitle = 4

// column is what a column keeps to, with how much must be there and the path
// of the input.
func column(name string, least int, path ...string) text.Field {
	f := columns[name]
	f.Least, f.Path = least, path
	return f
}

// corrected brings a corrected value to the form in which its column keeps it.
func corrected(name, value, path string) (string, error) {
	least := 1
	if name == "title" {
		least = leastTitle
	}
	return column(name, least, path).Take(value)
}

// fits brings the draft's texts to the form in which they are kept, and refuses
// what the form of the text would refuse as too long; too short nothing is in a
// draft.
func (d *Draft) fits() error {
	of := func(s *string, name string) text.Of { return text.Of{Text: s, Field: column(name, 0, name)} }
	err := text.Tidy(of(&d.Title, "title"), of(&d.Situation, "situation"), of(&d.Analysis, "analysis"), of(&d.Category, "category"), of(&d.Reason, "consentReason"))
	if err != nil {
		return err
	}
	if len(d.Suggestions) > 20 {
		return errs.New(errs.Invalid, "建议至多 20 条").At("suggestions")
	}
	for i := range d.Suggestions {
		each := text.Field{Label: "每条建议", Path: []string{"suggestions", strconv.Itoa(i)}, Least: 1, Most: suggestionMost, Lines: true}
		if d.Suggestions[i], err = each.Take(d.Suggestions[i]); err != nil {
			return err
		}
	}
	if len(d.Units) > 5 {
		return errs.New(errs.Invalid, "建议承办单位至多五个").At("suggestedUnitIds")
	}
	return nil
}
