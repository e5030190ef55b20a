package roster

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Kinds of standing pairs: who keeps contact with whom.
const (
	MemberMember    = "MEMBER_MEMBER"    // 党员委员联系党外委员 (DP-08)
	LeaderSector    = "LEADER_SECTOR"    // 党组成员联系界别
	CommitteeSector = "COMMITTEE_SECTOR" // 专委会联系界别 (ZS-42)
)

// PairEntity is what the book calls a pair.
const PairEntity = "ContactPair"

// Pair is a standing pair. A unit is the one that is there today, whatever it was
// when the pair was made.
type Pair struct {
	ID         uuid.UUID
	Kind       string
	FromMember *uuid.UUID
	FromUnit   *uuid.UUID
	ToMember   *uuid.UUID
	ToUnit     *uuid.UUID
	StartsOn   time.Time
	EndsOn     *time.Time
	Reason     string
	InForce    bool // of today: also who left ends it
}

// NewPair is a pair that is to be made.
type NewPair struct {
	Kind       string
	FromMember *uuid.UUID
	FromUnit   *uuid.UUID
	ToMember   *uuid.UUID
	ToUnit     *uuid.UUID
	From, To   *time.Time // first day, nil: today; last day, nil: without end
	Reason     string
}

const pairColumns = `SELECT p.id, p.kind, p.from_member_id, heir(p.from_unit_id), p.to_member_id, heir(p.to_unit_id), p.starts_on, p.ends_on, p.reason, in_force(p, $1) FROM contact_pairs p `

// MakePair lets one keep contact with another. The same again returns the pair
// that is there. Errors: Invalid for sides that do not belong to the kind;
// NotAllowedInState for who is not there on the first day.
func (s *Service) MakePair(ctx context.Context, in NewPair) (_ *Pair, err error) {
	defer errs.Wrap(&err, "roster.MakePair(%s)", in.Kind)
	ctx, v, err := s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := texts(field{&in.Reason, longText, false, "理由", "reason"}); err != nil {
		return nil, err
	}
	if err := days(today, dated{&in.From, "from"}, dated{&in.To, "to"}); err != nil {
		return nil, err
	}
	from := or(in.From, today)
	if before(in.To, &from) {
		return nil, errs.New(errs.Invalid, "终止日期不能早于起始日期").At("to")
	}
	if err := s.sides(ctx, in, from); err != nil {
		return nil, err
	}
	same, err := tenants.Rows[Pair](ctx, pairColumns+`WHERE p.kind = $2 AND p.from_member_id IS NOT DISTINCT FROM $3 AND heir(p.from_unit_id) IS NOT DISTINCT FROM heir($4)
		AND p.to_member_id IS NOT DISTINCT FROM $5 AND heir(p.to_unit_id) IS NOT DISTINCT FROM heir($6) AND in_force(p.starts_on, p.ends_on, $7)`,
		today, in.Kind, in.FromMember, in.FromUnit, in.ToMember, in.ToUnit, from)
	if err != nil || len(same) > 0 {
		return first(same), err
	}
	id := uuid.Must(uuid.NewV7())
	if _, err := tenants.Exec(ctx, `INSERT INTO contact_pairs VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		v.Tenant, id, in.Kind, in.FromMember, in.FromUnit, in.ToMember, in.ToUnit, from, in.To, in.Reason, v.Membership, clock.Now(ctx)); err != nil {
		return nil, err
	}
	after := map[string]any{"kind": in.Kind, "starts_on": from.Format(time.DateOnly), "from": sideID(in.FromMember, in.FromUnit), "to": sideID(in.ToMember, in.ToUnit)}
	if err := audit.Note(ctx, audit.Change{Entity: PairEntity, ID: id, Op: audit.Create, After: after}); err != nil {
		return nil, err
	}
	return s.Pair(ctx, id)
}

func sideID(member, unit *uuid.UUID) string {
	if member != nil {
		return member.String()
	}
	return unit.String()
}

func first(list []Pair) *Pair {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

// sides checks who is paired.
func (s *Service) sides(ctx context.Context, in NewPair, from time.Time) error {
	kinds, known := map[string][2][]unit.Kind{
		MemberMember: {}, LeaderSector: {1: {unit.KindSECTOR}}, CommitteeSector: {{unit.KindCOMMITTEE, unit.KindPROPOSAL_COMMITTEE}, {unit.KindSECTOR}},
	}[in.Kind]
	if !known {
		return errs.New(errs.Invalid, "只能是党员委员联系党外委员、党组成员联系界别、专委会联系界别").At("kind")
	}
	a, err := s.side(ctx, in.FromMember, in.FromUnit, kinds[0], from, "from")
	if err != nil {
		return err
	}
	b, err := s.side(ctx, in.ToMember, in.ToUnit, kinds[1], from, "to")
	if err != nil || in.Kind != MemberMember {
		return err
	}
	switch {
	case a.ID == b.ID:
		return errs.New(errs.Invalid, "不能联系自己").At("toMemberId")
	case a.Kind != membership.KindMEMBER || b.Kind != membership.KindMEMBER:
		return errs.New(errs.Invalid, "党员委员联系党外委员，双方都是委员").At("toMemberId")
	case a.PoliticalParty != "" && !Communist(a.PoliticalParty):
		return errs.New(errs.Invalid, "%s是%s，不是中共党员", a.Name, a.PoliticalParty).At("fromMemberId")
	case Communist(b.PoliticalParty):
		return errs.New(errs.Invalid, "%s是中共党员，不是党外委员", b.Name).At("toMemberId")
	}
	return nil
}

// side is one of the two: a person, or a unit of one of the kinds, who is there.
func (s *Service) side(ctx context.Context, member, of *uuid.UUID, kinds []unit.Kind, from time.Time, path string) (*gen.Membership, error) {
	if (len(kinds) == 0) != (member != nil) || (len(kinds) > 0) != (of != nil) {
		return nil, errs.New(errs.Invalid, "这一种联系，%s", map[bool]string{true: "这里写单位", false: "这里写人"}[len(kinds) > 0]).At(path + map[bool]string{true: "UnitId", false: "MemberId"}[len(kinds) > 0])
	}
	if member != nil {
		m, err := s.membership(ctx, *member)
		if err == nil && !authz.Serves(m, from) {
			err = errs.New(errs.NotAllowedInState, "%s那时不在任", m.Name).At(path + "MemberId")
		}
		return m, err
	}
	u, err := s.client.Unit.Get(ctx, *of)
	if u, err = authz.Found(u, err, "单位"); err != nil {
		return nil, err
	}
	if !authz.UnitPeriod(u).Has(from) {
		return nil, errs.New(errs.NotAllowedInState, "%s那时已停用", u.Name).At(path + "UnitId")
	}
	for _, k := range kinds {
		if u.Kind == k {
			return nil, nil
		}
	}
	return nil, errs.New(errs.Invalid, "%s不是这一种联系要的单位", u.Name).At(path + "UnitId")
}

// Communist reports whether a political affiliation, as a committee writes it, is
// the party's. communistSQL is the same over a column.
func Communist(party string) bool {
	for _, p := range []string{"中共", "中国共产党"} {
		if len(party) >= len(p) && party[:len(p)] == p {
			return true
		}
	}
	return false
}

const communistSQL = `(starts_with(m.political_party, '中共') OR starts_with(m.political_party, '中国共产党'))`

// EndPair ends a pair with a last day. Called twice the second changes nothing.
func (s *Service) EndPair(ctx context.Context, id uuid.UUID, on *time.Time, reason string) (_ *Pair, err error) {
	defer errs.Wrap(&err, "roster.EndPair(%s)", id)
	ctx, _, err = s.enter(ctx, manageRoster)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := texts(field{&reason, longText, true, "理由", "reason"}); err != nil {
		return nil, err
	}
	if err := days(today, dated{&on, "on"}); err != nil {
		return nil, err
	}
	p, err := s.Pair(ctx, id)
	if err != nil || p.EndsOn != nil && !p.EndsOn.After(today) {
		return p, err
	}
	last := or(on, today)
	if last.Before(p.StartsOn) || p.EndsOn != nil && last.After(*p.EndsOn) {
		return nil, errs.New(errs.Invalid, "最后一天不早于第一天，也不晚于原来的最后一天").At("on")
	}
	if _, err := tenants.Exec(ctx, `UPDATE contact_pairs SET ends_on = $2 WHERE id = $1`, id, last); err != nil {
		return nil, err
	}
	if err := audit.Note(ctx, audit.Change{Entity: PairEntity, ID: id, Op: audit.Update, After: map[string]any{"ends_on": last.Format(time.DateOnly)}}); err != nil {
		return nil, err
	}
	return s.Pair(ctx, id)
}

// Pair is one of the committee's.
func (s *Service) Pair(ctx context.Context, id uuid.UUID) (*Pair, error) {
	list, err := tenants.Rows[Pair](ctx, pairColumns+`WHERE p.id = $2`, clock.Today(ctx), id)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.NotFound, "没有这一对联系")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// Pairs are those in force, or all, of one kind or of every, by id after one of
// them; at most limit.
func (s *Service) Pairs(ctx context.Context, kind string, all bool, after *uuid.UUID, limit int) (_ []Pair, err error) {
	defer errs.Wrap(&err, "roster.Pairs")
	if _, err := authz.Require(ctx, readRoster); err != nil {
		return nil, err
	}
	return tenants.Rows[Pair](ctx, pairColumns+`WHERE ($2 = '' OR p.kind = $2) AND ($3 OR in_force(p, $1)) AND ($4::uuid IS NULL OR p.id > $4) ORDER BY p.id LIMIT $5`, clock.Today(ctx), kind, all, after, limit)
}

const readRoster = "roster.read"

// Gap is something that each of some people or units should have.
type Gap struct {
	Code  string
	Label string
	Unit  bool   // it is about units
	among string // SQL over memberships m or units u, on the day $1
	has   string
}

// sits: the person m sits in a unit that is there and is such.
func sits(such string) string {
	return `EXISTS (SELECT FROM seats s JOIN units v ON v.id = s.unit_id WHERE s.membership_id = m.id AND in_force(s, $1) AND in_force(v, $1) AND ` + such + `)`
}

func paired(kind, column string) string {
	return fmt.Sprintf(`EXISTS (SELECT FROM contact_pairs p WHERE p.kind = '%s' AND %s AND in_force(p, $1))`, kind, column)
}

const theMembers = `m.kind = 'MEMBER' AND in_force(m, $1)`

// Gaps are what coverage asks (DP-03: 两个全覆盖).
var Gaps = []Gap{
	{"STATION", "有阵地：在委员之家、工作站、工作室等有席位的委员", false, theMembers, sits(`v.line = 'VENUE'`)},
	{"BRANCH", "有履职党支部的党员委员", false, theMembers + ` AND ` + communistSQL, sits(`v.kind = 'PARTY_BRANCH'`)},
	{"CONTACT", "有党员委员联系的党外委员", false, theMembers + ` AND NOT ` + communistSQL, paired(MemberMember, `p.to_member_id = m.id`)},
	{"SECTOR", "有界别的委员", false, theMembers, sits(`v.kind = 'SECTOR'`)},
	{"SECTOR_LEADER", "有党组成员联系的界别", true, `u.kind = 'SECTOR' AND in_force(u, $1)`, paired(LeaderSector, `heir(p.to_unit_id) = u.id`)},
	{"SECTOR_COMMITTEE", "有专委会联系的界别", true, `u.kind = 'SECTOR' AND in_force(u, $1)`, paired(CommitteeSector, `heir(p.to_unit_id) = u.id`)},
}

func (g Gap) from() string {
	if g.Unit {
		return `FROM units u WHERE ` + g.among
	}
	return `FROM memberships m WHERE ` + g.among
}

// Covered is how many of how many have it.
type Covered struct {
	Gap
	All, Has int
}

// Coverage counts each of the gaps today, in one statement.
func (s *Service) Coverage(ctx context.Context) (out []Covered, err error) {
	defer errs.Wrap(&err, "roster.Coverage")
	if _, err := authz.Require(ctx, readRoster); err != nil {
		return nil, err
	}
	type count struct{ Place, All, Has int }
	text := ""
	for i, g := range Gaps {
		if i > 0 {
			text += "\nUNION ALL "
		}
		text += fmt.Sprintf(`SELECT %d, count(*), count(*) FILTER (WHERE %s) %s`, i, g.has, g.from())
	}
	list, err := tenants.Rows[count](authz.System(ctx), text+"\nORDER BY 1", clock.Today(ctx))
	for _, c := range list {
		out = append(out, Covered{Gaps[c.Place], c.All, c.Has})
	}
	return out, err
}

// Without are the ids of those that lack one thing, after one of them; at most
// limit.
func (s *Service) Without(ctx context.Context, code string, after *uuid.UUID, limit int) (g Gap, _ []uuid.UUID, err error) {
	defer errs.Wrap(&err, "roster.Without(%s)", code)
	if _, err := authz.Require(ctx, readRoster); err != nil {
		return g, nil, err
	}
	for _, g = range Gaps {
		if g.Code != code {
			continue
		}
		id := "m.id"
		if g.Unit {
			id = "u.id"
		}
		type row struct{ ID uuid.UUID }
		list, err := tenants.Rows[row](authz.System(ctx), fmt.Sprintf(`SELECT %s %s AND NOT %s AND ($2::uuid IS NULL OR %s > $2) ORDER BY 1 LIMIT $3`, id, g.from(), g.has, id), clock.Today(ctx), after, limit)
		ids := make([]uuid.UUID, len(list))
		for i, r := range list {
			ids[i] = r.ID
		}
		return g, ids, err
	}
	return g, nil, errs.New(errs.Invalid, "没有这一项覆盖").At("code")
}
