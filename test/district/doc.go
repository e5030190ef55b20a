// Package district is the one committee in which tests live: a database of its
// own, units, people named by their posts, the processes it runs, a clock that
// is set, and the verbs that nearly every test needs.
//
//	d := district.New(t, district.Plan{On: clock.Date(2025, 3, 3), Runs: []string{"opinion"}})
//	c := d.Do("委员甲", "submit", id, nil)
//	d.Refused(errs.NotAllowedInState, "委员甲", "submit", id, nil)
//	d.At(2025, 4, 1)
//	d.Sweep()
//
// What a test needs beside the standard district it says in the Plan. From the
// third time on that a test process asks for a plan, its district is copied as a
// database, which costs no more than an empty one.
//
// People are asked for by name, "主任", or by role, "proposal_director": the
// first of the list who has it. "" is the product itself. Whatever they do is one
// transaction that is collected for the audit, as at the API's door.
//
// This package knows no noun, so that the tests inside a noun's package can live
// here, too. Tests outside them take package assembled, which is the same with
// every noun wired as in the program.
//
// Only tests import this package.
package district
