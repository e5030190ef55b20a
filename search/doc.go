// Package search finds the committee's own matters by what is written in them.
//
// What is found:
//
//   - A matter is found by its title, number and content; by the text, the suggestions, the category and the registration number of a proposal; by replies, ratings' opinions, records, events, items, parties, the names of its files, and the units that take part in it or handle it.
//   - Words are separated by spaces; a matter is found when each of them stands somewhere in what the viewer reads of it. What is joined by other signs, as in 2023-17, stands in one place together.
//   - Width, letter case, radicals and compatibility ideographs, and spaces beside ideographs make no difference.
//   - Two letters and more find titles, categories and names by the initials of their pinyin, in any usual reading.
//   - A number finds itself, with and without leading zeros.
//   - A unit that was renamed or merged is found by the names it had and has.
//
// What is not told: neither hits nor counts, places, suggestions or similar
// cases tell of what the person may not see. A part is found by who sees that
// part of that matter at this moment (package authz, in the same statement).
// Telephone numbers, check codes and the names of citizens are not in the
// index.
//
// The order is that of points, then the newest first: a word counts what the
// best place where it stands is worth (a number 20, a title 10, a name 6, the
// text of a proposal 2), and the words' points are added.
//
// The index is written by triggers in the transaction that writes the row; it
// agrees with one that is made anew at any time. What was there before the index
// is filled in by Fill, which may die anywhere and be run again. ADR 29 says why
// it is built as it is.
package search
