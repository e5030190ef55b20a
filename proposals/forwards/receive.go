package forwards

import (
	"context"
	"encoding/json"
	"time"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// Limits of what is taken in, in characters; a proposal's own are lower.
const (
	maxTitle = 200
	maxText  = 20_000
	maxName  = 100
	maxList  = 100
)

// receive opens the matter of a copy.
func receive(e *flow.Engine) func(context.Context, exchange.Incoming) (exchange.Result, error) {
	return func(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
		var body copyOf
		if err := in.Decode(&body); err != nil {
			return none, err
		}
		if no := body.wrong(); no != nil {
			return none, no
		}
		if !in.Known.None() {
			return none, exchange.Refuse(exchange.NotAccepted, "这件提案已经转来过，不能再转一次")
		}
		data, err := body.data()
		if err != nil {
			return none, err
		}
		// Whoever carried the file in is not the one who opened the matter: it
		// would be his own to see.
		c, err := e.Start(authz.With(ctx, nil), flow.Opening{Kind: Kind, Title: body.Title, Reason: body.Reason, Payload: func(ctx context.Context, m *gen.Matter) error {
			origin := map[string]any{"committee": in.Partner, "name": in.Name, "number": body.Number}
			if err := e.Client().Matter.UpdateOne(m).SetOrigin(origin).SetData(data).Exec(ctx); err != nil {
				return err
			}
			return proposers(ctx, e.Client(), m, body.Proposers, in.Name)
		}})
		if err != nil {
			return none, err
		}
		state := c.Def.Machines[process.OfMatter].State(c.State)
		return exchange.Result{Object: exchange.Object{Type: gen.TypeMatter, ID: c.Matter.ID}, Number: c.Matter.Number, Status: state.Label}, nil
	}
}

// proposers become parties from outside: a name and where they come from.
func proposers(ctx context.Context, client *gen.Client, m *gen.Matter, names []string, from string) error {
	rows := make([]*gen.PartyCreate, len(names))
	for i, name := range names {
		role := party.RoleCO
		if i == 0 {
			role = party.RoleLEAD
		}
		rows[i] = client.Party.Create().SetMatter(m).SetName(name).SetRole(role).SetOrganisation(from).SetOrdinal(i)
	}
	return client.Party.CreateBulk(rows...).Exec(ctx)
}

// data is what the matter keeps beside its title and parties.
func (c copyOf) data() (out map[string]any, err error) {
	c.Proposers = nil
	raw, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	for _, elsewhere := range []string{"title", "number", "proposers"} {
		delete(out, elsewhere)
	}
	return out, err
}

// wrong says what is wrong with a copy, nil when nothing is. It is pure.
func (c *copyOf) wrong() error {
	if shown, bad := errs.As(text.Tidy(c.texts()...)); bad {
		return exchange.Refuse(exchange.Malformed, "%s", shown.Message)
	}
	_, day := time.Parse(time.DateOnly, c.SubmittedOn)
	switch {
	case proposal.ProposerKindValidator(proposal.ProposerKind(c.ProposerKind)) != nil:
		return exchange.Refuse(exchange.Malformed, "不认识的提案类别“%s”", c.ProposerKind)
	case len(c.Proposers) == 0 || len(c.Proposers) > maxList:
		return exchange.Refuse(exchange.Malformed, "提案人须有 1 到 %d 个", maxList)
	case len(c.Suggestions) > maxList:
		return exchange.Refuse(exchange.Malformed, "建议至多 %d 条", maxList)
	case c.SubmittedOn != "" && day != nil:
		return exchange.Refuse(exchange.Malformed, "提交日期“%s”不对", c.SubmittedOn)
	}
	return nil
}

// texts are what people wrote in it, with what each keeps to: lines are lines
// and what must be there shows something, as in a proposal of one's own.
func (c *copyOf) texts() []text.Of {
	out := []text.Of{
		{Text: &c.Title, Field: text.Field{Label: "案由", Least: 1, Most: maxTitle}}, {Text: &c.Number, Field: text.Field{Label: "编号", Most: maxTitle}},
		{Text: &c.Category, Field: text.Field{Label: "分类", Most: maxTitle}}, {Text: &c.ConsentReason, Field: text.Field{Label: "不同意公开的理由", Most: maxTitle}},
		{Text: &c.Situation, Field: text.Field{Label: "情况", Most: maxText, Lines: true}}, {Text: &c.Analysis, Field: text.Field{Label: "分析", Most: maxText, Lines: true}},
		{Text: &c.Reason, Field: text.Field{Label: "理由", Most: maxText, Lines: true}},
	}
	for i := range c.Suggestions {
		out = append(out, text.Of{Text: &c.Suggestions[i], Field: text.Field{Label: "建议", Most: maxText, Lines: true}})
	}
	for i := range c.Proposers {
		out = append(out, text.Of{Text: &c.Proposers[i], Field: text.Field{Label: "提案人", Least: 1, Most: maxName}})
	}
	return out
}
