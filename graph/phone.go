package graph

import (
	"context"
	"encoding/base64"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
)

// phonePreferences are the viewer's own; nobody reads another's.
func (r *Resolver) phonePreferences(ctx context.Context) (*model.PhonePreferences, error) {
	p, policy, err := r.Phone.Mine(ctx)
	if err != nil {
		return nil, err
	}
	out := &model.PhonePreferences{Version: p.Version, QuietFrom: p.QuietFrom, QuietTo: p.QuietTo, DigestAt: p.DigestAt, Compulsory: phone.Compulsory(policy)}
	if p.Level != "" {
		out.Level = new(notice.Level(p.Level))
	}
	for _, k := range p.Muted {
		out.Muted = append(out.Muted, notice.About(k))
	}
	for _, c := range p.Channels {
		out.Channels = append(out.Channels, model.PhoneChannel(c))
	}
	ways, err := r.Phone.Ways(ctx, policy)
	for _, w := range ways {
		out.Reach = append(out.Reach, &model.PhoneReach{Channel: model.PhoneChannel(w.Channel), On: w.On, Address: given(w.Address), Usable: w.Usable})
	}
	return out, err
}

func (r *Resolver) setPhonePreferences(ctx context.Context, in model.SetPhonePreferencesInput) (*model.PhonePreferencesPayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		choice := phone.Choice{Level: in.Level, NotAtOnce: value(in.NothingAtOnce), Muted: in.Muted, QuietFrom: in.QuietFrom, QuietTo: in.QuietTo,
			DigestAt: in.DigestAt, NoDigest: value(in.NoDigest), Expected: in.ExpectedVersion}
		switch {
		case choice.Level != nil && choice.NotAtOnce:
			return "", uuid.Nil, errs.New(errs.Invalid, "level 与 nothingAtOnce 只写一个").At("nothingAtOnce")
		case choice.DigestAt != nil && choice.NoDigest:
			return "", uuid.Nil, errs.New(errs.Invalid, "digestAt 与 noDigest 只写一个").At("noDigest")
		}
		if in.Channels != nil {
			choice.Channels = []string{}
			for _, c := range in.Channels {
				choice.Channels = append(choice.Channels, string(c))
			}
		}
		_, _, err := r.Phone.Set(ctx, choice)
		return gen.TypeMembership, authz.From(ctx).Membership, err
	})
	if err != nil {
		return nil, err
	}
	out, err := r.phonePreferences(ctx) // a refused one brings what holds, as every VERSION_CONFLICT does
	return &model.PhonePreferencesPayload{Preferences: out, UserErrors: bad}, err
}

func (r *Resolver) changePhoneAddress(ctx context.Context, in model.ChangePhoneAddressInput) (*model.PhoneCodePayload, error) {
	out := &model.PhoneCodePayload{}
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		until, err := r.Phone.Ask(ctx, string(in.Channel), in.Address)
		out.ExpiresAt = &until
		return gen.TypeMembership, authz.From(ctx).Membership, err
	})
	if out.UserErrors = bad; len(bad) > 0 {
		out.ExpiresAt = nil
	}
	return out, err
}

// confirmPhoneAddress counts a wrong code beside what its refusal undoes.
func (r *Resolver) confirmPhoneAddress(ctx context.Context, in model.ConfirmPhoneAddressInput) (*model.PhonePreferencesPayload, error) {
	if err := r.Phone.Alone(ctx); err != nil {
		return nil, err
	}
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		m, err := r.Phone.Confirm(ctx, in.Code)
		return gen.TypeMembership, idOf(aMember, m), err
	})
	if err == nil && len(bad) == 1 && bad[0].Details["triesLeft"] != nil {
		err = r.Phone.Wrong(ctx)
	}
	if err != nil {
		return nil, err
	}
	out, err := r.phonePreferences(ctx)
	return &model.PhonePreferencesPayload{Preferences: out, UserErrors: bad}, err
}

// phoneFailures is a page of what did not reach phones.
func (r *Resolver) phoneFailures(ctx context.Context, first *int, after *string) (*model.PhoneFailurePage, error) {
	first, _, err := page(first, nil)
	if err != nil {
		return nil, err
	}
	var before *uuid.UUID
	if after != nil {
		b, err := base64.RawURLEncoding.DecodeString(*after)
		id, bad := uuid.FromBytes(b)
		if err != nil || bad != nil {
			return nil, errs.New(errs.Invalid, "after 不是这个列表给出的，请从第一页重新开始").At("after")
		}
		before = &id
	}
	list, total, err := r.Phone.Failures(ctx, before, *first+1)
	if err != nil {
		return nil, err
	}
	out := &model.PhoneFailurePage{Failures: []*model.PhoneFailure{}, TotalCount: total}
	if len(list) > *first {
		list = list[:*first]
		end := list[*first-1].ID
		out.Next = new(base64.RawURLEncoding.EncodeToString(end[:]))
	}
	ids := make([]uuid.UUID, len(list))
	for i, f := range list {
		ids[i] = f.Member
	}
	rows, err := r.ent().Membership.Query().Where(membership.IDIn(ids...)).All(ctx)
	for _, f := range list {
		x := &model.PhoneFailure{ID: f.ID, Code: f.Code, Reason: f.Reason, Attempts: f.Attempts, CreatedAt: f.Created, GaveUpAt: f.Ended}
		if i := slices.IndexFunc(rows, func(m *gen.Membership) bool { return m.ID == f.Member }); i >= 0 {
			x.Membership = rows[i]
		}
		if f.About != "" {
			x.About = new(notice.About(f.About))
		}
		if f.Channel != "" {
			x.Channel = new(model.PhoneChannel(f.Channel))
		}
		out.Failures = append(out.Failures, x)
	}
	return out, err
}

func (r *Resolver) retryPhoneMessage(ctx context.Context, in model.RetryPhoneMessageInput) (*model.RetryPhoneMessagePayload, error) {
	_, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		_, err := r.Phone.Retry(ctx, in.ID)
		return "PhoneFailure", in.ID, err
	})
	if err != nil || len(bad) > 0 {
		return &model.RetryPhoneMessagePayload{UserErrors: bad}, err
	}
	_, left, err := r.Phone.Failures(ctx, nil, 1)
	return &model.RetryPhoneMessagePayload{Left: &left, UserErrors: bad}, err
}
