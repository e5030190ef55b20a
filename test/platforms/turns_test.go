package platforms_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/tenants/templates"
)

// waits are those on whose lists the matter is.
func (r *run) waits() (names []string) {
	r.t.Helper()
	for name := range r.people {
		r.must(name, func(ctx context.Context, c *gen.Client) error {
			on, err := c.Matter.Query().Where(flow.Todo(authz.From(ctx)), matter.ID(r.c.Matter.ID)).Exist(ctx)
			if on {
				names = append(names, name)
			}
			return err
		})
	}
	slices.Sort(names)
	return names
}

func TestWhoeverTheTurnNamesFindsItInHisToDos(t *testing.T) {
	t.Run("A1: the supervised unit is a party, and its people have it", func(t *testing.T) {
		w := newWorld(t, nil, "jiandu")
		r := w.open("干事", "jiandu", "提升消费能级")
		supervised(r)
		r.do("干事", "notify", obj{"units": list(obj{"name": "商务局", "unitId": w.unit("商务局")})})
		r.do("委员甲", "planOpen", obj{"title": "视察商圈", "on": today, "unitId": w.unit("商务局"), "form": "分组视察"})
		r.do("监督员", "hold", obj{"eventId": r.event("视察商圈"), "summary": "看了三个商圈", "present": r.parties("委员甲", "监督员", "区委督查室")})
		r.do("委员甲", "finish", nil)
		r.do("干事", "consult", obj{"title": "协商座谈会", "on": today, "summary": "共同探讨", "present": r.parties("委员甲", "商务局")})
		r.do("委员甲", "addSuggestions", obj{"items": list(obj{"text": "延长营业时间", "unitId": r.unit("商务局")})})
		r.do("干事", "suggest", nil)
		if got := r.waits(); !slices.Equal(got, []string{"商务局联络员"}) {
			t.Errorf("it waits for %v", got)
		}
	})
	t.Run("A6: with one street in the committee it goes there; with several who opens is asked; what is nobody's goes to who can hand it over, who is told why", func(t *testing.T) {
		w := newWorld(t, answered, "lushun")
		r := newRun(w)
		open := func() error {
			return w.as("委员甲", func(ctx context.Context) error {
				c, err := w.service.Open(ctx, platforms.Opening{PlatformID: w.boards["lushun"], Title: "停车难"})
				if err == nil {
					r.c = c
				}
				return err
			})
		}
		if err := open(); err != nil || !slices.Equal(r.waits(), []string{"联络员"}) {
			t.Fatal(err, r.waits())
		}
		w.newStreet()
		if e, ok := errs.As(open()); !ok || e.Code != errs.Invalid || e.Path[0] != "streetId" {
			t.Error(e)
		}
		r.do("联络员", "handOver", obj{"streetId": w.unit("新街道")}) // which has nobody yet
		if got := r.waits(); !slices.Equal(got, []string{"干事"}) {
			t.Errorf("it waits for %v", got)
		}
		if text := r.lastTold("干事"); !strings.Contains(text, "轮到街道联络员，但没有在任而且能登录的人") {
			t.Error(text)
		}
		r.do("干事", "handOver", obj{"streetId": w.unit("街道")})
		if got := r.waits(); !slices.Equal(got, []string{"联络员"}) {
			t.Errorf("it waits for %v", got)
		}
		if text := r.lastTold("联络员"); !strings.Contains(text, "轮到您办理") {
			t.Error(text)
		}
	})
	for _, kind := range []string{"topic", "dandong", "yishihui", "yiqihui"} {
		t.Run("A6: "+kind+" can be handed to another street", func(t *testing.T) {
			w := newWorld(t, answered, kind)
			r := w.brought(kind)
			w.newStreet()
			to := func(unit string) obj {
				if kind == platforms.TopicKind { // which goes to a station, too
					return obj{"unitId": w.unit(unit)}
				}
				return obj{"streetId": w.unit(unit)}
			}
			r.do("联络员", "handOver", to("新街道"))
			if got := r.waits(); !slices.Equal(got, []string{"干事"}) {
				t.Errorf("it waits for %v", got)
			}
			r.do("干事", "handOver", to("街道"))
			if got := r.waits(); !slices.Equal(got, []string{"联络员"}) {
				t.Errorf("it waits for %v", got)
			}
		})
	}
}

// Every shipped process of a platform can be handed on and comes back whence it
// came, to those who had it.
func TestWhatIsHandedOnComesBack(t *testing.T) {
	for _, x := range templates.Platforms() {
		kind := x.Name
		d, err := process.Parse(x.Source)
		if err != nil {
			t.Fatal(err)
		}
		over := d.Machines[process.OfMatter].Action("handOver")
		if over == nil {
			t.Errorf("%s cannot be handed on", kind)
			continue
		}
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t, answered, kind)
			r := w.brought(kind)
			w.newStreet()
			had, was := r.waits(), *r.c.Matter
			r.blocked("干事", "handBack", nil, "handed")
			r.do("干事", "handOver", obj{over.Form["required"].([]any)[0].(string): w.unit("新街道")})
			if s := r.c.StreetID; s == nil || *s != w.units["新街道"] {
				t.Errorf("its street is %v", s)
			}
			r.do("干事", "handBack", nil)
			if got := r.waits(); !slices.Equal(got, had) || !same(r.c.StreetID, was.StreetID) || !same(r.c.OwnerUnitID, was.OwnerUnitID) {
				t.Errorf("it waits for %v, as it was for %v; street %v and owner %v", got, had, r.c.StreetID, r.c.OwnerUnitID)
			}
		})
	}
}

// brought is a matter of a kind in 街道, opened on its platform where it has one.
func (w *world) brought(kind string) *run {
	w.t.Helper()
	if kind != platforms.TopicKind {
		return w.open("干事", kind, "停车难")
	}
	r, street := newRun(w), w.units["街道"]
	w.must("", func(ctx context.Context, _ *gen.Client) (err error) {
		r.c, err = w.engine.Start(ctx, flow.Opening{Kind: kind, Title: "停车难", Street: &street})
		return err
	})
	return r
}

// newStreet makes 新街道, which has nobody yet.
func (w *world) newStreet() {
	w.t.Helper()
	w.must("", func(ctx context.Context, c *gen.Client) error {
		w.units["新街道"] = c.Unit.Create().SetLine("ORGANISATION").SetKind("STREET_LIAISON").SetName("新街道").SaveX(ctx).ID
		return nil
	})
}

func same(a, b *uuid.UUID) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// lastTold is the newest notice of the matter to somebody.
func (r *run) lastTold(name string) (text string) {
	r.t.Helper()
	r.must(name, func(ctx context.Context, c *gen.Client) error {
		n, err := c.Notice.Query().Where(notice.MatterID(r.c.Matter.ID), notice.MembershipID(r.people[name].Membership)).
			Order(gen.Desc(notice.FieldID)).First(ctx)
		if err == nil {
			text = n.Text
		}
		return err
	})
	return text
}
