package graph_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/assembly"
	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/handover"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// operator is the installation's, at the command line.
type operator struct {
	*world
	handover.Service
	ctx   context.Context
	blobs *frail
}

func (w *world) operated() *operator {
	w.t.Helper()
	store, err := blob.OpenURL("file://" + w.t.TempDir())
	must(w.t, err)
	o := &operator{world: w, ctx: clock.With(context.Background(), w.clock), blobs: &frail{Store: store, left: -1}}
	o.Service = handover.Service{Store: w.db.Store, OwnerURL: w.db.OwnerURL, Blobs: o.blobs, Trays: assembly.AccountBook{Store: w.db.Store}.Left, Unopened: w.r.Accounts.Unopened}
	return o
}

// frail is a store of files in front of which the process dies.
type frail struct {
	blob.Store
	left int // operations until then; negative: it lives
}

var errKilled = errors.New("killed")

func (f *frail) dies() error {
	if f.left == 0 {
		return errKilled
	}
	f.left--
	return nil
}

func (f *frail) Put(ctx context.Context, key string, r io.Reader, most int64) (blob.Info, error) {
	if err := f.dies(); err != nil {
		return blob.Info{}, err
	}
	return f.Store.Put(ctx, key, r, most)
}

func (f *frail) Open(ctx context.Context, key string) (io.ReadCloser, int64, error) {
	if err := f.dies(); err != nil {
		return nil, 0, err
	}
	return f.Store.Open(ctx, key)
}

func (f *frail) Delete(ctx context.Context, key string) error {
	if err := f.dies(); err != nil {
		return err
	}
	return f.Store.Delete(ctx, key)
}

// filed gives each attachment of a committee its bytes.
func (o *operator) filed(c *committee) (keys []string) {
	o.t.Helper()
	rows, err := o.super.Query(o.ctx, `SELECT blob_key FROM attachments WHERE tenant_id = $1`, c.id)
	must(o.t, err)
	keys, err = pgx.CollectRows(rows, pgx.RowTo[string])
	must(o.t, err)
	for _, key := range keys {
		b := []byte("%PDF-" + key)
		_, err := o.blobs.Put(o.ctx, key, bytes.NewReader(b), 1<<20)
		must(o.t, err)
		h := sha256.Sum256(b)
		_, err = o.super.Exec(o.ctx, `UPDATE attachments SET sha256 = $2, size = $3 WHERE blob_key = $1`, key, hex.EncodeToString(h[:]), len(b))
		must(o.t, err)
	}
	return keys
}

// apart are fields that are about this installation and not about the
// committee, or about who asks.
var apart = map[string]string{
	"auditLog": "a look at the book stands in the book",
	"sessions": "of the account, which begins anew",
	"tenants":  "the directory of the installation", "committees": "the same", "parent": "the city is not there", "children": "the same",
}

// told is what the API tells a person: every list of the schema, and every
// matter with what hangs on it.
func (c *committee) told(who string) map[string]any {
	c.t.Helper()
	out := map[string]any{}
	for _, f := range c.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || needsArguments(f) || apart[f.Name] != "" {
			continue
		}
		args := c.arguments(f, maker{schema: c.schema, target: "first", value: 100, rest: word, sparse: true})
		q, vars := c.operation("query", f, 2, args)
		out[f.Name] = c.ask(who, q, vars).Data
	}
	rows, err := c.super.Query(context.Background(), `SELECT id::text FROM matters WHERE tenant_id = $1 ORDER BY id`, c.id)
	must(c.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(c.t, err)
	for _, id := range ids {
		out[id] = c.ask(who, `query($id: ID!) { node(id: $id) { ... on Matter `+c.selection("Matter", 2)+` } }`, input{"id": id}).Data
	}
	return out
}

// differs is where two answers differ first, with what stands there.
func differs(was, is any, at string) string {
	switch a := was.(type) {
	case map[string]any:
		b, _ := is.(map[string]any)
		for k := range a {
			if apart[k] == "" {
				if where := differs(a[k], b[k], at+"."+k); where != "" {
					return where
				}
			}
		}
		if len(a) == len(b) {
			return ""
		}
	case []any:
		b, _ := is.([]any)
		byID(a) // a list that says no order has none
		byID(b)
		for i := range min(len(a), len(b)) {
			if where := differs(a[i], b[i], fmt.Sprintf("%s[%d]", at, i)); where != "" {
				return where
			}
		}
		if len(a) == len(b) {
			return ""
		}
	default:
		if was == is {
			return ""
		}
	}
	return fmt.Sprintf("%s: %v, now %v", at, was, is)
}

func byID(list []any) {
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(dig(a, "id")), fmt.Sprint(dig(b, "id"))) })
}

// moved is the committee in another installation, where its people have set
// passwords with the words that they were given.
func (o *operator) moved(c *committee, people ...string) *committee {
	o.t.Helper()
	n := *c
	n.world, n.tokens = o.world, map[string]string{}
	for _, who := range people {
		var id uuid.UUID
		must(o.t, o.super.QueryRow(o.ctx, `SELECT id FROM accounts WHERE login = $1`, c.logins[who]).Scan(&id))
		must(o.t, o.db.Store.Global(o.ctx, func(ctx context.Context) error {
			word, err := o.r.Accounts.Issue(ctx, id, uuid.Nil)
			if err != nil {
				return err
			}
			n.made["word "+who] = word.Text
			return nil
		}))
		a := o.post(o.ctx, "", `mutation($i: ActivateAccountInput!) { activateAccount(input: $i) { userErrors { message } } }`,
			input{"i": input{"login": c.logins[who], "code": n.made["word "+who], "password": secret}})
		if len(a.Errors) > 0 || len(dig(a.Data, "activateAccount", "userErrors").([]any)) > 0 {
			o.t.Fatal(a.text)
		}
	}
	return &n
}

// holds is every place of the database in which the text stands.
func (w *world) holds(text string) (out []string) {
	w.t.Helper()
	rows, err := w.super.Query(context.Background(), `SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace ORDER BY 1`)
	must(w.t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(w.t, err)
	for _, table := range tables {
		var n int
		must(w.t, w.super.QueryRow(context.Background(), `SELECT count(*) FROM `+table+` x WHERE to_jsonb(x)::text LIKE '%' || $1 || '%'`, text).Scan(&n))
		if n > 0 {
			out = append(out, table)
		}
	}
	return out
}

func (o *operator) refuses(t *testing.T, err error, code errs.Code, says string) {
	t.Helper()
	if e, ok := errs.As(err); !ok || e.Code != code || !strings.Contains(e.Message, says) {
		t.Errorf("%v, want %s and %s", err, code, says)
	}
}

func TestACommitteeGoes(t *testing.T) {
	t.Parallel()
	a, b := newWorld(t).operated(), newWorld(t).operated()
	city := a.found("210200", "CITY", "甲市")
	c, other := a.found("210202", "DISTRICT", "甲区").live(), a.found("210203", "DISTRICT", "乙区")
	other.settle()
	b.clock.Set(a.clock.Now())
	keys := a.filed(c)
	people := []string{"主任", "委员甲", "商务局联络员", "管理员甲"}
	before := map[string]map[string]any{}
	for _, who := range people {
		before[who] = c.told(who)
	}
	path := filepath.Join(t.TempDir(), "甲区.zip")
	dump := func(id uuid.UUID) map[string]string {
		return (&strangers{world: a.world, victim: &committee{id: id}}).dump()
	}
	var hash string

	t.Run("erasing wants a suspended committee; suspended, nobody gets in and nothing is lost", func(t *testing.T) {
		_, _, err := a.Export(a.ctx, "210202", path)
		must(t, err)
		p, err := handover.Open(path)
		must(t, err)
		_, err = a.Erase(a.ctx, "210202", p, "合同到期")
		a.refuses(t, err, errs.NotAllowedInState, "先停用")
		must(t, p.Close())
		a.refuses(t, a.Suspend(a.ctx, "210202", " "), errs.Invalid, "事由")
		must(t, a.Suspend(a.ctx, "210202", "迁往市里的安装"))
		must(t, a.Suspend(a.ctx, "210202", "再来一次"))
		if got := c.ask("主任", `{ matters(first: 1) { edges { cursor } } }`, nil); got.code() == "" {
			t.Error("its people go on:", got.text)
		}
	})
	t.Run("an export that is killed leaves no package, and is made again", func(t *testing.T) {
		must(t, os.Remove(path))
		a.blobs.left = 0
		if _, _, err := a.Export(a.ctx, "210202", path); !errors.Is(err, errKilled) {
			t.Error(err)
		}
		a.blobs.left = -1
		left, err := os.ReadDir(filepath.Dir(path))
		must(t, err)
		if len(left) > 0 {
			t.Error("left:", left)
		}
		m, h, err := a.Export(a.ctx, "210202", path)
		must(t, err)
		if hash = h; len(m.Files) != len(keys) || m.Rows() < 500 {
			t.Errorf("%d files, %d rows", len(m.Files), m.Rows())
		}
	})
	t.Run("no password, second factor or secret is in the package", func(t *testing.T) { packed(t, a, c, path) })
	t.Run("bad packages are refused, and nothing of them stays", func(t *testing.T) { badPackages(t, b, path, keys) })
	t.Run("it comes in whole after a death on the way, suspended, and nobody has a password", func(t *testing.T) {
		p, err := handover.Open(path)
		must(t, err)
		defer p.Close()
		b.blobs.left = 1
		if err := b.Take(b.ctx, p, nil); !errors.Is(err, errKilled) {
			t.Error(err)
		}
		b.blobs.left = -1
		if got := b.holds(c.id.String()); len(got) > 0 {
			t.Error("left by what died:", got)
		}
		must(t, b.Take(b.ctx, p, nil))
		b.refuses(t, b.Take(b.ctx, p, nil), errs.Conflict, "本机已有代码为 210202 的政协")
		var status string
		var open int
		must(t, b.super.QueryRow(b.ctx, `SELECT (SELECT status FROM tenants WHERE id = $1), (SELECT count(*) FROM accounts WHERE activated_at IS NOT NULL)`, c.id).Scan(&status, &open))
		if status != "SUSPENDED" || open > 0 {
			t.Errorf("it is %s, %d accounts can be signed in to", status, open)
		}
		must(t, b.Resume(b.ctx, "210202", "核对完毕"))
	})
	t.Run("every role reads there what it read here", func(t *testing.T) {
		n := b.moved(c, people...)
		for _, who := range people {
			after := n.told(who)
			for what, was := range before[who] {
				if at := differs(was, after[what], ""); at != "" {
					t.Errorf("%s reads %s otherwise at %s", who, what, at)
				}
			}
			if len(after) != len(before[who]) || len(after) < 40 {
				t.Error(len(after), len(before[who]))
			}
		}
		for _, key := range keys {
			if _, _, err := b.blobs.Open(b.ctx, key); err != nil {
				t.Error(key, err)
			}
		}
	})
	t.Run("work goes on there, and its book verifies with the key of the new installation", func(t *testing.T) {
		n := b.moved(c, "委员乙")
		n.draft("委员乙", "INDIVIDUAL", "搬家之后的提案")
		r, err := audit.Verify(b.ctx, b.db.Store, c.id)
		must(t, err)
		if !r.OK || r.Rows < 100 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a package that is older than what is here erases nothing", func(t *testing.T) {
		must(t, a.Resume(a.ctx, "210202", "还要用一天"))
		must(t, a.Suspend(a.ctx, "210202", "迁往市里的安装"))
		p, err := handover.Open(path)
		must(t, err)
		defer p.Close()
		_, err = a.Erase(a.ctx, "210202", p, "已移交")
		a.refuses(t, err, errs.Conflict, "重新导出")
	})
	t.Run("erased after two deaths, nothing is left, others keep every row, and the proof is in the book", func(t *testing.T) {
		was, above := dump(other.id), dump(city.id)
		_, h, err := a.Export(a.ctx, "210202", path)
		must(t, err)
		hash = h
		p, err := handover.Open(path)
		must(t, err)
		defer p.Close()
		for left := range 2 {
			a.blobs.left = left
			if _, err := a.Erase(a.ctx, "210202", p, "已移交"); !errors.Is(err, errKilled) {
				t.Error(err)
			}
		}
		a.blobs.left = -1
		proof, err := a.Erase(a.ctx, "210202", p, "已移交")
		must(t, err)
		a.proven(t, c, proof, hash)
		for _, key := range keys {
			if _, _, err := a.blobs.Open(a.ctx, key); !errs.Is(err, errs.NotFound) {
				t.Error("a file is left:", key, err)
			}
		}
		unharmed(t, was, dump(other.id))
		unharmed(t, above, dump(city.id))
		_, err = a.Erase(a.ctx, "210202", p, "已移交")
		a.refuses(t, err, errs.NotFound, "没有行政区划代码")
	})
	t.Run("the chains of the others verify", func(t *testing.T) {
		for _, id := range []uuid.UUID{tenants.Installation, other.id, city.id} {
			r, err := audit.Verify(a.ctx, a.db.Store, id)
			must(t, err)
			if !r.OK || r.Rows == 0 {
				t.Errorf("%+v", r)
			}
		}
	})
	t.Run("it may come back", func(t *testing.T) {
		p, err := handover.Open(path)
		must(t, err)
		defer p.Close()
		must(t, a.Take(a.ctx, p, nil))
	})
}

// unharmed compares two dumps, but for the directory, in which a committee is less.
func unharmed(t *testing.T, was, is map[string]string) {
	t.Helper()
	for table := range was {
		if table != "tenants" && was[table] != is[table] {
			t.Errorf("%s has changed:\n%s\n%s", table, was[table], is[table])
		}
	}
}

// proven: the counts are of what was there, and the book has them.
func (o *operator) proven(t *testing.T, c *committee, proof handover.Proof, hash string) {
	t.Helper()
	if got := strings.Join(o.holds(c.id.String()), " "); got != "audit_log" {
		t.Error("the committee's id stands in", got)
	}
	if got := o.holds(c.logins["委员甲"]); len(got) > 1 || len(got) == 1 && got[0] != "audit_log" {
		t.Error("a person of it stands in", got)
	}
	var entry string
	var of uuid.UUID
	must(t, o.super.QueryRow(o.ctx, `SELECT entry, tenant_id FROM audit_log WHERE tenant_id = $1 AND seq = $2`, tenants.Installation, proof.Record).Scan(&entry, &of))
	for _, want := range []string{`"eraseCommittee"`, hash, "已移交", `"matters"`, `"audit_log"`, `"accounts"`, `"search_parts"`} {
		if !strings.Contains(entry, want) {
			t.Errorf("the book lacks %s: %s", want, entry)
		}
	}
	counts := map[string]int64{}
	for _, d := range proof.Deleted {
		counts[d.Table] = d.Rows
	}
	if counts["matters"] < 10 || counts["memberships"] < 15 || counts["tenants"] != 1 || counts["accounts"] < 15 {
		t.Error(proof.Deleted)
	}
}
