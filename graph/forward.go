package graph

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
)

// Lists that are read in one direction are connections too: the same edges,
// cursors and pageInfo as everywhere, with first and after. Beside each stands an
// older field with a page of its own kind, which they read.

type cursor = entgql.Cursor[uuid.UUID]

// at is a cursor of a place that is a text, and byID of one that is a row.
func at(place string) cursor   { return cursor{Value: place} }
func byID(id uuid.UUID) cursor { return cursor{ID: id} }

// place is where a page begins: after what the cursor names.
type place struct {
	said *string
	id   *uuid.UUID
}

// after reads a cursor of a list whose places are texts, or rows.
func after(c *cursor, texts bool) (place, error) {
	if c == nil {
		return place{}, nil
	}
	s, text := c.Value.(string)
	if text != texts || texts && (s == "" || c.ID != uuid.Nil) || !texts && (c.Value != nil || c.ID == uuid.Nil) {
		return place{}, errForeignCursor()
	}
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return place{}, errForeignCursor()
	}
	if texts {
		return place{said: &s}, nil
	}
	return place{id: &c.ID}, nil
}

// around is the pageInfo of a page whose edges have these cursors.
func around(began *cursor, more bool, edges []cursor) *entgql.PageInfo[uuid.UUID] {
	out := &entgql.PageInfo[uuid.UUID]{HasNextPage: more, HasPreviousPage: began != nil}
	if n := len(edges); n > 0 {
		out.StartCursor, out.EndCursor = &edges[0], &edges[n-1]
	}
	return out
}

// foreign says of a cursor that an older list did not like what the newer ones
// say, without the older one's word for it.
func foreign(err error) error {
	if e, ok := errs.As(err); ok && len(e.Path) == 1 && e.Path[0] == "after" {
		return errForeignCursor()
	}
	return err
}

func (r *Resolver) auditEntries(ctx context.Context, f *audit.Filter, c *cursor, first *int) (*model.AuditEntryConnection, error) {
	from, err := after(c, true)
	if err != nil {
		return nil, err
	}
	p, err := r.auditLog(ctx, f, first, from.said)
	if err != nil {
		return nil, foreign(err)
	}
	out, cursors := &model.AuditEntryConnection{Edges: []*model.AuditEntryEdge{}}, make([]cursor, len(p.Entries))
	for i, e := range p.Entries {
		cursors[i] = at(strconv.Itoa(e.Seq))
		out.Edges = append(out.Edges, &model.AuditEntryEdge{Node: e, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, p.HasNextPage, cursors)
	return out, nil
}

func (r *Resolver) envelopesSent(ctx context.Context, dead bool, c *cursor, first *int) (*model.SentEnvelopeConnection, error) {
	from, err := after(c, false)
	if err != nil {
		return nil, err
	}
	p, err := r.sent(ctx, first, from.id, dead)
	if err != nil {
		return nil, foreign(err)
	}
	out, cursors := &model.SentEnvelopeConnection{Edges: []*model.SentEnvelopeEdge{}}, make([]cursor, len(p.Envelopes))
	for i, e := range p.Envelopes {
		cursors[i] = byID(e.ID)
		out.Edges = append(out.Edges, &model.SentEnvelopeEdge{Node: e, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, p.Next != nil, cursors)
	return out, nil
}

func (r *Resolver) envelopesReceived(ctx context.Context, kinds []string, c *cursor, first *int) (*model.ReceivedEnvelopeConnection, error) {
	from, err := after(c, false)
	if err != nil {
		return nil, err
	}
	p, err := r.received(ctx, first, from.id, kinds)
	if err != nil {
		return nil, foreign(err)
	}
	out, cursors := &model.ReceivedEnvelopeConnection{Edges: []*model.ReceivedEnvelopeEdge{}}, make([]cursor, len(p.Envelopes))
	for i, e := range p.Envelopes {
		cursors[i] = byID(e.ID)
		out.Edges = append(out.Edges, &model.ReceivedEnvelopeEdge{Node: e, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, p.Next != nil, cursors)
	return out, nil
}

func (r *Resolver) rowsCounted(ctx context.Context, platform *uuid.UUID, code string, year int, c *cursor, first *int) (*model.CountedRowConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	found, err := r.Platforms.Rows(ctx, platform, year, code, value(from.id), *first)
	if err != nil {
		return nil, foreign(err)
	}
	nodes, err := r.rows(ctx, string(found.Of), found.IDs)
	out, cursors := &model.CountedRowConnection{Edges: []*model.CountedRowEdge{}}, make([]cursor, len(nodes))
	for i, n := range nodes {
		cursors[i] = byID(found.IDs[i])
		out.Edges = append(out.Edges, &model.CountedRowEdge{Node: n, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, found.Next != uuid.Nil, cursors)
	return out, err
}

func (r *Resolver) standingMatters(ctx context.Context, c *cursor, first *int) (*model.StandingMatterConnection, error) {
	from, err := after(c, true)
	if err != nil {
		return nil, err
	}
	p, places, err := r.stands(ctx, first, from.said)
	if err != nil {
		return nil, foreign(err)
	}
	out, cursors := &model.StandingMatterConnection{Edges: []*model.StandingMatterEdge{}, TotalCount: p.TotalCount}, make([]cursor, len(places))
	for i, m := range p.Matters {
		cursors[i] = at(places[i])
		out.Edges = append(out.Edges, &model.StandingMatterEdge{Node: m, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, p.Next != nil, cursors)
	return out, nil
}

func (r *Resolver) committees(ctx context.Context, level *tenant.Level, c *cursor, first *int) (*model.CommitteeConnection, error) {
	from, err := after(c, true)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	q := r.ent().Tenant.Query().Where(tenant.CodeGT(value(from.said))).Order(tenant.ByCode()).Limit(*first + 1)
	if level != nil {
		q.Where(tenant.LevelEQ(*level))
	}
	list, err := q.All(ctx)
	more := len(list) > *first
	list = list[:min(len(list), *first)]
	out, cursors := &model.CommitteeConnection{Edges: []*model.CommitteeEdge{}}, make([]cursor, len(list))
	for i, x := range list {
		cursors[i] = at(x.Code)
		out.Edges = append(out.Edges, &model.CommitteeEdge{Node: x, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, err
}

func (r *Resolver) rolesHeldOn(ctx context.Context, in roster.Wanted, c *cursor, first *int) (*model.HeldRoleConnection, error) {
	from, err := after(c, true)
	if err != nil {
		return nil, err
	}
	p, err := r.rightsOn(ctx, in, first, from.said)
	if err != nil {
		return nil, foreign(err)
	}
	begins := 0
	if from.said != nil {
		begins, _ = strconv.Atoi(*from.said) // rightsOn has read it
	}
	out, cursors := &model.HeldRoleConnection{Edges: []*model.HeldRoleEdge{}, TotalCount: p.Total}, make([]cursor, len(p.Rows))
	for i, row := range p.Rows {
		cursors[i] = at(strconv.Itoa(begins + i + 1))
		out.Edges = append(out.Edges, &model.HeldRoleEdge{Node: row, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, p.Next != nil, cursors)
	return out, nil
}

// pageFrom reads where a page begins of a list of ids that is read in one
// direction, and how long it is.
func pageFrom(c *cursor, first *int) (from uuid.UUID, n int, err error) {
	f, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return uuid.Nil, 0, err
	}
	return value(f.id), *first, nil
}

// edgesOf are the edges of a page, each with its cursor, and what is around it.
func edgesOf[T, E any](list []T, c *cursor, more bool, at func(T) cursor, edge func(T, cursor) E) ([]E, *entgql.PageInfo[uuid.UUID]) {
	edges, cursors := make([]E, len(list)), make([]cursor, len(list))
	for i, x := range list {
		cursors[i] = at(x)
		edges[i] = edge(x, cursors[i])
	}
	return edges, around(c, more, cursors)
}
