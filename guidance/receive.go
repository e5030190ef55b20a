package guidance

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/text"
	"github.com/bihuan/bihuan/tenants"
)

// receive keeps a paper that came, or that it was withdrawn, and tells those who
// may take it.
func (s *Service) receive(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var l letter
	if err := in.Decode(&l); err != nil {
		return none, err
	}
	k, err := s.readable(l)
	if err != nil {
		return none, err
	}
	was, err := find(ctx, l.ID, " FOR UPDATE OF r")
	switch {
	case err != nil:
		return none, err
	case was != nil && (was.Partner != in.Partner || was.Kind != l.Kind || was.Code != l.Code || was.Version != l.Version):
		return none, exchange.Refuse(exchange.Malformed, "同一编号此前送来的是另一份")
	case l.Withdrawn:
		return none, s.withdrawn(ctx, in, l, was)
	case was == nil:
		return none, s.arrived(ctx, in, k, l)
	case was.Content == nil: // its withdrawal came first
		_, err := tenants.Exec(ctx, `UPDATE guidance_received SET content = $2, form = $3, required = $4, note = $5 WHERE id = $1`, l.ID, string(l.Content), l.Form, l.Required, l.Note)
		return none, err
	}
	return none, nil
}

var codeForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]{0,79}$`)

// readable refuses what this program cannot read.
func (s *Service) readable(l letter) (*Kind, error) {
	k := s.kind(l.Kind)
	switch {
	case k == nil:
		return nil, exchange.Refuse(exchange.UnknownKind, "本系统还不认识“%.20s”这一类内容，请升级后请对方重送", l.Kind)
	case l.Form > k.Form:
		return nil, exchange.Refuse(exchange.NewerSchema, "%s是第 %d 版的格式，本系统只认第 %d 版及以前的，请升级后请对方重送", k.Title, l.Form, k.Form)
	case l.ID == uuid.Nil || l.Version < 1 || l.Form < 1 || !codeForm.MatchString(l.Code):
		return nil, exchange.Refuse(exchange.Malformed, "%s的编号、代码或版本不对", k.Title)
	}
	for _, f := range []struct {
		label, text string
		least, most int
	}{{"名称", l.Title, 1, 200}, {"说明", l.Note, 0, longest}, {"理由", l.Reason, 0, longest}} {
		if _, err := (text.Field{Label: f.label, Least: f.least, Most: f.most, Lines: true}).Take(f.text); err != nil {
			return nil, err
		}
	}
	if l.Withdrawn {
		return k, nil
	}
	return k, k.Read(Paper{l.Code, l.Title, l.Content})
}

// arrived keeps a paper that is new.
func (s *Service) arrived(ctx context.Context, in exchange.Incoming, k *Kind, l letter) error {
	before, err := s.latest(ctx, in.Partner, l)
	if err != nil {
		return err
	}
	if err := l.receive(ctx, in); err != nil {
		return err
	}
	says := fmt.Sprintf("%s发布%s《%s》第 %d 版，可在“管理—发布和采用”查看和采用", in.Name, k.Title, l.Title, l.Version)
	switch {
	case before > l.Version:
		return nil // it is past already
	case l.Required:
		says = fmt.Sprintf("%s要求采用%s《%s》第 %d 版，请在“管理—发布和采用”查看；采用与否由本会按规则决定", in.Name, k.Title, l.Title, l.Version)
	}
	return flow.TellRoles(ctx, notices.Letter(says, in.Envelope), authz.HoldersOf(ctx, k.Right)...)
}

// latest is the newest version of the paper that came from the partner, 0 for none.
func (s *Service) latest(ctx context.Context, partner string, l letter) (version int, err error) {
	err = tenants.Row(ctx, `SELECT coalesce(max(r.version), 0) FROM guidance_received r JOIN agreements a ON a.tenant_id = r.tenant_id AND a.id = r.agreement_id
		WHERE a.partner = $1 AND r.kind = $2 AND r.code = $3`, []any{partner, l.Kind, l.Code}, &version)
	return version, err
}

// receive writes the row.
func (l letter) receive(ctx context.Context, in exchange.Incoming) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	var content *string
	var withdrawn *time.Time
	if now := clock.Now(ctx); l.Withdrawn {
		withdrawn = &now
	} else {
		text := string(l.Content)
		content = &text
	}
	_, err = tenants.Exec(ctx, `
		INSERT INTO guidance_received (tenant_id, id, agreement_id, envelope_id, kind, code, version, form, title, required, note, content, sent_at, received_at, withdrawn_at, withdrawn_for)
		SELECT $1, $2, a.id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15 FROM agreements a WHERE a.partner = $16`,
		tenant, l.ID, in.Envelope, l.Kind, l.Code, l.Version, l.Form, l.Title, l.Required, l.Note, content, in.SentAt, clock.Now(ctx), withdrawn, l.Reason, in.Partner)
	if err != nil {
		return err
	}
	return audit.Note(ctx, audit.Change{Entity: EntityReceived, ID: l.ID, Op: audit.Create,
		After: map[string]any{"from": in.Partner, "kind": l.Kind, "code": l.Code, "version": l.Version, "title": l.Title, "required": l.Required, "withdrawn": l.Withdrawn}})
}

// withdrawn marks what was taken back; one that has not come yet is kept without
// its content, so that it cannot be taken when it comes.
func (s *Service) withdrawn(ctx context.Context, in exchange.Incoming, l letter, was *receivedRow) error {
	if was == nil {
		return l.receive(ctx, in)
	}
	if was.WithdrawnAt != nil {
		return nil
	}
	if _, err := tenants.Exec(ctx, `UPDATE guidance_received SET withdrawn_at = $2, withdrawn_for = $3 WHERE id = $1`, l.ID, clock.Now(ctx), l.Reason); err != nil {
		return err
	}
	if err := audit.Note(ctx, audit.Change{Entity: EntityReceived, ID: l.ID, Op: audit.Update, Before: map[string]any{"withdrawn": false}, After: map[string]any{"withdrawn": true, "reason": l.Reason}}); err != nil {
		return err
	}
	says := fmt.Sprintf("%s撤回了《%s》第 %d 版：%s", in.Name, l.Title, l.Version, l.Reason)
	if was.State == Taken {
		says += "。本会已采用的不受影响，是否停用由本会决定"
	}
	return flow.TellRoles(ctx, notices.Letter(says, in.Envelope), authz.HoldersOf(ctx, s.kind(l.Kind).Right)...)
}

// answer is what a taker tells of a paper.
type answer struct {
	ID     uuid.UUID `json:"id"`
	State  string    `json:"state"`
	Became string    `json:"became,omitempty"`
}

// answered keeps what a partner tells of what it got.
func (s *Service) answered(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var a answer
	if err := in.Decode(&a); err != nil {
		return none, err
	}
	if a.State != Taken && a.State != Declined && a.State != InForce || len([]rune(a.Became)) > 2*longest {
		return none, exchange.Refuse(exchange.Malformed, "采用情况“%.20s”不对", a.State)
	}
	type sent struct {
		Agreement uuid.UUID
		Title     string
		Version   int
		State     string
		At        *time.Time
	}
	rows, err := tenants.Rows[sent](ctx, `SELECT s.agreement_id, g.title, g.version, s.state, s.answered_at FROM guidance_sent s JOIN guidance_issued g ON g.tenant_id = s.tenant_id AND g.id = s.guidance_id
		JOIN agreements x ON x.tenant_id = s.tenant_id AND x.id = s.agreement_id WHERE s.guidance_id = $1 AND x.partner = $2 FOR UPDATE OF s`, a.ID, in.Partner)
	if err != nil {
		return none, err
	}
	if len(rows) == 0 {
		return none, exchange.Refuse(exchange.UnknownObject, "没有向贵方发布过这一份")
	}
	was := rows[0]
	if was.At != nil && was.At.After(in.SentAt) {
		return none, nil // an older word that came late
	}
	if _, err := tenants.Exec(ctx, `UPDATE guidance_sent SET state = $3, became = $4, answered_at = $5 WHERE guidance_id = $1 AND agreement_id = $2`, a.ID, was.Agreement, a.State, a.Became, in.SentAt); err != nil {
		return none, err
	}
	if err := audit.Note(ctx, audit.Change{Entity: Entity, ID: a.ID, Op: audit.Update, Before: map[string]any{"partner": in.Partner, "state": was.State}, After: map[string]any{"partner": in.Partner, "state": a.State, "became": a.Became}}); err != nil {
		return none, err
	}
	did := map[string]string{Taken: "采用了", Declined: "没有采用", InForce: "已施行"}[a.State]
	says := fmt.Sprintf("%s%s《%s》第 %d 版", in.Name, did, was.Title, was.Version)
	if a.Became != "" {
		says += "：" + a.Became
	}
	return none, flow.TellRoles(ctx, notices.Letter(says, in.Envelope), authz.HoldersOf(ctx, guide)...)
}
