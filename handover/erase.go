package handover

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Proof says what was erased. The installation's book has the same.
type Proof struct {
	Committee Committee `json:"committee"`
	At        time.Time `json:"at"`
	Manifest  string    `json:"manifest"` // SHA-256 of the package's
	Reason    string    `json:"reason"`
	Deleted   []Count   `json:"deleted"`
	Files     int       `json:"files"`
	Record    int64     `json:"record"` // number in the installation's book

	gone []uuid.UUID // accounts
}

// Count is how many rows of a table were deleted.
type Count struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Erase deletes a suspended committee whose rows are those of the package.
// It may die anywhere: files go first, and as long as the rows are there it is
// run again; they go in one transaction with the record of it.
func (s Service) Erase(ctx context.Context, code string, p *Package, reason string) (proof Proof, err error) {
	defer errs.Wrap(&err, "handover.Erase(%s)", code)
	if reason, err = why(reason); err != nil {
		return proof, err
	}
	c, err := s.committee(ctx, code)
	if err != nil {
		return proof, err
	}
	is, err := s.status(ctx, c)
	if err != nil {
		return proof, err
	}
	if is != suspended {
		return proof, errs.New(errs.NotAllowedInState, "%s还在使用，没有销毁；请先停用（bihuan tenant suspend），再导出、移交", c.Name)
	}
	now, err := s.read(ctx, c, func(string) (io.Writer, error) { return io.Discard, nil })
	if err != nil {
		return proof, err
	}
	if err := p.holds(now); err != nil {
		return proof, err
	}
	for _, f := range p.Files {
		for _, key := range files.Keys(f.Name) {
			if err := s.Blobs.Delete(ctx, key); err != nil {
				return proof, err
			}
		}
	}
	proof = Proof{Committee: c, At: clock.Now(ctx).UTC(), Manifest: p.Hash, Reason: reason, Files: len(p.Files)}
	return proof, s.Store.AsOwner(ctx, s.OwnerURL, c.ID, true, proof.rows)
}

// rows deletes, looks whether anything is left, and writes it down.
func (p *Proof) rows(ctx context.Context) error {
	all, err := shapes(ctx)
	if err != nil {
		return err
	}
	if err := p.people(ctx); err != nil {
		return err
	}
	slices.Reverse(all)
	// What is derived goes first and is counted; triggers would take it away.
	derived := func(s shape) bool { return withheld[s.Name] != "" }
	all = append(slices.DeleteFunc(slices.Clone(all), func(s shape) bool { return !derived(s) }), slices.DeleteFunc(all, derived)...)
	err = unguarded(ctx, func() error {
		for _, t := range all {
			if err := p.delete(ctx, t.Name, `tenant_id = k.tenant`); err != nil {
				return err
			}
		}
		return p.nothing(ctx, all)
	})
	if err != nil {
		return err
	}
	if err := p.delete(ctx, "river_job", `args->>'tenant' = k.tenant::text`); err != nil {
		return err
	}
	// None of the committees below it has one above it in this installation now.
	if _, err := tenants.Exec(ctx, `UPDATE tenants SET parent_id = NULL WHERE parent_id = $1`, p.Committee.ID); err != nil {
		return err
	}
	if err := p.delete(ctx, "tenants", `id = k.tenant AND status = '`+suspended+`'`); err != nil {
		return err
	}
	return p.record(ctx)
}

// unguarded lets do delete what triggers keep from being deleted, such as frozen
// reports: within one committee such rows stay for ever, with it they go. Others
// wait with what they write into these tables until the transaction is over.
func unguarded(ctx context.Context, do func() error) error {
	type guard struct{ Table, Trigger string }
	guards, err := tenants.Rows[guard](ctx, `
		SELECT g.tgrelid::regclass::text, quote_ident(g.tgname) FROM pg_trigger g JOIN pg_attribute a ON a.attrelid = g.tgrelid AND a.attname = 'tenant_id' AND NOT a.attisdropped
		WHERE NOT g.tgisinternal AND g.tgtype & 2 <> 0 AND g.tgtype & 8 <> 0 ORDER BY 1, 2`) // before a delete
	if err != nil {
		return err
	}
	turn := func(how string) error {
		for _, g := range guards {
			if _, err := tenants.Exec(ctx, `ALTER TABLE `+g.Table+` `+how+` TRIGGER `+g.Trigger); err != nil {
				return err
			}
		}
		return nil
	}
	if err := turn("DISABLE"); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return turn("ENABLE")
}

// nothing deletes what triggers noted of the deleting, and finds what is left.
func (p *Proof) nothing(ctx context.Context, all []shape) error {
	for _, t := range all {
		if withheld[t.Name] != "" {
			if _, err := tenants.Exec(ctx, `DELETE FROM `+quoted(t.Name)+` WHERE tenant_id = $1`, p.Committee.ID); err != nil {
				return err
			}
		}
		var left int64
		if err := tenants.Row(ctx, `SELECT count(*) FROM `+quoted(t.Name)+` WHERE tenant_id = $1`, []any{p.Committee.ID}, &left); err != nil {
			return err
		}
		if left > 0 {
			return fmt.Errorf("%d rows of %s are left", left, t.Name)
		}
	}
	return nil
}

// people deletes what the installation's own tables have of the committee, and
// the accounts that are nobody else's with all that is theirs.
func (p *Proof) people(ctx context.Context) (err error) {
	p.gone, err = tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `
		SELECT a.id FROM accounts a WHERE a.id IN (`+itsAccounts+`)
		  AND NOT EXISTS (SELECT FROM account_memberships m WHERE m.account_id = a.id AND m.tenant_id <> $1)
		  AND NOT EXISTS (SELECT FROM account_invitations i WHERE i.account_id = a.id AND i.committee <> $1)`, p.Committee.ID)
	if err != nil {
		return err
	}
	const theirs = `account_id = ANY (k.gone)`
	const sessions = `SELECT id FROM account_sessions WHERE k.tenant IN (chosen_tenant, only_tenant) OR ` + theirs
	for _, d := range []struct{ table, where string }{
		{"account_invitations", `committee = k.tenant OR ` + theirs},
		{"account_identities", `committee = k.tenant OR ` + theirs},
		{"provider_visits", `committee = k.tenant`},
		{"account_duties", `membership_id IN (SELECT id FROM memberships WHERE tenant_id = k.tenant) OR ` + theirs},
		{"refresh_tokens", `session_id IN (` + sessions + `)`},
		{"account_sessions", `id IN (` + sessions + `)`},
		{"account_factors", theirs},
		{"recovery_codes", theirs},
		{"password_history", theirs},
		{"sign_in_failures", `key IN (SELECT 'login:' || login FROM accounts WHERE id = ANY (k.gone))`},
	} {
		if err := p.delete(ctx, d.table, d.where); err != nil {
			return err
		}
	}
	if _, err := tenants.Exec(ctx, `UPDATE accounts SET vouched_by = NULL WHERE vouched_by = ANY ($1)`, p.gone); err != nil {
		return err
	}
	return p.delete(ctx, "accounts", `id = ANY (k.gone)`)
}

// delete counts what it deletes: where may say k.tenant and k.gone.
func (p *Proof) delete(ctx context.Context, table, where string) error {
	tag, err := tenants.Exec(ctx, `WITH k AS (SELECT $1::uuid AS tenant, $2::uuid[] AS gone) DELETE FROM `+quoted(table)+` USING k WHERE `+where, p.Committee.ID, p.gone)
	if err == nil && tag.RowsAffected() > 0 {
		p.Deleted = append(p.Deleted, Count{table, tag.RowsAffected()})
	}
	return err
}

// record writes the proof into the installation's book.
func (p *Proof) record(ctx context.Context) error {
	if err := tenants.Enter(ctx, tenants.Installation); err != nil {
		return err
	}
	e := entry(ctx, p.Committee, "eraseCommittee", p.Reason)
	e.Changes = append(e.Changes, audit.Change{Entity: "Tenant", ID: p.Committee.ID, Op: audit.Delete, Before: map[string]any{
		"code": p.Committee.Code, "name": p.Committee.Name, "manifest": p.Manifest, "files": p.Files,
	}})
	for _, d := range p.Deleted {
		e.Changes = append(e.Changes, audit.Change{Entity: d.Table, Op: audit.Delete, Many: true, Rows: int(d.Rows)})
	}
	if err := audit.Write(ctx, e); err != nil {
		return err
	}
	return tenants.Row(ctx, `SELECT seq FROM audit_heads`, nil, &p.Record)
}
