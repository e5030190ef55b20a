package guidance_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/guidance"
	"github.com/bihuan/bihuan/processes"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// world is a city and two districts with their standing agreements.
type world struct {
	*assembled.District // the city
	settings            *roster.Service
	zhongshan, xigang   *district.District
}

func newWorld(t *testing.T) *world {
	t.Helper()
	posts := []string{"管理员", "秘书长", "主任", "干事", "委员甲", "专委干部"}
	w := &world{District: assembled.New(t,
		district.Plan{Code: "210200", Posts: posts, Runs: []string{"proposal"}},
		district.Plan{Code: "210202", Posts: posts, Runs: []string{"proposal"}},
		district.Plan{Code: "210203", Posts: []string{"管理员"}})}
	w.zhongshan, w.xigang = w.Beside("210202"), w.Beside("210203")
	for _, d := range []*district.District{w.zhongshan, w.xigang} {
		w.DB.AsOwner(t, `UPDATE tenants SET parent_id = $1 WHERE id = $2`, w.Tenant, d.Tenant)
		w.OK(w.Oversight.Stand(w.Ctx(), d.Tenant))
	}
	w.settings = roster.New(w.Ent(), w.Directory, nil, w.Services.Engine)
	return w
}

// run is a subtest of the world.
func (w *world) run(name string, fn func(t *testing.T)) {
	t := w.T.(*testing.T)
	t.Run(name, func(t *testing.T) {
		whole := w.District.District
		w.District.District, w.zhongshan, w.xigang = whole.With(t), w.zhongshan.With(t), w.xigang.With(t)
		defer func() { w.District.District = whole }()
		fn(t)
	})
}

func (w *world) deliver() {
	w.T.Helper()
	w.Deliver(w.District.District, w.zhongshan, w.xigang)
}

// issue publishes something of the city's by its administrator.
func (w *world) issue(kind, code string, required bool, to ...string) (id uuid.UUID, err error) {
	err = w.Recorded("管理员", "issueGuidance", func(ctx context.Context) error {
		id, err = w.Guidance.Issue(ctx, guidance.Issuing{Kind: kind, Code: code, Partners: to, Required: required, Note: "供各区采用"})
		return err
	})
	return id, err
}

func (w *world) issued(kind, code string, to ...string) uuid.UUID {
	w.T.Helper()
	id, err := w.issue(kind, code, false, to...)
	w.OK(err)
	return id
}

func (w *world) withdraw(id uuid.UUID) {
	w.T.Helper()
	w.OK(w.Recorded("管理员", "withdrawGuidance", func(ctx context.Context) error { return w.Guidance.Withdraw(ctx, id, "文件已修订") }))
}

func (w *world) take(d *district.District, who string, id uuid.UUID) error {
	return d.Recorded(who, "takeGuidance", func(ctx context.Context) error { return w.Guidance.Take(ctx, id, "经主席会议研究") })
}

func (w *world) decline(d *district.District, id uuid.UUID, reason string) error {
	return d.Recorded("管理员", "declineGuidance", func(ctx context.Context) error { return w.Guidance.Decline(ctx, id, reason) })
}

// got is what came to a district.
func (w *world) got(d *district.District, id uuid.UUID) (r guidance.Received) {
	w.T.Helper()
	w.OK(d.Reads("管理员", func(ctx context.Context) (err error) {
		r, err = w.Guidance.Look(ctx, id)
		return err
	}))
	return r
}

func (w *world) weighs(d *district.District, who string, id uuid.UUID) (out *guidance.Weighed) {
	w.T.Helper()
	w.OK(d.Reads(who, func(ctx context.Context) (err error) {
		out, err = w.Guidance.Weigh(ctx, id)
		return err
	}))
	return out
}

// to is how a publication has fared with a partner.
func (w *world) to(id uuid.UUID, partner string) (to guidance.To) {
	w.T.Helper()
	w.OK(w.Reads("管理员", func(ctx context.Context) error {
		g, err := w.Guidance.One(ctx, id)
		for _, x := range g.To {
			if x.Partner == partner {
				to = x
			}
		}
		return err
	}))
	return to
}

// settle lets the worker look what is in force, and deliver what is due.
func (w *world) settle(d *district.District) (n int) {
	w.T.Helper()
	n, err := w.Guidance.Settle(w.Ctx(), d.Tenant)
	w.OK(err)
	w.deliver()
	return n
}

// publishes lets a committee publish a process; one that takes two is confirmed.
func (w *world) publishes(d *district.District, source string) (p *gen.Process) {
	w.T.Helper()
	w.OK(d.Recorded("管理员", "publishProcess", func(ctx context.Context) error {
		draft, err := w.Processes.CreateDraft(ctx, processes.NewDraft{Source: source})
		if err == nil {
			p, _, err = w.Processes.Publish(ctx, draft.ID)
		}
		return err
	}))
	return p
}

// drafted writes a draft.
func (w *world) drafted(d *district.District, source string) {
	w.T.Helper()
	w.OK(d.Recorded("管理员", "createProcessDraft", func(ctx context.Context) error {
		_, err := w.Processes.CreateDraft(ctx, processes.NewDraft{Source: source})
		return err
	}))
}

// drafts are those of a kind in a district.
func (w *world) drafts(d *district.District, kind string) (out []*gen.Process) {
	w.T.Helper()
	d.Must("", func(ctx context.Context, c *gen.Client) (err error) {
		out, err = c.Process.Query().Where(entprocess.Kind(kind), entprocess.StatusEQ(entprocess.StatusDRAFT)).All(ctx)
		return err
	})
	return out
}

func (w *world) defines(d *district.District, def figures.Definition) {
	w.T.Helper()
	w.OK(d.Recorded("秘书长", "publishFigure", func(ctx context.Context) error {
		_, err := w.OwnFigures.Publish(ctx, figures.Draft{Definition: def, Reason: "年度考核"})
		return err
	}))
}

// sets changes settings by the administrator.
func (w *world) sets(d *district.District, settings map[string]any) {
	w.T.Helper()
	w.OK(d.Recorded("管理员", "setPolicy", func(ctx context.Context) error {
		_, err := w.settings.SetPolicy(ctx, roster.NewPolicy{Settings: settings, Note: "试行", ApprovedBy: "主席会议"})
		return err
	}))
}

// notices are the texts of a person's notices.
func notices(d *district.District, who string) (out []string) {
	d.T.Helper()
	d.Must("", func(ctx context.Context, c *gen.Client) error {
		all, err := c.Notice.Query().Order(gen.Asc("id")).All(ctx)
		for _, n := range all {
			if n.MembershipID == d.Who(who).Membership {
				out = append(out, n.Text)
			}
		}
		return err
	})
	return out
}

// raw writes something as a letter of the city's.
func (w *world) raw(to string, body any) {
	w.T.Helper()
	text, err := json.Marshal(body)
	w.OK(err)
	w.OK(w.Recorded("", "test", func(ctx context.Context) error {
		_, err := w.Exchange.Send(ctx, to, guidance.KindPaper, json.RawMessage(text), exchangeNone)
		return err
	}))
}

// letter is the body of one.
func letter(id uuid.UUID, kind, code string, version, form int, title, content string) map[string]any {
	return map[string]any{"id": id, "kind": kind, "code": code, "version": version, "form": form, "title": title, "content": json.RawMessage(content)}
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// belowTheFloor is the shipped process of proposals whose drafts all of a
// committee would see.
func belowTheFloor(w *world) (source string) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		p, err := c.Process.Query().Where(entprocess.Kind("proposal"), entprocess.StatusEQ(entprocess.StatusPUBLISHED)).First(ctx)
		if err == nil {
			source = strings.Replace(p.Source, "guards: [proposal.reviewed, proposal.not_secret", "guards: [proposal.not_secret", 1)
			if source == p.Source {
				w.T.Fatal("the text has no such guard")
			}
		}
		return err
	})
	return source
}

// lastRefusal is why 中山 refused the newest letter of the city's, empty where it
// did not.
func (w *world) lastRefusal() exchange.Code { return refusal(w.District.District) }

func refusalOf(d *district.District) exchange.Code { return refusal(d) }

// refusal is why the newest letter of a committee was refused.
func refusal(d *district.District) (code exchange.Code) {
	d.T.Helper()
	d.Must("", func(ctx context.Context, _ *gen.Client) error {
		return tenants.Row(ctx, `SELECT code FROM exchange_outbox WHERE status <> 'WAITING' ORDER BY seq DESC, id DESC LIMIT 1`, nil, &code)
	})
	return code
}

// agreement suspends or resumes the city's half.
func (w *world) agreement(partner string, suspend bool) {
	w.T.Helper()
	w.OK(w.Recorded("管理员", "suspendAgreement", func(ctx context.Context) error {
		a, err := w.Ent().Agreement.Query().Where(agreement.Partner(partner)).Only(ctx)
		if err == nil && suspend {
			_, err = w.Exchange.Suspend(ctx, a.ID, "核对")
		} else if err == nil {
			_, err = w.Exchange.Resume(ctx, a.ID)
		}
		return err
	}))
}
