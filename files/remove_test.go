package files_test

import (
	"bytes"
	"context"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestWhatWasAttachedByMistakeIsRemovedOnRecord(t *testing.T) {
	t.Parallel()
	t.Run("the row says who, when and why; nobody fetches the file any more, and it counts no more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, proposing)
		id := w.drafted()
		a := w.put("委员甲", id, "", "报告.pdf", pdf)
		refusal(t, w.removes("委员甲", a, " \u200b"), errs.Invalid, "理由")
		w.OK(w.removes("委员甲", a, "传错了"))
		row := w.row(a)
		if row.RemovedAt == nil || row.RemovedByID == nil || *row.RemovedByID != w.Who("委员甲").Membership || row.RemovalReason != "传错了" || row.PurgedAt != nil {
			t.Error(row)
		}
		if s := w.gets("委员甲", a, ""); s.status != http.StatusNotFound || !strings.Contains(s.message, "已经移除") {
			t.Error(s.status, s.message)
		}
		if n := len(w.Look(id).Attachments); n != 0 {
			t.Error(n, "files count")
		}
		refusal(t, w.removes("委员甲", a, "再一次"), errs.NotAllowedInState, "已经移除")
		if again := w.put("委员甲", id, "", "报告.pdf", pdf); again == a {
			t.Error("the same file uploaded again is the one that was removed")
		}
	})
	t.Run("who attached it and who manages the matter may; for who does not see it, it is not there", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, proposing)
		id := w.drafted()
		a := w.put("委员甲", id, "", "报告.pdf", pdf)
		refusal(t, w.removes("委员乙", a, "试试"), errs.NotFound, "没有这个附件")
		refusal(t, w.removes("委员乙", uuid.New(), "试试"), errs.NotFound, "没有这个附件")
		w.Do("委员甲", "submit", id, process.Form{"acceptIndividual": true})
		refusal(t, w.removes("委员甲", a, "传错了"), errs.NotAllowedInState, "请联系他们")
		w.OK(w.removes("干事", a, "含有个人信息"))
		other := w.put("干事", id, "", "说明.pdf", pdf)
		refusal(t, w.removes("委员甲", other, "不要"), errs.NotAllowed, "只有上传的人")
	})
	t.Run("what a step rests on stays: by its kind, by its name, and at the end", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, proposing)
		id := w.drafted()
		seal := w.put("委员甲", id, "&kind=SEAL", "盖章页.pdf", pdf)
		w.Do("委员甲", "submit", id, process.Form{"acceptIndividual": true})
		refusal(t, w.removes("干事", seal, "换一份"), errs.NotAllowedInState, "为依据，不能移除；请另传一份")
		named := w.put("干事", id, "", "照片.pdf", append(pdf, ' '))
		w.Must("", func(ctx context.Context, c *gen.Client) error {
			return c.Record.Create().SetMatterID(id).SetKind("NOTE").SetOn(w.Today()).SetText("见附件").SetData(map[string]any{"files": []any{map[string]any{"id": named.String()}}}).Exec(ctx)
		})
		refusal(t, w.removes("干事", named, "换一份"), errs.NotAllowedInState, "一条记录")
		late := w.put("干事", id, "", "其他.pdf", append(pdf, '\n'))
		w.Do("委员甲", "withdraw", id, nil)
		refusal(t, w.removes("干事", late, "换一份"), errs.NotAllowedInState, "事项已结束")
	})
}

func TestTheBytesOfWhatWasRemovedGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, proposing)
	id := w.drafted()
	photo := picture(t, 400, 200)
	a, stays := w.put("委员甲", id, "", "现场.png", photo), w.put("委员甲", id, "", "另一张.png", photo)
	if s := w.gets("委员甲", a, "/thumbnail"); s.status != http.StatusOK {
		t.Fatal(s.status, s.message)
	}
	w.OK(w.removes("委员甲", a, "传错了"))
	purge := files.Purge{Store: w.Store, Blobs: w.blobs, Keep: 30 * 24 * time.Hour}
	run := func() int {
		t.Helper()
		n, err := purge.Run(w.Ctx(), w.Tenant)
		w.OK(err)
		return n
	}
	there := func(key string) bool {
		_, err := blob.Read(w.Ctx(), w.blobs, key, files.MaxSize)
		return err == nil
	}
	if run() != 0 || !there(a.String()) {
		t.Error("gone at once")
	}
	w.Later(31)
	w.Must("", func(ctx context.Context, c *gen.Client) error { // another row of the same bytes
		return c.Attachment.Update().Where(attachment.ID(stays)).SetBlobKey(a.String()).Exec(ctx)
	})
	if run() != 1 || !there(a.String()) {
		t.Error("bytes went that another row points to")
	}
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		return c.Attachment.Update().Where(attachment.ID(stays)).SetBlobKey(stays.String()).Exec(ctx)
	})
	w.Must("", func(ctx context.Context, c *gen.Client) error {
		return c.Attachment.Update().Where(attachment.ID(a)).ClearPurgedAt().Exec(ctx)
	})
	if run() != 1 || there(a.String()) || there(a.String()+"-t320") || !there(stays.String()) || w.row(a).PurgedAt == nil {
		t.Error("the bytes or their small picture remain, or others went")
	}
	if run() != 0 {
		t.Error("twice")
	}
}

func TestThumbnails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, proposing)
	id := w.drafted()
	a := w.put("委员甲", id, "", "现场.png", picture(t, 800, 400))
	t.Run("a small JPEG, made once and kept", func(t *testing.T) {
		for range 2 {
			s := w.gets("委员甲", a, "/thumbnail?link=x")
			m, err := jpeg.Decode(bytes.NewReader(s.body))
			if s.status != http.StatusOK || err != nil || m.Bounds().Dx() != 320 || m.Bounds().Dy() != 160 || s.header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(s.header.Get("Content-Disposition"), "inline") {
				t.Error(s.status, s.header, err)
			}
			w.OK(w.blobs.Delete(w.Ctx(), a.String())) // what is kept needs the file no more
		}
		if row := w.row(a); *row.Width != 800 || *row.Height != 400 {
			t.Error(*row.Width, *row.Height)
		}
	})
	t.Run("who does not see the file sees no small picture of it", func(t *testing.T) {
		if s := w.gets("委员乙", a, "/thumbnail"); s.status != http.StatusNotFound || !strings.Contains(s.message, "没有这个附件") {
			t.Error(s.status, s.message)
		}
	})
	t.Run("of what there is none, it is said why and what to do", func(t *testing.T) {
		doc := w.put("委员甲", id, "", "报告.pdf", pdf)
		if s := w.gets("委员甲", doc, "/thumbnail"); s.status != http.StatusNotFound || !strings.Contains(s.message, "请打开或下载") {
			t.Error(s.status, s.message)
		}
	})
	t.Run("a broken picture is refused, and one that breaks later is tried once", func(t *testing.T) {
		broken := picture(t, 80, 40)
		if s := w.puts("委员甲", id, "", "坏.png", broken[:20]); s.status != http.StatusBadRequest || !strings.Contains(s.message, "损坏") {
			t.Error(s.status, s.message)
		}
		b := w.put("委员甲", id, "", "坏.png", broken)
		_, err := w.blobs.Put(w.Ctx(), b.String(), bytes.NewReader(broken[:40]), 1000)
		w.OK(err)
		for range 2 {
			if s := w.gets("委员甲", b, "/thumbnail"); s.status != http.StatusNotFound || !strings.Contains(s.message, "读不出来") {
				t.Error(s.status, s.message)
			}
		}
		if empty, err := blob.Read(w.Ctx(), w.blobs, b.String()+"-t320", 10); err != nil || len(empty) != 0 {
			t.Error(empty, err)
		}
	})
}
