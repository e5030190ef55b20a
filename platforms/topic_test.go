package platforms

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// submit hands a topic in as the public does, without viewer and collector: of
// 甲街道, unless it says where.
func (w *world) submit(in TopicInput) (r Receipt, err error) {
	if in.Street == nil {
		in.Street = ptr(w.units["甲街道"])
	}
	err = w.db.Store.InTx(w.ctx(), w.tenant, func(ctx context.Context) error { r, err = w.SubmitTopic(ctx, in); return err })
	return r, err
}

func (w *world) mustSubmit(in TopicInput) Receipt {
	w.t.Helper()
	r, err := w.submit(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) lookUp(no, code string) (p *Progress, err error) {
	err = w.db.Store.ReadTx(w.ctx(), w.tenant, func(ctx context.Context) error { p, err = w.LookUp(ctx, no, code); return err })
	return p, err
}

func (w *world) topic(r Receipt) (m *gen.Matter) {
	w.t.Helper()
	w.system(func(ctx context.Context) (err error) {
		m, err = w.client.Matter.Query().Where(matter.HasItemsWith(item.ReceiptNo(r.No))).WithParties().WithItems().WithSteps().Only(ctx)
		return err
	})
	return m
}

func (w *world) records() (n int) {
	w.db.AsSuper(w.t, `SELECT count(*) FROM audit_log`, nil, &n)
	return n
}

func TestTopics(t *testing.T) {
	w := newWorld(t)
	in := spec("lushun")
	in.TakesTopics, in.OwnerUnitID = true, ptr(w.units["提案委"])
	p := w.create(in)
	w.create(spec("closed"))

	text := "路灯坏了\r\n已经三个月，晚上很黑。"
	t.Run("A citizen's topic becomes a matter with a receipt, without anybody signed in, and leaves one record in the audit.", func(t *testing.T) {
		before := w.records()
		street := w.units["甲街道"]
		r := w.mustSubmit(TopicInput{PlatformCode: "lushun", Text: text, Name: "居民甲", Phone: "１３８ 0000 0000", Street: &street})
		if r.No != "2026-收-0001" || len(r.Code) != 8 || w.records() != before+1 {
			t.Fatal(r, w.records()-before)
		}
		m := w.topic(r)
		if m.Kind != TopicKind || m.Title != "路灯坏了 已经三个月，晚上很黑。" || m.Source != SourcePublic || *m.PlatformID != p.ID || *m.StreetID != street ||
			*m.OwnerUnitID != *in.OwnerUnitID || m.CreatorID != nil || m.NextDueOn == nil || len(m.Edges.Steps) != 1 {
			t.Fatal(m)
		}
		who, it := m.Edges.Parties, m.Edges.Items
		if len(who) != 1 || who[0].Role != party.RoleRAISER || who[0].Name != "居民甲" || who[0].Phone != "138 0000 0000" || who[0].MembershipID != nil {
			t.Fatal(who)
		}
		if len(it) != 1 || it[0].Kind != item.KindPROBLEM || it[0].Text != strings.ReplaceAll(text, "\r", "") || it[0].CheckCode != r.Code || *it[0].PartyID != who[0].ID {
			t.Fatal(it)
		}
		var entry string
		w.db.AsSuper(t, `SELECT entry::text FROM audit_log ORDER BY seq DESC LIMIT 1`, nil, &entry)
		if !strings.Contains(entry, "submitTopic") || !strings.Contains(entry, "公众") || strings.Contains(entry, "138 0000") {
			t.Fatal(entry)
		}
	})
	t.Run("A6: a topic that would be nobody's is asked in which street it is; the page says so beforehand", func(t *testing.T) {
		err := w.in(func(ctx context.Context) error {
			site, err := w.Public(ctx, "lushun")
			if err == nil && (!site.Must || len(site.Streets) != 2) {
				t.Error(site)
			}
			if err == nil {
				_, err = w.SubmitTopic(ctx, TopicInput{PlatformCode: "lushun", Text: "路灯坏了"})
			}
			return err
		})
		refused(t, err, errs.Invalid, "street")
		own := spec("own")
		own.TakesTopics, own.OwnerUnitID = true, ptr(w.units["乙街道"])
		w.create(own)
		w.system(func(ctx context.Context) error {
			site, err := w.Public(ctx, "own")
			if err == nil && site.Must {
				t.Error("a street's own platform asks for the street")
			}
			return err
		})
	})
	t.Run("who happens to be signed in is not its creator", func(t *testing.T) {
		var r Receipt
		w.do("委员甲", func(ctx context.Context) (err error) {
			r, err = w.SubmitTopic(ctx, TopicInput{PlatformCode: "lushun", Text: "委员甲也是居民", Street: ptr(w.units["甲街道"])})
			return err
		})
		if m := w.topic(r); m.CreatorID != nil || r.No != "2026-收-0002" {
			t.Fatal(m, r)
		}
	})
	t.Run("what is wrong is said at its field", func(t *testing.T) {
		for path, bad := range map[string]TopicInput{
			"text":   {Text: strings.Repeat("字", LongestTopic+1)},
			"name":   {Text: "事", Name: strings.Repeat("名", shortText+1)},
			"phone":  {Text: "事", Phone: "不想说"},
			"street": {Text: "事", Street: ptr(w.units["经济界"])},
		} {
			bad.PlatformCode = "lushun"
			_, err := w.submit(bad)
			refused(t, err, errs.Invalid, path)
		}
		_, err := w.submit(TopicInput{PlatformCode: "lushun", Text: " \n "})
		refused(t, err, errs.Invalid, "text")
		_, err = w.submit(TopicInput{PlatformCode: "lushun", Text: "有\x00零"})
		refused(t, err, errs.Invalid, "text")
		w.mustSubmit(TopicInput{PlatformCode: "lushun", Text: strings.Repeat("字", LongestTopic)})
	})
	t.Run("Only a platform that is active and takes topics takes one.", func(t *testing.T) {
		for _, code := range []string{"closed", "unknown", "", "\x00"} {
			_, err := w.submit(TopicInput{PlatformCode: code, Text: "事"})
			refused(t, err, errs.NotFound, "")
		}
		r := spec("retired")
		r.TakesTopics = true
		old := w.create(r)
		w.do("管理员", func(ctx context.Context) error { _, err := w.Retire(ctx, old.ID, "停"); return err })
		_, err := w.submit(TopicInput{PlatformCode: "retired", Text: "事"})
		refused(t, err, errs.NotFound, "")
	})
	t.Run("The same form sent twice is one topic with one receipt.", func(t *testing.T) {
		in := TopicInput{PlatformCode: "lushun", Text: "井盖缺失", Once: uuid.Must(uuid.NewV7())}
		got := make(chan string, 8)
		for range cap(got) {
			go func() {
				r, err := w.submit(in)
				got <- fmt.Sprint(r, err)
			}()
		}
		first := <-got
		for range cap(got) - 1 {
			if next := <-got; next != first || !strings.HasSuffix(next, "<nil>") {
				t.Fatal(first, next)
			}
		}
		in.Text = "另一件事"
		_, err := w.submit(in)
		refused(t, err, errs.Conflict, "")
	})
}

func TestReceipts(t *testing.T) {
	w := newWorld(t)
	in := spec("lushun")
	in.TakesTopics = true
	w.create(in)
	r := w.mustSubmit(TopicInput{PlatformCode: "lushun", Text: "路灯坏了", Name: "居民甲", Phone: "13800000000"})
	id := w.topic(r).ID

	t.Run("Who holds number and check code learns how far it has come; a wrong number and a wrong code look alike.", func(t *testing.T) {
		p, err := w.lookUp(r.No, r.Code)
		if err != nil || p.Text != "路灯坏了" || p.State != "收到" || p.Stage != "征题" || p.Settled || p.Due == nil || !clock.Day(p.Since).Equal(clock.Day(monday)) {
			t.Fatal(p, err)
		}
		if _, err := w.lookUp(" ２０２６－收－0001 ", strings.ToLower(r.Code[:4])+" "+r.Code[4:]); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, try := range [][2]string{{"2026-收-9999", r.Code}, {r.No, "AAAAAAAA"}, {r.No, ""}, {"", ""}, {"2026-收-9999", "--------"}, {r.No, r.Code[:7]}, {"\x00", "\xff"}} {
			_, err := w.lookUp(try[0], try[1])
			e := refused(t, err, errs.NotFound, "code")
			words = append(words, e.Message)
		}
		for _, m := range words {
			if m != words[0] {
				t.Fatal(words)
			}
		}
	})
	t.Run("a receipt that another process gave is answered too", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			c, err := w.engine.Start(ctx, flow.Opening{Kind: "talk", Title: "议事会", Street: ptr(w.units["甲街道"])})
			if err != nil {
				return err
			}
			return w.client.Item.Create().SetMatterID(c.Matter.ID).SetKind("PROBLEM").SetText("停车难").SetReceiptNo("议（2026）1").SetCheckCode("23456789").
				SetStatus("DONE").SetEvidence("已施划车位四十个").Exec(ctx)
		})
		p, err := w.lookUp("议（2026）1", "23456789")
		if err != nil || p.Text != "停车难" || p.State != "商量中" || !p.Settled || p.Result != "已施划车位四十个" {
			t.Fatal(p, err)
		}
	})
	t.Run("What a receipt shows names nobody and quotes no note of the staff.", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			o, err := w.engine.Start(ctx, flow.Opening{Kind: "opinion", Title: "内部标题"})
			if err != nil {
				return err
			}
			w.client.Record.Create().SetMatterID(id).SetKind("NOTE").SetText("内部说明").ExecX(ctx)
			w.client.Item.Update().Where(item.MatterID(id)).SetEvidence("内部依据").SetSolution("内部办法").ExecX(ctx)
			w.client.Link.Create().SetFromID(id).SetToID(o.Matter.ID).SetKind("CONVERTED_TO").SetReason("内部理由").ExecX(ctx)
			other, err := w.engine.Start(ctx, flow.Opening{Kind: "talk", Title: "撤销的", Street: ptr(w.units["甲街道"])})
			if err != nil {
				return err
			}
			return w.client.Link.Create().SetFromID(id).SetToID(other.Matter.ID).SetKind("CONVERTED_TO").SetUndoneAt(monday).Exec(ctx)
		})
		p, err := w.lookUp(r.No, r.Code)
		if err != nil || !reflect.DeepEqual(p.Links, []string{"社情民意"}) {
			t.Fatal(p, err)
		}
		if all := fmt.Sprintf("%+v", p); strings.Contains(all, "居民甲") || strings.Contains(all, "138") || strings.Contains(all, "内部") {
			t.Fatal(all)
		}
		w.clock.Advance(48 * time.Hour)
		act := func(cmd flow.Command) {
			w.do("干部", func(ctx context.Context) error { _, err := w.engine.Do(ctx, cmd); return err })
		}
		act(flow.Command{Machine: process.OfMatter, Subject: id, Action: "answer", Form: process.Form{"answer": "已修好"}})
		p, err = w.lookUp(r.No, r.Code)
		if err != nil || p.State != "已反馈" || !p.Settled || p.Result != "已修好" || p.Due != nil || !p.Since.Equal(monday.Add(48*time.Hour)) {
			t.Fatal(p, err)
		}
		act(flow.Command{Machine: process.OfMatter, Subject: id, Action: "reopen", Reason: "又坏了"})
		if p, err = w.lookUp(r.No, r.Code); err != nil || p.Settled || p.Result != "" || p.State != "收到" {
			t.Fatal(p, err)
		}
	})
	t.Run("another committee does not know the receipt", func(t *testing.T) {
		err := w.db.Store.ReadTx(w.ctx(), uuid.New(), func(ctx context.Context) error { _, err := w.LookUp(ctx, r.No, r.Code); return err })
		refused(t, err, errs.NotFound, "code")
	})
}
