package desk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/handover"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
)

// Door is the desk over HTTP.
type Door struct {
	httpd.Door
	Desk      *Desk
	Operators map[string]string // the hash of a token, in hexadecimal → whose it is
	Key       []byte            // signs links; a new one with each start
}

const (
	linkLife    = 10 * time.Minute
	mostAsked   = 64 << 10 // bytes of a request
	fileTime    = time.Hour
	packageType = "application/zip"
)

// Operators reads name:hash, separated by commas; the hash is SHA-256 in
// hexadecimal of a token that nobody else knows.
func Operators(list string) (map[string]string, error) {
	out, names := map[string]string{}, map[string]bool{}
	for one := range strings.SplitSeq(list, ",") {
		name, hash, _ := strings.Cut(strings.TrimSpace(one), ":")
		hash = strings.ToLower(hash)
		if b, err := hex.DecodeString(hash); name == "" || err != nil || len(b) != sha256.Size || names[name] || out[hash] != "" {
			return nil, errors.New("BIHUAN_OPERATORS 写成 姓名:令牌的 SHA-256（十六进制），逗号分隔，各人一个，不能相同")
		}
		out[hash], names[name] = name, true
	}
	return out, nil
}

// Handler routes what operators ask.
func (d *Door) Handler() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, fn func(w http.ResponseWriter, r *http.Request, who string) (any, error)) {
		mux.Handle(pattern, d.Door.Handler(func(w http.ResponseWriter, r *http.Request) error {
			who, err := d.who(r)
			if err != nil {
				return err
			}
			out, err := fn(w, r, who)
			if err != nil || out == nil {
				return err
			}
			return answer(w, out)
		}))
	}
	on("POST /tenants/{code}/suspend", d.turned(handover.Service.Suspend))
	on("POST /tenants/{code}/resume", d.turned(handover.Service.Resume))
	on("POST /jobs", d.asked)
	on("GET /jobs", func(http.ResponseWriter, *http.Request, string) (any, error) { return d.Desk.Jobs(), nil })
	on("GET /jobs/{id}", func(_ http.ResponseWriter, r *http.Request, _ string) (any, error) { return d.of(r) })
	on("POST /jobs/{id}/confirm", d.settled(true))
	on("POST /jobs/{id}/withdraw", d.settled(false))
	on("GET /jobs/{id}/link", d.link)
	on("POST /packages", d.brought)
	mux.Handle("GET /jobs/{id}/package", d.Door.Handler(d.fetched))
	return mux
}

func answer(w http.ResponseWriter, out any) error {
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "private, no-store")
	_, _ = w.Write(append(b, '\n')) // who hung up needs no answer
	return nil
}

// who is whose token a request brings. All hashes are compared.
func (d *Door) who(r *http.Request) (name string, err error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(token))
	for hash, of := range d.Operators {
		if subtle.ConstantTimeCompare([]byte(hash), []byte(hex.EncodeToString(sum[:]))) == 1 {
			name = of
		}
	}
	if !ok || name == "" {
		return "", errs.New(errs.Unauthenticated, "请带上运维人员的令牌")
	}
	return name, nil
}

func read(r *http.Request, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, mostAsked))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return errs.New(errs.Invalid, "请求的内容无法读取").Because(err)
	}
	return nil
}

func (d *Door) turned(do func(handover.Service, context.Context, string, string) error) func(http.ResponseWriter, *http.Request, string) (any, error) {
	return func(_ http.ResponseWriter, r *http.Request, who string) (any, error) {
		var in struct {
			Reason string `json:"reason"`
		}
		if err := read(r, &in); err != nil {
			return nil, err
		}
		err := do(d.Desk.Handover, audit.WithServer(r.Context(), who), r.PathValue("code"), in.Reason)
		return map[string]bool{"done": err == nil}, err
	}
}

func (d *Door) asked(_ http.ResponseWriter, r *http.Request, who string) (any, error) {
	var in struct {
		Kind    Kind       `json:"kind"`
		Tenant  string     `json:"tenant"`
		Package *uuid.UUID `json:"package"`
		Same    []string   `json:"same"`
		Reason  string     `json:"reason"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Kind != Export && in.Kind != Take && in.Kind != Erase {
		return nil, errs.New(errs.Invalid, "kind 只能是 %s、%s、%s", Export, Take, Erase).At("kind")
	}
	return d.Desk.Ask(r.Context(), who, Job{Kind: in.Kind, Tenant: in.Tenant, Package: in.Package, Same: in.Same, Reason: in.Reason})
}

func (d *Door) of(r *http.Request) (Job, error) {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return Job{}, errs.New(errs.NotFound, "没有这件事")
	}
	return d.Desk.Job(id)
}

func (d *Door) settled(yes bool) func(http.ResponseWriter, *http.Request, string) (any, error) {
	return func(_ http.ResponseWriter, r *http.Request, who string) (any, error) {
		j, err := d.of(r)
		if err != nil {
			return nil, err
		}
		return d.Desk.Settle(j.ID, who, yes)
	}
}

// brought takes a package and keeps it if it is whole.
func (d *Door) brought(w http.ResponseWriter, r *http.Request, _ string) (_ any, err error) {
	if err := httpd.Patient(w, fileTime); err != nil {
		return nil, err
	}
	id := uuid.Must(uuid.NewV7())
	name := d.Desk.packageOf(id)
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(name))
		}
	}()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(f, r.Body)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, errs.New(errs.Invalid, "移交包没有收全，请再上传").Because(err)
	}
	p, err := handover.Open(name)
	if err != nil {
		return nil, err
	}
	return map[string]any{"package": id, "tenant": p.Committee.Code, "name": p.Committee.Name, "rows": p.Rows(), "files": len(p.Files), "manifest": p.Hash}, p.Close()
}

// link opens the package of an export for ten minutes to who has it.
func (d *Door) link(_ http.ResponseWriter, r *http.Request, _ string) (any, error) {
	j, err := d.exported(r)
	if err != nil {
		return nil, err
	}
	until := clock.Now(r.Context()).Add(linkLife)
	return map[string]any{"url": fmt.Sprintf("/jobs/%s/package?until=%d&sign=%s", j.ID, until.Unix(), d.sign(j.ID, until.Unix())), "until": until}, nil
}

func (d *Door) sign(id uuid.UUID, until int64) string {
	m := hmac.New(sha256.New, d.Key)
	fmt.Fprintf(m, "%s|%d", id, until)
	return hex.EncodeToString(m.Sum(nil))
}

func (d *Door) exported(r *http.Request) (Job, error) {
	j, err := d.of(r)
	if err == nil && (j.Kind != Export || j.State != Done) {
		err = errs.New(errs.NotAllowedInState, "这里没有可以取的移交包：导出完成以后再取")
	}
	return j, err
}

func (d *Door) fetched(w http.ResponseWriter, r *http.Request) error {
	id, _ := uuid.Parse(r.PathValue("id"))
	until, err := strconv.ParseInt(r.URL.Query().Get("until"), 10, 64)
	signed := err == nil && clock.Now(r.Context()).Unix() <= until && hmac.Equal([]byte(d.sign(id, until)), []byte(r.URL.Query().Get("sign")))
	if !signed {
		if _, err := d.who(r); err != nil {
			return err
		}
	}
	j, err := d.exported(r)
	if err != nil {
		return err
	}
	f, err := os.Open(d.Desk.packageOf(j.ID))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if err := httpd.Patient(w, fileTime); err != nil {
		return err
	}
	httpd.Download(w, packageType, j.Tenant+"-"+j.At.Format("20060102")+".bihuan")
	_, _ = io.Copy(w, f) // who hung up needs no answer
	return nil
}
