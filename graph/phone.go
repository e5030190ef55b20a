package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
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
