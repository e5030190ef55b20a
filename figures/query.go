package figures

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// rows is the one query of a figure: its rows, to which part each belongs, and
// whether it counts. It is counted for the number and listed for the rows.
func (d *Definition) rows(split string) string {
	t := things[d.Of]
	part := "''"
	if split != "" {
		part = "coalesce((" + t.words[split].sql + ")::text, '')"
	}
	amount := "0"
	if d.Sum != "" {
		amount = "coalesce(" + t.amounts[d.Sum].sql + ", 0)"
	}
	q := fmt.Sprintf("t.id, t.matter, %s AS part, %s AS counts, (%s)::bigint AS amount FROM %s t WHERE %s", part, t.where(d.Counts), amount, t.from, t.where(d.Among))
	if t.each == "" {
		return "SELECT " + q
	}
	return fmt.Sprintf("SELECT DISTINCT ON (t.%[1]s) %[2]s ORDER BY t.%[1]s, t.id", t.each, q)
}

// where is a condition as SQL; asked for nothing, it is true.
func (t *thing) where(c Condition) string {
	var names, asks []string
	for name := range c {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		asks = append(asks, t.words[name].condition(c[name]))
	}
	if len(asks) == 0 {
		return "true"
	}
	return strings.Join(asks, " AND ")
}

// needs are the parts of the query that the figure is made of.
func (d *Definition) needs(split string) []string {
	t := things[d.Of]
	out := []string{t.from}
	for _, c := range []Condition{d.Among, d.Counts, {split: Asked{}}} {
		for name := range c {
			if w := t.words[name]; w != nil {
				out = append(out, w.needs...)
			}
		}
	}
	return out
}

// splits reports whether the figure can be split by the word.
func (d *Definition) splits(by string) error {
	if by == "" {
		return nil
	}
	if w := things[d.Of].words[by]; w == nil || w.yes {
		return errs.New(errs.Invalid, "“%s”不能按“%.40s”拆分；能用的有 %s", d.Label, by, strings.Join(d.Splits(), "、")).At("split")
	}
	return nil
}

// Splits are the words by which the figure can be split.
func (d *Definition) Splits() (out []string) {
	for name, w := range things[d.Of].words {
		if !w.yes {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Ways are all words by which figures can be split, each with what it is called.
func Ways() (out [][2]string) {
	seen := map[string]bool{}
	for _, of := range slices.Sorted(maps.Keys(things)) {
		words := things[of].words
		for _, name := range slices.Sorted(maps.Keys(words)) {
			if !words[name].yes && !seen[name] {
				seen[name] = true
				out = append(out, [2]string{name, words[name].label})
			}
		}
	}
	return out
}

// counting counts all of the figures in one statement: by figure and part, how
// many rows there are, how many count, and how many different ones there are.
func counting(list []*Definition, split string) string {
	var needed, asks []string
	for i, d := range list {
		needed = append(needed, d.needs(split)...)
		asks = append(asks, fmt.Sprintf("SELECT %d, q.part, count(*), count(*) FILTER (WHERE q.counts), count(DISTINCT q.id), coalesce(sum(q.amount), 0)::bigint FROM (%s) q GROUP BY q.part", i, d.rows(split)))
	}
	return with(needed) + strings.Join(asks, "\nUNION ALL ") + "\nORDER BY 1, 2"
}

// listing lists the rows of a figure after one of them, of one part or of all.
func (d *Definition) listing(split string) string {
	return with(d.needs(split)) + "SELECT q.id, q.matter, q.part, q.counts, q.amount FROM (" + d.rows(split) + `) q
		WHERE q.id > $7 AND ($8::text IS NULL OR q.part = $8) AND ($9::bool IS NULL OR q.counts = $9) ORDER BY q.id LIMIT $10`
}
