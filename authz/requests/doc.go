// Package requests is what one person asks for and another must confirm, before
// anything of it happens.
//
//   - A request says what would change and whom it affects; until it is confirmed nothing changes.
//   - Asked for again, the same waiting request is found.
//   - It is confirmed by another person, who holds the same right, whose account is activated, and whose activation word the first has not seen.
//   - Confirming does what was asked for as the rules are then, in the same transaction; twice it does nothing more.
//   - It can be taken back by whoever could confirm it and by who asked.
//   - Whoever could confirm it may refuse it, with a reason, which who asked reads.
//   - What is personal in it is forgotten when it is settled.
//   - What nobody confirmed within 14 days is over.
//
// What each kind of request does, its noun registers: a Desk knows the kinds,
// and nothing of what they do.
package requests
