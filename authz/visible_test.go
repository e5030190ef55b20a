package authz_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestWhoSeesWhichMatter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	for _, c := range []struct{ sentence, who, sees string }{
		{"who proposed sees it from the draft on", "第一提案人", "公开 在办 草稿"},
		{"who co-signed sees it as the first proposer does", "联名人", "公开 在办"},
		{"who is invited sees the draft to be signed", "被邀人", "公开 草稿"},
		{"who declined is no party any more", "谢绝人", "公开"},
		{"whose invitation lapsed sees, until it is handed in, what he was asked to sign", "逾期人", "公开 草稿"},
		{"whose invitation was taken back is no party any more", "被撤邀人", "公开"},
		{"another member sees what is open to the committee", "其他委员", "公开"},
		{"so does one without a seat", "无席位委员", "公开"},
		{"a convener sees what his 界别 has handed in, not its drafts", "召集人", "公开 在办"},
		{"and nothing of another 界别", "别界召集人", "公开 分办"},
		{"a liaison sees his organisation's proposals", "党派联络人", "公开 集体"},
		{"a street's liaison sees the cases of his street", "街道联络员", "公开 在办"},
		{"the clerk sees all that has been handed in, but no draft and no loop", "干事", "公开 分办 在办 集体"},
		{"the director sees the loop too", "主任", "一号 公开 分办 在办 集体"},
		{"so does the staff of a committee", "专委会干部", "一号 公开 分办 在办 集体"},
		{"the editor sees opinions and no proposal, not even an open one", "信息编辑", "信息"},
		{"a unit sees what is assigned to it, leading", "主办承办人", "公开 分办 在办"},
		{"assisting too", "会办承办人", "公开 分办 在办"},
		{"and what is assigned to the units below it", "主办上级", "公开 分办 在办"},
		{"but not what is assigned to others", "无关单位", "公开"},
		{"who runs the committee's accounts sees no case", "租户管理员", ""},
		{"nor does the auditor", "审计员", ""},
		{"nor does a person without a role", "无角色", ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			w.as(c.who, func(ctx context.Context) {
				got := labels(w.c.Matter.Query().AllX(ctx), func(m *gen.Matter) string { return m.Title })
				if strings.Join(got, " ") != c.sees {
					t.Errorf("%s sees %s", c.who, got)
				}
				for title, id := range w.matters {
					_, err := w.c.Matter.Get(ctx, id)
					_, none := w.c.Matter.Get(ctx, uuid.New())
					switch visible := slices.Contains(got, title); {
					case visible && err != nil:
						t.Errorf("%s by its id: %v", title, err)
					case !visible && (err == nil || err.Error() != none.Error()):
						t.Errorf("%s does not look like what does not exist: %v", title, err)
					}
				}
			})
		})
	}
	t.Run("who made it sees it whatever his role", func(t *testing.T) {
		w.system(func(ctx context.Context) {
			w.c.Matter.UpdateOneID(w.matters["信息"]).SetCreator(w.people["无角色"]).ExecX(ctx)
		})
		w.as("无角色", func(ctx context.Context) {
			if n := w.c.Matter.Query().CountX(ctx); n != 1 {
				t.Errorf("%d matters", n)
			}
		})
	})
}

func labels[T any](rows []T, label func(T) string) []string {
	var out []string
	for _, r := range rows {
		out = append(out, label(r))
	}
	slices.Sort(out)
	return out
}

// parts is what of a matter is seen: the labels of each kind.
type parts map[string]string

func (p parts) add(kind string, labels []string) {
	if len(labels) > 0 {
		p[kind] = strings.Join(labels, " ")
	}
}

// listed finds the parts by list, edges by following the matter's edges.
func listed(ctx context.Context, c *gen.Client, m uuid.UUID) parts {
	p := parts{}
	p.add("proposal", labels(c.Proposal.Query().Where(proposal.MatterID(m)).AllX(ctx), func(x *gen.Proposal) string { return x.Category }))
	p.add("cohort", labels(c.Cohort.Query().Where(cohort.MatterID(m)).AllX(ctx), func(x *gen.Cohort) string { return x.LeadLeaderPost }))
	p.add("parties", labels(c.Party.Query().Where(party.MatterID(m)).AllX(ctx), func(x *gen.Party) string { return x.Name }))
	p.add("shares", labels(c.Assignment.Query().Where(assignment.MatterID(m)).AllX(ctx), func(x *gen.Assignment) string { return x.SlipNo }))
	p.add("replies", labels(c.Reply.Query().Where(reply.MatterID(m)).AllX(ctx), func(x *gen.Reply) string { return x.Body }))
	p.add("feedback", labels(c.Feedback.Query().Where(feedback.MatterID(m)).AllX(ctx), func(x *gen.Feedback) string { return x.Opinion }))
	p.add("records", labels(c.Record.Query().Where(record.MatterID(m)).AllX(ctx), func(x *gen.Record) string { return x.Text }))
	p.add("steps", labels(c.Step.Query().Where(step.MatterID(m)).AllX(ctx), func(x *gen.Step) string { return x.Label }))
	p.add("timers", labels(c.Timer.Query().Where(timer.MatterID(m)).AllX(ctx), func(x *gen.Timer) string { return x.Label }))
	p.add("items", labels(c.Item.Query().Where(item.MatterID(m)).AllX(ctx), func(x *gen.Item) string { return x.Text }))
	p.add("files", labels(c.Attachment.Query().Where(attachment.MatterID(m)).AllX(ctx), func(x *gen.Attachment) string { return x.Name }))
	p.add("links", labels(c.Link.Query().Where(link.FromID(m)).AllX(ctx), func(x *gen.Link) string { return x.Reason }))
	return p
}

func edges(m *gen.Matter) parts {
	p := parts{}
	if x := m.Edges.Proposal; x != nil {
		p.add("proposal", []string{x.Category})
	}
	if x := m.Edges.Cohort; x != nil {
		p.add("cohort", []string{x.LeadLeaderPost})
	}
	p.add("parties", labels(m.Edges.Parties, func(x *gen.Party) string { return x.Name }))
	p.add("shares", labels(m.Edges.Assignments, func(x *gen.Assignment) string { return x.SlipNo }))
	p.add("replies", labels(m.Edges.Replies, func(x *gen.Reply) string { return x.Body }))
	p.add("feedback", labels(m.Edges.Feedback, func(x *gen.Feedback) string { return x.Opinion }))
	p.add("records", labels(m.Edges.Records, func(x *gen.Record) string { return x.Text }))
	p.add("steps", labels(m.Edges.Steps, func(x *gen.Step) string { return x.Label }))
	p.add("timers", labels(m.Edges.Timers, func(x *gen.Timer) string { return x.Label }))
	p.add("items", labels(m.Edges.Items, func(x *gen.Item) string { return x.Text }))
	p.add("files", labels(m.Edges.Attachments, func(x *gen.Attachment) string { return x.Name }))
	p.add("links", labels(m.Edges.LinksOut, func(x *gen.Link) string { return x.Reason }))
	return p
}

func withAll(q *gen.MatterQuery) *gen.MatterQuery {
	return q.WithProposal().WithCohort().WithParties().WithAssignments().WithReplies().WithFeedback().WithRecords().WithSteps().
		WithTimers().WithItems().WithAttachments().WithLinksOut()
}

// reached follows the edges of a matter that somebody got hold of.
func reached(ctx context.Context, m *gen.Matter) parts {
	p := parts{}
	p.add("proposal", labels(m.QueryProposal().AllX(ctx), func(x *gen.Proposal) string { return x.Category }))
	p.add("cohort", labels(m.QueryCohort().AllX(ctx), func(x *gen.Cohort) string { return x.LeadLeaderPost }))
	p.add("parties", labels(m.QueryParties().AllX(ctx), func(x *gen.Party) string { return x.Name }))
	p.add("shares", labels(m.QueryAssignments().AllX(ctx), func(x *gen.Assignment) string { return x.SlipNo }))
	p.add("replies", labels(m.QueryReplies().AllX(ctx), func(x *gen.Reply) string { return x.Body }))
	p.add("feedback", labels(m.QueryFeedback().AllX(ctx), func(x *gen.Feedback) string { return x.Opinion }))
	p.add("records", labels(m.QueryRecords().AllX(ctx), func(x *gen.Record) string { return x.Text }))
	p.add("steps", labels(m.QuerySteps().AllX(ctx), func(x *gen.Step) string { return x.Label }))
	p.add("timers", labels(m.QueryTimers().AllX(ctx), func(x *gen.Timer) string { return x.Label }))
	p.add("items", labels(m.QueryItems().AllX(ctx), func(x *gen.Item) string { return x.Text }))
	p.add("files", labels(m.QueryAttachments().AllX(ctx), func(x *gen.Attachment) string { return x.Name }))
	p.add("links", labels(m.QueryLinksOut().AllX(ctx), func(x *gen.Link) string { return x.Reason }))
	return p
}

// entries are the parts that carry an audience: steps, records and files.
func entries(p parts, texts string, more ...string) parts {
	p["steps"], p["records"] = sorted(texts), sorted(texts)
	p["files"] = sorted(texts + " " + strings.Join(more, " "))
	return p
}

func sorted(texts string) string {
	list := strings.Fields(texts)
	slices.Sort(list)
	return strings.Join(list, " ")
}

const everyParty = "第一提案人 联名人 被撤邀人 谢绝人 逾期人"

// seenAs is what somebody sees who sees the case and no more: who handles it,
// what was answered and promised, and what is meant for all.
func seenAs(change parts) parts {
	p := entries(parts{
		"proposal": "内容", "cohort": "内容", "parties": everyParty, "shares": "主办 会办", "replies": "答复", "items": "任务 承诺",
		"timers": "主办期限 事项期限 会办期限", "links": "至公开",
	}, "对全体 主办的")
	maps.Copy(p, change)
	maps.DeleteFunc(p, func(_, v string) bool { return v == "" })
	return p
}

func TestWhoSeesWhichPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	staff := entries(seenAs(parts{
		"replies": "会办意见 会办意见稿 答复 答复稿", "feedback": "第一提案人 联名人", "items": "任务 承诺 承诺稿",
	}), "对全体 对办理方 对机关 主办的 主办内部 会办内部", "会办所传")
	leads := entries(seenAs(parts{
		"replies": "会办意见 答复 答复稿", "feedback": "第一提案人 联名人", "items": "任务 承诺 承诺稿",
	}), "对全体 对办理方 主办的 主办内部 会办内部")
	assists := entries(seenAs(parts{
		"shares": "会办", "replies": "会办意见 会办意见稿", "items": "任务", "timers": "事项期限 会办期限",
	}), "对全体 对办理方 会办内部", "会办所传")
	for _, c := range []struct {
		sentence, who, matter string
		sees                  parts
	}{
		{"the first proposer sees the answer, his own rating and links to his draft, no unit's drafts or opinions", "第一提案人", "在办",
			seenAs(parts{"feedback": "第一提案人", "links": "至公开 至草稿"})},
		{"a co-signer sees his own rating, not another's", "联名人", "在办", seenAs(parts{"feedback": "联名人"})},
		{"the convener reads along", "召集人", "在办", seenAs(nil)},
		{"the street's liaison reads along", "街道联络员", "在办", seenAs(nil)},
		{"the clerk sees everything", "干事", "在办", staff},
		{"the staff of a committee sees everything", "专委会干部", "在办", staff},
		{"the lead sees the whole case, the sent opinion of who assists, and ratings of its answer", "主办承办人", "在办", leads},
		{"so does the unit above it", "主办上级", "在办", leads},
		{"who assists sees its own share only", "会办承办人", "在办", assists},
		{"a unit that has nothing to do with it sees nothing", "无关单位", "在办", parts{}},
		{"nor does another member", "其他委员", "在办", parts{}},
		{"nor who declined", "谢绝人", "在办", parts{}},
		{"nor who runs the accounts", "租户管理员", "在办", parts{}},
		{"nor the auditor", "审计员", "在办", parts{}},
		{"of an open case another member sees what is meant for all", "其他委员", "公开", seenAs(nil)},
		{"with a seat or without", "无席位委员", "公开", seenAs(nil)},
		{"so does a unit that has nothing to do with it", "无关单位", "公开", seenAs(nil)},
		{"who assists in an open case still sees its own share only", "会办承办人", "公开", assists},
		{"the account administrator does not even see an open case", "租户管理员", "公开", parts{}},
		{"two units that each answer for a part see their own", "会办承办人", "分办", parts{"shares": "分办乙"}},
		{"both ways", "主办承办人", "分办", parts{"shares": "分办甲"}},
	} {
		t.Run(c.sentence, func(t *testing.T) { w.sees(t, c.who, c.matter, c.sees) })
	}
}

// sees compares by list, by eager-loaded edge, and by following the edges of a
// matter in hand.
func (w *world) sees(t *testing.T, who, title string, want parts) {
	id := w.matters[title]
	var m *gen.Matter
	w.system(func(ctx context.Context) { m = w.c.Matter.GetX(ctx, id) })
	w.as(who, func(ctx context.Context) {
		compare(t, "by list", listed(ctx, w.c, id), want)
		compare(t, "by edge", reached(ctx, m), want)
		loaded, err := withAll(w.c.Matter.Query().Where(matter.ID(id))).Only(ctx)
		if gen.IsNotFound(err) {
			compare(t, "loaded", parts{}, want)
		} else {
			compare(t, "loaded", edges(loaded), want)
		}
	})
}

func compare(t *testing.T, how string, got, want parts) {
	t.Helper()
	for kind := range maps.Keys(want) {
		if _, ok := got[kind]; !ok {
			t.Errorf("%s: no %s, want %s", how, kind, want[kind])
		}
	}
	for kind := range maps.Keys(got) {
		if sorted(got[kind]) != sorted(want[kind]) {
			t.Errorf("%s: %s are %s, want %s", how, kind, got[kind], want[kind])
		}
	}
}

func TestBehindAnEdgeAnotherMatterIsNarrowedToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	w.system(func(ctx context.Context) {
		w.c.Cohort.Create().SetMatterID(w.matters["一号"]).SetHandleYear(2031).SetProposalMatterID(w.matters["草稿"]).SaveX(ctx)
		w.c.Party.Update().Where(party.MatterID(w.matters["集体"])).SetFromMatterID(w.matters["草稿"]).ExecX(ctx)
		w.c.Party.Create().SetMatterID(w.matters["一号"]).SetName("来自在办").SetRole(party.RoleGUEST).SetFromMatterID(w.matters["在办"]).SaveX(ctx)
	})
	w.as("主任", func(ctx context.Context) {
		loop := w.c.Matter.Query().Where(matter.ID(w.matters["一号"])).
			WithCohort(func(q *gen.CohortQuery) {
				q.WithProposalMatter(func(q *gen.MatterQuery) { q.WithParties().WithProposal() })
			}).
			WithParties(func(q *gen.PartyQuery) {
				q.WithFromMatter(func(q *gen.MatterQuery) { withAll(q) })
			}).OnlyX(ctx)
		if loop.Edges.Cohort.Edges.ProposalMatter != nil {
			t.Error("a draft is seen through the loop")
		}
		from := loop.Edges.Parties[0].Edges.FromMatter
		if from == nil || len(from.Edges.Replies) != 4 || len(from.Edges.LinksOut) != 1 {
			t.Errorf("the case it came from is %v", from)
		}
		if p := w.c.Party.Query().Where(party.MatterID(w.matters["集体"])).WithFromMatter().OnlyX(ctx); p.Edges.FromMatter != nil {
			t.Error("a draft is seen through a party")
		}
		if n := w.c.Matter.Query().QueryParties().Where(party.Name("被邀人")).CountX(ctx); n != 0 {
			t.Error("a draft's parties are reached from all matters")
		}
	})
	w.as("会办承办人", func(ctx context.Context) { // from a share it sees to what belongs to the other
		for _, a := range w.c.Assignment.Query().WithReplies(func(q *gen.ReplyQuery) { q.WithFeedback() }).WithUnit().AllX(ctx) {
			for _, r := range a.Edges.Replies {
				if r.Kind != reply.KindCO_OPINION || len(r.Edges.Feedback) != 0 {
					t.Errorf("it sees %s", r.Body)
				}
			}
		}
	})
}

func TestFilesAndGrantsOfOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	w.system(func(ctx context.Context) {
		w.file(ctx, "未挂接").SetUploader(w.people["第一提案人"]).SaveX(ctx)
	})
	loose := func(ctx context.Context) int {
		return w.c.Attachment.Query().Where(attachment.MatterIDIsNil()).CountX(ctx)
	}
	t.Run("a file that belongs to no matter yet is its uploader's", func(t *testing.T) {
		w.as("第一提案人", func(ctx context.Context) {
			if loose(ctx) != 1 {
				t.Error("he does not see it")
			}
		})
		w.as("干事", func(ctx context.Context) {
			if loose(ctx) != 0 {
				t.Error("the clerk sees it")
			}
		})
	})
	var all int
	w.system(func(ctx context.Context) { all = w.c.Grant.Query().CountX(ctx) })
	for who, n := range map[string]int{"租户管理员": all, "审计员": all, "主任": 1, "第一提案人": 1, "无角色": 0} {
		t.Run("of the grants sees "+who, func(t *testing.T) {
			w.as(who, func(ctx context.Context) {
				gs := w.c.Grant.Query().AllX(ctx)
				if len(gs) != n || (n == 1 && gs[0].Reason != who) {
					t.Errorf("%d grants, want %d", len(gs), n)
				}
				if got := len(w.people[who].QueryGrants().AllX(ctx)); got != min(n, 1) {
					t.Errorf("%d of his own by edge", got)
				}
			})
		})
	}
}

func TestNobodyIsLooking(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate()
	refused := func(t *testing.T, err error) {
		t.Helper()
		if !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("it says %v", err)
		}
	}
	err := w.store.ReadTx(w.ctx(), w.tenant, func(ctx context.Context) error {
		_, err := w.c.Matter.Query().All(ctx)
		refused(t, err)
		_, err = w.c.Membership.Query().Count(ctx)
		refused(t, err)
		_, err = w.c.Attachment.Query().IDs(ctx)
		refused(t, err)
		_, err = w.people["干事"].QueryGrants().All(ctx)
		refused(t, err)
		if n, err := w.c.Tenant.Query().Count(ctx); n != 1 || err != nil { // the directory of committees is public
			t.Error(n, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
