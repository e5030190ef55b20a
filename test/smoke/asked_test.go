package smoke

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/internal/clock"
)

// TestACityAsksTheOperator: what a city asks for its districts happens when the
// operator confirms it, and stands in the district's own book.
func TestACityAsksTheOperator(t *testing.T) {
	p := start(t, time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai))
	city := found(t, p, "210200", "大连市政协", "CITY", "")
	number := regexp.MustCompile(`[0-9a-f-]{36}`)
	ask := func(in m) {
		t.Helper()
		city.admin.do("requestDistrict", in, "request { id state }")
	}
	confirm := func() string {
		t.Helper()
		list, err := p.cli("tenant", "requests")
		if err != nil {
			t.Fatal(err, list)
		}
		out, err := p.cli("tenant", "confirm", "--request="+number.FindString(list))
		if err != nil {
			t.Fatal(err, out)
		}
		return out
	}
	ask(m{"what": "CREATE", "code": "210202", "name": "中山区政协", "shortName": "中山区", "adminLogin": "zs-admin", "adminName": "管理员甲", "reason": "区里申请"})
	first := p.activated("zs-admin", confirm())
	if got := str(city.admin.ask(`{ ownDistricts { code active } }`, nil), "ownDistricts", 0, "code"); got != "210202" {
		t.Errorf("the city's districts: %q", got)
	}
	if got := dig(first.ask(`{ agreements(first: 5) { edges { node { partner } } } }`, nil), "agreements", "edges", 0, "node", "partner"); got != "210200" {
		t.Errorf("its standing agreement is with %v", got)
	}
	ask(m{"what": "HAND_OVER", "code": "210202", "adminLogin": "zs-next", "adminName": "管理员乙", "reason": "原管理员调离"})
	next := p.activated("zs-next", confirm())
	if got := str(next.ask(`{ viewer { tenant { code } } }`, nil), "viewer", "tenant", "code"); got != "210202" {
		t.Errorf("the next administrator is in %q", got)
	}
	ask(m{"what": "SUSPEND", "code": "210202", "reason": "换届期间停用"})
	confirm()
	if _, answer := p.post(next.token, m{"query": `{ viewer { tenant { code } } }`}); len(answer.Errors) == 0 {
		t.Error("a suspended district still answers")
	}
	ask(m{"what": "RESUME", "code": "210202", "reason": "换届结束"})
	confirm()
	states := city.admin.ask(`{ districtRequests(first: 10) { edges { node { what state } } } }`, nil)
	for i, what := range []string{"RESUME", "SUSPEND", "HAND_OVER", "CREATE"} {
		if str(states, "districtRequests", "edges", i, "node", "what") != what || str(states, "districtRequests", "edges", i, "node", "state") != "DONE" {
			t.Errorf("%d: %v", i, states)
		}
	}
	if list, err := p.cli("tenant", "requests"); err != nil || strings.Contains(list, "请求") {
		t.Errorf("%v still waits: %s", err, list)
	}
	if out, err := p.cli("audit", "verify"); err != nil {
		t.Errorf("%v %s", err, out)
	}
}
