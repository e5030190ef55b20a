package demo

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

//go:embed data/*.yaml
var dataFiles embed.FS

// committee is one tenant of the demo, as its file says.
type committee struct {
	Code     string
	Name     string
	Short    string
	Prefix   string // of its logins
	Level    tenants.Level
	Parent   string
	Founded  time.Time
	Term     termSpec
	Sittings []sittingSpec
	Policy   *policySpec
	Units    []unitSpec
	People   []*personSpec
	Members  *memberSpec
	Waiting  map[string]string // what there is to see for whom the file does not list

	titles []string // of a committee that is only there to be apart: a submitted proposal's, a draft's
}

type termSpec struct {
	Ordinal      int
	Starts, Ends time.Time
}

type sittingSpec struct {
	Ordinal             int
	Prep, Opens, Closes time.Time
	Cutoff              time.Time
}

type policySpec struct {
	Note, Approved string
	Settings       map[string]any
}

type unitSpec struct {
	Key, Kind, Name string
	Parent          string // a key
	Channel, Word   string // of the handling tree
	Brand           string
	Category, Level string // of a venue, in the committee's own words
	People          int    // of a handling unit: 3 are liaison, officer and leader, 2 share the first two
}

type personSpec struct {
	Key, Post, Kind, Party string
	Roles                  []string
	Seats                  []string // unit:POST
	Login                  string   // of a person who has an account from another committee
	What                   string   // what there is to see
	Silent                 bool     // has no account

	name string
}

// memberSpec makes the members that the file does not list one by one.
type memberSpec struct {
	Accounts, Silent int
	Conveners        map[int]string // number → key of the 界别
	Sectors          []string
	Streets          []string
	Committees       []string
	Posts            []string
	What             map[int]string
}

// subject is what several proposals are about.
type subject struct {
	Key, Category, Unit, Assist  string
	Filed, Opinion, Merged, Next []string // titles
	Facts, Problems, Advice      []string
	Measure                      string
}

// read decodes one of the package's files; a fault in it is a fault of the
// program, found by its test.
func read[T any](name string) T {
	b, err := dataFiles.ReadFile("data/" + name + ".yaml")
	if err != nil {
		panic(err)
	}
	var v T
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&v); err != nil {
		panic(fmt.Errorf("demo: %s: %w", name, err))
	}
	return v
}

// committees are all eleven, 中山区 first, because a person of 大连市 has his
// account from there.
func committees() []*committee {
	zs, dl := read[*committee]("zhongshan"), read[*committee]("dalian")
	zs.addMembers()
	all := []*committee{zs, dl}
	more := read[map[string]addition]("platforms")
	for _, d := range read[[]district]("districts") {
		c := d.committee()
		c.add(more[c.Prefix])
		c.reviews()
		if c.Prefix == "lsk" {
			c.Units = append(c.Units, lushunUnits()...)
		}
		all = append(all, c)
	}
	n, byLogin := 0, map[string]string{}
	for _, c := range all {
		c.addUnitPeople()
		for _, p := range c.People {
			p.What = cmp.Or(c.Waiting[p.Key], p.What)
			p.name = byLogin[c.login(p)]
			if p.name == "" {
				p.name = personName(n)
				n++
			}
			if login := c.login(p); login != "" {
				byLogin[login] = p.name
			}
		}
	}
	return all
}

// addition is what a district has besides what all of them have.
type addition struct {
	Policy *policySpec
	Units  []unitSpec
	People []*personSpec
	Seats  map[string][]string // more seats, of people whom all have
}

func (c *committee) add(a addition) {
	c.Policy, c.Units, c.People = a.Policy, append(c.Units, a.Units...), append(c.People, a.People...)
	for _, p := range c.People {
		p.Seats = append(p.Seats, a.Seats[p.Key]...)
	}
}

// reviews gives a committee who looks at proposals, where its file names nobody.
func (c *committee) reviews() {
	for _, p := range []*personSpec{
		{Key: "reviewer", Post: "提案审查组组长", Kind: "STAFF", Roles: []string{"proposal_reviewer"}, Seats: []string{"tianwei:DEPUTY_HEAD"}, What: "复审提案"},
		{Key: "director", Post: "提案委员会主任", Kind: "STAFF", Roles: []string{"proposal_director"}, Seats: []string{"tianwei:HEAD"}, What: "立案；本会送给市政协的指标和授权查看的提案"},
	} {
		if !slices.ContainsFunc(c.People, func(q *personSpec) bool { return q.Key == p.Key }) {
			c.People = append(c.People, p)
		}
	}
}

func (c *committee) login(p *personSpec) string {
	switch {
	case p.Silent:
		return ""
	case p.Login != "":
		return p.Login
	}
	return c.Prefix + "-" + p.Key
}

// line is the tree in which a kind of unit stands.
func (u unitSpec) line() string {
	switch {
	case strings.HasPrefix(u.Kind, "VENUE_"):
		return "VENUE"
	case u.handling():
		return "HANDLING"
	}
	return "ORGANISATION"
}

func (u unitSpec) handling() bool { return u.Kind == "HANDLING_UNIT" || u.Kind == "ASSIGNING_OFFICE" }

// short drops the 区 or 市 before an authority's name.
func (u unitSpec) short() string {
	r := []rune(u.Name)
	if u.handling() && len(r) > 3 {
		return string(r[1:])
	}
	return ""
}

// addMembers gives each member a 界别, a street and a committee.
func (c *committee) addMembers() {
	m := c.Members
	for n := 1; n <= m.Accounts+m.Silent; n++ {
		i := n - 1
		p := &personSpec{
			Key: memberKey(n), Kind: "MEMBER", Roles: []string{"member"}, Post: m.Posts[i%len(m.Posts)], Silent: n > m.Accounts, What: m.What[n],
			Seats: []string{m.Sectors[i%len(m.Sectors)] + ":MEMBER", m.Streets[i%len(m.Streets)] + ":MEMBER", m.Committees[i%len(m.Committees)] + ":MEMBER"},
		}
		switch m.Sectors[i%len(m.Sectors)] {
		case "gongchandang":
			p.Party = "中共"
		case "minjianjie":
			p.Party = "民建"
		case "jiusanjie":
			p.Party = "九三学社"
		}
		if sector := m.Conveners[n]; sector != "" {
			p.Roles = append(p.Roles, "sector_convener")
			p.Seats = append(p.Seats, sector+":CONVENER")
			p.What = "界别召集人：签署并提交界别提案"
		}
		if p.What == "" {
			p.What = "提出、联名和评价提案"
		}
		c.People = append(c.People, p)
	}
}

func memberKey(n int) string { return fmt.Sprintf("member-%02d", n) }

// addUnitPeople gives each handling unit its people.
func (c *committee) addUnitPeople() {
	for _, u := range c.Units {
		if u.People == 0 {
			continue
		}
		person := func(key, post, seat, what string, roles ...string) {
			c.People = append(c.People, &personSpec{Key: u.Key + "-" + key, Kind: "UNIT_STAFF", Post: u.Name + post, Roles: roles, Seats: []string{u.Key + ":" + seat}, What: what})
		}
		if u.People == 3 {
			person("liaison", "办公室主任", "LIAISON", "签收、申退、发出答复", "unit_liaison")
			person("officer", "业务科科长", "OFFICER", "面商、拟复、会办意见", "unit_officer")
		} else {
			person("liaison", "办公室副主任", "LIAISON", "签收、面商、拟复、发出答复", "unit_liaison", "unit_officer")
		}
		person("lead", "分管领导", "DEPUTY_LEAD", "签发答复、申请延期", "unit_lead")
	}
}

// officer is who drafts for a unit.
func (c *committee) officer(unit string) string {
	for _, u := range c.Units {
		if u.Key == unit && u.People == 3 {
			return unit + "-officer"
		}
	}
	return unit + "-liaison"
}

// district is one of the nine committees that only show that they are apart.
type district struct {
	Code, Area, Short, Prefix, Unit, Word, Submitted, Draft string
}

func (d district) committee() *committee {
	return &committee{
		titles: []string{d.Submitted, d.Draft},
		Code:   d.Code, Name: "中国人民政治协商会议" + d.Area + "委员会", Short: d.Short, Prefix: d.Prefix, Level: tenants.District, Parent: "210200",
		Founded: clock.Date(2022, 1, 4), Term: termSpec{11, clock.Date(2022, 1, 4), clock.Date(2027, 1, 3)},
		Sittings: []sittingSpec{{Ordinal: 4, Prep: clock.Date(2024, 12, 2), Opens: clock.Date(2025, 1, 6), Cutoff: shanghai(2025, 1, 7, 12, 0), Closes: clock.Date(2025, 1, 8)}},
		Units: []unitSpec{
			{Key: "tianwei", Kind: "PROPOSAL_COMMITTEE", Name: "提案委员会"},
			{Key: "jingjijie", Kind: "SECTOR", Name: "经济界"},
			{Key: "unit", Kind: "HANDLING_UNIT", Name: d.Unit, Channel: "GOV_OFFICE", Word: d.Word, People: 2},
		},
		People: []*personSpec{
			{Key: "admin", Post: "办公室副主任", Kind: "STAFF", Roles: []string{"tenant_admin"}, What: "管人员、机构、届次、政策和授权"},
			{Key: "clerk", Post: "提案委办公室干部", Kind: "STAFF", Roles: []string{"proposal_clerk"}, Seats: []string{"tianwei:CLERK"}, What: "有一件提案正等初审；看不到别的政协"},
			{Key: "member-01", Post: "企业负责人", Kind: "MEMBER", Roles: []string{"member"}, Seats: []string{"jingjijie:MEMBER"}, What: "提交了一件提案"},
			{Key: "member-02", Post: "律师", Kind: "MEMBER", Roles: []string{"member"}, Seats: []string{"jingjijie:MEMBER"}, What: "有一份草稿"},
		},
	}
}

// Rare given names on ordinary surnames, put together by number.
var (
	surnames = strings.Fields("沈 韩 唐 冯 程 曹 彭 曾 萧 田 董 潘 袁 蔡 蒋 余 杜 叶 魏 苏 吕 丁 任 卢 姚 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 邱 侯")
	first    = []rune("砚霁澍屿蔚筠翊澜岚彧昀骞沅旻珩瑾屹滢晗")
	second   = []rune("棠川衡舟秋宁禾声远辰帆芷深溪桐野朗弈")
)

// personName repeats no name within the first 46 × 18 numbers: the surname
// and the first character together tell n, since their lists' lengths have
// only the factor 2 in common and the second character tells the rest.
func personName(n int) string {
	s, f := n%len(surnames), n%len(first)
	return surnames[s] + string(first[f]) + string(second[(n/len(first)+f)%len(second)])
}
