package graph_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/live"
)

// A listener that waits costs memory and nothing else: its connection, and three
// small stacks. What it may cost is what docs/performance.md says.
func TestTwoThousandListenersFitIntoTheMemoryThatIsStated(t *testing.T) {
	const many, stated = 2000, 96 << 10 // bytes for each; measured are 59 KB
	c := small(t)
	s := c.station(0, live.Limits{Account: many, Tenant: many, Process: many})
	body, err := json.Marshal(map[string]any{"query": listening, "variables": input{"n": true, "t": true}})
	must(t, err)
	request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		c.token("委员甲"), len(body), body)
	used := func() uint64 {
		debug.FreeOSMemory()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse
	}
	lines := bufio.NewReader(nil) // one for all: what clients cost is not counted
	before := used()
	for range many {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		_, err = conn.Write([]byte(request))
		must(t, err)
		for lines.Reset(conn); ; {
			line, err := lines.ReadString('\n')
			must(t, err)
			if strings.HasPrefix(line, "data: ") {
				if !strings.Contains(line, `"cursor"`) {
					t.Fatal(line)
				}
				break
			}
		}
	}
	each := (used() - before) / many
	t.Logf("%d listeners wait, %d bytes each", s.r.Live.Count(), each)
	if each > stated || s.r.Live.Count() != many {
		t.Errorf("%d listeners, %d bytes each, %d are stated", s.r.Live.Count(), each, stated)
	}
}
