// Package clamdtest is a process that speaks clamd's protocol, with its faults.
package clamdtest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Bad is what the daemon finds, under Name.
const (
	Bad  = "THIS-IS-WHAT-THE-TEST-CALLS-BAD"
	Name = "Test.Bad-1"
)

// Fault is how it fails.
type Fault string

const (
	BreaksOff Fault = "in the middle of the file"
	HangsUp   Fault = "after the file, without a word"
	Hangs     Fault = "never answers"
	TooLarge  Fault = "the file is larger than it takes"
	Rubbish   Fault = "answers what nobody understands"
	Half      Fault = "answers without the end"
	Endless   Fault = "answers without end"
	Early     Fault = "answers before it has everything, and goes"
)

// Daemon is one.
type Daemon struct {
	Address string // as the setting has it
	l       net.Listener
	fault   atomic.Value // Fault
	seen    atomic.Int64
}

// Start begins one that ends with the test.
func Start(t testing.TB, network string) *Daemon {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		at = filepath.Join(t.TempDir(), "s")
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{l: l, Address: network + "://" + l.Addr().String()}
	d.Fail("")
	t.Cleanup(d.Stop)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.serve(conn)
		}
	}()
	return d
}

// Fail sets how it fails from now on; "" not at all.
func (d *Daemon) Fail(f Fault) { d.fault.Store(f) }

// Seen is how many files it was given.
func (d *Daemon) Seen() int { return int(d.seen.Load()) }

// Stop ends it; a second time does nothing.
func (d *Daemon) Stop() { _ = d.l.Close() }

func (d *Daemon) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	fault := d.fault.Load().(Fault)
	r := bufio.NewReader(conn)
	if command, err := r.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		_, _ = io.WriteString(conn, "UNKNOWN COMMAND\x00")
		return
	}
	d.seen.Add(1)
	switch fault {
	case Hangs:
		_, _ = io.Copy(io.Discard, r) // until the other side goes
		return
	case Early:
		_, _ = io.WriteString(conn, "stream: OK") // and no end
		return
	case TooLarge:
		_, _ = io.WriteString(conn, "INSTREAM size limit exceeded. ERROR\x00")
		_, _ = io.Copy(io.Discard, r)
		return
	}
	var file bytes.Buffer
	for {
		var n uint32
		if binary.Read(r, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		if _, err := io.CopyN(&file, r, int64(n)); err != nil || fault == BreaksOff {
			return
		}
	}
	answer := "stream: OK\x00"
	if bytes.Contains(file.Bytes(), []byte(Bad)) {
		answer = "stream: " + Name + " FOUND\x00"
	}
	switch fault {
	case HangsUp:
		return
	case Rubbish:
		answer = "stream: perhaps\x00"
	case Half:
		answer = "stream: OK"
	case Endless:
		answer = strings.Repeat("stream: OK ", 1000)
	}
	_, _ = io.WriteString(conn, answer)
}
