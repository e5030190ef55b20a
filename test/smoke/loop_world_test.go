package smoke

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// loop is the city's 一号提案 with two districts: 中山 in the city's own
// installation, 旅顺口 in another, with a database of its own, that nothing but
// envelope files reaches.
type loop struct {
	t             *testing.T
	home, away    *product
	city, zs, lsk *district
	laps          map[int]*lap // by handling year
}

// lap is one cohort's way through its three years.
type lap struct {
	*loop
	year     int // of handling
	title    string
	id       string // the cohort
	proposal string
	mine     map[string]string // the city's tasks, by who was given them
}

// what crosses between the city and a district
var crossing = []string{"task", "task_report", "task_decision", "template", "template_adopted", "proposal_forward", "joint_activity", "commendation", "promotion"}

// founded is three committees in two installations on one day.
func founded(t *testing.T, on time.Time) *loop {
	l := &loop{t: t, home: start(t, on), away: start(t, on), laps: map[int]*lap{}}
	l.city = found(t, l.home, "210200", "政协大连市委员会", "CITY", "")
	l.zs = found(t, l.home, "210202", "政协大连市中山区委员会", "DISTRICT", "210200")
	found(t, l.away, "210200", "政协大连市委员会", "CITY", "") // in the directory only, as the committee above
	l.lsk = found(t, l.away, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "210200")
	l.cityHall()
	l.zs.localHall("区商务局", "区住建局")
	l.lsk.localHall("区水务局", "区农业农村局")
	l.agreed()
	return l
}

// at moves both clocks to nine in the morning.
func (l *loop) at(y int, mo time.Month, d int) {
	l.t.Helper()
	l.home.at(day(y, mo, d, 9))
	l.away.at(day(y, mo, d, 9))
}

// cityHall is who the city needs.
func (l *loop) cityHall() {
	c := l.city
	c.opens(14, "2021-01-01", "2025-12-31", 1, "2021-12-01", "2022-01-10", "2022-01-11T12:00:00+08:00", "2022-01-13")
	for _, o := range leadOrganisations {
		kind := "COMMITTEE"
		if strings.HasPrefix(o, "民") || strings.HasPrefix(o, "九三") {
			kind = "POLITICAL_PARTY"
		}
		c.unit(o, "ORGANISATION", kind, nil)
	}
	c.unit("经济界", "ORGANISATION", "SECTOR", nil)
	for _, u := range cityUnits {
		c.office(u)
	}
	c.person("干事", "STAFF", "proposal_clerk", "", "")
	c.person("审查员", "STAFF", "proposal_reviewer", "", "")
	c.person("主任", "STAFF", "proposal_director", "", "")
	c.person("政府办", "STAFF", "assign_gov", "", "")
	c.person("专委会干事", "STAFF", "committee_staff", "", "")
	c.person("市级统筹", "STAFF", "city_overseer", "", "")
	c.appointed("主席", "chair")
	for i := range 5 {
		c.person(c.member(i), "MEMBER", "member", "经济界", "MEMBER")
	}
}

var (
	leadOrganisations = []string{"民建市委", "民盟市委", "九三学社市委", "市工商联", "市政协经济委员会", "市政协农业和农村委员会"}
	cityUnits         = []string{"市水务局", "市发展改革委"}
)

// office is a handling unit with its people.
func (d *district) office(name string) {
	d.unit(name, "HANDLING", "HANDLING_UNIT", m{"channel": "GOV_OFFICE", "docWord": fmt.Sprintf("连%d函", len(d.units))})
	d.person(name+"联络员", "UNIT_STAFF", "unit_liaison", name, "LIAISON")
	d.person(name+"承办人", "UNIT_STAFF", "unit_officer", name, "OFFICER")
	d.person(name+"领导", "UNIT_STAFF", "unit_lead", name, "MAIN_LEAD")
}

// localHall is who a district needs to take up what the city asks.
func (d *district) localHall(units ...string) {
	d.opens(11, "2021-01-01", "2025-12-31", 1, "2021-12-01", "2021-12-27", "2021-12-28T12:00:00+08:00", "2021-12-29")
	for _, u := range units {
		d.office(u)
	}
	d.person("主任", "STAFF", "proposal_director", "", "")
	d.person("干事", "STAFF", "proposal_clerk", "", "")
	d.person("审查员", "STAFF", "proposal_reviewer", "", "")
	d.unit("经济界", "ORGANISATION", "SECTOR", nil)
	d.person("委员01", "MEMBER", "member", "经济界", "MEMBER")
}

// appointed enters somebody in a role that needs two administrators; where
// there are no two the operator is the second.
func (d *district) appointed(name, role string) {
	d.p.t.Helper()
	login := fmt.Sprintf("p%s-%s", d.code, role)
	d.enters(name, login, m{"kind": "STAFF"})
	if out, err := d.p.cli("tenant", "appoint", "--tenant="+d.code, "--login="+login, "--role="+role, "--reason=换届"); err != nil {
		d.p.t.Fatalf("%v\n%s", err, out)
	}
}

// agreed makes both halves of both agreements; the keys of 旅顺口 and of the
// city are told to each other, as by post.
func (l *loop) agreed() {
	key := func(d *district) string {
		return str(d.admin.ask(`{ exchangeIdentity { code name key } }`, nil), "exchangeIdentity", "key")
	}
	half := func(d, with *district, name, channel string) {
		in := m{"partner": with.code, "channel": channel, "sends": crossing, "receives": crossing}
		if channel == "FILE" {
			in["name"], in["key"] = name, key(with)
		}
		d.admin.do("setAgreement", in, "agreement { id }")
	}
	half(l.city, l.zs, "", "LOCAL")
	half(l.zs, l.city, "", "LOCAL")
	half(l.city, l.lsk, "政协大连市旅顺口区委员会", "FILE")
	half(l.lsk, l.city, "政协大连市委员会", "FILE")
	l.lsk.second() // there the city is in the directory, and has another key (S6)
	if _, bad := l.city.admin.try("setAgreement", m{"partner": "210212", "channel": "LOCAL"}, ""); !strings.HasPrefix(bad, "INVALID_INPUT") {
		l.t.Errorf("旅顺口 is not in this installation: %q", bad)
	}
}

// second confirms as another administrator what one has asked for.
func (d *district) second() {
	d.p.t.Helper()
	const name = "管理员乙"
	if d.people[name] == nil {
		d.appointed(name, "tenant_admin")
		d.wordFromTheOperator(name)
	}
	list := d.people[name].ask(`{ confirmationRequests { id mayConfirm } }`, nil)["confirmationRequests"].([]any)
	if len(list) == 0 {
		d.p.t.Fatal("nothing waits to be confirmed")
	}
	for _, r := range list {
		d.people[name].do("confirmRequest", m{"requestId": str(r, "id")}, "done")
	}
}

// as finds a person of a committee; 管理员 is its administrator.
func (d *district) as(who string) *person {
	d.p.t.Helper()
	if who == "管理员" {
		return d.admin
	}
	w := d.people[who]
	if w == nil {
		d.p.t.Fatalf("%s has no %s", d.code, who)
	}
	return w
}

// signedIn is somebody's token.
func (d *district) signedIn(who string) string {
	w := d.as(who)
	w.ask("{ viewer { roles } }", nil)
	return w.token
}

const caseFields = `matter { id kind state title number version turn closedAt nextDueOn origin mirror data
	stateInfo { label turn } parties { id name role } items { id kind text status dueOn evidence key difficult parent { id } unit { id } }
	records { id kind stage text data } }`

// does performs an action with or without a reason and answers the matter.
func (d *district) does(who, id, action string, form m, reason ...string) m {
	d.p.t.Helper()
	return dig(d.as(who).do("performAction", acting(id, action, form, reason), caseFields), "matter").(m)
}

// refused performs an action that must not succeed; the refusal begins with
// the code and says each of the words.
func (d *district) refused(who, id, action string, form m, code string, says ...string) {
	d.p.t.Helper()
	_, bad := d.as(who).try("performAction", acting(id, action, form, nil), "")
	d.said(action, bad, code, says...)
}

func (d *district) said(what, bad, code string, says ...string) {
	d.p.t.Helper()
	if !strings.HasPrefix(bad, code) {
		d.p.t.Errorf("%s %s: %q, want %s", d.code, what, bad, code)
	}
	for _, s := range says {
		if !strings.Contains(bad, s) {
			d.p.t.Errorf("%s %s: %q does not say %q", d.code, what, bad, s)
		}
	}
}

func acting(id, action string, form m, reason []string) m {
	in := m{"matterId": id, "action": action}
	if form != nil {
		in["form"] = form
	}
	if len(reason) > 0 {
		in["reason"] = reason[0]
	}
	return in
}

// look reads a matter as somebody; nil where it does not exist for him.
func (d *district) look(who, id string) m {
	d.p.t.Helper()
	x, _ := d.as(who).ask(`query($id: ID!) { matter(id: $id) { `+strings.TrimSuffix(strings.TrimPrefix(caseFields, "matter { "), "}")+`} }`, m{"id": id})["matter"].(m)
	return x
}

// state is where a matter is.
func (d *district) state(who, id string) string { return str(d.look(who, id), "state") }

// parts are the items of a matter of a kind, in their order.
func parts(matter m, kind string) (list []m) {
	all, _ := matter["items"].([]any)
	for _, x := range all {
		if str(x, "kind") == kind {
			list = append(list, x.(m))
		}
	}
	return list
}

// part is the item of a kind that says the text.
func part(t *testing.T, matter m, kind, text string) string {
	t.Helper()
	for _, x := range parts(matter, kind) {
		if strings.Contains(str(x, "text"), text) {
			return str(x, "id")
		}
	}
	t.Fatalf("no %s %q in %v", kind, text, matter["items"])
	return ""
}

// date is a day as a form wants it.
func date(y int, mo time.Month, d int) string { return day(y, mo, d, 0).Format(time.DateOnly) }

// held is what was said on the clock's day; more adds to it.
func (l *loop) held(text string, more m) m {
	f := m{"on": l.home.now.Format(time.DateOnly), "text": text}
	for k, v := range more {
		f[k] = v
	}
	return f
}
