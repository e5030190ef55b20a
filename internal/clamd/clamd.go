// Package clamd asks a ClamAV daemon whether there is something bad in a file
// (clamd(8), command INSTREAM), over a unix socket or TCP.
//
//   - What it found is told by its name; nothing found is the empty name.
//   - A daemon that is down, hangs, breaks off, refuses the size or answers what nobody understands is errs.Unavailable: it has said nothing about the file.
//   - A file is streamed to it; nothing of it is kept here.
package clamd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/bihuan/bihuan/internal/errs"
)

// Scanner is one daemon.
type Scanner struct {
	network, address string
	// Within is how long one file may take, in all.
	Within time.Duration
}

// within is enough for 50 MB of nested archives on an old machine.
const within = 2 * time.Minute

// chunk is how much is sent at once; the daemon's own limit is far above.
const chunk = 64 << 10

// New reads an address: unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310.
func New(address string) (*Scanner, error) {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Scheme == "unix" && u.Host == "" && strings.HasPrefix(u.Path, "/"):
		return &Scanner{"unix", u.Path, within}, nil
	case err == nil && u.Scheme == "tcp" && u.Port() != "" && u.Path == "":
		return &Scanner{"tcp", u.Host, within}, nil
	}
	return nil, errors.New("clamd: the address is unix:///path of the socket or tcp://host:port")
}

// Scan answers the name of what was found in the bytes of r. An error of r comes
// back as it is.
func (s *Scanner) Scan(ctx context.Context, r io.Reader) (found string, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Within)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", silent(err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // whatever it is waiting for
	sent, bad := send(conn, r)
	if bad != nil {
		return "", bad
	}
	// Even after a write that failed there may be an answer: the daemon says why
	// it hung up.
	answer, err := bufio.NewReader(io.LimitReader(conn, 4096)).ReadString(0)
	if err != nil {
		return "", silent(errors.Join(sent, err, ctx.Err()))
	}
	return verdict(strings.TrimSuffix(answer, "\x00"), sent)
}

// send streams the file: each piece after its length, an empty one at the end.
// sent is what went wrong on the way, bad what went wrong with r.
func send(conn io.Writer, r io.Reader) (sent, bad error) {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return err, nil
	}
	buf := make([]byte, 4+chunk)
	for {
		n, err := io.ReadFull(r, buf[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if _, err := conn.Write(buf[:4+n]); err != nil {
				return err, nil
			}
		}
		if err != nil {
			_, err = conn.Write(make([]byte, 4))
			return err, nil
		}
	}
}

func verdict(answer string, sent error) (string, error) {
	said, stream := strings.CutPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(said, " FOUND")
	switch {
	case stream && found && name != "":
		return name, nil
	case stream && said == "OK" && sent == nil:
		return "", nil
	}
	return "", silent(errors.Join(fmt.Errorf("clamd: answered %.200q", answer), sent))
}

func silent(cause error) error {
	return errs.New(errs.Unavailable, "查毒程序暂时不可用，请稍后再试；仍不行请联系管理员").Because(cause)
}
