package phone

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/phone/channels"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

const (
	codeLife   = 10 * time.Minute
	codeTries  = 5           // wrong ones, after which a code is worth nothing
	codePause  = time.Minute // between two codes to one person
	codesADay  = 10          // to one person
	codesThere = 5           // to one number in a day, whoever asks: nobody is pestered
)

// Userid reports whether 企业微信 could call somebody so. "@all" means everybody
// there.
func Userid(s string) bool { return userid.MatchString(s) }

var userid = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// Ask sends the person signed in a code to a number that is to be his. Called
// twice within a minute the second is refused; a later one makes the former code
// worth nothing.
func (s *Service) Ask(ctx context.Context, channel, address string) (until time.Time, err error) {
	defer errs.Wrap(&err, "phone.Ask")
	v, now := authz.From(ctx), clock.Now(ctx)
	to, err := s.reachable(ctx, channel, address)
	if err != nil {
		return until, err
	}
	if err := s.mayAsk(ctx, to); err != nil {
		return until, err
	}
	id := uuid.Must(uuid.NewV7())
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`UPDATE phone_codes SET ended_at = $2 WHERE membership_id = $1 AND ended_at IS NULL`, []any{v.Membership, now}},
		{`INSERT INTO phone_codes (tenant_id, id, membership_id, channel, address, asked_at) VALUES ($1, $2, $3, $4, $5, $6)`, []any{v.Tenant, id, v.Membership, channel, to, now}},
		{`INSERT INTO phone_outbox (tenant_id, id, created_at, membership_id, code_id, next_at) VALUES ($1, $2, $4, $3, $2, $4)`, []any{v.Tenant, id, v.Membership, now}},
	} {
		if _, err := tenants.Exec(ctx, q.sql, q.args...); err != nil {
			return until, err
		}
	}
	return now.Add(codeLife), nil
}

// reachable is the address as its channel calls it, refused where nothing could
// be sent there.
func (s *Service) reachable(ctx context.Context, channel, address string) (string, error) {
	p, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return "", err
	}
	to, ok := Mobile(address)
	switch {
	case channel == SMS && !ok:
		return "", errs.New(errs.Invalid, "请填写 11 位手机号，座机收不到短信").At("address")
	case channel == WeCom && !Userid(address):
		return "", errs.New(errs.Invalid, "企业微信账号只能有字母、数字和 . _ @ -").At("address")
	case !slices.Contains(p.Phone.Channels, channel) || s.by[channel] == nil:
		return "", errs.New(errs.NotAllowedInState, "本会没有开通这种方式，请联系本会的系统管理员登记").At("channel")
	case channel == WeCom:
		to = address
	}
	return to, nil
}

// mayAsk bounds how many codes somebody is sent. Two who ask at once for one
// person wait for each other.
func (s *Service) mayAsk(ctx context.Context, to string) error {
	v, now := authz.From(ctx), clock.Now(ctx)
	if _, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0)), pg_advisory_xact_lock(hashtextextended($2, 1))`, v.Membership.String(), to); err != nil {
		return err
	}
	var recent, mine, there int
	err := tenants.Row(ctx, `
		SELECT count(*) FILTER (WHERE membership_id = $1 AND asked_at > $3), count(*) FILTER (WHERE membership_id = $1), count(*) FILTER (WHERE address = $2)
		FROM phone_codes WHERE asked_at > $4 AND (membership_id = $1 OR address = $2)`,
		[]any{v.Membership, to, now.Add(-codePause), now.Add(-24 * time.Hour)}, &recent, &mine, &there)
	switch {
	case err != nil:
		return err
	case recent > 0:
		return errs.New(errs.Limited, "刚刚发过验证码，请过一分钟再要").With("retryAfterSeconds", int(codePause/time.Second))
	case mine >= codesADay || there >= codesThere:
		return errs.New(errs.Limited, "今天要的验证码太多，请明天再试，或请本会的系统管理员登记")
	}
	return nil
}

// typed is the code of a row, six digits.
func (s *Service) typed(tenant, id uuid.UUID) string {
	h := hmac.New(sha256.New, s.key)
	h.Write(tenant[:])
	h.Write(id[:])
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(h.Sum(nil))%1_000_000)
}

// Confirm makes the number the person's, if the code is the one that was sent
// there. A wrong one counts, although the caller's change is undone: see Wrong.
func (s *Service) Confirm(ctx context.Context, code string) (_ *gen.Membership, err error) {
	defer errs.Wrap(&err, "phone.Confirm")
	v, now := authz.From(ctx), clock.Now(ctx)
	c, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(s.typed(v.Tenant, c.ID)), []byte(code)) {
		return nil, errs.New(errs.Invalid, "验证码不对，还可以试 %d 次", codeTries-c.Tries-1).At("code").With("triesLeft", codeTries-c.Tries-1)
	}
	if _, err := tenants.Exec(ctx, `UPDATE phone_codes SET ended_at = $2 WHERE id = $1`, c.ID, now); err != nil {
		return nil, err
	}
	sys := authz.System(ctx)
	m, err := s.client.Membership.Query().Where(membership.ID(v.Membership)).Only(sys)
	if err != nil {
		return nil, err
	}
	up := s.client.Membership.UpdateOne(m).AddVersion(1)
	if c.Channel == SMS {
		up.SetPhone(c.Address)
	} else {
		up.SetWecom(c.Address)
	}
	return up.Save(sys)
}

type asked struct {
	ID      uuid.UUID
	Channel string
	Address string
	Tries   int
}

// open is the code that the person signed in could type now.
func (s *Service) open(ctx context.Context) (asked, error) {
	list, err := tenants.Rows[asked](ctx, `
		SELECT id, channel, address, tries FROM phone_codes WHERE membership_id = $1 AND ended_at IS NULL AND asked_at > $2`,
		authz.From(ctx).Membership, clock.Now(ctx).Add(-codeLife))
	switch {
	case err != nil:
		return asked{}, err
	case len(list) == 0:
		return asked{}, errs.New(errs.NotAllowedInState, "没有等着的验证码，或它已过期，请重新获取").At("code")
	case list[0].Tries >= codeTries:
		return asked{}, errs.New(errs.Limited, "验证码试错太多，已经作废，请重新获取").At("code")
	}
	return list[0], nil
}

// Alone makes those who try codes of the person signed in wait for each other
// until the transaction ends, so that no two wrong ones count as one.
func (s *Service) Alone(ctx context.Context) error {
	_, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 2))`, authz.From(ctx).Membership.String())
	return err
}

// Wrong counts a wrong code. It is called after what Confirm's caller did was
// undone, in the same transaction.
func (s *Service) Wrong(ctx context.Context) error {
	_, err := tenants.Exec(ctx, `UPDATE phone_codes SET tries = tries + 1 WHERE membership_id = $1 AND ended_at IS NULL AND tries < $2`, authz.From(ctx).Membership, codeTries)
	return err
}

// confirmation sends a code to the number that it is about, whatever the person
// wants on his phone: he has just asked for it.
func (p *plan) confirmation(ctx context.Context, w *waiting, r reader) error {
	if p.now.Sub(w.Created) >= codeLife {
		return p.drop(ctx, w, "验证码已过期")
	}
	var channel, address string
	var ended bool
	if err := tenants.Row(ctx, `SELECT channel, address, ended_at IS NOT NULL FROM phone_codes WHERE id = $1`, []any{*w.Of}, &channel, &address, &ended); err != nil {
		return err
	}
	if ended {
		return p.drop(ctx, w, "已另要验证码")
	}
	tenant, err := tenants.Current(ctx)
	p.out = append(p.out, &letter{rows: []*waiting{w}, ways: []way{{channel, address}}, Message: channels.Message{ID: w.ID.String(), Code: p.s.typed(tenant, *w.Of)}})
	return err
}

// called is an address as its channel wants it.
func called(channel, address string) string {
	if channel == SMS {
		address, _ = Mobile(address)
	}
	return address
}
