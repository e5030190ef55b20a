package graph

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// auditLog is a page of the book for who may read it. The cursor is the number
// of a page's last record.
func auditLog(ctx context.Context, f *audit.Filter, first *int, after *string) (*model.AuditPage, error) {
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
	page, err := audit.Search(ctx, value(f), n, seq)
	if err != nil {
		return nil, err
	}
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

func auditEntry(row audit.Row) (*model.AuditEntry, error) {
	e := row.Entry
	out := &model.AuditEntry{
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
