package smoke

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// call speaks to an address beside GraphQL as the person.
func (w *person) call(method, path string, body []byte) (int, []byte) {
	w.p.t.Helper()
	w.ask("{ viewer { roles } }", nil) // so that the token is fresh
	req, err := http.NewRequest(method, w.p.url+path, bytes.NewReader(body))
	if err != nil {
		w.p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.p.t.Fatal(err)
	}
	return res.StatusCode, b
}

// parcel is the file of envelopes for a partner.
func (d *district) parcel(partner, query string) []byte {
	d.p.t.Helper()
	status, body := d.admin.call(http.MethodGet, "/exchange/"+partner+query, nil)
	if status != http.StatusOK {
		d.p.t.Fatalf("%s exports to %s: %d %s", d.code, partner, status, body)
	}
	return body
}

// unpacks takes a file in, and answers what it brought.
func (d *district) unpacks(file []byte) m {
	d.p.t.Helper()
	status, body := d.admin.call(http.MethodPost, "/exchange", file)
	if status != http.StatusOK {
		d.p.t.Fatalf("%s imports: %d %s", d.code, status, body)
	}
	out := m{}
	if err := json.Unmarshal(body, &out); err != nil {
		d.p.t.Fatalf("%v: %s", err, body)
	}
	return out
}

// sendsBack takes a file in that must be refused, with the words.
func (d *district) sendsBack(what string, file []byte, says ...string) {
	d.p.t.Helper()
	status, body := d.admin.call(http.MethodPost, "/exchange", file)
	if status < 400 || status >= 500 {
		d.p.t.Errorf("%s takes in %s: %d %s", d.code, what, status, body)
	}
	for _, s := range says {
		if !strings.Contains(string(body), s) {
			d.p.t.Errorf("%s, %s: %s does not say %q", d.code, what, body, s)
		}
	}
}

// ferry carries a file from the city to 旅顺口 and one back, and once more each
// way, so that acknowledgements arrive too.
func (l *loop) ferry() {
	l.t.Helper()
	for range 2 {
		l.lsk.unpacks(l.city.parcel("210212", ""))
		l.city.unpacks(l.lsk.parcel("210200", ""))
	}
}

// post waits until the worker has carried everything between the city and 中山,
// then ferries to 旅顺口.
func (l *loop) post() {
	l.t.Helper()
	for _, d := range []*district{l.city, l.zs} {
		waitFor(l.t, "the worker's delivery from "+d.code, func() bool { return d.waiting("210200", "210202") == 0 })
	}
	l.ferry()
}

// waiting is how many envelopes to the partners have not arrived.
func (d *district) waiting(partners ...string) (n int) {
	d.p.t.Helper()
	list := dig(d.admin.ask(`{ sentEnvelopes(first: 50) { envelopes { partner kind status } } }`, nil), "sentEnvelopes", "envelopes").([]any)
	for _, e := range list {
		for _, p := range partners {
			if str(e, "partner") == p && str(e, "status") == "WAITING" {
				n++
			}
		}
	}
	return n
}

// lines are the lines of a file, the head first.
func lines(file []byte) [][]byte { return bytes.Split(bytes.TrimSpace(file), []byte("\n")) }

// badParcels: a file twice is harmless; altered, cut, for somebody else or out
// of order it changes nothing.
func (l *loop) badParcels(t *testing.T, file []byte) {
	t.Helper()
	before := l.lsk.tasksFromAbove()
	l.lsk.sendsBack("an altered file", bytes.Replace(file, []byte("定期调度"), []byte("不必调度"), 1), "文件第")
	l.lsk.sendsBack("a file without its last line", bytes.Join(lines(file)[:len(lines(file))-1], []byte("\n")), "文件")
	l.lsk.sendsBack("an envelope with another's signature", forged(t, file), "签名")
	l.lsk.sendsBack("no file at all", []byte("{}"), "信封文件")
	l.lsk.sendsBack("an empty file", nil)
	l.city.sendsBack("its own file", file)
	if status, _ := l.lsk.as("主任").call(http.MethodPost, "/exchange", file); status != http.StatusForbidden {
		t.Errorf("who does not manage the exchange imports: %d", status)
	}
	if now := l.lsk.tasksFromAbove(); now != before {
		t.Errorf("refused files made %d tasks", now-before)
	}
}

// tasksFromAbove counts the tasks that another committee gave this one.
func (d *district) tasksFromAbove() (n int) {
	d.p.t.Helper()
	list := dig(d.as("主任").ask(`{ matters(first: 100, filter: {kind: "task"}) { edges { node { id origin } } } }`, nil), "matters", "edges").([]any)
	for _, e := range list {
		if dig(e, "node", "origin") != nil {
			n++
		}
	}
	return n
}

// seq is the number of a file's first envelope.
func seq(t *testing.T, file []byte) int {
	t.Helper()
	var head struct{ From, Count int }
	if err := json.Unmarshal(lines(file)[0], &head); err != nil {
		t.Fatal(err)
	}
	return head.From
}

// forged is a file whose last envelope bears the signature of its head.
func forged(t *testing.T, file []byte) []byte {
	t.Helper()
	all := lines(file)
	var head, last struct{ Signature []byte }
	for line, to := range map[int]any{0: &head, len(all) - 1: &last} {
		if err := json.Unmarshal(all[line], to); err != nil {
			t.Fatal(err)
		}
	}
	as := base64.StdEncoding.EncodeToString
	all[len(all)-1] = bytes.Replace(all[len(all)-1], []byte(as(last.Signature)), []byte(as(head.Signature)), 1)
	return bytes.Join(all, []byte("\n"))
}
