package processes

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/test/district"
)

// side is one of the committees of a world.
type side struct {
	*world
	own *district.District
}

// here makes the world's methods those of the side.
func (s *side) here() *world {
	s.world.d = s.own
	return s.world
}

// pair is a city and a district that let templates cross.
func pair(t *testing.T) (city, zhongshan *side) {
	w := newWorld(t, "210200")
	post, err := exchange.New(w.db.Store, slices.Repeat([]byte{1}, 32))
	must0(t, err)
	w.Register(post)
	city, zhongshan = &side{w, w.d.Beside("210200")}, &side{w, w.d}
	city.agree("210202")
	zhongshan.agree("210200")
	return city, zhongshan
}

func must0(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *side) agree(partner string) {
	s.t.Helper()
	both := []string{KindTemplate, KindAdopted}
	must0(s.t, s.here().as("管理员", func(ctx context.Context) error {
		_, err := s.post.Set(ctx, exchange.Terms{Partner: partner, Channel: agreement.ChannelLOCAL, Sends: both, Receives: both})
		return err
	}))
}

func (s *side) offer(who string, p *gen.Process, partners ...string) error {
	return s.here().as(who, func(ctx context.Context) error { return s.Offer(ctx, p.ID, partners, "供各区参考") })
}

func (s *side) adopt(letter uuid.UUID, as string) (p *gen.Process, err error) {
	err = s.here().as("管理员", func(ctx context.Context) error {
		p, err = s.Adopt(ctx, letter, as)
		return err
	})
	return p, err
}

// deliver sends what waits in both directions.
func deliver(t *testing.T, sides ...*side) {
	t.Helper()
	for _, s := range sides {
		_, err := s.post.Deliver(s.ctx, s.own.Tenant)
		must0(t, err)
	}
}

// letters are those of a kind in the inbox, the newest first.
func (s *side) letters(kind string) (out []exchange.Received) {
	s.t.Helper()
	must0(s.t, s.here().as("管理员", func(ctx context.Context) error {
		p, err := s.post.Inbox(ctx, []string{kind}, 100, uuid.Nil)
		out = p.Rows
		return err
	}))
	return out
}

// told are the texts of a person's notices.
func (s *side) told(who string) (out []string) {
	s.t.Helper()
	s.here().in(func(ctx context.Context) error {
		all, err := s.client.Notice.Query().Order(gen.Asc("id")).All(authz.System(ctx))
		for _, n := range all {
			if n.MembershipID == s.own.Who(who).Membership {
				out = append(out, n.Text)
			}
		}
		return err
	})
	return out
}

func (s *side) adoptions(p *gen.Process) (out []Adoption) {
	s.t.Helper()
	must0(s.t, s.here().as("管理员", func(ctx context.Context) (err error) {
		out, err = s.Adoptions(ctx, p.ID)
		return err
	}))
	return out
}

func TestAcross(t *testing.T) {
	city, zhongshan := pair(t)
	offered := city.here().published(walk)
	t.Run("to offer takes exchange.send, and a published version", func(t *testing.T) {
		refused(t, city.offer("管理员", offered, "210202"), errs.NotAllowed)
		refused(t, city.offer("秘书长", city.here().draft(walk), "210202"), errs.NotAllowedInState)
		refused(t, city.offer("秘书长", offered), errs.Invalid)
		refused(t, city.offer("秘书长", &gen.Process{ID: uuid.New()}, "210202"), errs.NotFound)
		err := city.here().as("秘书长", func(ctx context.Context) error {
			return city.Offer(ctx, offered.ID, []string{"210202"}, strings.Repeat("长", longestNote+1))
		})
		refused(t, err, errs.Invalid)
	})
	t.Run("it is offered to all that are named or to none, and to each once", func(t *testing.T) {
		refused(t, city.offer("秘书长", offered, "210202", "219999"), errs.NotAllowed)
		deliver(t, city)
		if n := len(zhongshan.letters(KindTemplate)); n != 0 {
			t.Error(n)
		}
		must0(t, city.offer("秘书长", offered, "210202", "210202"))
		if a := city.adoptions(offered); len(a) != 1 || a[0].Delivery != exchange.Waiting || a[0].Adopted != nil {
			t.Errorf("%+v", a)
		}
		deliver(t, city)
		if n := len(zhongshan.letters(KindTemplate)); n != 1 {
			t.Fatal(n)
		}
	})
	letter := zhongshan.letters(KindTemplate)[0]
	t.Run("the administrators of the partner are told", func(t *testing.T) {
		if told := zhongshan.told("管理员"); len(told) != 1 || !strings.Contains(told[0], "大连市政协送来流程“走访恳谈”第 1 版") || len(zhongshan.told("专委干部")) != 0 {
			t.Error(told)
		}
		if !strings.Contains(string(letter.Body), "供各区参考") {
			t.Error(string(letter.Body))
		}
	})
	var draft *gen.Process
	t.Run("adopted, it is a draft of the adopter's own, under its own or another code", func(t *testing.T) {
		_, err := zhongshan.adopt(letter.ID, "Own-Code")
		refused(t, err, errs.Invalid)
		_, err = zhongshan.adopt(letter.ID, "proposal")
		refused(t, err, errs.Invalid)
		_, err = zhongshan.adopt(uuid.New(), "")
		refused(t, err, errs.NotFound)
		refused(t, zhongshan.here().as("专委干部", func(ctx context.Context) error {
			_, err := zhongshan.Adopt(ctx, letter.ID, "")
			return err
		}), errs.NotAllowed)
		if draft, err = zhongshan.adopt(letter.ID, "visiting"); err != nil {
			t.Fatal(err)
		}
		if draft.Kind != "visiting" || draft.Version != 1 || draft.Status != entprocess.StatusDRAFT || draft.Origin != "大连市政协，第 1 版" || !strings.Contains(draft.Source, "# 走访\nkind: visiting\n") {
			t.Errorf("%+v", draft)
		}
		own, err := zhongshan.adopt(letter.ID, "")
		if must0(t, err); own.Kind != "walk" || own.Version != 1 {
			t.Errorf("%+v", own)
		}
	})
	t.Run("who offered learns that there is a draft", func(t *testing.T) {
		deliver(t, zhongshan)
		if a := city.adoptions(offered); len(a) != 1 || a[0].Partner != "210202" || a[0].Delivery != exchange.Delivered || a[0].Adopted == nil || a[0].Adopted.State != entprocess.StatusDRAFT || a[0].ToldAt == nil {
			t.Errorf("%+v", a)
		}
		if told := city.told("秘书长"); len(told) != 2 || !strings.Contains(told[0], "采用为草稿") {
			t.Error(told)
		}
	})
	t.Run("it may be changed and published, which the sender learns, and the two do not stay linked", func(t *testing.T) {
		changed := strings.Replace(draft.Source, "走访恳谈", "本区走访", 1)
		must(zhongshan.here(), zhongshan.UpdateDraft, Edit{Process: draft.ID, Source: changed})
		_, _, err := zhongshan.here().publish(draft.ID)
		must0(t, err)
		deliver(t, zhongshan)
		a := city.adoptions(offered)
		if len(a) != 1 || *a[0].Adopted != (Adopted{offered.ID, "visiting", "本区走访", 1, entprocess.StatusPUBLISHED}) {
			t.Errorf("%+v", a[0].Adopted)
		}
		if text, err := try(city.here(), city.Export, offered.ID); err != nil || !strings.Contains(text, "走访恳谈") {
			t.Error(text, err)
		}
		city.here().published(strings.Replace(walk, "走访恳谈", "市里的新版", 1))
		deliver(t, city, zhongshan)
		if text, err := try(zhongshan.here(), zhongshan.Export, draft.ID); err != nil || !strings.Contains(text, "本区走访") {
			t.Error(text, err)
		}
		_, _, err = zhongshan.here().publish(draft.ID) // twice: nothing more is told
		must0(t, err)
		deliver(t, zhongshan)
		if n := len(city.letters(KindAdopted)); n != 3 {
			t.Error(n)
		}
	})
	t.Run("to see what became of it takes exchange.read", func(t *testing.T) {
		refused(t, city.here().as("专委干部", func(ctx context.Context) error {
			_, err := city.Adoptions(ctx, offered.ID)
			return err
		}), errs.NotAllowed)
	})
}

func TestAcrossShipped(t *testing.T) {
	city, zhongshan := pair(t)
	loop := must(city.here(), city.FromTemplate, "cohort")
	_, _, err := city.here().publish(loop.ID)
	must0(t, err)
	must0(t, city.offer("秘书长", loop, "210202"))
	deliver(t, city)
	letter := zhongshan.letters(KindTemplate)[0]
	t.Run("a shipped kind is adopted as its next version, under no other code", func(t *testing.T) {
		_, err := zhongshan.adopt(letter.ID, "our_loop")
		refused(t, err, errs.Invalid)
		p, err := zhongshan.adopt(letter.ID, "")
		must0(t, err)
		must(zhongshan.here(), zhongshan.UpdateDraft, Edit{Process: p.ID, Source: strings.Replace(p.Source, "三年闭环", "三年闭环（本区）", 1)})
		p, _, err = zhongshan.here().publish(p.ID)
		if must0(t, err); p.Kind != "cohort" || !strings.Contains(p.Title, "本区") {
			t.Error(p.Kind, p.Title)
		}
	})
	t.Run("a suspended agreement does not hold up the committee's own work", func(t *testing.T) {
		must0(t, zhongshan.here().as("管理员", func(ctx context.Context) error {
			_, err := zhongshan.post.Suspend(ctx, zhongshan.client.Agreement.Query().OnlyIDX(authz.System(ctx)), "暂停往来")
			return err
		}))
		p, err := zhongshan.adopt(letter.ID, "")
		must0(t, err)
		_, _, err = zhongshan.here().publish(p.ID)
		must0(t, err)
	})
}

// TestNotBelieved sends what no honest program would.
func TestNotBelieved(t *testing.T) {
	city, zhongshan := pair(t)
	p := city.here().published(walk)
	reason := func(from *side, kind string, body any) (code exchange.Code) {
		t.Helper()
		var id uuid.UUID
		must0(t, from.here().as("管理员", func(ctx context.Context) (err error) {
			id, err = from.post.Send(ctx, map[*side]string{city: "210202", zhongshan: "210200"}[from], kind, body, about(p.ID))
			return err
		}))
		deliver(t, from)
		must0(t, from.here().as("管理员", func(ctx context.Context) error {
			all, err := from.post.Outbox(ctx, exchange.OutboxFilter{}, 1, uuid.Nil)
			if all.Rows[0].ID != id {
				t.Error("another envelope")
			}
			code = all.Rows[0].Code
			return err
		}))
		return code
	}
	t.Run("an adoption of what was not offered to that partner is not believed", func(t *testing.T) {
		good := Adopted{p.ID, "walk", "走访", 1, entprocess.StatusDRAFT}
		if c := reason(zhongshan, KindAdopted, good); c != exchange.UnknownObject {
			t.Error(c)
		}
		must0(t, city.offer("秘书长", p, "210202"))
		deliver(t, city)
		if c := reason(zhongshan, KindAdopted, good); c != "" {
			t.Error(c)
		}
		bad := good
		bad.State = "RETIRED"
		if c := reason(zhongshan, KindAdopted, bad); c != exchange.Malformed {
			t.Error(c)
		}
	})
	t.Run("a template that cannot be read, or is not what it says, is refused", func(t *testing.T) {
		for _, bad := range []Template{
			{"walk", "走访恳谈", 1, "kind: [", ""}, {"talk", "走访恳谈", 1, p.Source, ""}, {"walk", "别的", 1, p.Source, ""}, {"walk", "走访恳谈", 2, p.Source, ""},
			{"walk", "走访恳谈", 1, p.Source, strings.Repeat("长", longestNote+1)},
		} {
			if c := reason(city, KindTemplate, bad); c != exchange.Malformed {
				t.Error(c)
			}
		}
		if c := reason(city, KindTemplate, []string{"没有"}); c != exchange.Malformed {
			t.Error(c)
		}
	})
	t.Run("only a template is adopted", func(t *testing.T) {
		other := city.letters(KindAdopted)[0]
		_, err := city.adopt(other.ID, "")
		refused(t, err, errs.Invalid)
		bad := slices.IndexFunc(zhongshan.letters(KindTemplate), func(r exchange.Received) bool { return r.Outcome == "REFUSED" })
		_, err = zhongshan.adopt(zhongshan.letters(KindTemplate)[bad].ID, "")
		refused(t, err, errs.Invalid)
	})
}
