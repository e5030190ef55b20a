// Command bench measures the product against hand-written SQL and prints what
// it finds as ratios of one run: `make bench`.
//
// It starts a private PostgreSQL of its own, fills a database for each size
// with package demo/bulk (kept for the next run), and starts itself once more
// as the server: the product as cmd/bihuan wires it, and beside it the floors,
// which answer the same questions with one prepared statement over net/http and
// pgxpool. Real tokens, real HTTP over loopback, requests of many committees
// and persons.
//
// Other programs disturb a measurement. Therefore:
//
//   - Variants take turns in short windows, one after another, round by round, so that a slow minute is everyone's.
//   - A round during which other programs used more than a part of the machine is thrown away (see foreign).
//   - What is compared is compared within a round; the ratio is the median over the rounds.
//   - Before anything is measured, product and floor answer the same questions, and the answers must be equal.
//
// Flags: -tenants 10,3400 -members 206 -matters 600 -seconds 30 -clients 16
// -only reads|writes|other|search -profile folder.
package main
