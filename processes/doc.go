// Package processes is what a committee's administrator does with process
// definitions: drafts, the check, publication, versions, and moving running
// matters to another version.
//
// The contract, which a committee clerk could check:
//
//   - Everything here takes processes.manage, in the committee where one is signed in; to offer takes exchange.send, to see what became of it exchange.read.
//   - A draft may be written again until it is published; what is published is never changed, only followed by the next version or retired.
//   - The number of a version is given by the product and stands in the text.
//   - Who writes over a draft that somebody else has changed is told so and changes nothing.
//   - Publication runs the loop check with the committee's present settings and offices; what does not close is refused with every place, what nobody in office can do is only pointed out.
//   - A running matter stays on its version until it is moved, with a reason; each matter is moved for itself, and one that cannot be is left as it is and listed with why.
//   - The shipped kinds may have versions of the committee's own, which keep every state that a running matter is in.
//   - The last version of a shipped kind is not retired.
//   - A text that was exported can be imported in another committee and says the same there.
//   - A dry run writes nothing.
//   - A published version is offered to partners, to all that are named or to none, and their administrators are told.
//   - Adopted, it is a draft of the adopter's own that may be changed, under its own or another code, and what is done with it later on either side leaves the other as it is.
//   - A shipped kind is adopted as its next version, under no other code.
//   - Who offered learns that there is a draft and that it was published, and for each partner how far it has come.
//   - An adoption of what was not offered to that partner is not believed.
//
// Every method runs in the transaction that its caller opened, who rolls back
// on an error and writes the audit record; reasons that are asked for are for
// that record, except where they stand in a matter's timeline.
package processes
