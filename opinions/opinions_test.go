package opinions_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/opinions"
	"github.com/bihuan/bihuan/test/district"
)

type world struct {
	*district.District
	service *opinions.Service
}

func say(t *testing.T, sentence string, fn func(*world)) {
	t.Helper()
	t.Run(sentence, func(t *testing.T) {
		t.Parallel()
		d := district.New(t, district.Plan{
			Runs:   []string{opinions.Kind},
			People: []district.Person{{Name: "信息主任", Role: "info_editor"}},
			Rules:  func(e *flow.Engine) { opinions.Register(e.Rules); vocab.Register(e.Rules) },
		})
		fn(&world{d, opinions.New(d.Engine)})
	})
}

func sheet() opinions.Submission {
	return opinions.Submission{Title: "外置烟道堵塞的问题", Text: "柳林诊所外置烟道堵塞，居民多次反映没有解决。", People: 3, Topics: []string{"民生"}}
}

func outside(origin opinions.Origin) opinions.Submission {
	in := sheet()
	in.Origin, in.From = origin, &opinions.Outsider{Name: "专家一", Institution: "某大学城市研究所", Post: "教授", HandedIn: "座谈会上的发言"}
	return in
}

func (w *world) submit(who string, in opinions.Submission) (c *flow.Case, err error) {
	err = w.As(who, func(ctx context.Context) error { c, err = w.service.Submit(ctx, in); return err })
	return c, err
}

func (w *world) handed(who string, in opinions.Submission) uuid.UUID {
	w.T.Helper()
	c, err := w.submit(who, in)
	w.OK(err)
	return c.Matter.ID
}

// seen are the people, of some, who find the matter.
func (w *world) seen(id uuid.UUID, by ...string) (out []string) {
	w.T.Helper()
	for _, who := range by {
		w.Must(who, func(ctx context.Context, c *gen.Client) error {
			there, err := c.Matter.Query().Where(matter.ID(id)).Exist(ctx)
			if there {
				out = append(out, who)
			}
			return err
		})
	}
	return out
}

func is[T comparable](w *world, what string, got, want T) {
	w.T.Helper()
	if got != want {
		w.T.Errorf("%s: %v, want %v", what, got, want)
	}
}

// told is whether somebody's newest notice says all of it.
func (w *world) told(id uuid.UUID, who string, says ...string) {
	w.T.Helper()
	got := w.Told(id)[who]
	for _, s := range says {
		if !strings.Contains(got, s) {
			w.T.Errorf("%s is told %q, want %s", who, got, s)
		}
	}
}

func TestHandingIn(t *testing.T) {
	t.Parallel()
	say(t, "M2: A member hands in what he saw himself; the editor has it to do, with its text.", func(w *world) {
		id := w.handed("委员甲", sheet())
		c := w.Look(id)
		is(w, "state", c.State, "SUBMITTED")
		is(w, "source", c.Source, "委员反映")
		is(w, "who", c.Parties[0].Name, "委员甲")
		is(w, "his 界别", *c.SectorID, w.Units["经济界"])
		if text, _ := c.Data["text"].(string); !strings.Contains(text, "烟道") {
			w.T.Error(c.Data)
		}
		w.told(id, "信息编辑", "轮到您办理")
		if todo := w.Awaited(id); !slices.Equal(todo, []string{"editor"}) {
			w.T.Error(todo)
		}
	})
	say(t, "M2: A member names nobody else, and who is no member hands in for somebody.", func(w *world) {
		me := w.Who("委员乙").Membership
		behalf := sheet()
		behalf.OnBehalf = &me
		for _, x := range []struct {
			who  string
			in   opinions.Submission
			code errs.Code
		}{
			{"委员甲", outside(opinions.Expert), errs.NotAllowed}, {"委员甲", behalf, errs.NotAllowed},
			{"信息编辑", sheet(), errs.Invalid}, {"干事", sheet(), errs.NotAllowed}, {"管理员", sheet(), errs.NotAllowed},
			{"街道联络员", behalf, errs.NotAllowed}, // of another unit
		} {
			if _, err := w.submit(x.who, x.in); !errs.Is(err, x.code) {
				w.T.Errorf("%s: %v, want %s", x.who, err, x.code)
			}
		}
	})
	say(t, "M2: Experts and think tanks hand in through staff, who name them, their institution and how it came.", func(w *world) {
		id := w.handed("专委干部", outside(opinions.Expert))
		c := w.Look(id)
		p := c.Parties[0]
		is(w, "source", c.Source, "专家学者反映")
		is(w, "who", p.Name+"，"+p.Organisation+"，"+p.Post, "专家一，某大学城市研究所，教授")
		is(w, "as", p.Role, party.RoleRAISER)
		is(w, "how", c.Data["handedIn"].(string), "座谈会上的发言")
		in := outside(opinions.ThinkTank)
		in.From.Name = ""
		is(w, "a think tank", w.Look(w.handed("信息编辑", in)).Parties[0].Name, "某大学城市研究所")
		for _, broken := range []func(*opinions.Submission){
			func(in *opinions.Submission) { in.From.Institution = "" }, func(in *opinions.Submission) { in.From.HandedIn = " " },
			func(in *opinions.Submission) { in.From = nil }, func(in *opinions.Submission) { in.Title = "\u3164\u3164\u3164\u3164" },
			func(in *opinions.Submission) { in.Text = "太短" }, func(in *opinions.Submission) { in.Origin = "PROPOSAL" },
		} {
			in := outside(opinions.Expert)
			broken(&in)
			if _, err := w.submit("信息编辑", in); !errs.Is(err, errs.Invalid) {
				w.T.Errorf("%+v: %v", in, err)
			}
		}
	})
	say(t, "M2: Staff hand in for a member, who is told and reads it as his own.", func(w *world) {
		in, me := sheet(), w.Who("委员乙").Membership
		in.OnBehalf = &me
		id := w.handed("召集人", in) // of his 界别
		w.told(id, "委员乙", "召集人代您反映了")
		if who := w.seen(id, "委员乙", "委员甲", "召集人"); !slices.Equal(who, []string{"委员乙", "召集人"}) {
			w.T.Error(who)
		}
	})
	say(t, "M2: A unit hands in by those who sit in it.", func(w *world) {
		in, unit, other := sheet(), w.Units["民建区委"], w.Units["经济界"]
		in.Origin, in.Unit = opinions.Party, &unit
		is(w, "who", w.Look(w.handed("联络员", in)).Parties[0].Name, "民建区委")
		in.Unit = &other
		if _, err := w.submit("联络员", in); !errs.Is(err, errs.NotAllowed) {
			w.T.Error(err)
		}
	})
}

func TestWhoReads(t *testing.T) {
	t.Parallel()
	say(t, "It is read by its author, the information office and who signs; by nobody else, an administrator included.", func(w *world) {
		id := w.handed("委员甲", sheet())
		all := []string{"委员甲", "委员乙", "召集人", "干事", "主任", "管理员", "审计员", "专委干部", "街道联络员", "商务局联络员", "市督察", "信息编辑", "秘书长", "主席"}
		if who := w.seen(id, all...); !slices.Equal(who, []string{"委员甲", "信息编辑", "秘书长", "主席"}) {
			w.T.Error(who)
		}
	})
	say(t, "Where there is no editor it is the secretary-general's, who reads and decides; it is never handed to somebody who may not read it.", func(w *world) {
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Grant.Update().Where(grant.Role("info_editor")).SetValidTo(w.Today().AddDate(0, 0, -1)).Exec(ctx)
		})
		id := w.handed("委员甲", sheet())
		w.told(id, "秘书长", "没有人能接手")
		for who := range w.Told(id) {
			if !slices.Contains([]string{"秘书长", "主席"}, who) {
				w.T.Errorf("%s was told", who)
			}
		}
		w.Do("秘书长", "accept", id, nil)
		w.Do("秘书长", "toCheck", id, nil)
		w.Refused(errs.GuardFailed, "秘书长", "clear", id, nil)
		w.Do("主席", "clear", id, nil)
		is(w, "state", w.Do("秘书长", "sign", id, nil).State, "ISSUED")
	})
}

func TestDeciding(t *testing.T) {
	t.Parallel()
	why := process.Form{}
	for action, state := range map[string]string{"hold": "HELD", "returnForMore": "RETURNED", "archive": "ARCHIVED"} {
		say(t, "M2: The author hears of "+action+" with the reason.", func(w *world) {
			id := w.handed("委员甲", sheet())
			if action == "archive" {
				w.Do("信息编辑", "accept", id, nil)
				w.told(id, "委员甲", "采用", "已采用")
			}
			c, err := w.Act("信息编辑", flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Form: why, Reason: "已报送区委，烟道已经改造"})
			w.OK(err)
			is(w, "state", c.State, state)
			if action == "returnForMore" { // it is his turn
				w.told(id, "委员甲", "轮到您办理")
				is(w, "what he reads", w.Do("委员甲", "resubmit", id, process.Form{"text": "柳林诊所外置烟道堵塞三个月，涉及居民四十户。"}).State, "SUBMITTED")
				return
			}
			w.told(id, "委员甲", "理由：已报送区委，烟道已经改造")
		})
	}
	say(t, "M2: For somebody outside, who entered it is told, so that he can tell him.", func(w *world) {
		id := w.handed("专委干部", outside(opinions.Expert))
		w.Do("信息编辑", "accept", id, nil)
		w.told(id, "专委干部", "采用")
	})
	say(t, "Who edited it does not check it for secrets, and nothing is issued that was not checked and signed.", func(w *world) {
		id := w.handed("委员甲", sheet())
		w.Do("信息编辑", "accept", id, nil)
		c := w.Do("信息编辑", "edit", id, process.Form{"title": "外置烟道长期堵塞问题亟待解决", "text": "柳林诊所外置烟道长期堵塞，建议限期改造。"})
		is(w, "title", c.Title, "外置烟道长期堵塞问题亟待解决")
		w.Refused(errs.NotAllowedInState, "秘书长", "sign", id, nil)
		w.Do("信息编辑", "toCheck", id, nil)
		w.Refused(errs.GuardFailed, "信息编辑", "clear", id, nil)
		w.told(id, "信息主任", "送保密审查")
		w.Do("信息主任", "clear", id, nil)
		w.Refused(errs.NotAllowed, "信息主任", "sign", id, nil)
		c = w.Do("秘书长", "sign", id, nil)
		is(w, "number", c.Number, "2025-社-1")
		w.told(id, "委员甲", "签发", "已编发")
	})
	say(t, "What was reported, adopted and instructed are records; leaders' words are not the author's to read.", func(w *world) {
		id := w.handed("委员甲", sheet())
		w.Do("信息编辑", "accept", id, nil)
		w.Do("信息编辑", "toCheck", id, nil)
		w.Do("信息主任", "clear", id, nil)
		w.Do("秘书长", "sign", id, nil)
		on := w.Written()
		w.Do("信息编辑", "recordIssue", id, process.Form{"number": "〔2025〕第3期（总第120期）", "on": on})
		w.Do("信息编辑", "recordReport", id, process.Form{"to": "区委办公室", "on": on})
		w.Do("信息编辑", "recordAdoption", id, process.Form{"level": "CITY", "type": "COMBINED", "on": on})
		w.told(id, "委员甲", "记录上级采用")
		w.Do("信息编辑", "recordInstruction", id, process.Form{"level": "DISTRICT", "post": "区委书记", "text": "请住建局限期解决", "on": on})
		kinds := map[string][]string{}
		for _, who := range []string{"委员甲", "信息编辑"} {
			w.Must(who, func(ctx context.Context, c *gen.Client) error {
				for _, r := range c.Matter.Query().Where(matter.ID(id)).QueryRecords().AllX(ctx) {
					kinds[who] = append(kinds[who], string(r.Kind))
				}
				slices.Sort(kinds[who])
				return nil
			})
		}
		if got := kinds["委员甲"]; !slices.Equal(got, []string{"DOCUMENT", "OUTCOME", "REPORT"}) {
			w.T.Errorf("the author reads %v", got)
		}
		if got := kinds["信息编辑"]; !slices.Contains(got, "INSTRUCTION") {
			w.T.Errorf("the editor reads %v", got)
		}
	})
	say(t, "An author who is gone, or has no account, is not waited for.", func(w *world) {
		id := w.handed("专委干部", outside(opinions.Expert))
		w.Do("信息编辑", "returnForMore", id, nil)
		w.told(id, "专委干部", "轮到您办理")
		is(w, "state", w.Do("信息编辑", "takeBack", id, nil).State, "SUBMITTED")
	})
}
