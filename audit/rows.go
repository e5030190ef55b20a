package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/tenants"
)

// The rows beside the book (S9): who changes a row by hand leaves the chain as
// it is. A sample of rows is compared with what their records say last, while
// the chain is read anyway. Compared are texts, codes, ids, numbers and truth
// values; a row of these tables that no record made is a finding, too.
var sampled = map[string]string{
	"Membership": "memberships", "Grant": "grants", "Matter": "matters", "Assignment": "assignments", "Unit": "units",
	"Process": "processes", "TenantPolicy": "policies", "Seat": "seats", "Agreement": "agreements", "Proposal": "proposals",
}

// derived are columns that the program computes anew from others, or that a
// statement over many rows writes: no record has each of their values.
var derived = map[field]bool{
	{"Matter", "turn"}: true, {"Assignment", "turn"}: true, {"Matter", "process_id"}: true, {"Proposal", "case_no"}: true,
}

// perTable is how many rows of each table are looked at.
const perTable = 300

// beside is one row as it is, and what the book says of it.
type beside struct {
	entity string
	now    map[string]any
	says   map[string]any // by field, the last that was recorded
	made   bool
}

// sample picks rows of the transaction's tenant, other ones each time.
func (v *verifier) sample(ctx context.Context) error {
	v.rows = map[uuid.UUID]*beside{}
	for entity, table := range sampled {
		type picked struct {
			ID  uuid.UUID
			Row string
		}
		list, err := tenants.Rows[picked](ctx, fmt.Sprintf(
			`SELECT id, to_jsonb(r)::text FROM %s r WHERE tenant_id = $1 ORDER BY random() LIMIT %d`, table, perTable), v.tenant)
		if err != nil {
			return err
		}
		for _, p := range list {
			b := &beside{entity: entity, says: map[string]any{}}
			d := json.NewDecoder(strings.NewReader(p.Row))
			d.UseNumber()
			if err := d.Decode(&b.now); err != nil {
				return err
			}
			v.rows[p.ID] = b
		}
	}
	return nil
}

// hear takes what a record says of the sampled rows.
func (v *verifier) hear(entry string) {
	var w wire
	d := json.NewDecoder(strings.NewReader(entry))
	d.UseNumber()
	if d.Decode(&w) != nil {
		return
	}
	for _, c := range w.Changes {
		if c.Many { // of which rows, nobody knows
			for _, b := range v.rows {
				for name := range c.After {
					if b.entity == c.Entity {
						b.says[name] = nil
					}
				}
			}
			continue
		}
		b := v.rows[c.ID]
		if b == nil || b.entity != c.Entity {
			continue
		}
		b.made = b.made || c.Op == Create
		for name, value := range c.After {
			b.says[name] = value
		}
	}
}

// contradicted finds the first row that says something else than its records.
func (v *verifier) contradicted() {
	for id, b := range v.rows {
		if !b.made {
			v.bad(v.report.Rows+1, "%s %s 没有任何记录：是越过程序加入的", b.entity, id)
			return
		}
		for name, said := range b.says {
			now, column := b.now[name] // an act may note more than columns: from where a file was written
			if column && !derived[field{b.entity, name}] && !agrees(said, now) {
				v.bad(v.report.Rows+1, "%s %s 的 %s 与记录不符：是越过程序修改的", b.entity, id, name)
				return
			}
		}
	}
}

// agrees compares what was recorded with what is there. What the book does not
// keep in full, days and nested values agree with everything.
func agrees(said, now any) bool {
	switch s := said.(type) {
	case string:
		if s == Withheld || instant.MatchString(s) {
			return true
		}
		n, ok := now.(string)
		return ok && s == clean(n) || now == nil && s == ""
	case bool:
		return now == s || now == nil && !s
	case json.Number:
		n, ok := now.(json.Number)
		return ok && n.String() == s.String() || now == nil && s.String() == "0"
	case map[string]any: // a long text
		sha, ok := s["sha256"].(string)
		n, text := now.(string)
		return !ok || !text || sha == sum([]byte(clean(n)))
	}
	return true
}
