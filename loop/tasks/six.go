package tasks

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// names are what the fields are called where no form's schema says it.
var names = map[string]string{"title": "任务", "partner": "交给哪个政协", "leaderPost": "领导的职务", "officerPost": "人员的职务",
	"duty": "责任", "effect": "效果", "measure": "效果的衡量"}

// fill puts what the form gives into the task's row and its matter's; what it
// does not name stays, an empty text clears.
func fill(ctx context.Context, client *gen.Client, f process.Form, i *gen.ItemMutation, m *gen.MatterMutation) error {
	if err := performer(ctx, client, f, i, m); err != nil {
		return err
	}
	for _, p := range []struct {
		key   string
		set   func(uuid.UUID)
		clear func()
	}{{"leaderId", i.SetLeaderID, i.ClearLeaderID}, {"officerId", i.SetOfficerID, i.ClearOfficerID}} {
		if !f.Has(p.key) {
			continue
		}
		if f.Text(p.key) == "" {
			p.clear()
			continue
		}
		id, err := person(ctx, client, f, p.key)
		if err != nil {
			return err
		}
		p.set(id)
	}
	for _, t := range []struct {
		key string
		set func(string)
	}{{"title", i.SetText}, {"leaderPost", i.SetLeaderPost}, {"officerPost", i.SetOfficerPost}, {"duty", i.SetDuty}, {"effect", i.SetEffect}, {"measure", i.SetMeasure}} {
		if f.Has(t.key) {
			t.set(f.Text(t.key))
		}
	}
	if f.Has("title") {
		m.SetTitle(f.Text("title"))
	}
	if f.Has("key") {
		i.SetKey(f.Bool("key"))
	}
	if f.Has("difficult") {
		i.SetDifficult(f.Bool("difficult"))
	}
	if f.Has("dueOn") {
		due, err := f.Day("dueOn")
		if err != nil {
			return err
		}
		i.SetDueOn(due)
	}
	return nil
}

// performer sets who is to do it: one of our units, which then owns the matter,
// or another committee. Naming the one takes the other away.
func performer(ctx context.Context, client *gen.Client, f process.Form, i *gen.ItemMutation, m *gen.MatterMutation) error {
	own, other := f.Text("unitId") != "", f.Text("partner") != ""
	switch {
	case own && other:
		return errs.New(errs.Invalid, "一项任务只能交给一个单位或一个政协，请分成两项").At("partner")
	case own:
		id, err := f.ID("unitId")
		if err != nil {
			return err
		}
		if _, err := authz.UnitThere(ctx, client, id, authz.Fits{}, "unitId"); err != nil {
			return err
		}
		i.SetUnitID(id)
		i.SetPartner("")
		i.SetOwner("")
		m.SetOwnerUnitID(id)
	case other:
		a, err := client.Agreement.Query().Where(agreement.Partner(f.Text("partner"))).Only(authz.System(ctx))
		if gen.IsNotFound(err) {
			return errs.New(errs.Invalid, "与行政区划代码为 %s 的政协还没有往来约定，请租户管理员先约定", f.Text("partner")).At("partner")
		}
		if err != nil {
			return err
		}
		i.ClearUnitID()
		i.SetPartner(a.Partner)
		i.SetOwner(a.PartnerName)
		m.ClearOwnerUnitID()
	default:
		if f.Has("unitId") {
			i.ClearUnitID()
			m.ClearOwnerUnitID()
		}
		if f.Has("partner") {
			i.SetPartner("")
			i.SetOwner("")
		}
	}
	return nil
}

// person is the active member of this committee that a field names.
func person(ctx context.Context, client *gen.Client, f process.Form, key string) (uuid.UUID, error) {
	id, err := f.ID(key)
	if err != nil {
		return id, err
	}
	there, err := client.Membership.Query().Where(membership.ID(id), authz.MemberOn(clock.Today(ctx))).Exist(authz.System(ctx))
	if err == nil && !there {
		err = errs.New(errs.Invalid, "所选的人不在本政协，或身份已停用，请重新选择").At(key)
	}
	return id, err
}

// newNode is a node below a task.
func newNode(client *gen.Client, t *gen.Item, text string, due time.Time) *gen.ItemCreate {
	return client.Item.Create().SetMatterID(t.MatterID).SetKind(item.KindNODE).SetParentID(t.ID).SetText(text).SetDueOn(due)
}
