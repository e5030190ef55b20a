package flow_test

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// What is read of a case after an action is what reading all of it gives.
func TestAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.store.Ent()
	matter, other := w.open().Matter.ID, w.open().Matter.ID
	var share, reply, party, sitting uuid.UUID
	w.system(func(ctx context.Context) error {
		term := c.Term.Create().SetOrdinal(11).SaveX(ctx)
		sitting = c.Sitting.Create().SetTerm(term).SetOrdinal(4).SaveX(ctx).ID
		c.Proposal.Create().SetMatterID(matter).SetProposerKind("INDIVIDUAL").SetSittingID(sitting).SaveX(ctx)
		share = c.Assignment.Create().SetMatterID(matter).SetUnitID(w.unit).SetRole("SOLE").SetState("TAKEN").SetAssignedAt(monday).SetOriginAssignedAt(monday).SaveX(ctx).ID
		reply = c.Reply.Create().SetMatterID(matter).SetAssignmentID(share).SetKind("REPLY").SetBody("答复").SaveX(ctx).ID
		party = c.Party.Create().SetMatterID(matter).SetRole("GUEST").SetName("列席").SaveX(ctx).ID
		return nil
	})
	for what, write := range map[string]func(context.Context) error{
		"nothing": func(context.Context) error { return nil },
		"the matter": func(ctx context.Context) error {
			return c.Matter.UpdateOneID(matter).SetTitle("新标题").Exec(ctx)
		},
		"the proposal": func(ctx context.Context) error {
			return c.Proposal.Update().SetCategory("民生").Exec(ctx)
		},
		"a party": func(ctx context.Context) error {
			return c.Party.Create().SetMatterID(matter).SetRole("CO").SetName("又一人").SetOrdinal(3).Exec(ctx)
		},
		"a share": func(ctx context.Context) error {
			return c.Assignment.UpdateOneID(share).SetState("ANSWERED").Exec(ctx)
		},
		"a reply": func(ctx context.Context) error {
			return c.Reply.UpdateOneID(reply).SetBody("新答复").Exec(ctx)
		},
		"a rating": func(ctx context.Context) error {
			return c.Feedback.Create().SetMatterID(matter).SetReplyID(reply).SetPartyID(party).SetAskedAt(monday).Exec(ctx)
		},
		"a record": func(ctx context.Context) error {
			return c.Record.Create().SetMatterID(matter).SetKind("VISIT").SetText("视察").Exec(ctx)
		},
		"a promise": func(ctx context.Context) error {
			return c.Item.Create().SetMatterID(matter).SetKind("COMMITMENT").SetText("承诺").Exec(ctx)
		},
		"a timer": func(ctx context.Context) error {
			return c.Timer.Update().SetStatus("MET").Exec(ctx)
		},
		"a file": func(ctx context.Context) error {
			return c.Attachment.Create().SetMatterID(matter).SetName("a").SetSize(1).SetContentType("text/plain").SetSha256("0").SetBlobKey("k").Exec(ctx)
		},
		"a link each way": func(ctx context.Context) error {
			if err := c.Link.Create().SetFromID(matter).SetToID(other).SetKind("MERGED_INTO").Exec(ctx); err != nil {
				return err
			}
			return c.Link.Create().SetFromID(other).SetToID(matter).SetKind("MERGED_INTO").Exec(ctx)
		},
		"a sitting, which is no part": func(ctx context.Context) error {
			return c.Sitting.UpdateOneID(sitting).SetOrdinal(5).Exec(ctx)
		},
	} {
		t.Run("after a change of "+what, func(t *testing.T) {
			w.t = t
			w.system(func(ctx context.Context) error {
				again, anew, err := w.engine.Again(ctx, matter, write)
				if err != nil {
					return err
				}
				if got, want := picture(t, again), picture(t, anew); got != want {
					t.Errorf("read again:\n%s\nread anew:\n%s", got, want)
				}
				return nil
			})
		})
	}
}

// instants are times as they are written, which depends on who has made them.
var instants = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[^"]+"`)

// picture is everything that rules can see of a case.
func picture(t *testing.T, c *flow.Case) string {
	t.Helper()
	b, err := json.MarshalIndent([]any{
		c.Matter, c.Parent, c.Committee, c.Def.Hash, c.Policy.Version, c.Parties, c.Assignments, c.Replies, c.Feedback, c.Records, c.Items, c.Timers,
		c.Attachments, c.Out, c.In,
	}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return instants.ReplaceAllStringFunc(string(b), func(s string) string {
		at, err := time.Parse(`"`+time.RFC3339+`"`, s)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC().String()
	})
}

func TestReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []uuid.UUID{w.open().Matter.ID, w.open().Matter.ID, w.open().Matter.ID}
	count := func(ids ...uuid.UUID) (n int64) {
		w.system(func(ctx context.Context) error {
			before := tenants.Statements(ctx)
			defs, err := w.engine.Definitions(ctx, ids...)
			n = tenants.Statements(ctx) - before
			if len(defs) != len(ids) || defs[ids[0]].Kind != "tiny" {
				t.Errorf("%v", defs)
			}
			return err
		})
		return n
	}
	t.Run("a definition that was met is not read again", func(t *testing.T) {
		count(ids[0])
		if n := count(ids...); n != 1 {
			t.Errorf("%d statements", n)
		}
	})
	t.Run("the calendar has the committee's own days", func(t *testing.T) {
		saturday := clock.Date(2025, 3, 8)
		w.system(func(ctx context.Context) error {
			return w.store.Ent().Workday.Create().SetDay(saturday).SetWorking(true).Exec(ctx)
		})
		w.system(func(ctx context.Context) error {
			cal, err := w.engine.Calendar(ctx)
			if !cal.Working(saturday) || cal.Working(saturday.AddDate(0, 0, 1)) {
				t.Error("it has not")
			}
			return err
		})
	})
	t.Run("a case knows its committee's code", func(t *testing.T) {
		w.system(func(ctx context.Context) error {
			c, _, err := w.engine.Again(ctx, ids[0], func(context.Context) error { return nil })
			if c.Committee != "210202" || c.Parent != nil || !slices.ContainsFunc(c.Timers, func(t *gen.Timer) bool { return t.Key == "answer" }) {
				t.Errorf("%v", c)
			}
			return err
		})
	})
}
