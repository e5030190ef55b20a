package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/accounts"
	"github.com/bihuan/bihuan/authz/requests"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/secret"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Service knows the providers. Its fields are set before it is used.
type Service struct {
	Store    *tenants.Store
	Accounts *accounts.Service
	Key      []byte       // seals the clients' secrets: 32 bytes, the installation's
	Allowed  []string     // issuers that the operator allows; others are never asked
	Return   string       // the address that providers send people back to
	HTTP     *http.Client // nil: one that is bounded (see bounded)
}

// Provider is a committee's, without its secret.
type Provider struct {
	Issuer, ClientID, Claim, Name string
	SetAt                         time.Time
}

// NewProvider is what two persons set. An empty issuer takes the provider away.
type NewProvider struct {
	Issuer, ClientID, Claim, Name string
	Secret                        string `json:"-"`
	Sealed                        []byte // what is kept of Secret while it waits
	Reason                        string `json:"-"`
}

const (
	manage = "settings.manage"
	// kind of the request, which the second person confirms.
	kind = "signin.provider"
)

// printable is what ids and secrets of clients are made of (RFC 6749, appendix A).
var printable = regexp.MustCompile(`^[ -~]+$`)

var claimName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,39}$`)

// Of is the provider of the current committee, nil without one.
func (s *Service) Of(ctx context.Context) (*Provider, error) {
	p, _, err := s.of(ctx)
	return p, err
}

func (s *Service) of(ctx context.Context) (*Provider, []byte, error) {
	var p Provider
	var sealed []byte
	err := tenants.Row(ctx, `SELECT issuer, client_id, claim, name, set_at, secret FROM sign_in_providers`, nil, &p.Issuer, &p.ClientID, &p.Claim, &p.Name, &p.SetAt, &sealed)
	if tenants.NoRows(err) {
		return nil, nil, nil
	}
	return &p, sealed, err
}

// Set asks for a provider, and sets it when another person has confirmed that.
// Called twice it asks twice: the secret may be another. It answers the request,
// nil when the provider is set.
func (s *Service) Set(ctx context.Context, in NewProvider) (_ *requests.Request, err error) {
	defer errs.Wrap(&err, "providers.Set")
	ctx, v, err := authz.Enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	if err := s.check(&in); err != nil {
		return nil, err
	}
	if requests.Confirmed(ctx, kind, v.Tenant) {
		return nil, s.write(ctx, v.Tenant, in)
	}
	if in.Reason, err = (text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}).Take(in.Reason); err != nil {
		return nil, err
	}
	was, err := s.Of(ctx)
	switch {
	case err != nil:
		return nil, err
	case was == nil && in.Issuer == "":
		return nil, errs.New(errs.NotAllowedInState, "本政协没有统一身份登录，不用取消；要开通请填写签发者").At("issuer")
	}
	if in.Issuer != "" {
		if in.Sealed, err = secret.Seal(s.Key, v.Tenant[:], []byte(in.Secret)); err != nil {
			return nil, err
		}
	}
	r, _, err := requests.Ask(ctx, kind, v.Tenant, says(v.Name, was, in), in.Reason, in)
	return r, err
}

// Requests tells the desk what confirming does.
func (s *Service) Requests(d *requests.Desk) {
	d.Register(kind, requests.Act{Object: gen.TypeTenant, Right: manage, Do: func(ctx context.Context, r requests.Request) (any, error) {
		var in NewProvider
		if err := json.Unmarshal(r.Input, &in); err != nil {
			return nil, err
		}
		return s.Set(ctx, in)
	}})
}

func says(who string, was *Provider, in NewProvider) string {
	switch {
	case in.Issuer == "":
		return who + "提出：不再用统一身份登录；用它登录的人改用自己的密码"
	case was == nil:
		return fmt.Sprintf("%s提出：开通统一身份登录“%s”（%s，以 %s 认人）；管这个系统的人能以连接了它的人的身份进入本政协", who, in.Name, in.Issuer, in.Claim)
	}
	return fmt.Sprintf("%s提出：统一身份登录由 %s 改为“%s”（%s，以 %s 认人）；签发者改变的，各人要重新连接", who, was.Issuer, in.Name, in.Issuer, in.Claim)
}

// check is run again when it is confirmed: the operator may have changed his
// mind.
func (s *Service) check(in *NewProvider) error {
	if in.Issuer == "" {
		return nil
	}
	if !slices.Contains(s.Allowed, in.Issuer) {
		return errs.New(errs.Invalid, "系统运维人员没有允许这个签发者；请他把地址写进 BIHUAN_OIDC_ISSUERS").At("issuer")
	}
	if in.Claim == "" {
		in.Claim = "sub"
	}
	if !claimName.MatchString(in.Claim) {
		return errs.New(errs.Invalid, "认人的声明是字母、数字和下划线，至多 40 个字符").At("claim")
	}
	if !printable.MatchString(in.ClientID) || len(in.ClientID) > 200 {
		return errs.New(errs.Invalid, "请填写客户端编号：字母、数字和符号，至多 200 个").At("clientId")
	}
	if in.Sealed == nil && (!printable.MatchString(in.Secret) || len(in.Secret) > 500) {
		return errs.New(errs.Invalid, "请填写客户端密钥：字母、数字和符号，至多 500 个").At("clientSecret")
	}
	name, err := text.Field{Label: "名称", Path: []string{"name"}, Least: 1, Most: 40}.Take(in.Name)
	in.Name = name
	return err
}

func (s *Service) write(ctx context.Context, tenant uuid.UUID, in NewProvider) error {
	after := map[string]any{"issuer": in.Issuer, "clientId": in.ClientID, "claim": in.Claim, "name": in.Name}
	if err := audit.Note(ctx, audit.Change{Entity: "SignInProvider", ID: tenant, Op: audit.Update, After: after}); err != nil {
		return err
	}
	if in.Issuer == "" {
		_, err := tenants.Exec(ctx, `DELETE FROM sign_in_providers WHERE tenant_id = $1`, tenant)
		return err
	}
	_, err := tenants.Exec(ctx, `
		INSERT INTO sign_in_providers (tenant_id, issuer, client_id, secret, claim, name, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (tenant_id) DO UPDATE SET issuer = EXCLUDED.issuer, client_id = EXCLUDED.client_id, secret = EXCLUDED.secret, claim = EXCLUDED.claim,
		  name = EXCLUDED.name, set_at = EXCLUDED.set_at`, tenant, in.Issuer, in.ClientID, in.Sealed, in.Claim, in.Name, clock.Now(ctx))
	return err
}

// CheckIssuers refuses what no issuer can be: TLS is left out only on this
// machine, for tests.
func CheckIssuers(list []string) error {
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.RawQuery != "" || u.User != nil || u.Fragment != "" ||
			u.Scheme != "https" && !(u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost")) {
			return fmt.Errorf("%q 不是签发者的地址（https://…）", s)
		}
	}
	return nil
}
