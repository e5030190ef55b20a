package blob

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/bihuan/bihuan/internal/errs"
)

// S15: what a file is, by its whole content. Good files of every accepted type
// are made, and each of them with everything that may be hidden in it.

// entryOf is one of an archive.
type entryOf struct {
	name, content string
	stored        bool
}

func zipped(t testing.TB, parts ...entryOf) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		if p.stored {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(w, p.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// mainParts are where each document has its content, and of what type it is.
var mainParts = map[string][2]string{
	"docx": {"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"},
	"xlsx": {"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"},
	"pptx": {"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"},
}

func types(part, typ string) entryOf {
	return entryOf{"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/` + part + `" ContentType="` + typ + `"/></Types>`, false}
}

// document is an office document with more parts.
func document(t testing.TB, ext string, more ...entryOf) []byte {
	t.Helper()
	if ext == "ofd" {
		return zipped(t, append([]entryOf{{"OFD.xml", `<ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"/>`, false}, {"Doc_0/Document.xml", "<Document/>", false}}, more...)...)
	}
	m := mainParts[ext]
	return zipped(t, append([]entryOf{types(m[0], m[1]), {"_rels/.rels", "<Relationships/>", false}, {m[0], "<w:document/>", false}}, more...)...)
}

// compounded is a compound file (MS-CFB) with these entries below its root:
// a name that ends in / is a storage.
func compounded(names ...string) []byte {
	const sector = 512
	le := binary.LittleEndian
	head := make([]byte, sector)
	copy(head, magicCompound)
	le.PutUint16(head[24:], 0x3E)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xFFFE)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], 1) // FAT sectors
	le.PutUint32(head[48:], 1) // the directory begins there
	le.PutUint32(head[56:], 4096)
	le.PutUint32(head[60:], 0xFFFFFFFE)
	le.PutUint32(head[68:], 0xFFFFFFFE)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], 0xFFFFFFFF)
	}
	le.PutUint32(head[76:], 0)
	entry := func(name string, typ byte, right, child uint32) []byte {
		e := make([]byte, 128)
		for i, u := range utf16.Encode([]rune(name)) {
			le.PutUint16(e[2*i:], u)
		}
		le.PutUint16(e[64:], uint16(2*len([]rune(name))+2))
		e[66], e[67] = typ, 1
		le.PutUint32(e[68:], 0xFFFFFFFF)
		le.PutUint32(e[72:], right)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], 0xFFFFFFFE)
		return e
	}
	child := uint32(0xFFFFFFFF)
	if len(names) > 0 {
		child = 1
	}
	dir := entry("Root Entry", 5, 0xFFFFFFFF, child)
	for i, n := range names {
		right, typ := uint32(i+2), byte(2)
		if i == len(names)-1 {
			right = 0xFFFFFFFF
		}
		name, storage := strings.CutSuffix(n, "/")
		if storage {
			typ = 1
		}
		dir = append(dir, entry(name, typ, right, 0xFFFFFFFF)...)
	}
	for len(dir)%sector != 0 {
		dir = append(dir, make([]byte, 128)...)
	}
	fat := bytes.Repeat([]byte{0xFF}, sector)
	le.PutUint32(fat, 0xFFFFFFFD)
	n := len(dir) / sector
	for i := range n {
		next := uint32(i + 2)
		if i == n-1 {
			next = 0xFFFFFFFE
		}
		le.PutUint32(fat[4*(i+1):], next)
	}
	return append(append(head, fat...), dir...)
}

// good are files of every accepted type.
func good(t testing.TB) map[string][]byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 60, 60))
	r := rand.New(rand.NewPCG(1, 1))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	made := func(encode func(io.Writer) error) []byte {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	jpg := made(func(w io.Writer) error { return jpeg.Encode(w, m, nil) })
	box := func(brand string) []byte {
		return append([]byte("\x00\x00\x00\x14ftyp"+brand+"\x00\x00\x02\x00"+brand+"\x00\x00\x10\x00mdat"), jpg...)
	}
	return map[string][]byte{
		"pdf": []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n" + strings.Repeat("% 提案\n", 2000) + "trailer<</Root 1 0 R>>\n%%EOF\n"),
		"doc": compounded("WordDocument", "1Table", "\x05SummaryInformation"), "xls": compounded("Workbook"), "ppt": compounded("PowerPoint Document", "Current User"),
		"docx": document(t, "docx"), "xlsx": document(t, "xlsx"), "pptx": document(t, "pptx"), "ofd": document(t, "ofd"),
		"jpg": jpg, "jpeg": jpg, "png": made(func(w io.Writer) error { return png.Encode(w, m) }), "gif": made(func(w io.Writer) error { return gif.Encode(w, m, nil) }),
		"webp": append([]byte("RIFF\x00\x10\x00\x00WEBPVP8 "), jpg...), "heic": box("heic"), "heif": box("mif1"), "mov": box("qt  "), "mp4": box("isom"), "m4v": box("M4V "), "3gp": box("3gp4"),
		"txt": []byte(strings.Repeat("关于加快老旧小区改造的提案：1 < 2，a<b。\r\n", 500)),
	}
}

// pages are what a browser would carry out.
var pages = []string{"<script>alert(1)</script>", "<ScRiPt src=//x>", "<!DOCTYPE html><p>", "<HTML><body>", "<svg xmlns='http://www.w3.org/2000/svg' onload=alert(1)>", "<svg onload=alert(1)>",
	"<iframe src=x>", "<?php system($_GET[0]);", "<script\nsrc=x>", "<img src=x onerror=alert(1)>"}

func whole(b []byte, name string) (string, Caution, error) {
	if _, err := Sniff(b[:min(len(b), SniffLen)], name); err != nil {
		return "", "", err
	}
	return Inspect(bytes.NewReader(b), int64(len(b)), name)
}

func TestGoodFilesComeIn(t *testing.T) {
	t.Parallel()
	all := good(t)
	for ext := range formats {
		if all[ext] == nil {
			t.Errorf("no file of %s is tried", ext)
		}
	}
	for ext, b := range all {
		typ, c, err := whole(b, "提案."+ext)
		if err != nil || c != "" || !strings.HasPrefix(typ, formats[ext].contentType) {
			t.Errorf("%s: %s %s %v", ext, typ, c, err)
		}
		for other := range formats {
			if formats[other].contentType == formats[ext].contentType {
				continue
			}
			if _, _, err := whole(b, "提案."+other); !errs.Is(err, errs.Invalid) {
				t.Errorf("S15: %s as %s: %v", ext, other, err)
			}
		}
	}
}

func TestHiddenPagesAreFound(t *testing.T) {
	t.Parallel()
	for ext, b := range good(t) {
		for _, page := range pages {
			for where, odd := range map[string][]byte{
				"at the end":      append(bytes.Clone(b), page...),
				"behind a page":   append(append(bytes.Clone(b), bytes.Repeat([]byte{' '}, 70_000)...), page...),
				"over a boundary": append(append(bytes.Clone(b), bytes.Repeat([]byte{' '}, max(0, 64<<10-len(b)%(64<<10)-3))...), page...),
				"in the middle":   append(append(bytes.Clone(b[:len(b)/2]), page...), b[len(b)/2:]...),
			} {
				if formats[ext].magic == magicCompound { // its streams are not looked into
					continue
				}
				if _, _, err := whole(odd, "提案."+ext); !errs.Is(err, errs.Invalid) {
					t.Errorf("S15: %s with %q %s: %v", ext, page, where, err)
				}
			}
		}
	}
	t.Run("in texts of every encoding", func(t *testing.T) {
		for _, page := range pages {
			text := strings.Repeat("a", 5000) + page
			wide := []byte{0xFF, 0xFE}
			for _, u := range utf16.Encode([]rune(text)) {
				wide = binary.LittleEndian.AppendUint16(wide, u)
			}
			for name, b := range map[string][]byte{"utf-16": wide, "gb18030": append([]byte("\xCC\xE1\xB0\xB8"), text...)} {
				if _, _, err := whole(b, "a.txt"); !errs.Is(err, errs.Invalid) {
					t.Error(name, page, err)
				}
			}
		}
	})
}

func TestTextsToTheirEnd(t *testing.T) {
	t.Parallel()
	ascii := strings.Repeat("a\r\n", 3000)
	for _, c := range []struct{ content, charset string }{
		{ascii, "utf-8"}, {ascii + "提案", "utf-8"}, {ascii + "\xCC\xE1\xB0\xB8", "gb18030"}, {ascii + "\x81\x30\x81\x30", "gb18030"}, {"\uFEFF" + ascii, "utf-8"},
		{strings.Repeat("a", 32<<10-1) + "提案", "utf-8"}, {strings.Repeat("a", 32<<10-1) + strings.Repeat("\xCC\xE1", 100), "gb18030"},
		{strings.Repeat("a", 32<<10-2) + strings.Repeat("\x81\x30\x81\x30", 100), "gb18030"},
		{ascii + "\x00", ""}, {ascii + "\x1B[31m", ""}, {ascii + "\xFF", ""}, {ascii + "提\xE6\xA1", ""}, {ascii + "\xCC", ""}, {ascii + "提案\xCC\xE1\xB0", ""},
		{"\xFF\xFE" + strings.Repeat("a\x00", 40_000), "utf-16"}, {"\xFF\xFE" + strings.Repeat("a\x00", 40_000) + "a", ""}, {"\xFF\xFE" + strings.Repeat("a\x00", 40_000) + "\x01\x00", ""},
	} {
		typ, _, err := whole([]byte(c.content), "a.txt")
		if (err == nil) != (c.charset != "") || c.charset != "" && typ != "text/plain; charset="+c.charset {
			t.Errorf("…%q: %s %v, want %s", c.content[max(0, len(c.content)-12):], typ, err, c.charset)
		}
	}
}

func TestArchivesThatPoseAsDocuments(t *testing.T) {
	t.Parallel()
	word := mainParts["docx"]
	for sentence, c := range map[string]struct {
		ext, says string
		content   []byte
	}{
		"any archive":                         {"docx", "完整", zipped(t, entryOf{"a.txt", "x", false})},
		"only the folder of one":              {"docx", "完整", zipped(t, entryOf{"word/document.xml", "x", false})},
		"the list without the part":           {"docx", "完整", zipped(t, types(word[0], word[1]))},
		"a list that is none":                 {"docx", "完整", zipped(t, entryOf{"[Content_Types].xml", "<Types>", false}, entryOf{word[0], "x", false})},
		"a list of something else":            {"docx", "完整", zipped(t, types(word[0], "text/html"), entryOf{word[0], "x", false})},
		"a sheet":                             {"docx", "（xlsx）", document(t, "xlsx")},
		"a text as a sheet":                   {"xlsx", "（docx）", document(t, "docx")},
		"an OFD":                              {"pptx", "（ofd）", document(t, "ofd")},
		"macros by the type":                  {"docx", "宏", zipped(t, types(word[0], "application/vnd.ms-word.document.macroEnabled.main+xml"), entryOf{word[0], "x", false})},
		"macros by the part":                  {"xlsx", "宏", document(t, "xlsx", entryOf{"xl/vbaProject.bin", "x", false})},
		"a program":                           {"docx", ".exe", document(t, "docx", entryOf{"word/embeddings/a.EXE", "MZ", false})},
		"a page":                              {"docx", ".html", document(t, "docx", entryOf{"word/afchunk.html", "<html>", false})},
		"a way out":                           {"docx", "完整", document(t, "docx", entryOf{"word/../../etc/passwd", "x", false})},
		"the same part twice":                 {"docx", "完整", document(t, "docx", entryOf{word[0], "x", false})},
		"without its end":                     {"docx", "完整", document(t, "docx")[:200]},
		"a part that is broken":               {"docx", "完整", spoilt(document(t, "docx", entryOf{"word/a.xml", strings.Repeat("x", 3000), true}))},
		"a password":                          {"docx", "密码", locked(document(t, "docx"))},
		"an old document under a new name":    {"docx", "旧版", compounded("WordDocument")},
		"an old sheet as a text":              {"doc", "（xls）", compounded("Workbook")},
		"a compound file that is none":        {"doc", "完整", compounded("Something")},
		"a compound file with a password":     {"doc", "密码", compounded("EncryptedPackage", "EncryptionInfo")},
		"a compound file without a beginning": {"xls", "完整", []byte(magicCompound + strings.Repeat("\x00", 600))},
	} {
		_, _, err := whole(c.content, "提案."+c.ext)
		if shown, ok := errs.As(err); !ok || shown.Code != errs.Invalid || !strings.Contains(shown.Message, c.says) {
			t.Errorf("S15: %s as %s: %v", sentence, c.ext, err)
		}
	}
}

// spoilt has a part whose sum is wrong.
func spoilt(b []byte) []byte {
	i := bytes.Index(b, []byte("xxxxxxxxxx"))
	b[i] = 'y'
	return b
}

// locked says of its parts that they are encrypted.
func locked(b []byte) []byte {
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return b
		}
		b[at+i+8] |= 1
		at += i + 4
	}
}

func TestBombs(t *testing.T) {
	t.Parallel()
	many := make([]entryOf, maxEntries+1)
	for i := range many {
		many[i] = entryOf{fmt.Sprintf("word/%d.xml", i), "", true}
	}
	nested := document(t, "docx")
	for range maxNested + 1 {
		nested = document(t, "docx", entryOf{"word/embeddings/a.docx", string(nested), false})
	}
	for sentence, b := range map[string][]byte{
		"one part of 200 MB":     document(t, "docx", entryOf{"word/a.xml", strings.Repeat("\x00", 200<<20), false}),
		"ten parts of 20 MB":     document(t, "docx", parts(10, strings.Repeat("abcdefgh", 20<<17))...),
		"ten thousand parts":     document(t, "docx", many...),
		"documents in documents": nested,
		"a size that lies":       lying(document(t, "docx", entryOf{"word/a.xml", strings.Repeat("\x00", 170<<20), false})),
	} {
		_, _, err := whole(b, "a.docx")
		if shown, ok := errs.As(err); !ok || shown.Code != errs.Limited && sentence != "a size that lies" {
			t.Errorf("S15: %s (%d bytes): %v", sentence, len(b), err)
		}
	}
	t.Run("a document in a document comes in, and so does a large sheet", func(t *testing.T) {
		var cells strings.Builder
		r := rand.New(rand.NewPCG(2, 2))
		for i := range 400_000 {
			fmt.Fprintf(&cells, `<c r="A%d"><v>%d</v></c>`, i, r.IntN(1_000_000))
		}
		for ext, b := range map[string][]byte{
			"docx": document(t, "docx", entryOf{"word/embeddings/a.xlsx", string(document(t, "xlsx")), false}), "xlsx": document(t, "xlsx", entryOf{"xl/worksheets/sheet1.xml", cells.String(), false}),
		} {
			if _, _, err := whole(b, "a."+ext); err != nil {
				t.Error(ext, err)
			}
		}
	})
}

func parts(n int, content string) (out []entryOf) {
	for i := range n {
		out = append(out, entryOf{fmt.Sprintf("word/%d.xml", i), content, false})
	}
	return out
}

// lying says of its largest part that it unpacks to nothing much.
func lying(b []byte) []byte {
	at := 0
	for {
		i := bytes.Index(b[at:], []byte("PK\x01\x02"))
		if i < 0 {
			return b
		}
		at += i + 4
		if binary.LittleEndian.Uint32(b[at+20:]) > 1<<20 {
			binary.LittleEndian.PutUint32(b[at+20:], 100)
		}
	}
}

func TestCautions(t *testing.T) {
	t.Parallel()
	for sentence, c := range map[string]struct {
		ext     string
		content []byte
		want    Caution
	}{
		"an old text with macros":               {"doc", compounded("WordDocument", "Macros/"), Macros},
		"an old sheet with macros":              {"xls", compounded("Workbook", "_VBA_PROJECT_CUR/"), Macros},
		"an old sheet":                          {"xls", compounded("Book"), ""},
		"a PDF that runs a script":              {"pdf", []byte("%PDF-1.4\n<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>\n%%EOF"), Script},
		"a PDF that starts a program":           {"pdf", []byte("%PDF-1.4\n<</S/Launch/F(cmd.exe)>>\n%%EOF"), Script},
		"a PDF with a script far behind":        {"pdf", []byte("%PDF-1.4\n" + strings.Repeat("%\n", 50_000) + "<</S /JavaScript>>\n%%EOF"), Script},
		"a PDF with a font of a like name":      {"pdf", []byte("%PDF-1.4\n<</BaseFont/JSong>>\n%%EOF"), ""},
		"a picture is not read for PDF's words": {"jpg", []byte("\xFF\xD8\xFF\xE0/JavaScript"), ""},
	} {
		if _, got, err := whole(c.content, "a."+c.ext); got != c.want || err != nil {
			t.Errorf("S15: %s: %q %v", sentence, got, err)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for ext, b := range good(f) {
		f.Add(b[:min(len(b), 3000)], "a."+ext)
	}
	f.Add(compounded("WordDocument", "Macros/"), "a.doc")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		if typ, _, err := whole(b, name); (typ == "") == (err == nil) {
			t.Fatal(typ, err)
		}
	})
}
