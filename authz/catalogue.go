package authz

import (
	"encoding/csv"
	"slices"
	"sync"
)

// Entry is one permission as a clerk knows it.
type Entry struct {
	Permission Permission
	Group      string // where a clerk looks for it
	Says       string // what it lets somebody do, one sentence
	Scopes     Scope  // how far some shipped role reaches with it
}

// catalogue is permissions.csv in its order, with what policy.csv gives.
var catalogue = sync.OnceValues(func() ([]Entry, error) {
	records, err := table("permissions.csv")
	if err != nil {
		return nil, err
	}
	p, err := Load()
	if err != nil {
		return nil, err
	}
	out := make([]Entry, len(records))
	for i, rec := range records {
		out[i] = Entry{Permission: Perm(rec[0]), Group: rec[1], Says: rec[2]}
		for _, role := range p.roles {
			out[i].Scopes |= p.tables[role][out[i].Permission]
		}
	}
	return out, nil
})

// Catalogue lists every permission once, by group, each with its sentence.
func Catalogue() ([]Entry, error) {
	list, err := catalogue()
	return slices.Clone(list), err
}

// Says is the sentence of a permission, its code where there is none.
func Says(p Permission) string {
	list, _ := catalogue() // embedded: a test reads it
	if i := slices.IndexFunc(list, func(e Entry) bool { return e.Permission == p }); i >= 0 {
		return list[i].Says
	}
	return p.String()
}

// table are the lines of an embedded CSV file.
func table(name string) ([][]string, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	return r.ReadAll()
}
