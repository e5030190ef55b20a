package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// wire is one connection of a client. It speaks just enough HTTP/1.1 to cost
// little beside what it measures.
type wire struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(addr string) (*wire, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{addr: addr, conn: conn, in: bufio.NewReaderSize(conn, 64<<10), body: make([]byte, 64<<10)}, nil
}

func (w *wire) close() { _ = w.conn.Close() } // nothing is lost

// request is a whole HTTP request as bytes.
func request(path, token string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n", path, len(body))
	if token != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", token)
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// do sends a request and returns the answer's body, valid until the next call.
// Any status but 200 is an error.
func (w *wire) do(req []byte) ([]byte, error) {
	if _, err := w.conn.Write(req); err != nil {
		return nil, err
	}
	status, length, chunked, err := w.head()
	if err != nil {
		return nil, err
	}
	body := w.body[:0]
	if !chunked {
		if body, err = w.read(body, length); err != nil {
			return nil, err
		}
	}
	for chunked {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, err
		}
		if body, err = w.read(body, int(n)); err != nil {
			return nil, err
		}
		if _, err := w.in.Discard(2); err != nil {
			return nil, err
		}
		chunked = n > 0
	}
	w.body = body[:cap(body)]
	if status != 200 {
		return nil, fmt.Errorf("status %d: %s", status, clip(body))
	}
	return body, nil
}

func clip(b []byte) string {
	if len(b) > 400 {
		return string(b[:400]) + "…"
	}
	return string(b)
}

func (w *wire) read(to []byte, n int) ([]byte, error) {
	at := len(to)
	if cap(to) < at+n {
		to = append(make([]byte, 0, 2*(at+n)), to...)
	}
	to = to[:at+n]
	_, err := io.ReadFull(w.in, to[at:])
	return to, err
}

// head reads the status line and the fields that say how long the body is.
func (w *wire) head() (status, length int, chunked bool, err error) {
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, 0, false, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, 0, false, errors.New("no HTTP/1.1")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, 0, false, err
	}
	for {
		if line, err = w.in.ReadSlice('\n'); err != nil {
			return 0, 0, false, err
		}
		switch {
		case len(line) <= 2:
			return status, length, chunked, nil
		case bytes.HasPrefix(line, []byte("Content-Length: ")):
			length, err = strconv.Atoi(string(bytes.TrimSpace(line[16:])))
		case bytes.HasPrefix(line, []byte("Transfer-Encoding: chunked")):
			chunked = true
		}
		if err != nil {
			return 0, 0, false, err
		}
	}
}
