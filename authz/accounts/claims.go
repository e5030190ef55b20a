package accounts

import (
	"crypto/sha256"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

const (
	issuer   = "bihuan"
	audience = "bihuan-api"
	// leeway is what the clocks of two replicas may differ.
	leeway = 30 * time.Second
)

// Claims are what an access token says. It names exactly one committee.
type Claims struct {
	Account    uuid.UUID
	Tenant     uuid.UUID
	Membership uuid.UUID
	Session    uuid.UUID
	ID         uuid.UUID // of the token
	Issued     time.Time
	Expires    time.Time
}

// wire is the form of Claims in a token.
type wire struct {
	jwt.RegisteredClaims
	Tenant     uuid.UUID `json:"tenant"`
	Membership uuid.UUID `json:"membership"`
	Session    uuid.UUID `json:"sid"`
}

// Sign makes an access token with the newest key. Its times have whole
// seconds.
func (k *Keys) Sign(c Claims) (_ string, err error) {
	defer errs.Wrap(&err, "accounts.Sign")
	by := k.signing()
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, wire{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: c.Account.String(), ID: c.ID.String(),
			IssuedAt: jwt.NewNumericDate(c.Issued), ExpiresAt: jwt.NewNumericDate(c.Expires),
		},
		Tenant: c.Tenant, Membership: c.Membership, Session: c.Session,
	})
	t.Header["kid"] = by.kid
	return t.SignedString(by.private)
}

// Parse is the only reader of access tokens. Whatever is wrong with one, the
// answer shown is the same; the cause is for the log. Whether the session still
// lasts is Service.Alive's business.
//
// A token is verified once and then known by its SHA-256, as long as it is valid
// and its key is there: verifying takes longer than most of what it opens.
func (k *Keys) Parse(token string, now time.Time) (Claims, error) {
	name := sha256.Sum256([]byte(token))
	if v, ok := k.verified.Get(name); ok && v.valid(now) {
		if _, there := k.known(v.kid); there {
			return v.Claims, nil
		}
	}
	c, kid, err := k.parse(token, now)
	if err == nil {
		k.verified.Add(name, verified{c, kid})
	}
	if err != nil {
		return Claims{}, errs.New(errs.Unauthenticated, "登录凭证无效或已过期，请刷新后重试或重新登录").Because(err)
	}
	return c, nil
}

// verified is what a token said whose signature was good.
type verified struct {
	Claims
	kid string
}

// valid is what the library asks of a token's times.
func (v verified) valid(now time.Time) bool {
	return now.Before(v.Expires.Add(leeway)) && !now.Before(v.Issued.Add(-leeway))
}

// mostVerified is for how many tokens: some 300 bytes each.
const mostVerified = 20_000

func (k *Keys) parse(token string, now time.Time) (c Claims, kid string, err error) {
	// The library leaves exp, iss and aud optional unless told so, and takes
	// the method from the token unless it is pinned.
	p := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithExpirationRequired(), jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithIssuedAt(),
		jwt.WithLeeway(leeway), jwt.WithTimeFunc(func() time.Time { return now }), jwt.WithStrictDecoding())
	var w wire
	read, err := p.ParseWithClaims(token, &w, k.keyOf)
	if err != nil {
		return c, "", err
	}
	account, err1 := uuid.Parse(w.Subject)
	id, err2 := uuid.Parse(w.ID)
	if err := errors.Join(err1, err2); err != nil {
		return c, "", err
	}
	if w.IssuedAt == nil || account == uuid.Nil || w.Tenant == uuid.Nil || w.Membership == uuid.Nil || w.Session == uuid.Nil {
		return c, "", errors.New("a claim is missing")
	}
	kid, _ = read.Header["kid"].(string)
	return Claims{Account: account, Tenant: w.Tenant, Membership: w.Membership, Session: w.Session,
		ID: id, Issued: w.IssuedAt.Time, Expires: w.ExpiresAt.Time}, kid, nil
}

func (k *Keys) keyOf(t *jwt.Token) (any, error) {
	// RFC 7515, 4.1.11: who does not understand crit must refuse.
	if _, ok := t.Header["crit"]; ok {
		return nil, errors.New("crit is not understood")
	}
	kid, _ := t.Header["kid"].(string)
	p, ok := k.verifying(kid)
	if !ok {
		return nil, errors.New("unknown kid")
	}
	return p, nil
}
