package roster

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Accounts makes accounts and invites their owners: they belong to persons and
// not to committees. accounts.Service is one.
type Accounts interface {
	Create(ctx context.Context, login, word string, by uuid.UUID) (uuid.UUID, error)
	Issue(ctx context.Context, account, by uuid.UUID) (accounts.Word, error)
	Pretend(ctx context.Context) accounts.Word
	Invite(ctx context.Context, in accounts.Inviting) (accounts.Word, error)
	Withdraw(ctx context.Context, membership uuid.UUID) (bool, error)
	Sent(ctx context.Context, membership *uuid.UUID, most int) ([]accounts.Sent, error)
	Answer(ctx context.Context, account uuid.UUID, in accounts.Invitation, accepted bool) error
}

// Service is the package's object for signed-in administrators. It is safe
// for concurrent use.
type Service struct {
	client   *gen.Client
	policy   *authz.Policy
	accounts Accounts
	matters  Matters
}

// New makes a service.
func New(client *gen.Client, dir *authz.Directory, accounts Accounts, matters Matters) *Service {
	return &Service{client: client, policy: dir.Policy(), accounts: accounts, matters: matters}
}

// The rights of the package.
const (
	manageRoster    = "roster.manage"
	manageGrants    = "grants.manage"
	manageSettings  = "settings.manage"
	confirmSettings = "settings.confirm"
)

// enter is the door of every write: the right, then the roster to oneself. The
// context it returns reads as the product, since rules need to know more than
// the person sees.
func (s *Service) enter(ctx context.Context, permission string) (context.Context, *authz.Viewer, error) {
	sys, v, err := authz.Enter(ctx, permission)
	if err != nil {
		return nil, nil, err
	}
	return sys, v, alone(ctx)
}

// alone lets one transaction at a time change a committee's roster: two
// administrators who dismiss each other at once would both see the other
// still in office.
func alone(ctx context.Context) error {
	return tenants.Alone(ctx, "roster")
}

// Longest texts, in characters.
const (
	shortText = 40
	nameText  = 80
	longText  = 500
)

// field is one text of an input with what it must keep to: one line.
type field struct {
	of      *string
	longest int
	must    bool
	label   string
	path    string
}

// texts brings several texts to the form in which they are kept, in place; the
// first that is wrong is the answer.
func texts(fields ...field) error {
	list := make([]text.Of, len(fields))
	for i, f := range fields {
		list[i] = text.Of{Text: f.of, Field: text.Field{Label: f.label, Path: []string{f.path}, Most: f.longest}}
		if f.must {
			list[i].Least = 1
		}
	}
	return text.Tidy(list...)
}

// dated is a day of an input on which something begins or ends; nil is not
// given.
type dated struct {
	of   **time.Time
	path string
}

// days brings optional days to the one form of a day, in place, and refuses one
// that is further ahead than anybody plans. How early it may be is each rule's.
func days(today time.Time, list ...dated) error {
	for _, d := range list {
		if *d.of == nil {
			continue
		}
		on := clock.Day(**d.of)
		*d.of = &on
		if err := day.Planned(on, time.Time{}, today, d.path); err != nil {
			return err
		}
	}
	return nil
}

func or(d *time.Time, fallback time.Time) time.Time {
	if d == nil {
		return fallback
	}
	return *d
}

// before reports whether an end lies before a beginning; one without limit
// never does.
func before(end, start *time.Time) bool { return clock.Period{From: start, To: end}.Empty() }

func sameDay(a, b *time.Time) bool {
	return (a == nil && b == nil) || (a != nil && b != nil && a.Equal(*b))
}

func sameID(a, b *uuid.UUID) bool {
	return (a == nil && b == nil) || (a != nil && b != nil && *a == *b)
}
