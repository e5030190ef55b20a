package handover

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// maxFile is larger than any upload may be.
const maxFile = 1 << 30

// taking is one package on its way in.
type taking struct {
	Service
	*Package
	same     []string                // logins that are here and are the same persons'
	accounts map[uuid.UUID]uuid.UUID // of the package → here
	put      []string                // keys whose bytes have been stored
}

// Take takes a package in: all of it or nothing. same are logins of accounts
// that are here already and belong to the same persons. What comes in is
// suspended. Called again with what is here already it is errs.Conflict.
func (s Service) Take(ctx context.Context, p *Package, same []string) (err error) {
	defer errs.Wrap(&err, "handover.Take(%s)", p.Committee.Code)
	t := taking{Service: s, Package: p, same: same, accounts: map[uuid.UUID]uuid.UUID{}}
	err = s.Store.AsOwner(ctx, s.OwnerURL, p.Committee.ID, true, t.all)
	if err != nil {
		for _, key := range t.put { // nobody has a row for them
			err = errors.Join(err, s.Blobs.Delete(context.WithoutCancel(ctx), key))
		}
	}
	return err
}

func (t *taking) all(ctx context.Context) error {
	tables, err := t.fits(ctx)
	if err != nil {
		return err
	}
	if err := t.enter(ctx); err != nil {
		return err
	}
	if err := t.lines("accounts", func(line string) error { return t.account(ctx, line) }); err != nil {
		return err
	}
	for _, table := range tables {
		if err := t.table(ctx, table); err != nil {
			return foreign(err)
		}
		t.through()
	}
	if err := t.invitations(ctx); err != nil {
		return foreign(err)
	}
	// Rows come before bytes: a key that is somebody else's is refused by its row.
	if err := t.files(ctx); err != nil {
		return err
	}
	return t.book(ctx)
}

// fits refuses another schema, and a committee that is here.
func (t *taking) fits(ctx context.Context) ([]shape, error) {
	here, err := schema(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case t.Schema > here:
		return nil, errs.New(errs.Invalid, "这份移交包来自更新的版本（数据结构 %d，本机是 %d），请先把本机升到同一版本", t.Schema, here)
	case t.Schema < here:
		return nil, errs.New(errs.Invalid, "这份移交包来自较旧的版本（数据结构 %d，本机是 %d），请移交方升级后重新导出，或用那个版本的程序装入后再升级", t.Schema, here)
	}
	var there bool
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM tenants WHERE id = $1 OR code = $2)`, []any{t.Committee.ID, t.Committee.Code}, &there)
	if err != nil {
		return nil, err
	}
	if there {
		return nil, errs.New(errs.Conflict, "本机已有代码为 %s 的政协（%s），没有装入；同一政协不能有两份", t.Committee.Code, t.Committee.Name)
	}
	all, err := shapes(ctx)
	if err != nil {
		return nil, err
	}
	return carried(all), nil
}

// enter writes the line of the directory. The committee above is the one of its
// code, where it is here.
func (t *taking) enter(ctx context.Context) error {
	c := t.Committee
	_, err := tenants.NewTenant{Code: c.Code, Name: c.Name, ShortName: c.ShortName, Level: tenants.Level(c.Level), ParentCode: c.Parent}.Normal()
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO tenants (id, code, name, short_name, level, parent_id, status, created_at)
		VALUES ($1, $2, $3, $4, $5, (SELECT id FROM tenants WHERE code = $6), $7, $8)`,
		c.ID, c.Code, c.Name, c.ShortName, c.Level, c.Parent, suspended, c.CreatedAt)
	return err
}

// account makes an account as it was, without a password. One that is here is
// joined only where the operator says that it is the same person's.
func (t *taking) account(ctx context.Context, line string) error {
	var a struct {
		ID       uuid.UUID  `json:"id"`
		Login    string     `json:"login"`
		Created  time.Time  `json:"created_at"`
		Disabled *time.Time `json:"disabled_at"`
	}
	if json.Unmarshal([]byte(line), &a) != nil || a.ID == uuid.Nil {
		return damaged("账号有一行读不出来")
	}
	var here uuid.UUID
	var login string
	err := tenants.Row(ctx, `SELECT id, login FROM accounts WHERE id = $1 OR login = $2 ORDER BY login = $2 DESC LIMIT 1`, []any{a.ID, a.Login}, &here, &login)
	switch {
	case tenants.NoRows(err):
		t.accounts[a.ID] = a.ID
		_, err = tenants.Exec(ctx, `
			INSERT INTO accounts (id, login, password_hash, created_at, password_changed_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			a.ID, a.Login, t.Unopened(), a.Created, clock.Now(ctx), a.Disabled)
		return foreign(err)
	case err != nil:
		return err
	case login != a.Login || !slices.Contains(t.same, login):
		return errs.New(errs.Conflict, "登录名 %s 在本机已有账号，没有装入；请核实是同一个人后用 --same=%s 写明，不是同一个人的请移交方先改名", a.Login, a.Login)
	}
	t.accounts[a.ID] = here
	return nil
}

// table writes a table's rows. Those that refer to rows of the table which have
// not come yet wait for the last statement, which is checked as a whole.
func (t *taking) table(ctx context.Context, s shape) error {
	in := inserter{sql: s.insert()}
	var held []string
	seen := map[string]bool{}
	err := t.lines(s.Name, func(line string) (err error) {
		if s.Name == "memberships" {
			if line, err = t.person(line); err != nil {
				return err
			}
		}
		if len(s.Self) > 0 {
			late, err := s.early(line, seen)
			if err != nil {
				return err
			}
			if late {
				held = append(held, line)
				return nil
			}
		}
		return in.add(ctx, line)
	})
	if err == nil {
		err = in.flush(ctx)
	}
	if err != nil || len(held) == 0 {
		return err
	}
	in.lines = held
	return in.flush(ctx)
}

// early reports whether a row refers to one of its table that has not been
// seen, else it is seen.
func (s shape) early(line string, seen map[string]bool) (bool, error) {
	var row map[string]any
	if err := json.Unmarshal([]byte(line), &row); err != nil {
		return false, damaged("%s 有一行读不出来", s.Name)
	}
	for _, c := range s.Self {
		if id, refers := row[c].(string); refers && !seen[id] {
			return true, nil
		}
	}
	id, _ := row["id"].(string)
	seen[id] = true
	return false, nil
}

// person is a membership with the account that is his here.
func (t *taking) person(line string) (string, error) {
	var row map[string]json.RawMessage
	var id *uuid.UUID
	if json.Unmarshal([]byte(line), &row) != nil || json.Unmarshal(row["account_id"], &id) != nil {
		return "", damaged("人员有一行读不出来")
	}
	if id == nil {
		return line, nil
	}
	here, known := t.accounts[*id]
	if !known {
		return "", damaged("有人员的账号不在包里")
	}
	row["account_id"], _ = json.Marshal(here)
	b, err := json.Marshal(row)
	return string(b), err
}

func (t *taking) invitations(ctx context.Context) error {
	return t.lines("account_invitations", func(line string) error {
		var i struct {
			ID         uuid.UUID  `json:"id"`
			Account    *uuid.UUID `json:"account_id"`
			Membership uuid.UUID  `json:"membership_id"`
			Invited    time.Time  `json:"invited_at"`
			Answered   *time.Time `json:"answered_at"`
			Accepted   *bool      `json:"accepted"`
			By         string     `json:"by_name"`
			Name       string     `json:"as_name"`
			Kind       string     `json:"as_kind"`
			Post       string     `json:"as_post"`
			ByWord     bool       `json:"by_word"`
			Withdrawn  *time.Time `json:"withdrawn_at"`
		}
		if json.Unmarshal([]byte(line), &i) != nil {
			return damaged("邀请有一行读不出来")
		}
		if i.Account != nil {
			here, known := t.accounts[*i.Account]
			if !known {
				return damaged("有邀请的账号不在包里")
			}
			i.Account = &here
		}
		_, err := tenants.Exec(ctx, `
			INSERT INTO account_invitations (id, account_id, committee, membership_id, invited_at, answered_at, accepted, by_name, as_name, as_kind, as_post, by_word, withdrawn_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			i.ID, i.Account, t.Committee.ID, i.Membership, i.Invited, i.Answered, i.Accepted, i.By, i.Name, i.Kind, i.Post, i.ByWord, i.Withdrawn)
		return err
	})
}

// files stores the bytes of each attachment that the rows name.
func (t *taking) files(ctx context.Context) error {
	for _, f := range t.Files {
		var named bool
		if err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM attachments WHERE blob_key = $1 AND sha256 = $2)`, []any{f.Name, f.SHA256}, &named); err != nil {
			return err
		}
		if !named {
			return damaged("附件 %s 没有登记", f.Name)
		}
		if err := t.file(ctx, f); err != nil {
			return err
		}
	}
	var lacks int
	err := tenants.Row(ctx, `SELECT count(DISTINCT blob_key) FROM attachments WHERE purged_at IS NULL`, nil, &lacks)
	if err == nil && lacks != len(t.Files) {
		err = damaged("缺少 %d 个附件", lacks-len(t.Files))
	}
	return err
}

// file stores one file's bytes. What lies under its key already is either the
// same, from a time before that was killed, or somebody else's.
func (t *taking) file(ctx context.Context, f Part) error {
	switch old, err := stored(ctx, t.Blobs, f.Name); {
	case errs.Is(err, errs.NotFound):
	case err != nil:
		return err
	case old.SHA256 == f.SHA256:
		return nil
	default:
		return errs.New(errs.Conflict, "附件 %s 的编号在本机已属于别的文件，没有装入；请向移交方重新索取", f.Name)
	}
	r, err := t.part[fileFolder+f.Name].Open()
	if err != nil {
		return damaged("附件 %s 读不出来", f.Name)
	}
	t.put = append(t.put, f.Name)
	_, err = t.Blobs.Put(ctx, f.Name, r, maxFile)
	return errors.Join(err, r.Close())
}

// stored reads a file that is there to its end.
func stored(ctx context.Context, from blob.Store, key string) (Part, error) {
	r, _, err := from.Open(ctx, key)
	if err != nil {
		return Part{}, err
	}
	defer func() { _ = r.Close() }()
	sum := newSum(io.Discard)
	_, err = io.Copy(sum, r)
	return sum.part(key, 0), err
}

// book takes the chain over and says so in it, and in the installation's.
func (t *taking) book(ctx context.Context) error {
	head, err := audit.Adopt(ctx)
	if err != nil {
		return err
	}
	if headOf(head) != t.Head {
		return damaged("审计链的链头与清单不符")
	}
	// What came in is told to nobody: nobody is here yet.
	if _, err := tenants.Exec(ctx, `DELETE FROM live_changes WHERE tenant_id = $1`, t.Committee.ID); err != nil {
		return err
	}
	e := entry(ctx, t.Committee, "takeCommittee", "移交包 "+t.Hash)
	if err := audit.Write(ctx, e); err != nil {
		return err
	}
	if err := tenants.Enter(ctx, tenants.Installation); err != nil {
		return err
	}
	return audit.Write(ctx, e)
}

// foreign says what a database that refuses a row means here.
func foreign(err error) error {
	var pg *pgconn.PgError
	if _, said := errs.As(err); err == nil || said || !errors.As(err, &pg) {
		return err
	}
	switch pg.Code {
	case "42501":
		return damaged("有不属于这个政协的行").Because(err)
	case "23505":
		return errs.New(errs.Conflict, "移交包里有编号与本机的数据相同，没有装入；请向移交方重新索取").Because(err)
	}
	return damaged("有读不出或对不上的行").Because(err)
}

// inserter writes lines some hundreds at a time.
type inserter struct {
	sql   string
	lines []string
	size  int
}

// What one statement takes.
const (
	maxLines = 500
	maxBytes = 4 << 20
)

func (in *inserter) add(ctx context.Context, line string) error {
	in.lines, in.size = append(in.lines, line), in.size+len(line)
	if len(in.lines) < maxLines && in.size < maxBytes {
		return nil
	}
	return in.flush(ctx)
}

func (in *inserter) flush(ctx context.Context) error {
	if len(in.lines) == 0 {
		return nil
	}
	_, err := tenants.Exec(ctx, in.sql, in.lines)
	in.lines, in.size = nil, 0
	return err
}
