package ballots

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// State of a ballot.
type State string

const (
	Open   State = "OPEN"   // also before its opening, and until somebody looks after its end
	Closed State = "CLOSED" // for good
)

// Option is one of the answers.
type Option struct {
	Name       string
	Abstention bool // counts as abstained (弃权)
}

// Ballot is what is asked, of whom and until when.
type Ballot struct {
	ID, Matter        uuid.UUID
	Title             string
	Subjects          []uuid.UUID // handling units, in the order in which they are shown
	Dimensions        []string
	Options           []Option
	Voters            int
	State             State
	OpensAt, ClosesAt time.Time
	OpenedAt          time.Time
	OpenedBy          uuid.UUID
	ClosedAt          *time.Time
	ClosedBy          *uuid.UUID // nil when its time was over
	CloseReason       string
	Invited           bool // the viewer is on the list
	Claimed           bool // the viewer has got a token
	Taken             int  // tokens handed out, told to who reads cohorts
}

// Service is the package's object. It is safe for concurrent use.
type Service struct {
	store  *tenants.Store
	secret []byte
}

// New makes a service. The secret, at least 32 bytes, must be the same on all
// replicas and stay the same while a ballot is open.
func New(store *tenants.Store, secret []byte) (*Service, error) {
	if store == nil || len(secret) < 32 {
		return nil, errors.New("ballots: a store and a secret of at least 32 bytes are needed")
	}
	return &Service{store, secret}, nil
}

const (
	runCohorts  = "cohort.run"
	readCohorts = "cohort.read"
)

func noBallot() error { return errs.New(errs.NotFound, "没有这次测评，或者您看不到它") }

// row is a ballot as it is stored, with what concerns the viewer.
type row struct {
	ID, Matter          uuid.UUID
	Title               string
	Subjects            []uuid.UUID
	Dimensions, Options []string
	Abstention          string
	Voters              int
	State               State
	OpensAt, ClosesAt   time.Time
	OpenedAt            time.Time
	OpenedBy            uuid.UUID
	ClosedAt            *time.Time
	ClosedBy            *uuid.UUID
	CloseReason         string
	Invited, Claimed    bool
	Taken               int
	Closing             bool // closed by this transaction, which may yet be rolled back
}

// $1 is the viewer's membership.
const selectBallots = `
	SELECT b.id, b.matter_id, b.title, b.subjects, b.dimensions, b.options, b.abstention, b.voters, b.state, b.opens_at, b.closes_at,
	  b.opened_at, b.opened_by, b.closed_at, b.closed_by, coalesce(b.close_reason, ''), v.membership_id IS NOT NULL, coalesce(v.claimed, false),
	  (SELECT count(*) FROM ballot_voters c WHERE c.tenant_id = b.tenant_id AND c.ballot_id = b.id AND c.claimed),
	  coalesce(b.closed_in = pg_current_xact_id_if_assigned(), false)
	FROM ballots b LEFT JOIN ballot_voters v ON v.tenant_id = b.tenant_id AND v.ballot_id = b.id AND v.membership_id = $1 `

func (r *row) ballot() *Ballot {
	b := &Ballot{ID: r.ID, Matter: r.Matter, Title: r.Title, Subjects: r.Subjects, Dimensions: r.Dimensions, Voters: r.Voters, State: r.State,
		OpensAt: r.OpensAt, ClosesAt: r.ClosesAt, OpenedAt: r.OpenedAt, OpenedBy: r.OpenedBy, ClosedAt: r.ClosedAt, ClosedBy: r.ClosedBy,
		CloseReason: r.CloseReason, Invited: r.Invited, Claimed: r.Claimed, Taken: r.Taken}
	for _, o := range r.Options {
		b.Options = append(b.Options, Option{o, o == r.Abstention})
	}
	return b
}

// look answers the ballots of a condition that the viewer may see, closed when
// their time is over.
func (s *Service) look(ctx context.Context, where string, arg any) ([]row, error) {
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	query := func() ([]row, error) {
		return tenants.Rows[row](ctx, selectBallots+where+` ORDER BY b.opened_at DESC, b.id`, v.Membership, arg)
	}
	all, err := query()
	if err != nil {
		return nil, err
	}
	over := false
	for _, r := range all {
		if r.State == Open && !clock.Now(ctx).Before(r.ClosesAt) {
			over = true
			if err := s.expire(ctx, v.Tenant, r.ID); err != nil {
				return nil, err
			}
		}
	}
	if over {
		if all, err = query(); err != nil {
			return nil, err
		}
	}
	var out []row
	for _, r := range all {
		if !v.May(authz.Perm(readCohorts)).Has(authz.Tenant) {
			r.Taken = 0
			if !r.Invited && len(told(v, &r)) == 0 {
				continue
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// told are the units whose result the viewer may read once it is there.
func told(v *authz.Viewer, r *row) []uuid.UUID {
	if v.May(authz.Perm(readCohorts)).Has(authz.Tenant) {
		return r.Subjects
	}
	if r.State != Closed || !v.May(authz.Perm("proposal.read")).Has(authz.Unit) {
		return nil
	}
	var own []uuid.UUID
	for _, u := range r.Subjects {
		if v.InUnit(&u) {
			own = append(own, u)
		}
	}
	return own
}

func (s *Service) one(ctx context.Context, id uuid.UUID) (*row, error) {
	all, err := s.look(ctx, `WHERE b.id = $2`, id)
	if err == nil && len(all) == 0 {
		err = noBallot()
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Get answers a ballot to who reads cohorts, to its voters and, once it is
// closed, to the people of its units.
func (s *Service) Get(ctx context.Context, id uuid.UUID) (_ *Ballot, err error) {
	defer errs.Wrap(&err, "ballots.Get(%s)", id)
	r, err := s.one(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.ballot(), nil
}

// OfMatter lists the ballots of a matter that the viewer may see, newest first.
func (s *Service) OfMatter(ctx context.Context, matter uuid.UUID) (_ []*Ballot, err error) {
	defer errs.Wrap(&err, "ballots.OfMatter(%s)", matter)
	return s.list(ctx, `WHERE b.matter_id = $2`, matter)
}

// Mine lists the open ballots on whose list the viewer is, newest first.
// Whether he has cast is nobody's knowledge; Claim tells it to himself.
func (s *Service) Mine(ctx context.Context) (_ []*Ballot, err error) {
	defer errs.Wrap(&err, "ballots.Mine")
	all, err := s.list(ctx, `WHERE b.state = $2 AND v.membership_id IS NOT NULL`, Open)
	return all, err
}

func (s *Service) list(ctx context.Context, where string, arg any) ([]*Ballot, error) {
	rows, err := s.look(ctx, where, arg)
	out := make([]*Ballot, 0, len(rows))
	for i := range rows {
		out = append(out, rows[i].ballot())
	}
	return out, err
}

// token is what the voter shows instead of a name: committee and ballot, so
// that the box is found, and the HMAC. It names nobody.
func (s *Service) token(tenant, ballot, voter uuid.UUID) string {
	mac := hmac.New(sha256.New, s.secret)
	for _, id := range []uuid.UUID{tenant, ballot, voter} {
		mac.Write(id[:])
	}
	b := append(tenant[:], ballot[:]...)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(b))
}

// open reads a token; ok is false for what cannot be one.
func open(token string) (tenant, ballot uuid.UUID, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) != 16+16+sha256.Size {
		return uuid.Nil, uuid.Nil, false
	}
	tenant, ballot = uuid.UUID(b[:16]), uuid.UUID(b[16:32])
	return tenant, ballot, tenant != uuid.Nil
}

// hash is what is stored of a token.
func hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}
