package phone

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Preferences is what one person wants. Version 0 is who has chosen nothing.
type Preferences struct {
	Version            int
	Level              string // from this level up at once; empty: nothing at once
	Muted              []string
	Channels           []string
	QuietFrom, QuietTo int // hours of the day; both alike: none
	DigestAt           *int
}

// standard is what holds for who has chosen nothing.
func standard(p process.Phone) Preferences {
	out := Preferences{Level: p.Level, Muted: []string{}, Channels: p.Channels, QuietFrom: p.QuietFrom, QuietTo: p.QuietTo}
	if p.DigestAt >= 0 {
		out.DigestAt = &p.DigestAt
	}
	return out
}

// Choice is what a person changes; nil leaves as it is.
type Choice struct {
	Level     *notice.Level
	NotAtOnce bool // nothing at once, whatever the level
	Muted     []notice.About
	Channels  []string
	QuietFrom *int
	QuietTo   *int
	DigestAt  *int
	NoDigest  bool
	Expected  *int
}

const columns = `version, level, muted, channels, quiet_from, quiet_to, digest_at`

// Mine is what the person signed in has chosen, or what holds for him.
func (s *Service) Mine(ctx context.Context) (_ Preferences, policy process.Phone, err error) {
	defer errs.Wrap(&err, "phone.Mine")
	p, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return Preferences{}, p.Phone, err
	}
	own, err := tenants.Rows[Preferences](ctx, `SELECT `+columns+` FROM phone_preferences WHERE membership_id = $1`, authz.From(ctx).Membership)
	if err != nil || len(own) == 0 {
		return standard(p.Phone), p.Phone, err
	}
	return own[0], p.Phone, nil
}

// Set changes what the person signed in wants. Called twice it says the same
// again; with an expected version the second is a VersionConflict.
func (s *Service) Set(ctx context.Context, in Choice) (_ Preferences, policy process.Phone, err error) {
	defer errs.Wrap(&err, "phone.Set")
	v, now := authz.From(ctx), clock.Now(ctx)
	was, policy, err := s.Mine(ctx)
	if err != nil {
		return was, policy, err
	}
	if err := errs.Unchanged(in.Expected, was.Version); err != nil {
		return was, policy, err
	}
	is := in.over(was)
	if err := is.check(); err != nil {
		return was, policy, err
	}
	is.Version = was.Version + 1
	tag, err := tenants.Exec(ctx, `
		INSERT INTO phone_preferences AS p (tenant_id, membership_id, `+columns+`, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (tenant_id, membership_id) DO UPDATE SET (`+columns+`, set_at) = (excluded.version, excluded.level, excluded.muted, excluded.channels,
			excluded.quiet_from, excluded.quiet_to, excluded.digest_at, excluded.set_at) WHERE p.version = excluded.version - 1`,
		v.Tenant, v.Membership, is.Version, is.Level, is.Muted, is.Channels, is.QuietFrom, is.QuietTo, is.DigestAt, now)
	if err == nil && tag.RowsAffected() == 0 { // another tab was faster
		err = errs.New(errs.VersionConflict, "内容已被他人修改，请刷新后再操作")
	}
	if err != nil {
		return was, policy, err
	}
	return is, policy, audit.Note(ctx, audit.Change{Entity: "PhonePreferences", ID: v.Membership, Op: audit.Update, Before: was.written(), After: is.written()})
}

// over lays what is chosen over what held.
func (in Choice) over(p Preferences) Preferences {
	if in.Level != nil {
		p.Level = string(*in.Level)
	}
	if in.NotAtOnce {
		p.Level = ""
	}
	if in.Muted != nil {
		p.Muted = []string{}
		for _, k := range in.Muted {
			p.Muted = append(p.Muted, string(k))
		}
	}
	if in.Channels != nil {
		p.Channels = in.Channels
	}
	for _, f := range []struct{ to, from *int }{{&p.QuietFrom, in.QuietFrom}, {&p.QuietTo, in.QuietTo}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if in.DigestAt != nil {
		p.DigestAt = in.DigestAt
	}
	if in.NoDigest {
		p.DigestAt = nil
	}
	return p
}

func (p Preferences) check() error {
	wrong := func(hour int) bool { return hour < 0 || hour > 23 }
	twice := func(list []string) bool {
		sorted := slices.Sorted(slices.Values(list))
		return len(slices.Compact(sorted)) < len(list)
	}
	switch {
	case twice(p.Muted):
		return errs.New(errs.Invalid, "不要的通知各写一次").At("muted")
	case twice(p.Channels):
		return errs.New(errs.Invalid, "接收方式各写一次，先写的先用").At("channels")
	case wrong(p.QuietFrom):
		return errs.New(errs.Invalid, "钟点为 0 至 23").At("quietFrom")
	case wrong(p.QuietTo):
		return errs.New(errs.Invalid, "钟点为 0 至 23").At("quietTo")
	case p.DigestAt != nil && wrong(*p.DigestAt):
		return errs.New(errs.Invalid, "钟点为 0 至 23").At("digestAt")
	case p.DigestAt != nil && process.Quiet(*p.DigestAt, p.QuietFrom, p.QuietTo):
		return errs.New(errs.Invalid, "%d 点在免打扰的时段（%d 点至 %d 点）里，每日汇总请另选钟点", *p.DigestAt, p.QuietFrom, p.QuietTo).At("digestAt")
	}
	return nil
}

// written is the choice as the book has it.
func (p Preferences) written() map[string]any {
	digest := "不要"
	if p.DigestAt != nil {
		digest = fmt.Sprintf("%d 点", *p.DigestAt)
	}
	return map[string]any{"level": p.Level, "muted": strings.Join(p.Muted, " "), "channels": strings.Join(p.Channels, " "),
		"quiet": fmt.Sprintf("%d–%d", p.QuietFrom, p.QuietTo), "digest": digest}
}

// Kind is what decides whether and when a notice reaches a phone.
type Kind struct{ About, Level string }

// near are the kinds that are about the reader's own day.
var near = []string{string(notice.AboutTURN), string(notice.AboutDUE), string(notice.AboutOVERDUE)}

// compulsory reports whether nobody switches the notice off.
func (k Kind) compulsory(p process.Phone) bool {
	return slices.Contains(p.Always, k.About) || (k.Level == string(notice.LevelURGENT) && slices.Contains(near, k.About))
}

// Compulsory are, in sentences, what a person cannot switch off.
func Compulsory(p process.Phone) []string {
	out := []string{"轮到您办理而期限就在眼前或已经过去的，总会发到手机上"}
	if len(p.Always) > 0 {
		names := make([]string, len(p.Always))
		for i, k := range p.Always {
			names[i] = aboutWord(k)
		}
		out = append(out, "本会的政策规定，以下通知总会发到手机上："+strings.Join(names, "、"))
	}
	if p.UrgentAtNight {
		out = append(out, "本会的政策规定，紧急的通知在免打扰的时段里也发")
	}
	return out
}

// When says when a notice that was written now reaches the phone: at once or
// when the quiet hours end, with the others of the day, or not at all.
func (p Preferences) When(policy process.Phone, k Kind, now time.Time) (at time.Time, digest, ever bool) {
	weighs := func(level string) int { return slices.Index(process.NoticeLevels, level) }
	muted, must := slices.Contains(p.Muted, k.About), k.compulsory(policy)
	switch {
	case must || (!muted && p.Level != "" && weighs(k.Level) >= weighs(p.Level)):
		if k.Level == string(notice.LevelURGENT) && policy.UrgentAtNight {
			return now, false, true
		}
		return p.loud(now), false, true
	case !muted && p.DigestAt != nil:
		return next(now, *p.DigestAt), true, true
	}
	return now, false, false
}

// loud is the first time that is not in the quiet hours.
func (p Preferences) loud(now time.Time) time.Time {
	if !process.Quiet(now.In(clock.Shanghai).Hour(), p.QuietFrom, p.QuietTo) {
		return now
	}
	return next(now, p.QuietTo)
}

// next is the next time at which a full hour of the day begins.
func next(now time.Time, hour int) time.Time {
	t := now.In(clock.Shanghai)
	at := time.Date(t.Year(), t.Month(), t.Day(), hour, 0, 0, 0, clock.Shanghai)
	if !at.After(now) {
		at = at.AddDate(0, 0, 1)
	}
	return at
}

// of reads what people have chosen, with what holds for who has not.
func (s *Service) of(ctx context.Context, policy process.Phone, people ...uuid.UUID) (map[uuid.UUID]Preferences, error) {
	type row struct {
		ID uuid.UUID
		Preferences
	}
	rows, err := tenants.Rows[row](ctx, `SELECT membership_id, `+columns+` FROM phone_preferences WHERE membership_id = ANY ($1)`, people)
	out := map[uuid.UUID]Preferences{}
	for _, id := range people {
		out[id] = standard(policy)
	}
	for _, r := range rows {
		out[r.ID] = r.Preferences
	}
	return out, err
}
