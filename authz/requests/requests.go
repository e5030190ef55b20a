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
	"github.com/bihuan/bihuan/internal/text"
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

	SettledBy *uuid.UUID
	SettledAt *time.Time
	Confirmed *bool
	Answer    string // why it was refused

	Fresh bool `db:"-"` // settled by this call, and not before
}

// State is how a request stands.
type State string

// The states of a request.
const (
	Waits     State = "WAITING"
	Done      State = "CONFIRMED"
	Refused   State = "REFUSED"
	Withdrawn State = "WITHDRAWN"
	Over      State = "EXPIRED"
)

// State is how it stands at a moment.
func (r Request) State(now time.Time) State {
	switch {
	case r.Confirmed != nil && *r.Confirmed:
		return Done
	case r.Confirmed != nil && r.Answer != "":
		return Refused
	case r.Confirmed != nil:
		return Withdrawn
	case !now.Before(r.Until()):
		return Over
	}
	return Waits
}

// Until is when it is over.
func (r Request) Until() time.Time { return r.At.Add(life) }

// Act is what a kind does when it is confirmed: its type of object, for the
// book, the right that both need, and the doing, which looks at everything anew.
type Act struct {
	Object string
	Right  string
	Do     func(context.Context, Request) (any, error)

	Personal bool // its input says of a person what not everybody may know, and is forgotten when it is settled
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

const columns = `id, kind, about, says, reason, input::text::bytea, asked_by, asked_at, settled_by, settled_at, confirmed, answer`

// Ask stores a request of the person signed in; the same that waits is found
// again, and is not fresh.
func Ask(ctx context.Context, kind string, about uuid.UUID, says, reason string, input any) (_ *Request, fresh bool, err error) {
	defer errs.Wrap(&err, "requests.Ask(%s, %s)", kind, about)
	v := authz.From(ctx)
	body, err := json.Marshal(input)
	if err != nil {
		return nil, false, err
	}
	waiting, err := list(ctx, ` AND kind = $2 AND about = $3`, kind, about)
	if err != nil {
		return nil, false, err
	}
	for _, r := range waiting {
		if same(r.Input, body) {
			return &r, false, nil
		}
	}
	r := Request{ID: uuid.Must(uuid.NewV7()), Kind: kind, About: about, Says: says, Reason: reason, Input: body, By: v.Membership, At: clock.Now(ctx)}
	_, err = tenants.Exec(ctx, `
		INSERT INTO requests_by_two (tenant_id, id, kind, about, says, reason, input, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		v.Tenant, r.ID, r.Kind, r.About, r.Says, r.Reason, string(body), r.By, r.At)
	return &r, true, err
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
	if err := d.settle(ctx, r, true, ""); err != nil {
		return nil, nil, err
	}
	done, err = act.Do(context.WithValue(ctx, confirmedKey{}, r), *r)
	return r, done, err
}

// Refuse answers a request with no, and why: whoever holds the right may, but
// who asked, who takes it back. Called twice the second finds it settled.
func (d *Desk) Refuse(ctx context.Context, id uuid.UUID, why string) (_ *Request, err error) {
	defer errs.Wrap(&err, "requests.Refuse(%s)", id)
	why, err = text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500}.Take(why)
	if err != nil {
		return nil, err
	}
	r, confirmed, err := d.find(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case confirmed:
		return nil, errs.New(errs.NotAllowedInState, "这一件已经确认，不能再退回")
	case r.By == authz.From(ctx).Membership:
		return nil, errs.New(errs.NotAllowed, "这一件由您提出，不要了请撤回")
	}
	if _, err := authz.Require(ctx, d.acts[r.Kind].Right); err != nil {
		return nil, err
	}
	return r, d.settle(ctx, r, false, why)
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
	return r, d.settle(ctx, r, false, "")
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

// MineOf is Mine of one kind.
func MineOf(ctx context.Context, kind string, about uuid.UUID) (*Request, error) {
	rows, err := list(ctx, ` AND about = $2 AND asked_by = $3 AND kind = $4`, about, authz.From(ctx).Membership, kind)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// Supersede takes back what the person signed in has asked for of the kind about
// the object, but what asks for the same and still waits.
func (d *Desk) Supersede(ctx context.Context, kind string, about uuid.UUID, input any) (err error) {
	defer errs.Wrap(&err, "requests.Supersede(%s, %s)", kind, about)
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	open, err := tenants.Collect(ctx, pgx.RowToStructByPos[Request], `SELECT `+columns+`
		FROM requests_by_two WHERE kind = $1 AND about = $2 AND asked_by = $3 AND settled_at IS NULL FOR UPDATE`, kind, about, authz.From(ctx).Membership)
	if err != nil {
		return err
	}
	for _, r := range open {
		if same(r.Input, body) && r.State(clock.Now(ctx)) == Waits {
			continue
		}
		if err := d.settle(ctx, &r, false, ""); err != nil {
			return err
		}
	}
	return nil
}

// Asked is what the person signed in has asked for, settled or not, the newest
// first.
func Asked(ctx context.Context, most int) (_ []Request, err error) {
	defer errs.Wrap(&err, "requests.Asked")
	return tenants.Collect(ctx, pgx.RowToStructByPos[Request], `SELECT `+columns+` FROM requests_by_two WHERE asked_by = $1 ORDER BY id DESC LIMIT $2`,
		authz.From(ctx).Membership, most)
}

// find locks a request. What the person signed in neither asked for nor may
// confirm looks as if it were not there; one that was taken back comes with an
// error.
func (d *Desk) find(ctx context.Context, id uuid.UUID) (_ *Request, confirmed bool, err error) {
	var r Request
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[Request], `SELECT `+columns+` FROM requests_by_two WHERE id = $1 FOR UPDATE`, id)
	if len(rows) > 0 {
		r = rows[0]
	}
	v := authz.From(ctx)
	switch {
	case err == nil && (len(rows) == 0 || r.By != v.Membership && !v.May(authz.Perm(d.acts[r.Kind].Right)).Has(authz.Tenant)):
		return nil, false, errs.New(errs.NotFound, "没有这件待确认的事，请刷新后再试")
	case err != nil:
		return nil, false, err
	case r.Confirmed != nil && !*r.Confirmed && r.Answer != "":
		return &r, false, errs.New(errs.NotAllowedInState, "这一件已经退回，请重新提出")
	case r.Confirmed != nil && !*r.Confirmed:
		return &r, false, errs.New(errs.NotAllowedInState, "这一件已经撤回，请重新提出")
	}
	return &r, r.Confirmed != nil, nil
}

// settle writes how it ended. What was personal in it is forgotten: the book and
// the row that was changed say what came of it.
func (d *Desk) settle(ctx context.Context, r *Request, confirmed bool, answer string) error {
	by, now := authz.From(ctx).Membership, clock.Now(ctx)
	_, err := tenants.Exec(ctx, `
		UPDATE requests_by_two SET settled_by = $2, settled_at = $3, confirmed = $4, answer = $5, input = CASE WHEN $6 THEN '{}'::jsonb ELSE input END WHERE id = $1`,
		r.ID, by, now, confirmed, answer, d.acts[r.Kind].Personal)
	r.SettledBy, r.SettledAt, r.Confirmed, r.Answer, r.Fresh = &by, &now, &confirmed, answer, true
	return err
}
