// Package assembled is package district with every noun wired as in the program,
// and what brings a proposal through its process by real actions. A test wires
// nothing by hand:
//
//	d := assembled.New(t, district.Plan{Runs: []string{"proposal"}, Sitting: district.Plenary(2025, 6, 9)})
//	c := d.Assigned(map[string]assignment.Role{"商务局": assignment.RoleSOLE})
//	d.Replied(c, "商务局", "A")
//
// The tests inside a noun's own package cannot import this one; they take package
// district and register their noun. Only tests import this package.
package assembled
