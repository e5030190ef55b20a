package processes

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Kinds of envelopes.
const (
	KindTemplate = "template"         // a version that another committee may adopt; about the sender's process
	KindAdopted  = "template_adopted" // what became of it there; about the adopter's process
)

// Template is the body of an offer.
type Template struct {
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	Version int    `json:"version"`
	Source  string `json:"source"`
	Note    string `json:"note,omitempty"`
}

// Adopted is the body of the answer.
type Adopted struct {
	Process uuid.UUID         `json:"process"` // that was offered
	Kind    string            `json:"kind"`    // as which it was adopted
	Title   string            `json:"title"`
	Version int               `json:"version"`
	State   entprocess.Status `json:"state"` // DRAFT or PUBLISHED
}

const (
	longestNote = 500 // characters
	maxPartners = 200 // to which one version is offered at once
)

// kindCode is what a committee's own kinds are called.
var kindCode = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)

// Register makes the kinds of envelopes known and lets the service send them.
// It is for the start of the program.
func (s *Service) Register(post *exchange.Service) {
	s.post = post
	post.Register(KindTemplate, 1, exchange.Handler{Title: "流程模板", Apply: s.applyTemplate, Readable: true})
	post.Register(KindAdopted, 1, exchange.Handler{Title: "流程模板的采用", Apply: s.applyAdopted, Readable: true})
}

func about(process uuid.UUID) exchange.Object {
	return exchange.Object{Type: gen.TypeProcess, ID: process}
}

// Offer sends a published version of the committee's own to partners, given by
// code, who may adopt it: all of them or, where one cannot be reached, none. A
// partner named twice gets it once; called twice it offers again.
func (s *Service) Offer(ctx context.Context, id uuid.UUID, partners []string, note string) (err error) {
	defer errs.Wrap(&err, "processes.Offer(%s)", id)
	sys, _, err := authz.Enter(ctx, "exchange.send")
	if err != nil {
		return err
	}
	// In one order, so that two who offer to the same do not lock each other.
	partners = slices.Compact(slices.Sorted(slices.Values(partners)))
	if len(partners) == 0 || len(partners) > maxPartners {
		return errs.New(errs.Invalid, "请选择 1 到 %d 个政协", maxPartners).At("partners")
	}
	if note, err = (text.Field{Label: "附言", Path: []string{"note"}, Most: longestNote, Lines: true}).Take(note); err != nil {
		return err
	}
	p, err := s.find(sys, id)
	if err != nil {
		return err
	}
	if p.Status != entprocess.StatusPUBLISHED {
		return errs.New(errs.NotAllowedInState, "只能送出已发布的流程").With("state", p.Status).With("allowedActions", []string{})
	}
	for _, partner := range partners {
		if _, err := s.post.Send(sys, partner, KindTemplate, Template{p.Kind, p.Title, p.Version, p.Source, note}, about(p.ID)); err != nil {
			return at(err, "partners")
		}
	}
	return nil
}

// applyTemplate tells the administrators that there is something to adopt. What
// cannot be read is refused; whether its loop closes here is asked when it is
// published.
func (s *Service) applyTemplate(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
	var t Template
	if err := in.Decode(&t); err != nil {
		return exchange.Result{}, err
	}
	d, err := process.Parse([]byte(t.Source))
	if err != nil {
		return exchange.Result{}, err
	}
	if d.Kind == "" || d.Kind != t.Kind || d.Title != t.Title || d.Version != t.Version || utf8.RuneCountInString(t.Note) > longestNote || in.About.Type != gen.TypeProcess {
		return exchange.Result{}, exchange.Refuse(exchange.Malformed, "流程的代码、名称和版本应与其定义一致，附言至多 %d 字", longestNote)
	}
	err = flow.TellRoles(ctx, notices.Letter(fmt.Sprintf("%s送来流程“%s”第 %d 版，可在收到的信封中采用为本会的草稿", in.Name, t.Title, t.Version), in.Envelope), "tenant_admin")
	return exchange.Result{Status: "RECEIVED"}, err
}

// Adopt makes a draft of a version that was received, by the id of its row in
// the inbox, and tells the sender. as is the code under which it is kept, empty
// for its own. The draft is the committee's from then on. Called twice it makes
// two; an idempotency key prevents that.
func (s *Service) Adopt(ctx context.Context, envelope uuid.UUID, as string) (_ *gen.Process, err error) {
	defer errs.Wrap(&err, "processes.Adopt(%s)", envelope)
	sys, _, err := s.enter(ctx, manage)
	if err != nil {
		return nil, err
	}
	letter, err := s.post.Read(ctx, envelope)
	if err != nil {
		return nil, err
	}
	var t Template
	if letter.Kind != KindTemplate || letter.Body == nil {
		return nil, errs.New(errs.Invalid, "这封信封里没有流程，请另选").At("envelopeId")
	}
	if err := json.Unmarshal(letter.Body, &t); err != nil {
		return nil, err
	}
	source, err := renamed(t, strings.TrimSpace(as))
	if err != nil {
		return nil, err
	}
	p, err := s.CreateDraft(ctx, NewDraft{Source: source, Origin: fmt.Sprintf("%s，第 %d 版", clip(letter.PartnerName, 60), t.Version)})
	if err != nil {
		return nil, err
	}
	return p, s.tell(sys, p, letter.Partner, letter.About.ID)
}

// renamed is the offered text under another code. A shipped kind has rights and
// rules of its own that no other code may use.
func renamed(t Template, as string) (string, error) {
	switch {
	case as == "" || as == t.Kind:
		return t.Source, nil
	case process.Regulated(t.Kind):
		return "", errs.New(errs.Invalid, "“%s”是随产品提供的流程，只能以原来的代码 %s 采用，成为本会的新版本", t.Title, t.Kind).At("as")
	case process.Regulated(as) || !kindCode.MatchString(as):
		return "", errs.New(errs.Invalid, "代码应为 2 至 31 个小写字母、数字或下划线，以字母开头，也不能是随产品提供的流程的代码").At("as")
	}
	source := wholeKindLine.ReplaceAllString(t.Source, "kind: "+as)
	if d, err := process.Parse([]byte(source)); err != nil || d.Kind != as {
		return "", errs.New(errs.Invalid, "这份定义的 kind 没有单独写成一行，不能改代码；请以原来的代码采用后再修改").At("as")
	}
	return source, nil
}

var wholeKindLine = regexp.MustCompile(`(?m)^kind:[^\r\n]*`)

// clip shortens a text that was not made to be kept here.
func clip(text string, longest int) string {
	if r := []rune(text); len(r) > longest {
		return string(r[:longest]) + "…"
	}
	return text
}

// tell answers who offered how far the committee has come with it. What an
// agreement does not let out any more is not told: the committee's own work
// goes on.
func (s *Service) tell(ctx context.Context, p *gen.Process, partner string, offered uuid.UUID) error {
	_, err := s.post.Send(ctx, partner, KindAdopted, Adopted{offered, p.Kind, p.Title, p.Version, p.Status}, about(p.ID))
	if errs.Is(err, errs.NotAllowed) {
		return nil
	}
	return err
}

// tellAgain tells whoever was told of the draft that it is published now.
func (s *Service) tellAgain(ctx context.Context, p *gen.Process) error {
	if s.post == nil {
		return nil
	}
	told, err := s.post.SentAbout(ctx, KindAdopted, about(p.ID))
	if err != nil {
		return err
	}
	for _, t := range told {
		var was Adopted
		if err := json.Unmarshal(t.Body, &was); err != nil {
			return err
		}
		if err := s.tell(ctx, p, t.Partner, was.Process); err != nil {
			return err
		}
	}
	return nil
}

// applyAdopted believes only a partner to whom the version was offered.
func (s *Service) applyAdopted(ctx context.Context, in exchange.Incoming) (exchange.Result, error) {
	var a Adopted
	if err := in.Decode(&a); err != nil {
		return exchange.Result{}, err
	}
	if a.State != entprocess.StatusDRAFT && a.State != entprocess.StatusPUBLISHED || a.Kind == "" || len(a.Kind) > 40 || a.Title == "" || utf8.RuneCountInString(a.Title) > 200 {
		return exchange.Result{}, exchange.Refuse(exchange.Malformed, "采用情况的代码、名称或状态不对")
	}
	offered, err := s.post.HasSent(ctx, in.Partner, KindTemplate, about(a.Process))
	if err != nil {
		return exchange.Result{}, err
	}
	if !offered {
		return exchange.Result{}, exchange.Refuse(exchange.UnknownObject, "没有送给贵方这个流程")
	}
	did := map[entprocess.Status]string{entprocess.StatusDRAFT: "采用为草稿", entprocess.StatusPUBLISHED: "发布"}[a.State]
	return exchange.Result{}, flow.TellRoles(ctx, notices.Letter(fmt.Sprintf("%s已把送去的流程%s：“%s”第 %d 版", in.Name, did, a.Title, a.Version), in.Envelope), "secretary_general", "city_overseer")
}

// Adoption is how a partner has received an offered version.
type Adoption struct {
	Partner, PartnerName string
	OfferedAt            time.Time
	Delivery             string     // exchange.Waiting, Delivered, Refused or Dead
	Reason               string     // why it was not delivered
	Adopted              *Adopted   // the newest that was told; nil: nothing yet
	ToldAt               *time.Time // when that was sent
}

// Adoptions lists the partners to whom a version was offered, by code, each
// with its newest offer and what it told. It takes exchange.read.
func (s *Service) Adoptions(ctx context.Context, id uuid.UUID) (out []Adoption, err error) {
	defer errs.Wrap(&err, "processes.Adoptions(%s)", id)
	by := map[string]*Adoption{}
	err = pages(func(after uuid.UUID) (exchange.Page[exchange.Letter], error) {
		return s.post.Outbox(ctx, exchange.OutboxFilter{About: about(id)}, page, after)
	}, func(l exchange.Letter) uuid.UUID {
		if l.Kind == KindTemplate && by[l.Partner] == nil {
			by[l.Partner] = &Adoption{Partner: l.Partner, PartnerName: l.PartnerName, OfferedAt: l.CreatedAt, Delivery: l.Status, Reason: l.Reason}
		}
		return l.ID
	})
	if err != nil || len(by) == 0 {
		return nil, err
	}
	err = pages(func(after uuid.UUID) (exchange.Page[exchange.Received], error) {
		return s.post.Inbox(ctx, []string{KindAdopted}, page, after)
	}, func(r exchange.Received) uuid.UUID {
		var a Adopted
		if x := by[r.Partner]; x != nil && x.Adopted == nil && json.Unmarshal(r.Body, &a) == nil && a.Process == id {
			x.Adopted, x.ToldAt = &a, &r.SentAt
		}
		return r.ID
	})
	for _, a := range by {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b Adoption) int { return strings.Compare(a.Partner, b.Partner) })
	return out, err
}

const page = 100 // the most that the exchange lists at once

// pages goes through all of a list; each answers a row's id.
func pages[T any](next func(after uuid.UUID) (exchange.Page[T], error), each func(T) uuid.UUID) error {
	for after := uuid.Nil; ; {
		p, err := next(after)
		if err != nil {
			return err
		}
		for _, row := range p.Rows {
			after = each(row)
		}
		if !p.More {
			return nil
		}
	}
}
