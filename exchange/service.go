package exchange

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Incoming is an envelope that was believed, as its handler sees it.
type Incoming struct {
	Envelope uuid.UUID
	Kind     string
	Version  int    // of the body's schema; never newer than the handler's
	Partner  string // code of the sender
	Name     string // its name in the agreement
	About    Object // the sender's object; may be None
	Known    Object // our object that About already is; None for the first envelope about it
	SentAt   time.Time
	Body     json.RawMessage
}

// Decode reads the body. A body that does not fit, or has a character that
// nobody types, is a refusal.
func (in Incoming) Decode(v any) error {
	var whole any
	if json.Unmarshal(in.Body, &whole) != nil || json.Unmarshal(in.Body, v) != nil {
		return Refuse(Malformed, "内容的格式不对，请与对方核对软件版本")
	}
	return typed(whole)
}

// typed refuses what nobody types, at any depth.
func typed(v any) error {
	switch v := v.(type) {
	case string:
		if shown, bad := errs.As(text.Check(v, "内容")); bad {
			return Refuse(Malformed, "%s", shown.Message)
		}
	case []any:
		for _, x := range v {
			if err := typed(x); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			for _, x := range []any{k, v[k]} {
				if err := typed(x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Result is what the sender is told about an envelope that had its effect.
type Result struct {
	Object        // what it became here; None: nothing of its own
	Number string // its number here
	Status string // its state, for the sender's mirror; empty: the mirror stays
	Note   string
}

// Handler says what an envelope of one kind does at the receiver. Apply runs in
// the receiver's transaction, as the system (authz.System), with changes
// collected. It may use Send and Report. Return Refuse, or a shown error, for
// what will not change; any other error is tried again.
type Handler struct {
	Title string // what people call it, in Chinese; empty: it answers what was sent, and nobody agrees on it
	Apply func(context.Context, Incoming) (Result, error)
	// Readable: whoever holds exchange.read may read the body in the inbox. It
	// is for kinds that open nothing; the others' content is the object's.
	Readable bool
	// Anew, where there is one, is called when all letters to a partner turn out to
	// have reached nobody: the kind will then tell how it stands by itself. Letters
	// of other kinds are written once more.
	Anew func(ctx context.Context, agreement uuid.UUID) error
}

type registered struct {
	version int
	Handler
}

// Service sends, delivers and takes in.
type Service struct {
	store  *tenants.Store
	client *gen.Client
	secret []byte
	kinds  map[string]registered
	step   func(string) // called between any two statements of a delivery; only tests set it
}

// New makes the service with the built-in kinds. The secret is the
// installation's for this purpose, at least 32 bytes; another secret makes
// other keys, which partners in other installations have to be told.
func New(store *tenants.Store, secret []byte) (*Service, error) {
	if len(secret) < 32 {
		return nil, errors.New("exchange: the secret is shorter than 32 bytes")
	}
	s := &Service{store: store, client: store.Ent(), secret: secret, kinds: map[string]registered{}, step: func(string) {}}
	s.Register(KindStatus, 1, Handler{Apply: s.applyStatus})
	for kind, title := range map[string]string{KindJointActivity: "联合活动", KindCommendation: "表彰", KindPromotion: "推广、转发"} {
		s.Register(kind, 1, Handler{Title: title, Apply: s.applyNotice, Readable: true})
	}
	return s, nil
}

// Kinds lists by code what committees can agree to send each other, with what
// people call it.
func (s *Service) Kinds() (out [][2]string) {
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		if title := s.kinds[kind].Title; title != "" {
			out = append(out, [2]string{kind, title})
		}
	}
	return out
}

var kindForm = regexp.MustCompile(`^[a-z][a-z_-]{0,39}$`)

// Register makes a kind known, with the newest version of its body's schema.
// It is for the start of the program; a kind registered twice is a mistake in
// the program and panics.
func (s *Service) Register(kind string, version int, h Handler) {
	if _, twice := s.kinds[kind]; twice || !kindForm.MatchString(kind) || version < 1 || h.Apply == nil {
		panic(fmt.Sprintf("exchange: kind %q cannot be registered", kind))
	}
	s.kinds[kind] = registered{version, h}
}

// key is the signing key of a committee of this installation.
func (s *Service) key(tenant uuid.UUID, code string) (ed25519.PrivateKey, error) {
	seed, err := hkdf.Key(sha256.New, s.secret, nil, "signing key 1|"+tenant.String()+"|"+code, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// committee is a line of the installation's directory.
type committee struct {
	ID     uuid.UUID
	Code   string
	Name   string
	Active bool
	Found  bool
}

// own is the committee of the context's transaction.
func own(ctx context.Context) (c committee, err error) {
	id, err := tenants.Current(ctx)
	if err != nil {
		return c, err
	}
	err = tenants.Row(ctx, `SELECT id, code, name, status = 'ACTIVE', true FROM tenants WHERE id = $1`, []any{id}, &c.ID, &c.Code, &c.Name, &c.Active, &c.Found)
	return c, err
}

// byCode looks a committee up in the directory; Found is false when it is none
// of this installation.
func byCode(ctx context.Context, code string) (c committee, err error) {
	err = tenants.Row(ctx, `SELECT id, code, name, status = 'ACTIVE', true FROM tenants WHERE code = $1`, []any{code}, &c.ID, &c.Code, &c.Name, &c.Active, &c.Found)
	if tenants.NoRows(err) {
		return committee{}, nil
	}
	return c, err
}

// Identity is what a partner in another installation enters into its agreement.
type Identity struct {
	Code string
	Name string
	Key  string // Ed25519 public key, base64
}

// Identity shows the committee's own code, name and public key.
func (s *Service) Identity(ctx context.Context) (_ Identity, err error) {
	defer errs.Wrap(&err, "exchange.Identity")
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return Identity{}, err
	}
	c, err := own(ctx)
	if err != nil {
		return Identity{}, err
	}
	public, err := s.publicKey(c)
	return Identity{c.Code, c.Name, base64.StdEncoding.EncodeToString(public)}, err
}

func (s *Service) publicKey(c committee) (ed25519.PublicKey, error) {
	k, err := s.key(c.ID, c.Code)
	if err != nil {
		return nil, err
	}
	return k.Public().(ed25519.PublicKey), nil
}

// inTx is the door of what acts by itself: fn runs as the system in a
// transaction of the tenant. The record that fn returns ends it; without an
// action there is none, and then fn must not have changed anything.
func (s *Service) inTx(ctx context.Context, tenant uuid.UUID, fn func(context.Context) (audit.Entry, error)) error {
	return s.store.InTx(ctx, tenant, func(ctx context.Context) error {
		ctx, _ = audit.Collect(authz.System(ctx))
		entry, err := fn(ctx)
		if err != nil || entry.Action == "" {
			return err
		}
		s.step("audit")
		entry.At, entry.Actor = clock.Now(ctx), actor(ctx)
		if err := audit.Write(ctx, entry); err != nil {
			return err
		}
		s.step("commit")
		return nil
	})
}

// actor is who is signed in, or this part of the program.
func actor(ctx context.Context) audit.Actor {
	if v := authz.From(ctx); v != nil {
		return v.Actor()
	}
	return audit.Actor{System: "exchange"}
}
