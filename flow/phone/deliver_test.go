package phone_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/phone"
	"github.com/bihuan/bihuan/flow/phone/channels/channelstest"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

const (
	tokenPath = "/cgi-bin/gettoken"
	sendPath  = "/cgi-bin/message/send"
	smsPath   = "/"
)

func TestWhatReachesAPhone(t *testing.T) {
	t.Parallel()
	t.Run("Nothing reaches a phone as long as the committee has no channel switched on.", func(t *testing.T) {
		w := newWorld(t, nil)
		w.submitted()
		w.tells("委员甲", nil, notices.Due("明天到期", true, false))
		if n := w.delivers(); n != 0 || len(w.fake.Shown()) != 0 || w.rows(phone.Waiting) != 0 {
			t.Errorf("%d ended, shown %v, %d rows", n, w.fake.Shown(), w.rows(phone.Waiting))
		}
	})
	w, seen := newWorld(t, both()), 0
	var id uuid.UUID
	t.Run("A notice that is to reach a phone waits from the transaction that writes it; who cannot be reached has none.", func(t *testing.T) {
		id = w.submitted() // 干事 and his colleagues are awaited
		if n := w.rows(phone.Waiting); n != 2 {
			t.Errorf("%d rows", n)
		}
		err := w.As("", func(ctx context.Context) error {
			if err := notices.Write(ctx, nil, notices.Told("不写"), w.Who("委员甲").Membership); err != nil {
				return err
			}
			return errs.New(errs.Invalid, "撤回")
		})
		if !errs.Is(err, errs.Invalid) || w.rows(phone.Waiting) != 2 {
			t.Errorf("%v, %d rows", err, w.rows(phone.Waiting))
		}
	})
	t.Run("A message says why it came and the title of the matter, and opens it.", func(t *testing.T) {
		w.delivers()
		got := w.shown(&seen)
		if len(got) != 2 {
			t.Fatalf("%+v", got)
		}
		for _, m := range got {
			if m.Channel != "WECOM" || m.Title != "轮到您办理" || m.Text != "《"+title+"》" || page(m.Link) != "https://zx.example.cn/matters/"+id.String() {
				t.Errorf("%+v", m)
			}
		}
		if n := w.delivers(); n != 0 || len(w.shown(&seen)) != 0 {
			t.Error("it came again")
		}
	})
	t.Run("What weighs less than he chose does not come; what he chose by short message comes so.", func(t *testing.T) {
		w.tells("委员乙", nil, notices.Told("普通的"))
		w.tells("委员乙", nil, notices.Decision("重要的", "Role", uuid.Must(uuid.NewV7())))
		w.wants("委员甲", phone.Choice{Channels: []string{"SMS"}})
		w.tells("委员甲", &id, notices.Due("明天到期", true, false))
		w.delivers()
		got := w.shown(&seen)
		if len(got) != 2 || got[0].To != "+8613000000001" || got[1].To != "+8613000000002" || got[0].Text != "《"+title+"》" || got[0].Link == "" {
			t.Errorf("%+v", got)
		}
		if strings.Contains(fmt.Sprint(got), "重要的") || strings.Contains(fmt.Sprint(got), "明天") {
			t.Errorf("the notice's own text went out: %+v", got)
		}
	})
	t.Run("What he has read by then does not come.", func(t *testing.T) {
		w.tells("委员甲", &id, notices.Due("明天到期", true, false))
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Notice.Update().Where(notice.ReadAtIsNil()).SetReadAt(w.Clock.Now()).Exec(ctx)
		})
		w.delivers()
		if got := w.shown(&seen); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("What he may not see any more does not come, and who has left hears nothing.", func(t *testing.T) {
		w.tells("委员乙", &id, notices.Due("明天到期", true, false)) // he has no part in it
		w.tells("审查员", &id, notices.Due("明天到期", true, false))
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Membership.Update().Where(membership.ID(w.Who("审查员").Membership)).SetStatus(membership.StatusSUSPENDED).Exec(ctx)
		})
		if n := w.delivers(); n != 2 || len(w.shown(&seen)) != 0 {
			t.Errorf("%d ended", n)
		}
	})
	t.Run("Who registered nothing that a message reaches hears nothing, and that is no failure.", func(t *testing.T) {
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Membership.Update().Where(membership.ID(w.Who("委员丙").Membership)).SetPhone("0411-80000000").Exec(ctx)
		})
		w.tells("委员丙", nil, notices.Due("明天到期", true, false))
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 0 || w.rows(phone.Dead) != 0 {
			t.Errorf("%d ended, %d dead", n, w.rows(phone.Dead))
		}
	})
	t.Run("What he has muted since does not come with the rest of the day.", func(t *testing.T) {
		eight := 8
		w.wants("委员乙", phone.Choice{DigestAt: &eight})
		w.tells("委员乙", nil, notices.Told("办了一步"))
		w.delivers()
		w.wants("委员乙", phone.Choice{Muted: []notice.About{notice.AboutTOLD}})
		w.Later(1)
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 0 {
			t.Error(n)
		}
	})
	t.Run("In quiet hours it waits; the rest of the day comes together.", func(t *testing.T) {
		eight := 8
		w.wants("委员甲", phone.Choice{Channels: []string{"WECOM"}, DigestAt: &eight})
		w.hour(23)
		w.tells("委员甲", &id, notices.Due("明天到期", true, false))
		for range 3 {
			w.tells("委员甲", &id, notices.Told("办了一步"))
		}
		w.tells("委员甲", nil, notices.Decision("请确认", "Role", uuid.Must(uuid.NewV7())))
		w.delivers()
		if got := w.shown(&seen); len(got) != 0 {
			t.Errorf("at night: %+v", got)
		}
		w.Later(1)
		w.hour(7)
		w.delivers()
		if got := w.shown(&seen); len(got) != 2 || got[0].Title != "将要到期" || got[1].Title != "等您决定" || got[1].Text != "等您决定" {
			t.Errorf("in the morning: %+v", got)
		}
		w.hour(8)
		w.delivers()
		if got := w.shown(&seen); len(got) != 1 || got[0].Title != "今日通知 3 条" || got[0].Text != "进展 3 条" || page(got[0].Link) != "https://zx.example.cn/notices" {
			t.Errorf("at his hour: %+v", got)
		}
	})
}

func TestAMessageNeverSaysMore(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t, both()), 0
	plain := func(t *testing.T, says string) {
		t.Helper()
		w.delivers()
		if got := w.shown(&seen); len(got) != 1 || got[0].Title != says || strings.Contains(fmt.Sprint(got), "断头路") {
			t.Errorf("%+v", got)
		}
	}
	t.Run("of a draft", func(t *testing.T) {
		id := w.draft()
		w.tells("委员甲", &id, notices.Due("《"+title+"》明天到期", true, false))
		plain(t, "有一项待办")
	})
	id := w.submitted()
	w.delivers()
	w.shown(&seen)
	t.Run("of a matter that stands still and that its guardian does not see", func(t *testing.T) {
		w.tells("委员乙", &id, notices.Standing("有一件提案没有人能接手"))
		w.delivers()
		if got := w.shown(&seen); len(got) != 1 || got[0].Text != "没有人接手" || page(got[0].Link) != "https://zx.example.cn/notices" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("of a visit in secret", func(t *testing.T) {
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Event.Create().SetMatterID(id).SetKind("VISIT").SetTitle("暗访").SetOn(w.Today()).SetConcealed(true).Exec(ctx)
		})
		w.tells("委员甲", &id, notices.Turn("轮到您", nil))
		plain(t, "有一项待办")
		w.Must("", func(ctx context.Context, c *gen.Client) error { return c.Event.Update().SetState("HELD").Exec(ctx) })
	})
	t.Run("where the committee wants no titles", func(t *testing.T) {
		p := both()
		p["titles"] = false
		w.policy(2, p)
		w.wants("委员甲", phone.Choice{Channels: []string{"WECOM"}, Level: new(notice.LevelORDINARY)})
		w.tells("委员甲", &id, notices.Told("办了一步"))
		plain(t, "有一条通知")
	})
	t.Run("of a kind that is not named", func(t *testing.T) {
		if !w.Services.Engine.KindOf("opinion").Unnamed || w.Services.Engine.KindOf("proposal").Unnamed {
			t.Error("an opinion is named, or a proposal is not")
		}
	})
}

// What a carrier does wrong, and what becomes of the message.
func TestFaultsOfACarrier(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t, both()), 0
	tell := func() { w.tells("委员甲", nil, notices.Decision("请确认", "Role", uuid.Must(uuid.NewV7()))) }
	t.Run("what was not taken is tried again later, and comes once", func(t *testing.T) {
		w.fake.Fail(sendPath, channelstest.Status(500))
		tell()
		if n := w.delivers(); n != 0 || len(w.shown(&seen)) != 0 {
			t.Error(n)
		}
		w.delivers() // it is not yet time
		w.Clock.Advance(2 * time.Minute)
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 1 {
			t.Error(n)
		}
	})
	t.Run("whose answer broke off although it had come, comes once where the carrier knows a repeated one", func(t *testing.T) {
		tell()
		w.fake.Fail(sendPath, nil, nil)
		w.Phone.SetStep(func(at string) {
			if at == "sent" {
				runtime.Goexit() // it has gone, and nobody wrote it down
			}
		})
		done := make(chan struct{})
		go func() { defer close(done); _, _ = w.Phone.Deliver(w.Ctx(), w.Tenant) }()
		<-done
		w.Phone.SetStep(nil)
		if n := w.delivers(); n != 0 {
			t.Error("another took it while it was somebody's")
		}
		w.Clock.Advance(phone.Lease)
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 1 {
			t.Errorf("%d ended, shown %v", n, w.fake.Shown())
		}
	})
	t.Run("a carrier that has had too many is left alone, and that counts as no failure", func(t *testing.T) {
		before := w.fake.Asked(sendPath)
		w.fake.Fail(sendPath, channelstest.Answer(`{"errcode":45009,"errmsg":"api freq out of limit"}`))
		tell()
		tell()
		w.delivers()
		if n := w.fake.Asked(sendPath) - before; n != 1 {
			t.Errorf("asked %d times", n)
		}
		w.Clock.Advance(10 * time.Minute)
		if n := w.delivers(); n != 2 || len(w.shown(&seen)) != 2 {
			t.Error(n)
		}
	})
	t.Run("who is not reached by one way is by the next", func(t *testing.T) {
		w.fake.Gone("jia")
		tell()
		w.delivers()
		if got := w.shown(&seen); len(got) != 1 || got[0].Channel != "SMS" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("after eight failures it is given up, stands in the list, and goes out when the administrator says so", func(t *testing.T) {
		w.fake.Gone("+8613000000001")
		tell()
		w.delivers()
		for range phone.MaxAttempts {
			w.fake.Fail(smsPath, channelstest.Half)
		}
		w.tells("委员乙", nil, notices.Decision("请确认", "Role", uuid.Must(uuid.NewV7())))
		for w.rows(phone.Waiting) > 0 { // by night nothing is tried
			w.delivers()
			w.Clock.Advance(7 * time.Hour)
		}
		if w.rows(phone.Dead) != 2 || w.rows(phone.Waiting) != 0 {
			t.Fatalf("%d dead, %d waiting", w.rows(phone.Dead), w.rows(phone.Waiting))
		}
		var list []phone.Failure
		w.OK(w.As("管理员", func(ctx context.Context) (err error) { list, _, err = w.Phone.Failures(ctx, nil, 10); return err }))
		if len(list) != 2 || list[0].Member != w.Who("委员乙").Membership || list[0].Attempts != phone.MaxAttempts || list[0].Code != "NO_ANSWER" || list[1].Code != "InvalidParameterValue.IncorrectPhoneNumber" {
			t.Errorf("%+v", list)
		}
		if err := w.As("主任", func(ctx context.Context) error { _, _, err := w.Phone.Failures(ctx, nil, 10); return err }); !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
		w.shown(&seen)
		for range 2 {
			w.OK(w.As("管理员", func(ctx context.Context) error { _, err := w.Phone.Retry(ctx, list[0].ID); return err }))
		}
		if err := w.As("主任", func(ctx context.Context) error { _, err := w.Phone.Retry(ctx, list[1].ID); return err }); !errs.Is(err, errs.NotAllowed) {
			t.Error(err)
		}
		w.Later(1)
		w.hour(10)
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 1 {
			t.Error(n)
		}
	})
	t.Run("what has ended is forgotten, what was given up not yet", func(t *testing.T) {
		w.Later(40)
		w.OK(w.As("", phone.Forget))
		if w.rows(phone.Sent) != 0 || w.rows(phone.Dropped) != 0 || w.rows(phone.Dead) != 1 {
			t.Error(w.rows(phone.Sent), w.rows(phone.Dropped), w.rows(phone.Dead))
		}
	})
}

// Ways to die: the goroutine ends, as with its process; the context ends, as when
// the worker is told to stop; the program panics.
var deaths = map[string]func(stop context.CancelFunc){
	"killed":   func(context.CancelFunc) { runtime.Goexit() },
	"stopped":  func(stop context.CancelFunc) { stop() },
	"panicked": func(context.CancelFunc) { panic("fault") },
}

func TestTheWorkerDiesAnywhere(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t, both()), 0
	tell := func() {
		for _, who := range []string{"委员甲", "干事"} {
			w.tells(who, nil, notices.Decision("请确认", "Role", uuid.Must(uuid.NewV7())))
		}
	}
	var names []string
	w.Phone.SetStep(func(at string) { names = append(names, at) })
	tell()
	w.delivers()
	w.shown(&seen)
	if want := "[taken sent marked sent marked]"; fmt.Sprint(names) != want {
		t.Fatalf("the steps are %v, want %v", names, want)
	}
	for death, die := range deaths {
		for n := range names {
			t.Run(fmt.Sprint(death, " after ", n, " ", names[n]), func(t *testing.T) {
				w.Later(1)
				w.hour(12)
				tell()
				ctx, stop := context.WithCancel(w.Ctx())
				defer stop()
				at := 0
				w.Phone.SetStep(func(string) {
					if at++; at == n+1 {
						die(stop)
					}
				})
				done := make(chan struct{})
				go func() {
					defer close(done)
					defer func() { _ = recover() }()
					_, _ = w.Phone.Deliver(ctx, w.Tenant)
				}()
				<-done
				w.Phone.SetStep(nil)
				w.Clock.Advance(phone.Lease)
				w.delivers()
				if got := w.shown(&seen); len(got) != 2 || w.rows(phone.Waiting) != 0 {
					t.Errorf("%d rows wait; shown %+v", w.rows(phone.Waiting), got)
				}
			})
		}
	}
}

// Several workers share what waits.
func TestSeveralWorkersSendEachOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, both())
	for range 50 {
		w.tells("委员乙", nil, notices.Decision("请确认", "Role", uuid.Must(uuid.NewV7())))
	}
	failed := make(chan error, 4)
	for range 4 {
		go func() { _, err := w.Phone.Deliver(w.Ctx(), w.Tenant); failed <- err }()
	}
	for range 4 {
		w.OK(<-failed)
	}
	if n := len(w.fake.Shown()); n != 50 || w.rows(phone.Sent) != 50 {
		t.Errorf("%d shown, %d sent", n, w.rows(phone.Sent))
	}
}

func TestOneChangesHisOwnNumber(t *testing.T) {
	t.Parallel()
	w, seen := newWorld(t, obj{"channels": []string{"SMS"}}), 0
	ask := func(who, channel, to string) error {
		return w.As(who, func(ctx context.Context) error { _, err := w.Phone.Ask(ctx, channel, to); return err })
	}
	try := func(who, code string) error {
		err := w.As(who, func(ctx context.Context) error { _, err := w.Phone.Confirm(ctx, code); return err })
		if errs.Is(err, errs.Invalid) {
			w.OK(w.As(who, w.Phone.Wrong))
		}
		return err
	}
	number := func(who string) (n string) {
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			m, err := c.Membership.Get(ctx, w.Who(who).Membership)
			if err == nil {
				n = m.Phone
			}
			return err
		})
		return n
	}
	refused := func(t *testing.T, err error, code errs.Code) {
		t.Helper()
		if !errs.Is(err, code) {
			t.Errorf("%v, want %s", err, code)
		}
	}
	t.Run("with a code that was sent to the new one, whatever he wants on his phone", func(t *testing.T) {
		w.wants("委员丙", phone.Choice{NotAtOnce: true})
		w.hour(23)
		w.OK(ask("委员丙", "SMS", "+86 138-0000-0003"))
		w.delivers()
		got := w.shown(&seen)
		if len(got) != 1 || got[0].To != "+8613800000003" || len(got[0].Text) != 6 {
			t.Fatalf("%+v", got)
		}
		var stored int
		w.OK(w.As("", func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT (SELECT count(*) FROM phone_codes c WHERE to_jsonb(c)::text LIKE '%' || $1 || '%') + (SELECT count(*) FROM phone_outbox o WHERE to_jsonb(o)::text LIKE '%' || $1 || '%')`, []any{got[0].Text}, &stored)
		}))
		if stored != 0 {
			t.Error("the code stands in the database")
		}
		refused(t, try("委员丁", got[0].Text), errs.NotAllowedInState)
		w.OK(try("委员丙", got[0].Text))
		if number("委员丙") != "13800000003" {
			t.Error(number("委员丙"))
		}
		refused(t, try("委员丙", got[0].Text), errs.NotAllowedInState) // used
	})
	code := func(t *testing.T, who, to string) string {
		t.Helper()
		w.Clock.Advance(2 * time.Minute)
		w.OK(ask(who, "SMS", to))
		w.delivers()
		got := w.shown(&seen)
		if len(got) != 1 {
			t.Fatalf("%+v", got)
		}
		return got[0].Text
	}
	t.Run("good for ten minutes", func(t *testing.T) {
		c := code(t, "委员丁", "13800000004")
		w.Clock.Advance(10 * time.Minute)
		refused(t, try("委员丁", c), errs.NotAllowedInState)
	})
	t.Run("and five tries", func(t *testing.T) {
		c := code(t, "委员丁", "13800000004")
		for range phone.CodeTries {
			refused(t, try("委员丁", "wrong"), errs.Invalid)
		}
		refused(t, try("委员丁", c), errs.Limited)
	})
	t.Run("another code makes the former worth nothing, and comes a minute later", func(t *testing.T) {
		c := code(t, "委员丁", "13800000004")
		refused(t, ask("委员丁", "SMS", "13800000004"), errs.Limited)
		d := code(t, "委员丁", "13800000004")
		refused(t, try("委员丁", c), errs.Invalid)
		w.OK(try("委员丁", d))
	})
	t.Run("nobody is pestered: a number gets so many a day, whoever asks", func(t *testing.T) {
		code(t, "委员甲", "13800000004")
		w.Clock.Advance(2 * time.Minute)
		refused(t, ask("委员乙", "SMS", "13800000004"), errs.Limited)
	})
	t.Run("what could not be reached is refused", func(t *testing.T) {
		refused(t, ask("干事", "SMS", "0411-80000000"), errs.Invalid)
		refused(t, ask("干事", "WECOM", "a b"), errs.Invalid)
		refused(t, ask("干事", "WECOM", "@all"), errs.Invalid)
		refused(t, ask("干事", "WECOM", "ganshi"), errs.NotAllowedInState) // not switched on here
	})
	t.Run("a code that could not be sent in time is not sent any more", func(t *testing.T) {
		w.Later(1)
		w.OK(ask("干事", "SMS", "13800000005"))
		w.Clock.Advance(11 * time.Minute)
		if n := w.delivers(); n != 1 || len(w.shown(&seen)) != 0 {
			t.Error(n)
		}
	})
}
