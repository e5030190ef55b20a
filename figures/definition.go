package figures

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gopkg.in/yaml.v3"
)

//go:embed definitions/*.yaml
var shipped embed.FS

// Definition is a figure as data.
type Definition struct {
	Code    string    `yaml:"code"`
	Version int       `yaml:"version"`
	Label   string    `yaml:"label"`
	Unit    string    `yaml:"unit"`    // 件, 份, 人 … of what is counted; a rate is printed in per cent
	Source  string    `yaml:"source"`  // where the meaning comes from
	Note    string    `yaml:"note"`    // 口径, for the reader
	Of      string    `yaml:"of"`      // the thing whose rows are counted
	Among   Condition `yaml:"among"`   // the rows that are looked at
	Counts  Condition `yaml:"counts"`  // of a rate: which of these count
	Sum     string    `yaml:"sum"`     // the amount that is added up; empty: rows are counted
	Per     string    `yaml:"per"`     // person, unit, sector or street: split by it, those who have none are parts as well
	Readers string    `yaml:"readers"` // the right that is needed beside Read; empty: no other
	ID      uuid.UUID `yaml:"-"`       // of the committee's own
	Retired bool      `yaml:"retired"` // no longer offered; reports that have it are still read
}

// IsRate reports whether the figure is a share of something.
func (d *Definition) IsRate() bool { return len(d.Counts) > 0 }

// Condition asks something of attributes: all of them.
type Condition map[string]Asked

// Asked is what is asked of one attribute: yes or no, or one of some words, or
// none of them.
type Asked struct {
	Yes   bool
	Words []string
	None  bool // none of the words
}

// UnmarshalYAML reads true, A, [A, B] and {not: [A, B]}.
func (a *Asked) UnmarshalYAML(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!bool":
		return n.Decode(&a.Yes)
	case n.Kind == yaml.ScalarNode:
		a.Words = []string{n.Value}
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Decode(&a.Words)
	}
	var not struct {
		Not []string `yaml:"not"`
	}
	err := n.Decode(&not)
	a.Words, a.None = not.Not, true
	return err
}

// Sum is what must add up: the figure Whole is the sum of Parts.
type Sum struct {
	Whole string   `yaml:"whole"`
	Parts []string `yaml:"parts"`
}

// Book is the definitions in the order in which they are shown.
type Book struct {
	list []*Definition
	sums []Sum
	by   map[string]*Definition // the one in force
}

type page struct {
	Figures []*Definition `yaml:"figures"`
	Sums    []Sum         `yaml:"sums"`
}

// Shipped are the definitions that the product brings.
var Shipped = func() *Book {
	b, err := load(shipped)
	if err != nil {
		panic(err)
	}
	return b
}()

// load reads and checks all files, in the order of their names.
func load(files fs.FS) (*Book, error) {
	names, err := fs.Glob(files, "definitions/*.yaml")
	if err != nil {
		return nil, err
	}
	b := &Book{by: map[string]*Definition{}}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		var p page
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		if err := dec.Decode(&p); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		b.list, b.sums = append(b.list, p.Figures...), append(b.sums, p.Sums...)
	}
	return b, b.check()
}

// check lists everything that is wrong with the definitions.
func (b *Book) check() error {
	var bad []error
	seen := map[string]bool{}
	for _, d := range b.list {
		key := fmt.Sprintf("%s@%d", d.Code, d.Version)
		if seen[key] || d.Version < 1 || d.Code == "" || d.Label == "" || d.Unit == "" || d.Source == "" {
			bad = append(bad, fmt.Errorf("figure %s: is there twice, or says no version, label, unit or source", key))
		}
		seen[key] = true
		if err := d.check(); err != nil {
			bad = append(bad, fmt.Errorf("figure %s: %w", key, err))
		}
		if d.Retired {
			continue
		}
		if b.by[d.Code] != nil {
			bad = append(bad, fmt.Errorf("figure %s: two versions are in force", d.Code))
		}
		b.by[d.Code] = d
	}
	for _, s := range b.sums {
		for _, code := range append([]string{s.Whole}, s.Parts...) {
			if d := b.by[code]; d == nil || d.IsRate() || d.Of != b.by[s.Whole].Of {
				bad = append(bad, fmt.Errorf("sum of %s: %s is no count of the same things", s.Whole, code))
				break
			}
		}
	}
	return errors.Join(bad...)
}

func (d *Definition) check() error {
	t := things[d.Of]
	if t == nil {
		return fmt.Errorf("no thing %q", d.Of)
	}
	if d.Among == nil {
		return errors.New("it does not say among what it counts; {} is everything")
	}
	for _, c := range []Condition{d.Among, d.Counts} {
		for name, asked := range c {
			w := t.words[name]
			if w == nil {
				return fmt.Errorf("a %s has no %q", d.Of, name)
			}
			if w.yes == (len(asked.Words) > 0) {
				return fmt.Errorf("%q is asked in the wrong way", name)
			}
			for _, word := range asked.Words {
				if len(w.values) > 0 && w.name(word) == "" {
					return fmt.Errorf("%q is never %q", name, word)
				}
			}
		}
	}
	if d.Sum != "" && (t.amounts[d.Sum] == nil || d.IsRate()) {
		return fmt.Errorf("a %s has no amount %q, or it is a rate", d.Of, d.Sum)
	}
	if d.Per != "" && (everybody[d.Per] == "" || t.words[d.Per] == nil) {
		return fmt.Errorf("a %s is nobody's %q", d.Of, d.Per)
	}
	for name := range d.Counts {
		if _, both := d.Among[name]; both {
			return fmt.Errorf("%q is asked both of all rows and of those that count", name)
		}
	}
	return nil
}

// All are the definitions in force.
func (b *Book) All() (out []*Definition) {
	for _, d := range b.list {
		if !d.Retired {
			out = append(out, d)
		}
	}
	return out
}

// Of is the definition in force, nil when there is none.
func (b *Book) Of(code string) *Definition { return b.by[code] }

// At is a definition of a version, retired ones too.
func (b *Book) At(code string, version int) *Definition {
	i := slices.IndexFunc(b.list, func(d *Definition) bool { return d.Code == code && d.Version == version })
	if i < 0 {
		return nil
	}
	return b.list[i]
}

// sumsOf are the sums in which one of the figures is.
func (b *Book) sumsOf(codes []string) (out []Sum) {
	for _, s := range b.sums {
		if slices.ContainsFunc(append([]string{s.Whole}, s.Parts...), func(c string) bool { return slices.Contains(codes, c) }) {
			out = append(out, s)
		}
	}
	return out
}

// Words says of a condition what it asks, for the reader.
func (d *Definition) Words(c Condition) string {
	t := things[d.Of]
	var names []string
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	var out []string
	for _, name := range names {
		if t == nil || t.words[name] == nil { // of another program, which knows more
			out = append(out, name)
			continue
		}
		out = append(out, t.words[name].say(c[name]))
	}
	return strings.Join(out, "，")
}

// Meaning says of the whole definition what it asks.
func (d *Definition) Meaning() string {
	all := []string{things[d.Of].label}
	if among := d.Words(d.Among); among != "" {
		all = append(all, "，", among)
	}
	if d.IsRate() {
		all = append(all, "；其中", d.Words(d.Counts))
	}
	if d.Sum != "" {
		all = append(all, "；", things[d.Of].amounts[d.Sum].label, "合计")
	}
	return strings.Join(all, "")
}
