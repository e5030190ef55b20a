package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/bihuan/bihuan/internal/errs"
)

const utf8Mark = "\xef\xbb\xbf"

// separated reads a text. A line that is shorter than the first full one is
// marked: it is where a file was cut off.
func separated(b []byte) ([]Table, error) {
	s, err := decoded(b)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(s))
	r.FieldsPerRecord = -1
	r.Comma = comma(s)
	var t Table
	count, widest := 0, 0
	for {
		list, err := r.Read()
		if errors.Is(err, io.EOF) {
			return []Table{t}, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, errs.New(errs.Invalid, "第 %d 行的引号没有配对，文件可能不完整；请用原来的软件打开，重新另存为 CSV", bad.StartLine)
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		full := len(list)
		if err := t.add(line, list, &count); err != nil {
			return nil, err
		}
		if len(t.Rows) == 0 || t.Rows[len(t.Rows)-1].Line != line {
			continue // an empty line
		}
		row := &t.Rows[len(t.Rows)-1]
		for i := full; i < widest; i++ {
			for len(row.Cells) <= i {
				row.Cells = append(row.Cells, Cell{})
			}
			row.Cells[i].Flaw = Missing
		}
		if full > 1 {
			widest = max(widest, full)
		}
	}
}

// comma is what stands most often between the words of the first lines.
func comma(s string) rune {
	head, _, _ := strings.Cut(s, "\n")
	best, most := ',', 0
	for _, c := range ",\t;；，" {
		if n := strings.Count(head, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// decoded is a text in UTF-8. What is neither Unicode nor GB 18030 is refused,
// and so is what ends in the middle of a character.
func decoded(b []byte) (string, error) {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		out, _, err := transform.Bytes(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(), b)
		return checked(string(out), err, len(b)%2 != 0)
	}
	marked := bytes.HasPrefix(b, []byte(utf8Mark))
	b = bytes.TrimPrefix(b, []byte(utf8Mark))
	if utf8.Valid(b) {
		return checked(string(b), nil, false)
	}
	if n := len(whole(b)); marked || n < len(b) && utf8.Valid(b[:n]) && wide(b[:n]) {
		return checked("", nil, true)
	}
	out, _, err := transform.Bytes(simplifiedchinese.GB18030.NewDecoder(), b)
	return checked(string(out), err, false)
}

func checked(s string, err error, cut bool) (string, error) {
	switch {
	case cut:
		return "", errs.New(errs.Invalid, "文件在一个字的中间断了，不完整；请重新另存或重新下载后上传")
	case err != nil || strings.ContainsRune(s, utf8.RuneError):
		return "", errs.New(errs.Invalid, "认不出文件的编码；请另存为“CSV UTF-8”或 xlsx 后重新上传")
	case strings.ContainsRune(s, 0):
		return "", errs.New(errs.Invalid, "文件不是 CSV 文本；请另存为“CSV UTF-8”或 xlsx 后重新上传")
	}
	return s, nil
}

// whole drops the bytes of a last character that is not there in full.
func whole(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if utf8.FullRune(b[i:]) {
				return b
			}
			return b[:i]
		}
	}
	return b
}

// wide reports whether a text has a character beyond ASCII: else GB 18030 would
// be the same so far.
func wide(b []byte) bool {
	return bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf })
}
