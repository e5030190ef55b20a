package graph

import (
	"context"
	"net/url"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/imports"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// importEntity is what the book calls a batch.
const importEntity = "Import"

// onImport carries out a mutation of a batch.
func (r *Resolver) onImport(ctx context.Context, input any, do func(context.Context) (*imports.Batch, error)) (*model.ImportPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		b, err := do(ctx)
		if err != nil {
			return "", uuid.Nil, err
		}
		return importEntity, b.ID, nil
	})
	out := &model.ImportPayload{UserErrors: bad}
	if err != nil || id == uuid.Nil {
		return out, err
	}
	out.Batch, err = r.importBatch(ctx, id)
	return out, err
}

func (r *Resolver) undoImport(ctx context.Context, in model.UndoImportInput) (*imports.Batch, error) {
	reason := text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Lines: true} // split has kept it short
	if _, err := reason.Take(in.Reason); err != nil {
		return nil, err
	}
	return r.Imports.UndoBatch(ctx, in.BatchID)
}

// issueImportWords issues words one by one: where one person's is refused, the
// others get theirs. Repeated by its key, it shows no word a second time.
func (r *Resolver) issueImportWords(ctx context.Context, in model.IssueImportWordsInput) (*model.ImportWordsPayload, error) {
	out := &model.ImportWordsPayload{Words: []*model.ImportWord{}}
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, c common, _ process.Form) (string, uuid.UUID, error) {
		list, err := r.Imports.OpenedBy(ctx, in.BatchID, in.Rows)
		for _, o := range list {
			w := &model.ImportWord{No: o.No, Name: o.Name, Login: o.Login}
			err := audit.Savepoint(ctx, func(ctx context.Context) error {
				issued, err := r.Roster.IssueActivation(ctx, roster.Issuing{Membership: o.Membership, Reason: c.reason})
				if err == nil && issued.Word.Text != "" {
					w.Code, w.ExpiresAt = &issued.Word.Text, &issued.Word.Until
				} else if err == nil {
					w.Message = given("持有角色，须另一人确认后由他发出")
				}
				return err
			})
			if shown, ok := errs.As(tenants.Translate(err)); ok && shown.Code != errs.Internal && shown.Code != errs.Invalid {
				w.Message = &shown.Message
			} else if err != nil {
				return "", uuid.Nil, err
			}
			out.Words = append(out.Words, w)
		}
		return importEntity, in.BatchID, err
	})
	if out.UserErrors = bad; err != nil || len(bad) > 0 {
		out.Words = []*model.ImportWord{}
	}
	return out, err
}

func (r *Resolver) importKinds(ctx context.Context) ([]*model.ImportKind, error) {
	if _, err := authz.Require(ctx, "roster.manage"); err != nil {
		return nil, err
	}
	out := []*model.ImportKind{}
	for _, k := range r.Imports.Kinds() {
		kind := &model.ImportKind{Code: k.Code, Title: k.Title, Most: k.Most, Columns: []*model.ImportColumn{}}
		signed, _ := r.link(ctx, "/imports/template.xlsx", url.Values{"kind": {k.Code}})
		kind.Template = given(signed)
		for i := range k.Columns {
			c := &k.Columns[i]
			col := &model.ImportColumn{Code: c.Code, Title: c.Title, Also: slices.Concat([]string{}, c.Also), Required: c.Must, Choices: slices.Concat([]string{}, c.Choices()), Note: given(c.Note)}
			kind.Columns = append(kind.Columns, col)
		}
		out = append(out, kind)
	}
	return out, nil
}

func (r *Resolver) rosterWorkbook(ctx context.Context) (*model.SignedLink, error) {
	if _, err := authz.Require(ctx, "roster.manage"); err != nil {
		return nil, err
	}
	signed, ends := r.link(ctx, "/imports/export.xlsx", url.Values{})
	if signed == "" {
		return nil, nil
	}
	return &model.SignedLink{URL: signed, ExpiresAt: ends}, nil
}

func (r *Resolver) importBatch(ctx context.Context, id uuid.UUID) (*model.ImportBatch, error) {
	b, err := r.Imports.Batch(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := r.shownBatches(ctx, *b)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (r *Resolver) importBatches(ctx context.Context, c *cursor, first *int) (*model.ImportBatchConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	list, err := r.Imports.Batches(ctx, from.id, *first+1)
	if err != nil {
		return nil, err
	}
	more := len(list) > *first
	nodes, err := r.shownBatches(ctx, list[:min(len(list), *first)]...)
	out, cursors := &model.ImportBatchConnection{Edges: []*model.ImportBatchEdge{}}, make([]cursor, len(nodes))
	for i, b := range nodes {
		cursors[i] = byID(b.ID)
		out.Edges = append(out.Edges, &model.ImportBatchEdge{Node: b, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, err
}

// shownBatches gives batches their counts and who uploaded them, each asked for
// once.
func (r *Resolver) shownBatches(ctx context.Context, list ...imports.Batch) ([]*model.ImportBatch, error) {
	ids, people := make([]uuid.UUID, len(list)), make([]uuid.UUID, len(list))
	for i, b := range list {
		ids[i], people[i] = b.ID, b.UploadedBy
	}
	counts, err := imports.CountsOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	rows, err := r.ent().Membership.Query().Where(membership.IDIn(people...)).All(ctx)
	if err != nil {
		return nil, err
	}
	by := map[uuid.UUID]*gen.Membership{}
	for _, m := range rows {
		by[m.ID] = m
	}
	out := make([]*model.ImportBatch, len(list))
	for i, b := range list {
		n := counts[b.ID]
		signed, _ := r.link(ctx, "/imports/"+b.ID.String()+"/marked.xlsx", url.Values{})
		out[i] = &model.ImportBatch{
			ID: b.ID, FileName: b.FileName, UploadedBy: by[b.UploadedBy], UploadedAt: b.UploadedAt, State: model.ImportState(b.State), Message: given(b.Message),
			Total: b.Total, LeftOut: b.LeftOut, CarriedAt: b.CarriedAt, UndoneAt: b.UndoneAt, Marked: given(signed),
			Counts: &model.ImportCounts{New: n.New, Changed: n.Changed, Unchanged: n.Unchanged, Doubtful: n.Doubtful, Wrong: n.Wrong, Unseen: n.Unseen,
				Done: n.Done, Failed: n.Failed, Undone: n.Undone, Kept: n.Kept, Skipped: n.Skipped},
		}
	}
	return out, nil
}

func (r *Resolver) importRows(ctx context.Context, in imports.Wanted, c *cursor, first *int) (*model.ImportRowConnection, error) {
	from, err := after(c, true)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err == nil && from.said != nil {
		if in.After, err = strconv.Atoi(*from.said); err != nil {
			err = errForeignCursor()
		}
	}
	if err != nil {
		return nil, err
	}
	in.Limit = *first + 1
	b, rows, err := r.Imports.Rows(ctx, in)
	if err != nil {
		return nil, err
	}
	more := len(rows) > *first
	rows = rows[:min(len(rows), *first)]
	out, cursors := &model.ImportRowConnection{Edges: []*model.ImportRowEdge{}}, make([]cursor, len(rows))
	for i := range rows {
		cursors[i] = at(strconv.Itoa(rows[i].No))
		out.Edges = append(out.Edges, &model.ImportRowEdge{Node: r.importRow(ctx, b, &rows[i]), Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, nil
}

// importRow gives a line the words of its columns.
func (r *Resolver) importRow(ctx context.Context, b *imports.Batch, row *imports.Row) *model.ImportRow {
	out := &model.ImportRow{
		No: row.No, Sheet: row.Sheet, Line: row.Line, State: model.ImportRowState(row.State), Called: given(row.Called), Message: given(row.Message),
		Cells: []*model.ImportCell{}, Problems: []*model.ImportProblem{}, Changes: []*model.ImportChange{}, Opened: row.Opened(),
	}
	if row.Verdict != "" {
		out.Verdict = new(model.ImportVerdict(row.Verdict))
	}
	says := map[string]string{}
	for _, p := range row.Problems {
		head := r.Imports.Head(b, row, p.Column)
		out.Problems = append(out.Problems, &model.ImportProblem{Column: given(head), Code: p.Code, Message: p.Message})
		if says[head] == "" {
			says[head] = p.Message
		}
	}
	heads, cells := r.Imports.Shown(ctx, b, row)
	for i, h := range heads {
		out.Cells = append(out.Cells, &model.ImportCell{Head: h, Text: cells[i], Problem: given(says[h])})
	}
	for _, d := range r.Imports.Differences(ctx, row) {
		out.Changes = append(out.Changes, &model.ImportChange{Column: r.Imports.Head(b, row, d.Column), Before: d.Before, After: d.After})
	}
	return out
}
