package district

import (
	"encoding/json"
	"time"

	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
)

// Plan is what a test wants its district to be. The zero Plan is 中山区 on
// Monday 3 March 2025 with the standard units and people, that runs nothing.
type Plan struct {
	Code        string    // of the committee; 210202 when empty
	Name, Level string    // instead of those below, or for another code
	On          time.Time // the day on which the test begins, at nine o'clock; of several plans, the first's
	Posts       []string  // who of the standard people is there, with their units; nil: everybody
	People      []Person  // whom the test needs beside them
	Units       []Unit    // which the test needs beside the standard ones
	Runs        []string  // kinds of the shipped processes that it runs
	Sources     []string  // definitions of the test's own
	Stored      []string  // definitions that are only stored: their rules are not known here
	Sitting     *Sitting  // the plenary of its term
	Secret      byte      // of the installation, which tells two houses apart; of several plans, the first's

	// Rules makes the definitions' words known to an engine.
	Rules func(*flow.Engine) `json:"-"`
}

// Person is somebody with a post.
type Person struct {
	Name, Role, Unit string // without role or seat where empty
	Post             string // of the seat; MEMBER when empty
}

// Unit is an organisation in which people sit.
type Unit struct {
	Name  string
	Kind  unit.Kind
	Above string
	Until time.Time // its last day; zero: it goes on
}

// Sitting is one 次会议 of a term of five years.
type Sitting struct {
	Term, Ordinal int
	TermFrom      time.Time
	Opens, Closes time.Time
	Prepares      time.Time // proposals are taken from this day
	CutoffAt      time.Time // until then they are 大会提案
}

// Plenary is the fourth of a term that began in the year, on days of January.
func Plenary(year, from, to int) *Sitting {
	return &Sitting{
		Term: 14, Ordinal: 4, TermFrom: clock.Date(year-3, 1, 1), Prepares: clock.Date(year-1, 11, 1), Opens: clock.Date(year, 1, from), Closes: clock.Date(year, 1, to),
		CutoffAt: time.Date(year, 1, to-1, 12, 0, 0, 0, clock.Shanghai),
	}
}

// committees are those that a plan can name.
var committees = map[string]struct{ name, level string }{
	"210200": {"大连市政协", "CITY"},
	"210202": {"中山区政协", "DISTRICT"},
	"210203": {"西岗区政协", "DISTRICT"},
	"210211": {"甘井子区政协", "DISTRICT"},
	"210212": {"旅顺口区政协", "DISTRICT"},
}

// units are the standard ones.
var units = []Unit{
	{Name: "经济界", Kind: unit.KindSECTOR},
	{Name: "民建区委", Kind: unit.KindPOLITICAL_PARTY},
	{Name: "提案委", Kind: unit.KindPROPOSAL_COMMITTEE},
	{Name: "街道", Kind: unit.KindSTREET_LIAISON},
	{Name: "工作室", Kind: unit.KindVENUE_STUDIO},
	{Name: "商务局", Kind: unit.KindHANDLING_UNIT},
	{Name: "文旅局", Kind: unit.KindHANDLING_UNIT},
	{Name: "城建局", Kind: unit.KindHANDLING_UNIT},
}

// people are the standard ones: somebody in every office.
var people = []Person{
	{Name: "委员甲", Role: "member", Unit: "经济界"},
	{Name: "委员乙", Role: "member", Unit: "经济界"},
	{Name: "委员丙", Role: "member"},
	{Name: "委员丁", Role: "member"},
	{Name: "召集人", Role: "sector_convener", Unit: "经济界", Post: "CONVENER"},
	{Name: "联络员", Role: "party_liaison", Unit: "民建区委"},
	{Name: "街道联络员", Role: "street_liaison", Unit: "街道", Post: "STREET_LIAISON"},
	{Name: "审定人", Role: "street_party_approver", Unit: "街道"},
	{Name: "主持人", Role: "grassroots_host"},
	{Name: "监督员", Role: "supervisor_commissioner"},
	{Name: "干事", Role: "proposal_clerk"},
	{Name: "审查员", Role: "proposal_reviewer"},
	{Name: "主任", Role: "proposal_director"},
	{Name: "副主任", Role: "proposal_director"},
	{Name: "政府办", Role: "assign_gov"},
	{Name: "党委办", Role: "assign_party"},
	{Name: "主席", Role: "chair"},
	{Name: "秘书长", Role: "secretary_general"},
	{Name: "信息编辑", Role: "info_editor"},
	{Name: "专委干部", Role: "committee_staff"},
	{Name: "管理员", Role: "tenant_admin"},
	{Name: "审计员", Role: "auditor"},
	{Name: "市督察", Role: "city_overseer"},
	{Name: "商务局联络员", Role: "unit_liaison", Unit: "商务局"},
	{Name: "商务局承办人", Role: "unit_officer", Unit: "商务局"},
	{Name: "商务局局长", Role: "unit_lead", Unit: "商务局"},
	{Name: "文旅局联络员", Role: "unit_liaison", Unit: "文旅局"},
	{Name: "文旅局承办人", Role: "unit_officer", Unit: "文旅局"},
	{Name: "文旅局局长", Role: "unit_lead", Unit: "文旅局"},
	{Name: "城建局联络员", Role: "unit_liaison", Unit: "城建局"},
	{Name: "城建局承办人", Role: "unit_officer", Unit: "城建局"},
	{Name: "城建局局长", Role: "unit_lead", Unit: "城建局"},
}

// line is the tree in which a kind of unit stands.
func (u Unit) line() unit.Line {
	switch u.Kind {
	case unit.KindHANDLING_UNIT:
		return unit.LineHANDLING
	case unit.KindVENUE_STUDIO, unit.KindVENUE_ROOM:
		return unit.LineVENUE
	}
	return unit.LineORGANISATION
}

func (p Person) kind() membership.Kind {
	switch p.Role {
	case "member", "sector_convener", "party_liaison":
		return membership.KindMEMBER
	}
	return membership.KindSTAFF
}

// whole is the plan with everything written out that it leaves to the standard.
func (p Plan) whole() Plan {
	if p.Code == "" {
		p.Code = "210202"
	}
	if p.On.IsZero() {
		p.On = clock.Date(2025, 3, 3)
	}
	there := map[string]bool{}
	for _, name := range p.Posts {
		there[name] = true
	}
	mine := p.People
	p.People = nil
	needed := map[string]bool{}
	for _, x := range people {
		if p.Posts == nil || there[x.Name] {
			p.People = append(p.People, x)
			needed[x.Unit] = true
			delete(there, x.Name)
		}
	}
	for name := range there {
		panic("district: nobody of the standard people is " + name)
	}
	p.People = append(p.People, mine...)
	own := p.Units
	p.Units = nil
	for _, u := range units {
		if p.Posts == nil || needed[u.Name] {
			p.Units = append(p.Units, u)
		}
	}
	p.Units = append(p.Units, own...)
	return p
}

// key tells plans apart.
func key(plans []Plan) string {
	b, err := json.Marshal(plans)
	if err != nil {
		panic(err) // a Plan is plain values
	}
	return string(b)
}
