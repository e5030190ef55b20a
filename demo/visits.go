package demo

import (
	"context"
	"time"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/roster"
)

// 中山 has two roles of its own, each on a post of its stations, and a process of
// its own that names the one by its code and the other by its post. All of it is
// invented, to be looked at.
var visitRoles = []roster.RoleDraft{
	{Code: "own_duty_liaison", Name: "值班联络员", Duty: "在工作站值班，登记来访", Posts: []seat.Post{seat.PostON_DUTY}, Rights: onlyUnits("matter.read", "matter.open", "matter.screen")},
	{Code: "own_convener", Name: "协商召集人", Duty: "召集本站的协商，答复来访", Posts: []seat.Post{seat.PostSTATION_HEAD}, Rights: onlyUnits("matter.read", "matter.hold", "matter.follow")},
}

func onlyUnits(permissions ...string) (out []roster.Right) {
	for _, p := range permissions {
		out = append(out, roster.Right{Permission: authz.Perm(p), Scope: authz.Unit})
	}
	return out
}

const visitProcess = `kind: zhanliao
version: 1
title: 站里来访
turns: {STATION_HEAD: 站长（协商召集人）, own_duty_liaison: 值班联络员, committee_staff: 专委会工作人员}
vacant: {STATION_HEAD: committee_staff}
timers:
  answer: {label: 答复来访, within: {amount: 5, unit: WORKDAY}, rungs: [2, 0, -1, -7], notify: [committee_staff]}
machines:
  matter:
    initial: CAME
    states:
      - {code: CAME, label: 待召集人答复, stage: 来访, turn: STATION_HEAD, visible: STAFF, timers: [answer]}
      - {code: TALKED, label: 待回访, stage: 协商, turn: own_duty_liaison, waits: 由值班联络员约来访人回访}
      - {code: DONE, label: 已办结, stage: 反馈, end: true}
    actions:
      - {code: note, label: 登记来访, to: CAME, may: matter.open, by: [own_duty_liaison, committee_staff],
         form: {properties: {who: {type: string, title: 来访的人和人数, maxLength: 100}, wish: {type: string, title: 想解决什么, maxLength: 1000}}}}
      - {code: talk, label: 召集协商并答复, from: [CAME], to: TALKED, may: matter.follow, by: [STATION_HEAD, committee_staff], effects: [{record: {kind: NOTE, mode: 答复}}],
         form: {required: ["on", text], properties: {"on": {type: string, format: date, title: 日期}, text: {type: string, title: 怎样答复的, minLength: 2, maxLength: 2000}}}}
      - {code: visit, label: 回访并办结, from: [TALKED], to: DONE, may: matter.screen, by: [own_duty_liaison, committee_staff], effects: [{record: {kind: NOTE, mode: 回访}}],
         form: {required: ["on", text], properties: {"on": {type: string, format: date, title: 日期}, text: {type: string, title: 来访人怎么说, minLength: 2, maxLength: 2000}}}}
      - {code: handOver, label: 转交其他站或街道, from: &running [CAME, TALKED], may: matter.read, by: [STATION_HEAD, own_duty_liaison, committee_staff], reason: true, effects: [{hand_over: {as: unit, leaves: [street], keeps: true, back: 3, restarts: [answer]}}],
         form: {required: [unitId], properties: {unitId: {type: string, title: 转给哪个站或街道, maxLength: 36}}}}
      - {code: handBack, label: 退回或撤回转交, from: *running, may: matter.read, by: [STATION_HEAD, own_duty_liaison, committee_staff], reason: true, guards: [handed], effects: [hand_back]}
`

var visitBoard = board{shanghai(2024, time.October, 9, 10, 0), platforms.Spec{
	Code: "zhanliao", Brand: "站里来访", BrandOwner: "中山区政协", Type: "区域型", Level: "街道", ProcessKind: "zhanliao",
}}

// visits makes the roles, then the process and the platform that use them, and
// tells of one visit that is settled and one that waits.
func (s *stage) visits() {
	admin := s.of.People[0].Key
	for i, draft := range visitRoles {
		at := visitBoard.opens.Add(time.Duration(i-3) * time.Minute)
		s.story = append(s.story, s.errand(at, admin, "自己的角色", "setRole", func(ctx context.Context) (string, error) {
			r, err := s.Roster.SetRole(ctx, draft)
			if err != nil {
				return "", err
			}
			return audit.Object(gen.TypeRole, r.ID), nil
		}))
	}
	s.story = append(s.story, s.errand(visitBoard.opens.Add(-time.Minute), admin, "自己的流程", "publishProcess", func(ctx context.Context) (string, error) {
		desk := processes.New(s.Engine, s.Directory)
		draft, err := s.Store.Ent().Process.Query().Where(entprocess.Kind(visitBoard.spec.ProcessKind)).Only(authz.System(ctx))
		if gen.IsNotFound(err) {
			draft, err = desk.CreateDraft(ctx, processes.NewDraft{Source: visitProcess})
		}
		if err != nil {
			return "", err
		}
		if _, _, err := desk.Publish(ctx, draft.ID); err != nil {
			return "", err
		}
		return audit.Object(gen.TypeProcess, draft.ID), nil
	}))
	s.story = append(s.story, s.setUp(visitBoard)...)
	done := begin(shanghai(2024, time.October, 14, 9, 30), "duty-taoyuan", "zhanliao", topic{platform: "zhanliao", title: "老旧小区加装电梯意见不一", owner: "st-taoyuan"})
	done.do(shanghai(2024, time.October, 16, 15, 0), "street-taoyuan", "talk", func(*scene) process.Form {
		return process.Form{"on": done.sc.day("talk"), "text": "请楼上楼下七户到站里坐下来谈，约定费用按楼层分摊，由社区张贴方案。"}
	})
	done.do(shanghai(2024, time.October, 24, 10, 0), "duty-taoyuan", "visit", func(*scene) process.Form {
		return process.Form{"on": done.sc.day("visit"), "text": "来访的两户都在方案上签了字。"}
	})
	waits := begin(ago(s.now, 1, 9), "duty-taoyuan", "zhanliao", topic{platform: "zhanliao", title: "小区门口电动车乱停", owner: "st-taoyuan"})
	s.scripts = append(s.scripts, done.sc, waits.sc)
}
