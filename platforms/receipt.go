package platforms

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/flow/vocab"
	"github.com/bihuan/bihuan/internal/errs"
)

// Receipt is what somebody keeps to ask later.
type Receipt struct {
	No   string
	Code string // shown once
}

// narrow turns the full-width forms of an input method into plain ones and
// leaves out spaces.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case unicode.IsSpace(r):
			return -1
		}
		return r
	}, s)
}

// Progress is what a receipt shows: how far it has come, and nobody's name.
type Progress struct {
	Text     string // as it was handed in
	State    string // where it stands, in the committee's words
	Stage    string
	Since    time.Time
	Due      *time.Time // a day; nil: none
	Settled  bool
	Result   string   // what came of it, once it is settled
	Links    []string // what it became, as the titles of the processes
	HandedIn time.Time
}

// wrongReceipt looks the same for a number that is not there and a code that
// does not fit.
func wrongReceipt() error {
	return errs.New(errs.NotFound, "编号与校验码不相符，请对照收条再填一次").At("code")
}

// LookUp answers how far a receipt has come, to whoever holds both number and
// code, without a viewer, in the committee's transaction.
func (s *Service) LookUp(ctx context.Context, receiptNo, code string) (_ *Progress, err error) {
	defer errs.Wrap(&err, "platforms.LookUp")
	sys := authz.System(ctx)
	no, code := strings.TrimSpace(receiptNo), strings.ToUpper(narrow(code))
	if !utf8.ValidString(no) || strings.ContainsRune(no, 0) || len(no) > 200 || len(code) > 200 {
		return nil, wrongReceipt()
	}
	rows, err := s.client.Item.Query().Where(item.ReceiptNoIn(no, narrow(no))).WithMatter().Limit(2).All(sys)
	if err != nil {
		return nil, err
	}
	var row *gen.Item
	for _, r := range append(rows, &gen.Item{CheckCode: "--------"}) { // at least one comparison
		if subtle.ConstantTimeCompare([]byte(code), []byte(r.CheckCode)) == 1 && r.CheckCode != "" && r.ReceiptNo != "" {
			row = r
		}
	}
	if row == nil {
		return nil, wrongReceipt()
	}
	return s.progress(sys, row)
}

func (s *Service) progress(ctx context.Context, i *gen.Item) (*Progress, error) {
	m := i.Edges.Matter
	out := &Progress{Text: i.Text, Since: m.OpenedAt, HandedIn: i.CreatedAt, Due: m.NextDueOn}
	if i.DueOn != nil {
		out.Due = i.DueOn
	}
	if err := s.standing(ctx, m, out); err != nil {
		return nil, err
	}
	if i.Status != item.StatusOPEN && i.Status != item.StatusREPORTED {
		out.Settled, out.Due, out.Result = true, nil, i.Evidence
	}
	if answer, ok := m.Data["answer"].(string); ok && m.Kind == TopicKind && m.ClosedAt != nil { // what the process tells the citizen
		out.Settled, out.Due, out.Result = true, nil, answer
	}
	links, err := s.client.Link.Query().Where(link.FromID(m.ID), link.UndoneAtIsNil(), link.Or(link.ItemIDIsNil(), link.ItemID(i.ID))).
		WithTo().Order(link.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if l.Kind == link.KindFOLLOWS { // an earlier one, not what it became
			continue
		}
		p, err := s.client.Process.Query().Where(entprocess.ID(l.Edges.To.ProcessID)).Only(ctx)
		if err != nil {
			return nil, err
		}
		out.Links = append(out.Links, p.Title)
	}
	return out, nil
}

// standing says in which state the matter is, since when, in the committee's
// own words.
func (s *Service) standing(ctx context.Context, m *gen.Matter, out *Progress) error {
	defs, err := s.engine.Definitions(ctx, m.ID)
	if err != nil {
		return err
	}
	policy, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return err
	}
	if st := defs[m.ID].Machines[process.OfMatter].State(m.State); st != nil {
		out.State, out.Stage = st.Label, st.Stage
		if st.End {
			out.Due = nil
		}
	}
	if label := policy.Labels[m.Kind+"."+m.State]; label != "" {
		out.State = label
	}
	entered, err := s.client.Step.Query().Where(step.MatterID(m.ID), step.AssignmentIDIsNil(), step.ToState(m.State), step.FromStateNEQ(m.State)).
		Order(gen.Desc(step.FieldAt, step.FieldID)).First(ctx)
	if gen.IsNotFound(err) {
		return nil
	}
	if err == nil {
		out.Since = entered.At
	}
	return err
}

// nextReceipt takes the next number of the committee's receipts, with its
// check code.
func (s *Service) nextReceipt(ctx context.Context, year int) (r Receipt, err error) {
	policy, err := s.engine.CurrentPolicy(ctx)
	if err != nil {
		return r, err
	}
	r.No, r.Code, err = vocab.NextReceipt(ctx, policy, year)
	return r, err
}
