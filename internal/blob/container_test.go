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
	movie := func(brand string) []byte { return []byte("\x00\x00\x00\x18ftyp" + brand + "\x00\x00\x02\x00") }
	for _, c := range []struct {
		name, brand, typ, says string
	}{
		{"a.mp4", "isom", "video/mp4", ""}, {"a.MP4", "mp42", "video/mp4", ""},
		{"a.heic", "heic", "", "兼容性最佳"}, {"a.HEIF", "mif1", "", "兼容性最佳"}, {"a.jpg", "heic", "", "HEIC"}, {"a.mp4", "heic", "", "HEIC"},
		{"a.mov", "qt  ", "", "mp4"}, {"a.mp4", "qt  ", "", "mp4"}, {"a.3gp", "3gp4", "", "mp4"},
	} {
		got, err := Sniff(movie(c.brand), c.name)
		shown, _ := errs.As(err)
		if got != c.typ || (err == nil) != (c.says == "") || err != nil && (shown == nil || !strings.Contains(shown.Message, c.says)) {
			t.Errorf("%s of %s: %q %v", c.name, c.brand, got, err)
		}
	}
}
