package live

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text/corpus"
	"github.com/bihuan/bihuan/tenants/tenantstest"
)

// snapshots are texts that are nearly, or quite, what PostgreSQL writes.
func snapshots(n int) (out []string) {
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		low := r.IntN(30)
		high := low + r.IntN(20) - 3
		var list []string
		for x := low - 1; x <= high; x++ {
			if r.IntN(4) == 0 {
				list = append(list, fmt.Sprint(x))
			}
		}
		if r.IntN(8) == 0 && len(list) > 1 {
			list[0], list[1] = list[1], list[0]
		}
		s := fmt.Sprintf("%d:%d:%s", low, high, strings.Join(list, ","))
		if r.IntN(6) == 0 {
			cut := r.IntN(len(s))
			s = s[:cut] + string("0,:- x"[r.IntN(6)]) + s[cut:]
		}
		out = append(out, s)
	}
	return out
}

func TestACursorThatIsReadIsASnapshotToPostgreSQL(t *testing.T) {
	t.Parallel()
	c, err := pgx.Connect(context.Background(), tenantstest.New(t).SuperURL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	fine := 0
	for _, s := range snapshots(3000) {
		if !wellFormed(s) {
			continue
		}
		fine++
		var back string
		if err := c.QueryRow(context.Background(), `SELECT $1::text::pg_snapshot::text`, s).Scan(&back); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
	if fine < 500 {
		t.Error(fine, "of 3000 are well formed")
	}
}

func TestWhatPostgreSQLWritesIsRead(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"1:1:", "10:20:10,14,15", "730:735:731,734", "4294967296:4294967300:4294967299"} {
		c, err := ParseCursor(Cursor{snapshot: s}.With(42).String())
		if err != nil || c.snapshot != s || c.Todos() != 42 {
			t.Errorf("%s: %v %v", s, c, err)
		}
	}
}

func TestOtherTextsAreNoCursor(t *testing.T) {
	t.Parallel()
	texts := []string{"", "x", "1:1:|", "1:1:|z|z", "|0", "1:1:2|0", "5:1:|0", "0:1:|0", "1:99999999999999999999:|0", "1:3:2,2|0", "1:3:2,1|0", "-1:3:|0", strings.Repeat("1", maxCursor)}
	for _, c := range corpus.Texts {
		texts = append(texts, c.Text)
	}
	for _, s := range texts {
		for _, sent := range []string{s, base64.RawURLEncoding.EncodeToString([]byte(s))} {
			if c, err := ParseCursor(sent); !errs.Is(err, errs.Invalid) {
				t.Errorf("%.60q is read as %v, %v", sent, c, err)
			}
		}
	}
}
