// Package sheet reads tables that people made in a spreadsheet, and writes
// tables for them to fill in.
//
//   - A file is a workbook (xlsx) or a text (CSV with commas, semicolons or tabs; UTF-8 with and without its mark, UTF-16 with its mark, GB 18030).
//   - What a file holds is bounded before it is held in memory: see Most. One workbook is read at a time, since reading takes some twenty times its size.
//   - A cell is the text that was typed, not how the program shows it: a day is its serial number, a number has all of its digits.
//   - What cannot be what the person sees is a flaw of its cell and not a text: a formula, an error, a part of merged cells, a cell that a line lacks.
//   - A file that is cut off, or in no known encoding, is refused as a whole, and says where.
package sheet
