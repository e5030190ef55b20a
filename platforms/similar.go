package platforms

import (
	"cmp"
	"context"
	"slices"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

const (
	alike       = 0.4  // share of common bigrams from which titles are alike
	mostSimilar = 10   // as many are shown
	titlePage   = 1000 // titles are read so many at a time
	similarFor  = 3    // years back
)

// Similar lists the matters of a platform's kind, of the last three years,
// whose titles are like the one given, the most similar first, at most ten. It
// compares pairs of neighbouring characters, which needs no word list.
func (s *Service) Similar(ctx context.Context, platformID uuid.UUID, title string) (_ []*gen.Matter, err error) {
	defer errs.Wrap(&err, "platforms.Similar(%s)", platformID)
	if title, err = line(title, nameText, true, "标题", "title"); err != nil {
		return nil, err
	}
	p, err := s.platform(ctx, platformID)
	if err != nil {
		return nil, err
	}
	type hit struct {
		id    uuid.UUID
		share float64
	}
	var hits []hit
	want := bigrams(title)
	since, after := clock.Now(ctx).AddDate(-similarFor, 0, 0), uuid.Nil
	for {
		page, err := s.titles(ctx, p.ProcessKind, since, after)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			if share := overlap(want, bigrams(m.Title)); share >= alike {
				hits = append(hits, hit{m.ID, share})
			}
		}
		slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.share, a.share) })
		hits = hits[:min(len(hits), mostSimilar)]
		if len(page) < titlePage {
			break
		}
		after = page[len(page)-1].ID
	}
	if len(hits) == 0 {
		return []*gen.Matter{}, nil
	}
	ids := make([]uuid.UUID, len(hits))
	for i, h := range hits {
		ids[i] = h.id
	}
	list, err := s.client.Matter.Query().Where(matter.IDIn(ids...)).All(ctx)
	slices.SortFunc(list, func(a, b *gen.Matter) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return list, err
}

// titles is the page of titles that the viewer sees, by id.
func (s *Service) titles(ctx context.Context, kind string, since time.Time, after uuid.UUID) ([]*gen.Matter, error) {
	return s.client.Matter.Query().Where(matter.Kind(kind), matter.OpenedAtGTE(since), matter.IDGT(after)).
		Order(matter.ByID()).Limit(titlePage).Select(matter.FieldID, matter.FieldTitle).All(ctx)
}

// bigrams are the pairs of neighbouring letters and digits of a text, each
// once.
func bigrams(title string) map[[2]rune]bool {
	out := map[[2]rune]bool{}
	var last rune
	for _, r := range text.Key(title) {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
			continue
		}
		if last != 0 {
			out[[2]rune{last, r}] = true
		}
		last = r
	}
	return out
}

// overlap is the share of common pairs (Sørensen and Dice), 0 to 1.
func overlap(a, b map[[2]rune]bool) float64 {
	if len(a)+len(b) == 0 {
		return 0
	}
	common := 0
	for pair := range a {
		if b[pair] {
			common++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}
