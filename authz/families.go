package authz

import (
	"slices"
	"sync"

	entsql "entgo.io/ent/dialect/sql"
)

// general is the object of the rights on all kinds that committees define
// themselves.
const general = "matter"

// desks are the objects with a "read" that are no kinds of matter.
var desks = []string{"audit", "exchange", "figures", "obligations", "personal", "roster"}

// kinds are the other objects with a "read" in policy.csv: the kinds of matter
// that the product ships, each with rights of its own.
var kinds = sync.OnceValue(func() (out []string) {
	records, err := rules()
	if err != nil {
		panic(err) // embedded: Load answers it, and a test reads it
	}
	for _, rec := range records {
		if rec[0] == "p" && rec[3] == "read" && rec[2] != general && !slices.Contains(desks, rec[2]) {
			out = append(out, rec[2])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
})

// Kinds are the kinds of matter with rights of their own, sorted.
func Kinds() []string { return slices.Clone(kinds()) }

// Regulated reports whether a kind of matter is one of the shipped ones. All
// others, which committees define themselves, share the object "matter".
func Regulated(kind string) bool { return slices.Contains(kinds(), kind) }

// Family is the object of the rights on a kind of matter.
func Family(kind string) string {
	if Regulated(kind) {
		return kind
	}
	return general
}

// families are the objects whose "read" lets matters be seen.
var families = sync.OnceValue(func() []string { return append(Kinds(), general) })

// ofFamilies: the kind in the column belongs to one of the families.
func ofFamilies(column string, of ...string) *entsql.Predicate {
	if slices.Contains(of, general) {
		others := slices.DeleteFunc(Kinds(), func(kind string) bool { return slices.Contains(of, kind) })
		return entsql.NotIn(column, toAny(others)...)
	}
	return entsql.In(column, toAny(of)...)
}
