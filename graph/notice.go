package graph

import (
	"context"
	"time"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/obligations"
	"github.com/bihuan/bihuan/tenants"
)

var (
	aNotice = entity[gen.Notice]{
		gen.TypeNotice, func(x *gen.Notice) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Notice, error) {
			return c.Notice.Get(ctx, id)
		},
	}
)

// readNotice marks a notice of the viewer's own. Again it changes nothing.
func (r *Resolver) readNotice(ctx context.Context, id uuid.UUID) (*gen.Notice, error) {
	n, err := r.ent().Notice.Query().Where(notice.ID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有这条通知")
	}
	if err != nil || n.ReadAt != nil {
		return n, err
	}
	return r.ent().Notice.UpdateOne(n).SetReadAt(clock.Now(ctx)).Save(ctx)
}

// notices is a page of the viewer's own; he sees no others.
func (r *Resolver) notices(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, unread *bool, f *model.NoticeFilter) (*gen.NoticeConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(false, after, before)
	}
	if err != nil {
		return nil, err
	}
	q := r.ent().Notice.Query().Where(whereNotice(f)...)
	if unread != nil && *unread {
		q.Where(notice.ReadAtIsNil())
	}
	return q.Paginate(ctx, after, first, before, last, gen.WithNoticeOrder(&gen.NoticeOrder{Direction: entgql.OrderDirectionDesc, Field: gen.DefaultNoticeOrder.Field}))
}

func whereNotice(f *model.NoticeFilter) (ps []predicate.Notice) {
	if f == nil {
		return nil
	}
	if len(f.About) > 0 {
		ps = append(ps, notice.AboutIn(f.About...))
	}
	if len(f.Levels) > 0 {
		ps = append(ps, notice.LevelIn(f.Levels...))
	}
	if f.MatterID != nil {
		ps = append(ps, notice.MatterID(*f.MatterID))
	}
	switch {
	case f.Unread == nil:
	case *f.Unread:
		ps = append(ps, notice.ReadAtIsNil())
	default:
		ps = append(ps, notice.ReadAtNotNil())
	}
	return ps
}

// noticeCounts counts what the viewer has not read, in one statement.
func (r *Resolver) noticeCounts(ctx context.Context) ([]*model.NoticeCount, error) {
	list, err := tenants.Rows[model.NoticeCount](ctx, `
		SELECT about, level, count(*) FROM notices WHERE membership_id = $1 AND read_at IS NULL GROUP BY about, level ORDER BY about, level`, authz.From(ctx).Membership)
	out := make([]*model.NoticeCount, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out, err
}

// readNotices marks the viewer's own that a filter finds, in one statement.
// Again it changes nothing.
func (r *Resolver) readNotices(ctx context.Context, in model.MarkAllNoticesReadInput) (*model.MarkAllNoticesReadPayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		me, now := authz.From(ctx).Membership, clock.Now(ctx)
		if err := r.canBeRead(ctx, in, now); err != nil {
			return "", uuid.Nil, err
		}
		t := entsql.Table(notice.Table)
		s := entsql.Dialect(dialect.Postgres).Select(t.C(notice.FieldID)).From(t)
		s.Where(entsql.And(entsql.EQ(t.C(notice.FieldMembershipID), me), entsql.IsNull(t.C(notice.FieldReadAt)), entsql.LTE(t.C(notice.FieldCreatedAt), *or(in.Until, &now))))
		for _, p := range whereNotice(in.Filter) {
			p(s)
		}
		b := &entsql.Builder{}
		b.SetDialect(dialect.Postgres)
		b.WriteString("UPDATE notices SET read_at = ").Arg(now).WriteString(" WHERE id IN (").Join(s).WriteString(")")
		text, args := b.Query()
		_, err := tenants.Exec(ctx, text, args...)
		return gen.TypeMembership, me, err
	})
	if err != nil {
		return nil, err
	}
	counts, err := r.noticeCounts(ctx)
	return &model.MarkAllNoticesReadPayload{Counts: counts, UserErrors: bad}, err
}

// canBeRead refuses a matter that the viewer neither sees nor was told of, and a
// time that has not come. Clocks of phones are wrong by up to a day.
func (r *Resolver) canBeRead(ctx context.Context, in model.MarkAllNoticesReadInput, now time.Time) error {
	if in.Until != nil && in.Until.After(now.AddDate(0, 0, 1)) {
		return errs.New(errs.Invalid, "只能把到现在为止的通知标为已读").At("until")
	}
	if in.Filter == nil || in.Filter.MatterID == nil {
		return nil
	}
	id := *in.Filter.MatterID
	there, err := r.ent().Notice.Query().Where(notice.MatterID(id)).Exist(ctx)
	if err == nil && !there {
		there, err = r.ent().Matter.Query().Where(matter.ID(id)).Exist(ctx)
	}
	if err == nil && !there {
		err = errs.New(errs.NotFound, "没有这件事项，或您无权查看").At("filter", "matterId")
	}
	return err
}

// pages are where a console shows what a notice is about, by its type.
var pages = map[string]model.NoticePage{
	gen.TypeMatter: model.NoticePageMatter, gen.TypeAssignment: model.NoticePageMatter, notices.Veiled: model.NoticePageStanding, "Ballot": model.NoticePageBallot,
	gen.TypeProcess: model.NoticePageProcess, gen.TypeTenantPolicy: model.NoticePageSettings, gen.TypeRole: model.NoticePageRoles, "Request": model.NoticePageRequests, "Envelope": model.NoticePageLetters,
	obligations.Page: model.NoticePageObligations, notices.Mine: model.NoticePageMine,
}

func noticeLink(n *gen.Notice) *model.NoticeLink {
	typ, id := n.ObjectType, n.ObjectID
	if typ == "" && n.MatterID != nil {
		typ, id = gen.TypeMatter, n.MatterID
	}
	page, ok := pages[typ]
	switch {
	case !ok:
		return &model.NoticeLink{Page: model.NoticePageNothing}
	case id == nil:
		return &model.NoticeLink{Page: page}
	}
	return &model.NoticeLink{Page: page, Type: &typ, ID: id, Action: given(n.Action)}
}
