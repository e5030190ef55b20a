package graph

import (
	"context"
	"encoding/base64"

	"rsc.io/qr"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/graph/model"
)

func (r *Resolver) secondFactor(ctx context.Context) (*model.SecondFactor, error) {
	f, err := r.Accounts.Factor(ctx, authz.From(ctx).Account)
	return &model.SecondFactor{Since: f.Since, RecoveryLeft: f.Left}, err
}

func (r *Resolver) beginSecondFactor(ctx context.Context) (*model.BeginSecondFactorPayload, error) {
	out := &model.BeginSecondFactorPayload{UserErrors: []*model.UserError{}}
	c, err := r.living(ctx)
	if err == nil {
		e, begun := r.Accounts.BeginFactor(ctx, c.Account)
		if err = begun; err == nil {
			out.Secret, out.URI = &e.Secret, &e.URI
			out.QR, err = picture(e.URI)
			return out, err
		}
	}
	out.UserErrors, err = shown(err)
	return out, err
}

// picture is a QR code as an address that an image takes.
func picture(text string) (*string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, err
	}
	address := "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())
	return &address, nil
}

func (r *Resolver) confirmSecondFactor(ctx context.Context, code string) (*model.ConfirmSecondFactorPayload, error) {
	out := &model.ConfirmSecondFactorPayload{RecoveryCodes: []string{}, UserErrors: []*model.UserError{}}
	c, err := r.living(ctx)
	if err == nil {
		codes, confirmed := r.Accounts.ConfirmFactor(ctx, c.Account, c.Session, code, client(ctx))
		if err = confirmed; err == nil {
			out.RecoveryCodes = codes
			return out, nil
		}
	}
	out.UserErrors, err = shown(err)
	return out, err
}

func (r *Resolver) removeSecondFactor(ctx context.Context, code string) (*model.SignOutPayload, error) {
	c, err := r.living(ctx)
	if err == nil {
		err = r.Accounts.DropFactor(ctx, c.Account, c.Session, code, client(ctx))
	}
	return done(err)
}
