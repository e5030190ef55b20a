package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Anchor is the end of a chain as somebody saw it. Kept elsewhere, on paper or
// with the city, it binds everything up to it.
type Anchor struct {
	Seq  int64
	Hash string // hexadecimal
}

// Report is what Verify found.
type Report struct {
	Tenant   uuid.UUID
	Rows     int64 // records found good, from the first
	OK       bool
	FirstBad int64  // number of the first record that is wrong, missing or too many, unless OK
	Why      string // Chinese, for the auditor; empty when OK
	Head     Anchor // end of the chain when the check began; to be kept as an anchor when OK
}

// batch is how many rows are in memory at once; a row is rarely over 4 kB and
// never much over maxChanges.
const batch = 250

// genesis is the hash before the first record, as audit_append has it.
var genesis = sha256.Sum256(nil)

// Verify checks a tenant's chain up to the head it finds at the beginning, as
// the serving role, in short reading transactions; others go on writing.
// With tenants.Installation it checks the installation's own chain. The error
// is about reading; a broken chain is a Report.
func Verify(ctx context.Context, store *tenants.Store, tenant uuid.UUID, anchors ...Anchor) (Report, error) {
	return Check{Anchors: anchors}.Verify(ctx, store, tenant)
}

// Check is what a chain is verified against, beside itself and the seals that
// the store's sealer knows.
type Check struct {
	Anchors []Anchor  // heads of this chain that were kept elsewhere, from any number of places
	Since   time.Time // from when on the book is sealed, as kept elsewhere; zero: not known
	Rows    bool      // compare a sample of rows with the book
}

// Verify is the function of that name, with this check.
func (c Check) Verify(ctx context.Context, store *tenants.Store, tenant uuid.UUID) (_ Report, err error) {
	defer errs.Wrap(&err, "audit.Verify(%s)", tenant)
	v := &verifier{Check: c, tenant: tenant, last: genesis[:], report: Report{Tenant: tenant, OK: true}, anchors: c.Anchors, sealer: store.Sealer()}
	v.Rows = v.Rows && tenant != tenants.Installation
	v.read = func(fn func(context.Context) error) error { return reading(tenants.Still(ctx), store, tenant, fn) }
	if err := v.run(); err != nil {
		return Report{}, err
	}
	return v.report, nil
}

type verifier struct {
	Check
	sealer  tenants.Sealer
	rows    map[uuid.UUID]*beside
	sealed  time.Time // when the first sealed record was written; zero: none yet
	tenant  uuid.UUID
	read    func(func(context.Context) error) error
	ends    ends
	last    []byte // hash of the last good record
	anchors []Anchor
	report  Report
}

// ends are the head's number and the numbers that are there. One statement
// reads them, so they are of one instant.
type ends struct{ head, min, max int64 }

type row struct {
	Seq                             int64
	Entry                           string
	Hash                            []byte
	At, Action, Actor, Object, Said *string
	Mac                             []byte
	Key                             *string
}

func (v *verifier) run() error {
	err := v.read(func(ctx context.Context) error {
		if v.Rows { // of the same state as the head
			if err := v.sample(ctx); err != nil {
				return err
			}
		}
		return tenants.Row(ctx, `
			SELECT coalesce(max(h.seq), 0), coalesce(max(encode(h.hash, 'hex')), ''),
			       coalesce((SELECT min(seq) FROM audit_log WHERE tenant_id = $1), 1),
			       coalesce((SELECT max(seq) FROM audit_log WHERE tenant_id = $1), 0)
			FROM audit_heads h WHERE h.tenant_id = $1`,
			[]any{v.tenant}, &v.ends.head, &v.report.Head.Hash, &v.ends.min, &v.ends.max)
	})
	if err != nil {
		return err
	}
	v.report.Head.Seq = v.ends.head
	if v.ends.min < 1 {
		v.bad(v.ends.min, "记录编号小于 1，是另行加入的")
		return nil
	}
	for v.report.OK && v.report.Rows < v.ends.head {
		if err := v.page(); err != nil {
			return err
		}
	}
	if v.report.OK && v.report.Rows == 0 && len(v.rows) > 0 {
		v.bad(1, "审计链是空的，而本政协已有数据：审计链被清空过")
	}
	if v.report.OK {
		v.checkEnd()
	}
	if v.report.OK && v.Rows {
		v.contradicted()
	}
	return nil
}

// page checks the next batch of rows.
func (v *verifier) page() error {
	var rows []row
	err := v.read(func(ctx context.Context) (err error) {
		rows, err = tenants.Rows[row](ctx, `
			SELECT seq, entry, hash, at, action, actor, object, said, mac, key_id FROM audit_log
			WHERE tenant_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
			v.tenant, v.report.Rows, v.ends.head, batch)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range rows {
		if v.check(r); !v.report.OK {
			return nil
		}
	}
	if len(rows) < batch && v.report.Rows < v.ends.head {
		v.bad(v.report.Rows+1, "第 %d 条及以后的记录缺失，链头记有 %d 条", v.report.Rows+1, v.ends.head)
	}
	return nil
}

func (v *verifier) check(r row) {
	want := v.report.Rows + 1
	if r.Seq != want {
		v.bad(want, "第 %d 条记录缺失", want)
		return
	}
	got := link(v.last, v.tenant, r.Seq, r.Entry)
	if string(got) != string(r.Hash) {
		v.bad(want, "第 %d 条记录的内容与散列值不符：内容、散列值或其次序被改过", want)
		return
	}
	if col := wrongColumn(r); col != "" {
		v.bad(want, "第 %d 条记录的检索列 %s 与内容不符", want, col)
		return
	}
	if why := v.unsealed(r, got); why != "" {
		v.bad(want, "第 %d 条记录"+why, want)
		return
	}
	if v.Rows {
		v.hear(r.Entry)
	}
	hash := hex.EncodeToString(got)
	for _, a := range v.anchors {
		if a.Seq == want && a.Hash != hash {
			v.bad(want, "第 %d 条记录与先前留存的散列值不符：此条或更早的记录被整体改写过", want)
			return
		}
	}
	v.last = got
	v.report.Rows = want
}

// besideOld is how long the version before, which seals nothing, may go on
// writing beside this one while an installation is upgraded.
const besideOld = 24 * time.Hour

// unsealed says what is wrong with a record's seal, nothing where all is well.
// Before the switch-over, the first sealed record, records have none: what is
// sealed later holds them by its hash.
func (v *verifier) unsealed(r row, hash []byte) string {
	var at time.Time
	if r.At != nil {
		at, _ = time.Parse(atFormat, *r.At) // zero: before everything
	}
	if r.Key == nil {
		switch {
		case v.sealer == nil:
		case !v.sealed.IsZero() && at.After(v.sealed.Add(besideOld)):
			return "没有密钥签认，而在它之前的已有：是越过程序加入的"
		case !v.Since.IsZero() && at.After(v.Since.Add(besideOld)):
			return "没有密钥签认，而那时已在签认：签认被去掉，或审计链被重建过"
		}
		return ""
	}
	if v.sealed.IsZero() {
		v.sealed = at
	}
	if v.sealer == nil {
		return ""
	}
	switch known, right := v.sealer.Sealed(*r.Key, sealText(v.tenant, r.Seq, hash), r.Mac); {
	case !known:
		return "的签认所用的密钥 " + *r.Key + " 不在这里：请用 BIHUAN_FORMER_SECRET_FILES 给出换下来的密钥文件，没有换过就是被重建过"
	case !right:
		return "的密钥签认不对：此条或更早的记录被改写过"
	}
	return ""
}

// checkEnd compares the end of the rows with the head and the anchors.
func (v *verifier) checkEnd() {
	e := v.ends
	if e.max > e.head {
		v.bad(e.head+1, "链头只记有 %d 条，其后另有记录：链头被改过或记录是另行加入的", e.head)
		return
	}
	if e.head > 0 && v.report.Head.Hash != hex.EncodeToString(v.last) {
		v.bad(e.head, "链头的散列值与最后一条记录不符")
		return
	}
	for _, a := range v.anchors {
		if a.Seq > e.head {
			v.bad(e.head+1, "先前留存的第 %d 条已不存在：链尾被截断", a.Seq)
			return
		}
	}
}

func (v *verifier) bad(seq int64, why string, args ...any) {
	v.report.OK = false
	v.report.FirstBad = seq
	v.report.Why = why
	if len(args) > 0 {
		v.report.Why = fmt.Sprintf(why, args...)
	}
}

// wrongColumn names the searchable column that says something else than the
// entry, or is empty.
func wrongColumn(r row) string {
	var e map[string]json.RawMessage
	if json.Unmarshal([]byte(r.Entry), &e) != nil {
		return "entry"
	}
	for _, c := range []struct {
		name  string
		value *string
	}{{"at", r.At}, {"action", r.Action}, {"actor", r.Actor}, {"object", r.Object}} {
		var want *string
		if raw, ok := e[c.name]; ok && json.Unmarshal(raw, &want) != nil {
			return c.name
		}
		if (want == nil) != (c.value == nil) || want != nil && *want != *c.value {
			return c.name
		}
	}
	if r.Said == nil { // of before there was one, or of the previous version
		return ""
	}
	var w wire
	if json.Unmarshal([]byte(r.Entry), &w) != nil || w.said() != *r.Said {
		return "said"
	}
	return ""
}
