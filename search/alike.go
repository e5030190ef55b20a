package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Like is a matter whose title is like another.
type Like struct {
	Matter uuid.UUID
	Number string
	Title  string
	Score  float64 // Dice coefficient of the titles' pairs of characters, 0–1
}

// candidates are as many titles with the most pairs in common as are compared
// in full.
const candidates = 200

// Alike are the matters that the viewer sees, such as are asked for, whose
// titles are like the one given, the most similar first.
func Alike(ctx context.Context, title string, least float64, most int, such ...predicate.Matter) (_ []Like, err error) {
	defer errs.Wrap(&err, "search.Alike")
	want := neighbours(title)
	if len(want) == 0 {
		return nil, nil
	}
	m := sql.Table(matter.Table)
	s := sql.Dialect(dialect.Postgres).Select(m.C(matter.FieldID), m.C(matter.FieldNumber), m.C(matter.FieldTitle)).From(m)
	authz.MatterVisible(authz.From(ctx))(s)
	for _, p := range such {
		p(s)
	}
	terms := termsOf(usual.Replace(Fold(title)))
	b := begin()
	b.WriteString("SELECT m.id, coalesce(m.number, ''), m.title FROM (").Join(s).WriteString(") m JOIN (" +
		"SELECT p.matter_id, (SELECT count(*) FROM unnest(").Arg(terms[:min(len(terms), mostTerms)]).WriteString("::text[]) t WHERE strpos(p.body, t) > 0) AS common" +
		" FROM search_parts p WHERE p.brief AND p.field = 'TITLE') x ON x.matter_id = m.id WHERE x.common > 0 ORDER BY x.common DESC, m.id DESC LIMIT ").Arg(candidates)
	text, args := b.Query()
	type row struct {
		ID            uuid.UUID
		Number, Title string
	}
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[row], text, args...)
	var out []Like
	for _, r := range rows {
		if score := dice(want, neighbours(r.Title)); score >= least {
			out = append(out, Like{r.ID, r.Number, r.Title, score})
		}
	}
	slices.SortStableFunc(out, func(a, b Like) int { return cmp.Compare(b.Score, a.Score) })
	return out[:min(len(out), most)], err
}

// usual are the words that nearly every title has.
var usual = strings.NewReplacer("关于", "", "的提案", "", "的建议", "", "进一步", "", "加强", "", "推动", "")

// neighbours are a title's pairs of neighbouring characters, and how often each
// is there.
func neighbours(title string) map[string]int {
	r := []rune(strings.ReplaceAll(usual.Replace(Fold(title)), " ", ""))
	out := map[string]int{}
	for i := 0; i+1 < len(r); i++ {
		out[string(r[i:i+2])]++
	}
	return out
}

// termsOf are the terms under which a folded text stands in the index, but for
// single characters.
func termsOf(folded string) (out []string) {
	for _, t := range tokens(folded) {
		if r, _ := utf8.DecodeRuneInString(t); isHan(r) {
			out = append(out, pairs(t)...)
		} else {
			out = append(out, head(t, longestTerm))
		}
	}
	return out
}

// dice is the share of common pairs (Sørensen and Dice), 0 to 1.
func dice(a, b map[string]int) float64 {
	common, total := 0, 0
	for p, n := range a {
		common += min(n, b[p])
		total += n
	}
	for _, n := range b {
		total += n
	}
	if total == 0 {
		return 0
	}
	return 2 * float64(common) / float64(total)
}
