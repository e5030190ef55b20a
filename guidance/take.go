package guidance

import (
	"context"
	"encoding/json"
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

const receivedColumns = `SELECT r.id, a.partner, a.partner_name, r.kind, r.code, r.version, r.form, r.title, r.required, r.note, r.content, r.sent_at, r.received_at,
	r.withdrawn_at, r.withdrawn_for, r.state, r.became, r.settled_by, r.settled_at, r.in_force_at,
	EXISTS (SELECT FROM guidance_received n WHERE n.agreement_id = r.agreement_id AND n.kind = r.kind AND n.code = r.code AND n.version > r.version)
	FROM guidance_received r JOIN agreements a ON a.tenant_id = r.tenant_id AND a.id = r.agreement_id `

type receivedRow struct {
	ID                   uuid.UUID
	Partner, PartnerName string
	Kind, Code           string
	Version, Form        int
	Title                string
	Required             bool
	Note                 string
	Content              json.RawMessage // nil: its withdrawal came first
	SentAt, ReceivedAt   time.Time
	WithdrawnAt          *time.Time
	WithdrawnFor         string
	State                string // Open, Taken or Declined
	Became               string // what it became here, or why it was declined
	SettledBy            string
	SettledAt            *time.Time
	InForceAt            *time.Time // when it was seen to be in force as it came
	Past                 bool       // a newer version has come
}

// Received is a paper that came.
type Received struct {
	receivedRow
	KindTitle string
	After     string // what is still to be done when it was taken
	Right     string // who takes it
}

// find is one that came, nil for none.
func find(ctx context.Context, id uuid.UUID, more string) (*receivedRow, error) {
	rows, err := tenants.Rows[receivedRow](ctx, receivedColumns+`WHERE r.id = $1`+more, id)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

func (s *Service) asSeen(r receivedRow) Received {
	out := Received{receivedRow: r, KindTitle: s.titleOf(r.Kind)}
	if k := s.kind(r.Kind); k != nil {
		out.After, out.Right = k.After, k.Right
	}
	return out
}

// Inbox lists what came, the newest first; older than the one after.
func (s *Service) Inbox(ctx context.Context, after uuid.UUID, first int) (out []Received, more bool, err error) {
	defer errs.Wrap(&err, "guidance.Inbox")
	if _, err := authz.Require(ctx, read); err != nil {
		return nil, false, err
	}
	rows, err := tenants.Rows[receivedRow](ctx, receivedColumns+`WHERE $1 = '00000000-0000-0000-0000-000000000000'::uuid
		OR (r.received_at, r.id) < (SELECT x.received_at, x.id FROM guidance_received x WHERE x.id = $1) ORDER BY r.received_at DESC, r.id DESC LIMIT $2`, after, first+1)
	if err != nil {
		return nil, false, err
	}
	if more = len(rows) > first; more {
		rows = rows[:first]
	}
	for _, r := range rows {
		out = append(out, s.asSeen(r))
	}
	return out, more, nil
}

// Look is one that came, for who may read it.
func (s *Service) Look(ctx context.Context, id uuid.UUID) (_ Received, err error) {
	defer errs.Wrap(&err, "guidance.Look(%s)", id)
	rights := []string{read}
	for _, k := range s.kinds {
		rights = append(rights, k.Right)
	}
	if _, err := authz.Require(ctx, rights...); err != nil {
		return Received{}, err
	}
	r, err := find(ctx, id, "")
	if err == nil && r == nil {
		err = errNone()
	}
	if err != nil {
		return Received{}, err
	}
	return s.asSeen(*r), nil
}

func errNone() error { return errs.New(errs.NotFound, "没有收到这一份，请刷新后再试") }

// Weigh says what a paper would change here and what stands against it, to who
// may take it; nil to others.
func (s *Service) Weigh(ctx context.Context, id uuid.UUID) (_ *Weighed, err error) {
	defer errs.Wrap(&err, "guidance.Weigh(%s)", id)
	r, err := s.Look(ctx, id)
	if err != nil || r.Content == nil {
		return nil, err
	}
	v, err := authz.Require(ctx, read, r.Right)
	if err != nil || !v.May(authz.Perm(r.Right)).Has(authz.Tenant) {
		return nil, err
	}
	w, err := s.kind(r.Kind).Weigh(ctx, r.paper())
	return &w, err
}

func (r receivedRow) paper() Paper { return Paper{r.Code, r.Title, r.Content} }

// Take makes a paper the committee's own, by the rules for its own, and tells
// who published it. Taken twice it stays as it was.
func (s *Service) Take(ctx context.Context, id uuid.UUID, reason string) (err error) {
	defer errs.Wrap(&err, "guidance.Take(%s)", id)
	r, v, err := s.settling(ctx, id)
	if err != nil || r.State == Taken {
		return err
	}
	switch {
	case r.WithdrawnAt != nil:
		return errs.New(errs.GuardFailed, "对方已撤回这一份，不能再采用：%s", r.WithdrawnFor)
	case r.Past:
		return errs.New(errs.GuardFailed, "对方已发布更新的版本，请看过新版再采用")
	}
	if reason, err = (text.Field{Label: "理由", Path: []string{"reason"}, Most: longest, Lines: true}).Take(reason); err != nil {
		return err
	}
	became, err := s.kind(r.Kind).Take(ctx, r.paper(), r.PartnerName, reason)
	if err != nil {
		return err
	}
	return s.settle(ctx, v, r, answer{r.ID, Taken, became})
}

// Decline leaves a paper, with the reason that its publisher reads; it may still
// be taken later. What was taken is not declined.
func (s *Service) Decline(ctx context.Context, id uuid.UUID, reason string) (err error) {
	defer errs.Wrap(&err, "guidance.Decline(%s)", id)
	r, v, err := s.settling(ctx, id)
	if err != nil {
		return err
	}
	if reason, err = (text.Field{Label: "不采用的理由", Path: []string{"reason"}, Least: 1, Most: longest, Lines: true}).Take(reason); err != nil {
		return err
	}
	switch {
	case r.State == Taken:
		return errs.New(errs.NotAllowedInState, "本会已采用这一份；要停用请在相应的页面办理").With("state", r.State).With("allowedActions", []string{})
	case r.State == Declined && r.Became == reason:
		return nil
	}
	return s.settle(ctx, v, r, answer{r.ID, Declined, reason})
}

// settling locks what is to be taken or declined, for who may.
func (s *Service) settling(ctx context.Context, id uuid.UUID) (*receivedRow, *authz.Viewer, error) {
	rights := []string{}
	for _, k := range s.kinds {
		rights = append(rights, k.Right)
	}
	if _, _, err := authz.Enter(ctx, rights...); err != nil {
		return nil, nil, err
	}
	r, err := find(ctx, id, " FOR UPDATE OF r")
	if err == nil && r == nil {
		err = errNone()
	}
	if err != nil {
		return nil, nil, err
	}
	k := s.kind(r.Kind)
	if k == nil {
		return nil, nil, errs.New(errs.NotAllowedInState, "本系统不认识这一类内容").With("state", r.State).With("allowedActions", []string{})
	}
	_, v, err := authz.Enter(ctx, k.Right)
	return r, v, err
}

// settle writes what became of a paper and tells who published it. What the
// agreement does not let out is not told: the committee's own work goes on.
func (s *Service) settle(ctx context.Context, v *authz.Viewer, r *receivedRow, a answer) error {
	_, err := tenants.Exec(ctx, `UPDATE guidance_received SET state = $2, became = $3, settled_by = $4, settled_at = $5 WHERE id = $1`, r.ID, a.State, a.Became, v.Name, clock.Now(ctx))
	if err != nil {
		return err
	}
	if err := audit.Note(ctx, audit.Change{Entity: EntityReceived, ID: r.ID, Op: audit.Update, Before: map[string]any{"state": r.State}, After: map[string]any{"state": a.State, "became": a.Became}}); err != nil {
		return err
	}
	return s.tell(ctx, r.Partner, a)
}

func (s *Service) tell(ctx context.Context, partner string, a answer) error {
	_, err := s.post.Send(authz.System(ctx), partner, KindAnswer, a, exchange.Object{})
	if errs.Is(err, errs.NotAllowed) {
		return nil
	}
	return err
}

// unsettled are those that were taken and not yet seen in force.
const unsettled = `WHERE r.state = 'TAKEN' AND r.in_force_at IS NULL AND r.content IS NOT NULL`

// HasUnsettled reports whether Settle would look at anything.
func HasUnsettled(ctx context.Context) (has bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM guidance_received r `+unsettled+`)`, nil, &has)
	return has, err
}

// Settle tells who published them of the papers that are now in force here as
// they came: drafts that were published, settings that were confirmed and whose
// day has come. Called again it does nothing. It returns how many were told.
func (s *Service) Settle(ctx context.Context, tenant uuid.UUID) (n int, err error) {
	defer errs.Wrap(&err, "guidance.Settle(%s)", tenant)
	err = s.doors().InTx(authz.System(ctx), tenant, func(ctx context.Context) error {
		n = 0
		rows, err := tenants.Rows[receivedRow](ctx, receivedColumns+unsettled+` ORDER BY r.id FOR UPDATE OF r`)
		if err != nil {
			return err
		}
		for _, r := range rows {
			k := s.kind(r.Kind)
			if k == nil {
				continue
			}
			own, err := k.Own(ctx, r.Code)
			if err != nil {
				return err
			}
			if own == nil || !own.Same(r.paper()) {
				continue
			}
			n++
			if _, err := tenants.Exec(ctx, `UPDATE guidance_received SET in_force_at = $2 WHERE id = $1`, r.ID, clock.Now(ctx)); err != nil {
				return err
			}
			if err := audit.Note(ctx, audit.Change{Entity: EntityReceived, ID: r.ID, Op: audit.Update, Before: map[string]any{"inForce": false}, After: map[string]any{"inForce": true}}); err != nil {
				return err
			}
			if err := s.tell(ctx, r.Partner, answer{r.ID, InForce, r.Became}); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}
