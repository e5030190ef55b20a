package oversight_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/oversight"
	"github.com/bihuan/bihuan/test/district"
)

func (w *world) wishes(d *district.District, who string, wish oversight.Wish) (r oversight.Request, err error) {
	err = d.Recorded(who, "requestDistrict", func(ctx context.Context) error {
		r, err = w.Oversight.Wish(ctx, wish)
		return err
	})
	return r, err
}

// asked lists what the city has asked.
func (w *world) asked() (out []oversight.Request) {
	w.T.Helper()
	w.OK(w.Reads("管理员", func(ctx context.Context) (err error) {
		out, _, err = w.Oversight.Requests(ctx, uuid.Nil, 10)
		return err
	}))
	return out
}

func TestACityAsksForItsDistricts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	suspend := oversight.Wish{What: oversight.AskSuspend, Code: "210202", Reason: "换届期间停用"}
	refused := func(t *testing.T, err error, code errs.Code) {
		t.Helper()
		if !errs.Is(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	w.run("only a city's administrator asks, and only for what is below his city", func(t *testing.T, w *world) {
		_, err := w.wishes(w.District.District, "市督察", suspend)
		refused(t, err, errs.NotAllowed)
		_, err = w.wishes(w.district, "管理员", suspend)
		refused(t, err, errs.GuardFailed)
		_, err = w.wishes(w.District.District, "管理员", oversight.Wish{What: oversight.AskSuspend, Code: "210200", Reason: "停用"})
		refused(t, err, errs.NotFound)
		_, err = w.wishes(w.District.District, "管理员", oversight.Wish{What: oversight.AskResume, Code: "210202", Reason: "恢复"})
		refused(t, err, errs.GuardFailed)
	})
	w.run("one that is to be entered has a code that is free, names, and somebody to administer it", func(t *testing.T, w *world) {
		create := oversight.Wish{What: oversight.AskCreate, Code: "210299", Name: "高新区政协", ShortName: "高新区", AdminLogin: "gx-admin", AdminName: "管理员甲", Reason: "新设"}
		for _, bad := range []func(*oversight.Wish){
			func(x *oversight.Wish) { x.Code = "2102" }, func(x *oversight.Wish) { x.Name = "" }, func(x *oversight.Wish) { x.ShortName = " " },
			func(x *oversight.Wish) { x.AdminLogin = "a b" }, func(x *oversight.Wish) { x.AdminName = "" }, func(x *oversight.Wish) { x.Reason = "" },
		} {
			x := create
			bad(&x)
			_, err := w.wishes(w.District.District, "管理员", x)
			refused(t, err, errs.Invalid)
		}
		taken := create
		taken.Code = "210202"
		_, err := w.wishes(w.District.District, "管理员", taken)
		refused(t, err, errs.Conflict)
	})
	w.run("the same asked twice is one request, another waits its turn, and nothing happens to the district", func(t *testing.T, w *world) {
		first, err := w.wishes(w.District.District, "管理员", suspend)
		w.OK(err)
		again, err := w.wishes(w.District.District, "管理员", suspend)
		w.OK(err)
		if first.ID != again.ID || len(w.asked()) != 1 {
			t.Error(first.ID, again.ID)
		}
		_, err = w.wishes(w.District.District, "管理员", oversight.Wish{What: oversight.AskHandOver, Code: "210202", AdminLogin: "zs-new", AdminName: "新任", Reason: "原管理员调离"})
		refused(t, err, errs.Conflict)
		if n := w.count(`SELECT count(*) FROM tenants WHERE code = '210202' AND status = 'ACTIVE'`); n != 1 {
			t.Error("it is suspended before the operator has confirmed")
		}
	})
	w.run("the operator finds it, and what he answers stands at the city, once", func(t *testing.T, w *world) {
		waiting, err := w.Oversight.Waiting(w.Ctx())
		w.OK(err)
		if len(waiting) != 1 || waiting[0].CityCode != "210200" || waiting[0].Name != "中山区政协" {
			t.Fatalf("%+v", waiting)
		}
		w.OK(w.Oversight.Settle(w.Ctx(), waiting[0].City, waiting[0].ID, false, "请先与区里说明"))
		w.OK(w.Oversight.Settle(w.Ctx(), waiting[0].City, waiting[0].ID, true, ""))
		if r := w.asked()[0]; r.State != oversight.AskRefused || r.Answer != "请先与区里说明" {
			t.Errorf("%+v", r)
		}
		if texts := w.notices(); len(texts) == 0 || !strings.Contains(texts[len(texts)-1], "没有办：请先与区里说明") {
			t.Error(texts)
		}
	})
	w.run("who asked takes it back while it waits, and not afterwards", func(t *testing.T, w *world) {
		r, err := w.wishes(w.District.District, "管理员", suspend)
		w.OK(err)
		back := func(id uuid.UUID) error {
			return w.Recorded("管理员", "withdrawDistrictRequest", func(ctx context.Context) error {
				_, err := w.Oversight.TakeBack(ctx, id, "不需要了")
				return err
			})
		}
		w.OK(back(r.ID))
		w.OK(back(r.ID))
		if r := w.asked()[0]; r.State != oversight.AskWithdrawn {
			t.Errorf("%+v", r)
		}
		refused(t, back(w.asked()[1].ID), errs.NotAllowedInState)
	})
	w.run("the city sees of its districts what the directory says", func(t *testing.T, w *world) {
		w.OK(w.Reads("管理员", func(ctx context.Context) error {
			list, err := w.Oversight.Districts(ctx)
			if err == nil && (len(list) != 1 || list[0] != oversight.Below{Code: "210202", Name: "中山区政协", Active: true}) {
				t.Errorf("%+v", list)
			}
			return err
		}))
	})
}
