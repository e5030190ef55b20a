// Package phone takes notices to people's phones, for committees that have
// switched it on.
//
// What a person may rely on:
//
//   - Nothing reaches a phone as long as his committee has no channel switched on.
//   - Who has chosen nothing is told as his committee's policy says.
//   - He chooses from which level up he is told at once, which kinds he is not told, by which channels, in which hours he is left alone, and at which hour he hears of the rest of the day together.
//   - What is told in his quiet hours comes when they end; an urgent one breaks through where the committee says so.
//   - That his own turn's day is near or has passed is never switched off, nor what the committee's policy names; the answer to his choice says so.
//   - What he has read by then, or may not see any more, does not come.
//   - A message says why it came and the title of the matter, and opens it. Of a draft, of a visit in secret, of a kind that is not named, and where the committee wants no titles, it says that something waits. It never says more.
//   - He changes his own number with a code that was sent to the new one, good for ten minutes and five tries.
//
// What an administrator may rely on:
//
//   - A notice that is to reach a phone waits from the transaction that writes it.
//   - Whatever dies, a message goes out at least once; twice only where its carrier knows no repeated one and the answer was lost.
//   - A carrier that is busy is left alone for a while; a failure is tried again, later and later, and after eight given up.
//   - What was given up stands in a list with its reason, and goes out again when he says so.
package phone
