package ballots_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/loop/ballots"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/tenantstest"
	"github.com/bihuan/bihuan/test/district"
)

// house is a city committee with voters, units and a cohort, and a district
// beside it.
type house struct {
	*ballots.Service
	t              *testing.T
	d              *district.District
	db             *tenantstest.DB
	clock          *clock.Movable
	city, district uuid.UUID
	who            map[string]person
	voters         []person
	units          []uuid.UUID
	cohort         uuid.UUID
}

type person struct {
	in                  *district.District
	name                string
	account, membership uuid.UUID
}

func who(in *district.District, name string) person {
	v := in.Who(name)
	return person{in, name, v.Account, v.Membership}
}

const (
	director = "proposal_director" // runs cohorts
	chair    = "chair"             // reads cohorts
	admin    = "tenant_admin"
	auditor  = "auditor"
	unitLead = "unit_lead" // of the first unit
	stranger = "director of the district"
)

var secret = []byte("a secret of the installation, 32 bytes and more")

var (
	dimensions = []string{"组织领导", "办理质量", "沟通协商", "落实效果"}
	options    = []ballots.Option{{Name: "满意"}, {Name: "基本满意"}, {Name: "不满意"}, {Name: "弃权", Abstention: true}}
)

func newHouse(t *testing.T, voters int) *house {
	t.Helper()
	names := []string{"市水务局", "市发展改革委", "市商务局"}
	city := district.Plan{Code: "210200", On: clock.Date(2023, 11, 20), Posts: []string{"主任", "主席", "管理员", "审计员"}, Stored: []string{district.Shipped("cohort").Source}}
	for _, name := range names {
		city.Units = append(city.Units, district.Unit{Name: name, Kind: unit.KindHANDLING_UNIT})
	}
	city.People = []district.Person{{Name: "水务局局长", Role: unitLead, Unit: names[0]}}
	for i := range voters {
		city.People = append(city.People, district.Person{Name: fmt.Sprintf("委员%d", i), Role: "member"})
	}
	d := district.New(t, city, district.Plan{Code: "210202", Posts: []string{"主任"}})
	h := &house{t: t, d: d, db: d.DB, clock: d.Clock, city: d.Tenant, district: d.Beside("210202").Tenant, who: map[string]person{}}
	var err error
	h.Service, err = ballots.New(d.Store, secret)
	must(t, err)
	for _, role := range []string{director, chair, admin, auditor, unitLead} {
		h.who[role] = who(d, role)
	}
	h.who[stranger] = who(d.Beside("210202"), director)
	for i := range voters {
		h.voters = append(h.voters, who(d, fmt.Sprintf("委员%d", i)))
	}
	for _, name := range names {
		h.units = append(h.units, d.Units[name])
	}
	h.cohort = h.matter("cohort")
	return h
}

func (h *house) matter(kind string) (id uuid.UUID) {
	must(h.t, h.system(func(ctx context.Context, c *gen.Client) error {
		m, err := c.Matter.Create().SetKind(kind).SetProcessID(h.d.Runs["cohort"]).SetState("H5_HEARD").SetTitle("一号提案").
			SetOpenedAt(h.clock.Now()).SetVisibility(matter.VisibilitySTAFF).Save(ctx)
		id = m.ID
		return err
	}))
	return id
}

// stands puts the cohort into a state.
func (h *house) stands(state string) {
	must(h.t, h.system(func(ctx context.Context, c *gen.Client) error {
		return c.Matter.UpdateOneID(h.cohort).SetState(state).Exec(ctx)
	}))
}

func (h *house) ctx() context.Context { return h.d.Ctx() }

func (h *house) system(fn func(context.Context, *gen.Client) error) error {
	return h.d.As("", func(ctx context.Context) error { return fn(ctx, h.d.Ent()) })
}

// as does one mutation the way the API does: one transaction, its record last.
func (h *house) as(p person, action string, fn func(context.Context) error) error {
	return p.in.Recorded(p.name, action, fn)
}

// reads runs fn as a query of the API does, in a transaction for reading.
func (h *house) reads(p person, fn func(context.Context) error) error { return p.in.Reads(p.name, fn) }

func (h *house) spec() ballots.Spec {
	s := ballots.Spec{Matter: h.cohort, Title: "2023年度一号提案民主测评", Subjects: h.units, Dimensions: dimensions, Options: options,
		ClosesAt: h.clock.Now().Add(48 * time.Hour)}
	for _, v := range h.voters {
		s.Voters = append(s.Voters, v.membership)
	}
	return s
}

func (h *house) open(spec ballots.Spec) (b *ballots.Ballot, err error) {
	err = h.as(h.who[director], "openBallot", func(ctx context.Context) (err error) {
		b, err = h.Open(ctx, spec)
		return err
	})
	return b, err
}

func (h *house) opened(spec ballots.Spec) *ballots.Ballot {
	h.t.Helper()
	b, err := h.open(spec)
	must(h.t, err)
	return b
}

func (h *house) claim(p person, id uuid.UUID) (token string, err error) {
	err = h.as(p, "claimBallot", func(ctx context.Context) (err error) {
		token, err = h.Claim(ctx, id)
		return err
	})
	return token, err
}

func (h *house) claimed(p person, id uuid.UUID) string {
	h.t.Helper()
	token, err := h.claim(p, id)
	must(h.t, err)
	return token
}

func (h *house) close(p person, id uuid.UUID, reason string) error {
	return h.as(p, "closeBallot", func(ctx context.Context) error {
		_, err := h.Close(ctx, id, reason)
		return err
	})
}

func (h *house) result(p person, id uuid.UUID) (r *ballots.Result, err error) {
	err = h.reads(p, func(ctx context.Context) (err error) {
		r, err = h.Result(ctx, id)
		return err
	})
	return r, err
}

// sheet answers every question with pick(i), the number of an option.
func sheet(b *ballots.Ballot, pick func(i int) int) (out []ballots.Choice) {
	for _, u := range b.Subjects {
		for _, d := range b.Dimensions {
			out = append(out, ballots.Choice{Subject: u, Dimension: d, Option: b.Options[pick(len(out))].Name})
		}
	}
	return out
}

func all(option int) func(int) int { return func(int) int { return option } }

// votes lets a voter claim and cast at once.
func (h *house) votes(p person, b *ballots.Ballot, pick func(int) int) {
	h.t.Helper()
	valid, err := h.Cast(h.ctx(), h.claimed(p, b.ID), sheet(b, pick))
	must(h.t, err)
	if !valid {
		h.t.Fatal("a full ballot paper was invalid")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, code errs.Code) *errs.Error {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code {
		t.Fatalf("%v, want %s", err, code)
	}
	return e
}

// rows reads as superuser, past every policy.
func rows[T any](h *house, to pgx.RowToFunc[T], sql string, args ...any) []T {
	h.t.Helper()
	c, err := pgx.Connect(context.Background(), h.db.SuperURL)
	must(h.t, err)
	defer c.Close(context.Background())
	r, err := c.Query(context.Background(), sql, args...)
	must(h.t, err)
	out, err := pgx.CollectRows(r, to)
	must(h.t, err)
	return out
}

// row reads as the serving role, in the context's transaction.
func (h *house) row(ctx context.Context, sql string, arg, dest any) error {
	return tenants.Row(ctx, sql, []any{arg}, dest)
}

// moved makes a token one of another committee.
func moved(t *testing.T, token string, to uuid.UUID) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(token)
	must(t, err)
	copy(b, to[:])
	return base64.RawURLEncoding.EncodeToString(b)
}
