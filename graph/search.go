package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/99designs/gqlgen/graphql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/search"
)

// labels are what the places are called in which words stand.
var labels = map[string]string{
	"MATTER TITLE": "标题", "MATTER NUMBER": "编号", "MATTER CONTENT": "内容",
	"PROPOSAL REGISTRATION": "登记号", "PROPOSAL CATEGORY": "分类", "PROPOSAL SITUATION": "情况", "PROPOSAL ANALYSIS": "分析", "PROPOSAL SUGGESTIONS": "建议",
	"REPLY DOC_NO": "发文字号", "REPLY BODY": "答复正文", "FEEDBACK OPINION": "征询意见", "RECORD NUMBER": "记录文号", "RECORD TEXT": "记录",
	"EVENT NAME": "会议、走访的名称", "EVENT TEXT": "会议、走访的情况", "ITEM RECEIPT": "收条编号", "ITEM TEXT": "条目", "ITEM DETAIL": "条目的各栏",
	"PARTY NAME": "当事方", "PARTY ORGANISATION": "当事方的单位与职务", "ATTACHMENT NAME": "附件", "UNIT NAME": "单位",
}

// search is a page of what the viewer finds: its order is that of points, which
// no column has, so the ids come first, then the matters as the generated
// pagination reads them, then the places.
func (r *Resolver) search(ctx context.Context, query string, kinds []string, after *entgql.Cursor[uuid.UUID], first *int) (*model.SearchConnection, error) {
	first, _, err := page(first, nil)
	if err != nil {
		return nil, err
	}
	q, err := search.Parse(query, kinds)
	if err != nil {
		return nil, err
	}
	place, err := searchPlace(after)
	if err != nil {
		return nil, err
	}
	list, err := q.Find(ctx, place, *first+1)
	if err != nil {
		return nil, err
	}
	out := &model.SearchConnection{Edges: []*model.SearchEdge{}, PageInfo: &gen.PageInfo{HasNextPage: len(list) > *first}}
	list = list[:min(len(list), *first)]
	if err := r.searchCount(ctx, q, out); err != nil || len(list) == 0 {
		return out, err
	}
	ids := make([]uuid.UUID, len(list))
	for i, p := range list {
		ids[i] = p.Matter
	}
	conn, err := r.ent().Matter.Query().Where(matter.IDIn(ids...)).Paginate(ctx, nil, new(MaxPage), nil, nil)
	if err != nil {
		return nil, err
	}
	shown := map[uuid.UUID][]search.Found{}
	if selected(ctx, "edges", "highlights") {
		if shown, err = q.Show(ctx, ids); err != nil {
			return nil, err
		}
	}
	for i, p := range list {
		at := slices.IndexFunc(conn.Edges, func(e *gen.MatterEdge) bool { return e.Cursor.ID == p.Matter })
		if at < 0 {
			continue // nobody sees less than a moment ago within one transaction
		}
		out.Edges = append(out.Edges, &model.SearchEdge{
			Node: conn.Edges[at].Node, Score: p.Score, Highlights: highlights(shown[p.Matter]),
			Cursor: entgql.Cursor[uuid.UUID]{ID: p.Matter, Value: fmt.Sprintf("%d %d", list[i].Score, p.Opened.UnixMicro())},
		})
	}
	if n := len(out.Edges); n > 0 {
		out.PageInfo.StartCursor, out.PageInfo.EndCursor = &out.Edges[0].Cursor, &out.Edges[n-1].Cursor
	}
	return out, nil
}

// searchCount counts where the count is asked for.
func (r *Resolver) searchCount(ctx context.Context, q *search.Query, out *model.SearchConnection) error {
	if !selected(ctx, "totalCount") && !selected(ctx, "totalCountExceeded") {
		return nil
	}
	n, err := q.Count(ctx)
	out.TotalCount, out.TotalCountExceeded = min(n, search.Counted), n > search.Counted
	return err
}

// selected reports whether the field that is resolved is asked for what the path
// names.
func selected(ctx context.Context, path ...string) bool {
	op, set := graphql.GetOperationContext(ctx), graphql.GetFieldContext(ctx).Field.Selections
	for i, name := range path {
		fields := graphql.CollectFields(op, set, nil)
		at := slices.IndexFunc(fields, func(f graphql.CollectedField) bool { return f.Name == name })
		if at < 0 {
			return false
		}
		if i < len(path)-1 {
			set = fields[at].Selections
		}
	}
	return true
}

func highlights(found []search.Found) []*model.SearchHighlight {
	out := []*model.SearchHighlight{}
	for _, f := range found {
		h := &model.SearchHighlight{Part: model.SearchPart(f.Source), PartID: f.Part, Label: labels[f.Source+" "+f.Field], Words: f.Words}
		for _, s := range f.Segments {
			h.Segments = append(h.Segments, &model.SearchSegment{Text: s.Text, Marked: s.Marked})
		}
		out = append(out, h)
	}
	return out
}

// searchPlace reads what search wrote.
func searchPlace(after *entgql.Cursor[uuid.UUID]) (*search.Place, error) {
	if after == nil {
		return nil, nil
	}
	var score, micros int64
	text, _ := after.Value.(string)
	if _, err := fmt.Sscanf(text, "%d %d", &score, &micros); err != nil || score < 0 || score > 10_000 || micros < 0 || micros > 1<<53 {
		return nil, errs.New(errs.Invalid, "after 不是这个列表给出的，请从第一页重新开始").At("after")
	}
	return &search.Place{Score: int(score), Opened: time.UnixMicro(micros), Matter: after.ID}, nil
}

// suggestions completes what is written into the search field.
func suggestions(ctx context.Context, prefix string) ([]*model.SearchSuggestion, error) {
	list, err := search.Suggest(ctx, prefix)
	out := make([]*model.SearchSuggestion, len(list))
	for i, s := range list {
		out[i] = &model.SearchSuggestion{Text: s.Text, Label: labels[s.Source+" "+s.Field]}
	}
	return out, err
}
