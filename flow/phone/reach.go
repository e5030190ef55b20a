package phone

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// The channels, as the committee's policy calls them.
const (
	WeCom = "WECOM"
	SMS   = "SMS"
)

// mobile is the number of a mobile telephone in this country; messages reach no
// other.
var mobile = regexp.MustCompile(`^1[3-9][0-9]{9}$`)

// Mobile is a number as networks take it, false for what no message reaches.
// People write it with spaces, hyphens and +86.
func Mobile(number string) (string, bool) {
	n := strings.NewReplacer(" ", "", "-", "").Replace(number)
	n = strings.TrimPrefix(n, "+86")
	return n, mobile.MatchString(n)
}

// Reach is whether and how a person is reached by one channel.
type Reach struct {
	Channel string
	On      bool   // in the committee
	Address string // as it was entered; empty: none
	Usable  bool
}

// Ways are how the person signed in is reached.
func (s *Service) Ways(ctx context.Context, policy process.Phone) (_ []Reach, err error) {
	defer errs.Wrap(&err, "phone.Ways")
	m, err := s.client.Membership.Query().Where(membership.ID(authz.From(ctx).Membership)).Only(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Reach, len(process.PhoneChannels))
	for i, channel := range process.PhoneChannels {
		address, usable := addressOf(m, channel)
		out[i] = Reach{Channel: channel, On: slices.Contains(policy.Channels, channel), Address: address, Usable: usable}
	}
	return out, nil
}

// addressOf is how a channel calls a person, and whether it can.
func addressOf(m *gen.Membership, channel string) (address string, usable bool) {
	if channel == SMS {
		_, usable = Mobile(m.Phone)
		return m.Phone, usable
	}
	return m.Wecom, m.Wecom != ""
}
