package search_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/search"
)

func TestWhatIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var lift, park uuid.UUID
	w.system(func(ctx context.Context) {
		lift = w.matter(ctx, "第十一届三次会议第017号", "关于在老小区加装电梯的提案", "七层以下的楼房没有电梯，老人上下楼不便。WiFi 覆盖也差。", matter.VisibilityTENANT)
		park = w.matter(ctx, "第十一届三次会议第117号", "关于口袋公园建设的提案", "重庆路两侧绿地少，加起来不足三公顷。2023年装了电灯。", matter.VisibilityTENANT)
		w.c.Proposal.Update().SetSuggestions([]string{"由街道牵头逐栋征求意见", "引入社会资本"}).SetCategory("城建").ExecX(ctx)
		w.c.Proposal.Update().Where(proposal.MatterID(lift)).SetRegistrationNo("210202-1103-R0042").ExecX(ctx)
		a := w.share(ctx, lift, "住房和城乡建设局", assignment.RoleSOLE)
		w.c.Reply.Create().SetMatterID(lift).SetAssignment(a).SetKind(reply.KindREPLY).SetStatus(reply.StatusSENT).SetBody("已列入年度计划，资金由财政补贴。").SetDocNo("某建发〔2025〕7号").ExecX(ctx)
		w.c.Record.Create().SetMatterID(lift).SetKind(record.KindCONTACT).SetText("在怡海花园面谈").ExecX(ctx)
		w.c.Item.Create().SetMatterID(lift).SetKind(item.KindCOMMITMENT).SetText("年内完成二十部").SetReceiptNo("2025-微-3").ExecX(ctx)
		w.c.Party.Create().SetMatterID(lift).SetName("钱多多").SetRole(party.RoleLEAD).SetMembershipID(w.people["委员甲"].Membership).SetPhone("13812345678").ExecX(ctx)
		w.c.Party.Create().SetMatterID(park).SetName("王大爷").SetKind("RESIDENT").SetRole(party.RoleRAISER).SetOrganisation("某某社区").ExecX(ctx)
		w.c.Matter.UpdateOneID(park).SetData(map[string]any{"place": "星海湾", "rows": []any{map[string]any{"note": "种了三百棵榆树"}}}).ExecX(ctx)
	})
	for _, c := range []struct {
		sentence, query string
		want            []uuid.UUID
	}{
		{"words stand anywhere, in any order", "电梯 加装", []uuid.UUID{lift}},
		{"a word stands as it is written, and not in pieces", "加装电", []uuid.UUID{lift}},
		{"pieces of a word in other places do not make it", "装电梯灯", nil},
		{"initials of pinyin find a title", "lxq", []uuid.UUID{lift}},
		{"in capital letters too", "LXQ", []uuid.UUID{lift}},
		{"a character with two readings is found by either", "jzdt", []uuid.UUID{lift}},
		{"longer initials", "zlxqjzdt", []uuid.UUID{lift}},
		{"initials that stand nowhere find nothing", "lxqz", nil},
		{"a name is found by initials", "qdd", []uuid.UUID{lift}},
		{"but not a text", "cqlu", nil},
		{"one character", "梯", []uuid.UUID{lift}},
		{"the last character of a word", "案", []uuid.UUID{park, lift}},
		{"a whole text", "上下楼不便", []uuid.UUID{lift}},
		{"radicals and full width make no difference", "⽼⼩区 ｗｉｆｉ", []uuid.UUID{lift}},
		{"the beginning of a word of letters", "wi", []uuid.UUID{lift}},
		{"spaces between ideographs do not count", "老 小 区", []uuid.UUID{lift}},
		{"a number finds itself", "017", []uuid.UUID{lift}},
		{"and without its zeros", "17", []uuid.UUID{lift}},
		{"and not a longer one", "7", []uuid.UUID{lift}}, // 〔2025〕7号
		{"a year", "2023", []uuid.UUID{park}},
		{"the whole number", "第十一届三次会议第117号", []uuid.UUID{park}},
		{"the registration number by part", "1103-R0042", []uuid.UUID{lift}},
		{"suggestions", "逐栋征求", []uuid.UUID{park, lift}},
		{"the end of one suggestion and the beginning of the next are no word", "意见引入", nil},
		{"a category", "城建", []uuid.UUID{park, lift}},
		{"a reply", "财政补贴", []uuid.UUID{lift}},
		{"its number", "建发〔2025〕7号", []uuid.UUID{lift}},
		{"a record", "怡海花园", []uuid.UUID{lift}},
		{"an item", "二十部", []uuid.UUID{lift}},
		{"its receipt", "2025-微-3", []uuid.UUID{lift}},
		{"a party", "钱多多", []uuid.UUID{lift}},
		{"who handles it", "住房和城乡建设局", []uuid.UUID{lift}},
		{"what a committee's own form holds", "星海湾 榆树", []uuid.UUID{park}},
		{"words of several parts together", "钱多多 补贴 017", []uuid.UUID{lift}},
		{"a telephone number is not in the index", "13812345678", nil},
		{"nor is a citizen's name", "王大爷", nil},
		{"the organisation is", "某某社区", []uuid.UUID{park}},
		{"what shows nothing finds nothing", " \u200b\u3000 ", nil},
		{"signs find nothing", "% _ \\ ' \" & | ! <-> :* ( )", nil},
		{"what stands nowhere finds nothing", "航空母舰", nil},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if got := w.finds("干事", c.query); !slices.Equal(got, c.want) {
				t.Errorf("%q finds %v, want %v", c.query, got, c.want)
			}
		})
	}
	t.Run("a title counts more than a text, and a number most", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.matter(ctx, "", "关于夜间照明的提案", "口袋公园里没有灯。", matter.VisibilityTENANT)
		})
		if got := w.finds("干事", "口袋公园"); len(got) != 2 || got[0] != park {
			t.Errorf("%v", got)
		}
	})
	t.Run("a correction is found, and what it replaced is not", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.c.Matter.UpdateOneID(park).SetTitle("关于街角绿地建设的提案").ExecX(ctx)
		})
		if got := w.finds("干事", "街角绿地"); len(got) != 1 || got[0] != park || len(w.finds("干事", "口袋公园 建设")) > 0 || len(w.finds("干事", "kdgyjs")) > 0 {
			t.Error("the old title is still there")
		}
	})
}

func TestAUnitIsFoundByTheNamesItHadAndHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var old, other, young uuid.UUID
	w.system(func(ctx context.Context) {
		old = w.matter(ctx, "1", "甲", "一", matter.VisibilityTENANT)
		w.share(ctx, old, "文旅局", assignment.RoleSOLE)
		other = w.matter(ctx, "2", "乙", "二", matter.VisibilityTENANT)
		w.c.Party.Create().SetMatterID(other).SetName("").SetUnitID(w.units["城建局"]).SetRole(party.RoleLEAD).ExecX(ctx)
		heir := w.c.Unit.Create().SetLine(unit.LineHANDLING).SetKind(unit.KindHANDLING_UNIT).SetName("城市更新中心").SaveX(ctx).ID
		w.units["城市更新中心"] = heir
		w.c.Unit.Update().Where(unit.NameIn("文旅局", "城建局")).SetSuccessorID(heir).ExecX(ctx)
		young = w.matter(ctx, "3", "丙", "三", matter.VisibilityTENANT)
		w.share(ctx, young, "城市更新中心", assignment.RoleSOLE)
	})
	for query, want := range map[string][]uuid.UUID{"城市更新中心": {young, other, old}, "文旅局": {young, old}, "csgxzx": {young, other, old}, "城建局": {young, other}} {
		if got := w.finds("干事", query); !slices.Equal(got, want) {
			t.Errorf("%s finds %v, want %v", query, got, want)
		}
	}
}

func TestWhatIsAskedBadly(t *testing.T) {
	t.Parallel()
	for _, q := range []string{strings.Repeat("长", 10_000), "一 二 三 四 五 六 七 八 九"} {
		if _, err := search.Parse(q, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%.20q: %v", q, err)
		}
	}
}
