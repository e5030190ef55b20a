package flow

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
)

// Turn says whom a code means whose turn it is. Whoever it names is awaited as
// long as he has an action that nothing blocks; several answers add up.
type Turn struct {
	Roles     []string                              // holders of one of the roles, as far as their rights reach the case
	RolesOf   func(*Case, *gen.Assignment) []string // the same, where it depends on the case
	Posts     []string                              // whoever has one of the posts in the matter's street, 界别 or owner unit, by the roles that hang on it
	Parties   []party.Role                          // parties of the case; where a unit is one, its people
	Party     func(*Case, *gen.Party) bool          // which of the parties it waits for; nil: all with one of Parties that take part
	Creator   bool                                  // who entered it
	UnitRoles []string                              // holders of one of the roles who sit in the unit concerned:
	Units     func(*Case) []uuid.UUID               // of the matter; nil: the share's alone
	Owing     bool                                  // the people of each unit that owes an open item
	Right     string                                // holders of the right, as far as it reaches the case; of Owing: which people of the unit
	AtHome    bool                                  // whoever can act by an office in the matter's 界别, street or owner unit
	Anybody   bool                                  // whoever can act by an office that reaches all matters of the kind

	Waits func(*Case, *gen.Assignment) bool // whether it waits for them now; nil: always
	Away  func(*Case) bool                  // it is another committee's turn, which knows by itself
	Else  []Turn                            // who stands in while nobody of these is there, one after the other
}

// who is one of those that a turn means, as a row of table awaited.
type who struct {
	Turn   string
	Share  *uuid.UUID
	Role   string     // holders of the role: all, or
	Unit   *uuid.UUID // those with a seat in the unit or above,
	Seated bool       // in the unit itself
	Member *uuid.UUID // or this person,
	Roles  []string   // as long as he holds one of these
	Due    *time.Time // of what is owed

	Instead bool
	Reason  string
}

// meaning is whom a code of the case's definition means. In a committee's own
// kind a turn is the code of a role, or of a party, or `units`, those that owe
// something; where a party or a unit has nobody who can sign in, whoever has the
// matter in hand by his office.
func (e *Engine) meaning(kind string, d *process.Definition, code string) Turn {
	if t, ok := e.KindOf(kind).Turns[code]; ok {
		return t
	}
	office := []Turn{{AtHome: true}, {Anybody: true}}
	switch {
	case process.IsPost(code):
		t := Turn{Posts: []string{code}}
		for _, other := range d.Vacant[code] {
			t.Else = append(t.Else, e.meaning(kind, d, other))
		}
		t.Else = append(t.Else, office...)
		return t
	case code == "units":
		return Turn{Owing: true, Right: "matter.respond", Else: office}
	case party.RoleValidator(party.Role(code)) == nil:
		return Turn{Parties: []party.Role{party.Role(code)}, Else: office}
	}
	return Turn{Roles: []string{code}}
}

// asking answers whom the turns of one subject mean.
type asking struct {
	e      *Engine
	rights *authz.Policy
	c      *Case
	share  *gen.Assignment
	turn   string
	told   bool // whom it means, whether or not he can do something now
	out    []who
}

// mean lists whom a turn means now.
func (q *asking) mean(t Turn) []who {
	q.out = nil
	if t.Waits != nil && !q.told && !t.Waits(q.c, q.share) {
		return nil
	}
	roles := t.Roles
	if t.RolesOf != nil {
		roles = append(slices.Clone(roles), t.RolesOf(q.c, q.share)...)
	}
	for _, role := range q.rights.Beside(roles) {
		q.office(role)
	}
	for _, post := range t.Posts {
		q.post(post)
	}
	q.parties(t)
	if t.Creator && q.c.CreatorID != nil {
		q.person(*q.c.CreatorID)
	}
	for _, u := range q.units(t) {
		for _, role := range q.rights.Beside(t.UnitRoles) {
			q.in(role, u)
		}
	}
	switch {
	case t.Owing:
		q.owing(authz.Perm(t.Right))
	case t.Right != "":
		for _, r := range q.rights.Known() {
			if q.rights.Table(r.Code)[authz.Perm(t.Right)] != authz.None {
				q.office(r.Code)
			}
		}
	}
	if t.AtHome {
		q.atHome()
	}
	if t.Anybody {
		q.anybody()
	}
	return q.out
}

// units are those whose people a turn means.
func (q *asking) units(t Turn) []uuid.UUID {
	switch {
	case q.share != nil:
		return []uuid.UUID{q.share.UnitID}
	case t.Units != nil:
		return t.Units(q.c)
	}
	return nil
}

// office: all holders of a role where it reaches so far, else those of the
// case's units, else those who are party to it.
func (q *asking) office(role string) {
	n := len(q.out)
	if q.add(who{Role: role}, q.rights.Stand(uuid.Nil, nil, role)); len(q.out) > n {
		return
	}
	for _, u := range q.c.whole().Units() {
		if q.share == nil || u == q.share.UnitID {
			q.in(role, u)
		}
	}
	if len(q.out) > n {
		return
	}
	for _, p := range q.c.Active() {
		if m := p.MembershipID; m != nil && !q.has(*m) {
			q.add(who{Member: m, Roles: []string{role}}, q.rights.Stand(*m, nil, role))
		}
	}
}

// in: the holders of a role in a unit.
func (q *asking) in(role string, unit uuid.UUID) {
	v := q.rights.Stand(uuid.Nil, []uuid.UUID{unit}, role)
	v.Seats = nil
	n := len(q.out)
	if q.add(who{Role: role, Unit: &unit}, v); len(q.out) == n {
		v.Seats = v.Units
		q.add(who{Role: role, Unit: &unit, Seated: true}, v)
	}
	if len(q.out) > n && q.share == nil {
		q.out[n].Due = owed(q.c.Items, unit, q.out[n].Due)
	}
}

// post: whoever is seated with it where the matter belongs, by a role that hangs
// on it. Above and below it is another's.
func (q *asking) post(post string) {
	for _, role := range q.rights.CarriedBy(post) {
		for _, u := range []*uuid.UUID{q.c.StreetID, q.c.SectorID, q.c.OwnerUnitID} {
			if u != nil {
				q.add(who{Role: role, Unit: u, Seated: true}, q.rights.Stand(uuid.Nil, []uuid.UUID{*u}, role))
			}
		}
	}
}

// person: by whichever of his roles he can act.
func (q *asking) person(id uuid.UUID) {
	if q.has(id) {
		return
	}
	var roles []string
	for _, r := range q.rights.Known() {
		if !q.told && q.able(q.rights.Stand(id, nil, r.Code)) {
			roles = append(roles, r.Code)
		}
	}
	if len(roles) > 0 || q.told {
		q.out = append(q.out, q.owes(who{Member: &id, Roles: roles}))
	}
}

func (q *asking) has(id uuid.UUID) bool {
	return slices.ContainsFunc(q.out, func(w who) bool { return w.Member != nil && *w.Member == id })
}

func (q *asking) parties(t Turn) {
	for _, p := range q.c.Parties {
		means := t.Party != nil && t.Party(q.c, p)
		if t.Party == nil && authz.TakesPart(p) && p.Cosign != party.CosignINVITED {
			means = slices.Contains(t.Parties, p.Role)
		}
		switch {
		case !means:
		case p.MembershipID != nil:
			q.person(*p.MembershipID)
		case p.UnitID != nil:
			q.people(*p.UnitID, q.family("read"))
		}
	}
}

func (q *asking) family(action string) authz.Permission {
	return authz.Permission{Object: authz.Family(q.c.Kind), Action: action}
}

// people of a unit: those whose right is about their unit's matters.
func (q *asking) people(unit uuid.UUID, right authz.Permission) {
	for _, r := range q.rights.Known() {
		if reach := q.rights.Table(r.Code)[right]; reach.Has(authz.Unit) && !reach.Has(authz.Tenant) {
			q.in(r.Code, unit)
		}
	}
}

func (q *asking) owing(right authz.Permission) {
	seen := map[uuid.UUID]bool{}
	for _, i := range q.c.Items {
		if i.Status == item.StatusOPEN && i.UnitID != nil && !seen[*i.UnitID] {
			seen[*i.UnitID] = true
			q.people(*i.UnitID, right)
		}
	}
}

// owed is the nearest day by which a unit owes an item, else the given one.
func owed(items []*gen.Item, unit uuid.UUID, otherwise *time.Time) (due *time.Time) {
	for _, i := range items {
		if i.Status == item.StatusOPEN && i.UnitID != nil && *i.UnitID == unit && i.DueOn != nil && (due == nil || i.DueOn.Before(*due)) {
			due = i.DueOn
		}
	}
	if due == nil {
		return otherwise
	}
	return due
}

func (q *asking) atHome() {
	for _, u := range []*uuid.UUID{q.c.StreetID, q.c.SectorID, q.c.OwnerUnitID} {
		if u != nil {
			q.people(*u, q.family("read"))
		}
	}
}

func (q *asking) anybody() {
	for _, r := range q.rights.Known() {
		if q.rights.Table(r.Code)[q.family("read")].Has(authz.Tenant) {
			q.add(who{Role: r.Code}, q.rights.Stand(uuid.Nil, nil, r.Code))
		}
	}
}

// add notes somebody who can do something now, or any of whom one asks who is
// told.
func (q *asking) add(w who, v *authz.Viewer) {
	if q.told && q.c.Sees(v) || q.able(v) {
		q.out = append(q.out, q.owes(w))
	}
}

func (q *asking) owes(w who) who {
	w.Turn = q.turn
	if q.share != nil {
		w.Share = &q.share.ID
	}
	w.Due = q.due()
	return w
}

// able: somebody like this sees the matter and has an action that nothing
// blocks, or nothing but what he himself can do elsewhere.
func (q *asking) able(v *authz.Viewer) bool {
	if !q.c.Sees(v) {
		return false
	}
	in := Input{Case: q.c, Viewer: v, Share: q.share, Asking: true}
	m := in.machine()
	return m != nil && slices.ContainsFunc(m.Actions, func(a *process.Action) bool {
		in.Action, in.Viewer = a, v
		return !a.Automatic && len(a.From) > 0 && a.Leaves(in.state()) && q.e.permitted(&in) == nil && q.e.opens(&in)
	})
}

// due is the nearest day of the subject's deadlines that are the turn's.
func (q *asking) due() (day *time.Time) {
	var share *uuid.UUID
	if q.share != nil {
		share = &q.share.ID
	}
	for _, t := range q.c.OpenTimers(share) {
		def := q.c.Def.Timers[t.Key]
		mine := def == nil || len(def.Owes) == 0 || slices.Contains(def.Owes, q.turn)
		if mine && t.Status != timer.StatusSUSPENDED && t.DueOn != nil && (day == nil || t.DueOn.Before(*day)) {
			day = t.DueOn
		}
	}
	return day
}
