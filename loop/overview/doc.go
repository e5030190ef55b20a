// Package overview is what can be seen of the three-year loop and of all that
// is owed (domain.md 10.3): three loops side by side, what a higher committee
// asked, and one ledger of tasks, commitments and problems. It only reads.
//
// The contract, which a committee clerk could check:
//
// # The overview
//
//   - The loops of three handling years stand side by side, and an extended one beside them until it is closed (trap 14).
//   - Each has its state, its stage and the gates out of that state, with what is missing.
//   - Every figure is the rows that it counts, and what is open, reported, done and dropped adds up to all.
//   - A task that has not been issued is nobody's debt: it is in no figure and not in the ledger.
//   - A task is overdue when its day has passed and it has not been reported; so is a node, unless its task has come to an end.
//   - A district's share is what was handed to it, what of it is done and overdue, and the last that it told.
//   - Who may not read all loops of his committee is refused.
//   - Another committee's loops, tasks and items are never in it.
//   - It takes the same number of statements for one loop as for three.
//
// # What was asked of us
//
//   - What a higher committee asked is listed by the day on which the next of it is owed.
//   - What is reported owes nothing more; what is closed is counted and not listed.
//   - A unit sees what it was given, and nobody else's.
//
// # The ledger
//
//   - The ledger is one list of tasks, commitments, problems, agreed results and suggestions with a receipt, of those matters that the viewer sees.
//   - It goes by day, what has no day comes last, and what has the same day keeps its order.
//   - The year of an item is the handling year of the loop that it belongs to; else the year in which it was taken down.
//   - To a loop belong its own items, those of its proposal, those of its tasks, and those of the tasks into which these were broken down.
//   - A link that was undone counts no more.
//   - What is still open from earlier years is one list, of loops and of B-class commitments. What was settled or explained, or whose matter has ended, is no debt.
//   - Filters are met all at once.
//   - A filter that cannot be understood is refused with the name of its field, never ignored.
//
// # Export
//
//   - The ledger leaves as CSV, as XLSX and as a page to print, with the same lines.
//   - The state of a task is called as its process calls it.
//   - No cell of an export is a formula, whatever was typed into it.
//   - A page says who printed it, when, for which committee and under which filter.
//   - A page without a line says so.
//   - A list of more than MaxLines lines is refused with the advice to narrow it, and nothing is sent.
//   - Every export stands in the audit with its filter and the number of its lines.
//   - Without a valid token there is nothing.
//   - A unit that may not read the loop learns of it only the year.
package overview
