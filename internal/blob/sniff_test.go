package blob

import (
	"archive/zip"
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/internal/errs"
)

// samples are beginnings of real files by what they are.
func samples(t *testing.T) map[string]string {
	t.Helper()
	var zipped, jpg, pic bytes.Buffer
	z := zip.NewWriter(&zipped)
	w, err := z.Create("[Content_Types].xml")
	if err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("<Types/>"))
	z.Close()
	if err := jpeg.Encode(&jpg, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"pdf":      "%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n",
		"compound": magicCompound + strings.Repeat("\x00", 504),
		"zip":      zipped.String(),
		"jpg":      jpg.String(),
		"png":      pic.String(),
		"txt":      "关于加快老旧小区改造的提案\r\n",
		"html":     "<!DOCTYPE html><html><script>alert(1)</script>",
		"svg":      `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
		"exe":      "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xFF\xFF\x00\x00",
		"elf":      "\x7FELF\x02\x01\x01\x00",
		"empty":    "",
	}
}

// pairs are the extensions and contents that fit, and no others do.
var pairs = map[string]map[string]string{
	"pdf":  {"pdf": "application/pdf"},
	"doc":  {"compound": "application/msword"},
	"xls":  {"compound": "application/vnd.ms-excel"},
	"docx": {"zip": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	"xlsx": {"zip": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	"ppt":  {"compound": "application/vnd.ms-powerpoint"},
	"pptx": {"zip": "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	"ofd":  {"zip": "application/ofd"},
	"jpg":  {"jpg": "image/jpeg"},
	"jpeg": {"jpg": "image/jpeg"},
	"png":  {"png": "image/png"},
	"txt":  {"txt": "text/plain; charset=utf-8"},
}

func TestSniff(t *testing.T) {
	t.Run("allowed are pdf, doc, docx, xls, xlsx, ppt, pptx, ofd, jpg, png and txt, when the content begins as the extension demands", func(t *testing.T) {
		extensions := []string{"zip", "html", "htm", "svg", "exe", "js", "docm", "rtf", "mht", "gif", "pdf2", "PDF ."}
		for ext := range pairs {
			extensions = append(extensions, ext, strings.ToUpper(ext))
		}
		for kind, head := range samples(t) {
			for _, ext := range extensions {
				got, err := Sniff([]byte(head), "提案."+ext)
				want := pairs[strings.ToLower(strings.TrimRight(ext, " ."))][kind]
				if got != want || (want == "") != errs.Is(err, errs.Invalid) {
					t.Errorf("%s content as .%s: %q, %v; want %q", kind, ext, got, err, want)
				}
			}
		}
	})
	t.Run("the extension is that of the safe name", func(t *testing.T) {
		pdf := []byte(samples(t)["pdf"])
		for name, allowed := range map[string]bool{
			"pdf": false, "a.pdf/": false, "a.pdf.exe": false, "a.pdf.exe. ": false, "a.exe\x00.pdf": true, "a.p\u202Edf": true,
			`C:\a\b.pdf`: true, "a.": false, "": false, "a.pdf:b.exe": false,
		} {
			if _, err := Sniff(pdf, name); (err == nil) != allowed {
				t.Errorf("%q: %v", name, err)
			}
		}
	})
	t.Run("the message says what to do", func(t *testing.T) {
		for _, c := range []struct{ head, name, want string }{
			{"x", "a.svg", "可以上传 PDF、OFD、Word"},
			{"", "a.pdf", "文件是空的"},
			{"x", "a.PDF", "另存为 pdf"},
			{magicCompound, "a.docx", "去掉密码"},
			{"\x00", "a.txt", "另存为纯文本"},
		} {
			_, err := Sniff([]byte(c.head), c.name)
			if shown, ok := errs.As(err); !ok || shown.Code != errs.Invalid || !strings.Contains(shown.Message, c.want) {
				t.Errorf("%q as %s: %v", c.head, c.name, err)
			}
		}
	})
}

func TestText(t *testing.T) {
	const gbk = "\xCC\xE1\xB0\xB8" // 提案
	texts := map[string][]string{
		"utf-8":   {"a", "提案", "\uFEFF提案", "tab\tline\r\n\f", "1 < 2", "<b", "提案\xE6\x8F", strings.Repeat("案", SniffLen/3) + "\xE6"},
		"gb18030": {gbk, "a" + gbk, gbk + "\xCC", "\x81\x30\x81\x30" + gbk, gbk + "\x81\x30\x81", "x\x95\x5C" /* 昞: second byte is a backslash */},
		"utf-16":  {"\xFF\xFE\xD0\x63\x48\x68", "\xFE\xFF\x63\xD0\x68\x48", "\xFF\xFE\xD0\x63\x48"},
		"": {
			"a\x00b", "a\x1Bb", "a\x7F", gbk + "\x01", "\xFF\xFFa", "\x80\x80", "\x81\x20", "\x81\x30\x20\x20", "%PDF-1.4", "{\x00",
			"<html>", " \r\n<HTML ", "\uFEFF<html>", "<!doctype x", "<svg>", "\n<SVG ", "<?xml version='1.0'?>", "<script>", "<!-- -->",
			"\xFF\xFE<\x00h\x00t\x00m\x00l\x00>\x00", "\xFE\xFF\x00a\x00\x00", "<html>" + gbk,
		},
	}
	for charset, heads := range texts {
		for _, head := range heads {
			if got := textCharset([]byte(head)); got != charset {
				t.Errorf("%q: %q, want %q", head, got, charset)
			}
		}
	}
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte("\x81\x30"), "a.txt")
	f.Fuzz(func(t *testing.T, head []byte, name string) {
		if got, err := Sniff(head, name); (got == "") == (err == nil) {
			t.Fatal(got, err)
		}
	})
}
