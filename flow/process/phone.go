package process

import (
	"slices"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Phone is what a committee decides about messages to people's phones. With no
// channel nothing reaches a phone.
type Phone struct {
	Channels      []string `json:"channels"`      // WECOM, SMS: what is switched on; the first is used where a person has not chosen
	Level         string   `json:"level"`         // from which level up notices reach the phone at once, where a person has not chosen
	DigestAt      int      `json:"digestAt"`      // the hour of the daily digest of the rest, where a person has not chosen; -1: none
	QuietFrom     int      `json:"quietFrom"`     // the quiet hours, where a person has not chosen; both alike: none
	QuietTo       int      `json:"quietTo"`       //
	UrgentAtNight bool     `json:"urgentAtNight"` // an urgent one breaks through quiet hours
	Always        []string `json:"always"`        // kinds of notices that nobody switches off
	Titles        bool     `json:"titles"`        // messages name the matter; else they say that something waits
	UnreadDays    int      `json:"unreadDays"`    // working days after which a turn that nobody has read of goes on to others; 0: it does not
}

// PhoneChannels are the ways to a phone.
var PhoneChannels = []string{"WECOM", "SMS"}

// NoticeLevels are how much a notice weighs, the lightest first, and
// NoticeKinds why it came; the schema's words.
var (
	NoticeLevels = []string{"ORDINARY", "IMPORTANT", "URGENT"}
	NoticeKinds  = []string{"TURN", "TOLD", "DUE", "OVERDUE", "STANDING", "DECISION", "INVITATION", "LETTER", "SYSTEM"}
)

func (p Phone) validate() error {
	hour := func(n, least int) bool { return n < least || n > 23 }
	switch {
	case !among(p.Channels, PhoneChannels):
		return errs.New(errs.Invalid, "phone.channels 只能是 %s，各写一次；空为都不开通", strings.Join(PhoneChannels, "、"))
	case !slices.Contains(NoticeLevels, p.Level):
		return errs.New(errs.Invalid, "phone.level 只能是 %s", strings.Join(NoticeLevels, "、"))
	case !among(p.Always, NoticeKinds):
		return errs.New(errs.Invalid, "phone.always 只能是 %s，各写一次", strings.Join(NoticeKinds, "、"))
	case hour(p.QuietFrom, 0) || hour(p.QuietTo, 0) || hour(p.DigestAt, -1):
		return errs.New(errs.Invalid, "phone 的钟点为 0 至 23；digestAt 为 -1 表示没有每日汇总")
	case p.UnreadDays < 0 || p.UnreadDays > 30:
		return errs.New(errs.Invalid, "phone.unreadDays 为 1 至 30 个工作日；0 表示没有人看过也不再告知别人")
	case Quiet(p.DigestAt, p.QuietFrom, p.QuietTo):
		return errs.New(errs.Invalid, "phone.digestAt 不能在免打扰的时段里")
	}
	return nil
}

// among reports whether each is one of the known, and none is there twice.
func among(list, known []string) bool {
	for i, s := range list {
		if !slices.Contains(known, s) || slices.Contains(list[:i], s) {
			return false
		}
	}
	return true
}

// Quiet reports whether an hour of the day lies in quiet hours, which may go
// over midnight; both alike: there are none.
func Quiet(hour, from, to int) bool {
	switch {
	case hour < 0 || from == to:
		return false
	case from < to:
		return from <= hour && hour < to
	}
	return hour >= from || hour < to
}
