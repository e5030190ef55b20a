package search

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// mostPlaces are shown of one matter, and one for each word at least.
const mostPlaces = 3

// Found is a place where words stand.
type Found struct {
	Source, Field string
	Part          uuid.UUID // the row's id; of a unit's name the unit's
	Words         []string  // as they were written
	Segments      []Segment
	Weight        int
	words         []int
}

// Show says of matters where the words stand, the weightiest places first; only
// of what the viewer reads.
func (q *Query) Show(ctx context.Context, matters []uuid.UUID) (_ map[uuid.UUID][]Found, err error) {
	defer errs.Wrap(&err, "search.Show(%d matters)", len(matters))
	if q.Empty() || len(matters) == 0 {
		return nil, nil
	}
	b := q.hits(authz.From(ctx), matters)
	b.WriteString(`, best AS (SELECT * FROM (
		  SELECT h.*, row_number() OVER (PARTITION BY h.matter_id, h.word ORDER BY h.weight DESC, h.part) AS rank FROM hit h) r
		WHERE rank <= `).Arg(mostPlaces).WriteString(`)
		SELECT h.matter_id, h.word, h.weight, p.source, p.field, p.part_id, p.shown FROM best h JOIN search_parts p ON p.no = coalesce(h.part, (
		  SELECT u.no FROM search_parts u WHERE u.source = 'UNIT' AND u.part_id = h.unit AND u.field = 'NAME'))
		ORDER BY h.weight DESC, p.no, h.word`)
	type row struct {
		Matter       uuid.UUID
		Word, Weight int
		Source       string
		Field        string
		Part         uuid.UUID
		Shown        string
	}
	text, args := b.Query()
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[row], text, args...)
	if err != nil {
		return nil, err
	}
	var shown []string
	for _, r := range rows {
		shown = append(shown, r.Shown)
	}
	pinyin, err := q.readings(ctx, shown)
	out := map[uuid.UUID][]Found{}
	for _, r := range rows {
		list := out[r.Matter]
		i := slices.IndexFunc(list, func(f Found) bool { return f.Part == r.Part && f.Field == r.Field })
		if i < 0 {
			i = len(list)
			f := Found{Source: r.Source, Field: r.Field, Part: r.Part, Weight: r.Weight}
			f.Segments, _ = segments(r.Shown, q.words, pinyin)
			list = append(list, f)
		}
		if !slices.Contains(list[i].words, r.Word) {
			list[i].words, list[i].Words = append(list[i].words, r.Word), append(list[i].Words, q.words[r.Word].said)
		}
		out[r.Matter] = list
	}
	for m, list := range out {
		out[m] = few(list)
	}
	return out, err
}

// few are the first places, and the first one of each word that stands in none
// of them.
func few(list []Found) (out []Found) {
	seen := map[int]bool{}
	for _, f := range list {
		fresh := slices.ContainsFunc(f.words, func(w int) bool { return !seen[w] })
		if len(out) >= mostPlaces && !fresh {
			continue
		}
		for _, w := range f.words {
			seen[w] = true
		}
		out = append(out, f)
	}
	return out
}

// readings are the initials of the characters of texts, where a word may be
// initials.
func (q *Query) readings(ctx context.Context, shown []string) (map[rune]string, error) {
	if !slices.ContainsFunc(q.words, func(w word) bool { return len(w.pinyin) > 0 }) {
		return nil, nil
	}
	asked := map[rune]bool{}
	var hans []string
	for _, s := range shown {
		for _, r := range s {
			if isHan(r) && !asked[r] {
				asked[r] = true
				hans = append(hans, string(r))
			}
		}
	}
	type row struct{ Han, Initials string }
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[row], `SELECT han, initials FROM pinyin WHERE han = ANY ($1)`, hans)
	out := make(map[rune]string, len(rows))
	for _, r := range rows {
		out[[]rune(r.Han)[0]] = r.Initials
	}
	return out, err
}

// Suggestion completes what somebody writes: a title, a name or a category.
type Suggestion struct {
	Text, Source, Field string
}

// mostSuggestions are shown.
const mostSuggestions = 10

// Suggest is what begins, or goes on, as the viewer writes: from the titles,
// categories and names that he reads.
func Suggest(ctx context.Context, prefix string) (_ []Suggestion, err error) {
	defer errs.Wrap(&err, "search.Suggest")
	words, err := parse(prefix, "prefix")
	if err != nil || len(words) == 0 {
		return nil, err
	}
	q, v := &Query{words: words}, authz.From(ctx)
	b := begin()
	b.WriteString("SELECT split_part(p.shown, E'\\n——\\n', 1) AS text, min(p.source) AS source, min(p.field) AS field FROM search_parts p WHERE p.brief")
	for _, w := range words {
		b.WriteString(" AND (p.matter_id IS NULL OR ")
		w.marked(b)
		b.WriteString(") AND ")
		w.stands(b)
	}
	b.WriteString(" AND (p.source = 'UNIT' OR p.matter_id IN (SELECT id FROM (").Join(q.seen(v)).WriteString(") m) AND ")
	seesPart(b, v)
	b.WriteString(") GROUP BY 1 ORDER BY (min(p.source) = 'UNIT') DESC, max(p.weight) DESC, count(*) DESC, max(p.no) DESC LIMIT ").Arg(mostSuggestions)
	text, args := b.Query()
	return tenants.Collect(ctx, pgx.RowToStructByPos[Suggestion], text, args...)
}
