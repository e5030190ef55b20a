package files

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// Purge deletes the bytes of what was removed, when they have been kept long
// enough. It may die anywhere and run twice: bytes go first, and their row says
// so afterwards.
type Purge struct {
	Store *tenants.Store
	Blobs blob.Store
	Keep  time.Duration
}

// batch is how many files are deleted in one transaction.
const batch = 50

// due are those whose time has come.
func (p Purge) due(ctx context.Context) *gen.AttachmentQuery {
	return p.Store.Ent().Attachment.Query().Where(attachment.RemovedAtLTE(clock.Now(ctx).Add(-p.Keep)), attachment.PurgedAtIsNil())
}

// HasDue reports whether the context's committee has any.
func (p Purge) HasDue(ctx context.Context) (bool, error) { return p.due(ctx).Exist(authz.System(ctx)) }

// Run deletes all of a committee's, and answers how many.
func (p Purge) Run(ctx context.Context, tenant uuid.UUID) (n int, err error) {
	for {
		did := 0
		err = audit.Doors{Store: p.Store, System: "purge"}.InTx(authz.System(ctx), tenant, func(ctx context.Context) (err error) {
			did, err = p.some(ctx)
			return err
		})
		if n += did; err != nil || did < batch {
			return n, err
		}
	}
}

func (p Purge) some(ctx context.Context) (int, error) {
	rows, err := p.due(ctx).Order(gen.Asc(attachment.FieldID)).Limit(batch).ForUpdate().All(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range rows {
		shared, err := p.Store.Ent().Attachment.Query().Where(attachment.BlobKey(a.BlobKey), attachment.IDNEQ(a.ID), attachment.PurgedAtIsNil()).Exist(ctx)
		if err != nil {
			return 0, err
		}
		for _, key := range Keys(a.BlobKey) {
			if shared {
				break
			}
			if err := p.Blobs.Delete(ctx, key); err != nil {
				return 0, err
			}
		}
		if err := p.Store.Ent().Attachment.UpdateOne(a).SetPurgedAt(clock.Now(ctx)).Exec(ctx); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// Keys are those of a file's bytes and of what is derived from them.
func Keys(blobKey string) []string { return []string{blobKey, thumbKey(blobKey)} }
