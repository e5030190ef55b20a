package roster

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Operator is who runs the installation, at its command line: he begins what
// no administrator can begin, and is the second person where a committee has
// no two. The API never makes one, and its methods refuse a context with
// somebody signed in.
type Operator struct {
	Roster *Service
	Engine *flow.Engine
}

// enter is the operator's door, in place of a right.
func (o Operator) enter(ctx context.Context) (context.Context, error) {
	if authz.From(ctx) != nil {
		return nil, errs.New(errs.NotAllowed, "这一操作只能由系统运维人员在命令行进行")
	}
	return authz.System(ctx), alone(ctx)
}

// FirstAdmin is the first administrator of a committee, and what it starts
// with.
type FirstAdmin struct {
	Name, Post string
	SignIn              // the account is made when the login is free
	Existing   bool     // it is in use, and its owner is meant: taken as it is
	Processes  [][]byte // definitions to publish, such as templates.Processes()
}

// Bootstrap publishes the processes and makes the first administrator. Called
// twice with the same login it publishes what is new and changes nothing else;
// with another login it is a Conflict, since there is an administrator: he, or
// Appoint, makes others.
func (o Operator) Bootstrap(ctx context.Context, in FirstAdmin) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.Bootstrap")
	ctx, err = o.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.Engine.Ship(ctx, in.Processes, process.RolesOf(o.Roster.policy)); err != nil {
		return nil, err
	}
	account, err := findAccount(ctx, in.Login)
	if err != nil {
		return nil, err
	}
	if m, err := o.present(ctx, account); err != nil || m != nil {
		return m, err
	}
	m, err := o.admit(ctx, in, account)
	if err != nil {
		return nil, err
	}
	_, err = o.appoint(ctx, NewGrant{Membership: m.ID, Role: tenantAdmin, Reason: "开通租户"})
	return m, err
}

// HandOver makes one more administrator of a committee, on the word that the
// reason names. Those who are administrators stay until he ends their roles by the
// committee's own rules. Called twice for the same login it changes nothing more.
func (o Operator) HandOver(ctx context.Context, in FirstAdmin, reason string) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "roster.HandOver")
	ctx, err = o.enter(ctx)
	if err != nil {
		return nil, err
	}
	account, err := findAccount(ctx, in.Login)
	if err != nil {
		return nil, err
	}
	m, err := o.admit(ctx, in, account)
	if err != nil {
		return nil, err
	}
	_, err = o.appoint(ctx, NewGrant{Membership: m.ID, Role: tenantAdmin, Reason: reason})
	return m, err
}

// present is the administrator with the account, nil when there is none at
// all.
func (o Operator) present(ctx context.Context, account *uuid.UUID) (*gen.Membership, error) {
	admins, err := o.Roster.admins(ctx)
	if err != nil {
		return nil, err
	}
	some := false
	for _, g := range admins {
		if !lasting(g, clock.Today(ctx)) {
			continue
		}
		if sameID(g.Edges.Membership.AccountID, account) {
			return g.Edges.Membership, nil
		}
		some = true
	}
	if some {
		return nil, errs.New(errs.Conflict, "本政协已有租户管理员，登录名不同").At("login")
	}
	return nil, nil
}

// admit finds the person in the committee or enters him.
func (o Operator) admit(ctx context.Context, in FirstAdmin, account *uuid.UUID) (*gen.Membership, error) {
	if account != nil {
		m, err := o.Roster.client.Membership.Query().Where(membership.AccountID(*account)).Only(ctx)
		if !gen.IsNotFound(err) {
			return m, err
		}
		if !in.Existing {
			return nil, inUse(ctx, in.Login, *account)
		}
		return o.Roster.enterMember(ctx, NewMember{Person: Person{Name: in.Name, Post: in.Post}, Kind: membership.KindSTAFF}, "", account)
	}
	return o.Roster.addMember(ctx, NewMember{Person: Person{Name: in.Name, Post: in.Post}, SignIn: in.SignIn, Kind: membership.KindSTAFF})
}

// inUse says whom an operator would make administrator: the owner of a login
// that is in use, with the committees that he belongs to.
func inUse(ctx context.Context, login string, account uuid.UUID) error {
	of, err := tenants.Collect(ctx, pgx.RowTo[string], `
		SELECT t.name || CASE WHEN m.active THEN '' ELSE '（身份已停用）' END
		FROM account_memberships m JOIN tenants t ON t.id = m.tenant_id WHERE m.account_id = $1 ORDER BY t.code`, account)
	if err != nil {
		return err
	}
	where := "不属于任何政协"
	if len(of) > 0 {
		where = "属于" + strings.Join(of, "、")
	}
	return errs.New(errs.Conflict, "登录名 %s 已有账号，它%s；如确要由这一账号的本人担任第一位租户管理员，请加 --existing，否则请换一个登录名", login, where).At("login")
}

// Appointment gives a role on the word of the committee, which the reason
// names.
type Appointment struct {
	Membership uuid.UUID
	Role       string
	To         *time.Time // last day; nil: without end
	Reason     string
}

// Appoint gives a role at once, whatever it is, in place of a grant of it that
// waits for its second person. The rules of Grant hold otherwise. Called twice
// for the same days it returns the same grant.
func (o Operator) Appoint(ctx context.Context, in Appointment) (_ *gen.Grant, err error) {
	defer errs.Wrap(&err, "roster.Appoint(%s to %s)", in.Role, in.Membership)
	ctx, err = o.enter(ctx)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "授权事由", "reason"}); err != nil {
		return nil, err
	}
	return o.appoint(ctx, NewGrant{Membership: in.Membership, Role: in.Role, To: in.To, Reason: in.Reason})
}

func (o Operator) appoint(ctx context.Context, in NewGrant) (*gen.Grant, error) {
	g, err := o.Roster.granting(ctx, in, nil)
	if err != nil {
		return nil, err
	}
	waiting := func(old *gen.Grant) bool { return old.Role == in.Role && Pending(old) }
	all := g.held
	g.held = slices.DeleteFunc(slices.Clone(all), waiting)
	same, err := g.check()
	if err != nil || same != nil {
		return same, err
	}
	for _, old := range all {
		if !waiting(old) {
			continue
		}
		if err := o.Roster.client.Grant.UpdateOne(old).SetRevokedAt(clock.Now(ctx)).Exec(ctx); err != nil {
			return nil, err
		}
	}
	return o.Roster.give(ctx, g)
}
