package smoke

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"testing"
)

var pdf = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

// upload sends a file to a matter as the person, and answers the status and
// the answer.
func (w *person) upload(query, name string, content []byte) (int, map[string]any) {
	w.p.t.Helper()
	w.ask("{ viewer { roles } }", nil) // so that the token is fresh
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		w.p.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = form.Close()
	req, err := http.NewRequest(http.MethodPost, w.p.url+"/files?"+query, &body)
	if err != nil {
		w.p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.p.t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil {
		w.p.t.Fatal(err)
	}
	return res.StatusCode, out
}

// fetch downloads a file as the person.
func (w *person) fetch(id string) (int, []byte) {
	w.p.t.Helper()
	w.ask("{ viewer { roles } }", nil)
	req, err := http.NewRequest(http.MethodGet, w.p.url+"/files/"+id, nil)
	if err != nil {
		w.p.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.p.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.p.t.Fatal(err)
	}
	return res.StatusCode, b
}

func TestAttachments(t *testing.T) {
	p := start(t, day(2024, 12, 27, 10))
	zs := found(t, p, "210202", "政协大连市中山区委员会", "DISTRICT", "")
	lsk := found(t, p, "210212", "政协大连市旅顺口区委员会", "DISTRICT", "")
	zs.opens(11, "2021-12-01", "2026-12-31", 4, "2024-11-01", "2024-12-28", "2024-12-29T12:00:00+08:00", "2024-12-30")
	zs.staffed(2)
	id := zs.submitted(zs.member(0), "关于盘活闲置楼宇的提案")
	author, other, clerk := zs.people[zs.member(0)], zs.people[zs.member(1)], zs.people["干事"]

	status, file := author.upload("matter="+id+"&kind=PHOTO", "现场照片.pdf", pdf)
	if status != http.StatusCreated || file["id"] == nil {
		t.Fatalf("the author's upload: %d %v", status, file)
	}
	fid := file["id"].(string)
	if status, again := author.upload("matter="+id+"&kind=PHOTO", "现场照片.pdf", pdf); status != http.StatusCreated || again["id"] != fid {
		t.Errorf("the same upload again: %d %v", status, again)
	}
	for who, w := range map[string]*person{"the author": author, "the clerk": clerk} {
		if status, got := w.fetch(fid); status != http.StatusOK || !bytes.Equal(got, pdf) {
			t.Errorf("%s fetches: %d, %d bytes", who, status, len(got))
		}
	}
	for who, w := range map[string]*person{"another member": other, "a unit that has no share": zs.people["商务局承办人"], "the other district": lsk.admin} {
		if status, _ := w.fetch(fid); status != http.StatusNotFound {
			t.Errorf("%s fetches: %d", who, status)
		}
		if status, _ := w.upload("matter="+id, "x.pdf", pdf); status != http.StatusNotFound {
			t.Errorf("%s uploads: %d", who, status)
		}
	}
	if status, out := author.upload("matter="+id, "照片.pdf", []byte("MZ this is a program")); status != http.StatusBadRequest || out["code"] != "INVALID_INPUT" {
		t.Errorf("a program called pdf: %d %v", status, out)
	}
	status, second := author.upload("matter="+id, "另一份.pdf", append(bytes.Clone(pdf), ' '))
	if status != http.StatusCreated {
		t.Fatalf("another: %d %v", status, second)
	}
	data := clerk.ask(`query($id: ID!) { matter(id: $id) { attachments { name size contentType sha256 uploader { name } } } }`, m{"id": id})
	if n := len(dig(data, "matter", "attachments").([]any)); n != 2 {
		t.Errorf("%d attachments", n)
	}
	// What was attached by mistake is removed on record, and fetched by nobody any more.
	removed := author.ask(`mutation($in: RemoveAttachmentInput!) { removeAttachment(input: $in) { attachment { removalReason removedBy { name } url } userErrors { code message } } }`,
		m{"in": m{"attachmentId": second["id"], "reason": "传错了"}})
	if dig(removed, "removeAttachment", "attachment", "removalReason") != "传错了" || dig(removed, "removeAttachment", "attachment", "url") != nil {
		t.Errorf("the removal: %v", removed)
	}
	if status, _ := author.fetch(second["id"].(string)); status != http.StatusNotFound {
		t.Errorf("what was removed: %d", status)
	}
	p.kill()
	p.run()
	if status, got := author.fetch(fid); status != http.StatusOK || !bytes.Equal(got, pdf) {
		t.Errorf("after a power cut: %d", status)
	}
}
