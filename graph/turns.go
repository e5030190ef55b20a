package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// todos is a page of what waits for the viewer. Its order is that of the days of
// what he owes, which no column of a matter has: the page's ids come first, then
// the matters as the generated pagination reads them.
func (r *Resolver) todos(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, filter *model.TodoFilter, sort *model.TodoSort) (*gen.MatterConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(true, after, before)
	}
	if err != nil {
		return nil, err
	}
	such, err := r.such(ctx, filter, sort)
	if err != nil {
		return nil, err
	}
	v, backward := authz.From(ctx), last != nil
	which, order := flow.Desk(v, such, after, before, backward)
	conn, err := r.ent().Matter.Query().Where(which).Order(order).Paginate(ctx, nil, first, nil, last)
	if err != nil {
		return nil, err
	}
	for _, e := range conn.Edges {
		e.Cursor.Value = flow.DayOf(e.Node)
	}
	conn.PageInfo.HasNextPage, conn.PageInfo.HasPreviousPage = conn.PageInfo.HasNextPage && !backward, conn.PageInfo.HasPreviousPage && backward
	if (after != nil || before != nil) && selected(ctx, "totalCount") { // of all pages, not of what is left
		conn.TotalCount, err = r.ent().Matter.Query().Where(flow.Todo(v, such)).Count(ctx)
	}
	return conn, err
}

// myTurns is what waits for the viewer in one matter.
func myTurns(ctx context.Context, m *gen.Matter) ([]*model.MyTurn, error) {
	list, err := load(ctx).turns.Load(ctx, m.ID)
	if err != nil || len(list) == 0 {
		return []*model.MyTurn{}, err
	}
	d, err := load(ctx).defs.Load(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	out := make([]*model.MyTurn, len(list))
	for i, t := range list {
		out[i] = &model.MyTurn{AssignmentID: t.Share, Turn: d.Turns[t.Turn], DueOn: t.DueOn, Since: t.Since, Instead: t.Instead, Reason: given(t.Reason)}
		if out[i].Turn == "" {
			out[i].Turn = t.Turn
		}
	}
	return out, nil
}

// standing is a page of what nobody is left for.
func (r *Resolver) standing(ctx context.Context, first *int, after *string) (*model.StandingPage, error) {
	p, _, err := r.stands(ctx, first, after)
	return p, err
}

// stands is standing with the place of each row.
func (r *Resolver) stands(ctx context.Context, first *int, after *string) (*model.StandingPage, []string, error) {
	first, _, err := page(first, nil)
	if err != nil {
		return nil, nil, err
	}
	place, err := standingPlace(after)
	if err != nil {
		return nil, nil, err
	}
	list, total, err := flow.StandsStill(ctx, place, *first+1)
	if err != nil {
		return nil, nil, err
	}
	out := &model.StandingPage{Matters: []*model.StandingMatter{}, TotalCount: total}
	more := len(list) > *first
	list = list[:min(len(list), *first)]
	places := make([]string, len(list))
	for i, s := range list {
		b, err := json.Marshal(flow.StandingPlace{Since: s.Since, Matter: s.Matter, Key: s.Key})
		if err != nil {
			return nil, nil, err
		}
		places[i] = base64.RawURLEncoding.EncodeToString(b)
	}
	if more {
		out.Next = &places[len(places)-1]
	}
	ids := make([]uuid.UUID, len(list))
	for i, s := range list {
		ids[i] = s.Matter
	}
	rows, err := r.ent().Matter.Query().Where(matter.IDIn(ids...)).All(ctx) // those that the viewer sees
	seen := map[uuid.UUID]*gen.Matter{}
	for _, m := range rows {
		seen[m.ID] = m
	}
	for _, s := range list {
		out.Matters = append(out.Matters, &model.StandingMatter{
			Matter: seen[s.Matter], Kind: s.Kind, AssignmentID: s.Share, Reason: s.Reason, Since: s.Since, HandedTo: authz.NameOf(ctx, s.Role),
		})
	}
	return out, places, err
}

// standingPlace reads what standing wrote.
func standingPlace(after *string) (*flow.StandingPlace, error) {
	if after == nil {
		return nil, nil
	}
	var p flow.StandingPlace
	b, err := base64.RawURLEncoding.DecodeString(*after)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil || p.Since.Before(time.Unix(0, 0)) {
		return nil, errs.New(errs.Invalid, "after 不是这个列表给出的，请从第一页重新开始").At("after")
	}
	return &p, nil
}
