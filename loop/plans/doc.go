// Package plans is a committee's year plans: of consultation, supervision,
// research and work (domain.md 4.2).
//
// The contract, which a committee clerk could check:
//
// # The plan
//
//   - A committee has one plan of a kind and a year, also when two open it at once; one that was withdrawn does not count.
//   - Plans are opened by who holds plan.draft, for years from 2000 to the next.
//   - Until it is issued staff see it, then everybody who may read plans.
//   - No gate is skipped, and going back asks for a reason.
//   - Nothing is recorded on a day that has not come.
//   - The consultation of the three cannot be recorded without the party committee, the government and the CPPCC, and may be held again.
//   - The party group approves a plan each item of which has a lead organisation and a period; whatever lacks one is listed.
//   - The party committee does not sign in: staff record its approval, with who decided, when, and the document's number.
//
// # Items
//
//   - Items change while the plan is drafted and consulted on, and while an adjustment waits for its approval; at no other time.
//   - The period of an item ends within the plan's year.
//   - An adjustment has a reason and a recorded approval of its own; until that is there nothing that it added begins, no other adjustment does, and the plan is not closed.
//   - Attached to an item of an approved plan is what the viewer sees: what comes from the item (DERIVED_FROM), or the topic on a platform to which it sinks (SINKS_TO, LS-17).
//   - What is attached can be detached with a reason, and the link stays as undone.
//   - An item is planned, running once something is attached to it, done, cancelled, or carried over.
//   - An item is finished with evidence, once.
//   - An item that is cancelled or carried over stays, with the reason; one to which something is attached is not cancelled before that is detached.
//   - The timeline of a plan names what was attached by its id, since not everybody who sees the plan sees that.
//   - An item is carried over into the next year's plan of its kind while the items of that may change; the new one knows the old.
//   - A plan closes when each item is done, cancelled or carried over; whatever is not is listed.
//
// The process is data (tenants/templates/plan.yaml); this package registers the
// guards (pure, rules.go) and effects (effects.go, attach.go) that it names and
// that the vocabulary of package flow/vocab does not have.
package plans
