package files

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// maxReason is the longest reason of a removal, in characters.
const maxReason = 500

// Remove takes an attachment away on record: its row says who, when and why, and
// its bytes go when they have been kept for a while (Purge). A second time it is
// refused.
func Remove(ctx context.Context, e *flow.Engine, id uuid.UUID, reason string) (*gen.Attachment, error) {
	missing := errs.New(errs.NotFound, "没有这个附件，或您无权查看").At("attachment")
	a, err := e.Client().Attachment.Query().Where(attachment.ID(id)).Only(ctx)
	if gen.IsNotFound(err) || err == nil && a.MatterID == nil {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	why := text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: maxReason, Lines: true}
	if reason, err = why.Take(reason); err != nil {
		return nil, err
	}
	cases, err := e.Lock(ctx, *a.MatterID)
	if err != nil {
		return nil, err
	}
	c := cases[*a.MatterID]
	if c == nil { // his own file of a matter that he does not see any more
		return nil, missing
	}
	// Under the lock: another may have removed it.
	if a, err = e.Client().Attachment.Query().Where(attachment.ID(id)).Only(ctx); err != nil {
		return nil, err
	}
	if err := removable(ctx, e, c, a); err != nil {
		return nil, err
	}
	return a, e.Client().Attachment.UpdateOne(a).SetRemovedAt(clock.Now(ctx)).SetRemovedByID(authz.From(ctx).Membership).SetRemovalReason(reason).Exec(ctx)
}

// removable says who may take it away, and what must stay.
func removable(ctx context.Context, e *flow.Engine, c *flow.Case, a *gen.Attachment) error {
	v := authz.From(ctx)
	if a.RemovedAt != nil {
		return errs.New(errs.NotAllowedInState, "这个附件已经移除").At("attachment")
	}
	manages, err := e.Covers(ctx, c.Matter.ID, e.KindOf(c.Kind).Managing...)
	if err != nil {
		return err
	}
	own := a.UploaderID != nil && *a.UploaderID == v.Membership
	if !own && !manages {
		return errs.New(errs.NotAllowed, "只有上传的人和管理这件事项的人可以移除附件").At("attachment")
	}
	if c.Closed() {
		return errs.New(errs.NotAllowedInState, "事项已结束，附件随案卷留存，不能移除；如不应公开，请提案委（归口单位）限定谁能看到").At("attachment")
	}
	later, err := since(ctx, e, c, a)
	if err != nil {
		return err
	}
	moved := ""
	for _, s := range later {
		if names(s.After, a.ID) {
			return needed("“" + s.Label + "”这一步")
		}
		if s.FromState != s.ToState {
			moved = s.Label
		}
	}
	for _, r := range c.Records {
		if names(r.Data, a.ID) {
			return needed("一条记录")
		}
	}
	switch {
	case moved == "":
		return nil
	case formal(c, a):
		return needed("“" + moved + "”这一步")
	case !manages:
		return errs.New(errs.NotAllowedInState, "上传以后事项已经办了“%s”，只有管理这件事项的人还能移除；请联系他们，或另传一份更正的", moved).At("attachment")
	}
	return nil
}

// needed is the answer about a file on which something rests.
func needed(by string) error {
	return errs.New(errs.NotAllowedInState, "%s以这个附件为依据，不能移除；请另传一份更正的，在下一步的理由中说明，需要重办的按流程退回", by).At("attachment")
}

// since are the steps of the matter, or of the share whose file it is, that
// were taken after the upload had begun: ids are ordered in time.
func since(ctx context.Context, e *flow.Engine, c *flow.Case, a *gen.Attachment) ([]*gen.Step, error) {
	q := e.Client().Step.Query().Where(step.MatterID(c.Matter.ID), step.IDGT(a.ID))
	if a.AssignmentID != nil {
		q.Where(step.Or(step.AssignmentIDIsNil(), step.AssignmentID(*a.AssignmentID)))
	}
	return q.Order(gen.Asc(step.FieldID)).All(authz.System(ctx))
}

// names reports whether what was kept of a step or a record holds the id.
func names(kept map[string]any, id uuid.UUID) bool {
	b, err := json.Marshal(kept)
	return err == nil && strings.Contains(string(b), id.String())
}

// formal reports whether a step can rest on a file without naming it: a form of
// the process, such as a sealed page, or any file where the process counts them.
func formal(c *flow.Case, a *gen.Attachment) bool {
	if a.Kind != attachment.KindOTHER && a.Kind != attachment.KindPHOTO {
		return true
	}
	for _, m := range c.Def.Machines {
		for _, action := range m.Actions {
			for _, g := range action.Guards {
				if g.Name == "attachments" {
					return true
				}
			}
		}
	}
	return false
}
