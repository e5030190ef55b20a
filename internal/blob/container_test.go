package blob

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/bihuan/bihuan/internal/errs"
)

// archive is a zip file with these parts.
func archive(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(bytes.Repeat([]byte(p), 5000)) // the directory is far from the head
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOfficeDocumentsAreToldApartByContent(t *testing.T) {
	t.Parallel()
	made := map[string][]byte{
		"docx": archive(t, "[Content_Types].xml", "_rels/.rels", "word/document.xml"),
		"xlsx": archive(t, "[Content_Types].xml", "xl/workbook.xml"),
		"pptx": archive(t, "[Content_Types].xml", "ppt/presentation.xml"),
		"ofd":  archive(t, "Doc_0/Document.xml", "OFD.xml"),
		"":     archive(t, "a.txt", "passwords/word/x"),
	}
	for is, b := range made {
		for _, read := range []io.Reader{bytes.NewReader(b), iotest.OneByteReader(bytes.NewReader(b))} {
			var c Container
			if _, err := io.Copy(&c, read); err != nil {
				t.Fatal(err)
			}
			for _, says := range []string{"docx", "xlsx", "pptx", "ofd"} {
				err := c.Fits("报告." + strings.ToUpper(says))
				if (err == nil) != (is == says) || err != nil && !errs.Is(err, errs.Invalid) {
					t.Errorf("%s as %s: %v", is, says, err)
				}
				if shown, ok := errs.As(err); ok && is != "" && !strings.Contains(shown.Message, "（"+is+"）") {
					t.Errorf("%s as %s: %s", is, says, shown.Message)
				}
			}
			if err := c.Fits("a.pdf"); err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("a document with another inside is what it is outside", func(t *testing.T) {
		var c Container
		_, _ = c.Write(archive(t, "word/document.xml", "xl/embedded.xml"))
		if c.Fits("a.docx") != nil {
			t.Error("refused")
		}
	})
}

func TestWhatPhonesMake(t *testing.T) {
	t.Parallel()
	movie := func(brand string, more ...string) []byte {
		return []byte("\x00\x00\x00" + string(rune(16+4*len(more))) + "ftyp" + brand + "\x00\x00\x02\x00" + strings.Join(more, "") + "\x00\x00\x00\x08mdat")
	}
	for _, c := range []struct {
		name      string
		head      []byte
		typ, says string
	}{
		{"a.mp4", movie("isom"), "video/mp4", ""}, {"a.MP4", movie("mp42", "isom"), "video/mp4", ""}, {"a.mp4", movie("XAVC", "iso5"), "video/mp4", ""},
		{"a.m4v", movie("M4V "), "video/mp4", ""},
		{"a.heic", movie("heic"), "image/heic", ""}, {"a.HEIF", movie("mif1", "heic"), "image/heic", ""}, {"a.heic", movie("xxxx", "heix"), "image/heic", ""},
		{"a.mov", movie("qt  "), "video/quicktime", ""}, {"a.3gp", movie("3gp4"), "video/3gpp", ""},
		{"a.jpg", movie("heic"), "", "改为 heic"}, {"a.mp4", movie("heic"), "", "HEIC 照片"}, {"a.mp4", movie("qt  "), "", "改为 mov"}, {"a.heic", movie("isom"), "", "mp4 视频"},
		{"a.heic", []byte("\xFF\xD8\xFFsome picture of another kind"), "", "不符"}, {"a.mp4", movie("avif", "mif1"), "", "不符"}, {"a.pdf", movie("isom"), "", "改为 mp4"},
		{"a.avi", []byte("RIFF"), "", "导出为 mp4"}, {"a.mp4", nil, "", "空的"},
		{"a.webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8 "), "image/webp", ""}, {"a.webp", []byte("RIFF\x00\x00\x00\x00AVI LIST"), "", "不符"}, {"a.gif", []byte("GIF89a"), "image/gif", ""},
	} {
		got, err := Sniff(c.head, c.name)
		shown, _ := errs.As(err)
		if got != c.typ || (err == nil) != (c.says == "") || err != nil && (shown == nil || !strings.Contains(shown.Message, c.says)) {
			t.Errorf("%s of %.30q: %q %v", c.name, c.head, got, err)
		}
	}
}
