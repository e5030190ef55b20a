package oversight_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/test/district"
)

// filed is a case of the district's with a number and a text.
func (w *world) filed(title string) (id uuid.UUID) {
	w.T.Helper()
	id = w.receives("FILED")
	w.OK(w.district.Recorded("", "test", func(ctx context.Context) error {
		p := w.Ent().Matter.GetX(ctx, id).QueryProposal().OnlyX(ctx)
		if err := w.Ent().Matter.UpdateOneID(id).SetTitle(title).SetNumber("第001号").SetVisibility("TENANT").Exec(ctx); err != nil {
			return err
		}
		return w.Ent().Proposal.UpdateOne(p).SetCaseNo(1 + w.count(`SELECT count(*) FROM proposals WHERE case_no IS NOT NULL`)).SetSituation("情况如此").SetSuggestions([]string{"建议一"}).Exec(ctx)
	}))
	return id
}

func (w *world) gives(who string, in oversight.Opening) (g oversight.Grant, err error) {
	w.T.Helper()
	err = w.district.Recorded(who, "grantCase", func(ctx context.Context) (err error) {
		g, err = w.Oversight.Give(ctx, in)
		return err
	})
	w.Deliver(w.district, w.District.District)
	return g, err
}

// looks as the city's overseer, and carries question and answer.
func (w *world) looks(grant uuid.UUID) (l oversight.Look, err error) {
	w.T.Helper()
	err = w.Recorded("市督察", "lookAtCase", func(ctx context.Context) (err error) {
		l, err = w.Oversight.Look(ctx, grant)
		return err
	})
	w.Deliver(w.District.District, w.district)
	return l, err
}

func (w *world) look(id uuid.UUID) (l oversight.Look) {
	w.T.Helper()
	w.OK(w.Reads("市督察", func(ctx context.Context) (err error) {
		l, err = w.Oversight.ALook(ctx, id)
		return err
	}))
	return l
}

func (w *world) lookRecords() int {
	return w.count(`SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'lookAtCase'`, w.district.Tenant)
}

func TestOneCaseByAGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.filed("关于垃圾分类的提案")
	opening := oversight.Opening{Partner: "210200", Matter: id, Purpose: "市里专题调研", Until: clock.Date(2025, 3, 10)}
	var g oversight.Grant
	w.run("the district gives it for a purpose and a time; the overseer is told", func(t *testing.T, w *world) {
		var err error
		g, err = w.gives("主任", opening)
		w.OK(err)
		if n := w.notices(); len(n) != 1 || !strings.Contains(n[0], "授权查看《关于垃圾分类的提案》，到 2025-03-10 为止") {
			t.Error(n)
		}
	})
	w.run("the overseer sees the case, and the look stands in the district's audit under his name and the purpose", func(t *testing.T, w *world) {
		l, err := w.looks(g.ID)
		w.OK(err)
		v := w.look(l.ID).View
		if v == nil || v.Title != "关于垃圾分类的提案" || v.Situation != "情况如此" || len(v.Suggestions) != 1 || len(v.Steps) != 1 {
			t.Errorf("%+v", v)
		}
		var entry string
		w.DB.AsSuper(t, `SELECT entry FROM audit_log WHERE tenant_id = $1 AND action = 'lookAtCase'`, []any{w.district.Tenant}, &entry)
		for _, want := range []string{id.String(), "大连市政协 市督察", "市里专题调研"} {
			if !strings.Contains(entry, want) {
				t.Errorf("no %s in %s", want, entry)
			}
		}
		w.OK(w.district.Reads("主任", func(ctx context.Context) error {
			list, _, err := w.Oversight.Grants(ctx, uuid.Nil, 10)
			if len(list) != 1 || len(list[0].Looks) != 1 || list[0].Looks[0].Person != "市督察" {
				t.Errorf("%+v", list)
			}
			return err
		}))
	})
	w.run("every look is one of its own: after half an hour the picture is gone", func(t *testing.T, w *world) {
		l, err := w.looks(g.ID)
		w.OK(err)
		w.Clock.Advance(31 * time.Minute)
		if w.look(l.ID).View != nil {
			t.Error("it is still there")
		}
		if n := w.lookRecords(); n != 2 {
			t.Errorf("%d looks in the district's audit", n)
		}
	})
	w.run("nothing of the district's has changed by it", func(t *testing.T, w *world) {
		if n := w.count(`SELECT count(*) FROM steps WHERE matter_id = $1`, id); n != 1 {
			t.Errorf("%d steps", n)
		}
	})
	w.run("who did not ask does not see what was shown", func(t *testing.T, w *world) {
		l, err := w.looks(g.ID)
		w.OK(err)
		other := w.Join(district.Person{Name: "另一位督察", Role: "city_overseer"})
		err = w.Reads(other.Name, func(ctx context.Context) error {
			_, err := w.Oversight.ALook(ctx, l.ID)
			return err
		})
		if !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
	w.run("ended by the district, it shows nothing more, also of what was shown, and says who ended it", func(t *testing.T, w *world) {
		l, err := w.looks(g.ID)
		w.OK(err)
		w.OK(w.district.Recorded("主任", "endCaseGrant", func(ctx context.Context) error {
			_, err := w.Oversight.End(ctx, g.ID, "调研已完成")
			return err
		}))
		w.Deliver(w.district)
		if w.look(l.ID).View != nil {
			t.Error("it is still there")
		}
		_, err = w.looks(g.ID)
		if e, ok := errs.As(err); !ok || e.Code != errs.GuardFailed || !strings.Contains(e.Message, "已由中山区政协 主任结束") {
			t.Error(err)
		}
	})
	w.run("ended by the city, the district shows nothing more", func(t *testing.T, w *world) {
		g, err := w.gives("主任", opening)
		w.OK(err)
		w.OK(w.Recorded("市督察", "endCaseGrant", func(ctx context.Context) error {
			_, err := w.Oversight.End(ctx, g.ID, "不需要了")
			return err
		}))
		w.Deliver(w.District.District)
		if n := w.count(`SELECT count(*) FROM case_grants WHERE id = $1 AND ended_at IS NOT NULL`, g.ID); n != 2 {
			t.Errorf("ended at %d of two", n)
		}
	})
	w.run("after its last day it is over at both, and what asks all the same is refused and recorded", func(t *testing.T, w *world) {
		g, err := w.gives("主任", opening)
		w.OK(err)
		w.At(2025, 3, 11)
		if _, err := w.looks(g.ID); !errs.Is(err, errs.GuardFailed) {
			t.Error(err)
		}
		before := w.lookRecords()
		if o := w.asksFor(g.ID, "市督察"); o != "REFUSED NOT_ACCEPTED" {
			t.Error(o)
		}
		if n := w.count(`SELECT count(*) FROM audit_log WHERE tenant_id = $1 AND action = 'receiveEnvelope' AND entry LIKE '%查看授权已经结束%'`, w.district.Tenant); n != 1 || w.lookRecords() != before {
			t.Errorf("%d records, %d looks", n, w.lookRecords()-before)
		}
	})
	w.run("another case, or another overseer's grant, is refused and recorded", func(t *testing.T, w *world) {
		if o := w.asksFor(uuid.New(), "市督察"); o != "REFUSED UNKNOWN_OBJECT" {
			t.Error(o)
		}
		// A grant that the district gave to somebody else.
		elsewhere := w.elsewhere(id)
		if o := w.asksFor(elsewhere, "市督察"); o != "REFUSED UNKNOWN_OBJECT" {
			t.Error(o)
		}
	})
	w.run("who may not, and what cannot be, is refused", func(t *testing.T, w *world) {
		unfiled := w.receives("SUBMITTED")
		w.OK(w.district.Recorded("", "test", func(ctx context.Context) error {
			return w.Ent().Matter.UpdateOneID(unfiled).SetVisibility("TENANT").Exec(ctx)
		}))
		bad := func(spoil func(*oversight.Opening)) oversight.Opening {
			in := opening
			in.Until = clock.Date(2025, 4, 1)
			spoil(&in)
			return in
		}
		for name, c := range map[string]struct {
			who  string
			in   oversight.Opening
			code errs.Code
		}{
			"a clerk":                   {"干事", bad(func(*oversight.Opening) {}), errs.NotAllowed},
			"a case that is none":       {"主任", bad(func(in *oversight.Opening) { in.Matter = uuid.New() }), errs.NotFound},
			"a case that has no number": {"主任", bad(func(in *oversight.Opening) { in.Matter = unfiled }), errs.GuardFailed},
			"no purpose":                {"主任", bad(func(in *oversight.Opening) { in.Purpose = "  " }), errs.Invalid},
			"a day that has passed":     {"主任", bad(func(in *oversight.Opening) { in.Until = clock.Date(2025, 3, 1) }), errs.Invalid},
			"for ever":                  {"主任", bad(func(in *oversight.Opening) { in.Until = clock.Date(2035, 3, 1) }), errs.Invalid},
			"a partner that is none":    {"主任", bad(func(in *oversight.Opening) { in.Partner = "210203" }), errs.NotAllowed},
		} {
			if _, err := w.gives(c.who, c.in); !errs.Is(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// asksFor sends a question that no program of ours would send, and says what
// became of it.
func (w *world) asksFor(grant uuid.UUID, person string) (outcome string) {
	w.T.Helper()
	w.OK(w.Recorded("", "test", func(ctx context.Context) error {
		_, err := w.Exchange.Send(ctx, "210202", oversight.KindLook, map[string]any{"id": grant, "by": person, "look": uuid.New(), "person": person}, exchange.Object{})
		return err
	}))
	w.Deliver(w.District.District)
	w.DB.AsSuper(w.T, `SELECT status || ' ' || code FROM exchange_outbox WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`, []any{w.Tenant}, &outcome)
	return strings.TrimSpace(outcome)
}

// elsewhere is a grant of the district's to another partner.
func (w *world) elsewhere(matter uuid.UUID) (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.district.Recorded("管理员", "setAgreement", func(ctx context.Context) error {
		_, err := w.Exchange.Set(ctx, exchange.Terms{Partner: "210000", Name: "省政协", Channel: "FILE", Key: "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=", Sends: []string{oversight.KindGrant}})
		return err
	}))
	g, err := w.gives("主任", oversight.Opening{Partner: "210000", Matter: matter, Purpose: "省里调研", Until: clock.Date(2025, 4, 1)})
	w.OK(err)
	return g.ID
}
