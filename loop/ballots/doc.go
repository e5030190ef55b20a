// Package ballots is the secret ballot in which the handling units of a 一号提案
// are appraised (民主测评, domain.md 4.4, trap 16).
//
// The contract, which a committee clerk could check:
//
//   - A ballot asks the same dimensions of each unit, with the same options, one of which is abstaining. At least three persons vote, and while it runs neither question nor list changes.
//   - It is opened for a cohort that the standing committee has heard, before the report on it.
//   - Everybody on the list is told once, at the opening, that he may vote and when; no notice says who has a token or who has voted.
//   - Who is on the list gets one token, the same one again until it is used.
//   - A token is used once, however often it is sent and by how many at once.
//   - A ballot paper with a gap is invalid as a whole; one that answers what was not asked, or one thing twice, is sent back and its token stays.
//   - A wrong token and a used one are the same refusal.
//   - Nothing is cast before the opening or after the closing; what is over closes by itself.
//   - Before its time a ballot is closed only with a reason. A closed ballot is not opened again.
//   - Nobody reads a result before the closing, by no door of the program or of its database role.
//   - Valid, invalid, abstained and absent are four numbers; the votes of the options add up to the valid ones.
//   - When fewer than three have cast, only how many is told: more would say who chose what.
//   - Who reads cohorts reads the whole result; a unit's people read their own unit's.
//   - No table joins a voter and a choice, neither by a row, nor by a transaction, nor by an order.
//   - Opening, claiming, casting and closing are in the book; casting without a name, an address or a choice.
//   - Another committee's ballot does not exist.
//
// # Why nobody can be matched with a choice
//
// A token is an HMAC over committee, ballot and membership under the
// installation's secret, so a claim whose answer was lost can be repeated
// without anything being remembered about it. Stored is only the token's hash,
// which without the secret leads to nobody; all hashes of a ballot are stored
// when it opens, in the order of the hashes, not when somebody claims. Claiming
// is no secret: it marks the list and is audited with the name, as signing for a
// ballot paper is.
//
// Casting knows the token and no person. It runs in a transaction of its own, on
// a context from which viewer, request and audit collector are gone, so no
// transaction id is shared with a claim. It deletes the hash and rewrites all
// counters of the ballot, which are one row. So there is no row for one vote, and
// none by whose transaction or place one could see which counters a vote raised.
// The order of claims and of casts in the book tells when somebody took
// a token and when somebody voted, and no choice.
//
// What this does not protect against: who runs the server and changes the
// program, or follows the database's files, log or backups while the ballot is
// open, sees the counters grow; and who has the installation's secret can vote
// in the place of others. A result in which all agree tells what all chose.
package ballots
