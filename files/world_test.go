package files_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/files"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/proposals"
	"github.com/bihuan/bihuan/tenants"
	"github.com/bihuan/bihuan/test/district"
	"github.com/bihuan/bihuan/test/district/assembled"
)

// world is a district in which files are put to matters through the door.
type world struct {
	*assembled.District
	blobs blob.Store
	door  files.Handler
	who   string // who asks
}

func newWorld(t *testing.T, plan district.Plan) *world {
	t.Helper()
	w := &world{District: assembled.New(t, plan)}
	var err error
	w.blobs, err = blob.OpenURL("file://" + t.TempDir())
	w.OK(err)
	w.door = files.Handler{
		Door: httpd.Door{Log: slog.New(slog.DiscardHandler), Known: tenants.Translate, As: func(_ *http.Request, _ bool, fn func(context.Context) error) error {
			return w.As(w.who, fn)
		}},
		From: func(context.Context) audit.From { return audit.From{} }, Client: w.Ent(), Engine: w.Engine, Blobs: w.blobs,
	}
	return w
}

// proposing is the plan of a test about a proposal.
var proposing = district.Plan{
	On: time.Date(2025, 6, 6, 0, 0, 0, 0, time.UTC), Runs: []string{"proposal"}, Sitting: district.Plenary(2025, 6, 9),
	Posts: []string{"委员甲", "委员乙", "联络员", "干事", "审查员", "主任", "管理员"},
}

// drafted is a proposal of 委员甲.
func (w *world) drafted() (id uuid.UUID) {
	w.T.Helper()
	w.OK(w.As("委员甲", func(ctx context.Context) error {
		c, err := w.Proposals.Create(ctx, proposals.Draft{Kind: proposal.ProposerKindINDIVIDUAL, Title: "关于盘活闲置楼宇的提案",
			Situation: strings.Repeat("闲置楼宇较多。", 20), Analysis: strings.Repeat("缺少统筹。", 20), Suggestions: []string{strings.Repeat("摸清底数，分类盘活。", 10)}, Category: "ECONOMY", Consent: true})
		if err == nil {
			id = c.Matter.ID
		}
		return err
	}))
	return id
}

// said is an answer of the door.
type said struct {
	status                     int
	code, message, contentType string
	id                         uuid.UUID
	header                     http.Header
	body                       []byte
	details                    map[string]any
}

func (w *world) asks(who, method, path string, body *bytes.Buffer, typ string) said {
	w.T.Helper()
	w.who = who
	if body == nil {
		body = &bytes.Buffer{}
	}
	r := httptest.NewRequest(method, path, body).WithContext(w.Ctx())
	r.Header.Set("Content-Type", typ)
	if parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/files/"), "/"); method == http.MethodGet {
		r.SetPathValue("id", parts[0])
	}
	out := httptest.NewRecorder()
	w.door.ServeHTTP(out, r)
	s := said{status: out.Code, header: out.Header(), body: out.Body.Bytes()}
	var answer struct {
		Code, Message, ContentType string
		ID                         uuid.UUID
		Details                    map[string]any
	}
	if json.Unmarshal(s.body, &answer) == nil {
		s.code, s.message, s.id, s.contentType, s.details = answer.Code, answer.Message, answer.ID, answer.ContentType, answer.Details
	}
	return s
}

// puts uploads a file.
func (w *world) puts(who string, matter uuid.UUID, more, name string, content []byte) said {
	w.T.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	w.OK(err)
	_, err = part.Write(content)
	w.OK(err)
	w.OK(form.Close())
	return w.asks(who, http.MethodPost, "/files?matter="+matter.String()+more, &body, form.FormDataContentType())
}

// put is puts that has to succeed.
func (w *world) put(who string, matter uuid.UUID, more, name string, content []byte) uuid.UUID {
	w.T.Helper()
	s := w.puts(who, matter, more, name, content)
	if s.status != http.StatusCreated {
		w.T.Fatalf("%s: %d %s", name, s.status, s.body)
	}
	return s.id
}

func (w *world) gets(who string, id uuid.UUID, beside string) said {
	w.T.Helper()
	return w.asks(who, http.MethodGet, "/files/"+id.String()+beside, nil, "")
}

// removes takes an attachment away.
func (w *world) removes(who string, id uuid.UUID, reason string) error {
	w.T.Helper()
	return w.Recorded(who, "removeAttachment", func(ctx context.Context) error {
		_, err := files.Remove(ctx, w.Engine, id, reason)
		return err
	})
}

// row reads an attachment as the product.
func (w *world) row(id uuid.UUID) (a *gen.Attachment) {
	w.T.Helper()
	w.Must("", func(ctx context.Context, c *gen.Client) (err error) {
		a, err = c.Attachment.Get(ctx, id)
		return err
	})
	return a
}

// refusal wants a code and what is to be read.
func refusal(t *testing.T, err error, code errs.Code, says string) {
	t.Helper()
	if shown, ok := errs.As(err); !ok || shown.Code != code || !strings.Contains(shown.Message, says) {
		t.Errorf("%v, want %s %s", err, code, says)
	}
}

var pdf = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
