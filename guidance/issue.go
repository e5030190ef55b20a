package guidance

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// letter is the body of an envelope that goes down. One that withdraws has no
// content.
type letter struct {
	ID        uuid.UUID       `json:"id"`
	Kind      string          `json:"kind"`
	Code      string          `json:"code"`
	Version   int             `json:"version"`
	Form      int             `json:"form"`
	Title     string          `json:"title"`
	Required  bool            `json:"required,omitempty"`
	Note      string          `json:"note,omitempty"`
	Content   json.RawMessage `json:"content,omitempty"`
	Withdrawn bool            `json:"withdrawn,omitempty"`
	Reason    string          `json:"reason,omitempty"`
}

// Issuing is what is to be published to whom.
type Issuing struct {
	Kind, Code string
	Partners   []string
	Required   bool
	Note       string
}

// Issue publishes the committee's own paper that is in force. The same once more
// goes to those who have not got it yet; otherwise it is the next version.
func (s *Service) Issue(ctx context.Context, in Issuing) (id uuid.UUID, err error) {
	defer errs.Wrap(&err, "guidance.Issue(%s %s)", in.Kind, in.Code)
	sys, v, err := authz.Enter(ctx, guide)
	if err == nil {
		err = tenants.Alone(ctx, "guidance")
	}
	if err != nil {
		return id, err
	}
	// In one order, so that two who publish to the same do not lock each other.
	in.Partners = slices.Compact(slices.Sorted(slices.Values(in.Partners)))
	if len(in.Partners) == 0 || len(in.Partners) > maxPartners {
		return id, errs.New(errs.Invalid, "请选择 1 到 %d 个政协", maxPartners).At("partners")
	}
	if in.Note, err = (text.Field{Label: "说明", Path: []string{"note"}, Most: longest, Lines: true}).Take(in.Note); err != nil {
		return id, err
	}
	k, p, err := s.own(sys, in.Kind, in.Code)
	if err == nil {
		err = at(k.Read(*p), "code")
	}
	if err != nil {
		return id, err
	}
	if len(p.Content) > mostContent {
		return id, errs.New(errs.Limited, "内容超过 %d KB，不能送出", mostContent>>10).At("code")
	}
	l, isNew, err := s.next(sys, k, p, in)
	if err != nil {
		return id, err
	}
	if isNew {
		if err := l.keep(sys, v); err != nil {
			return id, err
		}
	}
	return l.ID, s.send(sys, l, in.Partners)
}

// next is the publication of today: the newest one where it says the same, else
// the next version.
func (s *Service) next(ctx context.Context, k *Kind, p *Paper, in Issuing) (l letter, isNew bool, err error) {
	l = letter{Kind: k.Code, Code: p.Code, Version: 1, Form: k.Form, Title: p.Title, Required: in.Required, Note: in.Note, Content: p.Content}
	last, err := tenants.Rows[issuedRow](ctx, issuedColumns+`WHERE g.kind = $1 AND g.code = $2 ORDER BY g.version DESC LIMIT 1`, k.Code, p.Code)
	if err != nil {
		return l, false, err
	}
	if len(last) == 1 {
		was := last[0]
		if was.WithdrawnAt == nil && was.Required == in.Required && was.Note == in.Note && was.Title == p.Title && (Paper{Content: was.Content}).Same(*p) {
			l.ID, l.Version, l.Content = was.ID, was.Version, was.Content
			return l, false, nil
		}
		l.Version = was.Version + 1
	}
	l.ID = uuid.Must(uuid.NewV7())
	return l, true, nil
}

// keep writes a publication.
func (l letter) keep(ctx context.Context, v *authz.Viewer) error {
	_, err := tenants.Exec(ctx, `INSERT INTO guidance_issued (tenant_id, id, kind, code, version, form, title, required, note, content, issued_at, issued_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		v.Tenant, l.ID, l.Kind, l.Code, l.Version, l.Form, l.Title, l.Required, l.Note, string(l.Content), clock.Now(ctx), v.Name)
	if err != nil {
		return err
	}
	return audit.Note(ctx, audit.Change{Entity: Entity, ID: l.ID, Op: audit.Create,
		After: map[string]any{"kind": l.Kind, "code": l.Code, "version": l.Version, "title": l.Title, "required": l.Required, "note": l.Note}})
}

// send writes the envelopes to those who have not got it.
func (s *Service) send(ctx context.Context, l letter, partners []string) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	for _, partner := range partners {
		var got bool
		err := tenants.Row(ctx, `SELECT EXISTS (SELECT FROM guidance_sent s JOIN agreements a ON a.tenant_id = s.tenant_id AND a.id = s.agreement_id WHERE s.guidance_id = $1 AND a.partner = $2)`,
			[]any{l.ID, partner}, &got)
		if err != nil {
			return err
		}
		if got {
			continue
		}
		envelope, err := s.post.Send(ctx, partner, KindPaper, l, exchange.Object{})
		if err != nil {
			return at(err, "partners")
		}
		_, err = tenants.Exec(ctx, `INSERT INTO guidance_sent (tenant_id, guidance_id, agreement_id, envelope_id, sent_at) SELECT $1, $2, a.id, $3, $4 FROM agreements a WHERE a.partner = $5`,
			tenant, l.ID, envelope, clock.Now(ctx), partner)
		if err != nil {
			return err
		}
	}
	return nil
}

// at names the input field of a shown error that names none.
func at(err error, field string) error {
	if shown, ok := errs.As(err); ok && len(shown.Path) == 0 {
		return shown.At(field)
	}
	return err
}

// Withdraw takes a publication back: who has not taken it cannot any more. Those
// whom an agreement does not let reach are told when it is called again.
func (s *Service) Withdraw(ctx context.Context, id uuid.UUID, reason string) (err error) {
	defer errs.Wrap(&err, "guidance.Withdraw(%s)", id)
	sys, v, err := authz.Enter(ctx, guide)
	if err == nil {
		err = tenants.Alone(ctx, "guidance")
	}
	if err != nil {
		return err
	}
	if reason, err = (text.Field{Label: "撤回的理由", Path: []string{"reason"}, Least: 1, Most: longest, Lines: true}).Take(reason); err != nil {
		return err
	}
	rows, err := tenants.Rows[issuedRow](sys, issuedColumns+`WHERE g.id = $1 FOR UPDATE`, id)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errs.New(errs.NotFound, "没有发布过这一份，请刷新后再试")
	}
	was := rows[0]
	if was.WithdrawnAt == nil {
		was.Reason = reason
		if _, err := tenants.Exec(sys, `UPDATE guidance_issued SET withdrawn_at = $2, withdrawn_by = $3, reason = $4 WHERE id = $1`, id, clock.Now(sys), v.Name, reason); err != nil {
			return err
		}
		err := audit.Note(sys, audit.Change{Entity: Entity, ID: id, Op: audit.Update, Before: map[string]any{"withdrawn": false}, After: map[string]any{"withdrawn": true, "reason": reason}})
		if err != nil {
			return err
		}
	}
	return s.recall(sys, letter{ID: id, Kind: was.Kind, Code: was.Code, Version: was.Version, Form: was.Form, Title: was.Title, Withdrawn: true, Reason: was.Reason})
}

// recall tells of a withdrawal whoever got the paper and was not told yet.
func (s *Service) recall(ctx context.Context, l letter) error {
	type to struct {
		Agreement uuid.UUID
		Partner   string
	}
	rows, err := tenants.Rows[to](ctx, `SELECT a.id, a.partner FROM guidance_sent s JOIN agreements a ON a.tenant_id = s.tenant_id AND a.id = s.agreement_id
		WHERE s.guidance_id = $1 AND s.recalled_at IS NULL ORDER BY a.partner`, l.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		_, err := s.post.Send(ctx, r.Partner, KindPaper, l, exchange.Object{})
		if errs.Is(err, errs.NotAllowed) {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := tenants.Exec(ctx, `UPDATE guidance_sent SET recalled_at = $3 WHERE guidance_id = $1 AND agreement_id = $2`, l.ID, r.Agreement, clock.Now(ctx)); err != nil {
			return err
		}
	}
	return nil
}

const issuedColumns = `SELECT g.id, g.kind, g.code, g.version, g.form, g.title, g.required, g.note, g.content, g.issued_at, g.issued_by, g.withdrawn_at, g.withdrawn_by, g.reason FROM guidance_issued g `

type issuedRow struct {
	ID          uuid.UUID
	Kind, Code  string
	Version     int
	Form        int
	Title       string
	Required    bool
	Note        string
	Content     json.RawMessage
	IssuedAt    time.Time
	IssuedBy    string
	WithdrawnAt *time.Time
	WithdrawnBy string
	Reason      string
}

// To is how a publication has fared with one partner.
type To struct {
	Partner, PartnerName string
	SentAt               time.Time
	Delivery             string // exchange.Waiting, Delivered, Refused or Dead
	Problem              string // why it was not delivered
	State                string // Open, Taken, Declined or InForce
	Became               string // what it became there, or why it was declined
	AnsweredAt           *time.Time
	Recalled             bool // told of the withdrawal
}

// Issued is a publication with those to whom it went.
type Issued struct {
	issuedRow
	KindTitle string
	To        []To
}

// List is the committee's publications, the newest first; older than the one
// after.
func (s *Service) List(ctx context.Context, after uuid.UUID, first int) (out []Issued, more bool, err error) {
	defer errs.Wrap(&err, "guidance.List")
	if _, err := authz.Require(ctx, read); err != nil {
		return nil, false, err
	}
	rows, err := tenants.Rows[issuedRow](ctx, issuedColumns+`WHERE $1 = '00000000-0000-0000-0000-000000000000'::uuid OR g.id < $1 ORDER BY g.id DESC LIMIT $2`, after, first+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > first; more {
		rows = rows[:first]
	}
	out, err = s.withPartners(ctx, rows)
	return out, more, err
}

// One is a publication by its id.
func (s *Service) One(ctx context.Context, id uuid.UUID) (_ Issued, err error) {
	defer errs.Wrap(&err, "guidance.One(%s)", id)
	if _, err := authz.Require(ctx, read, guide); err != nil {
		return Issued{}, err
	}
	rows, err := tenants.Rows[issuedRow](ctx, issuedColumns+`WHERE g.id = $1`, id)
	if err == nil && len(rows) == 0 {
		err = errs.New(errs.NotFound, "没有发布过这一份，请刷新后再试")
	}
	if err != nil {
		return Issued{}, err
	}
	out, err := s.withPartners(ctx, rows)
	if err != nil {
		return Issued{}, err
	}
	return out[0], nil
}

func (s *Service) withPartners(ctx context.Context, rows []issuedRow) (out []Issued, err error) {
	ids := make([]uuid.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		out = append(out, Issued{issuedRow: r, KindTitle: s.titleOf(r.Kind)})
	}
	type sent struct {
		Guidance uuid.UUID
		To
	}
	found, err := tenants.Rows[sent](ctx, `SELECT s.guidance_id, a.partner, a.partner_name, s.sent_at, coalesce(o.status, ''), coalesce(o.reason, ''), s.state, s.became, s.answered_at, s.recalled_at IS NOT NULL
		FROM guidance_sent s JOIN agreements a ON a.tenant_id = s.tenant_id AND a.id = s.agreement_id LEFT JOIN exchange_outbox o ON o.tenant_id = s.tenant_id AND o.id = s.envelope_id
		WHERE s.guidance_id = ANY ($1) ORDER BY a.partner`, ids)
	for _, x := range found {
		i := slices.Index(ids, x.Guidance)
		out[i].To = append(out[i].To, x.To)
	}
	return out, err
}

// titleOf is what people call a kind, its code where this program does not know
// it any more.
func (s *Service) titleOf(kind string) string {
	if k := s.kind(kind); k != nil {
		return k.Title
	}
	return kind
}

// Publishable lists what the committee could publish now, by kind and code.
func (s *Service) Publishable(ctx context.Context) (out map[string][]Paper, err error) {
	defer errs.Wrap(&err, "guidance.Publishable")
	sys, _, err := authz.Enter(ctx, guide)
	if err != nil {
		return nil, err
	}
	out = map[string][]Paper{}
	for _, k := range s.kinds {
		if out[k.Code], err = k.Papers(sys); err != nil {
			return nil, err
		}
		slices.SortFunc(out[k.Code], func(a, b Paper) int { return strings.Compare(a.Code, b.Code) })
	}
	return out, nil
}
