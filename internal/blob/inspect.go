package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/bihuan/bihuan/internal/errs"
)

// Caution is what there is to be careful about in a file that may come in.
type Caution string

const (
	// Macros: an old office document with a program in it. The new formats have
	// extensions of their own for that, which may not come in.
	Macros Caution = "MACROS"
	// Script: a PDF that runs something when it is opened.
	Script Caution = "SCRIPT"
)

// Inspect looks at a whole file that Sniff let in by its beginning: whether it
// is to its end what its name says, and no page, program or bomb beside. It
// reads size bytes of r, more than once, and keeps little of them. Of a text it
// answers the content type once more: what encoding it is in shows late.
func Inspect(r io.ReaderAt, size int64, declaredName string) (contentType string, c Caution, err error) {
	ext := extension(declaredName)
	f, all := formats[ext], io.NewSectionReader(r, 0, size)
	switch {
	case ext == "txt":
		charset, err := plainText(all)
		return f.contentType + "; charset=" + charset, "", err
	case f.magic == magicCompound:
		c, err = compound(all, ext)
		return f.contentType, c, err
	case f.magic == magicZip:
		if err := (&unpacking{}).office(r, size, ext); err != nil {
			return "", "", err
		}
	}
	found, err := search(all, pageMarks, pdfScript(ext))
	switch {
	case err != nil:
		return "", "", err
	case found == 1:
		return "", "", hidden(ext)
	case found == 2:
		c = Script
	}
	return f.contentType, c, nil
}

func hidden(ext string) error {
	return errs.New(errs.Invalid, "文件里夹带了网页或脚本，不能上传；请用原来的软件重新导出 %s 后上传", ext)
}

// marks are what is looked for behind a character.
type marks struct {
	lead  byte
	words []string // lower case, as they follow the lead
}

// pageMarks begin what a browser would carry out. They are long enough not to
// come about by chance in 50 MB of a picture.
var pageMarks = marks{'<', []string{"script>", "script ", "script\n", "script\r", "script\t", "script/", "!doctype html", "html>", "html ", "html\n", "html\r",
	"svg xmlns", "svg on", "svg viewbox", "svg width", "iframe ", "?php", "body on", "img src=x on", "object data", "embed src"}}

// textMarks are refused of a text: nobody who writes one means a page.
var textMarks = marks{'<', append([]string{"svg>", "svg ", "iframe", "embed", "object ", "body>", "meta ", "link rel", "base href", "?xml", "form action"}, pageMarks.words...)}

// pdfScript is what makes a PDF act by itself (ISO 32000-1, 12.6.4).
func pdfScript(ext string) marks {
	if ext != "pdf" {
		return marks{}
	}
	return marks{'/', []string{"javascript", "js ", "js(", "js<", "launch"}}
}

// reach is the longest mark, with its lead.
const reach = 32

// search answers the number of the first of the sets of which something is
// there, from 1; the others are looked for as well only until one of the first
// set is met.
func search(r io.Reader, sets ...marks) (found int, err error) {
	buf := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := io.ReadFull(r, buf[kept:])
		b := buf[:kept+n]
		for i, s := range sets {
			if (found == 0 || i+1 < found) && s.in(b) {
				found = i + 1
			}
		}
		switch {
		case found == 1:
			return found, nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return found, nil
		case err != nil:
			return found, err
		}
		kept = copy(buf, b[max(0, len(b)-reach):])
	}
}

func (m marks) in(b []byte) bool {
	if len(m.words) == 0 {
		return false
	}
	for {
		i := bytes.IndexByte(b, m.lead)
		if i < 0 {
			return false
		}
		b = b[i+1:]
		head := strings.ToLower(string(b[:min(len(b), reach)]))
		for _, w := range m.words {
			if strings.HasPrefix(head, w) {
				return true
			}
		}
	}
}

// plainText: one encoding from the first byte to the last, no control
// characters, no page.
func plainText(r io.ReadSeeker) (charset string, err error) {
	charset, found, err := encodingOf(r, true)
	switch {
	case errors.Is(err, errNotText):
		return "", errs.New(errs.Invalid, "文件内容不全是纯文本，请另存为纯文本（UTF-8）后重新上传")
	case err == nil && found == 1:
		return "", hidden("txt")
	}
	return charset, err
}

// encodings are those that are told apart, in this order.
var encodings = []struct {
	charset string
	make    func() transcoder
}{
	{"utf-16", func() transcoder { return &wide{} }}, {"utf-8", func() transcoder { return narrow{} }}, {"gb18030", func() transcoder { return chinese{} }},
}

// encodingOf is the IANA name of a text's encoding, errNotText if it is none,
// and whether a page is in it. whole: it ends where r ends.
func encodingOf(r io.ReadSeeker, whole bool) (charset string, found int, err error) {
	for _, e := range encodings {
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return "", 0, err
		}
		found, err := search(&legible{r: r, t: e.make(), whole: whole}, textMarks)
		if !errors.Is(err, errNotText) {
			return e.charset, found, err
		}
	}
	return "", 0, errNotText
}

var errNotText = errors.New("blob: not a text of this encoding")

// transcoder turns bytes of an encoding into such of which the ASCII ones are
// themselves; ok is false for what is no text of it.
type transcoder interface {
	take(b []byte, last bool) (out []byte, rest int, ok bool)
}

// legible reads a text and ends with errNotText where it is none.
type legible struct {
	r     io.Reader
	t     transcoder
	whole bool // else it may be cut off in a character
	in    [32 << 10]byte
	n     int
	out   []byte
	end   bool
}

func (l *legible) Read(p []byte) (int, error) {
	for len(l.out) == 0 {
		if l.end {
			return 0, io.EOF
		}
		n, err := io.ReadFull(l.r, l.in[l.n:])
		l.end = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !l.end {
			return 0, err
		}
		out, rest, ok := l.t.take(l.in[:l.n+n], l.end && l.whole)
		if !ok || bytes.ContainsFunc(out, isControl) {
			return 0, errNotText
		}
		l.n = copy(l.in[:], l.in[l.n+n-rest:l.n+n])
		l.out = out
	}
	n := copy(p, l.out)
	l.out = l.out[n:]
	return n, nil
}

// wide is UTF-16 with a byte order mark.
type wide struct{ order binary.ByteOrder }

func (w *wide) take(b []byte, last bool) ([]byte, int, bool) {
	if w.order == nil {
		switch {
		case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
			w.order = binary.LittleEndian
		case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
			w.order = binary.BigEndian
		default:
			return nil, 0, false
		}
		b = b[2:]
	}
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = w.order.Uint16(b[2*i:])
	}
	rest := len(b) % 2
	if n := len(out); n > 0 && !last && utf16.IsSurrogate(rune(out[n-1])) {
		out, rest = out[:n-1], rest+2
	}
	return []byte(string(utf16.Decode(out))), rest, !last || rest == 0
}

// units are those of a text with a byte order mark.
func units(b []byte) []uint16 {
	out := make([]uint16, 0, len(b)/2)
	for at := 2; at+2 <= len(b); at += 2 {
		if b[0] == 0xFF {
			out = append(out, binary.LittleEndian.Uint16(b[at:]))
		} else {
			out = append(out, binary.BigEndian.Uint16(b[at:]))
		}
	}
	return out
}

// narrow is UTF-8.
type narrow struct{}

func (narrow) take(b []byte, last bool) ([]byte, int, bool) {
	rest := 0
	for i := 1; i <= min(utf8.UTFMax, len(b)) && !last; i++ { // a character that goes on
		if c := b[len(b)-i]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-i:]) {
				rest = i
			}
			break
		}
	}
	b = b[:len(b)-rest]
	return bytes.Clone(b), rest, utf8.Valid(b)
}

// chinese is GB 18030-2022: one byte, two (as in GBK) or four.
type chinese struct{}

func (chinese) take(b []byte, last bool) ([]byte, int, bool) {
	in := func(i int, low, high byte) bool { return b[i] >= low && b[i] <= high }
	for at := 0; at < len(b); {
		n := 1
		if b[at] >= 0x80 {
			switch {
			case at+1 >= len(b), at+3 >= len(b) && in(at+1, 0x30, 0x39):
				return bytes.Clone(b[:at]), len(b) - at, !last
			case !in(at, 0x81, 0xFE):
				return nil, 0, false
			case in(at+1, 0x30, 0x39) && in(at+2, 0x81, 0xFE) && in(at+3, 0x30, 0x39):
				n = 4
			case in(at+1, 0x40, 0x7E) || in(at+1, 0x80, 0xFE):
				n = 2
			default:
				return nil, 0, false
			}
		}
		at += n
	}
	return bytes.Clone(b), 0, true
}
