// Package bulk makes committees by the thousand, to measure how fast the
// product is with all of them on board.
//
//   - The same size gives the same rows, to the last id.
//   - Others than a superuser are told why they cannot.
//   - Stopped half-way it leaves nothing behind.
//   - Called again with the same size it does nothing, and another size is refused.
//   - Other tenants stay as they are.
//   - Indexes, references, policies and triggers are as before, and every reference holds.
//   - Its cases go on like any other: their numbers are taken, their parts agree with their state.
//
// Persons, committees and codes are made up; the codes are ones that GB/T 2260
// gives to nobody.
package bulk
