package district

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/tenants/templates"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// House is an installation: what several committees of a test share.
type House struct {
	*tenantstest.DB
	Clock     *clock.Movable
	Rights    *authz.Policy
	Directory *authz.Directory
	Engine    *flow.Engine

	committees map[string]*District // by code
}

// Rights are what roles may do, compiled once for all tests: it takes half a
// second.
var Rights = sync.OnceValues(authz.Load)

// New is a district of its own; with several plans, the first one's, and the
// others stand beside it.
func New(t testing.TB, plans ...Plan) *District {
	t.Helper()
	if len(plans) == 0 {
		plans = []Plan{{}}
	}
	for i := range plans {
		plans[i] = plans[i].whole()
	}
	k := key(plans)
	if !founded.often(k) {
		h := open(t, tenantstest.New(t), plans[0])
		for _, p := range plans {
			h.found(t, p)
		}
		return h.committees[plans[0].Code]
	}
	db := tenantstest.Copy(t, k, func(db *tenantstest.DB) {
		h := open(t, db, plans[0])
		var all []rows
		for _, p := range plans {
			all = append(all, h.found(t, p).rows)
		}
		founded.Lock()
		defer founded.Unlock()
		founded.by[k] = all
	})
	h := open(t, db, plans[0])
	founded.Lock()
	defer founded.Unlock()
	for i, p := range plans {
		h.enter(t, p.Code, founded.by[k][i])
	}
	return h.committees[plans[0].Code]
}

// Empty is a house without a committee, on a day.
func Empty(t testing.TB, on time.Time) *House {
	t.Helper()
	return open(t, tenantstest.New(t), Plan{On: on})
}

// founded are the rows of the districts that are copied, by key, and how often
// each key was asked for: as many keys as the tests of a package have plans.
var founded = ledger{by: map[string][]rows{}, asked: map[string]int{}}

type ledger struct {
	sync.Mutex
	by    map[string][]rows
	asked map[string]int
}

// often says whether a plan is worth a template. That costs what two districts
// cost that are founded in place, so that it begins with the third.
func (l *ledger) often(key string) bool {
	l.Lock()
	defer l.Unlock()
	l.asked[key]++
	return l.asked[key] > 2
}

// rows are the ids of what a district has.
type rows struct {
	tenant  uuid.UUID
	units   map[string]uuid.UUID
	people  map[string]authz.Viewer
	roles   map[string]string // who has a role, the first of the list
	runs    map[string]uuid.UUID
	sitting uuid.UUID
	there   []Person
}

// open wires a program on a database, as far as no noun is needed.
func open(t testing.TB, db *tenantstest.DB, first Plan) *House {
	t.Helper()
	policy, err := Rights()
	if err != nil {
		t.Fatal(err)
	}
	client := Guarded(db.Store)
	h := &House{DB: db, Clock: &clock.Movable{}, Rights: policy, Directory: authz.NewDirectory(policy), Engine: flow.New(client), committees: map[string]*District{}}
	h.Clock.Set(clock.StartOf(first.On).Add(9 * time.Hour))
	if first.Rules != nil {
		first.Rules(h.Engine)
	}
	return h
}

// Guarded is a store's client with what stands in front of it in the program.
func Guarded(store *tenants.Store) *gen.Client {
	client := store.Ent()
	authz.Narrow(client)
	client.Use(audit.Hook)
	return client
}

// enter makes a committee known that is there.
func (h *House) enter(t testing.TB, code string, r rows) *District {
	d := &District{House: h, T: t, Tenant: r.tenant, Code: code, Units: map[string]uuid.UUID{}, People: map[string]*authz.Viewer{}, Runs: map[string]uuid.UUID{}, Sitting: r.sitting, There: r.there, rows: r}
	for name, id := range r.units {
		d.Units[name] = id
	}
	for name, v := range r.people {
		d.People[name] = &v
	}
	for kind, id := range r.runs {
		d.Runs[kind] = id
	}
	h.committees[code] = d
	return d
}

// Found opens one more committee in a house that is there.
func (h *House) Found(t testing.TB, p Plan) *District {
	t.Helper()
	return h.found(t, p.whole())
}

func (h *House) found(t testing.TB, p Plan) *District {
	t.Helper()
	known := committees[p.Code]
	if p.Name != "" {
		known.name, known.level = p.Name, p.Level
	}
	if known.name == "" {
		t.Fatalf("district: no committee has the code %s", p.Code)
	}
	r := rows{units: map[string]uuid.UUID{}, people: map[string]authz.Viewer{}, roles: map[string]string{}, runs: map[string]uuid.UUID{}, there: p.People}
	r.tenant = tenantstest.Tenant(t, h.DB, p.Code, known.name, known.level)
	d := h.enter(t, p.Code, r)
	d.Must("", func(ctx context.Context, c *gen.Client) error {
		for _, step := range []func(context.Context, *gen.Client, Plan, *rows) error{settle, staff, sit, h.run} {
			if err := step(ctx, c, p, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return h.enter(t, p.Code, r)
}

func settle(ctx context.Context, c *gen.Client, p Plan, r *rows) error {
	for _, u := range p.Units {
		create := c.Unit.Create().SetLine(u.line()).SetKind(u.Kind).SetName(u.Name).SetDocWord("中" + u.Name)
		if u.Above != "" {
			create.SetParentID(r.units[u.Above])
		}
		if !u.Until.IsZero() {
			create.SetActiveTo(u.Until)
		}
		row, err := create.Save(ctx)
		if err != nil {
			return err
		}
		r.units[u.Name] = row.ID
	}
	return nil
}

// staff brings the people in, with three statements whatever their number.
func staff(ctx context.Context, c *gen.Client, p Plan, r *rows) error {
	var members []*gen.MembershipCreate
	for _, x := range p.People {
		members = append(members, c.Membership.Create().SetName(x.Name).SetKind(x.kind()).SetAccountID(uuid.Must(uuid.NewV7())).SetPhone("13000000000"))
	}
	there, err := c.Membership.CreateBulk(members...).Save(ctx)
	if err != nil {
		return err
	}
	if err := owned(ctx, there); err != nil {
		return err
	}
	var grants []*gen.GrantCreate
	var seats []*gen.SeatCreate
	for i, x := range p.People {
		m := there[i]
		r.people[x.Name] = authz.Viewer{Account: *m.AccountID, Membership: m.ID, Tenant: r.tenant, Name: x.Name}
		if x.Role != "" {
			grants = append(grants, c.Grant.Create().SetMembership(m).SetRole(x.Role))
			if r.roles[x.Role] == "" {
				r.roles[x.Role] = x.Name
			}
		}
		if x.Unit == "" {
			continue
		}
		post := seat.PostMEMBER
		if x.Post != "" {
			post = seat.Post(x.Post)
		}
		seats = append(seats, c.Seat.Create().SetMembership(m).SetUnitID(r.units[x.Unit]).SetPost(post))
	}
	if err := c.Grant.CreateBulk(grants...).Exec(ctx); err != nil {
		return err
	}
	return c.Seat.CreateBulk(seats...).Exec(ctx)
}

// owned makes the accounts behind memberships, each activated by its owner.
func owned(ctx context.Context, of []*gen.Membership) error {
	ids := make([]uuid.UUID, len(of))
	for i, m := range of {
		ids[i] = *m.AccountID
	}
	now := clock.Now(ctx)
	_, err := tenants.Exec(ctx, `
		INSERT INTO accounts (id, login, password_hash, created_at, password_changed_at, activated_at)
		SELECT id, id::text, '', $2, $2, $2 FROM unnest($1::uuid[]) id`, ids, now)
	return err
}

// Join brings somebody new into the committee.
func (d *District) Join(p Person) (v *authz.Viewer) {
	d.T.Helper()
	d.Must("", func(ctx context.Context, c *gen.Client) error {
		r := rows{tenant: d.Tenant, units: d.Units, people: map[string]authz.Viewer{}, roles: d.rows.roles}
		if err := staff(ctx, c, Plan{People: []Person{p}}, &r); err != nil {
			return err
		}
		own := r.people[p.Name]
		d.People[p.Name] = &own
		var err error
		v, err = d.Viewer(ctx, p.Name)
		return err
	})
	return v
}

func sit(ctx context.Context, c *gen.Client, p Plan, r *rows) error {
	if p.Sitting == nil {
		return nil
	}
	s := p.Sitting
	term, err := c.Term.Create().SetOrdinal(s.Term).SetStartsOn(s.TermFrom).SetEndsOn(s.TermFrom.AddDate(5, 0, 0)).Save(ctx)
	if err != nil {
		return err
	}
	row, err := c.Sitting.Create().SetTerm(term).SetOrdinal(s.Ordinal).SetPrepOpensOn(s.Prepares).SetOpensOn(s.Opens).SetCutoffAt(s.CutoffAt).SetClosesOn(s.Closes).Save(ctx)
	if err == nil {
		r.sitting = row.ID
	}
	return err
}

// run publishes what the plan names.
func (h *House) run(ctx context.Context, c *gen.Client, p Plan, r *rows) error {
	sources := p.Sources
	for _, kind := range p.Runs {
		sources = append(sources, Shipped(kind).Source)
	}
	for _, s := range sources {
		row, err := h.Engine.Publish(ctx, []byte(s), process.RolesOf(h.Rights))
		if err != nil {
			return err
		}
		r.runs[row.Kind] = row.ID
	}
	for _, source := range p.Stored {
		d, err := process.Parse([]byte(source))
		if err != nil {
			return err
		}
		row, err := c.Process.Create().SetKind(d.Kind).SetVersion(d.Version).SetTitle(d.Title).SetSource(d.Source).SetHash(d.Hash).Save(ctx)
		if err != nil {
			return err
		}
		r.runs[row.Kind] = row.ID
	}
	return nil
}

// shipped are the definitions of the product, by kind.
var shipped = sync.OnceValues(func() (map[string]*process.Definition, error) {
	sources := templates.Processes()
	for _, p := range templates.Platforms() {
		sources = append(sources, p.Source)
	}
	out := map[string]*process.Definition{}
	for _, s := range sources {
		d, err := process.Parse(s)
		if err != nil {
			return nil, err
		}
		out[d.Kind] = d
	}
	return out, nil
})

// Shipped is the product's definition of a kind.
func Shipped(kind string) *process.Definition {
	all, err := shipped()
	if err != nil || all[kind] == nil {
		panic("district: no process of kind " + kind + " is shipped")
	}
	return all[kind]
}

// Kinds are all that the product ships.
func Kinds() []string {
	all, _ := shipped()
	return slices.Sorted(maps.Keys(all))
}
