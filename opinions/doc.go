// Package opinions is 社情民意 (domain.md 4.7): what members and others bring to
// the committee's notice, one matter a sheet, with a life of its own.
//
// The contract, which a committee clerk could check:
//
//   - A member hands in what he saw himself; staff hand in for a member, for a unit, and for somebody outside.
//   - Who brought it in is named: the member, the unit, or the outsider with his institution and how it was handed in; who entered it stands in the first step.
//   - It is read by its author, by who entered it, by the information office and by who signs; by nobody else, an administrator included.
//   - The editor takes it up, sends it back for more, keeps it or merges it, with a reason; the author hears of it with the reason.
//   - Who edited it does not check it for secrets, and nothing is issued that was not checked and signed.
//   - What was reported to whom, who adopted it and what leaders wrote are records; leaders' words are not the author's to read.
//   - What was issued goes up to the committee above once, by the information office: its text, not who brought it in. There it is an opinion as every other, brought in by the committee that sent it.
//   - What becomes of it above (adopted, a leader's word, reported on) comes back by itself and stands at the opinion as a record, once, also when it is closed; the office and nobody else hears of a leader's word, whose text stays above.
//   - An adoption that is taken back counts no more and both sides say so; one that was told from above is corrected above.
//   - Where there is no editor it is the secretary-general's, who reads and decides; it is never handed to somebody who may not read it.
//
// An opinion may also be what a proposal or a platform's matter became (trap 6).
// Issues of the journal and their sums have their place here.
package opinions
