// Package live lets those who look at a screen hear that what they look at has
// changed.
//
// What a clerk may rely on:
//
//   - What changes is noted in the transaction that changes it, by the database itself, so that no writer can forget it; what is rolled back was never noted.
//   - A note holds ids. What is called out between processes is a committee's id and nothing else.
//   - Who may hear of a note is asked when it is told, as the one who hears; this package tells nobody anything, it only wakes those whom a note may concern.
//   - A cursor says exactly which notes have been seen, in whatever order transactions commit: nothing is told twice and nothing is left out.
//   - A cursor whose notes have been forgotten, which is after a day at the earliest, or one of another database, is answered with "read everything again".
//   - A listener that does nothing holds no transaction and no connection to the database.
//   - A listener that is slow holds no queue: it is told once what has changed since it was told last.
//   - Too many listeners of one account, one committee or one process are refused, and those that are there go on.
//   - Whoever is signed out, or loses a right, is asked again at once.
//   - When the connection that listens was lost, everybody is woken once it is back.
package live
