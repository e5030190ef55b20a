package imports

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// How many lines one transaction judges, does or takes back. A record of the
// book keeps the changes of perChunk in full.
const (
	perCheck = 300
	perChunk = 50
)

// HasDue reports whether a committee has work for Run.
func HasDue(ctx context.Context) (due bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM import_batches WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING'))`, nil, &due)
	return due, err
}

// Run judges, carries out and undoes what a committee has ordered, piece by
// piece, each in a transaction. It may die anywhere and run again, twice at once
// too: each piece holds its batch. It answers how many lines it handled.
func (s *Service) Run(ctx context.Context, tenant uuid.UUID) (n int, err error) {
	defer errs.Wrap(&err, "imports.Run(%s)", tenant)
	for {
		var did int
		var more bool
		err := s.store.InTx(ctx, tenant, func(ctx context.Context) (err error) {
			did, more, err = s.piece(ctx)
			return err
		})
		n += did
		if err != nil || !more {
			return n, err
		}
	}
}

// piece does one piece of the oldest batch that has one.
func (s *Service) piece(ctx context.Context) (n int, more bool, err error) {
	ctx, _ = audit.Collect(ctx)
	if err := tenants.Alone(ctx, "roster"); err != nil {
		return 0, false, err
	}
	list, err := tenants.Rows[Batch](ctx, `SELECT `+batchColumns+` FROM import_batches WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING') ORDER BY id LIMIT 1 FOR UPDATE`)
	if err != nil || len(list) == 0 {
		return 0, false, err
	}
	b := &list[0]
	v, err := s.orderer(ctx, b)
	if err != nil {
		return 0, false, err
	}
	if v == nil {
		return 0, true, b.moves(ctx, Stopped, "办理的人已没有管理人员的权限，请由有权限的人继续")
	}
	ctx = authz.With(ctx, v)
	switch b.State {
	case Checking:
		n, err = s.check(ctx, b)
	case Running:
		n, err = s.carry(ctx, b, v)
	case Undoing:
		n, err = s.undo(ctx, b, v)
	}
	return n, true, err
}

// orderer is who ordered what is going on, with his rights of now; nil: he may
// not any more.
func (s *Service) orderer(ctx context.Context, b *Batch) (*authz.Viewer, error) {
	var account *uuid.UUID
	if err := tenants.Row(ctx, `SELECT account_id FROM memberships WHERE id = $1`, []any{b.OrderedBy}, &account); err != nil || account == nil {
		return nil, err
	}
	v, err := s.dir.Viewer(ctx, *account, b.OrderedBy)
	if _, shown := errs.As(err); shown {
		return nil, nil
	}
	if err != nil || !v.May(authz.Perm(manage)).Has(authz.Tenant) {
		return nil, err
	}
	return v, nil
}

// hands open the hand of each kind when its first line comes.
type hands struct {
	s    *Service
	open map[string]Hand
}

func (h *hands) of(ctx context.Context, kind string) (Hand, error) {
	if h.open[kind] == nil {
		hand, err := h.s.Kind(kind).Open(authz.System(ctx))
		if err != nil {
			return nil, err
		}
		h.open[kind] = hand
	}
	return h.open[kind], nil
}

// errRehearsed undoes a rehearsal.
var errRehearsed = errors.New("imports: only a rehearsal")

// check judges the next lines by doing them and taking all of it back.
func (s *Service) check(ctx context.Context, b *Batch) (int, error) {
	rows, err := rowsOf(ctx, b.ID, `AND verdict IS NULL ORDER BY no LIMIT $2`, perCheck)
	if err != nil || len(rows) == 0 {
		return 0, errors.Join(err, b.moves(ctx, Checked, ""))
	}
	ground, err := s.ground(ctx, b, rows[0].No)
	if err != nil {
		return 0, err
	}
	err = audit.Savepoint(ctx, func(ctx context.Context) error {
		h := &hands{s, map[string]Hand{}}
		for i := range ground {
			if err := s.line(ctx, h, b, &ground[i]); err != nil {
				return err
			}
		}
		for i := range rows {
			if err := s.line(ctx, h, b, &rows[i]); err != nil {
				return err
			}
		}
		return errRehearsed
	})
	if !errors.Is(err, errRehearsed) {
		return 0, err
	}
	for i := range rows {
		rows[i].Made, rows[i].Version = nil, nil
		if rows[i].Verdict == Fresh {
			rows[i].Subject = nil // it is gone again
		}
		if err := rows[i].save(ctx, b.ID); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// ground are the new lines before a line on which later ones stand.
func (s *Service) ground(ctx context.Context, b *Batch, before int) ([]Row, error) {
	var kinds []string
	for _, k := range s.kinds {
		if k.Ground {
			kinds = append(kinds, k.Code)
		}
	}
	return rowsOf(ctx, b.ID, `AND no < $2 AND kind = ANY ($3) AND verdict = 'NEW' AND state = 'WAITING' ORDER BY no`, before, kinds)
}

// line judges one line by doing it: verdict, problems and changes are set, and
// where it was done what it made. What is not in the vocabulary is an error.
func (s *Service) line(ctx context.Context, h *hands, b *Batch, r *Row) error {
	r.Problems, r.Changes, r.Made, r.Message = nil, nil, nil, ""
	k := s.Kind(r.Kind)
	if k == nil {
		r.Verdict, r.Problems = Wrong, []Problem{{Code: string(errs.Invalid), Message: "这个版本不能导入这种内容"}}
		return nil
	}
	var doubts []Problem
	for _, p := range r.Flaws {
		if p.Code == codeNamesake {
			doubts = append(doubts, p)
		} else {
			r.Problems = append(r.Problems, p)
		}
	}
	if len(r.Problems) > 0 {
		r.Verdict = Wrong
		return nil
	}
	hand, err := h.of(ctx, r.Kind)
	if err != nil {
		return err
	}
	v := r.values(k, b.sheet(r.Sheet))
	m, err := hand.Match(v)
	if err != nil {
		return r.refused(k, err)
	}
	if m.Doubt != "" {
		doubts = append(doubts, Problem{k.Columns[0].Code, codeDoubt, m.Doubt})
	}
	if r.Decided == decideNew {
		m.Subject = nil
	}
	if len(doubts) > 0 && r.Decided == "" {
		r.Verdict, r.Problems, r.Subject, r.Called = Doubtful, doubts, m.Subject, m.Called
		return nil
	}
	var done Done
	err = audit.Savepoint(ctx, func(ctx context.Context) (err error) {
		done, err = hand.Apply(ctx, v, m.Subject)
		return err
	})
	if err != nil {
		return r.refused(k, err)
	}
	r.Subject, r.Called, r.Changes, r.Made, r.Version = &done.Subject, done.Called, done.Changes, done.Made, &done.Version
	switch {
	case m.Subject == nil:
		r.Verdict = Fresh
	case len(done.Changes) > 0 || len(done.Made) > 0:
		r.Verdict = Changed
	default:
		r.Verdict = Unchanged
	}
	return nil
}

// refused is a line that the roster did not take.
func (r *Row) refused(k *Kind, err error) error {
	shown, ok := errs.As(tenants.Translate(err))
	if !ok || shown.Code == errs.Internal || shown.Code == errs.Unavailable {
		return err
	}
	r.Verdict = Wrong
	for _, e := range shown.Each() {
		p := Problem{Code: string(e.Code), Message: e.Message}
		if len(e.Path) > 0 && k.column(e.Path[0]) != nil {
			p.Column = e.Path[0]
		}
		r.Problems = append(r.Problems, p)
	}
	return nil
}

// carry does the next valid lines.
func (s *Service) carry(ctx context.Context, b *Batch, v *authz.Viewer) (int, error) {
	rows, err := rowsOf(ctx, b.ID, `AND state = 'WAITING' AND verdict IN ('NEW', 'CHANGED') ORDER BY no LIMIT $2`, perChunk)
	if err != nil || len(rows) == 0 {
		return 0, errors.Join(err, b.moves(ctx, Finished, ""))
	}
	h, did := &hands{s, map[string]Hand{}}, 0
	for i := range rows {
		r := &rows[i]
		if err := s.line(ctx, h, b, r); err != nil {
			return 0, err
		}
		switch r.Verdict {
		case Wrong:
			r.State, r.Message = failed, r.Problems[0].Message
		case Doubtful: // somebody of this name has come meanwhile
		default:
			r.State = lineDone
			did++
		}
		if err := r.save(ctx, b.ID); err != nil {
			return 0, err
		}
		if r.State != lineDone && !b.OnlyValid {
			if err := b.moves(ctx, Stopped, fmt.Sprintf("“%s”第 %d 行在核对以后情况变了：%s", r.Sheet, r.Line, r.Problems[0].Message)); err != nil {
				return 0, err
			}
			rows = rows[:i+1]
			break
		}
	}
	if did == 0 {
		return len(rows), nil
	}
	return len(rows), record(ctx, "carryOutImport", b, v, lines(rows))
}

// lines are which lines of which sheets a record is about.
func lines(rows []Row) string {
	var out []string
	for i := 0; i < len(rows); {
		j, from, to := i, rows[i].Line, rows[i].Line
		for ; j < len(rows) && rows[j].Sheet == rows[i].Sheet; j++ {
			from, to = min(from, rows[j].Line), max(to, rows[j].Line)
		}
		out = append(out, fmt.Sprintf("%s 第 %d 至 %d 行", rows[i].Sheet, from, to))
		i = j
	}
	return strings.Join(out, "，")
}

// typeOf are what the book calls the rows of a table.
var typeOf = map[string]string{
	"seats": gen.TypeSeat, "memberships": gen.TypeMembership, "units": gen.TypeUnit, "matters": gen.TypeMatter, "proposals": gen.TypeProposal,
	"parties": gen.TypeParty, "assignments": gen.TypeAssignment, "replies": gen.TypeReply, "feedback": gen.TypeFeedback, "steps": gen.TypeStep,
}
