package platforms_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// duty is a process whose turn is a post's, opened by who has one.
const duty = `
kind: duty
version: 1
title: 站里来访
turns: {STATION_HEAD: 站长, committee_staff: 干部}
vacant: {STATION_HEAD: committee_staff}
machines:
  matter:
    initial: CAME
    states:
      - {code: CAME, label: 来访, turn: STATION_HEAD, visible: STAFF, waits: 站长当天答复}
      - {code: DONE, label: 已答复, end: true}
    actions:
      - {code: note, label: 登记来访, to: CAME, may: matter.open, by: [ON_DUTY, committee_staff], form: {required: [who], properties: {who: {type: string, title: 来访的人, minLength: 1, maxLength: 60}}}}
      - {code: answer, label: 答复, from: [CAME], to: DONE, may: matter.follow, by: [STATION_HEAD, committee_staff]}
      - {code: handOver, label: 转交, from: [CAME], may: matter.follow, reason: true, effects: [{hand_over: {as: unit}}], form: {required: [unitId], properties: {unitId: {type: string, maxLength: 36}}}}
`

type station struct {
	t     *testing.T
	d     *assembled.District
	r     *roster.Service
	board uuid.UUID
}

func newStation(t *testing.T) *station {
	t.Helper()
	d := assembled.New(t, district.Plan{On: clock.Date(2025, 1, 6), Posts: []string{"专委干部", "管理员", "秘书长"}, Units: []district.Unit{{Name: "一站", Kind: "VENUE_STATION"}, {Name: "二站", Kind: "VENUE_STATION"}},
		People: []district.Person{{Name: "甲", Role: "member"}, {Name: "乙", Role: "member"}, {Name: "丙", Role: "member"}}})
	s := &station{t: t, d: d, r: roster.New(d.Store.Ent(), d.Directory, nil, d.Engine)}
	for code, post := range map[string]seat.Post{"own_head": seat.PostSTATION_HEAD, "own_duty": seat.PostON_DUTY} {
		d.OK(d.As("管理员", func(ctx context.Context) error {
			_, err := s.r.SetRole(ctx, roster.RoleDraft{Code: code, Name: "挂职" + code, Posts: []seat.Post{post}, Rights: []roster.Right{
				{Permission: authz.Perm("matter.read"), Scope: authz.Unit}, {Permission: authz.Perm("matter.follow"), Scope: authz.Unit}, {Permission: authz.Perm("matter.open"), Scope: authz.Unit}}})
			return err
		}))
	}
	d.OK(d.As("", func(ctx context.Context) error {
		rights, err := authz.FreshRights(ctx)
		if err == nil {
			_, err = d.Engine.Publish(ctx, []byte(duty), process.RolesOf(rights))
		}
		return err
	}))
	d.OK(d.As("管理员", func(ctx context.Context) error {
		p, err := d.Platforms.Create(ctx, platforms.Spec{Code: "duty", Brand: "站里来访", Type: "区域型", ProcessKind: "duty"})
		if err == nil {
			s.board = p.ID
		}
		return err
	}))
	return s
}

func (s *station) sit(who, unit string, post seat.Post, from, to int) {
	s.t.Helper()
	first, last := clock.Date(2025, 1, from), clock.Date(2025, 1, to)
	s.d.OK(s.d.As("管理员", func(ctx context.Context) error {
		_, err := s.r.Seat(ctx, roster.NewSeat{Membership: s.d.People[who].Membership, Unit: s.d.Units[unit], Post: post, From: &first, To: &last})
		return err
	}))
}

func (s *station) open(who, unit string) (id uuid.UUID, err error) {
	at := s.d.Units[unit]
	err = s.d.As(who, func(ctx context.Context) error {
		c, err := s.d.Platforms.Open(ctx, platforms.Opening{PlatformID: s.board, Title: "问停车的事", OwnerUnitID: &at, Data: map[string]any{"who": "居民"}})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	return id, err
}

// has reports whether a matter is on somebody's list, and whether it is in
// somebody's stead.
func (s *station) has(who string, id uuid.UUID) (has, instead bool) {
	s.t.Helper()
	s.d.OK(s.d.As(who, func(ctx context.Context) error {
		all, err := flow.Owed(ctx, authz.From(ctx), id)
		for _, m := range all[id] {
			has, instead = true, m.Instead
		}
		return err
	}))
	return has, instead
}

func (s *station) on(d int) {
	s.d.At(2025, 1, d)
	s.d.Sweep()
}

func (s *station) want(id uuid.UUID, names ...string) {
	s.t.Helper()
	for _, who := range []string{"甲", "乙", "丙", "专委干部"} {
		if has, _ := s.has(who, id); has != slices.Contains(names, who) {
			s.t.Errorf("%s: on his list %v, want %v", who, has, names)
		}
	}
}

func TestATurnOfAPost(t *testing.T) {
	s := newStation(t)
	s.sit("甲", "一站", seat.PostSTATION_HEAD, 6, 10)
	s.sit("乙", "一站", seat.PostSTATION_HEAD, 9, 20)
	s.sit("丙", "二站", seat.PostSTATION_HEAD, 6, 20)
	id, err := s.open("专委干部", "一站")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("whoever has the post in the matter's unit has the turn, nobody of another", func(t *testing.T) { s.want(id, "甲") })
	t.Run("a post that two hold: both have it, from the day the second is seated", func(t *testing.T) {
		s.on(9)
		s.want(id, "甲", "乙")
	})
	t.Run("from the day after he leaves it is his no longer", func(t *testing.T) {
		s.on(11)
		s.want(id, "乙")
		s.d.Refused(errs.NotFound, "甲", "answer", id, nil)
	})
	t.Run("a post that nobody holds: who is named for it stands in, and it is his again when somebody is seated", func(t *testing.T) {
		s.on(21)
		s.want(id, "专委干部")
		if _, instead := s.has("专委干部", id); !instead {
			t.Error("he stands in")
		}
		s.sit("甲", "一站", seat.PostSTATION_HEAD, 22, 30)
		s.on(22)
		s.want(id, "甲")
	})
	t.Run("handed to another station it is that one's head's", func(t *testing.T) {
		s.sit("丙", "二站", seat.PostSTATION_HEAD, 22, 30)
		s.d.Do("甲", "handOver", id, process.Form{"unitId": s.d.Units["二站"].String()})
		s.want(id, "丙")
		s.d.Do("丙", "answer", id, nil)
	})
	t.Run("the role that hangs on it cannot be taken off while a published process has the post's turn", func(t *testing.T) {
		err := s.d.As("管理员", func(ctx context.Context) error {
			_, err := s.r.SetRole(ctx, roster.RoleDraft{Code: "own_head", Name: "挂职own_head", Rights: []roster.Right{{Permission: authz.Perm("matter.read"), Scope: authz.Unit}}, Reason: "不再挂在站长上"})
			return err
		})
		if !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
	})
}

func TestWhoMayOpen(t *testing.T) {
	s := newStation(t)
	s.sit("甲", "一站", seat.PostON_DUTY, 6, 20)
	s.sit("乙", "一站", seat.PostSTATION_HEAD, 6, 20)
	opening := func(who string) (may bool) {
		s.d.OK(s.d.As(who, func(ctx context.Context) error {
			p, err := s.d.Store.Ent().Platform.Get(ctx, s.board)
			if err == nil {
				_, may, err = s.d.Platforms.Entrance(ctx, p)
			}
			return err
		}))
		return may
	}
	for who, can := range map[string]bool{"甲": true, "专委干部": true, "乙": false, "丙": false} {
		_, err := s.open(who, "一站")
		if (err == nil) != can || opening(who) != can {
			t.Errorf("%s: %v, the list says %v", who, err, opening(who))
		}
		if who == "乙" && !strings.Contains(err.Error(), "由值班委员、专委会工作人员进行") {
			t.Error("it says who may:", err)
		}
	}
}

func TestPostsAreChecked(t *testing.T) {
	s := newStation(t)
	check := func(text string) (out []string) {
		s.d.OK(s.d.As("管理员", func(ctx context.Context) error {
			rights, err := authz.FreshRights(ctx)
			if err != nil {
				return err
			}
			d, err := process.Parse([]byte(text))
			if err == nil {
				out = process.FindingTexts(s.d.Engine.Report(d, process.DefaultPolicy(), rights, func(string) bool { return true }).Findings)
			}
			return err
		}))
		return out
	}
	if got := check(duty); len(got) > 0 {
		t.Error(got)
	}
	for was, x := range map[string][2]string{
		"vacant: {STATION_HEAD: committee_staff}\n": {"", "没有人担任时由谁代办"},
		"vacant: {STATION_HEAD: committee_staff}":   {"vacant: {STATION_HEAD: king}", "“king”不能代办"},
		"by: [ON_DUTY, committee_staff]":            {"by: [BOSS]", "没有角色“BOSS”"},
		"turns: {STATION_HEAD: 站长":                  {"turns: {GUIDE: 指导员", "不是 turns 里的职务"},
	} {
		if got := strings.Join(check(strings.Replace(duty, was, x[0], 1)), "\n"); !strings.Contains(got, x[1]) {
			t.Errorf("%s: %s", x[0], got)
		}
	}
	if got := strings.Join(check(strings.NewReplacer("STATION_HEAD", "GUIDE").Replace(duty)), "\n"); !strings.Contains(got, "没有角色挂在职务“指导员”上") {
		t.Error(got)
	}
}
