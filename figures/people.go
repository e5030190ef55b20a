package figures

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

// Person is the word that says whose a row is. What has it can be counted person
// by person, which is how package obligations sees what somebody has done.
const Person = "person"

// Thing is what can be counted of people, for who writes a definition.
type Thing struct {
	Code, Label  string
	Words        []Word
	Units        []string // what one row may be called
	Amounts, Per []Choice // what can be added up; whose each can be counted
}

// Choice is a value of a word.
type Choice struct{ Code, Label string }

// Word is what a condition may ask of a thing.
type Word struct {
	Code, Label string
	Yes         bool     // asked by yes or no
	Values      []Choice // which there are; none: the committee's own
}

// OfPeople are the things that can be counted person by person, by their codes.
func OfPeople() (out []Thing) {
	for _, code := range slices.Sorted(maps.Keys(things)) {
		t := things[code]
		if t.words[Person] == nil {
			continue
		}
		out = append(out, t.said(code))
	}
	return out
}

// said is a thing with what may be asked of it; whose it is is asked otherwise.
func (t *thing) said(code string) Thing {
	thing := Thing{Code: code, Label: t.label}
	for _, name := range slices.Sorted(maps.Keys(t.words)) {
		if name == Person {
			continue
		}
		w := t.words[name]
		word := Word{Code: name, Label: w.label, Yes: w.yes}
		for _, v := range w.values {
			word.Values = append(word.Values, Choice{v.code, v.label})
		}
		thing.Words = append(thing.Words, word)
	}
	return thing
}

// Check says what is wrong with a definition that is not shipped.
func (d *Definition) Check() error { return d.check() }

// CountsPeople reports whether the definition can be counted person by person.
func (d *Definition) CountsPeople() bool {
	t := things[d.Of]
	return t != nil && t.words[Person] != nil
}

// Tally counts definitions that are not shipped, for the product itself.
func Tally(ctx context.Context, list []*Definition, s Scope, split string) (_ []Value, err error) {
	defer errs.Wrap(&err, "figures.Tally")
	for _, d := range list {
		if err := d.splits(split); err != nil {
			return nil, err
		}
	}
	return counted(ctx, list, s, split)
}

// RowsOf is List for a definition that is not shipped: at most in.Limit rows and
// one more where there is a next page.
func RowsOf(ctx context.Context, d *Definition, in Rows) (_ []Row, err error) {
	defer errs.Wrap(&err, "figures.RowsOf")
	args, err := in.Scope.args(ctx)
	if err != nil {
		return nil, err
	}
	return d.page(ctx, in, args)
}

// With is the definition narrowed to the rows of one person.
func (d *Definition) With(person uuid.UUID) *Definition { return d.narrowed(Person, person.String()) }

// narrowed asks one word more, for any of its values.
func (d *Definition) narrowed(name string, words ...string) *Definition {
	out := *d
	out.Among = maps.Clone(d.Among)
	if out.Among == nil {
		out.Among = Condition{}
	}
	out.Among[name] = Asked{Words: words}
	return &out
}
