// Package oversight is what a city sees of its districts: the figures that each
// lets it have (domain.md 10.2, 10.3). Nothing is read across: a district counts
// its own, and what changed goes to the city in an envelope; the city keeps what
// came and never writes into a district.
//
// The contract, which a committee clerk could check:
//
// # What leaves a district
//
//   - A new district has a standing agreement with its city, by which all figures leave it. Nobody has to approve them singly.
//   - Its administrator says which figures and which splits leave it, suspends that, and lets it go on; each stands in its audit.
//   - Figures are counted in the district, by its own definitions, whenever its book has grown, and once a day.
//   - What has not changed is not told again; that it stands is told once a day.
//   - What is counted is told exactly once, wherever the worker dies.
//   - Figures that do not add up are not told; the district's administrator sees why.
//   - Rows never leave it: a figure is a number and the numbers of its parts.
//
// # What the city keeps
//
//   - Each figure stands with the day as of which it was counted, the version of its definition, and when it last moved.
//   - A letter that comes twice, late or out of order does not undo a newer one.
//   - The newest of each figure is kept beside the days for speed, and says nothing else than they do.
//   - A figure of another version of its definition than the city's is kept, shown as such, and never ranked.
//   - A letter that cannot be (a day to come, more counted than there are, parts that do not make the whole) is refused.
//   - What a district has narrowed is hidden, also what had come before; days on which it was not shared stay empty for ever (ADR 59).
//   - What a district has suspended stays as it was, and says so.
//   - After a restore from a backup the district tells everything again that differs.
//
// # What the city does with it
//
//   - Districts are compared by session, since the session, by calendar year, as of any day, each with how old it is and how much is late.
//   - A district that shares nothing stands among them, and says so.
//   - Where nothing was due there is no green light: it says so.
//   - The three loops that run at a time are compared across districts, each by the year in which it is: its tasks, what is taken up, done and late, and its own light.
//   - An order of districts is seen by them only when the city publishes it; withdrawn, it says so wherever it was sent.
//   - What is equal shares a place; what is hidden, silent, counted otherwise or a rate of nothing has none, and says why.
//   - A district lets it open one filed proposal, for a purpose and until a day: only to read, and each look stands in the district's own audit under the name of who looked. Either side ends it (ADR 60).
//   - What was seen is shown to who asked, for half an hour, and not after the grant's end.
//   - A look after the end, at another case, or by another committee is refused, and that stands in the district's audit, too.
//   - A district that tells nothing for a week, figures that do not move for thirty days, a task of which nothing is heard for thirty days: the overseers are told once, and again only when it has moved in between; it stands on their desks while it lasts, and when it moves the notice is read by itself.
package oversight
