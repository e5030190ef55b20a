package phone_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/tenants"
)

// looks looks through the committee, as the worker does on each working day, and
// takes to phones what came of it. It answers who was told, by name.
func (w *world) looks() (told []string) {
	w.T.Helper()
	before := w.heard()
	_, err := w.Services.Engine.Unread(w.Ctx(), audit.Doors{Store: w.Store, System: "sweep"}, w.Tenant)
	w.OK(err)
	w.delivers()
	for who, n := range w.heard() {
		if n > before[who] {
			told = append(told, who)
		}
	}
	slices.Sort(told)
	return told
}

// heard is how many notices everybody has.
func (w *world) heard() map[string]int {
	w.T.Helper()
	out := map[string]int{}
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		for name, p := range w.People {
			n, err := c.Notice.Query().Where(notice.MembershipID(p.Membership)).Count(ctx)
			if out[name] = n; err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// reads marks somebody's notices of a matter as read.
func (w *world) reads(who string, id uuid.UUID) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		return c.Notice.Update().Where(notice.MembershipID(w.Who(who).Membership), notice.MatterID(id)).SetReadAt(w.Clock.Now()).Exec(ctx)
	})
}

// on moves to ten o'clock of a day of January.
func (w *world) on(day int) {
	w.At(2025, 1, day)
	w.hour(10)
}

// urged are the reminders on record.
func (w *world) urged(id uuid.UUID) (texts []string) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		rows, err := c.Record.Query().Where(record.MatterID(id), record.KindEQ(record.KindURGE)).All(ctx)
		for _, r := range rows {
			if r.Data["unread"] != nil {
				texts = append(texts, fmt.Sprint(r.Audience, " ", r.Text))
			}
		}
		return err
	})
	return texts
}

func says(t *testing.T, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// 6 January 2025 is a Monday.
func TestWhatNobodyHasReadOf(t *testing.T) {
	t.Parallel()
	policy := both()
	policy["unreadDays"] = 2
	t.Run("Without the policy nobody is told again.", func(t *testing.T) {
		w := newWorld(t, both())
		w.submitted()
		w.on(20)
		says(t, w.looks(), []string{})
	})
	t.Run("After the days of the policy those whose turn it is are told once more, on their phones, too, and once; then the guardian.", func(t *testing.T) {
		w, seen := newWorld(t, policy), 0
		id := w.submitted()
		w.delivers()
		first := len(w.shown(&seen))
		w.on(7)
		says(t, w.looks(), []string{})
		w.on(8)
		says(t, w.looks(), []string{"主任", "副主任", "干事"})
		if got := w.shown(&seen); len(got) != first || got[0].Title != "轮到您办理" || got[0].Text != "《"+title+"》" {
			t.Errorf("%+v", got)
		}
		says(t, w.looks(), []string{})
		w.on(9)
		says(t, w.looks(), []string{})
		w.on(10) // nobody acts for them
		says(t, w.looks(), []string{"主任", "副主任"})
		w.on(20)
		says(t, w.looks(), []string{})
		got := w.urged(id)
		if len(got) != 2 || !strings.HasPrefix(got[0], "STAFF 轮到") || !strings.HasSuffix(got[0], "1月6日的通知一直没有人看过，已再次提醒轮到办理的人") || !strings.HasSuffix(got[1], "已告知代管的人") {
			t.Errorf("%q", got)
		}
	})
	t.Run("One reader is enough, whichever notice of the matter he reads: what a definition's notify told him stands for the turn.", func(t *testing.T) {
		w := newWorld(t, policy)
		id := w.submitted()
		w.Must("", func(ctx context.Context, _ *gen.Client) error {
			_, err := tenants.Exec(ctx, `UPDATE notices SET about = 'TOLD', level = 'ORDINARY' WHERE matter_id = $1`, id)
			return err
		})
		w.reads("主任", id)
		w.on(8)
		says(t, w.looks(), []string{})
	})
	t.Run("Who reads the second notice ends it.", func(t *testing.T) {
		w := newWorld(t, policy)
		id := w.submitted()
		w.on(8)
		w.looks()
		w.reads("干事", id)
		w.on(20)
		says(t, w.looks(), []string{})
	})
	t.Run("Who acts for one of them is told before the guardian is.", func(t *testing.T) {
		w := newWorld(t, policy)
		w.submitted()
		w.on(8)
		w.looks()
		w.on(9)
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Substitution.Create().SetMemberID(w.Who("干事").Membership).SetSubstituteID(w.Who("委员丁").Membership).
				SetValidFrom(w.Today()).SetValidTo(w.Today().AddDate(0, 1, 0)).SetReason("出差").SetConfirmedByID(w.Who("管理员").Membership).SetConfirmedAt(w.Clock.Now()).Exec(ctx)
		})
		w.on(10)
		says(t, w.looks(), []string{"委员丁"})
		w.on(14)
		says(t, w.looks(), []string{"主任", "副主任"})
	})
	t.Run("It is looked through on working days only, and once a day.", func(t *testing.T) {
		w := newWorld(t, policy)
		w.submitted()
		has := func() (is bool) {
			w.OK(w.As("", func(ctx context.Context) (err error) { is, err = w.Services.Engine.HasUnread(ctx); return err }))
			return is
		}
		w.on(11) // Saturday
		says(t, []any{has(), w.looks()}, []any{false, []string{}})
		w.on(13)
		w.hour(8)
		says(t, has(), false)
		w.hour(9)
		says(t, []any{has(), len(w.looks()), has()}, []any{true, 3, false})
	})
	t.Run("Its author is not told of his own draft.", func(t *testing.T) {
		w := newWorld(t, policy)
		w.draft()
		w.on(20)
		says(t, w.looks(), []string{})
	})
}
