package imports

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/text"
)

// Type is what a cell holds.
type Type int

// The types. A cell of a Choice holds a code's word, one of a Flag 是 or 否.
const (
	Text Type = iota
	Day
	Choice
	Flag
)

// Column is one of a kind's.
type Column struct {
	Code     string // as the service calls the field, so that its refusals find the column
	Title    string
	Also     []string // what else people call it
	Must     bool
	Personal bool // shown to who may read personal data
	Type     Type
	Words    map[string]string // of a Choice: each code's word
	Note     string            // how it is filled in
	Width    float64
}

// Values are the cells of a line by column: days as 2006-01-02, choices as
// codes, flags as 是 and 否. What is blank is not there.
type Values map[string]string

// Key is something by which two lines of a file are the same. By a Doubt they
// may be.
type Key struct {
	Column string
	Value  string
	Doubt  bool
}

// Match is whom or what a line is about; nil: nobody yet. Doubt says why that is
// not certain.
type Match struct {
	Subject *uuid.UUID
	Called  string
	Doubt   string
}

// Diff is what a line changes.
type Diff struct {
	Column string `json:"column"` // code
	Before string `json:"before"`
	After  string `json:"after"`
	// Row is which row of several that a subject has, for Revert.
	Row *uuid.UUID `json:"row,omitempty"`
}

// Made is a row that a line added.
type Made struct {
	Table string    `json:"table"` // one of those that import_unmake takes away
	ID    uuid.UUID `json:"id"`
}

// Done is what a line did. Nothing made and nothing changed: it was so already.
type Done struct {
	Subject uuid.UUID
	Called  string
	Version int
	Changes []Diff
	Made    []Made // in the order in which they can be taken away
}

// Hand does lines of a kind in one transaction. It knows what is there when it is
// opened, and what it did itself.
type Hand interface {
	Match(Values) (Match, error)
	Apply(ctx context.Context, v Values, subject *uuid.UUID) (Done, error)
	// Revert gives a subject its former words, and answers an error where it cannot.
	Revert(ctx context.Context, subject uuid.UUID, changes []Diff) error
}

// Kind is what can be imported.
type Kind struct {
	Code    string
	Title   string   // also of its sheet
	Also    []string // what else a sheet is called
	Entity  string   // of the subject, as the book calls it
	Table   string   // of the subject
	Columns []Column
	Most    int  // lines
	Ground  bool // later kinds stand on it: its new lines are there when theirs are judged
	Keys    func(Values) []Key
	Order   func([]Values) []int // in which the lines are done; nil: as they stand
	Open    func(ctx context.Context) (Hand, error)
	Export  func(ctx context.Context) ([]Values, error)
}

func (k *Kind) column(code string) *Column {
	if k == nil { // of another version
		return nil
	}
	for i := range k.Columns {
		if k.Columns[i].Code == code {
			return &k.Columns[i]
		}
	}
	return nil
}

// named is the column that a head means.
func (k *Kind) named(head string) *Column {
	head = headKey(head)
	for i := range k.Columns {
		c := &k.Columns[i]
		if head == headKey(c.Title) || slices.ContainsFunc(c.Also, func(s string) bool { return head == headKey(s) }) {
			return c
		}
	}
	return nil
}

// headKey is a head without what people put around it: stars, colons, blanks,
// and what stands in brackets.
func headKey(s string) string {
	s = text.Key(s)
	if i := strings.IndexAny(s, "(["); i > 0 {
		s = s[:i]
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" *:：★", r) {
			return -1
		}
		return r
	}, s)
}

// word is a value as a cell shows it.
func (c *Column) word(value string) string {
	if c != nil && c.Type == Choice && c.Words[value] != "" {
		return c.Words[value]
	}
	return value
}

// Choices are the words of a column, in the order of their codes' words.
func (c *Column) Choices() []string {
	if c.Type == Flag {
		return []string{Yes, No}
	}
	var out []string
	for _, w := range c.Words {
		out = append(out, w)
	}
	slices.Sort(out)
	return out
}

// The words of a Flag.
const (
	Yes = "是"
	No  = "否"
)
