package requests

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// life is how long a request waits.
const life = 14 * 24 * time.Hour

// Request is one that was asked for.
type Request struct {
	ID     uuid.UUID
	Kind   string
	About  uuid.UUID // the object that the act changes
	Says   string    // what it changes and whom it affects
	Reason string
	Input  []byte // JSON, for the kind's act
	By     uuid.UUID
	At     time.Time
}

// Until is when it is over.
func (r Request) Until() time.Time { return r.At.Add(life) }

// Act is what a kind does when it is confirmed: its type of object, for the
// book, the right that both need, and the doing, which looks at everything anew.
type Act struct {
	Object string
	Right  string
	Do     func(context.Context, Request) (any, error)
}

type confirmedKey struct{}

// Confirmed reports whether the context is that of a confirmed request of the
// kind about the object: then what takes two is done.
func Confirmed(ctx context.Context, kind string, about uuid.UUID) bool {
	r, ok := ctx.Value(confirmedKey{}).(*Request)
	return ok && r.Kind == kind && r.About == about
}

// Desk knows what each kind of request does. It is filled before it is used.
type Desk struct{ acts map[string]Act }

// NewDesk makes one that knows no kind.
func NewDesk() *Desk { return &Desk{acts: map[string]Act{}} }

// Register says what a kind does.
func (d *Desk) Register(kind string, a Act) { d.acts[kind] = a }

// Act is what a kind does; its object is empty for an unknown kind.
func (d *Desk) Act(kind string) Act { return d.acts[kind] }

const columns = `id, kind, about, says, reason, input::text::bytea, asked_by, asked_at`

// Ask stores a request of the person signed in; the same that waits is found
// again.
func Ask(ctx context.Context, kind string, about uuid.UUID, says, reason string, input any) (_ *Request, err error) {
	defer errs.Wrap(&err, "requests.Ask(%s, %s)", kind, about)
	v := authz.From(ctx)
	body, err := json.Marshal(input)
	if err != nil {
		return nil, err
	}
	waiting, err := list(ctx, ` AND kind = $2 AND about = $3`, kind, about)
	if err != nil {
		return nil, err
	}
	for _, r := range waiting {
		if same(r.Input, body) {
			return &r, nil
		}
	}
	r := Request{uuid.Must(uuid.NewV7()), kind, about, says, reason, body, v.Membership, clock.Now(ctx)}
	_, err = tenants.Exec(ctx, `
		INSERT INTO requests_by_two (tenant_id, id, kind, about, says, reason, input, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		v.Tenant, r.ID, r.Kind, r.About, r.Says, r.Reason, string(body), r.By, r.At)
	return &r, err
}

// same compares two inputs as JSON: what comes from the database has spaces of
// its own.
func same(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, err1 := json.Marshal(x)
	q, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && bytes.Equal(p, q)
}

func list(ctx context.Context, where string, args ...any) ([]Request, error) {
	return tenants.Collect(ctx, pgx.RowToStructByPos[Request], `SELECT `+columns+` FROM requests_by_two WHERE settled_at IS NULL AND asked_at > $1`+where+
		` ORDER BY id DESC LIMIT 200`, append([]any{clock.Now(ctx).Add(-life)}, args...)...)
}

// Waiting lists what waits and the person signed in may confirm or has asked
// for, newest first.
func (d *Desk) Waiting(ctx context.Context) (_ []Request, err error) {
	defer errs.Wrap(&err, "requests.Waiting")
	all, err := list(ctx, "")
	v := authz.From(ctx)
	var out []Request
	for _, r := range all {
		if r.By == v.Membership || v.May(authz.Perm(d.acts[r.Kind].Right)).Has(authz.Tenant) {
			out = append(out, r)
		}
	}
	return out, err
}

// Confirm is the second person's word: what was asked for is done. Called twice
// the second does nothing more. done is what the act answers. Errors: NotFound; NotAllowed to who may not or
// cannot be the second; NotAllowedInState where it was taken back;
// DeadlinePassed; what the act itself refuses.
func (d *Desk) Confirm(ctx context.Context, id uuid.UUID) (_ *Request, done any, err error) {
	defer errs.Wrap(&err, "requests.Confirm(%s)", id)
	r, confirmed, err := d.find(ctx, id)
	if err != nil || confirmed {
		return r, nil, err
	}
	act := d.acts[r.Kind]
	if _, err := authz.Require(ctx, act.Right); err != nil {
		return nil, nil, err
	}
	if err := authz.Second(ctx, r.By); err != nil {
		return nil, nil, err
	}
	if !clock.Now(ctx).Before(r.Until()) {
		return nil, nil, errs.New(errs.DeadlinePassed, "这一件提出已满 14 天，没有确认，请重新提出")
	}
	if err := settle(ctx, id, true); err != nil {
		return nil, nil, err
	}
	done, err = act.Do(context.WithValue(ctx, confirmedKey{}, r), *r)
	return r, done, err
}

// Withdraw takes a request back. Called twice the second changes nothing.
func (d *Desk) Withdraw(ctx context.Context, id uuid.UUID) (_ *Request, err error) {
	defer errs.Wrap(&err, "requests.Withdraw(%s)", id)
	r, confirmed, err := d.find(ctx, id)
	if errs.Is(err, errs.NotAllowedInState) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if confirmed {
		return nil, errs.New(errs.NotAllowedInState, "这一件已经确认，不能撤回")
	}
	if r.By != authz.From(ctx).Membership {
		if _, err := authz.Require(ctx, d.acts[r.Kind].Right); err != nil {
			return nil, err
		}
	}
	return r, settle(ctx, id, false)
}

// Mine is what the person signed in last asked for about an object and still
// waits, nil when nothing does.
func Mine(ctx context.Context, about uuid.UUID) (*Request, error) {
	rows, err := list(ctx, ` AND about = $2 AND asked_by = $3`, about, authz.From(ctx).Membership)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// find locks a request. What the person signed in neither asked for nor may
// confirm looks as if it were not there; one that was taken back comes with an
// error.
func (d *Desk) find(ctx context.Context, id uuid.UUID) (_ *Request, confirmed bool, err error) {
	var r Request
	var was *bool
	err = tenants.Row(ctx, `SELECT `+columns+`, confirmed FROM requests_by_two WHERE id = $1 FOR UPDATE`, []any{id},
		&r.ID, &r.Kind, &r.About, &r.Says, &r.Reason, &r.Input, &r.By, &r.At, &was)
	v := authz.From(ctx)
	switch {
	case tenants.NoRows(err) || err == nil && r.By != v.Membership && !v.May(authz.Perm(d.acts[r.Kind].Right)).Has(authz.Tenant):
		return nil, false, errs.New(errs.NotFound, "没有这件待确认的事，请刷新后再试")
	case err != nil:
		return nil, false, err
	case was != nil && !*was:
		return &r, false, errs.New(errs.NotAllowedInState, "这一件已经撤回，请重新提出")
	}
	return &r, was != nil, nil
}

func settle(ctx context.Context, id uuid.UUID, confirmed bool) error {
	_, err := tenants.Exec(ctx, `UPDATE requests_by_two SET settled_by = $2, settled_at = $3, confirmed = $4 WHERE id = $1`,
		id, authz.From(ctx).Membership, clock.Now(ctx), confirmed)
	return err
}
