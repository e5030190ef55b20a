package live

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// Cursor is which notes a listener has seen: those that PostgreSQL's snapshot
// sees. Ids and times are given out before a transaction commits, so that "all
// after this number" would miss who got his early and commits late; a snapshot
// names those who were still at work.
type Cursor struct {
	snapshot string // xmin:xmax:xip,…
	todos    uint64 // what the to-do list came to, 0 where it was not asked for
}

// maxCursor bounds what is read of a cursor; a snapshot names some 20 bytes for
// each transaction at work.
const maxCursor = 8 << 10

// String is the cursor as a client keeps it.
func (c Cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(c.snapshot + "|" + strconv.FormatUint(c.todos, 36)))
}

// Todos is what the to-do list came to when the cursor was given out.
func (c Cursor) Todos() uint64 { return c.todos }

// With is the cursor with what the to-do list comes to now.
func (c Cursor) With(todos uint64) Cursor {
	c.todos = todos
	return c
}

// ParseCursor reads what String wrote.
func ParseCursor(s string) (Cursor, error) {
	bad := errs.New(errs.Invalid, "after 不是订阅给出的 cursor，请去掉它重新订阅，并重新读取页面").At("after")
	if len(s) > maxCursor {
		return Cursor{}, bad
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return Cursor{}, bad
	}
	snapshot, rest, _ := strings.Cut(string(text), "|")
	todos, err := strconv.ParseUint(rest, 36, 64)
	if err != nil || !wellFormed(snapshot) {
		return Cursor{}, bad
	}
	return Cursor{snapshot: snapshot, todos: todos}, nil
}

// wellFormed reports whether PostgreSQL would read the snapshot.
func wellFormed(s string) bool {
	part := strings.Split(s, ":")
	if len(part) != 3 {
		return false
	}
	low, ok1 := xid(part[0])
	high, ok2 := xid(part[1])
	if !ok1 || !ok2 || low == 0 || low > high {
		return false
	}
	if part[2] == "" {
		return true
	}
	last := low - 1
	for x := range strings.SplitSeq(part[2], ",") {
		n, ok := xid(x)
		if !ok || n <= last || n >= high {
			return false
		}
		last = n
	}
	return true
}

func xid(s string) (uint64, bool) {
	digits := func(r rune) bool { return r < '0' || r > '9' }
	if s == "" || len(s) > 19 || slices.ContainsFunc([]rune(s), digits) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil
}

// low is the first transaction that the snapshot may not have seen, high the
// first that it does not know.
func (c Cursor) low() uint64  { return c.bound(0) }
func (c Cursor) high() uint64 { return c.bound(1) }

func (c Cursor) bound(i int) uint64 {
	n, _ := xid(strings.Split(c.snapshot, ":")[i])
	return n
}
