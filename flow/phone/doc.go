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
package phone
