package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/authz/providers"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// visit is the visit to a provider that the browser comes back from.
func (j *jar) visiting() (string, error) {
	switch {
	case j.visit == "":
		return "", errs.New(errs.Unauthenticated, "没有正在进行的统一身份登录，请从登录页重新开始")
	case !j.own:
		return "", errForeign()
	}
	return j.visit, nil
}

func (r *Resolver) signInWithProvider(ctx context.Context, in model.SignInWithProviderInput) (*model.SignInPayload, error) {
	out := emptySignIn()
	cookie := in.Cookie != nil && *in.Cookie
	visit, err := jarOf(ctx).visiting()
	if err != nil {
		out.UserErrors, err = shown(err)
		return out, err
	}
	s, found, err := r.Providers.SignIn(ctx, visit, value(in.Code), client(ctx))
	if err == nil && found.Account == uuid.Nil {
		out.LinkRequired = &found.Shown
		return out, nil
	}
	if err == nil {
		jarOf(ctx).visited()
	}
	return r.entered(ctx, out, s, cookie, err)
}

func (r *Resolver) linkProvider(ctx context.Context) (*model.SignOutPayload, error) {
	visit, err := jarOf(ctx).visiting()
	if err != nil {
		return done(err)
	}
	c, err := r.living(ctx)
	if err == nil {
		err = r.Providers.Link(ctx, visit, c, client(ctx))
	}
	if err == nil {
		jarOf(ctx).visited()
	}
	return done(err)
}

func (r *Resolver) unlinkProvider(ctx context.Context, link uuid.UUID) (*model.SignOutPayload, error) {
	c, err := r.living(ctx)
	if err == nil {
		err = r.Providers.Unlink(ctx, c, link, client(ctx))
	}
	return done(err)
}

func (r *Resolver) setSignInProvider(ctx context.Context, in model.SetSignInProviderInput) (*model.SetSignInProviderPayload, error) {
	out := &model.SetSignInProviderPayload{}
	id, bad, err := r.mutate(ctx, in, func(ctx context.Context, c common, _ process.Form) (string, uuid.UUID, error) {
		_, err := r.Providers.Set(ctx, providers.NewProvider{Issuer: value(in.Issuer), ClientID: value(in.ClientID), Secret: value(in.ClientSecret),
			Claim: value(in.Claim), Name: value(in.Name), Reason: c.reason})
		return gen.TypeTenant, authz.From(ctx).Tenant, asInput(err)
	})
	if out.UserErrors = bad; err != nil || id == uuid.Nil {
		return out, err
	}
	out.Request, err = r.asks(ctx, id)
	return out, err
}

func (r *Resolver) signInProvider(ctx context.Context) (*model.SignInProvider, error) {
	if _, err := authz.Require(ctx, "settings.manage"); err != nil {
		return nil, err
	}
	p, err := r.Providers.Of(ctx)
	if p == nil || err != nil {
		return nil, err
	}
	return &model.SignInProvider{Issuer: p.Issuer, ClientID: p.ClientID, Claim: p.Claim, Name: p.Name, SetAt: p.SetAt}, nil
}

func (r *Resolver) signInLinks(ctx context.Context) ([]*model.SignInLink, error) {
	list, err := r.Providers.Links(ctx, authz.From(ctx).Account)
	out := make([]*model.SignInLink, len(list))
	for i, x := range list {
		out[i] = &model.SignInLink{ID: x.ID, TenantName: x.TenantName, Shown: x.Shown, Issuer: x.Issuer, LinkedAt: x.Linked}
	}
	return out, err
}
