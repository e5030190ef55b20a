package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// Kinds of the tests, as nouns would register them.
const (
	kindTask   = "task"   // makes a matter of the receiver's own
	kindReport = "report" // writes evidence onto the item from which it came
	kindBroken = "broken" // its handler does what h.broken says
)

type taskBody struct {
	Title string `json:"title"`
}

type reportBody struct {
	Text string `json:"text"`
}

// house is an installation.
type house struct {
	*testing.T
	house  *district.House
	db     *tenantstest.DB
	svc    *exchange.Service
	clock  *clock.Movable
	of     map[uuid.UUID]*district.District
	admins map[uuid.UUID]*authz.Viewer
	second map[uuid.UUID]*authz.Viewer // administrators, where one was needed
	broken func() error
}

func newHouse(t *testing.T, secret byte) *house {
	t.Helper()
	in := district.Empty(t, clock.Date(2026, 3, 5))
	h := &house{T: t, house: in, db: in.DB, clock: in.Clock, of: map[uuid.UUID]*district.District{}, admins: map[uuid.UUID]*authz.Viewer{}, second: map[uuid.UUID]*authz.Viewer{}}
	h.svc = h.service(secret, 1)
	return h
}

// service is one program on the house's database; version is that of its tasks.
func (h *house) service(secret byte, version int) *exchange.Service {
	svc, err := exchange.New(h.db.Store, slices.Repeat([]byte{secret}, 32))
	h.must(err)
	svc.Register(kindTask, version, exchange.Handler{Apply: h.applyTask})
	svc.Register(kindReport, 1, exchange.Handler{Apply: h.applyReport})
	svc.Register(kindBroken, 1, exchange.Handler{Apply: func(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
		if _, err := h.applyTask(ctx, in); err != nil {
			return exchange.Result{}, err
		}
		return exchange.Result{}, h.broken()
	}})
	return svc
}

func (h *house) applyTask(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
	var b taskBody
	if err := in.Decode(&b); err != nil {
		return exchange.Result{}, err
	}
	if b.Title == "" {
		return exchange.Result{}, errs.New(errs.Invalid, "任务须有标题")
	}
	m, err := h.open(ctx, b.Title, map[string]any{"committee": in.Partner, "name": in.Name})
	if err != nil {
		return exchange.Result{}, err
	}
	return exchange.Result{Object: exchange.Object{Type: gen.TypeMatter, ID: m.ID}, Number: "辖〔2026〕1号", Status: "RECEIVED"}, nil
}

// applyReport finds the item by what the exchange knows of the partner's matter.
func (h *house) applyReport(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
	var b reportBody
	if err := in.Decode(&b); err != nil {
		return exchange.Result{}, err
	}
	if in.Known.Type != gen.TypeItem {
		return exchange.Result{}, exchange.Refuse(exchange.UnknownObject, "没有交给贵方这项任务")
	}
	i, err := h.ent().Item.Get(ctx, in.Known.ID)
	if err != nil {
		return exchange.Result{}, err
	}
	if m := i.QueryMatter().OnlyX(ctx); m.ClosedAt != nil {
		return exchange.Result{}, exchange.Refuse(exchange.Closed, "“%s”已经办结，不再接收报告", m.Title)
	}
	return exchange.Result{}, h.ent().Item.UpdateOne(i).SetEvidence(b.Text).Exec(ctx)
}

func (h *house) open(ctx context.Context, title string, origin map[string]any) (*gen.Matter, error) {
	p, err := h.ent().Process.Query().First(ctx)
	if gen.IsNotFound(err) {
		p, err = h.ent().Process.Create().SetKind("task").SetVersion(1).SetTitle("任务").SetSource("-").SetHash("-").Save(ctx)
	}
	if err != nil {
		return nil, err
	}
	return h.ent().Matter.Create().SetKind("task").SetProcess(p).SetState("OPEN").SetTitle(title).SetOrigin(origin).SetOpenedAt(clock.Now(ctx)).Save(ctx)
}

func (h *house) ent() *gen.Client { return h.db.Store.Ent() }

// committee enters one, with an administrator.
func (h *house) committee(code, name, level string) uuid.UUID {
	h.Helper()
	d := h.house.Found(h.T, district.Plan{Code: code, Name: name, Level: level, Posts: []string{}})
	h.of[d.Tenant] = d
	h.admins[d.Tenant] = h.person(d.Tenant, "tenant_admin")
	return d.Tenant
}

func (h *house) person(tenant uuid.UUID, role string) *authz.Viewer {
	h.Helper()
	return h.of[tenant].Join(district.Person{Name: "工作人员" + role, Role: role})
}

func (h *house) ctx() context.Context { return h.house.Ctx() }

// as runs fn as a mutation does: a transaction, collected changes, a record.
func (h *house) as(v *authz.Viewer, fn func(context.Context) error) error {
	return h.db.Store.InTx(authz.With(h.ctx(), v), v.Tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		if err := fn(ctx); err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{Action: "mutation", Object: "Test:1", Actor: audit.Actor{Membership: v.Membership, Name: v.Name}})
	})
}

// in is as the tenant's administrator, who must succeed.
func (h *house) in(tenant uuid.UUID, fn func(context.Context) error) {
	h.Helper()
	h.must(h.as(h.admins[tenant], fn))
}

// system is in, seeing everything in the tenant.
func (h *house) system(tenant uuid.UUID, fn func(context.Context)) {
	h.Helper()
	h.in(tenant, func(ctx context.Context) error { fn(authz.System(ctx)); return nil })
}

var everything = []string{kindTask, kindReport, kindBroken, exchange.KindPromotion}

// agree makes both halves between two committees of the house.
func (h *house) agree(a, b uuid.UUID) {
	h.Helper()
	h.half(a, h.code(b), everything, everything)
	h.half(b, h.code(a), everything, everything)
}

func (h *house) half(tenant uuid.UUID, partner string, sends, receives []string) (id uuid.UUID) {
	h.Helper()
	h.in(tenant, func(ctx context.Context) error {
		sends, receives := append([]string{}, sends...), append([]string{}, receives...) // none is named as none
		a, err := h.svc.Set(ctx, exchange.Terms{Partner: partner, Channel: agreement.ChannelLOCAL, Sends: sends, Receives: receives})
		if err == nil {
			id = a.ID
		}
		return err
	})
	return id
}

func (h *house) code(tenant uuid.UUID) (code string) {
	h.Helper()
	h.db.AsSuper(h.T, `SELECT code FROM tenants WHERE id = $1`, []any{tenant}, &code)
	return code
}

func (h *house) agreementOf(tenant uuid.UUID, partner string) (a *gen.Agreement) {
	h.Helper()
	h.system(tenant, func(ctx context.Context) { a = h.ent().Agreement.Query().Where(agreement.Partner(partner)).OnlyX(ctx) })
	return a
}

// task makes an item in one committee and sends it to another.
func (h *house) task(from uuid.UUID, to, kind, title string) (envelope, item uuid.UUID) {
	h.Helper()
	h.in(from, func(ctx context.Context) (err error) {
		ctx = authz.System(ctx)
		m, err := h.open(ctx, title, nil)
		if err != nil {
			return err
		}
		i := h.ent().Item.Create().SetMatter(m).SetKind("TASK").SetText(title).SaveX(ctx)
		item = i.ID
		envelope, err = h.svc.Send(ctx, to, kind, taskBody{title}, exchange.Object{Type: gen.TypeItem, ID: i.ID})
		return err
	})
	return envelope, item
}

// deliver expects that n envelopes are settled.
func (h *house) deliver(tenant uuid.UUID, n int) {
	h.Helper()
	got, err := h.svc.Deliver(h.ctx(), tenant)
	h.must(err)
	if got != n {
		h.Fatalf("%d envelopes settled, want %d", got, n)
	}
}

// status of an envelope at the sender, with its code.
func (h *house) status(tenant, envelope uuid.UUID) (status string, code exchange.Code) {
	h.Helper()
	h.system(tenant, func(ctx context.Context) {
		h.must(tenants.Row(ctx, `SELECT status, code FROM exchange_outbox WHERE id = $1`, []any{envelope}, &status, &code))
	})
	return status, code
}

// matters of a title in a committee.
func (h *house) matters(tenant uuid.UUID, title string) (n int) {
	h.Helper()
	h.db.AsSuper(h.T, `SELECT count(*) FROM matters WHERE tenant_id = $1 AND title = $2`, []any{tenant, title}, &n)
	return n
}

func (h *house) count(sql string, args ...any) (n int) {
	h.Helper()
	h.db.AsSuper(h.T, sql, args, &n)
	return n
}

// records are those of one envelope in a committee's audit.
func (h *house) records(tenant, envelope uuid.UUID) (out []audit.Entry) {
	h.Helper()
	h.must(h.db.Store.ReadTx(h.ctx(), tenant, func(ctx context.Context) error {
		p, err := audit.Search(ctx, audit.Filter{Object: audit.Object("Envelope", envelope)}, 100, 0)
		for _, r := range p.Rows {
			out = append(out, r.Entry)
		}
		return err
	}))
	return out
}

// tamper runs SQL as superuser with triggers off.
func (h *house) tamper(sql string, args ...any) {
	h.Helper()
	ctx := context.Background()
	c, err := pgx.Connect(ctx, h.db.SuperURL)
	h.must(err)
	defer c.Close(ctx)
	_, err = c.Exec(ctx, `SET session_replication_role = replica`)
	h.must(err)
	tag, err := c.Exec(ctx, sql, args...)
	h.must(err)
	if tag.RowsAffected() == 0 {
		h.Fatal("nothing was tampered with")
	}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// refused expects a shown error of a code.
func (h *house) refused(err error, code errs.Code) {
	h.Helper()
	if !errs.Is(err, code) {
		h.Errorf("got %v, want %s", err, code)
	}
}

func (h *house) expect(tenant, envelope uuid.UUID, status string, code exchange.Code) {
	h.Helper()
	if s, c := h.status(tenant, envelope); s != status || c != code {
		h.Errorf("it is %s %s, want %s %s", s, c, status, code)
	}
}

// run is a subtest of the house.
func (h *house) run(name string, fn func(h *house)) {
	h.T.Run(name, func(t *testing.T) {
		before := h.T
		h.T = t
		defer func() { h.T = before }()
		fn(h)
	})
}

// pair is a city and a district of one installation that agreed.
func pair(t *testing.T) (h *house, city, district uuid.UUID) {
	t.Helper()
	h = newHouse(t, 1)
	city, district = h.committee("210200", "甲市政协", "CITY"), h.committee("210202", "乙区政协", "DISTRICT")
	h.agree(city, district)
	return h, city, district
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var errUndo = errors.New("undo")
