package oversight

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// shown is how long what was looked at stays on the screen of who asked; after
// that he looks again, and that stands in the district's audit again.
const shown = 30 * time.Minute

// Look is one look at a case.
type Look struct {
	ID       uuid.UUID
	Grant    uuid.UUID
	Person   string
	AskedAt  time.Time
	Answered *time.Time
	Refused  string // why the district does not show it
	View     *View  // for who asked, while it is shown
}

// View is what is seen of a case: how it came, what it says, who was asked and
// what they answered. It holds nothing of the staff's own timeline.
type View struct {
	Number      string      `json:"number"`
	Title       string      `json:"title"`
	Situation   string      `json:"situation"`
	Analysis    string      `json:"analysis"`
	Suggestions []string    `json:"suggestions"`
	Steps       []ViewStep  `json:"steps"`
	Shares      []ViewShare `json:"shares"`
}

// ViewStep is a step that moved the case.
type ViewStep struct {
	On    string `json:"on"`
	Label string `json:"label"`
}

// ViewShare is a unit's share with the reply that it sent.
type ViewShare struct {
	Unit  string `json:"unit"`
	Role  string `json:"role"`
	DueOn string `json:"dueOn"`
	DocNo string `json:"docNo"`
	Class string `json:"class"`
	Reply string `json:"reply"`
}

// lookBody asks for a look; or ends the grant, from the city's side.
type lookBody struct {
	grantBody           // only its end
	Look      uuid.UUID `json:"look,omitzero"`
	Person    string    `json:"person,omitempty"`
}

type viewBody struct {
	Look uuid.UUID `json:"look"`
	View View      `json:"view"`
}

// Look asks the district to show the case of a grant to the viewer. The answer
// comes with its letter, within seconds where both are in one installation. A
// grant that is over, or was given by this committee itself, is refused.
func (s *Service) Look(ctx context.Context, id uuid.UUID) (l Look, err error) {
	defer errs.Wrap(&err, "oversight.Look(%s)", id)
	v, err := authz.Require(ctx, figures.Read)
	if err != nil {
		return l, err
	}
	g, err := grant(ctx, id, " FOR SHARE OF g")
	switch {
	case err != nil:
		return l, err
	case g.Given():
		return l, errs.New(errs.GuardFailed, "这是本政协给%s的授权，自己的事项请直接打开", g.PartnerName).At("grantId")
	case g.EndedAt != nil:
		return l, errs.New(errs.GuardFailed, "这个查看授权已由%s结束，不能再看；确有需要的，请对方重新授权", g.EndedBy).At("grantId")
	case g.Over(clock.Today(ctx)):
		return l, errs.New(errs.GuardFailed, "这个查看授权到 %s 为止，不能再看；确有需要的，请对方重新授权", g.Until.Format(time.DateOnly)).At("grantId")
	}
	l = Look{ID: uuid.Must(uuid.NewV7()), Grant: id, Person: v.Name, AskedAt: clock.Now(ctx)}
	envelope, err := s.exchange.Send(ctx, g.Partner, KindLook, lookBody{grantBody: grantBody{ID: id, By: v.Name}, Look: l.ID, Person: v.Name}, exchange.Object{})
	if err != nil {
		return l, err
	}
	if err := l.keep(ctx, &v.Membership, &envelope); err != nil {
		return l, err
	}
	return l, audit.Note(ctx, audit.Change{Entity: "CaseLook", ID: l.ID, Op: audit.Create, After: map[string]any{"grant": id.String(), "title": g.Title, "partner": g.Partner}})
}

func (l Look) keep(ctx context.Context, member, envelope *uuid.UUID) error {
	tenant, err := tenants.Current(ctx)
	if err != nil {
		return err
	}
	_, err = tenants.Exec(ctx, `INSERT INTO case_looks (tenant_id, id, grant_id, person, membership_id, envelope_id, asked_at, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		tenant, l.ID, l.Grant, l.Person, member, envelope, l.AskedAt, l.Answered)
	return err
}

// looked takes in what a city asks by a grant. What is shown stands in this
// committee's audit, by the case, under the name of who looks; what is refused
// stands there with the letter.
func (s *Service) looked(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var b lookBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	if b.Ended {
		return none, s.endedBy(ctx, in, b.grantBody, true)
	}
	if b.Look == uuid.Nil || !line(b.Person) {
		return none, exchange.Refuse(exchange.Malformed, "没有写明谁要看")
	}
	g, err := grant(ctx, b.ID, " FOR SHARE OF g")
	if errs.Is(err, errs.NotFound) || err == nil && (g.Partner != in.Partner || !g.Given()) {
		return none, exchange.Refuse(exchange.UnknownObject, "没有授权贵方查看这件事项")
	}
	if err != nil {
		return none, err
	}
	if g.Over(clock.Today(ctx)) {
		return none, exchange.Refuse(exchange.NotAccepted, "查看授权已经结束，不能再看")
	}
	view, err := seen(ctx, *g.Matter)
	if err != nil {
		return none, err
	}
	now := clock.Now(ctx)
	if err := (Look{ID: b.Look, Grant: g.ID, Person: b.Person, AskedAt: in.SentAt, Answered: &now}).keep(ctx, nil, nil); err != nil {
		return none, err
	}
	if _, err := s.exchange.Send(ctx, in.Partner, KindView, viewBody{b.Look, view}, exchange.Object{}); err != nil {
		return none, err
	}
	return none, audit.Write(ctx, audit.Entry{Action: "lookAtCase", Actor: audit.Actor{System: "oversight", Name: in.Name + " " + b.Person}, Object: audit.Object(gen.TypeMatter, *g.Matter),
		Reason: g.Purpose, Changes: []audit.Change{{Entity: "CaseLook", ID: b.Look, Op: audit.Create, After: map[string]any{"person": b.Person, "partner": in.Partner, "grant": g.ID.String()}}}})
}

// seen is the case as it is shown.
func seen(ctx context.Context, id uuid.UUID) (v View, err error) {
	err = tenants.Row(ctx, `SELECT coalesce(m.number, ''), m.title, coalesce(p.situation, ''), coalesce(p.analysis, ''), coalesce((SELECT array_agg(x) FROM jsonb_array_elements_text(nullif(p.suggestions, 'null')) x), '{}')
		FROM matters m JOIN proposals p ON p.tenant_id = m.tenant_id AND p.matter_id = m.id WHERE m.id = $1`, []any{id}, &v.Number, &v.Title, &v.Situation, &v.Analysis, &v.Suggestions)
	if err != nil {
		return v, err
	}
	v.Steps, err = tenants.Rows[ViewStep](ctx, `SELECT to_char(s.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), s.label FROM steps s
		WHERE s.matter_id = $1 AND s.assignment_id IS NULL AND s.from_state IS DISTINCT FROM s.to_state ORDER BY s.at, s.id`, id)
	if err != nil {
		return v, err
	}
	v.Shares, err = tenants.Rows[ViewShare](ctx, `
		SELECT u.name, a.role, coalesce(a.due_on::text, ''), coalesce(r.doc_no, ''), coalesce(r.class, ''), coalesce(r.body, '')
		FROM assignments a JOIN units u ON u.tenant_id = a.tenant_id AND u.id = a.unit_id
		LEFT JOIN LATERAL (SELECT * FROM replies r WHERE r.assignment_id = a.id AND r.sent_at IS NOT NULL ORDER BY r.sent_at DESC LIMIT 1) r ON true
		WHERE a.matter_id = $1 ORDER BY a.id`, id)
	return v, err
}

// viewed takes in what a district shows.
func (s *Service) viewed(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	var b viewBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	raw, err := json.Marshal(b.View)
	if err != nil {
		return none, err
	}
	tag, err := tenants.Exec(ctx, `UPDATE case_looks l SET view = $2::jsonb, answered_at = $3 FROM case_grants g JOIN agreements a ON a.tenant_id = g.tenant_id AND a.id = g.agreement_id
		WHERE g.tenant_id = l.tenant_id AND g.id = l.grant_id AND l.id = $1 AND a.partner = $4 AND l.envelope_id IS NOT NULL`, b.Look, string(raw), clock.Now(ctx), in.Partner)
	if err == nil && tag.RowsAffected() == 0 {
		err = exchange.Refuse(exchange.UnknownObject, "没有人要看这件事项")
	}
	return none, err
}

const lookColumns = `SELECT l.id, l.grant_id, l.person, l.asked_at, l.answered_at, coalesce((SELECT nullif(o.reason, '') FROM exchange_outbox o WHERE o.id = l.envelope_id AND o.status IN ('REFUSED', 'DEAD')), ''),
	l.membership_id, l.view FROM case_looks l `

type lookRow struct {
	ID, Grant uuid.UUID
	Person    string
	AskedAt   time.Time
	Answered  *time.Time
	Refused   string
	Member    *uuid.UUID
	View      []byte
}

func (r lookRow) look() Look {
	return Look{r.ID, r.Grant, r.Person, r.AskedAt, r.Answered, r.Refused, nil}
}

// ALook is one look as it stands: what was seen only for who asked, for half an
// hour, and while the grant lasts.
func (s *Service) ALook(ctx context.Context, id uuid.UUID) (l Look, err error) {
	defer errs.Wrap(&err, "oversight.ALook(%s)", id)
	v, err := authz.Require(ctx, figures.Read)
	if err != nil {
		return l, err
	}
	rows, err := tenants.Rows[lookRow](ctx, lookColumns+`WHERE l.id = $1`, id)
	if err == nil && (len(rows) == 0 || rows[0].Member == nil || *rows[0].Member != v.Membership) {
		err = errs.New(errs.NotFound, "没有这一次查看，或不是您查看的")
	}
	if err != nil {
		return l, err
	}
	l = rows[0].look()
	g, err := grant(ctx, l.Grant, "")
	if err != nil || l.Answered == nil || g.Over(clock.Today(ctx)) || clock.Now(ctx).Sub(*l.Answered) > shown {
		return l, err
	}
	l.View = &View{}
	return l, json.Unmarshal(rows[0].View, l.View)
}
