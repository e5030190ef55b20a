package main

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSame(t *testing.T) {
	for _, c := range []struct {
		sentence, a, b string
		equal          bool
	}{
		{"the same texts", `{"a": "x", "b": [1, null]}`, `{"b": [1, null], "a": "x"}`, true},
		{"the same instant in two zones", `["2026-01-05T08:00:00+08:00"]`, `["2026-01-05T00:00:00Z"]`, true},
		{"parts in another order", `{"parties": [{"id": "1"}, {"id": "2"}]}`, `{"parties": [{"id": "2"}, {"id": "1"}]}`, true},
		{"edges in another order", `{"edges": [{"id": "1"}, {"id": "2"}]}`, `{"edges": [{"id": "2"}, {"id": "1"}]}`, false},
		{"a missing entry", `{"a": 1}`, `{"a": 1, "b": null}`, false},
		{"null and empty", `{"a": null}`, `{"a": ""}`, false},
		{"one instant and another", `["2026-01-05T08:00:00+08:00"]`, `["2026-01-05T08:00:00Z"]`, false},
		{"no JSON", `{`, `{}`, false},
	} {
		if err := same([]byte(c.a), []byte(c.b)); (err == nil) != c.equal {
			t.Errorf("%s: %v", c.sentence, err)
		}
	}
}

func TestParseLog(t *testing.T) {
	log := "a|LOG:  statement: begin; select 1\nb|LOG:  statement: of another database\na|LOG:  execute stmtcache_1: SELECT\n\t  2\na|DETAIL:  parameters: $1 = '3'\n" +
		"a|LOG:  checkpoint starting: time\n|LOG:  shutting down\na|LOG:  statement: commit\n"
	if got := parseLog(log, "a"); !slices.Equal(got, []string{"begin; select 1", "SELECT 2", "commit"}) {
		t.Errorf("%q", got)
	}
}

func TestWireReadsWhatServersSend(t *testing.T) {
	for _, c := range []struct{ sentence, answer, body string }{
		{"a length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc"},
	} {
		w := &wire{in: bufio.NewReader(strings.NewReader(c.answer)), conn: nowhere{}}
		if body, err := w.do(nil); err != nil || string(body) != c.body {
			t.Errorf("%s: %q %v", c.sentence, body, err)
		}
	}
	w := &wire{in: bufio.NewReader(strings.NewReader("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")), conn: nowhere{}}
	if _, err := w.do(nil); err == nil {
		t.Error("503 is no answer")
	}
}

func TestFigures(t *testing.T) {
	w := window{laps: []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}}
	if w.quantile(0.5) != 6 || w.quantile(0.99) != 10 || (window{}).quantile(0.5) != 0 {
		t.Error(w.quantile(0.5), w.quantile(0.99))
	}
	rounds := [][]window{}
	for _, n := range []int{10, 30, 20} { // the floor does 100 in each
		rounds = append(rounds, []window{{requests: 100, took: time.Second}, {requests: n, took: time.Second}})
	}
	if r := ratio(rounds, 1, 0); r != 0.2 {
		t.Error(r)
	}
	if m := median([]float64{4, 1, 3, 2}); m != 2.5 {
		t.Error(m)
	}
}

// What was used by the three is not foreign, and nothing is less than nothing.
func TestOthers(t *testing.T) {
	u := usage{all: 100, database: 40, server: 30, client: 20}
	if u.others() != 10 || (usage{client: 5}).others() != 0 {
		t.Error(u.others())
	}
	if busy() == 0 || ofProcess(1) < 0 {
		t.Error("/proc says nothing")
	}
}

// nowhere is a connection that takes everything.
type nowhere struct{ net.Conn }

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
