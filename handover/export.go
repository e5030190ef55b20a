package handover

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Service moves committees. It is the operator's: it needs the owner's
// connection and asks for nobody's rights.
type Service struct {
	Store    *tenants.Store
	OwnerURL string
	Blobs    blob.Store
	Trays    func(context.Context) error // empties the trays of account_events into the books
	Unopened func() string               // a hash that no password gives
	Through  func()                      // called when a table or a file is through; nil: nobody asks
}

func (s Service) through() {
	if s.Through != nil {
		s.Through()
	}
}

// The parts of a package.
const (
	manifestName = "manifest.json"
	tableFolder  = "tables/"
	tableEnding  = ".jsonl"
	fileFolder   = "files/"
)

// Export writes a committee into a file and answers its manifest with the
// manifest's hash. The file appears when it is whole. Called again it is
// written anew.
func (s Service) Export(ctx context.Context, code, path string) (m Manifest, hash string, err error) {
	defer errs.Wrap(&err, "handover.Export(%s)", code)
	c, err := s.committee(ctx, code)
	if err != nil {
		return m, "", err
	}
	if err := s.Trays(ctx); err != nil {
		return m, "", err
	}
	if err := s.note(ctx, c, "exportCommittee", "", nil); err != nil {
		return m, "", err
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return m, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part))
		}
	}()
	m, hash, err = s.pack(ctx, c, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return m, "", err
	}
	return m, hash, os.Rename(part, filepath.Clean(path))
}

func (s Service) pack(ctx context.Context, c Committee, to io.Writer) (m Manifest, hash string, err error) {
	z := zip.NewWriter(to)
	if m, err = s.read(ctx, c, func(name string) (io.Writer, error) { return z.Create(tableFolder + name + tableEnding) }); err != nil {
		return m, "", err
	}
	for _, f := range m.Files {
		if err := s.packFile(ctx, z, f); err != nil {
			return m, "", err
		}
		s.through()
	}
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, "", err
	}
	w, err := z.Create(manifestName)
	if err != nil {
		return m, "", err
	}
	if _, err := w.Write(b); err != nil {
		return m, "", err
	}
	return m, digest(b), z.Close()
}

func digest(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// packFile copies an attachment's bytes, which are those that its row tells.
func (s Service) packFile(ctx context.Context, z *zip.Writer, f Part) error {
	r, _, err := s.Blobs.Open(ctx, f.Name)
	if err != nil {
		return errs.New(errs.Conflict, "附件 %s 的内容不在存储里，没有导出；请先从备份恢复它，或在事项里移除这个附件", f.Name).Because(err)
	}
	defer func() { _ = r.Close() }()
	w, err := z.CreateHeader(&zip.FileHeader{Name: fileFolder + f.Name, Method: zip.Store}) // most are compressed already
	if err != nil {
		return err
	}
	sum := newSum(w)
	if _, err := io.Copy(sum, r); err != nil {
		return err
	}
	if sum.part(f.Name, 0) != f {
		return errs.New(errs.Conflict, "附件 %s 的内容与登记的散列值不符，没有导出；请先从备份恢复它", f.Name)
	}
	return nil
}

// read goes through all rows of a committee in one state and says what there
// is; each table's lines go where to says.
func (s Service) read(ctx context.Context, c Committee, to func(table string) (io.Writer, error)) (m Manifest, err error) {
	m = Manifest{Format: format, At: clock.Now(ctx).UTC(), Committee: c, Parts: []Part{}, Files: []Part{}}
	err = s.Store.AsOwner(ctx, s.OwnerURL, c.ID, false, func(ctx context.Context) error {
		all, err := shapes(ctx)
		if err != nil {
			return err
		}
		if m.Schema, err = schema(ctx); err != nil {
			return err
		}
		if err := tenants.Row(ctx, `SELECT coalesce(max(seq), 0), coalesce(max(encode(hash, 'hex')), '') FROM audit_heads`, nil, &m.Head.Seq, &m.Head.Hash); err != nil {
			return err
		}
		type source struct{ name, lines string }
		var sources []source
		for _, b := range beside {
			sources = append(sources, source{b.name, b.lines})
		}
		for _, t := range carried(all) {
			sources = append(sources, source{t.Name, t.lines()})
		}
		for _, t := range sources {
			w, err := to(t.name)
			if err != nil {
				return err
			}
			p, err := write(ctx, t.name, t.lines, c.ID, w)
			if err != nil {
				return err
			}
			m.Parts = append(m.Parts, p)
			s.through()
		}
		m.Files, err = tenants.Collect(ctx, pgx.RowToStructByPos[Part], `
			SELECT DISTINCT ON (blob_key) blob_key, 0::bigint, size, sha256 FROM attachments WHERE purged_at IS NULL ORDER BY blob_key`)
		return err
	})
	return m, err
}

// write streams one table's lines.
func write(ctx context.Context, name, query string, tenant uuid.UUID, to io.Writer) (p Part, err error) {
	sum, n := newSum(to), int64(0)
	err = tenants.WithTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, tenant)
		if err != nil {
			return err
		}
		var line string
		_, err = pgx.ForEachRow(rows, []any{&line}, func() error {
			n++
			_, err := io.WriteString(sum, line+"\n")
			return err
		})
		return err
	})
	return sum.part(name, n), err
}

// schema is the newest migration that this database has had.
func schema(ctx context.Context) (v int64, err error) {
	return v, tenants.Row(ctx, `SELECT max(version_id) FROM goose_db_version WHERE is_applied`, nil, &v)
}

// committee is the one of a code.
func (s Service) committee(ctx context.Context, code string) (c Committee, err error) {
	err = s.Store.Global(ctx, func(ctx context.Context) error {
		return tenants.Row(ctx, `
			SELECT t.id, t.code, t.name, t.short_name, t.level, coalesce(p.code, ''), t.created_at FROM tenants t LEFT JOIN tenants p ON p.id = t.parent_id
			WHERE t.code = $1`, []any{code}, &c.ID, &c.Code, &c.Name, &c.ShortName, &c.Level, &c.Parent, &c.CreatedAt)
	})
	if tenants.NoRows(err) {
		err = errs.New(errs.NotFound, "没有行政区划代码为“%s”的租户；bihuan tenant list 列出全部", code)
	}
	c.CreatedAt = c.CreatedAt.UTC()
	return c, err
}

// note writes in the committee's book and in the installation's what the
// operator does to it, after also has done it in the same transaction.
func (s Service) note(ctx context.Context, c Committee, action, reason string, also func(context.Context) error) error {
	return s.Store.AsOwner(ctx, s.OwnerURL, c.ID, true, func(ctx context.Context) error {
		if also != nil {
			if err := also(ctx); err != nil {
				return err
			}
		}
		e := entry(ctx, c, action, reason)
		if err := audit.Write(ctx, e); err != nil {
			return err
		}
		if err := tenants.Enter(ctx, tenants.Installation); err != nil {
			return err
		}
		return audit.Write(ctx, e)
	})
}

func entry(ctx context.Context, c Committee, action, reason string) audit.Entry {
	return audit.Entry{
		Action: action, Actor: audit.Actor{System: "operator", Name: audit.AtServer(ctx)},
		Object: audit.Object("Tenant", c.ID), ObjectName: c.Name, Reason: reason, Changes: []audit.Change{},
	}
}
