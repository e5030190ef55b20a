package blob

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/richardlehane/mscfb"

	"github.com/bihuan/bihuan/internal/errs"
)

// What may be in an archive, at the most. A thesis of 500 pages has some 2,000
// parts and unpacks to 60 MB; a sheet of a million cells shrinks a hundredfold.
const (
	maxEntries  = 10_000
	maxUnpacked = 150 << 20
	maxRatio    = 250     // of what is unpacked to what it was
	smallPart   = 4 << 20 // below it the ratio says nothing
	maxNested   = 2       // a document inside a document
	maxInside   = 16 << 20
	maxTypes    = 4 << 20 // of [Content_Types].xml
)

// office documents that are zip archives, by what names their main part: the
// content type in [Content_Types].xml (ECMA-376-2, 10.1.2), of OFD a file.
var office = map[string]struct{ name, main, program string }{
	"docx": {"Word 文档", "wordprocessingml.document.main+xml", "word.document.macroenabled"},
	"xlsx": {"Excel 表格", "spreadsheetml.sheet.main+xml", "excel.sheet.macroenabled"},
	"pptx": {"PowerPoint 演示文稿", "presentationml.presentation.main+xml", "powerpoint.presentation.macroenabled"},
	"ofd":  {"OFD 版式文件", "OFD.xml", ""},
}

// programs are parts that are no document's.
var programs = []string{".exe", ".dll", ".scr", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".jar", ".lnk", ".msi", ".html", ".htm", ".mht", ".xhtml"}

// unpacking is what one file has unpacked to, with all inside of it.
type unpacking struct {
	entries int
	bytes   int64
	nested  int
}

func bomb() error {
	return errs.New(errs.Limited, "文件展开以后过大或层数过多，不能上传；请删去多余的内容和嵌入的文件，另存后重新上传").With("maxBytes", int64(maxUnpacked))
}

func notWhole(ext string) error {
	return errs.New(errs.Invalid, "文件不是完整的 %s；请用原来的软件打开，另存为 %s 后重新上传", ext, ext)
}

// office looks at an archive that has to be a document of this extension.
func (u *unpacking) office(r io.ReaderAt, size int64, ext string) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return notWhole(ext)
	}
	if err := u.parts(z, ext); err != nil {
		return err
	}
	is, program, err := u.kind(z)
	switch {
	case err != nil:
		return err
	case program:
		return errs.New(errs.Invalid, "文件里有宏，不是普通的 %s；请另存为不含宏的 %s 后重新上传", ext, ext)
	case is == ext:
		return nil
	case is != "":
		return errs.New(errs.Invalid, "文件内容是 %s（%s），扩展名却是 %s；请改正扩展名后重新上传", office[is].name, is, ext)
	}
	return notWhole(ext)
}

// parts unpacks everything, to nowhere, and counts. What the archive says of
// its sizes is not believed.
func (u *unpacking) parts(z *zip.Reader, ext string) error {
	seen := map[string]bool{}
	for _, f := range z.File {
		if u.entries++; u.entries > maxEntries {
			return bomb()
		}
		name := strings.ToLower(f.Name)
		switch {
		case f.Flags&1 != 0:
			return errs.New(errs.Invalid, "文件设有打开密码；请去掉密码，另存为 %s 后重新上传", ext)
		case seen[name] || strings.Contains(name, "\\") || strings.Contains("/"+name+"/", "/../") || strings.HasPrefix(name, "/"):
			return notWhole(ext)
		case slices.Contains(programs, path.Ext(name)):
			return errs.New(errs.Invalid, "文件里夹带了程序或网页（%s），不能上传；请删去它，另存为 %s 后重新上传", path.Ext(name), ext)
		}
		seen[name] = true
		if err := u.part(f, ext); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacking) part(f *zip.File, ext string) error {
	r, err := f.Open()
	if err != nil {
		return notWhole(ext)
	}
	defer func() { _ = r.Close() }()
	head := make([]byte, len(magicZip))
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return notWhole(ext)
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), r)
	if string(head[:n]) == magicZip {
		return u.inside(all, ext)
	}
	m, err := io.Copy(io.Discard, io.LimitReader(all, maxUnpacked-u.bytes+1))
	u.bytes += m
	switch {
	case u.bytes > maxUnpacked, m > smallPart && uint64(m) > maxRatio*max(1, f.CompressedSize64):
		return bomb()
	case err != nil:
		return notWhole(ext)
	}
	return nil
}

// inside is an archive in an archive, such as a sheet in a text.
func (u *unpacking) inside(r io.Reader, ext string) error {
	if u.nested++; u.nested > maxNested {
		return bomb()
	}
	defer func() { u.nested-- }()
	b, err := io.ReadAll(io.LimitReader(r, min(maxInside, maxUnpacked-u.bytes)+1))
	u.bytes += int64(len(b))
	if u.bytes > maxUnpacked || len(b) > maxInside {
		return bomb()
	}
	if err != nil {
		return notWhole(ext)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil // begins like one
	}
	return u.parts(z, ext)
}

// kind is which document an archive is, by its main part, which has to be there;
// program says that it is one with macros.
func (u *unpacking) kind(z *zip.Reader) (is string, program bool, err error) {
	there := map[string]bool{}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		there[name] = true
		program = program || path.Base(name) == "vbaproject.bin"
	}
	if there["ofd.xml"] {
		return "ofd", program, nil
	}
	if !there["[content_types].xml"] {
		return "", program, nil
	}
	types, err := contentTypes(z)
	if err != nil {
		return "", program, nil //nolint:nilerr // not readable: no document
	}
	for part, typ := range types {
		for ext, o := range office {
			if o.program != "" && strings.Contains(typ, o.program) {
				program, is = true, ext
			}
			if ext != "ofd" && strings.HasSuffix(typ, o.main) && there[part] {
				is = ext
			}
		}
	}
	return is, program, nil
}

// contentTypes are the parts that [Content_Types].xml names one by one, both in
// lower case.
func contentTypes(z *zip.Reader) (map[string]string, error) {
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.EqualFold(f.Name, "[Content_Types].xml") })
	r, err := z.File[i].Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	var list struct {
		Override []struct {
			PartName    string `xml:",attr"`
			ContentType string `xml:",attr"`
		}
	}
	if err := xml.NewDecoder(io.LimitReader(r, maxTypes)).Decode(&list); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, o := range list.Override {
		out[strings.ToLower(strings.TrimPrefix(o.PartName, "/"))] = strings.ToLower(o.ContentType)
	}
	return out, nil
}

// compounds are the old office documents by the stream of which each has one
// and no other (MS-DOC, MS-XLS, MS-PPT 2.1).
var compounds = map[string]struct {
	name    string
	streams []string
}{
	"doc": {"Word 文档", []string{"WordDocument"}}, "xls": {"Excel 表格", []string{"Workbook", "Book"}}, "ppt": {"PowerPoint 演示文稿", []string{"PowerPoint Document"}},
}

// macros are the storages in which a program stands (MS-OVBA 2.2.1).
var macros = []string{"Macros", "_VBA_PROJECT_CUR", "VBA", "_VBA_PROJECT"}

// compound looks at a compound file: which document it is, and whether there is
// a program in it.
func compound(r io.ReaderAt, ext string) (c Caution, err error) {
	defer func() {
		if recover() != nil { // the reader of a format of 1996
			err = notWhole(ext)
		}
	}()
	doc, err := mscfb.New(r)
	if err != nil {
		return "", notWhole(ext)
	}
	is := ""
	for entries := 0; ; entries++ {
		f, err := doc.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || entries > maxEntries {
			return "", notWhole(ext)
		}
		switch {
		case f.Name == "EncryptedPackage" || f.Name == "EncryptionInfo":
			return "", errs.New(errs.Invalid, "文件设有打开密码；请去掉密码，另存为 %s 后重新上传", ext)
		case slices.Contains(macros, f.Name):
			c = Macros
		case len(f.Path) == 0 && is == "":
			for e, k := range compounds {
				if slices.Contains(k.streams, f.Name) {
					is = e
				}
			}
		}
	}
	switch is {
	case ext:
		return c, nil
	case "":
		return "", notWhole(ext)
	}
	return "", errs.New(errs.Invalid, "文件内容是 %s（%s），扩展名却是 %s；请改正扩展名后重新上传", compounds[is].name, is, ext)
}
