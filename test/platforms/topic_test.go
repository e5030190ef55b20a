package platforms_test

import (
	"context"
	"testing"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/platforms"
)

// submitted is a citizen's topic on the street's platform, with his receipt.
func submitted(w *world, text string) (*run, platforms.Receipt) {
	w.t.Helper()
	r := newRun(w)
	var slip platforms.Receipt
	street := w.units["街道"]
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		slip, err = w.service.SubmitTopic(ctx, platforms.TopicInput{PlatformCode: "p-lushun", Text: text, Name: "居民", Street: &street})
		return err
	})
	w.must("", func(ctx context.Context, c *gen.Client) error {
		m, err := c.Matter.Query().Where(matter.Kind(platforms.TopicKind), matter.Title(text)).Only(ctx)
		if err != nil {
			return err
		}
		cases, err := w.engine.Lock(ctx, m.ID)
		r.c = cases[m.ID]
		return err
	})
	return r, slip
}

// answer is what ends a topic: its problem is settled and its citizen told.
func (r *run) answer(text string, done bool) obj {
	return obj{"itemId": r.c.Items[0].ID.String(), "done": done, "evidence": "街道记录", "answer": text}
}

// told is what the citizen reads when he looks his receipt up.
func (w *world) told(slip platforms.Receipt) (p *platforms.Progress) {
	w.t.Helper()
	w.must("", func(ctx context.Context, _ *gen.Client) (err error) {
		p, err = w.service.LookUp(ctx, slip.No, slip.Code)
		return err
	})
	return p
}

// Every citizen's topic ends with an answer that its receipt shows.
func TestTopic(t *testing.T) {
	t.Run("taken up, it becomes a matter of the platform and is answered when that has come to something", func(t *testing.T) {
		w := newWorld(t, answered, "lushun", "topic")
		r, slip := submitted(w, "路口没有红绿灯")
		r.in("RECEIVED")
		r.refused("审定人", "accept", obj{"kind": "lushun", "title": "路口安全"}, errs.NotAllowed)
		r.refused("联络员", "accept", obj{"kind": "Lushun!", "title": "路口安全"}, errs.Invalid)
		r.do("联络员", "accept", obj{"kind": "lushun", "title": "路口安全", "itemId": r.item("路口没有红绿灯")})
		r.in("ACCEPTED")
		if len(r.c.Out) != 1 || r.c.Out[0].Edges.To.Kind != "lushun" || r.c.Out[0].ItemID == nil {
			t.Fatalf("it did not become a matter of the platform: %v", r.c.Out)
		}
		made := r.c.Out[0].Edges.To
		if made.State != "TOPIC_COLLECTED" || made.Title != "路口安全" || made.PlatformID == nil || *made.PlatformID != w.boards["lushun"] {
			t.Errorf("it became %q in %s on %v", made.Title, made.State, made.PlatformID)
		}
		if p := w.told(slip); p.State != "采纳" {
			t.Errorf("the citizen reads %q", p.State)
		}
		r.refused("联络员", "answer", nil, errs.Invalid)
		r.do("联络员", "answer", r.answer("已列入协商议题并安装信号灯", true))
		r.ended("联络员", "ANSWERED")
		if p := w.told(slip); p.Result != "已列入协商议题并安装信号灯" {
			t.Errorf("the citizen reads %q", p.Result)
		}
	})
	t.Run("not taken up, its citizen is told why", func(t *testing.T) {
		w := newWorld(t, answered, "lushun", "topic")
		r, slip := submitted(w, "楼上太吵")
		r.refused("联络员", "decline", nil, errs.Invalid)
		r.do("联络员", "decline", r.answer("属于邻里之间的事，已请社区上门调解", false))
		r.ended("联络员", "DECLINED")
		if p := w.told(slip); p.Result != "属于邻里之间的事，已请社区上门调解" {
			t.Errorf("the citizen reads %q", p.Result)
		}
		r.do("联络员", "reopen", nil)
		r.in("RECEIVED")
		r.do("联络员", "transfer", obj{"on": today, "text": "转城建局，十五日内告知结果", "unitId": w.unit("城建局")})
		r.in("TRANSFERRED")
		r.do("联络员", "answer", r.answer("部门已上门处理", true))
		r.ended("联络员", "ANSWERED")
	})
	t.Run("merged into a matter that is there, it is answered with it", func(t *testing.T) {
		w := newWorld(t, answered, "lushun", "topic")
		there := w.open("联络员", "lushun", "路口安全")
		r, _ := submitted(w, "路口很危险")
		r.do("联络员", "merge", obj{"matterId": there.c.Matter.ID.String()})
		r.in("MERGED")
		r.do("联络员", "answer", r.answer("已与路口安全议题一并协商", true))
		r.ended("联络员", "ANSWERED")
	})
}
