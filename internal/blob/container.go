package blob

import (
	"bytes"
	"encoding/binary"
	"strings"

	"github.com/bihuan/bihuan/internal/errs"
)

// containers are the office documents that are zip archives, by what an archive
// of each holds and no other: a part, or a folder of parts.
var containers = []struct{ ext, part, name string }{
	{"docx", "word/", "Word 文档"}, {"xlsx", "xl/", "Excel 表格"}, {"pptx", "ppt/", "PowerPoint 演示文稿"}, {"ofd", "OFD.xml", "OFD 版式文件"},
}

const (
	entry  = "PK\x01\x02" // of an archive's directory, which is at its end (APPNOTE 4.3.12)
	header = 46           // bytes of an entry before its name
	prefix = 16           // bytes of a name that are looked at
)

// Container watches the bytes of an archive pass and remembers which office
// document it is. Its zero value is ready; it keeps less than a hundred bytes.
type Container struct {
	tail []byte
	seen [4]bool // as containers
}

// Write never fails.
func (c *Container) Write(p []byte) (int, error) {
	b := append(c.tail, p...)
	for at := 0; ; at++ {
		next := bytes.Index(b[at:], []byte(entry))
		if next < 0 || at+next+header > len(b) {
			break
		}
		at += next
		n := min(int(binary.LittleEndian.Uint16(b[at+28:])), prefix)
		if at+header+n > len(b) {
			break
		}
		for i, k := range containers {
			c.seen[i] = c.seen[i] || strings.HasPrefix(string(b[at+header:at+header+n]), k.part)
		}
	}
	c.tail = bytes.Clone(b[max(0, len(b)-header-prefix):])
	return len(p), nil
}

// Fits reports what is wrong with an archive under a name: it is another
// document than the name says, or none. Names of what is no archive fit.
func (c *Container) Fits(name string) error {
	ext := extension(name)
	other := ""
	for i, k := range containers {
		if k.ext != ext {
			if c.seen[i] {
				other = k.name + "（" + k.ext + "）"
			}
			continue
		}
		if c.seen[i] {
			return nil
		}
	}
	if formats[ext].magic != magicZip {
		return nil
	}
	if other != "" {
		return errs.New(errs.Invalid, "文件内容是 %s，扩展名却是 %s；请改正扩展名后重新上传", other, ext)
	}
	return errs.New(errs.Invalid, "文件不是完整的 %s；请用原来的软件打开，另存为 %s 后重新上传", ext, ext)
}
