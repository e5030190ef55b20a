package graph

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// auditLog is a page of the book for who may read it. The cursor is the number
// of a page's last record.
func (r *Resolver) auditLog(ctx context.Context, f *audit.Filter, first *int, after *string) (*model.AuditPage, error) {
	if _, err := authz.Require(ctx, "audit.read"); err != nil {
		return nil, err
	}
	var seq int64
	if after != nil {
		var err error
		if seq, err = strconv.ParseInt(*after, 10, 64); err != nil || seq < 1 {
			return nil, errs.New(errs.Invalid, "after 应是上一页的 endCursor").At("after")
		}
	}
	n := defaultPage
	if first != nil {
		n = *first
	}
	sought, err := r.sought(ctx, value(f))
	if err != nil {
		return nil, err
	}
	page, err := audit.Search(ctx, sought, n, seq)
	if err != nil {
		return nil, err
	}
	read(ctx, "auditLog", "Audit:"+strconv.FormatInt(seq, 10), "")
	out := &model.AuditPage{Entries: make([]*model.AuditEntry, len(page.Rows)), HasNextPage: page.More}
	for i, row := range page.Rows {
		if out.Entries[i], err = auditEntry(row); err != nil {
			return nil, err
		}
	}
	if page.More {
		last := strconv.FormatInt(page.Rows[len(page.Rows)-1].Seq, 10)
		out.EndCursor = &last
	}
	return out, nil
}

// sought adds to a filter what only the committee's rows know.
func (r *Resolver) sought(ctx context.Context, f audit.Filter) (audit.Filter, error) {
	f.Actions = deedsCalled(text.Key(f.Text))
	if f.Person == uuid.Nil {
		return f, nil
	}
	m, err := r.ent().Membership.Query().Where(membership.ID(f.Person)).Select(membership.FieldAccountID).Only(ctx)
	if err == nil && m.AccountID != nil {
		f.Account = *m.AccountID
	}
	return f, none(err)
}

func auditEntry(row audit.Row) (*model.AuditEntry, error) {
	e := row.Entry.Shown()
	kind, _ := thing(e)
	out := &model.AuditEntry{
		ActionLabel: deed(e), Actor: doer(e), ObjectKind: kind, ObjectName: given(e.ObjectName), OnBehalfName: given(e.OnBehalfName),
		Count: max(e.Count, 1), Summary: sentence(e), Hash: row.Hash,
		Seq: int(row.Seq), At: e.At, Action: e.Action, ActorName: e.Actor.Name, OnBehalfID: e.OnBehalf, Object: e.Object,
		Reason: given(e.Reason), Address: given(e.From.Address), RequestID: given(e.From.RequestID), Outcome: given(e.Outcome),
		Changes: make([]map[string]any, len(e.Changes)),
	}
	if e.Actor.System != "" {
		out.ActorName = e.Actor.System
	}
	if id := e.Actor.Membership; id != [16]byte{} {
		out.ActorID = &id
	}
	for i, c := range e.Changes {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, &out.Changes[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
