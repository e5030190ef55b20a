package phone_test

import (
	"slices"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// at is a time of one day in March.
func at(day, hour, minute int) time.Time {
	return time.Date(2025, 3, day, hour, minute, 0, 0, clock.Shanghai)
}

func TestWhen(t *testing.T) {
	t.Parallel()
	eight := 8
	own := phone.Preferences{Level: "IMPORTANT", QuietFrom: 22, QuietTo: 7}
	muted, daily, never := own, own, own
	muted.Muted, daily.DigestAt, never.Level = []string{"TURN", "TOLD"}, &eight, ""
	day := phone.Preferences{Level: "ORDINARY", QuietFrom: 9, QuietTo: 18}
	none := phone.Preferences{Level: "ORDINARY", QuietFrom: 5, QuietTo: 5}
	loud, always := process.Phone{UrgentAtNight: true}, process.Phone{Always: []string{"LETTER"}}
	for _, c := range []struct {
		name    string
		who     phone.Preferences
		policy  process.Phone
		kind    phone.Kind
		now, at time.Time // at zero: it does not come
		digest  bool
	}{
		{"what weighs enough comes at once", own, process.Phone{}, phone.Kind{"TURN", "IMPORTANT"}, at(3, 12, 0), at(3, 12, 0), false},
		{"what weighs less does not come", own, process.Phone{}, phone.Kind{"TOLD", "ORDINARY"}, at(3, 12, 0), time.Time{}, false},
		{"or with the others of the day", daily, process.Phone{}, phone.Kind{"TOLD", "ORDINARY"}, at(3, 12, 0), at(4, 8, 0), true},
		{"the same morning, while the hour is to come", daily, process.Phone{}, phone.Kind{"TOLD", "ORDINARY"}, at(3, 7, 59), at(3, 8, 0), true},
		{"who wants nothing at once hears of it in the digest only", never, process.Phone{}, phone.Kind{"TURN", "IMPORTANT"}, at(3, 12, 0), time.Time{}, false},
		{"a muted kind does not come", muted, process.Phone{}, phone.Kind{"TURN", "IMPORTANT"}, at(3, 12, 0), time.Time{}, false},
		{"that his turn's day is near comes, muted or not", muted, process.Phone{}, phone.Kind{"TURN", "URGENT"}, at(3, 12, 0), at(3, 12, 0), false},
		{"and whatever level he chose", never, process.Phone{}, phone.Kind{"OVERDUE", "URGENT"}, at(3, 12, 0), at(3, 12, 0), false},
		{"what the committee names comes", never, always, phone.Kind{"LETTER", "ORDINARY"}, at(3, 12, 0), at(3, 12, 0), false},
		{"in quiet hours it waits for their end", own, process.Phone{}, phone.Kind{"TURN", "URGENT"}, at(3, 22, 0), at(4, 7, 0), false},
		{"after midnight, too", own, process.Phone{}, phone.Kind{"TURN", "URGENT"}, at(4, 6, 59), at(4, 7, 0), false},
		{"quiet hours end on the hour", own, process.Phone{}, phone.Kind{"TURN", "URGENT"}, at(4, 7, 0), at(4, 7, 0), false},
		{"an urgent one breaks through where the committee says so", own, loud, phone.Kind{"TURN", "URGENT"}, at(3, 23, 30), at(3, 23, 30), false},
		{"and only an urgent one", own, loud, phone.Kind{"TURN", "IMPORTANT"}, at(3, 23, 30), at(4, 7, 0), false},
		{"quiet hours may lie in the day", day, process.Phone{}, phone.Kind{"TOLD", "ORDINARY"}, at(3, 9, 0), at(3, 18, 0), false},
		{"there may be none", none, process.Phone{}, phone.Kind{"TOLD", "ORDINARY"}, at(3, 5, 0), at(3, 5, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			when, digest, ever := c.who.When(c.policy, c.kind, c.now)
			if ever == c.at.IsZero() || (ever && (!when.Equal(c.at) || digest != c.digest)) {
				t.Errorf("%v %v %v", when, digest, ever)
			}
		})
	}
}

func TestThePolicyKnowsEveryKindAndLevel(t *testing.T) {
	t.Parallel()
	for _, k := range process.NoticeKinds {
		if notice.AboutValidator(notice.About(k)) != nil {
			t.Error(k)
		}
	}
	for _, l := range process.NoticeLevels {
		if notice.LevelValidator(notice.Level(l)) != nil {
			t.Error(l)
		}
	}
	for _, about := range []notice.About{notice.AboutTURN, notice.AboutTOLD, notice.AboutDUE, notice.AboutOVERDUE, notice.AboutSTANDING,
		notice.AboutDECISION, notice.AboutINVITATION, notice.AboutLETTER, notice.AboutSYSTEM} {
		if !slices.Contains(process.NoticeKinds, string(about)) {
			t.Error(about)
		}
	}
}

func TestMobile(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"130 0000 0001": "13000000001", "+86-13000000001": "13000000001", "0411-80000000": "", "12000000001": "", "1300000000": ""} {
		if got, ok := phone.Mobile(in); ok != (want != "") || (ok && got != want) {
			t.Errorf("%s: %s %v", in, got, ok)
		}
	}
}
