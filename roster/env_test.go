package roster

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// today is a Monday on which most tests begin, at 09:00.
var today = clock.Date(2026, 3, 2)

// world is a committee with one administrator, wired as the program is: the
// serving role, the viewer's narrowing, the audit's collecting of writes.
type world struct {
	*Service
	t      *testing.T
	db     *tenantstest.DB
	ctx    context.Context
	clock  *clock.Movable
	dir    *authz.Directory
	op     Operator
	people *accounts.Service
	client *gen.Client
	city   uuid.UUID // the committee
	admin  uuid.UUID // its first administrator
}

const secret = "correct horse battery"

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	db := tenantstest.New(t)
	policy, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, clock: &clock.Movable{}, dir: authz.NewDirectory(policy), client: db.Store.Ent()}
	w.clock.Set(clock.StartOf(today).Add(9 * time.Hour))
	w.ctx = clock.With(context.Background(), w.clock)
	authz.Narrow(w.client)
	w.client.Use(audit.Hook)
	// Cheap hashes keep the tests quick; what they prove does not depend on it.
	cheap := accounts.Options{Argon: accounts.Argon{Memory: 64, Passes: 1, Lanes: 1}}
	w.people = accounts.New(db.Store, nil, cheap)
	w.Service = New(w.client, w.dir, w.people, flow.New(w.client))
	w.op = Operator{w.Service, flow.New(w.client)}
	w.city = tenantstest.Tenant(t, db, "210200", "某市政协", "CITY")
	w.admin = w.bootstrap(w.city, "admin")
	return w
}

func (w *world) bootstrap(tenant uuid.UUID, login string) (id uuid.UUID) {
	w.t.Helper()
	err := w.in(tenant, func(ctx context.Context) error {
		m, err := w.op.Bootstrap(ctx, FirstAdmin{Name: "管理员甲", SignIn: SignIn{Login: login, Password: secret}})
		if err == nil {
			id = m.ID
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.ready(login)
	return id
}

// in runs fn for the operator in a committee's transaction.
func (w *world) in(tenant uuid.UUID, fn func(context.Context) error) error {
	return w.db.Store.InTx(w.ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(ctx)
		return fn(ctx)
	})
}

// as runs fn for somebody signed in to the committee.
func (w *world) as(who uuid.UUID, fn func(context.Context) error) error {
	return w.in(w.city, func(ctx context.Context) error {
		v, err := w.viewer(ctx, who)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

func (w *world) viewer(ctx context.Context, who uuid.UUID) (*authz.Viewer, error) {
	m, err := w.client.Membership.Get(authz.System(ctx), who)
	if err != nil {
		return nil, err
	}
	var account uuid.UUID
	if m.AccountID != nil {
		account = *m.AccountID
	}
	return w.dir.Viewer(ctx, account, who)
}

// do is as for the administrator, and must succeed.
func (w *world) do(fn func(context.Context) error) {
	w.t.Helper()
	if err := w.as(w.admin, fn); err != nil {
		w.t.Fatal(err)
	}
}

// try calls a method as the administrator.
func try[In, Out any](w *world, method func(context.Context, In) (Out, error), in In) (out Out, err error) {
	return tryAs(w, w.admin, method, in)
}

func tryAs[In, Out any](w *world, who uuid.UUID, method func(context.Context, In) (Out, error), in In) (out Out, err error) {
	err = w.as(who, func(ctx context.Context) error {
		out, err = method(ctx, in)
		return err
	})
	return out, err
}

// must is try that must succeed.
func must[In, Out any](w *world, method func(context.Context, In) (Out, error), in In) Out {
	w.t.Helper()
	return mustAs(w, w.admin, method, in)
}

func mustAs[In, Out any](w *world, who uuid.UUID, method func(context.Context, In) (Out, error), in In) Out {
	w.t.Helper()
	out, err := tryAs(w, who, method, in)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// refused wants an error of a code at a field; an empty path is not compared.
func refused(t *testing.T, err error, code errs.Code, path string) {
	t.Helper()
	e, ok := errs.As(err)
	if !ok || e.Code != code || (path != "" && (len(e.Path) == 0 || e.Path[0] != path)) {
		t.Fatalf("want %s at %q, got %v", code, path, err)
	}
}

// staff enters an officer who can sign in.
func (w *world) staff(name, login string) *gen.Membership {
	w.t.Helper()
	m := must(w, w.AddMember, NewMember{Person: Person{Name: name}, SignIn: SignIn{Login: login, Open: true}, Kind: membership.KindSTAFF})
	w.ready(login)
	return m
}

// ready lets the owner of a login have activated his account.
func (w *world) ready(login string) {
	w.t.Helper()
	if err := w.people.Ready(w.ctx, login, secret); err != nil {
		w.t.Fatal(err)
	}
}

// person enters an officer without an account.
func (w *world) person(name string) *gen.Membership {
	w.t.Helper()
	return must(w, w.AddMember, NewMember{Person: Person{Name: name}, Kind: membership.KindSTAFF})
}

// secondAdmin makes another administrator, by the operator.
func (w *world) secondAdmin() uuid.UUID {
	w.t.Helper()
	m := w.staff("管理员乙", "admin2")
	if _, err := w.appoint(Appointment{Membership: m.ID, Role: tenantAdmin, Reason: "增设管理员"}); err != nil {
		w.t.Fatal(err)
	}
	return m.ID
}

func (w *world) unitOf(kind unit.Kind, name string, parent *uuid.UUID) *gen.Unit {
	w.t.Helper()
	in := NewUnit{Line: lineOf[kind], Kind: kind, Name: name, Parent: parent}
	if in.Line == unit.LineHANDLING {
		c := unit.ChannelGOV_OFFICE
		in.Channel = &c
	}
	return must(w, w.CreateUnit, in)
}

func (w *world) term(ordinal, from, to int) *gen.Term {
	w.t.Helper()
	return must(w, w.OpenTerm, NewTerm{ordinal, clock.Date(from, 1, 1), clock.Date(to, 12, 31)})
}

// roles are what somebody's rights of today come from.
func (w *world) roles(who uuid.UUID) (roles []string) {
	w.t.Helper()
	err := w.in(w.city, func(ctx context.Context) error {
		v, err := w.viewer(ctx, who)
		if err == nil {
			roles = v.Roles
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return roles
}

// later moves the clock on by days.
func (w *world) later(days int) { w.clock.Advance(time.Duration(days) * 24 * time.Hour) }

// ctxT shortens the signatures of literals.
type ctxT = context.Context

func ptr[T any](v T) *T { return &v }

func on(y int, m time.Month, d int) *time.Time { return ptr(clock.Date(y, m, d)) }

// today is the day of the moved clock.
func (w *world) today() time.Time { return clock.Today(w.ctx) }

// anyRow does something to one of several rows, as the administrator.
func (w *world) anyRow(r *rand.Rand, of func(context.Context) ([]uuid.UUID, error), do func(context.Context, uuid.UUID) error) error {
	return w.as(w.admin, func(ctx context.Context) error {
		ids, err := of(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		return do(ctx, ids[r.IntN(len(ids))])
	})
}
