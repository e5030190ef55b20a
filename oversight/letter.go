package oversight

import (
	"regexp"
	"slices"
	"time"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/text"
)

// KindFigures is the kind of envelope in which figures travel.
const KindFigures = "figures"

// Splits are the words by which figures are split for a city: those that mean
// the same in each district.
var Splits = []string{"period", "proposer_kind", "sector", "street", byCohort}

// byCohort is the split by which three loops are told apart, each in another of its
// three years.
const byCohort = "cohort"

// Status of what is shared.
const (
	Active    = "ACTIVE"
	Suspended = "SUSPENDED"
)

// Terms are what a district lets the city have.
type Terms struct {
	Codes  []string `json:"codes"`  // nil: all
	Splits []string `json:"splits"` // nil: all of Splits
	Status string   `json:"status"`
	Reason string   `json:"reason,omitempty"`
}

// Lets reports whether a figure, or a split of it, is the city's to see.
func (t Terms) Lets(code, split string) bool {
	return (t.Codes == nil || slices.Contains(t.Codes, code)) && (split == "" || t.Splits == nil || slices.Contains(t.Splits, split))
}

// letter is the body of an envelope.
type letter struct {
	Terms    Terms     `json:"terms"`
	At       time.Time `json:"at"`                 // when it was counted
	AsOf     string    `json:"asOf"`               // as of which day
	Complete bool      `json:"complete,omitempty"` // what is not in it, or in those before it, stands as it was told
	Scopes   []scope   `json:"scopes,omitempty"`
	Blocks   []block   `json:"blocks,omitempty"`
}

// scope names a sitting or a year. A sitting is known by the year for which it
// was held: each committee counts its terms by itself, and what opened in November
// or December is held for the next.
type scope struct {
	Kind   figures.Kind `json:"kind"`
	Year   int          `json:"year"`
	Name   string       `json:"name"`
	Opens  string       `json:"opens,omitempty"`
	Closes string       `json:"closes,omitempty"`
}

// block is the figures of one scope and one split.
type block struct {
	Kind    figures.Kind `json:"kind"`
	Year    int          `json:"year"`
	Split   string       `json:"split,omitempty"`
	Figures []figure     `json:"figures"`
}

// figure is one number.
type figure struct {
	Code        string `json:"code"`
	Version     int    `json:"version"` // of the definition
	Label       string `json:"label"`
	Unit        string `json:"unit"`
	Numerator   int    `json:"n"`
	Denominator *int   `json:"d,omitempty"` // nil of a count
	Parts       []part `json:"parts,omitempty"`
}

// part is one part of a split.
type part struct {
	Key         string `json:"key,omitempty"`
	Label       string `json:"label"`
	Numerator   int    `json:"n"`
	Denominator *int   `json:"d,omitempty"`
}

var codeForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

// Bounds of what is believed.
const (
	mostParts = 500
	ahead     = 24 * time.Hour // by which a district's clock may be before ours
)

// wrong is what cannot be in a letter, nil when nothing is.
func (l *letter) wrong(now, today time.Time) error {
	asOf, err := time.Parse(time.DateOnly, l.AsOf)
	switch {
	case err != nil:
		return exchange.Refuse(exchange.Malformed, "截至日期“%.20s”不对", l.AsOf)
	case l.At.After(now.Add(ahead)) || asOf.After(today.AddDate(0, 0, 1)):
		return exchange.Refuse(exchange.Malformed, "指标的时间（截至 %s）晚于现在，请核对服务器的时钟", l.AsOf)
	case l.Terms.Status != Active && l.Terms.Status != Suspended:
		return exchange.Refuse(exchange.Malformed, "共享的状态“%.20s”不对", l.Terms.Status)
	}
	for _, s := range l.Scopes {
		if !known(s.Kind, s.Year) || !line(s.Name) || !date(s.Opens) || !date(s.Closes) {
			return exchange.Refuse(exchange.Malformed, "统计范围“%.40s”不对", s.Name)
		}
	}
	for _, b := range l.Blocks {
		if !known(b.Kind, b.Year) || b.Split != "" && !codeForm.MatchString(b.Split) {
			return exchange.Refuse(exchange.Malformed, "统计范围 %.20s %d 不对", b.Kind, b.Year)
		}
		for _, f := range b.Figures {
			if !f.can(b.Split) {
				return exchange.Refuse(exchange.Malformed, "指标“%.40s”的数不可能：分子多于分母，或各部分合计不等于总数", f.Code)
			}
		}
	}
	return nil
}

func known(k figures.Kind, year int) bool {
	return (k == figures.Session || k == figures.Since || k == figures.Year) && year >= 2000 && year <= 2099
}

func line(s string) bool {
	_, err := text.Field{Least: 1, Most: 100}.Take(s)
	return err == nil
}

func date(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return s == "" || err == nil
}

// can reports whether the figure could be: a share of what there is, whose
// parts make the whole.
func (f *figure) can(split string) bool {
	if !codeForm.MatchString(f.Code) || f.Version < 1 || !line(f.Label) || !line(f.Unit) || !share(f.Numerator, f.Denominator) || len(f.Parts) > mostParts {
		return false
	}
	if split == "" {
		return len(f.Parts) == 0
	}
	n, d := 0, 0
	for _, p := range f.Parts {
		if !share(p.Numerator, p.Denominator) || (p.Denominator == nil) != (f.Denominator == nil) || !line(p.Label) {
			return false
		}
		n += p.Numerator
		if p.Denominator != nil {
			d += *p.Denominator
		}
	}
	return n == f.Numerator && (f.Denominator == nil || d == *f.Denominator)
}

func share(n int, d *int) bool {
	const most = 1 << 30 // what the column holds
	return n >= 0 && n < most && (d == nil || n <= *d && *d < most)
}
