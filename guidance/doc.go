// Package guidance is what a committee publishes to those below it: templates of
// processes, checklists, rules and definitions of figures (domain.md 5; a city
// guides its districts and does not command them).
//
// The contract, which a committee clerk could check:
//
//   - What is published is what is in force at the publisher on that day, as it is there; it takes exchange.guide.
//   - It goes as an envelope to each of the partners that are named, or to none; a partner that has the same already is not sent it again.
//   - Each publication of one paper has the next version; the one before is past.
//   - Whoever holds exchange.read sees what came; who may change the like in his own committee sees what it would change there and what it lacks there, and takes it or not.
//   - What is taken becomes the taker's own by its own rules: a process a draft that is checked and published as every other, a protected setting a proposal that a second person confirms. What the floor does not let through is not taken, required or not.
//   - Required is a word of the publisher's, shown to the end; it changes nothing by itself. Who does not take it says why, and the publisher reads it.
//   - A running matter stays on its version, as after every publication.
//   - What was withdrawn is not taken any more; what was taken of it before stays the taker's, who is told.
//   - A paper of a newer form than this program reads, or of a kind that it does not know, is refused with its code and may be sent again after the upgrade.
//   - Coming twice it changes nothing; an older version that comes after a newer one is past; a withdrawal that comes before its paper holds.
//   - The publisher sees of each partner whether it was delivered, taken, declined and why, and since when it is in force there as it was sent.
//
// What a kind of paper is, its package says (Kind); assembly registers them.
// Issue, Withdraw, Take and Decline run in the transaction of their caller, who
// writes the record; Settle opens its own.
package guidance
