package proposals

import (
	"context"
	"reflect"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/step"
)

// What a member writes and throws away before he hands it in stays his: a step
// of an edit says that there was one, and never what the text was. What changed
// is said by the step with which it is handed in, against the text as it was
// handed in before. The audit keeps everything.

// sitting is how long edits of one person, one upon the other, are one step.
const oneSitting = 30 * time.Minute

// words are a proposal's text, field by field.
func words(title string, p *gen.Proposal) map[string]any {
	list := make([]any, len(p.Suggestions)) // as JSON gives it back
	for i, s := range p.Suggestions {
		list[i] = s
	}
	return map[string]any{
		"title": title, "situation": p.Situation, "analysis": p.Analysis, "suggestions": list, "category": p.Category,
		"consentPublish": p.ConsentPublish, "consentReason": p.ConsentReason,
	}
}

// live: an edit counts at once, in cases of versions 1 and 2 that are changed
// with leave.
func live(r *run) bool { return r.State == "FILED" || r.State == "PRE_ASSIGNED" }

// saidAlready: the timeline's last step is an edit by the same person in the
// same sitting.
func saidAlready(ctx context.Context, r *run) (bool, error) {
	last, err := r.Client.Step.Query().Where(step.MatterID(r.Matter.ID)).Order(gen.Desc(step.FieldAt, step.FieldID)).First(ctx)
	if err != nil {
		return false, err // there is at least the one that began it
	}
	return !live(r) && last.Action == r.Action.Code && is(last.ActorID, r.Viewer) && last.ToState == r.State &&
		last.At.After(r.Now.Add(-oneSitting)), nil
}

// handIn says what has changed since the text was last handed in, and makes the
// present text that.
func handIn(r *run, u *gen.ProposalUpdateOne) {
	now := words(r.Title, r.Edges.Proposal)
	for field, was := range r.Edges.Proposal.HandedIn {
		if !reflect.DeepEqual(was, now[field]) {
			r.Before[field], r.After[field] = was, now[field]
		}
	}
	u.ClearHandedIn()
}
