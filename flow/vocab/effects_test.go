package vocab_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestSaving(t *testing.T) {
	w := newWorld(t)
	w.sub("save: the form is merged into the data, telephone numbers are not", func(w *world) {
		id := w.open()
		w.do("save", id, form{"what": "停车", "count": 3})
		c := w.do("save", id, form{"what": "停车难", "phone": "13900000000", "people": list(form{"name": "甲", "phone": "13900000000"})})
		b, _ := json.Marshal(c.Data)
		if string(b) != `{"count":3,"people":[{"name":"甲"}],"what":"停车难"}` {
			w.t.Error(string(b))
		}
		if a, _ := json.Marshal(w.after(id, "save")); strings.Contains(string(a), "139") {
			w.t.Error(string(a))
		}
	})
	w.sub("save: only the fields that are named", func(w *world) {
		if c := w.do("saveSome", w.open(), form{"what": "停车", "other": "其他"}); len(c.Data) != 1 || c.Data["what"] != "停车" {
			w.t.Error(c.Data)
		}
	})
	w.sub("number: one after the other without a gap, and none twice", func(w *world) {
		a, b := w.open(), w.open()
		first := w.do("number", a, nil).Matter.Number
		if first != "2025-题-1" || w.do("number", a, nil).Matter.Number != first {
			w.t.Error(first)
		}
		// one that fails takes no number
		_ = w.as("干部", func(ctx context.Context) error {
			_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: b, Action: "number"})
			if err != nil {
				w.t.Error(err)
			}
			return context.Canceled
		})
		if n := w.do("number", b, nil).Matter.Number; n != "2025-题-2" {
			w.t.Error(n)
		}
		defer w.clock.Set(monday)
		w.clock.Set(monday.AddDate(1, 0, 0))
		if n := w.do("number", w.open(), nil).Matter.Number; n != "2026-题-1" {
			w.t.Error("a series with the year begins anew:", n)
		}
	})
	w.sub("document: the template is filled in once, with number, data, items and day", func(w *world) {
		id := w.open()
		w.do("save", id, form{"what": "增加车位"})
		w.do("items", id, form{"items": list(form{"text": "划线", "owner": "城建局", "dueOn": "2025-06-30"}, form{"text": "错时"})})
		c := w.do("document", id, form{"text": "请落实{title}"})
		d := c.RecordsOf(record.KindDOCUMENT)[0]
		want := "2025-微-1 关于小区停车：请落实{title} 增加车位\n1. 划线；城建局；2025年6月30日前\n2. 错时\n2025年3月3日"
		if d.Text != want || d.Number != "2025-微-1" || d.Stage != "微建议" || d.Data["to"] != "区委" {
			w.t.Errorf("%s %s %v", d.Number, d.Text, d.Data)
		}
	})
}

func TestRecords(t *testing.T) {
	w := newWorld(t)
	w.sub("record: columns to their columns, the rest to the data, a number if asked for", func(w *world) {
		id := w.open()
		c := w.do("party", id, form{"parties": list(form{"name": "居民", "kind": "RESIDENT"})})
		c = w.do("plan", id, form{"on": "2025-03-10"})
		who, ev := partyOf(w.t, c, "居民"), c.Events[0].ID.String()
		c = w.do("record", id, form{"on": "2025-03-01", "place": "社区", "text": " 走访 ", "partyId": who, "unitId": w.units["部门"].String(), "eventId": ev, "mode": "入户", "weather": "晴", "phone": "139"})
		r := c.RecordsOf(record.KindRESEARCH)[0]
		if !r.On.Equal(day(1)) || r.Place != "社区" || r.Text != "走访" || r.PartyID.String() != who || *r.UnitID != w.units["部门"] || r.EventID.String() != ev ||
			r.Mode != "入户" || r.Number != "2025-报-1" || r.Audience != record.AudienceSTAFF || len(r.Data) != 1 || r.Data["weather"] != "晴" || *r.AuthorID != w.people["干部"].Membership {
			w.t.Error(r)
		}
	})
	w.sub("record: today, where no day is given", func(w *world) {
		c := w.do("approve", w.open(), form{"opinion": "同意"})
		if r := c.RecordsOf(record.KindAPPROVAL)[0]; !r.On.Equal(day(3)) || r.Text != "同意" || r.Mode != "街道党工委" {
			w.t.Error(r)
		}
	})
	w.sub("an id of another matter, or of nothing, is refused at its place", func(w *world) {
		id, other := w.open(), w.open()
		c := w.do("party", other, form{"parties": list(form{"name": "居民", "kind": "RESIDENT"})})
		c = w.do("plan", other, form{"on": "2025-03-10"})
		c = w.do("items", other, form{"items": list(form{"text": "别处的问题"})})
		for field, foreign := range map[string]string{"partyId": partyOf(w.t, c, "居民"), "eventId": c.Events[0].ID.String(), "itemId": c.Items[0].ID.String(), "unitId": uuid.NewString()} {
			w.refuse("record", id, form{"text": "x", field: foreign}, errs.Invalid, field)
			w.refuse("record", id, form{"text": "x", field: "keine"}, errs.Invalid, field)
		}
		w.refuse("record", id, form{"unitId": w.units["停用"].String()}, errs.Invalid, "unitId")
		w.refuse("record", id, form{"on": "gestern"}, errs.Invalid, "on")
		w.refuse("claim", id, form{"itemId": c.Items[0].ID.String(), "path": "认领"}, errs.Invalid, "itemId")
		w.refuse("remove", id, form{"partyId": partyOf(w.t, c, "居民")}, errs.Invalid, "partyId")
		w.refuse("cancel", id, form{"eventId": c.Events[0].ID.String()}, errs.Invalid, "eventId")
		w.refuse("hold", id, form{"eventId": c.Events[0].ID.String()}, errs.Invalid, "eventId")
		w.refuse("hold", id, form{"present": list(partyOf(w.t, c, "居民"))}, errs.Invalid, "present", "0")
		w.refuse("items", id, form{"items": list(form{"text": "a"}, form{"text": "b", "partyId": partyOf(w.t, c, "居民")})}, errs.Invalid, "items", "1", "partyId")
		w.refuse("party", id, form{"parties": list(form{"membershipId": uuid.NewString()})}, errs.Invalid, "parties", "0", "membershipId")
	})
	w.sub("minutes: an answer has measures and a period", func(w *world) {
		id := w.open()
		c := w.do("hold", id, nil)
		ev := c.Events[0].ID.String()
		w.refuse("minutes", id, form{"eventId": ev, "minutes": list(form{"mode": "问", "text": "何时修"}, form{"mode": "答", "text": "马上"})}, errs.Invalid, "minutes", "1", "measures")
		w.refuse("minutes", id, form{"eventId": ev, "minutes": list(form{"mode": "答", "text": "马上", "measures": "更换"})}, errs.Invalid, "minutes", "0", "period")
		w.refuse("minutes", id, form{"eventId": ev, "minutes": list(form{"mode": "说", "text": "马上"})}, errs.Invalid, "minutes", "0", "mode")
		w.refuse("minutes", id, form{"minutes": list(form{"mode": "问", "text": "何时修"})}, errs.Invalid, "eventId")
		c = w.do("minutes", id, form{"eventId": ev, "minutes": list(form{"mode": "问", "text": "何时修"}, form{"mode": "答", "text": "马上", "measures": "更换", "period": "一个月"}, form{"mode": "辩", "text": "太慢"})})
		ms := c.RecordsOf(record.KindMINUTE)
		if len(ms) != 3 || ms[1].Mode != "答" || ms[1].Data["measures"] != "更换" || ms[1].Data["period"] != "一个月" || ms[1].EventID.String() != ev {
			w.t.Error(ms)
		}
	})
	w.sub("score: one for each member of the role, and one only", func(w *world) {
		id := w.open()
		w.do("team", id, form{"team": list(form{"name": "没有账号的专家"})})
		w.do("score", id, nil)
		c := w.do("score", id, nil)
		s := c.RecordsOf(record.KindSCORE)
		if len(s) != 1 || s[0].Data["code"] != "talk" || s[0].Data["membershipId"] != w.people["委员"].Membership.String() || s[0].PartyID.String() != partyOf(w.t, c, "委员") {
			w.t.Error(s)
		}
	})
}

func TestPeople(t *testing.T) {
	w := newWorld(t)
	w.sub("party: as the form says it, the telephone number with it alone", func(w *world) {
		id := w.open()
		c := w.do("party", id, form{"parties": list(form{"name": " 张三 ", "kind": "RESIDENT", "post": "楼长", "organisation": "某社区", "phone": "13900000000", "speaker": true})})
		p := c.Active(party.RolePARTICIPANT)[0]
		if p.Name != "张三" || p.Kind != "RESIDENT" || p.Post != "楼长" || p.Organisation != "某社区" || p.Phone != "13900000000" || !p.Speaker {
			w.t.Error(p)
		}
		if a, _ := json.Marshal(w.after(id, "party")); strings.Contains(string(a), "139") {
			w.t.Error(string(a))
		}
		w.refuse("party", id, form{"parties": list(form{"kind": "RESIDENT"})}, errs.Invalid, "parties", "0", "name")
	})
	w.sub("party: a member and a unit have their own names; the kind of the action holds", func(w *world) {
		c := w.do("team", w.open(), form{"team": list(form{"membershipId": w.people["外委员"].Membership.String(), "name": "假名", "kind": "COMPANY"}, form{"unitId": w.units["部门"].String()})})
		got := c.Active(party.RoleTEAM)
		if len(got) != 3 || got[1].Name != "外委员" || got[1].Kind != "MEMBER" || got[2].Name != "城建局" {
			w.t.Error(got)
		}
	})
	w.sub("party: who is there is not doubled, who was removed comes back", func(w *world) {
		id := w.open()
		both := form{"team": list(form{"membershipId": w.people["委员"].Membership.String(), "post": "组长"}, form{"name": "专家"}, form{"name": "专家"})}
		c := w.do("team", id, both)
		if c = w.do("team", id, both); len(c.Parties) != 2 || c.Active(party.RoleTEAM)[0].Post != "组长" {
			w.t.Error(c.Parties)
		}
		if c = w.do("remove", id, form{"partyId": partyOf(w.t, c, "委员")}); len(c.Active()) != 1 || len(c.Parties) != 2 {
			w.t.Error(c.Parties)
		}
		if c = w.do("team", id, both); len(c.Parties) != 2 || len(c.Active()) != 2 {
			w.t.Error(c.Parties)
		}
	})
}

func TestEvents(t *testing.T) {
	w := newWorld(t)
	w.sub("event: as the form says it, at a venue in use", func(w *world) {
		id := w.open()
		w.refuse("plan", id, form{"title": "协商会"}, errs.Invalid, "on")
		w.refuse("plan", id, form{"on": "2025-03-10", "venueId": w.units["部门"].String()}, errs.Invalid, "venueId")
		c := w.do("plan", id, form{"title": "协商会", "on": "2025-03-10", "place": "议事厅", "venueId": w.units["阵地"].String(), "unitId": w.units["部门"].String(), "form": "座谈", "edition": 2, "summary": "一"})
		e := c.Events[0]
		if e.Kind != event.KindMEETING || e.Title != "协商会" || !e.On.Equal(day(10)) || e.Place != "议事厅" || *e.VenueID != w.units["阵地"] || *e.UnitID != w.units["部门"] ||
			e.Form != "座谈" || *e.Edition != 2 || e.State != event.StatePLANNED || e.Concealed || *e.AuthorID != w.people["干部"].Membership {
			w.t.Error(e)
		}
	})
	w.sub("hold: held on its day, with who was there and who was not, once", func(w *world) {
		id := w.open()
		c := w.do("party", id, form{"parties": list(form{"name": "甲"}, form{"name": "乙"})})
		c = w.do("plan", id, form{"on": "2025-03-03"})
		ev, a, b := c.Events[0].ID.String(), partyOf(w.t, c, "甲"), partyOf(w.t, c, "乙")
		w.refuse("hold", id, form{"eventId": ev, "on": "2025-03-04"}, errs.Invalid, "on")
		w.refuse("hold", id, form{"eventId": ev, "present": list(a), "absent": list(a)}, errs.Invalid, "absent", "0")
		c = w.do("hold", id, form{"eventId": ev, "present": list(a), "absent": list(b), "summary": "达成一致"})
		e := c.Events[0]
		if e.State != event.StateHELD || e.Summary != "达成一致" || !e.On.Equal(day(3)) || len(e.Edges.Attendances) != 2 {
			w.t.Error(e)
		}
		for _, at := range e.Edges.Attendances {
			if (at.PartyID.String() == a) != (at.Status == attendance.StatusATTENDED) {
				w.t.Error(at)
			}
		}
		w.refuse("hold", id, form{"eventId": ev, "present": list(a)}, errs.Conflict, "eventId")
		w.refuse("cancel", id, form{"eventId": ev}, errs.Invalid, "eventId")
	})
	w.sub("hold: without an event of its kind it is written down as held", func(w *world) {
		id := w.open()
		c := w.do("hold", id, form{"title": "临时会", "on": "2025-03-02"})
		if e := c.Events[0]; e.State != event.StateHELD || e.Title != "临时会" || !e.On.Equal(day(2)) {
			w.t.Error(e)
		}
		w.refuse("visit", id, nil, errs.Invalid, "eventId")
		c = w.do("secret", id, form{"on": "2025-03-05"})
		w.refuse("hold", id, form{"eventId": c.Events[1].ID.String()}, errs.Invalid, "eventId") // a visit is no meeting
	})
	w.sub("event: of one that is concealed the timeline tells neither name nor day", func(w *world) {
		id := w.open()
		w.do("secret", id, form{"on": "2025-03-20", "title": "暗访某厂"})
		if a, _ := json.Marshal(w.after(id, "secret")); strings.Contains(string(a), "某厂") || strings.Contains(string(a), "03-20") {
			w.t.Error(string(a))
		}
	})
}

func TestItems(t *testing.T) {
	w := newWorld(t)
	w.sub("items: as the form says them", func(w *world) {
		id := w.open()
		w.refuse("items", id, form{"items": list(form{"text": " "})}, errs.Invalid, "items", "0", "text")
		w.refuse("items", id, form{"items": list(form{"text": "x", "amountFen": -1})}, errs.Invalid, "items", "0", "amountFen")
		w.refuse("items", id, form{"items": list(form{"text": "x", "dueOn": "soon"})}, errs.Invalid, "items", "0", "dueOn")
		w.refuse("items", id, form{"items": "x"}, errs.Invalid)
		c := w.do("items", id, form{"items": list(form{"text": "路灯不亮", "aspect": "照明", "dueOn": "2025-06-30", "unitId": w.units["部门"].String(), "owner": "城建局", "duty": "负责", "effect": "亮",
			"measure": "亮灯率", "path": "认领", "cause": "老化", "solution": "更换", "amountFen": 1200, "key": true, "difficult": true})})
		c = w.do("items", id, form{"items": list(form{"text": "换灯", "parentId": c.Items[0].ID.String()})})
		i := c.Items[0]
		if i.Aspect != "照明" || i.Owner != "城建局" || i.Duty != "负责" || i.Effect != "亮" || i.Measure != "亮灯率" || i.Path != "认领" || i.Cause != "老化" || i.Solution != "更换" ||
			*i.AmountFen != 1200 || !i.Key || !i.Difficult || *i.UnitID != w.units["部门"] || i.DueOn.Format(time.DateOnly) != "2025-06-30" || *c.Items[1].ParentID != i.ID {
			w.t.Error(i)
		}
	})
	w.sub("items: each receipt has its number, one series for the committee, and a code", func(w *world) {
		id, other := w.open(), w.open()
		c := w.do("receive", id, form{"items": list(form{"text": "一"}, form{"text": "二"})})
		d := w.do("receive", other, form{"items": list(form{"text": "三"})})
		if c.Items[0].ReceiptNo != "2025-收-0001" || c.Items[1].ReceiptNo != "2025-收-0002" || d.Items[0].ReceiptNo != "2025-收-0003" {
			w.t.Error(c.Items, d.Items)
		}
		shown := w.after(id, "receive")["receipts"].([]any)
		if code := c.Items[1].CheckCode; !regexp.MustCompile(`^[2-9A-HJKMNP-TW-Z]{8}$`).MatchString(code) || shown[1] != "2025-收-0002" || strings.Contains(fmt.Sprint(w.after(id, "receive")), code) || code == c.Items[0].CheckCode {
			w.t.Error(code, shown)
		}
	})
	w.sub("claim_item, settle_item: what is settled is settled", func(w *world) {
		id := w.open()
		c := w.do("items", id, form{"items": list(form{"text": "路灯不亮"})})
		it := c.Items[0].ID.String()
		w.refuse("claim", id, form{"itemId": it}, errs.Invalid, "path")
		c = w.do("claim", id, form{"itemId": it, "path": "认领", "unitId": w.units["部门"].String(), "owner": "城建局", "dueOn": "2025-06-30", "solution": "更换"})
		if i := c.Items[0]; i.Path != "认领" || *i.UnitID != w.units["部门"] || i.Owner != "城建局" || i.DueOn == nil || i.Solution != "更换" || i.Status != item.StatusOPEN {
			w.t.Error(i)
		}
		w.refuse("settle", id, form{"itemId": it, "done": true, "evidence": " "}, errs.Invalid, "evidence")
		if c = w.do("settle", id, form{"itemId": it, "done": false, "evidence": "缺资金"}); c.Items[0].Status != item.StatusREPORTED || c.Items[0].SettledAt != nil {
			w.t.Error(c.Items[0])
		}
		if c = w.do("claim", id, form{"itemId": it, "path": "联合办"}); c.Items[0].Status != item.StatusOPEN {
			w.t.Error("taken up again it is open:", c.Items[0])
		}
		if c = w.do("settle", id, form{"itemId": it, "done": true, "evidence": "已修好", "path": "现场解决"}); c.Items[0].Status != item.StatusDONE || c.Items[0].SettledAt == nil || c.Items[0].Path != "现场解决" {
			w.t.Error(c.Items[0])
		}
		w.refuse("settle", id, form{"itemId": it, "done": true, "evidence": "x"}, errs.Invalid, "itemId")
		w.refuse("claim", id, form{"itemId": it, "path": "认领"}, errs.Invalid, "itemId")
	})
}

func TestMatters(t *testing.T) {
	w := newWorld(t)
	w.system(func(ctx context.Context) error {
		return w.store.Ent().Platform.Create().SetCode("shangliang").SetBrand("商量").SetType("区域型").SetProcessKind("probe").SetOwnerUnitID(w.units["片区"]).Exec(ctx)
	})
	w.sub("create: another matter on its platform, linked by the item; one item once", func(w *world) {
		id := w.open()
		c := w.do("items", id, form{"items": list(form{"text": "路灯不亮"})})
		it := c.Items[0].ID.String()
		c = w.do("create", id, form{"name": "协商路灯", "itemId": it})
		l := c.Out[0]
		if l.Kind != "SINKS_TO" || l.ItemID.String() != it || l.Edges.To.Title != "协商路灯" || l.Edges.To.Kind != "probe" || *l.Edges.To.StreetID != w.units["街道"] ||
			l.Edges.To.PlatformID == nil || *l.Edges.To.OwnerUnitID != w.units["片区"] || *l.Edges.To.CreatorID != w.people["干部"].Membership {
			w.t.Error(l, l.Edges.To)
		}
		w.refuse("create", id, form{"name": "再来", "itemId": it}, errs.Conflict, "itemId")
		w.do("create", id, form{"name": "另一件"})
	})
	w.sub("create: of the kind that the form tells, if it is there", func(w *world) {
		id := w.open()
		c := w.do("createAny", id, form{"kind": "probe"})
		if c.Out[0].Edges.To.Title != c.Title {
			w.t.Error(c.Out[0].Edges.To)
		}
		w.refuse("createAny", id, form{"kind": "keiner"}, errs.Invalid)
		w.refuse("createAny", id, form{"kind": "proposal"}, errs.Invalid, "kind")
		w.refuse("createAny", id, nil, errs.Invalid, "kind")
	})
	w.sub("link: to a matter that one sees, once", func(w *world) {
		id, other := w.open(), w.open()
		w.do("link", id, form{"earlier": other.String()})
		if c := w.do("link", id, form{"earlier": other.String()}); len(c.Out) != 1 || c.Out[0].ToID != other {
			w.t.Error(c.Out)
		}
		w.refuse("link", id, form{"earlier": id.String()}, errs.Invalid, "earlier")
		w.refuse("link", id, form{"earlier": uuid.NewString()}, errs.Invalid, "earlier")
		outside := w.units["外街道"]
		var far uuid.UUID
		if err := w.as("外街道", func(ctx context.Context) error {
			c, err := w.engine.Start(ctx, flow.Opening{Kind: "probe", Title: "别的街道", Street: &outside})
			far = c.Matter.ID
			return err
		}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.try("联络员", "link", id, form{"earlier": far.String()}); !errs.Is(err, errs.Invalid) {
			w.t.Error(err)
		}
	})
	w.sub("start_timer, stop_timer: it runs across actions, once, until it is stopped or all ends", func(w *world) {
		id := w.open()
		extra := func() (open []timer.Status) {
			w.system(func(ctx context.Context) error {
				ts, err := w.store.Ent().Timer.Query().Where(timer.MatterID(id), timer.Key("extra")).Order(timer.ByID()).All(ctx)
				for _, t := range ts {
					open = append(open, t.Status)
				}
				return err
			})
			return open
		}
		w.do("start", id, nil)
		w.do("start", id, nil)
		w.do("number", id, nil)
		w.do("show", id, nil)
		if got := extra(); len(got) != 1 || got[0] != timer.StatusRUNNING {
			w.t.Error(got)
		}
		w.do("finish", id, nil)
		if got := extra(); got[0] != timer.StatusMET {
			w.t.Error(got)
		}
		id = w.open()
		w.do("start", id, nil)
		w.do("stop", id, nil)
		w.do("start", id, nil)
		if got := extra(); len(got) != 2 || got[0] != timer.StatusMET || got[1] != timer.StatusRUNNING {
			w.t.Error(got)
		}
	})
}

func TestTwice(t *testing.T) {
	w := newWorld(t)
	w.sub("the same command on the same version a second time changes nothing", func(w *world) {
		id := w.open()
		version := w.do("number", id, nil).Version
		for i, action := range []struct {
			code string
			form process.Form
		}{{"approve", process.Form{"opinion": "同意"}}, {"items", process.Form{"items": list(form{"text": "一"})}}, {"plan", process.Form{"on": "2025-03-10"}}, {"notify", nil}, {"create", process.Form{"name": "另一件"}}} {
			v := version + i
			for n := range 2 {
				err := w.as("干部", func(ctx context.Context) error {
					_, err := w.engine.Do(ctx, flow.Command{Machine: process.OfMatter, Subject: id, Action: action.code, Form: action.form, Expected: &v})
					return err
				})
				if (n == 0 && err != nil) || (n == 1 && !errs.Is(err, errs.VersionConflict)) {
					w.t.Fatal(action.code, n, err)
				}
			}
		}
		c := w.do("number", id, nil)
		if len(c.Records) != 1 || len(c.Items) != 1 || len(c.Events) != 1 || len(c.Out) != 1 {
			w.t.Error(c.Records, c.Items, c.Events, c.Out)
		}
		w.told(id) // says if anybody was told twice
	})
}
