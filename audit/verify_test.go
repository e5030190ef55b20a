package audit_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
)

// tampers are done to a chain of 300 records, which is more than a batch.
var tampers = []struct {
	name   string
	tamper []string // $1 is the tenant
	first  int64
	why    string
}{
	{"finds a flipped byte of a record",
		[]string{`UPDATE audit_log SET entry = overlay(entry placing chr(ascii(substr(entry, 15, 1)) # 1) from 15 for 1) WHERE tenant_id = $1 AND seq = 7`},
		7, "第 7 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a flipped byte of the first record",
		[]string{`UPDATE audit_log SET entry = overlay(entry placing ' ' from 1 for 0) WHERE tenant_id = $1 AND seq = 1`},
		1, "第 1 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a changed hash",
		[]string{`UPDATE audit_log SET hash = set_bit(hash, 100, 1 - get_bit(hash, 100)) WHERE tenant_id = $1 AND seq = 260`},
		260, "第 260 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a record rewritten with a hash of its own",
		[]string{`UPDATE audit_log l SET entry = '{"action":"x"}',
			          hash = sha256((SELECT hash FROM audit_log p WHERE p.tenant_id = l.tenant_id AND p.seq = l.seq - 1) || convert_to(tenant_id::text || '|' || seq || '|{"action":"x"}', 'UTF8'))
			          WHERE tenant_id = $1 AND seq = 10`},
		11, "第 11 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a removed record",
		[]string{`DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 150`}, 150, "第 150 条记录缺失"},
	{"finds a removed record whose gap was closed",
		[]string{`DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 299`, `UPDATE audit_log SET seq = 299 WHERE tenant_id = $1 AND seq = 300`},
		299, "第 299 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a removed beginning",
		[]string{`DELETE FROM audit_log WHERE tenant_id = $1 AND seq <= 250`}, 1, "第 1 条记录缺失"},
	{"finds a cut tail",
		[]string{`DELETE FROM audit_log WHERE tenant_id = $1 AND seq > 280`}, 281, "第 281 条及以后的记录缺失，链头记有 300 条"},
	{"finds that all records are gone",
		[]string{`DELETE FROM audit_log WHERE tenant_id = $1`}, 1, "第 1 条及以后的记录缺失，链头记有 300 条"},
	{"finds a swapped pair",
		[]string{`UPDATE audit_log SET seq = 1000 WHERE tenant_id = $1 AND seq = 20`, `UPDATE audit_log SET seq = 20 WHERE tenant_id = $1 AND seq = 21`, `UPDATE audit_log SET seq = 21 WHERE tenant_id = $1 AND seq = 1000`},
		20, "第 20 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
	{"finds a record added behind the head",
		[]string{`INSERT INTO audit_log (tenant_id, seq, entry, hash) VALUES ($1, 301, '{}', '')`}, 301, "链头只记有 300 条，其后另有记录：链头被改过或记录是另行加入的"},
	{"finds a record added before the first",
		[]string{`INSERT INTO audit_log (tenant_id, seq, entry, hash) VALUES ($1, 0, '{}', '')`}, 0, "记录编号小于 1，是另行加入的"},
	{"finds a head set back",
		[]string{`UPDATE audit_heads h SET seq = 200, hash = (SELECT hash FROM audit_log l WHERE l.tenant_id = h.tenant_id AND l.seq = 200) WHERE tenant_id = $1`},
		201, "链头只记有 200 条，其后另有记录：链头被改过或记录是另行加入的"},
	{"finds a changed hash of the head",
		[]string{`UPDATE audit_heads SET hash = sha256('x') WHERE tenant_id = $1`}, 300, "链头的散列值与最后一条记录不符"},
	{"finds a removed head",
		[]string{`DELETE FROM audit_heads WHERE tenant_id = $1`}, 1, "链头只记有 0 条，其后另有记录：链头被改过或记录是另行加入的"},
	{"finds a record of another committee",
		[]string{`UPDATE audit_log l SET entry = o.entry, hash = o.hash FROM audit_log o WHERE o.tenant_id <> $1 AND o.seq = 30 AND l.tenant_id = $1 AND l.seq = 30`},
		30, "第 30 条记录的内容与散列值不符：内容、散列值或其次序被改过"},
}

func TestVerify(t *testing.T) {
	h := open(t)
	h.fill(h.other, 40)
	for _, c := range tampers {
		h.run(c.name, func(h *house) { // each with a chain of its own
			tenant := uuid.Must(uuid.NewV7())
			h.fill(tenant, 300)
			r := h.verify(tenant)
			h.equal([]any{r.OK, r.Rows, r.Why, r.Head.Seq}, []any{true, 300, "", 300})
			for _, sql := range c.tamper {
				h.sql(sql, tenant)
			}
			r = h.verify(tenant)
			h.equal([]any{r.OK, r.FirstBad, r.Why}, []any{false, c.first, c.why})
		})
	}
	h.run("says nothing of an untouched chain, nor of an empty one", func(h *house) {
		r := h.verify(h.other)
		h.equal([]any{r.OK, r.Rows, r.FirstBad, r.Why, r.Head.Seq}, []any{true, 40, 0, "", 40})
		h.equal(h.verify(uuid.Must(uuid.NewV7())).OK, true)
	})
}

// A generated column cannot be updated; on the disk it can be changed. Making
// it a common column comes nearest.
func TestVerifyColumns(t *testing.T) {
	h := open(t)
	for _, column := range []string{"at", "action", "actor", "object"} {
		h.sql(`ALTER TABLE audit_log ALTER COLUMN ` + column + ` DROP EXPRESSION`)
	}
	// written now, the columns stay empty: what was generated is put in by hand
	fill := func(h *house, tenant uuid.UUID) {
		h.fill(tenant, 3)
		h.sql(`UPDATE audit_log SET at = entry::jsonb ->> 'at', action = entry::jsonb ->> 'action', actor = entry::jsonb ->> 'actor', object = entry::jsonb ->> 'object' WHERE tenant_id = $1`, tenant)
		h.equal(h.verify(tenant).OK, true)
	}
	h.run("finds a flipped bit in any byte of a record and of its hash", func(h *house) {
		fill(h, h.tenant)
		var n int
		h.db.AsSuper(h.T, `SELECT octet_length(entry) FROM audit_log WHERE tenant_id = $1 AND seq = 2`, []any{h.tenant}, &n)
		flip := func(column, expression string, i int) {
			h.Helper()
			sql := `UPDATE audit_log SET ` + column + ` = ` + fmt.Sprintf(expression, i) + ` WHERE tenant_id = $1 AND seq = 2`
			h.sql(sql, h.tenant)
			r := h.verify(h.tenant)
			h.equal([]any{r.OK, r.FirstBad}, []any{false, 2})
			h.sql(sql, h.tenant) // flips it back
		}
		for i := range n {
			flip("entry", `convert_from(set_byte(convert_to(entry, 'UTF8'), %[1]d, get_byte(convert_to(entry, 'UTF8'), %[1]d) # 1), 'UTF8')`, i)
		}
		for i := range 32 {
			flip("hash", `set_byte(hash, %[1]d, get_byte(hash, %[1]d) # 128)`, i)
		}
		h.equal(h.verify(h.tenant).OK, true)
	})
	for _, column := range []string{"action", "actor", "object"} {
		for _, value := range []string{"'else'", "NULL"} {
			h.run("finds that "+column+" became "+value, func(h *house) {
				tenant := uuid.Must(uuid.NewV7())
				fill(h, tenant)
				h.sql(`UPDATE audit_log SET `+column+` = `+value+` WHERE tenant_id = $1 AND seq = 2`, tenant)
				r := h.verify(tenant)
				h.equal([]any{r.FirstBad, r.Why}, []any{2, fmt.Sprintf("第 2 条记录的检索列 %s 与内容不符", column)})
			})
		}
	}
}

func TestAnchors(t *testing.T) {
	h := open(t)
	rewrite := func(tenant uuid.UUID, from int64) { // what somebody with all rights can do
		h.sql(`DO $$ DECLARE r record; p bytea; BEGIN
		         SELECT hash INTO p FROM audit_log WHERE tenant_id = '` + tenant.String() + `' AND seq = ` + fmt.Sprint(from-1) + `;
		         FOR r IN SELECT * FROM audit_log WHERE tenant_id = '` + tenant.String() + `' AND seq >= ` + fmt.Sprint(from) + ` ORDER BY seq LOOP
		           p := sha256(p || convert_to(r.tenant_id::text || '|' || r.seq || '|{"action":"x"}', 'UTF8'));
		           UPDATE audit_log SET entry = '{"action":"x"}', hash = p WHERE tenant_id = r.tenant_id AND seq = r.seq;
		           UPDATE audit_heads SET hash = p WHERE tenant_id = r.tenant_id;
		         END LOOP; END $$`)
	}
	h.run("a chain rewritten to its end is found by an anchor kept elsewhere, and by nothing else", func(h *house) {
		h.fill(h.tenant, 10)
		anchor := h.verify(h.tenant).Head
		h.fill(h.tenant, 5)
		h.equal(h.verify(h.tenant, anchor).OK, true)
		rewrite(h.tenant, 8)
		h.equal(h.verify(h.tenant).OK, true)
		r := h.verify(h.tenant, anchor)
		h.equal([]any{r.OK, r.FirstBad, r.Why}, []any{false, 10, "第 10 条记录与先前留存的散列值不符：此条或更早的记录被整体改写过"})
	})
	h.run("a chain cut together with its head is found by an anchor kept elsewhere", func(h *house) {
		h.fill(h.other, 10)
		anchor := h.verify(h.other).Head
		h.sql(`DELETE FROM audit_log WHERE tenant_id = $1`, h.other)
		h.sql(`DELETE FROM audit_heads WHERE tenant_id = $1`, h.other)
		h.equal(h.verify(h.other).OK, true)
		r := h.verify(h.other, anchor)
		h.equal([]any{r.OK, r.FirstBad, r.Why}, []any{false, 1, "先前留存的第 10 条已不存在：链尾被截断"})
	})
}

func TestConcurrent(t *testing.T) {
	h := open(t)
	const writers, each = 32, 20
	// append writes with all at once; writer i writes to chain(i).
	appendAll := func(h *house, chain func(i int) uuid.UUID) {
		var wg sync.WaitGroup
		errs := make(chan error, writers)
		for i := range writers {
			wg.Go(func() {
				for n := range each {
					err := h.store.InTx(h.Context(), chain(i), func(ctx context.Context) error {
						if err := audit.Write(ctx, audit.Entry{Action: "a", Object: fmt.Sprintf("Matter:%d-%d", i, n)}); err != nil {
							return err
						}
						if n == each/2 { // one of each is undone and must leave no gap
							return errUndone
						}
						return nil
					})
					if err != nil && !errors.Is(err, errUndone) {
						errs <- err
						return
					}
				}
			})
		}
		for range 5 { // a chain is whole at every moment
			if r := h.verify(chain(0)); !r.OK {
				h.Error(r.Why)
			}
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			h.Error(err)
		}
	}
	h.run("32 writers at once to one chain leave it whole", func(h *house) {
		appendAll(h, func(int) uuid.UUID { return h.tenant })
		r := h.verify(h.tenant)
		h.equal([]any{r.OK, r.Rows}, []any{true, writers * (each - 1)})
	})
	h.run("32 writers at once to several chains leave each whole", func(h *house) {
		chains := []uuid.UUID{h.other, uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7()), uuid.Must(uuid.NewV7())}
		appendAll(h, func(i int) uuid.UUID { return chains[i%len(chains)] })
		for _, c := range chains {
			r := h.verify(c)
			h.equal([]any{r.OK, r.Rows}, []any{true, writers / len(chains) * (each - 1)})
		}
	})
}

var errUndone = errors.New("undone")
