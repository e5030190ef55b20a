package assembly

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// AccountBook writes what happens to people's accounts into the books (S4):
// into the chain of where it happens, with it, and into that of every other
// committee in which the person is, from its tray. The tray is filled in the
// same transaction and emptied right after its commit, or by the job that looks
// for what was left; so nothing is lost and nothing is written twice.
//
// A record has who did it and whose account it is apart. Nobody knows who failed
// to sign in; at the server it is who stands there; a committee hears of
// another's people that they are another's, and not who.
type AccountBook struct {
	Store *tenants.Store
	Log   *slog.Logger
}

// news is an event on its way into a tray.
type news struct {
	Event     accounts.Event
	Actor     audit.Actor
	At        time.Time
	RequestID string
}

// Record is accounts.Options.Audit.
func (b AccountBook) Record(ctx context.Context, ev accounts.Event) (err error) {
	defer errs.Wrap(&err, "AccountBook.Record(%s)", ev.Action)
	if ev.Login == "" && ev.Account != uuid.Nil {
		if err := tenants.Row(ctx, `SELECT login FROM accounts WHERE id = $1`, []any{ev.Account}, &ev.Login); err != nil && !tenants.NoRows(err) {
			return err
		}
	}
	n := news{Event: ev, Actor: actor(ctx, ev), At: clock.Now(ctx), RequestID: httpd.RequestID(ctx)}
	if err := b.spread(ctx, n); err != nil {
		return err
	}
	if _, err := tenants.Current(ctx); err == nil { // the mutation's own record says the rest
		return noted(ctx, ev)
	}
	return audit.Write(ctx, n.entry())
}

// noted puts the event among the changes of the record that is being collected.
func noted(ctx context.Context, ev accounts.Event) error {
	op := audit.Update
	if ev.Action == accounts.ActionCreated {
		op = audit.Create
	}
	return audit.Note(ctx, audit.Change{Entity: "Account", ID: ev.Account, Op: op, After: map[string]any{"event": string(ev.Action), "login": ev.Login}})
}

// byThemselves are events that nobody else causes.
var byThemselves = []accounts.Action{accounts.ActionActivated, accounts.ActionSignedIn, accounts.ActionChosen, accounts.ActionSignedOut, accounts.ActionJoined, accounts.ActionDeclined,
	accounts.ActionFactorSet, accounts.ActionFactorDropped, accounts.ActionLinked, accounts.ActionUnlinked}

// actor is who did it.
func actor(ctx context.Context, ev accounts.Event) audit.Actor {
	v, server := authz.From(ctx), audit.AtServer(ctx)
	switch {
	case refusal(ev) != "":
		return audit.Actor{}
	case server != "":
		return audit.Actor{System: "operator", Name: server}
	case v != nil:
		return v.Actor()
	case ev.Session != uuid.Nil || slices.Contains(byThemselves, ev.Action):
		return audit.Actor{Account: ev.Account, Name: ev.Login}
	}
	return audit.Actor{System: "accounts"}
}

func refusal(ev accounts.Event) string {
	if ev.Action == accounts.ActionSignInFailed || ev.Action == accounts.ActionTokenReused {
		return string(errs.Unauthenticated)
	}
	return ""
}

func (n news) entry() audit.Entry {
	return audit.Entry{
		At: n.At, Action: string(n.Event.Action), Actor: n.Actor, Object: audit.Object("Account", n.Event.Account), ObjectName: n.Event.Login,
		From:    audit.From{Address: n.Event.From.Address, Agent: n.Event.From.Agent, RequestID: n.RequestID},
		Outcome: refusal(n.Event), Changes: []audit.Change{},
	}
}

// spread lays the news into the trays of all others whom it concerns, and
// empties these when it is committed.
func (b AccountBook) spread(ctx context.Context, n news) error {
	if n.Event.Account == uuid.Nil {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	var only *uuid.UUID
	if n.Event.Tenant != uuid.Nil {
		only = &n.Event.Tenant
	}
	type tray struct{ Tenant uuid.UUID }
	trays, err := tenants.Rows[tray](ctx, `SELECT * FROM account_event($1, $2, $3)`, n.Event.Account, only, string(text))
	if err != nil || len(trays) == 0 {
		return err
	}
	apart := tenants.Apart(context.WithoutCancel(ctx))
	return tenants.AfterCommit(ctx, func() {
		ctx, cancel := context.WithTimeout(apart, 5*time.Second)
		defer cancel()
		for _, t := range trays {
			if err := b.Deliver(ctx, t.Tenant); err != nil && b.Log != nil {
				b.Log.Warn("news of an account waits for the job", "tenant", t.Tenant, "error", err)
			}
		}
	})
}

// Deliver empties a committee's tray into its chain, or the installation's.
// Called twice it finds nothing more.
func (b AccountBook) Deliver(ctx context.Context, tenant uuid.UUID) (err error) {
	defer errs.Wrap(&err, "AccountBook.Deliver(%s)", tenant)
	write := func(ctx context.Context) error { return b.empty(ctx, tenant) }
	if tenant == tenants.Installation {
		return b.Store.Global(ctx, write)
	}
	return b.Store.InTx(ctx, tenant, write)
}

func (b AccountBook) empty(ctx context.Context, tenant uuid.UUID) error {
	type letter struct {
		Seq   int64
		Entry string
	}
	letters, err := tenants.Rows[letter](ctx, `DELETE FROM account_events WHERE tenant_id = $1 RETURNING seq, entry`, tenant)
	if err != nil {
		return err
	}
	slices.SortFunc(letters, func(a, b letter) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, l := range letters {
		var n news
		if err := json.Unmarshal([]byte(l.Entry), &n); err != nil {
			return err
		}
		entry := n.entry()
		if tenant != tenants.Installation {
			if err := n.asSeenBy(ctx, &entry); err != nil {
				return err
			}
		}
		if err := audit.Write(ctx, entry); err != nil {
			return err
		}
	}
	return nil
}

// asSeenBy calls people as the committee of the transaction knows them.
func (n news) asSeenBy(ctx context.Context, e *audit.Entry) error {
	e.ObjectName = "" // asked anew: the member's name with the login
	var member uuid.UUID
	var name string
	err := tenants.Row(ctx, `SELECT id, name FROM memberships WHERE account_id = $1 ORDER BY id LIMIT 1`, []any{n.Event.Account}, &member, &name)
	if err != nil && !tenants.NoRows(err) {
		return err
	}
	switch {
	case n.Actor.Account == n.Event.Account && n.Actor.Account != uuid.Nil:
		e.Actor = audit.Actor{Account: n.Actor.Account, Membership: member, Name: cmp.Or(name, n.Event.Login)}
	case n.Actor.Membership != uuid.Nil:
		e.Actor = audit.Actor{System: "committee", Name: "另一个政协的工作人员"}
	}
	return nil
}

// Left empties the trays that were not emptied when they were filled.
func (b AccountBook) Left(ctx context.Context) error {
	if err := b.Deliver(ctx, tenants.Installation); err != nil {
		return err
	}
	for t, err := range b.Store.Committees(ctx) {
		if err != nil {
			return err
		}
		var has bool
		if err := b.Store.ReadTx(ctx, t.ID, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT EXISTS (SELECT FROM account_events WHERE tenant_id = $1)`, []any{t.ID}, &has)
		}); err != nil {
			return err
		}
		if has {
			if err := b.Deliver(ctx, t.ID); err != nil {
				return err
			}
		}
	}
	return nil
}
