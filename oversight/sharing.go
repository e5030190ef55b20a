package oversight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// manage is the right to say what leaves the committee.
const manage = "exchange.manage"

// Sharing is what leaves a committee for one partner.
type Sharing struct {
	Agreement   uuid.UUID
	Partner     string
	PartnerName string
	Terms
	Version   int
	ChangedAt *time.Time // nil: as it was agreed
	Told      bool       // the partner knows these terms
	ToldAt    *time.Time // figures were counted for it the last time
	Problem   string     // why some were not told
	Crosses   bool       // the agreement itself is in force
}

const sharings = `
	SELECT a.id, a.partner, a.partner_name, s.codes, s.splits, coalesce(s.status, 'ACTIVE'), coalesce(s.reason, ''), coalesce(s.version, 1), s.changed_at,
	       coalesce(s.told_version = s.version, false), s.told_at, coalesce(s.problem, ''), a.status = 'ACTIVE'
	FROM agreements a LEFT JOIN figure_shares s ON s.tenant_id = a.tenant_id AND s.agreement_id = a.id
	WHERE a.sends ? '` + KindFigures + `' AND ($1 = '' OR a.partner = $1) ORDER BY a.partner`

func read(ctx context.Context, partner string) ([]Sharing, error) {
	type row struct {
		Agreement      uuid.UUID
		Partner, Name  string
		Codes, Splits  []string
		Status, Reason string
		Version        int
		Changed        *time.Time
		Told           bool
		ToldAt         *time.Time
		Problem        string
		Crosses        bool
	}
	rows, err := tenants.Rows[row](ctx, sharings, partner)
	out := make([]Sharing, len(rows))
	for i, r := range rows {
		out[i] = Sharing{r.Agreement, r.Partner, r.Name, Terms{r.Codes, r.Splits, r.Status, r.Reason}, r.Version, r.Changed, r.Told, r.ToldAt, r.Problem, r.Crosses}
	}
	return out, err
}

// Sharings lists what leaves this committee, partner by partner.
func (s *Service) Sharings(ctx context.Context) (_ []Sharing, err error) {
	defer errs.Wrap(&err, "oversight.Sharings")
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return nil, err
	}
	return read(ctx, "")
}

// Narrowing is which figures and which splits are to leave; nil is all.
type Narrowing struct {
	Partner  string
	Codes    []string
	Splits   []string
	Expected *int
}

// Narrow sets which figures and splits leave the committee, in place of what was
// set. The partner learns it within seconds. Set again it changes only the version,
// and all is told again.
func (s *Service) Narrow(ctx context.Context, in Narrowing) (_ Sharing, err error) {
	defer errs.Wrap(&err, "oversight.Narrow(%s)", in.Partner)
	now, err := s.managed(ctx, in.Partner, in.Expected)
	if err != nil {
		return now, err
	}
	next := now.Terms
	if next.Codes, err = list(in.Codes, "codes", "指标", func(c string) bool { return figures.Shipped.Of(c) != nil }); err != nil {
		return now, err
	}
	if next.Splits, err = list(in.Splits, "splits", "拆分", func(c string) bool { return slices.Contains(Splits, c) }); err != nil {
		return now, err
	}
	if next.Codes != nil && len(next.Codes) == 0 {
		return now, errs.New(errs.Invalid, "至少留一个指标；一个也不送的，请选择中止共享").At("codes")
	}
	return s.set(ctx, now, next)
}

// list is sorted, without doubles, and of what is known; nil is all.
func list(in []string, path, what string, known func(string) bool) ([]string, error) {
	if in == nil {
		return nil, nil
	}
	for _, c := range in {
		if !known(c) {
			return nil, errs.New(errs.Invalid, "没有这个%s：%.40s", what, c).At(path)
		}
	}
	out := append([]string{}, in...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Suspend stops telling the partner any figure; what it has stays as it was and
// says so. Suspending twice does nothing.
func (s *Service) Suspend(ctx context.Context, partner, reason string) (_ Sharing, err error) {
	defer errs.Wrap(&err, "oversight.Suspend(%s)", partner)
	if reason, err = (text.Field{Label: "中止的理由", Path: []string{"reason"}, Least: 1, Most: 2000, Lines: true}).Take(reason); err != nil {
		return Sharing{}, err
	}
	now, err := s.managed(ctx, partner, nil)
	if err != nil || now.Status == Suspended {
		return now, err
	}
	next := now.Terms
	next.Status, next.Reason = Suspended, reason
	return s.set(ctx, now, next)
}

// Resume tells the partner figures again, as they are now. Resuming what is not
// suspended does nothing.
func (s *Service) Resume(ctx context.Context, partner string) (_ Sharing, err error) {
	defer errs.Wrap(&err, "oversight.Resume(%s)", partner)
	now, err := s.managed(ctx, partner, nil)
	if err != nil || now.Status == Active {
		return now, err
	}
	next := now.Terms
	next.Status, next.Reason = Active, ""
	return s.set(ctx, now, next)
}

// managed locks what leaves for a partner, for who may change it.
func (s *Service) managed(ctx context.Context, partner string, expected *int) (Sharing, error) {
	if _, err := authz.Require(ctx, manage); err != nil {
		return Sharing{}, err
	}
	found, err := read(ctx, partner)
	if err == nil && (partner == "" || len(found) == 0) {
		err = errs.New(errs.NotFound, "与行政区划代码为 %.20s 的政协没有送出指标的往来约定，请刷新后再试", partner).At("partner")
	}
	if err != nil {
		return Sharing{}, err
	}
	if err := hold(ctx, found[0].Agreement); err != nil {
		return Sharing{}, err
	}
	if found, err = read(ctx, partner); err != nil { // as it is now that nobody else changes it
		return Sharing{}, err
	}
	now := found[0]
	if expected != nil && *expected != now.Version {
		return now, errs.New(errs.VersionConflict, "共享的范围已被他人修改，请刷新后再改").With("currentVersion", now.Version)
	}
	return now, nil
}

// hold makes the row of an agreement's sharing, if it is not there, and keeps it
// until the transaction ends.
func hold(ctx context.Context, agreement uuid.UUID) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `INSERT INTO figure_shares (tenant_id, agreement_id, changed_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, tenant, agreement, clock.Now(ctx))
	if err == nil {
		_, err = tenants.Exec(ctx, `SELECT FROM figure_shares WHERE agreement_id = $1 FOR UPDATE`, agreement)
	}
	return err
}

// set writes terms. All that they let through is told again, so that setting
// the same once more brings to the partner what it has lost.
func (s *Service) set(ctx context.Context, now Sharing, next Terms) (Sharing, error) {
	_, err := tenants.Exec(ctx, `UPDATE figure_shares SET codes = $2, splits = $3, status = $4, reason = $5, version = version + 1, changed_at = $6, book = -1, next_at = NULL WHERE agreement_id = $1`,
		now.Agreement, next.Codes, next.Splits, next.Status, next.Reason, clock.Now(ctx))
	if err != nil {
		return now, err
	}
	if _, err = tenants.Exec(ctx, `UPDATE figures_told SET value = '' WHERE agreement_id = $1`, now.Agreement); err != nil {
		return now, err
	}
	err = audit.Note(ctx, audit.Change{Entity: "FigureSharing", ID: now.Agreement, Op: audit.Update, Before: now.Terms.said(now.Partner), After: next.said(now.Partner)})
	if err != nil {
		return now, err
	}
	found, err := read(ctx, now.Partner)
	if err != nil {
		return now, err
	}
	return found[0], nil
}

// said is what the audit keeps of terms.
func (t Terms) said(partner string) map[string]any {
	return map[string]any{"partner": partner, "codes": all(t.Codes), "splits": all(t.Splits), "status": t.Status, "reason": t.Reason}
}

func all(list []string) string {
	if list == nil {
		return "*"
	}
	return strings.Join(list, " ")
}

// Summary says in words what the terms leave out, empty when they let
// everything through.
func (t Terms) Summary() string {
	var says []string
	if t.Codes != nil {
		says = append(says, fmt.Sprintf("只送 %d 个指标", len(t.Codes)))
	}
	if t.Splits != nil {
		says = append(says, fmt.Sprintf("拆分只送 %d 种", len(t.Splits)))
	}
	if t.Status == Suspended {
		says = append(says, "已中止："+t.Reason)
	}
	return strings.Join(says, "，")
}
