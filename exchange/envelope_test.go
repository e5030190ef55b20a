package exchange_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestEnvelope(t *testing.T) {
	t.Parallel()
	e, key := exchange.Sample()
	t.Run("what was signed is believed", func(t *testing.T) {
		if r := e.Verify(key); r != "" {
			t.Fatal(r)
		}
	})
	t.Run("nothing in it can be changed unnoticed", func(t *testing.T) {
		line, _ := json.Marshal(e.Envelope)
		for field, change := range map[string][2]string{
			"kind": {`"task"`, `"tusk"`}, "version": {`"version":3`, `"version":2`}, "sender": {`"210200"`, `"210201"`}, "receiver": {`"210202"`, `"210203"`},
			"seq": {`"seq":7`, `"seq":8`}, "about": {`"Item"`, `"Atem"`}, "day": {`2026-03-05`, `2026-03-06`}, "body": {`关于`, `对于`}, "number": {`1.50`, `1.5`},
			"id": {e.ID.String(), strings.Replace(e.ID.String(), "-7", "-4", 1)}, "prev": {`"prev":"cHJl`, `"prev":"cHJm`},
		} {
			changed := bytes.Replace(line, []byte(change[0]), []byte(change[1]), 1)
			if bytes.Equal(changed, line) {
				t.Fatal("nothing to change:", field, string(line))
			}
			var bad exchange.Checked
			if err := json.Unmarshal(changed, &bad.Envelope); err != nil {
				t.Fatal(field, err)
			}
			if r := bad.Verify(key); r != exchange.Tampered {
				t.Errorf("%s: %q", field, r)
			}
		}
	})
	t.Run("spaces and the order of keys mean nothing", func(t *testing.T) {
		other := e
		other.Body = json.RawMessage(` {"title": "关于<海>洋", "n" : 1.50 }`)
		if r := other.Verify(key); r != "" {
			t.Error(r)
		}
	})
	t.Run("another key did not sign it", func(t *testing.T) {
		if r := e.Verify(make([]byte, 32)); r != exchange.BadSignature {
			t.Error(r)
		}
		if r := e.Verify(nil); r != exchange.BadSignature {
			t.Error(r)
		}
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	h, city, district := pair(t)
	identity := func(svc *exchange.Service, v func(func(context.Context) error)) (id exchange.Identity) {
		v(func(ctx context.Context) (err error) { id, err = svc.Identity(ctx); return err })
		return id
	}
	ofCity := func(fn func(context.Context) error) { h.in(city, fn) }
	ofDistrict := func(fn func(context.Context) error) { h.in(district, fn) }
	mine := identity(h.svc, ofCity)
	h.run("each committee has a key of its own, the same at every start", func(h *house) {
		if again := identity(h.service(1, 1), ofCity); again != mine || mine.Code != "210200" || len(mine.Key) != 44 {
			h.Error(again, mine)
		}
		if theirs := identity(h.svc, ofDistrict); theirs.Key == mine.Key {
			h.Error("two have one key")
		}
	})
	h.run("another secret makes another key", func(h *house) {
		if identity(h.service(2, 1), ofCity).Key == mine.Key {
			h.Error("it does not")
		}
	})
	h.run("the key is shown to who may read the agreements", func(h *house) {
		member := h.person(city, "member")
		h.refused(h.as(member, func(ctx context.Context) error { _, err := h.svc.Identity(ctx); return err }), errs.NotAllowed)
	})
	h.run("a short secret is refused", func(h *house) {
		if _, err := exchange.New(h.db.Store, make([]byte, 31)); err == nil {
			h.Error("it was taken")
		}
	})
	h.run("no private key is stored", func(h *house) {
		var columns string
		h.db.AsSuper(h.T, `SELECT coalesce(string_agg(table_name || '.' || column_name, ','), '') FROM information_schema.columns
			WHERE (table_name LIKE 'exchange%' OR table_name = 'agreements') AND (column_name LIKE '%secret%' OR column_name LIKE '%private%' OR column_name LIKE '%seed%')`, nil, &columns)
		if columns != "" {
			h.Error(columns)
		}
	})
}
