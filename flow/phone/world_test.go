package phone_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/phone/channels/channelstest"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

type obj = map[string]any

// world is a district in which 委员甲 is reached by 企业微信 and short message,
// 委员乙 by short message, 干事, 审查员 and 主任 by 企业微信; the others by nothing. It
// begins on 6 January 2025, a working day, at nine.
type world struct {
	*assembled.District
	fake *channelstest.Fake
}

// newWorld sets what the committee's policy says of phones; nil: nothing.
func newWorld(t *testing.T, of obj) *world {
	t.Helper()
	w := &world{assembled.New(t, district.Plan{On: clock.Date(2025, 1, 6), Runs: []string{"proposal", "opinion"}, Sitting: district.Plenary(2025, 6, 9)}), channelstest.New(t)}
	w.Phone.Connect("https://zx.example.cn/", w.fake.Channels())
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		if err := c.Membership.Update().ClearPhone().Exec(ctx); err != nil {
			return err
		}
		for who, at := range map[string][2]string{"委员甲": {"130 0000 0001", "jia"}, "委员乙": {"13000000002", ""}, "干事": {"", "ganshi"}, "审查员": {"", "shencha"}, "主任": {"", "zhuren"}} {
			if err := c.Membership.Update().Where(membership.ID(w.Who(who).Membership)).SetPhone(at[0]).SetWecom(at[1]).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if of != nil {
		w.policy(1, of)
	}
	return w
}

// policy sets what the committee says of phones from today.
func (w *world) policy(version int, of obj) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		return c.TenantPolicy.Create().SetVersion(version).SetEffectiveFrom(w.Today()).SetSettings(obj{"phone": of}).Exec(ctx)
	})
}

// both are the channels, 企业微信 first.
func both() obj { return obj{"channels": []string{"WECOM", "SMS"}} }

// tells writes a notice, as everybody does who tells somebody something.
func (w *world) tells(who string, matter *uuid.UUID, n notices.Notice) {
	w.T.Helper()
	w.OK(w.As("", func(ctx context.Context) error { return notices.Write(ctx, matter, n, w.Who(who).Membership) }))
}

// delivers takes to phones what is due.
func (w *world) delivers() (ended int) {
	w.T.Helper()
	ended, err := w.Phone.Deliver(w.Ctx(), w.Tenant)
	w.OK(err)
	return ended
}

// shown is what phones have shown since the last time somebody asked.
func (w *world) shown(seen *int) []channelstest.Message {
	all := w.fake.Shown()
	fresh := all[*seen:]
	slices.SortStableFunc(fresh, func(a, b channelstest.Message) int { return strings.Compare(a.To, b.To) })
	*seen = len(all)
	return fresh
}

// page is a link without the notice that it names.
func page(link string) string { at, _, _ := strings.Cut(link, "?n="); return at }

// rows are how many rows of the outbox are in a status.
func (w *world) rows(status string) (n int) {
	w.T.Helper()
	w.OK(w.As("", func(ctx context.Context) error {
		return tenants.Row(ctx, `SELECT count(*) FROM phone_outbox WHERE status = $1`, []any{status}, &n)
	}))
	return n
}

// hour moves the clock to an hour of today.
func (w *world) hour(h int) {
	d := w.Today()
	w.Clock.Set(time.Date(d.Year(), d.Month(), d.Day(), h, 0, 0, 0, clock.Shanghai))
}

// draft is a proposal of 委员甲 that nobody else sees.
func (w *world) draft() (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.As("委员甲", func(ctx context.Context) error {
		c, err := w.Proposals.Create(ctx, proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Title: title, Situation: "断头路有三处。", Analysis: "无人牵头。",
			Suggestions: []string{"列入明年计划"}, Category: "城建", Consent: true})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	}))
	return id
}

const title = "关于打通断头路的提案"

// submitted is one that has been handed in.
func (w *world) submitted() uuid.UUID {
	w.T.Helper()
	id := w.draft()
	w.Do("委员甲", "submit", id, nil)
	return id
}

// wants sets what somebody wants on his phone.
func (w *world) wants(who string, c phone.Choice) {
	w.T.Helper()
	w.OK(w.As(who, func(ctx context.Context) error { _, _, err := w.Phone.Set(ctx, c); return err }))
}
