package files

import (
	"context"
	"io"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Scanner says what is bad in a file: its name, empty for nothing. errs.Unavailable
// says that it has not looked.
type Scanner interface {
	Scan(ctx context.Context, r io.Reader) (found string, err error)
}

// infected refuses an upload.
func infected(found string) error {
	return errs.New(errs.Invalid, "文件里查出病毒（%s），没有收下；请用杀毒软件检查您的电脑，重新制作文件后上传", found)
}

// withheld is why a file is not given out because of what a scanner said, or has
// not said yet; nil where it is.
func withheld(a *gen.Attachment, scanned bool) error {
	switch {
	case a.Malware != "":
		return errs.New(errs.NotFound, "这个附件查出病毒（%s），不能下载；请联系上传的人移除它，另传干净的", a.Malware)
	case scanned && a.ScannedAt == nil:
		return errs.New(errs.Unavailable, "这个附件还没有查过病毒，请过几分钟再打开")
	}
	return nil
}

// Scans looks at what was uploaded while the scanner was down, or before there
// was one. It may die anywhere and run twice.
type Scans struct {
	Store   *tenants.Store
	Blobs   blob.Store
	Scanner Scanner // nil: none is set
}

func (s Scans) due() *gen.AttachmentQuery {
	return s.Store.Ent().Attachment.Query().Where(attachment.ScannedAtIsNil(), attachment.RemovedAtIsNil())
}

// HasDue reports whether the context's committee has any.
func (s Scans) HasDue(ctx context.Context) (bool, error) {
	if s.Scanner == nil {
		return false, nil
	}
	return s.due().Exist(authz.System(ctx))
}

// Run looks at all of a committee's, and answers how many. No transaction is
// open meanwhile.
func (s Scans) Run(ctx context.Context, tenant uuid.UUID) (n int, err error) {
	ctx = authz.System(ctx)
	for after := uuid.Nil; ; {
		var rows []*gen.Attachment
		err = s.Store.ReadTx(ctx, tenant, func(ctx context.Context) (err error) {
			rows, err = s.due().Where(attachment.IDGT(after)).Order(gen.Asc(attachment.FieldID)).Limit(batch).All(ctx)
			return err
		})
		if err != nil || len(rows) == 0 {
			return n, err
		}
		for _, a := range rows {
			after = a.ID
			if err := s.one(ctx, tenant, a); err != nil {
				return n, err
			}
			n++
		}
	}
}

func (s Scans) one(ctx context.Context, tenant uuid.UUID, a *gen.Attachment) (err error) {
	defer errs.Wrap(&err, "files.Scan(%s)", a.ID)
	body, _, err := s.Blobs.Open(ctx, a.BlobKey)
	if errs.Is(err, errs.NotFound) { // nothing to look at; a download says so
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	found, err := s.Scanner.Scan(ctx, body)
	if err != nil {
		return err
	}
	return audit.Doors{Store: s.Store, System: "scan"}.InTx(ctx, tenant, func(ctx context.Context) error {
		return s.Store.Ent().Attachment.UpdateOneID(a.ID).SetScannedAt(clock.Now(ctx)).SetMalware(found).Exec(ctx)
	})
}
