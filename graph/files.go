package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/graph/model"
)

var anAttachment = entity[gen.Attachment]{
	gen.TypeAttachment, func(x *gen.Attachment) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Attachment, error) {
		return c.Attachment.Get(ctx, id)
	},
}

// thumbnail is the link to the small picture; nil where there is none, and
// thumbnailNote says why.
func (r *Resolver) thumbnail(ctx context.Context, a *gen.Attachment) *string {
	if files.NoThumbnail(a) != "" {
		return nil
	}
	return r.attachmentLink(ctx, a, "/thumbnail")
}

func thumbnailNote(a *gen.Attachment) *string {
	if why := files.NoThumbnail(a); why != "" {
		return &why
	}
	return nil
}

// fileQuota is the viewer's and his committee's, in KB: GraphQL's numbers end at
// two thousand million.
func (r *Resolver) fileQuota(ctx context.Context) (*model.FileQuota, error) {
	q, err := files.QuotaOf(ctx, r.Engine, r.Files)
	if err != nil {
		return nil, err
	}
	use := func(u files.Use) *model.FileUse {
		return &model.FileUse{UsedKb: int((u.Used + 1023) >> 10), LimitKb: int(u.Limit >> 10), LeftKb: int(u.Left() >> 10)}
	}
	return &model.FileQuota{Person: use(q.Person), Committee: use(q.Committee)}, nil
}

func (r *Resolver) removeAttachment(ctx context.Context, in model.RemoveAttachmentInput) (*model.AttachmentPayload, error) {
	a, bad, err := change(ctx, r, in, anAttachment, func(ctx context.Context, in model.RemoveAttachmentInput) (*gen.Attachment, error) {
		return files.Remove(ctx, r.Engine, in.AttachmentID, in.Reason)
	}, in)
	out := &model.AttachmentPayload{Attachment: a, UserErrors: bad}
	if err != nil || a == nil || a.MatterID == nil || !asked(ctx, "matter") {
		return out, err
	}
	out.Matter, err = r.ent().Matter.Query().Where(matter.ID(*a.MatterID)).Only(ctx)
	return out, none(err)
}
