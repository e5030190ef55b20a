package bulk

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants/templates"
)

// The units of every committee, and its staff by role.
const (
	sectors  = 10
	streets  = 8
	handling = 20
	units    = sectors + streets + handling
)

var staffRoles = []string{"proposal_clerk", "proposal_director", "proposal_reviewer", "assign_gov", "tenant_admin"}

// unitRoles are all held by one person of each handling unit.
var unitRoles = []string{"unit_liaison", "unit_officer", "unit_lead"}

const (
	namePrefix = "政协测速"
	// perCity is a city and its districts.
	perCity = 20
	// cityCodes are the third and fourth digits that GB/T 2260 gives to no city,
	// so that no committee of this world has the code of a real one.
	firstCity, cityCodes = 71, 19
)

var provinces = []string{
	"11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42",
	"43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
}

var maxTenants = len(provinces) * cityCodes * perCity

// The time of this world: people and units are there from the first day,
// proposals come until the last. The plenaries open within it.
var (
	firstDay = time.Date(2024, 11, 1, 0, 0, 0, 0, clock.Shanghai)
	lastDay  = time.Date(2026, 10, 31, 0, 0, 0, 0, clock.Shanghai)
	opens    = []time.Time{clock.Date(2025, 1, 6), clock.Date(2026, 1, 5)}
	second   = clock.StartOf(opens[1].AddDate(0, 0, -60)) // from here proposals are the second plenary's
)

// world is all data of one size. Everything in it is a pure function of the
// numbers of the committee and of the row, so that each table can be written
// alone.
type world struct {
	Size
	seed      uint64
	processes []*process.Definition
	proposal  *process.Definition
}

func newWorld(size Size) (*world, error) {
	w := &world{Size: size}
	w.seed = mix(mix(uint64(size.Tenants))<<1 ^ mix(uint64(size.Members))<<2 ^ mix(uint64(size.Matters)))
	for _, src := range templates.Processes() {
		d, err := process.Parse(src)
		if err != nil {
			return nil, err
		}
		w.processes = append(w.processes, d)
		if d.Kind == "proposal" {
			w.proposal = d
		}
	}
	if w.proposal == nil {
		return nil, fmt.Errorf("no shipped process of proposals")
	}
	return w, nil
}

// mix is the finaliser of SplitMix64: each bit of the answer depends on each
// bit of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// kind tells the things of a committee apart in ids and in chance.
type kind byte

const (
	aTenant kind = iota
	aTerm
	aSitting
	aProcess
	aUnit
	aPerson
	anAccount
	aSeat
	aGrant
	aMatter
	aProposal
	aParty
	aShare
	aReply
	aFeedback
	anItem
	aStep
	chance
)

// hash is the chance of thing n of committee t; k tells its parts apart.
func (w *world) hash(of kind, t, n, k int) uint64 {
	return mix(w.seed ^ uint64(of)<<56 ^ mix(uint64(t)<<40^uint64(n)<<16^uint64(k)))
}

// pick is a number below n.
func (w *world) pick(below int, t, n, k int) int { return int(w.hash(chance, t, n, k) % uint64(below)) }

// id is a UUIDv7 of an instant.
func (w *world) id(at time.Time, of kind, t, n, k int) (u uuid.UUID) {
	h := w.hash(of, t, n, k)
	binary.BigEndian.PutUint64(u[:8], uint64(at.UnixMilli())<<16|h>>52)
	binary.BigEndian.PutUint64(u[8:], mix(h))
	u[6] = u[6]&0x0f | 0x70
	u[8] = u[8]&0x3f | 0x80
	return u
}

func (w *world) tenant(t int) uuid.UUID     { return w.id(firstDay, aTenant, t, 0, 0) }
func (w *world) term(t int) uuid.UUID       { return w.id(firstDay, aTerm, t, 0, 0) }
func (w *world) sitting(t, s int) uuid.UUID { return w.id(firstDay, aSitting, t, s, 0) }
func (w *world) process(t, p int) uuid.UUID { return w.id(firstDay, aProcess, t, p, 0) }
func (w *world) unit(t, u int) uuid.UUID    { return w.id(firstDay, aUnit, t, u, 0) }
func (w *world) person(t, p int) uuid.UUID  { return w.id(firstDay, aPerson, t, p, 0) }
func (w *world) account(t, p int) uuid.UUID { return w.id(firstDay, anAccount, t, p, 0) }

// The numbers of units and people.
func sector(i int) int           { return i }
func street(i int) int           { return sectors + i }
func handler(i int) int          { return sectors + streets + i }
func (w *world) staff(i int) int { return w.Members + i }
func (w *world) agent(u int) int { return w.Members + len(staffRoles) + u } // of handling unit u
func (w *world) people() int     { return w.Members + len(staffRoles) + handling }

// code is the committee's number: cities end in 00, their districts follow.
func code(t int) string {
	city := t / perCity
	return fmt.Sprintf("%s%02d%02d", provinces[city%len(provinces)], firstCity+city/len(provinces), t%perCity)
}

func termOf(t int) int { return 8 + t%7 }

func (w *world) personName(p int) string {
	switch {
	case p < w.Members:
		return fmt.Sprintf("委员%03d", p+1)
	case p < w.agent(0):
		return []string{"提案委干事", "提案委主任", "审查员", "政府办经办", "租户管理员"}[p-w.Members]
	}
	return handlingNames[p-w.agent(0)] + "经办"
}

func unitName(u int) string {
	switch {
	case u < street(0):
		return sectorNames[u]
	case u < handler(0):
		return fmt.Sprintf("第%d街道政协工作联络委", u-street(0)+1)
	}
	return handlingNames[u-handler(0)]
}

// docWord is the unit's word in document numbers. The first characters of the
// names differ.
func docWord(h int) string { return "测" + string([]rune(handlingNames[h])[:1]) + "发" }

var sectorNames = [sectors]string{"经济界", "教育界", "科技界", "医药卫生界", "文化艺术界", "农业界", "工商联", "社会福利和社会保障界", "特邀人士", "中共界"}

var handlingNames = [handling]string{
	"发展改革局", "教育局", "科技局", "公安局", "民政局", "司法局", "财政局", "人力资源和社会保障局", "自然资源局", "生态环境局",
	"住房和城乡建设局", "交通运输局", "水务局", "农业农村局", "商务局", "文化和旅游局", "卫生健康局", "应急管理局", "市场监管局", "城市管理局",
}

var (
	verbs  = [...]string{"推进", "加强", "完善", "优化", "规范", "加快"}
	topics = [...]string{
		"老旧小区加装电梯", "社区居家养老服务", "中小学课后服务", "夜间公交线路布局", "城市书房建设", "生活垃圾分类收运", "口袋公园建设",
		"非机动车停放管理", "小微企业融资服务", "历史街区保护利用", "海岸带生态修复", "医养结合试点", "冷链物流体系建设", "农村饮水安全",
		"职业教育产教融合", "无障碍设施改造", "学校周边交通组织", "政务服务适老化改造", "农产品品牌培育", "文化惠民演出",
	}
)

func (w *world) topic(t, n int) string { return topics[w.pick(len(topics), t, n, 20)] }
func (w *world) title(t, n int) string {
	return "关于" + verbs[w.pick(len(verbs), t, n, 21)] + w.topic(t, n) + "的提案"
}
