// Package imports takes in a spreadsheet of many people or units: it says of
// each line what would become of it, carries out what is right, and takes back
// what it did (docs/adr/0053-imports.md).
//
// The contract, which a committee clerk could check:
//
//   - A file is uploaded once and kept line by line; the file itself is not kept. Nothing of the roster changes by an upload.
//   - Heads are known by their names and by what else people call them, in any order; a sheet or column that nobody knows is named and left out.
//   - Each line is new, changed, unchanged, doubtful or wrong. What is wrong has its column, a code and a sentence; what is changed says from what to what.
//   - A line is judged by doing it and taking that back: what the preview says, carrying out does, since both go through the roster's own services.
//   - A doubtful line (the same name, another telephone) is done when somebody has said what is meant.
//   - Two lines of one file that mean the same are wrong from the second on.
//   - A blank cell leaves what is there as it is.
//   - All is carried out only where nothing is wrong or doubtful; else the valid lines. A line is done with its whole or not at all.
//   - It may die at any line and goes on from there; nothing is done twice.
//   - It acts as who ordered it, with his rights of that moment, and the book says so.
//   - Undoing takes back what a line added, and what it changed gets its former words. A line on which something has been built since, or that has been changed since, stays, and says by whom and what.
//   - What was undone has left no trace in the roster; the book keeps it.
//   - Telephone numbers are shown to who may read personal data.
//   - A while after the last that was done with a batch (BIHUAN_IMPORTS_KEEP) what its lines say is emptied; counts and verdicts stay, and it is neither carried out nor undone any more.
//
// A kind of import is declared by the noun that it is about (Kind).
package imports
