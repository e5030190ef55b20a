package providers

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"

	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// visitLife is how long a visit to a provider may take, to the sign-in.
const visitLife = 10 * time.Minute

// algs are the kinds of signatures that count: no shared secrets, and never none.
var algs = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// bounded asks one host, follows nothing and reads a megabyte at most.
type bounded struct {
	host string
	base http.RoundTripper
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host != b.host {
		return nil, errs.New(errs.Unavailable, "统一身份系统的地址不在它自己的主机上")
	}
	res, err := b.base.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, 1<<20), res.Body}
	}
	return res, err
}

func (s *Service) client(ctx context.Context, issuer string) (context.Context, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, err
	}
	base := http.DefaultTransport
	if s.HTTP != nil && s.HTTP.Transport != nil {
		base = s.HTTP.Transport
	}
	return oidc.ClientContext(ctx, &http.Client{
		Timeout: 10 * time.Second, Transport: bounded{u.Scheme + "://" + u.Host, base},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}), nil
}

// asked is a committee's provider as it describes itself now. ctx asks it and
// nobody else.
type asked struct {
	ctx   context.Context
	of    Provider
	found *oidc.Provider
	oauth oauth2.Config
}

var (
	errNone  = errs.New(errs.NotFound, "这个政协没有开通统一身份登录，请用登录名和密码登录")
	errAway  = errs.New(errs.Unavailable, "统一身份系统现在没有答复，请稍候再试，或用登录名和密码登录")
	errWrong = errs.New(errs.Unauthenticated, "统一身份系统的答复不能采信，请从登录页重新开始；再不行请告诉管理员")
	errStale = errs.New(errs.Unauthenticated, "这次登录已经过期或用过，请从登录页重新开始")
)

// ask finds the committee's provider and lets it describe itself.
func (s *Service) ask(ctx context.Context, committee uuid.UUID) (*asked, error) {
	var p *Provider
	var sealed []byte
	err := s.Store.ReadTx(ctx, committee, func(ctx context.Context) (err error) {
		p, sealed, err = s.of(ctx)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case p == nil || !slices.Contains(s.Allowed, p.Issuer): // the operator may have changed his mind
		return nil, errNone
	}
	plain, err := secret.Open(s.Key, committee[:], sealed)
	if err != nil {
		return nil, err
	}
	ctx, err = s.client(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, away(err)
	}
	return &asked{ctx: ctx, of: *p, found: found, oauth: oauth2.Config{ClientID: p.ClientID, ClientSecret: string(plain), Endpoint: found.Endpoint(), RedirectURL: s.Return, Scopes: []string{oidc.ScopeOpenID, "profile"}}}, nil
}

// away is errAway with its cause, which is for the log.
func away(cause error) error { return errs.New(errs.Unavailable, "%s", errAway.Message).Because(cause) }

func wrong(cause error) error {
	return errs.New(errs.Unauthenticated, "%s", errWrong.Message).Because(cause)
}

func sum(s string) []byte {
	b := sha256.Sum256([]byte(s))
	return b[:]
}

// Begin begins a visit for a committee's people: where to send the browser, and
// the cookie that is kept in it.
func (s *Service) Begin(ctx context.Context, code string) (to, cookie string, err error) {
	defer errs.Wrap(&err, "providers.Begin")
	var committee uuid.UUID
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		return tenants.Row(ctx, `SELECT id FROM tenants WHERE code = $1 AND status = 'ACTIVE'`, []any{code}, &committee)
	})
	if tenants.NoRows(err) {
		return "", "", errNone
	}
	if err != nil {
		return "", "", err
	}
	a, err := s.ask(ctx, committee)
	if err != nil {
		return "", "", err
	}
	cookie, state, nonce, verifier := rand.Text()+rand.Text(), rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		if _, err := tenants.Exec(ctx, `DELETE FROM provider_visits WHERE begun_at < $1`, now.Add(-time.Hour)); err != nil {
			return err
		}
		_, err := tenants.Exec(ctx, `INSERT INTO provider_visits (id, committee, state, nonce, verifier, begun_at, issuer) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			sum(cookie), committee, sum(state), nonce, verifier, now, a.of.Issuer)
		return err
	})
	return a.oauth.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), cookie, err
}

// Returned takes what a provider sends back with the browser that was sent to it.
// A second time, and in another browser, it is refused.
func (s *Service) Returned(ctx context.Context, cookie, state, code string) (err error) {
	defer errs.Wrap(&err, "providers.Returned")
	var committee uuid.UUID
	var want []byte
	var nonce, verifier, issuer string
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		return tenants.Row(ctx, `
			UPDATE provider_visits SET returned_at = $2 WHERE id = $1 AND returned_at IS NULL AND begun_at > $3 RETURNING committee, state, nonce, verifier, issuer`,
			[]any{sum(cookie), now, now.Add(-visitLife)}, &committee, &want, &nonce, &verifier, &issuer)
	})
	switch {
	case tenants.NoRows(err):
		return errStale
	case err != nil:
		return err
	case subtle.ConstantTimeCompare(want, sum(state)) != 1:
		return errStale
	}
	a, err := s.ask(ctx, committee)
	if err != nil {
		return err
	}
	if a.of.Issuer != issuer { // it was set anew in between
		return errStale
	}
	subject, shown, err := a.who(code, nonce, verifier)
	if err != nil {
		return err
	}
	return s.Store.Global(ctx, func(ctx context.Context) error {
		_, err := tenants.Exec(ctx, `UPDATE provider_visits SET subject = $2, shown = $3 WHERE id = $1`, sum(cookie), subject, shown)
		return err
	})
}

// who exchanges a code for what the provider says of somebody.
func (a *asked) who(code, nonce, verifier string) (subject, shown string, err error) {
	token, err := a.oauth.Exchange(a.ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		var no *oauth2.RetrieveError
		if errors.As(err, &no) && no.Response != nil && no.Response.StatusCode < http.StatusInternalServerError {
			return "", "", wrong(err)
		}
		return "", "", away(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verifies := a.found.Verifier(&oidc.Config{ClientID: a.of.ClientID, SupportedSigningAlgs: algs, Now: func() time.Time { return clock.Now(a.ctx) }})
	id, err := verifies.Verify(a.ctx, raw)
	if err != nil {
		return "", "", wrong(err)
	}
	if id.Nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return "", "", wrong(errors.New("the nonce is another's"))
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return "", "", wrong(err)
	}
	subject, _ = claims[a.of.Claim].(string)
	if subject == "" || len(subject) > 255 {
		return "", "", wrong(errors.New("the claim that names the person is missing"))
	}
	for _, c := range []string{"name", "preferred_username", "email"} {
		if shown, _ = claims[c].(string); shown != "" {
			break
		}
	}
	if shown = strings.TrimSpace(text.Clean(shown)); shown == "" {
		shown = subject
	}
	if r := []rune(shown); len(r) > 60 {
		shown = string(r[:60])
	}
	return subject, shown, nil
}

// Found is who came back from a visit.
type Found struct {
	Committee       uuid.UUID
	Issuer, Subject string
	Shown           string
	Account         uuid.UUID // nil until it is linked
}

// find is who came back with the browser's cookie; used: the visit is over with
// that.
func (s *Service) find(ctx context.Context, cookie string, used bool) (f Found, err error) {
	now := clock.Now(ctx)
	sql := `SELECT committee, issuer, subject, shown FROM provider_visits WHERE id = $1 AND subject IS NOT NULL AND begun_at > $2 FOR UPDATE`
	if used {
		sql = `DELETE FROM provider_visits WHERE id = $1 AND subject IS NOT NULL AND begun_at > $2 RETURNING committee, issuer, subject, shown`
	}
	err = tenants.Row(ctx, sql, []any{sum(cookie), now.Add(-visitLife)}, &f.Committee, &f.Issuer, &f.Subject, &f.Shown)
	if tenants.NoRows(err) {
		return f, errStale
	}
	if err != nil {
		return f, err
	}
	err = tenants.Row(ctx, `SELECT account_id FROM account_identities WHERE committee = $1 AND issuer = $2 AND subject = $3`, []any{f.Committee, f.Issuer, f.Subject}, &f.Account)
	if tenants.NoRows(err) {
		err = nil
	}
	return f, err
}

// SignIn begins the session of who came back, in the committee whose provider
// says who he is and in no other. Who is not linked yet gets what was found and
// keeps the visit, to link it. It must be called outside any transaction.
func (s *Service) SignIn(ctx context.Context, cookie, code string, from accounts.Client) (in accounts.SignedIn, f Found, err error) {
	defer errs.Wrap(&err, "providers.SignIn")
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		f, err = s.find(ctx, cookie, false)
		return err
	})
	if err != nil || f.Account == uuid.Nil {
		return in, f, err
	}
	in, err = s.Accounts.SignInProved(ctx, f.Account, accounts.Proof{By: accounts.ByProvider, Only: f.Committee, Use: func(ctx context.Context) error {
		now, err := s.find(ctx, cookie, true)
		if err == nil && now.Account != f.Account {
			err = errStale
		}
		return err
	}}, code, from)
	return in, f, err
}

// Link ties who came back to the account that is signed in, by its owner's word.
// The session must be one of his password, in that committee. Linked before to
// somebody else it is refused; linked anew the former link goes.
func (s *Service) Link(ctx context.Context, cookie string, c accounts.Claims, from accounts.Client) (err error) {
	defer errs.Wrap(&err, "providers.Link")
	return s.Store.Global(ctx, func(ctx context.Context) error {
		f, err := s.find(ctx, cookie, true)
		switch {
		case err != nil:
			return err
		case f.Committee != c.Tenant:
			return errs.New(errs.NotAllowed, "这是另一个政协的统一身份，请先切换到那个政协")
		case f.Account != uuid.Nil && f.Account != c.Account:
			return errs.New(errs.Conflict, "这个统一身份已经连接到另一个账号；如果那不是您，请告诉管理员")
		}
		if err := s.Accounts.OwnHand(ctx, c.Session); err != nil {
			return err
		}
		if _, err := tenants.Exec(ctx, `DELETE FROM account_identities WHERE account_id = $1 AND committee = $2`, c.Account, f.Committee); err != nil {
			return err
		}
		if _, err := tenants.Exec(ctx, `INSERT INTO account_identities (id, account_id, committee, issuer, subject, shown, linked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			uuid.Must(uuid.NewV7()), c.Account, f.Committee, f.Issuer, f.Subject, f.Shown, clock.Now(ctx)); err != nil {
			return err
		}
		return s.Accounts.Happened(ctx, accounts.Event{Action: accounts.ActionLinked, Account: c.Account, Session: c.Session, Tenant: f.Committee, From: from})
	})
}

// Identity is a link, as its owner sees it.
type Identity struct {
	ID         uuid.UUID
	TenantName string
	Shown      string
	Issuer     string
	Linked     time.Time
}

// Links are an account's.
func (s *Service) Links(ctx context.Context, account uuid.UUID) ([]Identity, error) {
	return tenants.Collect(ctx, pgx.RowToStructByPos[Identity], `
		SELECT i.id, t.name, i.shown, i.issuer, i.linked_at FROM account_identities i JOIN tenants t ON t.id = i.committee WHERE i.account_id = $1 ORDER BY i.id`, account)
}

// Unlink takes a link of the account away and ends the sessions that came by it.
// Somebody else's does not exist.
func (s *Service) Unlink(ctx context.Context, c accounts.Claims, id uuid.UUID, from accounts.Client) (err error) {
	defer errs.Wrap(&err, "providers.Unlink")
	return s.Store.Global(ctx, func(ctx context.Context) error {
		var committee uuid.UUID
		err := tenants.Row(ctx, `DELETE FROM account_identities WHERE id = $1 AND account_id = $2 RETURNING committee`, []any{id, c.Account}, &committee)
		if tenants.NoRows(err) {
			return errs.New(errs.NotFound, "没有这个连接，请刷新后再试")
		}
		if err != nil {
			return err
		}
		if err := s.Accounts.EndProvided(ctx, c.Account, committee, c.Session); err != nil {
			return err
		}
		return s.Accounts.Happened(ctx, accounts.Event{Action: accounts.ActionUnlinked, Account: c.Account, Session: c.Session, Tenant: committee, From: from})
	})
}
