package platforms

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/httpd"
	"github.com/bihuan/bihuan/internal/text"
)

// LongestTopic is how long a citizen's text may be, in characters (domain.md
// 3.2: clues 500).
const LongestTopic = 500

// TopicInput is what a citizen hands in.
type TopicInput struct {
	PlatformCode string
	Text         string     // at most 500 characters; may have several lines
	Name         string     // may be empty
	Phone        string     // may be empty; shown to those alone who may see contact details
	Street       *uuid.UUID // nil: not said, which Site.Must forbids
	// Once names the form that was filled in: the same form makes one topic,
	// however often and wherever it is sent. The nil UUID: every call makes one.
	Once uuid.UUID
}

// phoneForm: digits with what people put between them.
var phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ()-]{4,18}$`)

// Tidied is the input in its stored form, or what is wrong with it.
func (in TopicInput) Tidied() (_ TopicInput, err error) {
	said := text.Field{Label: "文字", Path: []string{"text"}, Lines: true}
	if in.Text, err = said.Take(in.Text); err != nil {
		return in, err
	}
	switch n := utf8.RuneCountInString(in.Text); {
	case text.Blank(in.Text):
		return in, errs.New(errs.Invalid, "请写下您要反映的事").At("text")
	case n > LongestTopic:
		return in, errs.New(errs.Invalid, "最多 %d 个字，现在有 %d 个，请删减", LongestTopic, n).At("text")
	}
	if in.Name, err = line(in.Name, shortText, false, "称呼", "name"); err != nil {
		return in, err
	}
	in.Phone = text.Key(in.Phone) // digits of any width
	if in.Phone != "" && !phoneForm.MatchString(in.Phone) {
		return in, errs.New(errs.Invalid, "电话号码只能有数字，请检查；不想留电话可以空着").At("phone")
	}
	in.Street = given(in.Street)
	return in, nil
}

// titleLength is how much of a topic's text becomes its title, in characters.
const titleLength = 40

// titleOf is the beginning of a text on one line.
func titleOf(text string) string {
	all := []rune(strings.Join(strings.Fields(text), " "))
	if len(all) <= titleLength {
		return string(all)
	}
	return string(all[:titleLength-1]) + "…"
}

// Site is a platform as strangers see it.
type Site struct {
	*gen.Platform
	Streets []*gen.Unit // which a topic can name
	Must    bool        // it has to name one, since it would be nobody's
}

// Public is a platform as strangers see it. One that is retired or takes no
// topics is NOT_FOUND.
func (s *Service) Public(ctx context.Context, code string) (_ *Site, err error) {
	defer errs.Wrap(&err, "platforms.Public(%s)", code)
	ctx = authz.System(ctx)
	p, err := s.takes(ctx, code)
	if err != nil {
		return nil, err
	}
	out := &Site{Platform: p}
	for _, kind := range authz.Streets { // what is called a street here
		out.Streets, err = s.client.Unit.Query().Where(unit.KindEQ(kind), authz.UnitOn(clock.Today(ctx))).
			Order(unit.ByName(), unit.ByID()).Limit(200).All(ctx)
		if err != nil || len(out.Streets) > 0 {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	asks, err := s.engine.AsksHome(ctx, TopicKind, p.OwnerUnitID)
	out.Must = asks == "streetId"
	return out, err
}

// TakingTopics are the platforms that strangers may turn to, by their names.
func (s *Service) TakingTopics(ctx context.Context) (_ []*gen.Platform, err error) {
	defer errs.Wrap(&err, "platforms.TakingTopics")
	return s.client.Platform.Query().Where(platform.StatusEQ(platform.StatusACTIVE), platform.TakesTopics(true)).
		Order(platform.ByBrand(), platform.ByID()).Limit(100).All(authz.System(ctx))
}

func (s *Service) takes(ctx context.Context, code string) (*gen.Platform, error) {
	if !codeForm.MatchString(code) {
		return nil, errs.New(errs.NotFound, "没有这个平台，或它不向公众征题")
	}
	p, err := s.client.Platform.Query().Where(platform.Code(code), platform.StatusEQ(platform.StatusACTIVE), platform.TakesTopics(true)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "没有这个平台，或它不向公众征题")
	}
	return p, err
}

// SubmitTopic takes a citizen's topic in, inside the committee's transaction
// and without a viewer: a matter of the kind topic on the platform, the citizen
// as its RAISER, one PROBLEM with the receipt, and one record in the audit, so
// it is the last thing that the transaction does. Who is signed in by chance is
// not its creator. Called twice with the same Once and text it answers the same
// receipt; with another text it is a Conflict.
func (s *Service) SubmitTopic(ctx context.Context, in TopicInput) (_ Receipt, err error) {
	defer errs.Wrap(&err, "platforms.SubmitTopic(%s)", in.PlatformCode)
	if in, err = in.Tidied(); err != nil {
		return Receipt{}, err
	}
	ctx = authz.With(authz.System(ctx), nil)
	p, err := s.takes(ctx, in.PlatformCode)
	if err != nil {
		return Receipt{}, err
	}
	if in.Street != nil {
		if _, err := s.openUnit(ctx, *in.Street, "street", authz.Streets...); err != nil {
			return Receipt{}, err
		}
	}
	if in.Once == uuid.Nil {
		in.Once = uuid.Must(uuid.NewV7())
	} else if old, err := s.before(ctx, in, p); err != nil || old != nil {
		return value(old), err
	}
	out, err := s.nextReceipt(ctx, clock.Today(ctx).Year())
	if err != nil {
		return Receipt{}, err
	}
	ctx, changes := audit.Collect(ctx)
	c, err := s.engine.Start(ctx, flow.Opening{Kind: TopicKind, Title: titleOf(in.Text), Street: in.Street, OwnerUnit: p.OwnerUnitID,
		Payload: func(ctx context.Context, m *gen.Matter) error { return s.raise(ctx, m, p, in, out) }})
	if shown, ok := errs.As(err); ok && shown.Details[flow.Homeless] != nil {
		return Receipt{}, errs.New(errs.Invalid, "请选择在哪个街道，这样才能送到该办的人手里").At("street")
	}
	if err != nil {
		return Receipt{}, err
	}
	return out, audit.Write(ctx, audit.Entry{
		Action: "submitTopic", Actor: audit.Actor{System: "public", Name: "公众"}, Object: audit.Object(gen.TypeMatter, c.Matter.ID),
		From: audit.From{Address: httpd.ClientAddress(ctx), RequestID: httpd.RequestID(ctx)}, Changes: changes.Changes(),
	})
}

func value(r *Receipt) Receipt {
	if r == nil {
		return Receipt{}
	}
	return *r
}

// before finds the receipt that the same form has made, nil when there is
// none. Two at once come one after the other.
func (s *Service) before(ctx context.Context, in TopicInput, p *gen.Platform) (*Receipt, error) {
	if err := alone(ctx, in.Once); err != nil {
		return nil, err
	}
	old, err := s.client.Item.Query().Where(item.ID(in.Once)).WithMatter().Only(ctx)
	if gen.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if m := old.Edges.Matter; old.Text != in.Text || m.PlatformID == nil || *m.PlatformID != p.ID {
		return nil, errs.New(errs.Conflict, "这张表已经提交过了；要反映另一件事，请重新打开页面")
	}
	return &Receipt{No: old.ReceiptNo, Code: old.CheckCode}, nil
}

// raise writes what stands beside a topic's matter.
func (s *Service) raise(ctx context.Context, m *gen.Matter, p *gen.Platform, in TopicInput, r Receipt) error {
	now := clock.Now(ctx)
	if err := s.client.Matter.UpdateOne(m).SetPlatformID(p.ID).SetSource(SourcePublic).Exec(ctx); err != nil {
		return err
	}
	who, err := s.client.Party.Create().SetMatter(m).SetRole("RAISER").SetName(in.Name).SetPhone(in.Phone).SetCreatedAt(now).Save(ctx)
	if err != nil {
		return err
	}
	return s.client.Item.Create().SetID(in.Once).SetMatter(m).SetKind(item.KindPROBLEM).SetText(in.Text).SetPartyID(who.ID).
		SetReceiptNo(r.No).SetCheckCode(r.Code).SetCreatedAt(now).Exec(ctx)
}
