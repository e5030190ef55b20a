package graph_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/handover"
	"github.com/bihuan/bihuan/internal/errs"
)

// packed looks through every part of a package for what must not leave.
func packed(t *testing.T, o *operator, c *committee, path string) {
	z, err := zip.OpenReader(path)
	must(t, err)
	defer z.Close()
	var password string
	must(t, o.super.QueryRow(o.ctx, `SELECT password_hash FROM accounts WHERE login = $1`, c.logins["主任"]).Scan(&password))
	found := false
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		b, err := io.ReadAll(r)
		must(t, errors.Join(err, r.Close()))
		found = found || bytes.Contains(b, []byte(c.logins["主任"]))
		for _, not := range []string{password, "$argon2id$", "password_hash", "sign_in_providers", "account_factors"} {
			if bytes.Contains(b, []byte(not)) {
				t.Errorf("%s holds %s", f.Name, not)
			}
		}
	}
	if !found {
		t.Error("not even a login is found")
	}
}

// badPackages tries what becomes of packages on their way.
func badPackages(t *testing.T, o *operator, path string, keys []string) {
	whole, err := os.ReadFile(path)
	must(t, err)
	at := filepath.Join(t.TempDir(), "bad.zip")
	try := func(t *testing.T, b []byte, says string) {
		t.Helper()
		must(t, os.WriteFile(at, b, 0o600))
		p, err := handover.Open(at)
		if err == nil {
			err = o.Take(o.ctx, p, nil)
			must(t, p.Close())
		}
		if e, ok := errs.As(err); !ok || !strings.Contains(e.Message, says) {
			t.Errorf("%v, want %s", err, says)
		}
		if got := o.holds("210202"); len(got) > 0 {
			t.Error("left:", got)
		}
	}
	t.Run("cut in half", func(t *testing.T) { try(t, whole[:len(whole)/2], "不是完整的移交包") })
	t.Run("empty", func(t *testing.T) { try(t, nil, "不是完整的移交包") })
	t.Run("one byte changed, wherever", func(t *testing.T) {
		for i := range 40 {
			b := bytes.Clone(whole)
			b[len(b)*i/40] ^= 1
			must(t, os.WriteFile(at, b, 0o600))
			if p, err := handover.Open(at); err == nil {
				h := p.Hash
				must(t, p.Close()) // a byte of the archive's own, such as a day: every part is as it was
				if q, err := handover.Open(path); err != nil || q.Hash != h {
					t.Errorf("byte %d is not noticed", len(b)*i/40)
				}
			}
		}
	})
	of := func(edit func(m *handover.Manifest, parts map[string][]byte)) []byte {
		return rewritten(t, whole, edit)
	}
	t.Run("attachments missing", func(t *testing.T) {
		try(t, of(func(_ *handover.Manifest, parts map[string][]byte) { delete(parts, "files/"+keys[0]) }), "缺少附件")
		try(t, of(func(m *handover.Manifest, parts map[string][]byte) {
			delete(parts, "files/"+keys[0])
			m.Files = m.Files[1:]
		}), "缺少 1 个附件")
	})
	t.Run("of a newer schema, of an older one, of a newer form", func(t *testing.T) {
		try(t, of(func(m *handover.Manifest, _ map[string][]byte) { m.Schema++ }), "先把本机升到同一版本")
		try(t, of(func(m *handover.Manifest, _ map[string][]byte) { m.Schema-- }), "较旧的版本")
		try(t, of(func(m *handover.Manifest, _ map[string][]byte) { m.Format++ }), "先升级本机")
	})
	change := func(table, from, to string) []byte {
		return of(func(m *handover.Manifest, parts map[string][]byte) {
			name := "tables/" + table + ".jsonl"
			b := bytes.Replace(parts[name], []byte(from), []byte(to), 1)
			if bytes.Equal(b, parts[name]) {
				t.Fatalf("%s has no %s", name, from)
			}
			parts[name] = b
			for i, p := range m.Parts {
				if p.Name == table {
					h := sha256.Sum256(b)
					m.Parts[i].Size, m.Parts[i].SHA256 = int64(len(b)), hex.EncodeToString(h[:])
				}
			}
		})
	}
	t.Run("with a manifest that says so: a forged book, another's rows, another's account, a line that is none", func(t *testing.T) {
		try(t, change("audit_log", "addMember", "addMembex"), "审计链的第")
		try(t, change("units", `"tenant_id": "`, `"tenant_id": "ffffffff-ffff-7fff-bfff-ffffffffffff", "was": "`), "不属于这个政协")
		try(t, change("accounts", `"id": "0`, `"id": "f`), "账号不在包里")
		try(t, change("memberships", `{`, `[`), "读不出来")
		try(t, change("steps", `"at": "2`, `"at": "x`), "读不出或对不上")
	})
	t.Run("whose people's login is here already, until the operator names it", func(t *testing.T) {
		p, err := handover.Open(path)
		must(t, err)
		defer p.Close()
		var login string
		must(t, p.Logins(func(l string) { login = l }))
		_, err = o.super.Exec(o.ctx, `INSERT INTO accounts (id, login, password_hash, created_at, password_changed_at) VALUES (gen_random_uuid(), $1, '-', now(), now())`, login)
		must(t, err)
		o.refuses(t, o.Take(o.ctx, p, nil), errs.Conflict, "--same="+login)
		_, err = o.super.Exec(o.ctx, `DELETE FROM accounts`)
		must(t, err)
	})
}

// rewritten is a package with other parts and another manifest.
func rewritten(t *testing.T, whole []byte, edit func(*handover.Manifest, map[string][]byte)) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	must(t, err)
	parts := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		parts[f.Name], err = io.ReadAll(r)
		must(t, err)
	}
	var m handover.Manifest
	must(t, json.Unmarshal(parts["manifest.json"], &m))
	edit(&m, parts)
	parts["manifest.json"], err = json.Marshal(m)
	must(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, b := range parts {
		f, err := w.Create(name)
		must(t, err)
		_, err = fmt.Fprintf(f, "%s", b)
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}
