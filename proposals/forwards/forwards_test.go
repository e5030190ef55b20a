package forwards_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals/forwards"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
)

// The shipped definition closes its loop, and checking needs no exchange.
func TestTheShippedDefinitionClosesItsLoop(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../tenants/templates/forward.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := process.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := district.Rights()
	if err != nil {
		t.Fatal(err)
	}
	e := flow.NewRules()
	forwards.Register(e)
	for _, f := range e.Check(d, process.DefaultPolicy(), process.RolesOf(policy)) {
		t.Error(f)
	}
}

const noAgreement = "与上级政协没有有效的、包括送出转来的提案（proposal_forward）的往来约定，不能转上级政协；请租户管理员约定或恢复"

func TestWhereItCannotGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1, zhongshan)
	id := h.reviewed(zhongshan)
	refused := func(says string) {
		t.Helper()
		_, err := h.try(zhongshan, "主任", "forwardUp", id, "理由", nil)
		h.refused(err, errs.GuardFailed, says)
		if m := h.matter(zhongshan, id); m.State != "REVIEWED" || m.Mirror != nil {
			h.Error(m.State, m.Mirror)
		}
	}
	h.run("where there is none above, a proposal is not forwarded", func() { refused("本政协没有上级，不能转上级政协") })
	h.committee(city)
	h.below(zhongshan, city)
	h.run("nor where there is no agreement with it", func() {
		refused(noAgreement)
	})
	half := h.agree(zhongshan, exchange.Terms{Partner: city, Sends: []string{"commendation"}})
	h.run("nor where the agreement does not let forwarded proposals out", func() {
		refused(noAgreement)
	})
	h.agree(zhongshan, exchange.Terms{Partner: city, Sends: []string{forwards.KindEnvelope}})
	h.run("nor where it is suspended", func() {
		h.must(h.as(zhongshan, "管理员", func(ctx context.Context) error { _, err := h.post.Suspend(ctx, half, "调整"); return err }))
		refused(noAgreement)
		h.must(h.as(zhongshan, "管理员", func(ctx context.Context) error { _, err := h.post.Resume(ctx, half); return err }))
	})
	h.run("what the city does not receive waits in the district's list of refused envelopes, and the proposal says that it was sent", func() {
		h.agree(city, exchange.Terms{Partner: zhongshan})
		c := h.do(zhongshan, "主任", "forwardUp", id, nil)
		h.deliver(zhongshan)
		if m := h.matter(zhongshan, id); c.State != "FORWARDED_UP" || m.Mirror["status"] != exchange.WentUp || m.Mirror["committee"] != city || m.Mirror["name"] != "大连市政协" || m.Mirror["on"] != "2025-01-06" {
			h.Error(c.State, m.Mirror)
		}
		h.must(h.as(zhongshan, "管理员", func(ctx context.Context) error {
			p, err := h.post.Dead(ctx, 10, uuid.Nil)
			if err == nil && (len(p.Rows) != 1 || p.Rows[0].Code != exchange.NotReceived || p.Rows[0].About.ID != id) {
				h.Error(p.Rows)
			}
			return err
		}))
	})
}

func TestWhatCrosses(t *testing.T) {
	t.Parallel()
	h, sent, id := came(t)
	m := h.only(city)
	h.run("what crosses is a copy", func() {
		raw, err := json.Marshal(m.Data)
		h.must(err)
		want := `{"analysis":"跨区无人牵头。","category":"城建","consentPublish":true,"proposerKind":"JOINT","reason":"在市的职权之内",` +
			`"situation":"断头路有三处。","submittedOn":"2025-01-06","suggestions":["由市里统筹","列入明年计划"]}`
		if string(raw) != want || m.Title != title {
			h.Errorf("%s %s", m.Title, raw)
		}
		if len(m.Edges.Parties) != 2 {
			h.Fatal(m.Edges.Parties)
		}
		for i, p := range m.Edges.Parties {
			if want := []string{"委员甲 LEAD", "委员乙 CO"}[i]; p.Name+" "+string(p.Role) != want || p.Organisation != "中山区政协" || p.MembershipID != nil {
				h.Error(p)
			}
		}
		number := h.matter(zhongshan, sent).Number
		if m.Origin["committee"] != zhongshan || m.Origin["name"] != "中山区政协" || m.Origin["number"] != number || number == "" {
			h.Error(m.Origin)
		}
	})
	h.run("no telephone number and no review opinion crosses", func() {
		var body string
		h.must(h.as(city, "", func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT body FROM exchange_inbox WHERE kind = 'proposal_forward'`, nil, &body)
		}))
		if strings.Contains(body, "13000000000") || strings.Contains(body, "属于市的职权") {
			h.Error(body)
		}
	})
	h.run("the higher committee's staff for proposals see it, and nobody else", func() {
		for who, want := range map[string]bool{"干事": true, "主任": true, "委员甲": false, "委员乙": false, "管理员": false, "政府办": false, "审查员": false} {
			if got := h.sees(city, who, id); got != want {
				h.Errorf("%s sees it: %v", who, got)
			}
		}
		if h.sees(zhongshan, "主任", id) {
			h.Error("the sender sees the copy")
		}
	})
	h.run("the sender's proposal shows the copy's state", func() {
		if got := h.matter(zhongshan, sent).Mirror["status"]; got != "已收到" {
			h.Error(got)
		}
	})
	h.run("the same proposal comes once", func() {
		h.must(h.as(zhongshan, "", func(ctx context.Context) error {
			body := map[string]any{"title": title, "proposerKind": "JOINT", "proposers": []string{"委员甲"}}
			_, err := h.post.Send(ctx, city, forwards.KindEnvelope, body, exchange.Object{Type: gen.TypeMatter, ID: sent})
			return err
		}))
		h.deliver(zhongshan)
		h.only(city)
		h.must(h.as(zhongshan, "管理员", func(ctx context.Context) error {
			p, err := h.post.Dead(ctx, 10, uuid.Nil)
			if err == nil && (len(p.Rows) != 1 || p.Rows[0].Reason != "这件提案已经转来过，不能再转一次") {
				h.Error(p.Rows)
			}
			return err
		}))
	})
	h.run("a copy that is not what it must be is refused", func() {
		for _, body := range []map[string]any{
			{"proposerKind": "JOINT", "proposers": []string{"甲"}},
			{"title": title, "proposerKind": "NOBODY", "proposers": []string{"甲"}},
			{"title": title, "proposerKind": "JOINT"},
			{"title": title, "proposerKind": "JOINT", "proposers": []string{" "}},
			{"title": title, "proposerKind": "JOINT", "proposers": []string{"甲"}, "situation": strings.Repeat("长", 20_001)},
			{"title": title, "proposerKind": "JOINT", "proposers": []string{"甲"}, "number": strings.Repeat("1", 201)},
			{"title": title, "proposerKind": "JOINT", "proposers": []string{"甲"}, "submittedOn": "昨天"},
		} {
			var e uuid.UUID
			h.must(h.as(zhongshan, "", func(ctx context.Context) (err error) {
				e, err = h.post.Send(ctx, city, forwards.KindEnvelope, body, exchange.Object{})
				return err
			}))
			h.deliver(zhongshan)
			var code string
			h.must(h.as(zhongshan, "", func(ctx context.Context) error {
				return tenants.Row(ctx, `SELECT code FROM exchange_outbox WHERE id = $1`, []any{e}, &code)
			}))
			if code != string(exchange.Malformed) {
				h.Errorf("%v: %s", body, code)
			}
		}
		h.only(city)
	})
}

func TestTheAnswer(t *testing.T) {
	t.Parallel()
	h, sent, id := came(t)
	status := func() string {
		h.Helper()
		h.deliver(city)
		m := h.matter(zhongshan, sent).Mirror
		note, _ := m["note"].(string)
		return strings.TrimSpace(m["status"].(string) + " " + note)
	}
	h.run("it is taken within fifteen working days and answered within three months", func() {
		due := func() string { return h.matter(city, id).NextDueOn.Format(time.DateOnly) }
		if got := due(); got != "2025-01-26" { // a Sunday that is worked before the Spring Festival
			h.Error(got)
		}
		h.do(city, "干事", "take", id, nil)
		if got := due(); got != "2025-04-06" {
			h.Error(got)
		}
		if got := status(); got != "研究办理中" {
			h.Error(got)
		}
	})
	answer := func(on string) (*flow.Case, error) {
		return h.try(city, "主任", "answer", id, "", process.Form{"on": on, "text": "已列入明年市政计划。"})
	}
	h.run("nothing is answered on a day that has not come", func() {
		_, err := answer("2025-01-07")
		h.refused(err, errs.Invalid, "日期在今天之后，还没有发生的事不能记录")
	})
	h.run("the sender's proposal shows the answer", func() {
		c, err := answer("2025-01-06")
		h.must(err)
		if r := c.Records; c.State != "ANSWERED" || len(r) != 1 || r[0].Mode != "答复" || r[0].Text != "已列入明年市政计划。" {
			h.Error(c.State, r)
		}
		if got := status(); got != "已答复 已列入明年市政计划。" {
			h.Error(got)
		}
	})
}

func TestDeclined(t *testing.T) {
	t.Parallel()
	h, sent, id := came(t)
	h.run("declining asks for a reason, and the sender is told it", func() {
		_, err := h.try(city, "干事", "decline", id, " ", nil)
		h.refused(err, errs.Invalid, "请填写理由")
		_, err = h.try(city, "干事", "decline", id, strings.Repeat("长", 4001), nil)
		h.refused(err, errs.Invalid, "理由至多 4000 字")
		_, err = h.try(city, "干事", "decline", id, "属于区的职权", nil)
		h.must(err)
		h.deliver(city)
		if m := h.matter(zhongshan, sent).Mirror; m["status"] != "未予接收" || m["note"] != "属于区的职权" {
			h.Error(m)
		}
	})
}

func TestAdopted(t *testing.T) {
	t.Parallel()
	h, sent, id := came(t)
	adopt := func(what uuid.UUID) (*flow.Case, error) {
		return h.try(city, "主任", "adopt", id, "", process.Form{"proposalId": what.String()})
	}
	h.do(city, "干事", "take", id, nil)
	own := h.submitted(city)
	h.run("it is taken up as a real proposal of the higher committee", func() {
		const unknown = "没有这件提案，或您无权查看，请重新选择"
		_, err := adopt(sent) // the district's
		h.refused(err, errs.Invalid, unknown)
		_, err = adopt(id) // no proposal
		h.refused(err, errs.Invalid, unknown)
	})
	h.run("one that was withdrawn is none", func() {
		gone := h.submitted(city)
		h.do(city, "委员乙", "consentWithdraw", gone, nil)
		h.do(city, "委员甲", "withdraw", gone, nil)
		_, err := adopt(gone)
		h.refused(err, errs.Invalid, "所选的提案还没有提交，或已撤案、并案、转出、不予立案，请另选一件")
	})
	h.run("the sender is told number and title", func() {
		c, err := adopt(own)
		h.must(err)
		m := h.only(city)
		if l := m.Edges.LinksOut; c.State != "ADOPTED" || len(l) != 1 || l[0].ToID != own || l[0].Kind != "CONVERTED_TO" {
			h.Error(c.State, l)
		}
		h.deliver(city)
		want := "已作为本会提案办理：《" + title + "》" + h.matter(city, own).Number
		if got := h.matter(zhongshan, sent).Mirror; got["status"] != "已作为本会提案" || got["note"] != want {
			h.Error(got, want)
		}
	})
}

// A district in an installation of its own names the city in its directory and
// reaches it by files.
func TestByFile(t *testing.T) {
	t.Parallel()
	up, low := newHouse(t, 1, city), newHouse(t, 2, city, zhongshan)
	identity := func(h *house, code string) (i exchange.Identity) {
		h.must(h.as(code, "管理员", func(ctx context.Context) (err error) { i, err = h.post.Identity(ctx); return err }))
		return i
	}
	half := func(h *house, code string, with exchange.Identity, sends, receives []string) {
		h.agree(code, exchange.Terms{Partner: with.Code, Name: with.Name, Key: with.Key, Channel: agreement.ChannelFILE, Sends: sends, Receives: receives})
	}
	kinds := []string{forwards.KindEnvelope}
	half(up, city, identity(low, zhongshan), nil, kinds)
	half(low, zhongshan, identity(up, city), kinds, nil)
	carry := func(from *house, of, to string, into *house) {
		t.Helper()
		var file bytes.Buffer
		from.must(from.as(of, "管理员", func(ctx context.Context) error { _, err := from.post.Export(ctx, &file, to, 0); return err }))
		admin := into.of[to].Who("管理员")
		var v *authz.Viewer
		into.must(into.as(to, "管理员", func(ctx context.Context) error { v = authz.From(ctx); return nil }))
		if v.Membership != admin.Membership {
			t.Fatal("another person")
		}
		if _, err := into.post.Import(authz.With(clock.With(context.Background(), into.clock), v), into.of[to].Tenant, &file); err != nil {
			t.Fatal(err)
		}
	}
	id := low.reviewed(zhongshan)
	low.do(zhongshan, "主任", "forwardUp", id, nil)
	carry(low, zhongshan, city, up)
	carry(up, city, zhongshan, low)
	t.Run("the person who carried the file in does not see it", func(t *testing.T) {
		m := up.only(city)
		if m.CreatorID != nil || m.Visibility != matter.VisibilitySTAFF || up.sees(city, "管理员", m.ID) || !up.sees(city, "干事", m.ID) {
			t.Error(m)
		}
	})
	t.Run("the sender's proposal shows its state", func(t *testing.T) {
		if m := low.matter(zhongshan, id).Mirror; m["status"] != "已收到" || m["committee"] != city {
			t.Error(m)
		}
	})
}
