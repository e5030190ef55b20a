package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/tenants"
)

// Options are the numbers of the contract. A zero field means the default.
type Options struct {
	Argon   Argon // default: 19 MiB, 2 passes, 1 lane (OWASP's cheapest in memory)
	Hashers int   // passwords hashed at once, default 2; each takes Argon.Memory

	AccessLife  time.Duration // default 10 minutes
	SessionLife time.Duration // since sign-in, default 30 days
	IdleLife    time.Duration // since the last refresh, default 7 days
	Grace       time.Duration // in which a used refresh token answers the same successor, default 20 seconds

	WordLife time.Duration // of an activation word, default 7 days

	// FactorKey seals the secrets of second factors: 32 bytes, the installation's.
	// Without it nobody can have one.
	FactorKey []byte

	PerLogin   Limit // default 5 failures: 15 minutes, at most 4 hours; forgotten after 24 hours
	PerAddress Limit // default 30 failures: 15 minutes, at most 1 hour; forgotten after 1 hour

	// Rule is what a committee asks of a person who enters it, and of his
	// session; asked outside any transaction. Without it nothing is asked.
	Rule func(ctx context.Context, tenant, account, membership uuid.UUID) (signin.Rule, error)

	// Audit is told what happened, in the transaction that records it, as its
	// last statement. An error undoes both.
	Audit func(context.Context, Event) error
}

// Defaults are the options as they are where nothing is said, for who prints them.
func Defaults() Options { return Options{}.withDefaults() }

func (o Options) withDefaults() Options {
	o.Argon = o.Argon.withDefaults()
	o.Hashers = or(o.Hashers, 2)
	o.AccessLife = or(o.AccessLife, 10*time.Minute)
	o.SessionLife = or(o.SessionLife, 30*24*time.Hour)
	o.IdleLife = or(o.IdleLife, 7*24*time.Hour)
	o.WordLife = or(o.WordLife, 7*24*time.Hour)
	// Two tabs renew within a second of each other; a client repeats a request
	// whose answer was lost after some ten.
	o.Grace = or(o.Grace, 20*time.Second)
	// Four hours, so that a stranger who only knows a login cannot keep its
	// owner out for days.
	o.PerLogin = o.PerLogin.or(Limit{Failures: 5, Lock: 15 * time.Minute, MaxLock: 4 * time.Hour, Forget: 24 * time.Hour})
	// A whole office may share an address.
	o.PerAddress = o.PerAddress.or(Limit{Failures: 30, Lock: 15 * time.Minute, MaxLock: time.Hour, Forget: time.Hour})
	return o
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Event is something worth an audit entry.
type Event struct {
	Action  Action
	Account uuid.UUID // nil when the login is unknown
	Session uuid.UUID // nil when it is about no single session
	Tenant  uuid.UUID // the only committee that it concerns; nil: all in which the person is
	Login   string    // as normalised; empty when not known or not possible
	From    Client    // zero when not known
}

// Action names an event.
type Action string

const (
	ActionCreated         Action = "account.created"
	ActionDisabled        Action = "account.disabled"
	ActionEnabled         Action = "account.enabled"
	ActionUnlocked        Action = "account.unlocked"
	ActionWordIssued      Action = "account.activation_issued"
	ActionActivated       Action = "account.activated"
	ActionPasswordChanged Action = "account.password_changed"
	ActionSignedIn        Action = "account.signed_in"
	ActionSignInFailed    Action = "account.sign_in_failed"
	ActionChosen          Action = "account.committee_chosen"
	ActionTokenReused     Action = "account.token_reused"
	ActionSignedOut       Action = "account.signed_out"
	ActionJoined          Action = "account.invitation_accepted"
	ActionDeclined        Action = "account.invitation_declined"
	ActionFactorSet       Action = "account.factor_set"
	ActionFactorDropped   Action = "account.factor_dropped"
	ActionLinked          Action = "account.provider_linked"
	ActionUnlinked        Action = "account.provider_unlinked"
)

// Client is where a request comes from.
type Client struct {
	Address string // IP address, with or without a port; what cannot be read counts as one shared address
	Agent   string // what the browser calls itself, for the list of sessions
}

// Service is the package's one object. It is safe for concurrent use.
type Service struct {
	store    *tenants.Store
	keys     *Keys
	hasher   *hasher
	opts     Options
	admitted *memory.Of[admission, admitted]
}

// New makes a service.
func New(store *tenants.Store, keys *Keys, opts Options) *Service {
	opts = opts.withDefaults()
	return &Service{store: store, keys: keys, hasher: newHasher(opts.Argon, opts.Hashers), opts: opts,
		admitted: memory.New[admission, admitted](admittedLimit)}
}

// inside tells whether the context carries a transaction.
func inside(ctx context.Context) bool { return tenants.AfterCommit(ctx, func() {}) == nil }

// errInside is a mistake of the program: the caller's rollback would undo what
// must last.
var errInside = errors.New("must be called outside any transaction")

// join runs fn in the context's transaction, or in one of its own.
func (s *Service) join(ctx context.Context, fn func(context.Context) error) error {
	if inside(ctx) {
		return fn(ctx)
	}
	return s.store.Global(ctx, fn)
}

// record runs fn in a transaction that is finished even when the caller has
// hung up.
func (s *Service) record(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.store.Global(ctx, fn)
}

func (s *Service) audit(ctx context.Context, e Event) error {
	if s.opts.Audit == nil {
		return nil
	}
	return s.opts.Audit(ctx, e)
}

// newID returns a UUIDv7, like the ids of all other tables.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
