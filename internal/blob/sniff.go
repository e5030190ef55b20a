package blob

import (
	"bytes"
	"encoding/binary"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/bihuan/bihuan/internal/errs"
)

// SniffLen is how many bytes Sniff wants to see, fewer only if the file is
// shorter: one page, enough to meet a zero byte or markup in a false text.
// bufio.Reader.Peek(SniffLen) gives them without consuming them.
const SniffLen = 4096

const (
	magicZip      = "PK\x03\x04"                       // not PK\x05\x06, the empty archive
	magicCompound = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" // MS-CFB 2.2
)

// format is what a file under an extension must begin with: its magic, or of
// what phones make (ISO/IEC 14496-12, 4.3) one of its brands.
type format struct {
	contentType, magic string
	brands             []string // beginnings of them
}

// formats by extension. Text has no magic and is judged by textCharset.
var formats = map[string]format{
	"pdf":  {"application/pdf", "%PDF-", nil},
	"doc":  {"application/msword", magicCompound, nil},
	"docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", magicZip, nil},
	"xls":  {"application/vnd.ms-excel", magicCompound, nil},
	"xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", magicZip, nil},
	"ppt":  {"application/vnd.ms-powerpoint", magicCompound, nil},
	"pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", magicZip, nil},
	"ofd":  {"application/ofd", magicZip, nil}, // GB/T 33190: a zip container; not registered with IANA
	"jpg":  {"image/jpeg", "\xFF\xD8\xFF", nil},
	"jpeg": {"image/jpeg", "\xFF\xD8\xFF", nil},
	"png":  {"image/png", "\x89PNG\r\n\x1A\n", nil},
	"gif":  {"image/gif", "GIF8", nil},
	"webp": {"image/webp", "RIFF", nil}, // isWebP sees the rest
	"heic": {"image/heic", "", heif},
	"heif": {"image/heic", "", heif},
	"mov":  {"video/quicktime", "", []string{"qt  "}},
	"mp4":  {"video/mp4", "", []string{"iso", "mp4", "avc", "M4V", "MSNV", "dash", "hvc1"}},
	"m4v":  {"video/mp4", "", []string{"M4V", "iso", "mp4", "avc"}},
	"3gp":  {"video/3gpp", "", []string{"3gp", "3g2", "3ge"}},
	"txt":  {"text/plain", "", nil},
}

// Sniff gives the content type of a file from its first SniffLen bytes and the
// name its uploader gave it, or errs.Invalid with what to do instead.
func Sniff(head []byte, declaredName string) (contentType string, err error) {
	ext := extension(declaredName)
	f, allowed := formats[ext]
	is := phone(brandsOf(head))
	switch {
	case slices.Contains(movies, ext):
		return "", errs.New(errs.Invalid, "这种视频多数电脑放不了；请在手机或剪辑软件中导出为 mp4（H.264），不超过 50 MB，再上传")
	case allowed && f.brands != nil && is != "" && formats[is].contentType == f.contentType:
		return f.contentType, nil
	case allowed && is != "":
		return "", errs.New(errs.Invalid, "文件内容是手机的 %s，扩展名却是 %s；请把扩展名改为 %s，或在手机上另存为 %s 后重新上传", phoneWords[is], ext, is, ext)
	case allowed && f.brands != nil && len(head) > 0:
		return "", errs.New(errs.Invalid, "文件内容与扩展名 %s 不符；请改正扩展名，或重新导出为 %s 后上传", ext, ext)
	case !allowed:
		return "", errs.New(errs.Invalid, "不能上传这种文件；可以上传 PDF、OFD、Word（doc、docx）、Excel（xls、xlsx）、PowerPoint（ppt、pptx）、图片（jpg、png、gif、webp、heic）、视频（mp4、mov、3gp）和文本（txt）")
	case len(head) == 0:
		return "", errs.New(errs.Invalid, "文件是空的，请检查后重新上传")
	case ext == "txt":
		charset := textCharset(head)
		if charset == "" {
			return "", errs.New(errs.Invalid, "文件内容不是纯文本，请另存为纯文本（txt）后重新上传")
		}
		return f.contentType + "; charset=" + charset, nil
	case strings.HasPrefix(string(head), f.magic) && (ext != "webp" || isWebP(head)):
		return f.contentType, nil
	case f.magic == magicZip && strings.HasPrefix(string(head), magicCompound):
		// Office wraps a document with a password into a compound file (MS-OFFCRYPTO 1.3).
		return "", errs.New(errs.Invalid, "文件设有打开密码，或者是旧版格式；请去掉密码，另存为 %s 后重新上传", ext)
	}
	return "", errs.New(errs.Invalid, "文件内容与扩展名 %s 不符；请改正扩展名，或用原来的软件另存为 %s 后重新上传", ext, ext)
}

func extension(declaredName string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(SafeName(declaredName)), "."))
}

var (
	heif   = []string{"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"} // ISO/IEC 23008-12
	movies = []string{"avi", "wmv", "mkv", "hevc", "rm", "rmvb", "flv"}
)

// phoneWords are what is recognised by its brands, by the extension that it
// should have.
var phoneWords = map[string]string{"heic": "HEIC 照片", "mov": "mov 视频", "3gp": "3gp 视频", "mp4": "mp4 视频"}

// phone is the extension that a file of such brands should have: as its first
// brand says, or the first that is known; empty for none.
func phone(brands []string) string {
	for _, b := range brands {
		for _, ext := range []string{"heic", "mov", "3gp", "mp4"} {
			if slices.ContainsFunc(formats[ext].brands, func(begins string) bool { return strings.HasPrefix(b, begins) }) {
				return ext
			}
		}
	}
	return ""
}

// brandsOf is what an ISO base media file calls itself, the one that it is
// before those that it is compatible with; nil for what is none. A still picture
// of another codec (AVIF) is none.
func brandsOf(head []byte) (out []string) {
	if len(head) < 16 || string(head[4:8]) != "ftyp" || strings.HasPrefix(string(head[8:]), "avi") {
		return nil
	}
	out = []string{string(head[8:12])}
	for at := 16; at+4 <= min(len(head), int(binary.BigEndian.Uint32(head)), 256); at += 4 {
		out = append(out, string(head[at:at+4]))
	}
	return out
}

func isWebP(head []byte) bool { return len(head) >= 12 && string(head[8:12]) == "WEBP" }

// textCharset is the IANA name of the text's encoding, "" if it is not text.
// head may end within a character.
func textCharset(head []byte) string {
	for _, f := range formats {
		if f.magic != "" && bytes.HasPrefix(head, []byte(f.magic)) {
			return "" // the first lines of a PDF would pass for text
		}
	}
	charset, _, err := encodingOf(bytes.NewReader(head), false)
	if err != nil || isMarkup(head) || charset == "utf-16" && isMarkup([]byte(string(utf16.Decode(units(head))))) {
		return ""
	}
	return charset
}

// isControl works on bytes of GB 18030 too: its longer characters have no byte
// below 0x30, and none is 0x7F.
func isControl(r rune) bool {
	return r < ' ' && !strings.ContainsRune("\t\n\f\r", r) || r == 0x7F
}

// isMarkup reports what a browser would show as a page if it guessed.
func isMarkup(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	guess := http.DetectContentType(text)
	if strings.HasPrefix(guess, "text/html") || strings.HasPrefix(guess, "text/xml") {
		return true
	}
	start := strings.ToLower(string(bytes.TrimSpace(text)))
	return strings.HasPrefix(start, "<svg") || strings.HasPrefix(start, "<!doctype")
}
