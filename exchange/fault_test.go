package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
)

// Ways to die between two statements: the goroutine ends, as with its process;
// the context ends, as when the worker is told to stop; the program panics.
var deaths = map[string]func(stop context.CancelFunc){
	"killed":   func(context.CancelFunc) { runtime.Goexit() },
	"stopped":  func(stop context.CancelFunc) { stop() },
	"panicked": func(context.CancelFunc) { panic("fault") },
}

// steps records the statements between which work could die.
func (h *house) steps(work func(context.Context)) (names []string) {
	h.svc.SetStep(func(name string) { names = append(names, name) })
	work(h.ctx())
	h.svc.SetStep(nil)
	return names
}

// dies runs work until its n-th step, counted from 0, and lets it die there.
func (h *house) dies(n int, death func(context.CancelFunc), work func(context.Context)) {
	ctx, stop := context.WithCancel(h.ctx())
	defer stop()
	at := 0
	h.svc.SetStep(func(string) {
		if at++; at == n+1 {
			death(stop)
		}
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }()
		work(ctx)
	}()
	<-done
	h.svc.SetStep(nil)
}

func TestTheWorkerDiesAnywhere(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	work := func(ctx context.Context) { _, _ = h.svc.Deliver(ctx, city) }
	h.task(city, "210202", kindTask, "无事")
	names := h.steps(work)
	want := []string{"read", "believed", "head locked", "handler", "applied", "in the inbox", "object joined", "chain moved", "audit", "commit",
		"between the committees", "marked", "object known", "audit", "commit"}
	if !slices.Equal(names, want) {
		t.Fatalf("the steps of a delivery are %q", names)
	}
	for how, death := range deaths {
		for n, name := range names {
			h.run(fmt.Sprintf("%s after %q (%d): exactly once, nothing lost", how, name, n), func(h *house) {
				title := fmt.Sprint(how, n)
				first, item := h.task(city, "210202", kindTask, title)
				second, _ := h.task(city, "210202", kindTask, title+"后")
				h.dies(n, death, work)
				work(h.ctx())
				h.clock.Advance(time.Hour) // it may have been stopped while it noted a failure
				work(h.ctx())
				h.once(city, district, first, title)
				h.once(city, district, second, title+"后")
				h.system(city, func(ctx context.Context) {
					if m := h.ent().Item.GetX(ctx, item).Mirror; m["status"] != "RECEIVED" {
						h.Error(m)
					}
				})
			})
		}
	}
	h.chains(city, district)
}

// once expects an envelope to have been delivered exactly once.
func (h *house) once(from, to, envelope uuid.UUID, title string) {
	h.Helper()
	h.expect(from, envelope, exchange.Delivered, "")
	if n := h.matters(to, title); n != 1 {
		h.Errorf("%s: %d effects", title, n)
	}
	if n := h.count(`SELECT count(*) FROM exchange_inbox WHERE tenant_id = $1 AND envelope_id = $2 AND outcome = 'APPLIED'`, to, envelope); n != 1 {
		h.Errorf("%s: %d times in the inbox", title, n)
	}
	if n := h.count(`SELECT count(*) FROM exchange_objects o JOIN exchange_objects p ON p.local_id = o.remote_id AND p.remote_id = o.local_id
		WHERE o.tenant_id = $1 AND p.tenant_id = $2 AND p.local_id = (SELECT id FROM matters WHERE tenant_id = $2 AND title = $3)`, from, to, title); n != 1 {
		h.Errorf("%s: joined %d times", title, n)
	}
	if there, here := h.records(to, envelope), h.records(from, envelope); len(there) != 1 || len(here) != 1 {
		h.Errorf("%s: %d and %d records", title, len(there), len(here))
	}
}

func TestTheImportDiesAnywhere(t *testing.T) {
	t.Parallel()
	w := apart(t)
	w.city.task(w.ofCity, "210212", kindTask, "无事")
	imports := func(file []byte) func(context.Context) {
		return func(ctx context.Context) {
			_, _ = w.district.svc.Import(authz.With(ctx, w.district.admins[w.ofDistrict]), w.ofDistrict, bytes.NewReader(file))
		}
	}
	file := w.export(w.city, w.ofCity, "210212", 0)
	w.district.svc.SetStep(nil)
	names := w.district.steps(imports(file))
	if len(names) < 14 || !slices.Contains(names, "written") || names[len(names)-1] != "lines done" {
		t.Fatalf("the steps of an import are %q", names)
	}
	for how, death := range deaths {
		for n, name := range names {
			t.Run(fmt.Sprintf("%s after %q (%d): exactly once, nothing lost, acknowledged once", how, name, n), func(t *testing.T) {
				w.use(t)
				title := fmt.Sprint(how, n)
				e, _ := w.city.task(w.ofCity, "210212", kindTask, title)
				file := w.export(w.city, w.ofCity, "210212", 0)
				w.district.dies(n, death, imports(file))
				w.take(w.district, w.ofDistrict, file)
				w.take(w.district, w.ofDistrict, file)
				if n := w.district.matters(w.ofDistrict, title); n != 1 {
					t.Errorf("%d effects", n)
				}
				if n := w.district.count(`SELECT count(*) FROM exchange_outbox WHERE body LIKE '%' || $1 || '%'`, e.String()); n != 1 {
					t.Errorf("%d acknowledgements", n)
				}
				if len(w.district.records(w.ofDistrict, e)) != 1 {
					t.Error("not one record")
				}
				w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
				w.city.expect(w.ofCity, e, exchange.Delivered, "")
			})
		}
	}
	w.use(t)
	w.city.chains(w.ofCity)
	w.district.chains(w.ofDistrict)
}
