package clamd_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/bihuan/bihuan/internal/clamd"
	"github.com/bihuan/bihuan/internal/clamd/clamdtest"
	"github.com/bihuan/bihuan/internal/errs"
)

// S15: an interface to a scanner, tested against its protocol.
func TestScan(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		d := clamdtest.Start(t, network)
		s, err := clamd.New(d.Address)
		if err != nil {
			t.Fatal(err)
		}
		big := bytes.Repeat([]byte("公务"), 1<<20)
		for sentence, c := range map[string]struct {
			fault   clamdtest.Fault
			content []byte
			found   string
			silent  bool
		}{
			"nothing found":                        {"", big, "", false},
			"an empty file":                        {"", nil, "", false},
			"something found":                      {"", append(big[:len(big):len(big)], clamdtest.Bad...), clamdtest.Name, false},
			"it breaks off in the middle":          {clamdtest.BreaksOff, big, "", true},
			"it says nothing":                      {clamdtest.HangsUp, big, "", true},
			"it refuses the size":                  {clamdtest.TooLarge, big, "", true},
			"it answers what nobody understands":   {clamdtest.Rubbish, big, "", true},
			"it is right with half an answer":      {clamdtest.Half, big, "", true},
			"it never ends":                        {clamdtest.Endless, big, "", true},
			"it says OK before it has seen it all": {clamdtest.Early, big, "", true},
		} {
			d.Fail(c.fault)
			found, err := s.Scan(t.Context(), iotest.HalfReader(bytes.NewReader(c.content)))
			if found != c.found || c.silent != errs.Is(err, errs.Unavailable) || !c.silent && err != nil {
				t.Errorf("%s, %s: %q %v", network, sentence, found, err)
			}
		}
		d.Fail(clamdtest.Hangs)
		s.Within = 50 * time.Millisecond
		if _, err := s.Scan(t.Context(), bytes.NewReader(big)); !errs.Is(err, errs.Unavailable) {
			t.Error(network, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.Within = time.Minute
		if _, err := s.Scan(ctx, bytes.NewReader(big)); !errs.Is(err, errs.Unavailable) {
			t.Error(network, err)
		}
		d.Fail("")
		broken := errors.New("broken")
		if _, err := s.Scan(t.Context(), io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Error(err)
		}
		d.Stop()
		if _, err := s.Scan(t.Context(), strings.NewReader("x")); !errs.Is(err, errs.Unavailable) {
			t.Error(network, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "clamd", "unix://", "unix://x/y", "unix:relative", "tcp://", "tcp://host", "tcp://host:1/x", "http://host:1", "%zz"} {
		if _, err := clamd.New(bad); err == nil {
			t.Error(bad)
		}
	}
}
