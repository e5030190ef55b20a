package files_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clamd"
	"github.com/bihuan/bihuan/internal/clamd/clamdtest"
	"github.com/bihuan/bihuan/internal/errs"
)

// S15: a file that is not yet scanned is not given out where a scanner is set.
func TestFilesAreScanned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, proposing)
	id := w.drafted()
	before := w.put("委员甲", id, "", "以前的.pdf", pdf)
	d := clamdtest.Start(t, "unix")
	scanner, err := clamd.New(d.Address)
	w.OK(err)
	w.door.Scanner = scanner
	scans := files.Scans{Store: w.Store, Blobs: w.blobs, Scanner: scanner}
	bad := append(bytes.Clone(pdf), clamdtest.Bad...)

	t.Run("what is bad is refused and kept nowhere", func(t *testing.T) {
		s := w.puts("委员甲", id, "", "坏.pdf", bad)
		if s.status != http.StatusBadRequest || !strings.Contains(s.message, clamdtest.Name) {
			t.Error(s.status, s.message)
		}
		if n := len(w.Look(id).Attachments); n != 1 {
			t.Error(n)
		}
	})
	t.Run("what is good comes in at once", func(t *testing.T) {
		if s := w.gets("委员甲", w.put("委员甲", id, "", "好.pdf", append(pdf, ' ')), ""); s.status != http.StatusOK {
			t.Error(s.status, s.message)
		}
	})
	t.Run("what was there before waits, and its small picture does", func(t *testing.T) {
		for _, beside := range []string{"", "/thumbnail"} {
			if s := w.gets("委员甲", before, beside); s.status != http.StatusServiceUnavailable || !strings.Contains(s.message, "还没有查过") {
				t.Error(s.status, s.message)
			}
		}
	})
	var late, ill uuid.UUID
	t.Run("while the scanner fails files come in and wait", func(t *testing.T) {
		for _, f := range []clamdtest.Fault{clamdtest.BreaksOff, clamdtest.Rubbish, clamdtest.TooLarge, clamdtest.HangsUp} {
			d.Fail(f)
			late = w.put("委员甲", id, "", "迟到"+string(f)+".pdf", append(pdf, f...))
			if s := w.gets("委员甲", late, ""); s.status != http.StatusServiceUnavailable {
				t.Error(s.status)
			}
			if _, err := scans.Run(w.Ctx(), w.Tenant); !errs.Is(err, errs.Unavailable) {
				t.Error(f, err)
			}
		}
		ill = w.put("委员甲", id, "", "坏.pdf", bad)
		d.Fail("")
	})
	t.Run("the job asks when it is back: good files are given out, bad ones never", func(t *testing.T) {
		n, err := scans.Run(w.Ctx(), w.Tenant)
		w.OK(err)
		if again, err := scans.Run(w.Ctx(), w.Tenant); n != 6 || again != 0 || err != nil {
			t.Error(n, again, err)
		}
		for _, a := range []uuid.UUID{before, late} {
			if s := w.gets("委员甲", a, ""); s.status != http.StatusOK {
				t.Error(s.status, s.message)
			}
		}
		if s := w.gets("委员甲", ill, ""); s.status != http.StatusNotFound || !strings.Contains(s.message, "查出病毒") || w.row(ill).Malware != clamdtest.Name {
			t.Error(s.status, s.message)
		}
		w.door.Scanner = nil
		if s := w.gets("委员甲", ill, ""); s.status != http.StatusNotFound {
			t.Error("the scanner was taken away, and what it found is given out:", s.status)
		}
	})
}

// S15: quotas by person and by committee.
func TestQuotas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, proposing)
	id := w.drafted()
	large := func(n byte) []byte {
		return append(append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte{n}, 1<<20-200)...), "\n%%EOF"...)
	}
	quota := func(who string) (q files.Quota) {
		w.OK(w.Reads(who, func(ctx context.Context) (err error) {
			q, err = files.QuotaOf(ctx, w.Engine, w.door.Limits)
			return err
		}))
		return q
	}
	w.door.Limits = files.Limits{PersonMB: 2, CommitteeMB: 3}
	first := w.put("委员甲", id, "", "一.pdf", large('1'))
	w.put("委员甲", id, "", "二.pdf", large('2'))

	t.Run("a person has his own, and is told how much is left", func(t *testing.T) {
		s := w.puts("委员甲", id, "", "三.pdf", large('3'))
		left, _ := s.details["leftBytes"].(float64)
		if s.status != http.StatusRequestEntityTooLarge || s.code != "LIMIT_EXCEEDED" || s.details["scope"] != "PERSON" || s.details["limitBytes"] != float64(2<<20) || left != float64(quota("委员甲").Person.Left()) {
			t.Error(s.status, s.message, s.details)
		}
		if q := quota("干事"); q.Person.Used != 0 || q.Committee.Used != quota("委员甲").Person.Used {
			t.Errorf("%+v", q)
		}
	})
	t.Run("a committee has one for all, also of those who come at once", func(t *testing.T) {
		w.Do("委员甲", "submit", id, process.Form{"acceptIndividual": true})
		var all sync.WaitGroup
		got := make([]said, 4)
		worlds := make([]*world, len(got))
		for i := range got {
			one := *w
			one.door.As = func(_ *http.Request, _ bool, fn func(context.Context) error) error { return w.As("干事", fn) }
			worlds[i] = &one
			all.Go(func() { got[i] = worlds[i].puts("干事", id, "", "四.pdf", large(byte('4'+i))) })
		}
		all.Wait()
		in := 0
		for _, s := range got {
			if s.status == http.StatusCreated {
				in++
			} else if s.details["scope"] != "COMMITTEE" {
				t.Error(s.status, s.message)
			}
		}
		if in != 1 {
			t.Error(in, "came in")
		}
	})
	t.Run("what was removed makes room when its bytes are gone", func(t *testing.T) {
		w.OK(w.removes("干事", first, "传错了"))
		if s := w.puts("委员甲", id, "", "五.pdf", large('5')); s.status != http.StatusRequestEntityTooLarge {
			t.Error(s.status)
		}
		_, err := files.Purge{Store: w.Store, Blobs: w.blobs}.Run(w.Ctx(), w.Tenant)
		w.OK(err)
		w.put("委员甲", id, "", "五.pdf", large('5'))
	})
	t.Run("a committee may be stricter than the installation, and no more lenient", func(t *testing.T) {
		w.door.Limits = files.Limits{PersonMB: 300, CommitteeMB: 2000}
		for _, c := range []struct{ person, committee, wantPerson, wantCommittee int64 }{{0, 0, 300, 2000}, {100, 1024, 100, 1024}, {5000, 50_000, 300, 2000}} {
			w.Must("", func(ctx context.Context, e *gen.Client) error {
				n, err := e.TenantPolicy.Query().Count(ctx)
				if err != nil {
					return err
				}
				return e.TenantPolicy.Create().SetVersion(n + 1).SetSettings(map[string]any{"fileQuota": map[string]any{"personMB": c.person, "committeeMB": c.committee}}).
					SetEffectiveFrom(w.Today()).SetNote("限额").SetApprovedBy("主席会议").Exec(ctx)
			})
			if q := quota("委员甲"); q.Person.Limit != c.wantPerson<<20 || q.Committee.Limit != c.wantCommittee<<20 {
				t.Errorf("%+v: %+v", c, q)
			}
		}
	})
}

// S15: what is odd is refused at the door, and no byte of it stays.
func TestOddFilesStayOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, proposing)
	id := w.drafted()
	for name, content := range map[string]string{
		"说明.txt": strings.Repeat("说明。\n", 3000) + "<script>alert(1)</script>", "报告.docx": "PK\x03\x04 and no archive", "表.doc": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 600),
		"现场.png": string(picture(t, 10, 10)) + "<html><body onload=x>",
	} {
		if s := w.puts("委员甲", id, "", name, []byte(content)); s.status != http.StatusBadRequest || s.code != "INVALID_INPUT" {
			t.Error(name, s.status, s.message)
		}
	}
	t.Run("a macro is told", func(t *testing.T) {
		if s := w.puts("委员甲", id, "", "报告.pdf", []byte("%PDF-1.4\n<</S/JavaScript>>\n%%EOF")); s.status != http.StatusCreated || !strings.Contains(string(s.body), `"caution":"SCRIPT"`) || *w.row(s.id).Caution != "SCRIPT" {
			t.Error(s.status, string(s.body))
		}
	})
	t.Run("one byte more than allowed", func(t *testing.T) {
		if s := w.puts("委员甲", id, "", "大.pdf", append([]byte("%PDF-1.4\n"), make([]byte, files.MaxSize)...)); s.status != http.StatusRequestEntityTooLarge {
			t.Error(s.status, s.message)
		}
	})
	if n := len(w.Look(id).Attachments); n != 1 {
		t.Error(n, "rows")
	}
	t.Run("a place for it that is not there is said, and nothing is done", func(t *testing.T) {
		w.door.Temp = t.TempDir() + "/gone"
		if s := w.puts("委员甲", id, "", "报告.pdf", pdf); s.status != http.StatusServiceUnavailable || !strings.Contains(s.message, "收不下") {
			t.Error(s.status, s.message)
		}
		w.door.Temp = t.TempDir()
		w.put("委员甲", id, "", "报告.pdf", pdf)
		if left, err := os.ReadDir(w.door.Temp); err != nil || len(left) != 0 {
			t.Error(left, err)
		}
	})
}
