package dbtest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Wire stands between a program and PostgreSQL and counts its statements: each
// ends with a Sync or is a simple query. At the chosen one it goes dead, as the
// program would when its process is killed: everything is cut, and nothing gets
// through until the next count begins.
type Wire struct {
	URL string // for the program

	mu         sync.Mutex
	statements []string // since counting began; the text of simple queries
	dieAt      int      // number of the statement, from 0; -1: never
	answered   bool     // die when it has been answered, not before it is asked
	dead       bool
	open       map[net.Conn]bool
}

// NewWire listens until the test ends.
func NewWire(t testing.TB, database string) *Wire {
	t.Helper()
	config, err := pgconn.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("host")
	q.Del("port")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	w := &Wire{URL: u.String(), dieAt: -1, open: map[net.Conn]bool{}}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				_ = client.Close()
				continue
			}
			w.join(client, server)
		}
	}()
	return w
}

func (w *Wire) join(client, server net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		_, _ = client.Close(), server.Close()
		return
	}
	w.open[client], w.open[server] = true, true
	c := &crossing{wire: w, client: client, server: server}
	go c.ask()
	go c.answer()
}

// Count begins anew; at statement dieAt, counted from 0, it dies: before it is
// asked, or, if answered, when its answer is there. It never dies at -1.
func (w *Wire) Count(dieAt int, answered bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.statements, w.dieAt, w.answered, w.dead = nil, dieAt, answered, false
}

// Said are the statements since counting began, the text of simple queries only,
// and whether it died.
func (w *Wire) Said() (statements []string, dead bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.statements, w.dead
}

// die cuts everything. The lock is held.
func (w *Wire) die() {
	w.dead = true
	for c := range w.open {
		_ = c.Close()
	}
	clear(w.open)
}

// statement notes one and says whether to die at it: before it is passed on, or
// when its answer is there.
func (w *Wire) statement(text string) (before, after bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.statements)
	w.statements = append(w.statements, text)
	if n != w.dieAt || w.dead {
		return false, false
	}
	if !w.answered {
		w.die()
	}
	return !w.answered, w.answered
}

// crossing is one connection through the wire.
type crossing struct {
	wire           *Wire
	client, server net.Conn
	mu             sync.Mutex
	last           bool // what is answered next is not passed on
}

// ask passes on what the program says, message by message.
func (c *crossing) ask() {
	defer func() { _, _ = c.client.Close(), c.server.Close() }()
	in := bufio.NewReader(c.client)
	for first := true; ; first = false {
		head := make([]byte, 5) // the type and the length; the first message has no type
		if first {
			head = head[1:]
		}
		if _, err := io.ReadFull(in, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[len(head)-4:])-4)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		if !first && (head[0] == 'S' || head[0] == 'Q') {
			text := ""
			if head[0] == 'Q' {
				text = strings.TrimRight(string(body), "\x00")
			}
			before, after := c.wire.statement(text)
			if before {
				return
			}
			c.mu.Lock()
			c.last = c.last || after
			c.mu.Unlock()
		}
		if _, err := c.server.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// answer passes on what PostgreSQL says.
func (c *crossing) answer() {
	defer func() { _, _ = c.client.Close(), c.server.Close() }()
	b := make([]byte, 64<<10)
	for {
		n, err := c.server.Read(b)
		if err != nil {
			return
		}
		c.mu.Lock()
		last := c.last
		c.mu.Unlock()
		if last {
			c.wire.mu.Lock()
			c.wire.die()
			c.wire.mu.Unlock()
			return
		}
		if _, err := c.client.Write(b[:n]); err != nil {
			return
		}
	}
}
