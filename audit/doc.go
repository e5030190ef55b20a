// Package audit keeps the book of what was done: who did it, on whose behalf,
// what, before, after, why and from where.
//
// What an auditor may rely on:
//
//   - Every mutation writes one record in its own transaction: both are there or neither is.
//   - A record names who acted and what was acted upon apart, each as it was called at that time, and keeps these names.
//   - What happens to a person's account stands in the chain of each committee in which he is, and in the installation's.
//   - A record of an earlier form verifies as it was written.
//   - A record shows changed fields only, with their value before and after.
//   - A secret (telephone number, password, key of a file) is said to have changed; its value is never kept.
//   - A long text is kept up to 4,000 characters, with the length and SHA-256 of the whole beyond them.
//   - A change of many rows at once is one line: which fields, and how many rows.
//   - What a savepoint undid is not recorded.
//   - Refused attempts are one record a person, operation and minute, with their number; what was counted when the process is killed is lost.
//   - Who looks at others' personal data, downloads a file or reads the book is recorded before he gets it.
//   - An auditor reads names, codes, days and numbers; of contents he reads that they were changed, and no search finds their words.
//   - A write that nobody collects is refused.
//   - The serving role can add a record and read its tenant's; it cannot change, remove or insert one past the function.
//   - The records of a tenant form one chain without gaps, however many write at once.
//   - Verify finds a flipped byte, a changed hash or searchable column, a removed, added, moved or swapped record, and a cut tail, and names the first bad number.
//   - A record is sealed with a key that the database has not: who owns the database and rewrites a chain with all its hashes is found by its seals.
//   - Records of before the first sealed one verify without; what a former key sealed verifies with that key.
//   - A chain that was cut, or rebuilt as if of before, head included, is found by an anchor kept elsewhere; the program keeps them in a file by itself.
//   - An empty chain beside rows, a row that no record made and a row that says something else than its last record are findings; of each table a sample is looked at.
//   - An auditor pages through one tenant's records, newest first, by object, actor, action and time.
//
// What failed changed nothing and leaves no record of its own, unless its
// caller writes one in a transaction of its own, as a failed sign-in does: it
// goes to the installation's own chain, which is written inside Store.Global,
// and from there into those of the person's committees (assembly.AccountBook).
//
// A record holds what the changed rows hold, so reading the book is a right of
// its own; package authz decides who has it, this package does not ask.
//
// How a mutation uses it:
//
//	ctx, _ = audit.Collect(ctx)            // from here ent's writes are collected by Hook
//	…                                      // plain SQL says what it did with Note
//	err = audit.Write(ctx, audit.Entry{…}) // the last statement before the commit
//
// Write comes last because it locks the head of the tenant's chain until the
// commit: others of this tenant who want to write their record wait for it.
// Calling it twice writes two records.
package audit
