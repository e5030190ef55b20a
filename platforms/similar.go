package platforms

import (
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/search"
)

const (
	alike       = 0.4 // share of common bigrams from which titles are alike
	mostSimilar = 10  // as many are shown
	similarFor  = 3   // years back
)

// Similar lists the matters of a platform's kind, of the last three years,
// whose titles are like the one given, the most similar first, at most ten.
func (s *Service) Similar(ctx context.Context, platformID uuid.UUID, title string) (_ []*gen.Matter, err error) {
	defer errs.Wrap(&err, "platforms.Similar(%s)", platformID)
	if title, err = line(title, nameText, true, "标题", "title"); err != nil {
		return nil, err
	}
	p, err := s.platform(ctx, platformID)
	if err != nil {
		return nil, err
	}
	like, err := search.Alike(ctx, title, alike, mostSimilar, matter.Kind(p.ProcessKind), matter.OpenedAtGTE(clock.Now(ctx).AddDate(-similarFor, 0, 0)))
	if err != nil || len(like) == 0 {
		return []*gen.Matter{}, err
	}
	ids := make([]uuid.UUID, len(like))
	for i, l := range like {
		ids[i] = l.Matter
	}
	list, err := s.client.Matter.Query().Where(matter.IDIn(ids...)).All(ctx)
	slices.SortFunc(list, func(a, b *gen.Matter) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
	return list, err
}
