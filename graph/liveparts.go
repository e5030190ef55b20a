package graph

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/live"
)

// seenRows are, by table, the rows of some that the context's viewer sees.
var seenRows = map[string]func(context.Context, *gen.Client, []uuid.UUID) ([]uuid.UUID, error){
	assignment.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Assignment.Query().Where(assignment.IDIn(ids...)).IDs(ctx)
	},
	attachment.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Attachment.Query().Where(attachment.IDIn(ids...)).IDs(ctx)
	},
	attendance.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Attendance.Query().Where(attendance.IDIn(ids...)).IDs(ctx)
	},
	cohort.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Cohort.Query().Where(cohort.IDIn(ids...)).IDs(ctx)
	},
	event.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Event.Query().Where(event.IDIn(ids...)).IDs(ctx)
	},
	feedback.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Feedback.Query().Where(feedback.IDIn(ids...)).IDs(ctx)
	},
	item.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Item.Query().Where(item.IDIn(ids...)).IDs(ctx)
	},
	link.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Link.Query().Where(link.IDIn(ids...)).IDs(ctx)
	},
	matter.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Matter.Query().Where(matter.IDIn(ids...)).IDs(ctx)
	},
	party.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Party.Query().Where(party.IDIn(ids...)).IDs(ctx)
	},
	proposal.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Proposal.Query().Where(proposal.IDIn(ids...)).IDs(ctx)
	},
	record.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Record.Query().Where(record.IDIn(ids...)).IDs(ctx)
	},
	reply.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Reply.Query().Where(reply.IDIn(ids...)).IDs(ctx)
	},
	step.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Step.Query().Where(step.IDIn(ids...)).IDs(ctx)
	},
	timer.Table: func(ctx context.Context, c *gen.Client, ids []uuid.UUID) ([]uuid.UUID, error) {
		return c.Timer.Query().Where(timer.IDIn(ids...)).IDs(ctx)
	},
}

// action is what one transaction did to one matter.
type action struct {
	tx     int64
	matter uuid.UUID
}

// telling are the notes of each action that say who may know of it: its parts,
// the steps of the timeline included, each of which is seen by whoever may see
// it. The row of the matter itself changes with all of them and is seen by
// everybody who sees the matter, so it tells only where nothing else has
// changed. So a concealed visit, or what only staff read of, changes nothing for
// those who do not see it (domain.md trap 17).
func telling(notes []live.Note) []live.Note {
	parts := map[action]bool{}
	var out []live.Note
	for _, n := range notes {
		if n.Matter != nil && seenRows[n.Part] != nil {
			a := action{n.Tx, *n.Matter}
			parts[a] = parts[a] || !wholes[n.Part]
			out = append(out, n)
		}
	}
	return slices.DeleteFunc(out, func(n live.Note) bool { return wholes[n.Part] && parts[action{n.Tx, *n.Matter}] })
}

// wholes are the tables whose row is the matter itself.
var wholes = map[string]bool{matter.Table: true, proposal.Table: true, cohort.Table: true}

// mayKnow are the watched matters of which the viewer sees a row that tells of a
// change. It asks once a table.
func (f *feed) mayKnow(ctx context.Context, notes []live.Note) ([]uuid.UUID, error) {
	rows, of := map[string][]uuid.UUID{}, map[uuid.UUID][]uuid.UUID{}
	for _, n := range telling(notes) {
		if slices.Contains(f.wish.Matters, *n.Matter) {
			rows[n.Part] = append(rows[n.Part], n.Row)
			of[n.Row] = append(of[n.Row], *n.Matter)
		}
	}
	var out []uuid.UUID
	for table, ids := range rows {
		seen, err := seenRows[table](ctx, f.ent(), ids)
		if err != nil {
			return nil, err
		}
		for _, id := range seen {
			out = append(out, of[id]...)
		}
	}
	return out, nil
}
