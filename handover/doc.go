// Package handover lets a whole committee go: exported as a package, taken in by
// another installation, and erased here with a proof
// (docs/adr/0063-a-committee-goes.md).
//
// The contract, which an operator could check:
//
//   - A suspended committee is closed to everybody at once and loses nothing; resumed it goes on. Both stand in its book and in the installation's, with the reason.
//   - A package holds every row of every table of the committee as JSON lines, the bytes of its attachments, and a manifest with the schema's version and the SHA-256 of each part. A table that is new is in it by itself.
//   - All of it is of one instant.
//   - Of people's accounts it holds login and days. Passwords, second factors, sessions, the secrets of providers and codes on their way never leave; whoever moves sets a password anew.
//   - What triggers derive (search, the live feed, versions of rights) is not in it and arises where it is taken in.
//   - An export that ends early leaves no package.
//   - A package that is cut, of which one byte is changed, in which a file is missing, or which another version of the schema wrote is refused with what is wrong, and nothing of it is kept.
//   - Nor is one taken in whose committee is here already, by id or by code.
//   - It brings rows of its committee only, and joins no account that is here, unless the operator names the login as the same person's.
//   - What has been taken in is suspended until the operator resumes it; its book is recomputed, sealed with this installation's key, and says who took it in from which package.
//   - Erased is only a suspended committee whose present rows are those of the package that the operator shows.
//   - Erasing deletes files, then every row in one transaction, and the accounts that belong to nobody else; it counts what it deleted, looks whether anything is left, and writes counts and the manifest's hash into the installation's book in the same transaction.
//   - Other committees keep every row, what they received from this one included.
//   - Each of these may die at any line and is run again.
package handover
