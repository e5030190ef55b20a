package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/errs"
)

// shelf writes 25 records, an hour apart: every second about one matter, every
// third by one person, five actions in turn.
func (h *house) shelf() (matter string, who audit.Actor) {
	h.Helper()
	matter, who = audit.Object("Matter", uuid.Must(uuid.NewV7())), audit.Actor{Membership: uuid.Must(uuid.NewV7()), Name: "甲"}
	h.must(h.store.InTx(h.Context(), h.tenant, func(ctx context.Context) error {
		for i := range 25 {
			e := audit.Entry{At: noon.Add(time.Duration(i) * time.Hour), Action: fmt.Sprint("a", i%5), Actor: audit.Actor{System: "s"}}
			if i%2 == 0 {
				e.Object = matter
			}
			if i%3 == 0 {
				e.Actor = who
			}
			if err := audit.Write(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}))
	return matter, who
}

func TestSearch(t *testing.T) {
	h := open(t)
	matter, who := h.shelf()
	h.fill(h.other, 3)
	seqs := func(f audit.Filter, first int, after int64) (out []int64) {
		t.Helper()
		for _, r := range h.search(h.tenant, f, first, after).Rows {
			out = append(out, r.Seq)
		}
		return out
	}
	h.run("pages are newest first, and the next begins after the last", func(h *house) {
		var got []int64
		after, pages := int64(0), 0
		for {
			p := h.search(h.tenant, audit.Filter{}, 10, after)
			pages++
			for _, r := range p.Rows {
				got = append(got, r.Seq)
			}
			if !p.More {
				break
			}
			after = p.Rows[len(p.Rows)-1].Seq
		}
		h.equal(pages, 3)
		h.equal(len(got), 25)
		h.equal(got[:3], []int64{25, 24, 23})
		h.equal(h.search(h.tenant, audit.Filter{}, 25, 0).More, false)
	})
	h.run("by object, actor and action", func(h *house) {
		h.equal(seqs(audit.Filter{Object: matter}, 3, 0), []int64{25, 23, 21})
		h.equal(seqs(audit.Filter{Object: matter}, 2, 21), []int64{19, 17})
		h.equal(seqs(audit.Filter{Actor: who.Key()}, 3, 0), []int64{25, 22, 19})
		h.equal(seqs(audit.Filter{Action: "a1"}, 9, 0), []int64{22, 17, 12, 7, 2})
		h.equal(seqs(audit.Filter{Object: matter, Actor: who.Key(), Action: "a4"}, 9, 0), []int64{25})
	})
	h.run("from a time on, and before a time", func(h *house) {
		at := func(i int) time.Time { return noon.Add(time.Duration(i) * time.Hour) }
		h.equal(seqs(audit.Filter{From: at(3), To: at(6)}, 9, 0), []int64{6, 5, 4})
		h.equal(seqs(audit.Filter{From: at(22).In(time.FixedZone("", 8*3600)).Add(time.Microsecond)}, 9, 0), []int64{25, 24})
		h.equal(seqs(audit.Filter{To: at(1)}, 9, 0), []int64{1})
	})
	h.run("another committee's records are not there", func(h *house) {
		h.equal(len(h.search(h.other, audit.Filter{}, 100, 0).Rows), 3)
		h.equal(len(h.search(h.other, audit.Filter{Object: matter}, 100, 0).Rows), 0)
	})
	h.run("a page has 1 to 100 rows", func(h *house) {
		for _, first := range []int{0, -1, 101} {
			err := h.store.ReadTx(h.Context(), h.tenant, func(ctx context.Context) error {
				_, err := audit.Search(ctx, audit.Filter{}, first, 0)
				return err
			})
			h.equal(errs.Is(err, errs.Invalid), true)
		}
	})
}
