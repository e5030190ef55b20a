package forwards

import (
	"slices"

	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
)

// KindEnvelope is the kind of envelope in which a copy crosses.
const KindEnvelope = "proposal_forward"

// copyOf is the body of the envelope. Its texts stand in the receiver's
// Matter.data under the same names.
type copyOf struct {
	Number         string   `json:"number,omitempty"` // the sender's
	Title          string   `json:"title"`
	Category       string   `json:"category,omitempty"`
	ProposerKind   string   `json:"proposerKind"`
	Proposers      []string `json:"proposers"` // the first one leads
	Situation      string   `json:"situation"`
	Analysis       string   `json:"analysis"`
	Suggestions    []string `json:"suggestions"`
	ConsentPublish bool     `json:"consentPublish"`
	ConsentReason  string   `json:"consentReason,omitempty"`
	SubmittedOn    string   `json:"submittedOn,omitempty"` // 2006-01-02
	Reason         string   `json:"reason"`                // why it is forwarded
}

// Register makes the rules of forwarding known.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Declaration.Code, "proposal")
	s.Guard("forward.above", "本政协有上级政协，与它的往来约定包括转送提案", flow.Listing(func(in *flow.Input) []string {
		switch {
		case in.Parent == nil:
			return []string{"本政协没有上级，不能转上级政协"}
		case !slices.Contains(in.Sends[in.Above], KindEnvelope):
			return []string{"与上级政协没有有效的、包括送出转来的提案（proposal_forward）的往来约定，不能转上级政协；请租户管理员约定或恢复"}
		}
		return nil
	}))
	s.Guard("forward.happened", "日期不晚于今天", flow.Happened, flow.OnForm)
	s.Effect("forward.send", "把提案送给上级政协", send)
	s.Effect("forward.answer", "记下答复，随办理情况告诉来件的政协", answer)
	s.Effect("forward.decline", "记下不采用及其理由，随办理情况告诉来件的政协", decline)
	s.Effect("forward.adopt", "采用来件，建立本政协的提案", adopt, "proposalId")
}

// Connect gives the engine the exchange by which proposals are forwarded, and
// takes in what other committees forward.
func Connect(e *flow.Engine, post *exchange.Service) {
	mail.Give(e, post)
	post.Register(KindEnvelope, 1, exchange.Handler{Title: "转来的提案", Apply: receive(e)})
}
