package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// kept is one line of a file of anchors: a head as it was at that time, with a
// seal, so that nobody who has no key puts lines of his own there.
type kept struct {
	At     time.Time `json:"at"`
	Tenant uuid.UUID `json:"tenant"`
	Seq    int64     `json:"seq"`
	Hash   string    `json:"hash"`
	Key    string    `json:"key,omitempty"`
	Mac    string    `json:"mac,omitempty"`
}

func (k kept) text() []byte {
	return fmt.Appendf(nil, "anchor|%s|%s|%d|%s", k.At.UTC().Format(atFormat), k.Tenant, k.Seq, k.Hash)
}

// Anchors are what has been kept of the chains outside of the database.
type Anchors struct {
	Of    map[uuid.UUID][]Anchor
	Since time.Time // the first line: from then on the book is sealed
}

// Keep appends the present heads of all chains to a file: one line a chain that
// has grown since its last one there. The file should lie where who owns the
// database does not write, and where lines can only be appended; copies of it
// anywhere verify as it does.
func Keep(ctx context.Context, store *tenants.Store, path string) (lines int, err error) {
	defer errs.Wrap(&err, "audit.Keep")
	before, err := ReadAnchors(store, path)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Sync(), f.Close()) }()
	list := []uuid.UUID{tenants.Installation}
	for t, err := range store.Committees(ctx) {
		if err != nil {
			return 0, err
		}
		list = append(list, t.ID)
	}
	for _, t := range list {
		k := kept{At: clock.Now(ctx).UTC().Truncate(time.Microsecond), Tenant: t}
		var hash []byte
		err := reading(ctx, store, t, func(ctx context.Context) error {
			return tenants.Row(ctx, `SELECT seq, hash FROM audit_heads WHERE tenant_id = $1`, []any{t}, &k.Seq, &hash)
		})
		if tenants.NoRows(err) {
			continue
		}
		if err != nil {
			return lines, err
		}
		if last := before.Of[t]; len(last) > 0 && last[len(last)-1].Seq >= k.Seq {
			continue
		}
		k.Hash = hex.EncodeToString(hash)
		if s := store.Sealer(); s != nil {
			id, mac := s.Seal(k.text())
			k.Key, k.Mac = id, hex.EncodeToString(mac)
		}
		b, err := json.Marshal(k)
		if err != nil {
			return lines, err
		}
		if _, err := f.Write(append(b, '\n')); err != nil {
			return lines, err
		}
		lines++
	}
	return lines, nil
}

// ReadAnchors reads files of anchors; one that is not there has none. A line
// that is broken or whose seal is wrong is an error: somebody wrote in the file.
func ReadAnchors(store *tenants.Store, paths ...string) (out Anchors, err error) {
	out.Of = map[uuid.UUID][]Anchor{}
	for _, path := range paths {
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return out, err
		}
		err = out.read(store, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return out, fmt.Errorf("%s: %w", path, err)
		}
	}
	return out, nil
}

func (a *Anchors) read(store *tenants.Store, r io.Reader) error {
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		var k kept
		if err := json.Unmarshal(s.Bytes(), &k); err != nil {
			return errs.New(errs.Conflict, "留存的第 %d 行读不出来：这份留存被改过，请用另一份", n)
		}
		if sealer := store.Sealer(); sealer != nil && k.Key != "" {
			mac, _ := hex.DecodeString(k.Mac)
			if known, right := sealer.Sealed(k.Key, k.text(), mac); known && !right {
				return errs.New(errs.Conflict, "留存的第 %d 行的签认不对：这份留存被改过，请用另一份", n)
			}
		}
		a.Of[k.Tenant] = append(a.Of[k.Tenant], Anchor{Seq: k.Seq, Hash: k.Hash})
		if a.Since.IsZero() || k.At.Before(a.Since) {
			a.Since = k.At
		}
	}
	return s.Err()
}

func reading(ctx context.Context, store *tenants.Store, tenant uuid.UUID, fn func(context.Context) error) error {
	if tenant == tenants.Installation {
		return store.Global(ctx, fn)
	}
	return store.ReadTx(ctx, tenant, fn)
}
