// Package figures is the one mechanism for every number of a committee and the
// rows behind it (domain.md 7).
//
// A figure is a definition: data, shipped in definitions/*.yaml, that says of
// what it counts (a case, a unit's share, a rating …), among which of them and
// which of these. Its conditions are written in the words of a small vocabulary
// (words.go); each word is one expression over what the steps and the ledgers
// of a matter tell. From a definition one query is made; it is counted for the
// number and listed for the rows, so the number is how many rows there are.
//
//   - What counts is always among what it is counted of: both are conditions on
//     the same rows.
//   - A row is counted once. A definition whose rows are not distinct is refused
//     when it is counted, and the refusal names it.
//   - Of nothing there is no rate: it says 无基数, never 0 or 100.
//   - 100 % is printed only where all are counted; half is rounded up, to one
//     decimal.
//   - What must add up (the sums beside the definitions) adds up, or nothing is printed: the refusal
//     names the whole, the sum and the difference. The parts of a split are the
//     whole.
//   - As of a past day a figure says what it said on that day: states come from
//     the steps up to the end of the day, everything else from columns that are
//     written once with their time. Names and successors of units are today's.
//   - A draft is no figure's business; a case counts from when it was handed in.
//   - A committee defines figures of its own in the same words, with versions; one
//     that counts a thing twice, divides by nothing or reads what its reader may not
//     see is refused when it is published, with the place (ADR 58).
//   - Who is counted person by person, or unit by unit, is named with 0 as well.
//   - Numbers are for who may read figures, and are the same for each of them;
//     rows are shown to whom the matter is (ADR 49).
package figures
