package vocab_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/internal/clock"
)

func TestNotices(t *testing.T) {
	w := newWorld(t)
	w.sub("of the roles by unit those of the matter's unit and above, of the parties they themselves, and nobody who cannot see it", func(w *world) {
		id := w.open()
		w.do("notify", id, nil)
		got := w.told(id)
		wantNames(w.t, got, "联络员", "上级联络员", "委员", "秘书长")
		if got["联络员"] != "请办理《小区停车》" {
			w.t.Error(got)
		}
	})
	w.sub("what an action opens is told to those who see it then, with where it is", func(w *world) {
		id := w.open()
		w.do("number", id, nil)
		w.do("show", id, nil)
		got := w.told(id)
		wantNames(w.t, got, "联络员", "上级联络员", "干部", "委员")
		if n := w.do("notify", id, nil).Matter.Number; got["干部"] != fmt.Sprintf("《小区停车》%s进入公开", n) {
			w.t.Error(got)
		}
	})
	w.sub("what an action closes is told to parties only", func(w *world) {
		id := w.open()
		w.do("hide", id, nil)
		wantNames(w.t, w.told(id), "委员")
	})
	w.sub("while a visit is concealed only the parties hear of anything; once it was held all do", func(w *world) {
		id := w.open()
		c := w.do("secret", id, form{"on": "2025-03-03"})
		wantNames(w.t, w.told(id), "委员")
		w.do("notify", id, nil)
		wantNames(w.t, w.told(id), "委员")
		w.do("visit", id, form{"eventId": c.Events[0].ID.String()})
		w.do("notify", id, nil)
		wantNames(w.t, w.told(id), "联络员", "上级联络员", "委员", "秘书长")
	})
	w.sub("a role that was revoked, is over or has not begun, a seat that is over, a supervisor and who has left hear nothing", func(w *world) {
		id := w.open()
		w.system(func(ctx context.Context) error {
			c := w.store.Ent()
			for i, name := range []string{"撤销", "到期", "未到", "离席", "监督", "停职"} {
				m := c.Membership.Create().SetName(name).SetKind("STAFF").SetAccountID(uuid.New())
				if name == "停职" {
					m.SetStatus("SUSPENDED")
				}
				who := m.SaveX(ctx)
				g := c.Grant.Create().SetMembership(who).SetRole("street_liaison")
				s := c.Seat.Create().SetMembership(who).SetUnitID(w.units["街道"]).SetPost("STREET_LIAISON")
				switch i {
				case 0:
					g.SetRevokedAt(monday)
				case 1:
					g.SetValidTo(day(2))
				case 2:
					g.SetValidFrom(day(4))
				case 3:
					s.SetSeatTo(day(2))
				case 4:
					s.SetPost("SUPERVISOR")
				}
				g.SaveX(ctx)
				s.SaveX(ctx)
			}
			return nil
		})
		w.do("notify", id, nil)
		wantNames(w.t, w.told(id), "联络员", "上级联络员", "委员", "秘书长")
	})
}

func TestReminders(t *testing.T) {
	w := newWorld(t)
	id := w.open() // due on Monday the 10th
	sweep := func(d int) map[string]string {
		w.clock.Set(time.Date(2025, 3, d, 8, 0, 0, 0, clock.Shanghai))
		for range 2 { // the second finds nothing
			w.d.Sweep()
		}
		return w.told(id)
	}
	w.sub("a rung tells those whom the timer names, once", func(w *world) {
		got := sweep(8)
		wantNames(w.t, got, "联络员", "上级联络员", "委员")
		if got["委员"] != "《小区停车》：报送将于2025年3月10日到期" {
			w.t.Error(got)
		}
		wantNames(w.t, sweep(9))
	})
	w.sub("after the day it says so; those above are not told yet", func(w *world) {
		wantNames(w.t, sweep(10), "联络员", "上级联络员", "委员")
		got := sweep(11)
		wantNames(w.t, got, "联络员", "上级联络员", "委员")
		if got["委员"] != "《小区停车》：报送已于2025年3月10日到期，尚未完成" {
			w.t.Error(got)
		}
	})
	w.sub("a week after the day those above are told too", func(w *world) {
		wantNames(w.t, sweep(17), "联络员", "上级联络员", "委员", "秘书长")
	})
}

// TestSees holds what is said of one person in memory against what the
// database answers him.
func TestSees(t *testing.T) {
	w := newWorld(t)
	var all []uuid.UUID
	for _, street := range []string{"街道", "社区", "外街道"} {
		for _, visibility := range []matter.Visibility{"PARTIES", "STAFF", "TENANT"} {
			for _, cosign := range []party.Cosign{"NONE", "INVITED", "CANCELLED", "DECLINED"} {
				id := w.open()
				all = append(all, id)
				w.system(func(ctx context.Context) error {
					c := w.store.Ent()
					c.Party.Update().Where(party.MatterID(id)).SetCosign(cosign).ExecX(ctx)
					c.Party.Create().SetMatterID(id).SetUnitID(w.units["阵地"]).SetRole("CO").SetCosign(cosign).ExecX(ctx)
					c.Party.Create().SetMatterID(id).SetUnitID(w.units["外街道"]).SetRole("GUEST").SetCosign(cosign).ExecX(ctx)
					return c.Matter.UpdateOneID(id).SetStreetID(w.units[street]).SetVisibility(visibility).Exec(ctx)
				})
			}
		}
	}
	for _, p := range people {
		err := w.as(p.Name, func(ctx context.Context) error {
			v := authz.From(ctx)
			cases, err := w.engine.Lock(authz.System(ctx), all...)
			if err != nil {
				return err
			}
			for id, c := range cases {
				want, err := w.store.Ent().Matter.Query().Where(matter.ID(id)).Exist(ctx)
				if err != nil {
					return err
				}
				if got := c.Sees(v); got != want {
					t.Errorf("%s, %s in %s: %v, the database says %v", p.Name, c.Visibility, c.StreetID, got, want)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
