package httpd

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// post is a request of which only a byte of the body has come.
func post(t *testing.T, url, path, from string) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\nContent-Length: 1000\r\n\r\n{", path, from); err != nil {
		t.Fatal(err)
	}
	return conn
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// answerOn is what came back over the connection.
func answerOn(t *testing.T, conn net.Conn) *http.Response {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp
}

func TestSlowClients(t *testing.T) {
	t.Parallel()
	const places = 4
	arrived, big := make(chan struct{}, 1000), strings.Repeat("字", 4<<20)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /read", func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	})
	mux.HandleFunc("GET /big", func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		_, _ = io.WriteString(w, big)
	})
	mux.HandleFunc("GET /small", func(http.ResponseWriter, *http.Request) {})
	served := func(t *testing.T, url string, from ...string) {
		t.Helper()
		if resp, body := ask(t, "GET", url+"/small", from...); resp.StatusCode != 200 {
			t.Error(resp.StatusCode, body)
		}
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

	t.Run("S11: bodies that do not come hold no place, from one address or from many", func(t *testing.T) {
		for _, of := range []string{"192.0.2.1", "192.0.2.%d", "2001:db8::%d"} {
			url, _ := start(t, Options{MaxInFlight: places, TrustedProxies: proxies}, mux)
			for i := range 10 * places {
				from := of
				if strings.Contains(of, "%d") {
					from = fmt.Sprintf(of, i+1)
				}
				post(t, url, "/read", from)
				<-arrived
				served(t, url, "X-Forwarded-For", from)
			}
		}
	})
	t.Run("S11: of too many that wait for one address, and of all, the longest waiting is told so", func(t *testing.T) {
		for of, most := range map[string]int{"192.0.2.1": places / 4, "192.0.2.%d": 4 * places} {
			server := New(Options{MaxInFlight: places, TrustedProxies: proxies, Log: slog.New(slog.DiscardHandler)}, mux)
			srv := httptest.NewServer(server.Handler())
			t.Cleanup(srv.Close)
			var conns []net.Conn
			for i := range most + 1 {
				from := of
				if strings.Contains(of, "%d") {
					from = fmt.Sprintf(of, i+1)
				}
				conns = append(conns, post(t, srv.URL, "/read", from))
				<-arrived
				eventually(t, func() bool { return server.inLobby() == min(i+1, most) }) // in this order
			}
			if resp := answerOn(t, conns[0]); resp.StatusCode != http.StatusRequestTimeout {
				t.Error(of, resp.StatusCode)
			}
			if _, err := io.WriteString(conns[most], strings.Repeat(" ", 999)); err != nil {
				t.Error(err)
			}
			if resp := answerOn(t, conns[most]); resp.StatusCode != 200 {
				t.Error(of, "the last one whose body came:", resp.StatusCode)
			}
		}
	})
	t.Run("S11: who does not read his answer holds no place", func(t *testing.T) {
		url, _ := start(t, Options{MaxInFlight: places}, mux)
		for range 5 * places {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			if _, err := io.WriteString(conn, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			<-arrived
			eventually(t, func() bool { resp, _ := ask(t, "GET", url+"/small"); return resp.StatusCode == 200 })
		}
	})
	t.Run("one address has at most half of the places", func(t *testing.T) {
		hold := make(chan struct{})
		busy := http.NewServeMux()
		busy.HandleFunc("GET /small", func(http.ResponseWriter, *http.Request) {})
		busy.HandleFunc("GET /wait", func(http.ResponseWriter, *http.Request) { arrived <- struct{}{}; <-hold })
		url, _ := start(t, Options{MaxInFlight: places, TrustedProxies: proxies}, busy)
		done := make(chan struct{}, places)
		for range places / 2 {
			go func() { ask(t, "GET", url+"/wait", "X-Forwarded-For", "192.0.2.1"); done <- struct{}{} }()
			<-arrived
		}
		if resp, body := ask(t, "GET", url+"/small", "X-Forwarded-For", "192.0.2.1"); resp.StatusCode != 429 || !strings.Contains(body, `"LIMIT_EXCEEDED"`) {
			t.Error(resp.StatusCode, body)
		}
		served(t, url, "X-Forwarded-For", "192.0.2.2")
		close(hold)
		for range places / 2 {
			<-done
		}
		served(t, url, "X-Forwarded-For", "192.0.2.1")
	})
}

// inLobby is how many wait for a body.
func (s *Server) inLobby() int {
	s.lobby.mu.Lock()
	defer s.lobby.mu.Unlock()
	return s.lobby.waiting.Len()
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it never was so")
		}
	}
}
