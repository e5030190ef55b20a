package vocab_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

func list(v ...any) []any { return v }

// partyOf is the id of an active party by name.
func partyOf(t *testing.T, c *flow.Case, name string) string {
	t.Helper()
	for _, p := range c.Active() {
		if p.Name == name {
			return p.ID.String()
		}
	}
	t.Fatalf("no party %s", name)
	return ""
}

func TestGuards(t *testing.T) {
	w := newWorld(t)
	// each guard refuses, with its name, until what it demands is there
	for _, g := range []struct {
		sentence, action string
		form             form
		says             string
		then             func(w *world, id uuid.UUID)
	}{
		{"approval: somebody's approval is on record", "g_approval", nil, "街道党工委", func(w *world, id uuid.UUID) { w.do("approve", id, form{"opinion": "同意"}) }},
		{"approval: as often as demanded", "g_approvals", nil, "至少 2，现有 0", func(w *world, id uuid.UUID) { w.do("approve", id, nil); w.do("approve", id, nil) }},
		{"parties: a number of a role and kind", "g_parties", nil, "参加者（居民）的人数不对：至少 1，现有 0", func(w *world, id uuid.UUID) {
			w.do("party", id, form{"parties": list(form{"name": "某企业", "kind": "COMPANY"}, form{"name": "居民", "kind": "RESIDENT"})})
		}},
		{"parties: who is on the list of speakers", "g_speakers", nil, "发言名单", func(w *world, id uuid.UUID) {
			w.do("team", id, form{"team": list(form{"name": "专家", "speaker": true})})
		}},
		{"present: they were at one meeting that was held", "g_present", nil, "没有一次会议", func(w *world, id uuid.UUID) {
			c := w.do("party", id, form{"parties": list(form{"name": "居民", "kind": "RESIDENT"})})
			w.do("hold", id, form{"absent": list(partyOf(w.t, c, "居民"))})
			w.refuse("g_present", id, nil, errs.GuardFailed)
			w.do("hold", id, form{"present": list(partyOf(w.t, c, "居民"))})
		}},
		{"events: a number of visits that were concealed", "g_events", nil, "走访", func(w *world, id uuid.UUID) {
			c := w.do("secret", id, form{"on": "2025-03-03"})
			w.refuse("g_events", id, nil, errs.GuardFailed)
			w.do("visit", id, form{"eventId": c.Events[0].ID.String()})
		}},
		{"records: a number of a kind and mode", "g_records", nil, "问答辩", func(w *world, id uuid.UUID) {
			w.do("holdAndWrite", id, form{"minutes": list(form{"mode": "答", "text": "修好", "measures": "改造", "period": "三个月"})})
		}},
		{"records: a document by its name", "g_document", nil, "微建议", func(w *world, id uuid.UUID) { w.do("document", id, form{"text": "建议"}) }},
		{"items: a number of a kind", "g_items", nil, "问题", func(w *world, id uuid.UUID) { w.do("items", id, form{"items": list(form{"text": "路灯不亮"})}) }},
		{"attachments: a number of a kind", "g_attached", nil, "附件不够", func(w *world, id uuid.UUID) {
			w.system(func(ctx context.Context) error {
				return w.store.Ent().Attachment.Create().SetMatterID(id).SetKind("PHOTO").SetName("a").SetSize(1).SetContentType("image/png").SetSha256("x").SetBlobKey("x").Exec(ctx)
			})
		}},
		{"linked: another matter has come of it", "g_linked", nil, "下沉为", func(w *world, id uuid.UUID) { w.do("create", id, form{"name": "下沉的事"}) }},
		{"data: what was saved is not empty", "g_data", nil, "what", func(w *world, id uuid.UUID) {
			w.do("save", id, form{"what": "  "})
			w.refuse("g_data", id, nil, errs.GuardFailed)
			w.do("save", id, form{"what": "停车"})
		}},
		{"when: the expression holds", "g_when", form{"amount": 100.5}, "超过一百元，请改由会议决定", func(*world, uuid.UUID) {}},
		{"window: only on these days", "g_window", nil, "4月1日至6月30日", func(w *world, id uuid.UUID) { w.clock.Set(monday.AddDate(0, 1, 10)) }},
		{"window: across the end of the year", "g_winter", nil, "11月15日", func(w *world, id uuid.UUID) { w.clock.Set(monday.AddDate(0, 10, 0)) }},
	} {
		w.sub(g.sentence, func(w *world) {
			defer w.clock.Set(monday)
			id := w.open()
			e := w.refuse(g.action, id, g.form, errs.GuardFailed)
			if !strings.Contains(e.Message, g.says) || !strings.HasPrefix(g.sentence, e.Details["guard"].(string)) {
				w.t.Errorf("%v says %s", e.Details["guard"], e.Message)
			}
			g.then(w, id)
			if g.form != nil {
				g.form = form{"amount": 100}
			}
			w.do(g.action, id, g.form)
		})
	}
	w.sub("parties: no more than demanded, and who was removed is none", func(w *world) {
		id := w.open()
		c := w.do("party", id, form{"parties": list(form{"name": "甲", "kind": "RESIDENT"}, form{"name": "乙", "kind": "RESIDENT"}, form{"name": "丙", "kind": "RESIDENT"})})
		w.refuse("g_parties", id, nil, errs.GuardFailed)
		w.do("remove", id, form{"partyId": partyOf(w.t, c, "丙")})
		w.do("g_parties", id, nil)
	})
	w.sub("events: none that is still planned", func(w *world) {
		id := w.open()
		w.do("g_planned", id, nil)
		c := w.do("plan", id, form{"on": "2025-03-10"})
		w.refuse("g_planned", id, nil, errs.GuardFailed)
		w.do("cancel", id, form{"eventId": c.Events[0].ID.String()})
		w.do("g_planned", id, nil)
	})
	w.sub("items: none with a path; settled with an explanation, never while open", func(w *world) {
		id := w.open()
		c := w.do("items", id, form{"items": list(form{"text": "路灯不亮"})})
		item := c.Items[0].ID.String()
		w.do("g_paths", id, nil)
		w.do("claim", id, form{"itemId": item, "path": "认领"})
		w.refuse("g_paths", id, nil, errs.GuardFailed)
		w.refuse("g_settled", id, nil, errs.GuardFailed)
		w.do("settle", id, form{"itemId": item, "done": false, "evidence": "产权不清"})
		w.do("g_settled", id, nil)
	})
	w.sub("items_have: every open item has what is demanded", func(w *world) {
		id := w.open()
		c := w.do("items", id, form{"items": list(form{"text": "路灯不亮", "cause": "老化", "measure": "亮灯率"})})
		if e := w.refuse("g_have", id, nil, errs.GuardFailed); !strings.Contains(e.Message, "办理方式") {
			w.t.Error(e.Message)
		}
		w.do("claim", id, form{"itemId": c.Items[0].ID.String(), "path": "认领", "owner": "城建局", "unitId": w.units["部门"].String(), "dueOn": "2025-04-01", "solution": "更换"})
		w.do("g_have", id, nil)
	})
	w.sub("before the form is filled in, what looks at it objects to nothing", func(w *world) {
		id := w.open()
		blocked := map[string]string{}
		if err := w.as("干部", func(ctx context.Context) error {
			all, err := w.engine.Available(ctx, id)
			for _, a := range all[id] {
				blocked[a.Action.Code] = a.Blocked
			}
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		if blocked["g_when"] != "" || blocked["g_parties"] == "" || !strings.Contains(blocked["g_checklist"], "还没有填写文字") {
			w.t.Error(blocked)
		}
	})
}

func TestSpeakersResearched(t *testing.T) {
	w := newWorld(t)
	ready := func(w *world) (uuid.UUID, *flow.Case) {
		id := w.open()
		return id, w.do("team", id, form{"team": list(form{"name": "专家", "speaker": true}, form{"membershipId": w.people["外委员"].Membership.String(), "speaker": true})})
	}
	w.sub("who has not researched is named", func(w *world) {
		id, _ := ready(w)
		if e := w.refuse("g_researched", id, nil, errs.GuardFailed); !strings.Contains(e.Message, "专家、外委员") {
			w.t.Error(e.Message)
		}
	})
	w.sub("a record of his, or a visit that he went to, counts", func(w *world) {
		id, c := ready(w)
		w.do("record", id, form{"partyId": partyOf(w.t, c, "专家"), "text": "走访三户"})
		w.refuse("g_researched", id, nil, errs.GuardFailed)
		c = w.do("secret", id, form{"on": "2025-03-03"})
		w.do("visit", id, form{"eventId": c.Events[0].ID.String(), "present": list(partyOf(w.t, c, "外委员"))})
		w.do("g_researched", id, nil)
	})
	w.sub("a meeting is no research", func(w *world) {
		id, c := ready(w)
		w.do("hold", id, form{"present": list(partyOf(w.t, c, "专家"), partyOf(w.t, c, "外委员"))})
		w.refuse("g_researched", id, nil, errs.GuardFailed)
	})
}

func TestChecklist(t *testing.T) {
	w := newWorld(t)
	w.sub("without its words it cannot be passed", func(w *world) {
		e := w.refuse("g_checklist", w.open(), form{"answers": list(true, true, false, false, false, false, false, false)}, errs.GuardFailed)
		if !strings.Contains(e.Message, "两议六不议") || !strings.Contains(e.Message, "请租户管理员先填写") {
			w.t.Error(e.Message)
		}
	})
	w.system(func(ctx context.Context) error {
		return w.store.Ent().TenantPolicy.Create().SetVersion(1).SetEffectiveFrom(day(1)).SetSettings(map[string]any{"checklists": map[string]any{
			"two_six":    map[string]any{"title": "两议六不议", "items": list(form{"text": "议民生", "want": "YES"}, form{"text": "议诉讼", "want": "NO"}, form{"text": "随意", "want": ""})},
			"three_none": map[string]any{"title": "三无", "waived": "本区不用", "items": list(form{"text": "", "want": ""})},
		}}).Exec(ctx)
	})
	w.sub("every item is answered, each as it must be", func(w *world) {
		id := w.open()
		w.refuse("g_checklist", id, nil, errs.Invalid, "answers")
		w.refuse("g_checklist", id, form{"answers": list(true, false)}, errs.Invalid, "answers")
		w.refuse("g_checklist", id, form{"answers": list(true, "no", true)}, errs.Invalid, "answers", "1")
		w.refuse("g_checklist", id, form{"answers": list(false, false, true)}, errs.GuardFailed, "answers", "0")
		w.refuse("g_checklist", id, form{"answers": list(true, true, true)}, errs.GuardFailed, "answers", "1")
		w.do("g_checklist", id, form{"answers": list(true, false, true)})
		w.do("g_checklist", id, form{"answers": list(true, false, false)})
	})
	w.sub("one that is waived asks nothing", func(w *world) { w.do("g_waived", w.open(), nil) })
}

func TestRelations(t *testing.T) {
	w := newWorld(t)
	allowed := func(w *world, who, action string, id uuid.UUID, want bool) {
		w.t.Helper()
		_, err := w.try(who, action, id, nil)
		if e, _ := errs.As(err); (err == nil) != want || (err != nil && e.Code != errs.NotAllowed && e.Code != errs.NotFound) {
			w.t.Errorf("%s %s: %v", who, action, err)
		}
	}
	w.sub("party: who is in the team, or sits in a unit that is", func(w *world) {
		id := w.open()
		allowed(w, "委员", "r_party", id, true)
		allowed(w, "干部", "r_party", id, false)
		allowed(w, "联络员", "r_party", id, false)
		w.do("team", id, form{"team": list(form{"unitId": w.units["街道"].String()})})
		allowed(w, "联络员", "r_party", id, true)
		allowed(w, "上级联络员", "r_party", id, false)
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Party.Update().Where(party.MatterID(id)).SetCosign("CANCELLED").Exec(ctx)
		})
		allowed(w, "委员", "r_party", id, false)
	})
	w.sub("seat: who sits in the matter's street or at an event's venue", func(w *world) {
		id := w.open()
		allowed(w, "联络员", "r_seat", id, true)
		allowed(w, "上级联络员", "r_seat", id, false)
		allowed(w, "外街道", "r_seat", id, false)
		allowed(w, "干部", "r_seat", id, false)
		w.do("team", id, form{"team": list(form{"membershipId": w.people["阵地长"].Membership.String()})})
		allowed(w, "阵地长", "r_venue", id, false)
		w.do("plan", id, form{"on": "2025-03-10", "venueId": w.units["阵地"].String()})
		allowed(w, "阵地长", "r_venue", id, true)
		allowed(w, "联络员", "r_venue", id, false)
	})
	w.sub("creator: who opened the matter", func(w *world) {
		id := w.open()
		allowed(w, "干部", "r_creator", id, true)
		allowed(w, "联络员", "r_creator", id, false)
	})
}
