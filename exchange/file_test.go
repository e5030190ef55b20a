package exchange_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/agreement"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

// two are a city and a district, each in an installation of its own.
type two struct {
	city, district     *house
	ofCity, ofDistrict uuid.UUID
}

func apart(t *testing.T) *two {
	t.Helper()
	w := &two{city: newHouse(t, 1), district: newHouse(t, 2)}
	w.ofCity = w.city.committee("210200", "甲市政协", "CITY")
	w.ofDistrict = w.district.committee("210212", "丁区政协", "DISTRICT")
	identity := func(h *house, tenant uuid.UUID) (id exchange.Identity) {
		h.in(tenant, func(ctx context.Context) (err error) { id, err = h.svc.Identity(ctx); return err })
		return id
	}
	half := func(h *house, tenant uuid.UUID, with exchange.Identity) {
		h.in(tenant, func(ctx context.Context) error {
			_, err := h.svc.Set(ctx, exchange.Terms{Partner: with.Code, Name: with.Name, Key: with.Key, Channel: agreement.ChannelFILE, Sends: everything, Receives: everything})
			return err
		})
	}
	half(w.city, w.ofCity, identity(w.district, w.ofDistrict))
	half(w.district, w.ofDistrict, identity(w.city, w.ofCity))
	return w
}

// use makes the houses report to a subtest.
func (w *two) use(t *testing.T) { w.city.T, w.district.T = t, t }

func (w *two) export(h *house, tenant uuid.UUID, partner string, from int64) []byte {
	h.Helper()
	var file bytes.Buffer
	h.in(tenant, func(ctx context.Context) error {
		_, err := h.svc.Export(ctx, &file, partner, from)
		return err
	})
	return file.Bytes()
}

func (w *two) try(h *house, tenant uuid.UUID, file []byte) (exchange.Imported, error) {
	return h.svc.Import(authz.With(h.ctx(), h.admins[tenant]), tenant, bytes.NewReader(file))
}

func (w *two) take(h *house, tenant uuid.UUID, file []byte) exchange.Imported {
	h.Helper()
	done, err := w.try(h, tenant, file)
	h.must(err)
	return done
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := apart(t)
	run := func(name string, fn func(t *testing.T)) {
		t.Run(name, func(t *testing.T) { w.use(t); fn(t) })
	}
	var first, second, item uuid.UUID
	var file []byte
	run("the same envelopes travel as a signed file of JSON lines", func(t *testing.T) {
		first, item = w.city.task(w.ofCity, "210212", kindTask, "甲")
		second, _ = w.city.task(w.ofCity, "210212", kindReport, "乙")
		w.city.deliver(w.ofCity, 0) // not by the worker
		file = w.export(w.city, w.ofCity, "210212", 0)
		if n := bytes.Count(file, []byte("\n")); n != 3 {
			t.Errorf("%d lines", n)
		}
		if done := w.take(w.district, w.ofDistrict, file); done.Applied != 1 || done.Refused != 1 || done.Repeated != 0 {
			t.Error(done)
		}
		if n := w.district.matters(w.ofDistrict, "甲"); n != 1 {
			t.Error(n)
		}
		r := w.district.records(w.ofDistrict, first)
		if len(r) != 1 || r[0].Actor.Membership != w.district.admins[w.ofDistrict].Membership {
			t.Error(text(t, r))
		}
	})
	run("importing twice is harmless", func(t *testing.T) {
		if done := w.take(w.district, w.ofDistrict, file); done.Applied != 0 || done.Repeated != 1 {
			t.Error(done)
		}
		if n := w.district.matters(w.ofDistrict, "甲"); n != 1 {
			t.Error(n)
		}
	})
	run("acknowledgements travel back as envelopes of kind status", func(t *testing.T) {
		w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
		w.city.expect(w.ofCity, first, exchange.Delivered, "")
		w.city.expect(w.ofCity, second, exchange.Refused, exchange.UnknownObject)
		w.city.system(w.ofCity, func(ctx context.Context) {
			m := w.city.ent().Item.GetX(ctx, item).Mirror
			if m["status"] != "RECEIVED" || m["committee"] != "210212" || m["number"] != "辖〔2026〕1号" {
				t.Error(m)
			}
		})
	})
	run("each file says up to which number its sender has received", func(t *testing.T) {
		w.take(w.district, w.ofDistrict, w.export(w.city, w.ofCity, "210212", 0)) // nothing but that
		if n := w.district.count(`SELECT count(*) FROM exchange_outbox WHERE status = 'WAITING'`); n != 0 {
			t.Errorf("%d answers still wait", n)
		}
	})
	run("a refused one is sent again in a file and heard of again", func(t *testing.T) {
		w.city.in(w.ofCity, func(ctx context.Context) error { return w.city.svc.Resend(ctx, second) })
		w.take(w.district, w.ofDistrict, w.export(w.city, w.ofCity, "210212", 0))
		w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
		w.city.expect(w.ofCity, second, exchange.Refused, exchange.UnknownObject)
	})
	run("a report goes up the same way", func(t *testing.T) {
		var copyOf uuid.UUID
		w.district.db.AsSuper(t, `SELECT id FROM matters WHERE title = '甲'`, nil, &copyOf)
		w.district.in(w.ofDistrict, func(ctx context.Context) error {
			_, err := w.district.svc.Send(ctx, "210200", kindReport, reportBody{"附件一"}, exchange.Object{Type: gen.TypeMatter, ID: copyOf})
			return err
		})
		w.take(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
		w.city.system(w.ofCity, func(ctx context.Context) {
			if i := w.city.ent().Item.GetX(ctx, item); i.Evidence != "附件一" {
				t.Error(i.Evidence)
			}
		})
	})
	run("a file that leaves a gap is refused until the one before has been imported", func(t *testing.T) {
		w.take(w.district, w.ofDistrict, w.export(w.city, w.ofCity, "210212", 0)) // what was left
		w.city.task(w.ofCity, "210212", kindTask, "丙")
		one := w.export(w.city, w.ofCity, "210212", 0)
		w.city.task(w.ofCity, "210212", kindTask, "丁")
		var last int64
		w.city.db.AsSuper(t, `SELECT max(seq) FROM exchange_outbox`, nil, &last)
		two := w.export(w.city, w.ofCity, "210212", last)
		_, err := w.try(w.district, w.ofDistrict, two)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), fmt.Sprintf("从第 %d 号起导出", last-1)) {
			t.Error(err)
		}
		if done := w.take(w.district, w.ofDistrict, one); done.Applied != 1 {
			t.Error(done)
		}
		if done := w.take(w.district, w.ofDistrict, two); done.Applied != 1 {
			t.Error(done)
		}
	})
	run("an export goes on where a file is full", func(t *testing.T) {
		big := strings.Repeat("字", 300_000) // 900 kB
		for range 40 {
			w.city.in(w.ofCity, func(ctx context.Context) error {
				_, err := w.city.svc.Send(ctx, "210212", exchange.KindPromotion, exchange.Notice{Title: big}, exchange.Object{})
				return err
			})
		}
		total := 0
		for from, more := int64(0), true; more; {
			var file bytes.Buffer
			w.city.in(w.ofCity, func(ctx context.Context) error {
				out, err := w.city.svc.Export(ctx, &file, "210212", from)
				from, more = out.To+1, out.More
				return err
			})
			if file.Len() > exchange.MaxFile {
				t.Error(file.Len())
			}
			total += w.take(w.district, w.ofDistrict, file.Bytes()).Refused
		}
		if total != 40 {
			t.Error(total)
		}
	})
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	w := apart(t)
	for i := range 3 {
		w.city.task(w.ofCity, "210212", kindTask, fmt.Sprint("任务", i))
	}
	good := w.export(w.city, w.ofCity, "210212", 0)
	lines := bytes.SplitAfter(good, []byte("\n"))[:4]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	change := func(line int, old, new string) []byte {
		parts := append([][]byte{}, lines...)
		parts[line-1] = bytes.Replace(parts[line-1], []byte(old), []byte(new), 1)
		if bytes.Equal(parts[line-1], lines[line-1]) {
			t.Fatalf("line %d has no %q", line, old)
		}
		return join(parts...)
	}
	w.city.clock.Advance(time.Minute)
	// print of all that a file could change.
	print := func() (sum string) {
		w.district.db.AsSuper(w.district.T, `SELECT concat((SELECT string_agg(x::text, '') FROM exchange_inbox x), (SELECT string_agg(x::text, '') FROM exchange_outbox x),
			(SELECT string_agg(x::text, '') FROM exchange_heads x WHERE seq > 0), (SELECT string_agg(x::text, '') FROM matters x))`, nil, &sum)
		return sum
	}
	before := print()
	for name, c := range map[string]struct {
		file   []byte
		line   int
		reason exchange.Code
	}{
		"a body":                     {change(3, "任务1", "任务9"), 3, exchange.Tampered},
		"a number":                   {change(4, `"seq":3`, `"seq":4`), 4, exchange.Tampered},
		"a signature":                {change(2, `"signature":"`, `"signature":"AAAA`), 2, exchange.BadSignature},
		"the head":                   {change(1, `"received":0`, `"received":1`), 1, exchange.BadSignature},
		"the receiver":               {change(1, `"receiver":"210212"`, `"receiver":"210213"`), 1, exchange.WrongReceiver},
		"an unknown field":           {change(2, `"kind"`, `"extra":1,"kind"`), 2, exchange.Tampered},
		"two envelopes on a line":    {join(lines[0], bytes.TrimSpace(lines[1]), lines[2], lines[3]), 2, exchange.Tampered},
		"cut at the end":             {join(lines[0], lines[1], lines[2]), 1, exchange.Tampered},
		"cut within a line":          {good[:len(good)-20], 4, exchange.Tampered},
		"one taken out":              {join(lines[0], lines[1], lines[3]), 1, exchange.Tampered},
		"two exchanged":              {join(lines[0], lines[2], lines[1], lines[3]), 1, exchange.Tampered},
		"one twice":                  {join(lines[0], lines[1], lines[1], lines[2], lines[3]), 1, exchange.Tampered},
		"no head":                    {join(lines[1:]...), 1, exchange.Malformed},
		"a newer format":             {change(1, `"version":1`, `"version":2`), 1, exchange.NewerSchema},
		"nothing":                    {nil, 0, exchange.Malformed},
		"anything":                   {[]byte("PK\x03\x04 docx"), 1, exchange.Malformed},
		"a line without end":         {join(lines[0], bytes.Repeat([]byte("x"), exchange.MaxBody*2)), 2, exchange.Malformed},
		"a file without end":         {join(lines[0], bytes.Repeat([]byte("\n"), exchange.MaxFile+10)), 0, exchange.Malformed},
		"more than allowed":          {join(lines[0], bytes.Repeat(lines[1], exchange.MaxEnvelopes+1)), exchange.MaxEnvelopes + 2, exchange.Malformed},
		"an escape into another day": {change(2, `"created_at":"2026`, `"created_at":"2025`), 2, exchange.Tampered},
	} {
		t.Run("it changes nothing, and the error names the line: "+name, func(t *testing.T) {
			w.use(t)
			_, err := w.try(w.district, w.ofDistrict, c.file)
			e, ok := errs.As(err)
			if !ok || e.Code != errs.Invalid || e.Details["line"] != c.line || e.Details["reason"] != string(c.reason) {
				t.Fatal(err, e)
			}
			if print() != before {
				t.Error("something changed")
			}
		})
	}
	t.Run("what was tampered with stands in the audit", func(t *testing.T) {
		w.use(t)
		if n := w.district.count(`SELECT count(*) FROM audit_log WHERE action = 'importEnvelopes' AND entry::jsonb ->> 'outcome' = 'TAMPERED'`); n < 5 {
			t.Error(n)
		}
		w.district.chains(w.ofDistrict)
	})
	t.Run("only who holds exchange.manage imports and exports, and for his own committee", func(t *testing.T) {
		w.use(t)
		member := w.district.person(w.ofDistrict, "secretary_general")
		_, err := w.district.svc.Import(authz.With(w.district.ctx(), member), w.ofDistrict, bytes.NewReader(good))
		w.district.refused(err, errs.NotAllowed)
		other := w.district.committee("210213", "戊区政协", "DISTRICT")
		_, err = w.district.svc.Import(authz.With(w.district.ctx(), w.district.admins[other]), w.ofDistrict, bytes.NewReader(good))
		w.district.refused(err, errs.NotAllowed)
		err = w.district.as(member, func(ctx context.Context) error {
			_, err := w.district.svc.Export(ctx, &bytes.Buffer{}, "210200", 0)
			return err
		})
		w.district.refused(err, errs.NotAllowed)
	})
	t.Run("a suspended agreement takes and gives no file", func(t *testing.T) {
		w.use(t)
		id := w.district.agreementOf(w.ofDistrict, "210200").ID
		w.district.in(w.ofDistrict, func(ctx context.Context) error { _, err := w.district.svc.Suspend(ctx, id, "整改"); return err })
		_, err := w.try(w.district, w.ofDistrict, good)
		w.district.refused(err, errs.GuardFailed)
		err = w.district.as(w.district.admins[w.ofDistrict], func(ctx context.Context) error {
			_, err := w.district.svc.Export(ctx, &bytes.Buffer{}, "210200", 0)
			return err
		})
		w.district.refused(err, errs.GuardFailed)
		w.district.in(w.ofDistrict, func(ctx context.Context) error { _, err := w.district.svc.Resume(ctx, id); return err })
	})
	t.Run("the good file is still good", func(t *testing.T) {
		w.use(t)
		if done := w.take(w.district, w.ofDistrict, good); done.Applied != 3 {
			t.Error(done)
		}
	})
	t.Run("a file from a partner who has lost what he sent is refused", func(t *testing.T) {
		w.use(t)
		w.city.tamper(`UPDATE exchange_heads SET seq = 0, hash = '' WHERE direction = 'OUT'`)
		w.city.tamper(`DELETE FROM exchange_outbox`)
		w.city.task(w.ofCity, "210212", kindTask, "重来")
		_, err := w.try(w.district, w.ofDistrict, w.export(w.city, w.ofCity, "210212", 0))
		if e, ok := errs.As(err); !ok || e.Details["reason"] != string(exchange.ChainBroken) || e.Details["line"] != 2 {
			t.Error(err)
		}
		_, err = w.try(w.city, w.ofCity, w.export(w.district, w.ofDistrict, "210200", 0))
		if e, ok := errs.As(err); !ok || e.Details["reason"] != string(exchange.ChainBroken) || e.Details["line"] != 1 {
			t.Error(err)
		}
	})
	t.Run("an envelope whose handler fails stops the import there, and it goes on the next time", func(t *testing.T) {
		w := apart(t)
		w.district.broken = func() error { return context.DeadlineExceeded }
		w.city.task(w.ofCity, "210212", kindTask, "前")
		w.city.task(w.ofCity, "210212", kindBroken, "中")
		file := w.export(w.city, w.ofCity, "210212", 0)
		done, err := w.try(w.district, w.ofDistrict, file)
		if e, ok := errs.As(err); !ok || e.Code != errs.Unavailable || e.Details["line"] != 3 || done.Applied != 1 {
			t.Error(err, done)
		}
		w.district.broken = func() error { return nil }
		if done := w.take(w.district, w.ofDistrict, file); done.Applied != 1 || done.Repeated != 1 || w.district.matters(w.ofDistrict, "中") != 1 {
			t.Error(done)
		}
	})
}
