package smoke

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
)

// form is a multipart body with one file, and its content type. The name goes
// in as it is, so that hostile ones can be sent.
func form(field, name string, content []byte) (body, contentType string) {
	var b bytes.Buffer
	mw := multipart.NewWriter(&b)
	part, err := mw.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, field, name)}})
	if err != nil {
		panic(err)
	}
	_, _ = part.Write(content)
	_ = mw.Close()
	return b.String(), mw.FormDataContentType()
}

// badFiles: uploads and downloads.
func badFiles(w *badWorld) []group {
	return []group{{name: "uploads", cases: w.uploads()}, {name: "targets of uploads", cases: w.targets()}, {name: "downloads", cases: w.downloads()}}
}

func (w *badWorld) uploads() (out []bad) {
	pdf := []byte("%PDF-1.7\n" + mark)
	post := func(name, field, file string, content []byte, codes ...string) {
		body, typ := form(field, file, content)
		out = append(out, bad{name: name, as: "干事", path: "/files?matter=" + w.matters["ASSIGNED"], header: map[string]string{"Content-Type": typ}, body: body, codes: codes})
	}
	for _, c := range []struct {
		name, field, file string
		content           []byte
	}{
		{"another field", mark, "a.pdf", pdf}, {"no file name", "file", "", pdf}, {"a file name of dots", "file", "...", pdf},
		{"a program", "file", "a.exe", []byte("MZ\x90\x00")}, {"a program that says pdf", "file", "a.pdf", []byte("MZ\x90\x00" + mark)}, {"a program with two extensions", "file", "a.pdf.exe", []byte("MZ")},
		{"a program whose name is turned round", "file", "\u202efdp.exe", []byte("MZ")}, {"a page that says txt", "file", "a.txt", []byte("<html><script>" + mark)}, {"a page", "file", "a.html", []byte("<html>")},
		{"a drawing", "file", "a.svg", []byte("<svg onload=alert(1)>")}, {"a drawing that says txt", "file", "a.txt", []byte("<svg onload=alert(1)>")}, {"a pdf that says png", "file", "a.png", pdf},
		{"a pdf that says txt", "file", "a.txt", pdf}, {"nothing", "file", "a.pdf", nil}, {"zero bytes", "file", "a.txt", make([]byte, 5000)}, {"a script", "file", "a.sh", []byte("#!/bin/sh")},
		{"a zip that says docx but is none", "file", "a.docx", []byte("PK\x05\x06")}, {"a name with a zero byte", "file", "a.pdf\x00.exe", []byte("MZ")}, {"no extension", "file", "passwd", pdf},
		{"only an extension", "file", ".htaccess", []byte("deny")}, {"a path out of the folder, a program", "file", "../../../../bin/" + mark + ".exe", []byte("MZ")},
	} {
		post(c.name, c.field, c.file, c.content, wrongInput)
	}
	whole, typ := form("file", "a.pdf", pdf)
	cut := whole[:len(whole)-40]
	many := "--x\r\n" + strings.Repeat("A: b\r\n", 20_000) + "\r\n%PDF-\r\n--x--\r\n"
	for _, c := range []struct{ name, typ, body string }{
		{"no multipart", "application/pdf", string(pdf)}, {"JSON", "application/json", quiet}, {"no boundary", "multipart/form-data", whole}, {"another boundary", "multipart/form-data; boundary=" + mark, whole},
		{"an empty body", typ, ""}, {"text before any part", typ, mark}, {"cut off in the file", typ, cut}, {"mixed", "multipart/mixed; boundary=x", "--x--"}, {"20,000 headers of a part", "multipart/form-data; boundary=x", many},
		{"a boundary of 5,000 characters", "multipart/form-data; boundary=" + strings.Repeat("b", 5000), whole}, {"urlencoded", "application/x-www-form-urlencoded", "file=" + mark},
	} {
		out = append(out, bad{name: c.name, as: "干事", path: "/files?matter=" + w.matters["ASSIGNED"], header: map[string]string{"Content-Type": c.typ}, body: c.body, codes: []string{wrongInput}})
	}
	post("51 MB", "file", "a.pdf", append([]byte("%PDF-1.7\n"), make([]byte, 51<<20)...), tooMuch)
	return out
}

// targets: a right file for what is not there, not his, or over.
func (w *badWorld) targets() (out []bad) {
	body, typ := form("file", mark+".txt", []byte("情况说明"))
	post := func(name, as, query string, codes ...string) {
		out = append(out, bad{name: name, as: as, path: "/files?" + query, header: map[string]string{"Content-Type": typ}, body: body, codes: codes})
	}
	own := "matter=" + w.matters["ASSIGNED"]
	post("nobody", "", own, nobody)
	post("no target", "干事", "", wrongInput)
	post("a target that is no id", "干事", "matter="+mark, wrongInput)
	post("SQL", "干事", "matter='%3B+DROP+TABLE+matters%3B--", wrongInput)
	post("nothing's id", "干事", "matter="+someID, noSuch)
	post("a foreign case", "干事", "matter="+w.foreign["matter"], noSuch)
	post("a case that is over", "干事", "matter="+w.matters["ARCHIVED"], "NOT_ALLOWED_IN_STATE", noSuch)
	post("a case that is not yet his", "干事", "matter="+w.matters["DRAFT"], noSuch)
	post("a case he has no part in", "委员02", own, "NOT_ALLOWED", noSuch)
	post("another unit's", "文旅局承办人", own, "NOT_ALLOWED", noSuch)
	post("an assignment that is no id", "干事", own+"&assignment="+mark, wrongInput)
	post("an assignment of another case", "干事", own+"&assignment="+w.own["assignment"], noSuch)
	post("a foreign assignment", "干事", own+"&assignment="+w.foreign["assignment"], noSuch)
	post("a kind that does not exist", "干事", own+"&kind="+mark, wrongInput)
	post("an audience that does not exist", "干事", own+"&audience="+mark, wrongInput)
	post("a broken escape", "干事", own+"&kind=%zz", wrongInput)
	for _, token := range []string{mark, "a.b.c", w.token("干事")[:40]} {
		out = append(out, bad{name: "the token " + token, token: token, path: "/files?" + own, header: map[string]string{"Content-Type": typ}, body: body, status: 401, codes: []string{nobody}})
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		out = append(out, bad{name: method, as: "干事", method: method, path: "/files?" + own, body: body, codes: []string{wrongInput}})
	}
	return append(out, bad{name: "another tenant in the header", as: "干事", path: "/files?" + own, header: map[string]string{"Content-Type": typ, "X-Bihuan-Tenant": someID}, body: body, status: 401, codes: []string{nobody}})
}

func (w *badWorld) downloads() (out []bad) {
	get := func(name, as, path string, codes ...string) {
		out = append(out, bad{name: name, as: as, method: http.MethodGet, path: path, codes: codes})
	}
	get("nobody", "", "/files/"+w.own["attachment"], nobody)
	get("foreign", "干事", "/files/"+w.foreign["attachment"], noSuch)
	get("foreign for an administrator", "管理员", "/files/"+w.foreign["attachment"], noSuch)
	get("nothing", "干事", "/files/"+someID, noSuch)
	get("no id", "干事", "/files/"+mark, wrongInput)
	get("a case's id", "干事", "/files/"+w.own["matter"], noSuch)
	get("SQL", "干事", "/files/'%3B+DROP+TABLE+matters%3B--", wrongInput)
	get("a path", "干事", "/files/..%2f..%2fkeys.json", wrongInput)
	get("a path with backslashes", "干事", "/files/..%5c..%5ckeys.json", wrongInput)
	get("a zero byte", "干事", "/files/"+w.own["attachment"]+"%00", wrongInput)
	get("two ids", "干事", "/files/"+w.own["attachment"]+"/"+mark, noSuch)
	get("the list", "干事", "/files", wrongInput, noSuch)
	for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodPost} {
		out = append(out, bad{name: method, as: "干事", method: method, path: "/files/" + w.own["attachment"], codes: []string{wrongInput}})
	}
	return out
}
