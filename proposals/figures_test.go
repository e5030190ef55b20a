package proposals_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/proposals"
)

func (w *world) figures(who string) (f proposals.Figures, err error) {
	err = w.as(who, func(ctx context.Context) error {
		f, err = w.service.Figures(ctx, w.sitting)
		return err
	})
	return f, err
}

// mixed is a sitting with a proposal of every fate.
func (w *world) mixed() {
	w.above()
	w.agreed()
	one := func() uuid.UUID { return w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID }
	one()             // a draft is not received
	w.joint("委员乙")    // nor is one that is being signed
	review := one()   // in review
	returned := one() // returned
	withdrawn := one()
	for _, id := range []uuid.UUID{review, returned, withdrawn} {
		w.do("委员甲", "submit", id, nil)
	}
	w.do("干事", "startReview", review, opinionToFile)
	w.do("干事", "returnForEdit", returned, nil)
	w.do("委员甲", "withdraw", withdrawn, nil)
	opinion := w.reviewed().Matter.ID
	w.do("委员甲", "consentOpinion", opinion, nil)
	w.do("主任", "convertToOpinion", opinion, nil)
	w.do("主任", "convertToLetter", w.reviewed().Matter.ID, nil)
	w.do("主任", "refuse", w.reviewed().Matter.ID, process.Form{"reasonCode": "EMPTY"})
	w.do("主任", "forwardUp", w.reviewed().Matter.ID, nil)
	surviving := w.filed()
	w.do("主任", "merge", w.filed().Matter.ID, into(surviving))
	undone := w.filed()
	w.do("主任", "merge", undone.Matter.ID, into(surviving))
	w.do("主任", "undoMerge", undone.Matter.ID, nil) // in review again
	c, asked := w.jointReplied()                   // one satisfied, one silent
	w.do("委员甲", "rate", c.Matter.ID, rating(asked["委员甲"], "SATISFIED", "SATISFIED"))
	w.completed(w.reviewing("A"), "商务局")
	w.rated(w.replied(w.sole(), "商务局", "A"), "委员甲", "DISSATISFIED") // the second round is under way
	w.clock.Set(time.Date(2024, 12, 28, 13, 0, 0, 0, clock.Shanghai))
	w.do("委员甲", "submit", one(), nil) // a 平时提案
}

func TestFigures(t *testing.T) {
	t.Parallel()
	say(t, "the parts add up to what was received, and every case is counted once", func(w *world) {
		w.mixed()
		got, err := w.figures("干事")
		if err != nil {
			w.t.Fatal(err)
		}
		is(w, "the unit that answers them", unitFigure(got, "商务局"), "2/3/0 of 3")
		got.Units = nil
		want := proposals.Figures{
			Sitting: w.sitting, Received: 14, Filed: 4, Merged: 1, Opinions: 1, Letters: 1, NotFiled: 1, Withdrawn: 1, Forwarded: 1, Pending: 4,
			Plenary: 13, Intersession: 1, Completed: 1, Assigned: 3, Rehandled: 1, Asked: 4, Answered: 3,
			Ratings:   []proposals.RatingCount{{Code: "DISSATISFIED", Count: 1}, {Code: "SATISFIED", Count: 2}, {Code: "SILENT", Count: 1}},
			Attitudes: []proposals.RatingCount{{Code: "SATISFIED", Count: 3}, {Code: "SILENT", Count: 1}},
			Met:       2, Contacted: 3, Outcomes: []proposals.Outcome{}, // one is not confirmed: silence is no word
		}
		if !reflect.DeepEqual(got, want) {
			w.t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	say(t, "what they were on a day stays what they were, whatever happens afterwards", func(w *world) {
		w.mixed()
		day, ctx := clock.Day(w.clock.Now()), w.clock
		codes := []string{"received", "filed", "merged", "pending", "assigned", "completed", "rehandled", "ratings_received", "face_rate", "contact_rate", "on_time_rate"}
		count := func() (out []figures.Number) {
			w.must("", func(c context.Context, _ *gen.Client) error {
				values, err := figures.Count(c, codes, figures.Scope{Kind: figures.Since, Sitting: w.sitting, AsOf: day}, "")
				for _, v := range values {
					out = append(out, v.Number)
				}
				return err
			})
			return out
		}
		then := count()
		ctx.Advance(48 * time.Hour)
		c := w.replied(w.sole(), "商务局", "B")
		w.rated(c, "委员甲", "DISSATISFIED")
		w.completed(w.reviewing("A"), "商务局")
		if now := count(); !reflect.DeepEqual(now, then) {
			w.t.Errorf("as of the same day: %+v, it was %+v", now, then)
		}
	})
	say(t, "they are for those who may read figures, and of this committee only", func(w *world) {
		w.filed()
		for _, who := range []string{"委员甲", "商务局联络员", "审查员"} {
			if _, err := w.figures(who); !errs.Is(err, errs.NotAllowed) {
				w.t.Errorf("%s: %v", who, err)
			}
		}
		for _, who := range []string{"主席", "政府办", "主任"} {
			if f, err := w.figures(who); err != nil || f.Received != 1 {
				w.t.Errorf("%s: %+v %v", who, f, err)
			}
		}
	})
	say(t, "a reply that was sent back is not asked about", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		w.share("干事", "sendBack", w.of(c, "商务局").ID, nil)
		w.replied(w.look(c.Matter.ID), "商务局", "A") // and nobody has rated
		f, err := w.figures("干事")
		if err != nil || f.Asked != 1 || f.Answered != 0 {
			w.t.Errorf("%+v %v", f, err)
		}
	})
	say(t, "a sitting of which nothing is known has nothing", func(w *world) {
		f, err := w.figures("干事")
		if err != nil || f.Received != 0 || len(f.Ratings) != 0 {
			w.t.Errorf("%+v %v", f, err)
		}
	})
}

// Numbering (domain.md 6).
func TestTheListIsPublished(t *testing.T) {
	t.Parallel()
	publish := func(w *world, who string) error {
		return w.as(who, func(ctx context.Context) error { return w.service.PublishList(ctx, w.sitting, false) })
	}
	filed := func(w *world, category string) *flow.Case {
		c := w.draft("委员甲", proposal.ProposerKindINDIVIDUAL)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"category": category})
		w.clock.Advance(time.Minute)
		return w.do("主任", "file", w.passed("委员甲", c.Matter.ID).Matter.ID, nil)
	}
	say(t, "the last numbers go by 一号提案, key cases, category and time, 平时提案 after them, and stay", func(w *world) {
		late := filed(w, "2")
		early := filed(w, "1")
		alsoLate := filed(w, "2")
		key := w.do("主任", "markKey", filed(w, "9").Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
		gone := filed(w, "0")
		w.do("委员甲", "applyWithdraw", gone.Matter.ID, nil)
		w.do("主任", "approveWithdraw", gone.Matter.ID, nil) // leaves a gap
		one := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		if err := publish(w, "主任"); !errs.Is(err, errs.NotAllowedInState) {
			w.t.Errorf("before the cut-off: %v", err)
		}
		w.clock.Set(time.Date(2024, 12, 28, 13, 0, 0, 0, clock.Shanghai))
		between := filed(w, "1")
		if err := publish(w, "干事"); !errs.Is(err, errs.NotAllowed) {
			w.t.Errorf("a clerk: %v", err)
		}
		if err := publish(w, "主任"); err != nil {
			w.t.Fatal(err)
		}
		for number, c := range map[string]*flow.Case{"001": one, "002": key, "003": early, "004": late, "005": alsoLate, "006": between} {
			is(w, "number", w.look(c.Matter.ID).Number, "第十一届四次会议第"+number+"号")
		}
		is(w, "withdrawn", w.look(gone.Matter.ID).Number, *gone.Edges.Proposal.RegistrationNo)
		steps := w.stepsOf("委员甲", late.Matter.ID)
		is(w, "the old number is kept", steps[len(steps)-1].Before["number"], any("第十一届四次会议第006号"))

		w.do("主任", "markKey", alsoLate.Matter.ID, process.Form{"superviseLeaderPost": "政协主席"})
		if err := publish(w, "主任"); err != nil {
			w.t.Fatal(err)
		}
		is(w, "published again nothing changes", w.look(alsoLate.Matter.ID).Number, "第十一届四次会议第005号")
		is(w, "the next case", filed(w, "1").Number, "第十一届四次会议第007号")
	})
	say(t, "a published number is neither merged away nor given again", func(w *world) {
		a, b := w.filed(), w.filed()
		w.clock.Set(time.Date(2024, 12, 28, 13, 0, 0, 0, clock.Shanghai))
		if err := publish(w, "主任"); err != nil {
			w.t.Fatal(err)
		}
		w.refused("主任", "merge", process.OfMatter, a.Matter.ID, into(b), errs.GuardFailed)
		w.do("委员甲", "applyWithdraw", b.Matter.ID, nil)
		c := w.do("主任", "approveWithdraw", b.Matter.ID, nil)
		is(w, "number of the withdrawn case", c.Number, "第十一届四次会议第002号")
		is(w, "next", w.filed().Number, "第十一届四次会议第003号")
	})
	say(t, "M12: a published list begins with 001 and has no gap, with a 一号提案 or without", func(w *world) {
		publish := func(without bool) error {
			return w.as("主任", func(ctx context.Context) error { return w.service.PublishList(ctx, w.sitting, without) })
		}
		w.loop(2025)
		a, gone, b := w.filed(), w.filed(), w.filed()
		is(w, "001 is kept", a.Number, "第十一届四次会议第002号")
		w.do("委员甲", "applyWithdraw", gone.Matter.ID, nil)
		w.do("主任", "approveWithdraw", gone.Matter.ID, nil)
		w.clock.Set(time.Date(2024, 12, 28, 13, 0, 0, 0, clock.Shanghai))
		if err := publish(false); !errs.Is(err, errs.GuardFailed) {
			w.t.Errorf("while the 一号提案 is waited for: %v", err)
		}
		if err := publish(true); err != nil {
			w.t.Fatal(err)
		}
		is(w, "first", w.look(a.Matter.ID).Number, "第十一届四次会议第001号")
		is(w, "second", w.look(b.Matter.ID).Number, "第十一届四次会议第002号")
		c := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		is(w, "a 一号提案 after all is it by its mark", c.Edges.Proposal.IsNoOne, true)
		is(w, "published numbers stay", c.Number, "第十一届四次会议第003号")
	})
	say(t, "a sitting of another committee is not found", func(w *world) {
		err := w.as("主任", func(ctx context.Context) error { return w.service.PublishList(ctx, uuid.New(), false) })
		if !errs.Is(err, errs.NotFound) {
			w.t.Error(err)
		}
	})
	say(t, "replies and opinions are numbered by unit and year", func(w *world) {
		c := w.replied(w.sole(), "商务局", "A")
		is(w, "first", c.Replies[0].DocNo, "中商务局〔2024〕1号")
		w.at(2025, 1, 2)
		c = w.replied(w.sole(), "商务局", "A")
		is(w, "a new year", c.Replies[0].DocNo, "中商务局〔2025〕1号")
		c = w.replied(w.sole(), "商务局", "A")
		is(w, "second", c.Replies[0].DocNo, "中商务局〔2025〕2号")
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Unit.UpdateOneID(w.units["商务局"]).SetDocWord("").SetShortName("商务").Exec(ctx)
		})
		c = w.replied(w.sole(), "商务局", "A")
		is(w, "without a word of its own", c.Replies[0].DocNo, "商务〔2025〕3号")
	})
	say(t, "units that share a word share its numbers", func(w *world) {
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			return cl.Unit.Update().Where(unit.LineEQ(unit.LineHANDLING)).SetDocWord("中政").Exec(ctx)
		})
		is(w, "one unit", w.replied(w.sole(), "商务局", "A").Replies[0].DocNo, "中政〔2024〕1号")
		c := w.replied(w.assigned(map[string]assignment.Role{"文旅局": assignment.RoleSOLE}), "文旅局", "A")
		is(w, "the other", c.Replies[0].DocNo, "中政〔2024〕2号")
	})
}
