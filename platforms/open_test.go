package platforms

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

func finish(m *gen.Matter) flow.Command {
	return flow.Command{Machine: process.OfMatter, Subject: m.ID, Action: "finish"}
}

func TestOpen(t *testing.T) {
	w := newWorld(t)
	in := spec("lushun")
	in.OwnerUnitID = ptr(w.units["提案委"])
	in.Sources = []string{"党政交题", SourceMember, SourcePublic}
	p := w.create(in)
	plain := w.create(spec("plain"))

	t.Run("Staff of the whole committee open for any unit, staff of a unit for their own units, a member for himself.", func(t *testing.T) {
		a, b := w.units["甲街道"], w.units["乙街道"]
		c := w.open("干部", Opening{PlatformID: p.ID, Title: "老旧小区停车", Source: "党政交题", StreetID: &b, Data: map[string]any{"value": "影响三个小区"}, PlanNote: "年度计划第二项"})
		if *c.StreetID != b || *c.OwnerUnitID != *in.OwnerUnitID || *c.PlatformID != p.ID || c.Source != "党政交题" ||
			c.Data["value"] != "影响三个小区" || c.Data["planNote"] != "年度计划第二项" {
			t.Fatal(c.Matter)
		}
		c = w.open("联络员甲", Opening{PlatformID: p.ID, Title: "路口信号灯", Source: SourcePublic})
		if c.StreetID == nil || *c.StreetID != a || *c.OwnerUnitID != *in.OwnerUnitID {
			t.Fatal(c.Matter)
		}
		c = w.open("召集人", Opening{PlatformID: plain.ID, Title: "企业用工", StreetID: &b})
		if c.SectorID == nil || *c.SectorID != w.units["经济界"] || *c.StreetID != b {
			t.Fatal(c.Matter)
		}
		_, err := w.tryOpen("联络员甲", Opening{PlatformID: p.ID, Title: "别的街道的事", Source: SourcePublic, StreetID: &b})
		refused(t, err, errs.NotAllowed, "streetId")
		_, err = w.tryOpen("无席位", Opening{PlatformID: p.ID, Title: "没有单位", Source: SourcePublic})
		refused(t, err, errs.NotAllowed, "")
		c = w.open("委员甲", Opening{PlatformID: p.ID, Title: "公交末班车", StreetID: &b})
		if *c.StreetID != b {
			t.Fatal(c.Matter)
		}
		_, err = w.tryOpen("委员甲", Opening{PlatformID: p.ID, Title: "公交末班车", OwnerUnitID: &a})
		refused(t, err, errs.NotAllowed, "ownerUnitId")
		for _, who := range []string{"管理员", "审计员"} {
			_, err = w.tryOpen(who, Opening{PlatformID: p.ID, Title: "公交末班车"})
			refused(t, err, errs.NotAllowed, "")
		}
		_, err = w.tryOpen("干部", Opening{PlatformID: p.ID, Title: "不是街道", Source: "党政交题", StreetID: ptr(w.units["经济界"])})
		refused(t, err, errs.Invalid, "streetId")
	})
	t.Run("A6: what would be nobody's goes to the opener's own street, else he is asked for one", func(t *testing.T) {
		for _, who := range []string{"委员乙", "委员甲", "召集人", "干部"} { // of no street
			in := Opening{PlatformID: plain.ID, Title: "路灯不亮"}
			_, err := w.tryOpen(who, in)
			if e := refused(t, err, errs.Invalid, "streetId"); !strings.Contains(e.Message, "街道联络员") || !strings.Contains(e.Message, "请选择由哪个街道办理") {
				t.Error(e.Message)
			}
		}
		w.system(func(ctx context.Context) error {
			return w.client.Seat.Create().SetMembershipID(w.people["委员乙"].Membership).SetUnitID(w.units["乙街道"]).Exec(ctx)
		})
		c, err := w.tryOpen("委员乙", Opening{PlatformID: plain.ID, Title: "路灯不亮"})
		if err != nil || c.StreetID == nil || *c.StreetID != w.units["乙街道"] {
			t.Fatal(c, err)
		}
		w.system(func(ctx context.Context) error { // it is on the list of that street's liaison
			var n int
			err := tenants.Row(ctx, `SELECT count(*) FROM awaited WHERE matter_id = $1 AND role = 'street_liaison' AND unit_id = $2 AND NOT instead`,
				[]any{c.Matter.ID, w.units["乙街道"]}, &n)
			if err == nil && n != 1 {
				t.Error("nobody is awaited")
			}
			return err
		})
		own := spec("own")
		own.OwnerUnitID = ptr(w.units["甲街道"])
		if c, err = w.tryOpen("委员甲", Opening{PlatformID: w.create(own).ID, Title: "路灯不亮"}); err != nil || c.StreetID != nil {
			t.Fatal(c, err) // a street's own platform has somebody
		}
	})
	t.Run("A member's matter is 委员荐题 where the platform knows that source.", func(t *testing.T) {
		if c := w.open("委员乙", Opening{PlatformID: p.ID, Title: "校门口拥堵"}); c.Source != SourceMember {
			t.Fatal(c.Source)
		}
		_, err := w.tryOpen("委员乙", Opening{PlatformID: p.ID, Title: "校门口拥堵", Source: "党政交题"})
		refused(t, err, errs.NotAllowed, "source")
	})
	t.Run("The source is one of the platform's, if it lists any.", func(t *testing.T) {
		for _, source := range []string{"", "道听途说"} {
			_, err := w.tryOpen("干部", Opening{PlatformID: p.ID, Title: "校门口拥堵", Source: source})
			refused(t, err, errs.Invalid, "source")
		}
		if c := w.open("干部", Opening{PlatformID: plain.ID, Title: "校门口拥堵", Source: "来信"}); c.Source != "来信" {
			t.Fatal(c.Source)
		}
	})
	t.Run("Who opens a matter is its first party.", func(t *testing.T) {
		c := w.open("委员甲", Opening{PlatformID: p.ID, Title: "路灯不亮"})
		me := w.people["委员甲"].Membership
		if len(c.Parties) != 1 || c.Parties[0].Role != party.RoleLEAD || *c.Parties[0].MembershipID != me || c.Parties[0].Name != "委员甲" || *c.CreatorID != me {
			t.Fatal(c.Parties)
		}
	})
	t.Run("A matter may follow an earlier one that its opener sees.", func(t *testing.T) {
		first := w.open("委员甲", Opening{PlatformID: p.ID, Title: "垃圾分类"})
		c := w.open("委员甲", Opening{PlatformID: p.ID, Title: "垃圾分类再商量", FollowsID: &first.Matter.ID})
		w.system(func(ctx context.Context) error {
			l, err := w.client.Link.Query().Where(link.FromID(c.Matter.ID)).Only(ctx)
			if err == nil && (l.Kind != link.KindFOLLOWS || l.ToID != first.Matter.ID || *l.DecidedByID != w.people["委员甲"].Membership) {
				t.Error(l)
			}
			return err
		})
		_, err := w.tryOpen("委员乙", Opening{PlatformID: p.ID, Title: "垃圾分类再商量", FollowsID: &first.Matter.ID})
		refused(t, err, errs.Invalid, "followsId")
		_, err = w.tryOpen("委员乙", Opening{PlatformID: p.ID, Title: "垃圾分类再商量", FollowsID: ptr(uuid.New())})
		refused(t, err, errs.Invalid, "followsId")
	})
}

func TestSimilar(t *testing.T) {
	w := newWorld(t)
	p := w.create(spec("lushun"))
	list := func(who, title string) (out []string) {
		w.do(who, func(ctx context.Context) error {
			found, err := w.Similar(ctx, p.ID, title)
			for _, m := range found {
				out = append(out, m.Title)
			}
			return err
		})
		return out
	}
	t.Run("Similar matters are those of the same kind of the last three years whose titles are alike, and which the viewer sees.", func(t *testing.T) {
		w.open("委员甲", Opening{PlatformID: p.ID, Title: "解决柏杨路段的交通安全问题"})
		w.open("干部", Opening{PlatformID: p.ID, Title: "柏杨路段交通安全问题"})
		w.open("干部", Opening{PlatformID: p.ID, Title: "缓解企业用工难"})
		w.system(func(ctx context.Context) error { // others; old ones; another kind
			q, err := w.client.Process.Query().First(ctx)
			if err != nil {
				return err
			}
			var all []*gen.MatterCreate
			for i := range 300 {
				all = append(all, w.client.Matter.Create().SetKind("talk").SetProcess(q).SetState("OPEN").SetVisibility("STAFF").
					SetTitle(fmt.Sprintf("第%d号楼的事", i)).SetOpenedAt(monday))
			}
			all = append(all,
				w.client.Matter.Create().SetKind("talk").SetProcess(q).SetState("OPEN").SetVisibility("STAFF").SetTitle("柏杨路段交通安全问题").SetOpenedAt(monday.AddDate(-4, 0, 0)),
				w.client.Matter.Create().SetKind("other").SetProcess(q).SetState("OPEN").SetVisibility("STAFF").SetTitle("柏杨路段交通安全问题").SetOpenedAt(monday))
			return w.client.Matter.CreateBulk(all...).Exec(ctx)
		})
		last := w.open("干部", Opening{PlatformID: p.ID, Title: "柏杨路段，交通安全"})
		got := list("干部", "柏杨路段 交通安全")
		if fmt.Sprint(got) != fmt.Sprint([]string{last.Title, "柏杨路段交通安全问题", "解决柏杨路段的交通安全问题"}) {
			t.Fatal(got)
		}
		if got := list("委员甲", "柏杨路段 交通安全"); len(got) != 1 || got[0] != "解决柏杨路段的交通安全问题" {
			t.Fatal(got)
		}
		if got := list("干部", "医"); len(got) != 0 {
			t.Fatal(got)
		}
		if got := list("干部", "第5号楼的事"); len(got) != mostSimilar || got[0] != "第5号楼的事" {
			t.Fatal(got)
		}
	})
}
