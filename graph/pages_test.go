package graph_test

import (
	"reflect"
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
	"roles": "those of the product and the committee's own", "permissions": "those of the policy", "confirmationRequests": "what waits for the second person", "myRequests": "fifty at most", "sentInvitations": "two hundred at most", "myDetails": "five",
	"pendingGrants": "what waits for the second person", "previewCloseUnit": "what waits for one unit", "permissionTable": "the roles", "searchSuggestions": "ten at most",
	"myInvitations": "those to one person", "sessions": "those of one person", "settings": "those of one policy", "unitKinds": "a dozen", "candidates": "fifty at most, narrowed by a name", "signInDuties": "two at most", "signInLinks": "one a committee of one person", "noticeCounts": "counts by kind and level",
	"ownDistricts": "the committees of one city", "publishablePapers": "the committee's processes, settings and own figures", "districtAlerts": "a hundred at most, the longest first", "figureSharings": "one for each agreement that lets figures out, which is the city's as a rule",
	"figures": "as many as codes, a hundred at most", "figureDefinitions": "those that are shipped, and a hundred of the committee's own", "figureThings": "the words of the program", "rightsMatrix": "the permissions of the policy", "importKinds": "those of the program", "obligations": "what a committee asks, a dozen", "myObligations": "what a committee asks of one person", "coverage": "half a dozen", "obligationWords": "those of the program", "reportTemplates": "those that are shipped", "substitutions": "those that run, few at a time",
}

// forward are the connections that are read in one direction, and why.
var forward = map[string]string{
	"auditEntries": "a chain is read backwards from its end", "envelopesSent": "a ledger, by its numbers", "envelopesReceived": "a ledger, by its numbers",
	"rowsCounted": "rows of several types, by their ids", "standingMatters": "computed, the longest first", "committees": "by the code, which everybody knows",
	"contactPairs": "pairs, by their ids", "uncovered": "people or units, by their ids",
	"districtFigures": "by the code, which everybody knows", "rankings": "what was published, the newest first", "caseGrants": "what was given, the newest first",
	"guidance": "what was published, the newest first", "guidanceReceived": "what came, the newest first", "districtRequests": "what was asked, the newest first",
	"obligationDebts": "computed, not rows that are kept",
	"importBatches":   "what was imported, the newest first", "importRows": "lines of a file, in their order",
	"rolesHeldOn": "computed for a day, not rows that are kept", "search": "hits are in order of their weight, which has no way back",
}

// older are the pages that had a type of their own before, by the connection
// that stands beside.
var older = map[string]string{
	"auditLog": "auditEntries", "sentEnvelopes": "envelopesSent", "receivedEnvelopes": "envelopesReceived", "counterRows": "rowsCounted",
	"standing": "standingMatters", "tenants": "committees", "rightsOn": "rolesHeldOn",
}

// queues have pages of their own, since nobody keeps them in a cache.
var queues = map[string]string{"phoneFailures": "what failed and waits for an administrator, who clears it"}

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
		case connection:
			def := s.Types[f.Type.Name()]
			if !excused(forward, f.Name) || !has("first", "after") || f.Arguments.ForName("after").Type.Name() != "Cursor" || def.Fields.ForName("edges") == nil || def.Fields.ForName("pageInfo") == nil {
				t.Errorf("%s is not read from both of its ends: make it, or say in this test why not", f.Name)
			}
		case has("first") && excused(queues, f.Name):
		case has("first"):
			if gone := f.Directives.ForName("deprecated"); !excused(older, f.Name) || gone == nil || gone.Arguments.ForName("reason").Value.Raw != "改用 "+older[f.Name] {
				t.Errorf("%s has pages, but not those of a connection: first, after, last, before", f.Name)
			}
		case f.Type.Elem != nil:
			if !excused(short, f.Name) {
				t.Errorf("%s is a list without pages: make it a connection, or say in this test why it is short", f.Name)
			}
		}
	}
	for _, of := range []map[string]string{short, older, forward, queues} {
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

// Each of the connections beside an older page has the same rows in the same
// order, read in pages of two.
func TestConnectionsHaveTheRowsOfTheOlderPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区")
	c.add("审计员", "STAFF", nil, "auditor")
	w.found("210203", "DISTRICT", "乙区")
	w.found("210212", "DISTRICT", "丙区")
	for name, of := range map[string]struct{ who, args, node, olderList, olderNode string }{
		"auditEntries": {"审计员", "", "seq", "entries", "seq"},
		"committees":   {"管理员甲", "", "code", "", "code"},
		"rolesHeldOn":  {"管理员甲", `day: "2024-12-27"`, "membershipId role", "rows", "membershipId role"},
	} {
		t.Run(name, func(t *testing.T) {
			old := ""
			for k, v := range older {
				if v == name {
					old = k
				}
			}
			args := func(more string) string {
				if s := strings.Trim(of.args+", "+more, ", "); s != "" {
					return "(" + s + ")"
				}
				return ""
			}
			list := of.olderNode
			if of.olderList != "" {
				list = of.olderList + " { " + of.olderNode + " }"
			}
			want, _ := dig(c.ask(of.who, "{ x: "+old+args("first: 100")+" { "+list+" } }", nil).Data, "x").([]any)
			if of.olderList != "" {
				want, _ = dig(c.ask(of.who, "{ x: "+old+args("first: 100")+" { "+list+" } }", nil).Data, "x", of.olderList).([]any)
			}
			var got []any
			after := ""
			for range 100 {
				a := c.ask(of.who, "{ x: "+name+args("first: 2"+after)+" { edges { cursor node { "+of.node+" } } pageInfo { hasNextPage endCursor } } }", nil)
				edges, _ := dig(a.Data, "x", "edges").([]any)
				for _, e := range edges {
					got = append(got, dig(e, "node"))
				}
				if dig(a.Data, "x", "pageInfo", "hasNextPage") != true {
					break
				}
				after = `, after: "` + dig(a.Data, "x", "pageInfo", "endCursor").(string) + `"`
			}
			if name == "auditEntries" { // to look stands in the book as well: the older page has looked last
				got, want = got[len(got)-5:], want[len(want)-5:]
			}
			if len(want) < 3 || !reflect.DeepEqual(got, want) {
				t.Errorf("%v\n%v", got, want)
			}
			for _, foreign := range []string{"gqFpxBABAQEBAQEBAQEBAQEBAQEBoXbA", "x"} {
				if a := c.ask(of.who, "{ x: "+name+args(`after: "`+foreign+`"`)+" { pageInfo { endCursor } } }", nil); len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "INVALID_INPUT" {
					t.Error(foreign, a.text)
				}
			}
		})
	}
}
