package files

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/blob"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/tenants"
)

// MaxSize is the largest file, in bytes: a scanned report of a hundred pages.
const MaxSize = 50 << 20

// uploadTime is how long an upload or download may take: MaxSize at 30 kB/s.
const uploadTime = 30 * time.Minute

// Handler serves POST /files, GET /files/{id} and GET /files/{id}/thumbnail.
type Handler struct {
	httpd.Door
	From   func(context.Context) audit.From
	Client *gen.Client
	Engine *flow.Engine
	Blobs  blob.Store

	Limits  Limits
	Scanner Scanner // nil: files are not scanned
	Temp    string  // where a file lies while it is looked at; empty: the system's place
}

// target is what an upload is for, from the query: matter, and optionally
// assignment, kind and audience.
type target struct {
	matter     uuid.UUID
	assignment *uuid.UUID
	kind       attachment.Kind
	audience   attachment.Audience
}

func parseTarget(q url.Values) (t target, err error) {
	if q.Get("matter") == "" {
		return t, errs.New(errs.Invalid, "请在 matter 中指明附件所属的事项").At("matter")
	}
	if t.matter, err = errs.ID(q.Get("matter"), "matter"); err != nil {
		return t, err
	}
	if s := q.Get("assignment"); s != "" {
		id, err := errs.ID(s, "assignment")
		if err != nil {
			return t, err
		}
		t.assignment = &id
	}
	t.kind = attachment.KindOTHER
	if s := q.Get("kind"); s != "" {
		t.kind = attachment.Kind(s)
	}
	t.audience = attachment.AudienceALL
	if s := q.Get("audience"); s != "" {
		t.audience = attachment.Audience(s)
	}
	if attachment.KindValidator(t.kind) != nil {
		return t, errs.New(errs.Invalid, "kind 不是附件的类别").At("kind")
	}
	if attachment.AudienceValidator(t.audience) != nil {
		return t, errs.New(errs.Invalid, "audience 只能是 ALL、HANDLING 或 STAFF").At("audience")
	}
	return t, nil
}

// ServeHTTP routes by method.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		h.Handler(h.upload).ServeHTTP(w, r)
	case http.MethodGet, http.MethodHead:
		if strings.HasSuffix(r.URL.Path, "/thumbnail") {
			h.Handler(h.thumbnail).ServeHTTP(w, r)
			return
		}
		h.Handler(h.download).ServeHTTP(w, r)
	default:
		httpd.MethodNotAllowed(w, r, "GET, HEAD, POST")
	}
}

// upload checks the right, looks at the whole file, stores the bytes, and then
// records the row; a row never names bytes that are not there.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) error {
	q, err := url.ParseQuery(r.URL.RawQuery) // URL.Query() leaves out what it cannot read
	if err != nil {
		return errs.New(errs.Invalid, "网址中的参数无法读取")
	}
	t, err := parseTarget(q)
	if err != nil {
		return err
	}
	if err := h.As(r, false, func(ctx context.Context) error { return h.admits(ctx, t, 1) }); err != nil {
		return err
	}
	// A large file on a slow line takes longer than other requests may.
	if err := httpd.Patient(w, uploadTime); err != nil {
		return err
	}
	f, err := h.receive(r)
	if err != nil {
		return err
	}
	defer func() { _ = f.temp.Close() }()
	if f.Info, err = h.Blobs.Put(r.Context(), f.id.String(), io.NewSectionReader(f.temp, 0, f.size), MaxSize); err != nil {
		return err
	}
	kept, err := h.record(r, t, f)
	if err != nil || kept != f.id {
		if e := h.Blobs.Delete(context.WithoutCancel(r.Context()), f.id.String()); e != nil {
			h.Log.Error("an unused file remains", "key", f.id, "error", e)
		}
	}
	if err != nil {
		return err
	}
	answer := map[string]any{"id": kept, "name": f.name, "size": f.Size, "contentType": f.contentType, "sha256": f.SHA256}
	if f.caution != "" {
		answer["caution"] = f.caution
	}
	httpd.JSON(w, http.StatusCreated, answer)
	return nil
}

// admits: the viewer may attach, and there is room for so many bytes.
func (h *Handler) admits(ctx context.Context, t target, size int64) error {
	if err := h.mayAttach(ctx, t); err != nil {
		return err
	}
	q, err := QuotaOf(ctx, h.Engine, h.Limits)
	if err != nil {
		return err
	}
	return q.room(size)
}

// mayAttach: the viewer sees the matter and takes part in it.
func (h *Handler) mayAttach(ctx context.Context, t target) error {
	m, err := h.Client.Matter.Query().Where(matter.ID(t.matter)).Only(ctx)
	if gen.IsNotFound(err) {
		return errs.New(errs.NotFound, "没有这件事项，或您无权查看")
	}
	if err != nil {
		return err
	}
	if m.ClosedAt != nil {
		return errs.New(errs.NotAllowedInState, "事项已结束，不能再上传附件")
	}
	if t.assignment != nil {
		a, err := h.Client.Assignment.Get(ctx, *t.assignment)
		if gen.IsNotFound(err) || (err == nil && a.MatterID != t.matter) {
			return errs.New(errs.NotFound, "没有这份交办，或您无权查看").At("assignment")
		}
		if err != nil {
			return err
		}
	}
	ok, err := h.Engine.Covers(ctx, t.matter, h.Engine.KindOf(m.Kind).Attaching...)
	if err == nil && !ok {
		err = errs.New(errs.NotAllowed, "您不参与办理这件事项，不能上传附件")
	}
	return err
}

// record writes the row, or finds the one that the same upload made before.
func (h *Handler) record(r *http.Request, t target, f file) (kept uuid.UUID, err error) {
	err = h.As(r, true, func(ctx context.Context) error {
		// The matter may have closed while the bytes came. Two uploads do not
		// share the last room: they come one after the other in a committee.
		if _, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant') || 'files', 0))`); err != nil {
			return err
		}
		if err := h.mayAttach(ctx, t); err != nil {
			return err
		}
		v := authz.From(ctx)
		sys := authz.System(ctx)
		same := h.Client.Attachment.Query().Where(attachment.MatterID(t.matter), attachment.UploaderID(v.Membership),
			attachment.Sha256(f.SHA256), attachment.KindEQ(t.kind), attachment.NameEQ(f.name), attachment.RemovedAtIsNil())
		if t.assignment != nil {
			same = same.Where(attachment.AssignmentID(*t.assignment))
		}
		kept, err = same.FirstID(sys)
		if !gen.IsNotFound(err) {
			return err
		}
		if err := h.admits(ctx, t, f.Size); err != nil {
			return err
		}
		kept = f.id
		ctx, changes := audit.Collect(sys)
		err := h.Client.Attachment.Create().SetID(f.id).SetMatterID(t.matter).SetNillableAssignmentID(t.assignment).SetUploaderID(v.Membership).
			SetKind(t.kind).SetAudience(t.audience).SetName(f.name).SetSize(f.Size).SetContentType(f.contentType).
			SetSha256(f.SHA256).SetBlobKey(f.id.String()).SetNillableCaution(f.cautions()).SetNillableScannedAt(f.scanned).
			SetNillableWidth(f.width).SetNillableHeight(f.height).Exec(ctx)
		if err != nil {
			return err
		}
		return audit.Write(ctx, audit.Entry{
			Action: "uploadFile", Actor: v.Actor(),
			Object: audit.Object(gen.TypeAttachment, f.id), From: h.From(r.Context()), Changes: changes.Changes(),
		})
	})
	return kept, err
}

// given is why an attachment that was asked for is not given out, if it is not.
func (h *Handler) given(a *gen.Attachment, err error) error {
	switch {
	case gen.IsNotFound(err):
		return errs.New(errs.NotFound, "没有这个附件，或您无权查看")
	case err == nil && a.RemovedAt != nil:
		return errs.New(errs.NotFound, "这个附件已经移除，内容不能再下载；谁在何时、为什么移除，写在事项的附件栏里")
	case err == nil:
		return withheld(a, h.Scanner != nil)
	}
	return err
}

func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	id, err := errs.ID(r.PathValue("id"), "id")
	if err != nil {
		return err
	}
	var a *gen.Attachment
	begins := r.Header.Get("Range") == "" || strings.HasPrefix(r.Header.Get("Range"), "bytes=0-") // a player asks for many ranges
	err = h.As(r, begins, func(ctx context.Context) (err error) {
		if a, err = h.Client.Attachment.Query().Where(attachment.ID(id)).Only(ctx); err != nil || h.given(a, nil) != nil || !begins {
			return err
		}
		return audit.Write(ctx, audit.Entry{ // before a byte of it leaves (S14)
			Action: "downloadFile", Actor: authz.From(ctx).Actor(), Object: audit.Object(gen.TypeAttachment, id), From: h.From(r.Context()), Changes: []audit.Change{},
		})
	})
	if err := h.given(a, err); err != nil {
		return err
	}
	body, size, err := h.Blobs.Open(r.Context(), a.BlobKey)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := httpd.Patient(w, uploadTime); err != nil {
		return err
	}
	serve(w, r, a, body, size)
	return nil
}
