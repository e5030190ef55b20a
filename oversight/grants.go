package oversight

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// Kinds of envelopes about one case: what the district says of a grant, what
// the city asks by it, and what it is shown.
const (
	KindGrant = "case_grant"
	KindLook  = "case_look"
	KindView  = "case_view"
)

// longest is for how many days a case can be opened at once.
const longest = 365

// Grant lets a partner look at one case.
type Grant struct {
	ID          uuid.UUID
	Partner     string
	PartnerName string
	Matter      *uuid.UUID // of who gave it
	Title       string
	Number      string
	Purpose     string
	Until       time.Time // the last day
	GivenBy     string
	GivenAt     time.Time
	EndedAt     *time.Time // before its time
	EndedBy     string
	Reason      string
	Looks       []Look
}

// Over reports whether nothing may be seen by the grant any more.
func (g Grant) Over(today time.Time) bool { return g.EndedAt != nil || g.Until.Before(today) }

// Given reports whether this committee gave it.
func (g Grant) Given() bool { return g.Matter != nil }

// grantBody is what a district says of a grant: that it is given, or has ended.
type grantBody struct {
	ID      uuid.UUID `json:"id"`
	Title   string    `json:"title,omitempty"`
	Number  string    `json:"number,omitempty"`
	Purpose string    `json:"purpose,omitempty"`
	Until   string    `json:"until,omitempty"`
	By      string    `json:"by"`
	Ended   bool      `json:"ended,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}

// Opening is what a district wants to let be seen.
type Opening struct {
	Partner string
	Matter  uuid.UUID
	Purpose string
	Until   time.Time
}

// Give lets a partner look at one filed proposal, for a purpose, until a day. Who
// gives it sees the case and may send to partners. Called twice it gives two.
func (s *Service) Give(ctx context.Context, in Opening) (g Grant, err error) {
	defer errs.Wrap(&err, "oversight.Give(%s)", in.Matter)
	v, err := authz.Require(ctx, publish)
	if err != nil {
		return g, err
	}
	if in.Purpose, err = (text.Field{Label: "用途", Path: []string{"purpose"}, Least: 1, Most: 500, Lines: true}).Take(in.Purpose); err != nil {
		return g, err
	}
	today := clock.Today(ctx)
	if in.Until.Before(today) || in.Until.After(today.AddDate(0, 0, longest)) {
		return g, errs.New(errs.Invalid, "截止日期在今天到 %d 天以内", longest).At("until")
	}
	m, err := s.client.Matter.Query().Where(matter.ID(in.Matter)).WithProposal().Only(ctx) // as the viewer
	if gen.IsNotFound(err) {
		return g, errs.New(errs.NotFound, "没有这件事项，或您无权查看").At("matterId")
	}
	if err != nil {
		return g, err
	}
	if p := m.Edges.Proposal; p == nil || p.CaseNo == nil || p.SecretFlag {
		return g, errs.New(errs.GuardFailed, "只能授权查看已立案、不涉密的提案").At("matterId")
	}
	g = Grant{ID: uuid.Must(uuid.NewV7()), Partner: in.Partner, Matter: &m.ID, Title: m.Title, Number: m.Number, Purpose: in.Purpose, Until: in.Until, GivenBy: v.Name, GivenAt: clock.Now(ctx)}
	body := grantBody{ID: g.ID, Title: g.Title, Number: g.Number, Purpose: g.Purpose, Until: g.Until.Format(time.DateOnly), By: g.GivenBy}
	if _, err := s.exchange.Send(ctx, in.Partner, KindGrant, body, exchange.Object{}); err != nil {
		return g, err
	}
	if err := g.keep(ctx); err != nil {
		return g, err
	}
	return g, audit.Note(ctx, audit.Change{Entity: "CaseGrant", ID: g.ID, Op: audit.Create,
		After: map[string]any{"matter": audit.Object(gen.TypeMatter, m.ID), "partner": g.Partner, "purpose": g.Purpose, "until": body.Until}})
}

// keep writes a grant; one that is there stays.
func (g Grant) keep(ctx context.Context) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO case_grants (tenant_id, id, agreement_id, matter_id, title, number, purpose, until, given_by, given_at)
		SELECT $1, $2, a.id, $3, $4, $5, $6, $7, $8, $9 FROM agreements a WHERE a.partner = $10 ON CONFLICT DO NOTHING`,
		tenant, g.ID, g.Matter, g.Title, g.Number, g.Purpose, g.Until, g.GivenBy, g.GivenAt, g.Partner)
	return err
}

// End takes a grant back, by the district that gave it or the city that has it;
// the other hears of it. Ended twice it stays as it was.
func (s *Service) End(ctx context.Context, id uuid.UUID, reason string) (g Grant, err error) {
	defer errs.Wrap(&err, "oversight.End(%s)", id)
	v, err := authz.Require(ctx, publish)
	if err != nil {
		return g, err
	}
	if reason, err = (text.Field{Label: "理由", Path: []string{"reason"}, Least: 1, Most: 500, Lines: true}).Take(reason); err != nil {
		return g, err
	}
	if g, err = grant(ctx, id, " FOR UPDATE OF g"); err != nil || g.EndedAt != nil {
		return g, err
	}
	now := clock.Now(ctx)
	g.EndedAt, g.EndedBy, g.Reason = &now, v.Name, reason
	if err := g.end(ctx); err != nil {
		return g, err
	}
	kind := KindLook // what a city says
	if g.Given() {
		kind = KindGrant
	}
	if _, err := s.exchange.Send(ctx, g.Partner, kind, grantBody{ID: id, By: v.Name, Ended: true, Reason: reason}, exchange.Object{}); err != nil {
		return g, err
	}
	return g, audit.Note(ctx, audit.Change{Entity: "CaseGrant", ID: id, Op: audit.Update, Before: map[string]any{"ended": false}, After: map[string]any{"ended": true, "reason": reason}})
}

// end marks a grant as ended; one that has ended stays as it was.
func (g Grant) end(ctx context.Context) error {
	_, err := tenants.Exec(ctx, `UPDATE case_grants SET ended_at = $2, ended_by = $3, reason = $4 WHERE id = $1 AND ended_at IS NULL`, g.ID, g.EndedAt, g.EndedBy, g.Reason)
	return err
}

const grantColumns = `SELECT g.id, a.partner, a.partner_name, g.matter_id, g.title, g.number, g.purpose, g.until, g.given_by, g.given_at, g.ended_at, g.ended_by, g.reason
	FROM case_grants g JOIN agreements a ON a.tenant_id = g.tenant_id AND a.id = g.agreement_id `

type grantRow struct {
	ID                     uuid.UUID
	Partner, PartnerName   string
	Matter                 *uuid.UUID
	Title, Number, Purpose string
	Until                  time.Time
	GivenBy                string
	GivenAt                time.Time
	EndedAt                *time.Time
	EndedBy, Reason        string
}

func (r grantRow) grant() Grant {
	return Grant{r.ID, r.Partner, r.PartnerName, r.Matter, r.Title, r.Number, r.Purpose, r.Until, r.GivenBy, r.GivenAt, r.EndedAt, r.EndedBy, r.Reason, nil}
}

func grant(ctx context.Context, id uuid.UUID, more string) (Grant, error) {
	rows, err := tenants.Rows[grantRow](ctx, grantColumns+`WHERE g.id = $1`+more, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有这个查看授权，请刷新后再试")
	}
	if err != nil {
		return Grant{}, err
	}
	return rows[0].grant(), nil
}

// Grants lists what was given and what was received, the newest first, each with
// its last looks; older than the one after.
func (s *Service) Grants(ctx context.Context, after uuid.UUID, first int) (out []Grant, more bool, err error) {
	defer errs.Wrap(&err, "oversight.Grants")
	if _, err := authz.Require(ctx, "exchange.read"); err != nil {
		return nil, false, err
	}
	rows, err := tenants.Rows[grantRow](ctx, grantColumns+`WHERE $1 = '00000000-0000-0000-0000-000000000000'::uuid OR g.id < $1 ORDER BY g.id DESC LIMIT $2`, after, first+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > first; more {
		rows = rows[:first]
	}
	var ids []uuid.UUID
	for _, r := range rows {
		ids, out = append(ids, r.ID), append(out, r.grant())
	}
	looks, err := tenants.Rows[lookRow](ctx, lookColumns+`WHERE l.grant_id = ANY ($1) AND (SELECT count(*) FROM case_looks n WHERE n.grant_id = l.grant_id AND n.id > l.id) < 20 ORDER BY l.id DESC`, ids)
	for _, l := range looks {
		for i := range out {
			if out[i].ID == l.Grant {
				out[i].Looks = append(out[i].Looks, l.look())
			}
		}
	}
	return out, more, err
}

// granted takes in what a district says of a grant of its own.
func (s *Service) granted(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var b grantBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	if b.Ended {
		return none, s.endedBy(ctx, in, b, false)
	}
	until, err := time.Parse(time.DateOnly, b.Until)
	if err != nil || b.ID == uuid.Nil || b.Title == "" || b.Purpose == "" || len([]rune(b.Title+b.Number+b.Purpose+b.By)) > 2000 {
		return none, exchange.Refuse(exchange.Malformed, "查看授权的内容不完整，请与对方核对软件版本")
	}
	g := Grant{ID: b.ID, Partner: in.Partner, Title: b.Title, Number: b.Number, Purpose: b.Purpose, Until: until, GivenBy: b.By, GivenAt: in.SentAt}
	if err := g.keep(ctx); err != nil {
		return none, err
	}
	return none, flow.TellRoles(ctx, notices.Letter(in.Name+"授权查看《"+b.Title+"》，到 "+b.Until+" 为止", in.Envelope), overseer)
}

// endedBy ends a grant that the partner ended: one that it gave, or that it has.
func (s *Service) endedBy(ctx context.Context, in exchange.Incoming, b grantBody, given bool) error {
	g, err := grant(ctx, b.ID, " FOR UPDATE OF g")
	if err != nil {
		return err
	}
	if g.Partner != in.Partner || g.Given() != given {
		return exchange.Refuse(exchange.UnknownObject, "没有这个查看授权")
	}
	now := clock.Now(ctx)
	g.EndedAt, g.EndedBy, g.Reason = &now, in.Name+" "+b.By, b.Reason
	if err := g.end(ctx); err != nil {
		return err
	}
	return audit.Note(ctx, audit.Change{Entity: "CaseGrant", ID: g.ID, Op: audit.Update, After: map[string]any{"ended": true, "by": g.EndedBy, "reason": b.Reason}})
}

// AGrant is one of them, for who may have changed it.
func (s *Service) AGrant(ctx context.Context, id uuid.UUID) (_ Grant, err error) {
	defer errs.Wrap(&err, "oversight.AGrant(%s)", id)
	if _, err := authz.Require(ctx, "exchange.read", publish); err != nil {
		return Grant{}, err
	}
	return grant(ctx, id, "")
}
