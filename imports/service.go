package imports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/sheet"
	"github.com/bihuan/bihuan/tenants"
)

// manage is the right to import.
const manage = "roster.manage"

// mostOpen is how many batches of a committee may be judged or carried out at
// once.
const mostOpen = 5

// Service is the package's object. It is safe for concurrent use.
type Service struct {
	store *tenants.Store
	dir   *authz.Directory
	kinds []*Kind
	wake  func(tenant uuid.UUID) // after a commit: there is work for Run
}

// New makes a service for kinds, in the order in which they stand on each other.
func New(store *tenants.Store, dir *authz.Directory, kinds ...*Kind) *Service {
	return &Service{store: store, dir: dir, kinds: kinds}
}

// Wakes says who is told, after the commit, that a committee has work for Run.
func (s *Service) Wakes(wake func(tenant uuid.UUID)) { s.wake = wake }

// Kinds are what can be imported.
func (s *Service) Kinds() []*Kind { return s.kinds }

// Kind is one of them; nil: there is none.
func (s *Service) Kind(code string) *Kind {
	for _, k := range s.kinds {
		if k.Code == code {
			return k
		}
	}
	return nil
}

// enter is the door.
func (s *Service) enter(ctx context.Context) (context.Context, *authz.Viewer, error) {
	return authz.Enter(ctx, manage)
}

// Upload is a file that somebody brings.
type Upload struct {
	Name string
	Kind string // empty: of whatever kinds its sheets are
	Body []byte

	tables []sheet.Table // what it holds, once it is read
}

// Read reads the file, where that is to be done before a transaction is taken.
func (in *Upload) Read() (err error) {
	in.tables, err = sheet.Read(in.Name, in.Body)
	return err
}

// Start keeps a file line by line and has it judged. Called twice it makes two
// batches; nothing of the roster changes by either.
func (s *Service) Start(ctx context.Context, in Upload) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.Start")
	ctx, v, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	if in.Kind != "" && s.Kind(in.Kind) == nil {
		return nil, errs.New(errs.Invalid, "没有这种导入").At("kind")
	}
	var open int
	if err := tenants.Row(ctx, `SELECT count(*) FROM import_batches WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING')`, nil, &open); err != nil {
		return nil, err
	}
	if open >= mostOpen {
		return nil, errs.New(errs.Limited, "有 %d 次导入正在核对或办理，请等它们完成", open)
	}
	if in.tables == nil {
		if err := in.Read(); err != nil {
			return nil, err
		}
	}
	p, err := s.readPaper(in.tables, in.Kind)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(in.Body)
	b := &Batch{
		ID: uuid.Must(uuid.NewV7()), FileName: blob.SafeName(in.Name), SHA256: hex.EncodeToString(sum[:]), Sheets: p.sheets, LeftOut: some(p.leftOut),
		Total: len(p.rows), State: Checking, UploadedBy: v.Membership, UploadedAt: clock.Now(ctx), OrderedBy: v.Membership,
	}
	if err := b.insert(ctx, v.Tenant, p.rows); err != nil {
		return nil, err
	}
	return b, s.woken(ctx, v.Tenant)
}

func (s *Service) woken(ctx context.Context, tenant uuid.UUID) error {
	if s.wake == nil {
		return nil
	}
	return tenants.AfterCommit(ctx, func() { s.wake(tenant) })
}

// Carrying orders a batch to be carried out.
type Carrying struct {
	BatchID   uuid.UUID
	OnlyValid bool // leave out what is wrong or doubtful; else there may be nothing of either
}

// CarryOut orders it; Run does it. Called twice the second changes nothing. A
// batch that stopped goes on.
func (s *Service) CarryOut(ctx context.Context, in Carrying) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.CarryOut(%s)", in.BatchID)
	ctx, v, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	b, err := heldBatch(ctx, in.BatchID)
	if err != nil {
		return nil, err
	}
	switch b.State {
	case Running, Finished:
		return b, nil
	case Checking:
		return nil, errs.New(errs.NotAllowedInState, "还在核对，请等核对完成").At("batchId")
	case Undoing, Undone:
		return nil, errs.New(errs.NotAllowedInState, "这次导入已经撤销；要再导入，请重新上传").At("batchId")
	}
	counts, err := CountsOf(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	c := counts[b.ID]
	switch {
	case !in.OnlyValid && c.Wrong+c.Doubtful-c.Skipped > 0:
		return nil, errs.New(errs.NotAllowedInState, "有 %d 行有误、%d 行存疑：请改正后重新上传，或只导入有效的行", c.Wrong, c.Doubtful-c.Skipped).At("rows")
	case c.New+c.Changed == 0:
		return nil, errs.New(errs.NotAllowedInState, "没有可以导入的行：内容都已相同，或都有误").At("rows")
	}
	b.OnlyValid, b.OrderedBy = in.OnlyValid, v.Membership
	if err := b.moves(ctx, Running, ""); err != nil {
		return nil, err
	}
	return b, s.woken(ctx, v.Tenant)
}

// UndoBatch orders a batch to be taken back; Run does it. Lines that stayed the
// first time are tried again.
func (s *Service) UndoBatch(ctx context.Context, id uuid.UUID) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.UndoBatch(%s)", id)
	ctx, v, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	b, err := heldBatch(ctx, id)
	if err != nil {
		return nil, err
	}
	switch b.State {
	case Undoing:
		return b, nil
	case Checking, Checked:
		return nil, errs.New(errs.NotAllowedInState, "还没有导入，没有可撤销的").At("batchId")
	case Running:
		return nil, errs.New(errs.NotAllowedInState, "正在导入，请等它完成").At("batchId")
	}
	tag, err := tenants.Exec(ctx, `UPDATE import_rows SET state = $2 WHERE batch_id = $1 AND state IN ($2, $3)`, id, lineDone, LineKept)
	if err != nil {
		return nil, err
	}
	if tag.RowsAffected() == 0 {
		return b, nil
	}
	b.OrderedBy = v.Membership
	if err := b.moves(ctx, Undoing, ""); err != nil {
		return nil, err
	}
	return b, s.woken(ctx, v.Tenant)
}

// Decision says what doubtful lines mean.
type Decision struct {
	BatchID uuid.UUID
	Rows    []int
	As      string // NEW another one, SAME the one found, SKIP not at all
}

// Decide says it, and has the lines judged anew. Called twice the second changes
// nothing but has them judged once more.
func (s *Service) Decide(ctx context.Context, in Decision) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.Decide(%s)", in.BatchID)
	ctx, v, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	b, err := heldBatch(ctx, in.BatchID)
	if err != nil {
		return nil, err
	}
	if b.State != Checked && b.State != Stopped && b.State != Checking {
		return nil, errs.New(errs.NotAllowedInState, "已经导入或撤销，不能再改").At("batchId")
	}
	if len(in.Rows) == 0 || len(in.Rows) > 500 {
		return nil, errs.New(errs.Invalid, "请选 1 至 500 行").At("rows")
	}
	tag, err := tenants.Exec(ctx, `
		UPDATE import_rows SET decided = $3, verdict = CASE WHEN $3 = 'SKIP' THEN verdict END, state = CASE WHEN $3 = 'SKIP' THEN 'SKIPPED' ELSE 'WAITING' END
		WHERE batch_id = $1 AND no = ANY ($2) AND verdict = 'DOUBTFUL'`, b.ID, in.Rows, in.As)
	if err != nil {
		return nil, err
	}
	if tag.RowsAffected() == 0 {
		return nil, errs.New(errs.Invalid, "这些行没有存疑的").At("rows")
	}
	if in.As == skip {
		return b, nil
	}
	b.OrderedBy = v.Membership
	if err := b.moves(ctx, Checking, ""); err != nil {
		return nil, err
	}
	return b, s.woken(ctx, v.Tenant)
}

// Batches lists what was imported, newest first, from before an id on.
func (s *Service) Batches(ctx context.Context, before *uuid.UUID, limit int) (_ []Batch, err error) {
	defer errs.Wrap(&err, "imports.Batches")
	ctx, _, err = s.enter(ctx)
	if err != nil {
		return nil, err
	}
	return tenants.Rows[Batch](ctx, `SELECT `+batchColumns+` FROM import_batches WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`, before, limit)
}

// Batch is one of them.
func (s *Service) Batch(ctx context.Context, id uuid.UUID) (_ *Batch, err error) {
	defer errs.Wrap(&err, "imports.Batch(%s)", id)
	ctx, _, err = s.enter(ctx)
	if err != nil {
		return nil, err
	}
	return batchOf(ctx, id, false)
}

// Wanted narrows the lines of a batch.
type Wanted struct {
	BatchID uuid.UUID
	Verdict string // empty: all
	State   string // empty: all
	After   int
	Limit   int
}

// Rows lists lines in their order.
func (s *Service) Rows(ctx context.Context, in Wanted) (_ *Batch, _ []Row, err error) {
	defer errs.Wrap(&err, "imports.Rows(%s)", in.BatchID)
	ctx, _, err = s.enter(ctx)
	if err != nil {
		return nil, nil, err
	}
	b, err := batchOf(ctx, in.BatchID, false)
	if err != nil {
		return nil, nil, err
	}
	rows, err := rowsOf(ctx, b.ID, `AND no > $2 AND ($3 = '' OR verdict = $3) AND ($4 = '' OR state = $4) ORDER BY no LIMIT $5`, in.After, in.Verdict, in.State, in.Limit)
	return b, rows, err
}

// Opened is a person for whom a line opened an account.
type Opened struct {
	No         int
	Name       string
	Membership uuid.UUID
	Login      string
}

// mostWords is how many words are asked for at once: each takes a tenth of a
// second to hash.
const mostWords = 20

// OpenedBy are those of some lines.
func (s *Service) OpenedBy(ctx context.Context, batch uuid.UUID, rows []int) (_ []Opened, err error) {
	defer errs.Wrap(&err, "imports.OpenedBy(%s)", batch)
	ctx, _, err = s.enter(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := batchOf(ctx, batch, false); err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows) > mostWords {
		return nil, errs.New(errs.Invalid, "请选 1 至 %d 行", mostWords).At("rows")
	}
	list, err := tenants.Rows[Opened](ctx, `
		SELECT r.no, m.name, m.id, a.login FROM import_rows r JOIN memberships m ON m.id = r.subject_id JOIN accounts a ON a.id = m.account_id
		WHERE r.batch_id = $1 AND r.no = ANY ($2) AND r.state = 'DONE' AND r.made @> '[{"table": "accounts"}]' ORDER BY r.no`, batch, rows)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.NotAllowedInState, "这些行没有开通账号").At("rows")
	}
	return list, err
}

// Shown are a line's cells by head: of personal data nothing to who may not read
// it.
func (s *Service) Shown(ctx context.Context, b *Batch, r *Row) (heads, cells []string) {
	of, k := b.sheet(r.Sheet), s.Kind(r.Kind)
	personal := mayReadPersonal(ctx)
	for i, h := range of.Heads {
		if c := k.column(of.Columns[i]); c != nil && (!c.Personal || personal) {
			heads, cells = append(heads, h), append(cells, r.Cells[i])
		}
	}
	return heads, cells
}

func mayReadPersonal(ctx context.Context) bool {
	v := authz.From(ctx)
	return v != nil && v.May(authz.Perm("personal.read")).Has(authz.Tenant)
}

// Head is what a file called a column of a line, its own name where it had none.
func (s *Service) Head(b *Batch, r *Row, column string) string {
	of := b.sheet(r.Sheet)
	for i, code := range of.Columns {
		if code == column && column != "" {
			return of.Heads[i]
		}
	}
	if c := s.Kind(r.Kind).column(column); c != nil {
		return c.Title
	}
	return ""
}

// Differences are what a line changes, in words; of personal data nothing to who
// may not read it.
func (s *Service) Differences(ctx context.Context, r *Row) (out []Diff) {
	personal := mayReadPersonal(ctx)
	for _, d := range r.Changes {
		c := s.Kind(r.Kind).column(d.Column)
		if c != nil && (!c.Personal || personal) {
			out = append(out, Diff{Column: d.Column, Before: c.word(d.Before), After: c.word(d.After)})
		}
	}
	return out
}

// Opened reports whether the line opened an account that is there.
func (r *Row) Opened() bool { return r.State == lineDone && len(r.made("accounts")) > 0 }

// record is one record of the book about a piece of a batch.
func record(ctx context.Context, action string, b *Batch, v *authz.Viewer, says ...string) error {
	return audit.Write(ctx, audit.Entry{
		At: clock.Now(ctx), Action: action, Actor: v.Actor(), Object: audit.Object("Import", b.ID), ObjectName: b.FileName, Reason: strings.Join(says, "；"),
	})
}

// ISO is a day as Values have it.
func ISO(d *time.Time) string {
	if d == nil {
		return ""
	}
	return d.Format(time.DateOnly)
}

// DayOf is the day of a value; nil where it is blank.
func DayOf(s string) *time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return nil
	}
	return &d
}
