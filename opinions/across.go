package opinions

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Kinds of envelopes: an issued opinion on its way up, and what became of it there.
const (
	KindForward = "opinion_forward"
	KindOutcome = "opinion_outcome"
)

// forward is the body of one that goes up: an opinion as it was issued. Who
// brought it in stays here, as does what was said of it.
type forward struct {
	Number string   `json:"number"`
	Title  string   `json:"title"`
	Text   string   `json:"text"`
	Urgent bool     `json:"urgent,omitempty"`
	Topics []string `json:"topics,omitempty"`
}

// outcome is what became of one, record by record.
type outcome struct {
	Record    uuid.UUID `json:"record"` // the teller's
	What      string    `json:"what"`
	Level     string    `json:"level,omitempty"`
	Type      string    `json:"type,omitempty"` // of an adoption: SINGLE, COMBINED or CONVERTED
	Post      string    `json:"post,omitempty"` // of an instruction: whose; his words stay there (domain.md 11)
	To        string    `json:"to,omitempty"`   // of a report: to whom
	On        string    `json:"on,omitempty"`
	Number    string    `json:"number,omitempty"`
	Withdrawn bool      `json:"withdrawn,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// What an outcome tells of.
const (
	adopted    = "ADOPTION"
	instructed = "INSTRUCTION"
	reported   = "REPORT"
)

// Modes of records of adoption. Figures count the first (figures/definitions).
const (
	modeAdopted   = "采用"
	modeUnadopted = "采用已撤销"
)

// kept is how an outcome is kept at who hears of it: a leader's word is for the
// staff.
var kept = map[string]struct {
	kind     record.Kind
	mode     string
	audience record.Audience
	says     string
}{
	adopted:    {record.KindOUTCOME, modeAdopted, record.AudienceALL, "采用了"},
	instructed: {record.KindINSTRUCTION, "", record.AudienceSTAFF, "有领导批示："},
	reported:   {record.KindREPORT, "上级报送", record.AudienceALL, "报送了"},
}

var (
	levels    = map[string]string{"DISTRICT": "区县", "CITY": "市", "PROVINCE": "省", "NATIONAL": "全国"}
	adoptions = map[string]bool{"SINGLE": true, "COMBINED": true, "CONVERTED": true}
)

// mail is how opinions leave.
var mail = &flow.Port[*exchange.Service]{Name: "exchange"}

// Connect gives the engine the exchange by which opinions go up, and takes in what
// comes from below and what became of one above.
func Connect(e *flow.Engine, post *exchange.Service) {
	mail.Give(e, post)
	post.Register(KindForward, 1, exchange.Handler{Title: "报送的社情民意", Apply: receive(e)})
	post.Register(KindOutcome, 1, exchange.Handler{Title: "所报送社情民意的采用情况", Apply: heard(e)})
}

// registerAcross makes the rules of going up known.
func registerAcross(s *flow.Rules) {
	s.Guard("opinion.above", "本政协有上级政协，与它的往来约定包括报送社情民意；同一件只报送一次", flow.Listing(func(in *flow.Input) []string {
		switch {
		case in.Parent == nil:
			return []string{"本政协没有上级，不能报送"}
		case in.Mirror != nil:
			return []string{"本件已经报送过上级政协"}
		case !slices.Contains(in.Sends[in.Above], KindForward):
			return []string{"与上级政协没有有效的、包括送出“报送的社情民意”的往来约定；请租户管理员约定或恢复"}
		}
		return nil
	}))
	s.Effect("opinion.send", "把编发的社情民意送给上级政协", send)
	s.Effect("opinion.tell", "把刚写下的采用、批示或报送告诉来件的政协", tell)
	s.Effect("opinion.unadopt", "撤销一条采用记录，不再计数，并告诉来件的政协", unadopt, "recordId")
}

// send is the envelope, and its mirror on the opinion.
func send(ctx context.Context, r *flow.Run) error {
	post, err := mail.Of(r)
	if err != nil {
		return err
	}
	body := forward{Number: r.Matter.Number, Title: r.Title}
	body.Text, _ = r.Data["text"].(string)
	body.Urgent, _ = r.Data["urgent"].(bool)
	if topics, ok := r.Data["topics"].([]any); ok {
		for _, t := range topics {
			body.Topics = append(body.Topics, fmt.Sprint(t))
		}
	}
	return post.Up(ctx, r, KindForward, body, "报送上级政协", "opinion.send")
}

// receive opens the matter of one that came up: an opinion as every other, which
// the committee that sent it brought in.
func receive(e *flow.Engine) func(context.Context, exchange.Incoming) (exchange.Result, error) {
	return func(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
		var f forward
		if err := in.Decode(&f); err != nil {
			return none, err
		}
		list := []text.Of{{Text: &f.Title, Field: titleText()}, {Text: &f.Text, Field: bodyText()}, {Text: &f.Number, Field: text.Field{Label: "编号", Most: 100}}}
		for i := range f.Topics {
			list = append(list, text.Of{Text: &f.Topics[i], Field: text.Field{Label: "主题", Least: 1, Most: 20}})
		}
		if err := text.Tidy(list...); err != nil {
			return none, err
		}
		if len(f.Topics) > mostTopics {
			return none, exchange.Refuse(exchange.Malformed, "主题至多 %d 个", mostTopics)
		}
		if !in.Known.None() {
			return none, exchange.Refuse(exchange.NotAccepted, "这一件已经报送过，不能再报送一次")
		}
		data := Submission{Text: f.Text, Origin: Committee, Urgent: f.Urgent, Topics: f.Topics}.data()
		c, err := e.Start(authz.With(ctx, nil), flow.Opening{Kind: Kind, Title: f.Title, Payload: func(ctx context.Context, m *gen.Matter) error {
			origin := map[string]any{"committee": in.Partner, "name": in.Name, "number": f.Number}
			if err := e.Client().Matter.UpdateOne(m).SetOrigin(origin).SetSource("下级政协报送").SetData(data).Exec(ctx); err != nil {
				return err
			}
			return e.Client().Party.Create().SetMatter(m).SetRole(party.RoleRAISER).SetKind(string(Committee)).SetName(in.Name).SetOrganisation(in.Name).SetCreatedAt(clock.Now(ctx)).Exec(ctx)
		}})
		if err != nil {
			return none, err
		}
		state := c.Def.Machines[process.OfMatter].State(c.State)
		return exchange.Result{Object: exchange.Object{Type: gen.TypeMatter, ID: c.Matter.ID}, Number: c.Matter.Number, Status: state.Label}, nil
	}
}

// tell sends what was written down just now to where the opinion comes from.
func tell(ctx context.Context, r *flow.Run) error {
	id, ok := r.After["recordId"].(uuid.UUID)
	if !ok || r.Origin == nil {
		return nil
	}
	row, err := r.Client.Record.Get(ctx, id)
	if err != nil {
		return err
	}
	o := outcome{Record: id, Number: row.Number}
	if row.On != nil {
		o.On = row.On.Format(time.DateOnly)
	}
	of := func(name string) string { s, _ := row.Data[name].(string); return s }
	o.Level, o.Type, o.Post, o.To = of("level"), of("type"), of("post"), of("to")
	switch row.Kind {
	case record.KindINSTRUCTION:
		o.What, o.Number = instructed, ""
	case record.KindREPORT:
		o.What = reported
	default:
		o.What = adopted
	}
	return say(ctx, r, o)
}

func say(ctx context.Context, r *flow.Run, o outcome) error {
	post, err := mail.Of(r)
	if err != nil {
		return err
	}
	to, _ := r.Origin["committee"].(string)
	_, err = post.Send(ctx, to, KindOutcome, o, exchange.Object{Type: gen.TypeMatter, ID: r.Matter.ID})
	if errs.Is(err, errs.NotAllowed) { // the agreement has ended: our own work goes on
		return nil
	}
	return err
}

// unadopt takes an adoption back: the record stays and says so.
func unadopt(ctx context.Context, r *flow.Run) error {
	id, err := r.Form.ID("recordId")
	if err != nil {
		return err
	}
	row, err := r.Client.Record.Query().Where(record.ID(id), record.MatterID(r.Matter.ID), record.KindEQ(record.KindOUTCOME)).Only(ctx)
	if gen.IsNotFound(err) || err == nil && row.Mode != modeAdopted {
		return errs.New(errs.Invalid, "请选择本件的一条采用记录，已撤销的不用再选").At("recordId")
	}
	if err != nil {
		return err
	}
	if from, _ := row.Data["from"].(string); from != "" {
		return errs.New(errs.GuardFailed, "这条采用由%s告知，由对方更正", from).With("guard", "opinion.unadopt")
	}
	if err := withdraw(ctx, r.Client, row, r.Reason); err != nil {
		return err
	}
	r.Before["采用"], r.After["采用"] = modeAdopted, modeUnadopted
	if r.Origin == nil {
		return nil
	}
	return say(ctx, r, outcome{Record: id, What: adopted, Withdrawn: true, Reason: r.Reason})
}

func withdraw(ctx context.Context, c *gen.Client, row *gen.Record, reason string) error {
	data := map[string]any{"withdrawn": reason}
	for k, v := range row.Data {
		data[k] = v
	}
	return c.Record.UpdateOne(row).SetMode(modeUnadopted).SetData(data).Exec(ctx)
}

// heard keeps at the opinion what became of it above; once, and also when the
// opinion is closed. What was taken back counts no more.
func heard(e *flow.Engine) func(context.Context, exchange.Incoming) (exchange.Result, error) {
	return func(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
		var o outcome
		if err := in.Decode(&o); err != nil {
			return none, err
		}
		on, err := o.day(ctx)
		if err != nil {
			return none, err
		}
		c := e.Client()
		m, err := c.Matter.Query().Where(matter.ID(in.Known.ID), matter.Kind(Kind)).ForUpdate().Only(ctx)
		if gen.IsNotFound(err) || err == nil && m.Mirror["committee"] != in.Partner {
			return none, exchange.Refuse(exchange.UnknownObject, "没有向贵方报送过这件社情民意")
		}
		if err != nil {
			return none, err
		}
		known, err := c.Record.Query().Where(record.MatterID(m.ID)).All(ctx)
		if err != nil {
			return none, err
		}
		var was *gen.Record
		for _, r := range known {
			if r.Data["remote"] == o.Record.String() {
				was = r
			}
		}
		if err := o.keep(ctx, c, m, was, on, in.Name); err != nil {
			return none, err
		}
		return none, o.told(ctx, e, m, was, in)
	}
}

// day is when it happened; what cannot be is refused.
func (o *outcome) day(ctx context.Context) (*time.Time, error) {
	bad := func() error {
		return exchange.Refuse(exchange.Malformed, "采用情况的内容不对，请与对方核对软件版本")
	}
	for _, f := range []struct {
		s    *string
		most int
	}{{&o.Post, 60}, {&o.To, 100}, {&o.Number, 60}, {&o.Reason, 2000}} {
		if err := text.Tidy(text.Of{Text: f.s, Field: text.Field{Most: f.most, Lines: true}}); err != nil {
			return nil, bad()
		}
	}
	if _, known := kept[o.What]; !known || o.Record == uuid.Nil || o.Level != "" && levels[o.Level] == "" || o.Type != "" && !adoptions[o.Type] {
		return nil, bad()
	}
	if o.Withdrawn && o.On == "" {
		return nil, nil
	}
	on, err := time.Parse(time.DateOnly, o.On)
	if err != nil || on.After(clock.Today(ctx).AddDate(0, 0, 1)) {
		return nil, bad()
	}
	return &on, nil
}

// keep writes the record, or that it was taken back; a withdrawal that comes first
// is kept, so that what it takes back does not count when it comes.
func (o *outcome) keep(ctx context.Context, c *gen.Client, m *gen.Matter, was *gen.Record, on *time.Time, from string) error {
	switch {
	case was != nil && o.Withdrawn && was.Mode == modeAdopted:
		return withdraw(ctx, c, was, o.Reason)
	case was != nil:
		return nil
	}
	as := kept[o.What]
	data := map[string]any{"remote": o.Record.String(), "from": from}
	for name, v := range map[string]string{"level": o.Level, "type": o.Type, "post": o.Post, "to": o.To, "withdrawn": o.Reason} {
		if v != "" {
			data[name] = v
		}
	}
	mode := as.mode
	if o.Withdrawn {
		mode = modeUnadopted
	}
	err := c.Record.Create().SetMatterID(m.ID).SetKind(as.kind).SetMode(mode).SetNillableOn(on).SetNumber(o.Number).SetText(o.words(from)).SetData(data).SetAudience(as.audience).SetCreatedAt(clock.Now(ctx)).Exec(ctx)
	if err != nil {
		return err
	}
	return c.Matter.UpdateOne(m).AddVersion(1).Exec(ctx)
}

// words say an outcome in a line.
func (o *outcome) words(from string) string {
	if o.Withdrawn {
		return from + "撤销了采用：" + o.Reason
	}
	switch o.What {
	case instructed:
		return fmt.Sprintf("%s告知：%s领导（%s）有批示", from, levels[o.Level], o.Post)
	case reported:
		return fmt.Sprintf("%s告知：已报送%s", from, o.To)
	}
	return fmt.Sprintf("%s告知：%s采用", from, levels[o.Level])
}

// told lets the office and, of what he may know, the author hear of it, once.
func (o *outcome) told(ctx context.Context, e *flow.Engine, m *gen.Matter, was *gen.Record, in exchange.Incoming) error {
	if was != nil && !(o.Withdrawn && was.Mode == modeAdopted) {
		return nil
	}
	says := o.words(in.Name)
	if err := flow.TellRoles(ctx, notices.Letter("社情民意"+m.Number+"："+says, in.Envelope), authz.HoldersOf(ctx, "opinion.accept")...); err != nil {
		return err
	}
	return audit.Note(ctx, audit.Change{Entity: gen.TypeMatter, ID: m.ID, Op: audit.Update, After: map[string]any{"outcome": says}})
}
