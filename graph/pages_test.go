package graph_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/bihuan/bihuan/graph/generated"
)

// short are the lists of Query that have no pages, and why they end by themselves.
var short = map[string]string{
	"nodes": "as many as ids, a page at most", "myBallots": "those that run", "ballots": "those of one loop, a few in three years",
	"processes": "a committee's versions", "todoCounts": "counts by day and kind", "loopOverview": "twenty years at most", "similarMatters": "five at most",
	"similarProposals": "five at most", "counters": "a committee's counters", "venueCounts": "counts by kind", "processTemplates": "those that are shipped",
	"vocabulary": "the words of the program", "terms": "one in five years", "workdays": "those of one year", "policies": "a hundred at most",
	"roles": "those of the product and the committee's own", "permissions": "those of the policy", "confirmationRequests": "what waits for the second person",
	"pendingGrants": "what waits for the second person", "previewCloseUnit": "what waits for one unit", "permissionTable": "the roles", "searchSuggestions": "ten at most",
	"myInvitations": "those to one person", "sessions": "those of one person", "noticeCounts": "counts by kind and level",
	"rightsMatrix": "the permissions of the policy", "substitutions": "those that run, few at a time",
}

// older are the pages that go only forward and have a type of their own.
var older = map[string]string{
	"auditLog": "a chain is read backwards from its end", "sentEnvelopes": "a ledger, by its numbers", "receivedEnvelopes": "a ledger, by its numbers",
	"counterRows": "rows of several types", "standing": "matters and shares, some of which the viewer does not see", "tenants": "by the code, which everybody knows",
	"rightsOn": "computed for a day, not rows that are kept",
	"search":   "hits are in order of their weight, which has no way back",
}

// A list without an end is a connection that is read from both of its ends.
func TestListsWithoutAnEndAreConnections(t *testing.T) {
	s := generated.NewExecutableSchema(generated.Config{}).Schema()
	used := map[string]bool{}
	excused := func(of map[string]string, name string) bool {
		used[name] = used[name] || of[name] != ""
		return of[name] != ""
	}
	for _, f := range s.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		has := func(names ...string) bool {
			for _, n := range names {
				if f.Arguments.ForName(n) == nil {
					return false
				}
			}
			return true
		}
		connection := strings.HasSuffix(f.Type.Name(), "Connection")
		switch {
		case connection && has("first", "after", "last", "before"):
			def := s.Types[f.Type.Name()]
			if def.Fields.ForName("edges") == nil || def.Fields.ForName("pageInfo") == nil || def.Fields.ForName("totalCount") == nil {
				t.Errorf("%s: %s has not all that a connection has", f.Name, def.Name)
			}
		case connection || has("first"):
			if !excused(older, f.Name) {
				t.Errorf("%s has pages, but not those of a connection: first, after, last, before", f.Name)
			}
		case f.Type.Elem != nil:
			if !excused(short, f.Name) {
				t.Errorf("%s is a list without pages: make it a connection, or say in this test why it is short", f.Name)
			}
		}
	}
	for _, of := range []map[string]string{short, older} {
		for name := range of {
			if !used[name] {
				t.Errorf("%s is excused and needs not to be", name)
			}
		}
	}
	t.Run("and so are those of a person or a unit, whose work does not end", func(t *testing.T) {
		for _, parent := range []string{"Membership", "Unit", "Platform", "Sitting", "Tenant", "Process"} {
			for _, f := range s.Types[parent].Fields {
				if f.Type.Elem != nil && endless(f) {
					t.Errorf("%s.%s is a list without pages", parent, f.Name)
				}
			}
		}
	})
}

// endless: a list of what a committee makes more of every day.
func endless(f *ast.FieldDefinition) bool {
	switch f.Type.Name() {
	case "Matter", "Assignment", "Event", "Item", "Notice", "Step", "Record", "Proposal", "Reply", "Attachment":
		return true
	}
	return false
}
