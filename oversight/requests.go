package oversight

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// What a city can ask the operator to do with a committee below it.
const (
	AskCreate   = "CREATE"
	AskHandOver = "HAND_OVER"
	AskSuspend  = "SUSPEND"
	AskResume   = "RESUME"
)

// States of a request.
const (
	AskWaiting   = "WAITING"
	AskDone      = "DONE"
	AskRefused   = "REFUSED"
	AskWithdrawn = "WITHDRAWN"
)

// manageDistricts is the right to ask.
const manageDistricts = "exchange.districts"

// EntityRequest is what the book calls a request.
const EntityRequest = "DistrictRequest"

// Wish is what a city asks for a district.
type Wish struct {
	What       string
	Code       string
	Name       string // of one to be entered
	ShortName  string
	AdminLogin string // of who is to administer it
	AdminName  string
	Reason     string
}

// Request is a wish and what became of it.
type Request struct {
	ID uuid.UUID
	Wish
	AskedBy   string
	AskedAt   time.Time
	State     string
	SettledAt *time.Time
	Answer    string
}

// Below is a committee under a city, as the installation's directory has it.
type Below struct {
	Code   string
	Name   string
	Active bool
}

// Districts lists the committees under this one in the directory, by code: what
// everybody here may know of them, and nothing that is theirs.
func (s *Service) Districts(ctx context.Context) (_ []Below, err error) {
	defer errs.Wrap(&err, "oversight.Districts")
	v, err := authz.Require(ctx, manageDistricts)
	if err != nil {
		return nil, err
	}
	return tenants.Rows[Below](ctx, `SELECT code, name, status = 'ACTIVE' FROM tenants WHERE parent_id = $1 ORDER BY code`, v.Tenant)
}

var (
	districtCode = regexp.MustCompile(`^[0-9]{6}$`)
	loginForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$`)
)

// Wish asks the operator. Of a district one request waits at a time; the same
// asked twice is the same. Errors: GuardFailed in a committee that is no city;
// NotFound of a district that is not this city's; Conflict where another waits.
func (s *Service) Wish(ctx context.Context, w Wish) (r Request, err error) {
	defer errs.Wrap(&err, "oversight.Wish(%s %s)", w.What, w.Code)
	sys, v, err := authz.Enter(ctx, manageDistricts)
	if err == nil {
		err = tenants.Alone(ctx, "districts")
	}
	if err != nil {
		return r, err
	}
	if err := w.possible(sys, v.Tenant); err != nil {
		return r, err
	}
	waiting, err := tenants.Rows[Request](sys, requestColumns+`WHERE code = $1 AND state = 'WAITING'`, w.Code)
	if err != nil {
		return r, err
	}
	if len(waiting) == 1 {
		if waiting[0].Wish == w {
			return waiting[0], nil
		}
		return r, errs.New(errs.Conflict, "对这个区县已有一项请求在等运维确认，请等它办完或先撤回").At("code")
	}
	r = Request{ID: uuid.Must(uuid.NewV7()), Wish: w, AskedBy: v.Name, AskedAt: clock.Now(ctx), State: AskWaiting}
	_, err = tenants.Exec(sys, `INSERT INTO district_requests (tenant_id, id, what, code, name, short_name, admin_login, admin_name, reason, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		v.Tenant, r.ID, w.What, w.Code, w.Name, w.ShortName, w.AdminLogin, w.AdminName, w.Reason, r.AskedBy, r.AskedAt)
	if err != nil {
		return r, err
	}
	return r, audit.Note(sys, audit.Change{Entity: EntityRequest, ID: r.ID, Op: audit.Create, After: map[string]any{"what": w.What, "code": w.Code, "name": w.Name, "admin": w.AdminLogin, "reason": w.Reason}})
}

// possible tidies a wish and refuses what the operator could not do.
func (w *Wish) possible(ctx context.Context, city uuid.UUID) error {
	var level string
	if err := tenants.Row(ctx, `SELECT level FROM tenants WHERE id = $1`, []any{city}, &level); err != nil {
		return err
	}
	if level != string(tenants.City) {
		return errs.New(errs.GuardFailed, "只有市级政协可以请求新建、移交、停用区县")
	}
	if err := text.Tidy(text.Of{Text: &w.Reason, Field: text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}}); err != nil {
		return err
	}
	found, err := tenants.Rows[below](ctx, `SELECT name, status = 'ACTIVE', coalesce(parent_id = $2, false) FROM tenants WHERE code = $1`, w.Code, city)
	if err != nil {
		return err
	}
	if w.What == AskCreate {
		return w.enterable(len(found) > 0)
	}
	if len(found) == 0 || !found[0].Ours {
		return errs.New(errs.NotFound, "本市没有行政区划代码为 %.10s 的区县", w.Code).At("code")
	}
	d := found[0]
	w.Name, w.ShortName = d.Name, ""
	switch {
	case w.What == AskHandOver:
		return w.admin()
	case w.What == AskSuspend && !d.Active:
		return errs.New(errs.GuardFailed, "%s已经停用", d.Name).At("code")
	case w.What == AskResume && d.Active:
		return errs.New(errs.GuardFailed, "%s没有停用，不用恢复", d.Name).At("code")
	}
	w.AdminLogin, w.AdminName = "", ""
	return nil
}

type below struct {
	Name   string
	Active bool
	Ours   bool
}

// enterable looks at one that is to be entered.
func (w *Wish) enterable(there bool) error {
	switch {
	case !districtCode.MatchString(w.Code):
		return errs.New(errs.Invalid, "行政区划代码是 6 位数字").At("code")
	case there:
		return errs.New(errs.Conflict, "行政区划代码 %s 已有政协", w.Code).At("code")
	}
	if err := text.Tidy(text.Of{Text: &w.Name, Field: text.Field{Label: "全称", Path: []string{"name"}, Least: 2, Most: 100}},
		text.Of{Text: &w.ShortName, Field: text.Field{Label: "简称", Path: []string{"shortName"}, Least: 1, Most: 20}}); err != nil {
		return err
	}
	return w.admin()
}

// admin looks at who is to administer it.
func (w *Wish) admin() error {
	if !loginForm.MatchString(w.AdminLogin) {
		return errs.New(errs.Invalid, "管理员的登录名是 3 到 40 个字母、数字、点、横线或下划线").At("adminLogin")
	}
	return text.Tidy(text.Of{Text: &w.AdminName, Field: text.Field{Label: "管理员的姓名", Path: []string{"adminName"}, Least: 1, Most: 50}})
}

const requestColumns = `SELECT id, what, code, name, short_name, admin_login, admin_name, reason, asked_by, asked_at, state, settled_at, answer FROM district_requests `

// Requests lists what was asked, the newest first; older than the one after.
func (s *Service) Requests(ctx context.Context, after uuid.UUID, first int) (rows []Request, more bool, err error) {
	defer errs.Wrap(&err, "oversight.Requests")
	if _, err := authz.Require(ctx, manageDistricts); err != nil {
		return nil, false, err
	}
	rows, err = tenants.Rows[Request](ctx, requestColumns+`WHERE $1 = '00000000-0000-0000-0000-000000000000'::uuid OR id < $1 ORDER BY id DESC LIMIT $2`, after, first+1)
	if more = len(rows) > first; more {
		rows = rows[:first]
	}
	return rows, more, err
}

// ARequest is one of them.
func (s *Service) ARequest(ctx context.Context, id uuid.UUID) (_ Request, err error) {
	defer errs.Wrap(&err, "oversight.ARequest(%s)", id)
	if _, err := authz.Require(ctx, manageDistricts); err != nil {
		return Request{}, err
	}
	return request(ctx, id, "")
}

func request(ctx context.Context, id uuid.UUID, more string) (Request, error) {
	rows, err := tenants.Rows[Request](ctx, requestColumns+`WHERE id = $1`+more, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有这项请求，请刷新后再试")
	}
	if err != nil {
		return Request{}, err
	}
	return rows[0], nil
}

// TakeBack withdraws a request that waits. Called twice it changes nothing more.
func (s *Service) TakeBack(ctx context.Context, id uuid.UUID, reason string) (r Request, err error) {
	defer errs.Wrap(&err, "oversight.TakeBack(%s)", id)
	sys, _, err := authz.Enter(ctx, manageDistricts)
	if err != nil {
		return r, err
	}
	if r, err = request(sys, id, " FOR UPDATE"); err != nil || r.State == AskWithdrawn {
		return r, err
	}
	if r.State != AskWaiting {
		return r, errs.New(errs.NotAllowedInState, "这项请求已经办完，不能撤回").With("state", r.State).With("allowedActions", []string{})
	}
	return r, r.settle(sys, AskWithdrawn, reason)
}

// settle writes what became of a request.
func (r *Request) settle(ctx context.Context, state, answer string) error {
	now := clock.Now(ctx)
	if _, err := tenants.Exec(ctx, `UPDATE district_requests SET state = $2, settled_at = $3, answer = $4 WHERE id = $1`, r.ID, state, now, answer); err != nil {
		return err
	}
	was := r.State
	r.State, r.SettledAt, r.Answer = state, &now, answer
	return audit.Note(ctx, audit.Change{Entity: EntityRequest, ID: r.ID, Op: audit.Update, Before: map[string]any{"state": was}, After: map[string]any{"state": state, "answer": answer}})
}

// Waiting are requests that wait, with the city that asked: for the operator.
type Waiting struct {
	City     uuid.UUID
	CityCode string
	CityName string
	Request
}

// Waiting lists what waits in all committees, each read as its own.
func (s *Service) Waiting(ctx context.Context) (out []Waiting, err error) {
	defer errs.Wrap(&err, "oversight.Waiting")
	for c, err := range s.store.Committees(ctx) {
		if err != nil {
			return nil, err
		}
		err = s.store.ReadTx(authz.System(ctx), c.ID, func(ctx context.Context) error {
			rows, err := tenants.Rows[Request](ctx, requestColumns+`WHERE state = 'WAITING' ORDER BY id`)
			for _, r := range rows {
				out = append(out, Waiting{c.ID, c.Code, c.Name, r})
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Settle says in the city's book what the operator did with a request, and tells
// who may ask. One that was settled stays as it was.
func (s *Service) Settle(ctx context.Context, city, id uuid.UUID, done bool, answer string) (err error) {
	defer errs.Wrap(&err, "oversight.Settle(%s)", id)
	doors := audit.Doors{Store: s.store, System: "operator"}
	return doors.InTx(authz.System(ctx), city, func(ctx context.Context) error {
		r, err := request(ctx, id, " FOR UPDATE")
		if err != nil || r.State != AskWaiting {
			return err
		}
		state, says := AskDone, "已办好"
		if !done {
			state, says = AskRefused, "没有办："+answer
		}
		if err := r.settle(ctx, state, answer); err != nil {
			return err
		}
		what := map[string]string{AskCreate: "新建", AskHandOver: "移交管理", AskSuspend: "停用", AskResume: "恢复"}[r.What]
		return flow.TellRoles(ctx, notices.Told(fmt.Sprintf("请求%s“%s”，运维%s", what, r.Name, says)), authz.HoldersOf(ctx, manageDistricts)...)
	})
}
