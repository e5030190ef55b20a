// Package reports freezes figures (domain.md ZS-46, trap 25).
//
// A report is made of lines. Each is a figure, or something of which nothing is
// recorded (未记录) with the reason, so that a number that nobody can follow to
// its rows is never printed as if one could.
//
//   - A preview says what a report would say, and what hinders it; it writes nothing.
//   - Freezing keeps, of each figure, the number, the code and version of its
//     definition, what that meant in words, and every row that was counted. The
//     number is how many rows are kept.
//   - A frozen report says the same for ever, whatever becomes of the matters,
//     of the definitions or of the names of sittings. Its rows are a ledger, and
//     the database refuses to change what it says.
//   - What must add up adds up, or nothing is frozen. A report that says how much
//     was received has no case that is not decided, or says how many are not
//     (domain.md 7: in a final report P is 0).
//   - It is withdrawn with a reason, alone or because another takes its place;
//     what it said can still be read.
//   - Whoever reads figures reads reports; a row is shown to whom its matter is
//     (ADR 49). Freezing and withdrawing are for who holds figures.report.
//   - Reports that are made every year have templates, which are data.
package reports
