package flow

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/timer"
)

// casePart is one kind of what a case consists of.
type casePart struct {
	typ           string // as ent names it
	table, column string // where its rows are, and by what they name their matter
	of            string // the kind whose payload it is, empty for what any kind may have

	// read fills it into matters.
	read func(ctx context.Context, db *gen.Client, into map[uuid.UUID]*gen.Matter) error
	// adopt takes over what was written since it was read; false when only reading
	// tells how it is now.
	adopt func(m *gen.Matter, written []ent.Value) bool
}

// rows is what a part of a case is asked for, oldest first.
type rows[T any] func(ctx context.Context, db *gen.Client, matters []uuid.UUID) ([]*T, error)

// partOf makes a part. kept tells of a row that was written whether it is in
// memory what reading would bring, its edges included, which it takes over from
// what it was; was is nil for a new one.
func partOf[T any](typ, table, column string, at func(*gen.MatterEdges) *[]*T, ids func(*T) (id, matter uuid.UUID), ask rows[T], kept func(now, was *T) bool) casePart {
	return casePart{typ: typ, table: table, column: column,
		read: func(ctx context.Context, db *gen.Client, into map[uuid.UUID]*gen.Matter) error {
			var matters []uuid.UUID
			for id, m := range into {
				matters, *at(&m.Edges) = append(matters, id), nil
			}
			list, err := ask(ctx, db, matters)
			for _, x := range list {
				_, matter := ids(x)
				all := at(&into[matter].Edges)
				*all = append(*all, x)
			}
			return err
		},
		adopt: func(m *gen.Matter, written []ent.Value) bool {
			list := slices.Clone(*at(&m.Edges))
			for _, w := range written {
				now, known := w.(*T)
				if !known { // many were changed at once
					return false
				}
				id, matter := ids(now)
				i := slices.IndexFunc(list, func(x *T) bool { have, _ := ids(x); return have == id })
				switch {
				case i < 0 && matter != m.ID: // another case's
				case i < 0 && kept(now, nil):
					list = append(list, now)
				case i >= 0 && matter == m.ID && kept(now, list[i]):
					list[i] = now
				default:
					return false
				}
			}
			*at(&m.Edges) = list
			return true
		}}
}

// generalParts are what matters of any kind consist of; a kind's payload comes
// before them (Engine.Kind).
var generalParts = []casePart{
	partOf(gen.TypeParty, party.Table, party.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Party { return &e.Parties },
		func(p *gen.Party) (id, matter uuid.UUID) { return p.ID, p.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Party, error) {
			return db.Party.Query().Where(party.MatterIDIn(of...)).WithMembership().Order(party.ByOrdinal(), party.ByID()).All(ctx)
		},
		func(now, was *gen.Party) bool {
			if was == nil || now.Ordinal != was.Ordinal || !sameID(now.MembershipID, was.MembershipID) {
				return false
			}
			now.Edges = was.Edges
			return true
		}),
	partOf(gen.TypeAssignment, assignment.Table, assignment.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Assignment { return &e.Assignments },
		func(a *gen.Assignment) (id, matter uuid.UUID) { return a.ID, a.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Assignment, error) {
			return db.Assignment.Query().Where(assignment.MatterIDIn(of...)).WithUnit().Order(assignment.ByID()).All(ctx)
		},
		func(now, was *gen.Assignment) bool {
			if was == nil || now.UnitID != was.UnitID {
				return false
			}
			now.Edges = was.Edges
			return true
		}),
	partOf(gen.TypeReply, reply.Table, reply.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Reply { return &e.Replies },
		func(r *gen.Reply) (id, matter uuid.UUID) { return r.ID, r.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Reply, error) {
			return db.Reply.Query().Where(reply.MatterIDIn(of...)).Order(reply.ByID()).All(ctx)
		}, always[gen.Reply]),
	partOf(gen.TypeFeedback, feedback.Table, feedback.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Feedback { return &e.Feedback },
		func(f *gen.Feedback) (id, matter uuid.UUID) { return f.ID, f.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Feedback, error) {
			return db.Feedback.Query().Where(feedback.MatterIDIn(of...)).Order(feedback.ByID()).All(ctx)
		}, always[gen.Feedback]),
	partOf(gen.TypeRecord, record.Table, record.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Record { return &e.Records },
		func(r *gen.Record) (id, matter uuid.UUID) { return r.ID, r.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Record, error) {
			return db.Record.Query().Where(record.MatterIDIn(of...)).Order(record.ByID()).All(ctx)
		}, stored[gen.Record]),
	partOf(gen.TypeItem, item.Table, item.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Item { return &e.Items },
		func(i *gen.Item) (id, matter uuid.UUID) { return i.ID, i.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Item, error) {
			return db.Item.Query().Where(item.MatterIDIn(of...)).Order(item.ByID()).All(ctx)
		}, stored[gen.Item]),
	partOf(gen.TypeEvent, event.Table, event.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Event { return &e.Events },
		func(v *gen.Event) (id, matter uuid.UUID) { return v.ID, v.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Event, error) {
			return db.Event.Query().Where(event.MatterIDIn(of...)).WithAttendances().Order(event.ByID()).All(ctx)
		},
		func(now, was *gen.Event) bool {
			if was == nil {
				return false
			}
			now.Edges = was.Edges
			return true
		}),
	partOf(gen.TypeTimer, timer.Table, timer.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Timer { return &e.Timers },
		func(t *gen.Timer) (id, matter uuid.UUID) { return t.ID, t.MatterID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Timer, error) {
			return db.Timer.Query().Where(timer.MatterIDIn(of...)).Order(timer.ByID()).All(ctx)
		}, always[gen.Timer]),
	partOf(gen.TypeAttachment, attachment.Table, attachment.MatterColumn, func(e *gen.MatterEdges) *[]*gen.Attachment { return &e.Attachments },
		func(a *gen.Attachment) (id, matter uuid.UUID) {
			if a.MatterID != nil {
				matter = *a.MatterID
			}
			return a.ID, matter
		},
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Attachment, error) {
			return db.Attachment.Query().Where(attachment.MatterIDIn(of...), attachment.RemovedAtIsNil()).Order(attachment.ByID()).All(ctx)
		},
		func(now, _ *gen.Attachment) bool { return now.RemovedAt == nil }),
	partOf(gen.TypeLink, link.Table, link.FromColumn, func(e *gen.MatterEdges) *[]*gen.Link { return &e.LinksOut },
		func(l *gen.Link) (id, matter uuid.UUID) { return l.ID, l.FromID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Link, error) {
			return db.Link.Query().Where(link.FromIDIn(of...)).WithTo().Order(link.ByID()).All(ctx)
		},
		func(now, was *gen.Link) bool {
			if was == nil {
				return false
			}
			now.Edges = was.Edges
			return true
		}),
	partOf(gen.TypeLink, link.Table, link.ToColumn, func(e *gen.MatterEdges) *[]*gen.Link { return &e.LinksIn },
		func(l *gen.Link) (id, matter uuid.UUID) { return l.ID, l.ToID },
		func(ctx context.Context, db *gen.Client, of []uuid.UUID) ([]*gen.Link, error) {
			return db.Link.Query().Where(link.ToIDIn(of...)).Order(link.ByID()).All(ctx)
		}, always[gen.Link]),
}

// always: nothing hangs on it that is read with it.
func always[T any](*T, *T) bool { return true }

// stored: it holds values that the database gives back in another form than they
// came in, such as the numbers of a JSON value, so a new one is read.
func stored[T any](_, was *T) bool { return was != nil }

// PayloadOf makes a payload of its type's own accessors: how it is asked for,
// where it hangs, whose it is; kept is as for the parts of a case, was is never
// nil.
func PayloadOf[T any](typ string, at func(*gen.MatterEdges) **T, matter func(*T) uuid.UUID, ask rows[T], kept func(now, was *T) bool) *Payload {
	return &Payload{typ: typ,
		read: func(ctx context.Context, db *gen.Client, into map[uuid.UUID]*gen.Matter) error {
			var matters []uuid.UUID
			for id := range into {
				matters = append(matters, id)
			}
			list, err := ask(ctx, db, matters)
			for _, x := range list {
				*at(&into[matter(x)].Edges) = x
			}
			return err
		},
		adopt: func(m *gen.Matter, written []ent.Value) bool {
			for _, w := range written {
				now, known := w.(*T)
				was := at(&m.Edges)
				switch {
				case !known || *was == nil:
					return false
				case matter(now) != m.ID:
				case !kept(now, *was):
					return false
				default:
					*was = now
				}
			}
			return true
		}}
}

// Payload is the typed entity beside a matter (PayloadOf).
type Payload casePart

// there is SQL that lists which of the general parts matters have: most cases
// have few of them, and what is not there need not be asked for.
func there(matters string) string {
	var all []string
	for _, p := range generalParts {
		all = append(all, fmt.Sprintf(`SELECT '%[1]s.%[2]s' WHERE EXISTS (SELECT FROM %[1]s WHERE %[2]s = ANY(%[3]s))`, p.table, p.column, matters))
	}
	return `ARRAY(` + strings.Join(all, " UNION ALL ") + `)`
}

// fill reads the parts of matters that are there.
func (e *Engine) fill(ctx context.Context, matters []*gen.Matter, there []string) error {
	all := map[uuid.UUID]*gen.Matter{}
	for _, m := range matters {
		all[m.ID] = m
	}
	for _, p := range e.parts {
		into := all
		if p.of != "" {
			into = map[uuid.UUID]*gen.Matter{}
			for id, m := range all {
				if m.Kind == p.of {
					into[id] = m
				}
			}
		}
		if len(into) == 0 || (p.of == "" && !slices.Contains(there, p.table+"."+p.column)) {
			continue
		}
		if err := p.read(ctx, e.client, into); err != nil {
			return err
		}
	}
	return nil
}
