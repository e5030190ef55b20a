package search_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/search"
)

// lexicon are the words of the random matters.
var lexicon = []string{"电梯", "加装", "老小区", "公园", "停车", "早市", "夜经济", "学校", "食堂", "医院", "养老", "充电桩", "排水", "路灯", "公交", "绿化", "垃圾", "分类"}

type dice struct{ *rand.Rand }

func (d dice) words() string {
	var b strings.Builder
	for range 1 + d.IntN(5) {
		b.WriteString(lexicon[d.IntN(len(lexicon))])
		b.WriteString([]string{"", "，", " ", "的", "\n", "与"}[d.IntN(6)])
	}
	return b.String()
}

func pick[T any](d dice, list ...T) T { return list[d.IntN(len(list))] }

// populate makes matters of all sorts with parts of all sorts.
func (w *world) populate(r *rand.Rand, n int) {
	w.t.Helper()
	d := dice{r}
	var people []*authz.Viewer
	for _, name := range []string{"委员甲", "委员乙", "委员丙", "召集人", "干事", "住建承办人"} {
		people = append(people, w.people[name])
	}
	w.system(func(ctx context.Context) {
		for i := range n {
			kind := pick(d, "proposal", "proposal", "proposal", "opinion", "consultation")
			c := w.c.Matter.Create().SetKind(kind).SetProcessID(w.d.Runs["proposal"]).SetState("-").SetNumber(d.words()).SetTitle(d.words()).SetOpenedAt(morning.Add(time.Duration(i) * time.Hour)).
				SetVisibility(pick(d, matter.VisibilityPARTIES, matter.VisibilitySTAFF, matter.VisibilitySTAFF, matter.VisibilityTENANT)).SetConfidential(d.IntN(8) == 0)
			if d.IntN(2) == 0 {
				c.SetSectorID(w.units[pick(d, "经济界", "教育界")])
			}
			if d.IntN(3) == 0 {
				c.SetCreatorID(pick(d, people...).Membership)
			}
			if d.IntN(3) == 0 {
				c.SetData(map[string]any{"a": d.words(), "b": []any{d.words(), 7}})
			}
			m := c.SaveX(ctx)
			if kind == "proposal" {
				w.c.Proposal.Create().SetMatter(m).SetProposerKind("JOINT").SetSituation(d.words()).SetAnalysis(d.words()).SetSuggestions([]string{d.words(), d.words()}).SetCategory(d.words()).ExecX(ctx)
			}
			w.partsOf(ctx, d, m, people)
		}
	})
}

func (w *world) partsOf(ctx context.Context, d dice, m *gen.Matter, people []*authz.Viewer) {
	for i, p := range people {
		if d.IntN(4) == 0 {
			w.c.Party.Create().SetMatter(m).SetMembershipID(p.Membership).SetName(d.words()).SetRole(pick(d, party.RoleLEAD, party.RoleCO, party.RoleGUEST)).SetOrdinal(i).
				SetCosign(pick(d, party.CosignNONE, party.CosignSIGNED, party.CosignDECLINED, party.CosignEXPIRED)).SetOrganisation(d.words()).ExecX(ctx)
		}
	}
	if d.IntN(3) == 0 {
		w.c.Party.Create().SetMatter(m).SetName(d.words()).SetRole(party.RoleRAISER).SetKind("RESIDENT").ExecX(ctx)
	}
	var e *gen.Event
	if d.IntN(3) == 0 {
		e = w.c.Event.Create().SetMatter(m).SetKind(event.KindVISIT).SetTitle(d.words()).SetSummary(d.words()).SetOn(morning).
			SetConcealed(d.IntN(2) == 0).SetState(pick(d, event.StatePLANNED, event.StateHELD)).SaveX(ctx)
	}
	var shares []*gen.Assignment
	for _, u := range []string{"住房和城乡建设局", "文旅局", "城建局"} {
		if d.IntN(2) == 0 {
			shares = append(shares, w.share(ctx, m.ID, u, pick(d, assignment.RoleLEAD, assignment.RoleASSIST, assignment.RoleSEPARATE)))
		}
	}
	var replies []*gen.Reply
	for _, a := range shares {
		replies = append(replies, w.c.Reply.Create().SetMatter(m).SetAssignment(a).SetKind(pick(d, reply.KindREPLY, reply.KindCO_OPINION)).
			SetStatus(pick(d, reply.StatusDRAFT, reply.StatusSIGNED_OFF, reply.StatusSENT, reply.StatusSENT_BACK)).SetBody(d.words()).SaveX(ctx))
	}
	for range d.IntN(4) {
		rec := w.c.Record.Create().SetMatter(m).SetKind(pick(d, record.KindVISIT, record.KindINSTRUCTION)).SetText(d.words()).SetPlace(d.words()).
			SetAudience(pick(d, record.AudienceALL, record.AudienceHANDLING, record.AudienceSTAFF))
		it := w.c.Item.Create().SetMatter(m).SetKind(item.KindCOMMITMENT).SetText(d.words()).SetSolution(d.words())
		f := w.c.Attachment.Create().SetMatter(m).SetName(d.words()).SetSize(1).SetContentType("-").SetSha256("-").SetBlobKey("-").
			SetAudience(pick(d, attachment.AudienceALL, attachment.AudienceHANDLING, attachment.AudienceSTAFF))
		if len(shares) > 0 && d.IntN(2) == 0 {
			rec.SetAssignment(pick(d, shares...))
			f.SetAssignment(pick(d, shares...))
		}
		if len(replies) > 0 && d.IntN(2) == 0 {
			it.SetReply(pick(d, replies...))
		}
		if e != nil && d.IntN(2) == 0 {
			rec.SetEvent(e)
			it.SetEvent(e)
		}
		rec.ExecX(ctx)
		it.ExecX(ctx)
		f.SetUploaderID(pick(d, people...).Membership).ExecX(ctx)
	}
	for _, p := range w.c.Party.Query().Where(party.MatterID(m.ID)).AllX(ctx) {
		if len(replies) > 0 && d.IntN(3) == 0 {
			w.c.Feedback.Create().SetMatter(m).SetReply(replies[0]).SetParty(p).SetAskedAt(morning).SetOpinion(d.words()).ExecX(ctx)
		}
	}
}

// after is a moment later than another by so many steps of a stopped job.
func (w *world) after(n int) <-chan time.Time {
	return time.After(time.Duration(n*15) * time.Millisecond)
}

// reads is everything that a person reads of each matter, part by part, by the
// edges that the API follows; nothing of it is the index's.
func reads(ctx context.Context, c *gen.Client, units map[uuid.UUID]string) map[uuid.UUID][]string {
	out := map[uuid.UUID][]string{}
	rows := c.Matter.Query().WithProposal().WithParties().WithReplies().WithFeedback().WithRecords().WithEvents().WithItems().WithAttachments().WithAssignments().AllX(ctx)
	for _, m := range rows {
		texts := []string{m.Title, m.Number}
		if m.Data != nil {
			texts = append(texts, m.Data["a"].(string), m.Data["b"].([]any)[0].(string))
		}
		if p := m.Edges.Proposal; p != nil {
			texts = append(append(texts, p.Situation, p.Analysis, p.Category), p.Suggestions...)
		}
		for _, p := range m.Edges.Parties {
			texts = append(texts, p.Organisation)
			if p.Role != party.RoleRAISER {
				texts = append(texts, p.Name)
			}
		}
		for _, a := range m.Edges.Assignments {
			texts = append(texts, units[a.UnitID])
		}
		for _, r := range m.Edges.Replies {
			texts = append(texts, r.Body)
		}
		for _, f := range m.Edges.Feedback {
			texts = append(texts, f.Opinion)
		}
		for _, r := range m.Edges.Records {
			texts = append(texts, r.Text, r.Place)
		}
		for _, e := range m.Edges.Events {
			texts = append(texts, e.Title, e.Summary)
		}
		for _, i := range m.Edges.Items {
			texts = append(texts, i.Text, i.Solution)
		}
		for _, f := range m.Edges.Attachments {
			texts = append(texts, f.Name)
		}
		out[m.ID] = texts
	}
	return out
}

func stands(texts []string, word string) bool {
	return slices.ContainsFunc(texts, func(s string) bool {
		for _, run := range strings.Fields(search.Fold(s)) {
			if strings.Contains(run, word) {
				return true
			}
		}
		return false
	})
}

// What a person finds is what a filter over the rows that he sees finds: not one
// matter less, and not one by a part that he does not read.
func TestWhatIsFoundIsWhatIsRead(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		w := newWorld(t)
		w.populate(rand.New(rand.NewPCG(seed, 7)), 50)
		units := map[uuid.UUID]string{}
		for name, id := range w.units {
			units[id] = name
		}
		queries := append([]string{"电梯 加装", "老小区 停车", "住房和城乡建设局 路灯", "梯", "城乡建设", "电梯 学校 公园", "电梯加装", "文旅局"}, lexicon[:4]...)
		hits, hidden := 0, 0
		for who := range w.people {
			var read map[uuid.UUID][]string
			w.as(who, func(ctx context.Context) { read = reads(ctx, w.c, units) })
			for _, query := range queries {
				var want []uuid.UUID
				for id, texts := range read {
					if !slices.ContainsFunc(strings.Fields(query), func(word string) bool { return !stands(texts, word) }) {
						want = append(want, id)
					}
				}
				got := w.finds(who, query)
				hits += len(got)
				hidden += 50 - len(got)
				slices.SortFunc(want, cmp)
				slices.SortFunc(got, cmp)
				if !slices.Equal(got, want) {
					t.Fatalf("seed %d: %s finds by %q %d matters, and reads it in %d: %v, %v", seed, who, query, len(got), len(want), got, want)
				}
			}
		}
		if hits < 300 || hidden < 300 {
			t.Errorf("%d found, %d not: the test shows little", hits, hidden)
		}
	}
}

func cmp(a, b uuid.UUID) int { return strings.Compare(a.String(), b.String()) }

// What is shown of a hit, and what completes a word, is read by the person.
func TestWhatIsShownIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(rand.New(rand.NewPCG(11, 7)), 50)
	units := map[uuid.UUID]string{}
	for name, id := range w.units {
		units[id] = name
	}
	places, completed := 0, 0
	for who := range w.people {
		w.as(who, func(ctx context.Context) {
			read := reads(ctx, w.c, units)
			var all []string
			for _, texts := range read {
				all = append(all, texts...)
			}
			for _, name := range units {
				all = append(all, name)
			}
			for _, word := range lexicon[:5] {
				q, err := search.Parse(word, nil)
				if err != nil {
					t.Fatal(err)
				}
				list, err := q.Find(ctx, nil, 100)
				if err != nil {
					t.Fatal(err)
				}
				var ids []uuid.UUID
				for _, p := range list {
					ids = append(ids, p.Matter)
				}
				shown, err := q.Show(ctx, ids)
				if err != nil {
					t.Fatal(err)
				}
				for id, found := range shown {
					for _, f := range found {
						places++
						marked := ""
						for _, s := range f.Segments {
							if s.Marked {
								marked = s.Text
							}
						}
						if search.Fold(marked) == "" || !stands(read[id], search.Fold(marked)) {
							t.Errorf("%s is shown %+v of %s and reads only %q", who, f, id, read[id])
						}
					}
				}
				completions, err := search.Suggest(ctx, word)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range completions {
					if completed++; !slices.Contains(all, s.Text) {
						t.Errorf("%s is told %q, which he reads nowhere", who, s.Text)
					}
				}
			}
		})
	}
	if places < 300 || completed < 50 {
		t.Errorf("%d places, %d completions: the test shows little", places, completed)
	}
}

// Pages one after another are the whole, each matter once.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.populate(rand.New(rand.NewPCG(5, 7)), 60)
	all := w.finds("干事", "电梯")
	if len(all) < 10 {
		t.Fatal(len(all))
	}
	w.as("干事", func(ctx context.Context) {
		q, err := search.Parse("电梯", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []uuid.UUID
		var after *search.Place
		for {
			page, err := q.Find(ctx, after, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range page {
				got = append(got, p.Matter)
			}
			if len(page) < 3 {
				break
			}
			after = &page[2]
		}
		if !slices.Equal(got, all) {
			t.Errorf("%d by pages, %d at once", len(got), len(all))
		}
	})
}
