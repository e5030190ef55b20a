package tasks_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
)

// byFile makes the committee's half of an agreement with one elsewhere.
func (h *house) byFile(tenant uuid.UUID, with exchange.Identity) {
	h.Helper()
	h.must(h.as(tenant, admin, func(ctx context.Context) error {
		_, err := h.post.Set(ctx, exchange.Terms{Partner: with.Code, Name: with.Name, Key: with.Key, Channel: agreement.ChannelFILE, Sends: kinds, Receives: kinds})
		return err
	}))
	h.d.Confirm(h.of[tenant])
}

func (h *house) identity(tenant uuid.UUID) (id exchange.Identity) {
	h.Helper()
	h.must(h.as(tenant, admin, func(ctx context.Context) (err error) { id, err = h.post.Identity(ctx); return err }))
	return id
}

// ferry takes what waits for a partner to it in a file, as an administrator
// does.
func (h *house) ferry(tenant uuid.UUID, to *house, partner uuid.UUID, code string) {
	h.Helper()
	var file bytes.Buffer
	h.must(h.as(tenant, admin, func(ctx context.Context) error {
		_, err := h.post.Export(ctx, &file, code, 0)
		return err
	}))
	var v *authz.Viewer
	to.must(to.store.InTx(to.ctx(), partner, func(ctx context.Context) (err error) {
		ctx, _ = audit.Collect(ctx)
		v, err = to.viewer(ctx, partner, admin)
		return err
	}))
	_, err := to.post.Import(authz.With(to.ctx(), v), partner, &file)
	to.must(err)
}

func TestByFile(t *testing.T) {
	t.Parallel()
	here, there := newHouse(t), installation(t, 8)
	const code = "210211"
	away := there.committee(code)
	here.byFile(here.city, there.identity(away))
	there.byFile(away, here.identity(here.city))
	here.run("who imports a file of envelopes has not written what they bring", func() {
		id := here.drafted(here.city, here.abroad(here.loop(here.city), code))
		here.does(here.city, director, id, "issue", nil, "ISSUED")
		here.ferry(here.city, there, away, code)
		got := there.received(away)
		if len(got) != 1 || there.look(away, got[0]).CreatorID != nil {
			t.Fatal(got)
		}
		there.does(away, staff, got[0], "accept", nil, "WORKING")
		there.ferry(away, here, here.city, cityCode)
		here.state(here.city, id, "WORKING")
		for _, h := range []struct {
			*house
			tenant, id uuid.UUID
			action     string
		}{{there, away, got[0], "receive"}, {here, here.city, id, "accepted"}} {
			var n int
			h.db.AsSuper(t, `SELECT count(*) FROM steps WHERE matter_id = $1 AND action = $2 AND actor_id IS NULL AND actor_name <> '系统'`, []any{h.id, h.action}, &n)
			if n != 1 {
				t.Error(h.action, n)
			}
		}
	})
}
