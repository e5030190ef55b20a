package vocab_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// probe is a process with one action for every use of a word.
const probe = `
kind: probe
version: 1
title: 试验
turns: {committee_staff: 干部}
timers:
  own: {label: 报送, within: {amount: 5, unit: WORKDAY}, rungs: [2, 0, -1, -7], notify: [street_liaison, TEAM], escalate: [secretary_general]}
  extra: {label: 回访, within: {amount: 3, unit: WORKDAY}, rungs: [0]}
machines:
  matter:
    initial: OPEN
    states:
      - {code: OPEN, label: 办理, turn: committee_staff, visible: STAFF, timers: [own]}
      - {code: HIDDEN, label: 内部, turn: committee_staff, visible: PARTIES, waits: 试验}
      - {code: SHOWN, label: 公开, turn: committee_staff, visible: TENANT, waits: 试验}
      - {code: DONE, label: 结束, end: true, visible: TENANT}
    actions:
      - {code: finish, label: 结束, from: [OPEN, HIDDEN, SHOWN], to: DONE, may: matter.follow}
      - {code: hide, label: 收回, from: [OPEN], to: HIDDEN, may: matter.follow, effects: [{notify: {roles: [street_liaison], parties: [TEAM], text: 收回}}]}
      - {code: show, label: 公开, from: [OPEN, HIDDEN], to: SHOWN, may: matter.follow, effects: [{notify: {roles: [street_liaison, committee_staff, tenant_admin, member], text: "《{title}》{number}进入{state}"}}]}
      # guards
      - {code: g_checklist, label: 清单, from: [OPEN], may: matter.follow, guards: [{checklist: {key: two_six, field: answers}}], form: {properties: {answers: {type: array}}}}
      - {code: g_waived, label: 清单, from: [OPEN], may: matter.follow, guards: [{checklist: {key: three_none, field: answers}}], form: {properties: {answers: {type: array}}}}
      - {code: g_approval, label: 审批, from: [OPEN], may: matter.follow, guards: [{approval: {by: 街道党工委}}]}
      - {code: g_approvals, label: 审批, from: [OPEN], may: matter.follow, guards: [{approval: {by: 街道党工委, least: 2}}]}
      - {code: g_parties, label: 各方, from: [OPEN], may: matter.follow, guards: [{parties: {role: PARTICIPANT, kind: RESIDENT, least: 1, most: 2}}]}
      - {code: g_speakers, label: 发言, from: [OPEN], may: matter.follow, guards: [{parties: {speaker: true, least: 1}}]}
      - {code: g_present, label: 到会, from: [OPEN], may: matter.follow, guards: [{present: {event: MEETING, kind: RESIDENT, least: 1}}]}
      - {code: g_events, label: 活动, from: [OPEN], may: matter.follow, guards: [{events: {kind: VISIT, concealed: true, least: 1}}]}
      - {code: g_planned, label: 活动, from: [OPEN], may: matter.follow, guards: [{events: {state: PLANNED, most: 0}}]}
      - {code: g_records, label: 记录, from: [OPEN], may: matter.follow, guards: [{records: {kind: MINUTE, mode: 答, least: 1}}]}
      - {code: g_document, label: 文件, from: [OPEN], may: matter.follow, guards: [{records: {kind: DOCUMENT, stage: 微建议, least: 1, most: 1}}]}
      - {code: g_researched, label: 调研, from: [OPEN], may: matter.follow, guards: [speakers_researched]}
      - {code: g_items, label: 条目, from: [OPEN], may: matter.follow, guards: [{items: {kind: PROBLEM, least: 1}}]}
      - {code: g_paths, label: 条目, from: [OPEN], may: matter.follow, guards: [{items: {kind: PROBLEM, path: 认领, most: 0}}]}
      - {code: g_settled, label: 了结, from: [OPEN], may: matter.follow, guards: [{items_settled: {kind: PROBLEM}}]}
      - {code: g_have, label: 内容, from: [OPEN], may: matter.follow, guards: [{items_have: {kind: PROBLEM, fields: [path, due_on, unit, owner, solution, cause, measure]}}]}
      - {code: g_attached, label: 附件, from: [OPEN], may: matter.follow, guards: [{attachments: {kind: PHOTO, least: 1}}]}
      - {code: g_linked, label: 联系, from: [OPEN], may: matter.follow, guards: [{linked: {kind: SINKS_TO, to: probe, least: 1}}]}
      - {code: g_data, label: 内容, from: [OPEN], may: matter.follow, guards: [{data: {fields: [what]}}]}
      - {code: g_window, label: 时间, from: [OPEN], may: matter.follow, guards: [{window: {from: 04-01, to: 06-30}}]}
      - {code: g_winter, label: 时间, from: [OPEN], may: matter.follow, guards: [{window: {from: 11-15, to: 02-10}}]}
      - {code: g_when, label: 表达式, from: [OPEN], may: matter.follow, guards: [{when: {cel: "form.amount <= 100 && today < '2026-01-01'", otherwise: 超过一百元，请改由会议决定}}], form: {properties: {amount: {type: number}}}}
      # relations
      - {code: r_party, label: 当事方, from: [OPEN], may: matter.read, as: [{party: {roles: [TEAM, HOST]}}]}
      - {code: r_seat, label: 席位, from: [OPEN], may: matter.read, by: [street_liaison, member, committee_staff], as: [{seat: {posts: [STREET_LIAISON], kinds: [STREET_LIAISON]}}]}
      - {code: r_venue, label: 阵地, from: [OPEN], may: matter.read, as: [{seat: {kinds: [VENUE_ROOM]}}]}
      - {code: r_creator, label: 建立, from: [OPEN], may: matter.read, as: [creator]}
      # effects
      - {code: save, label: 保存, from: [OPEN], may: matter.follow, effects: [save], form: {properties: {what: {type: string}, phone: {type: string}, people: {type: array}, count: {type: integer}}}}
      - {code: saveSome, label: 保存, from: [OPEN], may: matter.follow, effects: [{save: {fields: [what]}}], form: {properties: {what: {type: string}, other: {type: string}}}}
      - {code: number, label: 编号, from: [OPEN], may: matter.follow, effects: [{number: {key: topic}}]}
      - {code: record, label: 记录, from: [OPEN], may: matter.follow, effects: [{record: {kind: RESEARCH, number: report, audience: STAFF}}],
         form: {properties: {"on": {type: string}, place: {type: string}, text: {type: string}, partyId: {type: string}, unitId: {type: string}, eventId: {type: string}, itemId: {type: string}, mode: {type: string}, phone: {type: string}, weather: {type: string}}}}
      - {code: approve, label: 审批, from: [OPEN], may: matter.follow, effects: [{record: {kind: APPROVAL, mode: 街道党工委, text: opinion}}], form: {properties: {opinion: {type: string}}}}
      - {code: minutes, label: 问答辩, from: [OPEN], may: matter.follow, effects: [minutes], form: {properties: {eventId: {type: string}, minutes: {type: array}}}}
      - {code: party, label: 各方, from: [OPEN], may: matter.follow, effects: [{party: {role: PARTICIPANT}}], form: {properties: {parties: {type: array, items: {properties: {name: {type: string}, kind: {enum: [RESIDENT, COMPANY]}}}}}}}
      - {code: team, label: 课题组, from: [OPEN], may: matter.follow, effects: [{party: {role: TEAM, kind: MEMBER, field: team}}], form: {properties: {team: {type: array}}}}
      - {code: remove, label: 移出, from: [OPEN], may: matter.follow, effects: [remove_party], form: {properties: {partyId: {type: string}}}}
      - {code: plan, label: 安排, from: [OPEN], may: matter.follow, effects: [{event: {kind: MEETING}}],
         form: &event {properties: {title: {type: string}, "on": {type: string}, place: {type: string}, venueId: {type: string}, unitId: {type: string}, form: {type: string}, edition: {type: integer}, summary: {type: string}}}}
      - {code: secret, label: 安排, from: [OPEN], may: matter.follow, effects: [{event: {kind: VISIT, concealed: true}}, {notify: {roles: [street_liaison, committee_staff], parties: [TEAM], text: 已安排}}], form: *event}
      - {code: hold, label: 举行, from: [OPEN], may: matter.follow, effects: [{hold: {kind: MEETING}}], form: &held {properties: {eventId: {type: string}, "on": {type: string}, summary: {type: string}, title: {type: string}, present: {type: array}, absent: {type: array}}}}
      - {code: visit, label: 走访, from: [OPEN], may: matter.follow, effects: [hold], form: *held}
      - {code: holdAndWrite, label: 举行, from: [OPEN], may: matter.follow, effects: [{hold: {kind: TALK}}, minutes], form: {properties: {present: {type: array}, minutes: {type: array}}}}
      - {code: cancel, label: 取消, from: [OPEN], may: matter.follow, effects: [cancel_event], form: {properties: {eventId: {type: string}}}}
      - {code: items, label: 问题, from: [OPEN], may: matter.follow, effects: [{items: {kind: PROBLEM}}], form: {properties: {items: {type: array}}}}
      - {code: receive, label: 收题, from: [OPEN], may: matter.follow, effects: [{items: {kind: PROBLEM, receipts: true}}], form: {properties: {items: {type: array}}}}
      - {code: claim, label: 认领, from: [OPEN], may: matter.follow, effects: [claim_item], form: {properties: {itemId: {type: string}, unitId: {type: string}, owner: {type: string}, path: {type: string}, dueOn: {type: string}, solution: {type: string}}}}
      - {code: settle, label: 了结, from: [OPEN], may: matter.follow, effects: [settle_item], form: {properties: {itemId: {type: string}, done: {type: boolean}, evidence: {type: string}, path: {type: string}}}}
      - {code: notify, label: 通知, from: [OPEN, SHOWN], may: matter.follow, effects: [{notify: {roles: [street_liaison, member, secretary_general, tenant_admin], parties: [TEAM], text: "请办理《{title}》"}}]}
      - {code: create, label: 转出, from: [OPEN], may: matter.follow, effects: [{create: {kind: probe, link: SINKS_TO, title: name}}], form: {required: [name], properties: {name: {type: string}, itemId: {type: string}}}}
      - {code: createAny, label: 转出, from: [OPEN], may: matter.follow, effects: [{create: {field: kind, link: CONVERTED_TO}}], form: {properties: {kind: {type: string}, itemId: {type: string}}}}
      - {code: link, label: 联系, from: [OPEN], may: matter.follow, effects: [{link: {kind: FOLLOWS, field: earlier}}], form: {properties: {earlier: {type: string}}}}
      - {code: start, label: 开始回访, from: [OPEN], may: matter.follow, effects: [{start_timer: {key: extra}}]}
      - {code: stop, label: 结束回访, from: [OPEN], may: matter.follow, effects: [{stop_timer: {key: extra}}]}
      - {code: document, label: 文件, from: [OPEN], may: matter.follow, effects: [{document: {title: 微建议, number: suggestion, to: 区委, template: "{number} 关于{title}：{form.text} {data.what}\n{items}\n{today}"}}], form: {properties: {text: {type: string}}}}
      - {code: handStreet, label: 转交, from: [OPEN], may: matter.screen, effects: [{hand_over: {as: street}}], form: {properties: {unitId: {type: string}}}}
      - {code: handSector, label: 转交, from: [OPEN], may: matter.follow, effects: [{hand_over: {as: sector, field: to}}], form: {properties: {to: {type: string}}}}
      - {code: handOwner, label: 转交, from: [OPEN], may: matter.follow, effects: [{hand_over: {as: owner}}], form: {properties: {unitId: {type: string}}}}
      - {code: handAny, label: 转交, from: [OPEN], may: matter.screen, effects: [{hand_over: {as: unit, leaves: [street, owner], keeps: true, back: 3, restarts: [own]}}], form: {properties: {unitId: {type: string}}}}
      - {code: handAway, label: 转交, from: [OPEN], may: matter.screen, effects: [{hand_over: {as: street, back: 3}}], form: {properties: {unitId: {type: string}}}}
      - {code: handBack, label: 退回, from: [OPEN], may: matter.screen, guards: [handed], effects: [hand_back]}
      - {code: score, label: 计分, from: [OPEN], may: matter.follow, effects: [{score: {code: talk, role: TEAM}}]}
`

// world is a committee with the process probe, its people and units.
type world struct {
	t      *testing.T
	d      *district.District
	store  *tenants.Store
	engine *flow.Engine
	policy *authz.Policy
	clock  *clock.Movable
	tenant uuid.UUID
	units  map[string]uuid.UUID
	people map[string]*authz.Viewer
}

// monday is 3 March 2025, nine o'clock.
var monday = time.Date(2025, 3, 3, 9, 0, 0, 0, clock.Shanghai)

func day(d int) time.Time { return clock.Date(2025, 3, d) }

// people are who there is, with role and seat.
var people = []district.Person{
	{Name: "干部", Role: "committee_staff"}, {Name: "联络员", Role: "street_liaison", Unit: "街道", Post: "STREET_LIAISON"},
	{Name: "社区联络员", Role: "street_liaison", Unit: "社区", Post: "STREET_LIAISON"}, {Name: "上级联络员", Role: "street_liaison", Unit: "片区", Post: "STREET_LIAISON"},
	{Name: "外街道", Role: "street_liaison", Unit: "外街道", Post: "STREET_LIAISON"}, {Name: "委员", Role: "member"}, {Name: "外委员", Role: "member"},
	{Name: "阵地长", Role: "member", Unit: "阵地", Post: "STREET_LIAISON"}, {Name: "秘书长", Role: "secretary_general"}, {Name: "管理员", Role: "tenant_admin"},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := district.New(t, district.Plan{
		Posts: []string{}, People: people, Sources: []string{probe}, Rules: func(e *flow.Engine) { vocab.Register(e.Rules) },
		Units: []district.Unit{
			{Name: "片区", Kind: "STREET_LIAISON"}, {Name: "街道", Kind: "STREET_LIAISON", Above: "片区"}, {Name: "社区", Kind: "STREET_LIAISON", Above: "街道"},
			{Name: "外街道", Kind: "STREET_LIAISON"}, {Name: "阵地", Kind: "VENUE_ROOM"}, {Name: "城建局", Kind: "HANDLING_UNIT"}, {Name: "旧局", Kind: "HANDLING_UNIT", Until: day(2)},
		},
	})
	d.Units["部门"], d.Units["停用"] = d.Units["城建局"], d.Units["旧局"]
	return &world{t: t, d: d, store: d.Store, engine: d.Engine, policy: d.Rights, clock: d.Clock, tenant: d.Tenant, units: d.Units, people: d.People}
}

func (w *world) ctx() context.Context { return w.d.Ctx() }

// system runs fn as the product itself.
func (w *world) system(fn func(context.Context) error) {
	w.t.Helper()
	if err := w.as("", fn); err != nil {
		w.t.Fatal(err)
	}
}

// as runs fn as a person, in one transaction.
func (w *world) as(name string, fn func(context.Context) error) error { return w.d.As(name, fn) }

func (w *world) viewer(ctx context.Context, name string) (*authz.Viewer, error) {
	return w.d.Viewer(ctx, name)
}

// open starts a matter of the staff in the street, with a member in its team.
func (w *world) open() uuid.UUID {
	w.t.Helper()
	street := w.units["街道"]
	var id uuid.UUID
	err := w.as("干部", func(ctx context.Context) error {
		c, err := w.engine.Start(ctx, flow.Opening{Kind: "probe", Title: "小区停车", Street: &street, Payload: func(ctx context.Context, m *gen.Matter) error {
			return w.store.Ent().Party.Create().SetMatter(m).SetMembershipID(w.people["委员"].Membership).SetRole("TEAM").SetName("委员").Exec(ctx)
		}})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

type form = map[string]any

func (w *world) try(who, action string, id uuid.UUID, f form) (c *flow.Case, err error) {
	err = w.as(who, func(ctx context.Context) error {
		c, err = w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: process.Form(f), Reason: "理由"})
		return err
	})
	return c, err
}

// do carries out an action of the staff.
func (w *world) do(action string, id uuid.UUID, f form) *flow.Case {
	w.t.Helper()
	c, err := w.try("干部", action, id, f)
	if err != nil {
		w.t.Fatalf("%s: %v", action, err)
	}
	return c
}

// refuse wants an action of the staff to be refused.
func (w *world) refuse(action string, id uuid.UUID, f form, code errs.Code, path ...string) *errs.Error {
	w.t.Helper()
	_, err := w.try("干部", action, id, f)
	e, ok := errs.As(err)
	if !ok || e.Code != code || (len(path) > 0 && strings.Join(e.Path, ".") != strings.Join(path, ".")) {
		w.t.Fatalf("%s: want %s at %v, got %v", action, code, path, err)
	}
	return e
}

// after is what the newest step of an action shows.
func (w *world) after(id uuid.UUID, action string) (after map[string]any) {
	w.t.Helper()
	w.system(func(ctx context.Context) error {
		m, err := w.store.Ent().Matter.Query().Where(matter.ID(id)).WithSteps().Only(ctx)
		if err != nil {
			return err
		}
		for _, s := range m.Edges.Steps {
			if s.Action == action {
				after = s.After
			}
		}
		return nil
	})
	return after
}

// told lists who got a notice about a matter, with the text, and forgets it.
func (w *world) told(id uuid.UUID) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	w.system(func(ctx context.Context) error {
		list, err := w.store.Ent().Notice.Query().Where(notice.MatterID(id), notice.ReadAtIsNil()).WithMembership().All(ctx)
		for _, n := range list {
			if _, twice := out[n.Edges.Membership.Name]; twice {
				w.t.Errorf("%s was told twice", n.Edges.Membership.Name)
			}
			out[n.Edges.Membership.Name] = n.Text
		}
		if err != nil {
			return err
		}
		return w.store.Ent().Notice.Update().Where(notice.MatterID(id)).SetReadAt(monday).Exec(ctx)
	})
	return out
}

// sub runs one sentence; its failures are its own.
func (w *world) sub(sentence string, fn func(w *world)) {
	w.t.Helper()
	w.t.Run(sentence, func(t *testing.T) {
		own := *w
		own.t = t
		fn(&own)
	})
}

func wantNames(t *testing.T, got map[string]string, want ...string) {
	t.Helper()
	have := map[string]bool{}
	for n := range got {
		have[n] = true
	}
	for _, n := range want {
		if !have[n] {
			t.Errorf("%s was not told", n)
		}
		delete(have, n)
	}
	for n := range have {
		t.Errorf("%s was told: %s", n, got[n])
	}
}
