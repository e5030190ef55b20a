package bulk

import (
	"encoding/hex"
	"io"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// line writes rows in COPY's text format: columns parted by tabs, \N for NULL.
type line struct {
	w     io.Writer
	buf   []byte
	first bool
}

// chunk is how many bytes are handed on at once.
const chunk = 128 << 10

func newLine(w io.Writer) *line { return &line{w: w, buf: make([]byte, 0, chunk+chunk/2), first: true} }

func (l *line) next() {
	if !l.first {
		l.buf = append(l.buf, '\t')
	}
	l.first = false
}

// end ends the row.
func (l *line) end() error {
	l.buf = append(l.buf, '\n')
	l.first = true
	if len(l.buf) < chunk {
		return nil
	}
	return l.flush()
}

func (l *line) flush() error {
	_, err := l.w.Write(l.buf)
	l.buf = l.buf[:0]
	return err
}

func (l *line) null() *line {
	l.next()
	l.buf = append(l.buf, '\\', 'N')
	return l
}

func (l *line) id(u uuid.UUID) *line {
	l.next()
	l.buf = hex.AppendEncode(l.buf, u[:])
	return l
}

// ref is id, NULL for none.
func (l *line) ref(u *uuid.UUID) *line {
	if u == nil {
		return l.null()
	}
	return l.id(*u)
}

func (l *line) int(n int) *line {
	l.next()
	l.buf = strconv.AppendInt(l.buf, int64(n), 10)
	return l
}

func (l *line) bool(b bool) *line {
	l.next()
	if b {
		l.buf = append(l.buf, 't')
	} else {
		l.buf = append(l.buf, 'f')
	}
	return l
}

// time is an instant, NULL for the zero one.
func (l *line) time(t time.Time) *line {
	if t.IsZero() {
		return l.null()
	}
	l.next()
	l.buf = t.UTC().AppendFormat(l.buf, "2006-01-02 15:04:05.999999Z")
	return l
}

// day is a date, NULL for the zero one.
func (l *line) day(t time.Time) *line {
	if t.IsZero() {
		return l.null()
	}
	l.next()
	l.buf = t.AppendFormat(l.buf, time.DateOnly)
	return l
}

// text is a text, NULL when empty, as ent reads it.
func (l *line) text(s string) *line {
	if s == "" {
		return l.null()
	}
	l.next()
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			l.buf = append(l.buf, '\\', '\\')
		case '\n':
			l.buf = append(l.buf, '\\', 'n')
		case '\r':
			l.buf = append(l.buf, '\\', 'r')
		case '\t':
			l.buf = append(l.buf, '\\', 't')
		default:
			l.buf = append(l.buf, c)
		}
	}
	return l
}

// list is a JSON list of texts that need no escaping.
func (l *line) list(texts ...string) *line {
	l.next()
	l.buf = append(l.buf, '[')
	for i, s := range texts {
		if i > 0 {
			l.buf = append(l.buf, ',')
		}
		l.buf = append(l.buf, '"')
		l.buf = append(l.buf, s...)
		l.buf = append(l.buf, '"')
	}
	l.buf = append(l.buf, ']')
	return l
}
