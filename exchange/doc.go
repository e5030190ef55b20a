// Package exchange is the only way across a tenant boundary: signed envelopes
// from one committee to another (domain.md 10.2). Nothing reads across; things
// are sent, and the receiver keeps its own copy.
//
// The contract, which a committee clerk could check:
//
// # Envelopes
//
//   - An envelope names its kind, the version of the body's schema, sender and receiver by code, its own id and its number; it carries the hash of the one before, its own hash and the sender's signature.
//   - Nothing in it can be changed unnoticed.
//   - Spaces and the order of keys in a body mean nothing; every other difference does.
//   - No private key is stored: a committee's key is derived from the installation's secret and the committee's id and code.
//   - Each committee has a key of its own, and who may read the agreements sees the public part.
//
// # Agreements
//
//   - Agreements are made, suspended and resumed by who holds exchange.manage, each committee its own row.
//   - The key of a partner in the same installation is filled in; that of another one is entered.
//   - Nothing crosses unless both rows are active and the kind is among what the one sends and the other receives.
//   - Answers about what was sent (kind status) belong to every agreement.
//   - Suspending asks for a reason; suspending twice, or resuming twice, does nothing more.
//
// # Sending
//
//   - An envelope is written in the transaction of what it tells, and is gone if that is undone.
//   - Numbers per partner have no gap and no double, however many send at once.
//   - What no active agreement lets out is refused.
//   - A kind that is not registered, or a body over 1 MiB, is refused.
//   - An envelope that has its number is never altered, not by the program either.
//   - A joint activity, commendation or promotion is sent by who holds exchange.send, to each of the named partners or to none.
//   - What its receiver would refuse of it is refused before it is sent.
//   - The leader's instruction in it is recorded on the matter that it is about, for the staff; who sends it sees that matter.
//
// # Delivery
//
//   - An envelope has its effect at the receiver exactly once, wherever the worker dies.
//   - Envelopes of one partner are taken in in the order of their numbers; one that came early waits.
//   - One that comes again is harmless.
//   - A handler that fails is tried again later and later; after ten failures the envelope is dead, and holds up what is behind it, until it is sent again.
//   - A handler that panics has failed, and the others go on.
//   - A suspended agreement, on either side, leaves envelopes waiting; they are not counted as failed.
//   - A kind that is unknown or not received, a newer schema, and what the handler refuses is refused for good with a code; what is behind it goes on.
//   - A refused envelope leaves at the receiver its head and no body.
//   - A wrong signature, altered content or a broken chain is refused and stands in the receiver's audit; it is dead at the sender.
//   - Sent again, a refused or dead envelope is tried anew under its old number; one whose row was altered is not.
//   - What a refused or dead envelope was about, and why, is listed for who holds exchange.read; its body is not.
//   - Each step stands in the audit of the committee where it happened.
//
// # What comes back
//
//   - The sender learns which object the receiver made of its own, its number and its state (mirror).
//   - A partner's answer reaches only what was sent to that partner, or came from it.
//   - A matter is with one partner at a time; what a former one tells of its state changes nothing.
//   - Who was told of an object has nothing to say of its state, and is told no more of it.
//   - What happens at the origin later reaches the copy as its origin's status.
//   - Content that opened an object is read in the object, by who may see that; the inbox shows its head only.
//   - A joint activity, commendation or promotion opens nothing: it stands in the inbox, with the leader's instruction, and the secretaries-general are told.
//
// # Files
//
//   - Between two installations the same envelopes travel as a signed file of JSON lines.
//   - A tampered, cut, foreign or too large file changes nothing, and the error names the line.
//   - Importing twice is harmless.
//   - Acknowledgements travel back as envelopes of kind status, and each file says up to which number its sender has received.
//   - Where the partner turns out to be in another installation, after letters went to its line in the directory here, numbers begin with 1 again and what nobody has had is written once more.
//   - A file that leaves a gap is refused until the one before has been imported.
//
// Set, Suspend, Resume, Send, Tell, Report, Resend and Export run in the transaction
// that their caller opened, where changes are collected (audit.Collect), and
// the caller writes the record. Deliver and Import open their own, one
// committee each, and write their own records; they are called outside any.
package exchange
