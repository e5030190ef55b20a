package imports

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// The states of a batch.
const (
	Checking = "CHECKING"
	Checked  = "CHECKED"
	Running  = "RUNNING"
	Finished = "DONE"
	Stopped  = "STOPPED"
	Undoing  = "UNDOING"
	Undone   = "UNDONE"
)

// The verdicts of a line.
const (
	Fresh     = "NEW"
	Changed   = "CHANGED"
	Unchanged = "UNCHANGED"
	Doubtful  = "DOUBTFUL"
	Wrong     = "WRONG"
)

// The states of a line.
const (
	waiting   = "WAITING"
	lineDone  = "DONE"
	skipped   = "SKIPPED"
	failed    = "FAILED"
	taken     = "UNDONE"
	LineKept  = "KEPT"
	decideNew = "NEW"
	sameOne   = "SAME"
	skip      = "SKIP"
)

// Batch is one upload.
type Batch struct {
	ID         uuid.UUID
	FileName   string
	SHA256     string
	Sheets     []SheetOf
	LeftOut    []string
	Total      int
	State      string
	Message    string
	OnlyValid  bool
	UploadedBy uuid.UUID
	UploadedAt time.Time
	OrderedBy  uuid.UUID
	CarriedAt  *time.Time
	UndoneAt   *time.Time
	Forgotten  *time.Time // when its lines were emptied, see Forget
}

// Row is one line of a batch, its fields in the order of rowColumns.
type Row struct {
	No       int
	Sheet    string
	Line     int
	Kind     string
	Cells    []string
	Flaws    []Problem
	Decided  string
	Verdict  string
	Problems []Problem
	Changes  []Diff
	State    string
	Message  string
	Subject  *uuid.UUID
	Called   string
	Made     []Made
	Version  *int

	keyed Values // while the paper is read
}

const batchColumns = `id, file_name, sha256, sheets, left_out, total, state, message, only_valid, uploaded_by, uploaded_at, ordered_by, carried_at, undone_at, forgotten_at`

// heldBatch is a batch with which something is to be done: it is the
// transaction's until it ends, and its lines have not been forgotten.
func heldBatch(ctx context.Context, id uuid.UUID) (*Batch, error) {
	b, err := batchOf(ctx, id, true)
	if err == nil && b.Forgotten != nil {
		err = errs.New(errs.NotAllowedInState, forgotten).At("batchId")
	}
	return b, err
}

// batchOf reads a batch; with lock it is the transaction's until it ends.
func batchOf(ctx context.Context, id uuid.UUID, lock bool) (*Batch, error) {
	sql := `SELECT ` + batchColumns + ` FROM import_batches WHERE id = $1`
	if lock {
		sql += ` FOR UPDATE`
	}
	list, err := tenants.Rows[Batch](ctx, sql, id)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.NotFound, "没有这次导入，或您无权查看").At("batchId")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

func (b *Batch) sheet(name string) SheetOf {
	for _, s := range b.Sheets {
		if s.Name == name {
			return s
		}
	}
	return SheetOf{}
}

const rowColumns = `no, sheet, line, kind, cells, flaws, decided, coalesce(verdict, ''), problems, changes, state, message, subject_id, called, made, version`

// rowsOf reads lines of a batch; where continues its condition.
func rowsOf(ctx context.Context, batch uuid.UUID, where string, args ...any) ([]Row, error) {
	return tenants.Rows[Row](ctx, `SELECT `+rowColumns+` FROM import_rows WHERE batch_id = $1 `+where, append([]any{batch}, args...)...)
}

// perInsert is how many lines one statement adds.
const perInsert = 500

func (b *Batch) insert(ctx context.Context, tenant uuid.UUID, rows []Row) error {
	sheets, err := json.Marshal(b.Sheets)
	if err != nil {
		return err
	}
	left, err := json.Marshal(b.LeftOut)
	if err != nil {
		return err
	}
	if _, err := tenants.Exec(ctx, `
		INSERT INTO import_batches (tenant_id, id, file_name, sha256, sheets, left_out, total, state, uploaded_by, uploaded_at, ordered_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $9)`,
		tenant, b.ID, b.FileName, b.SHA256, string(sheets), string(left), b.Total, b.State, b.UploadedBy, b.UploadedAt); err != nil {
		return err
	}
	type line struct {
		No    int       `json:"no"`
		Sheet string    `json:"sheet"`
		Line  int       `json:"line"`
		Kind  string    `json:"kind"`
		Cells []string  `json:"cells"`
		Flaws []Problem `json:"flaws"`
	}
	for len(rows) > 0 {
		n := min(perInsert, len(rows))
		list := make([]line, n)
		for i, r := range rows[:n] {
			list[i] = line{r.No, r.Sheet, r.Line, r.Kind, r.Cells, r.Flaws}
		}
		text, err := json.Marshal(list)
		if err != nil {
			return err
		}
		if _, err := tenants.Exec(ctx, `
			INSERT INTO import_rows (tenant_id, batch_id, no, sheet, line, kind, cells, flaws)
			SELECT $1, $2, x.no, x.sheet, x.line, x.kind, x.cells, x.flaws
			FROM jsonb_to_recordset($3) AS x (no int, sheet text, line int, kind text, cells jsonb, flaws jsonb)`, tenant, b.ID, string(text)); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// save writes what was found of a line, and what became of it.
func (r *Row) save(ctx context.Context, batch uuid.UUID) error {
	var text [3]string
	for i, v := range []any{some(r.Problems), some(r.Changes), some(r.Made)} {
		b, err := json.Marshal(v)
		if err != nil {
			return err
		}
		text[i] = string(b)
	}
	_, err := tenants.Exec(ctx, `
		UPDATE import_rows SET verdict = nullif($3, ''), problems = $4, changes = $5, state = $6, message = $7, subject_id = $8, called = $9, made = $10, version = $11
		WHERE batch_id = $1 AND no = $2`,
		batch, r.No, r.Verdict, text[0], text[1], r.State, r.Message, r.Subject, r.Called, text[2], r.Version)
	return err
}

// some is an empty list and not none.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// moves a batch to a state.
func (b *Batch) moves(ctx context.Context, state, message string) error {
	b.State, b.Message = state, message
	now := clock.Now(ctx)
	switch state {
	case Running:
		b.CarriedAt = &now
	case Undone:
		b.UndoneAt = &now
	}
	_, err := tenants.Exec(ctx, `UPDATE import_batches SET state = $2, message = $3, only_valid = $4, ordered_by = $5, carried_at = $6, undone_at = $7 WHERE id = $1`,
		b.ID, state, message, b.OnlyValid, b.OrderedBy, b.CarriedAt, b.UndoneAt)
	return err
}

// Counts are how many lines of a batch have a verdict and a state.
type Counts struct {
	New, Changed, Unchanged, Doubtful, Wrong int
	Unseen                                   int // not judged yet
	Done, Failed, Undone, Kept, Skipped      int
}

// CountsOf counts the lines of batches.
func CountsOf(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]Counts, error) {
	type line struct {
		ID             uuid.UUID
		Verdict, State string
		N              int
	}
	list, err := tenants.Rows[line](ctx, `SELECT batch_id, coalesce(verdict, ''), state, count(*) FROM import_rows WHERE batch_id = ANY ($1) GROUP BY 1, 2, 3`, ids)
	out := map[uuid.UUID]Counts{}
	for _, l := range list {
		c := out[l.ID]
		if n := map[string]*int{Fresh: &c.New, Changed: &c.Changed, Unchanged: &c.Unchanged, Doubtful: &c.Doubtful, Wrong: &c.Wrong, "": &c.Unseen}[l.Verdict]; n != nil {
			*n += l.N
		}
		if n := map[string]*int{lineDone: &c.Done, failed: &c.Failed, taken: &c.Undone, LineKept: &c.Kept, skipped: &c.Skipped}[l.State]; n != nil {
			*n += l.N
		}
		out[l.ID] = c
	}
	return out, err
}
