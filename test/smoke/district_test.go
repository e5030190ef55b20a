package smoke

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// district is a committee whose people were entered through the API.
type district struct {
	p       *product
	code    string
	admin   *person
	people  map[string]*person
	ids     map[string]string // memberships by name
	units   map[string]string
	sitting string
	term    string
}

const demoPassword = "smoke-password-2024"

var word = regexp.MustCompile(`激活码 (\S+?)（`)

// found creates a committee at the command line and signs its administrator in.
func found(t *testing.T, p *product, code, name, level, parent string) *district {
	t.Helper()
	out, err := p.cli("tenant", "create", "--code="+code, "--name="+name, "--level="+level, "--parent="+parent, "--admin=admin-"+code)
	if err != nil {
		t.Fatalf("tenant create: %v\n%s", err, out)
	}
	return &district{p: p, code: code, admin: p.activated("admin-"+code, out), people: map[string]*person{}, ids: map[string]string{}, units: map[string]string{}}
}

// activated is somebody who has set his password with the word that the command
// line printed.
func (p *product) activated(login, out string) *person {
	p.t.Helper()
	match := word.FindStringSubmatch(out)
	if match == nil {
		p.t.Fatalf("no word in %q", out)
	}
	return p.activate(login, match[1])
}

// wordFromTheOperator lets somebody set his password anew with a word that no
// administrator of his committee has seen: he confirms what one proposes (S2).
func (d *district) wordFromTheOperator(name string) {
	d.p.t.Helper()
	login := d.people[name].login
	out, err := d.p.cli("account", "reset", login)
	if err != nil {
		d.p.t.Fatalf("%v\n%s", err, out)
	}
	d.people[name] = d.p.activated(login, out)
}

func (p *product) activate(login, code string) *person {
	p.t.Helper()
	_, r := p.post("", m{"query": `mutation($i: ActivateAccountInput!) { activateAccount(input: $i) { done userErrors { code message } } }`,
		"variables": m{"i": m{"login": login, "code": code, "password": demoPassword}}})
	if dig(r.Data, "activateAccount", "done") != true {
		p.t.Fatalf("%s: %v %v", login, r.Data, r.Errors)
	}
	return p.person(login, demoPassword)
}

// enters adds somebody who has activated his account.
func (d *district) enters(name, login string, in m) *person {
	in["name"], in["login"], in["openAccount"] = name, login, true
	d.ids[name] = str(d.admin.do("addMember", in, "membership { id }"), "membership", "id")
	code := str(d.admin.do("issueActivation", m{"membershipId": d.ids[name], "reason": "新任职"}, "code"), "code")
	d.people[name] = d.p.activate(login, code)
	return d.people[name]
}

// opens enters the term and a sitting of three days.
func (d *district) opens(term int, from, to string, sitting int, prep, opens, cutoff, closes string) {
	if d.term == "" {
		d.term = str(d.admin.do("openTerm", m{"ordinal": term, "startsOn": from, "endsOn": to}, "term { id }"), "term", "id")
	}
	d.sitting = str(d.admin.do("openSitting", m{"termId": d.term, "ordinal": sitting, "prepOpensOn": prep, "opensOn": opens, "cutoffAt": cutoff, "closesOn": closes}, "sitting { id }"), "sitting", "id")
}

func (d *district) unit(name, line, kind string, more m) string {
	in := m{"name": name, "line": line, "kind": kind}
	for k, v := range more {
		in[k] = v
	}
	d.units[name] = str(d.admin.do("createUnit", in, "unit { id }"), "unit", "id")
	return d.units[name]
}

// person enters somebody with a login, a role and, when named, a seat.
func (d *district) person(name, kind, role, unit, post string) *person {
	login := fmt.Sprintf("p%s-%d", d.code, len(d.people))
	in := m{"kind": kind}
	if kind == "MEMBER" {
		in["termId"] = d.term
		in["phone"] = "13900000000"
	}
	p := d.enters(name, login, in)
	d.grants(name, role)
	if unit != "" {
		d.admin.do("seatMember", m{"membershipId": d.ids[name], "unitId": d.units[unit], "post": post}, "seat { id }")
	}
	return p
}

// grants gives a role; one that takes two comes from the operator, since the
// administrator has seen the person's word (S2).
func (d *district) grants(name, role string) {
	d.p.t.Helper()
	_, bad := d.admin.try("grantRole", m{"membershipId": d.ids[name], "role": role, "reason": "任职"}, "grant { id }")
	switch {
	case bad == "":
	case strings.HasPrefix(bad, "NOT_ALLOWED "):
		if out, err := d.p.cli("tenant", "appoint", "--tenant="+d.code, "--login="+d.people[name].login, "--role="+role, "--reason=任职"); err != nil {
			d.p.t.Fatalf("%v\n%s", err, out)
		}
	default:
		d.p.t.Fatalf("%s as %s: %s", name, role, bad)
	}
}

// staffed enters the offices, two handling units and n members.
func (d *district) staffed(n int) {
	d.unit("经济界", "ORGANISATION", "SECTOR", nil)
	for _, u := range []string{"商务局", "文旅局"} {
		d.unit(u, "HANDLING", "HANDLING_UNIT", m{"channel": "GOV_OFFICE", "docWord": "中" + u[:6] + "函", "shortName": u[:6]})
		d.person(u+"联络员", "UNIT_STAFF", "unit_liaison", u, "LIAISON")
		d.person(u+"承办人", "UNIT_STAFF", "unit_officer", u, "OFFICER")
		d.person(u+"领导", "UNIT_STAFF", "unit_lead", u, "MAIN_LEAD")
	}
	d.person("干事", "STAFF", "proposal_clerk", "", "")
	d.person("审查员", "STAFF", "proposal_reviewer", "", "")
	d.person("主任", "STAFF", "proposal_director", "", "")
	d.person("政府办", "STAFF", "assign_gov", "", "")
	d.person("信息编辑", "STAFF", "info_editor", "", "")
	for i := range n {
		d.person(d.member(i), "MEMBER", "member", "经济界", "MEMBER")
	}
}

func (d *district) member(i int) string { return fmt.Sprintf("委员%02d", i+1) }

// submitted is a proposal of a member that has been handed in.
func (d *district) submitted(member, title string) string {
	w := d.people[member]
	id := str(w.do("createProposal", m{
		"proposerKind": "INDIVIDUAL", "title": title, "situation": "目前的情况是客流不足、设施老旧。", "analysis": "原因在于业态单一，统筹不够。",
		"suggestions": []string{"延长营业时间，完善夜间公交。", "统一街区标识，增设公共座椅。"}, "category": "经济", "idempotencyKey": "draft:" + title,
	}, "matter { id }"), "matter", "id")
	w.do("submitProposal", m{"matterId": id, "idempotencyKey": "submit:" + title}, "matter { state }")
	return id
}

// reviewed carries it through the three passes.
func (d *district) reviewed(id, disposition string) {
	d.people["干事"].do("startReview", m{"matterId": id, "disposition": disposition}, "")
	d.people["审查员"].do("recordReviewPass", m{"matterId": id, "disposition": disposition}, "")
	d.people["主任"].do("recordReviewPass", m{"matterId": id, "disposition": disposition}, "")
}

// handled carries an assigned case of one unit to the reply.
func (d *district) handled(id, unit, on string) {
	data := d.people["干事"].ask(`query($id: ID!) { matter(id: $id) { assignments { id state unit { name } } parties { id role } } }`, m{"id": id})
	share := str(data, "matter", "assignments", 0, "id")
	d.people[unit+"联络员"].do("signReceipt", m{"assignmentId": share}, "")
	for _, party := range dig(data, "matter", "parties").([]any) { // each first proposer, those of merged cases too
		if str(party, "role") == "LEAD" {
			d.people[unit+"承办人"].do("recordContact", m{"assignmentId": share, "partyId": str(party, "id"), "mode": "面谈", "stage": "办前", "on": on, "text": "当面听取意见，介绍打算"}, "")
		}
	}
	d.people[unit+"承办人"].do("draftReply", m{"assignmentId": share, "class": "A", "body": "您提出的提案收悉，现答复如下：所提建议均已采纳。", "publishable": true}, "")
	d.people[unit+"承办人"].do("submitDraft", m{"assignmentId": share}, "")
	d.people[unit+"领导"].do("signOffReply", m{"assignmentId": share}, "")
	d.people[unit+"联络员"].do("sendReply", m{"assignmentId": share}, "")
}
