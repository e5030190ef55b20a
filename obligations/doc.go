// Package obligations is what a committee asks of its people year after year
// (三个一; at least three contacts and one opinion a year): who owes what by which
// day, who has done it, and the rows that say so.
//
// The contract, which a committee clerk could check:
//
//   - An obligation is data: who owes it, by which day, and what counts as done, in the words of package figures. A version is never changed; the next one takes its place from a day on.
//   - A definition that means nothing is refused when it is published, with the place: a word that is not known, a kind that nobody has published, a day that never comes, people of whom there are none.
//   - What somebody has done is never written down here: it is counted from matters, records and attendance, and opens into the rows that were counted.
//   - A period is judged by the version that was in force on its last day, or is today.
//   - Who owes is who belongs to the group on the day that it is due, or today while it is not. Who has left before that day owes nothing.
//   - Who joins owes as soon as at least half of the period is left, or as many days as the definition says; else from the next period on. So does everybody when the obligation itself begins within a period.
//   - Working days are counted where the definition says so, by the committee's calendar.
//   - Somebody may be excused for a period, with a reason, by another who holds obligations.excuse; it can be taken back.
//   - Whoever owes is reminded once for each of the definition's days before the due day, and once when it has passed; of several missed days only of the latest. He is urged at most once a day.
//   - Everybody sees his own; of others who holds obligations.read, of his own units and those below where he holds it there, as a convener of his 界别. Rows are shown to whom the matter is.
//   - A retired obligation asks nothing that is not due yet; what was due stays as it was.
package obligations
