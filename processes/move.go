package processes

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen/matter"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// movePage is how many matters one call moves: each takes a savepoint, which
// the commit releases.
const movePage = 100

// Move takes the running matters of one version to another.
type Move struct {
	From, To uuid.UUID
	Mapping  map[string]string // states of From that To does not have → those of To; flow.ShareState for shares
	Reason   string
	After    *uuid.UUID // Next of the page before; nil begins
}

// Moved is what became of a page.
type Moved struct {
	Moved   int
	Skipped []Skipped
	Next    *uuid.UUID // where to go on; nil: that was all
}

// Skipped is a matter that stays where it is, and why.
type Skipped struct {
	Matter uuid.UUID
	Reason string
}

// MoveMatters moves a page of matters, each for itself: one that cannot be
// moved is listed and does not hold up the others. Called again it goes on with
// those that are still there.
func (s *Service) MoveMatters(ctx context.Context, in Move) (out Moved, err error) {
	defer errs.Wrap(&err, "processes.MoveMatters(%s to %s)", in.From, in.To)
	ctx, _, err = s.enter(ctx, manage)
	if err != nil {
		return Moved{}, err
	}
	if err := reasoned(&in.Reason); err != nil {
		return Moved{}, err
	}
	if err := s.checkMove(ctx, in); err != nil {
		return Moved{}, err
	}
	q := s.client.Matter.Query().Where(matter.ProcessID(in.From), matter.ClosedAtIsNil())
	if in.After != nil {
		q = q.Where(matter.IDGT(*in.After))
	}
	ids, err := q.Order(matter.ByID()).Limit(movePage).IDs(ctx)
	if err != nil {
		return Moved{}, err
	}
	if len(ids) == movePage {
		out.Next = &ids[movePage-1]
	}
	for _, id := range ids {
		err := audit.Savepoint(ctx, func(ctx context.Context) error {
			return s.engine.MoveTo(ctx, id, in.To, in.Mapping, in.Reason)
		})
		shown, ok := errs.As(err)
		switch {
		case err == nil:
			out.Moved++
		case ok:
			out.Skipped = append(out.Skipped, Skipped{id, shown.Message})
		default:
			return Moved{}, err
		}
	}
	return out, nil
}

// checkMove refuses what would fail for every matter.
func (s *Service) checkMove(ctx context.Context, in Move) error {
	from, err := s.find(ctx, in.From)
	if err != nil {
		return err
	}
	to, err := s.find(ctx, in.To)
	switch {
	case err != nil:
		return err
	case from.ID == to.ID:
		return errs.New(errs.Invalid, "请选择另一个版本").At("toProcessId")
	case from.Kind != to.Kind:
		return errs.New(errs.Invalid, "不能换到另一种流程").At("toProcessId")
	case to.Status != entprocess.StatusPUBLISHED:
		return errs.New(errs.Invalid, "只能换到已发布的版本").At("toProcessId")
	}
	return nil
}
